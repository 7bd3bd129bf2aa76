"""Working days of a country, Chinese make-up working days included."""

import warnings
from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import pandas as pd

from riskmodels.arrays import Integers
from riskmodels.errors import ParameterError

_YEARS = 256  # of countries, that are kept: a run asks for the same ones many times


def working_days(start: date, end: date, *, country: str, closed: Collection[date] = ()) -> pd.DataFrame:
    """Number the working days of a country.

    Parameters
    ----------
    start, end : date
        First and last day, inclusive.
    country : str
        ISO 3166 code of a country, e.g. ``CN``, or of a part of one, e.g. ``GB-ENG``: its public holidays,
        and its bank holidays where the library has them.
    closed : collection of date
        Days without work besides.

    Returns
    -------
    DataFrame
        One row per calendar day: ``day`` (datetime64), ``working_index`` (int64) [working days], the number
        of working days from ``start`` up to and including the day. It never falls; the working days
        between two days are the difference of their indices.

    Raises
    ------
    ParameterError
        No calendar is known for the country.

    Notes
    -----
    Source: the ``holidays`` library. China's calendar is known to the year for which the State Council
    has announced it; later years have the statutory days without make-up working days. Of some countries the
    library knows some years only (India: 2001 to 2035); others have the days that are the same every year.

    Examples
    --------
    >>> days = working_days(date(2024, 2, 9), date(2024, 2, 18), country="CN")  # Spring Festival
    >>> int(days["working_index"].iloc[-1])  # the 9th, and Sunday the 18th, a make-up working day
    2
    """
    days = pd.date_range(start, end, freq="D", unit="s")
    years = [_working(country, year) for year in range(start.year, end.year + 1)]
    first = (start - date(start.year, 1, 1)).days
    working = np.concatenate(years)[first : first + len(days)] * ~days.isin(pd.to_datetime(list(closed)))
    return pd.DataFrame({"day": days, "working_index": working.cumsum()})


def after_working_days(start: date, number: int, *, country: str, closed: Collection[date] = ()) -> date:
    """Return the working day that is ``number`` of them (from 1 on) after a day; others as ``working_days``.

    Examples
    --------
    >>> after_working_days(date(2024, 2, 8), 2, country="CN")  # Spring Festival, then a Sunday of work
    datetime.date(2024, 2, 18)
    """
    end, index = start, np.zeros(1)
    while index[-1] - index[0] < number:  # the span doubles until it holds as many
        end += (end - start) + timedelta(days=number + 1)
        index = working_days(start, end, country=country, closed=closed)["working_index"].to_numpy()
    return start + timedelta(days=int(np.argmax(index - index[0] >= number)))


@lru_cache(maxsize=_YEARS)
def _working(country: str, year: int) -> Integers:
    """Say of each day of a year whether it is a working day, 1 or 0."""
    calendar = _calendar(country, year - 1, year)  # one may move into the next
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="D")
    return np.array([calendar.is_working_day(day) for day in days.date], dtype=np.int64)


def check_calendar(country: str) -> None:
    """Refuse a country, or a part of one, whose calendar is not known.

    Raises
    ------
    ParameterError
        With the parts of the country that are known, where it is one.
    """
    land, parted, part = country.partition("-")
    known = holidays.list_supported_countries()
    if land not in known:
        raise ParameterError(
            f"no calendar of working days is known for the country '{country}'; expected an ISO 3166 code,"
            " e.g. CN, US or GB-ENG"
        )
    if parted and part not in known[land]:
        parts = ", ".join(f"{land}-{name}" for name in known[land]) or "none"
        raise ParameterError(
            f"no calendar of working days is known for '{country}'; known parts of {land}: {parts}"
        )


def _calendar(country: str, first: int, last: int) -> holidays.HolidayBase:
    """Return the public and, where there are any, bank holidays of the years ``first`` to ``last``."""
    check_calendar(country)
    land, _, part = country.partition("-")
    known = holidays.country_holidays(land, subdiv=part or None)
    kinds = tuple(kind for kind in ("public", "bank") if kind in known.supported_categories)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Requested Holidays are available only")
        return holidays.country_holidays(
            land, subdiv=part or None, years=range(first, last + 1), categories=kinds
        )


def named_holidays(start: date, end: date, *, country: str) -> dict[date, str]:
    """Return the holidays of a country from one day to another and their names in its first language.

    That of the day off for a holiday at a weekend is the holiday's.

    Examples
    --------
    >>> sorted(set(named_holidays(date(2026, 7, 1), date(2026, 7, 31), country="US").values()))
    ['Independence Day']
    """
    calendar = _calendar(country, start.year - 1, end.year)
    return {day: name.split(" (")[0] for day, name in calendar.items() if start <= day <= end}


def lunar_new_years(first: int, last: int, *, country: str) -> list[date]:
    """Return the Lunar New Year's Days (Spring Festival) of the years ``first`` to ``last``.

    Empty for a country in which the day is no public holiday.

    Examples
    --------
    >>> lunar_new_years(2026, 2026, country="CN"), lunar_new_years(2026, 2026, country="US")
    ([datetime.date(2026, 2, 17)], [])
    """
    found = (_lunar_new_year(country, year) for year in range(first, last + 1))
    return [day for day in found if day is not None]


@lru_cache(maxsize=_YEARS)
def _lunar_new_year(country: str, year: int) -> date | None:
    chinese = holidays.country_holidays("CN", years=year, language="en_US")
    days = [day for day in chinese.get_named("Spring Festival", lookup="icontains") if day.year == year]
    first = min(days, default=None)
    return first if first in _calendar(country, year, year) else None
