"""A backlog without chance: what comes and what is done flow, as a first answer and a bound to check by.

By chance a backlog is never smaller on the mean (Jensen's inequality), and it is later empty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.stresstest.pieces import ArrivalRate, checked_times, pieces_between

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)  # of a piece: exact up to a power of 23
_FINE = 1e-13  # of a time, to which it is found, beside the time


@dataclass(frozen=True, kw_only=True, eq=False)
class FluidBacklog:
    """A backlog that flows.

    Attributes
    ----------
    times, backlog : ndarray, shape (n,)
        Instants, and the backlog at each [complaints].
    peak, peak_time : float
        Largest backlog and when it first is.
    empty_time : float
        When the backlog is first empty after that; infinite where it is not by the last time.
    """

    times: Floats
    backlog: Floats
    peak: float
    peak_time: float
    empty_time: float


def fluid_backlog(
    arrival_rate: ArrivalRate, capacity: float, times: npt.ArrayLike, *, backlog: float = 0.0
) -> FluidBacklog:
    """Follow a backlog where complaints come and are done as a flow.

    Parameters
    ----------
    arrival_rate : function of time, or array of shape (n - 1,) or (n,)
        Complaints [1/time], at least zero, at any instant or from each time until the next; smooth between.
    capacity : float
        Complaints that can be done [1/time], at least zero.
    times : array of shape (n,)
        At least two instants, rising, near enough that the rate passes the capacity at most once between two.
    backlog : float
        At the first time [complaints], at least zero.

    Returns
    -------
    FluidBacklog
        Never below zero; what was there and came is done or left.

    Raises
    ------
    ParameterError
        An argument is out of its domain.

    Examples
    --------
    >>> surge = fluid_backlog([150.0, 100.0], 120.0, [0.0, 20.0, 60.0])
    >>> round(surge.peak, 9), surge.peak_time, round(surge.empty_time, 9)
    (600.0, 20.0, 50.0)
    """
    instants = checked_times(times)
    if not (0 <= capacity < np.inf and 0 <= backlog < np.inf):
        raise ParameterError(
            f"the capacity is {capacity} and the backlog {backlog}; expected numbers of at least zero"
        )
    rate = _rate(arrival_rate, instants)
    at = np.union1d(instants, _turns(rate, capacity, instants)) if callable(arrival_rate) else instants
    level = [float(backlog)]  # between two times it only rises or only falls
    for first, last in pairwise(at.tolist()):
        level.append(max(level[-1] + _surplus(rate, capacity, first, last), 0.0))
    top = int(np.argmax(level))
    empty = next((place for place in range(top, len(level)) if level[place] == 0.0), None)
    leaves = np.inf if empty is None else float(at[empty])
    if empty is not None and empty > top:
        leaves = _crossing(rate, capacity, at[empty - 1], at[empty], level[empty - 1])
    return FluidBacklog(
        times=instants,
        backlog=np.array(level)[np.searchsorted(at, instants)],
        peak=level[top],
        peak_time=float(at[top]),
        empty_time=leaves,
    )


def _turns(rate: Callable[[float], float], capacity: float, instants: Floats) -> list[float]:
    """Return when as many come as can be done, between two times of which more come at one only."""

    def surplus(time: float) -> float:
        return rate(time) - capacity

    return [
        float(scipy.optimize.brentq(surplus, first, last, xtol=_FINE))
        for first, last in pairwise(instants.tolist())
        if surplus(first) * surplus(last) < 0
    ]


def _rate(arrival_rate: ArrivalRate, instants: Floats) -> Callable[[float], float]:
    if callable(arrival_rate):
        return arrival_rate
    steady = pieces_between(arrival_rate, len(instants), "arrival rates")

    def rate(time: float) -> float:
        return float(steady[min(int(np.searchsorted(instants, time, side="right")) - 1, len(steady) - 1)])

    return rate


def _surplus(rate: Callable[[float], float], capacity: float, first: float, last: float) -> float:
    """Return what comes between two times less what can be done."""
    middle, half = (first + last) / 2.0, (last - first) / 2.0
    return float(
        sum(w * (rate(middle + half * x) - capacity) for x, w in zip(_NODES, _WEIGHTS, strict=True)) * half
    )


def _crossing(
    rate: Callable[[float], float], capacity: float, first: float, last: float, level: float
) -> float:
    """Return when a backlog that falls between two times is empty."""

    def left(time: float) -> float:
        return level + _surplus(rate, capacity, first, time)

    return float(last) if left(last) >= 0 else float(scipy.optimize.brentq(left, first, last, xtol=_FINE))
