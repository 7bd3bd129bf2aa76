"""The risk register: all categories, all indicators, all kinds of control, both languages."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from riskmodels.errors import ParameterError
from riskmodels.params import check_parameters
from riskmodels.policy import load_policy
from riskmodels.risks import Category, RiskRegister, load_risks

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def register(project: Path) -> RiskRegister:
    return load_risks(project / "params" / "risks.yaml")


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
    risk |= {"controls": [{"kind": "preventive", "name_en": "a", "name_zh": "a"}]}
    return {"risks": [risk | changes, risk | {"id": "b"}]}


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
    ],
)
def test_an_incomplete_risk_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(small_register(**changes), RiskRegister, where="here")
