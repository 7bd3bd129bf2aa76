"""Birth-death chains carried through time: laws after events that come at a steady pace (Jensen 1953)."""

import itertools

import numpy as np
import scipy

from riskmodels.arrays import Floats

_LONGEST = 1000.0  # events that one expansion is made for: their laws are kept together
_REACH = 36.0  # e^-36 = 2e-16: numbers of events less probable are left out


def carried_through(law: Floats, births: Floats, deaths: Floats, length: float) -> tuple[Floats, Floats]:
    """Carry the law of a birth-death chain through a time in which its rates are steady.

    Parameters
    ----------
    law : ndarray, shape (n,)
        Probabilities of the states at the beginning.
    births, deaths : ndarray, shape (n,)
        Rates up from and down from each state [1/time]; none up from the last, none down from the first.
    length : float
        How long [time].

    Returns
    -------
    tuple of ndarray
        Probabilities at the end, which have the sum of those at the beginning, and the mean times that were
        spent in the states, which add up to the length; each (n,).
    """
    pace = float((births + deaths).max())
    parts = int(np.ceil(pace * length / _LONGEST))
    weights = _poisson(pace * length / parts)
    more = np.cumsum(weights[::-1])[::-1] - weights  # probabilities of more events
    spent = np.zeros(len(law))
    for _ in range(parts):
        laws = _jumped(law, births / pace, deaths / pace, len(weights))
        law = weights @ laws
        spent += more @ laws / pace
    return law, spent


def _poisson(mean: float) -> Floats:
    """Probabilities of the numbers of events of a piece."""
    numbers = np.arange(np.ceil(mean + _REACH / 3 + np.sqrt(_REACH**2 / 9 + 2 * _REACH * mean)))
    weights = np.exp(scipy.special.xlogy(numbers, mean) - mean - scipy.special.gammaln(numbers + 1.0))
    return np.asarray(weights / weights.sum())


def _jumped(law: Floats, up: Floats, down: Floats, number: int) -> Floats:
    """Laws after 0, 1, … events, shape (number, states)."""
    laws = np.empty((number, len(law)))
    laws[0] = law
    stay, moved = 1.0 - up - down, np.empty(len(law) - 1)
    up, down = up[:-1], down[1:]
    for before, after in itertools.pairwise(laws):
        np.multiply(stay, before, out=after)
        above, below = after[1:], after[:-1]
        np.multiply(up, before[:-1], out=moved)
        np.add(above, moved, out=above)
        np.multiply(down, before[1:], out=moved)
        np.add(below, moved, out=below)
    return laws
