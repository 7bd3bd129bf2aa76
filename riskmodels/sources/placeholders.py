"""Days that a program writes where nobody gave one: 1900-01-01, 1970-01-01, 9999-12-31 and their like."""

import re
from collections import Counter
from datetime import date

_DAYS = (  # year, month, day, in patterns; a century too far, or where a database or a spreadsheet begins
    *(("9999", "12", "31"), ("2999", "12", "31"), ("0{3}1", "0?1", "0?1"), ("0{4}", "00", "00")),
    *(("1900", "0?1", "0?1"), ("1970", "0?1", "0?1"), ("1899", "12", "3[01]"), ("1753", "0?1", "0?1")),
)
_MARK = r"[-/.\s]"
_WRITTEN = "|".join(
    pattern
    for year, month, day in _DAYS
    for pattern in (
        rf"{year}{_MARK}?{month}{_MARK}?{day}",
        rf"{year}年{month}月{day}日",
        rf"{day}{_MARK}{month}{_MARK}{year}",
        rf"{month}{_MARK}{day}{_MARK}{year}",
    )
)
_PLACEHOLDER = re.compile(rf"(?:{_WRITTEN})(?:[T ].*)?")
_LAST_EPOCH = 1971  # real days begin later than a year after 1970-01-01


def placeholder_days(kinds: Counter[str]) -> Counter[str]:
    """Return the values that may be such days -> how often they are there; none where all values are.

    >>> placeholder_days(Counter({"31/12/9999": 3, "01/01/1900": 1, "05/02/2024": 7}))
    Counter({'31/12/9999': 3, '01/01/1900': 1})
    """
    found = Counter({value: many for value, many in kinds.items() if _PLACEHOLDER.fullmatch(value)})
    return found if len(found) < len(kinds) else Counter()


def are_lone(first: date) -> bool:
    """Tell whether no real day is near 1900 and 1970, by the first one of the others."""
    return first.year > _LAST_EPOCH
