"""Queues of calls whose arrivals and servers change with time, by forward equations (M_t/M/s_t+M).

Arrivals that are steady within intervals need no approximation: the law is carried through each by
uniformisation. Arrivals that are a function of time are made so by a commutator-free Magnus step of fourth
order, whose two halves are steady queues of their own; steps are halved until nothing changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.pieces import ArrivalRate, checked_times, pieces_between, steady_pieces
from riskmodels.stresstest.queueing import check_positive, check_rates, span_of_states
from riskmodels.stresstest.uniformisation import carried_through

TOLERANCE = 1e-11  # of a probability: error that may be left when the steps are halved no more
_FEW, _HALVINGS = 4, 12  # steps an interval to begin with, and how often they are halved
_ORDER = 15.0  # halving a step leaves a sixteenth of the error: the change over this is what is left
_SUM = 1e-9  # what given probabilities may add up to beside one: rounding
_CYCLES = 10_000  # until a law that repeats itself is found


@dataclass(frozen=True, kw_only=True, eq=False)
class VaryingQueue:
    """A queue over time.

    Attributes
    ----------
    times : ndarray, shape (n,)
        Instants [time].
    servers : ndarray, shape (n,)
        Who answered until then; at the first, those of the interval after it.
    wait_probability : ndarray, shape (n,)
        Probability that all of them are busy at each.
    mean_queue : ndarray, shape (n,)
        Mean number who wait at each.
    arrivals, waiting, abandoning : ndarray, shape (n - 1,)
        Mean numbers who call between two times, who find all servers busy, and who give up.
    law : ndarray, shape (n, states)
        Probabilities of the numbers in the system, from zero.
    error : float
        What is left of the error of a probability after the last halving of the steps, estimated; zero where
        arrivals are steady in intervals.
    """

    times: Floats
    servers: Integers
    wait_probability: Floats
    mean_queue: Floats
    arrivals: Floats
    waiting: Floats
    abandoning: Floats
    law: Floats
    error: float

    @property
    def abandonment(self) -> Floats:
        """Share of the callers between two times who give up, shape (n - 1,); zero where nobody calls."""
        return self.abandoning / np.where(self.arrivals > 0, self.arrivals, np.inf)

    @property
    def total_abandonment(self) -> float:
        """Share of all callers who give up."""
        return float(self.abandoning.sum() / max(self.arrivals.sum(), np.finfo(float).tiny))

    @property
    def total_waiting(self) -> float:
        """Share of all callers who find all servers busy."""
        return float(self.waiting.sum() / max(self.arrivals.sum(), np.finfo(float).tiny))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per time: time, servers, wait_probability, mean_queue, abandonment since the last."""
        return pd.DataFrame(
            {
                "time": self.times,
                "servers": self.servers,
                "wait_probability": self.wait_probability,
                "mean_queue": self.mean_queue,
                "abandonment": np.insert(self.abandonment, 0, np.nan),
            }
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chain:
    """Steady pieces of a queue, in order: their rates, servers and lengths (p,), and their intervals."""

    births: Floats
    servers: Integers
    lengths: Floats
    interval: Integers
    service_rate: float
    patience_rate: float
    law: Floats  # at the first instant, of all states that count

    @cached_property
    def states(self) -> Floats:
        return np.arange(float(len(self.law)))


def varying_queue(
    arrival_rate: ArrivalRate,
    service_rate: float,
    patience_rate: float,
    servers: int | Sequence[int] | Integers,
    times: npt.ArrayLike,
    *,
    periodic: bool = False,
    start: npt.ArrayLike | None = None,
) -> VaryingQueue:
    """Compute how a queue of calls goes over time where callers give up.

    Parameters
    ----------
    arrival_rate : function of time, or array of shape (n - 1,) or (n,)
        Calls [1/time], at least zero: at any instant, or steady from each time until the next (of n, the
        last is not used). A function should be smooth between two times.
    service_rate, patience_rate : float
        Calls that one server answers, and one over the mean patience [1/time], positive.
    servers : int, or array of shape (n - 1,) or (n,)
        Who answer, always or from each time until the next. Calls that are being answered when servers go are
        put back at the head of the queue.
    times : array of shape (n,)
        At least two instants, rising.
    periodic : bool
        Whether the queue has always repeated what lies between the first time and the last: its law is then
        the same at both.
    start : array of shape (m,), optional
        Probabilities of 0, 1, … in the system at the first time; without it the system is empty.

    Returns
    -------
    VaryingQueue
        Arrivals less those who give up are answered or still there.

    Raises
    ------
    ParameterError
        An argument is out of its domain, arrivals are too wild for the steps, or no law repeats itself.

    Notes
    -----
    Uniformisation: Jensen 1953. Steps of fourth order: Blanes & Moan 2006, doi:10.1016/j.apnum.2005.11.004.

    Examples
    --------
    >>> day = varying_queue([20.0, 40.0, 20.0], 0.25, 1 / 3, [90, 165, 90], [0, 60, 120, 180])
    >>> day.wait_probability.round(2).tolist()
    [0.0, 0.14, 0.33, 0.14]
    """
    instants = checked_times(times)
    given = pieces_between(servers, len(instants), "servers")
    for number in np.unique(given).tolist():
        check_rates(0.0, service_rate, number)
    staff = given.astype(np.int64)
    check_positive("patience rate", patience_rate)
    rates, law = (float(service_rate), float(patience_rate)), _checked_law(start)
    if not callable(arrival_rate):
        steady = pieces_between(arrival_rate, len(instants), "arrival rates")
        interval = np.arange(len(staff))
        chain = _chain(steady, staff, np.diff(instants), interval, rates, law, periodic=periodic)
        return _carried(chain, instants, periodic=periodic)
    return _refined(arrival_rate, staff, instants, rates, periodic=periodic, law=law)


def _refined(
    arrival_rate: Callable[[float], float],
    staff: Integers,
    instants: Floats,
    rates: tuple[float, float],
    *,
    periodic: bool,
    law: Floats,
) -> VaryingQueue:
    """Halve the steps until no probability changes any more."""
    before: VaryingQueue | None = None
    longest = (instants[-1] - instants[0]) / _FEW**2
    steps = np.maximum(_FEW, np.ceil(np.diff(instants) / longest)).astype(int)
    change = np.inf
    for _ in range(_HALVINGS):
        births, lengths, interval = steady_pieces(arrival_rate, instants, steps)
        if (births >= 0).all():
            chain = _chain(births, staff[interval], lengths, interval, rates, law, periodic=periodic)
            made = _carried(chain, instants, periodic=periodic)
            change = np.inf if before is None else _change(before, made) / _ORDER
            if change <= TOLERANCE:
                return replace(made, error=change)
            before, law = made, _without_zeros(made.law[-1]) if periodic else law
        steps = steps * 2
    raise ParameterError(
        f"halving the steps {_HALVINGS} times leaves an error of {change:.1e}: give the arrival rate as an "
        "array, or put its jumps among the times"
    )


def _change(before: VaryingQueue, made: VaryingQueue) -> float:
    """Return the largest change of a probability; states that one has more are negligible."""
    size = min(before.law.shape[1], made.law.shape[1])
    return float(np.abs(before.law[:, :size] - made.law[:, :size]).max())


def _chain(
    births: Floats,
    staff: Integers,
    lengths: Floats,
    interval: Integers,
    rates: tuple[float, float],
    law: Floats,
    *,
    periodic: bool,
) -> _Chain:
    """Put the pieces of a queue together, with as many states as count."""
    service, patience = rates
    slowest = int(staff.min() if patience <= service else staff.max())  # from any number fewest leave
    _, last = span_of_states(float(births.max()), service, patience, slowest)
    size = max(last, int(staff.max())) + 1
    size = max(size, len(law)) if periodic else size + len(law) - 1  # those there at first are there besides
    return _Chain(
        births=births,
        servers=staff,
        lengths=lengths,
        interval=interval,
        service_rate=service,
        patience_rate=patience,
        law=np.pad(law, (0, size - len(law))),
    )


def _carried(chain: _Chain, instants: Floats, *, periodic: bool) -> VaryingQueue:
    """Carry the first law through all pieces, once or until it repeats itself."""
    made = _walked(chain, instants, chain.law)
    if not periodic:
        return made
    for _ in range(_CYCLES):
        if np.abs(made.law[-1] - made.law[0]).max() <= TOLERANCE / 100:
            return made
        made = _walked(chain, instants, made.law[-1])
    raise ParameterError(
        f"the queue does not repeat itself after {_CYCLES:,} times from {instants[0]:g} to {instants[-1]:g}"
    )


def _walked(chain: _Chain, instants: Floats, law: Floats) -> VaryingQueue:
    """Carry a law through all pieces; count who call, wait and give up in each interval."""
    laws = np.empty((len(instants), len(law)))
    laws[0] = law
    counted = np.zeros((3, len(instants) - 1))
    pieces = (chain.births, chain.servers, chain.lengths, chain.interval)
    for birth, staff, length, place in zip(*(part.tolist() for part in pieces), strict=True):
        births = np.append(np.full(len(law) - 1, birth), 0.0)  # the last state is as good as never reached
        queued = np.maximum(chain.states - staff, 0.0)
        deaths = (chain.states - queued) * chain.service_rate + queued * chain.patience_rate
        law, spent = carried_through(law, births, deaths, length)
        laws[place + 1] = law
        counted[:, place] += (
            birth * length,
            birth * spent[staff:].sum(),
            chain.patience_rate * (spent @ queued),
        )
    first = np.searchsorted(chain.interval, np.arange(len(instants) - 1))
    staff_then = chain.servers[np.insert(first, 0, 0)]
    ahead = np.maximum(chain.states - staff_then[:, None], 0.0)
    busy = chain.states >= staff_then[:, None]
    return VaryingQueue(
        times=instants,
        servers=staff_then,
        wait_probability=np.where(busy, laws, 0.0).sum(axis=1),
        mean_queue=(laws * ahead).sum(axis=1),
        arrivals=counted[0],
        waiting=counted[1],
        abandoning=counted[2],
        law=laws,
        error=0.0,
    )


def _checked_law(start: npt.ArrayLike | None) -> Floats:
    law = np.ones(1) if start is None else np.asarray(start, dtype=float)
    if law.ndim != 1 or not ((law >= 0).all() and abs(law.sum() - 1.0) <= _SUM):
        raise ParameterError("the start must be probabilities of 0, 1, … in the system, which add up to one")
    return law


def _without_zeros(law: Floats) -> Floats:
    """Leave out the states at the end that have no probability."""
    return law[: 1 + int(np.flatnonzero(law > TOLERANCE**2).max())]
