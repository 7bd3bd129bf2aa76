"""The periods that indicators are counted by: where they start and end, and what they are called."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.labels import marked
from riskmodels.periods.quarters import MONTHS
from riskmodels.tables.sql import literal

Frequency = Literal["M", "Q", "H", "Y"]

NAMES = {"M": marked("months"), "Q": marked("quarters"), "H": marked("half-years"), "Y": marked("years")}
# by months, as pandas calls them; H is ours for half a year
BY_LENGTH: dict[int, Frequency] = {1: "M", 3: "Q", 6: "H", 12: "Y"}
_CALLED = {
    "M": "strftime({at}, '%Y-%m')",
    "Q": "year({at}) || 'Q' || quarter({at})",
    "H": "year({at}) || 'H' || (month({at}) + 5) // 6",
    "Y": "year({at})::VARCHAR",
}
_SHAPE = {"M": "2026-09", "Q": "2026Q3", "H": "2026H2", "Y": "2026"}
_LONG = re.compile(r"\d{4}(H[12])?|\d{4}-\d\d/\d{4}-\d\d")


def start_of(at: str, freq: Frequency, begins: int = 1) -> str:
    """Return SQL for the first day of the period that ``at`` lies in.

    Parameters
    ----------
    at : str
        SQL of a day.
    freq : {"M", "Q", "H", "Y"}
        Length of a period.
    begins : int
        Month in which a year begins, 1 to 12; of half-years, in which one of them does.
    """
    if freq in ("M", "Q"):
        return f"date_trunc('{'month' if freq == 'M' else 'quarter'}', {at})::DATE"
    length, first = MONTHS[freq], f"DATE '1900-{begins:02}-01'"
    months = f"(year({at}) - 1900) * 12 + month({at}) - {begins}"
    return f"({first} + to_months((floor(({months}) / {length}) * {length})::INTEGER))::DATE"


def name_of(start: str, freq: Frequency, begins: int = 1) -> str:
    """Return SQL for what a period is called: 2026-09, 2026Q3, 2026H2, 2026, or 2025-04/2026-03."""
    if begins == 1 or freq in ("M", "Q"):
        return _CALLED[freq].format(at=start)
    last = f"{start} + to_months({MONTHS[freq] - 1})"
    return f"strftime({start}, '%Y-%m') || '/' || strftime({last}, '%Y-%m')"


def inside(at: str, periods: Sequence[str], freq: Frequency) -> str:
    """Return SQL for whether a day is not outside the span of some periods; any is inside of longer ones.

    Raises
    ------
    ParameterError
        One is no period.
    """
    if freq in ("H", "Y"):
        for period in periods:
            if not _LONG.fullmatch(period):
                raise _no_period(f"{period} is none", freq)
        return "true"
    try:
        wanted = pd.PeriodIndex(list(periods), freq=freq)
    except ValueError as error:
        raise _no_period(str(error), freq) from None
    first, end = wanted.min().start_time.date(), (wanted.max() + 1).start_time.date()
    return f"{at} >= {literal(str(first))}::DATE AND {at} < {literal(str(end))}::DATE"


def _no_period(why: str, freq: Frequency) -> ParameterError:
    shapes = "2026Q3 or 2026-09" if freq in ("M", "Q") else f"{_SHAPE[freq]} or 2025-04/2026-03"
    return ParameterError(f"periods: {why}; expected a period like {shapes}")


def last_periods(until: date, freq: Frequency, begins: int = 1, *, number: int = 4) -> list[str]:
    """Name the last periods that begin by a day, the latest first.

    Examples
    --------
    >>> last_periods(date(2026, 9, 30), "H", number=2), last_periods(date(2026, 3, 31), "Y", 4, number=1)
    (['2026H2', '2026H1'], ['2025-04/2026-03'])
    """
    length = MONTHS[freq]
    month = pd.Period(until, freq="M")
    first = month - (month.year * 12 + month.month - begins) % length
    return [_called(first - length * back, freq, begins) for back in range(number)]


def _called(first: pd.Period, freq: Frequency, begins: int) -> str:
    if freq == "M":
        return str(first)
    if freq == "Q":
        return str(first.asfreq("Q"))
    if begins == 1:
        return f"{first.year}" + (f"H{(first.month + 5) // 6}" if freq == "H" else "")
    return f"{first}/{first + MONTHS[freq] - 1}"
