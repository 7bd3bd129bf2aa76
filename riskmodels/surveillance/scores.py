"""How unusual a count is: its tail probability, its standard score, and limits of a CUSUM of such scores."""

from functools import cache

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.surveillance.settings import SETTINGS, Limits

# probabilities are not smaller, nor nearer to one: scores stay finite
_LEAST_CHANCE, _NEAREST_ONE = 1e-300, 1e-16
_CELLS = 200  # of the chain of a CUSUM of standard scores: its run length is good to three digits
_HIGHEST_LIMIT = 30.0  # [standard scores] run lengths beyond it exceed 1e12 periods
_CLOSE = 1e-4  # [standard scores] to which a limit is found
_OVERSHOOT = 0.583  # [standard scores] by which a random walk of normal steps overshoots: Siegmund 1985


def upper_tail(count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Compute P(X > count) and P(X = count) of negative binomials.

    Parameters
    ----------
    count, mean, variance : ndarray, of one shape
        Whole numbers; ``mean > 0``; a variance below the mean is taken as the mean: Poisson.

    Returns
    -------
    (ndarray, ndarray)
    """
    extra = np.maximum(variance - mean, 1e-6 * mean)
    size, chance = mean * mean / extra, extra / (mean + extra)
    above = scipy.special.betainc(count + 1.0, size, chance)
    here = np.exp(
        scipy.special.gammaln(count + size)
        - scipy.special.gammaln(size)
        - scipy.special.gammaln(count + 1.0)
        + size * np.log1p(-chance)
        + count * np.log(chance)
    )
    return np.asarray(above), np.asarray(here)


def middle_score(above: Floats, here: Floats) -> Floats:
    """Compute the standard score of the middle of a count's probability.

    In control its mean is next to zero, and its variance one less what the steps of the count take.
    """
    middle = np.clip(above + 0.5 * here, _LEAST_CHANCE, 1.0 - _NEAREST_ONE)
    return np.asarray(-scipy.special.ndtri(middle))


def rough_score(count: Floats, mean: Floats, noise: Floats) -> Floats:
    """Compute the score that ``at_score`` turns into a count; ``noise`` is the variance over the mean."""
    return np.asarray(1.5 * (np.cbrt(count) ** 2 - np.cbrt(mean) ** 2) / np.sqrt(np.cbrt(mean) * noise))


def at_score(score: float, mean: Floats, variance: Floats) -> Floats:
    """Compute the count at a standard score, by the power 2/3, which takes most of the skewness."""
    root = np.cbrt(mean)
    return np.asarray((root**2 + 2 / 3 * score * np.sqrt(variance / mean * root)) ** 1.5)


@cache
def score_limit(run_length: float, reference: float) -> float:
    """Find the limit of S = max(0, S + score - reference) of standard normal scores for a run length.

    Parameters
    ----------
    run_length : float
        [periods] In control, from a start at zero.
    reference : float
        [standard scores]

    Examples
    --------
    >>> round(score_limit(2 * 465.44, 0.5), 2), round(score_limit(2 * 167.68, 0.5), 2)
    (5.0, 4.0)
    """
    low, high = 0.0, _HIGHEST_LIMIT
    while high - low > _CLOSE:
        middle = (low + high) / 2.0
        low, high = (low, middle) if score_run_length(middle, reference) >= run_length else (middle, high)
    return high


def score_run_length(limit: float, reference: float) -> float:
    """Compute the run length [periods] of a CUSUM of standard normal scores, by a chain of its values."""
    width = 2.0 * limit / (2 * _CELLS - 1)  # the first cell is half, about zero (Brook & Evans 1972)
    edges = (np.arange(_CELLS) + 0.5) * width
    reached = scipy.special.ndtr(edges - np.arange(_CELLS)[:, None] * width + reference)
    steps = np.diff(reached, axis=1, prepend=0.0)
    return float(np.linalg.solve(np.eye(_CELLS) - steps, np.ones(_CELLS))[0])


def p_values(tail: Floats, evidence: Floats, limits: Limits) -> Floats:
    """Compute the p-values of periods from their tail and from the level of the CUSUM, each by its part."""
    single, gathered = limits.parts
    chance = np.minimum(tail / single, cusum_chance(evidence, SETTINGS.reference) / gathered)
    return np.asarray(np.minimum(chance, 1.0))


def cusum_chance(level: Floats, reference: float) -> Floats:
    """Compute the chance that such a CUSUM is at a level or above it long after its start.

    Siegmund 1985 (doi:10.1007/978-1-4757-1862-1); good to a twentieth from a level of one on.
    """
    return np.asarray(np.where(level > 0, np.exp(-2.0 * reference * (level + _OVERSHOOT)), 1.0))
