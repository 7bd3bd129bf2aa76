"""Declarations of a source file that no row meets: they declare nothing, or are misspelt."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from riskmodels.misfits import nearest
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.signs import folded
from riskmodels.tables import Contract
from riskmodels.tables.names import distinct
from riskmodels.tables.sql import single_file


def unmet_declarations(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, mapping: TableMap
) -> tuple[str, ...]:
    """Say which breaks are of values that no accepted row has, and which columns are recoded in no row.

    Parameters
    ----------
    connection, path, contract
        As ``repeated_rows`` takes them.
    mapping : TableMap
        Of the table.
    """
    with connection.cursor() as cursor:
        rows = cursor.sql(f"FROM read_parquet({single_file(path)})")
        return (*_breaks(rows, mapping), *_recodes(rows, contract, mapping))


def _breaks(rows: duckdb.DuckDBPyRelation, mapping: TableMap) -> Iterator[str]:
    for change in mapping.breaks:
        for column, value in change.where.items():
            found = distinct(rows, column)
            if found and folded(value) not in set(map(folded, found)):
                yield (
                    f"breaks: no row has {column} '{value}', which changed in {change.month};"
                    f" {nearest(value, found)}"
                )


def _recodes(rows: duckdb.DuckDBPyRelation, contract: Contract, mapping: TableMap) -> Iterator[str]:
    for column, made in mapping.columns.items():
        if not made.recode or contract.column(column).type != "code":
            continue
        became = {
            text
            for new in made.recode.values()
            for text in ([new] if isinstance(new, str) else [entry.value for entry in new])
        }
        found = distinct(rows, column)
        if found and not {*map(folded, became)} & {*map(folded, found)}:
            yield (
                f"recode: no row of {column} is one of those recoded, e.g. '{next(iter(made.recode))}':"
                f" is it written so in '{made.column}'?"
            )
