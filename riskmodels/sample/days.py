"""The days of the panel: how many complaints a day draws, and which days the bank works."""

from typing import Final

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers, Times
from riskmodels.sample.plan import (
    AS_OF,
    FIRST_MONTH,
    LAST_MONTH,
    MONTHS,
    NEW_YEAR_DAYS,
    NEW_YEAR_FACTOR,
    NEW_YEARS,
    SEASON_AMPLITUDE,
    SEASON_PEAK_DAY,
    SHOCK_FACTOR,
    SHOCK_MONTH,
    TREND_PER_YEAR,
    WEEKDAYS,
)

DAYS_PER_YEAR: Final = 365.25  # on average, with leap years
# all days of the bank
DAYS: Final = np.arange(
    FIRST_MONTH.astype("M8[D]"), (LAST_MONTH + np.timedelta64(1, "M")).astype("M8[D]"), dtype="M8[D]"
)

# Weekdays without work and weekend days with work, as the State Council announced them for each year.
_CLOSED: Final = """
2022-10-03 2022-10-04 2022-10-05 2022-10-06 2022-10-07
2023-01-02 2023-01-23 2023-01-24 2023-01-25 2023-01-26 2023-01-27 2023-04-05 2023-05-01 2023-05-02
2023-05-03 2023-06-22 2023-06-23 2023-09-29 2023-10-02 2023-10-03 2023-10-04 2023-10-05 2023-10-06
2024-01-01 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05 2024-05-01
2024-05-02 2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04
2024-10-07 2025-01-01 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-02-03 2025-02-04 2025-04-04
2025-05-01 2025-05-02 2025-05-05 2025-06-02 2025-10-01 2025-10-02 2025-10-03 2025-10-06 2025-10-07
2025-10-08 2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23
2026-04-06 2026-05-01 2026-05-04 2026-05-05 2026-06-19 2026-09-25
"""
_MADE_UP: Final = """
2022-10-08 2022-10-09 2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 2023-10-08
2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 2025-01-26
2025-02-08 2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20
"""


def new_year_days() -> Flags:
    """Mark the days of the panel, shape (days,), that lie in the two weeks around Chinese New Year."""
    first, last = NEW_YEAR_DAYS
    offsets = np.arange(first, last + 1).astype("m8[D]")
    return np.isin(DAYS, np.array(NEW_YEARS, dtype="M8[D]")[:, None] + offsets)


def calendar_factors() -> Floats:
    """Compute season × weekday × New Year, shape (days,); the mean of the last twelve months is 1."""
    day_of_year = (DAYS - DAYS.astype("M8[Y]")).astype(np.int64) + 1
    season = 1 + SEASON_AMPLITUDE * np.cos(2 * np.pi * (day_of_year - SEASON_PEAK_DAY) / DAYS_PER_YEAR)
    weekday = np.array(WEEKDAYS)[(DAYS.astype(np.int64) + 3) % 7]  # 1 January 1970 was a Thursday
    factors = season * weekday * np.where(new_year_days(), NEW_YEAR_FACTOR, 1.0)
    return np.asarray(factors / factors[-365:].mean(), dtype=np.float64)


def level_factors() -> Floats:
    """Compute trend × shared shock, shape (days,); the last day is 1."""
    years_to_end = (DAYS[-1] - DAYS).astype(np.float64) / DAYS_PER_YEAR
    shock = np.where(DAYS < SHOCK_MONTH, 1 / SHOCK_FACTOR, 1.0)
    return np.asarray((1 + TREND_PER_YEAR) ** -years_to_end * shock, dtype=np.float64)


def day_factors() -> Floats:
    """Compute the factor on the rate of the last day, shape (days,)."""
    return calendar_factors() * level_factors()


def month_of_day() -> Integers:
    """Number the month of each day, shape (days,), from 0."""
    return (DAYS.astype("M8[M]") - FIRST_MONTH).astype(np.int64)


def year_fractions() -> Floats:
    """Add the day factors up by month, shape (months,) [years at the rate of the last day]."""
    return np.bincount(month_of_day(), weights=day_factors(), minlength=len(MONTHS)) / DAYS_PER_YEAR


def arrival_days(month: Integers, *, rng: np.random.Generator) -> Times:
    """Draw the day of arrival, shape (n,), inside the month numbered ``month``, by the day factors."""
    reached = np.concatenate([[0.0], np.cumsum(day_factors())])
    edges = np.searchsorted(month_of_day(), np.arange(len(MONTHS) + 1))
    low, high = reached[edges[month]], reached[edges[month + 1]]
    place = np.searchsorted(reached, low + rng.random(len(month)) * (high - low), side="right") - 1
    days: Times = DAYS[np.clip(place, edges[month], edges[month + 1] - 1)]
    return days


def working_days() -> Times:
    """List the working days of the bank, shape (working days,), to one year after the panel."""
    every = np.arange(DAYS[0], DAYS[-1] + np.timedelta64(366, "D"))
    weekday = np.is_busday(every)
    closed, made_up = (np.array(words.split(), dtype="M8[D]") for words in (_CLOSED, _MADE_UP))
    working: Times = every[(weekday & ~np.isin(every, closed)) | np.isin(every, made_up)]
    return working


def working_day_after(day: Times, count: Integers) -> Times:
    """Find the ``count``-th working day after ``day``; the day itself where ``count`` is 0."""
    working = working_days()
    place = np.searchsorted(working, day, side="right") + count - 1
    found = working[np.clip(place, 0, len(working) - 1)]
    return np.where(count == 0, day, found)


def at_minute(day: Times, minute: Floats) -> Times:
    """Join a day and minutes after its midnight into a time, whole minutes."""
    time: Times = day.astype("M8[m]") + np.floor(minute).astype("m8[m]")
    return time


def known(time: Times) -> Times:
    """Replace times after the as-of date by NaT: nobody knows them yet."""
    return np.where(time > AS_OF, np.array("NaT", dtype=time.dtype), time)


def visible(time: Times) -> Flags:
    """Mark the times up to the as-of date."""
    return np.asarray(time <= AS_OF, dtype=np.bool_)
