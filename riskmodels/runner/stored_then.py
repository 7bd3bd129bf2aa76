"""The tables of a past report: those of the store where they still are, else those that its release kept."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodels.display import shown_text
from riskmodels.errors import ResultError
from riskmodels.labels import commas, label
from riskmodels.runner.releasing import STORED
from riskmodels.runner.saved_tables import copy_tables
from riskmodels.tables import CONTRACTS, open_table, reduced_columns
from riskmodels.tables.stored import Table

_MOST_ROWS = 20  # changed rows that are named, of a table; all are counted


@dataclass(frozen=True, kw_only=True)
class Then:
    """The tables that a replay reads.

    Attributes
    ----------
    saved : Path
        A saved result of tables.
    changes : tuple of (str, str)
        What of them is not as it was: where, and in words.
    reduced : tuple of str
        Tables that are no more in the store, and are read as the release kept them.
    """

    saved: Path
    changes: tuple[tuple[str, str], ...]
    reduced: tuple[str, ...]


def tables_of_then(report: Path, digests: Mapping[str, str], *, store: Path, scratch: Path) -> Then:
    """Find the tables of a report.

    Parameters
    ----------
    report : Path
        Its folder.
    digests : mapping
        Canonical table -> digest of the stored table, as the manifest says.
    store : Path
        Folder of accepted tables.
    scratch : Path
        Where what was changed is read from, as it stands now.

    Raises
    ------
    ResultError
        A table is no more in the store, and the report is no release, which would have kept it.
    """
    folders, reduced, changes = dict[str, Path](), list[str](), list[tuple[str, str]]()
    for name, digest in digests.items():
        stored, kept = store / name / digest, _kept(report, name)
        if not stored.is_dir():
            if kept is None:
                raise ResultError(
                    f"{stored} is no more in the store, and {report} is a draft, which keeps nothing else:"
                    " replay a release of it, or name the store with --store"
                )
            folders[name] = kept
            reduced.append(name)
        elif (found := _digest_now(stored)) != digest:
            folders[name] = scratch / "changed" / name / found
            shutil.copytree(stored, folders[name])
            changes += [(f"{name} {digest}", words) for words in _changes(folders[name], kept)]
        else:
            folders[name] = stored
    copy_tables(report / "results" / "tables", scratch / "tables", folders)
    return Then(saved=scratch / "tables", changes=tuple(changes), reduced=tuple(reduced))


def _kept(report: Path, name: str) -> Path | None:
    found = [*(report / STORED / name).glob("[0-9a-f]*")]
    return found[0] if found else None


def _digest_now(stored: Path) -> str:
    """Return the digest of a stored table; raises ResultError where it is none."""
    try:
        return open_table(stored).digest
    except ResultError as error:
        found = str(error).rpartition(" ")[2]
        if "its digest is now" not in str(error):
            raise
        return found


def _changes(changed: Path, kept: Path | None) -> Iterator[str]:
    """Say what differs between a table as it stands in the store and as the release kept it."""
    if kept is None:
        yield label("the stored table was changed; which row, only a release could tell")
        return
    then, now = open_table(kept), open_table(changed)
    found = list(changed_cells(then, now))
    yield from found[:_MOST_ROWS]
    if more := max(len(found) - _MOST_ROWS, 0):
        yield label("{more} more cells or rows were changed", more=more)
    if not found:
        yield label(
            "the stored table was changed in what a release does not keep: texts, or numbers of cases"
        )


def changed_cells(then: Table, now: Table) -> Iterator[str]:
    """Say which cells, or rows, of a table are not what they were; what is personal is not compared."""
    skipped = reduced_columns(then.name)
    before, after = then.frame(), now.frame()
    columns = [name for name in before.columns if name in after.columns and name not in skipped]
    for name in before.columns.symmetric_difference(after.columns):
        yield label("column {column} is on one side only", column=name)
    if len(before) != len(after):
        yield from _changed_rows(before, after, then.name, columns)
        return
    for name in columns:
        differs = ~((before[name] == after[name]) | (before[name].isna() & after[name].isna()))
        for row in differs[differs.fillna(value=True)].index:
            yield label(
                "{row}: {column} was {before}, is {now}",
                row=_named(after, row, then.name),
                column=name,
                before=shown_text(before[name].iloc[row]),
                now=shown_text(after[name].iloc[row]),
            )


def _changed_rows(before: pd.DataFrame, after: pd.DataFrame, table: str, columns: list[str]) -> Iterator[str]:
    """Say which rows are gone, and which are there that were not."""
    sides = [pd.util.hash_pandas_object(frame[columns], index=False) for frame in (before, after)]
    ids = [pd.MultiIndex.from_arrays([side, side.groupby(side).cumcount()]) for side in sides]
    words = ("{row} is gone", "{row} was not there")
    for frame, own, other, text in zip((before, after), ids, reversed(ids), words, strict=True):
        for row in (~own.isin(other)).nonzero()[0]:
            yield label(text, row=_named(frame, int(row), table))


def _named(frame: pd.DataFrame, row: int, table: str) -> str:
    """Name a row by its key."""
    key = [name for name in CONTRACTS[table].key if name in frame.columns]
    named = commas(f"{name} {shown_text(frame[name].iloc[row])}" for name in key)
    return label("row {number} ({named})", number=row + 1, named=named)
