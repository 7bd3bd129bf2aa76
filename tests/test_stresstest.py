"""Stress tests: the arithmetic against hand-made figures, and what no scenario may do."""

import math
from dataclasses import replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pytest
from small_bank import SURE, make_outlook, make_panel, make_scenario, make_shocks, only, sure_outlook

from riskmodels.errors import ParameterError
from riskmodels.parameters.scenarios import Dependence, load_scenario
from riskmodels.scorecard import DRAWS, draw_values, rate_period
from riskmodels.stresstest import standing, stress

DOUBLE = {"product": "all", "multiplier": 2.0, "months": 6}
LOW, MODE, HIGH = -0.20, -0.10, -0.03


def effect(indicator="dual_control_rate", low=LOW, mode=MODE, high=HIGH, per="doubling_of_complaints"):
    change = {"low": low, "mode": mode, "high": high, "basis": "a test"}
    return {"indicator": indicator, "change": change, "per": per}


@pytest.fixture(scope="module")
def bank(take_in):
    """One unit in 2024Q3: 300 complaints, 90 of them resolved in time, and half of its dual controls."""
    complaints = [
        {
            "complaint_id": f"c{number}",
            "received_at": f"2024-{7 + number % 3:02d}-01 10:00:00",
            "resolved_at": f"2024-{7 + number % 3:02d}-02 10:00:00" if number % 10 < 3 else "",
            "unit_id": "u",
            "product": "credit_card" if number % 4 else "mortgage",
        }
        for number in range(300)
    ]
    exposure = [
        {"unit_id": "u", "product": product, "month": f"2024-{month:02d}-01", "accounts": accounts}
        for month in (7, 8, 9)
        for product, accounts in (("credit_card", 180_000), ("mortgage", 60_000))
    ]
    inspections = [
        {
            "inspection_id": "i",
            "inspected_on": "2024-08-15",
            "unit_id": "u",
            "kind": "dual_control",
            "items": 1000,
            "passed": 500,
        }
    ]
    return take_in(complaints=complaints, exposure=exposure, inspections=inspections)


@pytest.fixture(scope="module")
def policy(default_policy):
    return only(default_policy, "complaint_rate", "dual_control_rate", "handling_days", "resolved_7wd")


@pytest.fixture(scope="module")
def outlook():
    """Two products whose months vary: 60 to 100, and 10 to 30 complaints."""
    rng = np.random.default_rng(1)
    panel = make_panel({"credit_card": rng.integers(60, 100, 12), "mortgage": rng.integers(10, 30, 12)})
    cells = [[np.arange(60, 101, 2)] * 6, [np.arange(10, 31)] * 6]
    return make_outlook(panel, cells)


def row_of(result, indicator):
    return result.table.set_index("indicator_id").loc[indicator]


# Arithmetic


def test_twice_the_complaints_are_exactly_twice_on_every_path(bank, policy, outlook) -> None:
    result = stress(bank, make_scenario([DOUBLE]), policy, outlook=outlook)
    months = result.complaints
    for suffix in ("", "_lower", "_upper"):
        np.testing.assert_allclose(months[f"stressed{suffix}"], 2 * months[f"expected{suffix}"], rtol=SURE)
    rate = row_of(result, "complaint_rate")
    assert rate["after"] == pytest.approx(2 * rate["before"], rel=SURE)
    assert rate["before"] == pytest.approx(300 / 60_000 * 1000, rel=0.02)  # 300 in a quarter of 240,000
    before = rate_period(bank, policy, "2024Q3").set_index("indicator_id")["estimate"]
    assert result.table.set_index("indicator_id")["before"].equals(before[result.table["indicator_id"]])


def test_complaints_by_month_are_those_of_the_outlook(bank, policy, outlook) -> None:
    result = stress(bank, make_scenario([DOUBLE]), policy, outlook=outlook, seed=7)
    paths = outlook.sample(result.size, seed=7).sum(axis=1)
    np.testing.assert_allclose(result.complaints["expected"], paths.mean(axis=0))
    np.testing.assert_allclose(result.complaints["expected_lower"], np.quantile(paths, 0.05, axis=0))
    np.testing.assert_allclose(
        result.complaints["standard_error"], 2 * paths.std(axis=0) / math.sqrt(result.size)
    )
    assert result.complaints["period"].tolist() == [
        "2024-10", "2024-11", "2024-12", "2025-01", "2025-02", "2025-03",
    ]  # fmt: skip


def test_an_effect_per_doubling_changes_the_mean_by_that_of_the_triangle(bank, policy, outlook) -> None:
    result = stress(bank, make_scenario([DOUBLE], [effect()]), policy, outlook=outlook)
    row = row_of(result, "dual_control_rate")
    a, b, c = LOW, MODE, HIGH
    mean = (a + b + c) / 3
    deviation = math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
    assert mean == pytest.approx(-0.11)
    assert row["before"] == pytest.approx(0.5, abs=0.01)
    assert abs(row["after"] - row["before"] - mean) < 4 * deviation / math.sqrt(result.size)
    spread = math.hypot(deviation, math.sqrt(0.25 / 1000))  # the assumption's, and that of the state before
    assert row["standard_error"] == pytest.approx(spread / math.sqrt(result.size), rel=0.05)
    assert row["lower"] < row["after"] < row["upper"]


def test_a_surge_of_one_product_for_part_of_the_quarter_by_hand(bank, policy) -> None:
    surge = {"product": "credit_card", "multiplier": 5.0, "months": 2}
    certain = sure_outlook({"credit_card": 100.0, "mortgage": 300.0})
    result = stress(bank, make_scenario([surge], [effect()]), policy, outlook=certain)
    ratio = (2 * (500 + 300) + 400) / 1200
    assert result.complaints["stressed"].tolist() == pytest.approx([800, 800, 400, 400, 400, 400])
    rate, control = row_of(result, "complaint_rate"), row_of(result, "dual_control_rate")
    assert rate["after"] / rate["before"] == pytest.approx(ratio)
    assert control["after"] - control["before"] == pytest.approx(-0.11 * math.log2(ratio), abs=0.004)
    assert rate["before"] < rate["red"] < rate["after"]
    assert result.sentence == "By hand, severe: 800 complaints more than expected; 1 indicator turns red."


def test_surges_of_one_product_multiply(bank, policy) -> None:
    surges = [DOUBLE, {"product": "mortgage", "multiplier": 3.0, "months": 1}]
    certain = sure_outlook({"credit_card": 10.0, "mortgage": 1.0})
    result = stress(bank, make_scenario(surges), policy, outlook=certain)
    assert result.complaints["stressed"].tolist() == pytest.approx([26, 22, 22, 22, 22, 22])


def test_an_effect_of_the_event_does_not_ask_for_complaints(bank, policy, outlook) -> None:
    results = [
        stress(bank, make_scenario(surges, [effect(per="unit_of_shock")]), policy, outlook=outlook)
        for surges in ([], [DOUBLE])
    ]
    first, second = (row_of(result, "dual_control_rate") for result in results)
    assert first["after"] == second["after"]
    assert first["after"] - first["before"] == pytest.approx(-0.11, abs=0.004)
    assert row_of(results[0], "complaint_rate")["after"] == row_of(results[0], "complaint_rate")["before"]


def test_two_effects_on_one_indicator_add_up(bank, policy, outlook) -> None:
    twice = make_scenario([DOUBLE], [effect(), effect(per="unit_of_shock")])
    row = row_of(stress(bank, twice, policy, outlook=outlook), "dual_control_rate")
    assert row["after"] - row["before"] == pytest.approx(-0.22, abs=0.006)


def test_the_scenario_begins_in_its_month(bank, policy) -> None:
    certain = sure_outlook({"credit_card": 10.0}, horizon=6)
    result = stress(bank, make_scenario([DOUBLE], start_month=3), policy, outlook=certain)
    assert result.complaints["stressed"].tolist() == pytest.approx([10, 10, 20, 20, 20, 20])
    assert result.quarter == "2024-12 – 2025-02"


def test_standard_errors_are_deviations_over_the_root_of_the_size(bank, policy, outlook) -> None:
    certain = sure_outlook({"credit_card": 10.0})
    result = stress(bank, make_scenario([DOUBLE], [effect()]), policy, outlook=certain)
    rows = rate_period(bank, policy, "2024Q3")
    draws = draw_values(rows, DRAWS)
    place = rows["indicator_id"].tolist().index("complaint_rate")
    rate = draws[place] * rows["estimate"][place] / draws[place].mean()  # about the scorecard's estimate
    assert result.size == len(rate)
    assert row_of(result, "complaint_rate")["standard_error"] == pytest.approx(
        2 * rate.std() / math.sqrt(len(rate))
    )
    p_red = result.table["p_red"]
    np.testing.assert_allclose(result.table["p_red_error"], np.sqrt(p_red * (1 - p_red) / result.size))


# What no scenario may do


@pytest.mark.parametrize(("low", "high"), [(-5.0, -0.9), (0.9, 5.0)])
def test_shares_stay_between_nothing_and_all(bank, policy, outlook, low, high) -> None:
    scenario = make_scenario([DOUBLE], [effect(low=low, mode=low, high=high)])
    row = row_of(stress(bank, scenario, policy, outlook=outlook), "dual_control_rate")
    edge = 0.0 if low < 0 else 1.0
    assert row[["after", "lower", "upper"]].tolist() == [edge] * 3


def test_days_are_not_held_to_one(bank, policy, outlook) -> None:
    scenario = make_scenario([DOUBLE], [effect("handling_days", 50.0, 60.0, 70.0)])
    row = row_of(stress(bank, scenario, policy, outlook=outlook), "handling_days")
    assert row["after"] - row["before"] == pytest.approx(60, abs=1)


@pytest.mark.parametrize("multiplier", [1.0, 1.001, 1.5, 1000.0])
def test_a_surge_never_brings_fewer_complaints(bank, policy, outlook, multiplier) -> None:
    surge = {"product": "mortgage", "multiplier": multiplier, "months": 2}
    months = stress(bank, make_scenario([surge]), policy, outlook=outlook).complaints
    for suffix in ("", "_lower", "_upper"):
        assert (months[f"stressed{suffix}"] >= months[f"expected{suffix}"]).all()


def test_a_worse_severity_is_worse(bank, default_policy, outlook, project) -> None:
    scenario = load_scenario(project / "params" / "scenarios" / "complaint_surge.yaml")
    tests = [
        stress(bank, scenario, default_policy, outlook=outlook, severity=severity)
        for severity in ("moderate", "severe", "extreme")
    ]
    for mild, worse in pairwise(tests):
        assert mild.complaints["stressed"].sum() < worse.complaints["stressed"].sum()
        assert mild.table["indicator_id"].tolist() == worse.table["indicator_id"].tolist()
        assert (mild.table["p_red"].dropna() <= worse.table["p_red"].dropna()).all()
    rates = [row_of(test, "complaint_rate") for test in tests]
    assert rates[0]["p_red"] < rates[-1]["p_red"]
    assert rates[-1]["rating"] == "red"


def test_one_seed_gives_one_result(bank, policy, outlook) -> None:
    scenario = make_scenario([DOUBLE], [effect()])
    first, again, other = (stress(bank, scenario, policy, outlook=outlook, seed=seed) for seed in (1, 1, 2))
    for frame in ("table", "complaints", "omitted"):
        pd.testing.assert_frame_equal(getattr(first, frame), getattr(again, frame), check_exact=True)
    assert (first.complaints["expected_upper"] != other.complaints["expected_upper"]).any()
    assert row_of(first, "dual_control_rate")["after"] != row_of(other, "dual_control_rate")["after"]


# What cannot be shown, and what is refused


def test_what_the_source_does_not_have_is_left_out_and_said(bank, policy, outlook) -> None:
    surges = [DOUBLE, {"product": "gold {bars}", "multiplier": 9.0, "months": 3}]
    result = stress(bank, make_scenario(surges, [effect("retention")]), policy, outlook=outlook)
    assert result.omitted.to_dict("records") == [
        {"item": "surge of gold {bars}", "reason": "the source has no complaints about this product"},
        {"item": "retention", "reason": "the source does not give this indicator"},
    ]
    np.testing.assert_allclose(result.complaints["stressed"], 2 * result.complaints["expected"], rtol=SURE)
    assert "retention" not in set(result.table["indicator_id"])


def test_a_scenario_that_moves_nothing_has_an_empty_table(bank, default_policy, outlook) -> None:
    result = stress(bank, make_scenario(), only(default_policy, "dual_control_rate"), outlook=outlook)
    assert result.table.empty
    assert result.omitted.empty
    assert "did not apply" in result.sentence
    assert not result.applied
    assert result.summary().empty


@pytest.mark.parametrize("severity", ["apocalyptic", "", "{0}"])
def test_an_unknown_severity_is_refused(bank, policy, outlook, severity) -> None:
    with pytest.raises(ParameterError, match="has no severity"):
        stress(bank, make_scenario([DOUBLE]), policy, outlook=outlook, severity=severity)


def test_an_outlook_that_ends_too_early_is_refused(bank, policy) -> None:
    short = sure_outlook({"credit_card": 10.0}, horizon=5)
    with pytest.raises(ParameterError, match=r"ends in 2025-02; .* at least 6 months"):
        stress(bank, make_scenario([DOUBLE], start_month=4), policy, outlook=short)
    assert stress(bank, make_scenario([DOUBLE], start_month=3), policy, outlook=short).size > 0


def test_an_outlook_that_is_not_monthly_by_product_is_refused(bank, policy) -> None:
    by_unit = make_outlook(make_panel({"u": [1] * 12}, key="unit_id"), np.ones((1, 6, 1)))
    yearly = make_outlook(make_panel({"credit_card": [1] * 8}, end="2024"), np.ones((1, 6, 1)))
    panel = make_panel({"credit_card": [1] * 12})
    daily = replace(panel, periods=pd.period_range("2024-09-19", periods=12, freq="D"))
    for outlook in (by_unit, yearly, make_outlook(daily, np.ones((1, 6, 1)))):
        with pytest.raises(ParameterError, match="forecast by product and month or quarter"):
            stress(bank, make_scenario([DOUBLE]), policy, outlook=outlook)


def test_a_surge_in_quarters_is_that_of_their_months(bank, policy) -> None:
    outlook = make_outlook(make_panel({"credit_card": [30.0] * 8}, end="2024Q3"), [[[30.0]] * 4])
    surge = {"product": "all", "multiplier": 4.0, "months": 4}
    result = stress(bank, make_scenario([surge], start_month=4), policy, outlook=outlook)
    assert result.complaints["stressed"].tolist() == pytest.approx(
        [30, 120, 60, 30]
    )  # the fourth month: 10 × (4 + 1 + 1)
    assert result.quarter == "2025Q1"
    with pytest.raises(ParameterError, match="begins in month 2, within one"):
        stress(bank, make_scenario([surge], start_month=2), policy, outlook=outlook)


def test_the_state_before_is_the_last_full_quarter_of_the_history(bank, policy) -> None:
    panel = make_panel({"credit_card": [10.0] * 12}, end="2024-11")  # October and November are no quarter
    result = stress(bank, make_scenario([DOUBLE]), policy, outlook=make_outlook(panel, [[[10.0]] * 6]))
    assert row_of(result, "complaint_rate")["before"] == pytest.approx(5, rel=0.02)
    assert result.quarter == "2024-12 – 2025-02"


# Shocks by month


def of_shocks(*shocks, **changes):
    """A scenario of shocks, given by how they differ from one that doubles all complaints for two months."""
    (usual,) = make_shocks([{"product": "all", "multiplier": 2.0, "months": 2}])
    levels = {"severe": {"shocks": [usual | {"id": f"s{place}"} | one for place, one in enumerate(shocks)]}}
    return make_scenario(**levels).model_copy(update=changes)


def move(what, low, mode, high, **felt):
    by = {"low": low, "mode": mode, "high": high, "basis": "a test", "set_by": "a test"}
    return {"moves": [{"what": what, "change": by, **felt}]}


@pytest.mark.parametrize(
    ("shock", "stressed"),
    [
        ({}, [20, 20, 10, 10, 10, 10]),
        ({"size": 2.0}, [30, 30, 10, 10, 10, 10]),
        ({"start_month": 3}, [10, 10, 20, 20, 10, 10]),
        ({"months": 4, "shape": "ramp_up"}, [12.5, 15, 17.5, 20, 10, 10]),
        ({"months": 1, "half_life_months": 1.0}, [20, 15, 12.5, 11.25, 10.625, 10.3125]),
        ({"months": 0}, [10] * 6),
        ({"size": 0.0}, [10] * 6),
        (move("complaints", -1.0, -1.0, -1.0 + SURE), [0, 0, 10, 10, 10, 10]),
    ],
)
def test_complaints_follow_the_size_of_the_shock_by_month(bank, policy, shock, stressed) -> None:
    result = stress(bank, of_shocks(shock), policy, outlook=sure_outlook({"credit_card": 10.0}))
    assert result.complaints["stressed"].tolist() == pytest.approx(stressed, abs=1e-6)
    assert result.omitted.empty


def test_no_shock_gives_the_outlook_exactly(bank, policy, outlook) -> None:
    for shock in ({"months": 0}, {"size": 0.0}):
        result = stress(bank, of_shocks(shock), policy, outlook=outlook)
        assert (result.complaints["stressed"] == result.complaints["expected"]).all()
        assert (result.table["after"] == result.table["before"]).all()


def test_an_indicator_changes_by_the_mean_of_its_months(bank, policy, outlook) -> None:
    moved = move("indicator", LOW, MODE, HIGH, indicator="dual_control_rate")
    changes = []
    for shock in ({"months": 3}, {"months": 1}, {"months": 1, "size": 3.0}, {"months": 6, "start_month": 4}):
        row = row_of(stress(bank, of_shocks(moved | shock), policy, outlook=outlook), "dual_control_rate")
        changes.append(row["after"] - row["before"])
    assert changes == pytest.approx([changes[0], changes[0] / 3, changes[0], 0], abs=1e-9)


def test_upheld_complaints_and_retention_are_indicators_of_their_own(bank, policy, outlook) -> None:
    shocks = [move("upheld", 0.1, 0.2, 0.3), move("retention", -0.3, -0.2, -0.1)]
    omitted = stress(bank, of_shocks(*shocks), policy, outlook=outlook).omitted
    assert omitted["item"].tolist() == ["upheld_rate", "retention"]  # which this bank does not have


def test_a_stricter_limit_turns_red_what_does_not_move(bank, policy, outlook) -> None:
    usual = row_of(stress(bank, of_shocks({}), policy, outlook=outlook), "complaint_rate")
    shock = move("limit", -4.0, -3.5, -3.0, indicator="complaint_rate") | {"months": 3}
    row = row_of(stress(bank, of_shocks(shock), policy, outlook=outlook), "complaint_rate")
    assert row["before"] == row["after"]
    assert usual["red"] - row["red"] == pytest.approx(3.5, abs=0.03)
    assert usual["amber"] - row["amber"] == pytest.approx(3.5, abs=0.03)
    assert row["red"] < row["before"] < usual["red"]
    assert row["rating"] == "red"
    assert row["rating_before"] == usual["rating_before"] != "red"


def test_what_the_test_does_not_carry_is_said(bank, policy, outlook) -> None:
    shocks = [
        move("staff", -0.2, -0.1, 0.0),
        move("complaints", 0.1, 0.2, 0.3, unit_id="B001"),
        move("indicator", LOW, MODE, HIGH, indicator="dual_control_rate", channel="phone"),
        {"months": 12},
    ]
    result = stress(bank, of_shocks(*shocks), policy, outlook=outlook)
    assert result.omitted.to_dict("records") == [
        {"item": item, "reason": reason}
        for item, reason in (
            ("surge of B001", "the source has no complaints there"),
            ("handlers at work", "how much the handlers can do is not known"),
            (
                "Dual control of high-risk operations (channel phone)",
                "this source or this run has nothing that it could move",
            ),
            ("Shock", "it lasts longer than the outlook, which ends in 2025-03"),
        )
    ]
    assert "dual_control_rate" not in set(result.table["indicator_id"])


def test_complaints_that_it_cannot_carry_are_unknown_and_not_as_expected(bank, policy, outlook) -> None:
    result = stress(
        bank, of_shocks(move("complaints", 0.1, 0.2, 0.3, channel="phone")), policy, outlook=outlook
    )
    assert result.complaints["stressed"].isna().all()
    assert "complaint_rate" not in set(result.table["indicator_id"])
    assert "did not apply" in result.sentence


def test_the_same_assumption_has_the_same_draws_at_every_severity(bank, policy, outlook) -> None:
    shock = make_shocks([{"product": "all", "multiplier": 2.0, "months": 2}])[0] | move(
        "complaints", 0.5, 1.0, 3.0
    )
    other = move("staff", -0.2, -0.1, 0.0) | {"id": "other"}
    levels = {"severe": {"shocks": [shock]}, "extreme": {"shocks": [shock | other, shock]}}
    results = [
        stress(bank, make_scenario(**levels), policy, outlook=outlook, severity=severity)
        for severity in levels
    ]
    pd.testing.assert_frame_equal(results[0].complaints, results[1].complaints)


def test_scenarios_one_after_another_rate_the_bank_once(bank, policy, outlook, monkeypatch) -> None:
    asked = []
    rate = standing.rate_period

    def counted(tables, policy, quarter, **given):
        asked.append(quarter)
        return rate(tables, policy, quarter, **given)

    monkeypatch.setattr(standing, "rate_period", counted)
    monkeypatch.setattr(standing, "_rated", WeakKeyDictionary())
    scenario = of_shocks(move("complaints", 0.0, 0.5, 1.0))
    before = [stress(bank, scenario, policy, outlook=outlook).table["before"] for _ in range(2)]
    assert before[0].equals(before[1])
    assert asked == ["2024Q3"]
    stress(bank, scenario, only(policy, "complaint_rate"), outlook=outlook)
    assert asked == ["2024Q3"] * 2  # another policy


def test_strong_assumptions_come_together_under_a_copula(bank, policy, outlook) -> None:
    shocks = [move("complaints", 0.0, 0.5, 1.0, product=name) for name in ("credit_card", "mortgage")]
    apart = of_shocks(*shocks)
    together = apart.model_copy(update={"dependence": Dependence(copula="gaussian", correlation=0.99)})
    certain = sure_outlook({"credit_card": 100.0, "mortgage": 100.0})
    independent, dependent = (stress(bank, one, policy, outlook=certain) for one in (apart, together))
    widths = [
        one.complaints["stressed_upper"][0] - one.complaints["stressed_lower"][0]
        for one in (independent, dependent)
    ]
    assert widths[1] == pytest.approx(widths[0] * math.sqrt(2), rel=0.1)
    for one in (independent, dependent):
        assert one.complaints["stressed"][0] == pytest.approx(300, rel=0.01)
