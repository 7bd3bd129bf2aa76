"""The board paper: a few printed pages, each with one message, in one file that needs nothing else."""

import base64
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from riskmodels.reporting.document.document import render
from riskmodels.reporting.document.front import FrontBlock, Rating
from riskmodels.reporting.document.standing import Standing
from riskmodels.scratch import write_whole


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One of the questions of the first page: the question, its answer in figures, what they are."""

    question: str
    answer: str
    words: str
    rating: Rating = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing whose title is its message.

    Attributes
    ----------
    title : str
        The message.
    shows : str
        What is drawn, for those who do not see it.
    image : bytes
        PNG.
    """

    title: str
    shows: str
    image: bytes

    @property
    def address(self) -> Markup:
        """The image as an address that holds it."""
        return Markup("data:image/png;base64,{}").format(base64.b64encode(self.image).decode("ascii"))


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """A small table.

    Attributes
    ----------
    title : str
        What it lists.
    headings : tuple of str
        Of its columns.
    rows : tuple of tuple of str
        Cells as they are read.
    texts : int
        Columns from the left that are words; the others are figures, set to the right.
    ratings : tuple of str
        Of the rows, each with its mark before the first cell; empty for none.
    note : str
        A line below it.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    ratings: tuple[Rating, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PaperPage:
    """One subject: its name, its message, and what carries that."""

    subject: str
    message: str
    sentences: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[PaperTable, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A board paper: the first page, then one per subject."""

    title: str
    period: str
    as_of: str
    standing: Standing
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    blocks: tuple[FrontBlock, ...]
    pages: tuple[PaperPage, ...]


def write_paper(paper: Paper, path: Path) -> Path:
    """Write a board paper as one file; the same paper and language give the same bytes.

    It holds no program, asks no other computer for anything, and its texts are masked.
    """
    document = render("board.html.j2", "board.css", {"paper": paper})
    write_whole(path, document.encode("utf-8", errors="replace"))  # half a surrogate pair becomes "?"
    return path
