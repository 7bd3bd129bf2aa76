"""Accepted rows that lie in a longer period of their own cell: added to it they would count twice."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodels.sources.conversion import KEY, OVER
from riskmodels.sources.duplicates import DUPLICATE, keys_but_time, know_spellings, spelt_alike
from riskmodels.tables import Contract, period_months
from riskmodels.tables.sql import name

WITHIN = f"{DUPLICATE}: its period lies in a longer one of the same cell"
_SHOWN = 3  # told one by one; a choice


def rows_within_longer(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    *,
    skip: Sequence[int],
    spellings: Mapping[str, Mapping[str, str]],
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Find the rows whose period lies in a longer one of their cell that has a figure.

    Parameters
    ----------
    connection, path, contract, spellings
        As ``repeated_rows`` takes them; a table without a column ``period`` has no such rows.
    skip : sequence of int
        Places of rows that are doubles.

    Returns
    -------
    (dict of int to str, tuple of str)
        Place among the rows, from 0 -> the rule it breaks; and what a person should know of them.
    """
    if "period" not in contract.names:
        return {}, ()
    keys = keys_but_time(contract, pq.read_schema(path).names)
    with connection.cursor() as cursor:
        know_spellings(cursor, spellings)
        found = cursor.execute(_query(path, contract, keys, spellings), {"skip": list(skip)}).fetchall()
    rows = {row[0]: row[1:] for row in found}
    return dict.fromkeys(rows, WITHIN), _said(keys, list(rows.values()))


def _query(path: Path, contract: Contract, keys: Sequence[str], spellings: Mapping[str, object]) -> str:
    at = name(contract.at)
    same = " AND ".join(f"part.{name(key)} IS NOT DISTINCT FROM whole.{name(key)}" for key in keys)
    known = " AND ".join(f"whole.{name(figure)} IS NOT NULL" for figure in contract.figures)
    listed = ", ".join(f"part.{name(key)}" for key in keys)
    return (
        f"WITH sized AS (SELECT *, coalesce({period_months()}, 1) AS months, file_row_number AS place"
        f" FROM {spelt_alike(path, spellings)} WHERE file_row_number NOT IN (SELECT unnest($skip::BIGINT[])))"
        f" SELECT part.place, coalesce(part.period, 'month'), part.{at}, whole.period, whole.{at}, {listed}"
        " FROM sized AS part JOIN (FROM sized WHERE months > (SELECT min(months) FROM sized)) AS whole"
        f" ON {same} AND part.months < whole.months AND part.{at} >= whole.{at}"
        f" AND part.{at} + to_months(part.months) <= whole.{at} + to_months(whole.months)"
        f" WHERE {known} ORDER BY part.place, whole.months"
    )


def _said(keys: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Say how many rows there are, and of the first ones the cell and both periods."""
    if not rows:
        return ()
    names = [key.removeprefix(KEY).removeprefix(OVER) for key in keys]
    shown = []
    for period, at, longer, since, *cell in rows[:_SHOWN]:
        pairs = zip(names, cell, strict=True)
        of = ", ".join(f"{key} {value!r}" for key, value in pairs if value is not None)
        shown.append(f"{period} from {at} in {longer} from {since}{' of ' + of if of else ''}")
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    words = (
        f"rows whose period lies in a longer one of the same cell: {len(rows):,} ({'; '.join(shown)}{more})"
    )
    return (f"{words}; they are rejected, since it has them: to count them, take the longer one out",)
