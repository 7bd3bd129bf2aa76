"""How far a step may be off where the level of its series wanders by itself.

Trend and step take up most of a slow wander: residuals show too little of it, and hardly how long it lasts.
Its share of the variance and its memory are therefore not chosen, but weighed by the restricted likelihood.
"""

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.regression import Regression

_MEMORY = (0.1, 0.3, 0.5, 0.7, 0.9)  # correlation of neighbours; a finer grid moves no interval by 1 %
_SHARE = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the variance beyond counting that wanders
_NOTHING = 1e-10  # of squares: what keeps a design that is not of full rank finite


def step_error(values: Floats, design: Floats, fit: Regression) -> tuple[float, float]:
    """Estimate the standard error of the last coefficient of one regression, and its degrees of freedom.

    Parameters
    ----------
    values : ndarray, shape (T,)
        [events] NaN is unknown.
    design : ndarray, shape (T, p)
    fit : Regression
        Of these values, independent from period to period: its estimate is kept.

    Returns
    -------
    (float, float)
        The root of the mean variance over what the residuals may be: noise, and an autoregressive level of a
        share and a memory, both likelier small than large (1 less either, a choice). Degrees are
        Satterthwaite's: of the spread of these variances, and of the residuals.

    Notes
    -----
    Restricted likelihood: Patterson and Thompson 1971, doi:10.1093/biomet/58.3.545; for interrupted series
    Turner and others 2021, doi:10.1186/s12874-021-01364-0. Noise is never less than that of counting.
    """
    known = np.isfinite(values)
    spread = np.sqrt(fit.variance[0])
    pull = np.where(known, fit.slope[0] / spread, 0.0)  # of the level on a residual
    residual = np.where(known, (values - fit.mean[0]) / spread, 0.0)
    regressors = design * pull[:, None]
    noise = fit.slope[0, known].sum() / fit.variance[0, known].sum() / max(float(fit.dispersion[0]), 1.0)
    memory, part = (grid.ravel() for grid in np.meshgrid(_MEMORY, _SHARE))
    share, scale = part * (1.0 - min(noise, 1.0)), pull / np.sqrt((pull[known] ** 2).mean())
    gram, determinant = _filtered(np.column_stack([regressors, residual]), known, scale, memory, share)
    pivots = np.diagonal(np.linalg.cholesky(gram), axis1=1, axis2=2)
    degrees = float(known.sum() - design.shape[1])
    squares = pivots[:, -1] ** 2  # what generalised least squares leave
    likelihood = -determinant / 2 - np.log(pivots[:, :-1]).sum(axis=1) - degrees / 2 * np.log(squares)
    weight = (1.0 - memory) * (1.0 - part) * np.exp(likelihood - likelihood.max())
    weight = weight / weight.sum()
    row = fit.inverse[0, -1] @ regressors.T  # of residuals in the estimate
    variance = np.maximum(squares / degrees, 1.0) * _of_sum(row, row * scale, memory, share)
    mean = float(weight @ variance)
    doubt = float(weight @ variance**2) * (1.0 + 2.0 / degrees) - mean**2
    return float(np.sqrt(mean)), 2.0 * mean**2 / doubt


def _filtered(
    columns: Floats, known: Flags, scale: Floats, memory: Floats, share: Floats
) -> tuple[Floats, Floats]:
    """Whiten columns, (T, k), by a filter for each of g covariances: products (g, k, k), log determinants."""
    level, doubt = np.zeros((len(memory), columns.shape[1])), share
    gram = np.tile(_NOTHING * np.eye(columns.shape[1]), (len(memory), 1, 1))
    determinant = np.zeros(len(memory))
    for time, is_known in enumerate(known):
        if is_known:
            variance = scale[time] ** 2 * doubt + 1.0 - share
            surprise = columns[time] - scale[time] * level
            gram += surprise[:, :, None] * (surprise / variance[:, None])[:, None, :]
            determinant += np.log(variance)
            gain = scale[time] * doubt / variance
            level = level + gain[:, None] * surprise
            doubt = doubt * (1.0 - gain * scale[time])
        level, doubt = memory[:, None] * level, memory**2 * doubt + share * (1.0 - memory**2)
    return gram, determinant


def _of_sum(row: Floats, pulled: Floats, memory: Floats, share: Floats) -> Floats:
    """Variance of a weighted sum of noise and level for each covariance, shape (g,)."""
    products = np.correlate(pulled, pulled, "full")[len(pulled) - 1 :]  # by distance in time
    apart = 2.0 * memory[:, None] ** np.arange(1, len(pulled)) @ products[1:]
    return np.asarray((1.0 - share) * (row @ row) + share * (products[0] + apart))
