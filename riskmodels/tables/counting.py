"""Rows of a table counted by series and day, week or month."""

from collections.abc import Sequence
from datetime import date

import duckdb
import pandas as pd

from riskmodels.errors import ContractError, ParameterError
from riskmodels.misfits import nearest
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import Contract
from riskmodels.tables.frequencies import SHORT
from riskmodels.tables.sql import name
from riskmodels.tables.stored import Table, as_relation


def count_by_days(table: Table) -> pd.DataFrame:
    """Count rows by the day ``at`` and the day ``recorded`` of their contract, missing where unknown."""
    contract = CONTRACTS[table.name]
    if not contract.recorded:
        raise ContractError(f"the table '{table.name}' does not say when its rows were recorded")
    days = f"{name(contract.at)}::DATE AS at, {name(contract.recorded)}::DATE AS recorded"
    return queried(table, f"SELECT {days}, count(*) AS rows FROM rows GROUP BY ALL ORDER BY ALL")


def check_keys(contract: Contract, by: Sequence[str]) -> None:
    """Refuse columns that a table does not have, or that are named twice."""
    for column in by:
        if column not in contract.names:
            raise ContractError(
                f"the table '{contract.table}' cannot be grouped like that: it has no column '{column}';"
                f" {nearest(column, contract.names)}"
            )
    if len(set(by)) < len(by):
        raise ParameterError(f"by is {', '.join(by)}: name each column once")


def counts_of(table: Table, contract: Contract, by: Sequence[str], freq: str) -> pd.DataFrame:
    """Return the columns of ``by``, period and value; one row per series and month (day, week) with rows."""
    length = SHORT.get(freq, "month")
    keys = "".join(f"{name(column)}, " for column in by)
    counted = name(contract.counted)
    value = (
        f"CASE WHEN bool_and({counted} IS NOT NULL) THEN sum({counted}) END"
        if contract.counted
        else "count(*)"
    )
    return queried(
        table,
        f"SELECT {keys}date_trunc('{length}', {name(contract.at)})::DATE AS period,"
        f" ({value})::DOUBLE AS value FROM rows GROUP BY ALL ORDER BY ALL",
    )


def queried(table: Table, query: str, *, rows: str = "") -> pd.DataFrame:
    """Run a query over ``rows``, by default those of a table; raises ContractError for a column it lacks."""
    try:
        found = as_relation(f"FROM {rows or table.cells}").query("rows", query)
    except duckdb.BinderException as error:
        reason = str(error).splitlines()[0]
        raise ContractError(f"the table '{table.name}' cannot be grouped like that: {reason}") from None
    return pd.DataFrame() if found is None else found.df()


def first_whole(first: date, freq: str) -> pd.Timestamp:
    """Return the start of the first week that is whole, where the data begin on a day; else that day."""
    begin = pd.Timestamp(first)
    return begin + pd.Timedelta(days=-begin.weekday() % 7) if SHORT.get(freq) == "week" else begin


def begun(counts: pd.DataFrame, first: date, freq: str) -> pd.DataFrame:
    """Leave out what lies before the data begin; they do so with zeros where no row is in that month.

    A week that they begin within is left out.
    """
    begin = first_whole(first, freq)
    kept = counts[counts["period"] >= begin]
    quiet = len(kept) and kept["period"].min() > begin
    return pd.concat([kept.head(1).assign(period=begin, value=0.0), kept]) if quiet else kept
