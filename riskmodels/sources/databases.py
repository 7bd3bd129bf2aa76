"""Databases that can be read and not be written: what holds them is the database, not a look at the query."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit

import sqlalchemy as sa

from riskmodels.errors import ContractError
from riskmodels.sources.lines import LONGEST_LINE

_SELECT = re.compile(  # what stands before the first word is taken once, as it is: no second way is tried
    r"(?:\s|\(|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*+\*/)*+(?:select|with|values|table)\b", re.IGNORECASE
)
_ONE_SELECT = "a source is only read: query: must be one SELECT"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.DOTALL)
_UNCLEAR = re.compile(r"[\\#]|/\*!")  # where databases differ in what ends a text, or is a comment
_WRITING = re.compile(
    r";|\b(?:into|insert|update|delete|merge|replace\s+into|create|drop|alter|truncate|grant|call|exec"
    r"|execute|copy|attach|pragma|lock)\b(?!\s*\()",
    re.IGNORECASE,
)
_SETTING = re.compile(r'set_config|u&"', re.IGNORECASE)  # or a name in escapes, which may be that
_READER = "pg_read_all_data"  # a role of every server from PostgreSQL 14 on
_IS_SUPERUSER = (
    "SELECT true FROM pg_roles WHERE rolname = current_user AND rolsuper"
    f" AND EXISTS (SELECT FROM pg_roles WHERE rolname = '{_READER}')"
)
_SAME_SCHEMAS = (  # one may be called as the user is
    "SELECT set_config('search_path', string_agg(quote_ident(one), ', '), true)"
    " FROM unnest(current_schemas(false)) AS one"
)
# They know SET TRANSACTION READ ONLY; the others know nothing like it.
_STANDARD = {"mysql", "mariadb", "oracle"}
_LEAVING = {  # what a statement of SQLite could leave the file, or its being read-only, with
    sqlite3.SQLITE_ATTACH,  # of VACUUM too
    sqlite3.SQLITE_DETACH,
    sqlite3.SQLITE_PRAGMA,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT,
}
_VERSIONS, _WAL = slice(18, 20), b"\2\2"  # of the format, in the header of a file
_ASKED = {"data_version", "read_uncommitted"}  # by an index of texts; by SQLAlchemy, as it connects


def database_url(variable: str) -> sa.URL:
    """Return the URL that an environment variable holds.

    Raises ContractError where there is none; no message holds what the variable does.
    """
    text = os.environ.get(variable, "")
    if not text:
        raise ContractError(
            f"the environment variable {variable} is not set; it must hold the database's URL,"
            " e.g. postgresql+psycopg://user:password@host/bank"
        )
    if text.count("@") > 1:  # the rest of the password would be taken for the host, and shown
        raise ContractError(
            f"the environment variable {variable} holds an @ too many: in a user or password write @ as %40,"
            " / as %2F, : as %3A and % as %25"
        )
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ContractError(
            f"the environment variable {variable} holds no URL of a database; expected"
            " e.g. postgresql+psycopg://user:password@host/bank"
        ) from None


def place_of(url: sa.URL) -> str:
    """Return what to call a database: its kind, host and name; no user, no password."""
    return f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"


def read_only(url: sa.URL, query: str) -> sa.Engine:
    """Return an engine on which one query can read, and nothing can write.

    Parameters
    ----------
    url : URL
        Of SQLite: the file is opened read-only, and nothing may attach another. Of PostgreSQL: each
        transaction is READ ONLY, and the rows are those of a cursor, which is of one SELECT; a superuser has
        only the rights to read. Of others: the transaction is READ ONLY where the database knows that, and is
        never committed.
    query : str
        What will be run.

    Raises
    ------
    ContractError
        Of PostgreSQL: the query changes settings; of databases other than it and SQLite: it is no SELECT, or
        more than one.
    """
    kind = url.get_backend_name()
    if kind == "sqlite":
        return sa.create_engine("sqlite://", creator=lambda: _opened(url), poolclass=sa.NullPool)
    if kind == "postgresql":  # other drivers send several statements at once
        if _SETTING.search(query):
            raise ContractError(
                f"{place_of(url)} is not asked; a source is only read: query: may not change settings"
            )
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True)
        sa.event.listen(engine, "begin", _without_powers)
        return engine.execution_options(postgresql_readonly=True)
    if _more_than_a_select(query):
        raise ContractError(f"{place_of(url)} is not asked; {_ONE_SELECT}")
    engine = sa.create_engine(url, hide_parameters=True)
    if kind in _STANDARD:
        sa.event.listen(
            engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        )
    return engine


def hint(query: str) -> str:
    """Say what to do about a query that is no SELECT; nothing where it is one."""
    return "" if _SELECT.match(query) else f"; {_ONE_SELECT}"


def _more_than_a_select(query: str) -> bool:
    """Tell whether a query is no SELECT, or says more: what follows one, or INTO a file, writes, too."""
    text = query.rstrip().removesuffix(";")
    plain = text if _UNCLEAR.search(text) else _QUOTED.sub("", text)
    return not _SELECT.match(query) or _WRITING.search(plain) is not None


def _without_powers(connection: sa.Connection) -> None:
    """Let a superuser of PostgreSQL be one who reads all: functions write for it beside any transaction.

    Where rows are hidden from that role, the query is refused.
    """
    session = connection.connection.driver_connection
    if session is not None and session.execute(_IS_SUPERUSER).fetchone():
        session.execute(_SAME_SCHEMAS)
        session.execute("SET LOCAL row_security = off")
        session.execute(f"SET LOCAL ROLE {_READER}")


@contextmanager
def undisturbed(url: sa.URL) -> Iterator[None]:
    """Refuse what was read of a file of SQLite that was read without a lock, and was written to meanwhile.

    Raises ContractError.
    """
    file = _file(url) if url.get_backend_name() == "sqlite" else None
    before = file and _is_at_rest(file) and file.stat()
    yield
    if file and before:
        after = file.stat()
        is_other = (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)
        if is_other or not _is_at_rest(file):
            raise ContractError(f"{file} was written to while it was read: run it again")


def _file(url: sa.URL) -> Path | None:
    """Return where a file of SQLite lies; None where the database has no file, or it is not there."""
    path = Path(unquote(_quoted_path(url)))
    return path if path.is_file() else None


def _quoted_path(url: sa.URL) -> str:
    place = urlsplit(url.database or ":memory:")
    return place.path if place.scheme == "file" else quote(url.database or ":memory:")


def _is_at_rest(file: Path) -> bool:
    """Tell whether a file of SQLite has a write-ahead log (WAL), and no program has it open.

    To read it with locks, SQLite would write two files beside it, and leave them there.
    """
    with file.open("rb") as content:
        is_wal = content.read(20)[_VERSIONS] == _WAL
    log = Path(f"{file}-wal")
    if not is_wal or not log.exists() or Path(f"{file}-shm").exists():
        return is_wal and not log.exists()
    if log.stat().st_size:
        raise ContractError(
            f"{file} has changes beside it, in {log.name}, that a program did not bring to an end,"
            " and a source is only read: open it once with a program that may write, e.g. sqlite3"
        )
    return True


def _opened(url: sa.URL) -> sqlite3.Connection:
    """Open a file of SQLite, which is not made where it is not there, nor any other beside it."""
    chosen = {key: value for key, value in url.query.items() if key in {"immutable", "nolock", "vfs"}}
    if (file := _file(url)) and _is_at_rest(file):
        chosen["immutable"] = "1"
    connection = sqlite3.connect(f"file:{_quoted_path(url)}?{urlencode(chosen | {'mode': 'ro'})}", uri=True)
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
    connection.set_authorizer(_authorise)
    return connection


def _authorise(
    action: int, what: str | None, value: str | None, _database: str | None, _by: str | None
) -> int:
    denied = action in _LEAVING and not (what in _ASKED and value is None)
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK
