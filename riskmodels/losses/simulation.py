"""The same figures by simulated years: an independent check, with its standard errors."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.losses.cells import LossCell
from riskmodels.losses.dependence import Dependence

_DRAWS = 4_000_000  # losses at a time
# years: the standard error of a quantile's level is then about a fifth of what lies beyond
_FEWEST_BEYOND = 20


def simulate_losses(
    cells: Sequence[LossCell],
    *,
    years: int,
    seed: int,
    level: float = 0.999,
    dependence: Dependence | None = None,
) -> pd.DataFrame:
    """Simulate years of losses; estimate value-at-risk and expected shortfall of every cell and the total.

    Parameters
    ----------
    cells : sequence of LossCell
        Frequencies and severities.
    years : int
        How many.
    seed : int
        Of the draws.
    level : float
        Probability, in (0, 1).
    dependence : GaussianFactor or StudentFactor, optional
        Copula of the years' losses; the simulated losses of each cell are put in the order of its draws.

    Returns
    -------
    DataFrame
        One row per cell and the total: ``cell``, ``mean``, ``value_at_risk`` and ``expected_shortfall``, each
        with its Monte Carlo standard error, ``…_error``, in the unit of money.

    Raises
    ------
    ParameterError
        There are fewer than twenty years beyond the level.
    """
    if years * (1.0 - level) < _FEWEST_BEYOND:
        raise ParameterError(f"{years:,} years are too few for the level {level}: twenty must lie beyond it")
    total, rows = np.zeros(years), []
    for cell, losses in zip(
        cells, simulated_years(cells, years=years, seed=seed, dependence=dependence), strict=True
    ):
        total += losses
        rows.append({"cell": cell.name, **_figures(losses, level)})
    return pd.DataFrame([*rows, {"cell": "total", **_figures(total, level)}])


def simulated_years(
    cells: Sequence[LossCell], *, years: int, seed: int, dependence: Dependence | None = None
) -> Iterator[Floats]:
    """Yield the losses of simulated years, (years,), cell by cell; their sums are those of the total."""
    rng = np.random.default_rng(seed)
    for cell, order in zip(cells, _places(len(cells), years, dependence, rng), strict=True):
        losses = _years(cell, years, rng)
        yield losses if order is None else np.sort(losses)[order]


def _years(cell: LossCell, years: int, rng: np.random.Generator) -> Floats:
    """Sum the losses of every year of a cell, a bounded number of draws at a time."""
    rate = np.full(years, cell.frequency.mean)
    if cell.frequency.dispersion > 0:
        rate = rng.gamma(1.0 / cell.frequency.dispersion, cell.frequency.dispersion * rate)
    number = rng.poisson(rate)
    ends = np.searchsorted(np.cumsum(number), np.arange(_DRAWS, number.sum() + _DRAWS, _DRAWS))
    found, start = np.zeros(years), 0
    for end in np.minimum(ends + 1, years).tolist():
        here = number[start:end]
        losses = cell.severity.ppf(rng.uniform(size=int(here.sum())))
        found[start:end] = np.bincount(np.repeat(np.arange(end - start), here), losses, minlength=end - start)
        start = end
    return found


def _places(
    cells: int, years: int, dependence: Dependence | None, rng: np.random.Generator
) -> Iterator[Integers | None]:
    """Yield, cell by cell, the rank of the losses of every year; None where the years are independent."""
    if dependence is None:
        yield from [None] * cells
        return
    load, own = np.sqrt(dependence.correlation), np.sqrt(1.0 - dependence.correlation)
    factor, scale = rng.standard_normal(years), dependence.scales(years, rng)
    for _ in range(cells):
        score = (load * factor + own * rng.standard_normal(years)) / scale
        yield np.argsort(np.argsort(score))


def _figures(losses: Floats, level: float) -> dict[str, float]:
    """Mean, value-at-risk and expected shortfall with standard errors."""
    years, ordered = len(losses), np.sort(losses)
    place = int(np.ceil(level * years)) - 1
    value = ordered[place]
    spread = np.sqrt(years * level * (1.0 - level))
    low, high = max(int(place - spread), 0), min(int(np.ceil(place + spread)), years - 1)
    beyond = np.maximum(losses - value, 0.0) / (1.0 - level)
    return {
        "mean": float(losses.mean()),
        "mean_error": float(scipy.stats.sem(losses)),
        "value_at_risk": float(value),
        "value_at_risk_error": float(ordered[high] - ordered[low]) / 2.0,
        "expected_shortfall": float(value + beyond.mean()),
        "expected_shortfall_error": float(scipy.stats.sem(beyond)),
    }
