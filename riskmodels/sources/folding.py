"""Fold an event log: which of several rows of one key stands for it, by time where the source has one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodels.sources.conversion import FOLD_BY
from riskmodels.sources.duplicates import fold_times, keys_as_read, know_spellings, spelt_alike
from riskmodels.sources.mapping import TableMap
from riskmodels.tables import Column, Contract
from riskmodels.tables.sql import name


def with_fold_time(contract: Contract, mapping: TableMap) -> tuple[Contract, TableMap]:
    """Add the time of a row, where the source names its column, to what is read of a table."""
    if mapping.fold_by is None:
        return contract, mapping
    column = Column(name=FOLD_BY, type="timestamp", words="time of the row, by which it is folded")
    columns = {**mapping.columns, FOLD_BY: mapping.fold_by}
    wider = replace(contract, columns=(*contract.columns, column))
    return wider, mapping.model_copy(update={"columns": columns})


def fold_doubts(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    fold: str | None,
    *,
    spellings: Mapping[str, Mapping[str, str]],
) -> tuple[str, ...]:
    """Say of how many folded keys the order of the file decides: their rows have one time, or none.

    ``path`` is the Parquet file of the accepted rows, before they are folded, and ``spellings`` are those of
    their keys, as ``repeated_rows`` takes them.
    """
    if fold is None:
        return ()
    times = fold_times(path, contract)
    best = "max" if fold == "last" else "min"
    tied = f"count(*) FILTER (time = {best}) <> 1" if times else "true"
    keys = ", ".join(map(name, keys_as_read(contract, pq.read_schema(path).names)))
    time = name(times[0]) if times else "NULL"
    rows = (
        f"SELECT {keys}, {time} AS time, {best}({time}) OVER (PARTITION BY {keys}) AS {best}"
        f" FROM {spelt_alike(path, spellings)}"
    )
    with connection.cursor() as cursor:
        know_spellings(cursor, spellings)
        found = cursor.execute(
            f"SELECT count(*), count(*) FILTER (tied) FROM (SELECT {tied} AS tied FROM ({rows})"
            f" GROUP BY {keys}"
            " HAVING count(*) > 1)"
        ).fetchall()
    folded, by_place = found[0]
    if not by_place:
        return ()
    words = (
        f"fold: {fold} goes by the order of the file for {by_place:,} of {folded:,} keys,"
        " whose rows have no time of their own"
    )
    return (f"{words}; fold_by: names the column of the file that has one",)
