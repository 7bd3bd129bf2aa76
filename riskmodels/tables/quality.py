"""How good the data is, in six dimensions: a score of every table and column, beside every figure of it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.display import Displayed
from riskmodels.labels import label, marked
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import Column, Contract
from riskmodels.tables.coverage import silent_months
from riskmodels.tables.sql import name, single_file, small_connection
from riskmodels.tables.store import Tables
from riskmodels.tables.stored import Table

DIMENSIONS = (
    marked("completeness"),
    marked("validity"),
    marked("uniqueness"),
    marked("timeliness"),
    marked("consistency"),
    marked("reconciliation"),
)
DAYS_TO_RECORD = 31  # days: what is recorded later misses the month after; a choice
_IMMATURE = 3  # months

_DUPLICATE, _MALFORMED, _REQUIRED = "duplicate of an accepted row", "line is malformed", " required"


@dataclass(frozen=True, kw_only=True, eq=False)
class DataQuality(Displayed):
    """How good the data of one source is.

    A score is 1 - failed / checked, between 0 and 1; NaN where there was nothing to check, or nothing to
    check it by.

    - *Completeness*: of a column, rows in which a value is there, out of those in which the contract asks for
      or expects one; of a table, months of its span [months] that the source knows.
    - *Validity*: of a column, values that could be read and lie in their range or domain; of a table, lines
      of the file that could be split into its columns.
    - *Uniqueness*: rows that are no duplicate of an earlier one.
    - *Timeliness*: rows that were recorded within 31 days after they happened.
    - *Consistency*: rows that break no rule about several columns, and whose unit is known.
    - *Reconciliation*: control totals of the sender that were met [totals]; a miss is an error on ingestion.

    Attributes
    ----------
    table : DataFrame
        One row per table, column (empty: of the table as a whole) and dimension: source, table, column,
        dimension, checked, failed [rows, months or totals], score [share].
    coverage : DataFrame
        One row per table and month of its span, from its first row to the as-of day: table, month (YYYY-MM),
        rows, recorded (those of them that were recorded by the month's end), known (whether the source knows
        the month: it does not declare it unknown, and has rows in it where many are due), broken (words,
        where a definition changed; or empty).
    """

    table: pd.DataFrame
    coverage: pd.DataFrame

    def score(self, table: str, columns: Sequence[str] = ()) -> float:
        """Return the lowest known score of a table and some of its columns, NaN where none is known.

        A figure is as good as its weakest link. ``columns`` outside the contract have no score.
        """
        rows = self.table[(self.table["table"] == table) & self.table["column"].isin(["", *columns])]
        return float(rows["score"].min())

    @property
    def scores(self) -> pd.DataFrame:
        """One row per table: source, table, the lowest known score in each dimension, and of all (score)."""
        wide = self.table.pivot_table(
            index=["source", "table"],
            columns="dimension",
            values="score",
            aggfunc="min",
            sort=False,
            dropna=False,
        )
        return wide.reindex(columns=list(DIMENSIONS)).assign(score=wide.min(axis=1)).reset_index()

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"data_quality": self.table, "data_coverage": self.coverage}

    @property
    def sentence(self) -> str:
        """Say which link is the weakest."""
        worst = self._weakest(self.table)
        if not worst:
            return label("Nothing is known of the quality of the data.")
        return label("The weakest link is the {dimension} of {where}: {score}.", worst)

    @staticmethod
    def _weakest(rows: pd.DataFrame) -> dict[str, str]:
        """Return dimension, place and score of the lowest of some rows; nothing where none is known."""
        known = rows.dropna(subset="score").sort_values("score", kind="stable")
        return (
            {
                "dimension": label(known["dimension"].iloc[0]),
                "where": ".".join(filter(None, known[["table", "column"]].iloc[0])),
                "score": shown_share(known["score"].iloc[0]),
            }
            if len(known)
            else {}
        )

    def summary(self) -> pd.DataFrame:
        """The lowest score of each table and dimension."""
        return self.scores

    def recorded_by_month_end(self, table: str) -> float:
        """Return the share of a month's rows that were recorded by its end, NaN where it is not known.

        Of the known months but the last three, which are still filling up. What is missing to one is what the
        last month lacks.
        """
        months = self.coverage[(self.coverage["table"] == table) & self.coverage["known"]]
        mature = months[months["month"] < months["month"].iloc[-_IMMATURE:].min()] if len(months) else months
        known = bool(mature["recorded"].any())
        return float(mature["recorded"].sum() / mature["rows"].sum()) if known else math.nan

    def note(self, *tables: str) -> str:
        """Say in one line, to stand below a figure, how good the tables are that it rests on.

        Without tables it is the weakest link of all, that of ``sentence``; of tables, each as a whole.
        """
        rows, words = self.table, marked("Data quality: {score} (weakest link: {dimension} of {where})")
        if tables:
            rows = rows[rows["table"].isin(tables) & (rows["column"] == "")]
            words = marked("Data quality: {score} (lowest of its tables: {dimension} of {where})")
        worst = self._weakest(rows)
        return label(words, worst) if worst else label("Data quality: not known")


def shown_share(score: float) -> str:
    """Write a score for people, rounded down: only what is perfect is 100%; unknown is a dash.

    >>> shown_share(0.99996), shown_share(1.0), shown_share(float("nan"))
    ('99.9%', '100%', '–')
    """
    if math.isnan(score):
        return "–"
    return "100%" if score >= 1 else f"{math.floor(1000 * score + 1e-9) / 10:.1f}%"


class _Check(NamedTuple):
    column: str
    dimension: str
    checked: int
    failed: int


def data_quality(tables: Tables) -> DataQuality:
    """Measure how good the data of a source is, from its accepted and its rejected rows.

    Parameters
    ----------
    tables : Tables
        As ``ingest`` gave them.

    Returns
    -------
    DataQuality
        Every table has all six dimensions as a whole; columns those that apply to them.

    Notes
    -----
    Each table is scanned once, only in the columns whose completeness depends on another one, and its two
    moments; how many values a column has is in the Parquet file already. Free text is never read.
    """
    coverage = {table.name: _coverage(table, tables) for table in tables.present}
    rows = [
        {"source": table.provenance.source, "table": table.name, **check._asdict()}
        for table in tables.present
        for check in _checks(table, coverage[table.name])
    ]
    frame = pd.DataFrame(rows, columns=["source", "table", *_Check._fields])
    checked = frame["checked"].to_numpy(np.float64)
    share = np.divide(frame["failed"], checked, out=np.full(len(frame), np.nan), where=checked > 0)
    return DataQuality(
        table=frame.assign(score=1 - share), coverage=pd.concat(coverage.values(), ignore_index=True)
    )


def _checks(table: Table, coverage: pd.DataFrame) -> Iterator[_Check]:
    contract, provenance = CONTRACTS[table.name], table.provenance
    broken, there = _broken(table), _values(table)
    counts = _scan(table, contract)
    read = provenance.rows_read
    yield _Check("", "completeness", len(coverage), int((~coverage["known"]).sum()))
    yield _Check("", "validity", read, _rows(broken, {_MALFORMED}))
    yield _Check("", "uniqueness", read, _rows(broken, {_DUPLICATE}))
    yield _Check("", "timeliness", counts.get("recorded", 0), counts.get("late", 0))
    yield _Check("", "consistency", read, _rows(broken, _consistency_rules(contract)))
    yield _Check("", "reconciliation", provenance.reconciled, 0)
    for column in contract.columns:
        faults = _column_rules(column, contract)
        failed = _rows(broken, faults)
        if column.required:
            lacking = _rows(broken, {column.name + _REQUIRED})
            yield _Check(column.name, "completeness", there[column.name] + failed + lacking, lacking)
        elif column.expected:
            yield _Check(
                column.name, "completeness", *_expected(column, counts, there, provenance.rows_accepted)
            )
        if there[column.name] + failed:
            yield _Check(column.name, "validity", there[column.name] + failed, failed)


def _broken(table: Table) -> Counter[frozenset[str]]:
    """Count the rejected rows by the set of rules they broke; of a malformed line, whatever its fault."""
    rules = pq.read_table(table.folder / "rejected.parquet", columns=["rule"])["rule"]
    counts: Counter[frozenset[str]] = Counter()
    for found in pc.value_counts(rules).to_pylist():
        names = frozenset(
            _MALFORMED if rule.startswith(_MALFORMED) else rule for rule in found["values"].split("; ")
        )
        counts[names] += found["counts"]
    return counts


def _rows(broken: Counter[frozenset[str]], rules: set[str]) -> int:
    return sum(count for names, count in broken.items() if names & rules)


def _column_rules(column: Column, contract: Contract) -> set[str]:
    """Name the rules about one column alone, but not that it is required."""
    rules = {rule.name for rule in contract.row_rules() if rule.column == column.name}
    own = {f"{column.name} is no {column.type}", f"{column.name} not after as-of"}
    return (rules | own) - {column.name + _REQUIRED}


def _consistency_rules(contract: Contract) -> set[str]:
    return {rule.name for rule in contract.rules if not rule.column} | {"unit_id in units"}


def _values(table: Table) -> dict[str, int]:
    """Count the values of each column."""
    with pq.ParquetFile(table.path) as file:
        rows = file.metadata.num_rows
        return {
            column: rows - _unknown(file, place, column)
            for place, column in enumerate(file.schema_arrow.names)
        }


def _unknown(file: pq.ParquetFile, place: int, column: str) -> int:
    """Count the unknown values of a column by the file's statistics; another program may leave them out."""
    groups = [file.metadata.row_group(one) for one in range(file.metadata.num_row_groups)]
    found = [group.column(place).statistics for group in groups]
    if all(one is not None and one.has_null_count for one in found):
        return sum(one.null_count for one in found)
    return int(file.read(columns=[column])[column].null_count)


def _scan(table: Table, contract: Contract) -> dict[str, int]:
    """Count in one scan what depends on several columns: expected values, rows recorded late."""
    wanted = {}
    for column in _conditional(contract):
        wanted[f"expected {column.name}"] = f"count(*) FILTER (WHERE {column.expected})"
        wanted[f"lacking {column.name}"] = (
            f"count(*) FILTER (WHERE ({column.expected}) AND {name(column.name)} IS NULL)"
        )
    if contract.recorded:
        recorded, at = name(contract.recorded), name(contract.at)
        wanted["recorded"] = f"count({recorded})"
        wanted["late"] = f"count(*) FILTER (WHERE date_diff('day', {at}, {recorded}) > {DAYS_TO_RECORD})"
    if not wanted:
        return {}
    figures = ", ".join(f"{figure} AS {name(words)}" for words, figure in wanted.items())
    with small_connection() as connection:
        found = connection.execute(
            f"SELECT {figures} FROM read_parquet({single_file(table.path)})"
        ).fetchone()
    return {words: value for words, value in zip(wanted, found or (), strict=True) if value is not None}


def _conditional(contract: Contract) -> list[Column]:
    return [column for column in contract.columns if column.expected not in ("", "true")]


def _expected(
    column: Column, counts: dict[str, int], there: dict[str, int], accepted: int
) -> tuple[int, int]:
    if column.expected == "true":
        return accepted, accepted - there[column.name]
    return counts[f"expected {column.name}"], counts[f"lacking {column.name}"]


def _coverage(table: Table, tables: Tables) -> pd.DataFrame:
    """List the months of a table's span; none where its rows belong to no month, or there is no row."""
    provenance, found = table.provenance, _by_month(table, CONTRACTS[table.name])
    last = pd.Period(tables.as_of, freq="M")
    first = last + 1 if table.begins is None else pd.Period(table.begins, freq="M")
    months = pd.period_range(first, last).astype("str")
    broken = {change.month: change.words for change in provenance.breaks}
    counts = found.reindex(months, fill_value=0).reset_index(drop=True)
    lacking = {*provenance.unknown_months, *(silent_months(table) if CONTRACTS[table.name].at else ())}
    return pd.DataFrame(
        {
            "table": pd.Series(table.name, index=range(len(months)), dtype="str"),
            "month": pd.Series(months, dtype="str"),
            "rows": counts["rows"],
            "recorded": counts["recorded"],
            "known": pd.Series(~months.isin(lacking), dtype="bool"),
            "broken": pd.Series([broken.get(month, "") for month in months], dtype="str"),
        }
    )


def _by_month(table: Table, contract: Contract) -> pd.DataFrame:
    """Count the rows of each month, and those of them that were recorded by its end."""
    if not contract.at:
        return pd.DataFrame({"rows": [], "recorded": []}, dtype="int64")
    at = name(contract.at)
    recorded = "0"
    if contract.recorded:
        recorded = f"count(*) FILTER (WHERE {name(contract.recorded)}::DATE <= last_day({at}))"
    figures = f"strftime({at}, '%Y-%m') AS month, count(*) AS rows, {recorded} AS recorded"
    rows = table.relation.filter(f"{at} IS NOT NULL").aggregate(figures)
    return pd.DataFrame(rows.df()).set_index("month").astype("int64")
