"""The negative binomial by mean and variance: fast log-likelihood, exact quantiles."""

import numpy as np
import scipy

from riskmodels.arrays import Floats

_SHIFT = 3.0  # by which Stirling's series is moved up: its three terms then err by less than 1e-6
_MOST_STEPS = 400  # whole numbers between the outer quantiles: adding up more costs more than searching
_BLOCK = 60_000  # numbers held at once (distributions × levels): half a megabyte, a processor's cache
_LARGEST = 2.0**52  # beyond it not every whole number is a float


def log_likelihood(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Compute ln P(count) + ln(count!) for negative binomials, broadcast.

    The left-out term is the same for every distribution of one count, so differences between them are
    exact; absolute error below 1e-6 (Stirling's series after a shift by three).

    Parameters
    ----------
    count : ndarray
        Not negative.
    mean, variance : ndarray
        ``variance > mean > 0``.

    Returns
    -------
    ndarray
    """
    extra = variance - mean
    size = mean * mean / extra
    upper = count + size
    found = _stirling(upper + _SHIFT) - _stirling(size + _SHIFT)
    found -= np.log(upper * (upper + 1) * (upper + 2) / (size * (size + 1) * (size + 2)))
    found += size * np.log(mean / variance) + count * np.log(extra / variance)
    return found


def _stirling(x: Floats) -> Floats:
    inverse = 1.0 / x
    square = inverse * inverse
    inverse *= 1 / 12 - square * (1 / 360 - square / 1260)
    result: Floats = (x - 0.5) * np.log(x)
    result -= x
    result += inverse
    return result


def cdf(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Compute P(Y <= count); zero below zero; NaN where the count is NaN."""
    size, chance = shape_of(mean, variance)
    found = scipy.special.betainc(size, np.maximum(np.floor(count), 0.0) + 1.0, chance)
    return np.where(count < 0, 0.0, found)


def shape_of(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return size and success probability of scipy's ``nbinom``; at least a trace of extra variance."""
    extra = np.maximum(variance - mean, 1e-9 * np.maximum(mean, 1.0))
    return mean * mean / extra, mean / (mean + extra)


def quantiles(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    """Compute exact quantiles, shape (..., q) for rising levels of shape (q,).

    Narrow distributions add up probabilities from below the lowest quantile; wide ones step on the exact
    distribution function from a Cornish–Fisher start (1938, doi:10.2307/1400905).
    """
    levels = np.asarray(levels, dtype=float)
    means, variances = (part.ravel() for part in np.broadcast_arrays(mean, variance))
    found = np.empty((means.size, levels.size))
    width = _near(levels[-1:], means, variances) - _near(levels[:1], means, variances)
    order = np.argsort(width[:, 0], kind="stable")
    narrow = order[: int(np.searchsorted(width[order, 0], _MOST_STEPS))]
    block = max(1, _BLOCK // levels.size)
    for start in range(0, len(narrow), block):
        rows = narrow[start : start + block]
        found[rows] = _by_adding_up(levels, means[rows], variances[rows])
    wide = order[len(narrow) :]
    found[wide] = _by_steps(levels, means[wide], variances[wide])
    return found.reshape(*np.shape(mean), levels.size)


def _near(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    """Whole numbers near the quantiles, shape (m, q)."""
    deviation = np.sqrt(variance)
    skewness = np.minimum((2.0 * variance / mean - 1.0) / deviation, 1.0)[:, None]
    normal = scipy.special.ndtri(levels)
    near = mean[:, None] + deviation[:, None] * (normal + (normal**2 - 1.0) * skewness / 6.0)
    return np.maximum(np.floor(near), 0.0)


def _by_adding_up(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    size, chance = shape_of(mean, variance)
    count = _near(levels[:1], mean, variance)[:, 0]
    count -= np.ceil(np.sqrt(variance) / 2.0)
    reached = cdf(count - 1.0, mean, variance)
    count = np.where((count > 0) & (reached < levels[0]), count, 0.0)
    probability = np.exp(
        scipy.special.gammaln(count + size)
        - scipy.special.gammaln(size)
        - scipy.special.gammaln(count + 1.0)
        + size * np.log(chance)
        + count * np.log1p(-chance)
    )
    reached = np.where(count > 0, reached, 0.0) + probability
    found = np.tile(count, (levels.size, 1))
    waiting = reached < levels[:, None]
    while waiting.any():
        found += waiting
        probability *= (count + size) / (count + 1.0) * (1.0 - chance)
        count += 1.0
        before, reached = reached, reached + probability
        waiting &= (reached < levels[:, None]) & (reached > before)  # a sum that stands still is complete
    return found.T


def _by_steps(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    size, chance = (part[:, None] for part in shape_of(mean, variance))
    deviation = np.sqrt(variance)[:, None]
    slope = np.exp(-0.5 * scipy.special.ndtri(levels) ** 2) / np.sqrt(2 * np.pi) / deviation
    found = _near(levels, mean, variance)
    for _ in range(3):
        error = scipy.special.betainc(size, found + 1.0, chance) - levels
        found = np.clip(np.round(found - error / slope), 0.0, _LARGEST)
    low, high = found - 1.0, found
    step = np.ones_like(found)
    while (
        wrong := (low >= 0) & (scipy.special.betainc(size, np.maximum(low, 0) + 1.0, chance) >= levels)
    ).any():
        high, low = np.where(wrong, low, high), np.where(wrong, np.maximum(low - step, -1.0), low)
        step *= 2.0
    while (wrong := (high < _LARGEST) & (scipy.special.betainc(size, high + 1.0, chance) < levels)).any():
        low, high = np.where(wrong, high, low), np.where(wrong, np.minimum(high + step, _LARGEST), high)
        step *= 2.0
    while (high - low > 1.0).any():
        middle = np.floor((low + high) / 2.0)
        enough = (scipy.special.betainc(size, middle + 1.0, chance) >= levels) & (middle > low)
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return np.asarray(high)
