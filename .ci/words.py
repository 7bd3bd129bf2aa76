"""Gather the texts of the program in a catalogue, riskmodels/locale/riskmodels.pot, or print it (--print).

They are what ``label``, ``marked``, ``plural``, ``counted`` and ``Said`` are given, what stands at either end of a listing's dicts (its headings),
the units of indicators, and what the templates, the notebooks' Markdown cells and their captions say. A language is ``msginit`` or a copy of it, named <language>.po.
"""

import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[1]
POT = ROOT / "riskmodels" / "locale" / "riskmodels.pot"
GIVEN = {
    "label": (0, 1),
    "marked": (0, 1),
    "plural": (1, 3),
    "counted": (1, 3),
    "Said": (0, 1),
}  # which arguments are texts


def texts_of(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)


def of_module(path: Path) -> Iterator[str]:
    """Yield the texts of a module."""
    listing = path.parent.name == "listings"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in GIVEN
            and node.args
        ):
            for argument in node.args[slice(*GIVEN[node.func.id])]:
                yield from texts_of(argument)
        if isinstance(node, ast.Dict) and listing:
            ends = [text for end in (*node.keys, *node.values) if end is not None for text in texts_of(end)]
            yield from (text for text in ends if text[:1].isupper() or " " in text)
        if isinstance(node, ast.Call) and path.parent.name == "catalogue":
            yield from (text for key in node.keywords if key.arg == "unit" for text in texts_of(key.value))


def of_notebook(path: Path) -> Iterator[str]:
    """Yield the Markdown cells that the report shows, and the captions."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and "report-skip" not in cell["metadata"].get("tags", []):
            yield "".join(cell["source"])
        yield from map(str.strip, cell["metadata"].get("caption", "").split("|"))


def of_template(path: Path) -> Iterator[str]:
    """Yield the texts of a template."""
    with path.open("rb") as file:
        yield from (
            message for _, _, message, _ in babel_extract(file, ("_",), (), {}) if isinstance(message, str)
        )


def catalogue() -> str:
    """Return the catalogue's text, its messages in order."""
    found = Catalog(charset="utf-8")
    for pattern, texts in (
        ("riskmodels/**/*.py", of_module),
        ("notebooks/*.ipynb", of_notebook),
        ("riskmodels/**/*.j2", of_template),
    ):
        for path in sorted(ROOT.glob(pattern)):
            for text in filter(None, texts(path)):
                found.add(text)
    written = io.BytesIO()
    write_po(written, found, sort_output=True, omit_header=True, width=0)
    return written.getvalue().decode("utf-8")


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(catalogue())
    else:
        POT.parent.mkdir(exist_ok=True)
        POT.write_text(catalogue(), encoding="utf-8")
