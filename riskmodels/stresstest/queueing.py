"""Steady queues of calls: Erlang B and C, Erlang A with customers who give up, and the fewest servers needed.

Rates are per unit of time, which the user chooses; times are in the same unit.
"""

import math
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.stresstest.waits import offered_beyond, served_by

ServiceLevel = Literal["answered", "not_waiting", "offered"]
"""What "within a time" counts, of all who call.

``answered``: who were answered within it. ``not_waiting``: who no longer wait, answered or having given up.
``offered``: who would have been answered within it, had they been patient. Without giving up all are the
same.
"""

_NEGLIGIBLE = 45.0  # e^-45 = 3e-20: states whose probability is that share of the likeliest are left out
MOST_SERVERS = 1_000_000  # of a team: more than any has; the recursion takes a tenth of a second


class SteadyQueue(Protocol):
    """What Erlang C and Erlang A say in common."""

    def served_within(self, time: float, /) -> float:
        """Share of callers who are answered within a time."""
        ...

    def waiting_beyond(self, time: float, /) -> float:
        """Share of callers who wait longer, whether they are answered at last or not."""
        ...

    def offered_waiting_beyond(self, time: float, /) -> float:
        """Share of callers who would wait longer if they were patient."""
        ...


def erlang_b(offered_load: float, servers: int) -> float:
    """Compute the share of calls lost where none can wait.

    Parameters
    ----------
    offered_load : float
        Arrival rate over service rate [servers], at least zero.
    servers : int
        At least one.

    Returns
    -------
    float
        Between zero and one; falls with servers, rises with load.

    Examples
    --------
    >>> round(erlang_b(100 / 3, 40), 9)
    0.037797352
    """
    lost = 1.0
    for number in range(1, servers + 1):
        lost = offered_load * lost / (number + offered_load * lost)
    return lost


@dataclass(frozen=True, kw_only=True)
class ErlangC:
    """Steady state of M/M/s, where everyone waits until answered (Erlang C).

    Attributes
    ----------
    arrival_rate, service_rate : float
        Calls, and calls that one server answers [1/time].
    servers : int
        At least one more than the offered load, or that as a fraction: the queue is stable.
    """

    arrival_rate: float
    service_rate: float
    servers: int

    @property
    def occupancy(self) -> float:
        """Share of their time that servers are busy."""
        return self.arrival_rate / (self.servers * self.service_rate)

    @property
    def blocking(self) -> float:
        """Share of calls that would be lost if none could wait (Erlang B)."""
        return erlang_b(self.arrival_rate / self.service_rate, self.servers)

    @property
    def wait_probability(self) -> float:
        """Share of callers who wait."""
        lost = self.blocking
        return lost / (1.0 - self.occupancy * (1.0 - lost))

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers [time]."""
        return self.wait_probability / self._slack

    @property
    def mean_queue(self) -> float:
        """Mean number of callers who wait."""
        return self.arrival_rate * self.mean_wait

    @property
    def abandonment(self) -> float:
        """Share of callers who give up: none."""
        return 0.0

    def waiting_beyond(self, time: float, /) -> float:
        """Share of callers who wait longer than a time."""
        return self.wait_probability * float(np.exp(-self._slack * _checked_time(time)))

    def offered_waiting_beyond(self, time: float, /) -> float:
        """As ``waiting_beyond``: nobody gives up."""
        return self.waiting_beyond(time)

    def served_within(self, time: float, /) -> float:
        """Share of callers who are answered within a time."""
        return 1.0 - self.waiting_beyond(time)

    def service_level(self, time: float, /, meaning: ServiceLevel = "answered") -> float:
        """Share of callers within a time, in the meaning that the policy means: here all are the same."""
        return _service_level(self, time, meaning)

    def wait_quantile(self, share: float, /) -> float:
        """Time that a share of callers does not wait beyond."""
        check_share(share)
        return float(np.log(max(self.wait_probability / (1.0 - share), 1.0)) / self._slack)

    @property
    def _slack(self) -> float:
        return self.servers * self.service_rate - self.arrival_rate


@dataclass(frozen=True, kw_only=True, eq=False)
class ErlangA:
    """Steady state of M/M/s+M, where callers give up after an exponential patience (Erlang A).

    Attributes
    ----------
    arrival_rate, service_rate, patience_rate : float
        Calls, calls that one server answers, and one over the mean patience [1/time].
    servers : int
        How many answer.
    wait_probability : float
        Share of callers who find all servers busy.
    mean_queue : float
        Mean number of callers who wait.
    """

    arrival_rate: float
    service_rate: float
    patience_rate: float
    servers: int
    wait_probability: float
    mean_queue: float
    _ahead: Floats = field(repr=False)  # numbers that may wait, and
    _law: Floats = field(repr=False)  # their probabilities, all servers being busy

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers, answered or not [time], by Little's law."""
        return self.mean_queue / self.arrival_rate if self.arrival_rate > 0 else 0.0

    @property
    def abandonment(self) -> float:
        """Share of callers who give up: exactly patience rate times mean wait."""
        return self.patience_rate * self.mean_wait

    @property
    def occupancy(self) -> float:
        """Share of their time that servers are busy."""
        return self.arrival_rate * (1.0 - self.abandonment) / (self.servers * self.service_rate)

    @property
    def blocking(self) -> float:
        """Share of calls that would be lost if none could wait (Erlang B)."""
        return erlang_b(self.arrival_rate / self.service_rate, self.servers)

    def offered_waiting_beyond(self, time: float, /) -> float:
        """Share of callers who would wait longer than a time if they were patient."""
        return float(self._law @ offered_beyond(self._ahead, self._answered, self._still_patient(time)))

    def waiting_beyond(self, time: float, /) -> float:
        """Share of callers who wait longer than a time, whether they are answered at last or not."""
        return self._still_patient(time) * self.offered_waiting_beyond(time)

    def served_within(self, time: float, /) -> float:
        """Share of callers who are answered within a time; over all times it is one minus abandonment."""
        served = served_by(self._ahead, self._answered, self._still_patient(time))
        return 1.0 - self.wait_probability + float(self._law @ served)

    def service_level(self, time: float, /, meaning: ServiceLevel = "answered") -> float:
        """Share of callers within a time, in the meaning that the policy means."""
        return _service_level(self, time, meaning)

    def wait_quantile(self, share: float, /) -> float:
        """Time that a share of callers, answered or not, does not wait beyond."""
        check_share(share)
        if self.wait_probability <= 1.0 - share:
            return 0.0
        latest = float(-np.log1p(-share) / self.patience_rate)  # of the patient alone
        if self.waiting_beyond(latest) >= 1.0 - share:  # nobody is answered so soon
            return latest
        return float(scipy.optimize.brentq(lambda time: self.waiting_beyond(time) - 1.0 + share, 0.0, latest))

    @property
    def _answered(self) -> float:
        return self.servers * self.service_rate / self.patience_rate

    def _still_patient(self, time: float) -> float:
        return float(np.exp(-self.patience_rate * _checked_time(time)))


def erlang_c(arrival_rate: float, service_rate: float, servers: int) -> ErlangC:
    """Compute the steady state of a queue where everyone waits until answered (M/M/s).

    Parameters
    ----------
    arrival_rate : float
        Calls [1/time], at least zero and less than what the servers answer.
    service_rate : float
        Calls that one server answers [1/time], positive.
    servers : int
        From one to a million.

    Returns
    -------
    ErlangC
        More servers never make more callers wait.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or calls come as fast as they can be answered.

    Notes
    -----
    Erlang 1917. By the recursion of Erlang B, which neither cancels nor overflows. Calls come at random at a
    steady rate and last an exponential time. Overloaded queues have no steady state: see ``erlang_a``.

    Examples
    --------
    >>> queue = erlang_c(1000 / 60, 1 / 2, 40)  # calls a minute
    >>> round(queue.wait_probability, 4), round(queue.served_within(20 / 60), 4)
    (0.1907, 0.9372)
    """
    check_rates(arrival_rate, service_rate, servers)
    if not arrival_rate < servers * service_rate:
        raise ParameterError(
            f"{arrival_rate:g} calls come where {servers:,} servers answer {servers * service_rate:g}: such "
            "a queue grows without end; take more servers, or erlang_a where callers give up"
        )
    return ErlangC(arrival_rate=float(arrival_rate), service_rate=float(service_rate), servers=int(servers))


def erlang_a(arrival_rate: float, service_rate: float, patience_rate: float, servers: int) -> ErlangA:
    """Compute the steady state of a queue where callers give up after an exponential patience (M/M/s+M).

    Parameters
    ----------
    arrival_rate, service_rate : float
        Calls, at least zero, and calls that one server answers, positive [1/time].
    patience_rate : float
        One over the mean patience [1/time], positive.
    servers : int
        From one to a million.

    Returns
    -------
    ErlangA
        ``abandonment`` is ``patience_rate`` times ``mean_wait``, exactly.

    Raises
    ------
    ParameterError
        An argument is out of its domain.

    Notes
    -----
    Garnett, Mandelbaum & Reiman 2002, doi:10.1287/msom.4.3.208.7753. Probabilities are multiplied outwards
    from the likeliest state, so that none overflows; the wait behind k others is a sum of exponential times
    whose tail is an incomplete beta function.

    Examples
    --------
    >>> queue = erlang_a(48, 1, 0.5, 50)
    >>> round(queue.abandonment, 6), round(queue.served_within(1 / 6), 6)
    (0.030912, 0.832576)
    """
    check_rates(arrival_rate, service_rate, servers)
    check_positive("patience rate", patience_rate)
    first, last = span_of_states(arrival_rate, service_rate, patience_rate, servers)
    states = np.arange(first, last + 1.0)
    busy, ahead = np.minimum(states, servers), np.maximum(states - servers, 0.0)
    law = _birth_death(arrival_rate, busy * service_rate + ahead * patience_rate)
    waits = states >= servers
    return ErlangA(
        arrival_rate=float(arrival_rate),
        service_rate=float(service_rate),
        patience_rate=float(patience_rate),
        servers=int(servers),
        wait_probability=float(law[waits].sum()),
        mean_queue=float(law @ ahead),
        _ahead=ahead[waits],
        _law=law[waits],
    )


def _service_level(queue: SteadyQueue, time: float, meaning: ServiceLevel) -> float:
    if meaning == "answered":
        return queue.served_within(time)
    if meaning not in get_args(ServiceLevel):
        known = ", ".join(get_args(ServiceLevel))
        raise ParameterError(f"the meaning of the service level is {meaning!r}; expected one of {known}")
    beyond = queue.waiting_beyond if meaning == "not_waiting" else queue.offered_waiting_beyond
    return 1.0 - beyond(time)


def span_of_states(
    arrival_rate: float, service_rate: float, patience_rate: float, servers: int
) -> tuple[int, int]:
    """Return the first and last numbers in a queue that are not negligible in its steady state.

    By Bernstein's inequality for the Poisson law: from the likeliest state upwards, deaths come at least as
    fast as where each customer left at the patience rate, with as many births.
    """
    offered = arrival_rate / service_rate
    surplus = (arrival_rate - servers * service_rate) / patience_rate
    if surplus <= 0.0:
        below = _deviation(offered)
        above = min(
            _geometric(arrival_rate, servers * service_rate), _deviation(arrival_rate / patience_rate)
        )
        return max(int(offered - below), 0), servers + math.ceil(above)
    beyond = _deviation(arrival_rate / patience_rate)
    below = beyond if surplus > beyond else servers + surplus  # all those below, where these count
    return max(int(servers + surplus - below), 0), servers + math.ceil(surplus + beyond)


def _deviation(mean: float) -> float:
    """How far a Poisson number with a mean is from it but for a negligible probability."""
    return _NEGLIGIBLE / 3.0 + math.sqrt(_NEGLIGIBLE**2 / 9.0 + 2.0 * _NEGLIGIBLE * mean)


def _geometric(arrival_rate: float, answered_rate: float) -> float:
    """How many wait where nobody gives up, but for a negligible probability."""
    if not 0.0 < arrival_rate < answered_rate:
        return math.inf if arrival_rate > 0.0 else 0.0
    return _NEGLIGIBLE / math.log(answered_rate / arrival_rate)


def _birth_death(births: float, deaths: Floats) -> Floats:
    """Return the steady state of a birth-death chain, from its likeliest state outwards.

    ``deaths`` are the rates of n successive states, the first being left downwards by nothing that counts.
    """
    ratio = births / deaths[1:]
    peak = int(np.searchsorted(-ratio, -1.0))  # the ratios fall
    law = np.concatenate([np.cumprod(1.0 / ratio[:peak][::-1])[::-1], [1.0], np.cumprod(ratio[peak:])])
    return np.asarray(law / law.sum())


def check_rates(arrival_rate: float, service_rate: float, servers: int) -> None:
    """Refuse rates and servers out of their domain."""
    if not 0.0 <= arrival_rate < np.inf:
        raise ParameterError(f"the arrival rate is {arrival_rate}; expected a number of at least zero")
    check_positive("service rate", service_rate)
    if not (1 <= servers <= MOST_SERVERS and servers == int(servers)):
        raise ParameterError(
            f"there are {servers} servers; expected a whole number from 1 to {MOST_SERVERS:,}"
        )


def check_positive(name: str, value: float) -> None:
    """Refuse a rate that is not positive."""
    if not 0.0 < value < np.inf:
        raise ParameterError(f"the {name} is {value}; expected a positive number")


def check_share(share: float) -> None:
    """Refuse a share that none or all would reach."""
    if not 0.0 < share < 1.0:
        raise ParameterError(f"the share is {share}; expected a number between 0 and 1, both excluded")


def _checked_time(time: float) -> float:
    if not time >= 0.0:
        raise ParameterError(f"the time is {time}; expected a number of at least zero")
    return time
