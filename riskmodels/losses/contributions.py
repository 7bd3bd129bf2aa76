"""What every cell contributes to the risk of the total: Euler's principle, so that contributions add up."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.aggregate import LossDistribution
from riskmodels.losses.cells import counts_of, limited_means
from riskmodels.losses.compounding import means_of, survivals
from riskmodels.losses.dependence import conditional_masses
from riskmodels.losses.lattice import Compound, masses, tail_of, transformed, untransformed

# lattice points: alone, and with a factor, when each of its nodes takes as much
_SIZE, _SIZE_DEPENDENT = 2**14, 2**10
# of value-at-risk or mean, whichever is larger, that the lattice covers: the tail beyond is computed apart
_ROOM = 1.6
_NONE = 1e-200  # given the factor, a cell loses more than the range


def euler_contributions(losses: LossDistribution) -> pd.DataFrame:
    """Split value-at-risk and expected shortfall of the total among the cells.

    Parameters
    ----------
    losses : LossDistribution
        With the level of its table; the total must have a mean.

    Returns
    -------
    DataFrame
        One row per cell: ``cell``, ``mean``, ``value_at_risk``, the cell's expected loss in years in which
        the total is its value-at-risk, ``expected_shortfall``, that in worse years, and ``share``, the latter
        over the total's. They add up to the figures of the total.

    Raises
    ------
    ParameterError
        A cell has no mean.

    Notes
    -----
    Tasche 2000, *Risk contributions and performance measurement*; on the lattice, the expectation of a cell
    where the total is k steps is the convolution of its loss-weighted masses with the others' (for insurance:
    Furman & Landsman 2005, doi:10.1016/j.insmatheco.2005.03.002).
    """
    if not np.isfinite(losses.mean):
        raise ParameterError(
            "a portfolio with a cell without a mean has no contributions to its expected shortfall"
        )
    row = losses.table.iloc[-1]
    value, shortfall = float(row["value_at_risk"]), float(row["expected_shortfall"])
    size = _SIZE if losses.dependence is None else _SIZE_DEPENDENT
    step = _ROOM * max(value, losses.mean) / size
    weighted, total, means = _weighted_masses(losses, step, size)
    tail = tail_of(Compound(mass=total, mean=means.sum(keepdims=True)), np.array([step]), losses.level)
    at, beyond = _split(weighted, total[0], means, float(tail.value_at_risk[0]) / step, losses.level)
    table = losses.table.iloc[:-1]
    return pd.DataFrame(
        {
            "cell": table["cell"],
            "mean": table["mean"],
            "value_at_risk": at * (value / at.sum()) if at.sum() > 0 else at,
            "expected_shortfall": beyond * (shortfall / beyond.sum()),
            "share": beyond / beyond.sum(),
        }
    )


def _weighted_masses(losses: LossDistribution, step: float, size: int) -> tuple[Floats, Floats, Floats]:
    """Expectations of cells where the total is k steps, (c, M); masses of the total, (1, M); means, (c,)."""
    cells, steps = losses.cells, np.full(len(losses.cells), step)
    limited = limited_means(cells, steps, size)
    amounts = step * np.arange(size)
    if losses.dependence is None:
        counts, mass = counts_of(cells), masses(limited, steps[:, None])
        transform = transformed(mass)
        total = np.exp(counts.log_generating(transform).sum(axis=0, keepdims=True))
        weighted = total * counts.relative_slope(transform) * transformed(amounts * mass)
        means = means_of(cells)
    else:
        parts, means = survivals(cells, limited, steps)
        total = np.zeros((1, size // 2 + 1), dtype=np.complex128)
        weighted = np.zeros((len(cells), size // 2 + 1), dtype=np.complex128)
        for weights, mass in conditional_masses(parts, losses.dependence):
            transform = transformed(mass)
            product = transform.prod(axis=0)
            total += weights[0] * product
            others = np.divide(
                product, transform, out=np.zeros_like(transform), where=np.abs(transform) > _NONE
            )
            weighted += weights[0] * others * transformed(amounts * mass)
    return untransformed(weighted, size), untransformed(total, size), means


def _split(
    weighted: Floats, total: Floats, means: Floats, place: float, level: float
) -> tuple[Floats, Floats]:
    """Expectations of the cells at a place of the total, and beyond it."""
    low = int(place)
    share = place - low
    with np.errstate(invalid="ignore", divide="ignore"):  # no total of that size
        ratio = weighted[:, low : low + 2] / total[low : low + 2]
    at = np.nan_to_num((1.0 - share) * ratio[:, 0] + share * ratio[:, 1])
    below = weighted[:, : low + 1].sum(axis=1) - weighted[:, low] * max(
        total[: low + 1].sum() - level, 0.0
    ) / max(total[low], 1e-300)
    return at, (means - below) / (1.0 - level)
