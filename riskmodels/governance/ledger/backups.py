"""A ledger in one file, each row as it is stored; and back, also into the other kind of database."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskmodels.errors import LedgerError, ResultError
from riskmodels.governance.ledger import database
from riskmodels.governance.ledger.chain import Head, Row, Verification, verify_rows
from riskmodels.governance.ledger.database import EVENTS
from riskmodels.governance.ledger.store import Ledger
from riskmodels.scratch import OURS, scratch_folder, written

_DAMAGES = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    zlib.error,
)  # of a file that is cut, is no gzip, or holds no rows
_GUARD = "ALTER TABLE ledger_events {} TRIGGER events_insert"


def back_up(ledger: Ledger, path: Path) -> Head:
    """Write a ledger that fits to a file (JSON lines, gzip): first its head, then its rows.

    The file is there as a whole or not at all. Raises ResultError where a row does not fit.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path), scratch_folder(f".{OURS}", parent=path.parent) as folder:
        staged = folder / "staged"
        with gzip.open(staged, "wt", encoding="utf-8", compresslevel=1) as file:
            found = verify_rows(_noted(ledger.rows(), file))
            file.write(json.dumps(list(found.head)) + "\n")
        _refuse_broken(found, "it is not backed up")
        staged.replace(path)
    return found.head


def _noted(rows: Iterable[Row], file: Any) -> Iterator[Row]:
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        yield row


def restore(ledger: Ledger, path: Path) -> Head:
    """Write the rows of a backup into an empty ledger, all or none; of PostgreSQL its owner does.

    Raises
    ------
    LedgerError
        The ledger is not empty.
    ResultError
        The file is damaged, or a row of it does not fit.
    """
    if ledger.head().seq:
        raise LedgerError(
            "a backup is restored into an empty ledger only, and this one has rows: name another"
        )
    with database.said_by_us(ledger.engine.url), database.writing(ledger.engine) as connection:
        is_guarded = connection.dialect.name == "postgresql"  # by the actor, who was another then
        if is_guarded:
            connection.exec_driver_sql(_GUARD.format("DISABLE"))
        try:
            found = verify_rows(_put(_read(path), connection), [_head(path)])
        except _DAMAGES as error:
            raise ResultError(f"{path} is damaged, and nothing was restored: {error}") from None
        _refuse_broken(found, "nothing was restored")
        if is_guarded:
            connection.exec_driver_sql(_GUARD.format("ENABLE"))
    return found.head


def _read(path: Path) -> Iterator[list[Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _head(path: Path) -> Head:
    """Return the head of a backup: its last line."""
    *_, last = _read(path)
    seq, digits = last
    return Head(seq, digits)


def _put(lines: Iterator[list[Any]], connection: sa.Connection) -> Iterator[Row]:
    names = ("seq", "body", "hash")
    for line in lines:
        if len(line) == len(names):
            seq, body, hash_ = line
            connection.execute(sa.insert(EVENTS).values(dict(zip(names, line, strict=True))))
            yield seq, body, hash_


def _refuse_broken(found: Verification, consequence: str) -> None:
    if found.problem:
        raise ResultError(f"the ledger is not whole, and {consequence}: {found.problem}")
