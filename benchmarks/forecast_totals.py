"""Totals: whether their 95 % intervals hold, on simulated panels and at every month of real ones; and a shock.

Simulated panels of 60 series of six products and five years whose months move together: a common walk, shocks of
single months, rare jumps, and a walk of each product. Of 2,000 panels, 500 a kind, the share of totals of the next six months
inside their interval: from the distribution of the sum, and from summed paths (of every fifth panel).
Then real panels: one to six months ahead from every month with eighteen before it; the p-values are binomial, of
totals that do not overlap the worst of each horizon. And panels in which all series double in one month: the total forecast two
months later against the new level.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from scipy import stats
from workload.real import panels

from riskmodels.forecasting import Forecast, forecast
from riskmodels.panel import Panel

SERIES, PRODUCTS, MONTHS, AHEAD = 60, 6, 60, 6
KINDS = ("common walk", "shocks of single months", "rare jumps", "walk of each product")
LEVELS = np.array([0.025, 0.975])
PATHS, EVERY = 1000, 5
FIRST_ORIGIN = 18
SHOCKED = ((6, 50.0), (60, 4.0), (300, 2.0), (300, 30.0), (20, 1.0), (1, 100.0))  # series, mean count
SHOCK_SEEDS, SEEN = 20, 2


def panel_of(values: np.ndarray) -> Panel:
    """Make a panel of products and units."""
    place = np.arange(len(values))
    keys = pd.DataFrame({"product": place % PRODUCTS, "unit": place // PRODUCTS}).astype("str")
    periods = pd.period_range("2015-01", periods=values.shape[1], freq="M")
    return Panel(keys=keys, periods=periods, values=values, exposure=None, kind="count")


def counts_of(mean: np.ndarray, rng: np.random.Generator, dispersion: float) -> np.ndarray:
    """Draw counts whose variance is one plus the dispersion times their mean."""
    return rng.poisson(rng.gamma(mean / dispersion, dispersion)).astype(float)


def simulated(kind: str, seed: int) -> np.ndarray:
    """Draw a panel, its future included."""
    rng = np.random.default_rng(seed)
    length = MONTHS + AHEAD
    shared = {
        "common walk": lambda: np.cumsum(rng.normal(0, 0.06, (1, length)), axis=1),
        "shocks of single months": lambda: rng.normal(0, 0.15, (1, length)),
        "rare jumps": lambda: np.cumsum(
            rng.normal(0, 0.35, (1, length)) * (rng.uniform(size=(1, length)) < 0.05), axis=1
        ),
        "walk of each product": lambda: np.cumsum(rng.normal(0, 0.07, (PRODUCTS, length)), axis=1),
    }[kind]()
    own = np.cumsum(rng.normal(0, 0.03, (SERIES, length)), axis=1)
    base = rng.lognormal(np.log(4), 1, size=(SERIES, 1))
    return counts_of(base * np.exp(shared[np.arange(SERIES) % len(shared)] + own), rng, 0.8)


def inside(case: tuple[str, int]) -> tuple[float, float, float]:
    """Return shares inside: of totals, of totals of paths (NaN where they are not drawn), and of the parts."""
    kind, seed = case
    values = simulated(kind, seed)
    made = forecast(panel_of(values[:, :MONTHS]), horizon=AHEAD)
    future = values[:, MONTHS:]
    total = future.sum(axis=0)
    drawn = np.nan
    if seed % EVERY == 0:
        drawn = within(total, np.quantile(made.sample(PATHS, seed=seed).sum(axis=1), LEVELS, axis=0).T)
    return within(total, quantiles(made.aggregate())[0]), drawn, within(future, quantiles(made))


def quantiles(made: Forecast) -> np.ndarray:
    """Ends of the 95 % interval."""
    return made.predictive.ppf(LEVELS)


def within(actual: np.ndarray, ends: np.ndarray) -> float:
    """Share of outcomes inside."""
    return float(((actual >= ends[..., 0]) & (actual <= ends[..., 1])).mean())


def print_simulated(pool: ProcessPoolExecutor, number: int) -> None:
    """Print the share of simulated totals inside, with its standard error over the panels."""
    each = number // len(KINDS)
    print(
        f"{number:,} panels of {SERIES} series, {MONTHS} months, {AHEAD} ahead: share inside the 95 % interval"
    )
    print(f"{'':26}{'total':>16}{'of paths':>16}{'parts':>16}")
    found = []
    for kind in KINDS:
        found.append(list(pool.map(inside, [(kind, seed) for seed in range(each)], chunksize=10)))
        print_share(kind, np.array(found[-1]))
    print_share("all", np.concatenate(found))


def print_share(name: str, shares: np.ndarray) -> None:
    """Print means and standard errors of columns."""
    cells = []
    for column in shares.T:
        known = column[np.isfinite(column)]
        cells.append(f"{known.mean():>9.1%} ± {known.std() / np.sqrt(len(known)):.1%}")
    print(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def total_at(case: tuple[Panel, int]) -> np.ndarray:
    """Place of the totals of the next months in their forecasts (randomised PIT), NaN where unknown: (h,)."""
    panel, length = case
    if np.isnan(panel.values[:, length - 1]).all():
        return np.full(AHEAD, np.nan)
    made = forecast(panel.until(panel.periods[length - 1]), horizon=AHEAD).aggregate()
    actual = np.full((1, AHEAD), np.nan)
    future = panel.values[:, length : length + AHEAD].sum(axis=0)
    actual[0, : len(future)] = future
    return made.pit(actual, seed=length)[0]


def print_real(pool: ProcessPoolExecutor) -> None:
    """Print how many real totals lay outside, by horizon, and how likely that is."""
    print("\nReal totals at every month with 18 before it: outside the 95 % interval, and the least p-value")
    print(f"{'':46}" + "".join(f"{f'h = {steps}':>16}" for steps in (1, 3, 6)))
    for name, panel in panels().items():
        places = [(panel, length) for length in range(FIRST_ORIGIN, len(panel.periods))]
        pit = np.stack(list(pool.map(total_at, places)))
        cells = []
        for steps in (1, 3, 6):
            column = pit[:, steps - 1][np.isfinite(pit[:, steps - 1])]
            outside = np.abs(column - 0.5) > 0.475
            least = min(
                stats.binomtest(int(part.sum()), len(part), 0.05).pvalue
                for part in (outside[start::steps] for start in range(steps))
            )
            cells.append(f"{outside.sum():>3} of {len(column)}, {least:.3f}")
        print(f"{name:46}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def after_shock(case: tuple[int, float, int]) -> float:
    """Relative error of the total forecast two months after all series doubled."""
    number, mean, seed = case
    rng = np.random.default_rng(seed)
    level = rng.lognormal(np.log(mean), 0.8, size=(number, 1)) * np.ones((1, MONTHS + SEEN + AHEAD))
    level[:, MONTHS:] *= 2
    level *= 1 + 0.15 * np.sin(np.arange(level.shape[1]) * np.pi / 6)
    known = MONTHS + SEEN
    made = forecast(panel_of(counts_of(level, rng, 1.0)[:, :known]), horizon=AHEAD)
    return float(made.mean.sum() / level[:, known:].sum() - 1)


def print_shocks(pool: ProcessPoolExecutor) -> None:
    """Print the error of the total two months after a shock that all series share."""
    print("\nAll series double in one month; total of the next six months, forecast two months later")
    print(f"{'series':>8}{'mean count':>12}{'mean error':>12}{'within 10 %':>13}{'worst':>8}")
    for number, mean in SHOCKED:
        errors = np.array(list(pool.map(after_shock, [(number, mean, seed) for seed in range(SHOCK_SEEDS)])))
        print(
            f"{number:>8}{mean:>12.0f}{errors.mean():>12.1%}{(np.abs(errors) <= 0.1).mean():>13.0%}"
            f"{errors[np.abs(errors).argmax()]:>8.0%}",
            flush=True,
        )


def main(number: int) -> None:
    """Print the tables; ``number`` panels are simulated."""
    with ProcessPoolExecutor(2) as pool:
        print_simulated(pool, number)
        print_real(pool)
        print_shocks(pool)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
