"""Working days of a country, Chinese make-up working days included."""

from datetime import date
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.errors import ParameterError

_YEARS = 256  # of countries, that are kept: a run asks for the same ones many times


def working_days(start: date, end: date, *, country: str) -> pd.DataFrame:
    """Number the working days of a country.

    Parameters
    ----------
    start, end : date
        First and last day, inclusive.
    country : str
        ISO 3166 code, e.g. ``CN``; public holidays of the country as a whole.

    Returns
    -------
    DataFrame
        One row a calendar day: ``day`` (datetime64), ``working_index`` (int64) [working days], the number
        of working days from ``start`` up to and including the day. It never falls; the working days
        between two days are the difference of their indices.

    Raises
    ------
    ParameterError
        No calendar is known for the country.

    Notes
    -----
    Source: the ``holidays`` library. China's calendar is known to the year for which the State Council
    has announced it; later years have the statutory days without make-up working days.

    Examples
    --------
    >>> days = working_days(date(2024, 2, 9), date(2024, 2, 18), country="CN")  # Spring Festival
    >>> int(days["working_index"].iloc[-1])  # the 9th, and Sunday the 18th, a make-up working day
    2
    """
    days = pd.date_range(start, end, freq="D", unit="s")
    years = [_working(country, year) for year in range(start.year, end.year + 1)]
    first = (start - date(start.year, 1, 1)).days
    working = np.concatenate(years)[first : first + len(days)]
    return pd.DataFrame({"day": days, "working_index": working.cumsum()})


@lru_cache(maxsize=_YEARS)
def _working(country: str, year: int) -> npt.NDArray[np.int64]:
    """Tell of each day of a year whether it is a working day, 1 or 0."""
    try:
        calendar = holidays.country_holidays(country, years=[year - 1, year])  # one may move into the next
    except NotImplementedError:
        raise ParameterError(f"no calendar of working days is known for the country '{country}'") from None
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="D")
    return np.array([calendar.is_working_day(day) for day in days.date], dtype=np.int64)


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
    return first if first in holidays.country_holidays(country, years=year) else None
