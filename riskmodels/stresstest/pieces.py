"""Rates that change with time as pieces in which they are steady."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError

ArrivalRate = Callable[[float], float] | npt.ArrayLike
"""A function of time, or the rate of each interval between two times [1/time]."""

_GAUSS = np.array([-1.0, 1.0]) / np.sqrt(12.0)  # nodes of a step, from its middle
_WEIGHTS = 0.5 + np.array([[1.0, -1.0], [-1.0, 1.0]]) / np.sqrt(3.0)  # of the rates there, in its two halves


def steady_pieces(
    arrival_rate: Callable[[float], float], instants: Floats, steps: Integers
) -> tuple[Floats, Floats, Integers]:
    """Make arrivals steady in pieces: two halves a step, of which each interval has its number.

    Returns
    -------
    tuple
        Rates [1/time], lengths [time] and intervals of the pieces, each (2 · steps,).
    """
    interval = np.repeat(np.arange(len(steps)), steps)
    lengths = (np.diff(instants) / steps)[interval]
    place = np.arange(len(interval)) - (np.cumsum(steps) - steps)[interval]
    middles = instants[interval] + (place + 0.5) * lengths
    nodes = middles[:, None] + lengths[:, None] * _GAUSS
    found = np.vectorize(arrival_rate, otypes=[float])(nodes)
    _check_rates(found, "arrival rates")
    return (found @ _WEIGHTS).ravel(), np.repeat(lengths / 2, 2), np.repeat(interval, 2)


def pieces_between(values: npt.ArrayLike, instants: int, name: str) -> Floats:
    """Return what holds from each of n instants until the next, (n - 1,), given one value or each.

    Of n values the last is not used. Rates below zero, or infinite ones, are refused.
    """
    found = np.asarray(values, dtype=float)
    if found.ndim and (found.ndim > 1 or len(found) not in {instants - 1, instants}):
        raise ParameterError(
            f"{name} have the shape {found.shape} for {instants} times; expected one for each interval: "
            f"{instants - 1}"
        )
    _check_rates(found, name)
    return np.broadcast_to(found[: instants - 1] if found.ndim else found, instants - 1)


def checked_times(times: npt.ArrayLike) -> Floats:
    """Return times, or refuse those that are too few or do not rise."""
    instants = np.asarray(times, dtype=float)
    if (
        instants.ndim != 1
        or len(instants) <= 1
        or not (np.isfinite(instants).all() and (np.diff(instants) > 0).all())
    ):
        raise ParameterError(
            "the times of a queue must be at least two numbers, each later than the one before"
        )
    return instants


def _check_rates(rates: Floats, name: str) -> None:
    if not ((rates >= 0) & (rates < np.inf)).all():
        worst = rates[~((rates >= 0) & (rates < np.inf))].ravel()[0]
        raise ParameterError(f"one of the {name} is {worst:g}; expected numbers of at least zero")
