"""What moves days and weeks and is known beforehand: weekdays, days without work, the time of the year."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.periods.workdays import lunar_new_years, named_holidays, working_days

_WEEK, _YEAR = 7, 365.25  # days
_MOST_DAYS = 0.5  # share of the days of a weekday that have work, from which on it is a working day
_LEAST_WORK = 0.5  # days that a week without any working day counts for, as its logarithm is taken
_HARMONICS = 2  # of the year
_LONG_BREAK = 3  # days without work from which on the days about it are special: longer than a weekend
# days from New Year's Day: business slows down, stands still, and is not quite back
_NEW_YEAR = ((-7, -1), (0, 6), (7, 13))
_TURN = ((12, 23), (1, 2))  # month and day: from when to when offices are half empty at the turn of the year
# Standard deviations of effects on the logarithm of a mean, before anything is seen; choices.
_OFF = 1.5  # of days without work: less than half is usual, a tenth possible
_WEEKDAY = 0.3  # of a weekday among working days, or among those without work
_ANY_WEEKDAY = 1.0  # of a weekday where no calendar says on which there is work
_ODD = 0.3  # of holidays against weekends, and of days about a long break
_MAKE_UP = 0.1  # of make-up working days against working days: they are such
_SHARE = 0.7  # of the logarithm of the share of working days of a week: about in proportion


@dataclass(frozen=True, kw_only=True, eq=False)
class Courses:
    """Regressors of the logarithm of the mean of T periods.

    Attributes
    ----------
    rows : ndarray, shape (T, p)
    prior : ndarray, shape (p,)
        Standard deviations of their effects before anything is seen; one of the harmonics', to be scaled.
    yearly : ndarray of bool, shape (p,)
        Which are harmonics of the year.
    kinds : ndarray of int, shape (T,)
        Kinds of periods that a series may have its own way with: the weekdays of ordinary days, holidays,
        make-up working days; the months of weeks.
    ordinary : ndarray, shape (T, p)
        The rows as they would be were there no holidays and no make-up working days.
    """

    rows: Floats
    prior: Floats
    yearly: Flags
    kinds: Integers
    ordinary: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Days:
    """Days one by one: weekday, whether there is work, and whether there usually is on such a weekday.

    ``new_year`` are the days about the Lunar New Year, (days, 3); ``turn`` those about the turn of the year;
    ``named`` the holidays that come again under the same name, (days, holidays).
    """

    day: pd.DatetimeIndex
    weekday: Integers
    works: Flags
    usual: Flags
    new_year: Floats
    turn: Flags
    named: Floats


def courses_of(periods: pd.PeriodIndex, calendar: str | None, closed: Collection[date]) -> Courses:
    """Tabulate days or weeks; holidays, ``closed`` besides, only where a calendar is named.

    Raises
    ------
    ParameterError
        No calendar is known for the country.
    """
    days = None if calendar is None else _days(periods, calendar, closed)
    if periods.freqstr[0] == "D":
        known = _weekdays(periods) if days is None else _of_days(days)
    else:
        known = _of_weeks(periods, days)
    rows, ordinary, prior, kinds = known
    waves = _harmonics(periods)
    return Courses(
        rows=np.concatenate([rows, waves], axis=1),
        ordinary=np.concatenate([ordinary, waves], axis=1),
        prior=np.append(prior, 1.0 / np.repeat(np.arange(1, _HARMONICS + 1), 2)),
        yearly=np.arange(rows.shape[1] + waves.shape[1]) >= rows.shape[1],
        kinds=kinds,
    )


_Known = tuple[Floats, Floats, Floats, Integers]  # rows, ordinary rows, prior, kinds


def _harmonics(periods: pd.PeriodIndex) -> Floats:
    """Waves of the year at the middles of the periods, by the day of the year, so that leap years fit."""
    middle = periods.start_time + (periods.end_time - periods.start_time) / 2
    angle = 2 * np.pi * np.asarray(middle.day_of_year, dtype=float) / _YEAR
    waves = [wave(turn * angle) for turn in range(1, _HARMONICS + 1) for wave in (np.cos, np.sin)]
    return np.stack(waves, axis=1)


def _days(periods: pd.PeriodIndex, calendar: str, closed: Collection[date]) -> _Days:
    """Tabulate the days of the periods; a weekday is usual where most of them have work."""
    first, last = periods[0].start_time.date(), periods[-1].end_time.date()
    margin = timedelta(days=2 * _WEEK)  # so that breaks at both ends are seen whole
    table = working_days(first - margin, last + margin, country=calendar, closed=closed)
    day = pd.DatetimeIndex(table["day"])
    works = np.diff(table["working_index"].to_numpy(), prepend=0) > 0
    weekday = np.asarray(day.day_of_week, dtype=np.int64)
    share = np.bincount(weekday, works, _WEEK) / np.bincount(weekday, minlength=_WEEK)
    new_year = np.zeros((len(day), len(_NEW_YEAR)))
    for start in lunar_new_years(first.year - 1, last.year + 1, country=calendar):
        since = np.asarray((day - pd.Timestamp(start)).days)
        new_year += np.stack([(since >= low) & (since <= high) for low, high in _NEW_YEAR], axis=1)
    usual = (share > _MOST_DAYS)[weekday]
    date_of = day.month * 100 + day.day
    (month, start_day), (last_month, last_day) = _TURN
    turn = (date_of >= month * 100 + start_day) | (date_of <= last_month * 100 + last_day)
    return _Days(
        day=day,
        weekday=weekday,
        works=works,
        usual=usual,
        new_year=new_year,
        turn=np.asarray(turn),
        named=_named(day, ~works & usual, calendar),
    )


def _named(day: pd.DatetimeIndex, holiday: Flags, calendar: str) -> Floats:
    """Tell holidays of one name from others, (days, names); a name of one day only tells nothing."""
    names = named_holidays(day[0].date(), day[-1].date(), country=calendar)
    name = pd.Series([names.get(one) for one in day.date]).where(holiday)
    number = name.value_counts()
    return np.stack(
        [np.asarray(name == one) for one in sorted(number.index[number > 1])] or [holiday], axis=1
    )


def _weekdays(periods: pd.PeriodIndex) -> _Known:
    weekday = np.asarray(periods.day_of_week, dtype=np.int64)
    rows = np.eye(_WEEK)[weekday]
    return rows, rows, np.full(_WEEK, _ANY_WEEKDAY), weekday


def _of_days(days: _Days) -> _Known:
    """Tabulate days: what they are, then holidays, make-up days and the days about long breaks."""
    works, usual = days.works, days.usual
    weekday = np.eye(_WEEK)[days.weekday]
    holiday, make_up = ~works & usual, works & ~usual
    odd = [make_up, holiday, *_about_breaks(works), _bridges(works), days.turn & works, days.turn & ~works]
    odd += [*days.new_year.T, *days.named.T]
    rows = np.column_stack([~works, weekday * (works == usual)[:, None], *odd]).astype(float)
    ordinary = np.column_stack([~usual, weekday, np.zeros((len(works), len(odd)))]).astype(float)
    prior = [_OFF, *[_WEEKDAY] * _WEEK, _MAKE_UP, *[_ODD] * (len(odd) - 1)]
    kinds = np.where(holiday, _WEEK, np.where(make_up, _WEEK + 1, days.weekday))
    inside = slice(2 * _WEEK, len(works) - 2 * _WEEK)
    return rows[inside], ordinary[inside], np.array(prior), kinds[inside]


def _about_breaks(works: Flags) -> tuple[Flags, Flags, Flags]:
    """Working days before a long break, and the first and the second after it, each (days,)."""
    length = len(works)
    run = np.arange(length) - np.maximum.accumulate(np.where(works, np.arange(length), 0))
    back = works[::-1]
    to_come = (np.arange(length) - np.maximum.accumulate(np.where(back, np.arange(length), 0)))[::-1]
    first = works & (np.append(0, run[:-1]) >= _LONG_BREAK)
    before = works & (np.append(to_come[1:], 0) >= _LONG_BREAK)
    return before, first, np.asarray(works & np.append(False, first[:-1]))


def _bridges(works: Flags) -> Flags:
    """Single working days between days without work."""
    off = np.concatenate([[False], ~works, [False]])
    return np.asarray(works & off[:-2] & off[2:])


def _of_weeks(periods: pd.PeriodIndex, days: _Days | None) -> _Known:
    """Tabulate weeks: the share of working days, and the days about the Lunar New Year."""
    kinds = np.asarray((periods.start_time + pd.Timedelta(days=3)).month, dtype=np.int64) - 1
    if days is None:
        none = np.zeros((len(periods), 0))
        return none, none, np.zeros(0), kinds
    place = np.asarray(periods.get_indexer(days.day.to_period(periods.freqstr)))
    inside = place >= 0
    parts = [days.works, days.usual, *days.new_year.T, days.turn, *days.named.T]
    working, usual, *odd = (
        np.bincount(place[inside], np.asarray(part, dtype=float)[inside], len(periods)) for part in parts
    )
    share = np.log(np.maximum(working, _LEAST_WORK) / np.maximum(usual, _LEAST_WORK))
    rows = np.stack([share, *(part / _WEEK for part in odd)], axis=1)
    return rows, np.zeros_like(rows), np.array([_SHARE, *[_ODD] * len(odd)]), kinds
