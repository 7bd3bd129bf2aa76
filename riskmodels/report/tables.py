"""Make the tables of a report readable: numbers to the right, ratings with a colour and a mark."""

import re

from bs4 import Tag

from riskmodels.labels import RATING_LABELS, RATING_MARKS, label, rating_label

_AMOUNT = r"[+\-−]?(?:CNY|USD|EUR|[¥$€£])?\s?[+\-−]?\d[\d,  ]*(?:\.\d+)?(?:[eE][+\-]?\d+)?\s?(?:%|‰|pp|×)?"
_RANGE = rf"{_AMOUNT}\s?–\s?{_AMOUNT}"
_NUMBER = re.compile(rf"{_AMOUNT}|\({_AMOUNT}\)|{_RANGE}|{_AMOUNT}\s?\({_RANGE}\)|[+\-−]?(?:inf|∞)")
_UNKNOWN = {"", "—", "–", "-", "nan", "none", "nat", "<na>"}


def decorate_tables(part: Tag) -> None:
    """Add classes, marks and translated headings to every table in ``part``, in place."""
    for table in part.find_all("table"):
        for heading in table.find_all("th"):
            if heading.string:
                heading.string = label(heading.string.strip())
        for cell in table.find_all("td"):
            _decorate_cell(cell)
        _align_columns(table)


def count_columns(part: Tag) -> int:
    """Return the number of cells in the longest row of any table in ``part``; 0 where there is none."""
    return max((len(row.find_all(["td", "th"])) for row in part.find_all("tr")), default=0)


def _decorate_cell(cell: Tag) -> None:
    text = cell.get_text().strip()
    rating = _ratings().get(text.casefold())
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
