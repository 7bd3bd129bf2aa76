"""What counts of cells are expected to be: from the period before, exposure and what all cells share."""

from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.rates.moments import ratio_of

_ROUNDS = 12  # of fitting the effects in turn: they move by less than 1e-6 afterwards
_SURE = 1.645  # standard deviations: 5 % of banks whose cells do not differ
_SEEN = 5.0  # rows of a cell in both periods, fitted: fewer say little of how counts vary
_LEAST = 1e-9  # rows: above nothing, so that a logarithm has a value


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Counts of units × products in two periods, each shape (units, products), or with draws before it.

    ``exposure_before`` and ``exposure_now`` are above 0 where the cell can have a row at all;
    ``regions`` marks, (regions, units), which units a region has.
    """

    before: Floats
    now: Floats
    exposure_before: Floats
    exposure_now: Floats
    regions: Floats


def main_effects(counts: Floats, exposure: Floats) -> Floats:
    """Expect counts from a rate per product times a factor per unit, shape (..., units, products).

    The Poisson fit: the sums of each unit and of each product are those of the counts.
    """
    unit = np.ones(counts.shape[:-1])
    fitted = exposure * np.ones_like(counts)
    for _ in range(_ROUNDS):
        product = ratio_of(counts.sum(axis=-2), (exposure * unit[..., None]).sum(axis=-2))
        unit = ratio_of(counts.sum(axis=-1), (exposure * product[..., None, :]).sum(axis=-1))
        fitted = exposure * unit[..., None] * product[..., None, :]
    return np.asarray(fitted)


@dataclass(frozen=True, kw_only=True)
class Law:
    """How counts vary: variance ÷ mean of a count and its degrees of freedom; squared relative differences.

    ``own`` is of cells, ``regional`` of regions' products, ``units`` of the changes of a region's units.
    """

    dispersion: float
    freedom: float
    own: float
    regional: float
    units: float


def law_of(cells: Cells) -> Law:
    """Estimate how counts vary; a difference within what chance explains is 0.

    Rates of a unit and a product alone are then the better guide.
    """
    dispersion, freedom = dispersion_of(cells)
    fitted = main_effects(cells.before, cells.exposure_before)
    regional = _differing(cells.regions @ cells.before, cells.regions @ fitted, dispersion)
    law = Law(dispersion=dispersion, freedom=freedom, own=0.0, regional=regional, units=0.0)
    own = _differing(cells.before, _trusted(cells.before, fitted, cells.regions, law), dispersion)
    return replace(law, own=own, units=_changing(cells, dispersion))


def dispersion_of(cells: Cells) -> tuple[float, float]:
    """Estimate variance ÷ mean of a count, at least 1, and its degrees of freedom, at least 1.

    Pearson's statistic of the cells' shares of the second period, after an effect of each unit and of each
    product in each region, so that a change there is no dispersion. A count of two periods n with variance
    d × mean has a first part that varies by d × mean × p × (1 − p) about its share p of n.
    """
    squares, freedom, own = 0.0, 0.0, 0.0
    for region in cells.regions > 0:
        before, now = (
            main_effects(counts[region], exposure[region])
            for counts, exposure in (
                (cells.before, cells.exposure_before),
                (cells.now, cells.exposure_now),
            )
        )
        share = ratio_of(now, before + now)
        variance = (before + now) * share * (1 - share)
        off = cells.now[region] - (cells.before + cells.now)[region] * share
        seen = before + now >= _SEEN
        squares += float((off[seen] ** 2 / np.maximum(variance[seen], _LEAST)).sum())
        leverage = _leverage(variance)[seen]
        freedom += float((1 - leverage).sum())
        own += float((leverage / (before + now)[seen]).sum())
    if freedom < 1:
        return 1.0, 1.0
    first = squares / freedom
    # a fitted mean holds the cell's own count, and is too large where that is: first order in 1 ÷ mean
    return max(squares / max(freedom - first * own, freedom / 2), 1.0), freedom


def _leverage(weight: Floats) -> Floats:
    """Return by how much each cell draws its own fit of unit and product to itself."""
    sums = [weight.sum(axis=axis, keepdims=True) * np.ones_like(weight) for axis in (1, 0, (0, 1))]
    unit, product, whole = (ratio_of(weight, of) for of in sums)
    return np.asarray(unit + product - whole)


def _changing(cells: Cells, dispersion: float) -> float:
    """Estimate how far the changes of a region's units differ beyond counting; 0 within chance."""
    due = (cells.before * ratio_of(cells.exposure_now, cells.exposure_before)).sum(axis=1)
    before, now = cells.before.sum(axis=1), cells.now.sum(axis=1)
    due = due * (cells.regions.T @ ratio_of(cells.regions @ now, cells.regions @ due))
    variance = dispersion * due * (1 + due / np.maximum(before, 1))
    excess, chance = ((now - due) ** 2 - variance).sum(), np.sqrt(2 * (variance**2).sum())
    return float(excess / max((due**2).sum(), _LEAST)) if excess > _SURE * chance else 0.0


def _differing(counts: Floats, fitted: Floats, dispersion: float) -> float:
    squares = max(float((fitted**2).sum()), _LEAST)
    excess = float(((counts - fitted) ** 2 - dispersion * fitted).sum()) / squares
    chance = dispersion * (2 / squares) ** 0.5  # standard deviation of the excess of normal counts
    return excess if excess > _SURE * chance else 0.0


def expected_of(cells: Cells, law: Law) -> tuple[Floats, Floats]:
    """Expect the counts before and now, each (..., units, products); they add up to the counts that came.

    A cell is expected by its unit's and its product's rate of the period before, moved towards its region's
    and its own by as much as these are found to differ (credibility), at the exposure of now, times what all
    cells share.
    """
    fitted = main_effects(cells.before, cells.exposure_before)
    kept = _trusted(cells.before, fitted, cells.regions, law)
    due = kept * ratio_of(cells.exposure_now, cells.exposure_before)
    total = due.sum(axis=(-1, -2))
    return kept, np.asarray(due * ratio_of(cells.now.sum(axis=(-1, -2)), total)[..., None, None])


def without_change(cells: Cells, law: Law) -> tuple[Floats, Floats]:
    """Expect the counts before and now, were nothing but what all cells share changed."""
    both, exposure = cells.before + cells.now, cells.exposure_before + cells.exposure_now
    rate = ratio_of(_trusted(both, main_effects(both, exposure), cells.regions, law), exposure)
    means = []
    for counts, exposed in ((cells.before, cells.exposure_before), (cells.now, cells.exposure_now)):
        mean = rate * exposed
        means.append(mean * counts.sum() / max(mean.sum(), _LEAST))
    return means[0], means[1]


def _trusted(counts: Floats, fitted: Floats, regions: Floats, law: Law) -> Floats:
    """Move what is fitted towards what came, by region and product, then by cell."""
    of_region = regions @ fitted
    trust = law.regional * of_region / (law.regional * of_region + law.dispersion)
    factor = 1 + trust * (ratio_of(regions @ counts, of_region) - 1)
    fitted = fitted * (regions.T @ factor)
    trust = law.own * fitted / (law.own * fitted + law.dispersion)
    return np.asarray(fitted + trust * (counts - fitted))


def signed_root(counts: Floats, expected: Floats) -> Floats:
    """Return the signed root of the Poisson deviance: about normal, in small counts too."""
    mean = np.maximum(expected, _LEAST)
    deviance = 2 * (counts * np.log(np.maximum(counts, _LEAST) / mean) - counts + mean)
    return np.asarray(np.sign(counts - mean) * np.sqrt(np.maximum(deviance, 0)))
