"""The risk register: all categories, all indicators, all kinds of control, both languages, plausible figures."""

import math
import re
import statistics
from pathlib import Path
from typing import Any, get_args

import pytest

from riskmodels.catalogue import INDICATORS
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Appetite, load_policy
from riskmodels.parameters.risks import Category, Interval, Risk, RiskRegister, load_risks

CHINESE = re.compile("[\u4e00-\u9fff]")
EVENT_TYPES = {
    "external_fraud",
    "internal_fraud",
    "clients_products_practices",
    "business_disruption",
    "execution_delivery_process",
}


@pytest.fixture(scope="module")
def register(project: Path) -> RiskRegister:
    return load_risks(project / "params" / "risks.yaml")


def test_it_holds_about_forty_risks(register: RiskRegister) -> None:
    assert 38 <= len(register.risks) <= 45


def test_every_category_has_a_risk(register: RiskRegister) -> None:
    assert {risk.category for risk in register.risks} == set(get_args(Category))


def test_every_indicator_signals_a_risk_and_every_signal_is_an_indicator(
    register: RiskRegister, project: Path
) -> None:
    policy = load_policy(project / "params" / "policy", on="2026-10-01")
    signals = {signal for risk in register.risks for signal in risk.signals}
    assert signals == {indicator.id for indicator in policy.indicators}


def test_every_kind_of_control_is_in_use_and_every_risk_is_prevented_and_corrected(
    register: RiskRegister,
) -> None:
    kinds = {risk.id: {control.kind for control in risk.controls} for risk in register.risks}
    assert set().union(*kinds.values()) == {"preventive", "corrective", "compensating"}
    assert all({"preventive", "corrective"} <= held for held in kinds.values())


def test_a_compensating_control_has_money_to_compensate(register: RiskRegister) -> None:
    compensated = [
        risk for risk in register.risks if any(control.kind == "compensating" for control in risk.controls)
    ]
    assert compensated
    assert all(risk.impact.money for risk in compensated)


def test_every_type_of_loss_event_is_one_risk(register: RiskRegister) -> None:
    claimed = [event_type for risk in register.risks for event_type in risk.event_types]
    assert sorted(claimed) == sorted(EVENT_TYPES)


def test_a_risk_of_loss_events_costs_what_such_a_loss_does(register: RiskRegister) -> None:
    for risk in register.risks:
        if risk.event_types:
            assert risk.impact.money is not None
            assert 1e3 < middle(risk.impact.money) < 1e4, risk.id


def test_what_measures_a_control_is_a_proportion_that_should_be_high(
    register: RiskRegister, project: Path
) -> None:
    policy = load_policy(project / "params" / "policy", on="2026-10-01")
    direction = {indicator.id: indicator.direction for indicator in policy.indicators}
    measures = {name for risk in register.risks for control in risk.controls for name in control.carried_out}
    assert measures
    assert {INDICATORS[name].family for name in measures} == {"proportion"}
    assert {direction[name] for name in measures} == {"higher_is_better"}


def test_what_counts_events_is_a_rate_in_time_and_signals_the_risk(register: RiskRegister) -> None:
    counted = [(risk, risk.counted_by) for risk in register.risks if risk.counted_by is not None]
    assert counted
    for risk, name in counted:
        assert (INDICATORS[name].family, INDICATORS[name].exposure) == ("rate", "time")
        assert name in risk.signals
        assert not risk.event_types
    names = [name for _, name in counted]
    assert len(set(names)) == len(names)


def middle(interval: Interval) -> float:
    return math.sqrt(interval.low * interval.high)


def cost_of_an_event(risk: Risk, appetite: Appetite) -> float:
    """Price an event at the middle of its intervals, before controls [CNY]."""
    prices = {
        "money": 1.0,
        "customers": appetite.money_per_customer_affected,
        "regulatory": 1.0,
        "reputation": appetite.money_per_customer_lost,
    }
    kinds = ((getattr(risk.impact, name), price) for name, price in prices.items())
    return sum(middle(interval) * price for interval, price in kinds if interval is not None)


def test_no_risk_costs_next_to_nothing_or_the_bank(register: RiskRegister) -> None:
    for risk in register.risks:
        assert 1e3 < middle(risk.frequency) * cost_of_an_event(risk, Appetite()) < 1e9, risk.id


def test_what_is_frequent_costs_little_and_what_is_rare_costs_much(register: RiskRegister) -> None:
    frequencies = [math.log10(middle(risk.frequency)) for risk in register.risks]
    costs = [math.log10(cost_of_an_event(risk, Appetite())) for risk in register.risks]
    assert max(frequencies) - min(frequencies) > 4  # powers of ten
    assert max(costs) - min(costs) > 4
    assert statistics.correlation(frequencies, costs) < -0.8


def test_no_interval_is_so_wide_that_it_says_nothing(register: RiskRegister) -> None:
    for risk in register.risks:
        impacts = [interval for _, interval in risk.impact if interval is not None]
        assert all(interval.high <= 500 * interval.low for interval in (risk.frequency, *impacts)), risk.id


def test_both_languages_say_it(register: RiskRegister) -> None:
    for risk in register.risks:
        for part in (risk, *risk.controls):
            texts = part.model_dump(exclude={"controls"})
            assert all(CHINESE.search(text) for name, text in texts.items() if name.endswith("_zh"))
            assert not any(CHINESE.search(text) for name, text in texts.items() if name.endswith("_en"))


def test_no_sentence_stands_for_two_risks(register: RiskRegister) -> None:
    for field in ("name_en", "name_zh", "cause_zh", "event_zh", "consequence_zh"):
        texts = [getattr(risk, field) for risk in register.risks]
        assert len(set(texts)) == len(texts), field


@pytest.mark.parametrize(
    ("indicator_id", "risk_id"),
    [
        ("complaint_rate", "mass_complaints"),
        ("handling_days", "complaint_backlog"),
        ("upheld_rate", "mis_selling"),
        ("system_availability", "system_outage"),
        ("security_incidents", "data_leak"),
        ("identity_check_rate", "identity_fraud"),
        ("rectification_on_time", "unfinished_rectification"),
    ],
)
def test_a_finding_takes_its_cause_from_the_first_risk(
    register: RiskRegister, indicator_id: str, risk_id: str
) -> None:
    risk = register.signalled_by(indicator_id)
    assert risk is not None
    assert risk.id == risk_id


def test_an_indicator_that_signals_nothing_has_no_risk(register: RiskRegister) -> None:
    assert register.signalled_by("weather") is None


def small_register(**changes: Any) -> dict[str, Any]:
    texts = ("name", "cause", "event", "consequence", "owner")
    risk = {f"{text}_{language}": "text" for text in texts for language in ("en", "zh")}
    risk |= {"id": "a", "category": "conduct", "signals": ["satisfaction"]}
    risk |= {"frequency": {"low": 1, "high": 10}, "impact": {"money": {"low": 100, "high": 1000}}}
    risk |= {"controls": [small_control()]}
    return {"set_by": "text", "risks": [risk | changes, risk | {"id": "b"}]}


def small_control(**changes: Any) -> dict[str, Any]:
    control = {"kind": "preventive", "name_en": "a", "name_zh": "a"}
    return control | {"effectiveness": {"low": 0.2, "high": 0.5}} | changes


def test_the_first_risk_in_the_file_wins() -> None:
    register = check_parameters(small_register(), RiskRegister, where="here")
    first = register.signalled_by("satisfaction")
    assert first is not None
    assert first.id == "a"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "b"}, "given twice: b"),
        ({"signals": []}, r"risks\.0\.signals"),
        ({"controls": []}, r"risks\.0\.controls"),
        ({"category": "market"}, r"risks\.0\.category"),
        ({"owner_zh": ""}, r"risks\.0\.owner_zh"),
        ({"score": 5}, r"risks\.0\.score"),
        ({"frequency": {"low": 10, "high": 10}}, r"risks\.0\.frequency: .*expected low < high"),
        ({"frequency": {"low": 10, "high": 1}}, r"risks\.0\.frequency: .*expected low < high"),
        ({"frequency": {"low": 0, "high": 1}}, r"risks\.0\.frequency\.low"),
        ({"impact": {"money": {"low": 9, "high": 8}}}, r"risks\.0\.impact\.money: .*expected low < high"),
        ({"impact": {}}, r"risks\.0\.impact: .*at least one of money"),
        ({"impact": None}, r"risks\.0\.impact"),
        (
            {"controls": [small_control(effectiveness={"low": 0.5, "high": 1})]},
            r"risks\.0\.controls\.0\.effectiveness\.high",
        ),
        (
            {"controls": [small_control(effectiveness={"low": 0.5, "high": 0.4})]},
            r"risks\.0\.controls\.0\.effectiveness: .*expected low < high",
        ),
        (
            {"controls": [small_control(carried_out=["Dual control"])]},
            r"risks\.0\.controls\.0\.carried_out\.0",
        ),
    ],
)
def test_an_incomplete_risk_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(small_register(**changes), RiskRegister, where="here")


def test_a_register_without_a_source_of_its_intervals_says_so() -> None:
    anonymous = {"risks": small_register()["risks"]}
    assert check_parameters(anonymous, RiskRegister, where="here").set_by == "unknown"


# What mends an indicator

REMEDIES = {  # indicator -> a word of every control that may be named for it
    "resolved_7wd": "past its deadline",
    "rectification_on_time": "owner and due date",
    "training_coverage": "Certificate",
    "enquiry_30min": "Rosters",
    "first_contact_owner_rate": "First-contact",
    "dual_control_rate": "Dual control",
    "identity_check_rate": "Verification",
    "education_reach": "Education",
    "special_group_coverage": "after a refusal",
    "service_error_rate": "Reconciliation",
    "retention": "win back",
}


@pytest.mark.parametrize(("indicator_id", "words"), REMEDIES.items())
def test_a_remedy_fits_its_indicator(register: RiskRegister, indicator_id: str, words: str) -> None:
    found = register.remedies(indicator_id)
    assert found
    assert all(words in control.name_en for control in found)


@pytest.mark.parametrize("indicator_id", sorted({*INDICATORS}))
def test_every_signal_has_a_remedy_that_does_not_only_pay(register: RiskRegister, indicator_id: str) -> None:
    found = register.remedies(indicator_id)
    assert bool(found) == (register.signalled_by(indicator_id) is not None)
    assert {control.kind for control in found} in ({"corrective"}, {"preventive"}, set())


def test_late_resolution_of_a_group_is_not_mended_by_service_at_home(register: RiskRegister) -> None:
    late = register.remedies("resolved_7wd", of="special_groups")
    assert late == register.remedies("resolved_7wd")
    assert not any("home" in control.name_en for control in late)
    refused = register.remedies("special_group_coverage", of="special_groups")
    assert [control.name_en for control in refused] == ["Service made good at home after a refusal"]
    assert register.remedies("resolved_7wd", of="card_disputes") != late  # a risk that it signals comes first
    assert register.remedies("no_such_indicator", of="special_groups") == ()


def test_a_control_acts_on_signals_of_its_risk_alone(register: RiskRegister) -> None:
    risk = register.risks[0].model_dump()
    risk["controls"][0]["acts_on"] = ("resolved_7wd", "retention")
    with pytest.raises(ValueError, match="acts_on names retention, which is no signal of the risk"):
        Risk.model_validate(risk)
