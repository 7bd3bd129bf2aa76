"""Sums since the beginning of the year become the counts of each period; what they do not show is unknown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.sources.duplicates import keys_but_time, know_spellings, spelt_alike
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.periods import first_month
from riskmodels.sources.screening import ROWS_AT_ONCE, rewritten
from riskmodels.tables import Contract, period_months
from riskmodels.tables.sql import literal, name, single_file

_NEW = "#new "  # of a figure: what the period itself adds
_SURE = "#sure "  # whether its sum fits the others
_FROM = "#from "  # since when it counts


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Rows whose count of the period cannot be found from the sums.

    Attributes
    ----------
    rules : dict of int to str
        Place among the accepted rows, from 0 -> why.
    since : dict of int to str
        Place -> first day from which the counts are not known, where that is before the row's own period.
    doubts : tuple of str
        What a person should look at.
    """

    rules: dict[int, str] = field(default_factory=dict)
    since: dict[int, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def take_differences(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    mapping: TableMap,
    *,
    skip: Collection[int],
    contradicted: Collection[int],
    spellings: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Differences:
    """Replace sums since the year's beginning in a file of accepted rows by what each period adds.

    Parameters
    ----------
    connection, path, contract, spellings
        As ``repeated_rows`` takes them; the file is replaced where a column is declared cumulative.
    mapping : TableMap
        Says which columns are cumulative.
    skip : collection of int
        Places of rows that go anyway: doubles, totals.
    contradicted : collection of int
        Those among them that contradict the row of their cell that stays.

    Returns
    -------
    Differences
        A sum below an earlier one of its year, or above a later one, is not known: nor is what depends on it.
        Where a period before has no row, its count and the next one's are not known, unless nothing was added
        in both.
    """
    chosen = {key: made.cumulative for key, made in mapping.columns.items() if made.cumulative}
    if not chosen:
        return Differences()
    schema = pq.read_schema(path)
    with connection.cursor() as cursor:
        cursor.register("skipped", _places(skip))
        cursor.register("contradicted", _places(contradicted))
        know_spellings(cursor, spellings)
        rows = _judged(spelt_alike(path, spellings), contract, schema.names, chosen)
        cursor.execute(f"CREATE TEMP TABLE judged AS {rows}")
        _rewrite(cursor, path, schema, contract, list(chosen))
        found = cursor.execute(
            'SELECT place, "#rule", strftime("#since", \'%Y-%m-%d\') FROM judged WHERE "#rule" IS NOT NULL'
            " ORDER BY place"
        ).fetchall()
        doubts = _ended_early(cursor, contract, schema.names, next(iter(chosen.values())))
    return Differences(
        rules={place: rule for place, rule, _ in found},
        since={place: since for place, _, since in found if since},
        doubts=doubts,
    )


def _places(places: Collection[int]) -> pa.Table:
    return pa.table({"place": pa.array(np.array(sorted(places), dtype=np.int64))})


def _series(contract: Contract, names: Sequence[str]) -> str:
    """List the columns, in SQL, that distinguish one series of sums from another."""
    return ", ".join(map(name, keys_but_time(contract, names)))


def _year(contract: Contract, form: str) -> str:
    """SQL for the year that a row's period lies in, by the calendar year in which it begins."""
    at, first = name(contract.at), first_month(form)
    return f"(year({at}) - (month({at}) < {first})::INTEGER)"


def _judged(scan: str, contract: Contract, names: Sequence[str], chosen: Mapping[str, str]) -> str:
    """SQL for rows with what each period adds, ``#rule``, why that is not known, and ``#since`` when."""
    at = name(contract.at)
    months = f"coalesce({period_months()}, 1)" if "period" in names else "1"
    series = _series(contract, names)
    rows = (
        f'SELECT *, file_row_number AS place, {months} AS "#months",'
        ' file_row_number NOT IN (FROM skipped) AS "#in play",'
        " coalesce(bool_or(file_row_number IN (FROM contradicted))"
        f' OVER (PARTITION BY {series}, {at}), false) AS "#contradicted"'
        f" FROM {scan}"
    )
    for figure, form in chosen.items():
        rows = _differenced(rows, contract, series, figure, form)
    return (
        f'SELECT *, {_rule(contract, chosen)} AS "#rule", {_since(contract, chosen)} AS "#since"'
        f" FROM ({rows})"
    )


def _differenced(rows: str, contract: Contract, series: str, figure: str, form: str) -> str:
    """Add what each period adds to a figure, whether its sum fits the others, and since when it counts."""
    at, value, sure = name(contract.at), name(figure), name(_SURE + figure)
    within = f'PARTITION BY {series}, {_year(contract, form)}, "#in play" ORDER BY {at}'
    before = f"OVER ({within} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    usable = f'CASE WHEN NOT "#contradicted" THEN {value} END'
    fits = (
        f"{value} >= max({usable}) OVER ({within} ROWS UNBOUNDED PRECEDING)"
        f" AND {value} <= min({usable}) OVER ({within} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    )
    known = f"CASE WHEN {sure} THEN %s END IGNORE NULLS"
    january = f"make_date({_year(contract, form)}, {first_month(form)}, 1)"
    end = f'({at} + to_months("#months"::INTEGER))::DATE'
    return (
        f"SELECT *, {value} - coalesce(last_value({known % value}) {before}, 0) AS {name(_NEW + figure)},"
        f" coalesce(last_value({known % end}) {before}, {january}) AS {name(_FROM + figure)}"
        f' FROM (SELECT *, NOT "#contradicted" AND coalesce({fits}, false) AS {sure} FROM ({rows}))'
    )


def _rule(contract: Contract, chosen: Mapping[str, str]) -> str:
    """SQL for why the count of a row's period is not known; NULL where it is, or the row goes anyway."""
    at, cases = name(contract.at), ['WHEN NOT "#in play" THEN NULL']
    for figure in chosen:
        value, new = name(figure), name(_NEW + figure)
        gap = f"{name(_FROM + figure)} <> {at} AND {new} <> 0"
        cases += [
            f"WHEN {value} IS NULL THEN NULL",
            (
                'WHEN "#contradicted" THEN'
                f" {literal(f'{figure}: two sums since the beginning of the year are given')}"
            ),
            (
                f"WHEN NOT {name(_SURE + figure)}"
                f" THEN {literal(f'{figure}: the sum since the beginning of the year falls')}"
            ),
            f"WHEN {gap} THEN {literal(f'{figure}: the sum of the period before is not known')}",
        ]
    for rule in contract.rules:
        cases.append(f"WHEN NOT ({_holds(rule.holds, chosen)}) THEN {literal(rule.name)}")
    return f"CASE {' '.join(cases)} END"


def _holds(condition: str, chosen: Mapping[str, str]) -> str:
    """Write a condition on a row with what the period adds for the sums."""
    for figure in chosen:
        condition = condition.replace(figure, name(_NEW + figure))
    return condition


def _since(contract: Contract, chosen: Mapping[str, str]) -> str:
    """SQL for the first day from which a gap leaves the counts unknown; NULL where it is the row's own."""
    first = f"least({', '.join(name(_FROM + figure) for figure in chosen)})"
    return f"CASE WHEN {first} < {name(contract.at)} THEN {first} END"


def _rewrite(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    schema: pa.Schema,
    contract: Contract,
    chosen: list[str],
) -> None:
    """Write the rows anew, in their order, with what each period adds; those that go keep the sum."""
    columns = ", ".join(
        f'CASE WHEN "#rule" IS NULL AND "#in play" THEN {name(_NEW + column)} ELSE rows.{name(column)} END'
        f" AS {name(column)}"
        if column in chosen
        else f"rows.{name(column)}"
        for column in schema.names
    )
    rows = f"read_parquet({single_file(path)}, file_row_number = true)"
    with rewritten(path, schema, keys=contract.key) as kept:
        query = connection.sql(
            f"SELECT {columns} FROM {rows} AS rows JOIN judged ON place = rows.file_row_number ORDER BY place"
        )
        for batch in query.to_arrow_reader(ROWS_AT_ONCE):
            kept.write(batch.cast(schema))


def _ended_early(
    connection: duckdb.DuckDBPyConnection, contract: Contract, names: Sequence[str], form: str
) -> tuple[str, ...]:
    """Describe series whose sums end before others of their year: what came later is counted as zero."""
    at, series = name(contract.at), _series(contract, names)
    found = connection.execute(
        f"SELECT count(*) FROM (SELECT {_year(contract, form)} AS year, max({at}) AS ended,"
        f' max(ended) OVER (PARTITION BY year) AS last FROM judged WHERE "#in play" GROUP BY {series}, year)'
        " WHERE ended < last"
    ).fetchall()[0][0]
    if not found:
        return ()
    words = f"sums since the beginning of the year end before others of their year in {found} series"
    return (f"{words}: the periods after are counted as zero; give their rows, or declare them unknown",)
