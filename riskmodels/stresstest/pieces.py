"""Rates that change with time: functions of it, and what holds from each time until the next."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError

ArrivalRate = Callable[[float], float] | npt.ArrayLike
"""A function of time, or the rate of each interval between two times [1/time]."""


def rates_within(arrival_rate: Callable[[float], float], instants: Floats, number: int) -> Floats:
    """Return the arrival rate at so many instants from each time to the next, (n - 1, number)."""
    looked = np.linspace(instants[:-1], instants[1:], number, axis=1)
    found = np.vectorize(arrival_rate, otypes=[float])(looked)
    _check_rates(found, "arrival rates")
    return np.asarray(found)


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
