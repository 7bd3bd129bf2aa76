"""Which months of a quarter a table knows whole: a part of a quarter is no quarter."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.labels import Said, clauses, commas, label, marked, titled
from riskmodels.periods.quarters import check_quarter, last_complete
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.holes import (
    AROUND,
    ENOUGH,
    KEPT,
    STALE_DAYS,
    monthly_rows,
    runs_without,
    typical,
)
from riskmodels.tables.sql import name
from riskmodels.tables.stocks import months_each
from riskmodels.tables.store import Tables
from riskmodels.tables.stored import Table

_COLUMNS = ("table", "month", "why", "day")
_NO_ROW, _NOT_OVER, _UNKNOWN = marked("it has no row"), marked("it is not over"), marked("unknown")
_BEGINS, _ENDS = marked("its first row is of {day}"), marked("its last row is of {day}")


def no_gaps() -> pd.DataFrame:
    """Return the frame of ``months_lacking`` without a row."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in _COLUMNS})


def months_lacking(tables: Tables, period: str) -> pd.DataFrame:
    """List the months of a quarter that tables do not know, or know only in part.

    Parameters
    ----------
    tables : Tables
        Those whose rows belong to days or months; macro figures are not looked at.
    period : str
        Quarter, e.g. ``2026Q3``.

    Returns
    -------
    DataFrame
        table, month (YYYY-MM), why, day (of the first or last row, where that is why; else empty). Why: the
        source declares it unknown, it is not over, it has no row although
        its neighbours lead to expect ten and more, or the rows begin or end within it, at least a week and
        ten rows from its edge. Of a table without any row in the quarter, those declared unknown alone.

    Raises
    ------
    ParameterError
        The period is no quarter.
    """
    quarter = check_quarter(period)
    months = pd.period_range(quarter.start_time, quarter.end_time, freq="M")
    found = [
        (table.name, str(month), why, day)
        for table in tables.present
        if CONTRACTS[table.name].at and table.name != "macro"
        for month, why, day in _lacking(table, months[0], months[-1])
    ]
    return pd.DataFrame(found, columns=list(_COLUMNS), dtype="str")


def said_of(row: Mapping[Any, Any]) -> Said:
    """Say why a month, a row of ``months_lacking``, is not known."""
    return Said(str(row["why"]), day=row["day"]) if row.get("day") else Said(str(row["why"]))


def lacking_sentence(found: pd.DataFrame, period: str) -> str:
    """Say which months of a quarter are not known, table by table; nothing where all are."""
    if found.empty:
        return ""
    parts = []
    for table, rows in found.groupby("table", sort=False):
        months = [titled(row["month"], said_of(row)) for row in rows.to_dict("records")]
        parts.append(label("{table} ({months})", table=table, months=commas(months)))
    return label("{period} is known only in part: {tables}.", period=period, tables=clauses(parts))


@lru_cache(maxsize=KEPT)
def silent_months(table: Table) -> tuple[str, ...]:
    """Name the months of a table without a row, between its first and the as-of day, where many are due."""
    counts, months, step = _counted(table)
    holes = runs_without(counts, step=step, least=1.0 if CONTRACTS[table.name].cell else ENOUGH)
    inside = {month for first, last in holes for month in range(first, last + 1) if counts[month] == 0}
    end = last_complete(table.provenance.as_of, "M")
    after = pd.period_range(months[-1] + step, end, freq="M") if len(months) else months
    declared = set(table.provenance.unknown_months)
    gone = [str(month) for month in after] if _are_due(table, counts[-AROUND:], len(after)) else []
    return tuple(sorted({*(str(months[place]) for place in inside), *gone} - declared))


def known_months(table: Table, months: pd.PeriodIndex) -> Flags:
    """Tell which of consecutive months a table knows whole, shape (T,); see ``months_lacking``."""
    if months.empty:
        return np.empty(0, dtype=np.bool_)
    lacking = [month for month, *_ in _lacking(table, months[0], months[-1])]
    return np.asarray(~months.isin(lacking), dtype=np.bool_)


def is_begun_within(table: Table, period: pd.Period) -> bool:
    """Tell whether the rows of a table begin within a period, of which they leave out a part."""
    counts, known, step = _counted(table)
    if not len(known) or table.begins is None:
        return False
    if table.provenance.observed_from:
        return bool(period.start_time < pd.Timestamp(table.begins) <= period.end_time)
    missing = (known[0] - period.asfreq("M", "start")).n
    if not period.start_time <= known[0].start_time <= period.end_time:
        return False
    early = step == 1 and _are_due(table, counts[:AROUND], missing)
    return early or bool(_cut_off(table, known[0]))


@lru_cache(maxsize=KEPT)
def _lacking(table: Table, first: pd.Period, last: pd.Period) -> tuple[tuple[pd.Period, str, str], ...]:
    """Say which of the months from one to another are not known whole, why, and of which day."""
    return tuple(_lacking_of(table, pd.period_range(first, last, freq="M")))


def _lacking_of(table: Table, months: pd.PeriodIndex) -> Iterator[tuple[pd.Period, str, str]]:
    counts, known, step = _counted(table)
    rows = pd.Series(counts, index=known).reindex(months).fillna(0.0)
    there = bool((rows > 0).any())
    declared, silent = set(table.provenance.unknown_months), set(silent_months(table))
    before = months[:0]
    if there and step == 1 and table.begins is not None:
        before = months[np.asarray(months.start_time < pd.Timestamp(table.begins))]
    early = set(before.astype("str")) if _are_due(table, counts[:AROUND], len(before)) else set()
    for month in months:
        if str(month) in declared:
            yield month, _UNKNOWN, ""
        elif not there:
            continue
        elif month > last_complete(table.provenance.as_of, "M"):
            yield month, _NOT_OVER, ""
        elif str(month) in silent | early:
            yield month, _NO_ROW, ""
        elif cut := _cut_off(table, month):
            yield month, *cut


def _cut_off(table: Table, month: pd.Period) -> tuple[str, str] | None:
    """Say that the first or the last complaints leave out a part of a month; nothing where they do not.

    Rows of other tables, and days that stand for a month, may all lie on some days of it.
    """
    if table.name != "complaints" or table.begins is None:
        return None
    counts, _, _ = _counted(table)
    first, early = _edge(table, "min")
    if first.to_period("M") == month and first.day > STALE_DAYS and _are_due(table, counts[:AROUND], early):
        return _BEGINS, str(first.date())
    last, late = _edge(table, "max")
    is_long = month.days_in_month - last.day >= STALE_DAYS
    if last.to_period("M") == month and is_long and _are_due(table, counts[-AROUND:], late):
        return _ENDS, str(last.date())
    return None


def _are_due(table: Table, counts: Floats, months: float) -> bool:
    """Tell whether rows were due in some months, as others beside them have; few rows say little of others.

    Ten are no chance; of a table that has each month once, one is none.
    """
    least = 1.0 if CONTRACTS[table.name].cell else ENOUGH
    return bool(months > 0 and np.nansum(counts) >= least and typical(counts) * months >= least)


@lru_cache(maxsize=KEPT)
def _counted(table: Table) -> tuple[Floats, pd.PeriodIndex, int]:
    """Return rows by month, shape (T,), these months, and how many months lie between two rows."""
    apart = CONTRACTS[table.name].cell and not table.gives("period")
    return *monthly_rows(table), months_each(table) if apart else 1


@lru_cache(maxsize=KEPT)
def _edge(table: Table, end: Literal["min", "max"]) -> tuple[pd.Timestamp, float]:
    """Return the first (last) day with a row, and the share of other months' rows before (after) its day.

    Rows of days before the data begin are left out; the share is 0 where there are no other months.
    """
    at = name(CONTRACTS[table.name].at)
    rows = table.relation.filter(f"{at} >= DATE '{table.begins or date.min}'")
    day = pd.Timestamp(rows.aggregate(f"{end}({at}) AS day").fetchall()[0][0]).normalize()
    others = rows.filter(f"date_trunc('month', {at}) <> DATE '{day.date().replace(day=1)}'")
    beyond = f"day({at}) {'<' if end == 'min' else '>'} {day.day}"
    share = others.aggregate(f"coalesce(avg(({beyond})::DOUBLE), 0.0) AS share").fetchall()[0][0]
    return day, float(share)
