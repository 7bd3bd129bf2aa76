"""The names in tables: units, products, channels and other codes that must meet those of other files."""

from collections.abc import Collection, Mapping
from functools import lru_cache

import duckdb

from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.holes import KEPT
from riskmodels.tables.sql import name
from riskmodels.tables.store import Tables
from riskmodels.tables.stored import Table

MEETING = ("unit_id", "kind", "region_id", "product", "channel", "event_type", "indicator_id")
"""Columns whose names must meet those of the policy, of scenarios, of the risk register or of the units."""

Names = Mapping[str, Mapping[str, Collection[str]]]  # table -> column -> names


def meeting_columns(table: str) -> list[str]:
    """List the columns of a canonical table whose names must meet others."""
    return [column for column in MEETING if column in CONTRACTS[table].names]


def names_of(tables: Tables) -> Names:
    """Return the names of each such column; of one without a name, none."""
    return {table.name: _names_in(table) for table in tables.present}


@lru_cache(maxsize=KEPT)
def _names_in(table: Table) -> Mapping[str, Collection[str]]:
    return {column: distinct(table.relation, column) for column in meeting_columns(table.name)}


def distinct(rows: duckdb.DuckDBPyRelation, column: str) -> list[str]:
    """List the names in a column of rows, in order."""
    found = rows.filter(f"{name(column)} IS NOT NULL").project(f"{name(column)}::VARCHAR AS name").distinct()
    return [one for (one,) in found.order("name").fetchall()]
