"""A scorecard of 10,000 units, 40 indicators and 12 quarters, beside the least that it must compute.

Simulated counts of 20 rates and 20 proportions, one unit in fifty of another kind. Peers, credibility, posteriors of
all 4.8 million cells with 90 % intervals, risk points and probabilities, the scores of all units and quarters; then,
for the last quarter, the distribution of scores and ranks. The floor is the inverse and plain incomplete gamma and beta
functions of the same posteriors, as many random numbers, and one sort of the scores, in bare numpy and scipy. Two
threads; medians.
"""

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special
from workload.memory import peak_megabytes
from workload.scorecards import shipped_policy

from riskmodels.catalogue import INDICATORS
from riskmodels.rates import (
    Counts,
    Posterior,
    credible_posterior,
    learn_grid,
    overdispersion,
    own_value,
    peer_values,
)
from riskmodels.scorecard.grounds import rate_probabilities
from riskmodels.scorecard.scores import draws_for, score_rows

UNITS, INDICATORS_OF_A_KIND, QUARTERS, GROUPS, RUNS = 10_000, 20, 12, 20, 3
SPREAD, EXPECTED, TRIALS, SHARE = 0.3, 8.0, 60.0, 0.97
STRANGE, WIDE = 0.02, 1.4  # share of units of another kind, and their spread
STEPS = ("peers", "credibility learnt", "posteriors", "90 % intervals", "risk points", "own evidence")


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Counts (units, quarters) of one indicator, and its anchors best, amber and red."""

    name: str
    count: np.ndarray
    size: np.ndarray
    proportion: bool
    anchors: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Rated:
    """All cells of one indicator, unit by unit: (units x quarters,)."""

    name: str
    posterior: Posterior
    lower: np.ndarray
    upper: np.ndarray
    points: np.ndarray
    variance: np.ndarray
    p_amber: np.ndarray
    p_red: np.ndarray
    own: np.ndarray
    recalled: np.ndarray
    anchors: tuple[np.ndarray, np.ndarray, np.ndarray]
    seconds: np.ndarray


def simulated(place: int) -> Simulated:
    """Draw one indicator; units of very different sizes keep their true value over the quarters."""
    rng = np.random.default_rng([1, place])
    proportion = place >= INDICATORS_OF_A_KIND
    scale = rng.lognormal(0, 1, (UNITS, 1)) * np.ones(QUARTERS)
    worth = np.where(rng.random((UNITS, 1)) < STRANGE, WIDE, SPREAD) ** -2.0
    if proportion:
        size = np.maximum(np.rint(TRIALS * scale), 1)
        lost = rng.beta(worth, worth * SHARE / (1 - SHARE))
        count = rng.binomial(size.astype(np.int64), 1 - lost).astype(float)
        anchors = (0.99, 0.96, 0.93)
    else:
        size = EXPECTED * scale
        count = rng.poisson(size * rng.gamma(worth, 1 / worth)).astype(float)
        anchors = (1.0, 1.5, 2.0)
    return Simulated(name=f"bench_{place:02}", count=count, size=size, proportion=proportion, anchors=anchors)


def rated(one: Simulated) -> Rated:
    """Rate all cells of one indicator through the package; how long each step takes on this thread."""
    group = np.arange(UNITS) % GROUPS
    clock = [time.thread_time()]
    factor = overdispersion(one.count, one.size, proportion=one.proportion)
    peers, _ = peer_values(one.count[:, None], one.size[:, None], group=group, proportion=one.proportion)
    counts = Counts(
        count=one.count / factor, size=one.size / factor, peers=peers, group=group, proportion=one.proportion
    )
    clock.append(time.thread_time())
    nodes = learn_grid(counts)
    clock.append(time.thread_time())
    posterior = credible_posterior(counts, nodes, every=True)
    clock.append(time.thread_time())
    lower, upper = posterior.quantile(0.05), posterior.quantile(0.95)
    clock.append(time.thread_time())
    best, amber, red = (np.full(UNITS * QUARTERS, anchor) for anchor in one.anchors)
    points, variance, p_amber, p_red = posterior.points(best, amber, red)
    clock.append(time.thread_time())
    own, _, recalled = own_value(counts, nodes)
    clock.append(time.thread_time())
    return Rated(
        name=one.name,
        posterior=posterior,
        lower=lower,
        upper=upper,
        points=points,
        variance=variance,
        p_amber=p_amber,
        p_red=p_red,
        own=own,
        recalled=recalled,
        anchors=(best, amber, red),
        seconds=np.diff(clock),
    )


def scores_of(cells: list[Rated], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score all units and quarters: means and standard deviations, (units x quarters,)."""
    total = weights.sum()
    mean = sum(weight * one.points for weight, one in zip(weights, cells, strict=True)) / total
    variance = sum(weight**2 * one.variance for weight, one in zip(weights, cells, strict=True)) / total**2
    return np.asarray(mean), np.sqrt(variance)


def last_quarter(cells: list[Rated]) -> pd.DataFrame:
    """Lay the cells of the last quarter out as the scorecard does."""
    return pd.concat([_rows(one) for one in cells], ignore_index=True)


def _rows(one: Rated) -> pd.DataFrame:
    last = slice(QUARTERS - 1, None, QUARTERS)
    best, amber, red = (anchor[last] for anchor in one.anchors)
    p_amber, p_red = pd.Series(one.p_amber[last]), pd.Series(one.p_red[last])
    return pd.DataFrame(
        {
            "indicator_id": one.name,
            "unit_id": np.char.add("U", np.arange(UNITS).astype(str)),
            "a": one.posterior.a[last],
            "b": one.posterior.b[last],
            "best": best,
            "amber": amber,
            "red": red,
            "own": one.own,
            "figure": one.recalled,
            "basis": "quarter",
            "points": one.points[last],
            "points_sd": np.sqrt(one.variance[last]),
            "own_sd": np.sqrt(one.variance[last]),
            "rating": rate_probabilities(p_amber, p_red, 0.8),
        }
    )


def floor(cells: list[Rated]) -> np.ndarray:
    """Compute what no scorecard can do without."""
    size = draws_for(UNITS * len(cells))
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(special_functions, cells):
            pass
        draws = sum(pool.map(lambda one: random_numbers(one, size), cells))
    return np.sort(np.asarray(draws), axis=0)


def special_functions(one: Rated) -> None:
    """Two quantiles and three probabilities of every cell."""
    a, b = one.posterior.a, one.posterior.b
    if one.posterior.family == "gamma":
        special.gammaincinv(a, 0.05)
        special.gammaincinv(a, 0.95)
        for anchor in one.anchors:
            special.gammainc(a, b * anchor)
        return
    special.betaincinv(a, b, 0.05)
    special.betaincinv(a, b, 0.95)
    for anchor in one.anchors:
        special.betainc(a, b, anchor)


def random_numbers(one: Rated, size: int) -> np.ndarray:
    """Draw the true values of the last quarter, (units, size)."""
    rng, last = np.random.default_rng(1), slice(QUARTERS - 1, None, QUARTERS)
    a, b = one.posterior.a[last, None], one.posterior.b[last, None]
    if one.posterior.family == "gamma":
        return rng.standard_gamma(a, (UNITS, size))
    return rng.beta(a, b, (UNITS, size))


def timed(works: Iterable[tuple[str, Callable[[], object]]]) -> list[tuple[str, float, float]]:
    """Do one thing after another; its name, seconds on the clock, and of the processors."""
    taken = []
    for name, work in works:
        clock, processor = time.perf_counter(), time.process_time()
        work()
        taken.append((name, time.perf_counter() - clock, time.process_time() - processor))
    return taken


def register(cases: list[Simulated]) -> None:
    """Make the simulated indicators known to the catalogue of this process."""
    for one in cases:
        model = INDICATORS["resolved_7wd" if one.proportion else "security_incidents"]
        INDICATORS[one.name] = replace(model, id=one.name, scale=1.0)


def main(runs: int) -> None:
    """Print the tables."""
    cases = [simulated(place) for place in range(2 * INDICATORS_OF_A_KIND)]
    register(cases)
    policy, weights = shipped_policy(), np.linspace(1, 2, len(cases))
    state: dict[str, list[Rated]] = {}
    frames: dict[str, pd.DataFrame] = {}

    def rate_all() -> None:
        with ThreadPoolExecutor(2) as pool:
            state["cells"] = list(pool.map(rated, cases))

    def score_last() -> None:
        frame = frames["last"]
        score_rows(frame, np.repeat(weights, UNITS), policy, key="unit_id")

    works = [
        ("all cells rated", rate_all),
        ("all scores", lambda: scores_of(state["cells"], weights)),
        ("last quarter laid out", lambda: frames.update(last=last_quarter(state["cells"]))),
        ("scores and ranks of the last quarter", score_last),
        ("floor", lambda: floor(state["cells"])),
    ]
    taken = [timed(works) for _ in range(runs)]
    medians = np.median([[one[1:] for one in run] for run in taken], axis=0)
    ours, least = medians[:-1].sum(axis=0), medians[-1]
    cells = len(cases) * UNITS * QUARTERS
    print(
        f"{UNITS:,} units x {len(cases)} indicators x {QUARTERS} quarters, {cells:,} cells, two threads; medians of {runs}"
    )
    print(f"{'':44}{'seconds':>10}{'processor':>12}")
    for (name, *_), (clock, processor) in zip(taken[0][:-1], medians[:-1], strict=True):
        print(f"  {name:42}{clock:>10.2f}{processor:>12.2f}")
    print(f"{'riskmodels':44}{ours[0]:>10.2f}{ours[1]:>12.2f}")
    print(f"{'floor: special functions, draws and one sort':44}{least[0]:>10.2f}{least[1]:>12.2f}")
    print(f"{'ratio':44}{ours[0] / least[0]:>10.2f}{ours[1] / least[1]:>12.2f}")
    steps = sum(one.seconds for one in state["cells"])
    print("\nrating the cells, processor seconds by step of the last run")
    for name, seconds in zip(STEPS, steps, strict=True):
        print(f"  {name:42}{'':10}{seconds:>12.2f}")
    print(f"\npeak of memory {peak_megabytes() / 1024:.1f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
