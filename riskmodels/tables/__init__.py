"""Canonical tables: what each promises, and accepted rows with their provenance."""

from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import SQL_TYPES, Column, Contract, Rule
from riskmodels.tables.store import (
    Provenance,
    Table,
    Tables,
    file_sha256,
    keep,
    open_table,
    staging_folder,
)

__all__ = [
    "CONTRACTS",
    "SQL_TYPES",
    "Column",
    "Contract",
    "Provenance",
    "Rule",
    "Table",
    "Tables",
    "file_sha256",
    "keep",
    "open_table",
    "staging_folder",
]
