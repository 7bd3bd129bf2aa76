"""SQL that reads figures and moments as they are written: separators, signs, time zones."""

from riskmodels.sources.column_maps import ColumnMap
from riskmodels.tables.sql import literal

_OFFSET = r"[+-]\d{2}(:?\d{2})?"
_ZONE = rf"(?i):\d{{2}}(\.\d+)?\s*(Z|UTC|GMT|[a-z]+/[a-z_]+|{_OFFSET})$"  # at the end of a time
_APART, _JOINED = rf"\s+({_OFFSET})$", r"\1"  # a blank before the offset
_SHORTEST_ZONED = 17  # characters: 2026-11-01T10:00Z

SUPPRESSED = (  # what stands where a sender hides a small count
    r"(?i)\s*(\*+|(<|≤|＜|under|fewer than|less than|少于|不足)\s?=?\s?\d+|\.{2,}|…|\[[a-z]\]"
    r"|n\.?\s?/?\s?[adp]\.?|not published|suppressed|withheld|confidential|不公布|保密)\s*"
)


def local_time(text: str, timezone: str | None) -> str:
    """SQL for a text as a time on the bank's clock; one with a zone is unknown where that clock is.

    So is one with a short name such as CST, which is a zone in China and another one in America.
    """
    zoned = f"({zoned_time(text)} AT TIME ZONE {literal(timezone)})" if timezone else "NULL"
    return f"CASE WHEN {has_zone(text)} THEN {zoned} ELSE {plain_time(text)} END"


def plain_time(text: str) -> str:
    """SQL for a text without a time zone as a time; DuckDB would drop the name of a zone."""
    is_named = f"strlen({text}) >= {_SHORTEST_ZONED} AND {text}[-1:] > '9'"
    return f"CASE WHEN NOT ({is_named}) THEN TRY_CAST({text} AS TIMESTAMP) END"


def zoned_time(text: str) -> str:
    """SQL for a text with a time zone as a moment; a blank may stand before the offset."""
    joined = f"regexp_replace({text}, {literal(_APART)}, {literal(_JOINED)})"
    return f"TRY_CAST({joined} AS TIMESTAMPTZ)"


def has_zone(text: str) -> str:
    """Return SQL for whether a text ends as a time with a time zone does."""
    return f"(strlen({text}) >= {_SHORTEST_ZONED} AND regexp_matches({text}, {literal(_ZONE)}))"


def signed_number(text: str, column: ColumnMap) -> str:
    """SQL for a number with its sign in front."""
    if column.negative == "sign":
        return text
    if column.negative == "trailing":
        return f"CASE WHEN ends_with({text}, '-') THEN '-' || trim({text}[:-2]) ELSE {text} END"
    inside = f"starts_with({text}, '(') AND ends_with({text}, ')')"
    return f"CASE WHEN {inside} THEN '-' || trim({text}[2:-2]) ELSE {text} END"


def plain_number(text: str, column: ColumnMap) -> str:
    """SQL for a number without separators and with a point; NULL where these are not where they belong."""
    if not column.thousands and column.decimal == ".":
        return text
    mark, separator = _escaped(column.decimal), _escaped(column.thousands) if column.thousands else ""
    groups = (
        rf"\d{{1,2}}({separator}\d{{2}})*{separator}\d{{3}}"
        if column.grouping == "indian"
        else rf"\d{{1,3}}({separator}\d{{3}})+"
    )
    fits = literal(rf"[+-]?(\d+{f'|{groups}' if separator else ''})({mark}\d*)?")
    bare = f"replace({text}, {literal(column.thousands)}, '')" if column.thousands else text
    point = f"replace({bare}, {literal(column.decimal)}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {fits}) THEN {point} END"


def _escaped(sign: str) -> str:
    return f"[{sign}]" if sign not in ("^", "\\", "]") else f"\\{sign}"
