"""Working days of a country, Chinese make-up working days included."""

from datetime import date, timedelta

import holidays
import pandas as pd

from riskmodels.errors import ParameterError


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
    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        raise ParameterError(f"no calendar of working days is known for the country '{country}'") from None
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    working = pd.Series([calendar.is_working_day(day) for day in days], dtype="int64")
    return pd.DataFrame({"day": pd.to_datetime(days), "working_index": working.cumsum()})


def lunar_new_years(first: int, last: int, *, country: str) -> list[date]:
    """Return the Lunar New Year's Days (Spring Festival) of the years ``first`` to ``last``.

    Empty for a country in which the day is no public holiday.

    Examples
    --------
    >>> lunar_new_years(2026, 2026, country="CN"), lunar_new_years(2026, 2026, country="US")
    ([datetime.date(2026, 2, 17)], [])
    """
    years = range(first, last + 1)
    chinese = holidays.country_holidays("CN", years=years, language="en_US")
    own = holidays.country_holidays(country, years=years)
    found: dict[int, date] = {}
    for day in sorted(chinese.get_named("Spring Festival", lookup="icontains")):
        found.setdefault(day.year, day)
    return [day for day in found.values() if day in own]
