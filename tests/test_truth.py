"""The sample bank's truths: those that today's methods see are asserted, those they cannot are marked.

A mark that fails strictly (``xfail_strict``) must be removed by the work that makes its truth visible.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import riskmodels as rm
from riskmodels.assessment import Findings
from riskmodels.panel import Panel
from riskmodels.parameters.policy import Policy
from riskmodels.sample.days import working_days
from riskmodels.scorecard import Scorecard
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

PERIOD = "2026Q3"


@pytest.fixture(scope="module")
def truth(project: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project / "data" / "sample" / "truth.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def card(sample_card: Scorecard) -> Scorecard:
    return sample_card


@pytest.fixture(scope="module")
def panel(sample_tables: Tables) -> Panel:
    return rm.build_panel(sample_tables.complaints, by=["product"], last=PERIOD)


@pytest.fixture(scope="module")
def branches(sample_tables: Tables) -> Panel:
    return rm.build_panel(sample_tables.complaints, by=["product", "unit_id"], last=PERIOD)


@pytest.fixture(scope="module")
def findings(
    sample_tables: Tables, default_policy: Policy, card: Scorecard, panel: Panel, project: Path
) -> Findings:
    outlook = rm.forecast(panel, horizon=6, method="empirical24")
    register = rm.load_risks(project / "params" / "risks.yaml")
    gaps = rm.customer_gaps(sample_tables, default_policy, period=card.period)
    return rm.assess(
        default_policy,
        data=sample_tables,
        scorecard=card,
        register=register,
        gaps=gaps,
        forecast=outlook,
        alarms=rm.surveillance.keep_watch(sample_tables, default_policy, last=PERIOD),
    )


def complaint_rate(card: Scorecard, unit_id: str) -> pd.Series:
    rows = card.indicators
    return rows[(rows["unit_id"] == unit_id) & (rows["indicator_id"] == "complaint_rate")].iloc[0]


def expected_total(truth: dict[str, Any], month: str) -> float:
    """Complaints of a month once all are logged."""
    return float(sum(months[month] for months in truth["complete_counts"].values()))


def test_the_small_bad_branch_has_the_highest_score_and_rate(card: Scorecard, truth: dict[str, Any]) -> None:
    bad = truth["bad_branch"]["unit_id"]
    rates = card.indicators.query("indicator_id == 'complaint_rate' and unit_id != ''")
    assert card.table["unit_id"].iloc[0] == bad
    assert rates.sort_values("value")["unit_id"].iloc[-1] == bad


def test_the_small_bad_branch_is_beyond_a_limit(card: Scorecard, truth: dict[str, Any]) -> None:
    assert complaint_rate(card, truth["bad_branch"]["unit_id"])["rating"] in ("amber", "red")


def test_the_big_branch_is_green_although_it_has_many_complaints(
    card: Scorecard, truth: dict[str, Any]
) -> None:
    big = truth["big_branch"]["unit_id"]
    counts = card.indicators.query("indicator_id == 'complaint_rate' and unit_id != ''")
    assert (counts["numerator"] > complaint_rate(card, big)["numerator"]).sum() < 3
    assert complaint_rate(card, big)["rating"] == "green"
    assert card.table.set_index("unit_id").loc[big, "rating"] == "green"


def test_branches_that_are_alike_give_no_red_finding(findings: Findings) -> None:
    assert (findings.table["severity"] == "red").sum() == 0


def test_the_small_bad_branch_is_a_finding_by_name(findings: Findings, truth: dict[str, Any]) -> None:
    bad = truth["bad_branch"]["unit_id"]
    (row,) = findings.table[findings.table["indicator_id"] == "complaint_rate"].to_dict("records")
    assert (row["subject_kind"], row["subject"]) == ("unit", bad)
    assert bad in row["subject_name"]
    assert "likely beyond the red limit" in row["condition"]
    assert findings.false_share <= 0.10


def test_the_recent_level_break_is_a_finding(findings: Findings, truth: dict[str, Any]) -> None:
    recent = truth["level_breaks"][1]
    rows = findings.table[findings.table["rule"] == "alarm"]
    (found,) = [json.loads(figures) for figures in rows["figures"] if recent["product"] in figures]
    assert found["of"] == {"product": recent["product"], "region_id": recent["region_id"]}
    assert found["since_earliest"] <= recent["from_month"] <= found["since_latest"]
    assert found["lower"] <= recent["rate_factor"] - 1 <= found["upper"]


def test_the_shared_shock_doubles_complaints_for_good(panel: Panel, truth: dict[str, Any]) -> None:
    start = panel.periods.get_loc(pd.Period(truth["shared_shock"]["from_month"]))
    total = panel.aggregate().values[0]
    ratio = np.nanmean(total[start : start + 12]) / np.nanmean(total[start - 12 : start])
    assert ratio == pytest.approx(truth["shared_shock"]["rate_factor"], rel=0.15)


def test_two_months_after_the_shared_shock_the_forecast_is_at_the_new_level(
    panel: Panel, truth: dict[str, Any]
) -> None:
    start = pd.Period(truth["shared_shock"]["from_month"])
    outlook = rm.forecast(panel.until(start + 1), horizon=3)
    level = np.nanmean(panel.aggregate().values[0, panel.periods.get_loc(start) :][:12])
    assert outlook.mean.sum(axis=0) == pytest.approx(level, rel=0.10)


def test_the_forecast_knows_chinese_new_year(branches: Panel, truth: dict[str, Any]) -> None:
    complete = [expected_total(truth, "2026-01"), expected_total(truth, "2026-02")]
    outlook = rm.forecast(branches.until("2025-12"), horizon=2, calendar="CN")  # 17 February, not in January
    assert outlook.mean.sum(axis=0) == pytest.approx(complete, rel=0.05)


def test_the_last_month_is_known_in_full(panel: Panel, sample_tables: Tables, truth: dict[str, Any]) -> None:
    share = rm.nowcast(sample_tables.complaints).for_periods(panel.periods)[-1]
    known = np.nansum(panel.values[:, -1])
    assert known / share == pytest.approx(expected_total(truth, "2026-09"), rel=0.05)


def test_the_hole_is_unknown_and_a_finding(
    panel: Panel, findings: Findings, sample_tables: Tables, default_policy: Policy, truth: dict[str, Any]
) -> None:
    hole = panel.periods.isin(pd.PeriodIndex(truth["hole"]["months"], freq="M"))
    assert np.isnan(panel.values[:, hole]).all()
    assert np.isfinite(panel.values[:, ~hole]).all()
    assert findings.table["condition"].str.contains(", ".join(truth["hole"]["months"])).any()
    bank = rm.indicators(sample_tables, default_policy).table.query("indicator_id == 'complaint_rate'")
    rates = bank.set_index("period")["value"]
    assert rates["2025Q2"] == pytest.approx((rates["2025Q1"] + rates["2025Q3"]) / 2, rel=0.15)


def test_the_effects_of_past_actions_are_stated_right(truth: dict[str, Any], sample_tables: Tables) -> None:
    for action in truth["actions"]:
        effect = rm.estimate_effect(sample_tables, action_id=action["action_id"])
        assert (effect.verdict == "worked") == (action["rate_factor"] < 1)
        low, high = np.log1p([effect.lower, effect.upper])  # of 95 %: one in forty is beyond each end
        reach = (high - low) / 2
        assert low - reach < np.log(action["rate_factor"]) < high + reach


def test_overdispersion_is_estimated(card: Scorecard, truth: dict[str, Any]) -> None:
    found = complaint_rate(card, truth["bad_branch"]["unit_id"])["dispersion"]
    assert found == pytest.approx(truth["variance"]["ratio"], rel=0.1)


def test_the_trend_is_carried_on(branches: Panel, sample_tables: Tables, truth: dict[str, Any]) -> None:
    share = rm.nowcast(sample_tables.complaints).for_periods(branches.periods)
    outlook = rm.forecast(branches, horizon=24, calendar="CN", completeness=share)
    years = outlook.mean.sum(axis=0).reshape(2, 12).sum(axis=1)
    growth = (1 + truth["trend_per_year"]) * (1 + truth["exposure_growth_per_year"])
    assert years[1] / years[0] == pytest.approx(growth, abs=0.02)


LAST_MONTHS = ["2026-07", "2026-08", "2026-09"]


def naive_shares(complaints: pd.DataFrame) -> pd.DataFrame:
    """What a spreadsheet makes of "resolved within seven working days", by month of the last three.

    resolved: complaints of the month resolved by now ÷ complaints of the month, however old they are.
    flow: complaints resolved in the month ÷ complaints received in it.
    in_time: those resolved within seven working days ÷ complaints of the month, the young ones counted in.
    """
    received, resolved = complaints["received_at"], complaints["resolved_at"]
    month, month_resolved = received.dt.strftime("%Y-%m"), resolved.dt.strftime("%Y-%m")
    counted = [
        np.searchsorted(working_days(), day.to_numpy().astype("M8[D]"), "right")
        for day in (received, resolved)
    ]
    in_time = (counted[1] - counted[0] <= 7) & resolved.notna()
    size = month.value_counts()
    columns = {
        "resolved": resolved.notna().groupby(month).mean(),
        "flow": month_resolved.value_counts() / size,
        "in_time": in_time.groupby(month).mean(),
    }
    return pd.DataFrame(columns).loc[LAST_MONTHS]


def test_the_naive_share_of_the_last_months_is_wrong_and_ours_is_not(
    sample_tables: Tables, default_policy: Policy, truth: dict[str, Any]
) -> None:
    true = pd.Series(truth["resolved_in_time"]["share_by_month"])[LAST_MONTHS].to_numpy()
    naive = naive_shares(sample_tables.complaints.frame(["received_at", "resolved_at"]))
    points = (100 * (naive - true[:, None])).round(1)
    assert points["resolved"].tolist() == [
        3.3,
        2.8,
        -3.5,
    ]  # never right, and a fall of seven points that is none
    assert points["flow"].tolist() == [4.0, -0.2, 16.9]  # beyond 100 %: a backlog is worked off
    assert points["in_time"].tolist() == [0.7, 0.1, -4.9]  # the youngest month looks bad

    table = rm.indicators(sample_tables, default_policy, freq="M", periods=LAST_MONTHS).table
    ours = table[table["indicator_id"] == truth["resolved_in_time"]["indicator_id"]]
    assert (100 * (ours["value"] - true)).round(1).tolist() == [0.7, 0.1, 1.1]
    sampled = stats.beta(
        ours["numerator"].to_numpy() + 0.5, (ours["denominator"] - ours["numerator"]).to_numpy() + 0.5
    )
    lower, upper = sampled.ppf([[0.025], [0.975]])
    assert ((lower < true) & (true < upper)).all()
    for column in naive:  # each naive share is outside that interval, in at least one month
        assert ((naive[column] < lower) | (naive[column] > upper)).any()


@pytest.mark.parametrize("place", [0, 1])
def test_the_gaps_between_customer_groups_are_in_the_indicators(
    place: int, sample_tables: Tables, default_policy: Policy, truth: dict[str, Any]
) -> None:
    gap = truth["group_gaps"][place]
    table = rm.indicators(sample_tables, default_policy, by=["customer_group"]).table
    rows = table[table["indicator_id"] == gap["indicator_id"]]
    sums = rows.groupby("customer_group")[["numerator", "denominator"]].sum()
    shares = sums["numerator"] / sums["denominator"]
    found = 100 * (shares[gap["customer_group"]] - shares["general"])
    assert found == pytest.approx(gap["points"], abs=2.0)


def test_the_gaps_between_customer_groups_are_findings(findings: Findings, truth: dict[str, Any]) -> None:
    for gap in truth["group_gaps"]:
        rows = findings.table[findings.table["indicator_id"] == gap["indicator_id"]]
        assert rows["subject"].eq(gap["customer_group"]).any()
    assert (findings.table["rule"] == "customer_gap").sum() == len(truth["group_gaps"])  # and no other
