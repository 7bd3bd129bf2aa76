"""Find what a table is read from and say how DuckDB scans it; every format becomes one file after another."""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.errors import ContractError, FileError, RiskModelsError, file_error_in
from riskmodels.labels import counted
from riskmodels.privacy import mask_code, mask_personal_data
from riskmodels.scratch import written
from riskmodels.sources.headers import labelled
from riskmodels.sources.lines import LONGEST_LINE, byte_order_mark, find_lines, with_one_end
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.spreadsheets import extract_sheet
from riskmodels.sources.sql import extract_query
from riskmodels.tables import file_sha256
from riskmodels.tables.sql import literal, single_file, small_connection

_MOST_UNREADABLE = 0.5  # share of lines in another encoding from which on the file is
_SHOWN = 80  # characters of a line
_CHUNK = 1 << 24  # characters
_UNREADABLE = "riskmodels.unreadable"  # how bytes are read that are none of an encoding


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """One file to be scanned.

    Attributes
    ----------
    name : str
        What people call it, personal data masked.
    scan : str
        SQL table function over its rows, in their order.
    first_rows : str
        The same, for a few of its first rows: it reads no further than they need.
    columns : dict of str to str
        Its columns and their SQL types.
    sha256 : str
        Of its bytes; of the extracted rows for a database.
    path : Path
        Where it lies, for messages.
    rows : int
        It has below its header, counted apart from the scan.
    scanned : Path or None
        Of a CSV file: what is scanned; it begins with the header.
    header_row : int
        Of a CSV file: line with the names of its columns.
    encoding : str
        Of a CSV file.
    """

    name: str
    scan: str
    first_rows: str
    columns: dict[str, str]
    sha256: str
    path: Path
    rows: int
    scanned: Path | None = None
    header_row: int = 1
    encoding: str = "utf-8"


def raw_files(mapping: TableMap, folder: Path, staged: Path, *, table: str) -> Iterator[RawFile]:
    """Find the files of a table, one at a time.

    Parameters
    ----------
    mapping : TableMap
        Where the table comes from.
    folder : Path
        What its path is relative to.
    staged : Path
        Folder for files in between: another encoding, a sheet, a query's rows.
    table : str
        Its canonical name, for messages.

    Raises
    ------
    ContractError
        A file is missing, empty or not readable in its format; a sheet is not there; the database cannot be
        reached.
    """
    if mapping.format == "sql":
        name, path = extract_query(str(mapping.database), str(mapping.query), staged / "rows.parquet")
        yield _parquet(path, mask_code(name))
        return
    root = folder / str(mapping.file)
    for path in _located(root, mapping.format, table):
        name = mask_code(path.relative_to(root).as_posix() if root.is_dir() else path.name)
        if mapping.format == "csv":
            yield _csv(path, name, mapping, staged)
        elif mapping.format == "excel":
            sheet = extract_sheet(path, mapping, staged / "sheet.parquet")
            yield _parquet(sheet, name, read_from=path)
        else:
            yield _parquet(path, name)


def _located(path: Path, file_format: str, table: str) -> list[Path]:
    if path.is_file():
        return [path]
    if path.is_dir():
        named = path.rglob(f"*.{file_format}" if file_format != "excel" else "*.xls*")
        found: Iterator[Path] = (file for file in named if not _is_hidden(file.relative_to(path)))
    elif re.search(r"[*?]", path.name):
        found = of_pattern(path)
    else:
        raise ContractError(f"there is no file {path}; put it there, or name another: --file {table}=…")
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise ContractError(
            f"there is no {file_format} file at {path}; put some there, or name another: --file {table}=…"
        )
    return files


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def of_pattern(path: Path) -> Iterator[Path]:
    """Yield what a path with * or ? in its last part names, e.g. ``complaints-*.csv``.

    Raises ContractError where it is no pattern.
    """
    if "**" in path.name and path.name != "**":
        raise ContractError(
            f"{path}: ** is no pattern for a file; * stands for any letters, e.g. complaints-*.csv"
        )
    yield from path.parent.glob(path.name)


def _parquet(path: Path, name: str, *, read_from: Path | None = None) -> RawFile:
    scan = f"read_parquet({single_file(path)}, hive_partitioning = true, hive_types_autocast = false)"
    try:
        with small_connection() as connection:
            found = connection.execute(f"DESCRIBE FROM {scan}").fetchall()
        own = pq.read_metadata(path)
    except (duckdb.Error, pa.ArrowException, OSError) as error:  # OSError: a damaged schema
        raise ContractError(f"{path} cannot be read as parquet: {str(error).splitlines()[0]}") from None
    columns = {str(row[0]): str(row[1]) for row in found}
    source = read_from or path
    _refuse_overriding(source, own.schema.to_arrow_schema().names)
    return RawFile(
        name=name,
        scan=scan,
        first_rows=scan,
        columns=columns,
        sha256=file_sha256(source),
        path=source,
        rows=own.num_rows,
    )


def _refuse_overriding(path: Path, columns: list[str]) -> None:
    """Refuse a file in a folder like ``product=cards`` that has that column itself.

    Which of the two counts is not known.
    """
    own = {column.casefold(): column for column in columns}
    for folder in path.absolute().parent.parts:
        key, equals, _ = folder.partition("=")
        if equals and key.casefold() in own:
            raise ContractError(
                f"{path}: its folder {folder} gives a column that the file has, too ({own[key.casefold()]});"
                " rename the folder or leave the column out of the file"
            )


def _csv(path: Path, name: str, mapping: TableMap, staged: Path) -> RawFile:
    read = path if mapping.encoding == "utf-8" else _recoded(path, mapping.encoding, staged / "utf-8.csv")
    lines = find_lines(read, path, header_row=mapping.header_row, delimiter=mapping.delimiter)
    scanned = with_one_end(read, path, lines, mapping.delimiter, staged / "rows.csv")
    columns = labelled(lines.header)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    options = (
        f"{single_file(scanned)}, columns={{{types}}}, header=true, auto_detect=false,"
        f" delim={literal(mapping.delimiter)}, quote='\"', escape='\"', strict_mode=true,"
        f" max_line_size={LONGEST_LINE}, ignore_errors=true, store_rejects=true, rejects_limit=0"
    )
    return RawFile(
        name=name,
        scan=f"read_csv({options})",
        first_rows=f"read_csv({options}, parallel=false, buffer_size={2 * LONGEST_LINE})",
        columns=dict.fromkeys(columns, "VARCHAR"),
        sha256=file_sha256(path),
        path=path,
        rows=lines.rows,
        scanned=scanned,
        header_row=mapping.header_row,
        encoding=mapping.encoding,
    )


def _recoded(path: Path, encoding: str, target: Path) -> Path:
    """Write a file anew in UTF-8; where a byte cannot be read, with one that fails its row."""
    try:
        with (
            written(target),
            path.open(encoding=encoding, newline="", errors=_UNREADABLE) as old,
            target.open("w", encoding="utf-8", newline="", errors="surrogateescape") as new,
        ):
            while text := old.read(_CHUNK):
                new.write(text)
    except UnicodeError as error:
        raise ContractError(f"{path} is not in the encoding {encoding}: {error}") from None
    return target


def _unreadable_byte(error: UnicodeError) -> tuple[str, int]:
    """Stand in for bytes that are none of an encoding: FF, which is none of UTF-8."""
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end
    raise error


codecs.register_error(_UNREADABLE, _unreadable_byte)


def malformed_lines(connection: duckdb.DuckDBPyConnection, file: RawFile) -> pa.Table:
    """Return row (from 1), content and rule of the lines that a scan, finished just now, could not split.

    Raises ContractError where a quote takes the lines after it in, so that rows cannot be distinguished, and
    where most lines are in another encoding.
    """
    if file.scanned is None:
        return pa.table(
            {
                "row": pa.array([], pa.int64()),
                "content": pa.array([], pa.string()),
                "rule": pa.array([], pa.string()),
            }
        )
    _refuse_open_quote(connection, file, file.scanned)
    lines = connection.sql(
        "SELECT line::BIGINT - 1 AS row, trim(any_value(csv_line), chr(10) || chr(13)) AS content,"
        " 'line is malformed: ' || any_value(lower(error_type::VARCHAR)) AS rule"
        " FROM reject_errors GROUP BY line ORDER BY line"
    ).to_arrow_table()
    _refuse_other_encoding(file, lines)
    return lines


def _refuse_other_encoding(file: RawFile, lines: pa.Table) -> None:
    strange = int(pc.sum(pc.ends_with(lines["rule"], "invalid encoding")).as_py() or 0)
    if strange > _MOST_UNREADABLE * file.rows:
        raise ContractError(
            f"{file.path} is not in the encoding {file.encoding}:"
            f" {strange:,} of its {counted(file.rows, 'row', 'rows')} cannot be read; name another in the"
            " source file, e.g. encoding: gb18030"
        )


def refuse_lost_rows(file: RawFile, read: int, malformed: pa.Table) -> None:
    """Refuse a file of which not all rows were read, or none could be; both are counted apart from the scan.

    Raises ContractError.
    """
    if read + malformed.num_rows != file.rows:
        raise ContractError(
            f"{file.path} has {counted(file.rows, 'row', 'rows')} below its header,"
            f" and {counted(read + malformed.num_rows, 'was', 'were')} found when they were read, so that"
            " none is taken: its quotes or the ends of its lines leave it open where a row ends. Save it anew"
            " as CSV, with quotes around each text"
        )
    if file.rows and not read:
        reasons = ", ".join(sorted(set(malformed["rule"].to_pylist())))
        raise ContractError(
            f"{file.path}: none of its {counted(file.rows, 'row', 'rows')} could be split into the"
            f" {counted(len(file.columns), 'column', 'columns')} of its header ({reasons}); the first is:"
            f" {mask_personal_data(str(malformed['content'][0]))[:_SHOWN]}"
        )


def unreadable(file: RawFile, error: Exception) -> RiskModelsError:
    """Say in our words why DuckDB could not read a file; where the system refused it, that."""
    reason = str(error).splitlines()[0]
    refused = file_error_in(reason)
    return (
        FileError(f"{file.path}: {refused}")
        if refused
        else ContractError(f"{file.path} cannot be read: {reason}")
    )


@contextmanager
def refusals_named() -> Iterator[None]:
    """Say in our words what the system refused to DuckDB, e.g. room on a full disk; raises FileError."""
    try:
        yield
    except duckdb.IOException as error:
        refused = file_error_in(str(error))
        if refused is None:
            raise
        raise refused from None


def _refuse_open_quote(connection: duckdb.DuckDBPyConnection, file: RawFile, path: Path) -> None:
    """Refuse a file where an open quote took lines in, or made DuckDB lose track (error beyond its line)."""
    lost = "byte_position > line_byte_position + strlen(csv_line) + 2"
    found = connection.execute(
        f"SELECT min(CASE WHEN {lost} THEN byte_position ELSE line_byte_position END) FROM reject_errors"
        f" WHERE error_type = 'UNQUOTED VALUE' AND ({lost} OR csv_line = ''"
        " OR regexp_matches(csv_line, '[^\\r\\n][\\r\\n]+[^\\r\\n]'))"
    ).fetchall()[0][0]
    if found is not None:
        raise ContractError(
            f"{file.path}: a quote opened in line {_line_number(path, found - 1) + file.header_row - 1} is"
            " not closed where its cell ends,"
            ' so that the lines after it cannot be distinguished; close it, or write a quote in a text as ""'
        )


def _line_number(path: Path, place: int) -> int:
    """Return the number of the line, from 1, that begins ``place`` bytes into the file."""
    with path.open("rb") as file:
        before = file.read(place + len(byte_order_mark(path)))
    return 1 + max(before.count(b"\n"), before.count(b"\r"))
