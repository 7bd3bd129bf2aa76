"""One sheet of an Excel file, every cell as the text that a CSV file would hold."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineSheet

from riskmodels.errors import ContractError
from riskmodels.scratch import written
from riskmodels.sources.headers import labelled
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.patterns import matching
from riskmodels.sources.workbooks import open_workbook

_ROWS_AT_ONCE = 20_000  # rows held as Python objects: some ten megabytes

Row = list[str | None]


def extract_sheet(path: Path, mapping: TableMap, target: Path) -> Path:
    """Write a sheet's rows below its header row to Parquet, as text; empty rows at its end are left out.

    Raises ContractError where the file is no Excel file, the sheet is not there or not the only one that
    fits, its header row is empty, or there is more than can be read.
    """
    with open_workbook(path) as workbook:
        name = _sheet(path, workbook.sheet_names, mapping)
        rows = _rows(workbook.get_sheet_by_name(name))
        header = next(islice(rows, mapping.header_row - 1, None), [])
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


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    """Give the rows of a sheet from its first one on, all from its first column on."""
    if sheet.start is not None:
        before: Row = [None] * sheet.start[1]
        for row in sheet.iter_rows():
            yield [*before, *map(_text, row)]


def _table(rows: Iterator[Row], columns: int) -> pa.Table:
    """Gather rows in a table, a part after the other; empty rows at the end are left out."""
    schema = pa.schema([(str(place), pa.string()) for place in range(columns)])
    parts, filled, read = [], 0, 0
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        filled = max((read + place for place, row in enumerate(part, 1) if any(row)), default=filled)
        read += len(part)
        arrays = [pa.array(column, pa.string()) for column in zip(*part, strict=True)]
        parts.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(parts, schema).slice(0, filled)


def width(rows: list[Row]) -> int:
    """Return how many columns there are up to the last one with a value."""
    return max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)


def first_rows(path: Path, most: int) -> dict[str, list[Row]]:
    """Read the first rows of every sheet as texts; raises ContractError where the file cannot be read."""
    with open_workbook(path) as workbook:
        return {
            name: list(islice(_rows(workbook.get_sheet_by_name(name)), most)) for name in workbook.sheet_names
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
