"""SQL that reads months, quarters, half-years and years as tables write them."""

import re

from riskmodels.tables.sql import literal

LENGTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}  # months
FORMATS = ("quarter", "half-year", "year", "period")
_YEAR_FROM = re.compile(r"year from (0[1-9]|1[0-2])")

_YEAR = r"(?:^|\D)((?:19|20)\d{2})(?:\D|$)"
_QUARTER = r"(?i)(?:\bQ|\bT|第|\d{4}\s*-?[QT])\s*([1-4一二三四])(?:\D|$)|(?:^|\D)([1-4一二三四])\s*(?:[QT](?:\W|\d|$)|季|º|ª|°|st\b|nd\b|rd\b|th\b)"
_HALF = r"(?i)(?:\b[HS]|\d{4}\s*-?[HS])\s*([12])(?:\D|$)|(?:^|\D)([12])\s*[HS](?:\W|\d|$)|([上下])半年"
_MONTH = r"^\s*(?:19|20)\d{2}\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?\s*$"
_CALENDAR_YEAR = r"^\D*(?:19|20)\d{2}\D*$"
_YEAR_ACROSS = r"^\D*(?:19|20)\d{2}(?:\s*[-/–]\s*(?:\d{2}|\d{4}))?\D*$"  # 2022-23


def year_from(form: str) -> int | None:
    """Return the month in which a year of the format ``year from 04`` begins; None for other formats."""
    found = _YEAR_FROM.fullmatch(form)
    return int(found.group(1)) if found else None


def is_period(form: str) -> bool:
    """Tell whether a format is one of periods."""
    return form in FORMATS or year_from(form) is not None


def period_start(text: str, form: str) -> str:
    """Return SQL for the first day of a period, such as 2021 1º, Q1 2025, 2024 H2, 2025年上半年 or (from a month) 2022-23.

    Parameters
    ----------
    text : str
        SQL of the text.
    form : str
        ``quarter``, ``half-year``, ``year``, ``year from 04`` (a year that begins in April), or ``period``: any
        of quarters, half-years, months and calendar years, whichever a text says.
    """
    text = f"({text})::VARCHAR"
    year = f"regexp_extract({text}, {literal(_YEAR)}, 1)::BIGINT"
    first = year_from(form)
    starts = {
        "half-year": (_HALF, f"6 * ({_digit(text, _HALF, 3)}) - 5"),
        "quarter": (_QUARTER, f"3 * ({_digit(text, _QUARTER, 2)}) - 2"),
        "month": (_MONTH, f"regexp_extract({text}, {literal(_MONTH)}, 1)::BIGINT"),
        "year": (_YEAR_ACROSS if first else _CALENDAR_YEAR, str(first or 1)),
    }
    wanted = starts if form == "period" else {"year" if first else form: starts["year" if first else form]}
    cases = " ".join(
        f"WHEN regexp_matches({text}, {literal(pattern)}) THEN make_date({year}, {month}, 1)"
        for pattern, month in wanted.values()
    )
    return f"CASE WHEN NOT regexp_matches({text}, {literal(_YEAR)}) THEN NULL {cases} END"


def period_length(text: str) -> str:
    """Return SQL for what a period covers: half_year, quarter, month or year; NULL where that is not told."""
    patterns = {"half_year": _HALF, "quarter": _QUARTER, "month": _MONTH, "year": _CALENDAR_YEAR}
    cases = " ".join(
        f"WHEN regexp_matches(({text})::VARCHAR, {literal(pattern)}) THEN {literal(length)}"
        for length, pattern in patterns.items()
    )
    return f"CASE {cases} END"


def _digit(text: str, pattern: str, groups: int) -> str:
    found = " || ".join(f"regexp_extract({text}, {literal(pattern)}, {group + 1})" for group in range(groups))
    return f"translate({found}, '一二三四上下', '123412')::BIGINT"
