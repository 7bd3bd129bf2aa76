"""Widths corrected by the record: how large one-step errors of counts have been, by size of count."""

from dataclasses import replace

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.forecasting.counts import Filtered
from riskmodels.forecasting.seasons import Cycle

# events a period between classes of size; a choice, each about five times the last
_EDGES = (0.0, 1.0, 5.0, 25.0, np.inf)
# events a period that a class stands for; between them factors are interpolated
_CENTRES = (0.4, 2.2, 11.0, 60.0)
_MEMORY = 0.97  # of the record, a period of a month or longer: some 33 periods
_MOST_SURPRISE = 9.0  # squared error over variance: three deviations; more is one odd series
# periods that the variances as predicted count for; a choice: a few odd ones change little
_PRIOR_PERIODS = 4.0
_CAUTION = 1.0  # standard errors added before widths are narrowed; set where the last periods did better


def calibrated(found: Filtered, values: Floats, *, cycle: Cycle) -> Filtered:
    """Scale the variances ahead by the mean squared error of the past over the variance predicted for it.

    Parameters
    ----------
    found : Filtered
        Moments of n series ahead, and those predicted of each past period.
    values : ndarray, shape (n, T)
        Counts; NaN is unknown.
    cycle : Cycle
        Of the periods: how long they are, and whether later errors were looked at.

    Returns
    -------
    Filtered
        Wider where the record is worse than predicted; narrower only as far as the periods agree (the mean of
        their ratios plus a standard error), as errors of one period move together. Never below Poisson. Where
        late errors were larger still, the widths grow to theirs.
    """
    memory = _MEMORY**cycle.pace
    first = _scales(found.mean, _factors(values, found.fitted_mean, found.fitted_variance, memory))
    if cycle.late:
        late = _scales(found.mean, _factors(values, found.late_mean, found.late_variance, memory))
        share = np.minimum(np.arange(found.mean.shape[1]) / (cycle.late[0] - 1.0), 1.0)
        first = first + np.maximum(late - first, 0.0) * share
    # a trace more than Poisson's
    return replace(found, variance=np.maximum(first * found.variance, found.mean * (1.0 + 1e-6)))


def _factors(values: Floats, mean: Floats, variance: Floats, memory: float) -> Floats:
    """Factor of the variances of every class of size, from what was predicted of each period."""
    ratios, informed = _by_period(values, mean, variance)
    weight = memory ** np.arange(values.shape[1])[::-1] * (informed > 0)
    number = weight.sum(axis=1)
    mean = (weight * ratios).sum(axis=1) / np.maximum(number, 1e-9)
    spread = (weight * (ratios - mean[:, None]) ** 2).sum(axis=1) + _PRIOR_PERIODS
    error = np.sqrt(spread / np.maximum(number, 1e-9) / (number + _PRIOR_PERIODS))
    mean = (number * mean + _PRIOR_PERIODS) / (number + _PRIOR_PERIODS)
    factor = np.where(mean > 1.0, mean, np.minimum(mean + _CAUTION * error, 1.0))
    return np.where(number > 0, factor, 1.0)


def _scales(mean: Floats, factor: Floats) -> Floats:
    """Interpolate the factors of the classes of size."""
    scale: Floats = np.exp(np.interp(np.log(mean), np.log(_CENTRES), np.log(factor)))
    return scale


def _by_period(values: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Mean ratio of squared errors to variances, by class of size and period, and its weight: (classes, T).

    A squared error says the less the smaller the count.
    """
    known = np.isfinite(values) & np.isfinite(mean)
    with np.errstate(invalid="ignore"):  # NaN where nothing is known
        surprise = np.minimum((values - mean) ** 2 / variance, _MOST_SURPRISE)
    informed = np.where(known, mean / (mean + 0.5), 0.0)
    surprise = np.where(known, surprise, 0.0) * informed
    place = np.digitize(mean, _EDGES[1:-1])
    sums = np.stack(
        [[(part * (place == at)).sum(axis=0) for at in range(len(_CENTRES))] for part in (surprise, informed)]
    )
    ratios: Floats = sums[0] / np.maximum(sums[1], 1e-9)
    return ratios, sums[1]
