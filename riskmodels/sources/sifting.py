"""Accepted rows that must not count: doubles, parts of longer periods, totals, sums that hide a period."""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodels.sources.conversion import OVER
from riskmodels.sources.cumulative import take_differences
from riskmodels.sources.duplicates import TakenOut, repeated_rows, take_out
from riskmodels.sources.folding import fold_doubts
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.overlaps import rows_within_longer
from riskmodels.sources.spelling import spellings_in_key
from riskmodels.sources.totals import find_totals
from riskmodels.tables import Contract


@dataclass(frozen=True, kw_only=True, eq=False)
class Sifted:
    """What was taken out of the accepted rows of a table.

    Attributes
    ----------
    out : TakenOut
        The rows, and why.
    since : dict of int to str
        Place among the accepted rows, from 0 -> first day from which the counts are not known.
    met : int
        Totals that the rows which stay add up to.
    doubts : tuple of str
        What a person should look at.
    """

    out: TakenOut
    since: dict[int, str]
    met: int
    doubts: tuple[str, ...]


def sift(
    connection: duckdb.DuckDBPyConnection,
    accepted: Path,
    screened: Path,
    contract: Contract,
    mapping: TableMap,
    *,
    exact: frozenset[str],
) -> Sifted:
    """Take out of a table's accepted rows those that would count twice, or whose figure is not known.

    Parameters
    ----------
    connection : DuckDBPyConnection
        As ``limited_connection`` gives it.
    accepted, screened : Path
        Parquet, of accepted rows, which is written anew without those taken out, and of rejected ones.
    contract : Contract
        Of the table.
    mapping : TableMap
        Of its files.
    exact : frozenset of str
        Columns whose spellings are different values.
    """
    alike = spellings_in_key(connection, accepted, contract, exact)
    doubles = repeated_rows(connection, accepted, contract, fold=mapping.fold, spellings=alike)
    within, overlaps = rows_within_longer(connection, accepted, contract, skip=list(doubles), spellings=alike)
    totals = find_totals(
        connection,
        accepted,
        contract,
        skip=[*doubles, *within],
        lost=_lost_days(screened, contract),
        declared=_declared(mapping),
        exact=exact,
    )
    order = fold_doubts(connection, accepted, contract, mapping.fold, spellings=alike)
    undone = take_differences(
        connection,
        accepted,
        contract,
        mapping,
        skip={*doubles, *within, *totals.rules},
        contradicted=[] if mapping.fold else [place for place, differs in doubles.items() if differs],
        spellings=alike,
    )
    gone = totals.rules | within
    return Sifted(
        out=take_out(accepted, contract, doubles, gone, fold=mapping.fold, undone=undone.rules),
        since=undone.since,
        met=totals.met,
        doubts=(*order, *overlaps, *totals.doubts, *undone.doubts),
    )


def _lost_days(screened: Path, contract: Contract) -> list[str]:
    """List the first days of the periods in which a row of counts was rejected."""
    cells = pq.read_table(screened, columns=["cell"])["cell"].drop_null().unique().to_pylist()
    return [str(json.loads(cell)[contract.at]) for cell in cells]


def _declared(mapping: TableMap) -> dict[str, tuple[str, ...]]:
    """Name the columns of ``totals:`` as the accepted rows do."""
    return {
        OVER + key if key in mapping.added_over else key: values for key, values in mapping.totals.items()
    }
