"""One sheet of an Excel file, every cell as the text that a CSV file would hold."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineSheet

from riskmodels.errors import ContractError
from riskmodels.scratch import written
from riskmodels.sources.headers import labelled
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.patterns import matching
from riskmodels.sources.workbooks import open_workbook

_ROWS_AT_ONCE = 20_000  # rows held as Python objects: some ten megabytes

_WHOLE = 2.0**53  # up to here every whole figure is exact
_PLAIN = (1e-3, 1e10)  # figures that all programs write without an exponent
_TO_DAY, _TO_SECOND = len("2024-05-06"), len("2024-05-06 07:08:09")
Row = list[str | None]
Cells = list[Any] | tuple[Any, ...]


def extract_sheet(path: Path, mapping: TableMap, target: Path) -> Path:
    """Write a sheet's rows below its header row to Parquet, as text; empty rows at its end are left out.

    Raises ContractError where the file is no Excel file, the sheet is not there or not the only one that
    fits, its header row is empty, or there is more than can be read.
    """
    with open_workbook(path) as workbook:
        name = _sheet(path, workbook.sheet_names, mapping)
        rows = _rows(workbook.get_sheet_by_name(name))
        header = [*map(_text, next(islice(rows, mapping.header_row - 1, None), []))]
        cells = _table(rows, len(header))
    if not any(header):
        raise ContractError(
            f"{path}: row {mapping.header_row} of sheet '{name}' is empty; header_row: names another"
        )
    filled = [
        place for place, column in enumerate(header, 1) if column or cells[place - 1].null_count < len(cells)
    ]
    names = labelled(header[: filled[-1]])
    with written(target):
        pq.write_table(cells.select(range(len(names))).rename_columns(names), target)
    return target


def _rows(sheet: CalamineSheet) -> Iterator[Cells]:
    """Give the rows of a sheet from its first one on, all from its first column on."""
    if sheet.start is not None:
        before = [""] * sheet.start[1]
        yield from (([*before, *row] for row in sheet.iter_rows()) if before else sheet.iter_rows())


def _table(rows: Iterator[Cells], columns: int) -> pa.Table:
    """Gather rows in a table of texts, a part after the other; empty rows at the end are left out."""
    schema = pa.schema([(str(place), pa.string()) for place in range(columns)])
    parts, filled, read = [], 0, 0
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        arrays = [*map(texts_of, zip(*part, strict=True))]
        lasts = (pc.max(pc.indices_nonzero(pc.is_valid(texts))).as_py() for texts in arrays)
        filled = max((read + last + 1 for last in lasts if last is not None), default=filled)
        read += len(part)
        parts.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(parts, schema).slice(0, filled)


def width(rows: list[Row]) -> int:
    """Return how many columns there are up to the last one with a value."""
    return max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)


def first_rows(path: Path, most: int) -> dict[str, list[Row]]:
    """Read the first rows of every sheet as texts; raises ContractError where the file cannot be read."""
    with open_workbook(path) as workbook:
        return {
            name: [[*map(_text, row)] for row in islice(_rows(workbook.get_sheet_by_name(name)), most)]
            for name in workbook.sheet_names
        }


def _sheet(path: Path, found: list[str], mapping: TableMap) -> str:
    pattern = mapping.sheet_pattern or re.escape(mapping.sheet or "")
    fitting = matching(pattern, found) if pattern else found
    if len(fitting) == 1:
        return fitting[0]
    problem = (
        f"has no sheet that matches '{mapping.sheet_pattern or mapping.sheet}'"
        if pattern
        else "has several sheets"
    )
    if len(fitting) > 1 and pattern:
        problem = f"has several sheets that match '{mapping.sheet_pattern}'"
    raise ContractError(f"{path} {problem}; name one as sheet: or sheet_pattern:. It has: {', '.join(found)}")


def texts_of(cells: Cells) -> pa.Array:
    """Write the cells of a column as CSV would; those of one type at once."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = set(map(type, values)) - {type(None)}
    texts = next((way(values) for known, way in _WAYS if kinds <= known), None)
    return pa.array([*map(_text, cells)], pa.string()) if texts is None else texts


def _stripped(values: Cells) -> pa.Array:
    return pa.array([(value and value.strip()) or None for value in values], pa.string())


def _figures(values: Cells) -> pa.Array | None:
    """Write figures, whole ones without decimals; None where programs differ in how they write one."""
    figures = pa.array(values, pa.float64())
    size, whole = pc.abs(figures), pc.equal(pc.floor(figures), figures)
    least, most = _PLAIN
    plain = pc.and_(pc.less(size, most), pc.greater_equal(size, least))
    plain = pc.if_else(whole, pc.less(size, _WHOLE), plain)
    if not pc.all(plain).as_py():
        return None
    integers = pc.cast(pc.cast(pc.floor(figures), pa.int64()), pa.string())
    return pc.if_else(whole, integers, pc.cast(figures, pa.string()))


def _moments(values: Cells) -> pa.Array:
    """Write times, midnight as a day, and parts of a second only where there are any."""
    days = pa.array([value if type(value) is date else None for value in values], pa.date32())
    times = pa.array([None if type(value) is date else value for value in values], pa.timestamp("us"))
    moments = pc.coalesce(times, pc.cast(days, pa.timestamp("us")))
    texts = pc.cast(moments, pa.string())
    for unit, length in (("second", _TO_SECOND), ("day", _TO_DAY)):
        whole = pc.equal(pc.floor_temporal(moments, unit=unit), moments)
        texts = pc.if_else(whole, pc.utf8_slice_codeunits(texts, 0, length), texts)
    return texts


_WAYS: tuple[tuple[set[type], Callable[[Cells], pa.Array | None]], ...] = (
    ({str}, _stripped),
    ({float}, _figures),
    ({date, datetime}, _moments),  # the library gives a day for midnight
)


def _text(cell: Any) -> str | None:
    """Write a cell as CSV would; a day without a time has none."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        return cell.date().isoformat()
    if isinstance(cell, date | datetime):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    text = str(cell).strip()
    return text or None
