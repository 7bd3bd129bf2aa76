"""One whole assessment of the shipped sample through the command line, and the same one again."""

import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from banks import PARAMS, ROOT, SAMPLE, assess
from bs4 import BeautifulSoup
from jsonschema import validate

from riskmodels.backtesting import backtests, track_record
from riskmodels.display import Exported
from riskmodels.forecasting.predictive import NormalPredictive
from riskmodels.leaks import scan
from riskmodels.manifests import verify_report
from riskmodels.parameters.models import load_models
from riskmodels.reporting.exports import SCHEMA
from riskmodels.results import load, load_all
from riskmodels.runner.validating import run_validation
from riskmodels.validation import validate_models
from riskmodels.validation.checks_of_effects import EFFECT_CHECKS

pytestmark = pytest.mark.whole

NAME = "2026Q3"
STEPS = [
    "10_data_quality", "20_service_risk", "30_complaint_forecast", "32_early_warning", "35_losses",
    "40_stress_test-complaint_surge", "40_stress_test-system_outage", "50_assessment", "52_causes", "55_effects", "60_policy_review",
]  # fmt: skip
PLANTED = {  # found without riskmodels.privacy, which is what hides them
    "phone": re.compile(r"138000\d{5}"),
    "e-mail": re.compile(r"customer\d{4}@example\.com"),
    "identity_card": re.compile(r"(?:110101|310101)\d{11}[\dX]"),
    "bank_card": re.compile(r"62000000\d{8}"),
}
IMAGE = re.compile(r"data:image/png;base64,[\w+/=]*|\"image/png\": \"[^\"]*\"")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return the folder of ``reports`` and ``store`` of one whole run."""
    folder = tmp_path_factory.mktemp("whole")
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "Report:" in done.stdout
    assert "IPKernelApp" not in done.stderr
    return folder


def run(folder: Path, **environment: str):
    places = ("--out", folder / "reports", "--store", folder / "store")
    return assess(PARAMS / "runs" / "quarterly.yaml", *places, **environment)


@pytest.fixture(scope="module")
def report(folder) -> Path:
    return folder / "reports" / NAME


@pytest.fixture(scope="module")
def page(report) -> BeautifulSoup:
    return BeautifulSoup((report / "report.html").read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def before(report) -> dict[str, str]:
    """Return the sha256 of what a run must give again."""
    return digests(report)


def digests(report: Path) -> dict[str, str]:
    whole = [report / name for name in ("report.html", "board.html", "assessment.json", "source.json")]
    paths = [
        *whole,
        *(p for part in ("params", "results", "tables") for p in (report / part).rglob("*") if p.is_file()),
    ]
    return {
        path.relative_to(report).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def test_the_folder_holds_everything_and_nothing_else(report):
    assert sorted(path.name for path in report.parent.iterdir()) == [f".{NAME}.lock", NAME]
    assert sorted(path.name for path in report.iterdir()) == [
        "assessment.json", "board.html", "manifest.json", "notebooks", "params", "report.html", "results", "source.json", "tables",
    ]  # fmt: skip
    assert sorted(path.stem for path in (report / "notebooks").iterdir()) == STEPS
    assert sorted(path.name for path in (report / "results").iterdir()) == [
        "alarms", "backtest", "causes", "comparison", "detail", "effects", "explanation", "findings", "funnel", "gaps", "incidents", "leads", "losses", "movements", "nowcast", "objectives", "orders", "outlook", "panel", "proposals", "quality", "review", "risks", "satisfaction_drivers", "satisfaction_index", "scorecard", "sensitivity", "stress-complaint_surge", "stress-system_outage", "tables", "typical_words", "unmatched", "weightings",
    ]  # fmt: skip


def test_the_first_page_of_the_board_paper_answers_what_a_board_asks(report):
    path = report / "board.html"
    paper = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    first = paper.find("section", class_="first").get_text(" ", strip=True)
    worst = "Lotus Brook Branch (B027): Complaint rate is an estimated 2.3 times that of its peers; 79% likely beyond red"
    for answer in (
        worst,
        "2,410 complaints",
        "3.38 million CNY",
        "worst plausible loss of a year",
        "12 decisions",
    ):
        assert answer in first
    assert len(paper.find_all("section", class_="page")) == 7
    assert (len(paper.find_all("dt")), len(paper.find("section").find_all("img"))) == (5, 3)
    assert path.stat().st_size < 1_000_000


def test_nothing_half_made_is_left(folder):
    hidden = [path.relative_to(folder).as_posix() for path in folder.rglob(".*")]
    assert hidden == [f"reports/.{NAME}.lock"]
    assert not [path for path in folder.rglob("*") if path.suffix in {".partial", ".part", ".tmp"}]


def test_the_manifest_names_every_result_by_its_digest(report, before):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == before
    assert manifest["settings"]["period"] == "2026Q3"
    for name, provenance in manifest["tables"].items():
        source = SAMPLE / f"{name}.parquet"
        assert provenance["files"] == {source.name: hashlib.sha256(source.read_bytes()).hexdigest()}


def test_every_notebook_is_a_section(page):
    titles = [heading.get_text(" ", strip=True) for heading in page.main.find_all("h2")]
    assert [title.split(" ")[0] for title in titles] == ["Management", *map(str, range(1, 12))]
    assert len({title.split(" ", 1)[1] for title in titles}) == 12
    assert len(page.find_all("li", class_="tile")) >= 5
    assert "; cause supported by data: " in page.find(id="summary").get_text(" ", strip=True)


@pytest.mark.parametrize("kind", ["Figure", "Table"])
def test_figures_and_tables_are_numbered_through(page, kind):
    captions = [caption.get_text(" ", strip=True) for caption in page.find_all("figcaption")]
    numbers = [int(found[1]) for caption in captions if (found := re.match(rf"{kind} (\d+)\s*\.", caption))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 5
    blocks = page.find_all("figure", class_=kind.lower())
    assert len(blocks) == len(numbers), f"a {kind.lower()} without a caption"


def test_the_report_shows_no_machine_and_no_failure(page, report):
    written = IMAGE.sub("", (report / "report.html").read_text(encoding="utf-8"))
    for word in (
        "Traceback",
        "/tmp/",
        "/home/",
        str(ROOT),
        str(Path.home()),
        str(report.parent),
        ".py",
    ):
        assert word not in written, word
    assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", page.get_text(" "))
    assert not re.search(r"\{\w*\}|<(?:Axes|Figure)", page.get_text(" ")), "a message that was not filled in"


def planted() -> dict[str, set[str]]:
    text = "\n".join(
        pd.read_parquet(SAMPLE / "complaints.parquet", columns=["narrative"])["narrative"].dropna()
    )
    return {kind: set(pattern.findall(text)) for kind, pattern in PLANTED.items()}


def texts(path: Path) -> Iterator[str]:
    """Return what a file says, found without the package: Parquet decoded, HTML unescaped, no images."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        yield "\n".join(map(str, frame.columns))
        for column in frame.select_dtypes(exclude=["number", "datetime", "bool"]):
            yield "\n".join(frame[column].dropna().astype(str).unique())
    else:
        yield html.unescape(IMAGE.sub("", path.read_bytes().decode("utf-8", errors="replace")))


@pytest.mark.slow
def test_personal_data_of_the_sample_is_nowhere(folder):
    stated = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["personal_data"]
    values = planted()
    assert {kind: len(found) > 0.9 * stated[kind] for kind, found in values.items()} == dict.fromkeys(
        stated, True
    )
    every = "|".join(sorted(set().union(*values.values()), key=len, reverse=True)).replace(".", r"\.")
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert {".parquet", ".ipynb", ".html", ".json"} <= {path.suffix for path in paths}
    found = {path.name for path in paths for text in texts(path) if re.search(every, text)}
    assert not found
    assert scan(paths, within=folder).table.empty
    masked = "\n".join(text for path in folder.rglob("accepted.parquet") for text in texts(path))
    assert all(f"[{kind.replace('_', ' ')}]" in masked for kind in PLANTED)


@pytest.mark.slow
def test_the_report_is_as_its_manifest_says(report):
    found = verify_report(report)
    assert found.is_whole, found.sentence


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_whatever_the_machine(folder, report, before):
    """Another order of sets, another clock and another language: last, because it replaces the report."""
    store = {path.name for path in (folder / "store").glob("*/*")}
    done = run(folder, PYTHONHASHSEED="7", TZ="Asia/Shanghai", LC_ALL="C", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert digests(report) == before
    assert {path.name for path in (folder / "store").glob("*/*")} == store
    assert sorted(path.name for path in report.parent.iterdir()) == [f".{NAME}.lock", NAME]


def test_the_assessment_as_json_keeps_its_schema_and_says_what_the_report_says(report):
    text = (report / "assessment.json").read_text(encoding="utf-8")
    content = json.loads(text)
    validate(content, json.loads(SCHEMA.read_text(encoding="utf-8")))
    findings = pd.read_parquet(report / "tables" / "findings.parquet")
    assert [finding["condition"] for finding in content["findings"]] == findings["condition"].tolist()
    supported = [finding["cause_status"] for finding in content["findings"]]
    assert supported == findings["cause_status"].tolist()
    assert "supported" in supported
    assert len(content["units"]) == 60
    assert content["forecast"][0]["period"] == "2026-10"
    assert {test["scenario"] for test in content["stress"]} == {"complaint_surge", "system_outage"}
    assert "NaN" not in text


def test_every_result_of_a_run_names_its_tables(report):
    results = load_all(report / "results", "*", object)
    assert len(results) == 33
    others = [type(result).__name__ for result in results if not isinstance(result, Exported)]
    assert others == ["Panel", "Listing"]  # whose figures are in the tables of others


def test_every_table_of_every_result_is_there_twice(report):
    kinds = (
        *("complaints", "indicators", "units_and_products", "customer_groups", "costs", "losses", "handling"),
        *("calls", "by_severity", "standards", "without_shock", "by_shock"),
    )
    stressed = {f"stress_{one}_{kind}" for one in ("complaint_surge", "system_outage") for kind in kinds}
    names = {path.stem for path in (report / "tables").glob("*.parquet")}
    assert names == {
        "alarms", "cause_months", "watch_rules", "objectives", "objective_courses", "objectives_unavailable",
        "cause_segments", "causes", "lead_lags", "leads", "leads_unavailable", "typical_words", "change_cells", "change_parts", "checked", "customer_gaps", "data_coverage", "data_quality", "data_rows", "effect_estimators", "effects", "findings", "findings_closed", "findings_history", "forecast", "forecast_changes", "incident_losses", "incident_moments", "incident_parts", "incident_satisfaction", "incident_scenarios", "incidents", "satisfaction_answering", "satisfaction_drivers", "satisfaction_index",
        "funnel", "orders", "risk_booked", "score_sensitivity", "unit_contributions", "watch_list", "weightings",
        "forecast_factors", "forecast_scores", "forecast_scores_by_horizon", "forecast_totals", "forecast_review", "forecast_surprise", "indicators",
        "indicators_by_product", "indicators_unavailable", "loss_contributions", "loss_intervals", "loss_severities",
        "losses", "nowcast", "proposals", "proposals_decided", "proposals_quarters", "policy_files", "risk_cells", "risk_controls", "risks", "score_movements",
        "score_movements_by_indicator", "scores", "stress_compared", "units", *stressed,
    }  # fmt: skip
    assert names == {path.stem for path in (report / "tables").glob("*.csv")}
    for name in names:
        frame = pd.read_parquet(report / "tables" / f"{name}.parquet")
        assert len(pd.read_csv(report / "tables" / f"{name}.csv", dtype="str")) == len(frame)


def test_the_manifest_says_with_which_code_versions_and_seeds(report):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["versions"]["pandas"] == pd.__version__
    assert set(manifest["seconds"]) == set(STEPS)
    assert len(manifest["code"]["sha256"]) == 64
    assert manifest["seeds"] == {
        "nowcast": 1, "losses": 1, "scorecard-values": 6, "scorecard-scores": 7, "sensitivity": 9,
        "findings-units": 50, "findings-outlook": 50, "review": 73, "alarms": 20, "objectives": 20, "backtest": 0, "orders": 20, "risks": 8, "causes": 0, "incidents": 0,
        "leads": 0, "typical_words": 0,
        "stress-complaint_surge": 40, "stress-system_outage": 40,
    }  # fmt: skip


def test_the_outlook_is_of_complete_months_and_has_been_tested(report, page):
    tables = report / "tables"
    nowcast = pd.read_parquet(tables / "nowcast.parquet").set_index("period")
    scores = pd.read_parquet(tables / "forecast_scores.parquet").set_index("method")
    last = nowcast.loc["2026-09"]
    assert 0.6 < last["completeness"] < 0.8  # about nine days until a complaint is logged
    months = json.loads((report / "assessment.json").read_text(encoding="utf-8"))["forecast"]
    assert months[0]["mean"] > last["reported"] * 1.2  # not a fall that only the delay makes
    assert months[0]["lower"] < last["nowcast"] < months[0]["upper"]
    assert scores["wql"].idxmin() == "auto"
    assert 0.9 < scores.loc["auto", "coverage_95"] <= 1
    text = " ".join(page.get_text(" ").split())
    assert f"2026-09 is {last['completeness']:.1%} complete" in text
    assert f"{last['completeness']:.0%} of those of 2026-09; the outlook allows for the others" in text
    assert "from what had been logged by then" in text
    headings = [heading.get_text(" ", strip=True) for heading in page.main.find_all("h3")]
    assert "3.3 What the outlook is made of" in headings
    assert "3.4 What has changed since a quarter before" in headings
    assert "3.5 Are the last months complete?" in headings
    assert "3.6 Last quarter's forecast against what came" in headings
    assert "3.7 How good the forecasts have been" in headings


def test_every_model_of_the_sample_is_validated_and_broken_ones_are_named(report, monkeypatch) -> None:
    models = load_models(PARAMS / "models.yaml")
    pack = run_validation(report, models=PARAMS / "models.yaml", day=date(2026, 11, 30), is_kept=False).pack
    assert pack.verdict == "limits"
    assert "unfit" not in set(pack.table["verdict"])
    assert set(pack.table.loc[pack.table["verdict"] == "unvalidated", "model"]) == {
        "forecast_of_weeks", "macro_sensitivity",
    }  # fmt: skip

    saved = {path.name: load(path, object) for path in (report / "results").glob("[!.]*")}
    outlook, losses, card = saved["outlook"], saved["losses"], saved["scorecard"]
    broken = {
        "backtest": halved_record(saved["tables"], saved["nowcast"], outlook.calendar, monkeypatch),
        "losses": replace(
            losses, intervals=losses.intervals.assign(value_at_risk=0.8 * losses.intervals["value_at_risk"])
        ),
        "scorecard": replace(
            card,
            indicators=card.indicators.assign(
                estimate=2 * card.indicators["own"] - card.indicators["estimate"]
            ),
        ),
    }
    others = tuple(one for one in models.models if one.id not in EFFECT_CHECKS)  # which read the tables alone
    models = models.model_copy(update={"models": others})
    pack = validate_models(models, saved | broken, day=date(2026, 11, 30))
    unfit = set(pack.table.loc[pack.table["verdict"] == "unfit", "model"])
    assert unfit == {"complaint_forecast", "aggregate_losses", "credibility"}
    assert pack.verdict == "unfit"
    for name in ("Forecast of complaints by month", "Losses of a year", "Credible rates of units"):
        assert name in pack.sentence


def halved_record(tables, nowcast, calendar, monkeypatch):
    """Backtest the forecast of the sample with intervals of half the width."""
    right = backtests.forecast_by

    def halved(*given, **more):
        return [
            replace(
                made,
                predictive=NormalPredictive(
                    mean=made.predictive.mean, deviation=np.sqrt(made.predictive.variance) / 2
                ),
            )
            if made.method == "auto"
            else made
            for made in right(*given, **more)
        ]

    monkeypatch.setattr(backtests, "forecast_by", halved)
    return track_record(
        tables.counted, by=["product"], last=NAME, nowcast=nowcast, method="auto", calendar=calendar
    )
