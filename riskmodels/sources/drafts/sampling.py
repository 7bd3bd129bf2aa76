"""A look at some rows of a file that nobody described: its encoding, its delimiter, its header, its sheet."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.errors import ContractError
from riskmodels.labels import counted
from riskmodels.sources.headers import is_label, labelled, words_for_labels
from riskmodels.sources.spreadsheets import Row, first_rows, width
from riskmodels.tables.sql import name, single_file, small_connection

ROWS = 10_000  # from the beginning of a file
_MIDDLE_ROWS = 2_000  # rows looked at in the middle and at the end: formats change within files
# read of the beginning, and of the middle and the end each: a second or so of work
_BYTES, _MIDDLE_BYTES = 1 << 22, 1 << 20
_HEADER_LINES = 30  # the header stands in one of them
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SURE = 0.9  # share of rows, or of signs, that decides; a choice: one in ten may be odd
_NARROW = 3  # columns; in wider files one may have no name, or that of another
_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
    ".xlsb": "excel",
    ".ods": "excel",  # refused there, with the cure
}


@dataclass(kw_only=True)
class Sample:
    """Some rows of a file, as texts, and how it has to be read.

    Attributes
    ----------
    path : Path
        The file, or the first one of a folder.
    layout : dict
        What a source file says about it: format, encoding, delimiter, header_row, sheet.
    types : dict of str to str
        Its columns and their SQL types.
    rows : list of list
        Texts, None where there is no value; as many as there are columns.
    whole : bool
        Whether these are all rows.
    doubts : list of str
        What a person should look at.
    sheet : str
        Of Excel.
    title : str
        What stands above the header, and the name of the sheet.
    """

    path: Path
    layout: Mapping[str, str | int]
    types: Mapping[str, str]
    rows: list[Row]
    whole: bool
    doubts: list[str] = field(default_factory=list)
    sheet: str = ""
    title: str = ""

    def texts(self, column: str) -> Row:
        """Return the values of one column."""
        place = list(self.types).index(column)
        return [row[place] for row in self.rows]


def take_sample(path: Path) -> list[Sample]:
    """Look at the beginning and the middle of a file; of Excel, at each sheet with rows.

    Raises
    ------
    ContractError
        The file is not there, empty or damaged.
    """
    file = _one_file(path)
    kind = _SUFFIXES.get(file.suffix.casefold(), "csv")
    if kind == "excel":
        return _sheets(file)
    return [_parquet(file)] if kind == "parquet" else [_csv(file)]


def _one_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    if not found:
        raise ContractError(f"there is no file {path}")
    kind, _ = Counter(file.suffix.casefold() for file in found).most_common(1)[0]
    return min(file for file in found if file.suffix.casefold() == kind)


# ---- Parquet and Excel ----


def _parquet(path: Path) -> Sample:
    scan = f"read_parquet({single_file(path)}, hive_partitioning = true, hive_types_autocast = false)"
    try:
        with small_connection() as connection:
            found = connection.execute(f"DESCRIBE FROM {scan}").fetchall()
        with pq.ParquetFile(path) as file:
            rows = pa.Table.from_batches(list(_batches(file)), file.schema_arrow)
            whole = rows.num_rows >= file.metadata.num_rows
        types = {str(row[0]): str(row[1]) for row in found}
        texts = _as_texts(_with_folders(rows, path, types))
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise ContractError(f"{path} cannot be read as parquet: {str(error).splitlines()[0]}") from None
    return Sample(path=path, layout={"format": "parquet"}, types=types, rows=texts, whole=whole)


def _with_folders(rows: pa.Table, path: Path, types: dict[str, str]) -> pa.Table:
    """Add the columns that the names of folders give, e.g. year=2026."""
    given = dict(part.split("=", 1) for part in path.parts if "=" in part)
    for column in types.keys() - set(rows.column_names):
        rows = rows.append_column(column, pa.array([given.get(column)] * rows.num_rows, pa.string()))
    return rows.select(list(types))


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Read some rows of the first row group, of the middle one and of the last one."""
    groups = file.num_row_groups
    for group, most in {groups // 2: _MIDDLE_ROWS, groups - 1: _MIDDLE_ROWS, 0: ROWS}.items():
        if group >= 0 and groups:
            yield from islice(file.iter_batches(most, row_groups=[group]), 1)


def _as_texts(rows: pa.Table) -> list[Row]:
    with small_connection() as connection:
        connection.register("sampled", rows)
        texts = ", ".join(f"{name(column)}::VARCHAR" for column in rows.column_names)
        return [list(row) for row in connection.execute(f"SELECT {texts} FROM sampled").fetchall()]


def _sheets(path: Path) -> list[Sample]:
    samples = []
    sheets = first_rows(path, ROWS + _HEADER_LINES)
    for sheet, rows in sheets.items():
        if sum(any(row) for row in rows) > 1:
            samples.append(_sheet(path, sheet, rows, several=len(sheets) > 1))
    if not samples:
        raise ContractError(
            f"{path} has no sheet with a header and rows. Its sheets are: {', '.join(sheets)}"
        )
    return samples


def _sheet(path: Path, sheet: str, rows: list[Row], *, several: bool) -> Sample:
    place = _header_place(rows)
    header = rows[place]
    cells = [row for row in rows[place + 1 :] if any(row)]
    names = labelled(header[: width([header, *cells])])
    layout: dict[str, str | int] = {"format": "excel", "header_row": place + 1}
    if several:
        layout["sheet"] = sheet
    return Sample(
        path=path,
        layout=layout,
        types=dict.fromkeys(_named(names), "VARCHAR"),
        rows=_of_named(names, cells),
        whole=len(rows) < ROWS + _HEADER_LINES,
        doubts=[*words_for_labels(names), *_headless(header)],
        sheet=sheet,
        title=_title([*rows[:place], [sheet]]),
    )


def _named(names: list[str]) -> list[str]:
    """List the columns that something can be made from: those with a name of their own."""
    return [column for column in names if not is_label(column)]


def _of_named(names: list[str], rows: list[Row]) -> list[Row]:
    places = [place for place, column in enumerate(names) if not is_label(column)]
    return [[row[place] for place in places] for row in rows]


# ---- CSV ----


def _csv(path: Path) -> Sample:
    chunks, whole = _chunks(path)
    encoding, doubts = _encoding(path, chunks)
    texts = [_decoded(chunk, encoding, first=not place) for place, chunk in enumerate(chunks)]
    delimiter = _delimiter(texts[0])
    lines = _lines(texts[0], delimiter, whole=whole)
    if not lines:
        raise ContractError(f"{path} is empty; expected a header line with the names of its columns")
    place = _header_place([row for _, row in lines[:_HEADER_LINES]])
    names = labelled(lines[place][1])
    first = [row for _, row in lines[place + 1 :]]
    rows = [row for row in first if len(row) == len(names)]
    if len(rows) < _SURE * len(first):
        doubts.append(f"{len(first) - len(rows)} of the first {len(first)} rows have another number of cells")
    rows += [row for text in texts[1:] for row in _middle(text, delimiter, len(names))]
    layout: dict[str, str | int] = {"format": "csv"}
    layout |= {"encoding": encoding} if encoding != "utf-8" else {}
    layout |= {"delimiter": delimiter} if delimiter != "," else {}
    layout |= {"header_row": lines[place][0]} if lines[place][0] > 1 else {}
    return Sample(
        path=path,
        layout=layout,
        types=dict.fromkeys(_named(names), "VARCHAR"),
        rows=_of_named(names, rows),
        whole=whole and len(first) < ROWS,
        doubts=[*doubts, *words_for_labels(names), *_headless(lines[place][1])],
        title=_title([row for _, row in lines[:place]]),
    )


def _chunks(path: Path) -> tuple[list[bytes], bool]:
    """Read the beginning of a file, and of a long one a part of its middle and its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        chunks = [file.read(_BYTES)]
        if size <= _BYTES:
            return chunks, True
        for start in (max(size // 2, _BYTES), max(size - _MIDDLE_BYTES, _BYTES)):
            file.seek(start - start % 4)  # whole characters of UTF-16 and UTF-32
            chunks.append(file.read(_MIDDLE_BYTES))
    return chunks, False


def _encoding(path: Path, chunks: list[bytes]) -> tuple[str, list[str]]:
    """Name the encoding of a file, and what is doubtful about it."""
    marked = next((encoding for mark, encoding in _MARKS.items() if chunks[0].startswith(mark)), None)
    if marked:
        return marked, []
    if b"\0" in chunks[0][:1000]:
        raise ContractError(f"{path} is no text: it holds NUL bytes. Expected CSV, Parquet or Excel")
    sample = b"\n".join(chunks)
    wrong = sample.decode("utf-8", errors="replace").count("\ufffd")
    if wrong <= 2 * (len(chunks) - 1) + 1 and (wrong == 0 or len(sample) >= _BYTES):  # cut characters
        return "utf-8", []
    if _reads_as_chinese(sample):
        return "gb18030", []
    many = sum(not character.isascii() for character in sample.decode("utf-8", errors="ignore"))
    if wrong < many:
        characters = counted(wrong, "character is", "characters are")
        return "utf-8", [f"{characters} not in UTF-8; their rows will be rejected"]
    return "cp1252", ["encoding: the file is neither in UTF-8 nor in Chinese GB 18030; cp1252 is a guess"]


def _reads_as_chinese(sample: bytes) -> bool:
    """Tell whether bytes above ASCII are the pairs of frequent Chinese characters."""
    text = sample.decode("gb18030", errors="replace")
    high = [character for character in text if not character.isascii()]
    chinese = sum(
        "\u4e00" <= character <= "\u9fff"
        or "\u3000" <= character <= "\u303f"
        or "\uff00" <= character <= "\uffef"
        for character in high
    )
    pairs = re.findall(rb"[\xa1-\xfe]{2}", sample)
    return chinese >= _SURE * len(high) and len(pairs) >= _SURE * len(high)


def _decoded(chunk: bytes, encoding: str, *, first: bool) -> str:
    if not first and encoding in {"utf-16", "utf-32"}:
        encoding += "-le"
    return chunk.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")


def _delimiter(text: str) -> str:
    """Return the sign that cuts most lines into the same number of cells, more than one."""
    sample = text[: 1 << 17]

    def fitness(delimiter: str) -> tuple[bool, float, int]:
        widths = [len(row) for _, row in _lines(sample, delimiter, whole=False)]
        width, many = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return width > 1, round(many / max(len(widths), 1), 1), width

    return max(_DELIMITERS, key=fitness)


def _lines(text: str, delimiter: str, *, whole: bool) -> list[tuple[int, Row]]:
    """Cut a text into rows, blank ones left out; each with the number of the line where it begins, from 1."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, Row]] = []
    start = 1
    try:
        for row in islice(reader, ROWS + _HEADER_LINES):
            if row and any(cell.strip() for cell in row):
                lines.append((start, [cell.strip() or None for cell in row]))
            start = reader.line_num + 1
    except csv.Error:  # a cell longer than any real one: what was read before it is enough
        return lines
    return lines if whole or len(lines) <= 1 else lines[:-1]  # the last one may be cut


def _middle(text: str, delimiter: str, width: int) -> list[Row]:
    """Cut a part of the middle into rows: its beginning may lie inside a quoted cell, or not."""
    readings = []
    for start in ("", '"'):
        rows = [row for _, row in _lines(start + text, delimiter, whole=False)[1:]]
        readings.append([row for row in rows if len(row) == width])
    return max(readings, key=len)[:_MIDDLE_ROWS]


# ---- the header ----


def _header_place(rows: list[Row]) -> int:
    """Return the place of the header: the first row as wide as most, with words in nearly all cells."""
    widths = Counter(sum(cell is not None for cell in row) for row in rows)
    usual = max(widths, key=lambda width: (widths[width] * width, width))
    for place, row in enumerate(rows[:_HEADER_LINES]):
        filled = [cell for cell in row if cell]
        wide = len(filled) >= max(min(_SURE * usual, usual - (usual > _NARROW)), 1)  # one may have no name
        if wide and len(filled) - len(set(filled)) <= (len(filled) > _NARROW) and not _headless(row):
            return place
    return next(place for place, row in enumerate(rows) if sum(map(bool, row)) >= min(usual, 1))


def _title(rows: list[Row]) -> str:
    """Return what stands above the header."""
    return " ".join(cell for row in rows for cell in row if cell)


def _headless(header: Row) -> list[str]:
    """Doubt a header that looks like a row of values."""
    cells = [cell for cell in header if cell]
    figures = [cell for cell in cells if cell.strip("+-").replace(".", "", 1).replace(",", "").isdigit()]
    if len(figures) * 2 < len(cells) or all(len(cell) in {4, 6} for cell in figures):
        return []  # names, or years and months as names
    return ["the first row looks like values: if the file has no header, add one, or its first row is lost"]
