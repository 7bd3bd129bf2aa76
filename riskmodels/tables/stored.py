"""One stored table: its accepted and rejected rows, and where they came from."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pydantic import Field

from riskmodels.parameters.files import Parameters
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import SQL_TYPES
from riskmodels.tables.spans import beginning
from riskmodels.tables.sql import connection, literal, name, single_file

_STOOD_FOR = (
    r"total of other rows|duplicate of an accepted row|\(fold\)"  # rules of rows that no figure lacks
)
SINCE = "#since"  # of a rejected row's cell: first day of the cells that are not known either, up to its own


def as_relation(query: str) -> duckdb.DuckDBPyRelation:
    """Return a query as a DuckDB relation, on a connection of its own."""
    return connection().from_query(query)


class Break(Parameters):
    """A change of what a source counts: figures before it and after it do not compare."""

    month: str = Field(
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        description="first month that counts otherwise",
        json_schema_extra={"shape": "a month, e.g. 2026-03"},
    )
    words: str = Field(min_length=1, description="what changed")
    where: dict[str, str] = Field(default_factory=dict, description="only for these; none: for all rows")


class Provenance(Parameters):
    """Where a table came from: source, files with their sha256, rows read, accepted and rejected."""

    source: str
    files: dict[str, str] = Field(description="file name -> sha256 of its bytes")
    as_of: date = Field(description="day up to which the source knows")
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    unknown_months: tuple[str, ...] = Field(default=(), description="holes in the source, YYYY-MM")
    breaks: tuple[Break, ...] = Field(default=(), description="changed definitions")
    observed_from: str | None = Field(
        default=None, description="declared first month, YYYY-MM", exclude_if=lambda month: month is None
    )
    holidays: tuple[date, ...] = Field(
        default=(), description="the bank's own days without work", exclude_if=lambda days: not days
    )
    given_columns: tuple[str, ...] = Field(description="columns with at least one value")
    ignored_columns: tuple[str, ...] = Field(default=(), description="of the file, that nothing is made from")
    reconciled: int = Field(default=0, ge=0, description="control totals that were given and met")
    doubts: tuple[str, ...] = Field(default=(), description="what a person should look at")


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One canonical table of accepted rows in the store.

    Attributes
    ----------
    name : str
        Canonical name.
    folder : Path
        Folder in the store: ``accepted.parquet``, ``rejected.parquet``, ``provenance.json``.
    provenance : Provenance
        Where it came from.
    """

    name: str
    folder: Path
    provenance: Provenance

    @property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the sha256 of accepted rows, rejected rows and provenance."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The Parquet file of the accepted rows."""
        return self.folder / "accepted.parquet"

    @property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The accepted rows as a DuckDB relation, on a connection of its own."""
        return as_relation(f"FROM read_parquet({single_file(self.path)})")

    @property
    def cells(self) -> str:
        """SQL for the accepted rows and, in a table of counts, one without figures for each cell not known.

        These are the cells of rejected rows: what could not be read is unknown, and so is every sum over it.
        """
        accepted, rejected = f"read_parquet({single_file(self.path)})", self.folder / "rejected.parquet"
        contract = CONTRACTS[self.name]
        if not (contract.cell and self.provenance.rows_rejected and "cell" in pq.read_schema(rejected).names):
            return f"(FROM {accepted})"
        read = {
            column: f"json_extract_string(cell, {literal(column)})::{SQL_TYPES[contract.column(column).type]}"
            for column in contract.cell
        }
        last, at = read[contract.at], contract.column(contract.at).type
        first = f"coalesce(json_extract_string(cell, {literal(SINCE)})::DATE, {last})"
        read[contract.at] = f"unnest(generate_series({first}, {last}, INTERVAL 1 MONTH))::{SQL_TYPES[at]}"
        listed = ", ".join(f"{value} AS {name(column)}" for column, value in read.items())
        return (
            f"(FROM {accepted} UNION ALL BY NAME SELECT {listed}"
            f" FROM read_parquet({single_file(rejected)}) WHERE cell IS NOT NULL)"
        )

    @property
    def with_unknown(self) -> duckdb.DuckDBPyRelation:
        """The rows of ``cells`` as a DuckDB relation, on a connection of its own."""
        return as_relation(f"FROM {self.cells}")

    @property
    def rejected(self) -> pd.DataFrame:
        """Rejected rows: file, row (1 = its first data row), rule (what it broke), content (masked)."""
        return pd.read_parquet(self.folder / "rejected.parquet")

    @property
    def lost(self) -> pd.DataFrame:
        """The rejected rows for which no accepted one stands: every count, sum and share lacks them."""
        rejected = self.rejected
        return rejected[~rejected["rule"].str.contains(_STOOD_FOR)]

    def frame(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Read the accepted rows, or some of their columns, as a pandas frame."""
        return pd.read_parquet(self.path, columns=columns)

    @cached_property
    def begins(self) -> date | None:
        """First day of the month in which the data begin; None where no row has a day.

        It is as declared, or the first without lone dates far from all others.
        """
        if self.provenance.observed_from is not None:
            return date.fromisoformat(f"{self.provenance.observed_from}-01")
        if not CONTRACTS[self.name].at:
            return None
        at = name(CONTRACTS[self.name].at)
        months = f"year({at}) * 12 + month({at}) - 1 AS month, count(*) AS rows"
        found = self.relation.filter(f"{at} IS NOT NULL").aggregate(months).order("month").df()
        if found.empty:
            return None
        first = beginning(found["month"].to_numpy(np.int64), found["rows"].to_numpy(np.int64))
        return date(first // 12, first % 12 + 1, 1)

    @property
    def rows_before(self) -> int:
        """Rows of days before the data begin, which no count over time has."""
        if self.begins is None:
            return 0
        at = name(CONTRACTS[self.name].at)
        early = self.relation.filter(f"{at} < DATE '{self.begins}'").aggregate("count(*)").fetchall()
        return int(early[0][0])

    def gives(self, column: str) -> bool:
        """Tell whether any row has a value in a column."""
        return column in self.provenance.given_columns
