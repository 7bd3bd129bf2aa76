"""CPU time of a forecast beside statsforecast, and beside the least that such a forecast must compute.

10,000 monthly series of 120 months, twelve ahead, fifteen quantiles, in one process; medians of five. The floor is one
pass of the negative binomial likelihood and one of exponential smoothing over all series and months, in numpy:
a forecast that averages over a grid does each once a member. The peers forecast fewer series, and their time is
taken to be proportional, as they go series by series. ``--peers`` as in forecast_panels.py.
"""

import multiprocessing
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from workload.memory import peak_megabytes
from workload.peers import forecast_elsewhere, python_of_peers

from riskmodels.forecasting import forecast
from riskmodels.forecasting.counts import DISCOUNTS, SEASONS
from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.forecasting.theta import COARSE
from riskmodels.panel import Panel

MONTHS, HORIZON, GROUPS = 120, 12, 40
SERIES, MANY, OF_PEERS, RUNS = 10_000, 100_000, 200, 5
METHODS = {"DOT-sqrt": "DynamicOptimizedTheta", "AutoETS": "AutoETS", "AutoTheta": "AutoTheta"}


def panel_of(series: int) -> Panel:
    """Draw negative binomial counts of about 8 a month, with a season, in 40 groups."""
    rng = np.random.default_rng(1)
    season = 1 + 0.3 * np.sin(np.arange(MONTHS) * np.pi / 6)
    mean = rng.gamma(1, 8, size=(series, 1)) * season
    return Panel(
        keys=pd.DataFrame({"series": np.arange(series), "group": np.arange(series) % GROUPS}),
        periods=pd.period_range("2010-01", periods=MONTHS, freq="M"),
        values=rng.poisson(rng.gamma(mean)).astype(float),
        exposure=None,
        kind="count",
    )


def likelihood_pass(values: np.ndarray) -> np.ndarray:
    """Sum the log-likelihood of every count, month by month."""
    total = np.zeros(len(values))
    mean, variance = np.full(len(values), 8.0), np.full(len(values), 20.0)
    for month in values.T:
        total += log_likelihood(month, mean, variance)
    return total


def smoothing_pass(values: np.ndarray) -> np.ndarray:
    """Smooth the roots exponentially, month by month."""
    roots = np.sqrt(values.T)
    level, errors = roots[0].copy(), np.zeros(len(values))
    for month in roots:
        error = month - level
        errors += np.abs(error)
        level += 0.2 * error
    return level


def cpu_seconds(work: Callable[[], object]) -> float:
    """Median CPU time of five runs, after one that is not timed."""
    work()
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def once(series: int) -> tuple[float, float]:
    """CPU seconds of one forecast of many series, and the peak of memory [GB] of the process that made it."""
    panel = panel_of(series)
    start = time.process_time()
    _ = forecast(panel, horizon=HORIZON).quantiles
    taken = time.process_time() - start
    return taken, peak_megabytes() / 1024


def main(python: str | None) -> None:
    """Print the table."""
    panel = panel_of(SERIES)
    ours = cpu_seconds(lambda: forecast(panel, horizon=HORIZON).quantiles)
    least = cpu_seconds(lambda: (likelihood_pass(panel.values), smoothing_pass(panel.values)))
    members, passes = len(DISCOUNTS) * len(SEASONS) * 3, len(COARSE) * 4
    print(f"{SERIES:,} series x {MONTHS} months, {HORIZON} ahead, CPU seconds")
    print(f"{'riskmodels, auto':44}{ours:>9.2f}")
    print(f"{'floor: one likelihood and one smoothing pass':44}{least:>9.2f}{ours / least:>9.1f} x")
    print(
        f"  ({members} members of the count filter; {passes} smoothings: gains and slopes, seasons, hindsight)"
    )
    if python:
        made = forecast_elsewhere({"peers": panel.values[:OF_PEERS]}, horizon=HORIZON, python=python)
        for method, name in METHODS.items():
            theirs = float(made[f"peers/{method}/seconds"]) * SERIES / OF_PEERS
            print(f"{f'{name}, from {OF_PEERS} series':44}{theirs:>9.0f}{theirs / ours:>9.1f} x")
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # a process of its own has its own peak
        taken, memory = pool.apply(once, (MANY,))
    print(f"{f'{MANY:,} series':44}{taken:>9.1f}{taken / ours:>9.1f} x   {memory:.1f} GB")


if __name__ == "__main__":
    main(python_of_peers())
