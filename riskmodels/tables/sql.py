"""Names, texts and paths quoted for SQL, and a database for small questions."""

import atexit
import re
from functools import cache
from pathlib import Path

import duckdb


def name(identifier: str) -> str:
    """Quote an identifier.

    >>> name('Timely "response"?')
    '"Timely ""response""?"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def single_file(path: Path) -> str:
    """Quote the path of one file: DuckDB takes ``*``, ``?`` and ``[`` in a path for a pattern.

    >>> single_file(Path("complaints[1].csv"))
    "'complaints[[]1].csv'"
    """
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


@cache
def _database(memory_limit: str = "", threads: int = 0) -> duckdb.DuckDBPyConnection:
    """Return the empty database that connections are to: opening one takes long."""
    atexit.register(_database.cache_clear)  # it must be gone before DuckDB's library is
    given: dict[str, str | int] = {"memory_limit": memory_limit, "threads": threads}
    return duckdb.connect(config={name: value for name, value in given.items() if value})


def connection() -> duckdb.DuckDBPyConnection:
    """Connect to a DuckDB of this process; what is registered or made there is this connection's own."""
    return _database().cursor()


def connection_of_one_thread() -> duckdb.DuckDBPyConnection:
    """Connect to one whose queries use one thread, which adds up in one order."""
    return _database(threads=1).cursor()


def small_connection() -> duckdb.DuckDBPyConnection:
    """Connect to one that keeps to half a gigabyte, for questions with a small answer."""
    return _database("512MB").cursor()
