"""Portfolios of losses as large banks have them: 56 cells, lognormal bodies, tails with shapes of 0.10 to 0.67."""

import numpy as np

from riskmodels.losses.cells import LossCell
from riskmodels.losses.frequency import NegativeBinomial, Poisson
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced

CELLS = 56


def portfolio(*, seed: int = 1, cells: int = CELLS) -> list[LossCell]:
    """Draw cells of half a loss to 200 a year, shapes rising from cell to cell; the last has no variance."""
    rng = np.random.default_rng(seed)
    shapes = 0.10 + 0.57 * np.arange(cells) / max(cells - 1, 1)
    return [drawn_cell(place, (0.5, 200.0), shape, rng) for place, shape in enumerate(shapes.tolist())]


def busy_portfolio(*, seed: int, cells: int = CELLS) -> list[LossCell]:
    """Draw cells of five to 500 losses a year, shapes in no order."""
    rng = np.random.default_rng(seed)
    shapes = rng.uniform(0.10, 0.67, cells)
    return [drawn_cell(place, (5.0, 500.0), shape, rng) for place, shape in enumerate(shapes.tolist())]


def drawn_cell(place: int, rates: tuple[float, float], shape: float, rng: np.random.Generator) -> LossCell:
    """Draw a cell; every second one is negative binomial."""
    rate = float(np.exp(rng.uniform(*np.log(rates))))
    body = Lognormal(mu=float(rng.uniform(7.5, 9.5)), sigma=float(rng.uniform(1.2, 2.2)))
    threshold = float(body.ppf(np.asarray(0.9)))
    tail = GeneralizedPareto(shape=shape, scale=threshold * float(rng.uniform(0.5, 1.2)), threshold=threshold)
    dispersion = float(rng.uniform(0.05, 0.5))
    frequency = Poisson(rate=rate) if place % 2 else NegativeBinomial(mean=rate, dispersion=dispersion)
    severity = Spliced(body=body, tail=tail, tail_probability=0.1)
    return LossCell(name=f"cell {place}", frequency=frequency, severity=severity)
