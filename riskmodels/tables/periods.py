"""Periods as people write them, and the last one that a table knows to its end."""

import re

import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.tables.stored import Table

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


def last_complete(table: Table, freq: str) -> pd.Period:
    """Return the last period that ended by the as-of day of a table."""
    as_of = pd.Timestamp(table.provenance.as_of)
    period = as_of.to_period(freq)
    return period if as_of.date() == period.end_time.date() else period - 1
