"""The rows of a query, from any database that SQLAlchemy reaches; its URL stays in the environment."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from riskmodels.errors import ContractError
from riskmodels.scratch import written
from riskmodels.sources.databases import database_url, hint, place_of, read_only, undisturbed
from riskmodels.sources.headers import labelled

_ROWS_AT_ONCE = 20_000  # rows held as Python objects: some ten megabytes
_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")  # a query has no parameters: a colon in a text is one


def extract_query(variable: str, query: str, target: Path) -> tuple[str, Path]:
    """Write the rows of a query to Parquet, as text, in the order in which they come.

    Parameters
    ----------
    variable : str
        Environment variable with the database's URL, e.g. ``postgresql+psycopg://user:password@host/bank``.
    query : str
        One SELECT; whatever it is, nothing is written.
    target : Path
        The file.

    Returns
    -------
    (str, Path)
        What to call it (``place_of``), and the file.

    Raises
    ------
    ContractError
        The variable is not set, its driver is not installed, the database cannot be reached, or refuses
        the query. No message holds the password.
    """
    url = database_url(variable)
    name = place_of(url)
    try:
        engine = read_only(url, query)
        try:
            with (
                undisturbed(url),
                engine.connect().execution_options(stream_results=True) as connection,
                connection.execute(sa.text(_BIND.sub(r"\\:", query))) as result,
            ):
                columns = labelled(list(result.keys()))
                _write(result, columns, target)
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise ContractError(
            f"{name}: the driver '{error.name}' is not installed; for PostgreSQL:"
            " pip install 'riskmodels[postgresql]'"
        ) from None
    except sa.exc.SQLAlchemyError as error:
        reason = _without_secrets(str(getattr(error, "orig", None) or error), url)
        raise ContractError(f"{name} (from {variable}) gave no rows: {reason}{hint(query)}") from None
    return name, target


def _write(result: sa.CursorResult[Any], columns: list[str], target: Path) -> None:
    schema = pa.schema([(column, pa.string()) for column in columns])
    with written(target), pq.ParquetWriter(target, schema) as writer:
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
