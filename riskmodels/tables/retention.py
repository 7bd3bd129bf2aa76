"""How long the store keeps its tables: what was last taken in too long ago goes, each table as a whole."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from riskmodels.display import Displayed
from riskmodels.errors import BusyError
from riskmodels.labels import plural
from riskmodels.scratch import scratch_folder
from riskmodels.tables.store import STAGING, sweep_store

IN_USE = ".riskmodels.replayed.lock"  # held by who reads tables that may be due to go
_ENTRY = "provenance.json"  # the file that every delivery touches
_NAME = "[0-9a-f]" * 16
_MEGABYTE = 1_000_000  # bytes


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep(Displayed):
    """What of a store is kept no longer.

    Attributes
    ----------
    table : DataFrame
        One row per stored table that goes: table, digest, taken_in (the last day), megabytes.
    before : date
        Tables that were last taken in before this day go.
    kept : int
        Tables that stay.
    is_done : bool
        They are gone; else this is what would go.
    """

    table: pd.DataFrame
    before: date
    kept: int
    is_done: bool

    @property
    def sentence(self) -> str:
        """Say what goes, or would go."""
        figures = {"gone": len(self.table), "before": self.before, "kept": self.kept}
        if self.is_done:
            return plural(
                len(self.table),
                "{gone} stored table, last taken in before {before}, is deleted; {kept} stay.",
                "{gone} stored tables, last taken in before {before}, are deleted; {kept} stay.",
                figures,
            )
        return plural(
            len(self.table),
            "{gone} stored table, last taken in before {before}, would be deleted; {kept} would stay.",
            "{gone} stored tables, last taken in before {before}, would be deleted; {kept} would stay.",
            figures,
        )

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table


def sweep_old(store: Path, *, days: int, today: date, is_done: bool = True) -> Sweep:
    """Delete what was last taken in more than so many days ago.

    Parameters
    ----------
    store : Path
        Folder of accepted tables.
    days : int
        ``store_retention_days`` of the policy.
    today : date
        The day from which they count.
    is_done : bool
        Else only say what would go.

    Returns
    -------
    Sweep
        A table goes as a whole: it is renamed, then removed; what a killed sweep left goes with the next. A
        running assessment has just taken its tables in, so none of them is due.

    Raises
    ------
    BusyError
        A replay reads tables of the store.
    """
    before = today - timedelta(days=days)
    found = {
        folder: _last_day(folder)
        for folder in sorted(store.glob(f"*/{_NAME}"))
        if (folder / _ENTRY).is_file()
    }
    due = {folder: day for folder, day in found.items() if day < before}
    rows = [(one.parent.name, one.name, day, _megabytes(one)) for one, day in due.items()]
    if is_done and due:
        with in_use(store):
            for folder in due:
                _remove(folder, before)
        sweep_store(store)
    table = pd.DataFrame(rows, columns=["table", "digest", "taken_in", "megabytes"])
    return Sweep(table=table, before=before, kept=len(found) - len(due), is_done=is_done)


def in_use(store: Path) -> FileLock:
    """Return the held lock that keeps a sweep away; raises BusyError where a sweep is at work."""
    lock = FileLock(store / IN_USE, is_singleton=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(f"{store} is being swept or replayed from; wait for it to end") from None
    return lock


def _remove(folder: Path, before: date) -> None:
    with scratch_folder(STAGING, parent=folder.parent) as scratch:
        aside = folder.rename(scratch / folder.name)
        if _last_day(aside) >= before:  # it was taken in again meanwhile
            aside.rename(folder)


def _last_day(folder: Path) -> date:
    """Return the day on which a table was last taken in."""
    return datetime.fromtimestamp((folder / _ENTRY).stat().st_mtime, UTC).date()


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / _MEGABYTE
