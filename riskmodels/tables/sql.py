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
def _small_database() -> duckdb.DuckDBPyConnection:
    """Return the database of small questions: to open one takes longer than a hundred of them."""
    atexit.register(_small_database.cache_clear)  # it must be gone before DuckDB's library is
    return duckdb.connect(config={"memory_limit": "512MB"})


def small_connection() -> duckdb.DuckDBPyConnection:
    """Connect to a DuckDB that keeps to half a gigabyte, for questions with a small answer."""
    return _small_database().cursor()
