"""A normal distribution fitted to values between two limits, given that they are there."""

from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats

_STEPS, _ENOUGH, _SMALLEST = 100, 1e-12, 1e-9  # after what is enough, the next step is below rounding errors
_FLATTEST = -5e-5  # a deviation of a hundred times that of the values: no maximum, or none that can be found
_LOG_ROOT_TWO_PI = 0.5 * float(np.log(2.0 * np.pi))  # of the normal density


@dataclass(frozen=True, kw_only=True, eq=False)
class TruncatedNormal:
    """Mean and deviation before truncation, (2,), their observed information, (2, 2), and log-likelihood."""

    estimates: Floats
    information: Floats
    log_likelihood: float


def fit_truncated_normal(values: Floats, low: float, high: float) -> TruncatedNormal | None:
    """Fit a normal distribution to values from low to high, of which others would not have been seen.

    The likelihood depends on the mean of the values and of their squares alone, and is concave in the natural
    parameters: Newton's method finds its maximum. None where it has none, as the deviation grows without
    bound.
    """
    centre, unit = float(values.mean()), float(values.std())
    limits = (np.array([low, high]) - centre) / unit
    natural = _maximum(limits)
    if natural is None:
        return None
    deviation = float(np.sqrt(-0.5 / natural[1]))
    mean = float(natural[0]) * deviation**2
    _, spread = _moments(natural, limits)
    slope = np.array([[deviation**-2, -2.0 * mean * deviation**-3], [0.0, deviation**-3]])
    return TruncatedNormal(
        estimates=np.array([centre + unit * mean, unit * deviation]),
        information=len(values) * slope.T @ spread @ slope / unit**2,
        log_likelihood=len(values) * (_gain(natural, limits) - float(np.log(unit))),
    )


def _maximum(limits: Floats) -> Floats | None:
    """Natural parameters, mean / variance and -1 / (2 variance), for values of mean zero and variance one."""
    natural, wanted = np.array([0.0, -0.5]), np.array([0.0, 1.0])
    for _ in range(_STEPS):
        if natural[1] > _FLATTEST:
            return None
        means, spread = _moments(natural, limits)
        lack = wanted - means
        step = np.linalg.solve(spread, lack)
        if lack @ step < _ENOUGH:
            return np.asarray(natural + step)
        best, share = _gain(natural, limits), 1.0
        while natural[1] + share * step[1] >= 0 or _gain(natural + share * step, limits) < best:
            share *= 0.5
            if share < _SMALLEST:
                return None
        natural = natural + share * step
    return None


def _gain(natural: Floats, limits: Floats) -> float:
    """Log-likelihood of one value."""
    return float(natural[1]) - _log_total(natural, limits)


def _log_total(natural: Floats, limits: Floats) -> float:
    """Logarithm of the integral of exp(natural · (y, y²)) between the limits."""
    deviation = np.sqrt(-0.5 / natural[1])
    mean = natural[0] * deviation**2
    inside = _between((limits - mean) / deviation)
    return float(np.log(inside) + np.log(deviation) + _LOG_ROOT_TWO_PI + 0.5 * (mean / deviation) ** 2)


def _moments(natural: Floats, limits: Floats) -> tuple[Floats, Floats]:
    """Means of y and y² between the limits, (2,), and their covariance, (2, 2)."""
    deviation = np.sqrt(-0.5 / natural[1])
    mean = natural[0] * deviation**2
    ends = (limits - mean) / deviation
    density = np.exp(-0.5 * ends**2 - _LOG_ROOT_TWO_PI) / _between(ends)
    finite = np.where(np.isfinite(ends), ends, 0.0)
    scores = [1.0, float(density[0] - density[1])]
    for power in (1, 2, 3):
        edges = finite**power * density
        scores.append(power * scores[power - 1] + float(edges[0] - edges[1]))
    _, first, second, third, fourth = scores
    across = third - first * second
    of_scores = np.array([[second - first**2, across], [across, fourth - second**2]])
    slope = np.array([[deviation, 0.0], [2.0 * mean * deviation, deviation**2]])
    means = np.array([mean, mean**2]) + slope @ np.array([first, second])
    return means, slope @ of_scores @ slope.T


def _between(ends: Floats) -> float:
    """Probability of a standard normal value between two ends."""
    low, high = ends.tolist()
    if low > 0:  # small differences are exact below the mean
        low, high = -high, -low
    return max(float(scipy.special.ndtr(high) - scipy.special.ndtr(low)), 1e-300)
