"""Rows of counts that are totals of other rows: they must not be added to their parts."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from riskmodels.labels import counted
from riskmodels.sources.conversion import KEY, OVER
from riskmodels.sources.duplicates import know_spellings, spelt_alike
from riskmodels.sources.names import count_in, joined
from riskmodels.sources.signs import folded
from riskmodels.tables import Contract
from riskmodels.tables.sql import literal, name

_MARKS = " \t*:：()（）[]<>=_.-–—"  # around a word for a total
_WORDS = (
    r"(grand |sub-?\s?|over)?total(s|\b.*)?|.* (sub-?\s?)?totals?|all(\b.*)?|overall|sum"
    r"|whole bank|bank[- ]wide|aggregate"
    r"|.*([合总總小共]\s*[计計]|总\s?数|汇\s?总)|全部.*|全行|全体|所有.*"
    r"|gesamt|summe|insgesamt|totale|ensemble|todos|todas|totais|itogo|итого|всего"
)
_BELOW = r"小\s*[计計]|sub-?\s?total"
_ENOUGH = 20  # bits: how unlikely it is that a row whose name does not say so is the sum by chance
_ENOUGH_EMPTY = 6  # bits, where it is empty: that says "all" only of a unit, of others as well "not known"
_LARGEST = 3  # a total is the largest row, or nearly
_SHOWN = 3  # kept totals per column, in doubts
_CLOSE = "abs({one} - {other}) <= 1e-9 * greatest(abs({one}), abs({other}))"


def is_called_total(value: str) -> bool:
    """Tell whether a value is a word for a total.

    >>> is_called_total("Grand total:"), is_called_total("合 计"), is_called_total("TotalEnergies")
    (True, True, False)
    """
    return re.fullmatch(_WORDS, value.strip(_MARKS).lower()) is not None


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
class _Search:
    """Where totals are looked for: ``cells`` in a database, from which those that are found are deleted.

    ``dims`` are the columns over which rows may be added up, ``fixed`` the others of the key.
    """

    connection: duckdb.DuckDBPyConnection
    dims: list[str]
    fixed: list[str]
    figures: list[str]
    at: str
    declared: Mapping[str, Sequence[str]]

    def others(self, chosen: Sequence[str]) -> list[str]:
        """Return the key's columns that are not chosen."""
        return [column for column in (*self.dims, *self.fixed) if column not in chosen]

    def is_open(self, column: str) -> bool:
        """Tell whether the source file leaves it open which values of a column are totals."""
        return self.declared.get(column) is None


def find_totals(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    *,
    skip: Sequence[int],
    lost: Sequence[str],
    declared: Mapping[str, Sequence[str]],
    exact: Collection[str],
) -> Totals:
    """Find the rows of a table of counts that are totals of others.

    Parameters
    ----------
    connection, path, contract
        As ``repeated_rows`` takes them; a table of single cases has no totals.
    skip : sequence of int
        Places of rows that are doubles.
    lost : sequence of str
        Days (ISO) of the periods in which a row was rejected: parts lack there, so nothing is compared.
    declared : mapping of str to sequence of str
        Column -> values whose rows are totals (empty text: those without a value); of a column with no
        values listed none is.
    exact : collection of str
        Columns whose spellings are different values; of others a name is one name however it is spelt.

    Returns
    -------
    Totals
        A row is a total where the source file says so, or where it equals the sum of its parts in every
        period. One that only bears the name is kept.
    """
    dims = _dimensions(path, contract)
    if not dims:
        return Totals(rules={}, met=0, doubts=())
    with connection.cursor() as cursor:
        names = count_in(cursor, path, {column: name(column) for column in dims})
        meant = _meant(declared, names, exact)
        search = _Search(
            connection=cursor,
            dims=dims,
            fixed=[key for key in contract.distinguishing if key not in dims],
            figures=list(contract.figures),
            at=contract.at,
            declared=meant,
        )
        spellings = {column: joined(names[column]) for column in dims if column not in exact}
        know_spellings(cursor, spellings)
        _load(search, spelt_alike(path, filter(spellings.get, spellings)), skip, lost)
        found = [_named(search, chosen) for chosen in _subsets(dims)]
        found += [_largest(search, column) for column in dims if search.is_open(column)]
        kept = (*_unmet(declared, meant), *_kept(search))
    return Totals(
        rules={place: rule for part in found for place, rule in part.rules.items()},
        met=sum(part.met for part in found),
        doubts=(*chain.from_iterable(part.doubts for part in found), *kept),
    )


def _dimensions(path: Path, contract: Contract) -> list[str]:
    """Name the columns of a table of counts over which rows may be added up."""
    if not contract.cell:
        return []
    over = (column for column in pq.read_schema(path).names if column.startswith(OVER))
    return [*contract.summed, *over]


def _meant(
    declared: Mapping[str, Sequence[str]], names: Mapping[str, Mapping[str, int]], exact: Collection[str]
) -> dict[str, list[str]]:
    """Return the values declared totals as rows have them, in every spelling; the empty one as it is."""
    found = {}
    for column, values in declared.items():
        alike = set(values) if column in exact else set(map(folded, filter(None, values)))
        found[column] = [
            *([""] if "" in values else []),
            *(one for one in names[column] if (one if column in exact else folded(one)) in alike),
        ]
    return found


def _unmet(declared: Mapping[str, Sequence[str]], meant: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Name the values declared totals that no row has."""
    for column, values in declared.items():
        met = set(map(folded, meant[column]))
        for value in values:
            if value and folded(value) not in met:
                yield f"totals: no row has {_words([column], [value])}, which is declared a total"


def _load(search: _Search, scan: str, skip: Sequence[int], lost: Sequence[str]) -> None:
    """Create ``cells``: place, columns, figures, and for each dimension whether a row may be a total over it.

    Beside it ``lost``, the days of the periods in which rows lack. ``scan`` is SQL for the rows.
    """
    columns = ", ".join(map(name, [*search.dims, *search.fixed]))
    figures = ", ".join(f"{name(figure)}::DOUBLE AS {name(figure)}" for figure in search.figures)
    likes = ", ".join(f"{_like(search, column)} AS {_likes(column)}" for column in search.dims)
    search.connection.execute(
        "CREATE TEMP TABLE doubles AS SELECT unnest($places::BIGINT[]) AS place", {"places": list(skip)}
    )
    search.connection.execute(
        f"CREATE TEMP TABLE cells AS SELECT *, {likes} FROM"
        f" (SELECT file_row_number AS place, {columns}, {figures},"
        " file_row_number IN (FROM doubles) AS is_double"
        f" FROM {scan})"
    )
    for column in search.dims:  # one that is always empty is no dimension
        if search.connection.execute(f"SELECT count({name(column)}) FROM cells").fetchall()[0][0] == 0:
            search.connection.execute(f"UPDATE cells SET {_likes(column)} = false")
    days = ", ".join(f"{literal(day)}::DATE" for day in sorted(set(lost)))
    search.connection.execute(f"CREATE TEMP TABLE lost AS SELECT unnest([{days}]::DATE[]) AS day")


def _like(search: _Search, column: str) -> str:
    """SQL for whether a row may be a total over a column: its value is declared, a word for it, or empty."""
    if search.is_open(column):
        called = f"regexp_full_match(lower(trim({name(column)}, {literal(_MARKS)})), {literal(_WORDS)})"
        return f"({name(column)} IS NULL OR {called})"
    values = search.declared[column]
    listed = ", ".join([*map(literal, filter(None, values)), "NULL"])
    empty = f" OR {name(column)} IS NULL" if "" in values else ""
    return f"(coalesce({name(column)} IN ({listed}), false){empty})"


def _likes(column: str) -> str:
    """Name the column of ``cells`` that says whether a row may be a total over a column."""
    return name(f"like {column}")


def _subsets(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(columns) + 1):
        yield from combinations(columns, size)


def _same(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name(c)} IS NOT DISTINCT FROM {right}.{name(c)}" for c in columns) or "true"


def _listed(columns: Sequence[str]) -> str:
    return "".join(f"{name(column)}, " for column in columns)


def _named(search: _Search, chosen: tuple[str, ...]) -> Totals:
    """Compare rows that are called totals over some columns with the sum of the rows that are called none."""
    inside = " AND ".join(f"{'' if column in chosen else 'NOT '}{_likes(column)}" for column in search.dims)
    rules: dict[int, str] = {}
    doubts, confirmed = [], 0
    for values, compared, met, bits in _compared_by_name(search, chosen, inside):
        is_declared = not all(map(search.is_open, chosen))
        least = _ENOUGH_EMPTY if None in values and chosen != ("unit_id",) else 0
        if not is_declared and not (met == compared and bits > least):
            continue
        confirmed += met
        if met < compared:
            doubts.append(
                f"{_words(chosen, values)} is declared a total, but equals the sum of its parts in"
                f" {met} of {compared} cells only"
            )
        rules |= _taken_out(search, chosen, values, inside)
    if confirmed:
        rules |= _taken_out_below(search, chosen, inside)
    return Totals(rules=rules, met=confirmed, doubts=tuple(doubts))


def _compared_by_name(
    search: _Search, chosen: tuple[str, ...], inside: str
) -> list[tuple[list[str | None], int, int, float]]:
    """Create ``parts``; return of totals by name values, cells compared, cells met, bits of evidence."""
    if not search.connection.execute(f"SELECT 1 FROM cells WHERE {inside} LIMIT 1").fetchall():
        return []
    rest = search.others(chosen)
    sums = ", ".join(
        f"sum({name(f)}) AS {name(f)}, bool_and({name(f)} IS NOT NULL) AS {name('all ' + f)}"
        for f in search.figures
    )
    none = " AND ".join(f"NOT {_likes(column)}" for column in search.dims)
    search.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {_listed(rest)}{sums} FROM cells WHERE {none}"
        " AND NOT is_double GROUP BY ALL"
    )
    equal = " AND ".join(
        f"coalesce(NOT parts.{name('all ' + f)}"
        f" OR {_CLOSE.format(one='wholes.' + name(f), other='parts.' + name(f))}, true)"
        for f in search.figures
    )
    found = search.connection.execute(
        f"SELECT {_listed(chosen)}count(*) AS compared, count(*) FILTER ({equal}) AS met,"
        f" sum(log2(1 + coalesce(wholes.{name(search.figures[0])}, 0))) AS bits FROM"
        f" (SELECT {_listed(chosen)}{_listed(rest)}{sums} FROM cells WHERE {inside} AND NOT is_double"
        f" GROUP BY ALL) AS wholes JOIN parts ON {_same('wholes', 'parts', rest)}"
        f" WHERE wholes.{name(search.at)} NOT IN (FROM lost)"
        f" GROUP BY {', '.join(map(name, chosen))} ORDER BY ALL"
    ).fetchall()
    return [(values, compared, met, bits) for *values, compared, met, bits in found]


def _words(columns: Sequence[str], values: Sequence[str | None]) -> str:
    pairs = zip(columns, values, strict=True)
    return ", ".join(
        f"{c.removeprefix(OVER).removeprefix(KEY)} {'empty' if v is None else repr(v)}" for c, v in pairs
    )


def _taken_out(
    search: _Search, chosen: Sequence[str], values: Sequence[str | None], inside: str = "true"
) -> dict[int, str]:
    """Take the rows of one total, as far as its parts are there, out of ``cells``; return rules by place."""
    mine = " AND ".join(
        f"cells.{name(column)} IS NOT DISTINCT FROM {'NULL' if value is None else literal(value)}"
        for column, value in zip(chosen, values, strict=True)
    )
    parts = f"SELECT 1 FROM parts WHERE {_same('cells', 'parts', search.others(chosen))}"
    rule = f"total of other rows, left out: {_words(chosen, values)}"
    return _deleted(search, f"{mine} AND {inside} AND EXISTS ({parts})", rule)


def _taken_out_below(search: _Search, chosen: Sequence[str], inside: str) -> dict[int, str]:
    """Where a total is the sum without rows that are called sub-totals, these are no part of it."""
    below = " AND ".join(f"regexp_matches(lower({name(column)}), {literal(_BELOW)})" for column in chosen)
    rule = "sub-total of other rows, left out: no part of their total"
    return _deleted(search, f"{inside} AND {below}", rule)


def _deleted(search: _Search, condition: str, rule: str) -> dict[int, str]:
    found = search.connection.execute(f"DELETE FROM cells WHERE {condition} RETURNING place").fetchall()
    return dict.fromkeys((place for (place,) in found), rule)


def _largest(search: _Search, column: str) -> Totals:
    """Test whether one of the largest values of a column is, wherever it stands, the sum of all others."""
    largest = search.connection.execute(
        f"SELECT {name(column)}, any_value({_likes(column)}) FROM cells WHERE NOT is_double"
        f" AND {name(column)} IS NOT NULL GROUP BY ALL"
        f" ORDER BY sum({name(search.figures[0])}) DESC NULLS LAST, 1 LIMIT {_LARGEST}"
    ).fetchall()
    if len(largest) == _LARGEST:  # itself and two parts
        for value, is_named in largest:
            met, compared, bits, many = _compared_by_figures(search, column, value)
            if met == compared and bits > (0 if is_named else _ENOUGH) and (is_named or many > 1):
                return Totals(rules=_taken_out(search, [column], [value]), met=met, doubts=())
    return Totals(rules={}, met=0, doubts=())


def _compared_by_figures(search: _Search, column: str, value: str) -> tuple[int, int, float, int]:
    """Create ``parts``; return cells met, cells compared, bits of evidence, cells with more than one part."""
    first, mine = name(search.figures[0]), f"{name(column)} = {literal(value)}"
    sums = ", ".join(
        f"sum({name(f)}) FILTER (NOT {mine}) AS {name(f)},"
        f" sum({name(f)}) FILTER ({mine}) AS {name('whole ' + f)}"
        for f in search.figures
    )
    search.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parts AS SELECT {_listed(search.others([column]))}{sums},"
        f" count(*) FILTER (NOT {mine} AND {first} > 0) AS parts, bool_or({first} IS NULL) AS unknown"
        f" FROM cells WHERE NOT is_double AND {name(search.at)} NOT IN (FROM lost)"
        f" GROUP BY ALL HAVING bool_or({mine})"
    )
    equal = " AND ".join(
        f"coalesce({_CLOSE.format(one=name('whole ' + f), other=name(f))},"
        f" {name(f)} IS NULL AND coalesce({name('whole ' + f)}, 0) = 0)"
        for f in search.figures
    )
    whole = name(f"whole {search.figures[0]}")
    met, compared, bits, many = search.connection.execute(
        f"SELECT count(*) FILTER ({equal}), count(*), coalesce(sum(log2(1 + {whole})) FILTER (parts > 1), 0),"
        " count(*) FILTER (parts > 1) FROM parts WHERE NOT unknown"
    ).fetchall()[0]
    return int(met), int(compared), float(bits), int(many)


def _kept(search: _Search) -> Iterator[str]:
    """Name the rows that are called totals and were kept."""
    alike = [column for column in search.fixed if column != search.at]
    for column in filter(search.is_open, search.dims):
        found = search.connection.execute(
            f"SELECT {name(column)}, count(*) FROM cells WHERE {_likes(column)} AND NOT is_double"
            f" AND EXISTS (SELECT 1 FROM cells AS others WHERE NOT others.{_likes(column)}"
            f" AND {_same('others', 'cells', alike)}) GROUP BY ALL ORDER BY 1 LIMIT {_SHOWN}"
        ).fetchall()
        for value, rows in found:
            if value is not None or column == "unit_id":
                key = column.removeprefix(OVER)
                yield (
                    f"{_words([column], [value])} ({counted(rows, 'row', 'rows')}) may be a total by its"
                    " name, but is not the sum of the others in every period: it is kept and added to them."
                    f" If it is one, say so: totals: {{{key}: [{value or ''!r}]}};"
                    f" if not: totals: {{{key}: []}}"
                )
