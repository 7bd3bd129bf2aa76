"""Indicators that a source gives by longer periods than are wanted: their own periods, named as such."""

from dataclasses import replace

import duckdb
import pandas as pd

from riskmodels.catalogue.counting import count
from riskmodels.catalogue.entry import COUNTS, SUPPLIED, Indicator
from riskmodels.catalogue.queries import Breakdown
from riskmodels.catalogue.spans import BY_LENGTH, NAMES, last_periods
from riskmodels.catalogue.values import format_value
from riskmodels.errors import ContractError
from riskmodels.labels import Said
from riskmodels.periods.quarters import MONTHS
from riskmodels.tables import period_months
from riskmodels.tables.frequencies import year_begins


def count_long(given: list[Indicator], cut: Breakdown) -> pd.DataFrame:
    """Count indicators by half-years or years, each beginning where those of its table do; see ``count``.

    Raises ContractError where the years of a table begin in different months.
    """
    begun = [replace(cut, begins=_begins(entry, cut)) for entry in given]
    frames = [count([entry], one) for entry, one in zip(given, begun, strict=True)]
    return pd.concat([count([], cut), *(frame for frame in frames if len(frame))], ignore_index=True)


def said_by_longer_periods(entry: Indicator, cut: Breakdown) -> str:
    """Say that rows are by longer periods than are wanted, and the bank's last value; else say nothing.

    The period is the last that begins within those that are wanted, or before.
    """
    if entry.table not in (COUNTS, SUPPLIED):
        return ""
    rows = _rows(entry, cut)
    shortest = rows.aggregate(f"min(coalesce({period_months()}, 1))").fetchall()[0][0] or 1
    if shortest <= MONTHS[cut.freq]:
        return ""
    freq = BY_LENGTH[shortest]
    by = {"longer": Said(NAMES[freq]), "wanted": Said(NAMES[cut.freq])}
    words = Said("the source gives it by {longer}, not by {wanted}", **by)
    if cut.by:
        return words
    until = cut.tables.as_of
    if cut.periods and cut.freq in ("M", "Q"):
        until = min(until, pd.PeriodIndex(list(cut.periods), freq=cut.freq).max().end_time.date())
    try:
        begins = _begins(entry, cut)
        names = last_periods(until, freq, begins)
        found = count([entry], replace(cut, freq=freq, begins=begins, periods=tuple(names)))
    except ContractError:  # years that begin in different months have no name
        return words
    if found.empty:
        return words
    last = found.iloc[-1]
    return Said(
        "the source gives it by {longer}, not by {wanted}; {period}: {value} {unit}",
        **by,
        period=str(last["period"]),
        value=format_value(entry.id, last["value"]),
        unit=Said(entry.unit),
    )


def _begins(entry: Indicator, cut: Breakdown) -> int:
    if entry.table not in (COUNTS, SUPPLIED):
        return 1
    return year_begins(cut.tables.require(entry.table), entry.counted if entry.table == SUPPLIED else "true")


def _rows(entry: Indicator, cut: Breakdown) -> duckdb.DuckDBPyRelation:
    rows = cut.tables.require(entry.table).relation
    return rows.filter(entry.counted) if entry.table == SUPPLIED else rows
