"""The columns of a header: those without a name of their own are distinguished by their place."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from riskmodels.errors import ContractError

_REMEMBERED = 1 << 12  # names
_LABEL = re.compile(r"#column \d+( (?P<name>.+))?", re.DOTALL)


def labelled(header: Sequence[str | None]) -> list[str]:
    """Return the names of columns, with its place for one without a name of its own.

    That is ``#column 4`` for one without, ``#column 4 Total`` where another is called so, too. Names in a
    database have no case: ``Total`` and ``TOTAL`` are one.

    >>> labelled(["", "Unit", "Total", "total"])
    ['#column 1', 'Unit', '#column 3 Total', '#column 4 total']
    """
    names = [column if column and column.strip() else "" for column in header]
    many = Counter(column.casefold() for column in names)
    return [
        column if column and many[column.casefold()] == 1 else f"#column {place} {column}".rstrip()
        for place, column in enumerate(names, 1)
    ]


def is_label(column: str) -> bool:
    """Tell whether a column has no name of its own."""
    return _LABEL.fullmatch(column) is not None


def refuse_doubled(where: object, wanted: Iterable[str], columns: Iterable[str]) -> None:
    """Raise ContractError where a column that is wanted by its name is one of several, and name ``where``."""
    doubled = names_in(columns)
    folded = {column.casefold() for column in wanted}
    if twice := [column for column in doubled if column.casefold() in folded]:
        raise ContractError(f"{where} names a column twice: {', '.join(dict.fromkeys(twice))}")


def names_in(columns: Iterable[str]) -> list[str]:
    """Return the names that several columns have, as they are written.

    >>> names_in(["#column 1", "Unit", "#column 3 Total", "#column 4 total"])
    ['Total', 'total']
    """
    return [found["name"] for column in columns if (found := _LABEL.fullmatch(column)) and found["name"]]


def words_for_labels(columns: Iterable[str]) -> list[str]:
    """Say in words which columns have no name of their own."""
    labels = [column for column in columns if is_label(column)]
    return [f"not used, for want of a name of their own: {', '.join(labels)}"] if labels else []


@lru_cache(maxsize=_REMEMBERED)
def plain(name: str) -> str:
    """Return a name in small letters, its words apart, without signs.

    >>> plain("ComplaintID"), plain("Timely response?"), plain("date_received")
    ('complaint id', 'timely response', 'date received')
    """
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
