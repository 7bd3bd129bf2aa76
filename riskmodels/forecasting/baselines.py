"""The baselines that every other method must beat: seasonal naive, empirical24, ets."""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.forecasting.predictive import Predictive, SamplePredictive, predictive_of
from riskmodels.forecasting.seasons import season_length
from riskmodels.panel import Panel

_WINDOW = 24  # values, of which the baseline takes its name
_FEWEST_FOR_ETS = 8  # values; a choice: level, trend and their gains are four, each from two
_SEASONS_FOR_ETS = 2.5  # years of values: each place of the year is seen twice, half of them thrice; a choice
_LONGEST_FOR_ETS = 12  # periods of its season: one of 52 weeks has as many states, and takes minutes


def seasonal_naive(panel: Panel, horizon: int) -> Predictive:
    """Expect what the same period of the last known year had; of days, the weekday of the last week.

    The variance is the mean squared change from year to year (week to week), once more for every further one
    ahead; a series shorter than that expects its own mean.
    """
    season = season_length(panel.periods)
    ahead = np.arange(1, horizon + 1)
    last = _last_of_season(panel.values, season)
    fallback = _known_mean(panel.values)[:, None]
    mean = last[:, (panel.values.shape[1] + ahead - 1) % season]
    mean = np.where(np.isfinite(mean), mean, fallback)
    change = panel.values[:, season:] - panel.values[:, :-season]
    variance = _known_mean(change**2)[:, None]
    variance = np.where(variance > 0, variance, np.maximum(np.abs(fallback), 1.0))
    return _predictive(panel, mean, variance * np.ceil(ahead / season))


def _last_of_season(values: Floats, season: int) -> Floats:
    """Return the last known value of each place in the season: (n, T) -> (n, season)."""
    n, length = values.shape
    places = np.full((n, season), np.nan)
    for time in range(length):
        known = np.isfinite(values[:, time])
        places[known, time % season] = values[known, time]
    return places


def empirical24(panel: Panel, horizon: int) -> Predictive:
    """Expect any of the last 24 known values, equally likely; of days, those of the same weekday.

    A series in which these are all zero, or none is known, gets 24 quantiles of the seasonal naive forecast
    of a series without events, the largest count of them at least one: nothing seen is not nothing to come.
    """
    length = panel.values.shape[1]
    step = season_length(panel.periods) if panel.periods.freqstr[0] == "D" else 1
    alike = [_last_known(panel.values[:, (length + ahead) % step :: step]) for ahead in range(step)]
    draws = np.stack([alike[ahead % step] for ahead in range(horizon)], axis=1)
    silent = ~(np.abs(draws) > 0).any(axis=2)
    draws[silent] = _of_nothing_seen(panel, horizon)[silent]
    return SamplePredictive(draws=draws)


def _last_known(values: Floats) -> Floats:
    """Return the last 24 known values of each row, sorted, NaN last where there are fewer: (n, 24)."""
    length = values.shape[1]
    age = np.where(np.isfinite(values), 0, length) + np.arange(length, 0, -1)
    recent = np.take_along_axis(values, np.argsort(age, axis=1)[:, :_WINDOW], axis=1)
    recent = np.sort(recent, axis=1)
    return np.pad(recent, ((0, 0), (0, _WINDOW - recent.shape[1])), constant_values=np.nan)


def _of_nothing_seen(panel: Panel, horizon: int) -> Floats:
    """Values, equally likely, for series without any event, shape (n, horizon, 24)."""
    without_events = replace(panel, values=panel.values * 0.0)
    draws = seasonal_naive(without_events, horizon).ppf((np.arange(_WINDOW) + 0.5) / _WINDOW)
    if panel.kind == "count":
        draws[..., -1] = np.maximum(draws[..., -1], 1.0)
    return draws


def ets(panel: Panel, horizon: int) -> Predictive:
    """Smooth level and season by maximum likelihood (statsmodels), series by series; of weeks the level.

    A series with fewer than eight known values, without variation, or without a fit gets the seasonal
    naive forecast. Unknown periods are skipped by the Kalman filter.
    """
    naive = seasonal_naive(panel, horizon)
    mean, variance = naive.mean.copy(), naive.variance.copy()
    for row, values in enumerate(panel.values):
        known = values[np.isfinite(values)]
        if len(known) >= _FEWEST_FOR_ETS and np.ptp(known) > 0:
            fitted = _fit_ets(values, season_length(panel.periods), horizon)
            if np.isfinite(fitted).all():
                mean[row], variance[row] = fitted
    return _predictive(panel, mean, variance)


def _fit_ets(values: Floats, season: int, horizon: int) -> Floats:
    """Return means and variances, shape (2, horizon)."""
    # here, because it takes seconds to import and only this method needs it
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    enough = np.isfinite(values).sum() >= _SEASONS_FOR_ETS * season
    seasonal = season if enough and season <= _LONGEST_FOR_ETS else None
    values = values[int(np.argmax(np.isfinite(values))) :]
    filled = np.where(np.isfinite(values), values, np.nanmean(values))  # to start from: no start from NaN
    start = ExponentialSmoothing(filled, seasonal=seasonal).start_params
    model = ExponentialSmoothing(values, seasonal=seasonal)
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # what is not finite falls back
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last step is still a usable baseline
        try:
            fitted = model.fit(start_params=start, disp=False, maxiter=100, cov_type="none")
            prediction = fitted.get_forecast(horizon)
        except np.linalg.LinAlgError:
            return np.full((2, horizon), np.nan)
    return np.stack([np.asarray(prediction.predicted_mean), np.asarray(prediction.var_pred_mean)])


def _predictive(panel: Panel, mean: Floats, variance: Floats) -> Predictive:
    """Make counts at least half an event in the known history, and amounts normal."""
    if panel.kind == "count":
        floor = 0.5 / np.maximum(np.isfinite(panel.values).sum(axis=1, keepdims=True), 1)
        mean, variance = np.maximum(mean, floor), np.maximum(variance, floor)
    return predictive_of(panel.kind, mean, variance)


def _known_mean(values: Floats) -> Floats:
    """Mean of the known values of each row; zero where none is known."""
    known = np.isfinite(values)
    means: Floats = np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return means


BASELINES: dict[str, Callable[[Panel, int], Predictive]] = {
    "seasonal_naive": seasonal_naive,
    "empirical24": empirical24,
    "ets": ets,
}
