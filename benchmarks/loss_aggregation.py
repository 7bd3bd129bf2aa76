"""A portfolio of 56 cells: value-at-risk and expected shortfall of all cells and the total, beside peers.

Poisson and negative binomial numbers, lognormal bodies and generalised Pareto tails with shapes of 0.10 to 0.67, the
last without a variance. The floor is evaluating the severities' limited means at the points of the lattices; errors
are against a lattice sixteen times as fine. Beside it: numpy Monte Carlo, Gaussian and t(4) dependence, and
the library `aggregate` (normalize=False), which may live in a Python of its own: ``--peers PYTHON``.
"""

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from workload.losses import portfolio

from riskmodels.losses import aggregate as aggregate_module
from riskmodels.losses import cells as cells_module
from riskmodels.losses import compounding as compounding_module
from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.cells import LossCell, limited_means
from riskmodels.losses.compounding import sum_independent, sums_alone
from riskmodels.losses.dependence import GaussianFactor, StudentFactor
from riskmodels.losses.lattice import extrapolated, tail_of
from riskmodels.losses.simulation import simulate_losses

LEVEL, RUNS, ROOM = 0.999, 5, 1.6
SIZE, FINE = 2**12, 2**17  # a lattice as ours ends with, and one sixteen times as fine as the total's
YEARS = (100_000, 1_000_000)
FIGURES = ("value_at_risk", "expected_shortfall")
PROGRAM = Path(__file__).parent / "workload" / "peer_aggregate.py"


def timed(work: Callable[[], object]) -> float:
    """Median seconds of five runs, after one that is not timed."""
    work()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def fine_figures(cells: list[LossCell], made: LossDistribution) -> tuple[np.ndarray, np.ndarray]:
    """Values-at-risk and expected shortfalls, extrapolated from a fine lattice and one of twice its step."""
    ends = ROOM * made.table["value_at_risk"].to_numpy()
    rows = []
    for sums, end in ((sums_alone, ends[:-1]), (sum_independent, np.full(len(cells), ends[-1]))):
        limited = limited_means(cells, end / FINE, FINE)
        found = []
        for stride in (2, 1):
            steps = end * stride / FINE
            found.append(tail_of(sums(cells, limited[:, ::stride], steps), steps, LEVEL))
        rows.append(
            [
                extrapolated(found[0].value_at_risk, found[1].value_at_risk),
                extrapolated(found[0].expected_shortfall, found[1].expected_shortfall),
            ]
        )
    return np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])


def evaluating(cells: list[LossCell]) -> float:
    """Seconds that aggregating spends in the severities' limited means, median of five runs."""
    own, spent = cells_module.limited_means, []

    def counted(*arguments: object) -> np.ndarray:
        start = time.perf_counter()
        found = own(*arguments)
        spent[-1] += time.perf_counter() - start
        return found

    for module in (aggregate_module, compounding_module):
        module.limited_means = counted
    for _ in range(RUNS):
        spent.append(0.0)
        aggregate_losses(cells)
    for module in (aggregate_module, compounding_module):
        module.limited_means = own
    return float(np.median(spent))


def peak_of(work: Callable[[], object]) -> float:
    """Largest memory that a piece of work takes [MB]."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return peak


def peer_figures(cells: list[LossCell], made: LossDistribution, python: str) -> dict[str, object]:
    """Run `aggregate` on the cells in the Python that has it, on lattices of 65,536 points that pass the level."""
    ends = ROOM * made.table["value_at_risk"].to_numpy()
    given = {
        "level": LEVEL,
        "steps": (ends[:-1] / 2**16).tolist(),
        "step": float(ends[-1] / 2**16),
        "cells": [
            {
                "mean": cell.frequency.mean,
                "dispersion": cell.frequency.dispersion,
                "median": float(np.exp(cell.severity.body.mu)),
                "sigma": cell.severity.body.sigma,
                "shape": cell.severity.tail.shape,
                "scale": cell.severity.tail.scale,
                "threshold": cell.severity.tail.threshold,
                "share": cell.severity.tail_probability,
            }
            for cell in cells
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "cells.json", Path(folder) / "figures.json"
        source.write_text(json.dumps(given))
        subprocess.run(
            [python, str(PROGRAM), str(source), str(target)], check=True, stdout=subprocess.DEVNULL
        )
        return json.loads(target.read_text())


def print_ours(cells: list[LossCell], made: LossDistribution, fine: tuple[np.ndarray, np.ndarray]) -> None:
    """Print time, error and memory, and two floors."""
    errors = [
        np.abs(made.table[name] / figures - 1).max() for name, figures in zip(FIGURES, fine, strict=True)
    ]
    ours = timed(lambda: aggregate_losses(cells))
    ends = ROOM * made.table["value_at_risk"].to_numpy()

    def least() -> None:
        limited_means(cells, ends[:-1] / SIZE, SIZE)
        limited_means(cells, np.full(len(cells), ends[-1] / (2 * SIZE)), 2 * SIZE)

    memory = peak_of(lambda: aggregate_losses(cells))
    print(f"{'':44}{'ms':>9}{'VaR error':>12}{'ES error':>12}{'MB':>8}")
    print(
        f"{'riskmodels':44}{1e3 * ours:>9.0f}{errors[0]:>12.1e}{errors[1]:>12.1e}{memory:>8.0f}"
        f"   told: {made.error_bound:.1e}"
    )
    for name, taken in (
        ("severities that it evaluates, scouting included", evaluating(cells)),
        ("severities on the last lattices", timed(least)),
    ):
        print(f"{'  floor: ' + name:58}{1e3 * taken:>4.0f} ms, riskmodels takes {ours / taken:.1f} x")


def print_simulated(cells: list[LossCell], fine: tuple[np.ndarray, np.ndarray]) -> None:
    """Print what simulated years cost, and how far off they are."""
    for years in YEARS:
        start = time.perf_counter()
        row = simulate_losses(cells, years=years, seed=1).iloc[-1]
        taken = time.perf_counter() - start
        off = [abs(row[name] / figures[-1] - 1) for name, figures in zip(FIGURES, fine, strict=True)]
        told = [row[f"{name}_error"] / figures[-1] for name, figures in zip(FIGURES, fine, strict=True)]
        words = f"Monte Carlo, {years:,} years, total only"
        print(
            f"{words:44}{1e3 * taken:>9.0f}{off[0]:>12.1e}{off[1]:>12.1e}   s.e. {told[0]:.1%}, {told[1]:.1%}",
            flush=True,
        )


def print_dependent(cells: list[LossCell]) -> None:
    """Print dependent totals beside simulated ones, whose s.e. of the shortfall is too small without a variance."""
    for dependence in (GaussianFactor(correlation=0.3), StudentFactor(correlation=0.3, degrees=4.0)):
        taken = timed(lambda dependence=dependence: aggregate_losses(cells, dependence=dependence))
        row = aggregate_losses(cells, dependence=dependence).table.iloc[-1]
        check = simulate_losses(cells, years=YEARS[0], seed=2, dependence=dependence).iloc[-1]
        away = [(check[name] - row[name]) / check[f"{name}_error"] for name in FIGURES]
        words = f"{type(dependence).__name__}, correlation 0.3"
        print(
            f"{words:44}{1e3 * taken:>9.0f}{row['value_at_risk_error']:>12.1e}{row['expected_shortfall_error']:>12.1e}"
            f"   VaR {row['value_at_risk']:,.0f}; Monte Carlo is {away[0]:+.1f} and {away[1]:+.1f} s.e. away",
            flush=True,
        )


def main(python: str | None) -> None:
    """Print the table."""
    cells = portfolio()
    made = aggregate_losses(cells)
    fine = fine_figures(cells, made)
    print(
        f"{len(cells)} cells and their total, {LEVEL:.1%}; value-at-risk of the total {fine[0][-1]:,.0f},"
        f" shortfall {fine[1][-1]:,.0f}"
    )
    print_ours(cells, made, fine)
    print_simulated(cells, fine)
    print_dependent(cells)
    if python is None:
        print("aggregate is not in this Python: pip install aggregate in another one, and --peers ITS_PYTHON")
        return
    theirs = peer_figures(cells, made, python)
    away = np.abs(np.array(theirs["values"]) / fine[0][:-1] - 1)
    print(f"{'aggregate, 56 cells':44}{1e3 * theirs['seconds']:>9.0f}{away.max():>12.1e}")
    print(
        f"{'aggregate, total':44}{1e3 * theirs['total_seconds']:>9.0f}{abs(theirs['total'] / fine[0][-1] - 1):>12.1e}"
    )


if __name__ == "__main__":
    named = sys.argv[sys.argv.index("--peers") + 1] if "--peers" in sys.argv else None
    main(named or (sys.executable if find_spec("aggregate") else None))
