"""What differs between two deliveries of a table: rows added, completed, revised and vanished, by month."""

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.labels import counted, label
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import Contract
from riskmodels.tables.sql import literal, name, single_file
from riskmodels.tables.stored import Table

KINDS = ("added", "late", "completed", "revised", "vanished")
_BEFORE, _AFTER = -1, 1  # signs of the two sides, which cancel out where both have a row
# rows hashed at once, and changed keys compared at once: some hundred megabytes
_ROWS_A_SLICE, _KEYS_A_SLICE = 4_000_000, 1_000_000
_BY_MONTH = (
    "SELECT month, count(*) FILTER (WHERE fate = 'added') AS added,"
    " count(*) FILTER (WHERE fate = 'added' AND known) AS late,"
    " count(*) FILTER (WHERE fate = 'completed') AS completed,"
    " count(*) FILTER (WHERE fate = 'revised') AS revised,"
    " count(*) FILTER (WHERE fate = 'vanished') AS vanished"
    " FROM matched WHERE fate IS NOT NULL GROUP BY month"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Changes(Displayed):
    """What differs between a delivery of a table and the one before it.

    Attributes
    ----------
    table : DataFrame
        One row per month (YYYY-MM; empty where a row belongs to none) in which anything differs: month, rows
        (delivered before), added, late, completed, revised, vanished [rows]. *Added*: the key is new; *late*
        are those of them that the delivery before should have held, as they happened, and were recorded, by
        its as-of day. *Completed*: only values that were empty are filled in, as when a complaint is closed.
        *Revised*: a value that was known is another one, or empty. *Vanished*: the key is gone. A row counts
        in the month in which it was delivered first.
    columns : DataFrame
        column, completed, revised [rows]; the columns in which any value differs.
    name, source : str
        The table, and whose it is.
    before, after : str
        Digests of the two deliveries.
    before_as_of : date
        Day up to which the delivery before knew.
    """

    table: pd.DataFrame
    columns: pd.DataFrame
    name: str
    source: str
    before: str
    after: str
    before_as_of: date

    @property
    def rewritten(self) -> int:
        """Rows of what was delivered before that turned out otherwise: late, revised or vanished."""
        return int(self.table[["late", "revised", "vanished"]].to_numpy().sum())

    @property
    def share(self) -> float:
        """Rewritten rows over the rows delivered before (or late) in the months that have any; 0 without."""
        changed = self.table[["late", "revised", "vanished"]].sum(axis=1)
        touched = self.table[changed > 0]
        return float(self.rewritten / max(int((touched["rows"] + touched["late"]).sum()), 1))

    @property
    def sentence(self) -> str:
        """Say what differs in all."""
        counts = {kind: int(self.table[kind].sum()) for kind in KINDS}
        return label(
            "{name}, against the delivery as of {before_as_of}: {rows} added ({late:,} of them late),"
            " {completed:,} completed, {revised:,} revised, {vanished:,} vanished.",
            name=self.name,
            before_as_of=self.before_as_of,
            rows=counted(counts["added"], "row", "rows"),
            **counts,
        )

    def summary(self) -> pd.DataFrame:
        """The months in which anything differs."""
        return self.table


def compare_deliveries(old: Table, new: Table) -> Changes:
    """Compare two deliveries of one table, row by row.

    Parameters
    ----------
    old, new : Table
        The delivery before, and the one that followed it; of the same canonical table.

    Returns
    -------
    Changes
        Rows of ``old`` + added - vanished = rows of ``new``.

    Notes
    -----
    Rows are matched by the contract's key; where a source has a key several times (counts of categories that
    were put under one name), in their order. Rows are compared by 64-bit hashes: of ten million rows, two
    different ones are taken for the same with a probability of about one in a million. DuckDB keeps to a
    gigabyte and spills the rest to a folder beside the table.
    """
    contract = CONTRACTS[new.name]
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET temp_directory = {literal(str(new.folder.parent / '.spill'))}")
        slices = 1 + _find_changed_keys(connection, old, new, contract) // _KEYS_A_SLICE
        months, columns = [], []
        for number in range(slices):  # one at a time, to keep within memory
            _find_different(connection, old, new, contract, f"key % {slices} = {number}")
            _match(connection, contract)
            months.append(connection.execute(_BY_MONTH).df())
            columns.append(connection.execute(_by_column(contract)).df())
        rows = connection.execute(_rows_by_month(old, contract)).df().set_index("month")["rows"]
    counts = pd.concat(months).groupby("month")[list(KINDS)].sum()
    counts.insert(0, "rows", rows.reindex(counts.index).fillna(0))
    fields = pd.concat(columns).groupby("column", sort=False).sum()
    return Changes(
        table=counts.astype("int64").reset_index().astype({"month": "str"}),
        columns=fields[fields.any(axis=1)].astype("int64").reset_index().astype({"column": "str"}),
        name=new.name,
        source=new.provenance.source,
        before=old.digest,
        after=new.digest,
        before_as_of=old.provenance.as_of,
    )


def _scan(path: Path) -> str:
    return f"read_parquet({single_file(path)}, file_row_number = true)"


def _hash(columns: Sequence[str]) -> str:
    return f"hash({', '.join(map(name, columns))})"


def _find_changed_keys(
    connection: duckdb.DuckDBPyConnection, old: Table, new: Table, contract: Contract
) -> int:
    """Create ``keys``: hashes of keys whose rows differ; equal rows cancel out. Return how many there are."""
    connection.execute("CREATE TEMP TABLE keys (key UBIGINT)")
    if filecmp.cmp(old.path, new.path, shallow=False):
        return 0
    rows = " UNION ALL ".join(
        f"SELECT {_hash(contract.distinguishing)} AS key, {side}::TINYINT AS side,"
        f" {_hash(contract.names)} AS row FROM {_scan(table.path)}"
        for side, table in ((_BEFORE, old), (_AFTER, new))
    )
    connection.execute(f"CREATE TEMP TABLE hashed AS {rows}")
    slices = 1 + (old.provenance.rows_accepted + new.provenance.rows_accepted) // _ROWS_A_SLICE
    for number in range(slices):
        connection.execute(
            f"INSERT INTO keys SELECT key FROM hashed WHERE key % {slices} = {number} GROUP BY key"
            " HAVING sum(side) <> 0 OR sum(side * row::HUGEINT) <> 0"
        )
    connection.execute("DROP TABLE hashed")
    return int(connection.execute("SELECT count(*) FROM keys").fetchall()[0][0])


def _find_different(
    connection: duckdb.DuckDBPyConnection, old: Table, new: Table, contract: Contract, chosen: str
) -> None:
    """Create ``different``: the rows of either side with one of ``keys``, of those that are chosen.

    For each: side, key, place in the file, month, whether a delivery of the as-of day of ``old`` should hold
    it, and the hash of each column, NULL where it has no value.
    """
    hashes = ", ".join(
        f"CASE WHEN {name(column)} IS NOT NULL THEN hash({name(column)}) END AS {name(column)}"
        for column in contract.names
    )
    key, known = _hash(contract.distinguishing), _delivered_by(old.provenance.as_of, contract)
    parts = " UNION ALL ".join(
        f"SELECT {side} AS side, {key} AS key, file_row_number AS place, {_month(contract)} AS month,"
        f" {known} AS known, {hashes} FROM {_scan(table.path)} WHERE {key} IN"
        f" (FROM keys WHERE {chosen})"
        for side, table in ((_BEFORE, old), (_AFTER, new))
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE different AS {parts}")


def _month(contract: Contract) -> str:
    return f"strftime({name(contract.at)}, '%Y-%m')" if contract.at else "''"


def _delivered_by(day: date, contract: Contract) -> str:
    """Condition that a row happened, and was recorded, by a day: a delivery of that day should hold it."""
    columns = [column for column in (contract.at, contract.recorded) if column]
    conditions = [
        f"coalesce({name(column)}::DATE <= {literal(day.isoformat())}::DATE, true)" for column in columns
    ]
    return " AND ".join(conditions) or "true"


def _match(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create ``matched``: a row of ``different`` beside that of the other side, and what became of it."""
    numbered = (
        "(SELECT *, row_number() OVER (PARTITION BY key ORDER BY place) AS nth FROM different"
        " WHERE side = {side})"
    )
    flags = ", ".join(
        f"old.{name(column)} IS NULL AND new.{name(column)} IS NOT NULL AS {name('+' + column)},"
        f" old.{name(column)} IS NOT NULL AND old.{name(column)} IS DISTINCT FROM new.{name(column)}"
        f" AS {name('~' + column)}"
        for column in contract.names
    )
    changed = " OR ".join(name("~" + column) for column in contract.names)
    filled = " OR ".join(name("+" + column) for column in contract.names)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE matched AS SELECT *,"
        f" CASE WHEN is_new THEN 'added' WHEN is_gone THEN 'vanished' WHEN {changed}"
        f" THEN 'revised' WHEN {filled} THEN 'completed' END AS fate FROM ("
        f"SELECT coalesce(old.month, new.month, '') AS month, new.known AS known, old.side IS NULL AS is_new,"
        f" new.side IS NULL AS is_gone, {flags} FROM {numbered.format(side=_BEFORE)} AS old"
        f" FULL JOIN {numbered.format(side=_AFTER)} AS new USING (key, nth))"
    )


def _rows_by_month(old: Table, contract: Contract) -> str:
    return (
        f"SELECT coalesce({_month(contract)}, '') AS month, count(*) AS rows FROM {_scan(old.path)}"
        " GROUP BY ALL"
    )


def _by_column(contract: Contract) -> str:
    parts = (
        f"SELECT {place} AS place, {literal(column)} AS field,"
        f" count(*) FILTER (WHERE {name('+' + column)}) AS completed,"
        f" count(*) FILTER (WHERE {name('~' + column)}) AS revised"
        " FROM matched WHERE fate IN ('completed', 'revised')"
        for place, column in enumerate(contract.names)
    )
    rows = " UNION ALL ".join(parts)
    return f'SELECT field AS "column", completed, revised FROM ({rows}) ORDER BY place'
