"""Make the tables of a report readable: numbers to the right, ratings with a colour and a mark."""

import re

from bs4 import Tag

from riskmodels.labels import RATING_LABELS, RATING_MARKS, label, rating_label

_AMOUNT = r"[+\-−]?(?:CNY|USD|EUR|[¥$€£])?\s?[+\-−]?\d[\d,  ]*(?:\.\d+)?(?:[eE][+\-]?\d+)?\s?(?:%|‰|pp|×)?"
_RANGE = rf"{_AMOUNT}\s?–\s?{_AMOUNT}"
_NUMBER = re.compile(rf"{_AMOUNT}|\({_AMOUNT}\)|{_RANGE}|{_AMOUNT}\s?\({_RANGE}\)|[+\-−]?(?:inf|∞)")
_RATED = (  # headings of columns of ratings, as listings and results call them
    "Rating",
    "Rating before",
    "Rating now",
    "Rating after",
    "Previous rating",
    "Severity",
    "Verdict",
)
_UNKNOWN = {"", "—", "–", "-", "nan", "none", "nat", "<na>"}


def decorate_tables(part: Tag) -> None:
    """Add classes, marks and translated headings to every table in ``part``, in place."""
    for table in part.find_all("table"):
        rated = {id(cell) for cell in _rated_cells(table)}
        for heading in table.find_all("th"):
            if heading.string:
                heading.string = label(heading.string.strip())
        for cell in table.find_all("td"):
            _decorate_cell(cell, rated=id(cell) in rated)
        _align_columns(table)


def count_columns(part: Tag) -> int:
    """Return the number of cells in the longest row of any table in ``part``; 0 where there is none."""
    return max((len(row.find_all(["td", "th"])) for row in part.find_all("tr")), default=0)


def _rated_cells(table: Tag) -> list[Tag]:
    """Return the cells of columns that hold ratings: a unit that is called Red has none by its name."""
    names = {name.casefold() for heading in _RATED for name in (heading, label(heading))}
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
    headings = [cell.get_text().strip().replace("_", " ").casefold() for cell in rows[0]] if rows else []
    rated = [place for place, heading in enumerate(headings) if heading in names]
    return [row[place] for row in rows if len(row) == len(headings) for place in rated]


def _decorate_cell(cell: Tag, *, rated: bool) -> None:
    text = cell.get_text().strip()
    rating = _ratings().get(text.casefold()) if rated else None
    if rating is not None:
        cell.string = f"{RATING_MARKS[rating]} {rating_label(rating)}"
        cell["class"] = f"rag rag-{rating}"
    elif _NUMBER.fullmatch(text):
        cell["class"] = "num"


def _ratings() -> dict[str, str]:
    """Return what may stand in a cell for each rating: its code, its English and its translated label."""
    names = {rating: (rating, english, rating_label(rating)) for rating, english in RATING_LABELS.items()}
    return {name.casefold(): rating for rating, spellings in names.items() for name in spellings}


def _align_columns(table: Tag) -> None:
    """Align the heading and the gaps of a column of numbers as its numbers are aligned."""
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return  # cells which span several columns: each is aligned on its own
    for column in zip(*rows, strict=True):
        cells = [cell for cell in column if cell.name == "td"]
        gaps = [cell for cell in cells if cell.get_text().strip().casefold() in _UNKNOWN]
        numbers = [cell for cell in cells if cell.get("class") == "num"]
        if numbers and len(numbers) + len(gaps) == len(cells):
            for cell in (*gaps, *(cell for cell in column if cell.name == "th")):
                cell["class"] = "num"
