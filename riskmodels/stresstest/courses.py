"""The course of a backlog after a shock, day by day: how many are in time, and when it is worked off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.day_batches import (
    MOST_CASES,
    Arrivals,
    Batch,
    Lattice,
    batches_of,
    capacities_of,
    check_working_days,
    days_of,
    lattice_of,
    work_of,
    worked_off,
)
from riskmodels.stresstest.queueing import check_share

_LOST = 1e-15  # probability that may lie beyond a lattice before it is doubled
_FEWEST = 256  # cases of the lattice to begin with, beside the backlog
_STILL = 1e-15  # probability of a backlog that never was empty, after which nobody asks
_MOST_DAYS = 50_000  # that a backlog is followed for until it is empty: two hundred years


@dataclass(frozen=True, kw_only=True, eq=False)
class DeadlineCourse:
    """A backlog followed over T working days.

    Attributes
    ----------
    arrivals : tuple of Poisson or NegativeBinomial
        Of each day [complaints].
    capacity : ndarray, shape (T,)
        Of each day [complaints]; days after them have that of the last.
    laws : ndarray, shape (T + 1, n)
        Probabilities of a backlog of 0, 1, … complaints carried into each day; the last is what the last day
        leaves.
    """

    arrivals: tuple[Arrivals, ...]
    capacity: Floats
    laws: Floats

    @cached_property
    def mean_backlog(self) -> Floats:
        """Mean backlog carried into each day, and left by the last [complaints], shape (T + 1,)."""
        return np.asarray(self.laws @ np.arange(self.laws.shape[1]))

    @property
    def empty_probability(self) -> Floats:
        """Probability that nothing is carried into each day, or left by the last, shape (T + 1,)."""
        return self.laws[:, 0]

    def backlog_quantile(self, share: float, /) -> Integers:
        """Backlog that is not exceeded with a probability [complaints], of each day, shape (T + 1,)."""
        check_share(share)
        return np.asarray((np.cumsum(self.laws, axis=1) >= share).argmax(axis=1))

    def done_within(self, working_days: int, /) -> Floats:
        """Share of the complaints of each day that are done within so many working days, (T,)."""
        ahead = check_working_days(working_days) + 1
        capacity = np.pad(self.capacity, (0, ahead), mode="edge")
        batches = batches_of(self.arrivals)
        shares = [
            batch.done(law, work_of(capacity[day : day + ahead])) / batch.mean
            for day, (batch, law) in enumerate(zip(batches, self.laws[:-1], strict=True))
        ]
        return np.array(shares)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per day: day, arrivals, capacity, mean_backlog [complaints], empty, same_day [shares]."""
        return pd.DataFrame(
            {
                "day": np.arange(len(self.capacity)),
                "arrivals": [day.mean for day in self.arrivals],
                "capacity": self.capacity,
                "mean_backlog": self.mean_backlog[:-1],
                "empty": self.empty_probability[:-1],
                "same_day": self.done_within(0),
            }
        )


def deadline_course(
    arrivals: Sequence[Arrivals], capacity: npt.ArrayLike, *, backlog: int = 0
) -> DeadlineCourse:
    """Follow a backlog day by day, where arrivals and capacity change.

    Parameters
    ----------
    arrivals : sequence of T Poisson or NegativeBinomial
        Complaints of each working day, independent of each other.
    capacity : float, or array of shape (T,)
        Complaints that can be done on every day, or on each.
    backlog : int
        Complaints carried into the first day.

    Returns
    -------
    DeadlineCourse
        On the mean, what was there and came is done or left. The laws are exact but for rounding.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or the backlog grows beyond four million.

    Examples
    --------
    >>> from riskmodels.losses import NegativeBinomial
    >>> course = deadline_course([NegativeBinomial(mean=15.0, dispersion=0.1)] * 21, 20, backlog=120)
    >>> course.done_within(3)[[0, 5, 10, 20]].round(4).tolist()
    [0.0, 0.0478, 0.538, 0.9619]
    """
    days = days_of(arrivals)
    capacities = capacities_of(capacity, len(days))
    (laws,) = backlog_laws(batches_of(days), capacities, [_checked_backlog(backlog)])
    return DeadlineCourse(arrivals=days, capacity=capacities, laws=laws)


def backlog_laws(batches: Sequence[Batch], capacities: Floats, backlogs: Sequence[int]) -> Floats:
    """Return the laws of what is carried into each of T days, and left by the last, shape (b, T + 1, n).

    Each from one of b backlogs of complaints. Raises ParameterError where one grows beyond four million.
    """
    size = _FEWEST + 2 * max(backlogs)
    least = max(backlogs) + np.cumsum([batch.mean for batch in batches] - capacities)  # on the mean
    while size < MOST_CASES and not least.max(initial=0.0) > MOST_CASES:
        laws = _followed(lattice_of(size, batches), backlogs, batches, capacities)
        if laws is not None:
            return laws
        size *= 2
    raise ParameterError(
        f"the backlog grows beyond {MOST_CASES:,} complaints; raise the capacity, or follow fewer days"
    )


def _followed(
    lattice: Lattice, backlogs: Sequence[int], batches: Sequence[Batch], capacities: Floats
) -> Floats | None:
    """Return the laws from each backlog; None where the lattice ends."""
    laws = np.zeros((len(backlogs), len(batches) + 1, lattice.size))
    laws[np.arange(len(backlogs)), 0, backlogs] = 1.0
    for day, (batch, capacity) in enumerate(zip(batches, capacities.tolist(), strict=True)):
        left = worked_off(lattice.joined(laws[:, day], batch), capacity)
        if left[:, lattice.size :].sum(axis=1).max() > _LOST:
            return None
        laws[:, day + 1] = left[:, : lattice.size] / left[:, : lattice.size].sum(axis=1, keepdims=True)
    return laws


@dataclass(frozen=True, kw_only=True, eq=False)
class Recovery:
    """Working days until a backlog is empty for the first time at the end of a day.

    Attributes
    ----------
    probabilities : ndarray, shape (n,)
        Of 0, 1, … days.
    """

    probabilities: Floats

    @property
    def mean(self) -> float:
        """Mean [working days]."""
        return float(self.probabilities @ np.arange(len(self.probabilities)))

    @property
    def median(self) -> int:
        """Days within which it is as likely empty as not [working days]."""
        return self.quantile(0.5)

    def quantile(self, share: float, /) -> int:
        """Days within which it is empty with a probability [working days]."""
        check_share(share)
        return int((np.cumsum(self.probabilities) >= share).argmax())


def days_to_empty(
    arrivals: Arrivals | Sequence[Arrivals], capacity: npt.ArrayLike, *, backlog: int
) -> Recovery:
    """Compute how many working days it takes until a backlog is empty for the first time.

    Parameters
    ----------
    arrivals : Poisson or NegativeBinomial, or a sequence of d of them
        Complaints of every working day, or of each; after them, all days are like the last.
    capacity : float, or array of shape (d,)
        Complaints that can be done, likewise; more than come, in the end.
    backlog : int
        Complaints carried into the first day.

    Returns
    -------
    Recovery
        More capacity never takes longer; without a backlog it is no day. Exact but for rounding.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or in the end as many complaints come as can be done, or nearly so.

    Examples
    --------
    >>> from riskmodels.losses import NegativeBinomial
    >>> found = days_to_empty(NegativeBinomial(mean=15.0, dispersion=0.1), 20, backlog=120)
    >>> round(found.mean, 4), found.median, found.quantile(0.95)
    (24.8293, 24, 36)
    """
    days = days_of(arrivals)
    days = days * np.size(capacity) if len(days) == 1 else days
    capacities = capacities_of(capacity, len(days))
    if not days[-1].mean < capacities[-1]:
        raise ParameterError(
            f"in the end {days[-1].mean:g} complaints come where {capacities[-1]:g} can be done: the "
            "backlog need never be empty; raise the capacity"
        )
    first = _checked_backlog(backlog)
    batches = batches_of(days)
    size = _FEWEST + 2 * first
    while size < MOST_CASES:
        found = _emptied(lattice_of(size, batches), first, batches, capacities)
        if found is not None:
            return Recovery(probabilities=found)
        size *= 2
    raise ParameterError(
        f"the backlog grows beyond {MOST_CASES:,} complaints before it is empty; raise the capacity"
    )


def _emptied(lattice: Lattice, first: int, batches: Sequence[Batch], capacities: Floats) -> Floats | None:
    """Return the probabilities of 0, 1, … days to empty; None where the lattice ends."""
    law = np.zeros(lattice.size)
    law[first] = 1.0
    found = [float(law[0])]
    law[0] = 0.0
    while law.sum() > _STILL:
        day = min(len(found) - 1, len(batches) - 1)
        left = worked_off(lattice.joined(law, batches[day]), float(capacities[day]))
        if left[lattice.size :].sum() > _LOST:
            return None
        found.append(float(left[0]))
        law = left[: lattice.size]
        law[0] = 0.0
        if len(found) > _MOST_DAYS:
            raise ParameterError(
                f"the backlog need not be empty after {_MOST_DAYS:,} days: nearly as many complaints come "
                "as can be done; raise the capacity"
            )
    return np.array(found) / sum(found)


def _checked_backlog(backlog: int) -> int:
    if not 0 <= backlog < MOST_CASES or backlog != int(backlog):
        raise ParameterError(f"the backlog is {backlog}; expected a whole number from 0 to {MOST_CASES:,}")
    return int(backlog)
