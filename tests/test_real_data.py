"""Real data: what a source lacks is said and never made up; holes, renames and new definitions are declared."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from banks import PARAMS, assess
from bs4 import BeautifulSoup

import riskmodels as rm
from riskmodels.assessment import Findings
from riskmodels.results import load
from riskmodels.scorecard import Scorecard
from riskmodels.sources import ingest
from riskmodels.stresstest import StressTest
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

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


@pytest.mark.slow
def test_every_row_of_the_file_is_accounted_for(report, complaints):
    tables = load(report / "results" / "tables", Tables)
    provenance = tables.require("complaints").provenance
    assert provenance.rows_read == len(complaints)
    assert provenance.rows_accepted + provenance.rows_rejected == len(complaints)
    assert [table.name for table in tables.present] == ["complaints"]


@pytest.mark.slow
def test_the_report_is_whole(page):
    titles = [heading.get_text(" ", strip=True) for heading in page.main.find_all("h2")]
    assert titles[0] == "Management summary"
    assert len(titles) == 12
    assert len(page.find_all("img")) >= 6
    assert not re.search(r"Traceback|Error:|\bnan\b|\bNaN\b|\bNone\b", page.get_text())


@pytest.mark.slow
def test_it_names_everything_that_the_source_lacks_with_the_reason(page, report):
    unavailable = load(report / "results" / "scorecard", Scorecard).unavailable
    rows = section(page, "What could not be measured")[: len(unavailable) + 1]  # then names that meet nothing
    assert rows[0] == "Indicator | Why it is not given"
    said = "\n".join(rows)
    for reason in ("the source has no table 'exposure'", "the source gives no complaints.resolved_at"):
        assert reason in said
    assert all(row.count(" | ") == 1 and len(row.split(" | ")[1]) > 10 for row in rows[1:])
    assert "nothing is assumed in their place" in page.get_text()


@pytest.mark.slow
def test_no_figure_is_invented_for_what_cannot_be_computed(report):
    card = load(report / "results" / "scorecard", Scorecard)
    lacking, given = set(card.unavailable["indicator_id"]), set(card.indicators["indicator_id"])
    assert given == {"timely_response_rate"}
    assert not lacking & given
    for name in ("complaint_rate", "potential_loss_rate", "resolved_7wd", "satisfaction"):
        assert name in lacking
    for test in report.glob("results/stress-*"):
        assert load(test, StressTest).table.empty


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_state_with_few_complaints_is_not_called_red_by_noise(report):
    """The whole bank is late in a fifth of its cases; a state is red only with cases of its own that say so."""
    card = load(report / "results" / "scorecard", Scorecard)
    rated = card.units
    few = rated["own_size"] < 5
    assert few.sum() >= 1
    assert set(rated.loc[few, "rating"]) == {"insufficient"}
    red = rated[rated["rating"] == "red"]
    assert (red["own"] < red["red"]).all()
    assert (red["p_red"] >= 0.6).all()
    small = rated[rated["denominator"].between(1, 20)]
    assert (small["estimate"] - small["peers"]).abs().max() < (
        small["value"] - small["peers"]
    ).abs().max() / 2


@pytest.mark.slow
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


@pytest.mark.slow
def test_assumptions_about_lacking_indicators_are_left_out_in_words(page):
    rows = section(page, "What was not used")
    assert len(rows) == 9
    assert all(row.endswith("the source does not give this indicator") for row in rows[1:])
    assert not any(NUMBER.search(row.split(" | ")[1]) for row in rows[1:])


# ---- counts by month, with two renames and a hole (US CFPB) ------------------------------------------

MONTHLY = "cfpb/monthly_by_product.csv"
HOLE = pd.period_range("2023-03", "2023-11", freq="M")


@pytest.fixture(scope="module")
def by_product(shared_data, tmp_path_factory) -> rm.Panel:
    tables = ingest(
        PARAMS / "sources" / "cfpb_monthly.yaml",
        store=tmp_path_factory.mktemp("store"),
        files={"complaint_counts": shared_data(MONTHLY)},
    )
    assert tables.complaint_counts.provenance.rows_rejected == 0
    return rm.build_panel(tables.complaint_counts, by=["product"])


def test_every_old_and_new_name_has_found_its_series(by_product):
    assert by_product.keys["product"].tolist() == [
        "consumer_loan", "credit_or_prepaid_card", "credit_reporting", "current_account", "debt_collection",
        "mortgage", "other", "payments", "student_loan",
    ]  # fmt: skip


def test_nothing_is_lost_outside_of_the_hole(by_product, shared_data):
    raw = pd.read_csv(shared_data(MONTHLY)).groupby("month")["n"].sum()
    total = pd.Series(by_product.aggregate().values[0], index=by_product.periods.astype("str")).dropna()
    pd.testing.assert_series_equal(total, raw[total.index].astype(float), check_names=False)
    assert len(total) == len(by_product.periods) - len(HOLE)


def test_no_series_breaks_off_or_jumps_where_its_products_were_renamed(by_product):
    for rename in ("2017-04", "2023-08"):
        place = by_product.periods.get_loc(rename)
        around = by_product.values[by_product.keys["product"] != "other"]
        before, after = (
            np.nanmean(around[:, part], axis=1)
            for part in (slice(place - 12, place), slice(place + 1, place + 13))
        )
        assert (before > 0).all()
        ratio = after / before
        assert ((ratio > 0.3) & (ratio < 3.5)).all(), ratio


def test_the_hole_is_unknown_in_every_series_and_nothing_else_is(by_product):
    assert np.isnan(by_product.values[:, by_product.periods.isin(HOLE)]).all()
    assert np.isfinite(by_product.values[:, ~by_product.periods.isin(HOLE)]).all()
    assert str(by_product.periods[-1]) == "2026-06"  # July is cut short


def test_the_hole_is_drawn(by_product):
    axes = rm.plot(by_product)
    (band,) = axes.patches
    start = by_product.periods.get_loc("2023-03")
    assert (band.get_x(), band.get_width()) == (start - 0.5, 9)


# ---- counts by quarter and kind of bank, with a changed definition (Chinese regulator) ----------------


@pytest.fixture(scope="module")
def by_bank(shared_data, tmp_path_factory) -> rm.Panel:
    tables = ingest(
        PARAMS / "sources" / "cn_regulator.yaml",
        store=tmp_path_factory.mktemp("store"),
        files={"complaint_counts": shared_data("cn_regulator/cbirc_bank_complaints_quarterly.csv")},
    )
    assert str(tables.as_of) == "2023-03-31"
    return rm.build_panel(tables.complaint_counts, by=["unit_id"], freq="Q")


def test_each_kind_of_bank_is_a_series_and_an_empty_cell_is_unknown(by_bank, shared_data):
    raw = pd.read_csv(shared_data("cn_regulator/cbirc_bank_complaints_quarterly.csv"))
    kinds = by_bank.keys["unit_id"].tolist()
    assert set(kinds) == {"state_owned", "joint_stock", "foreign", "city_commercial", "rural_small", "other"}
    assert by_bank.periods.astype("str").tolist() == raw["quarter"].tolist()
    np.testing.assert_array_equal(by_bank.values, raw[kinds].to_numpy(float).T)


def test_the_break_is_in_the_panel_and_in_both_charts(by_bank):
    (change,) = by_bank.breaks
    assert (change.month, change.words) == ("2022-01", "repeats merged")
    place = by_bank.periods.get_loc("2022Q1") - 0.5
    for drawn in (rm.plot(by_bank), rm.plot(rm.forecast(by_bank, horizon=4))):
        assert [text.get_text() for text in drawn.texts] == ["2022-01: repeats merged"]
        assert place in [line.get_xdata()[0] for line in drawn.lines]


@pytest.mark.parametrize(
    ("method", "tolerance"),
    [
        ("seasonal_naive", 0.02),
        ("empirical24", 0.02),
        ("ets", 0.02),
        ("auto", 0.05),
    ],  # auto leans to the last quarter
)
def test_the_forecast_stands_at_the_level_since_the_break(by_bank, method, tolerance):
    outlook = rm.forecast(by_bank, horizon=4, method=method)
    since = by_bank.values[:, by_bank.periods >= "2022Q1"]
    np.testing.assert_allclose(outlook.mean.mean(axis=1), np.nanmean(since, axis=1), rtol=tolerance)
    before = by_bank.values[:, by_bank.periods < "2022Q1"]
    joint_stock = by_bank.keys["unit_id"].tolist().index("joint_stock")
    assert outlook.mean[joint_stock].mean() < np.nanmean(before[joint_stock]) - 3000
