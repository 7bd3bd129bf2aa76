"""How good a forecast was: scores of quantiles against what happened. NaN outcomes are left out."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def pinball_loss(actual: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """Compute the pinball loss of every quantile.

    Parameters
    ----------
    actual : ndarray, shape (...)
        What happened.
    quantiles : ndarray, shape (..., q)
        Forecast quantiles.
    levels : ndarray, shape (q,)
        Their levels, in (0, 1).

    Returns
    -------
    ndarray, shape (..., q)
        Not negative; zero where the quantile is the outcome; in the outcome's unit.

    Notes
    -----
    Koenker & Bassett 1978, doi:10.2307/1913643.
    """
    error = np.asarray(actual)[..., None] - quantiles
    return np.maximum(levels * error, (levels - 1) * error)


def weighted_quantile_loss(actual: Floats, quantiles: Floats, levels: Floats) -> float:
    """Compute wQL: the sum over cells of the mean over levels of twice the pinball loss, over the sum of outcomes.

    About the continuous ranked probability score over the mean outcome; lower is better. NaN where the
    known outcomes add up to zero.

    Examples
    --------
    >>> weighted_quantile_loss(np.array([10.0]), np.array([[8.0, 12.0]]), np.array([0.25, 0.75]))
    0.1
    """
    known = np.isfinite(actual)
    total = float(np.sum(actual[known]))
    if total <= 0:
        return float("nan")
    losses = 2 * pinball_loss(actual[known], quantiles[known], levels)
    return float(losses.mean(axis=-1).sum() / total)


def coverage(actual: Floats, lower: Floats, upper: Floats) -> float:
    """Compute the share of known outcomes within [lower, upper]; NaN where none is known."""
    known = np.isfinite(actual)
    inside = (actual >= lower) & (actual <= upper)
    return float(inside[known].mean()) if known.any() else float("nan")


def exceedance(actual: Floats, upper: Floats) -> float:
    """Compute the share of known outcomes above ``upper``; NaN where none is known."""
    known = np.isfinite(actual)
    return float((actual > upper)[known].mean()) if known.any() else float("nan")


def relative_bias(actual: Floats, mean: Floats) -> float:
    """Compute (sum of forecast means - sum of outcomes) / sum of outcomes, over known outcomes."""
    known = np.isfinite(actual)
    total = float(np.sum(actual[known]))
    return float((mean[known].sum() - total) / total) if total > 0 else float("nan")
