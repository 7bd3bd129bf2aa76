"""Complaints of several classes, of which the more serious are done first on every day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.frequency import frequency_of
from riskmodels.stresstest.courses import backlog_laws
from riskmodels.stresstest.day_batches import (
    Arrivals,
    Batch,
    batch_of,
    batches_of,
    check_working_days,
    days_of,
    lattice_of,
    law_of,
    worked_off,
)
from riskmodels.stresstest.deadlines import steady_backlog


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassQueue:
    """Complaints of one class, in the steady state.

    Attributes
    ----------
    arrivals : Poisson or NegativeBinomial
        Of the class [complaints a working day].
    mean_backlog : float
        Mean number of the class that is carried into a day [complaints].
    """

    arrivals: Arrivals
    mean_backlog: float
    _backlog: Floats = field(
        repr=False
    )  # law of what is carried into a day of it and of the classes before it
    _before: Batch = field(repr=False)  # complaints of the classes before it that come on a day
    _own: Batch = field(repr=False)
    _capacity: float = field(repr=False)

    def done_within(self, working_days: int, /) -> float:
        """Share of the class that is done within so many working days; 0 is the day they are received."""
        within = check_working_days(working_days)
        return float(_done_within(self._places, self._before, self._capacity, [within])[0])

    @cached_property
    def _places(self) -> Floats:
        return _places(self._backlog, self._own)


def _places(backlog: Floats, own: Batch) -> Floats:
    """Law of the place in the queue of one of a class, before those of the day that go first come."""
    survival = np.diff(own.limited_mean)  # of at least 1, 2, … that come
    return np.convolve(backlog, np.concatenate([[0.0], survival / own.mean]))


def _done_within(places: Floats, before: Batch, capacity: float, deadlines: Sequence[int]) -> Floats:
    """Return the shares done within deadlines [working days], (…, deadlines), from laws of places (…, n)."""
    lattice = lattice_of(places.shape[-1], [before])
    ahead, done = places, []
    for _ in range(max(deadlines) + 1):
        ahead = worked_off(lattice.joined(ahead, before), capacity)[..., : lattice.size]
        ahead[..., 0] = 0.0  # those who are done
        done.append(np.maximum(1.0 - ahead.sum(axis=-1), 0.0))  # below zero is rounding
    return np.stack([done[days] for days in deadlines], axis=-1)


def priority_queue(arrivals: Sequence[Arrivals], capacity: float) -> tuple[ClassQueue, ...]:
    """Compute the steady state of classes of complaints, of which those named first are done first.

    Parameters
    ----------
    arrivals : sequence of Poisson or NegativeBinomial
        Complaints a working day of each class, the most serious first; independent of each other.
    capacity : float
        Complaints that can be done a working day, of whatever class; more than come.

    Returns
    -------
    tuple of ClassQueue
        One a class, in their order. The first is as if it were alone; all together are as one queue.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or as many complaints come as can be done, or nearly so.

    Notes
    -----
    Every day whatever is there of a class, or comes, is done before anything of the next, oldest first within
    the class. So a class and those before it are a queue that the others do not touch. One of a class is done
    once all that stood before it, and all of the classes before it that came meanwhile, are.

    Examples
    --------
    >>> from riskmodels.losses import Poisson
    >>> serious, ordinary = priority_queue([Poisson(rate=2.0), Poisson(rate=7.0)], 10)
    >>> round(serious.mean_backlog + ordinary.mean_backlog, 6)  # as of nine alike
    3.101238
    """
    classes = days_of(arrivals)
    if np.ndim(capacity):
        raise ParameterError("the capacity of classes is one number, the same on every day")
    before = batch_of(np.ones(1))
    found: list[ClassQueue] = []
    for number, (own, batch) in enumerate(zip(classes, batches_of(classes), strict=True)):
        backlog = steady_backlog(classes[: number + 1], float(capacity))
        mean = float(backlog @ np.arange(len(backlog)))
        found.append(
            ClassQueue(
                arrivals=own,
                mean_backlog=mean - sum(one.mean_backlog for one in found),
                _backlog=backlog,
                _before=before,
                _own=batch,
                _capacity=float(capacity),
            )
        )
        before = batch_of(np.convolve(before.law, batch.law))
    return tuple(found)


def class_month(
    before: Arrivals | None,
    own: Arrivals,
    capacity: float,
    *,
    backlogs: Sequence[int],
    days: int,
    deadlines: Sequence[int],
) -> Floats:
    """Follow a class, and those that are done before it, through a month.

    Parameters
    ----------
    before, own : Poisson or NegativeBinomial
        Complaints of a working day: of the classes before it, None where it is the first, and of the class.
    capacity : float
        Complaints that can be done on a working day.
    backlogs : sequence of b ints
        Complaints of all of them carried into the first day: a month from each.
    days : int
        Working days of the month.
    deadlines : sequence of int
        Standards [working days].

    Returns
    -------
    ndarray, shape (b, deadlines + 1)
        Shares of the class's complaints of the month that are done within each deadline, and the mean number
        of all of them that the month leaves.
    """
    batch, first = batch_of(law_of(own)), batch_of(law_of(before) if before else np.ones(1))
    every = batches_of([_together(before, own)] * days)
    laws = backlog_laws(every, np.full(days, float(capacity)), backlogs)
    places = np.stack([_places(law, batch) for law in laws[:, :-1].mean(axis=1)])
    left = laws[:, -1] @ np.arange(laws.shape[-1])
    return np.column_stack([_done_within(places, first, float(capacity), deadlines), left])


def _together(before: Arrivals | None, own: Arrivals) -> Arrivals:
    """Return arrivals with the mean and the variance of both."""
    if before is None:
        return own
    mean = before.mean + own.mean
    dispersion = sum(one.dispersion * one.mean**2 for one in (before, own)) / mean**2
    return frequency_of(mean, dispersion)
