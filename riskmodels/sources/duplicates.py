"""Accepted rows that must go all the same: doubles of an earlier one, and totals of others."""

import atexit
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.arrays import Flags, Integers
from riskmodels.sources.conversion import FOLD_BY, KEY, OVER
from riskmodels.sources.screening import ROWS_AT_ONCE, rewritten
from riskmodels.sources.signs import know_signs
from riskmodels.tables import ARROW_TYPES, Contract
from riskmodels.tables.sql import literal, name, single_file

DUPLICATE = "duplicate of an accepted row"
FOLDED = "another row of its key stands for it (fold)"
_MEMORY = "1GB"


@dataclass(frozen=True, kw_only=True, eq=False)
class TakenOut:
    """Rows that are taken out of the accepted ones.

    Attributes
    ----------
    places : ndarray, shape (n,)
        Among the accepted rows, from 0, ascending.
    rules : list of str
        Why, one per row.
    unknown : ndarray of bool, shape (n,)
        Whether the row contradicts the one that stays, so that the figure of its cell is not known.
    rows : Table
        The rows, n of them.
    """

    places: Integers
    rules: list[str]
    unknown: Flags
    rows: pa.Table


def repeated_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    *,
    fold: str | None = None,
    spellings: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[int, bool]:
    """Find every row whose key an earlier row has.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    path : Path
        Parquet, of accepted rows.
    contract : Contract
        Says the key, and whether rows of one day may be of a month and of a longer period: these are two
        (``rows_within_longer``). A key column that was recoded counts as the file had it: after a merger two
        rows of one key are parts of a whole, not doubles; so are rows that differ in a column that is added
        over.
    fold : str, optional
        "first" or "last": of rows with one key that one stays, by the time of the rows (``fold_times``) and
        then by their place in the file; without it the first in the file.
    spellings : mapping
        Column that distinguishes rows -> spelling -> the one that it counts as.

    Returns
    -------
    dict of int to bool
        Place among the rows, from 0, ascending -> whether its figures differ from those of the first row
        with its key.
    """
    keys = keys_as_read(contract, pq.read_schema(path).names)
    columns = ", ".join(map(name, keys))
    same = " AND ".join(f"repeated.{name(key)} IS NOT DISTINCT FROM accepted.{name(key)}" for key in keys)
    scan = spelt_alike(path, spellings)
    if "period" in keys:
        scan = f"(SELECT * REPLACE (coalesce(period, 'month') AS period) FROM {scan})"
    times = fold_times(path, contract) if fold else []
    way = " DESC NULLS LAST" if fold == "last" else " NULLS LAST"
    order = ", ".join(f"accepted.{name(time)}{way}" for time in [*times, "file_row_number"])
    within = f"PARTITION BY {', '.join(f'accepted.{name(key)}' for key in keys)} ORDER BY {order}"
    other = [
        f"first_value({name(figure)}) OVER ({within}) IS DISTINCT FROM {name(figure)}"
        for figure in contract.figures
    ]
    with connection.cursor() as cursor:
        know_spellings(cursor, spellings)
        cursor.execute(
            f"CREATE TEMP TABLE repeated AS SELECT {columns} FROM {scan} GROUP BY ALL HAVING count(*) > 1"
        )
        found = cursor.execute(
            f"SELECT file_row_number AS place, {' OR '.join(other) or 'false'} AS differs"
            f" FROM {scan} AS accepted JOIN repeated ON {same}"
            f" QUALIFY row_number() OVER ({within}) > 1 ORDER BY place"
        ).fetchnumpy()
    return dict(zip(found["place"].tolist(), found["differs"].tolist(), strict=True))


def know_spellings(cursor: duckdb.DuckDBPyConnection, spellings: Mapping[str, Mapping[str, str]]) -> None:
    """Create the table ``spelt`` of spellings: column, spelling, the one that it counts as."""
    changed = [(key, old, new) for key, names in spellings.items() for old, new in names.items()]
    cursor.execute(
        "CREATE TEMP TABLE spelt AS SELECT unnest($1::VARCHAR[]) AS key,"
        " unnest($2::VARCHAR[]) AS spelling, unnest($3::VARCHAR[]) AS stays",
        [list(part) for part in zip(*changed, strict=True)] or [[], [], []],
    )


def spelt_alike(path: Path, keys: Iterable[str]) -> str:
    """SQL for the rows of a file with their places, some columns as the table ``spelt`` has their names."""
    rows = f"read_parquet({single_file(path)}, file_row_number = true)"
    for key in keys:
        rows = (
            f"(SELECT rows.* REPLACE (coalesce(stays, {name(key)}) AS {name(key)}) FROM {rows} AS rows"
            f" LEFT JOIN (FROM spelt WHERE key = {literal(key)}) AS names ON spelling = {name(key)})"
        )
    return rows


def keys_as_read(contract: Contract, found: Sequence[str]) -> list[str]:
    """List the columns that distinguish accepted rows: the key as the file has it, and what is added over."""
    keys = [KEY + key if KEY + key in found else key for key in contract.distinguishing]
    return [*keys, *(column for column in found if column.startswith(OVER))]


def keys_but_time(contract: Contract, found: Sequence[str]) -> list[str]:
    """List the same without when a row begins and what it covers: what distinguishes series."""
    time = (contract.at, "period")
    return [key for key in keys_as_read(contract, found) if key.removeprefix(KEY) not in time]


def fold_times(path: Path, contract: Contract) -> list[str]:
    """Name the column of accepted rows with the time of a row of an event log; none if there is none."""
    found = pq.read_schema(path).names
    return [column for column in (FOLD_BY, contract.recorded) if column in found][:1]


def take_out(
    path: Path,
    contract: Contract,
    doubles: dict[int, bool],
    totals: dict[int, str],
    *,
    fold: str | None = None,
    undone: Mapping[int, str] = MappingProxyType({}),
) -> TakenOut:
    """Remove rows, and the columns beside the contract's, from a file of accepted rows.

    Parameters
    ----------
    path : Path
        Parquet; is replaced where anything has to be removed.
    contract : Contract
        Of the table.
    doubles : dict of int to bool
        As ``repeated_rows`` finds them.
    totals : dict of int to str
        Place -> why that row is a total of others, or a part of one that stays.
    fold : str, optional
        Of the table: rows with the key of another are folded into it, and contradict nothing.
    undone : mapping of int to str
        Place -> why the count of that row's period is not known, though its sum since the year's beginning
        is.
    """
    rules = dict.fromkeys(doubles, FOLDED if fold else DUPLICATE) | totals | dict(undone)
    places = np.array(sorted(rules), dtype=np.int64)
    if not len(places) and pq.read_schema(path).names == contract.names:
        rows = pa.table({column.name: pa.array([], ARROW_TYPES[column.type]) for column in contract.columns})
    else:
        rows = _rewritten(path, contract, places)
    unknown = [
        place in undone or (not fold and doubles.get(place, False) and place not in totals)
        for place in places.tolist()
    ]
    return TakenOut(
        places=places,
        rules=[rules[place] for place in places.tolist()],
        unknown=np.array(unknown, dtype=bool),
        rows=rows,
    )


def _rewritten(path: Path, contract: Contract, places: Integers) -> pa.Table:
    """Write the file anew without some rows; return these."""
    removed, start, found = [], 0, pq.read_schema(path)
    schema = pa.schema([found.field(column) for column in contract.names])
    with rewritten(path, schema, keys=contract.key) as kept, pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=contract.names):
            drop = np.zeros(batch.num_rows, dtype=bool)
            inside = places[(places >= start) & (places < start + batch.num_rows)]
            drop[inside - start] = True
            removed.append(batch.filter(pa.array(drop)))
            kept.write(batch.filter(pa.array(~drop)))
            start += batch.num_rows
    return pa.Table.from_batches(removed, schema=schema)


def limited_connection(spill: Path, *, small: bool = False) -> duckdb.DuckDBPyConnection:
    """Connect to a DuckDB that keeps to a gigabyte and spills the rest to a folder.

    To start one takes as long as to read a small file: each question has a cursor of one, and with it
    temporary tables of its own. What is small spills nothing, and shares one.
    """
    if small:
        return _usable()
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill / "spill")})
    know_signs(connection)
    return connection


def _usable() -> duckdb.DuckDBPyConnection:
    """Return a cursor of the database for what is small, a new one where an error within DuckDB has ended it.

    It is asked by its cursor: the connection itself refuses a second thread while it answers a first.
    """
    try:
        cursor = _shared().cursor()
        cursor.execute("SELECT 1")
    except duckdb.FatalException:
        _shared.cache_clear()
        return _shared().cursor()
    return cursor


@cache
def _shared() -> duckdb.DuckDBPyConnection:
    atexit.register(_shared.cache_clear)  # it must be gone before DuckDB's library is
    connection = duckdb.connect(config={"memory_limit": _MEMORY})
    know_signs(connection)
    return connection
