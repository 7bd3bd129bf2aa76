"""Intervals of a tail's shape and of a quantile of one loss, as skewed as what is known of them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.fitting import fit_tail
from riskmodels.losses.tails import tail_log_likelihood

# tails looked at: of uniform losses almost, and far beyond an infinite mean; the least that is fitted
_SHAPES, _LEAST_SHAPE = (-0.9, 3.0), -1.0


def profile_interval(
    losses: npt.ArrayLike, threshold: float, *, level: float | None = None, confidence: float = 0.9
) -> tuple[float, float]:
    """Compute the interval of a tail's shape, or of a quantile, by its profile likelihood.

    Parameters
    ----------
    losses : array of shape (n,)
        All losses, in the unit of money.
    threshold : float
        Where the tail begins.
    level : float, optional
        Probability of the quantile among all losses, above the share that lies below the threshold; none:
        the shape.
    confidence : float
        Probability of the interval.

    Returns
    -------
    (float, float)
        Lower and upper end; skewed as the likelihood is, unlike estimate and standard error. A shape is at
        least -1, below which the likelihood has no bound.

    Raises
    ------
    ParameterError
        The level is not in the tail, the confidence not between 0 and 1, or fewer than five different losses
        are above the threshold.

    Notes
    -----
    Coles 2001, *An Introduction to Statistical Modeling of Extreme Values*, section 4.3.
    """
    _check_confidence(confidence)
    losses = np.asarray(losses, dtype=float)
    best = fit_tail(losses, threshold)
    excess = losses[losses > threshold] - threshold
    beyond = None if level is None else (1.0 - level) * len(losses) / len(excess)
    if beyond is not None and not 0 < beyond < 1:
        raise ParameterError(f"the level {level} is not in the tail above {threshold:,.6g}")
    drop = best.part.log_likelihood - 0.5 * float(scipy.stats.chi2(1).ppf(confidence))

    def lack(value: float) -> float:
        return drop - (
            _profile_shape(excess, value) if beyond is None else _profile_quantile(excess, value, beyond)
        )

    if beyond is None:
        middle, width = max(best.tail.shape, _LEAST_SHAPE), float(np.sqrt(best.part.covariance[0, 0]))
        return _end(lack, middle, -width, least=_LEAST_SHAPE), _end(lack, middle, width)
    middle = float(best.tail.ppf(np.asarray(1.0 - beyond))) - threshold
    return threshold + _end(lack, middle, -0.1 * middle), threshold + _end(lack, middle, 0.1 * middle)


def _end(lack: Callable[[float], float], middle: float, step: float, *, least: float = -np.inf) -> float:
    """Walk away from the estimate until the likelihood has dropped, and find where it did."""
    inner, outer = middle, middle + step
    while lack(outer) < 0:
        if outer <= least:
            return least
        inner, outer, step = outer, max(outer + step, least), 1.5 * step  # growing, as ends may be far
    return float(scipy.optimize.brentq(lack, inner, outer, xtol=1e-10 * max(abs(middle), 1.0)))


def _profile_shape(excess: Floats, shape: float) -> float:
    """Largest log-likelihood with this shape."""
    largest = float(excess.max())
    least = max(-shape, 0.0) * largest + 1e-9 * largest
    found = scipy.optimize.minimize_scalar(
        lambda log: -tail_log_likelihood(excess, shape, float(np.exp(log))),
        bounds=(np.log(least), np.log(100.0 * largest)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -float(found.fun)


def _profile_quantile(excess: Floats, quantile: float, beyond: float) -> float:
    """Largest log-likelihood with this quantile of excesses: scale = shape · quantile / (p^-shape - 1)."""

    def lack(shape: float) -> float:
        growth = (
            np.expm1(-shape * np.log(beyond)) / shape
            if abs(shape) > 1e-9  # noqa: PLR2004 - nearer to zero a tail is exponential
            else -np.log(beyond)
        )
        scale = quantile / growth
        if 1.0 + shape * excess.max() / scale <= 0:
            return 1e300
        return -tail_log_likelihood(excess, shape, float(scale))

    grid = np.linspace(*_SHAPES, 80)  # steps of 0.05, between which it is searched
    place = int(np.argmin([lack(float(shape)) for shape in grid]))
    ends = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    return -float(
        scipy.optimize.minimize_scalar(lack, bounds=ends, method="bounded", options={"xatol": 1e-10}).fun
    )


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ParameterError(f"the confidence is {confidence}; expected a probability between 0 and 1")
