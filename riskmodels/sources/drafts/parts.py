"""Periods that no single column holds: a year and its part in two columns, years in the names of columns."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from riskmodels.sources.drafts.profiling import Profile, profile
from riskmodels.sources.drafts.sampling import Sample
from riskmodels.sources.headers import plain
from riskmodels.sources.periods import spans_two_years, without_remarks

_YEAR = re.compile(r"(19|20)\d{2}(\.0)?")
_YEAR_NAME = re.compile(r"\D*(19|20)\d{2}(\s*[-/–]\s*(\d{4}|\d{2}))?\D*")
_LEAST_YEARS = 2  # columns of one figure
_FIGURE = re.compile(r"[(+-]?[.,\s'’]*\d[\d.,\s'’]*[)-]?")
_MOSTLY = 0.75  # of the values of columns that are one figure

_QUARTER = r"(?i)[QT]\W?[1-4]|[1-4]\W?[QT]|[1-4]\s*(º|ª|°|\.|st|nd|rd|th)( \w+)?|第?[1-4一二三四]季度?"
_HALF = r"(?i)[HS]\W?[12]|[12]\W?[HS]|[上下]半年"
_NAMED_MONTH = r"month|^m[eê]s|^mois|monat|月"
# Of each part of a year its values, words of its column's name where values are bare numbers, and formats.
_PARTS = (
    (_QUARTER, "", ("quarter",)),
    (_HALF, "", ("half-year",)),
    (r"[1-4]", "quarter|qtr|trimest|quartal|季", ("quarter",)),
    (r"[12]", "half|semest|halbjahr|半年", ("half-year",)),
    (r"0?[1-9]|1[0-2]", _NAMED_MONTH, ("%Y %m",)),
    (r"[A-Za-z]{3,9}", _NAMED_MONTH, ("%Y %b", "%Y %B")),
)


def in_two_columns(profiles: list[Profile], sample: Sample) -> Iterator[list[Profile]]:
    """Yield the columns with a year and its quarter, half-year or month as one, where there are such."""
    years = [found for found in profiles if found.filled and all(map(_YEAR.fullmatch, found.kinds))]
    for year in years:
        for part in profiles:
            joined = _joined(year, part, sample)
            if joined:
                yield [joined, *(found for found in profiles if found not in (year, part))]


def texts_of(found: Profile, sample: Sample) -> list[str | None]:
    """Return a column's texts, one per row; of several columns, with a blank between as in a source file."""
    columns = [sample.texts(column) for column in (found.name, *found.joined)]
    if len(columns) == 1:
        return list(columns[0])
    return [" ".join(filter(None, texts)) or None for texts in zip(*columns, strict=True)]


def year_columns(profiles: list[Profile]) -> Iterator[list[Profile]]:
    """Yield columns of figures whose names differ in their year alone, one list a figure."""
    groups: dict[str, list[Profile]] = defaultdict(list)
    for found in profiles:
        (plain_name,) = without_remarks([found.name])
        if _YEAR_NAME.fullmatch(plain_name):
            groups[re.sub(r"\d+", "", plain_name)].append(found)
    yield from (group for group in groups.values() if len(group) >= _LEAST_YEARS and are_figures(group))


def year_format(names: list[str]) -> str:
    """Return the format of years that are names of columns: of April to March where all span two."""
    return "year from 04" if all(map(spans_two_years, without_remarks(names))) else "year"


def are_figures(columns: list[Profile]) -> bool:
    """Tell whether columns that become rows are figures, but for a few values.

    A figure or two in a small table may be n.p. (not published): the column is one of the figures even so.
    """
    values = Counter[str]()
    for found in columns:
        values.update(found.kinds)
    figures = sum(many for value, many in values.items() if _FIGURE.fullmatch(value))
    return not values or figures >= _MOSTLY * values.total()


def _joined(year: Profile, part: Profile, sample: Sample) -> Profile | None:
    if part is year or not part.filled:
        return None
    name = plain(part.name)
    for values, named, formats in _PARTS:
        if re.search(named, name) and all(re.fullmatch(values, value.strip()) for value in part.kinds):
            both = replace(year, joined=(part.name,))
            found = profile(year.name, texts_of(both, sample), "VARCHAR", formats=formats)
            return replace(found, joined=both.joined) if found.dates else None
    return None
