"""Declarations of a source file that no row meets: they declare nothing, or are misspelt."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from riskmodels.misfits import nearest
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.signs import folded
from riskmodels.tables import Contract
from riskmodels.tables.sql import name, single_file


def unmet_declarations(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, mapping: TableMap
) -> tuple[str, ...]:
    """Say which breaks are of values that no accepted row has, and which columns are recoded in no row.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    path : Path
        Parquet, of accepted rows.
    contract, mapping : Contract, TableMap
        Of the table.
    """
    with connection.cursor() as cursor:
        return (*_breaks(cursor, path, mapping), *_recodes(cursor, path, contract, mapping))


def _breaks(cursor: duckdb.DuckDBPyConnection, path: Path, mapping: TableMap) -> Iterator[str]:
    for change in mapping.breaks:
        for column, value in change.where.items():
            found = _values(cursor, path, column)
            if found and folded(value) not in set(map(folded, found)):
                yield (
                    f"breaks: no row has {column} '{value}', which changed in {change.month};"
                    f" {nearest(value, found)}"
                )


def _recodes(
    cursor: duckdb.DuckDBPyConnection, path: Path, contract: Contract, mapping: TableMap
) -> Iterator[str]:
    for column, made in mapping.columns.items():
        if not made.recode or contract.column(column).type != "code":
            continue
        became = {
            text
            for new in made.recode.values()
            for text in ([new] if isinstance(new, str) else [entry.value for entry in new])
        }
        found = _values(cursor, path, column)
        if found and not {*map(folded, became)} & {*map(folded, found)}:
            yield (
                f"recode: no row of {column} is one of those recoded, e.g. '{next(iter(made.recode))}':"
                f" is it written so in '{made.column}'?"
            )


def _values(cursor: duckdb.DuckDBPyConnection, path: Path, column: str) -> list[str]:
    """List the distinct values of a column, in order."""
    rows = cursor.execute(
        f"SELECT DISTINCT {name(column)}::VARCHAR AS value FROM read_parquet({single_file(path)})"
        " WHERE value IS NOT NULL ORDER BY value"
    ).fetchall()
    return [value for (value,) in rows]
