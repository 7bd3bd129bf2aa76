"""A ledger in one file, each row as it is stored; and back, also into the other kind of database."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskmodels.errors import LedgerError, ResultError
from riskmodels.governance.ledger import database
from riskmodels.governance.ledger.chain import Head, Row, Verification, verify_rows
from riskmodels.governance.ledger.database import EVENTS
from riskmodels.governance.ledger.store import Ledger
from riskmodels.scratch import staged

_DAMAGES = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    zlib.error,
    RecursionError,
)  # of a file that is cut, is no gzip, or holds no rows
_GUARD = "ALTER TABLE ledger_events {} TRIGGER events_insert"


def back_up(ledger: Ledger, path: Path) -> Head:
    """Write a ledger that fits to a file (JSON lines, gzip): its rows, then its head.

    The file is there as a whole or not at all. Raises ResultError where a row does not fit, and where the
    file that it would replace is no backup, or one of rows that the ledger has no more.
    """
    heads = [_checked(path).head] if path.exists() else []
    with staged(path) as target:
        with gzip.open(target, "wt", encoding="utf-8", compresslevel=1) as file:
            found = verify_rows(_noted(ledger.rows(), file), heads)
            file.write(json.dumps(list(found.head)) + "\n")
        if found.problem:
            raise ResultError(f"the ledger is not whole, and it is not backed up: {found.problem}")
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
    found = _checked(path)
    with database.said_by_us(ledger.engine.url), database.writing(ledger.engine) as connection:
        is_guarded = connection.dialect.name == "postgresql"  # by the actor, who was another then
        if is_guarded:
            connection.exec_driver_sql(_GUARD.format("DISABLE"))
        for seq, body, hash_ in _rows(path):
            connection.execute(sa.insert(EVENTS).values(seq=seq, body=body, hash=hash_))
        if is_guarded:
            connection.exec_driver_sql(_GUARD.format("ENABLE"))
    return found.head


def _checked(path: Path) -> Verification:
    """Return what a backup holds; raises ResultError where it is damaged."""
    try:
        *_, last = _lines(path)
        seq, digits = last
        found = verify_rows(_rows(path), [Head(seq, digits)])
    except FileNotFoundError:
        raise
    except _DAMAGES as error:
        raise ResultError(
            f"{path} is no whole backup of a ledger, and nothing was written: {error}"
        ) from None
    if found.problem:
        raise ResultError(f"{path} is no whole backup of a ledger, and nothing was written: {found.problem}")
    return found


def _lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _rows(path: Path) -> Iterator[Row]:
    """Yield all but the last line, which is the head."""
    for line, _ in pairwise(_lines(path)):
        seq, body, hash_ = line
        yield seq, body, hash_
