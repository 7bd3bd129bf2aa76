"""Limits of charts of single periods and of smoothed ones: Shewhart by quantile, EWMA by a chain."""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.surveillance.run_lengths import count_masses

# cells between zero and the limit of an EWMA: primes, so that no two of the grids share edges with the
# lattice of the counts; finer ones change less than these differ
_CELLS = (401, 503, 607, 701, 809)
_AS_POISSON = 1e-9  # [1] variance over mean less 1: below it scipy's negative binomial loses digits
_TOUCH = 1e-9  # [events] by which a sum of floats may miss the edge of its cell


@dataclass(frozen=True, kw_only=True)
class ApproximateRunLength:
    """Mean number of periods until an alarm, with the error of its computation.

    Attributes
    ----------
    zero_state, error : float
        [periods] The mean over five grids, and the difference between the longest and the shortest of them.
    """

    zero_state: float
    error: float


def shewhart_limit(mean: float, *, dispersion: float = 0.0, chance: float) -> float:
    """Find the smallest count c with P(X > c) <= chance, beyond which a period is an alarm.

    Parameters
    ----------
    mean : float
        [events a period] In control.
    dispersion : float
        Variance = mean + dispersion × mean²; zero is Poisson.
    chance : float
        Of a false alarm in one period; the attained run length is at least its inverse.

    Examples
    --------
    >>> shewhart_limit(10.0, dispersion=0.1, chance=0.001)
    28.0
    """
    if not 0 < chance < 1:
        raise ParameterError(f"chance is {chance:g}; expected a probability between 0 and 1")
    if dispersion * mean <= _AS_POISSON:
        found = scipy.stats.poisson.isf(chance, mean)
    else:
        found = scipy.stats.nbinom.isf(chance, 1 / dispersion, 1 / (1 + dispersion * mean))
    return float(found)


def shewhart_run_length(mean: float, *, dispersion: float = 0.0, limit: float) -> float:
    """Compute the mean number of periods until a count exceeds a limit, exactly.

    Parameters
    ----------
    mean : float
        [events a period] Of the counts as they are.
    dispersion : float
        Variance = mean + dispersion × mean²; zero is Poisson.
    limit : float
        [events] The largest count that is no alarm.
    """
    count = np.floor(limit)
    if dispersion * mean <= _AS_POISSON:
        beyond = scipy.special.gammainc(count + 1.0, mean)
    else:
        beyond = scipy.special.betainc(count + 1.0, 1 / dispersion, mean / (mean + 1 / dispersion))
    return float(1.0 / beyond)


def ewma_run_length(
    mean: float, *, dispersion: float = 0.0, weight: float, limit: float, start: float
) -> ApproximateRunLength:
    """Compute the run length of z = (1 - weight) z + weight X, with alarm at z > limit.

    z takes more values than can be listed; it is followed on five grids, each of which rounds it to the
    middle of its cell, and the result says how much they differ.

    Parameters
    ----------
    mean : float
        [events a period] Of the counts as they are.
    dispersion : float
        Variance = mean + dispersion × mean²; zero is Poisson.
    weight : float
        Of the newest count.
    limit, start : float
        [events] Of the alarm, and of z before the first period: the mean in control.
    """
    if not (0 < weight <= 1 and 0 <= start < limit):
        raise ParameterError(
            f"an EWMA needs a weight above 0 and up to 1 and a start below its limit, not weight={weight:g},"
            f" start={start:g} and limit={limit:g}"
        )
    size = math.floor(limit / weight) + 2
    masses = count_masses(np.array([mean]), np.array([dispersion]), size)[0]
    found = [_on_a_grid(masses, weight, limit, start, cells) for cells in _CELLS]
    return ApproximateRunLength(zero_state=float(np.mean(found)), error=max(found) - min(found))


def _on_a_grid(masses: Floats, weight: float, limit: float, start: float, cells: int) -> float:
    width = limit / cells
    middles = (np.arange(cells) + 0.5) * width
    reached = (1.0 - weight) * middles[:, None] + weight * np.arange(len(masses))
    place = np.floor(reached / width + _TOUCH).astype(np.int64)
    cell, count = np.nonzero(place < cells)
    steps = np.zeros((cells, cells))
    np.add.at(steps, (cell, place[cell, count]), masses[count])
    times = np.linalg.solve(np.eye(cells) - steps, np.ones(cells))
    return float(times[int(start / width)])
