"""A ledger: what is written to it, and what it says, today or as of any day."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Self

import pandas as pd
import sqlalchemy as sa

from riskmodels.errors import LedgerError, ParameterError, ResultError
from riskmodels.governance.ledger import database
from riskmodels.governance.ledger.chain import START, Head, Row, Verification, canonical, chained, verify_rows
from riskmodels.governance.ledger.database import EVENTS
from riskmodels.governance.ledger.laws import Versioned, refuse_unlawful
from riskmodels.governance.ledger.records import RECORDS, Decision, Record, digest_of, plain_text
from riskmodels.governance.ledger.standing import with_standing
from riskmodels.labels import label
from riskmodels.misfits import nearest

_ROWS_AT_ONCE = 10_000  # of a reading: some megabytes
_ABOUT = ["version", "seq", "at", "actor", "stated_by"]
_ROW = sa.select(EVENTS.c.seq, EVENTS.c.body, EVENTS.c.hash).order_by(EVENTS.c.seq)
_ALWAYS = "9999-12-31T23:59:59.999999Z"  # later than any event
_LATEST = (  # made once: to make it takes longer than to run it
    sa.select(EVENTS.c.body)
    .where(
        EVENTS.c.record == sa.bindparam("table"),
        EVENTS.c.record_id == sa.bindparam("id"),
        EVENTS.c.at <= sa.bindparam("end"),
    )
    .order_by(EVENTS.c.version.desc())
    .limit(1)
)
_INSERT = sa.insert(EVENTS).values(
    seq=sa.bindparam("seq"), body=sa.bindparam("body"), hash=sa.bindparam("hash")
)
_LONGEST = {"--by": 200, "--note": 10_000}  # characters


def open_ledger(place: str | Path | sa.URL, *, is_made: bool = True) -> "Ledger":
    """Open a ledger, and bring it to the schema of this version.

    Parameters
    ----------
    place : str, Path or URL
        File of SQLite, or a URL: ``postgresql://user:password@host/bank``.
    is_made : bool
        Make it where there is none.

    Raises
    ------
    ResultError
        There is none and it is not made, or a later version of riskmodels wrote it.
    LedgerError
        The database refuses, or cannot be reached; the message holds no password.
    """
    url = place if isinstance(place, sa.URL) else database.ledger_url(place)
    if not is_made and url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise ResultError(f"{url.database} is not there: make it with riskmodels ledger init")
    with database.said_by_us(url):
        engine = database.connected(url)
        try:
            database.bring_up(engine, is_made=is_made)
        except BaseException:
            engine.dispose()
            raise
    return Ledger(engine=engine)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ledger:
    """An open ledger, to be closed: a context manager.

    Attributes
    ----------
    engine : Engine
        Of its database.
    until : datetime or None
        What is read is what was known then (see ``as_of``); None for all.
    """

    engine: sa.Engine
    until: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back."""
        self.engine.dispose()

    def as_of(self, day: date) -> "Ledger":
        """Return the ledger as it was known at the end of a day (UTC), or at a moment; only to be read."""
        until = day if isinstance(day, datetime) else datetime.combine(day, time.max, UTC)
        if until.tzinfo is None:
            raise ParameterError(f"{until} has no zone: give a day, or a moment with its zone")
        return replace(self, until=until)

    @property
    def day(self) -> date:
        """The day whose deadlines and expiries count."""
        return (self.until or datetime.now(UTC)).date()

    # ---- reading ----

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with database.said_by_us(self.engine.url), self.engine.begin() as connection:
            yield connection

    def head(self) -> Head:
        """Return the last row's number and digits; of an empty ledger row 0."""
        with self._reading() as connection:
            return Head.of(*_last(connection, self.until)[:2])

    def rows(self) -> Iterator[Row]:
        """Yield every row as it is stored: number, body, hash."""
        with (
            self._reading() as connection,
            connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_ROW) as result,
        ):
            for part in result.partitions():
                yield from (tuple(row) for row in part)

    def verify(self, *heads: Head | None) -> Verification:
        """Check every row against its hash, and against heads from outside.

        Names the first row that does not fit, that the end was cut off, or that guards are off.
        """
        with self._reading() as connection:
            missing = database.missing_guards(connection)
        found = verify_rows(self.rows(), [head for head in heads if head is not None])
        if missing and not found.problem:
            words = label("Every row fits, but guards are off: {names}.", names=", ".join(sorted(missing)))
            return replace(found, problem=words)
        return found

    def get(self, table: str, id_: str) -> Versioned | None:
        """Return a record as it stands; None where there is none."""
        with self._reading() as connection:
            return _find(connection, table, id_, self.until)

    def frame(self, table: str) -> pd.DataFrame:
        """Return the latest version of every record of a kind.

        Returns
        -------
        DataFrame
            One row per record in the order of its id: its columns, standing (on ``day``: open, overdue, in
            force, expired, …), version, seq, at (UTC), actor, stated_by,
            digest.
        """
        model = record_class(table)
        latest = _until(sa.select(sa.func.max(EVENTS.c.seq)), self.until).where(EVENTS.c.record == table)
        query = sa.select(EVENTS.c.body).where(EVENTS.c.seq.in_(latest.group_by(EVENTS.c.record_id)))
        with self._reading() as connection:
            events = [json.loads(body) for body in connection.execute(query).scalars()]
        frame = _framed(events, model)
        return with_standing(table, frame, self.day, self.frame)

    def history(self, table: str, id_: str | None = None) -> pd.DataFrame:
        """Return every version of a record, the first one first; columns as ``frame``, and note.

        Without an id, those of all records of the kind.
        """
        query = _until(sa.select(EVENTS.c.body), self.until).where(EVENTS.c.record == table)
        query = query if id_ is None else query.where(EVENTS.c.record_id == id_)
        with self._reading() as connection:
            bodies = connection.execute(query.order_by(EVENTS.c.seq)).scalars()
            return _framed([json.loads(body) for body in bodies], record_class(table), "note")

    # ---- writing ----

    def write(
        self, record: Record, *, by: str, version: int = 0, note: str = "", is_kept: bool = True
    ) -> Head:
        """Append a record's next state.

        Parameters
        ----------
        record : Record
            All of it, also what did not change.
        by : str
            The function of the bank that says so; recorded beside the actor, who is the database's user, of
            SQLite the account of the operating system.
        version : int
            The version that was seen, 0 for a new record.
        note : str
            Why.
        is_kept : bool
            Else all is checked as if it were, and nothing is written.

        Returns
        -------
        Head
            Of the ledger then.

        Raises
        ------
        LedgerError
            It breaks a law, or somebody wrote a version that was not seen; nothing is written.
        """
        return self.write_all([(record, version)], by=by, note=note, is_kept=is_kept)

    def write_all(
        self, changes: Sequence[tuple[Record, int]], *, by: str, note: str = "", is_kept: bool = True
    ) -> Head:
        """Append several records, each with the version that was seen, all or none; see ``write``."""
        if self.until is not None:
            raise LedgerError("the ledger as it was on a day is only read")
        if not by.strip():
            raise ParameterError(
                "who says so is missing: --by names a function of the bank, e.g. head of complaints"
            )
        stated = {"stated_by": _said(by.strip(), "--by"), "note": _said(note, "--note")}
        with database.said_by_us(self.engine.url), database.writing(self.engine) as connection:
            actor, now = database.actor_and_time(connection)
            seq, last, at = _last(connection)
            about: dict[str, Any] = {"actor": actor, "at": max(now, at), **stated}
            for record, version in changes:
                self._refuse(connection, record, version, about)
                seq += 1
                event = {"seq": seq, "version": version + 1, "record": record.table, "record_id": record.id}
                body = canonical(event | about | {"content": record.content})
                last = chained(last, body)
                connection.execute(_INSERT, {"seq": seq, "body": body, "hash": last})
            if not is_kept:
                connection.rollback()
                return self.head()
        return Head.of(seq, last)

    def decide(
        self, table: str, id_: str, *, is_approved: bool, seen: str, by: str, reason: str = ""
    ) -> Head:
        """Approve or reject a record whose digest was seen; see ``write``.

        The approval falls when the record changes. Who wrote any version of it is refused.
        """
        about = self.get(table, id_)
        values = {
            "decision_id": f"{table}/{id_}/{about.version if about else 0}",
            "about_table": table,
            "about_id": id_,
            "seen": seen,
            "outcome": "approved" if is_approved else "rejected",
            "reason": reason,
        }
        return self.write(Decision.made(values), by=by)

    def _refuse(self, connection: sa.Connection, record: Record, version: int, about: dict[str, Any]) -> None:
        refuse_unlawful(
            record,
            _find(connection, record.table, record.id),
            version=version,
            find=lambda table, id_: _find(connection, table, id_),
            authors=lambda table, id_: _authors(connection, table, id_),
            listed=lambda table: _listed(connection, table),
            writer=(about["actor"], about["stated_by"]),
            day=date.fromisoformat(about["at"][:10]),
            knows_users=connection.dialect.name == "postgresql",
        )


def _said(text: str, option: str) -> str:
    if len(text) > _LONGEST[option]:
        raise ParameterError(f"{option} has {len(text):,} characters; expected {_LONGEST[option]:,} at most")
    try:
        return plain_text(text)
    except ValueError as error:
        raise ParameterError(f"{option} {error}") from None


def record_class(table: str) -> type[Record]:
    """Return the class of a kind of record; raises ParameterError where there is none."""
    if table not in RECORDS:
        raise ParameterError(f"the ledger has no '{table}'; {nearest(table, list(RECORDS))}")
    return RECORDS[table]


def _until(query: sa.Select[Any], until: datetime | None) -> sa.Select[Any]:
    return query if until is None else query.where(EVENTS.c.at <= database.utc_text(until))


def _last(connection: sa.Connection, until: datetime | None = None) -> tuple[int, str, str]:
    """Return number, hash and time of the last row."""
    query = _until(sa.select(EVENTS.c.seq, EVENTS.c.hash, EVENTS.c.at), until)
    row = connection.execute(query.order_by(EVENTS.c.seq.desc()).limit(1)).one_or_none()
    return (0, START, "") if row is None else (row.seq, row.hash, row.at)


def _find(connection: sa.Connection, table: str, id_: str, until: datetime | None = None) -> Versioned | None:
    end = _ALWAYS if until is None else database.utc_text(until)
    body = connection.execute(_LATEST, {"table": table, "id": id_, "end": end}).scalar()
    if body is None:
        return None
    event = json.loads(body)
    about = {name: event[name] for name in _ABOUT}
    digest = digest_of(event["content"])
    return Versioned(record=record_class(table).made(event["content"]), digest=digest, **about)


def _authors(connection: sa.Connection, table: str, id_: str) -> set[tuple[str, str]]:
    query = sa.select(EVENTS.c.body).where(EVENTS.c.record == table, EVENTS.c.record_id == id_)
    events = map(json.loads, connection.execute(query).scalars())
    return {(event["actor"], event["stated_by"]) for event in events}


def _listed(connection: sa.Connection, table: str) -> list[Record]:
    query = sa.select(EVENTS.c.body).where(EVENTS.c.record == table)
    events = map(json.loads, connection.execute(query).scalars())
    return [record_class(table).made(event["content"]) for event in events]


def _framed(events: list[dict[str, Any]], model: type[Record], *more: str) -> pd.DataFrame:
    """Make a frame of events: the columns of their records, and who wrote them when."""
    about = [*_ABOUT, *more]
    rows = [
        event["content"] | {name: event[name] for name in about} | {"digest": digest_of(event["content"])}
        for event in events
    ]
    frame = pd.DataFrame(rows, columns=[*model.model_fields, *about, "digest"])
    for name, field in model.model_fields.items():
        if "date" in str(field.annotation):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
        elif "float" in str(field.annotation):
            frame[name] = frame[name].astype("float64")
    order = ["seq"] if more else [model.key]
    return frame.sort_values(order, ignore_index=True)
