"""The database of a ledger: a file of SQLite, or PostgreSQL; who writes, and which schema it has."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskmodels.errors import LedgerError, ParameterError, ResultError
from riskmodels.scratch import private_folder

_PATIENCE = 60  # seconds that a writer of SQLite waits for the others: thirty of them, each a disk's flush
_LOCK = 7_261_822_043  # of PostgreSQL, held by who writes the next row; any number that nobody else uses
SCHEMAS = ("r0001", "r0002", "r0003")  # of migrations/versions, in their order
BEFORE = "base"  # what Alembic calls no schema at all
SCHEMA_TABLE = "ledger_schema"
GUARDS = {"events_insert", "events_update", "events_delete"}
EVENTS = sa.table(
    "ledger_events",
    *(sa.column(name, sa.BigInteger) for name in ("seq", "version")),
    *(sa.column(name, sa.Text) for name in ("body", "hash", "at", "actor", "record", "record_id")),
)
_NOW = """to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def ledger_url(place: str | Path) -> sa.URL:
    """Return the URL of a ledger, given as that or as the file of SQLite that it is.

    Raises ParameterError where it is no URL, or of another database; no message holds a password.
    """
    try:
        url = sa.make_url(str(place)) if "://" in str(place) else sa.URL.create("sqlite", database=str(place))
    except (sa.exc.ArgumentError, ValueError):
        raise ParameterError(
            "the ledger's URL is none: expected postgresql://user@host/bank, or a file"
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ParameterError(f"a ledger is kept in SQLite or PostgreSQL, not in {url.get_backend_name()}")
    if _is_file(url) and url.database in (None, "", ":memory:"):
        raise ParameterError("the ledger's file is not named, and one in memory is gone with the command")
    if "@" in (url.host or ""):  # else the rest of the password would be taken, and shown, for the server
        raise ParameterError("the ledger's URL has two @: write that of a user or a password as %40")
    return url


def place_of(url: sa.URL) -> str:
    """Return what to call a ledger: its file, or its server and database; no user, no password."""
    return str(url.database) if _is_file(url) else f"postgresql://{url.host or ''}/{url.database or ''}"


def connected(url: sa.URL) -> sa.Engine:
    """Return an engine whose every connection has the guards on, and waits for other writers."""
    if not _is_file(url):
        url = url.set(drivername="postgresql+psycopg")
        # READ COMMITTED: who waited for the lock sees the row that was written meanwhile
        return sa.create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED")
    private_folder(Path(str(url.database)).parent)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": _PATIENCE})
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _is_file(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare(connection: Any, _: object) -> None:
    """Set up a connection of SQLite."""
    connection.isolation_level = None  # transactions begin where _begin says
    for pragma in ("synchronous = FULL", "recursive_triggers = 1"):
        connection.execute(f"PRAGMA {pragma}").close()  # without the last, REPLACE deletes past a trigger


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def said_by_us(url: sa.URL) -> Iterator[None]:
    """Say what a database refuses in one line, as LedgerError, and no password."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"the driver '{error.name}' is not installed: pip install 'riskmodels[postgresql]'"
        ) from None
    except sa.exc.SQLAlchemyError as error:
        text = str(getattr(error, "orig", None) or error).partition("\n")[0]
        secret = str(url.password or "")
        reason = text.replace(secret, "***") if secret else text
        if "readonly" in reason:
            reason += "; whoever reads a file of SQLite writes beside it: copy it, and its -wal, to read it"
        raise LedgerError(f"the ledger {place_of(url)} refuses: {reason}") from None


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a transaction that alone may write the next row; others wait until it ends."""
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})").close()
        yield connection


def actor_and_time(connection: sa.Connection) -> tuple[str, str]:
    """Return who writes and when: the database's user and clock, of SQLite the account and clock here."""
    if connection.dialect.name == "postgresql":
        user, now = connection.exec_driver_sql(f"SELECT session_user::text, {_NOW}").one()
        return str(user), str(now)
    return _account(), utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """Write a moment as the ledger does: UTC, microseconds, so that texts are in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _account() -> str:
    """Return the account of the operating system, whatever the environment says it is."""
    if not hasattr(os, "getuid"):
        return getpass.getuser()
    import pwd  # here, because Windows has none

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def schema_of(connection: sa.Connection) -> str | None:
    """Return the schema that a database has; None where it is no ledger yet."""
    if not sa.inspect(connection).has_table(SCHEMA_TABLE):
        return None
    query = sa.select(sa.column("version_num", sa.Text)).select_from(sa.table(SCHEMA_TABLE))
    return connection.execute(query).scalar()


def bring_up(engine: sa.Engine, *, is_made: bool) -> None:
    """Bring a database to the schema of this version.

    Raises ResultError where there is no ledger and none is made, and where it has a later schema.
    """
    with engine.begin() as connection:
        schema = schema_of(connection)
    place = place_of(engine.url)
    if schema is None and not is_made:
        raise ResultError(f"{place} is no ledger yet: make it with riskmodels ledger init")
    if schema is not None and schema not in SCHEMAS:
        raise ResultError(
            f"{place} was written by a later version of riskmodels (schema {schema}; this one knows up to"
            f" {SCHEMAS[-1]}): update riskmodels"
        )
    if schema is None and _is_file(engine.url):
        with engine.connect() as connection:  # stays so; not before, as the file may be another program's
            connection.connection.execute("PRAGMA journal_mode = WAL").close()
    if schema != SCHEMAS[-1]:
        with writing(engine) as connection:
            migrate(connection, SCHEMAS[-1])


def migrate(connection: sa.Connection, target: str) -> None:
    """Bring a database up or down to a schema; the log of events stays as it is."""
    from alembic import command  # here, for start-up: hardly any command migrates
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    order = [BEFORE, *SCHEMAS]
    is_down = order.index(target) < order.index(schema_of(connection) or BEFORE)
    (command.downgrade if is_down else command.upgrade)(config, target)


def missing_guards(connection: sa.Connection) -> set[str]:
    """Name the triggers that should refuse changes, and that are off, or are not what they were.

    Of SQLite the table, too, where what it reads from a row is not what it was.
    """
    from riskmodels.governance.ledger.migrations.versions import r0003_proposals  # here, for start-up

    if connection.dialect.name == "postgresql":
        made = {statement.split("$$")[1] for statement in r0003_proposals.POSTGRESQL if "$$" in statement}
        query = (
            "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = 'ledger_events'::regclass AND tgenabled IN ('O', 'A')"
        )
    else:
        made = set(r0003_proposals.SQLITE)
        query = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'ledger_events'"
    guards = GUARDS if connection.dialect.name == "postgresql" else GUARDS | {"ledger_events"}
    return guards - {name for name, text in connection.exec_driver_sql(query) if text in made}
