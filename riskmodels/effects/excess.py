"""Complaints a day beyond what was due: what would have come, from the days before, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers

HALF_LIFE = 28.0  # days after which a day weighs half in the level: follows the season, keeps some 40 days
LEAST_WEIGHT = 10.0  # days' worth of weight before a window, of some 40 in the end: less is no baseline
_DRIFT, _DRIFT_WINDOWS = 0.05, 4.0  # relative drift of the level in a window, and windows that it counts for
_SHRINK = 10.0  # complaints as usual that are added where a kind of day is rare
_MONTH_YEARS = 2.0  # years that months as usual count for; so many are needed before months differ
_WEEKDAYS, _HOLIDAY, _WORKED = 7, 7, 8  # kinds of day: Monday to Sunday, a weekday off, a worked weekend
_SATURDAY = 5  # day of the week, Monday being 0
_YEAR = 365  # days


@dataclass(frozen=True, kw_only=True)
class Due:
    """What is due a day, of n series over T days.

    Attributes
    ----------
    level, error : ndarray, shape (n, T)
        Complaints on a usual day by the days before it, and the relative variance of that; NaN unknown.
    profile : ndarray, shape (T,)
        Share of a usual day that a day has: its weekday, holidays, month, and how much of it is logged.
    dispersion : ndarray, shape (n,)
        Variance of a day over its mean; at least 1.
    drift : ndarray, shape (n,)
        Relative variance by which the level moves from before a window to within it.
    """

    level: Floats
    error: Floats
    profile: Floats
    dispersion: Floats
    drift: Floats


def day_profile(counts: Floats, used: Flags, days: pd.DatetimeIndex, working: Flags) -> Floats:
    """Return what share of a usual day each day has, shape (T,), from the used days of a series.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Complaints a day.
    used : ndarray, shape (T,)
        Days to learn from: known, without an incident, before what is judged.
    days : DatetimeIndex, length T
        The days.
    working : ndarray, shape (T,)
        Whether a day is a working day.
    """
    weekday = np.asarray(days.day_of_week)
    weekend = weekday >= _SATURDAY
    kinds = np.where(weekend & working, _WORKED, np.where(~weekend & ~working, _HOLIDAY, weekday))
    plain = used & (kinds < _WEEKDAYS)
    mean = counts[plain].mean() if plain.any() else 1.0
    by_weekday = _ratios(counts, np.full(len(days), mean), weekday, plain, _WEEKDAYS)
    base = by_weekday[weekday]
    profile = base * _ratios(counts, mean * base, kinds, used, _WORKED + 1)[kinds]
    return np.asarray(profile * _months(counts, profile, used, days))


def _ratios(counts: Floats, due: Floats, kinds: Integers, used: Flags, size: int) -> Floats:
    came = np.bincount(kinds[used], counts[used], minlength=size)
    expected = np.bincount(kinds[used], due[used], minlength=size)
    return np.asarray((came + _SHRINK) / (expected + _SHRINK))


def _months(counts: Floats, profile: Floats, used: Flags, days: pd.DatetimeIndex) -> Floats:
    """Return the season by month, towards 1 where few years are known; all 1 below two years."""
    last = int(np.flatnonzero(used).max(initial=-1)) + 1
    years = last // _YEAR
    if years < _MONTH_YEARS:
        return np.ones(len(days))
    place = np.arange(len(days)) - (last - years * _YEAR)
    inside = used & (place >= 0)
    year, month = place // _YEAR, np.asarray(days.month) - 1
    come = np.bincount(year[inside], counts[inside], minlength=years)
    usual = np.bincount(year[inside], profile[inside], minlength=years)
    level = (come + _SHRINK) / (usual + _SHRINK)
    growth = np.polyfit(np.arange(years), np.log(level), 1)[0]  # a year, which is no season
    within = growth * (place % _YEAR / _YEAR - 0.5)
    due = np.where(inside, level[np.clip(year, 0, years - 1)] * np.exp(within) * profile, 0.0)
    ratio = _ratios(counts, due, month, inside, 12)
    return np.asarray((ratio ** (years / (years + _MONTH_YEARS)))[month])


def due_by_day(counts: Floats, used: Flags, profile: Floats, *, before: int, length: int) -> Due:
    """Estimate what is due each day from the days before it.

    Parameters
    ----------
    counts : ndarray, shape (n, T)
        Complaints a day; NaN unknown.
    used : ndarray, shape (n, T)
        Days that the level may learn from: known, and in no incident.
    profile : ndarray, shape (T,)
        As ``day_profile``.
    before : int
        Days of the history from which dispersion and drift are learnt.
    length : int
        Usual days of a window.

    Notes
    -----
    The level is a discounted ratio of sums, linear in the counts: what is due of parts adds up to what is due
    of their sum. Drift is what windows without an incident showed beyond chance and the level's own error.
    """
    keep = 0.5 ** (1.0 / HALF_LIFE)
    level_sum = _discounted(np.where(used, counts, 0.0), keep)
    weight = _discounted(np.where(used, profile, 0.0), keep)
    squares = _discounted(np.where(used, profile, 0.0), keep**2)
    level = np.where(weight >= LEAST_WEIGHT, level_sum / np.maximum(weight, LEAST_WEIGHT), np.nan)
    mean = level * profile
    learnt = used & np.isfinite(mean) & (mean > 0) & (np.arange(counts.shape[1]) < before)
    pearson = np.where(learnt, (counts - mean) ** 2 / np.where(learnt, mean, 1.0), 0.0).sum(axis=1)
    dispersion = np.maximum(pearson / np.maximum(learnt.sum(axis=1), 1), 1.0)
    relative = squares / (np.maximum(level_sum, 1.0) * np.maximum(weight, LEAST_WEIGHT))
    error = np.where(np.isfinite(level), relative, np.nan) * dispersion[:, None]
    drift = _drift(counts, learnt, level, error, profile, dispersion, length)
    return Due(level=level, error=error, profile=profile, dispersion=dispersion, drift=drift)


def _discounted(values: Floats, keep: float) -> Floats:
    """Sum of the days before each day, each ``keep`` times as heavy as the one after it."""
    return np.asarray(scipy.signal.lfilter([0.0, 1.0], [1.0, -keep], values, axis=1))


def _drift(
    counts: Floats,
    learnt: Flags,
    level: Floats,
    error: Floats,
    profile: Floats,
    dispersion: Floats,
    days: int,
) -> Floats:
    """Relative variance of the level in windows without an incident, beyond chance and the level's error."""
    start = np.arange(max(counts.shape[1] - days + 1, 0))
    whole = _moving(learnt.astype(float), start, days) == days
    came = _moving(np.where(learnt, counts, 0.0), start, days)
    shape = _moving(np.where(np.isfinite(profile), profile, 0.0)[None], start, days)
    mean = np.where(whole, level[:, start] * shape, 0.0)
    own = dispersion[:, None] * mean + np.where(whole, error[:, start], 0.0) * mean**2
    surplus = np.where(whole, (came - mean) ** 2 - own, 0.0).sum(axis=1)
    seen = np.maximum(surplus, 0.0) / np.maximum((mean**2).sum(axis=1), 1.0)
    windows = whole.sum(axis=1) / days
    return np.asarray((windows * seen + _DRIFT_WINDOWS * _DRIFT**2) / (windows + _DRIFT_WINDOWS))


def _moving(values: Floats, start: Integers, days: int) -> Floats:
    return sums_between(values, np.arange(len(values))[:, None], start, start + days)


def window_excess(
    counts: Floats,
    due: Due,
    series: Integers,
    windows: Integers,
    *,
    probability: float,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Compare what came in windows with what was due.

    Parameters
    ----------
    counts : ndarray, shape (n, T)
        Complaints a day; NaN unknown.
    due : Due
        What was due.
    series : ndarray, shape (m,)
        Row of the series of each comparison.
    windows : ndarray, shape (m, 2)
        First day, and the day after the last.
    probability : float
        Of the interval.
    draws : int
        Simulated windows without the incident.
    rng : Generator
        For them.

    Returns
    -------
    DataFrame
        One row per comparison: ``days`` and ``known_days``, ``observed``, ``expected``, ``excess``,
        ``lower``, ``upper`` [complaints, of the known days], ``p_value`` (of as many without the
        incident). NaN where the level is unknown or less than half of the days are known.
    """
    first, stop = windows[:, 0], windows[:, 1]
    known = np.isfinite(counts)
    known_days = sums_between(known.astype(float), series, first, stop)
    observed = sums_between(np.where(known, counts, 0.0), series, first, stop)
    shape = sums_between(np.where(known, due.profile, 0.0), series, first, stop)
    mean = due.level[series, first] * shape
    judged = np.isfinite(mean) & (known_days * 2 >= stop - first)
    spread = due.error[series, first] + due.drift[series]
    came = drawn_counts(np.where(judged, mean, 0.0), due.dispersion[series], spread, draws, rng)
    tail = (1.0 - probability) / 2
    low, high = np.quantile(came, [tail, 1.0 - tail], axis=0)
    beyond = (1.0 + (came >= observed).sum(axis=0)) / (draws + 1.0)
    figures = {
        "observed": observed,
        "expected": mean,
        "excess": observed - mean,
        "lower": observed - high,
        "upper": observed - low,
        "p_value": beyond,
    }
    counted = {name: np.where(judged, value, np.nan) for name, value in figures.items()}
    return pd.DataFrame({"days": stop - first, "known_days": known_days.astype(np.int64), **counted})


def sums_between(values: Floats, series: Integers, first: Integers, stop: Integers) -> Floats:
    """Add up days of series, shape (n, T), from ``first`` on and before ``stop``; in the places' shape."""
    total = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return np.asarray(total[series, stop] - total[series, first])


def drawn_counts(
    mean: Floats, dispersion: Floats, spread: Floats, draws: int, rng: np.random.Generator
) -> Floats:
    """Draw counts (draws, m) of variance ``dispersion × mean + spread × mean²``, mixed by gammas."""
    extra = (dispersion - 1.0) * mean + np.nan_to_num(spread) * mean**2
    varies = (extra > 0) & (mean > 0)
    shape = np.where(varies, mean**2 / np.where(varies, extra, 1.0), 1.0)
    factor = rng.gamma(shape, 1.0 / shape, size=(draws, len(mean)))
    return np.asarray(rng.poisson(mean * np.where(varies, factor, 1.0)), dtype=float)
