"""What a person should look at in names: two that look alike, and rows of units that are not in business."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import duckdb

from riskmodels.labels import counted
from riskmodels.sources.names import NAMED, Counts, Spellings
from riskmodels.sources.signs import folded
from riskmodels.tables import CONTRACTS
from riskmodels.tables.lifetimes import lives, outside_life
from riskmodels.tables.sql import single_file

_SHOWN = 5  # told by name; a choice
# Letters of other scripts, and digits, that look like a Latin letter; case is folded before. The commonest of
# Unicode's confusables (UTS 39).
_LOOKS = str.maketrans(
    "авекмнорстухіјѕԁԛԝьαβεικνορτυχ01|",
    "abekmhopctyxijsdqwbabeikvoptuxoll",
)


def lookalikes(counts: Mapping[str, Counts], spellings: Spellings) -> dict[str, tuple[str, ...]]:
    """Name ids that look alike and are not the same, over all tables of a source.

    Parameters
    ----------
    counts : mapping of str to Counts
        Table -> its names as they were read.
    spellings : dict
        What some of them became since.

    Returns
    -------
    dict
        Table -> what a person should look at, in words: of the first table that has a column.
    """
    said = defaultdict(list)
    for column in NAMED:
        having = [table for table, columns in counts.items() if column in columns]
        changed = spellings.get(column, {})
        names = {changed.get(one, one) for table in having for one in counts[table][column]}
        if words := _alike(column, names):
            said[having[0]].append(words)
    return {table: tuple(words) for table, words in said.items()}


def _alike(column: str, names: set[str]) -> str:
    """Say which names look alike; those that differ in case, width or zeros alone are spellings of one."""
    groups = defaultdict(list)
    for one in sorted(names):
        groups[folded(one).translate(_LOOKS)].append(one)
    pairs = [group for group in groups.values() if len({folded(one) for one in group}) > 1]
    shown = "; ".join(" and ".join(map(_spelt_out, group)) for group in pairs[:_SHOWN])
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return (
        f"{column}: names look alike and are not the same: {shown}{more}; recode: joins them" if pairs else ""
    )


def outside_business(
    connection: duckdb.DuckDBPyConnection, accepted: Mapping[str, Path], table: str
) -> tuple[str, ...]:
    """Say how many rows of a table lie before the first or after the last day of business of their unit.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    accepted : mapping of str to Path
        Table -> Parquet of its accepted rows.
    table : str
        Canonical name.
    """
    contract = CONTRACTS[table]
    if "units" not in accepted or table == "units" or not contract.at or "unit_id" not in contract.names:
        return ()
    rows, units = f"read_parquet({single_file(accepted[table])})", lives(single_file(accepted["units"]))
    early, late = outside_life(contract)
    said = (
        (early, "first_day", "rows before the first day", "opened", "opened_on"),
        (late, "last_day", "rows after the last day", "closed", "closed_on"),
    )
    with connection.cursor() as cursor:
        return tuple(
            f"{what} of business of their unit: {shown}; look at {column}"
            for condition, day, what, did, column in said
            if (shown := _shown(cursor, f"{rows} JOIN {units} USING (unit_id) WHERE {condition}", day, did))
        )


def _shown(connection: duckdb.DuckDBPyConnection, rows: str, day: str, did: str) -> str:
    """Name the units of rows with a day and their numbers, those with most rows first."""
    query = (
        f"SELECT unit_id, any_value({day}), count(*) AS n FROM {rows} GROUP BY ALL ORDER BY n DESC, unit_id"
    )
    found = connection.execute(query).fetchall()
    more = f" and {counted(len(found) - _SHOWN, 'more unit', 'more units')}" if len(found) > _SHOWN else ""
    named = (
        f"{unit!r} {did} on {when}: {counted(count, 'row', 'rows')}" for unit, when, count in found[:_SHOWN]
    )
    return "; ".join(named) + more


def _spelt_out(text: str) -> str:
    """Write a name, and the letters in it that are not Latin by their names."""
    strange = [
        sign
        for sign in text
        if sign.isalpha() and not unicodedata.name(sign, "").startswith(("LATIN", "CJK"))
    ]
    return f"{text!r} ({unicodedata.name(strange[0], 'a letter without a name')})" if strange else repr(text)
