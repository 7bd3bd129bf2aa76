"""Read a file into DuckDB as it is: every row numbered, every malformed line kept aside."""

import codecs
import csv
from pathlib import Path

import duckdb

from riskmodels.errors import ContractError
from riskmodels.tables.sql import literal, name, single_file

_LONGEST_LINE = 16_777_216  # bytes


def read_raw(connection: duckdb.DuckDBPyConnection, path: Path, file_format: str) -> dict[str, str]:
    """Read a file into the tables ``raw`` (row, then its columns) and ``malformed`` (row, content, rule).

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the two tables are created.
    path : Path
        The file.
    file_format : str
        ``csv`` or ``parquet``.

    Returns
    -------
    dict
        The file's columns and their SQL types. ``raw`` and ``malformed`` together hold every data row of the file once.

    Raises
    ------
    ContractError
        The file is missing, empty, not readable in that format, names a column twice, or opens a quote
        that takes the lines after it in.
    """
    if not path.is_file():
        raise ContractError(f"there is no file {path}")
    try:
        return _read_csv(connection, path) if file_format == "csv" else _read_parquet(connection, path)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        if "state machine" in reason:  # DuckDB's words for it
            reason = "its lines end in different ways (LF, CR LF, CR); save it with one of them"
        raise ContractError(f"{path} cannot be read as {file_format}: {reason}") from None


def _read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    connection.execute(
        f"CREATE TEMP TABLE raw AS SELECT row_number() OVER () AS {name('#row')}, *"
        f" FROM read_parquet({single_file(path)})"
    )
    connection.execute("CREATE TEMP TABLE malformed (row BIGINT, content VARCHAR, rule VARCHAR)")
    return _columns(connection)


def _read_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    header = _csv_header(path)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
    connection.execute(
        f"CREATE TEMP TABLE read AS SELECT row_number() OVER () AS {name('#read')}, *"
        f" FROM read_csv({single_file(path)}, columns={{{types}}}, header=true, auto_detect=false,"
        " delim=',', quote='\"', escape='\"', strict_mode=true,"
        f" max_line_size={_LONGEST_LINE}, ignore_errors=true, store_rejects=true, rejects_limit=0)"
    )
    _refuse_open_quote(connection, path)
    connection.execute(
        "CREATE TEMP TABLE malformed AS SELECT line - 1 AS row, any_value(csv_line) AS content,"
        " 'line is malformed: ' || any_value(lower(error_type::VARCHAR)) AS rule"
        " FROM reject_errors GROUP BY line"
    )
    connection.execute(
        f"CREATE TEMP TABLE raw AS SELECT place.row AS {name('#row')}, read.* EXCLUDE {name('#read')}"
        " FROM read JOIN (SELECT row, row_number() OVER (ORDER BY row) AS nth"
        " FROM range(1, (SELECT count(*) FROM read) + (SELECT count(*) FROM malformed) + 1) AS t(row)"
        " WHERE row NOT IN (SELECT row FROM malformed)) AS place"
        f" ON place.nth = read.{name('#read')}"
    )
    return dict.fromkeys(header, "VARCHAR")


def _refuse_open_quote(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file with a misquoted record of several lines: its rows cannot be told apart."""
    found = connection.execute(
        "SELECT min(line_byte_position) FROM reject_errors WHERE error_type = 'UNQUOTED VALUE'"
        " AND regexp_matches(csv_line, '[\\r\\n]+[^\\r\\n]')"
    ).fetchall()[0][0]
    if found is not None:
        raise ContractError(
            f"{path}: a quote opened in line {_line_number(path, found - 1)} is not closed where its cell ends,"
            ' so that the lines after it cannot be told apart; close it, or write a quote in a text as ""'
        )


def _line_number(path: Path, place: int) -> int:
    """Return the number of the line, from 1, that begins ``place`` bytes into the file."""
    with path.open("rb") as file:
        begun = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        file.seek(0)
        before = file.read(place + begun)
    return 1 + max(before.count(b"\n"), before.count(b"\r"))


def _csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ContractError(f"{path} is not CSV in UTF-8: {error}") from None
    if not header:
        raise ContractError(f"{path} is empty; expected a header line with the names of its columns")
    _check_names(path, header)
    return header


def _check_names(path: Path, header: list[str]) -> None:
    if "" in header:
        place = header.index("") + 1
        raise ContractError(f"{path}: column {place} of {len(header)} has no name; give it one, or remove it")
    folded = [column.casefold() for column in header]  # names in a database have no case
    twice = [column for column in header if folded.count(column.casefold()) > 1]
    if twice:
        raise ContractError(f"{path} names a column twice: {', '.join(twice)}")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute("DESCRIBE raw").fetchall()
    return {str(row[0]): str(row[1]) for row in rows[1:]}
