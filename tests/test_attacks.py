"""Every text that attacks, through every output: shown as the text it is, and nothing of it works."""

import csv
import io
import json
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import openpyxl
import pandas as pd
import pytest
from attacks import ATTACKS, EVERY, PERSONAL, RUN, SECRETS
from browser import chromium, visit
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rich.console import Console
from ruamel.yaml import YAML
from small_bank import make_card

from riskmodels.cli import terminal
from riskmodels.display import Listing
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.parameters.scenarios import Scenario
from riskmodels.privacy import mask_personal_data
from riskmodels.reporting.document import FrontMatter, KeyFigure, SummaryItem, write_report
from riskmodels.reporting.exports import records_of, write_csv
from riskmodels.reporting.plots import plot_scorecard
from riskmodels.results import load, save
from riskmodels.runner.settings import RunSettings
from riskmodels.sources import Source, ingest
from riskmodels.sources.drafts import draft_source

pytestmark = pytest.mark.slow

Texts = Sequence[str]
Output = Callable[[Texts, Path], None]

# What no output for people may hold: controls but for the end of a line and the tab, and signs of direction.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
TABLE = {"p", "table", "thead", "tbody", "tr", "th", "td"}
ACTIVE = "script, iframe, object, embed, svg, math, form, base, link, meta[http-equiv=refresh], input, img, video, body *[style]"


def frame_of(texts: Texts) -> pd.DataFrame:
    """Return a table with each text in a cell, a code, a category and the name of a column."""
    frame = pd.DataFrame(
        {"Unit": list(texts), "Kind": pd.Categorical(list(texts)), "Count": range(len(texts))}
    )
    return pd.concat([frame, pd.DataFrame([range(len(texts))] * len(texts), columns=list(texts))], axis=1)


def printed(texts: Texts) -> str:
    """Return what the terminal gets: a table, a sentence, a title and an error."""
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        inner = Console(
            file=stream, force_terminal=False, width=400, markup=False, emoji=False, highlight=False
        )
        patch.setattr(terminal, "console", inner)
        for text in texts:
            terminal.print_table(text, pd.DataFrame({text: [text]}))
        place, files = Path("reports/x"), dict.fromkeys(texts, texts[0])
        terminal.print_plan(
            SimpleNamespace(
                folder=place,
                previous=place,
                settings=SimpleNamespace(ledger=place),
                policy_valid_from="2026-01-01",
                files=files,
                steps=list(texts),
                unmatched=pd.DataFrame(),
            )
        )
    return stream.getvalue()


def folded(text: str) -> str:
    """Leave out what a page or a terminal may lay out otherwise."""
    return re.sub(r"\\[nrt]|[\s\ufffd?]", "", CONTROLS.sub("", text))


# ---- outputs -------------------------------------------------------------------------------------------


def as_html_of_a_cell(texts: Texts, _: Path) -> None:
    html = Listing(sentence=texts[0], frame=frame_of(texts))._repr_html_()
    page = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in page.find_all()} <= TABLE
    assert {name for tag in page.find_all() for name in tag.attrs} <= {"class", "border", "style"}
    assert {tag.get("style", "") for tag in page.find_all()} <= {"", "text-align: unset;"}
    shown = folded(page.get_text())
    assert all(folded(text) in shown for text in texts)


def as_report(texts: Texts, folder: Path) -> None:
    page = BeautifulSoup(report(texts, folder).read_text("utf-8"), "html.parser")
    assert not page.select(ACTIVE)
    assert not [tag for tag in page.find_all("a") if not tag.get("href", "#").startswith("#")]
    assert not [name for tag in page.find_all() for name in tag.attrs if name.startswith("on")]
    cells = {folded(cell.get_text()) for cell in page.find_all("td")}
    assert {folded(mask_personal_data(text)) for text in texts} <= cells


def as_csv(texts: Texts, folder: Path) -> None:
    write_csv(frame_of(texts), folder / "t.csv")
    content = (folder / "t.csv").read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert {len(row) for row in rows} == {frame_of(texts).shape[1]}
    given = [
        re.sub(r"\r(?!\n)", "\n", text) for text in texts
    ]  # a return alone would end a row for some programs
    assert [row[0].replace("'", "") for row in rows[1:]] == [text.replace("'", "") for text in given]
    for value in (value for row in rows for value in row if not value.isdigit()):
        for line in value.splitlines():
            seen = [sign for sign in line if unicodedata.category(sign)[0] not in "CZM" and sign != "\u3164"]
            assert unicodedata.normalize("NFKC", "".join(seen))[:1] not in {"=", "+", "-", "@"}, ascii(value)


def as_json(texts: Texts, _: Path) -> None:
    text = json.dumps(records_of(frame_of(texts)), ensure_ascii=False, allow_nan=False)
    assert [row["Unit"] for row in json.loads(text)] == list(texts)
    assert not re.search(r"[\x00-\x1f]", text)


def as_result(texts: Texts, folder: Path) -> None:
    save(Listing(sentence="\n".join(texts), frame=frame_of(texts)), folder / "result")
    assert {path.name for path in (folder / "result").iterdir()} == {"result.json", "result.frame.parquet"}
    read = load(folder / "result", Listing)
    assert read.sentence == mask_personal_data("\n".join(texts))
    assert [text for text, given in zip(read.frame["Unit"], texts, strict=True) if given not in PERSONAL] == [
        given for given in texts if given not in PERSONAL
    ]
    for path in (folder / "result").iterdir():
        assert not [secret for secret in SECRETS if secret.encode() in path.read_bytes()]


def as_terminal(texts: Texts, _: Path) -> None:
    shown = printed(texts)
    assert not CONTROLS.search(shown), [ascii(one) for one in CONTROLS.findall(shown)]
    assert not [secret for secret in SECRETS if secret in shown]
    assert all(folded(mask_personal_data(text)) in folded(shown) for text in texts)


def as_error(texts: Texts, _: Path) -> None:
    for text in texts:
        stream = io.StringIO()
        with redirect_stderr(stream), pytest.raises(SystemExit) as end:
            terminal.end_with(ParameterError(f"there is no unit '{text}'"))
        assert end.value.code == ParameterError.exit_status
        assert not CONTROLS.search(stream.getvalue()), ascii(stream.getvalue())
        assert not [secret for secret in SECRETS if secret in stream.getvalue()]


def as_draft(texts: Texts, folder: Path) -> None:
    """Texts are columns, cells and the sheet of a file that nobody described."""
    names = [text for text in dict.fromkeys(text.replace("\0", "").strip() for text in texts) if text]
    frame = pd.DataFrame([[*names, "c1", "2024-03-01"]] * 3, columns=[*names, "complaint_id", "received_at"])
    (folder / "in").mkdir()
    frame.to_csv(folder / "in" / "file.csv", index=False)
    draft = draft_source(folder / "in" / "file.csv", target=folder / "source.yaml")
    content = YAML(typ="safe", pure=True).load(draft.text)
    assert set(content) <= {"id", "title", "country", "timezone", "as_of", "tables"}
    assert list(content["tables"]) == [draft.table]
    used = [made.get("column") for made in content["tables"][draft.table]["columns"].values()]
    assert {name for name in used if name} <= {*frame.columns, "#row"}
    assert not CONTROLS.search(draft.text)
    assert not [secret for secret in SECRETS if secret in draft.text]


def as_rows(texts: Texts, folder: Path) -> None:
    """Texts are codes, free text and a name of a column of a source, which is taken in as it is."""
    complaints = pd.DataFrame(
        {"complaint_id": [f"c{place}" for place in range(len(texts))], "received_at": "2024-03-01", "unit_id": list(texts),
         "product": list(texts), "category": list(texts), "narrative": list(texts)}
    )  # fmt: skip
    (folder / "in").mkdir()
    complaints.to_parquet(folder / "in" / "complaints.parquet")
    source = {
        "id": "hostile", "title": texts[0], "country": "CN", "as_of": "2024-12-31",
        "tables": {"complaints": {"file": "in/complaints.parquet", "format": "parquet",
                                  "columns": {name: {"column": name} for name in complaints}}},
    }  # fmt: skip
    (folder / "source.yaml").write_text(json.dumps(source), encoding="utf-8")
    tables = ingest(folder / "source.yaml", store=folder / "store")
    table = tables.require("complaints")
    assert table.provenance.rows_accepted + table.provenance.rows_rejected == len(texts)
    assert {path.name for path in folder.iterdir()} == {"in", "source.yaml", "store"}
    written = b"".join(path.read_bytes() for path in (folder / "store").rglob("*") if path.is_file())
    assert not [secret for secret in SECRETS if secret.encode() in written]
    assert set(table.frame()["narrative"].dropna()) <= {mask_personal_data(text) for text in texts} | set(
        texts
    )


def as_sheet(texts: Texts, folder: Path) -> None:
    """Texts are cells and headings of a workbook; those that may be are names of sheets."""
    book = openpyxl.Workbook()
    clean = [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text) for text in texts]
    for text in clean[:5]:
        name = re.sub(r"[\\/*?:\[\]]", "", text)[:31].strip("'")
        sheet = book.create_sheet(name or "x")
        for row in (["complaint_id", "received_at", "narrative"], ["c1", "2024-03-01", "x"]):
            sheet.append(row)
        sheet["C2"].value, sheet["C2"].data_type = text, "s"
    del book["Sheet"]
    book.save(folder / "b.xlsx")
    for name in book.sheetnames:
        draft = draft_source(folder / "b.xlsx", target=folder / "source.yaml", sheet=name)
        table = YAML(typ="safe", pure=True).load(draft.text)["tables"][draft.table]
        assert table["sheet"] in {name, mask_personal_data(name)}
        assert not CONTROLS.search(draft.text)


def as_file(texts: Texts, folder: Path) -> None:
    """Texts are names of files of a source, as far as a system lets a file be called so."""
    complaints = pd.DataFrame(
        {"complaint_id": ["c1"], "received_at": ["2024-03-01"], "unit_id": "B1", "product": "x"}
    )
    for place, text in enumerate(texts[:: len(texts) // 4]):
        name = f"{text}.csv".replace("/", "_").replace("\0", "_")
        if len(name.encode()) > 255:
            continue
        file = folder / "in" / str(place) / name
        file.parent.mkdir(parents=True)
        complaints.to_csv(file, index=False)
        draft = draft_source(file, target=folder / "source.yaml")
        content = YAML(typ="safe", pure=True).load(draft.text)
        assert re.fullmatch(r"[a-z][a-z0-9_]{,99}", content["id"])
        assert not [secret for secret in SECRETS if secret in draft.text]
        assert not CONTROLS.search(draft.text)
        assert {path.name for path in folder.iterdir()} == {"in"}


def as_picture(texts: Texts, _: Path) -> None:
    card = make_card(
        units=[{"unit_id": text, "name": text, "rank": place} for place, text in enumerate(texts[:20])]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a sign that the font lacks is drawn as a box
        axes = plot_scorecard(card)
        axes.figure.canvas.draw()
    plt.close(axes.figure)


OUTPUTS: dict[str, Output] = {
    "html of a cell": as_html_of_a_cell,
    "report": as_report,
    "csv": as_csv,
    "json": as_json,
    "result": as_result,
    "terminal": as_terminal,
    "error": as_error,
    "draft": as_draft,
    "rows": as_rows,
    "sheet": as_sheet,
    "file": as_file,
    "picture": as_picture,
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", ATTACKS)
def test_every_text_is_inert_in_every_output(kind, output, tmp_path):
    OUTPUTS[output](ATTACKS[kind], tmp_path)


# ---- the report, in a real browser ---------------------------------------------------------------------------


def report(texts: Texts, folder: Path) -> Path:
    """Write a report with each text in every place that takes one: cells, prose, captions, titles and figures."""
    table = {"text/html": Listing(sentence=texts[0], frame=frame_of(texts))._repr_html_()}
    raw = {"text/html": "\n".join(texts), "text/plain": "\n".join(texts)}
    cells = [
        new_markdown_cell("# Title\n\n" + "\n\n".join(texts)),
        new_code_cell(
            "x",
            execution_count=1,
            outputs=[new_output("display_data", data=table)],
            metadata={"caption": "Texts"},
        ),
        new_code_cell("x", execution_count=1, outputs=[new_output("display_data", data=raw)]),
    ]
    (folder / "one.ipynb").write_text(json.dumps(new_notebook(cells=cells)), encoding="utf-8")
    front = FrontMatter(
        title=texts[0],
        subtitle=texts[-1],
        period="2026Q3",
        as_of="2026-10-08",
        facts=tuple((text, text) for text in texts),
        key_figures=tuple(KeyFigure(label=text, value=text, rating="amber") for text in texts[:3]),
        summary=tuple(SummaryItem(severity="red", sentence=text) for text in texts),
    )
    return write_report([folder / "one.ipynb"], folder / "report.html", front=front)


def test_no_text_does_anything_in_a_browser(tmp_path):
    path = report(EVERY, tmp_path)
    ask = {
        "elements": f"document.querySelectorAll(`{ACTIVE}`).length",
        "handlers": "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a =>"
        " /^on|javascript:/i.test(a.name + a.value))).length",
    }
    with chromium() as browser:
        seen = visit(browser, path, ask=ask)
    assert not seen.script_ran
    assert (seen.dialogs, seen.messages) == ((), ())
    assert set(seen.requests) == {path.as_uri()}
    assert seen.answers == {"elements": 0, "handlers": 0}
    assert RUN in path.read_text("utf-8")  # as text
    assert not [secret for secret in SECRETS if secret in path.read_text("utf-8")]


# ---- what becomes a path is an identifier -----------------------------------------------------------------------

PARAMS = Path(__file__).parents[1] / "params"
NAMED = {
    "id of a scenario": (Scenario, ("id",), "scenarios/complaint_surge.yaml"),
    "id of a source": (Source, ("id",), "sources/sample.yaml"),
    "name of a run": (RunSettings, ("name",), "runs/quarterly.yaml"),
    "period of a run": (RunSettings, ("period",), "runs/quarterly.yaml"),
    "id of a risk": (RiskRegister, ("risks", 0, "id"), "risks.yaml"),
    "id of an indicator": (Policy, ("indicators", 0, "id"), "policy/2000-01-01.yaml"),
}


@pytest.mark.parametrize("place", NAMED)
def test_no_text_is_taken_for_a_name_that_becomes_a_path(place):
    model, at, file = NAMED[place]
    content = YAML(typ="safe", pure=True).load((PARAMS / file).read_text("utf-8"))
    content["risks"] = content.get("risks", [])[:1] if "id of a risk" in place else content.get("risks")
    content = {name: value for name, value in content.items() if value is not None}
    holder = content
    for step in at[:-1]:
        holder = holder[step]
    for text in EVERY:
        if re.fullmatch(r"[a-z][a-z0-9_]{,99}", text) and at[-1] != "period":
            continue  # an identifier, such as "nan"
        holder[at[-1]] = text
        with pytest.raises(ParameterError, match=rf"{at[-1]}: is .*; expected ") as error:
            check_parameters(content, model, where="the file")
        assert not [secret for secret in SECRETS if secret in str(error.value)]
