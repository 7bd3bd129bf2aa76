"""Queues of calls whose arrivals and servers change with time, by forward equations (M_t/M/s_t+M).

Arrivals that are steady within intervals need no approximation: the law is carried through each by
uniformisation. With arrivals that are a function of time the equations are solved by a Runge-Kutta method of
eighth order, whose steps are as short as its tolerance asks for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.pieces import ArrivalRate, checked_times, pieces_between, rates_within
from riskmodels.stresstest.queueing import check_positive, check_rates, span_of_states
from riskmodels.stresstest.uniformisation import carried_through

TOLERANCE = 1e-12  # of a step, beside the largest probability: what arrivals as a function are solved to
_LOOSE = 100.0  # times it, at which they are solved once more to see the error
_SAME = 1e-13  # of a probability: what a cycle that is repeated may change
_NOBODY = 1e-300  # callers: fewer are none, and nothing is divided by them
_LOOKS = 33  # instants of an interval at which a function is looked at for its largest rate
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
        Error of a probability at most, as seen from a solution a hundred times coarser; zero where
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
        """Those who give up between two times over those who call, (n - 1,); zero where nobody calls.

        It is more than one where few call and a queue from before gives up.
        """
        return self.abandoning / np.where(self.arrivals > _NOBODY, self.arrivals, np.inf)

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
    """A queue: arrivals and servers between its times, its rates, and its law at first."""

    arrivals: Callable[[float], float] | Floats
    servers: Integers
    service_rate: float
    patience_rate: float
    times: Floats
    law: Floats
    tolerance: float = TOLERANCE

    @cached_property
    def states(self) -> Floats:
        return np.arange(float(len(self.law)))

    def ahead(self, staff: int) -> Floats:
        """Return how many wait in each state."""
        return np.maximum(self.states - staff, 0.0)

    def deaths(self, staff: int) -> Floats:
        """Return the rate at which one less is in the system, of each state."""
        waiting = self.ahead(staff)
        return (self.states - waiting) * self.service_rate + waiting * self.patience_rate


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
        An argument is out of its domain, or no law repeats itself.

    Notes
    -----
    Uniformisation: Jensen 1953, doi:10.1080/03461238.1953.10419459. Runge-Kutta: ``DOP853`` of scipy.

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
    check_positive("patience rate", patience_rate)
    chain = _chain(
        arrival_rate
        if callable(arrival_rate)
        else pieces_between(arrival_rate, len(instants), "arrival rates"),
        given.astype(np.int64),
        (float(service_rate), float(patience_rate)),
        instants,
        _checked_law(start),
        periodic=periodic,
    )
    made = _walked(chain)
    if periodic:
        chain, made = _repeated(chain, made)
    if not callable(arrival_rate):
        return made
    loose = _walked(replace(chain, tolerance=_LOOSE * TOLERANCE))
    return replace(made, error=float(np.abs(made.law - loose.law).sum(axis=1).max()))


def _chain(
    arrivals: Callable[[float], float] | Floats,
    staff: Integers,
    rates: tuple[float, float],
    instants: Floats,
    law: Floats,
    *,
    periodic: bool,
) -> _Chain:
    """Put a queue together, with as many states as count."""
    service, patience = rates
    slowest = int(staff.min() if patience <= service else staff.max())  # from any number fewest leave
    most = float((rates_within(arrivals, instants, _LOOKS) if callable(arrivals) else arrivals).max())
    _, last = span_of_states(most, service, patience, slowest)
    size = max(last, int(staff.max())) + 1
    size = max(size, len(law)) if periodic else size + len(law) - 1  # those there at first are there besides
    return _Chain(
        arrivals=arrivals,
        servers=staff,
        service_rate=service,
        patience_rate=patience,
        times=instants,
        law=np.pad(law, (0, size - len(law))),
    )


def _repeated(chain: _Chain, made: VaryingQueue) -> tuple[_Chain, VaryingQueue]:
    """Repeat what lies between the first time and the last until the law at both is the same."""
    for _ in range(_CYCLES):
        last = made.law[-1] / made.law[-1].sum()  # without the rounding of so many steps
        if np.abs(last - made.law[0]).max() <= _SAME:
            return chain, made
        chain = replace(chain, law=last)
        made = _walked(chain)
    first, last = chain.times[0], chain.times[-1]
    raise ParameterError(
        f"the queue does not repeat itself after {_CYCLES:,} times from {first:g} to {last:g}: calls, or "
        "patience, last very much longer than what is repeated"
    )


def _walked(chain: _Chain) -> VaryingQueue:
    """Carry the first law through all intervals; count who call, wait and give up in each."""
    laws = np.empty((len(chain.times), len(chain.law)))
    laws[0] = chain.law
    counted = np.empty((3, len(chain.servers)))
    carried = _solved if callable(chain.arrivals) else _uniformised
    for place in range(len(chain.servers)):
        laws[place + 1], counted[:, place] = carried(chain, laws[place], place)
    staff = np.insert(chain.servers, 0, chain.servers[0])
    ahead = np.maximum(chain.states - staff[:, None], 0.0)
    return VaryingQueue(
        times=chain.times,
        servers=staff,
        wait_probability=np.where(chain.states >= staff[:, None], laws, 0.0).sum(axis=1),
        mean_queue=(laws * ahead).sum(axis=1),
        arrivals=counted[0],
        waiting=counted[1],
        abandoning=counted[2],
        law=laws,
        error=0.0,
    )


def _uniformised(chain: _Chain, law: Floats, place: int) -> tuple[Floats, Floats]:
    """Carry a law through an interval of steady arrivals."""
    staff, length = int(chain.servers[place]), float(chain.times[place + 1] - chain.times[place])
    rate = float(np.asarray(chain.arrivals)[place])
    births = np.append(np.full(len(law) - 1, rate), 0.0)  # the last state is as good as never reached
    law, spent = carried_through(law, births, chain.deaths(staff), length)
    leaving = chain.patience_rate * (spent @ chain.ahead(staff))
    return law, np.array([rate * length, rate * spent[staff:].sum(), leaving])


def _solved(chain: _Chain, law: Floats, place: int) -> tuple[Floats, Floats]:
    """Carry a law through an interval in which arrivals are a function of time."""
    staff, number = int(chain.servers[place]), len(law)
    down, ahead = chain.deaths(staff)[1:], chain.patience_rate * chain.ahead(staff)

    def change(time: float, now: Floats) -> Floats:
        rate, law = float(cast("Callable[[float], float]", chain.arrivals)(time)), now[:number]
        net = rate * law[:-1] - down * law[1:]
        found = np.empty_like(now)
        found[0], found[1 : number - 1], found[number - 1] = -net[0], net[:-1] - net[1:], net[-1]
        found[number:] = rate, rate * law[staff:].sum(), ahead @ law
        return found

    span = (float(chain.times[place]), float(chain.times[place + 1]))
    begun = np.append(law, np.zeros(3))
    done = scipy.integrate.solve_ivp(
        change,
        span,
        begun,
        method="DOP853",
        rtol=chain.tolerance,
        atol=chain.tolerance / _LOOSE,
        t_eval=span[1:],
    )
    if not done.success:
        raise ParameterError(
            f"the arrival rate changes too wildly from {span[0]:g} to {span[1]:g} to be followed: "
            "give it as an array"
        )
    return done.y[:number, -1], done.y[number:, -1]


def _checked_law(start: npt.ArrayLike | None) -> Floats:
    law = np.ones(1) if start is None else np.asarray(start, dtype=float)
    if law.ndim != 1 or not ((law >= 0).all() and abs(law.sum() - 1.0) <= _SUM):
        raise ParameterError("the start must be probabilities of 0, 1, … in the system, which add up to one")
    return law
