"""Rejected rows that a figure lacks: of a table with a case per row, counted where they would belong."""

from collections.abc import Sequence
from functools import cache

import pandas as pd
import pyarrow.parquet as pq

from riskmodels.catalogue.entry import Indicator
from riskmodels.catalogue.queries import Breakdown
from riskmodels.labels import Said, marked
from riskmodels.tables import CONTRACTS, Table, as_relation
from riskmodels.tables.lifetimes import in_business
from riskmodels.tables.sql import literal, name, single_file

_ALL_REJECTED = (  # of the table, or of its rows in the period; one, or many
    (
        marked("the only row of the source's table '{table}' was rejected"),
        marked("all {rows:,} rows of the source's table '{table}' were rejected"),
    ),
    (
        marked("the only row that the source's table '{table}' has for it in the period was rejected"),
        marked("all {rows:,} rows that the source's table '{table}' has for it in the period were rejected"),
    ),
)


def with_lost(
    table: pd.DataFrame, lost: pd.DataFrame, indicator: Indicator, by: tuple[str, ...]
) -> pd.Series:
    """Return ``left_out`` of an indicator's rows with the rejected rows of their period and breakdown."""
    rows = table[table["indicator_id"] == indicator.id]
    keys = [*by, "period"]
    found = rows[keys].astype("object").merge(lost.astype(dict.fromkeys(keys, "object")), how="left", on=keys)
    return pd.Series(rows["left_out"] + found["lost"].fillna(0.0).to_numpy())


def count_lost(indicator: Indicator, cut: Breakdown) -> pd.DataFrame:
    """Count the rejected rows of an indicator's table: the columns of ``by``, period, lost [rows].

    Doubles, and rows of an event log for which another one stands, are no loss; a row without a readable day
    belongs to no period, and one outside the life of its unit to no unit.
    """
    table = cut.tables.require(indicator.table)
    at = CONTRACTS[table.name].at
    if CONTRACTS[table.name].cell or not _has_days(table):  # of counts they are unknown cells
        return _none_lost(cut.by)
    rows = _rejected(table, [*cut.by, *indicator.only[:1]])
    if "unit_id" in cut.by and cut.tables.units:
        rows = in_business(table, rows, cut.tables.units)
    counted = (
        f"SELECT {cut.grouping(name(at))}, count(*)::DOUBLE AS lost FROM {rows}"
        f" WHERE {cut.rows(table.name, name(at))} AND coalesce({indicator.of_kind}, true) GROUP BY ALL"
    )
    return pd.DataFrame(as_relation(cut.finished(counted)).df())


@cache
def _none_lost(by: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=[*by, "period", "lost"])


def said_all_rejected(indicator: Indicator, cut: Breakdown) -> str:
    """Say that every row an indicator could be made of in the period was rejected; else say nothing."""
    for needed in indicator.tables:
        table = cut.tables.require(needed)
        many, is_part = table.provenance.rows_rejected, bool(table.provenance.rows_accepted)
        if is_part:
            many = _rejected_alone(table, indicator, cut)
        if many:
            return Said(_ALL_REJECTED[is_part][many > 1], rows=many, table=needed)
    return ""


def _rejected_alone(table: Table, indicator: Indicator, cut: Breakdown) -> int:
    """Count the rejected rows of an indicator in the periods wanted; 0 where one was accepted."""
    at = CONTRACTS[table.name].at
    if not at or not _has_days(table):
        return 0
    own = table.name == indicator.table
    rows = f"{cut.within(name(at))} AND {indicator.of_kind if own else 'true'}"
    if table.relation.filter(rows).limit(1).fetchall():
        return 0
    lost = as_relation(f"FROM {_rejected(table, indicator.only[:1] if own else ())}").filter(rows)
    return int(lost.aggregate("count(*)").fetchall()[0][0])


def _has_days(table: Table) -> bool:
    """Tell whether rows were rejected, and stored with the cell in which each would belong."""
    rejected = table.folder / "rejected.parquet"
    return bool(table.provenance.rows_rejected) and "cell" in pq.read_schema(rejected).names


def _rejected(table: Table, columns: Sequence[str]) -> str:
    """SQL for the rejected rows that belong to a day: the day under its name, and columns of their cells."""
    at = CONTRACTS[table.name].at
    texts = {column: f"json_extract_string(cell, {literal(column)})" for column in (at, *columns)}
    given = {**texts, at: f"{texts[at]}::TIMESTAMP::DATE"}
    listed = ", ".join(f"{value} AS {name(column)}" for column, value in given.items())
    file = single_file(table.folder / "rejected.parquet")
    return f"(SELECT {listed} FROM read_parquet({file}) WHERE cell IS NOT NULL)"
