"""SQL that reads months, quarters, half-years and years as tables write them."""

import re
from collections.abc import Iterable
from functools import cache

from riskmodels.tables.sql import literal

FORMATS = ("quarter", "half-year", "year", "period")
_OF_YEAR = {"quarter": 3, "half-year": 6}  # months
_YEAR_FROM = re.compile(r"year from (0[1-9]|1[0-2])")
CUMULATIVE = r"^year( from (0[1-9]|1[0-2]))?$"  # since when sums count

_YEAR_TO = {"year to month": 1, "year to quarter": 3, "year to half-year": 6}  # months of the last part

_Y = r"(?:19|20)\d{2}"
_YEAR = rf"(?:^|\D)({_Y})(?:\D|$)"
_NAME = r"(?:[A-Za-z]+_)*"  # of a column, before its period: complaints_2024_Q1
_GAP = r"[\s_/.,年度-]*"
_QUARTERS = r"(?:quarter|qtr\.?|quartal|tri?mestre)"
_ORDINAL = r"(?:º|ª|°|st|nd|rd|th)"
_NTH = (
    rf"(?:(?:[QT]|第|{_QUARTERS})\s*([1-4一二三四])(?:\s*季度?)?"
    rf"|([1-4一二三四])\s*(?:[QT]|季度?|(?:\.\s*)?{_QUARTERS}|{_ORDINAL}(?:\s*{_QUARTERS})?))"
)
_HALVES = r"(?:half(?:[ -]?year)?|semest(?:er|re)|halbjahr)"
_NTH_HALF = (
    rf"(?:(?:[HS]|{_HALVES})\s*([12])"
    rf"|([12])\s*(?:[HS]|{_HALVES}|(?:º|ª|°|\.|st|nd)\s*{_HALVES})|([上下])半年)"
)
_QUARTER, _HALF = (  # the whole text: Jan 1st 2024, Q1-Q3 2024 and Q2 2024 YTD are other times
    rf"(?i)^\s*{_NAME}(?:{_Y}{_GAP}{part}|{part}(?:\s+of)?{_GAP}{_Y}(?:\s*年)?)\s*$"
    for part in (_NTH, _NTH_HALF)
)
_MONTH = r"^\s*(?:19|20)\d{2}\s*[-/.年]\s*(0?[1-9]|1[0-2])(?:\s*月)?\s*$"
_BARE = r"^\s*(?:19|20)\d{2}\s+([1-4])\s*$"  # a year and the number of its part, joined
_WORDS = r"[A-Za-zÀ-ɏ一-鿿'’._:\s-]*"  # of a column whose name has the year
_CALENDAR_YEAR = rf"^{_WORDS}{_Y}{_WORDS}$"
_YEAR_ACROSS = rf"^{_WORDS}{_Y}(?:\s*[-/–]\s*(?:\d{{2}}|\d{{4}}))?{_WORDS}$"  # 2022-23
_ENDS = r"\d{4}\s*[-/–]\s*(\d{2}|\d{4})\D*$"  # the second year of such
_LANGUAGES = ("en", "de", "fr", "es", "pt")  # of the names of months beside a year
_ENGLISH = {"out", "set"}  # words, too: October and September in Portuguese
_NO_YEAR = (  # words beside a year that make it another time than the year
    r"[qths]|week|wk|kw|day|to|till?|until|up|since|from|before|after|by|onwards?|earlier|later|and|or|bis"
    r"|seit|vor|nach|ab|ytd|cumulative|plan|target|budget|total"
)
_REMARK = r"^(.*\d\D{0,12}?)\s*(\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]|[*†‡]+)\s*$"  # behind a period
_NO_REMARK = (  # another time than the period's, or no count of what was
    r"(?i)\d[^\d\s)）\]]|[^\W\d]\d|\d\d"
    r"|\b(f|months?|forecasts?|project(ed|ion)|expected|prognose|previs[aã]o|presupuesto|plan\w*|budget\w*"
    r"|targets?|outlook|guidance|simulat\w*|prior|previous|last|change|growth|average|mean|rolling|ltm"
    r"|annuali[sz]ed|vorjahr|schnitt)\b"
    r"|%|预测|预算|计划|目标|同比|环比|同期|去年|上年|平均|增长"
)
_NO_YEAR_IN_CHINESE = "[月周日季半至前后起止累计划合]"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED_MONTH = rf"(?i)\b({'|'.join(_MONTHS)})"
_MONTH_NAME = re.compile(_NAMED_MONTH)  # Jan 1st is no quarter


def year_from(form: str) -> int | None:
    """Return the month in which a year of the format ``year from 04`` begins; None for other formats."""
    found = _YEAR_FROM.fullmatch(form)
    return int(found.group(1)) if found else None


def first_month(form: str) -> int:
    """Return the month in which a year begins, of ``year`` or ``year from 04``."""
    return year_from(form) or 1


def is_period(form: str) -> bool:
    """Tell whether a format is one of periods."""
    return form in FORMATS or form in _YEAR_TO or year_from(form) is not None


def period_start(text: str, form: str) -> str:
    """Return SQL for the first day of a period: 2021 1º, Q1 2025, 2024 H2, 2025年上半年, (from a month) 2022-23.

    Parameters
    ----------
    text : str
        SQL of the text.
    form : str
        ``quarter``, ``half-year``, ``year``, ``year from 04`` (a year that begins in April), or ``period``:
        any of quarters, half-years, months and calendar years, whichever a text says; or ``year to quarter``:
        the last quarter of a part of a year that its end names, such as Jan-Sep 2026, 1-9月 or 前三季度.
    """
    bare = _without_remark(text)
    if form in _YEAR_TO:
        return _named(bare, "part", _last_part("part", _YEAR_TO[form]))
    start = _named(bare, "bare", _start("bare", form))
    return f"coalesce({_plain_quarter(f'({text})::VARCHAR')}, {start})" if form == "quarter" else start


def _start(text: str, form: str) -> str:
    """Return SQL for the first day of a period without remark."""
    year = f"regexp_extract({text}, {literal(_YEAR)}, 1)::BIGINT"
    first = year_from(form)
    starts = {
        "half-year": (_HALF, f"6 * ({_digit(text, _HALF, 6)}) - 5"),
        "quarter": (_QUARTER, f"3 * ({_digit(text, _QUARTER, 4)}) - 2"),
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
        f"WHEN {_is(text, kind, pattern)} THEN make_date({year}, {month}, 1)"
        for kind, (pattern, month) in wanted.items()
    )
    return f"CASE WHEN NOT regexp_matches({text}, {literal(_YEAR)}) THEN NULL {cases} END"


def remark(text: str) -> str:
    """Return SQL for what stands in brackets behind a period, (provisional) or *; NULL where nothing does.

    A remark that says another time, such as (YTD) or (9 months), or a forecast, is none: then the text is no
    period.
    """
    text = f"({text})::VARCHAR"
    found = f"nullif(regexp_extract({text}, {literal(_REMARK)}, 2), '')"
    other = (
        f"regexp_matches({found}, {literal(_NO_REMARK)}) OR regexp_matches({found}, {literal(_no_year())})"
    )
    return f"CASE WHEN NOT ({other}) THEN {found} END"


def _without_remark(text: str) -> str:
    plain = f"regexp_extract(({text})::VARCHAR, {literal(_REMARK)}, 1)"
    return f"CASE WHEN {remark(text)} IS NULL THEN ({text})::VARCHAR ELSE {plain} END"


def without_remarks(texts: Iterable[str]) -> list[str]:
    """Return texts without what stands in brackets behind a period.

    >>> without_remarks(["Q1 2024 (provisional)", "2024 H2*", "Q2 2024 (YTD)"])
    ['Q1 2024', '2024 H2', 'Q2 2024 (YTD)']
    """
    found = [(text, re.fullmatch(_REMARK[1:-1], text)) for text in texts]
    return [
        text if not match or re.search(_NO_REMARK, match[2]) or re.search(_no_year(), match[2]) else match[1]
        for text, match in found
    ]


def _plain_quarter(text: str) -> str:
    """SQL for the first day of a quarter that is written as 2026Q3, 2026-Q3, 2026 Q3 or 2026年3季度."""
    pattern = literal(r"^(\d{4})\s*[-年]?\s*(?:[Qq]([1-4])|第?([1-4一二三四])季度?)$")
    number = f"regexp_extract({text}, {pattern}, 2) || regexp_extract({text}, {pattern}, 3)"
    digit = f"translate({number}, '一二三四', '1234')"
    return (
        f"CASE WHEN regexp_matches({text}, {pattern}) THEN"
        f" make_date(regexp_extract({text}, {pattern}, 1)::BIGINT, 3 * ({digit})::BIGINT - 2, 1) END"
    )


def _is(text: str, kind: str, pattern: str) -> str:
    """Return SQL for whether a text is a period of a kind; a year may be named, and end in the next one."""
    matches = f"regexp_matches({text}, {literal(pattern)})"
    if kind != "year":
        return matches
    first = f"regexp_extract({text}, {literal(_YEAR)}, 1)::BIGINT"
    second = f"TRY_CAST(regexp_extract({text}, {literal(_ENDS)}, 1) AS BIGINT)"
    follows = f"coalesce({second} % 100 = ({first} + 1) % 100, true)"
    return f"({matches} AND NOT regexp_matches({text}, {literal(_no_year())}) AND {follows})"


@cache
def _no_year() -> str:
    """Return the pattern of words beside a year that make it another time, the names of months among them."""
    from babel.dates import get_day_names, get_month_names  # here, because few sources have years

    named = [*get_day_names("abbreviated", locale="en").values()]
    for language in _LANGUAGES:
        named += get_month_names("wide", locale=language).values()
        named += get_month_names("abbreviated", locale=language).values()
    names = "|".join(sorted({one.rstrip(".").lower() for one in named} - _ENGLISH))
    letter = "A-Za-zÀ-ɏ"
    return rf"(?i)(?:^|[^{letter}])(?:{names}|{_NO_YEAR})(?:[^{letter}]|$)|{_NO_YEAR_IN_CHINESE}"


_BESIDE = (
    r"to|bis|a|au|à|até|hasta|through|until|ytd|cum|cumulative|cumul|acumulado|kumuliert|months?|fy|year"
)


@cache
def _month_numbers() -> dict[str, int]:
    """Return the names of months, also short ones, and which month each is."""
    from babel.dates import get_month_names  # here, because few sources have them

    return {
        name.rstrip(".").lower(): number
        for language in _LANGUAGES
        for width in ("abbreviated", "wide")
        for number, name in get_month_names(width, locale=language).items()
    }


def _named_end(text: str) -> tuple[str, str]:
    """Return SQL for whether the last word of a text, but for those beside months, is one, and for which."""
    known = _month_numbers()
    names = "|".join(sorted(known, key=len, reverse=True))
    other = "[^A-Za-zÀ-ɏ]"
    pattern = literal(rf"(?i)(?:^|{other})({names})(?:{other}+(?:{_BESIDE})?)*$")
    numbers = ", ".join(f"{literal(name)}: {number}" for name, number in known.items())
    return (
        f"regexp_matches({text}, {pattern})",
        f"MAP {{{numbers}}}[lower(regexp_extract({text}, {pattern}, 1))]",
    )


_PART_ENDS = {  # what says the last month of a part of a year -> SQL of that month, of the last match {0}
    r"(\d{1,2})\s*月": "{0}::BIGINT",
    r"(?i)(?:^|\D)(\d{1,2})\s*M(?:\W|$)": "{0}::BIGINT",  # 9M
    r"(?:19|20)\d{2}\s*[-/.]\s*(0?[1-9]|1[0-2])(?:\D|$)": "{0}::BIGINT",
    r"([1-4一二三四])\s*季": "3 * translate({0}, '一二三四', '1234')::BIGINT",
    r"(?i)(?:\bQ|\d{4}\s*Q|\bT)\s*([1-4])(?:\D|$)": "3 * {0}::BIGINT",
    r"(?i)(?:^|\D)([1-4])\s*Q(?:\W|\d|$)": "3 * {0}::BIGINT",
    r"(?i)(?:\bH|\d{4}\s*H)\s*([12])(?:\D|$)": "6 * {0}::BIGINT",
    r"([上下])半年": "6 * translate({0}, '上下', '12')::BIGINT",
    r"(?i)(全年|full year|\bFY|^\s*\d{4}\s*年?\s*$)": "12",
}


def _last_part(text: str, length: int) -> str:
    """Return SQL for the first day of the last months of a part of a year; NULL where it ends within them."""
    year = f"list_last(regexp_extract_all({text}, '(?:19|20)[0-9]{{2}}'))::BIGINT"
    cases = " ".join(
        f"WHEN regexp_matches({text}, {literal(pattern)}) THEN "
        + month.format(f"list_last(regexp_extract_all({text}, {literal(pattern)}, 1))")
        for pattern, month in _PART_ENDS.items()
    )
    named, month = _named_end(text)
    end = f"CASE WHEN {named} THEN {month} {cases} END"
    fits = f"last BETWEEN 1 AND 12 AND last % {length} = 0 AND regexp_matches({text}, {literal(_YEAR)})"
    return _named(end, "last", f"CASE WHEN {fits} THEN make_date({year}, last - {length - 1}, 1) END")


def _named(value: str, name: str, expression: str) -> str:
    """Return SQL of an expression in which a value has a name: dozens of times, it takes long to plan."""
    return f"list_transform([{value}], lambda {name}: {expression})[1]"


def spans_two_years(text: str) -> bool:
    """Tell whether a text is a year that begins in one calendar year and ends in the next.

    >>> spans_two_years("2022-23"), spans_two_years("FY 2022/2023"), spans_two_years("2022-12")
    (True, True, False)
    """
    found = re.fullmatch(r"\D*((?:19|20)\d{2})\s*[-/–]\s*(\d{4}|\d{2})\D*", text)
    return bool(found) and (int(found[1]) + 1) % 100 == int(found[2]) % 100  # type: ignore[index]


def may_be(form: str, texts: list[str]) -> bool:
    """Tell whether texts that nobody described may be periods of a format, not words with a year in them."""
    if not any(re.search(_Y, text) for text in texts):
        return False
    texts = without_remarks(texts)
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
    pattern = _HALF if form == "half-year" else _QUARTER
    found = any(re.search(pattern, text) or re.search(_BARE, text) for text in texts)
    return found and not any(map(_MONTH_NAME.search, texts))


def period_length(text: str) -> str:
    """Return SQL for what a period covers: half_year, quarter, month or year; NULL where it does not say."""
    patterns = {"half_year": _HALF, "quarter": _QUARTER, "month": _MONTH, "year": _CALENDAR_YEAR}
    cases = " ".join(
        f"WHEN {_is('bare', length, pattern)} THEN {literal(length)}" for length, pattern in patterns.items()
    )
    return _named(_without_remark(text), "bare", f"CASE {cases} END")


def _digit(text: str, pattern: str, groups: int) -> str:
    found = " || ".join(f"regexp_extract({text}, {literal(pattern)}, {group + 1})" for group in range(groups))
    return f"translate({found}, '一二三四上下', '123412')::BIGINT"
