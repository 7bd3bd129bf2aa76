"""A bank whose every text is an attack, from its files to the report in a real browser."""

import re
from pathlib import Path

import pandas as pd
import pytest
from banks import PARAMS, small_tables, write_run, write_source
from browser import chromium, visit
from bs4 import BeautifulSoup
from ruamel.yaml import YAML

from riskmodels.errors import ParameterError
from riskmodels.results import load
from riskmodels.runner import change_settings, load_run, plan_assessment, run_assessment
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

RUN = "window.__pwned=1"
UNITS = {
    "B001": f"<script>{RUN}</script>",
    "B002": "../../../../etc/passwd",
    "B003": f"\"><img src=x onerror='{RUN}'>",
    "B004": "=cmd|' /C calc'!A0 'quoted' \"twice\"; DROP TABLE units; --",
}
PRODUCTS = {
    "credit_card": f"<svg onload={RUN}>$x$ {{{{7*7}}}} [red]bold[/red]",
    "current_account": f"</title></td></table><script>{RUN};alert(1)</script>",
}
NAMES = [
    f"[x](javascript:{RUN}) ![y](https://evil.test/y.png)",
    f"<a href='javascript:{RUN}' onmouseover='{RUN}'>click</a>",
    f"\u202eRTL {RUN}\u202c <iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "very long " + "𝒙中A" * 700,
]
CATEGORIES = [
    "<style>@import url(https://evil.test/s.css)</style>", "a\nb\r\nc", "$\\frac{x}{$", "%s {0} {x} {{x}}", "NULL", "nan",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'>", "'; DROP TABLE complaints; --", "../../x", "\\", "=1+1",
]  # fmt: skip
TITLE = f"</title></style><script>{RUN}</script> {{{{7*7}}}} {{% x %}} $x$ \u202eltr \"' & <b>run</b>"
POLICY = f"Policy <img src=x onerror={RUN}> [x](javascript:{RUN})"
INDICATOR = f"Timely <script>{RUN}</script> $\\alpha$ {{0}}"
SCENARIO = f"Surge </h2><script>{RUN}</script> **bold** `code` {{surge}}"
COLUMN = f"narrative\"; DROP TABLE raw; --<script>{RUN}</script>'{{}}%"
REGION = f"<base href=https://evil.test/><object data='javascript:{RUN}'></object>"


def hostile_tables() -> dict[str, pd.DataFrame]:
    """Return the small bank with an attack in every column of text."""
    tables = small_tables()
    for frame in tables.values():
        frame["unit_id"] = frame["unit_id"].map(UNITS)
        if "product" in frame:
            frame["product"] = frame["product"].map(PRODUCTS).fillna(PRODUCTS["credit_card"])
        for column in {"channel", "customer_group"} & set(frame):
            frame[column] = [CATEGORIES[place % len(CATEGORIES)] for place in range(len(frame))]
    units, complaints = tables["units"], tables["complaints"]
    units["name_en"], units["name_zh"], units["region_id"], units["kind"] = (
        NAMES,
        NAMES,
        REGION,
        "<b>branch</b>",
    )
    complaints["category"] = [CATEGORIES[place % len(CATEGORIES)] for place in range(len(complaints))]
    complaints["narrative"] = [NAMES[place % len(NAMES)] * (place % 3) for place in range(len(complaints))]
    complaints["received_at"] = complaints["received_at"].astype("str")
    complaints.loc[complaints.index[::50], "received_at"] = f"<script>{RUN}</script>"  # rejected, and listed
    return tables


def edited(path: Path, target: Path, **changes: object) -> str:
    """Write a copy of a parameter file with some of its top-level values changed."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(path.read_text(encoding="utf-8")) | changes
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)
    return str(target)


def write_bank(folder: Path) -> Path:
    """Write the hostile bank with a hostile policy, scenario and mapping; return its run file."""
    tables = hostile_tables()
    source = write_source(folder, tables, title=TITLE)
    content = YAML(typ="safe", pure=True).load(source.read_text(encoding="utf-8"))
    tables["complaints"] = tables["complaints"].rename(columns={"narrative": COLUMN})
    content["tables"]["complaints"]["columns"]["narrative"] = {"column": COLUMN}
    write_source(folder, tables, **{key: content[key] for key in ("title", "tables")})
    shipped = PARAMS / "policy" / "2000-01-01.yaml"
    indicators = YAML(typ="safe", pure=True).load(shipped.read_text(encoding="utf-8"))["indicators"]
    named = [indicator | {"name_en": INDICATOR, "limits_set_by": INDICATOR} for indicator in indicators]
    edited(shipped, folder / "policy" / shipped.name, title_en=POLICY, approval=POLICY, indicators=named)
    surge = PARAMS / "scenarios" / "complaint_surge.yaml"
    scenario = edited(surge, folder / "surge.yaml", name_en=SCENARIO, description_en=SCENARIO)
    choice = {"file": scenario, "severity": "severe"}
    return write_run(folder, title=TITLE, policies="policy", scenarios=[choice])


@pytest.fixture(scope="module", params=[pytest.param("hostile", marks=pytest.mark.slow)])
def report(tmp_path_factory, kernels) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    plan = plan_assessment(load_run(write_bank(folder / "bank")), reports=folder / "reports")
    run_assessment(plan, store=folder / "store", progress=lambda *_: None, kernels=kernels)
    return plan.folder / "report.html"


@pytest.fixture(scope="module")
def page(report) -> BeautifulSoup:
    return BeautifulSoup(report.read_text(encoding="utf-8"), "html.parser")


def shown(text: str) -> str:
    return " ".join(text.split())


def test_nothing_in_it_runs_or_asks_for_anything(report):
    ask = {
        "elements": "document.querySelectorAll('script,iframe,object,embed,svg,form,base,link,input').length",
        "handlers": "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a =>"
        " /^on|javascript:/i.test(a.name + a.value))).length",
        "styled": "getComputedStyle(document.querySelector('.cover')).borderTopWidth",
        "narrow": "document.documentElement.scrollWidth <= window.innerWidth",
    }
    with chromium() as browser:
        seen = visit(browser, report, ask=ask)
    assert not seen.script_ran
    assert (seen.dialogs, seen.messages) == ((), ())
    assert {url for url in seen.requests if not url.startswith("data:image/png")} == {report.as_uri()}
    assert seen.answers == {"elements": 0, "handlers": 0, "styled": "6px", "narrow": True}


def test_the_board_paper_is_as_inert(report):
    board = report.with_name("board.html")
    ask = {"narrow": "document.documentElement.scrollWidth <= window.innerWidth"}
    with chromium() as browser:
        seen = visit(browser, board, ask=ask)
    assert not seen.script_ran
    assert (seen.dialogs, seen.messages, seen.answers) == ((), (), {"narrow": True})
    assert {url for url in seen.requests if not url.startswith("data:image/png")} == {board.as_uri()}


@pytest.mark.parametrize(
    "text", [*UNITS.values(), *PRODUCTS.values(), TITLE, POLICY, INDICATOR, SCENARIO, *NAMES[:3]]
)
def test_the_texts_are_shown_as_the_texts_they_are(page, text):
    assert shown(text) in shown(page.body.get_text(" "))


def test_a_very_long_name_is_shown(page):
    assert "𝒙中A" * 100 in page.body.get_text()


def test_the_title_of_the_window_is_the_title_of_the_run(page):
    assert page.title.get_text() == TITLE


def test_every_section_and_figure_is_there(page):
    assert len(page.main.find_all("h2")) == 11
    assert len(page.find_all("img")) == 26
    assert "Traceback" not in page.get_text()
    groups = [
        cell for cell in page.find_all("td") if cell.get_text() == "nan"
    ]  # a customer group and a channel of this bank
    assert len(re.findall(r"\bnan\b", page.get_text())) == len(groups)
    assert all(
        cell.find_previous_sibling("td").get_text().startswith(("Timely", "customer group", "channel"))
        for cell in groups
    )


def test_the_data_is_taken_in_as_it_is(report):
    tables = load(report.parent / "results" / "tables", Tables)
    complaints = tables.require("complaints")
    frame = complaints.frame()
    assert set(frame["unit_id"]) == set(UNITS.values())
    assert set(frame["product"]) == set(PRODUCTS.values())
    assert {"NULL", "nan", "=1+1", "\\", "a\nb\r\nc"} <= set(frame["category"])
    assert complaints.provenance.rows_rejected == len(complaints.rejected) > 0
    assert complaints.rejected["rule"].str.contains("received_at is no timestamp").all()


def test_nothing_is_written_outside_of_its_folders(report):
    folder = report.parents[2]
    assert sorted(path.name for path in folder.iterdir()) == ["bank", "reports", "store"]
    assert sorted(path.name for path in report.parents[1].iterdir()) == [".small-2026Q3.lock", "small-2026Q3"]
    assert {path.name for path in (folder / "store").iterdir()} == {
        "units",
        "complaints",
        "exposure",
        "surveys",
        "deliveries",
    }


# ---- paths that are none ----------------------------------------------------------------------------

PATHS = (
    "../../x",
    "2026Q3/../..",
    "/tmp/x",
    "..",
    ".",
    "2026Q3\x00",
    "2026Q3\n",
    "~",
    "C:\\x",
    "2026Q3/",
    "%2e%2e%2f",
)


@pytest.mark.parametrize("field", ["period", "name"])
@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_no_period_and_no_name_of_a_report(tmp_path, field, path):
    (tmp_path / "bank").mkdir()
    run = write_run(tmp_path / "bank", **{field: path})
    with pytest.raises(ParameterError, match=rf"{field}: is .*; expected "):
        load_run(run)
    settings = load_run(write_run(tmp_path / "bank"))
    with pytest.raises(ParameterError, match=rf"{field}: is .*; expected "):
        change_settings(settings, **{field: path})
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["bank", "run.yaml"]


@pytest.mark.parametrize("name", ["../../x", "a/b", "<script>"])
def test_the_id_of_a_scenario_is_no_path_either(tmp_path, name):
    write_source(tmp_path, small_tables())
    path = edited(PARAMS / "scenarios" / "complaint_surge.yaml", tmp_path / "surge.yaml", id=name)
    run = write_run(tmp_path, scenarios=[{"file": path, "severity": "severe"}])
    with pytest.raises(ParameterError, match=r"id: is .*; expected small letters"):
        plan_assessment(load_run(run), reports=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
