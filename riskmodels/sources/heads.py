"""Names in the first rows of a large file: what is one of them needs no look at its signs, row by row."""

import duckdb
import pyarrow as pa

from riskmodels.sources.column_maps import ROW_NUMBER
from riskmodels.sources.conversion import Conversion
from riskmodels.sources.readers import RawFile
from riskmodels.sources.signs import PLAIN_NAMES, cleaned
from riskmodels.tables.sql import name

LARGE = 2_000_000  # rows from which on it pays: to read the first ones takes a quarter of a second
_HEAD = 20_480  # rows
_MOST = 2_000  # distinct values of a column of names; one with more is of identifiers


def plain_names(file: RawFile, conversion: Conversion) -> dict[str, set[str]]:
    """Return the plain names of each column of a large file whose first rows have some beyond ASCII.

    Names in ASCII are as soon looked at as looked up.
    """
    columns = [column for column in _columns(conversion) if column in file.columns]
    if file.rows < LARGE or not columns:
        return {}
    texts = ", ".join(f"{name(column)}::VARCHAR AS {name(column)}" for column in columns)
    with duckdb.connect() as connection:  # another one: this scan is not to count rejected lines
        head = connection.sql(f"SELECT {texts} FROM {file.scan} LIMIT {_HEAD}").to_arrow_table()
    values = {column: head[column].unique().drop_null().to_pylist() for column in columns}
    plain = {
        column: {text for text in found if cleaned(text) == text}
        for column, found in values.items()
        if len(found) <= _MOST
    }
    return {column: found for column, found in plain.items() if not all(map(str.isascii, found))}


def know_plain_names(connection: duckdb.DuckDBPyConnection, names: dict[str, set[str]]) -> None:
    """Give a connection the table of plain names that ``cleaned_sql`` looks names up in."""
    known = pa.table({"value": ["", *sorted(set().union(*names.values()))]})
    connection.register("names", known)
    connection.execute(f"CREATE TEMP TABLE {PLAIN_NAMES} AS FROM names")
    connection.unregister("names")


def _columns(conversion: Conversion) -> list[str]:
    """List the columns of a file that names are made from, each from one."""
    codes = [column.name for column in conversion.contract.columns if column.type == "code"]
    made = {key: conversion.columns[key].column for key in codes if key in conversion.columns}
    chosen = made.values() if conversion.columns else codes
    return sorted({column for column in chosen if column is not None and column != ROW_NUMBER})
