"""Canonical tables: what each promises, and accepted rows with their provenance."""

from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.changes import Changes, compare_deliveries
from riskmodels.tables.contracts import ARROW_TYPES, SQL_TYPES, Column, ColumnType, Contract, Rule
from riskmodels.tables.deliveries import compare_with_last
from riskmodels.tables.holes import describe_hole, find_holes, runs_without, whole_block
from riskmodels.tables.quality import DataQuality, data_quality, shown_share
from riskmodels.tables.reduced import keep_reduced, reduced_columns
from riskmodels.tables.retention import Sweep, in_use, sweep_old
from riskmodels.tables.stocks import PERIOD_MONTHS, in_months, longest_period, months_each, period_months
from riskmodels.tables.store import (
    Tables,
    file_sha256,
    keep,
    open_table,
    staging_folder,
    store_key,
    sweep_store,
)
from riskmodels.tables.stored import SINCE, Break, Provenance, Table, as_relation

__all__ = [
    "ARROW_TYPES",
    "CONTRACTS",
    "PERIOD_MONTHS",
    "SINCE",
    "SQL_TYPES",
    "Break",
    "Changes",
    "Column",
    "ColumnType",
    "Contract",
    "DataQuality",
    "Provenance",
    "Rule",
    "Sweep",
    "Table",
    "Tables",
    "as_relation",
    "compare_deliveries",
    "compare_with_last",
    "data_quality",
    "describe_hole",
    "file_sha256",
    "find_holes",
    "in_months",
    "in_use",
    "keep",
    "keep_reduced",
    "longest_period",
    "months_each",
    "open_table",
    "period_months",
    "reduced_columns",
    "runs_without",
    "shown_share",
    "staging_folder",
    "store_key",
    "sweep_old",
    "sweep_store",
    "whole_block",
]
