"""Names that one table has and another has not, or hardly ever: they may be one thing under two names."""

import difflib
import re
from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from riskmodels.catalogue.entry import COUNTS
from riskmodels.labels import counted
from riskmodels.tables import CONTRACTS, Table, Tables
from riskmodels.tables.sql import name

_SHOWN = 6  # names told; a choice: who recodes six has seen what is wrong
_LIKE = 0.6  # ratio of difflib from which on two names are alike
_EXPECTED = 5  # rows that a name must be expected to have before it is rare
_RARE = 0.05  # of the rows expected
_COLUMNS = ("unit_id", "product", "channel", "customer_group")
_NOT_COMPARED = ("units", "actions")  # these list what there is, or what is to be done
_RATED = ({"complaints", "exposure"}, {COUNTS, "exposure"})  # of these each name is looked for

Counts = dict[str, int]  # name -> rows, the most frequent first


def strange_names(tables: Tables) -> pd.DataFrame:
    """Name units, products, channels and customer groups that tables do not share, with the likely match.

    Returns
    -------
    DataFrame
        table, doubt: names that have complaints and no accounts; names that one table has and another lacks
        or hardly has, where it has a name like them instead; tables that have not one name in common.
    """
    rows = [row for column in _COLUMNS for row in _of_column(tables, column)]
    return pd.DataFrame(rows, columns=["table", "doubt"], dtype="str")


def _of_column(tables: Tables, column: str) -> Iterator[tuple[str, str]]:
    found = {
        table.name: _names(table, column)
        for table in tables.present
        if column in CONTRACTS[table.name].names and table.name not in _NOT_COMPARED
    }
    found = {table: counts for table, counts in found.items() if counts}
    given = tables.complaints or tables.complaint_counts
    if given is not None and {given.name, "exposure"} <= set(found):
        yield from _without_exposure(given, column, found["exposure"])
    for one, other in combinations(found, 2):
        yield from _swapped(column, (one, found[one]), (other, found[other]))


def _without_exposure(table: Table, column: str, known: Counts) -> Iterator[tuple[str, str]]:
    found = _names(table, column, number="sum(complaints)" if table.name == COUNTS else "count(*)")
    strange = [one for one in found if one not in known]
    free = [one for one in known if found.get(one, 0) <= _RARE * _expected(one, known, found)]
    for one in strange[:_SHOWN]:
        near = likely_match(one, free)
        match = f" (is it {near!r}?)" if near else ""
        many = counted(found[one], "complaint", "complaints")
        words = f"{column} {one!r}{match} has {many} and no row in exposure"
        yield table.name, f"{words}: they are in no complaint rate; recode: gives both one name"
    if len(strange) > _SHOWN:
        more = counted(len(strange) - _SHOWN, f"more value of {column} is", f"more values of {column} are")
        yield table.name, f"{more} in no row of exposure"
    for one in free[:_SHOWN] if strange else []:
        if one not in found:
            yield (
                "exposure",
                f"{column} {one!r} has accounts and not one complaint: is it named otherwise there?",
            )


def _swapped(column: str, one: tuple[str, Counts], other: tuple[str, Counts]) -> Iterator[tuple[str, str]]:
    """List names that are rare in another table, which has a name like them that is rare here."""
    (table, here), (elsewhere, there) = one, other
    lacking, instead = _rare(here, there), _rare(there, here)
    matches = {odd: near for odd in lacking if (near := likely_match(odd, instead))}
    if not matches and lacking and instead and not set(here) & set(there):
        words = (
            f"no {column} is both in {table} (such as {lacking[0]!r}) and in {elsewhere}"
            f" (such as {instead[0]!r})"
        )
        yield table, f"{words}: is one thing named in two ways? recode: gives both one name"
    for odd, near in list(matches.items())[:_SHOWN]:
        if {table, elsewhere} in _RATED and odd not in there:
            continue  # said already
        words = f"{column} {odd!r} has {here[odd]:,} rows in {table} and {there.get(odd, 0):,} in {elsewhere}"
        yield (
            table,
            f"{words}, which has {near!r} in {there[near]:,}: are they one? recode: gives both one name",
        )


def _rare(here: Counts, there: Counts) -> list[str]:
    """List the names of one table that another hardly has, though it would by their share of rows."""
    expected = {one: _expected(one, here, there) for one in here}
    return [
        one
        for one, rows in expected.items()
        if rows >= _EXPECTED and there.get(one, 0) <= _RARE * rows and here[one] >= _EXPECTED
    ]


def _expected(one: str, here: Counts, there: Counts) -> float:
    return here[one] / sum(here.values()) * sum(there.values())


def likely_match(one: str, free: list[str]) -> str | None:
    """Return the name that is most like another; names whose numbers differ are never.

    >>> likely_match("Credit cards", ["Credit card account", "Loans"]), likely_match("B01", ["B02"])
    ('Credit card account', None)
    """
    able = {other.casefold(): other for other in free if _numbers(other) == _numbers(one)}
    near = difflib.get_close_matches(one.casefold(), able, n=1, cutoff=_LIKE)
    return able[near[0]] if near else None


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _names(table: Table, column: str, *, number: str = "count(*)") -> Counts:
    rows = table.relation.filter(f"{name(column)} IS NOT NULL").aggregate(
        f"{name(column)} AS name, round(coalesce({number}, 0))::BIGINT AS n"
    )
    return dict(rows.order("n DESC, name").fetchall())
