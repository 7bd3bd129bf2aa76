"""Read executed notebooks as the numbered sections of a report."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, repeat, takewhile
from pathlib import Path
from typing import Any, Literal

import nbformat
from bs4 import Tag
from markupsafe import Markup

from riskmodels.errors import ResultError
from riskmodels.labels import label
from riskmodels.reporting.document.markup import read_markdown, sanitise, show
from riskmodels.reporting.document.tables import count_columns, decorate_tables

_LEFT_OUT = {"report-skip", "parameters", "injected-parameters"}
_MAY_BE_SILENT = "may-show-nothing"  # tag of a cell that has nothing to say of some banks
_PNG = b"\x89PNG\r\n\x1a\n"
_OBJECT = re.compile(r"\s*<.*>\s*", re.DOTALL)  # <Axes: …>: what an object is called says nothing to a reader


@dataclass(frozen=True, kw_only=True)
class Block:
    """One piece of a section: prose, a figure, a table or preformatted text.

    Attributes
    ----------
    content : str
        Safe HTML of prose and tables; the ``data:`` address of a figure; the text itself.
    caption : str
        What a figure or table shows, "" for one without a number.
    number : int
        Of a figure among the figures with a caption, of a table among the tables; from 1.
    columns : int
        Of a table, the most in any row.
    """

    kind: Literal["prose", "figure", "table", "text"]
    content: str
    caption: str = ""
    number: int = 0
    columns: int = 0


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A numbered heading: ``anchor`` is its address within the document."""

    number: str
    title: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """What one notebook says."""

    heading: Heading
    subsections: tuple[Heading, ...]
    blocks: tuple[Block, ...]


def read_sections(notebooks: Sequence[Path]) -> tuple[Section, ...]:
    """Read executed notebooks as sections 1, 2, …, with figures and tables numbered through.

    Raises
    ------
    ResultError
        A notebook is missing, damaged, not executed, failed or without a title.
    """
    sections = [_read_section(path, number) for number, path in enumerate(notebooks, start=1)]
    counters = {"figure": count(1), "table": count(1)}
    return tuple(
        replace(section, blocks=tuple(_numbered(block, counters) for block in section.blocks))
        for section in sections
    )


def _numbered(block: Block, counters: dict[str, "count[int]"]) -> Block:
    return replace(block, number=next(counters[block.kind])) if block.caption else block


def _read_section(path: Path, number: int) -> Section:
    parts: list[Tag | Block] = []
    for cell in _without_silent(_read_cells(path)):
        if cell.cell_type == "markdown":
            parts.append(read_markdown(label(cell.source)))
        else:
            parts.extend(_read_outputs(path, cell))
    prose = [part for part in parts if isinstance(part, Tag)]
    title = " ".join(filter(None, [_take_title(path, prose), _subject(path)]))
    heading = Heading(number=str(number), title=title, anchor=f"section-{number}")
    subsections = tuple(_number_headings(prose, number))
    blocks = (_prose(part) if isinstance(part, Tag) else part for part in parts)
    return Section(heading=heading, subsections=subsections, blocks=tuple(filter(_has_content, blocks)))


def _subject(path: Path) -> str:
    """Return what a notebook that is run several times was about this time: its metadata ``subject``."""
    return str(nbformat.read(path, as_version=4).metadata.get("subject", ""))  # type: ignore[no-untyped-call]


def _read_cells(path: Path) -> list[Any]:
    """Return the cells which belong in the report, of a notebook executed to its end."""
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # no types there
        nbformat.validate(notebook)
    except (OSError, ValueError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise ResultError(f"{path.name}: cannot be read as a notebook: {type(error).__name__}.") from error
    for position, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            _check_executed(path, position, cell)
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type in {"markdown", "code"}
        and not _LEFT_OUT.intersection(cell.metadata.get("tags", []))
    ]


def _without_silent(cells: Sequence[Any]) -> list[Any]:
    """Leave out the cells that may show nothing and do, and prose and headings that are of these alone."""
    return [
        cell
        for place, cell in enumerate(cells)
        if not _is_silent(cell) and not (cell.cell_type == "markdown" and _is_of_silent(cells[place:]))
    ]


def _is_silent(cell: Any) -> bool:
    return _MAY_BE_SILENT in cell.metadata.get("tags", []) and not cell.outputs


def _is_of_silent(cells: Sequence[Any]) -> bool:
    """Tell whether all cells are silent up to the next prose; below a heading, up to the next heading."""
    ends = "#" if cells[0].source.startswith("#") else ""
    after = takewhile(lambda cell: cell.cell_type == "code" or not cell.source.startswith(ends), cells[1:])
    shown = [_is_silent(cell) for cell in after if cell.cell_type == "code"]
    return bool(shown) and all(shown)


def _check_executed(path: Path, position: int, cell: Any) -> None:
    for output in cell.outputs:
        if output.output_type == "error":
            raise ResultError(
                f"{path.name}: cell {position} failed with {output.ename}; a report is written from "
                "notebooks which ran to their end. Correct the notebook and run it again."
            )
    if cell.source.strip() and cell.execution_count is None:
        raise ResultError(f"{path.name}: cell {position} was not executed. Run the notebook to its end.")


def _read_outputs(path: Path, cell: Any) -> list[Block]:
    """Read what a cell shows; one caption is of all, several (with a bar between) of one output each."""
    captions = [label(part.strip()) for part in str(cell.metadata.get("caption", "")).split("|")]
    shown = [output for output in cell.outputs if output.output_type in {"display_data", "execute_result"}]
    for caption in captions[len(shown) :]:
        if caption:
            raise ResultError(
                f"{path.name}: nothing is shown under the caption '{caption}'. Run the notebook again."
            )
    given = repeat(captions[0]) if len(captions) == 1 else chain(captions, repeat(""))
    return [
        block
        for output, caption in zip(shown, given, strict=False)
        for block in _read_output(path, output.data, caption)
    ]


def _read_output(path: Path, data: dict[str, Any], caption: str) -> Iterator[Block]:
    if "text/html" in data:
        part = sanitise(data["text/html"])
        decorate_tables(part)
        if columns := count_columns(part):
            yield Block(kind="table", content=show(part), caption=caption, columns=columns)
        else:
            yield Block(kind="prose", content=show(part))
    elif "image/png" in data:
        yield Block(kind="figure", content=_data_address(path, data["image/png"]), caption=caption)
    elif "text/plain" in data and not _OBJECT.fullmatch(data["text/plain"]):
        yield Block(kind="text", content=data["text/plain"])


def _data_address(path: Path, encoded: str) -> Markup:
    try:
        image = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ResultError(f"{path.name}: a figure is damaged. Run the notebook again.") from error
    if not image.startswith(_PNG):
        raise ResultError(f"{path.name}: a figure is not a PNG image. Run the notebook again.")
    return Markup("data:image/png;base64,{}").format(base64.b64encode(image).decode("ascii"))


def _take_title(path: Path, prose: Sequence[Tag]) -> str:
    for part in prose:
        if (title := part.find("h1")) is not None:
            return " ".join(title.extract().get_text().split())
    raise ResultError(f"{path.name}: has no title. Begin the notebook with a Markdown line '# Title'.")


def _number_headings(prose: Sequence[Tag], section: int) -> Iterator[Heading]:
    """Number the subsections and put every heading on its level: ``##`` is h3, the levels below are h4."""
    numbers = count(1)
    for tag in (tag for part in prose for tag in part.find_all(re.compile("^h[1-6]$"))):
        if tag.name in {"h1", "h2"}:
            position = next(numbers)
            number, title = f"{section}.{position}", " ".join(tag.get_text().split())
            tag.name, tag["id"] = "h3", f"section-{section}-{position}"
            tag.string = f"{number} {title}"
            yield Heading(number=number, title=title, anchor=str(tag["id"]))
        else:
            tag.name = "h4"


def _prose(part: Tag) -> Block:
    decorate_tables(part)
    return Block(kind="prose", content=show(part))


def _has_content(block: Block) -> bool:
    return bool(block.content.strip())
