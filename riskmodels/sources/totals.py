"""Rows of counts that are totals of other rows: they must not be added to their parts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodels.sources.conversion import KEY, OVER
from riskmodels.sources.duplicates import limited_connection
from riskmodels.tables import Contract
from riskmodels.tables.sql import literal, name, single_file

_WORDS = (
    r"(grand |sub-?\s?|over)?total(s|\b.*)?|.* (sub-?\s?)?totals?|all(\b.*)?|overall|sum|whole bank|bank[- ]wide|aggregate"
    r"|.*(合计|总计|小计|共计|合計|總計|小計|总数|汇总)|全部.*|全行|全体|所有.*"
    r"|gesamt|summe|insgesamt|totale|ensemble|todos|todas|totais|itogo|итого|всего"
)
_ENOUGH = 20  # bits: how unlikely it is that a row whose name does not say so is the sum by chance
_ENOUGH_EMPTY = 6
_LARGEST = 3  # a total is the largest row, or nearly
_SHOWN = 3
_CLOSE = "abs({one} - {other}) <= 1e-9 * greatest(abs({one}), abs({other}))"


def is_called_total(value: str) -> bool:
    """Tell whether a value is a word for a total.

    >>> is_called_total("Grand total"), is_called_total("合计"), is_called_total("TotalEnergies")
    (True, True, False)
    """
    return re.fullmatch(_WORDS, value.strip().lower()) is not None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What was found.

    Attributes
    ----------
    rules : dict of int to str
        Place among the accepted rows, from 0 -> whose total that row is: it is left out.
    met : int
        Totals that were compared with the sum of their parts, and equal it.
    doubts : tuple of str
        What a person should look at.
    """

    rules: dict[int, str]
    met: int
    doubts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Columns over which rows may be added up, the others of the key, and the figures."""

    dims: list[str]
    fixed: list[str]
    figures: list[str]
    at: str


def find_totals(
    path: Path,
    contract: Contract,
    *,
    skip: Sequence[int],
    lost: Sequence[str],
    declared: Mapping[str, Sequence[str]],
) -> Totals:
    """Find the rows of a table of counts that are totals of others.

    Parameters
    ----------
    path : Path
        Parquet, of accepted rows.
    contract : Contract
        Of the table; one of single cases has no totals.
    skip : sequence of int
        Places of rows that are doubles.
    lost : sequence of str
        Days (ISO) of the periods in which a row was rejected: parts lack there, so nothing is compared.
    declared : mapping of str to sequence of str
        Column -> values whose rows are totals (empty text: those without a value); of a column with no
        values listed none is.

    Returns
    -------
    Totals
        A row is a total where the source file says so, or where it equals the sum of its parts in every period. One that
        only bears the name is kept.
    """
    shape = _shape(path, contract)
    if not shape.dims:
        return Totals(rules={}, met=0, doubts=())
    rules: dict[int, str] = {}
    doubts: list[str] = []
    with limited_connection(path.parent) as connection:
        _load(connection, path, shape, skip, declared)
        days = ", ".join(f"{literal(day)}::DATE" for day in sorted(set(lost)))
        connection.execute(f"CREATE TEMP TABLE lost AS SELECT unnest([{days}]::DATE[]) AS day")
        met = 0
        for chosen in _subsets(shape.dims):
            met += _named(connection, shape, chosen, declared, rules, doubts)
        for column in shape.dims:
            if declared.get(column) is None:
                met += _largest(connection, shape, column, rules)
        doubts += _left(connection, shape, declared)
    return Totals(rules=rules, met=met, doubts=tuple(doubts))


def _shape(path: Path, contract: Contract) -> _Shape:
    """Leave out columns with one value in all rows: nothing is added up over them."""
    kinds = {column.name: column.type for column in contract.columns}
    found = pq.read_schema(path).names
    over = [column for column in found if column.startswith(OVER)]
    keys = [key for key in contract.cell if kinds[key] == "code" and key != "indicator_id"]
    dims = [*keys, *over] if contract.cell else []
    fixed = [key for key in contract.cell if key not in dims]
    return _Shape(dims=dims, fixed=fixed, figures=list(contract.figures), at=contract.at)


def _load(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    shape: _Shape,
    skip: Sequence[int],
    declared: Mapping[str, Sequence[str]],
) -> None:
    """Create ``cells``: place, columns, figures, and for each dimension whether the row may be a total over it."""
    columns = ", ".join(map(name, [*shape.dims, *shape.fixed]))
    figures = ", ".join(f"{name(figure)}::DOUBLE AS {name(figure)}" for figure in shape.figures)
    scan = f"read_parquet({single_file(path)}, file_row_number = true)"
    connection.execute(
        "CREATE TEMP TABLE doubles AS SELECT unnest($places::BIGINT[]) AS place", {"places": list(skip)}
    )
    likes = ", ".join(f"{_like(column, declared)} AS {name('like ' + column)}" for column in shape.dims)
    connection.execute(
        f"CREATE TEMP TABLE cells AS SELECT *, {likes} FROM (SELECT file_row_number AS place, {columns}, {figures},"
        f" file_row_number IN (FROM doubles) AS is_double FROM {scan})"
    )
    for column in shape.dims:  # a column that is always empty is no dimension
        only = connection.execute(f"SELECT count({name(column)}) FROM cells").fetchall()[0][0] == 0
        if only:
            connection.execute(f"UPDATE cells SET {name('like ' + column)} = false")


def _like(column: str, declared: Mapping[str, Sequence[str]]) -> str:
    """SQL for whether a row may be a total over a column: its value is declared, is a word for it, or is empty."""
    values = declared.get(column)
    if values is None:
        return (
            f"({name(column)} IS NULL OR regexp_full_match(lower(trim({name(column)})), {literal(_WORDS)}))"
        )
    listed = ", ".join([*map(literal, filter(None, values)), "NULL"])
    empty = f" OR {name(column)} IS NULL" if "" in values else ""
    return f"(coalesce({name(column)} IN ({listed}), false){empty})"


def _subsets(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(columns) + 1):
        yield from combinations(columns, size)


def _same(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name(c)} IS NOT DISTINCT FROM {right}.{name(c)}" for c in columns) or "true"


def _listed(columns: Sequence[str]) -> str:
    return "".join(f"{name(column)}, " for column in columns)


def _named(
    connection: duckdb.DuckDBPyConnection,
    shape: _Shape,
    chosen: tuple[str, ...],
    declared: Mapping[str, Sequence[str]],
    rules: dict[int, str],
    doubts: list[str],
) -> int:
    """Compare rows that are called totals over some columns with the sum of the rows that are called none."""
    rest = [column for column in (*shape.dims, *shape.fixed) if column not in chosen]
    inside = " AND ".join(
        f"{'' if column in chosen else 'NOT '}{name('like ' + column)}" for column in shape.dims
    )
    if not connection.execute(f"SELECT 1 FROM cells WHERE {inside} LIMIT 1").fetchall():
        return 0
    sums = ", ".join(
        f"sum({name(f)}) AS {name(f)}, bool_and({name(f)} IS NOT NULL) AS {name('all ' + f)}"
        for f in shape.figures
    )
    none = " AND ".join(f"NOT {name('like ' + column)}" for column in shape.dims)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {_listed(rest)}{sums} FROM cells WHERE {none}"
        " AND NOT is_double GROUP BY ALL"
    )
    equal = " AND ".join(
        f"coalesce(NOT parts.{name('all ' + f)} OR {_CLOSE.format(one='wholes.' + name(f), other='parts.' + name(f))}, true)"
        for f in shape.figures
    )
    first = shape.figures[0]
    found = connection.execute(
        f"SELECT {_listed(chosen)}count(*) AS compared, count(*) FILTER ({equal}) AS met,"
        f" sum(log2(1 + coalesce(wholes.{name(first)}, 0))) AS bits FROM"
        f" (SELECT {_listed(chosen)}{_listed(rest)}{sums} FROM cells WHERE {inside} AND NOT is_double GROUP BY ALL)"
        f" AS wholes JOIN parts ON {_same('wholes', 'parts', rest)}"
        f" WHERE wholes.{name(shape.at)} NOT IN (FROM lost) GROUP BY {', '.join(map(name, chosen))} ORDER BY ALL"
    ).fetchall()
    confirmed = 0
    for *values, compared, met, bits in found:
        told = any(declared.get(column) is not None for column in chosen)
        least = _ENOUGH_EMPTY if None in values and chosen != ("unit_id",) else 0
        if not told and not (met == compared and bits > least):
            continue
        confirmed += met
        if met < compared:
            doubts.append(
                f"{_words(chosen, values)} is declared a total, but equals the sum of its parts in {met} of {compared} cells only"
            )
        _leave_out(
            connection,
            chosen,
            values,
            rest,
            inside,
            f"total of other rows, left out: {_words(chosen, values)}",
            rules,
        )
    if confirmed:
        _leave_out_below(connection, chosen, inside, rules)
    return confirmed


def _words(columns: Sequence[str], values: Sequence[str | None]) -> str:
    pairs = zip(columns, values, strict=True)
    return ", ".join(
        f"{c.removeprefix(OVER).removeprefix(KEY)} {'empty' if v is None else repr(v)}" for c, v in pairs
    )


def _leave_out(
    connection: duckdb.DuckDBPyConnection,
    chosen: Sequence[str],
    values: Sequence[str | None],
    rest: Sequence[str],
    inside: str,
    rule: str,
    rules: dict[int, str],
) -> None:
    """Take the rows of one total, as far as its parts are there, out of ``cells``."""
    mine = " AND ".join(
        f"cells.{name(column)} IS NOT DISTINCT FROM {'NULL' if value is None else literal(value)}"
        for column, value in zip(chosen, values, strict=True)
    )
    found = connection.execute(
        f"DELETE FROM cells WHERE {mine} AND {inside} AND EXISTS (SELECT 1 FROM parts WHERE {_same('cells', 'parts', rest)})"
        " RETURNING place"
    ).fetchall()
    rules.update(dict.fromkeys((place for (place,) in found), rule))


def _leave_out_below(
    connection: duckdb.DuckDBPyConnection,
    chosen: Sequence[str],
    inside: str,
    rules: dict[int, str],
) -> None:
    """Where a total is the sum without rows that are called sub-totals, these are no part of it."""
    below = " AND ".join(
        f"regexp_matches(lower({name(column)}), '小计|小計|sub-?\\s?total')" for column in chosen
    )
    found = connection.execute(f"DELETE FROM cells WHERE {inside} AND {below} RETURNING place").fetchall()
    rules.update(
        dict.fromkeys(
            (place for (place,) in found), "sub-total of other rows, left out: no part of their total"
        )
    )


def _largest(connection: duckdb.DuckDBPyConnection, shape: _Shape, column: str, rules: dict[int, str]) -> int:
    """Test whether one of the largest values of a column is, wherever it stands, the sum of all others."""
    rest = [other for other in (*shape.dims, *shape.fixed) if other != column]
    first = name(shape.figures[0])
    largest = connection.execute(
        f"SELECT {name(column)}, any_value({name('like ' + column)}) FROM cells WHERE NOT is_double AND {name(column)} IS NOT NULL"
        f" GROUP BY ALL ORDER BY sum({first}) DESC NULLS LAST, 1 LIMIT {_LARGEST}"
    ).fetchall()
    if len(largest) < _LARGEST:  # itself and two parts
        return 0
    for value, is_named in largest:
        mine = f"{name(column)} = {literal(value)}"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {_listed(rest)}"
            + ", ".join(
                f"sum({name(f)}) FILTER (NOT {mine}) AS {name(f)}, sum({name(f)}) FILTER ({mine}) AS {name('whole ' + f)}"
                for f in shape.figures
            )
            + f", count(*) FILTER (NOT {mine} AND {first} > 0) AS parts, bool_or({first} IS NULL) AS unknown"
            f" FROM cells WHERE NOT is_double AND {name(shape.at)} NOT IN (FROM lost) GROUP BY ALL HAVING bool_or({mine})"
        )
        equal = " AND ".join(
            f"coalesce({_CLOSE.format(one=name('whole ' + f), other=name(f))}, {name(f)} IS NULL AND coalesce({name('whole ' + f)}, 0) = 0)"
            for f in shape.figures
        )
        met, compared, bits, many = connection.execute(
            f"SELECT count(*) FILTER ({equal}), count(*), coalesce(sum(log2(1 + {name('whole ' + shape.figures[0])}))"
            f" FILTER (parts > 1), 0), count(*) FILTER (parts > 1) FROM parts WHERE NOT unknown"
        ).fetchall()[0]
        if met == compared and bits > (0 if is_named else _ENOUGH) and (is_named or many > 1):
            _leave_out(
                connection,
                [column],
                [value],
                rest,
                "true",
                f"total of other rows, left out: {_words([column], [value])}",
                rules,
            )
            return int(met)
    return 0


def _left(
    connection: duckdb.DuckDBPyConnection, shape: _Shape, declared: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Name the rows that are called totals and were kept."""
    alike = "".join(
        f" AND others.{name(one)} IS NOT DISTINCT FROM cells.{name(one)}"
        for one in shape.fixed
        if one != shape.at
    )
    for column in shape.dims:
        if declared.get(column) is not None:
            continue
        found = connection.execute(
            f"SELECT {name(column)}, count(*) FROM cells WHERE {name('like ' + column)} AND NOT is_double"
            f" AND EXISTS (SELECT 1 FROM cells AS others WHERE NOT others.{name('like ' + column)}{alike})"
            f" GROUP BY ALL ORDER BY 1 LIMIT {_SHOWN}"
        ).fetchall()
        for value, rows in found:
            what = _words([column], [value])
            if value is None and column != "unit_id":
                continue
            yield (
                f"{what} ({rows} rows) may be a total by its name, but is not the sum of the others in every period: it is"
                f" kept and added to them. If it is one, say so: totals: {{{column.removeprefix(OVER)}: [{value or ''!r}]}}; if not:"
                f" totals: {{{column.removeprefix(OVER)}: []}}"
            )
