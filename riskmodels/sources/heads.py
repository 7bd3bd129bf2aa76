"""Names in a sample of a large file: what is one of them needs no look at its signs, row by row."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from riskmodels.sources.column_maps import ROW_NUMBER
from riskmodels.sources.conversion import Conversion
from riskmodels.sources.readers import RawFile
from riskmodels.sources.signs import PLAIN_NAMES, cleaned
from riskmodels.tables.sql import literal

LARGE = 100_000  # rows from which on it pays: the sample takes 10 milliseconds
_PLACES, _BYTES = 32, 1 << 15  # of the sample: how many parts, and how long each is
_MOST = 2_000  # distinct values of a column of names; one with more is of identifiers
_RARE = 0.01  # share of rows with other names: to miss one takes as long as to find twenty


def plain_names(file: RawFile, conversion: Conversion) -> dict[str, set[str]]:
    """Return the plain names of each column of a large CSV file that hardly has others.

    They are those of every other part of a sample; the parts between show whether there are others.
    """
    columns = [column for column in _columns(conversion) if column in file.columns]
    if file.scanned is None or file.rows < LARGE or not columns:
        return {}
    parts = list(_sample(file.scanned, len(file.columns), conversion.mapping.delimiter))
    places = {column: place for place, column in enumerate(file.columns)}
    found = {column: _plain(parts, places[column]) for column in columns}
    return {column: names for column, names in found.items() if names}


def know_plain_names(connection: duckdb.DuckDBPyConnection, names: dict[str, set[str]]) -> None:
    """Give a connection the enumeration of plain names that ``cleaned_sql`` looks names up in."""
    if names:
        known = ", ".join(map(literal, sorted(set().union(*names.values()))))
        connection.execute(f"CREATE TEMP TYPE {PLAIN_NAMES} AS ENUM ({known})")


def _sample(path: Path, width: int, delimiter: str) -> Iterator[list[list[str]]]:
    """Read rows at places all over a file; what is no row, e.g. where a quote is open, does no harm."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in range(_PLACES):
            file.seek(size * place // _PLACES)
            lines = file.read(_BYTES).decode("utf-8", errors="replace").splitlines(keepends=True)[1:-1]
            yield [row for row in csv.reader(lines, delimiter=delimiter) if len(row) == width]


def _plain(parts: Sequence[list[list[str]]], place: int) -> set[str]:
    """Return the plain names of one column; none where too many rows have others."""
    names = {row[place] for part in parts[::2] for row in part}
    if len(names) > _MOST:
        return set()
    names = {name for name in names if cleaned(name) == name and "\0" not in name}
    others = [row[place] for part in parts[1::2] for row in part]
    missed = sum(name not in names for name in others)
    return names if missed <= _RARE * len(others) else set()


def _columns(conversion: Conversion) -> list[str]:
    """List the columns of a file that names are made from, each from one."""
    codes = [column.name for column in conversion.contract.columns if column.type == "code"]
    made = {key: conversion.columns[key].column for key in codes if key in conversion.columns}
    chosen = made.values() if conversion.columns else codes
    return sorted({column for column in chosen if column is not None and column != ROW_NUMBER})
