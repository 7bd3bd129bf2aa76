"""SQL that reads months, quarters, half-years and years as tables write them."""

import re

from riskmodels.tables.sql import literal

LENGTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}  # months
FORMATS = ("quarter", "half-year", "year", "period")
_OF_YEAR = {"quarter": 3, "half-year": 6}  # months
_YEAR_FROM = re.compile(r"year from (0[1-9]|1[0-2])")

_YEAR = r"(?:^|\D)((?:19|20)\d{2})(?:\D|$)"
_QUARTER = (
    r"(?i)(?:\bQ|\bT|第|\d{4}\s*-?[QT])\s*([1-4一二三四])(?:\D|$)"
    r"|(?:^|\D)([1-4一二三四])\s*(?:[QT](?:\W|\d|$)|季|º|ª|°|st\b|nd\b|rd\b|th\b)"
)
_HALF = r"(?i)(?:\b[HS]|\d{4}\s*-?[HS])\s*([12])(?:\D|$)|(?:^|\D)([12])\s*[HS](?:\W|\d|$)|([上下])半年"
_MONTH = r"^\s*(?:19|20)\d{2}\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?\s*$"
_BARE = r"^\s*(?:19|20)\d{2}\s+([1-4])\s*$"  # a year and the number of its part, joined
_CALENDAR_YEAR = r"^\D*(?:19|20)\d{2}\D*$"
_YEAR_ACROSS = r"^\D*(?:19|20)\d{2}(?:\s*[-/–]\s*(?:\d{2}|\d{4}))?\D*$"  # 2022-23

_MONTH_NAME = re.compile(r"(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")  # Jan 1st is no quarter


def year_from(form: str) -> int | None:
    """Return the month in which a year of the format ``year from 04`` begins; None for other formats."""
    found = _YEAR_FROM.fullmatch(form)
    return int(found.group(1)) if found else None


def is_period(form: str) -> bool:
    """Tell whether a format is one of periods."""
    return form in FORMATS or year_from(form) is not None


def period_start(text: str, form: str) -> str:
    """Return SQL for the first day of a period: 2021 1º, Q1 2025, 2024 H2, 2025年上半年, (from a month) 2022-23.

    Parameters
    ----------
    text : str
        SQL of the text.
    form : str
        ``quarter``, ``half-year``, ``year``, ``year from 04`` (a year that begins in April), or ``period``:
        any of quarters, half-years, months and calendar years, whichever a text says.
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
    if form in _OF_YEAR:
        number = f"regexp_extract({text}, {literal(_BARE)}, 1)::BIGINT"
        wanted["bare"] = (
            _BARE,
            f"CASE WHEN {number} <= {12 // _OF_YEAR[form]} THEN {_OF_YEAR[form]} * ({number} - 1) + 1 END",
        )
    cases = " ".join(
        f"WHEN regexp_matches({text}, {literal(pattern)}) THEN make_date({year}, {month}, 1)"
        for pattern, month in wanted.values()
    )
    start = f"CASE WHEN NOT regexp_matches({text}, {literal(_YEAR)}) THEN NULL {cases} END"
    return f"coalesce({_plain_quarter(text)}, {start})" if form == "quarter" else start


def _plain_quarter(text: str) -> str:
    """SQL for the first day of a quarter that is written as 2026Q3, 2026-Q3, 2026 Q3 or 2026年3季度."""
    pattern = literal(r"^(\d{4})\s*[-年]?\s*(?:[Qq]([1-4])|第?([1-4一二三四])季度?)$")
    number = f"regexp_extract({text}, {pattern}, 2) || regexp_extract({text}, {pattern}, 3)"
    digit = f"translate({number}, '一二三四', '1234')"
    return (
        f"CASE WHEN regexp_matches({text}, {pattern}) THEN"
        f" make_date(regexp_extract({text}, {pattern}, 1)::BIGINT, 3 * ({digit})::BIGINT - 2, 1) END"
    )


def spans_two_years(text: str) -> bool:
    """Tell whether a text is a year that begins in one calendar year and ends in the next.

    >>> spans_two_years("2022-23"), spans_two_years("FY 2022/2023"), spans_two_years("2022-12")
    (True, True, False)
    """
    found = re.fullmatch(r"\D*((?:19|20)\d{2})\s*[-/–]\s*(\d{4}|\d{2})\D*", text)
    return bool(found) and (int(found[1]) + 1) % 100 == int(found[2]) % 100  # type: ignore[index]


def may_be(form: str, texts: list[str]) -> bool:
    """Tell whether texts that nobody described may be periods of a format, not words with a year in them."""
    if form == "year":
        return len(texts) > 1 and len({re.sub(r"\d+", "", text) for text in texts}) == 1
    if form == "period":
        whole = rf"{_MONTH}|^\s*(?:19|20)\d{{2}}\s*$"
        parts = [
            re.search(_HALF, text) or re.search(_QUARTER, text) or re.search(whole, text) for text in texts
        ]
        return all(parts) and not any(map(_MONTH_NAME.search, texts))
    if year_from(form):  # 2011-12 alone may be a month
        return len(set(texts)) > 1 and all(map(spans_two_years, texts))
    return not any(map(_MONTH_NAME.search, texts))


def period_length(text: str) -> str:
    """Return SQL for what a period covers: half_year, quarter, month or year; NULL where it does not say."""
    patterns = {"half_year": _HALF, "quarter": _QUARTER, "month": _MONTH, "year": _CALENDAR_YEAR}
    cases = " ".join(
        f"WHEN regexp_matches(({text})::VARCHAR, {literal(pattern)}) THEN {literal(length)}"
        for length, pattern in patterns.items()
    )
    return f"CASE {cases} END"


def _digit(text: str, pattern: str, groups: int) -> str:
    found = " || ".join(f"regexp_extract({text}, {literal(pattern)}, {group + 1})" for group in range(groups))
    return f"translate({found}, '一二三四上下', '123412')::BIGINT"
