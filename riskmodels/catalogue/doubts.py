"""What a person should look at before any figure is made of the tables."""

from collections.abc import Iterator

import pandas as pd

from riskmodels.catalogue.counted import keys_of
from riskmodels.catalogue.entry import COUNTS
from riskmodels.catalogue.strangers import strange_names
from riskmodels.labels import counted
from riskmodels.tables import CONTRACTS, Tables, find_holes, in_months, period_months
from riskmodels.tables.sql import name, single_file, small_connection


def find_doubts(tables: Tables) -> pd.DataFrame:
    """List the doubts about the tables of a source.

    Returns
    -------
    DataFrame
        table, doubt: totals by name only, joined spellings, months without a row, names that one table has
        and the other lacks, complaints that no rate counts, rejected rows; empty where there is none.
    """
    kept = [(table.name, words) for table in tables.present for words in table.provenance.doubts]
    parts = [
        _frame(kept),
        _lost_rows(tables),
        find_holes(tables),
        strange_names(tables),
        _without_accounts(tables),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _frame(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["table", "doubt"], dtype="str")


def _lost_rows(tables: Tables) -> pd.DataFrame:
    """Describe rejected rows: how many cells of counts are unknown, and how many cases are in no figure."""
    rows = []
    for table in tables.present:
        if not table.provenance.rows_rejected:
            continue
        rejected, broken = table.rejected, table.lost
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
    """Tell how many complaints are in no rate, because their accounts are not known."""
    if not (tables.complaints or tables.complaint_counts) or tables.exposure is None:
        return _frame([])
    keys, cells = _cells(tables)
    with small_connection() as connection:
        left, whole = connection.execute(
            f"WITH known AS (SELECT {keys}month, true AS there FROM {in_months(tables.exposure)}"
            f" GROUP BY ALL HAVING bool_and(accounts IS NOT NULL)), cells AS ({cells}),"
            f" judged AS (SELECT {keys}first, any_value(months) AS months, any_value(n) AS n,"
            " count(there) AS found FROM"
            " (SELECT *, (first + to_months(place::INTEGER))::DATE AS month"
            " FROM cells, range(12) AS places(place) WHERE place < months)"
            f" LEFT JOIN known USING ({keys}month) GROUP BY {keys}first)"
            " SELECT coalesce(sum(n) FILTER (found < months), 0), coalesce(sum(n), 0) FROM judged"
        ).fetchall()[0]
    if not left:
        return _frame([])
    many = f"{int(left):,} of {counted(int(whole), 'complaint', 'complaints')} ({left / whole:.1%})"
    why = "in no complaint rate: no accounts are known for their unit, product and month"
    return _frame([("exposure", f"{many} {'is' if left == 1 else 'are'} {why}")])


def _cells(tables: Tables) -> tuple[str, str]:
    """Return the columns by which complaints meet accounts, and SQL for first, months and n of each cell."""
    if tables.complaints is None:
        keys = "".join(f"{name(column)}, " for column in keys_of(tables))
        path = single_file(tables.require(COUNTS).path)
        figures = f"period_start AS first, max({period_months()}) AS months, sum(complaints) AS n"
        return keys, f"SELECT {keys}{figures} FROM read_parquet({path}) GROUP BY ALL"
    figures = "date_trunc('month', received_at)::DATE AS first, 1 AS months, count(*) AS n"
    path = single_file(tables.complaints.path)
    return "unit_id, product, ", f"SELECT unit_id, product, {figures} FROM read_parquet({path}) GROUP BY ALL"
