"""What a scenario does to a year's losses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.frequency import frequency_of
from riskmodels.losses.portfolio import BETWEEN
from riskmodels.losses.severity import Scaled
from riskmodels.stresstest.contributions import by_shock, split_change
from riskmodels.stresstest.driven import NOTHING_DRIVEN, Driven
from riskmodels.stresstest.shocked import Drawn, feels

YEAR = 12  # months, which a distribution of losses is about
_MOVED = ("loss_frequency", "loss_severity")
_LEAST = 1e-9  # share of the losses of a cell: as few as make none


@dataclass(frozen=True, kw_only=True, eq=False)
class StressedLosses:
    """A year's losses under a scenario.

    Attributes
    ----------
    distribution : LossDistribution
        Of the year that begins with the first month ahead.
    expected : ndarray, shape (size,)
        Expected loss on each path of the assumptions [money a year].
    before : float
        Expected loss without the scenario [money a year].
    by_shock : DataFrame
        shock, money: what each adds to the expected loss; they add up to what the scenario adds.
    """

    distribution: LossDistribution
    expected: Floats
    before: float
    by_shock: pd.DataFrame


def stress_losses(
    distribution: LossDistribution, drawn: Sequence[Drawn], size: int, driven: Driven = NOTHING_DRIVEN
) -> StressedLosses:
    """Carry a scenario through to a year's losses.

    Parameters
    ----------
    distribution : LossDistribution
        Losses without it, by event type and product.
    drawn : sequence of Drawn
        The assumptions, over the twelve months ahead; those of frequency and severity count.
    size : int
        Paths.
    driven : Driven
        What paths of the economy multiply, where that is estimated.

    Returns
    -------
    StressedLosses
        The distribution as it was where nothing moves losses.

    Notes
    -----
    A month has as many losses, and they are as large, times what the factors of that month say. As factors
    are not sure, years differ by more than chance: a number of losses of mean m and dispersion d, times a
    factor of mean f and variance v, has the mean f m and the dispersion d (1 + v/f²) + v/f² (exact in two
    moments). Severities are taken at the mean of their factor, weighted by the number of losses.
    """
    felt = [one for one in drawn if one.movement.what in _MOVED and one.profile.any() and one.is_carried]
    keys = keys_of(distribution.cells)
    means = np.array([cell.mean for cell in distribution.cells])
    put = driven.put([(one, _factor(one, keys)) for one in felt], list(keys["event_type"]))
    factors = [factor for _, factor in put]
    kinds = [
        np.prod([part for one, part in zip(felt, factors, strict=True) if one.movement.what == what], axis=0)
        * np.ones((size, len(keys), YEAR))
        for what in _MOVED
    ]
    number, both = kinds[0].mean(axis=2), (kinds[0] * kinds[1]).mean(axis=2)
    parts = split_change(np.ones_like(kinds[0]), factors)
    return StressedLosses(
        distribution=_aggregated(distribution, number, both) if felt else distribution,
        expected=both @ means,
        before=float(means.sum()),
        by_shock=by_shock(felt, [float(part.mean(axis=(0, 2)) @ means) for part in parts], "money"),
    )


def keys_of(cells: Sequence[LossCell]) -> pd.DataFrame:
    """Return event type and product of cells of losses."""
    names = [cell.name.partition(BETWEEN) for cell in cells]
    return pd.DataFrame({"event_type": [one[0] for one in names], "product": [one[2] for one in names]})


def _factor(one: Drawn, keys: pd.DataFrame) -> Floats:
    """Return what a movement multiplies cells by, shape (size, cells, months); 1 where it is not felt."""
    return np.asarray(np.where(feels(one.movement, keys)[None, :, None], one.times[:, None, :YEAR], 1.0))


def _aggregated(distribution: LossDistribution, number: Floats, both: Floats) -> LossDistribution:
    """Return the distribution of losses that are multiplied on paths, by cell, shape (size, cells)."""
    cells = [_stressed(cell, number[:, row], both[:, row]) for row, cell in enumerate(distribution.cells)]
    return aggregate_losses(cells, dependence=distribution.dependence, level=distribution.level)


def _stressed(cell: LossCell, number: Floats, both: Floats) -> LossCell:
    """Return a cell whose losses, in number and in both number and size, are multiplied on paths."""
    mean = max(float(number.mean()), _LEAST)
    spread = float(number.var()) / mean**2
    dispersion = cell.frequency.dispersion * (1 + spread) + spread
    return LossCell(
        name=cell.name,
        frequency=frequency_of(cell.frequency.mean * mean, dispersion),
        severity=Scaled(cell.severity, max(float(both.mean()) / mean, _LEAST)),
    )
