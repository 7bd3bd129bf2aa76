"""Numbers of which nobody declared how they are written: 1.250 may be one and a quarter, or a thousand."""

from collections import Counter
from dataclasses import replace

import duckdb

from riskmodels.sources.column_maps import ColumnMap
from riskmodels.sources.conversion import Conversion, scanned
from riskmodels.sources.numerals import ENOUGH, NOTHING_KNOWN, Numbers, numbers_in
from riskmodels.sources.readers import RawFile
from riskmodels.tables.sql import literal, name

_HEAD = 20_480  # rows that are weighed first; where they leave it open, all are
_THOUSANDS = r"[+-]?[1-9]\d{0,2}\.\d{3}"


def undeclared_marks(
    connection: duckdb.DuckDBPyConnection, file: RawFile, conversion: Conversion
) -> list[str]:
    """Say for which columns of a file a point may part thousands, though it is read as the decimal mark.

    Silent where the source file says ``decimal`` or ``thousands``, and where other values or columns settle
    it.
    """
    kinds = _heads(connection, file, conversion)
    doubts = []
    for column, values in kinds.items():
        others = (_numbers(found, conversion) for other, found in kinds.items() if other != column)
        marks = frozenset(found.mark for found in others if found and found.mark)
        found = _numbers(values, conversion, marks)
        open_still = found and found.doubt and (found.thousands == "." or NOTHING_KNOWN in found.doubt)
        if (
            open_still
            and any("." in value for value in values)
            and _fits_throughout(connection, file, conversion, column)
        ):
            doubts.append(_words(file, conversion, column, values))
    return doubts


def _undeclared(conversion: Conversion) -> dict[str, str]:
    """Return column of the file -> canonical one, of figures whose marks are not declared."""
    figures = [column.name for column in conversion.contract.columns if column.type in ("integer", "number")]
    columns = conversion.columns or {key: ColumnMap(column=key) for key in figures}
    return {
        str(columns[key].column): key
        for key in figures
        if key in columns
        and columns[key].column is not None
        and not {"decimal", "thousands"} & columns[key].model_fields_set
    }


def _heads(
    connection: duckdb.DuckDBPyConnection, file: RawFile, conversion: Conversion
) -> dict[str, Counter[str]]:
    unpivot = conversion.mapping.unpivot
    texts = {column for column, kind in file.columns.items() if kind == "VARCHAR"}
    texts |= {unpivot.values_to} if unpivot else set()
    chosen = [column for column in _undeclared(conversion) if column in texts]
    if not chosen:
        return {}
    columns = ", ".join(f"trim({name(column)}::VARCHAR) AS {name(column)}" for column in chosen)
    rows = scanned(replace(file, scan=file.first_rows), conversion.mapping)
    with connection.cursor() as cursor:
        head = cursor.sql(f"SELECT {columns} FROM {rows} LIMIT {_HEAD}").to_arrow_table()
    words = {"", None, *conversion.missing}
    return {
        column: Counter(value for value in head[column].to_pylist() if value not in words)
        for column in chosen
    }


def _numbers(
    values: Counter[str], conversion: Conversion, marks: frozenset[str] = frozenset()
) -> Numbers | None:
    return numbers_in(values, semicolons=conversion.mapping.delimiter == ";", marks=marks)


def _fits_throughout(
    connection: duckdb.DuckDBPyConnection, file: RawFile, conversion: Conversion, column: str
) -> bool:
    """Tell whether the values with a point fit thousands in all rows as they do in the first ones."""
    if file.rows <= _HEAD:
        return True
    text = f"trim({name(column)}::VARCHAR)"
    with connection.cursor() as cursor:
        having, fitting = cursor.execute(
            f"SELECT count(*), count(*) FILTER (regexp_full_match({text}, {literal(_THOUSANDS)}))"
            f" FROM {scanned(file, conversion.mapping)} WHERE contains({text}, '.')"
        ).fetchall()[0]
    return bool(fitting >= ENOUGH * having)


def _words(file: RawFile, conversion: Conversion, column: str, values: Counter[str]) -> str:
    example = next(value for value in values if "." in value)
    return (
        f"{_undeclared(conversion)[column]}: '{column}' of {file.name} is read with '.' as the decimal mark,"
        f" which nobody declared, and could as well part thousands: is {example} less than a thousand?"
        ' Say decimal: "." or thousands: "." with decimal: ","'
    )
