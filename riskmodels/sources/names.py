"""One thing, one name: spellings of a unit or product that differ in case, width or zeros are joined."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow.parquet as pq

from riskmodels.sources.batches import with_texts
from riskmodels.sources.screening import ROWS_AT_ONCE, rewritten
from riskmodels.sources.signs import folded
from riskmodels.tables import CONTRACTS
from riskmodels.tables.sql import literal, name, single_file

NAMED = ("unit_id", "region_id", "product", "channel", "category", "customer_group", "event_type")
_SHOWN = 5  # told by name; a choice

Spellings = dict[str, dict[str, str]]
Counts = dict[str, dict[str, int]]  # column -> name -> rows


def count_names(connection: duckdb.DuckDBPyConnection, accepted: Mapping[str, Path]) -> dict[str, Counts]:
    """Count the rows of each distinct name: table -> column of names that its contract has -> name -> rows.

    ``accepted`` has the Parquet file of each table's accepted rows.
    """
    return {
        table: count_in(connection, path, {key: name(key) for key in NAMED if key in CONTRACTS[table].names})
        for table, path in accepted.items()
    }


def count_lost_names(
    connection: duckdb.DuckDBPyConnection, rejected: Mapping[str, Path]
) -> dict[str, Counts]:
    """Count the rejected rows by each name in their cells; see ``count_names``."""
    sql = {key: f"json_extract_string(cell, {literal(key)})" for key in NAMED}
    return {
        table: count_in(connection, path, {key: sql[key] for key in NAMED if key in CONTRACTS[table].placed})
        for table, path in rejected.items()
    }


def count_in(connection: duckdb.DuckDBPyConnection, path: Path, columns: Mapping[str, str]) -> Counts:
    """Count the rows of a file by column and name; ``columns`` are in SQL."""
    counts: Counts = {column: {} for column in columns}
    queries = [
        f"SELECT {literal(column)}, {made} AS name, count(*) FROM read_parquet({single_file(path)})"
        " WHERE name IS NOT NULL GROUP BY ALL"
        for column, made in columns.items()
    ]
    with connection.cursor() as cursor:
        rows = cursor.execute(" UNION ALL ".join(queries)).fetchall() if queries else []
    for column, found, many in rows:
        counts[column][found] = many
    return counts


def find_spellings(
    counts: Mapping[str, Counts],
    exact: Iterable[str],
    lost: Mapping[str, Counts] = MappingProxyType({}),
) -> Spellings:
    """Find the names that are written in several ways, over all tables of a source.

    Parameters
    ----------
    counts : mapping of str to Counts
        As ``count_names`` gives them.
    exact : iterable of str
        Columns whose names are kept as they are written.
    lost : mapping of str to Counts
        As ``counts``, of rejected rows: their names are joined, too, and decide nothing.

    Returns
    -------
    dict
        Column -> spelling -> the one that stays: that of the table ``units``, or else the most frequent one,
        not one that ends in ``.0`` if there is another. Two units of the table ``units`` stay two.
    """
    kept = set(exact)
    found: Spellings = {}
    for column in (one for one in NAMED if one not in kept):
        names: Counter[str] = Counter()
        for columns in counts.values():
            names.update(columns.get(column, {}))
        for columns in lost.values():
            names.update(dict.fromkeys(columns.get(column, {}), 0))
        units = counts.get("units", {}).get(column, {}) if column == "unit_id" else {}
        if changed := joined(names, set(units)):
            found[column] = changed
    return found


def joined(counts: Mapping[str, int], units: Collection[str] = ()) -> dict[str, str]:
    """Return spelling -> the one that stays, of names and how often each is there; see ``find_spellings``."""
    groups = defaultdict(list)
    for spelling in sorted(counts):
        groups[folded(spelling)].append(spelling)
    changed: dict[str, str] = {}
    for spellings in groups.values():
        known = [spelling for spelling in spellings if spelling in units]
        if len(spellings) == 1 or len(known) > 1:
            continue
        stays = known[0] if known else max(spellings, key=lambda one: (not one.endswith(".0"), counts[one]))
        changed |= {spelling: stays for spelling in spellings if spelling != stays}
    return changed


def changes_of(spellings: Spellings, counts: Counts) -> Spellings:
    """Choose of the spellings that ``find_spellings`` gives those that names of a table have."""
    changed = {
        column: {old: new for old, new in names.items() if old in counts.get(column, {})}
        for column, names in spellings.items()
    }
    return {column: names for column, names in changed.items() if names}


def spell(path: Path, table: str, changed: Spellings) -> None:
    """Write the names of a table in the spelling that stays.

    Parameters
    ----------
    path : Path
        Parquet of accepted rows; is replaced where a name changes.
    table : str
        Canonical name.
    changed : dict
        As ``changes_of`` gives them.
    """
    if not changed:
        return
    with (
        rewritten(path, pq.read_schema(path), keys=CONTRACTS[table].key) as kept,
        pq.ParquetFile(path) as file,
    ):
        for batch in file.iter_batches(ROWS_AT_ONCE):
            rows = batch
            for column, names in changed.items():
                rows = with_texts(rows, column, names)
            kept.write(rows)


def said(changed: Spellings) -> tuple[str, ...]:
    """Say which names were joined, a sentence per column."""
    return tuple(_said(column, names) for column, names in changed.items())


def _said(column: str, names: Mapping[str, str]) -> str:
    shown = ", ".join(f"{old!r} is {new!r}" for old, new in list(names.items())[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (
        f"{column}: one name in several spellings was joined: {shown}{more}; spelling: exact keeps them apart"
    )
