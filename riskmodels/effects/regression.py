"""Quasi-likelihood regressions on one design, many outcomes at once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskmodels.arrays import Floats

Law = Literal["quasi_poisson", "negative_binomial", "quasi_binomial"]
_STEPS = 50  # of the iterated least squares; eight are usual
_CHANGE = 1e-9  # of a linear predictor, at which they end
_LIMIT = 30.0  # of a linear predictor: beyond it a mean is as good as none, or a share as good as all
_TRACE = 1e-10  # of the information, so that what is not in the data stays finite


@dataclass(frozen=True, kw_only=True, eq=False)
class Regression:
    """r regressions.

    Attributes
    ----------
    coefficients : ndarray, shape (r, p)
    mean : ndarray, shape (r, T)
        [events] Expected counts, or expected successes.
    slope : ndarray, shape (r, T)
        [events] By how much a mean changes with its predictor.
    variance : ndarray, shape (r, T)
        [events²] Of an outcome, but for the dispersion.
    inverse : ndarray, shape (r, p, p)
        Of the information: times the dispersion, the covariance of independent outcomes.
    dispersion : ndarray, shape (r,)
        Pearson's statistic by its degrees of freedom.
    """

    coefficients: Floats
    mean: Floats
    slope: Floats
    variance: Floats
    inverse: Floats
    dispersion: Floats


def quasi_regression(
    values: Floats, design: Floats, size: Floats, *, law: Law = "quasi_poisson", overdispersion: float = 0.0
) -> Regression:
    """Fit log-linear means (of shares: logistic ones) by iterated least squares.

    Parameters
    ----------
    values : ndarray, shape (r, T)
        [events] Counts or successes; NaN is unknown, in the same places in all rows or not.
    design : ndarray, shape (T, p)
        Regressors, the level among them.
    size : ndarray, shape (T,)
        What means are proportional to, or trials; positive where a value is known.
    law : {"quasi_poisson", "negative_binomial", "quasi_binomial"}
    overdispersion : float
        [1] Of a negative binomial: variance = mean + overdispersion * mean².

    Returns
    -------
    Regression
        Its residuals are orthogonal to the regressors, weighted as the law says.
    """
    known = np.isfinite(values)
    outcome = np.where(known, values, 0.0)
    size = np.where(np.isfinite(size), size, 1.0)
    share = (outcome + 0.5) / (size + 1.0)  # a start that is nowhere zero, nor all
    predictor = np.log(share / (1.0 - share)) if law == "quasi_binomial" else np.log((outcome + 0.5) / size)
    for _ in range(_STEPS):
        mean, slope = _means(predictor, size, law)
        weight = known * slope / (1.0 + overdispersion * mean)
        information = _information(weight, design)
        working = predictor + (outcome - mean) / np.maximum(slope, _TRACE)
        beta = np.linalg.solve(information, ((weight * working) @ design)[..., None])[..., 0]
        before, predictor = predictor, np.clip(beta @ design.T, -_LIMIT, _LIMIT)
        if (np.abs(predictor - before) < _CHANGE).all():
            break
    mean, slope = _means(predictor, size, law)
    variance = slope * (1.0 + overdispersion * mean)
    degrees = np.maximum(known.sum(axis=1) - design.shape[1], 1)
    weight = known * slope / (1.0 + overdispersion * mean)
    pearson = (known * (outcome - mean) ** 2 / np.maximum(variance, _TRACE)).sum(axis=1)
    return Regression(
        coefficients=np.asarray(beta, dtype=float),
        mean=mean,
        slope=slope,
        variance=variance,
        inverse=np.asarray(np.linalg.inv(_information(weight, design)), dtype=float),
        dispersion=pearson / degrees,
    )


def _means(predictor: Floats, size: Floats, law: Law) -> tuple[Floats, Floats]:
    """Expected outcomes, and by how much they change with the predictor."""
    if law != "quasi_binomial":
        mean = np.asarray(size * np.exp(predictor))
        return mean, mean
    share = 1.0 / (1.0 + np.exp(-predictor))
    return np.asarray(size * share), np.asarray(size * share * (1.0 - share))


def _information(weight: Floats, design: Floats) -> Floats:
    """Add up weighted products of regressors: (r, T), (T, p) -> (r, p, p)."""
    p = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    return np.asarray((weight @ products).reshape(-1, p, p) + _TRACE * np.eye(p))
