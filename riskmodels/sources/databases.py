"""Databases that can be read and not be written: what holds them is the database, not a look at the query."""

import os
import re
import sqlite3
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa

from riskmodels.errors import ContractError
from riskmodels.sources.lines import LONGEST_LINE

_SELECT = re.compile(  # what stands before the first word is taken once, as it is: no second way is tried
    r"(?:\s|\(|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*+\*/)*+(?:select|with|values|table)\b", re.IGNORECASE
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


def read_only(url: sa.URL, query: str) -> sa.Engine:
    """Return an engine on which one query can read, and nothing can write.

    Parameters
    ----------
    url : URL
        Of SQLite: the file is opened read-only, and nothing may attach another. Of PostgreSQL: each
        transaction is READ ONLY, and the rows are those of a cursor, which is of one SELECT. Of others: the
        transaction is READ ONLY where the database knows that, and is never committed.
    query : str
        What will be run.

    Raises
    ------
    ContractError
        Of databases other than SQLite and PostgreSQL: the query is no SELECT.
    """
    kind = url.get_backend_name()
    if kind == "sqlite":
        return sa.create_engine("sqlite://", creator=lambda: _opened(url), poolclass=sa.NullPool)
    if kind == "postgresql":  # other drivers send several statements at once
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True)
        return engine.execution_options(postgresql_readonly=True)
    if hint(query):
        raise ContractError(f"{kind}://{url.host or ''}/{url.database or ''} is not asked{hint(query)}")
    engine = sa.create_engine(url, hide_parameters=True)
    if kind in _STANDARD:
        sa.event.listen(
            engine, "begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        )
    return engine


def hint(query: str) -> str:
    """Say what to do about a query that is no SELECT; nothing where it is one."""
    return "" if _SELECT.match(query) else "; a source is only read: query: must be one SELECT"


def _opened(url: sa.URL) -> sqlite3.Connection:
    """Open a file of SQLite, which is not made where it is not there."""
    place = urlsplit(url.database or ":memory:")
    path = place.path if place.scheme == "file" else quote(url.database or ":memory:")
    chosen = {key: value for key, value in url.query.items() if key in {"immutable", "nolock", "vfs"}}
    connection = sqlite3.connect(f"file:{path}?{urlencode(chosen | {'mode': 'ro'})}", uri=True)
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
    connection.set_authorizer(_authorise)
    return connection


def _authorise(
    action: int, what: str | None, value: str | None, _database: str | None, _by: str | None
) -> int:
    denied = action in _LEAVING and not (what in _ASKED and value is None)
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK
