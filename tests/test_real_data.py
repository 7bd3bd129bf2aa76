"""A real bank's complaints through the command line: what the source lacks is said and never made up."""

import re
from pathlib import Path

import pandas as pd
import pytest
from banks import PARAMS, assess
from bs4 import BeautifulSoup

from riskmodels.assessment import Findings
from riskmodels.results import load
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import Tables

FILE, PERIOD = "cfpb/bank_of_america_2017_2021.parquet", "2021Q3"
NUMBER = re.compile(r"\d")


@pytest.fixture(scope="module")
def complaints(shared_data) -> pd.DataFrame:
    frame = pd.read_parquet(shared_data(FILE))
    frame["quarter"] = pd.PeriodIndex(frame["Date submitted"], freq="Q").astype(
        str
    )  # the official "received"
    return frame


@pytest.fixture(scope="module")
def report(shared_data, tmp_path_factory) -> Path:
    """Return the folder of one whole assessment."""
    folder = tmp_path_factory.mktemp("real")
    done = assess(
        *("--source", PARAMS / "sources" / "cfpb_bank_of_america.yaml"),
        *("--file", f"complaints={shared_data(FILE)}"),
        *("--period", PERIOD, "--name", "bank_of_america"),
        *("--out", folder / "reports", "--store", folder / "store"),
    )
    assert done.returncode == 0, done.stderr
    return folder / "reports" / f"bank_of_america-{PERIOD}"


@pytest.fixture(scope="module")
def page(report) -> BeautifulSoup:
    return BeautifulSoup((report / "report.html").read_text(encoding="utf-8"), "html.parser")


def section(page: BeautifulSoup, title: str) -> list[str]:
    """Return the text of every table row below a heading, up to the next heading."""
    heading = page.find(["h2", "h3"], string=re.compile(re.escape(title)))
    rows = []
    for element in heading.find_all_next(["h2", "h3", "tr"]):
        if element.name != "tr":
            break
        rows.append(" | ".join(cell.get_text(" ", strip=True) for cell in element.find_all(["th", "td"])))
    return rows


def test_every_row_of_the_file_is_accounted_for(report, complaints):
    tables = load(report / "results" / "tables", Tables)
    provenance = tables.require("complaints").provenance
    assert provenance.rows_read == len(complaints)
    assert provenance.rows_accepted + provenance.rows_rejected == len(complaints)
    assert [table.name for table in tables.present] == ["complaints"]


def test_the_report_is_whole(page):
    titles = [heading.get_text(" ", strip=True) for heading in page.main.find_all("h2")]
    assert titles[0] == "Management summary"
    assert len(titles) == 8
    assert len(page.find_all("img")) >= 6
    assert not re.search(r"Traceback|Error:|\bnan\b|\bNaN\b|\bNone\b", page.get_text())


def test_it_names_everything_that_the_source_lacks_with_the_reason(page, report):
    unavailable = load(report / "results" / "scorecard", Scorecard).unavailable
    rows = section(page, "What could not be measured")
    assert len(rows) == len(unavailable) + 1
    said = "\n".join(rows)
    for reason in ("the source has no table 'exposure'", "the source gives no complaints.resolved_at"):
        assert reason in said
    assert all(row.count(" | ") == 1 and len(row.split(" | ")[1]) > 10 for row in rows[1:])
    assert "nothing is assumed in their place" in page.get_text()


def test_no_figure_is_invented_for_what_cannot_be_computed(report):
    card = load(report / "results" / "scorecard", Scorecard)
    lacking, given = set(card.unavailable["indicator_id"]), set(card.indicators["indicator_id"])
    assert given == {"timely_response_rate"}
    assert not lacking & given
    for name in ("complaint_rate", "potential_loss_rate", "resolved_7wd", "satisfaction"):
        assert name in lacking
    for test in report.glob("results/stress-*"):
        assert load(test, StressTest).table.empty


def test_timely_response_is_rated_by_state_with_the_figures_of_the_file(report, complaints):
    card = load(report / "results" / "scorecard", Scorecard)
    quarter = complaints[complaints["quarter"] == PERIOD]
    timely = quarter["Timely response?"].eq("Yes")
    bank = card.bank.set_index("indicator_id").loc["timely_response_rate"]
    assert bank["value"] == pytest.approx(timely.mean(), abs=1e-12)
    by_state = timely.groupby(quarter["State"]).mean()
    units = card.indicators[card.indicators["unit_id"].isin(by_state.index)].set_index("unit_id")["value"]
    assert len(units) > 40
    pd.testing.assert_series_equal(units, by_state[units.index], check_names=False, check_index=False)
    assert {"CA", "FL", "NY", "TX"} <= set(card.table["unit_id"])


def test_a_state_with_few_complaints_is_not_called_red_by_noise(report):
    card = load(report / "results" / "scorecard", Scorecard)
    rated = card.indicators[card.indicators["unit_id"] != ""]
    wide = (rated["upper"] - rated["lower"] > 0.5) & (rated["upper"] > rated["amber"])
    assert wide.sum() > 5
    assert set(rated.loc[wide, "rating"]) <= {"insufficient", "amber"}
    assert (rated.loc[wide, "rating"] == "insufficient").mean() > 0.5


def test_the_findings_say_that_indicators_are_lacking(report, page):
    found = load(report / "results" / "findings", Findings).table
    lacking = found[found["condition"].str.contains("cannot be computed")]
    assert len(lacking) == 1
    assert (
        str(len(load(report / "results" / "scorecard", Scorecard).unavailable))
        in lacking["condition"].iloc[0]
    )
    summary = page.find(class_="findings").get_text(" ", strip=True)
    assert "cannot be computed" in summary
    assert "Timely response rate is 81" in summary


def test_assumptions_about_lacking_indicators_are_left_out_in_words(page):
    rows = section(page, "What could not be applied")
    assert len(rows) == 8
    assert all(row.endswith("the source does not give this indicator") for row in rows[1:])
    assert not any(NUMBER.search(row.split(" | ")[1]) for row in rows[1:])
