"""Scenarios: every severity worse than the last, every assumption with its uncertainty and basis."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.parameters.scenarios import Elicited, Scenario, load_scenario

SCENARIOS = ["complaint_surge", "system_outage"]
SEVERITIES = ["moderate", "severe", "extreme"]


@pytest.fixture(scope="module")
def policy(project: Path) -> Policy:
    return load_policy(project / "params" / "policy", on="2026-10-01")


@pytest.fixture(scope="module", params=SCENARIOS)
def shipped(project: Path, request: pytest.FixtureRequest) -> Scenario:
    return load_scenario(project / "params" / "scenarios" / f"{request.param}.yaml")


def test_the_shipped_files_are_those_tested_here(project: Path) -> None:
    files = sorted((project / "params" / "scenarios").glob("*.yaml"))
    assert [path.stem for path in files] == SCENARIOS
    assert [load_scenario(path).id for path in files] == SCENARIOS


def test_there_are_three_severities_in_order(shipped: Scenario) -> None:
    assert list(shipped.levels) == SEVERITIES


def test_each_severity_brings_more_complaints_than_the_last(shipped: Scenario) -> None:
    levels = [shipped.level(severity) for severity in SEVERITIES]
    for milder, worse in pairwise(levels):
        assert worse.surges[0].multiplier > milder.surges[0].multiplier > 1
        assert worse.surges[0].months >= milder.surges[0].months


def test_direct_effects_grow_with_severity(shipped: Scenario) -> None:
    levels = [shipped.level(severity).effects for severity in SEVERITIES]
    for milder, worse in pairwise(levels):
        direct = {e.indicator: abs(e.change.mode) for e in milder if e.per == "event"}
        stronger = {e.indicator: abs(e.change.mode) for e in worse if e.per == "event"}
        assert all(stronger[name] > size for name, size in direct.items())


def test_every_effect_makes_a_known_indicator_worse(shipped: Scenario, policy: Policy) -> None:
    for level in shipped.levels.values():
        for effect in level.effects:
            falls = policy.indicator(effect.indicator).direction == "higher_is_better"
            worst, best = (
                (effect.change.low, effect.change.high)
                if falls
                else (-effect.change.high, -effect.change.low)
            )
            assert worst < 0, effect
            assert best <= 0, effect


def test_no_indicator_is_moved_twice(shipped: Scenario) -> None:
    for level in shipped.levels.values():
        moved = [(effect.indicator, effect.per) for effect in level.effects]
        assert len(set(moved)) == len(moved)


def test_every_prior_says_that_it_is_one(shipped: Scenario) -> None:
    for level in shipped.levels.values():
        for effect in level.effects:
            arithmetic = effect.indicator == "system_availability"
            assert ("riskmodels' prior, not a bank's experience" in effect.change.basis) != arithmetic


def test_availability_is_the_hours_down_in_a_quarter(project: Path) -> None:
    scenario = load_scenario(project / "params" / "scenarios" / "system_outage.yaml")
    hours = {"moderate": (1, 2, 4), "severe": (4, 12, 24), "extreme": (24, 48, 96)}
    for severity, (least, likely, most) in hours.items():
        effects = {effect.indicator: effect.change for effect in scenario.level(severity).effects}
        change = effects["system_availability"]
        expected = [-most / 2190, -likely / 2190, -least / 2190]
        assert [change.low, change.mode, change.high] == pytest.approx(expected, abs=1e-4)


def test_the_surge_is_as_described(project: Path) -> None:
    scenario = load_scenario(project / "params" / "scenarios" / "complaint_surge.yaml")
    surges = [(s.product, s.multiplier, s.months) for level in scenario.levels.values() for s in level.surges]
    assert surges == [("credit_card", 2, 2), ("credit_card", 3, 3), ("credit_card", 5, 6)]


def test_an_unknown_severity_is_named_with_those_there_are(shipped: Scenario) -> None:
    with pytest.raises(ParameterError, match="no severity 'mild'; there are moderate, severe, extreme"):
        shipped.level("mild")


def small_scenario(**change: Any) -> dict[str, Any]:
    effect = {
        "indicator": "satisfaction",
        "per": "event",
        "change": {"low": -0.3, "mode": -0.2, "high": -0.1, "basis": "a test"} | change,
    }
    return {
        "id": "test",
        "name_en": "Test",
        "name_zh": "测试",
        "description_en": "A test",
        "description_zh": "测试",
        "start_month": 1,
        "levels": {"severe": {"surges": [], "effects": [effect]}},
    }


@pytest.mark.parametrize(
    "change",
    [{"mode": -0.31}, {"mode": 0.0}, {"low": -0.1, "mode": -0.1}, {"low": -0.1, "mode": -0.2, "high": -0.3}],
)
def test_an_assumption_out_of_order_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=r"effects\.0\.change: .*low <= mode <= high"):
        check_parameters(small_scenario(**change), Scenario, where="here")


def test_an_assumption_may_lean_to_one_end() -> None:
    assert Elicited(low=-0.2, mode=-0.2, high=0.0, basis="a test").mode == -0.2


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("start_month", 0, "start_month"),
        ("levels", {"mild": {"surges": []}}, "levels.mild"),
        (
            "levels",
            {"severe": {"surges": [{"product": "all", "multiplier": 0.0, "months": 1}]}},
            "multiplier",
        ),
        ("levels", {"severe": {"surges": [{"product": "all", "multiplier": 2.0, "months": 0}]}}, "months"),
        ("description_zh", "", "description_zh"),
    ],
)
def test_a_scenario_out_of_bounds_is_refused(key: str, value: object, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(small_scenario() | {key: value}, Scenario, where="here")
