"""Theta for counts, and its blend with the count filter by prequential score."""

from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.counts import Filtered, Moments
from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.forecasting.seasons import Cycle
from riskmodels.forecasting.theta import COARSE, SHORT_COARSE, smooth_theta

_LEAST_COUNT = 3.0  # events a period from which square roots vary about evenly
_UNSCORED = 6  # first known periods, in which both methods still follow their starts; a choice
# of a series' sum of scores, tempered as its errors are correlated, and of the panel's mean
_OWN_WEIGHT, _PANEL_WEIGHT = 0.1, 5.0
_MEMORY = 0.97  # of scores, a period of a month or longer: some 33 periods
_MOST_GAIN = 20.0  # log-likelihood that one period may add: an odd one does not decide alone
_LEAST_MEAN = 1e-3  # events a period: a negative binomial needs some
# share of the mean by which the variance exceeds it at least, as a negative binomial's does
_LEAST_EXTRA = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class RootCounts(Moments):
    """What theta on square roots predicts of counts.

    Attributes
    ----------
    season : ndarray, shape (n, h)
        Season in the mean: a factor.
    """

    season: Floats


def theta_counts(values: Floats, offset: Floats, *, then: Floats, cycle: Cycle, trust: Floats) -> RootCounts:
    """Smooth the square roots of counts over their offset, and square what comes.

    Parameters
    ----------
    values, trust : ndarray, shape (n, T)
        Counts, NaN where unknown, and the share of the final count that is known.
    offset, then : ndarray, shape (n, T + h) and (n, T)
        What every count is proportional to, as it is known now and before each period; positive.
    cycle : Cycle
        Of the T + h periods.
    """
    length = values.shape[1]
    found = smooth_theta(
        np.sqrt(values / offset[:, :length]),
        then=np.sqrt(values / then),
        cycle=cycle,
        trust=trust,
        members=COARSE if cycle.pace == 1 else SHORT_COARSE,
    )
    first = found.gain[:, None] * found.scale[:, :1] ** 2
    mean, variance = _squared(found.location, found.scale, first, offset[:, length:])
    usual, _ = _squared(found.location - found.season, found.scale, first, offset[:, length:])
    first = found.gain[:, None] * found.fitted_scale**2
    fitted_mean, fitted_variance = _squared(found.fitted, found.fitted_scale, first, then)
    return RootCounts(
        mean=mean,
        variance=variance,
        fitted_mean=fitted_mean,
        fitted_variance=fitted_variance,
        season=mean / usual,
    )


def _squared(location: Floats, scale: Floats, twice: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the squares of roots, times the offset; more than Poisson's.

    The square of an uncertain location is too large by its variance, and the squared scale holds that
    variance once more: ``twice`` of it is taken off the mean.
    """
    root, spread = np.maximum(location, 0.0) ** 2, scale**2
    mean = np.maximum(offset * (root + np.maximum(spread - twice, 0.0)), _LEAST_MEAN)
    variance = offset**2 * (2.0 * spread**2 + 4.0 * root * spread)
    return mean, np.maximum(variance, (1.0 + _LEAST_EXTRA) * mean)


def large(values: Floats, year: int) -> Flags:
    """Tell which series deserve a second opinion: three a period or more in the last year, where known."""
    recent = values[:, -year:]
    known = np.isfinite(recent)
    mean = np.where(known, recent, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.asarray(mean >= _LEAST_COUNT)


def blended(
    filtered: Filtered,
    theta: RootCounts,
    values: Floats,
    rows: Flags,
    *,
    weight: Floats | None = None,
    pace: float = 1.0,
) -> Filtered:
    """Blend the count filter with theta, which has been asked for some rows only.

    The weight of theta is logistic in how much better it predicted each known period from those before, by
    the logarithmic score, with the past discounted: the series' own, tempered, as scores of correlated
    errors say less than they seem to, and the panel's mean. Equal scores give equal weights. A given
    ``weight`` of shape (n,) is taken instead. ``pace`` are the months of a period, see ``pace_of``.
    """
    if weight is not None:
        return _mixed(filtered, theta, weight[rows, None], rows)
    theirs = (filtered.fitted_mean[rows], filtered.fitted_variance[rows])
    scored = np.isfinite(values[rows]) & np.isfinite(theirs[0]) & np.isfinite(theta.fitted_mean)
    scored &= np.cumsum(np.isfinite(values[rows]), axis=1) > _UNSCORED
    with np.errstate(invalid="ignore"):  # NaN where nothing is scored
        gain = log_likelihood(values[rows], theta.fitted_mean, theta.fitted_variance)
        gain -= log_likelihood(values[rows], *theirs)
    gain = np.where(scored, np.clip(gain, -_MOST_GAIN, _MOST_GAIN), 0.0)
    own = gain @ (_MEMORY**pace) ** np.arange(values.shape[1])[::-1]
    panel = gain.sum() / max(scored.sum(), 1)
    weight = 1.0 / (1.0 + np.exp(-_OWN_WEIGHT * own - _PANEL_WEIGHT / pace * panel))[:, None]
    return _mixed(filtered, theta, weight, rows)


def _mixed(filtered: Filtered, theta: RootCounts, weight: Floats, rows: Flags) -> Filtered:
    """Mix the distributions of some rows: their moments, and what they are made of."""
    first, second = filtered.mean[rows], theta.mean
    usual = (1 - weight) * first / filtered.season[rows] + weight * second / theta.season
    mean, variance = _moments(filtered.mean, filtered.variance, (second, theta.variance), weight, rows)
    fitted = _moments(
        filtered.fitted_mean,
        filtered.fitted_variance,
        (theta.fitted_mean, theta.fitted_variance),
        weight,
        rows,
    )
    season, sharing, disagreement = (
        part.copy() for part in (filtered.season, filtered.sharing, filtered.disagreement)
    )
    whole = filtered.theta.copy()
    whole[rows] = weight[:, 0]
    season[rows] = mean[rows] / usual
    disagreement[rows] = np.sqrt(weight * (1 - weight)) * (second - first)
    sharing[rows] *= 1 - weight[:, 0]
    return replace(
        filtered,
        mean=mean,
        variance=variance,
        fitted_mean=fitted[0],
        fitted_variance=fitted[1],
        season=season,
        sharing=sharing,
        theta=whole,
        disagreement=disagreement,
    )


def _moments(
    mean: Floats,
    variance: Floats,
    other: tuple[Floats, Floats],
    weight: Floats,
    rows: Flags,
) -> tuple[Floats, Floats]:
    """Mean and variance of all rows, some of them mixed with others of the given weight."""
    mean, variance = mean.copy(), variance.copy()
    first, second = mean[rows], other[0]
    mean[rows] = (1 - weight) * first + weight * second
    variance[rows] = (1 - weight) * variance[rows] + weight * other[1]
    variance[rows] += weight * (1 - weight) * (first - second) ** 2
    return mean, variance
