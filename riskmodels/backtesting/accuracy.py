"""How good a forecast was: scores of quantiles against what happened. NaN outcomes are left out."""

from typing import Literal

import numpy as np

from riskmodels.arrays import Floats


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
    """Compute wQL: cells' means over levels of twice the pinball loss, added up, over the sum of outcomes.

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


def interval_score(actual: Floats, lower: Floats, upper: Floats, *, alpha: float) -> Floats:
    """Compute the score of central intervals: their width, and 2 / alpha of what lies outside.

    Parameters
    ----------
    actual, lower, upper : ndarray, shape (...)
        What happened, and the interval from the alpha / 2 to the 1 - alpha / 2 quantile.
    alpha : float
        Probability outside the interval, in (0, 1).

    Returns
    -------
    ndarray, shape (...)
        Not less than the width; in the outcome's unit; NaN where the outcome is unknown.

    Notes
    -----
    Gneiting & Raftery 2007, doi:10.1198/016214506000001437. It is 2 / alpha times the sum of the pinball
    losses of the two quantiles.

    Examples
    --------
    >>> interval_score(np.array([10.0, 18.0]), np.full(2, 8.0), np.full(2, 16.0), alpha=0.2)
    array([ 8., 28.])
    """
    outside = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    score: Floats = (upper - lower) + 2 / alpha * outside
    return score


def scale_of_changes(values: Floats, *, lag: int, power: Literal[1, 2]) -> Floats:
    """Compute how much series change over ``lag`` periods: what errors are measured in.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        History; NaN is unknown.
    lag : int
        1 for the naive forecast, the periods of a year for the seasonal naive one.
    power : {1, 2}
        Mean absolute change, or root of the mean squared change.

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the values; NaN where no change is known. The periods before the first value other
        than zero are left out, as in the M5 competition.

    Examples
    --------
    >>> scale_of_changes(np.array([[0.0, 0.0, 5.0, 9.0, 6.0]]), lag=1, power=1)
    array([3.5])
    """
    started = np.maximum.accumulate(np.nan_to_num(values) != 0, axis=1)[:, : max(values.shape[1] - lag, 0)]
    change = np.abs(values[:, lag:] - values[:, : started.shape[1]]) ** power
    used = started & np.isfinite(change)
    number = used.sum(axis=1)
    mean = np.where(used, change, 0.0).sum(axis=1) / np.maximum(number, 1)
    return np.where(number > 0, mean ** (1 / power), np.nan)


def rmsse(actual: Floats, mean: Floats, scale: Floats) -> Floats:
    """Compute the root mean squared scaled error of every series.

    Parameters
    ----------
    actual, mean : ndarray, shape (..., h)
        What happened and the forecast means.
    scale : ndarray, shape (...)
        Root of the mean squared one-period change of each history (``scale_of_changes``).

    Returns
    -------
    ndarray, shape (...)
        Not negative, without unit; 1 is as far off as the history changes from one period to the next.
        NaN where no outcome is known, or the scale is zero or unknown: such a series has no scaled error.

    Notes
    -----
    Hyndman & Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001; the measure of M5 (Makridakis, Spiliotis
    & Assimakopoulos 2022, doi:10.1016/j.ijforecast.2021.11.013).

    Examples
    --------
    >>> rmsse(np.array([[10.0, 6.0]]), np.array([[7.0, 10.0]]), np.array([5.0])).round(4)
    array([0.7071])
    """
    return np.sqrt(_known_mean((actual - mean) ** 2)) / _positive(scale)


def mase(actual: Floats, mean: Floats, scale: Floats) -> Floats:
    """Compute the mean absolute scaled error of every series.

    Parameters
    ----------
    actual, mean : ndarray, shape (..., h)
        What happened and the forecast means.
    scale : ndarray, shape (...)
        Mean absolute change of each history over a year, the error of the seasonal naive method
        (``scale_of_changes``).

    Returns
    -------
    ndarray, shape (...)
        Not negative, without unit, not more than with the same scale ``rmsse``; NaN as there.

    Notes
    -----
    Hyndman & Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001; the measure of M4 (Makridakis, Spiliotis
    & Assimakopoulos 2020, doi:10.1016/j.ijforecast.2019.04.014). A mean is not the forecast that has the
    least absolute error: of sparse counts that would be zero.

    Examples
    --------
    >>> mase(np.array([[10.0, 6.0]]), np.array([[7.0, 10.0]]), np.array([5.0]))
    array([0.7])
    """
    return _known_mean(np.abs(actual - mean)) / _positive(scale)


def _known_mean(values: Floats) -> Floats:
    """Mean of the known values along the last axis; NaN where none is known."""
    known = np.isfinite(values)
    number = known.sum(axis=-1)
    mean: Floats = np.where(known, values, 0.0).sum(axis=-1) / np.where(number > 0, number, np.nan)
    return mean


def _positive(scale: Floats) -> Floats:
    return np.where(scale > 0, scale, np.nan)
