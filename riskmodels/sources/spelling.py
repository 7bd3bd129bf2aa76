"""One thing has one name in the accepted rows of all tables, and in the cells of their rejected rows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.sources.batches import with_column
from riskmodels.sources.conversion import KEY
from riskmodels.sources.likeness import lookalikes, outside_business
from riskmodels.sources.names import (
    NAMED,
    Spellings,
    changes_of,
    count_lost_names,
    count_names,
    find_spellings,
    said,
    spell,
)
from riskmodels.sources.screening import REJECTED_ROWS, ROWS_AT_ONCE, rewritten
from riskmodels.sources.signs import folded
from riskmodels.tables import Contract
from riskmodels.tables.sql import name, single_file


def join_spellings(
    connection: duckdb.DuckDBPyConnection,
    accepted: Mapping[str, Path],
    rejected: Mapping[str, Path],
    exact: Iterable[str],
) -> dict[str, tuple[str, ...]]:
    """Give one thing one name in all tables; return by table what a person should know of its names.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    accepted, rejected : mapping of str to Path
        Table -> Parquet of its rows; is replaced where a name changes.
    exact : iterable of str
        Columns whose names are kept as they are written.
    """
    counts = count_names(connection, accepted)
    lost = count_lost_names(connection, rejected)
    spellings = find_spellings(counts, exact, lost)
    alike = lookalikes(counts, spellings)
    doubts = {}
    for table, path in accepted.items():
        spell(path, table, changes_of(spellings, counts[table]))
        _spell_cells(rejected[table], changes_of(spellings, lost[table]))
        names = {column: {**lost[table].get(column, {}), **found} for column, found in counts[table].items()}
        doubts[table] = (
            *said(changes_of(spellings, names)),
            *alike.get(table, ()),
            *outside_business(connection, accepted, table),
        )
    return doubts


def spellings_in_key(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, apart: Iterable[str]
) -> Spellings:
    """Find the names in a table's key that will be joined: rows that differ in nothing else have one key.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    path : Path
        Parquet of accepted rows, as ``screen`` gives them.
    contract : Contract
        Of the table.
    apart : iterable of str
        Columns whose names are kept as they are written.

    Returns
    -------
    dict
        Column that distinguishes rows (``#key …`` where it was recoded) -> spelling -> the one it counts as.
        What was recoded to another name is no spelling of it.
    """
    kept, given = set(apart), pq.read_schema(path).names
    found = {}
    for key in (column for column in contract.key if column in NAMED):
        read = KEY + key if KEY + key in given else key
        with connection.cursor() as cursor:
            pairs = cursor.execute(
                f"SELECT DISTINCT {name(read)} AS read, {name(key)} AS became"
                f" FROM read_parquet({single_file(path)})"
                " WHERE read IS NOT NULL AND became IS NOT NULL ORDER BY ALL"
            ).fetchall()
        if changed := _counted_as(pairs, exact=key in kept):
            found[read] = changed
    return found


def _counted_as(pairs: Iterable[tuple[str, str]], *, exact: bool) -> dict[str, str]:
    """Return spelling -> the first of its group, of names as read and what they became."""
    first: dict[str, str] = {}
    changed = {}
    for read, became in pairs:
        group = folded(became)
        if folded(read) == group:
            stands = first.setdefault(became if exact else group, read)
            if stands != read:
                changed[read] = stands
    return changed


def _spell_cells(path: Path, changed: Spellings) -> None:
    """Write the names in the cells of rejected rows in the spelling that stays."""
    if not changed:
        return
    with rewritten(path, REJECTED_ROWS) as kept, pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            cells = batch["cell"].dictionary_encode()
            spelt = pa.array([_spelt(cell, changed) for cell in cells.dictionary.to_pylist()], pa.string())
            kept.write(with_column(batch, "cell", spelt.take(cells.indices)))


def _spelt(cell: str, changed: Spellings) -> str:
    values = json.loads(cell)
    values |= {key: names[values[key]] for key, names in changed.items() if values.get(key) in names}
    return json.dumps(values, ensure_ascii=False)
