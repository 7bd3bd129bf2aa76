"""SQL that reads figures and moments as they are written: separators, signs, time zones."""

from riskmodels.sources.column_maps import ColumnMap
from riskmodels.tables.sql import literal

_ZONE = r":\d{2}(\.\d+)?\s*(Z|[+-]\d{2}(:?\d{2})?)$"  # at the end of a time
_SHORTEST_ZONED = 17  # characters: 2026-11-01T10:00Z

SUPPRESSED = (  # what stands where a sender hides a small count
    r"(?i)\s*(\*+|(<|≤|＜|under|fewer than|less than|少于|不足)\s?=?\s?\d+|\.{2,}|…|\[[a-z]\]"
    r"|n\.?\s?/?\s?[ad]\.?|suppressed|withheld|confidential|不公布|保密)\s*"
)


def local_time(text: str, timezone: str | None) -> str:
    """SQL for a text as a time on the bank's clock; one with a zone is unknown where that clock is."""
    value = f"TRY_CAST({text} AS TIMESTAMP)"
    zoned = f"(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE {literal(timezone)})" if timezone else "NULL"
    return f"CASE WHEN {has_zone(text)} THEN {zoned} ELSE {value} END"


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
