"""Insurance of a whole year: what a cover of the total pays, and what a bank keeps."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.aggregate import LossDistribution
from riskmodels.losses.cells import limited_means
from riskmodels.losses.compounding import sum_of
from riskmodels.losses.lattice import extrapolated

# lattice points: alone, and with a factor, when each of its nodes takes as much
_SIZE, _SIZE_DEPENDENT = 2**14, 2**11
_ROOM = 1.6  # of the highest limit, value-at-risk or mean that the lattice covers


@dataclass(frozen=True, kw_only=True)
class AnnualCover:
    """What a cover of a year's total pays on average, and what is left of the total, in the unit of money.

    Attributes
    ----------
    paid : float
        Expected payment of a year.
    mean, value_at_risk, expected_shortfall : float
        Of what the bank keeps, the latter two at the level of the distribution.
    """

    paid: float
    mean: float
    value_at_risk: float
    expected_shortfall: float


def annual_cover(losses: LossDistribution, *, attachment: float, limit: float) -> AnnualCover:
    """Insure a year's total above an attachment point, up to a limit.

    Parameters
    ----------
    losses : LossDistribution
        A year's losses, with a mean.
    attachment : float
        What the bank pays of a year itself (>= 0) before the cover does.
    limit : float
        Largest payment of a year (> 0); infinite: none.

    Returns
    -------
    AnnualCover
        Payment and what is kept add up to the mean; what is kept grows with the total, so that its
        value-at-risk is the total's less the payment.

    Raises
    ------
    ParameterError
        The attachment or the limit is out of place, or the losses have no mean.

    Examples
    --------
    >>> from riskmodels.losses import Exponential, LossCell, Poisson, aggregate_losses
    >>> year = aggregate_losses([LossCell(name="a", frequency=Poisson(rate=5.0), severity=Exponential())])
    >>> round(annual_cover(year, attachment=0.0, limit=np.inf).paid, 6)
    5.0
    """
    if not (0 <= attachment < np.inf and limit > 0) or not np.isfinite(losses.mean):
        raise ParameterError(
            "a cover needs an attachment of at least zero, a positive limit, and losses with a mean"
        )
    row = losses.table.iloc[-1]
    value, shortfall = float(row["value_at_risk"]), float(row["expected_shortfall"])
    top, beyond = attachment + limit, 1.0 - losses.level
    bottom = max(value, attachment)
    within = _limited_means(losses, np.array([attachment, min(bottom, top), top]))
    paid, at_value = float(within[2] - within[0]), float(np.clip(value - attachment, 0.0, limit))
    paid_beyond = beyond * at_value + (float(within[2] - within[1]) if bottom < top else 0.0)
    return AnnualCover(
        paid=paid,
        mean=losses.mean - paid,
        value_at_risk=value - at_value,
        expected_shortfall=shortfall - paid_beyond / beyond,
    )


def _limited_means(losses: LossDistribution, limits: Floats) -> Floats:
    """Means of the total limited to amounts; the whole mean for an infinite one."""
    finite = np.isfinite(limits)
    row = losses.table.iloc[-1]
    end = _ROOM * max(float(limits[finite].max()), float(row["value_at_risk"]), losses.mean)
    size = _SIZE if losses.dependence is None else _SIZE_DEPENDENT
    limited = limited_means(losses.cells, np.full(len(losses.cells), end / size), size)
    found = []
    for stride in (2, 1):
        steps = np.full(len(losses.cells), end * stride / size)
        made = sum_of(losses.cells, losses.dependence, limited[:, ::stride], steps)
        below = np.append(0.0, np.cumsum(1.0 - np.cumsum(made.mass[0]))) * steps[0]
        places = steps[0] * np.arange(len(below))
        found.append(np.interp(np.where(finite, limits, 0.0), places, below))
    best = extrapolated(found[0], found[1]) if losses.dependence is None else found[1]
    return np.where(finite, best, losses.mean)
