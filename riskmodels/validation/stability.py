"""Whether what goes into a model, and what comes out of it, is distributed as it was: PSI with its chance."""

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.backtesting import ForecastReview
from riskmodels.forecasting import Forecast
from riskmodels.scorecard import Movements
from riskmodels.validation.discrimination import divergence, population_stability
from riskmodels.validation.evidence import Measured

CHANGED = 0.1  # nats: a rule of thumb (Siddiqi 2006), as is 0.25 for a great change; a limitation only
_BINS = 5  # of scores: fifths, as a bin of a few units shows nothing
_CHANCE = 0.95  # of an index where nothing has changed: what 5 % exceed is no change
_QUARTER, _YEAR = 3, 12  # months


def mix_stability(outlook: Forecast) -> Measured:
    """PSI of the shares of the series in the last quarter's counts and in those of a year before."""
    if outlook.panel.periods.freqstr != "M":
        return Measured(float("nan"), CHANGED, np.inf)
    return mix_of(outlook.panel.values)


def mix_of(values: Floats) -> Measured:
    """PSI of the shares of series, shape (n, months), in the last quarter and a year before."""
    if values.shape[1] < _QUARTER + _YEAR:
        return Measured(float("nan"), CHANGED, np.inf)
    now, before = (_counts(values[:, end - _QUARTER : end]) for end in _ends(values))
    return _limits(_divergence(before, now), len(values), np.nansum(before), np.nansum(now))


def score_stability(moved: Movements) -> Measured:
    """PSI of the units' scores in this quarter and the one before."""
    both = moved.table.dropna(subset=["before", "after"])
    value = population_stability(both["before"], both["after"], bins=_BINS)
    return _limits(value, _BINS, len(both), len(both))


def forecast_stability(review: ForecastReview) -> Measured:
    """PSI of the mix of series that was forecast for the quarter and of the one that came."""
    quarter = review.table["period"].astype(str) == review.period
    rows = review.table[quarter & (review.table["level"] == "series")]
    mean, final = rows["mean"].to_numpy(float), rows["final"].to_numpy(float)
    known = np.isfinite(mean) & np.isfinite(final)
    came = float(final[known].sum())  # the forecast's own error is less than that of what came
    return _limits(_divergence(mean[known], final[known]), int(known.sum()), came, came)


def _ends(values: Floats) -> tuple[int, int]:
    """End of the last period, and of the one a year before, so that the season is the same."""
    return values.shape[1], values.shape[1] - _YEAR


def _counts(values: Floats) -> Floats:
    """Sum the periods of each series; one with an unknown period is unknown."""
    return np.asarray(values.sum(axis=1))


def _divergence(before: Floats, now: Floats) -> float:
    known = np.isfinite(before) & np.isfinite(now)
    if not known.any():
        return float("nan")
    return divergence(*(np.maximum(part[known], 0.5) for part in (before, now)))  # half a case: no empty one


def _limits(value: float, bins: int, before: float, now: float) -> Measured:
    """Set the usual limits, or what chance exceeds in 5 % where that is more (Yurdakul & Naranjo 2020)."""
    noise = scipy.stats.chi2.ppf(_CHANCE, max(bins - 1, 1)) * (1 / max(before, 1) + 1 / max(now, 1))
    return Measured(value, max(CHANGED, float(noise)), np.inf)
