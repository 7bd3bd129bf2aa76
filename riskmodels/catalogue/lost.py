"""Rejected rows that a figure lacks: of a table with a case a row, counted where they would belong."""

import re

import pandas as pd
import pyarrow.parquet as pq

from riskmodels.catalogue.entry import Indicator
from riskmodels.catalogue.queries import Breakdown
from riskmodels.tables import CONTRACTS, Table, as_relation, in_business
from riskmodels.tables.sql import literal, name, single_file

_KIND = re.compile(r"kind = '\w+'")  # all that an indicator of inspections or incidents asks of a row

_CHOSEN = re.compile(r"(?:kind|indicator_id) = '\w+'")  # what it asks of a row that a rejected one's cell has


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
    rejected = table.folder / "rejected.parquet"
    if not has_lost(table) or "cell" not in pq.read_schema(rejected).names:
        return pd.DataFrame(columns=[*cut.by, "period", "lost"])
    kind = _KIND.search(indicator.eligible)
    given = {
        key: f"json_extract_string(cell, {literal(key)})" for key in (*cut.by, *(["kind"] if kind else []))
    }
    columns = "".join(f", {value} AS {name(key)}" for key, value in given.items())
    at = CONTRACTS[table.name].at
    day = f"json_extract_string(cell, {literal(at)})::TIMESTAMP::DATE AS {name(at)}"
    rows = f"(SELECT {day}{columns} FROM read_parquet({single_file(rejected)}) WHERE cell IS NOT NULL)"
    if "unit_id" in cut.by and cut.tables.units:
        rows = in_business(table, rows, cut.tables.units)
    chosen = f" AND coalesce({kind[0]}, true)" if kind else ""
    counted = (
        f"SELECT {cut.grouping(name(at))}, count(*)::DOUBLE AS lost FROM {rows}"
        f" WHERE {cut.rows(table.name, name(at))}{chosen} GROUP BY ALL"
    )
    return pd.DataFrame(as_relation(cut.finished(counted)).df())


def said_all_rejected(indicator: Indicator, cut: Breakdown) -> str:
    """Say that every row an indicator could be made of in the period was rejected; else say nothing."""
    for needed in (indicator.table, *(["exposure"] if indicator.exposure == "accounts" else [])):
        table = cut.tables.require(needed)
        many, rejected = _rejected_alone(table, indicator, cut), table.provenance.rows_rejected
        if rejected and not table.provenance.rows_accepted:
            return f"all {rejected:,} rows of the source's table '{needed}' were rejected"
        if many:
            return (
                f"all {many:,} rows that the source's table '{needed}' has for it in the period were rejected"
            )
    return ""


def _rejected_alone(table: Table, indicator: Indicator, cut: Breakdown) -> int:
    """Count the rejected rows of an indicator in the periods wanted; 0 where one was accepted."""
    at, file = CONTRACTS[table.name].at, table.folder / "rejected.parquet"
    if not (at and table.provenance.rows_rejected and "cell" in pq.read_schema(file).names):
        return 0
    chosen = _CHOSEN.search(indicator.eligible) if table.name == indicator.table else None
    rows = f"{cut.within('happened')} AND {chosen[0] if chosen else 'true'}"
    column = chosen[0].split(" = ")[0] if chosen else ""
    given = f", json_extract_string(cell, {literal(column)}) AS {name(column)}" if column else ""
    accepted = table.relation.project(f"{name(at)}::DATE AS happened{', ' + name(column) if column else ''}")
    if accepted.filter(rows).limit(1).fetchall():
        return 0
    day = f"json_extract_string(cell, {literal(at)})::TIMESTAMP::DATE AS happened{given}"
    lost = as_relation(f"SELECT {day} FROM read_parquet({single_file(file)}) WHERE cell IS NOT NULL")
    return int(lost.filter(rows).aggregate("count(*)").fetchall()[0][0])


def has_lost(table: Table) -> bool:
    """Tell whether rows of a table with a case a row were rejected; of counts they are unknown cells."""
    return bool(table.provenance.rows_rejected) and not CONTRACTS[table.name].cell
