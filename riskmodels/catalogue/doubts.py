"""What a person should look at before any figure is made of the tables."""

from collections.abc import Iterator

import duckdb
import pandas as pd

from riskmodels.catalogue.strangers import strange_names
from riskmodels.tables import CONTRACTS, Tables, find_holes, in_months
from riskmodels.tables.sql import single_file

_NO_LOSS = (  # rules of rejected rows that no figure lacks
    r"total of other rows|duplicate of an accepted row|\(fold\)"
)


def find_doubts(tables: Tables) -> pd.DataFrame:
    """List the doubts about the tables of a source.

    Returns
    -------
    DataFrame
        table, doubt: totals by name only, joined spellings, months without a row, names that one table has and the
        other lacks, complaints that no rate counts, rejected rows; empty where there is none.
    """
    told = [(table.name, words) for table in tables.present for words in table.provenance.doubts]
    parts = [
        pd.DataFrame(told, columns=["table", "doubt"], dtype="str"),
        _lost_rows(tables),
        find_holes(tables),
        strange_names(tables),
        _without_accounts(tables),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _frame(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["table", "doubt"], dtype="str")


def _lost_rows(tables: Tables) -> pd.DataFrame:
    """Tell of rejected rows: how many cells of counts are unknown, and how many cases are in no figure."""
    rows = []
    for table in tables.present:
        if not table.provenance.rows_rejected:
            continue
        rejected = table.rejected
        broken = rejected[~rejected["rule"].str.contains(_NO_LOSS)]
        if CONTRACTS[table.name].cell and "cell" in rejected:
            rows += [(table.name, words) for words in _lost_counts(rejected, broken)]
        elif len(broken):
            words = f"rows rejected: {len(broken):,} of {table.provenance.rows_read:,}"
            rows.append((table.name, f"{words}; no count, sum or share has them, which are not complete"))
    return _frame(rows)


def _lost_counts(rejected: pd.DataFrame, broken: pd.DataFrame) -> Iterator[str]:
    known = rejected["cell"].notna()
    if known.any():
        hidden = int(rejected.loc[known, "rule"].str.contains("is suppressed").sum())
        words = f"cells whose rows were rejected: {int(known.sum())} (suppressed: {hidden})"
        yield f"{words}; they are unknown, not zero, and so is every sum over them"
    if lost := int(broken["cell"].isna().sum()):
        yield f"rows that could be put in no period: {lost}; sums may lack them"


def _without_accounts(tables: Tables) -> pd.DataFrame:
    """Tell how many complaints of whole months are in no rate, because their accounts are not known."""
    if tables.complaints is None or tables.exposure is None:
        return _frame([])
    with duckdb.connect(config={"memory_limit": "512MB"}) as connection:
        left, whole = connection.execute(
            "WITH known AS (SELECT unit_id, product, month FROM "
            + in_months(tables.exposure)
            + " GROUP BY ALL HAVING bool_and(accounts IS NOT NULL))"
            " SELECT coalesce(sum(n) FILTER (NOT EXISTS (SELECT 1 FROM known WHERE known.unit_id = cells.unit_id"
            " AND known.product = cells.product AND known.month = cells.month)), 0), coalesce(sum(n), 0) FROM"
            " (SELECT unit_id, product, date_trunc('month', received_at)::DATE AS month, count(*) AS n"
            f" FROM read_parquet({single_file(tables.complaints.path)}) GROUP BY ALL) AS cells"
        ).fetchall()[0]
    if not left:
        return _frame([])
    words = f"{int(left):,} of {int(whole):,} complaints ({left / whole:.1%}) are in no complaint rate: no accounts are known for their unit, product and month"
    return _frame([("exposure", words)])
