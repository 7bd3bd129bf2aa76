"""How often 90 % intervals of value-at-risk hold the truth, parameters being estimated.

Portfolios of three cells (30 to 80 losses a year, lognormal bodies, generalised Pareto tails with shapes of 0.1 to 0.5),
ten years of data each: fitted, and the interval of the year in a thousand compared with that of the true parameters.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.fitting import fit_severity
from riskmodels.losses.frequency import NegativeBinomial, Poisson, fit_frequency
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced
from riskmodels.losses.uncertainty import FittedCell, value_at_risk_intervals

PORTFOLIOS, CELLS, YEARS, DRAWS = 500, 3, 10, 300
TAIL = 0.15


def truth(rng: np.random.Generator) -> list[LossCell]:
    """Draw a portfolio; the first cell has years that differ by more than chance."""
    cells = []
    for place in range(CELLS):
        body = Lognormal(mu=float(rng.uniform(8, 9)), sigma=float(rng.uniform(1, 1.6)))
        threshold = float(body.ppf(np.asarray(1 - TAIL)))
        tail = GeneralizedPareto(
            shape=float(rng.uniform(0.1, 0.5)),
            scale=threshold * float(rng.uniform(0.6, 1)),
            threshold=threshold,
        )
        mean = float(rng.uniform(30, 80))
        frequency = Poisson(rate=mean) if place else NegativeBinomial(mean=mean, dispersion=0.1)
        severity = Spliced(body=body, tail=tail, tail_probability=TAIL)
        cells.append(LossCell(name=f"cell {place}", frequency=frequency, severity=severity))
    return cells


def fitted(cell: LossCell, rng: np.random.Generator) -> FittedCell:
    """Draw ten years of a cell, and fit them."""
    rate = np.full(YEARS, cell.frequency.mean)
    if cell.frequency.dispersion:
        rate = rng.gamma(1 / cell.frequency.dispersion, cell.frequency.dispersion * rate)
    counts = rng.poisson(rate)
    losses = cell.severity.ppf(rng.uniform(size=int(counts.sum())))
    severity = fit_severity(losses, tail_threshold=cell.severity.tail.threshold)
    return FittedCell(name=cell.name, frequency=fit_frequency(counts), severity=severity)


def measure(seed: int) -> np.ndarray:
    """Whether the truth is inside, whether below, and the width over the figure: (3, cells + 1)."""
    rng = np.random.default_rng(seed)
    cells = truth(rng)
    true = aggregate_losses(cells).table["value_at_risk"]
    found = value_at_risk_intervals([fitted(cell, rng) for cell in cells], draws=DRAWS, seed=seed)
    inside = (found["lower"] <= true) & (true <= found["upper"])
    width = (found["upper"] - found["lower"]) / found["value_at_risk"]
    return np.stack([inside.astype(float), (true < found["lower"]).astype(float), width])


def main(number: int) -> None:
    """Print the table."""
    with ProcessPoolExecutor(2) as pool:
        found = np.stack(list(pool.map(measure, range(number), chunksize=5)))
    error = np.sqrt(0.9 * 0.1 / number)
    print(
        f"{number} portfolios, 90 % intervals of value-at-risk 99.9 %; standard error of a coverage {error:.1%}"
    )
    print(f"{'':12}{'covers':>9}{'too high':>10}{'too low':>10}{'median width':>14}")
    for place in range(CELLS + 1):
        inside, below, width = found[:, :, place].T
        name = f"cell {place}" if place < CELLS else "total"
        above = 1 - inside.mean() - below.mean()
        print(f"{name:12}{inside.mean():>9.1%}{below.mean():>10.1%}{above:>10.1%}{np.median(width):>14.0%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PORTFOLIOS)
