"""Small, odd banks: a small part of benchmarks/random_banks.py, and the right value of what it showed."""

import pandas as pd
import pytest
import random_banks

import riskmodels as rm
from riskmodels.errors import ContractError

MONTHS = pd.period_range("2023-01", "2024-12", freq="M").astype(str)
COUNTS = [
    {
        "unit_id": unit,
        "product": "credit_card",
        "period_start": f"{month}-01",
        "period": "month",
        "complaints": 5,
    }
    for unit in "ab"
    for month in MONTHS
]
SURVEYS = [
    {"survey_id": f"s{i}", "answered_on": "2024-11-05", "unit_id": "ab"[i % 2], "rating": 1 + i % 5}
    for i in range(60)
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(20), 74])  # 74: of a few rare draws alone the score varies
def test_an_odd_bank_gives_results_or_one_clear_refusal(seed):
    assert random_banks.run_bank(seed).faults == []


def test_the_benchmark_sees_figures_without_bounds():
    shown = pd.DataFrame({"Loss": ["inf thousand CNY"], "Value": [2e15], "rank": [-(2**63)], "Mean": ["1,0"]})
    listing = rm.listings.list_orders(None)
    faults = random_banks.look_through(type(listing)(sentence="nan of 3", frame=shown))
    assert len(faults) == 4
    green = pd.DataFrame({"score": [float("nan")], "rating": ["green"]})
    assert random_banks.look_through(type(listing)(sentence="", frame=green)) == [
        "a score that is not known is rated green"
    ]
    fine = pd.DataFrame({"Unit": ["Nanjing and information"], "Value": [1e14]})
    assert random_banks.look_through(type(listing)(sentence="2024Q3", frame=fine)) == []


def test_counts_alone_are_forecast_and_stressed(take_in, project, default_policy):
    tables = take_in(complaint_counts=COUNTS, surveys=SURVEYS)
    assert tables.counted.name == "complaint_counts"
    panel = rm.build_panel(tables.counted, by=["product"], last="2024Q4")
    assert panel.values.tolist() == [[10.0] * 24]
    assert rm.nowcast_where_logged(tables.counted, last="2024Q4") is None
    outlook = rm.forecast(panel, horizon=3, method="seasonal_naive")
    assert outlook.mean[0].tolist() == pytest.approx([10.0] * 3, abs=0.5)
    surge = rm.load_scenario(project / "params" / "scenarios" / "complaint_surge.yaml")
    result = rm.stress(tables, surge, default_policy, outlook=outlook, severity="moderate")
    assert result.complaints["stressed"].sum() > result.complaints["expected"].sum()


def test_without_complaints_of_the_quarter_no_unit_is_ranked(take_in, default_policy):
    early = [{"complaint_id": "c1", "received_at": "2024-02-01", "unit_id": "a", "product": "card"}]
    for given in ({"complaint_counts": COUNTS}, {"complaints": early}):
        tables = take_in(surveys=SURVEYS, **given)
        card = rm.score(tables, default_policy, period="2024Q4")
        orders = rm.comparisons.order_complaints(tables, card)
        assert orders is None
        assert rm.listings.list_orders(orders).sentence.endswith("no unit is ranked by them.")
        assert rm.listings.list_orders(orders).frame.empty


def test_a_source_without_complaints_is_refused_by_name(take_in):
    tables = take_in(surveys=SURVEYS)
    with pytest.raises(ContractError, match="'complaints' or 'complaint_counts', and the source has neither"):
        _ = tables.counted
    with pytest.raises(ContractError, match="the source does not have this table"):
        rm.build_panel(tables.complaints, by=[])
    assert rm.nowcast_where_logged(tables.complaints) is None


def test_one_slip_of_an_observation_does_not_move_the_true_value_without_bounds(take_in, default_policy):
    rows = [
        {
            "indicator_id": "text_alert_rate",
            "unit_id": "a",
            "month": f"{month}-01",
            "numerator": 5000,
            "denominator": 250_000,
        }
        for month in MONTHS
    ]
    rows[-6]["numerator"] = 9_999_999_999_999
    tables = take_in(observations=rows)
    assert tables.observations.rejected["rule"].tolist() == ["ratio of some size"]
    (rate,) = rm.score(tables, default_policy, period="2024Q4").indicators["estimate"].iloc[:1]
    assert rate == pytest.approx(20, rel=0.05)
