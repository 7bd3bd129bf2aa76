"""Months without a row between months with many: zero, or not known? Nobody said."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.periods.quarters import last_complete
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import Contract
from riskmodels.tables.empties import find_empties
from riskmodels.tables.sql import name
from riskmodels.tables.stocks import (
    PERIOD_MONTHS,
    each_month,
    longest_period,
    months_each,
    period_months,
)
from riskmodels.tables.store import Tables
from riskmodels.tables.stored import Table, as_relation
from riskmodels.tables.yearly_sums import find_sums

ENOUGH = 10  # rows that a hole would have: by chance it has none once in 20,000
KEPT = 64  # tables whose months are remembered
_ENOUGH_OF_A_PART = 20  # rows a month that a part has usually: a month without any is then no chance
AROUND = 12  # periods on either side
STALE_DAYS = 7  # days; a choice: a week's delay is usual
_PARTS = ("unit_id", "product")
_SHOWN = 5  # told one by one; a choice
_OF_MONTHS = {months: period for period, months in PERIOD_MONTHS.items()}


def find_holes(tables: Tables) -> pd.DataFrame:
    """Find the months without a row where rows are to be expected, and tables that end before the as-of day.

    Returns
    -------
    DataFrame
        table, doubt: one row per table, or part of one, and hole; months that are declared unknown are none.
    """
    rows = [(table.name, words) for table in tables.present for words in _of_table(table, tables)]
    return pd.DataFrame(rows, columns=["table", "doubt"], dtype="str")


def runs_without(counts: Floats, *, step: int = 1, least: float = ENOUGH) -> list[tuple[int, int]]:
    """Find runs of zeros between periods with many rows.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Rows of consecutive months; NaN where the source says that it does not know.
    step : int
        Months that lie between two rows.
    least : float
        Rows that a run would usually have, for it to be a hole.

    Returns
    -------
    list of (int, int)
        First and last place of each run; never the first or the last month.

    Examples
    --------
    >>> runs_without(np.array([90.0, 88, 0, 0, 91, 92]))
    [(2, 3)]
    """
    there = np.flatnonzero(counts > 0)
    holes = []
    for before, after in pairwise(there.tolist()):
        due = np.arange(before + step, after, step)
        empty = due[counts[due] == 0]
        if not len(empty):
            continue
        around = counts[before::-step][:AROUND], counts[after::step][:AROUND]
        if typical(np.concatenate(around)) * len(empty) >= least:
            holes.append((int(empty[0]), int(empty[-1])))
    return holes


def typical(counts: Floats) -> float:
    """Return what a month usually has: the mean, quiet months included, at most a busy month's median."""
    return min(float(np.nanmean(counts)), float(np.median(counts[counts > 0])))


def describe_hole(first: str, last: str, usual: float) -> str:
    """Say that months have no row, and what to do."""
    what = first if first == last else f"{first} to {last}"
    declared = first if first == last else f"{first}/{last}"
    return (
        f"no row in {what}, between months with about {usual:,.0f}: zero or unknown?"
        f" If the source does not know them, say so: unknown: [{declared}]"
    )


def whole_block(first: str, last: str, length: int) -> tuple[str, str]:
    """Return the first and the last month of the quarters (half-years, years) that two months lie in.

    Examples
    --------
    >>> whole_block("2024-09", "2024-09", 3)
    ('2024-07', '2024-09')
    """
    begin, end = pd.Period(first, freq="M"), pd.Period(last, freq="M")
    return str(begin - (begin.month - 1) % length), str(end + (length - 1 - (end.month - 1) % length))


def _of_table(table: Table, tables: Tables) -> Iterator[str]:
    contract = CONTRACTS[table.name]
    if not contract.at:
        return
    counts, months = monthly_rows(table)
    if not len(months):
        return
    step = 1 if table.gives("period") else months_each(table)
    least = 1.0 if contract.cell else ENOUGH
    yield from (words for _, words in _holes(counts[np.newaxis], months, step, least))
    if "period" in contract.names and step > 1:
        yield (
            f"its rows lie {step} months apart: if each is of all {step} months,"
            f" say period: {{value: {_OF_MONTHS[step]}}}"
        )
    yield from find_sums(table)
    yield from find_empties(table)
    if table.provenance.rows_accepted:
        yield from _stale(table, contract, counts, months, step, tables)
    for part in _PARTS:
        if part in contract.names and table.gives(part) and step == 1:
            whole = (counts > 0) | np.isnan(counts)
            yield from _of_parts(table, contract, part, whole)


def _of_parts(table: Table, contract: Contract, part: str, whole: Flags) -> Iterator[str]:
    """Name the holes of single units or products, in months in which others have rows."""
    counts = _rows_by_month(table, contract, part)
    series, months = _spread_over_months(counts, table)
    series[:, ~whole] = np.nan
    keys = sorted(counts["key"].unique())
    least = 3.0 * longest_period(table) if contract.cell else _ENOUGH_OF_A_PART
    found = list(_holes(series, months, 1, least))
    for place, words in found[:_SHOWN]:
        yield f"{part} {keys[place]!r}: {words}"
    if len(found) > _SHOWN:
        yield f"{part}: {len(found) - _SHOWN} more such holes"


def _holes(series: Floats, months: pd.PeriodIndex, step: int, least: float) -> Iterator[tuple[int, str]]:
    for place, counts in enumerate(series):
        usual = float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0
        for first, last in runs_without(counts, step=step, least=least):
            yield place, describe_hole(*whole_block(str(months[first]), str(months[last]), step), usual)


@lru_cache(maxsize=KEPT)
def monthly_rows(table: Table) -> tuple[Floats, pd.PeriodIndex]:
    """Return the rows of each month of a table's span, shape (T,), NaN where declared unknown, and these."""
    counts = _rows_by_month(table, CONTRACTS[table.name], "")
    if counts.empty:
        return np.empty(0), pd.period_range("2000-01", periods=0, freq="M")
    series, months = _spread_over_months(counts, table)
    return series[0], months


def _rows_by_month(table: Table, contract: Contract, key: str) -> pd.DataFrame:
    """Count rows by month and one column: key, month, rows; of counts rejected ones, too, in all months."""
    at = name(contract.at)
    column = f"coalesce({name(key)}, '')" if key else "''"
    source = table.cells
    if table.gives("period"):  # a row counts for every month of it
        length = f"coalesce({period_months()}, {longest_period(table)})"
        source = each_month(source, at, length)
    begins = f"DATE '{table.begins or date.min}'"  # lone days before are shown elsewhere
    rows = as_relation(f"FROM {source} WHERE {at} >= {begins}")
    return pd.DataFrame(
        rows.aggregate(f"{column} AS key, strftime({at}, '%Y-%m') AS month, count(*) AS \"rows\"").df()
    )


def _spread_over_months(counts: pd.DataFrame, table: Table) -> tuple[Floats, pd.PeriodIndex]:
    """Return rows of each key and month of the span, shape (keys, T), NaN where declared unknown."""
    given = pd.PeriodIndex(counts["month"], freq="M")
    months = pd.period_range(given.min(), given.max(), freq="M")
    keys, names = pd.factorize(counts["key"], sort=True)
    values = np.zeros((len(names), len(months)))
    np.add.at(values, (keys, months.get_indexer(given)), counts["rows"].to_numpy(np.float64))
    values[:, months.astype("str").isin(table.provenance.unknown_months)] = np.nan
    return values, months


def _stale(
    table: Table, contract: Contract, counts: Floats, months: pd.PeriodIndex, step: int, tables: Tables
) -> Iterator[str]:
    """Tell where the rows end before the as-of day although more were to be expected."""
    as_of = pd.Timestamp(tables.as_of)
    if contract.cell:
        length = max(step, longest_period(table))
        end = months[-1].end_time
        missing = (last_complete(as_of, "M") - end.to_period("M")).n
        is_stale = missing >= length
    else:
        last = table.relation.aggregate(f"max({name(contract.at)}) AS last").fetchall()[0][0]
        end = pd.Timestamp(last).normalize()
        usual = counts[-AROUND:]
        daily = float(np.nanmean(usual)) / 30.44 if np.isfinite(usual).any() else 0.0  # days of a month
        days = (as_of - end).days
        is_stale = days >= STALE_DAYS and days * daily >= ENOUGH
    first = (end + pd.Timedelta(days=1)).to_period("M")
    after = pd.period_range(first, as_of.to_period("M")).astype("str")
    if is_stale and not after.isin(table.provenance.unknown_months).all():
        usual_rows = float(np.median(counts[counts > 0]))
        yield (
            f"no row after {end.date()} ({first} to {as_of.to_period('M')}),"
            f" though the source is as of {as_of.date()} and a month usually has about {usual_rows:,.0f}:"
            f" zero, or is the delivery stale? Then say as_of: {end.date()},"
            f" or unknown: [{first}/{as_of.to_period('M')}]"
        )
