"""Gather the texts of the program in a catalogue, riskmodels/locale/riskmodels.pot, and in every language's.

``--print`` prints the catalogue; ``--check`` prints what is wrong with it and with the translations. Texts
are what ``label``, ``marked``, ``plural``, ``counted`` and ``Said`` are given, what stands at either end of a listing's dicts (its headings),
the units of indicators, the codes of the sample, its policy and its risks, and what the templates, the notebooks' Markdown cells and their captions say. A language is a copy of it, named <language>.po: a text that is new stands in it
with nothing beside it, one that is gone is taken out, and nothing is guessed.
"""

import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import duckdb
import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from riskmodels.tables import CONTRACTS

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "riskmodels" / "locale"
POT = LOCALE / "riskmodels.pot"
HEAD = r"""msgid ""
msgstr ""
"Language: {}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
GIVEN = {
    "label": (0, 1),
    "marked": (0, 1),
    "plural": (1, 3),
    "counted": (1, 3),
    "Said": (0, 1),
}  # which arguments are texts

CODES = frozenset(["category", "channel", "customer_group", "event_type", "kind", "measure", "product"]) | {
    "region_id",
    "series",
    "severity",
    "team",
}  # columns of codes that are named in reports

PLAIN = frozenset(  # what results call levels, weights and drivers
    [
        "ahp",
        "all_other",
        "area",
        "bank",
        "days_to_resolve",
        "entropy",
        "equal",
        "not_upheld",
        "outcome",
        "total",
    ]
) | {"unknown", "upheld", "waiting_hours"}

# What may stand in a translation as it stands in English: in backticks, in a path or an identifier, a
# figure, the name of a method, a format or a measure.
CODE = re.compile(
    r"```.*?```|`[^`]*`|\{[^{}]*\}|https?://\S+|[\w.-]*[_/=][\w./=-]*|--[\w-]+|[A-Za-z]+\d\w*", re.DOTALL
)
WORD = re.compile(r"[A-Za-z]{2,}")
AS_IT_IS = frozenset(
    [
        "AHP",
        "AUC",
        "Brier",
        "Cox",
        "CNY",
        "CFPB",
        "CSV",
        "MASE",
        "CFPB",
        "PSI",
        "Sobol",
        "Spearman",
        "recode",
        "riskmodels",
        "watch",
    ]
)
SIGN = "[\u4e00-\u9fff。，、；：？！（）“”《》]"  # of a text set without blanks, with wide marks
NARROW = re.compile(rf"{SIGN} (?=[\w{{])|(?<=[\w}}%]) {SIGN}|[一-鿿][,;:?!()]|[,;:?!(][一-鿿]")


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
        if isinstance(node, ast.List | ast.Subscript) and listing:
            held = node.elts if isinstance(node, ast.List) else [node.slice]
            yield from (text for one in held for text in texts_of(one) if text[:1].isupper())
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


def of_codes() -> Iterator[str]:
    """Yield the codes of the sample, of its policy and of its risks, as ``plain_label`` names them."""
    tables = {
        path.stem: duckdb.read_parquet(str(path)) for path in (ROOT / "data" / "sample").glob("*.parquet")
    }
    codes = {one for table in CONTRACTS.values() for column in table.columns for one in column.domain}
    for table in tables.values():
        for column in CODES.intersection(table.columns):
            codes |= {str(code) for (code,) in table.select(column).distinct().fetchall() if code}
    policy = yaml.safe_load(next((ROOT / "params" / "policy").glob("*.yaml")).read_text("utf-8"))
    risks = yaml.safe_load((ROOT / "params" / "risks.yaml").read_text("utf-8"))
    codes |= {one["id"] for one in policy["indicators"]} | {one["category"] for one in risks["risks"]}
    codes |= {one.removesuffix("_id") for one in CODES - {"series"}} | PLAIN
    yield from (code.replace("_", " ") for code in sorted(codes))
    yield from (one[text] for one in policy["indicators"] for text in ("standard", "source", "limits_set_by"))
    yield from (whom for rule in policy["watch"] for whom in rule.get("told", ()))
    models = yaml.safe_load((ROOT / "params" / "models.yaml").read_text("utf-8"))["models"]
    yield from (text for one in models for text in (one["purpose"], *one["assumptions"], *one["limits"]))
    yield yaml.safe_load((ROOT / "params" / "runs" / "quarterly.yaml").read_text("utf-8"))["title"]


def catalogue() -> Catalog:
    """Return the program's texts."""
    found = Catalog(charset="utf-8")
    for pattern, texts in (
        ("riskmodels/**/*.py", of_module),
        ("notebooks/*.ipynb", of_notebook),
        ("riskmodels/**/*.j2", of_template),
    ):
        for path in sorted(ROOT.glob(pattern)):
            for text in filter(None, texts(path)):
                found.add(text)
    for text in of_codes():
        found.add(text)
    return found


def written(messages: Catalog) -> str:
    """Return a catalogue as text, its messages in order."""
    file = io.BytesIO()
    write_po(file, messages, sort_output=True, omit_header=True, ignore_obsolete=True, width=0)
    return file.getvalue().decode("utf-8")


def read(file: Path) -> Catalog:
    """Return the catalogue of a language."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.stem, charset="utf-8")


def updated(file: Path, texts: Catalog) -> str:
    """Return the catalogue of a language with the texts that there are now."""
    messages = read(file)
    messages.update(texts, no_fuzzy_matching=True)
    return HEAD.format(file.stem) + written(messages)


def figures(text: str) -> set[tuple[str, str, str]]:
    """Return the figures of a text, each with its format; of one whose braces are only braces, none."""
    try:
        return {(name, form or "", how or "") for _, name, form, how in Formatter().parse(text) if name}
    except ValueError:
        return set()


def fault(text: str, said: str) -> str:
    """Say what is wrong with a translation, if anything is."""
    if not said:
        return "not translated"
    if figures(text) != figures(said):
        return f"has other figures: {said!r}"
    if strange := [word for word in WORD.findall(CODE.sub("0", said)) if word not in AS_IT_IS]:
        return f"has words left in English: {', '.join(strange)}"
    return (
        f"has a blank or a narrow mark beside a sign: {said!r}" if NARROW.search(CODE.sub("0", said)) else ""
    )


def faults(texts: Catalog) -> Iterator[str]:
    """Yield what is wrong with the catalogue and with its translations, a line each."""
    if POT.read_text("utf-8") != written(texts):
        yield f"{POT.name} is not that of the program: make words"
    wanted = {message.id for message in texts if message.id}
    for file in sorted(LOCALE.glob("*.po")):
        said = {str(message.id): message for message in read(file) if message.id}
        yield from (f"{file.name}: {text!r} is no text any more: make words" for text in said.keys() - wanted)
        for text in sorted(wanted):
            message = said.get(text)
            wrong = fault(text, str(message.string) if message else "")
            if wrong or (message and message.fuzzy):
                yield f"{file.name}: {text!r} {wrong or 'is fuzzy'}"


if __name__ == "__main__":
    texts = catalogue()
    if "--print" in sys.argv:
        sys.stdout.write(written(texts))
    elif "--check" in sys.argv:
        found = list(faults(texts))
        sys.exit("\n".join(found) or None)
    else:
        LOCALE.mkdir(exist_ok=True)
        POT.write_text(written(texts), encoding="utf-8")
        for file in LOCALE.glob("*.po"):
            file.write_text(updated(file, texts), encoding="utf-8")
