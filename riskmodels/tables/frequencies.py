"""Which periods a panel of a table can have: those that its rows cover, or longer ones."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags
from riskmodels.errors import ContractError
from riskmodels.periods.quarters import MONTHS
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.sql import name
from riskmodels.tables.stocks import PERIOD_MONTHS, longest_period
from riskmodels.tables.stored import Table

Frequency = Literal["D", "W", "M", "Q", "Y"]
SHORT = {"D": "day", "W": "week"}  # shorter than a month, by the first letter of pandas' name
# months that a row covers -> what its panel is made by, as pandas calls it
_BY_MONTHS: dict[int, Frequency] = {1: "M", 3: "Q", 6: "Y", 12: "Y"}
_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def frequency_of(table: Table, asked: Frequency | None = None) -> str:
    """Return the frequency of a panel: the one asked for, or the shortest that holds every row of a table.

    Years begin where those of the table begin, e.g. ``Y-MAR`` from April on.

    Raises
    ------
    ContractError
        Rows are counts of longer periods than those asked for, or their years begin in different months.
    """
    if asked in SHORT:
        if CONTRACTS[table.name].counted:
            raise ContractError(
                f"the table '{table.name}' has counts by months or longer: take freq='M', not '{asked}'"
            )
        return asked
    months = longest_period(table)
    freq = asked or _BY_MONTHS[months]
    if months > MONTHS[freq]:
        words = next(period for period, length in PERIOD_MONTHS.items() if length == months)
        raise ContractError(
            f"the table '{table.name}' has counts by {words.replace('_', '-')}:"
            f" take freq='{_BY_MONTHS[months]}', not '{freq}'"
        )
    return freq if freq != "Y" else f"Y-{_NAMES[year_begins(table) - 2]}"


def within(periods: pd.PeriodIndex, months: Sequence[str]) -> Flags:
    """Tell which periods have a day of some months, shape (T,)."""
    found = np.zeros(len(periods), dtype=bool)
    for month in pd.PeriodIndex(list(months), freq="M"):
        found |= np.asarray((periods.start_time <= month.end_time) & (periods.end_time >= month.start_time))
    return found


def year_begins(table: Table, rows: str = "true") -> int:
    """Return the month in which the years of a table begin, in which its half-years lie; January without any.

    Parameters
    ----------
    table : Table
        With a column ``period``, or without.
    rows : str
        SQL for the rows that are meant.

    Raises
    ------
    ContractError
        They begin in different months.
    """
    if longest_period(table) < PERIOD_MONTHS["half_year"]:
        return 1
    at = f"month({name(CONTRACTS[table.name].at)}) AS month"
    long = table.relation.filter(f"period IN ('half_year', 'year') AND ({rows})")
    found = long.aggregate(f"period, {at}").distinct().fetchall()
    years = {month for period, month in found if period == "year"}
    halves = {(month - 1) % 6 + 1 for _, month in found}
    if len(years) > 1 or len(halves) > 1:
        raise ContractError(f"the table '{table.name}' has years that begin in different months")
    return min(years or halves, default=1)
