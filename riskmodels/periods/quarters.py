"""Months, quarters and years as people write them, and the last one that is known to its end."""

import re
from datetime import date

import pandas as pd

from riskmodels.errors import ParameterError

MONTHS = {"M": 1, "Q": 3, "H": 6, "Y": 12}  # of a period
MONTHS_OF = {**MONTHS, "W": 7 / 30.4375, "D": 1 / 30.4375}  # the same of shorter ones, on average
_PERIOD = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2])(-[0-3]\d)?|-?[Qq][1-4])?")


def period_of(text: str | pd.Period, freq: str) -> pd.Period:
    """Return a month, quarter or year as a period of a frequency: of a longer one its last part.

    Raises ParameterError for anything else.
    """
    if isinstance(text, str) and not _PERIOD.fullmatch(text):
        raise ParameterError(
            f"{text} is no period; expected a month, quarter or year: 2026-09, 2026Q3 or 2026"
        )
    try:
        period = pd.Period(text)
    except ValueError as error:  # the 31st of September
        raise ParameterError(f"{text} is no period: {error}") from None
    return period.asfreq(freq, how="end")


def check_quarter(period: str) -> pd.Period:
    """Return a quarter like ``2026Q3`` as a Period; raises ParameterError for anything else."""
    if re.fullmatch(r"[12][0-9]{3}Q[1-4]", period):
        return pd.Period(period, freq="Q")
    raise ParameterError(f"'{period}' is not a quarter; expected a year, Q and 1 to 4, e.g. 2026Q3")


def last_complete(as_of: date, freq: str) -> pd.Period:
    """Return the last period that has ended by the end of a day."""
    day = pd.Timestamp(as_of)
    period = day.to_period(freq)
    return period if day.date() == period.end_time.date() else period - 1
