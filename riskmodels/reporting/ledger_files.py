"""The ledger as tables that people fill in, CSV or Excel: what changed there becomes new versions."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError

from riskmodels.errors import FileError, ParameterError
from riskmodels.governance.ledger import RECORDS, Ledger, Record
from riskmodels.governance.rolling import roll_forward
from riskmodels.misfits import nearest
from riskmodels.reporting.exports import safe_cell, write_csv
from riskmodels.reporting.workbook import write_workbook

_EXCEL = ".xlsx"
_QUOTED = re.compile(r"^'", re.MULTILINE)  # before a text that a spreadsheet would take for a formula
_DIGITS = 15  # significant ones of a number in a spreadsheet
_MIDNIGHT = " 00:00:00"  # behind a day that a spreadsheet keeps as a moment
_DAMAGES = (OSError, ValueError, CalamineError)


def export_ledger(ledger: Ledger, target: Path, *, since: date | None = None) -> dict[str, int]:
    """Write the latest versions: a workbook where the target ends in .xlsx, else a folder of CSV files.

    With a day, what was open on it, with what is new or has changed ``since`` marked (``roll_forward``).
    Returns how many records each table has.
    """
    frames = {
        table: ledger.frame(table) if since is None else roll_forward(ledger, table, since=since)
        for table in RECORDS
    }
    if target.suffix == _EXCEL:
        write_workbook(frames, target)
    else:
        target.mkdir(parents=True, exist_ok=True)
        for table, frame in frames.items():
            write_csv(frame, target / f"{table}.csv")
    return {table: len(frame) for table, frame in frames.items()}


def read_changes(ledger: Ledger, path: Path) -> list[tuple[Record, int]]:
    """Read tables as ``export_ledger`` writes them, and return what differs from the ledger.

    Parameters
    ----------
    ledger : Ledger
        What they are compared with.
    path : Path
        Workbook, folder of CSV files, or one of them, named as its table (``actions.csv``). A column that is
        not there stays as it was, a new row needs only what its kind must have.

    Returns
    -------
    list of (Record, int)
        For ``Ledger.write_all``: each record that is new or differs, with the version of its row; the version
        is refused there if somebody wrote a later one meanwhile.

    Raises
    ------
    ParameterError
        A table, a column or a value is none of the ledger; the message names file, row and column.
    """
    return [
        change
        for table, frame in _tables(path).items()
        for change in _changes(table, frame, ledger.frame(table), where=f"{path}, {table}")
    ]


def _tables(path: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a file or a folder as texts, in the order in which they refer to each other."""
    try:
        if path.suffix == _EXCEL:
            found = pd.read_excel(path, sheet_name=None, dtype=str, keep_default_na=False, engine="calamine")
        else:
            files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
            found = {one.stem: pd.read_csv(one, dtype=str, keep_default_na=False) for one in files}
    except FileNotFoundError:
        raise
    except _DAMAGES as error:
        raise FileError(f"{path} cannot be read as CSV or Excel: {error}") from None
    if not found:
        raise FileError(f"{path} has no CSV file; expected tables as export writes them, e.g. actions.csv")
    if wide := [name for name, frame in found.items() if not isinstance(frame.index, pd.RangeIndex)]:
        raise FileError(f"{path}, {wide[0]}: rows have more cells than its first line has names")
    if unknown := [name for name in found if name not in RECORDS]:
        raise ParameterError(
            f"{path}: '{unknown[0]}' is no table of the ledger; {nearest(unknown[0], list(RECORDS))}"
        )
    return {table: found[table] for table in RECORDS if table in found}


def _changes(
    table: str, frame: pd.DataFrame, stands: pd.DataFrame, *, where: str
) -> Iterator[tuple[Record, int]]:
    model = RECORDS[table]
    marks = ["change", "changed"]  # of a year rolled forward
    known = [
        *model.model_fields,
        *(name for name in stands.columns if name not in model.model_fields),
        *marks,
    ]
    for name in frame.columns:
        if name not in known:
            raise ParameterError(f"{where}: '{name}' is no column of it; {nearest(str(name), known)}")
    now = {row[model.key]: row for row in stands.to_dict("records")}
    for number, row in enumerate(frame.to_dict("records"), start=2):  # the first line has the names
        if not any(row.values()):
            continue  # a blank line
        before = now.get(str(row.get(model.key, "")), {})
        place = f"{where}, row {number}"
        made = model.made(_values(row, before, model), where=place)
        if not before or made.digest != before["digest"]:
            yield made, _version(str(row.get("version", "")), place)


def _version(text: str, where: str) -> int:
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        raise ParameterError(f"{where}: version is '{text}'; expected the number that was exported") from None


def _values(row: Mapping[Any, Any], before: Mapping[Any, Any], model: type[Record]) -> dict[str, Any]:
    """Return the values of a row: those that stand, with what differs from how they were exported."""
    values = {}
    for name in model.model_fields:
        stands = _given(before.get(name, ""))
        cell = str(row.get(name, stands)).removesuffix(_MIDNIGHT)
        if _is_same(cell, stands):
            values[name] = stands
        else:
            values[name] = _QUOTED.sub("", cell) if cell == safe_cell(_QUOTED.sub("", cell)) else cell
    return {name: value for name, value in values.items() if value != ""}


def _is_same(cell: str, stands: Any) -> bool:
    """Tell whether a cell is what was exported; a figure, as far as a spreadsheet keeps it."""
    if isinstance(stands, float):
        with suppress(ValueError):
            return f"{float(cell):.{_DIGITS}g}" == f"{stands:.{_DIGITS}g}"
    return cell in (str(safe_cell(stands)), str(stands))


def _given(value: Any) -> Any:
    """Return a value as a record takes it; unknown is none."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return "" if pd.isna(value) else value
