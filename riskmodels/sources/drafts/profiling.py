"""What the values of a column look like: dates and their format, numbers and how they are written, codes."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

import duckdb
import pyarrow as pa

from riskmodels.sources.column_maps import days_since
from riskmodels.sources.drafts.synonyms import truth
from riskmodels.sources.headers import plain
from riskmodels.sources.numerals import ENOUGH, Numbers, numbers_in, unit_in, words_for_missing
from riskmodels.sources.periods import is_period, may_be, period_start
from riskmodels.sources.placeholders import are_lone, placeholder_days
from riskmodels.sources.written import has_zone, plain_time, zoned_time
from riskmodels.tables.sql import literal, small_connection

_FIRST = 30  # values that every format is tried on
_LONGEST_DATE = 40  # characters
YEARS = "1900 AND 2100"  # that a draft takes for ones
_DAYS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%Y.%m.%d", "%m-%d-%Y", "%d-%m-%Y", "%Y-%m-%d"),
    *(
        "%m/%d/%y",
        "%d/%m/%y",
        "%d.%m.%y",
        "%d %b %Y",
        "%d %B %Y",
        "%d-%b-%Y",
        "%d/%b/%y",
        "%d/%b/%Y",
        "%d-%b-%y",
        "%b %d, %Y",
        "%B %d, %Y",
    ),
    *("%Y年%m月%d日", "%Y%m%d"),
)
_TIMES = (
    " %H:%M:%S",
    " %H:%M",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %H:%M:%S.%f",
    "T%H:%M:%S",
    " %H时%M分",
    " %H时%M分%S秒",
    "%H%M%S",
)
_MONTHS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%m/%Y", "%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%Y%m", "%Y")
_PERIODS = ("half-year", "year", "period")
FORMATS = (
    *("", "year from 04", "quarter", *_DAYS, *_MONTHS),  # "": ISO
    *(day + time for time in _TIMES for day in _DAYS),
    *_PERIODS,
)
_COVERS = {
    "quarter": "quarter",
    "half-year": "half_year",
    "%Y": "year",
    "year": "year",
    "year from 04": "year",
}

_DECORATED = re.compile(r"[¥￥$€£₹%元万亿]|\b(CNY|RMB|USD|EUR|GBP|INR|Rs|lakhs?|crores?)\b\.?")
_DATE_LIKE = re.compile(r"^\d{4}$|^\d{6}$|^\d{8}$|^\d{14}$|\d[^\d.]|\d\.\d+\.\d|[^\d.+-]\s?\d")
_DAY_COUNTS = (1_000, 30_000)  # 1972 to 2052, since 1970-01-01
_SERIAL_DAYS = (30_000, 60_000)  # 1982 to 2064, since 1899-12-30, as spreadsheets count


@dataclass(frozen=True, kw_only=True)
class Dates:
    """How the dates of a column are written.

    Attributes
    ----------
    format : str
        As in a source file; empty where dates are ISO or typed.
    share : float
        Of the rows with a value that it reads.
    first, last : date
        Of the sample.
    period : str
        "month", "quarter", "half_year" or "year" where every day is the first of one; "period" where they are
        of several lengths; else "day".
    zoned : bool
        Whether the times have a time zone.
    rivals : tuple of str
        Formats that read the values as well and mean other days.
    """

    format: str
    share: float
    first: date
    last: date
    period: str = "day"
    zoned: bool = False
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a sample of a column looks like.

    Attributes
    ----------
    name : str
        Of the column.
    filled, missing : int
        Values there and not there.
    kinds : Counter
        Value -> how often it is there.
    dates, numbers
        How they are written; None where it holds none.
    decorated : bool
        Whether values have a currency or per cent sign.
    scale : float
        That the name says, e.g. 10,000 for 万元.
    words : Counter
        Words that stand for no value -> how often they are there; counted in missing.
    maybe : Counter
        Values that may be such words.
    placeholders : Counter
        Days such as 9999-12-31 that may stand for none -> how often they are there; counted in missing.
    joined : tuple of str
        Further columns whose values follow: a year and its quarter.
    """

    name: str
    filled: int
    missing: int
    kinds: Counter[str]
    dates: Dates | None
    numbers: Numbers | None
    decorated: bool = False
    scale: float = 1.0
    length: float = field(default=0.0)
    words: Counter[str] = field(default_factory=Counter)
    maybe: Counter[str] = field(default_factory=Counter)
    placeholders: Counter[str] = field(default_factory=Counter)
    joined: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows looked at."""
        return self.filled + self.missing

    @property
    def is_figure(self) -> bool:
        """Whether it holds numbers that are no dates."""
        return self.numbers is not None and (self.dates is None or self.dates.format.startswith("days since"))


def profile(
    name: str,
    texts: list[str | None],
    sql_type: str,
    *,
    semicolons: bool = False,
    marks: frozenset[str] = frozenset(),
    formats: tuple[str, ...] = FORMATS,
) -> Profile:
    """Describe a column by a sample of its values.

    ``semicolons`` part the cells of its file; ``marks`` are the decimal marks of its other columns; dates are
    in one of the ``formats``.
    """
    kinds = Counter(text.strip() for text in texts if text is not None and text.strip())
    words = words_for_missing(kinds, unsure=True)
    sure = words_for_missing(kinds, unsure=False)
    words = Counter({word: many for word, many in words.items() if word in sure or truth(word) is None})
    rest = kinds - words
    numbers = numbers_in(rest, semicolons=semicolons, marks=marks)
    held, dates = _placeholders(rest, sql_type, formats)
    rest = rest - held
    dates = dates or _dates(rest, sql_type, formats) or _counted_days(name, numbers, rest)
    maybe: Counter[str] = Counter()
    if not (numbers or dates or (rest and all(map(truth, rest)))):
        maybe, words = words - sure, sure
        rest = kinds - words
    unit = unit_in(name)
    return Profile(
        name=name,
        filled=rest.total(),
        missing=len(texts) - rest.total(),
        kinds=rest,
        dates=dates,
        numbers=numbers,
        decorated=numbers is None and _is_decorated(rest),
        scale=unit[1] if unit else 1.0,
        length=sum(len(value) * many for value, many in rest.items()) / max(rest.total(), 1),
        words=words,
        maybe=maybe,
        placeholders=held,
    )


# ---- numbers ----


def _is_decorated(kinds: Counter[str]) -> bool:
    """Tell whether values would be numbers without their currency or per cent sign."""
    bare = [_DECORATED.sub("", value).strip() for value in kinds if _DECORATED.search(value)]
    return bool(bare) and all(re.fullmatch(r"[+-]?[\d., ']+", value) for value in bare)


# ---- dates ----


def _placeholders(
    kinds: Counter[str], sql_type: str, formats: tuple[str, ...]
) -> tuple[Counter[str], Dates | None]:
    """Return the days that stand for none, and the dates that the others are; nothing where none does."""
    held = placeholder_days(kinds)
    dates = _dates(kinds - held, sql_type, formats) if held else None
    return (held, dates) if dates and are_lone(dates.first) else (Counter(), None)


def _dates(kinds: Counter[str], sql_type: str, formats: tuple[str, ...]) -> Dates | None:
    if not kinds or sum(len(value) > _LONGEST_DATE for value in kinds) > len(kinds) / 10:
        return None
    if not any(_DATE_LIKE.search(value) for value in islice(kinds, _FIRST)):
        return None
    with small_connection() as connection:
        hopeful = _hopeful(connection, list(kinds)[:_FIRST], formats)
        every = pa.table({"text": list(kinds), "many": list(kinds.values())})
        read = {form: _read(connection, every, form) for form in hopeful}
    shares = {form: max(found.texts / len(kinds), found.rows / kinds.total()) for form, found in read.items()}
    today = datetime.now().astimezone().date()
    best = max(shares, key=lambda form: (round(shares[form], 3), read[form].last <= today), default=None)
    if best is None or shares[best] < ENOUGH:
        return None
    found = read[best]
    rivals = [
        form
        for form in shares
        if form != best
        and shares[form] >= shares[best] - 0.001
        and read[form].seconds != found.seconds
        and read[form].last <= today
    ]
    return Dates(
        format=best if sql_type.startswith("VARCHAR") or best else "",
        share=found.rows / kinds.total(),
        first=found.first,
        last=found.last,
        period=_covered(best, set(found.months), len(kinds)) if found.begin_months else "day",
        zoned=found.zoned or "TIME ZONE" in sql_type,
        rivals=tuple(rivals),
    )


def _covered(form: str, months: set[int], kinds: int) -> str:
    """Return what days cover that begin months: by their format, or else by which months they are."""
    if form == "period" or form in _COVERS:
        return _COVERS.get(form, form)
    if kinds > 1 and len(months) == 1:
        return "year"
    if kinds > 1 and months == {1, 7}:
        return "half_year"
    return "quarter" if kinds > 1 and months <= {1, 4, 7, 10} else "month"


def _hopeful(connection: duckdb.DuckDBPyConnection, first: list[str], formats: tuple[str, ...]) -> list[str]:
    """List the formats that read half of some values; all are tried in one query, which is much faster."""
    connection.register("texts", pa.table({"text": first}))
    able = [form for form in formats if (may_be if is_period(form) else _has_signs)(form, first)]
    if not able:
        return []
    tried = ", ".join(f"count({moment(form)})" for form in able)
    counts = connection.execute(f"SELECT {tried} FROM texts").fetchall()[0]
    return [form for form, count in zip(able, counts, strict=True) if count >= len(first) / 2]


def _has_signs(form: str, texts: list[str]) -> bool:
    """Tell whether half of some texts have the signs, but blanks and letters, between a format's parts."""
    signs = Counter(re.sub(r"%.|[\sA-Za-z]", "", form))
    fits = sum(all(text.count(sign) >= many for sign, many in signs.items()) for text in texts)
    return fits >= len(texts) / 2


def moment(form: str, text: str = "text") -> str:
    """Return SQL for the time that a text means in a format; an empty one is ISO."""
    if is_period(form):
        return f"TRY_CAST({period_start(text, form)} AS TIMESTAMP)"
    if origin := days_since(form):
        return (
            f"({literal(origin)}::DATE + TRY_CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER))::TIMESTAMP"
        )
    if form:
        return f"TRY_CAST(try_strptime({text}, {literal(form)}) AS TIMESTAMP)"
    return f"CASE WHEN {has_zone(text)} THEN {zoned_time(text)}::TIMESTAMP ELSE {plain_time(text)} END"


class _Read(NamedTuple):
    """What a format reads of the texts of a column, each once."""

    texts: int
    first: date
    last: date
    begin_months: bool  # all of them
    months: list[int]  # of the year, that are there
    zoned: bool
    seconds: int  # since 1970, added up: formats that differ in it read some text as another day
    rows: int


def _read(connection: duckdb.DuckDBPyConnection, texts: pa.Table, form: str) -> _Read:
    connection.register("texts", texts)
    epoch = "DATE '1900-01-01'"
    found = connection.execute(
        f"SELECT count(day), coalesce(min(day)::DATE, {epoch}), coalesce(max(day)::DATE, {epoch}),"
        " coalesce(bool_and(day = date_trunc('month', day)), false),"
        " coalesce(list(DISTINCT month(day)) FILTER (day IS NOT NULL), []),"
        f" coalesce(bool_or({has_zone('text')}), false), coalesce(sum(epoch(day))::BIGINT, 0),"
        " coalesce(sum(many) FILTER (day IS NOT NULL), 0)::BIGINT"
        f" FROM (SELECT text, many, CASE WHEN year(moment) BETWEEN {YEARS} THEN moment END AS day"
        f" FROM (SELECT text, many, {moment(form)} AS moment FROM texts))"
    ).fetchall()[0]
    return _Read(*found)


def _counted_days(name: str, numbers: Numbers | None, kinds: Counter[str]) -> Dates | None:
    """Take whole numbers for days since an origin where the column's name speaks of a day."""
    speaks = re.search(r"\b(date|day|time|month|on|at)\b|日期|时间|日", plain(name))
    if numbers is None or numbers.thousands or numbers.decimal != "." or not speaks or numbers.share < 1:
        return None
    found = [float(value) for value in kinds]
    for origin, (least, most) in ((date(1970, 1, 1), _DAY_COUNTS), (date(1899, 12, 30), _SERIAL_DAYS)):
        if all(least <= value <= most for value in found):
            days = [date.fromordinal(origin.toordinal() + int(value)) for value in (min(found), max(found))]
            return Dates(format=f"days since {origin}", share=1.0, first=days[0], last=days[1])
    return None
