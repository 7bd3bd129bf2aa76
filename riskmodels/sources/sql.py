"""The rows of a query, from any database that SQLAlchemy reaches; its URL stays in the environment."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from riskmodels.errors import ContractError
from riskmodels.sources.headers import labelled

_ROWS_AT_ONCE = 20_000
_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")  # a query has no parameters: a colon in a text is one


def extract_query(variable: str, query: str, target: Path) -> tuple[str, Path]:
    """Write the rows of a query to Parquet, as text, in the order in which they come.

    Parameters
    ----------
    variable : str
        Environment variable with the database's URL, e.g. ``postgresql+psycopg://user:password@host/bank``.
    query : str
        A SELECT.
    target : Path
        The file.

    Returns
    -------
    (str, Path)
        What to call it (kind of database, host and name; no user, no password), and the file.

    Raises
    ------
    ContractError
        The variable is not set, its driver is not installed, the database cannot be reached, or refuses
        the query. No message holds the password.
    """
    url = _url(variable)
    name = f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"
    try:
        engine = sa.create_engine(url, hide_parameters=True)
        try:
            with (
                engine.connect().execution_options(**_options(url)) as connection,
                connection.execute(sa.text(_BIND.sub(r"\\:", query))) as result,
            ):
                columns = labelled(list(result.keys()))
                _write(result, columns, target)
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise ContractError(
            f"{name}: the driver '{error.name}' is not installed; for PostgreSQL: pip install 'riskmodels[postgresql]'"
        ) from None
    except sa.exc.SQLAlchemyError as error:
        reason = _without_secrets(str(getattr(error, "orig", None) or error), url)
        raise ContractError(f"{name} (from {variable}) gave no rows: {reason}") from None
    return name, target


def _url(variable: str) -> sa.URL:
    text = os.environ.get(variable, "")
    if not text:
        raise ContractError(
            f"the environment variable {variable} is not set; it must hold the database's URL,"
            " e.g. postgresql+psycopg://user:password@host/bank"
        )
    if text.count("@") > 1:  # the rest of the password would be taken for the host, and shown
        raise ContractError(
            f"the environment variable {variable} holds an @ too many: in a user or password write @ as %40, / as %2F,"
            " : as %3A and % as %25"
        )
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ContractError(
            f"the environment variable {variable} holds no URL of a database; expected"
            " e.g. postgresql+psycopg://user:password@host/bank"
        ) from None


def _options(url: sa.URL) -> dict[str, Any]:
    """Stream the rows, and take the right to write from the session where the database knows how."""
    read_only = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
    return {"stream_results": True, **read_only}


def _write(result: sa.CursorResult[Any], columns: list[str], target: Path) -> None:
    schema = pa.schema([(column, pa.string()) for column in columns])
    with pq.ParquetWriter(target, schema) as writer:
        for rows in result.partitions(_ROWS_AT_ONCE):
            texts = [pa.array(map(_text, column), pa.string()) for column in zip(*rows, strict=True)]
            writer.write_table(pa.Table.from_arrays(texts, schema=schema))


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a code in a column of type REAL
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_secrets(text: str, url: sa.URL) -> str:
    password = str(url.password or "")
    for secret in {password, quote(password), quote_plus(password), *map(str, url.query.values())} - {""}:
        text = text.replace(secret, "***")
    return " ".join(text.split("\n")[0].split())
