"""Portfolios of 56 cells: value-at-risk and expected shortfall of all cells and the total, beside a floor and peers.

Poisson and negative binomial numbers, lognormal bodies and generalised Pareto tails with shapes of 0.10 to 0.67, some
without a variance. Ten portfolios are drawn with five to 500 losses a year in every cell, and one with half a loss to
200, on which the peers run. Seconds are of processor time. The floor is evaluating the severities at the points of the
lattices that the figures are read off; errors are against a lattice that keeps means, extrapolated, with 32 times as
many points and more. Beside it: numpy Monte Carlo, Gaussian and t(4) dependence, and the library `aggregate`
(normalize=False), which may live in a Python of its own: ``--peers PYTHON``.
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
from workload.losses import busy_portfolio, portfolio

from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.cells import LossCell, limited_means
from riskmodels.losses.compounding import sum_independent, sums_alone
from riskmodels.losses.dependence import GaussianFactor, StudentFactor
from riskmodels.losses.graded import near_of, nodes, steps_of
from riskmodels.losses.lattice import extrapolated, tail_of
from riskmodels.losses.simulation import simulate_losses

LEVEL, RUNS, ROOM = 0.999, 5, 1.6
SEEDS, TOLERANCE = range(10), 1e-5
SIZE, FINE, FINE_TOTAL = 2**10, 2**15, 2**17  # points of our lattices, and of those that errors are against
YEARS = (100_000, 1_000_000)
FIGURES = ("value_at_risk", "expected_shortfall")
PROGRAM = Path(__file__).parent / "workload" / "peer_aggregate.py"


def timed(work: Callable[[], object]) -> float:
    """Median seconds of processor time of five runs, after one that is not timed."""
    work()
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def extrapolated_figures(
    cells: list[LossCell], made: LossDistribution, *, fine: int = FINE, fine_total: int = FINE_TOTAL
) -> tuple[np.ndarray, np.ndarray]:
    """Figures of cells and total, (2, c + 1), extrapolated from lattices that keep means, and what the last step changes."""
    ends = ROOM * made.table["value_at_risk"].to_numpy()
    rows = []
    for sums, end, size in (
        (sums_alone, ends[:-1], fine),
        (sum_independent, np.full(len(cells), ends[-1]), fine_total),
    ):
        limited = limited_means(cells, end / size, size)
        tails = [
            tail_of(sums(cells, limited[:, ::stride], end * stride / size), end * stride / size, LEVEL)
            for stride in (4, 2, 1)
        ]
        found = [np.stack([tail.value_at_risk, tail.expected_shortfall]) for tail in tails]
        rows.append([extrapolated(found[0], found[1]), extrapolated(found[1], found[2])])
    before, best = (np.concatenate([row[place] for row in rows], axis=1) for place in (0, 1))
    return best, np.abs(before / best - 1.0)


def errors_as_stated(
    made: LossDistribution, best: np.ndarray, doubt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Check that figures are off by what they state, as far as that can be known; return errors and those stated."""
    errors = np.abs(made.table[list(FIGURES)].to_numpy().T / best - 1.0)
    stated = made.table[[f"{name}_error" for name in FIGURES]].to_numpy().T
    assert made.error_bound <= TOLERANCE
    assert (errors <= stated + doubt).all()
    return errors, stated


def all_figures(cells: list[LossCell]) -> LossDistribution:
    """Distribution, value-at-risk and expected shortfall of all cells and the total."""
    made = aggregate_losses(cells, level=LEVEL)
    made.value_at_risk(LEVEL)
    made.expected_shortfall(LEVEL)
    return made


def floor_of(cells: list[LossCell], made: LossDistribution) -> float:
    """Seconds that the severities' limited means take at the points of the lattices, cells' and the total's."""
    ends = ROOM * made.table["value_at_risk"].to_numpy()
    points = nodes(SIZE, near_of(SIZE)) / steps_of(SIZE)

    def least() -> None:
        for cell, end in zip(cells, ends[:-1].tolist(), strict=True):
            cell.severity.limited_mean(end * points)
            cell.severity.limited_mean(ends[-1] * points)

    return timed(least)


def print_portfolios() -> None:
    """Print what ten drawn portfolios take, how far off they are, and what they state of it."""
    print(
        f"{len(SEEDS)} portfolios of five to 500 losses a year and cell, {LEVEL:.1%}: all figures of all cells and the total"
    )
    print(f"{'seed':>6}{'ms':>8}{'floor':>8}{'ratio':>8}{'VaR error':>12}{'ES error':>12}{'stated':>10}")
    taken = []
    for seed in SEEDS:
        cells = busy_portfolio(seed=seed)
        made = all_figures(cells)
        errors, stated = errors_as_stated(made, *extrapolated_figures(cells, made))
        ours, floor = timed(lambda cells=cells: all_figures(cells)), floor_of(cells, made)
        taken.append(ours)
        print(
            f"{seed:>6}{1e3 * ours:>8.0f}{1e3 * floor:>8.0f}{ours / floor:>8.1f}{errors[0].max():>12.1e}"
            f"{errors[1].max():>12.1e}{stated.max():>10.1e}",
            flush=True,
        )
    print(f"median {1e3 * np.median(taken):.0f} ms, worst {1e3 * max(taken):.0f} ms\n")


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


def print_ours(cells: list[LossCell], made: LossDistribution, fine: np.ndarray) -> None:
    """Print time, error and memory, and the floor."""
    errors = np.abs(made.table[list(FIGURES)].to_numpy().T / fine - 1).max(axis=1)
    ours, floor = timed(lambda: all_figures(cells)), floor_of(cells, made)
    memory = peak_of(lambda: all_figures(cells))
    print(f"{'':44}{'ms':>9}{'VaR error':>12}{'ES error':>12}{'MB':>8}")
    print(
        f"{'riskmodels':44}{1e3 * ours:>9.0f}{errors[0]:>12.1e}{errors[1]:>12.1e}{memory:>8.0f}"
        f"   stated: {made.error_bound:.1e}"
    )
    print(
        f"{'  floor: severities at the lattices':44}{1e3 * floor:>9.0f}   riskmodels takes {ours / floor:.1f} x"
    )


def print_simulated(cells: list[LossCell], fine: np.ndarray) -> None:
    """Print what simulated years cost, and how far off they are."""
    for years in YEARS:
        start = time.process_time()
        row = simulate_losses(cells, years=years, seed=1).iloc[-1]
        taken = time.process_time() - start
        off = [abs(row[name] / figures[-1] - 1) for name, figures in zip(FIGURES, fine, strict=True)]
        stated = [row[f"{name}_error"] / figures[-1] for name, figures in zip(FIGURES, fine, strict=True)]
        words = f"Monte Carlo, {years:,} years, total only"
        print(
            f"{words:44}{1e3 * taken:>9.0f}{off[0]:>12.1e}{off[1]:>12.1e}   s.e. {stated[0]:.1%}, {stated[1]:.1%}",
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
    print_portfolios()
    cells = portfolio()
    made = aggregate_losses(cells)
    fine, _ = extrapolated_figures(cells, made)
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
