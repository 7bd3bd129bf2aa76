"""What a row of counts covers: of a stock, such as accounts, a source may give ends of quarters only."""

import numpy as np

from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.sql import literal, name
from riskmodels.tables.stored import Table

PERIOD_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}  # months of each
_LENGTHS = (12, 6, 3)  # months


def period_months() -> str:
    """SQL for the months that the column ``period`` says; NULL where it says none."""
    cases = " ".join(f"WHEN {literal(period)} THEN {months}" for period, months in PERIOD_MONTHS.items())
    return f"CASE period {cases} END"


def longest_period(table: Table) -> int:
    """Return the months of the longest period that a row says it covers; 1 where none does."""
    if not table.gives("period"):
        return 1
    return int(table.relation.aggregate(f"coalesce(max({period_months()}), 1)").fetchall()[0][0])


def months_each(table: Table) -> int:
    """Return for how many months each row stands: 3, 6 or 12 where all rows lie that far apart, else 1."""
    at = name(CONTRACTS[table.name].at)
    month = f"year({at}) * 12 + month({at})"
    rows = table.relation.filter(f"{at} IS NOT NULL").aggregate(f"{month} AS month").distinct()
    apart = np.diff(sorted(place for (place,) in rows.fetchall()))
    if not len(apart):  # one month has no distance
        return 1
    return next((length for length in _LENGTHS if (apart % length == 0).all()), 1)


def in_months(table: Table) -> str:
    """SQL for the rows of a stock, those not known included, one per month.

    A figure given once a quarter (half-year, year) is that of every month of its quarter.
    """
    length, at = months_each(table), name(CONTRACTS[table.name].at)
    if length == 1:
        return table.cells
    first = f"make_date(year({at}), ((month({at}) - 1) // {length}) * {length} + 1, 1)"
    return each_month(f"(SELECT * REPLACE ({first} AS {at}) FROM {table.cells})", at, str(length))


def each_month(rows: str, at: str, months: str) -> str:
    """SQL for rows that cover some months from ``at`` on, once for each of these."""
    month = f"({at} + to_months(place::INTEGER))::DATE"
    return (
        f"(SELECT cells.* REPLACE ({month} AS {at}) FROM {rows} AS cells, range({months}) AS places(place))"
    )
