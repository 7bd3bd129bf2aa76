"""One sheet of an Excel file, every cell as the text that a CSV file would hold."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from riskmodels.errors import ContractError
from riskmodels.sources.headers import labelled
from riskmodels.sources.mapping import TableMap


def extract_sheet(path: Path, mapping: TableMap, target: Path) -> Path:
    """Write a sheet's rows below its header row to Parquet, as text; empty rows at its end are left out.

    Raises ContractError where the file is no Excel file, the sheet is not there or not the only one that
    fits, or its header row is empty.
    """
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            name = _sheet(path, workbook.sheet_names, mapping)
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise ContractError(f"{path} cannot be read as Excel: {error}") from None
    header, *cells = [[_text(cell) for cell in row] for row in rows[mapping.header_row - 1 :]] or [[]]
    while cells and not any(cells[-1]):
        cells.pop()
    names = labelled(header[: width([header, *cells])])
    if not any(header):
        raise ContractError(
            f"{path}: row {mapping.header_row} of sheet '{name}' is empty; header_row: names another"
        )
    columns = [[row[place] for row in cells] for place in range(len(names))]
    schema = pa.schema([(column, pa.string()) for column in names])
    pq.write_table(
        pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=schema), target
    )
    return target


def width(rows: list[list[str | None]]) -> int:
    """Return how many columns there are up to the last one with a value."""
    return max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)


def sheet_names(path: Path) -> list[str]:
    """List the sheets of an Excel file; raises ContractError where it is none."""
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            return list(workbook.sheet_names)
    except (CalamineError, OSError) as error:
        raise ContractError(f"{path} cannot be read as Excel: {error}") from None


def first_rows(path: Path, sheet: str, most: int) -> list[list[str | None]]:
    """Read the first rows of a sheet as texts; raises ContractError where it cannot be read."""
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=most)
    except (CalamineError, OSError) as error:
        raise ContractError(f"{path} cannot be read as Excel: {error}") from None
    return [[_text(cell) for cell in row] for row in rows]


def _sheet(path: Path, found: list[str], mapping: TableMap) -> str:
    pattern = mapping.sheet_pattern or re.escape(mapping.sheet or "")
    fitting = [name for name in found if re.fullmatch(pattern, name)] if pattern else found
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
