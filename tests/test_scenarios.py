"""Scenarios: shocks in their own unit, what they move, and every severity of the shipped ones worse than the last."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from riskmodels.catalogue import SHARES
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.parameters.scenarios import (
    Elicited,
    Level,
    Scenario,
    Shock,
    check_indicators,
    load_scenario,
    load_scenarios,
)

SCENARIOS = [
    *("account_freeze", "combined", "complaint_surge", "data_leak", "funds_transfer_error", "macro_downturn"),
    *("mis_selling", "regulatory_tightening", "staff_misconduct", "staff_shortage", "system_outage"),
    "third_party_failure",
]
SEVERITIES = ["moderate", "severe", "extreme"]
MOVEMENT = {
    "what": "complaints",
    "change": {"low": 0.1, "mode": 0.2, "high": 0.4, "basis": "a test", "set_by": "a test"},
}
SHOCK = {
    "id": "s",
    "name_en": "S",
    "name_zh": "冲击",
    "unit_en": "hours",
    "unit_zh": "小时",
    "size": 2.0,
    "months": 3,
    "moves": [MOVEMENT],
}


@pytest.fixture(scope="module")
def policy(project: Path) -> Policy:
    return load_policy(project / "params" / "policy", on="2026-10-01")


@pytest.fixture(scope="module")
def shipped(project: Path) -> dict[str, Scenario]:
    return load_scenarios(project / "params" / "scenarios")


def change_of(**ends: float) -> dict[str, Any]:
    return {"change": MOVEMENT["change"] | ends}


def make_shock(**changes: Any) -> Shock:
    return check_parameters(SHOCK | changes, Shock, where="here")


def scenario_of(shock: dict[str, Any] | None = None, **movement: Any) -> dict[str, Any]:
    moves = [MOVEMENT | movement]
    return {
        "id": "test",
        "name_en": "Test",
        "name_zh": "测试",
        "description_en": "A test",
        "description_zh": "测试",
        "start_month": 1,
        "levels": {"severe": {"shocks": [SHOCK | {"moves": moves} | (shock or {})]}},
    }


def write(folder: Path, id_: str, **levels: Any) -> Path:
    content = scenario_of() | {"id": id_} | ({"levels": levels} if levels else {})
    path = folder / f"{id_}.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(content, file)
    return path


# The shipped ones


def test_the_shipped_files_are_those_of_the_library(shipped: dict[str, Scenario], project: Path) -> None:
    assert sorted(shipped) == SCENARIOS
    for name, scenario in shipped.items():
        assert list(scenario.levels) == SEVERITIES
        check_indicators(scenario, SHARES, where=name)
        assert load_scenario(project / "params" / "scenarios" / f"{name}.yaml") == scenario


def sizes(level: Level) -> dict[tuple[str, ...], float]:
    """What is moved at most in any month, by the likeliest change; per doubling the change itself."""
    found: dict[tuple[str, ...], float] = {}
    for shock, one in level.movements:
        size = 1.0 if one.per == "doubling_of_complaints" else shock.size
        key = (shock.part or "", shock.id, one.what, one.indicator_id, one.per, *one.felt.values())
        found[key] = abs(one.change.mode) * size
    return found


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "combined"])
def test_each_severity_is_worse_than_the_last(shipped: dict[str, Scenario], name: str) -> None:
    levels = [shipped[name].level(severity) for severity in SEVERITIES]
    for milder, worse in pairwise(levels):
        before, after = sizes(milder), sizes(worse)
        assert all(after[key] >= size * (1 - 1e-9) for key, size in before.items())
        assert any(after[key] > size for key, size in before.items())
        lasting = [sum(shock.months for shock in level.shocks) for level in (milder, worse)]
        assert lasting[0] <= lasting[1]


def test_every_change_makes_things_worse(shipped: dict[str, Scenario], policy: Policy) -> None:
    falls = {"staff", "retention"}
    for scenario in shipped.values():
        for at, _, one in scenario.movements():
            is_worse_below = one.what in falls
            if one.what == "indicator":
                is_worse_below = policy.indicator(one.indicator_id).direction == "higher_is_better"
            elif one.what == "limit":  # stricter
                is_worse_below = policy.indicator(one.indicator_id).direction == "lower_is_better"
            ends = (
                (one.change.high, one.change.low) if is_worse_below else (-one.change.low, -one.change.high)
            )
            assert max(ends) <= 0, f"{scenario.id}: {at}"


def test_every_prior_says_that_it_is_one(shipped: dict[str, Scenario]) -> None:
    for scenario in shipped.values():
        for at, _, one in scenario.movements():
            is_arithmetic = "arithmetic" in one.change.basis
            assert ("riskmodels' prior, not a bank's experience: " in one.change.basis) != is_arithmetic, at
            assert one.change.set_by == "riskmodels default"


def test_availability_is_the_hours_down_in_a_month(shipped: dict[str, Scenario]) -> None:
    hours = {"moderate": (1, 2, 4), "severe": (4, 12, 24), "extreme": (24, 48, 96)}
    for severity, (least, likely, most) in hours.items():
        shock = shipped["system_outage"].level(severity).shocks[0]
        change = next(one.change for one in shock.moves if one.indicator_id == "system_availability")
        ends = [end * shock.size for end in (change.low, change.mode, change.high)]
        assert ends == pytest.approx([-most / 730, -likely / 730, -least / 730], rel=1e-3)


def test_the_surge_is_as_described(shipped: dict[str, Scenario]) -> None:
    shocks = [level.shocks[0] for level in shipped["complaint_surge"].levels.values()]
    assert [(1 + one.size, one.months, one.moves[0].product) for one in shocks] == [
        (2, 2, "credit_card"),
        (3, 3, "credit_card"),
        (5, 6, "credit_card"),
    ]
    assert all(one.moves[0].change.mean == pytest.approx(1) for one in shocks)


# Combined


def test_a_combined_scenario_has_the_shocks_of_its_parts(shipped: dict[str, Scenario]) -> None:
    level = shipped["combined"].level("severe")
    parts = {one.scenario: shipped[one.scenario].level(one.severity) for one in level.combines}
    assert list(parts) == ["system_outage", "complaint_surge", "staff_shortage"]
    assert [(one.part, one.id) for one in level.shocks] == [
        (name, shock.id) for name, part in parts.items() for shock in part.shocks
    ]
    again = Scenario.model_validate_json(shipped["combined"].model_dump_json())
    assert again == shipped["combined"]


def test_parts_keep_their_start_against_each_other(tmp_path: Path) -> None:
    later = write(tmp_path, "later")
    later.write_text(later.read_text("utf-8").replace("start_month: 1", "start_month: 3"), encoding="utf-8")
    parts = [{"scenario": name, "severity": "severe"} for name in ("test", "later")]
    write(tmp_path, "test")
    both = load_scenario(write(tmp_path, "both", severe={"combines": parts}))
    assert [(one.part, one.start_month) for one in both.level("severe").shocks] == [("test", 1), ("later", 3)]


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"scenario": "tset", "severity": "severe"}, r"levels\.severe\.combines\.0\.scenario: .*mean 'test'"),
        ({"scenario": "test", "severity": "extreme"}, r"combines\.0\.severity: test has no severity 'extreme'; .*severe"),
        ({"scenario": "both", "severity": "severe"}, r"in a circle: both, both"),
        ({"scenario": "other", "severity": "severe"}, r"in a circle: both, other, both"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_there_or_a_circle_is_refused(
    tmp_path: Path, part: dict[str, str], problem: str
) -> None:
    write(tmp_path, "test")
    write(tmp_path, "other", severe={"combines": [{"scenario": "both", "severity": "severe"}]})
    path = write(tmp_path, "both", severe={"combines": [part]})
    with pytest.raises(ParameterError, match=problem) as caught:
        load_scenario(path)
    assert "both.yaml" in str(caught.value) or "other.yaml" in str(caught.value)
    with pytest.raises(ParameterError):
        load_scenarios(tmp_path)


def test_two_files_of_one_id_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"has no scenario: expected files"):
        load_scenarios(tmp_path)
    write(tmp_path, "test").rename(tmp_path / "other.yaml")
    write(tmp_path, "test")
    with pytest.raises(ParameterError, match=r"other\.yaml and .*test\.yaml are both 'test'"):
        load_scenarios(tmp_path)


# What is refused, with file, dotted path and reason


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (scenario_of({"mnths": 3}), r"levels\.severe\.shocks\.0\.mnths: is no key here; did you mean 'months'"),
        (scenario_of({"months": -1}), r"levels\.severe\.shocks\.0\.months: is -1; expected a whole number, at least 0"),
        (scenario_of({"size": -1.0}), r"shocks\.0\.size: is -1\.0; expected a number, at least 0"),
        (scenario_of({"half_life_months": -1.0}), r"shocks\.0\.half_life_months"),
        (scenario_of({"unit": "hours"}), r"shocks\.0\.unit: is no key here any more; write unit_en and unit_zh instead"),
        (scenario_of({"unit_zh": ""}), r"shocks\.0\.unit_zh"),
        (scenario_of({"start_month": 0}), r"shocks\.0\.start_month: is 0; expected a whole number, at least 1"),
        (scenario_of({"shape": "steps"}), r"shocks\.0\.shape: is 'steps'; .*did you mean 'step'"),
        (scenario_of({"moves": []}), r"shocks\.0\.moves"),
        (scenario_of({"moves": [MOVEMENT, MOVEMENT]}), r"shocks\.0: moves: the same is moved twice"),
        (scenario_of({"part": "other"}), r"levels\.severe: leave part out"),
        (scenario_of(what="complaint"), r"moves\.0\.what: is 'complaint'; .*did you mean 'complaints'"),
        (scenario_of(what="upheld", **change_of(high=1.2)), r"moves\.0: the change of upheld is more than 1"),
        (scenario_of({"size": 5.0}, what="upheld"), r"shocks\.0: moves\.0: upheld changes by 2 .*cannot change by more than 1"),
        (scenario_of(what="retention", **change_of(low=-1.5)), r"moves\.0: the change of retention"),
        (scenario_of(what="staff", **change_of(low=-0.6)), r"shocks\.0: moves\.0: staff falls by more than all of it: -0\.6 × 2"),
        (scenario_of(**change_of(high=501.0)), r"complaints becomes more than 1000 times as much"),
        (scenario_of(what="fine", **change_of(low=-1.0)), r"moves\.0: a fine cannot be negative"),
        (scenario_of(delay_months=2), r"moves\.0: only a fine has delay_months"),
        (scenario_of(team="hotline"), r"moves\.0: complaints is not felt by team; it may be by product"),
        (scenario_of(what="staff", product="cards"), r"moves\.0: staff is not felt by product"),
        (scenario_of(what="fine", unit_id="B001"), r"moves\.0: fine is not felt by unit_id"),
        (scenario_of(product="all"), r"moves\.0: leave product out where all are meant"),
        (scenario_of(what="indicator"), r"moves\.0: name an indicator"),
        (scenario_of(indicator="satisfaction"), r"moves\.0: name an indicator of what: indicator"),
        (scenario_of(per="doubling_of_complaints"), r"moves\.0: only an indicator changes per doubling"),
        (scenario_of(**change_of(mode=0.05)), r"moves\.0\.change: expected low <= mode <= high"),
        (scenario_of(**change_of(low=0.2, high=0.2)), r"moves\.0\.change: .*low < high"),
        (scenario_of(**change_of(high=float("inf"))), r"finite number"),
        (scenario_of(change={"low": 0.1, "mode": 0.2, "high": 0.3, "basis": "x"}), r"change\.set_by: is missing"),
        (scenario_of() | {"start_month": 0}, r"start_month: is 0"),
        (scenario_of() | {"levels": {}}, r"levels"),
        (scenario_of() | {"levels": {"severe": {}}}, r"levels\.severe: give either shocks or combines"),
        (scenario_of() | {"levels": {"mild": {"shocks": []}}}, r"levels\.mild: is 'mild'; expected one of moderate"),
        (scenario_of() | {"dependence": {"correlation": 0.5}}, r"dependence: a correlation needs copula: gaussian"),
        (scenario_of() | {"dependence": {"copula": "gaussian", "correlation": 1.0}}, r"dependence\.correlation: .*less than 1"),
        (scenario_of() | {"description_zh": ""}, r"description_zh"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(content: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem) as caught:
        check_parameters(content, Scenario, where="params/scenarios/x.yaml")
    assert str(caught.value).startswith("params/scenarios/x.yaml ")


def test_both_shocks_and_parts_are_refused() -> None:
    level = {"shocks": [SHOCK], "combines": [{"scenario": "a", "severity": "severe"}]}
    with pytest.raises(ParameterError, match=r"levels\.severe: give either shocks or combines"):
        check_parameters(scenario_of() | {"levels": {"severe": level}}, Scenario, where="here")


def test_an_indicator_that_nobody_knows_is_refused_with_the_nearest() -> None:
    movement = {"what": "indicator", "indicator": "satisfacton", **change_of(low=-0.3, mode=-0.2, high=-0.1)}
    scenario = check_parameters(scenario_of(**movement), Scenario, where="here")
    with pytest.raises(
        ParameterError,
        match=r"^x\.yaml does not fit a scenario: levels\.severe\.shocks\.0\.moves\.0\.indicator: .*mean 'satisfaction'",
    ):
        check_indicators(scenario, SHARES, where="x.yaml")


def test_an_unknown_severity_is_named_with_those_there_are(shipped: dict[str, Scenario]) -> None:
    with pytest.raises(ParameterError, match="no severity 'mild'; there are moderate, severe, extreme"):
        shipped["mis_selling"].level("mild")


# The profile of a shock, and draws


def test_profiles_by_hand() -> None:
    def of(**changes: Any) -> list[float]:
        return make_shock(size=4.0, **changes).profile(6).tolist()

    assert of(months=2) == [4, 4, 0, 0, 0, 0]
    assert of(months=2, start_month=3) == [0, 0, 4, 4, 0, 0]
    assert of(months=4, shape="ramp_up") == [1, 2, 3, 4, 0, 0]
    assert of(months=4, shape="ramp_down") == [4, 3, 2, 1, 0, 0]
    assert of(months=2, half_life_months=1.0) == [4, 4, 2, 1, 0.5, 0.25]
    assert of(months=4, shape="ramp_down", half_life_months=0.5) == [4, 3, 2, 1, 0.25, 0.0625]
    assert of(months=3, start_month=9) == [0] * 6


SHOCKS = st.fixed_dictionaries(
    {
        "size": st.floats(0, 1e6),
        "start_month": st.integers(1, 40),
        "months": st.integers(0, 60),
        "shape": st.sampled_from(["step", "ramp_up", "ramp_down"]),
        "half_life_months": st.floats(0, 120),
        "moves": st.just([MOVEMENT | {"what": "enquiries", **change_of(low=0.0, mode=1e-6, high=1e-4)}]),
    }
)


@given(changes=SHOCKS, months=st.integers(0, 60))
def test_a_later_start_shifts_a_profile_and_nothing_else(changes: dict[str, Any], months: int) -> None:
    shock, later = (make_shock(**changes | {"start_month": changes["start_month"] + more}) for more in (0, 1))
    profile = shock.profile(months)
    assert profile.shape == (months,)
    assert ((profile >= 0) & (profile <= shock.size)).all()
    assert (later.profile(months + 1)[1:] == profile).all()
    assert later.profile(1).sum() == 0
    assert (shock.profile(months + 7)[:months] == profile).all()
    assert not make_shock(**changes | {"months": 0}).profile(months).any()
    twice = make_shock(**changes | {"size": changes["size"] / 2}).profile(months)
    np.testing.assert_allclose(2 * twice, profile, rtol=1e-9, atol=1e-300)


@given(ends=st.lists(st.floats(-50, 50), min_size=3, max_size=3), seed=st.integers(0, 9))
def test_an_assumption_is_drawn_from_its_triangle_the_strong_end_last(ends: list[float], seed: int) -> None:
    low, mode, high = sorted(ends)
    if high - low < 1e-6:
        return
    change = Elicited(low=low, mode=mode, high=high, basis="a test", set_by="a test")
    strength = (np.arange(4000) + 0.5) / 4000
    drawn = change.quantile(strength)
    assert ((drawn >= low - 1e-9) & (drawn <= high + 1e-9)).all()
    assert (np.diff(drawn) * (-1 if change.mean < 0 else 1) >= -1e-9).all()
    assert drawn.mean() == pytest.approx(change.mean, abs=2e-3 * (high - low))
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert drawn.std() == pytest.approx(variance**0.5, abs=2e-3 * (high - low))


def test_the_how_to_s_keys_are_those_of_a_scenario(project: Path) -> None:
    text = (project / "docs" / "howto" / "scenarios.md").read_text("utf-8")
    first, second = (block.split("```")[0] for block in text.split("```yaml\n")[1:3])
    shown = YAML(typ="safe", pure=True).load(first)
    check_parameters(scenario_of() | shown, Scenario, where="the how-to")
    parts = YAML(typ="safe", pure=True).load(second)
    check_parameters(scenario_of() | parts, Scenario, where="the how-to")


@pytest.mark.parametrize("per", ["unit_of_shock", "doubling_of_complaints"])
def test_a_share_that_changes_by_more_than_all_of_it_is_refused(per: str) -> None:
    ends = {"low": -0.6, "mode": -0.2, "high": -0.1}
    movement = {"what": "indicator", "indicator": "satisfaction", "per": per, **change_of(**ends)}
    scenario = check_parameters(scenario_of(**movement), Scenario, where="here")
    if per == "doubling_of_complaints":
        check_indicators(scenario, SHARES, where="x.yaml")  # the size of the shock does not count
        return
    with pytest.raises(
        ParameterError, match=r"^x\.yaml .*moves\.0\.change: satisfaction changes by 1\.2 .*more than 1"
    ):
        check_indicators(scenario, SHARES, where="x.yaml")
    days = scenario_of(**movement | {"indicator": "handling_days"})
    check_indicators(check_parameters(days, Scenario, where="here"), SHARES, where="x.yaml")
