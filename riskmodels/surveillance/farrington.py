"""Farrington's method for weekly counts, for many series and weeks at once: the field's yardstick.

A quasi-Poisson regression of the same weeks of earlier years, fitted twice: the second time what stood out
in the first counts less (Farrington and others 1996, doi:10.2307/2983331; the flexible variant: Noufaily and
others 2013, doi:10.1002/sim.5595).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.forecasting.negative_binomial import quantiles
from riskmodels.surveillance.scores import at_score, rough_score

_LEAST_YEARS = 3  # of history, from which on a trend is allowed
_TREND_CHANCE = 0.05  # of a trend taken where there is none
_LEAST_EVENTS, _RECENT = 5, 4  # events in the last weeks, this one included: fewer are no alarm
_STEPS = 25  # of the iterated least squares
_CHANGE = 1e-8  # of the deviance, at which they end
_FLOOR = -30.0  # logarithm of a mean that is as good as none
_BLOCK = 1000  # regressions at once, so that what they work on stays in a processor's cache
_TRACE = 1e-12  # keeps the variance of what cannot be estimated finite


@dataclass(frozen=True, kw_only=True)
class Farrington:
    """How the reference weeks are chosen and the bound is set.

    Attributes
    ----------
    years : int
        Of history; three or more allow for a trend.
    half_window : int
        [weeks] Taken on each side of the same week of a year.
    year : int
        [weeks]
    chance : float
        Of a false alarm in a week: of both sides in the classic method, of the upper side in the flexible.
    seasons : int
        Parts of a year: one takes the windows alone; more take all weeks, with a factor for each part.
    left_out : int
        [weeks] Before the current one that are not learnt from, so that a beginning outbreak is not.
    outlying : float
        [standard deviations] From which on a week counts less.
    bound : {"two_thirds", "quantile"}
        Normal on the scale of the power 2/3, or a quantile of the negative binomial.
    flexible : bool
        One-sided, as in 2013; the classic bound is the upper end of a two-sided interval.
    """

    years: int = 5  # as in 1996
    half_window: int = 3  # [weeks] as in 1996
    year: int = 52  # [weeks]
    chance: float = 0.01  # of a false alarm in a week, as in practice
    seasons: int = 1
    left_out: int = 3  # [weeks] as many as the half window
    outlying: float = 1.0  # [standard deviations] as in 1996; 2.58 in 2013
    bound: Literal["two_thirds", "quantile"] = "two_thirds"
    flexible: bool = False

    def reference(self) -> tuple[Integers, Integers]:
        """Return how many weeks before the current one each reference week lies, and its season."""
        w, parts = self.half_window, self.seasons
        around = np.arange(-w, w + 1)
        windows = [(year * self.year - around, np.full(2 * w + 1, parts)) for year in range(self.years + 1)]
        if parts > 1:
            between = np.arange(self.year - 2 * w - 1)
            season = np.concatenate(
                [
                    np.full(len(part), place + 1)
                    for place, part in enumerate(np.array_split(between, parts - 1))
                ]
            )
            windows += [(year * self.year - w - 1 - between, season) for year in range(1, self.years + 1)]
        before = np.concatenate([weeks for weeks, _ in windows])
        season = np.concatenate([season for _, season in windows])
        kept = before > self.left_out
        order = np.argsort(-before[kept], kind="stable")
        return before[kept][order], season[kept][order]


@dataclass(frozen=True, kw_only=True, eq=False)
class FarringtonBounds:
    """What was expected of the weeks watched, shape (n, W) each.

    Attributes
    ----------
    expected, upper : ndarray
        [events a week] NaN where too little is known.
    alarm : ndarray of bool
        The count is above the bound, and there were five or more in four weeks.
    trend : ndarray of bool
        The expected count follows a trend.
    """

    expected: Floats
    upper: Floats
    alarm: Flags
    trend: Flags


def farrington_bounds(values: Floats, *, first: int, method: Farrington) -> FarringtonBounds:
    """Compute the bounds of weeks from ``first`` (counted from 0) on, each from earlier weeks alone.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        [events a week] NaN is unknown, and not learnt from.
    first : int
        First week watched; reference weeks before the data are unknown.
    method : Farrington

    Raises
    ------
    ParameterError
        There is no year before the first week, or it is not there.
    """
    before, season = method.reference()
    if not method.year + method.half_window <= first < values.shape[1]:
        raise ParameterError(
            f"the first week watched is {first}; expected one from {method.year + method.half_window}, so"
            f" that a year lies before it, to {values.shape[1] - 1}"
        )
    weeks = np.arange(first, values.shape[1])
    shape = (len(values), len(weeks))
    lacking = max(int(before.max()) - first, 0)  # weeks before the data: unknown
    longer = np.pad(values, ((0, 0), (lacking, 0)), constant_values=np.nan)
    history = longer[:, lacking + weeks[:, None] - before].reshape(-1, len(before))
    blocks = [history[start : start + _BLOCK] for start in range(0, len(history), _BLOCK)]
    found = np.concatenate([_predicted(block, before, season, method) for block in blocks], axis=1)
    expected, upper, trend = (part.reshape(shape) for part in found)
    now = values[:, first:]
    recent = np.nan_to_num(values).cumsum(axis=1)
    recent = recent[:, first:] - np.where(weeks >= _RECENT, recent[:, weeks - _RECENT], 0.0)
    alarm = (now > upper) & (recent >= _LEAST_EVENTS)
    return FarringtonBounds(expected=expected, upper=upper, alarm=alarm, trend=trend > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """Predictions of r regressions.

    Attributes
    ----------
    mean, error, dispersion : ndarray, shape (r,)
        Expected count, its standard error, and variance over mean (at least one).
    trend : ndarray of bool, shape (r,)
        The last regressor is significant.
    """

    mean: Floats
    error: Floats
    dispersion: Floats
    trend: Flags


def _predicted(history: Floats, before: Integers, season: Integers, method: Farrington) -> Floats:
    """Expected counts, upper bounds, and whether with a trend: (3, r)."""
    fit = _fitted(history, before, season, method)
    return np.stack([fit.mean, _upper(fit, method), fit.trend])


def _fitted(history: Floats, before: Integers, season: Integers, method: Farrington) -> _Fit:
    """Fit with a trend, and without where it is not significant, nor allowed, nor within what was seen."""
    parts = [(season == part).astype(float) for part in range(1, method.seasons)]
    plain = np.stack([np.ones(len(before)), *parts], axis=1)
    level = _regressed(history, plain, method)
    if method.years < _LEAST_YEARS:
        return replace(level, trend=np.zeros(len(history), dtype=bool))
    slope = -before / float(before.max())  # zero now; at most one, which keeps the equations well conditioned
    trended = _regressed(history, np.column_stack([plain, slope]), method)
    seen = np.where(np.isfinite(history), history, 0.0).max(axis=1)
    chosen = np.asarray(trended.trend & (trended.mean <= seen))
    return _Fit(
        mean=np.where(chosen, trended.mean, level.mean),
        error=np.where(chosen, trended.error, level.error),
        dispersion=np.where(chosen, trended.dispersion, level.dispersion),
        trend=chosen,
    )


def _regressed(history: Floats, design: Floats, method: Farrington) -> _Fit:
    """Fit twice and predict the current week, whose regressors are a one and then zeros."""
    known = np.isfinite(history)
    count = np.where(known, history, 0.0)
    degrees = np.maximum(known.sum(axis=1) - design.shape[1], 1)
    mean, _, inverse = _least_squares(count, design, known.astype(float))
    raw = np.maximum((known * (count - mean) ** 2 / mean).sum(axis=1) / degrees, 1.0)
    leverage = mean * (inverse.reshape(len(count), -1) @ _products(design).T)
    residual = rough_score(count, mean, raw[:, None] * np.maximum(1.0 - leverage, _TRACE))
    weight = _weighed_down(residual, known, method.outlying)
    mean, beta, inverse = _least_squares(count, design, weight)
    squares = weight * (count - mean) ** 2
    dispersion = (squares / mean).sum(axis=1) / degrees
    # the flexible one divides by the squared mean, as its reference does
    scale = (squares / mean**2).sum(axis=1) / degrees if method.flexible else dispersion
    ratio = np.abs(beta[:, -1]) / np.sqrt(np.maximum(scale * inverse[:, -1, -1], _TRACE))
    expected = np.exp(beta[:, 0])
    dispersion = np.maximum(dispersion, 1.0)
    return _Fit(
        mean=expected,
        error=expected * np.sqrt((scale if method.flexible else dispersion) * inverse[:, 0, 0]),
        dispersion=dispersion,
        trend=np.asarray(2.0 * scipy.special.stdtr(degrees, -ratio) < _TREND_CHANCE),
    )


def _weighed_down(residual: Floats, known: Flags, outlying: float) -> Floats:
    """Weigh by the inverse square of a residual that stands out; the weights add up to the known weeks."""
    weight = np.where(residual > outlying, np.maximum(residual, outlying) ** -2.0, 1.0) * known
    share: Floats = known.sum(axis=1) / np.maximum(weight.sum(axis=1), _TRACE)
    return np.asarray(weight * share[:, None])


def _least_squares(count: Floats, design: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit log-linear Poisson means, r of them at once: means, coefficients, inverse information."""
    mean = count + 0.1
    logs = np.log(mean)
    deviance = np.full(len(count), np.inf)
    for _ in range(_STEPS):
        worked = weight * mean
        information = _information(worked, design)
        target = (worked * (logs + (count - mean) / mean)) @ design
        beta = np.linalg.solve(information, target[..., None])[..., 0]
        logs = np.maximum(beta @ design.T, _FLOOR)
        mean = np.exp(logs)
        ratio = scipy.special.xlogy(count, np.maximum(count, _TRACE) / mean)
        before, deviance = deviance, 2.0 * (weight * (ratio - count + mean)).sum(axis=1)
        if (np.abs(deviance - before) <= _CHANGE * (np.abs(deviance) + 0.1)).all():
            break
    inverse = np.linalg.inv(_information(weight * mean, design))
    return np.asarray(mean, dtype=float), np.asarray(beta, dtype=float), np.asarray(inverse, dtype=float)


def _products(design: Floats) -> Floats:
    """Multiply the regressors of each week in pairs: (m, p) -> (m, p²)."""
    return np.asarray((design[:, :, None] * design[:, None, :]).reshape(len(design), -1))


def _information(worked: Floats, design: Floats) -> Floats:
    """Add up the weighted products of the regressors: (r, p, p)."""
    size = design.shape[1]
    return np.asarray((worked @ _products(design)).reshape(-1, size, size) + _TRACE * np.eye(size))


def _upper(fit: _Fit, method: Farrington) -> Floats:
    """Compute the upper bound of each prediction."""
    chance = method.chance if method.flexible else method.chance / 2.0
    if method.bound == "two_thirds":
        return at_score(-scipy.special.ndtri(chance), fit.mean, fit.dispersion * fit.mean + fit.error**2)
    levels = np.array([1.0 - chance])
    return quantiles(levels, fit.mean, fit.dispersion * fit.mean)[:, 0]
