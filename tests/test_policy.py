"""The policy: dated, complete, and as the sources give it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from riskmodels.catalogue import INDICATORS
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Limits, Objective, Policy, load_policy
from riskmodels.scorecard.weights import ahp_area_weights

# Direction, and the limits that a guide gives (amber), of every indicator of the domain.
DOMAIN = {
    "complaint_rate": ("投诉率", "-", None),
    "repeat_complaint_rate": ("重复投诉率", "-", None),
    "upheld_rate": ("投诉成立率", "-", None),
    "first_response_24h": ("24小时响应率", "+", None),
    "reply_2wd": ("两个工作日答复率", "+", None),
    "resolved_7wd": ("七个工作日办结率", "+", None),
    "resolved_3wd": ("三个工作日办结率", "+", 0.70),
    "handling_days": ("平均处理时长", "-", 15),
    "enquiry_30min": ("咨询30分钟响应率", "+", None),
    "major_1h": ("重大问题1小时处理率", "+", None),
    "satisfaction": ("客户满意度", "+", 0.90),
    "good_rating_rate": ("服务评价良好率", "+", 0.85),
    "complaint_handling_satisfaction": ("投诉处理满意度", "+", None),
    "online_satisfaction": ("在线服务满意度", "+", None),
    "retention": ("客户留存率", "+", None),
    "service_error_rate": ("业务差错率", "-", None),
    "on_time_rate": ("服务时限达标率", "+", None),
    "system_availability": ("系统可用性", "+", 0.9995),
    "bot_accuracy": ("智能客服准确率", "+", 0.92),
    "fault_response_30min": ("故障30分钟响应率", "+", None),
    "compliance_pass_rate": ("合规检查通过率", "+", 0.98),
    "security_incidents": ("信息安全事件数", "-", None),
    "potential_loss_rate": ("潜在损失率", "-", None),
    "dual_control_rate": ("双人复核执行率", "+", None),
    "identity_check_rate": ("身份核验执行率", "+", None),
    "disclosure_rate": ("信息披露合规率", "+", None),
    "first_contact_owner_rate": ("首问负责执行率", "+", None),
    "special_group_coverage": ("特殊群体服务覆盖率", "+", None),
    "mystery_shopper_pass": ("神秘人检查通过率", "+", None),
    "recording_check_pass": ("录音录像抽查合格率", "+", None),
    "training_coverage": ("培训覆盖率", "+", None),
    "education_reach": ("金融知识宣教人次", "+", None),
    "rectification_on_time": ("整改按期完成率", "+", None),
    "text_alert_rate": ("交互文本预警率", "-", None),
    "timely_response_rate": ("及时答复率", "+", None),
}
OBJECTIVES = {
    "satisfaction": 0.05,
    "complaint_handling_satisfaction": 0.20,
    "online_satisfaction": 0.20,
    "retention": 0.10,
    "security_incidents": -0.30,
    "potential_loss_rate": -0.15,
    "education_reach": 0.30,
}
NOT_SHARES = {"complaint_rate", "handling_days", "security_incidents", "education_reach", "text_alert_rate"}


@pytest.fixture(scope="module")
def shipped(project: Path) -> Policy:
    return load_policy(project / "params" / "policy", on="2026-10-01")


def test_every_indicator_of_the_domain_is_there(shipped: Policy) -> None:
    signs = {"higher_is_better": "+", "lower_is_better": "-"}
    given = {i.id: (i.name_zh, signs[i.direction]) for i in shipped.indicators}
    assert given == {name: (zh, sign) for name, (zh, sign, _) in DOMAIN.items()}


def test_policy_and_catalogue_speak_of_the_same_indicators(shipped: Policy) -> None:
    assert {i.id for i in shipped.indicators} == set(INDICATORS)


@pytest.mark.parametrize(
    ("indicator_id", "amber"), [(k, v[2]) for k, v in DOMAIN.items() if v[2] is not None]
)
def test_a_figure_of_a_guide_is_the_amber_limit(shipped: Policy, indicator_id: str, amber: float) -> None:
    indicator = shipped.indicator(indicator_id)
    assert indicator.limits is not None
    assert indicator.limits.amber == amber
    assert indicator.limits_set_by.startswith(f"{indicator.source} (amber)")


def test_limits_without_a_figure_in_a_guide_are_marked_as_ours(shipped: Policy) -> None:
    ours = {i.id for i in shipped.indicators if i.limits_set_by == "riskmodels default"}
    assert ours == {name for name, (_, _, amber) in DOMAIN.items() if amber is None}


def test_a_promise_of_all_has_limits_beside_it(shipped: Policy) -> None:
    promises = [i for i in shipped.indicators if i.standard.startswith("all ")]
    assert len(promises) == 11
    assert {i.limits for i in promises} == {Limits(amber=0.99, red=0.95)}


def test_limits_of_shares_are_fractions(shipped: Policy) -> None:
    for indicator in shipped.indicators:
        assert indicator.limits is not None
        is_share = 0 < min(indicator.limits.amber, indicator.limits.red) < 1
        assert is_share == (indicator.id not in NOT_SHARES), indicator.id


def test_complaint_limits_follow_the_base_rate_of_the_product(shipped: Policy) -> None:
    base = {
        "current_account": 2.0,
        "credit_card": 4.0,
        "mortgage": 3.0,
        "personal_loan": 3.5,
        "wealth_management": 2.5,
        "payments": 1.5,
    }
    limits = shipped.indicator("complaint_rate").limits_by_product
    assert limits == {product: Limits(amber=1.5 * rate, red=2 * rate) for product, rate in base.items()}


def test_objectives_are_those_of_the_sources(shipped: Policy) -> None:
    given = {i.id: i.objective for i in shipped.indicators if i.objective is not None}
    expected = {
        name: Objective(change_per_year=change, source="source 001") for name, change in OBJECTIVES.items()
    }
    assert given == expected


def test_weights_of_the_areas_sum_to_one_hundred_and_none_is_empty(shipped: Policy) -> None:
    assert sum(area.weight for area in shipped.areas) == 100
    assert {i.area for i in shipped.indicators} == {area.id for area in shipped.areas}
    assert all(i.weight > 0 for i in shipped.indicators)


def test_the_shipped_policy_claims_no_approval(shipped: Policy) -> None:
    assert shipped.approval == "shipped default, not approved by any bank"


def test_an_unknown_indicator_is_named(shipped: Policy) -> None:
    with pytest.raises(ParameterError, match="no indicator 'complaint_rat'"):
        shipped.indicator("complaint_rat")


def small_policy(**changes: Any) -> dict[str, Any]:
    indicator = {
        "id": "satisfaction",
        "name_en": "Satisfaction",
        "name_zh": "满意度",
        "area": "experience",
        "direction": "higher_is_better",
        "standard": "≥ 90 %",
        "source": "a test",
        "limits": {"amber": 0.9, "red": 0.8},
    }
    return {
        "valid_from": "2025-01-01",
        "title_en": "Test",
        "title_zh": "测试",
        "approval": "none",
        "rating": {"certainty": 0.8, "score_amber": 40.0, "score_red": 60.0},
        "data_quality": {"rejected_amber": 0.001, "rejected_red": 0.02},
        "store_retention_days": 730,
        "areas": [{"id": "experience", "name_en": "Experience", "name_zh": "体验", "weight": 100.0}],
        "indicators": [indicator | changes],
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"limits": {"amber": 0.8, "red": 0.9}}, "red must lie beyond amber where higher_is_better"),
        ({"limits": {"amber": 0.9, "red": 0.9}}, "red must lie beyond amber"),
        ({"direction": "lower_is_better"}, "red must lie beyond amber where lower_is_better"),
        ({"limits_by_product": {"payments": {"amber": 0.1, "red": 0.2}}}, "red must lie beyond amber"),
        ({"limits": None, "limits_by_product": {"payments": {"amber": 0.9, "red": 0.8}}}, "needs limits"),
        ({"area": "elsewhere"}, "areas that are not there: elsewhere"),
        ({"direction": "up"}, "indicators.0.direction"),
        ({"weight": -1.0}, "indicators.0.weight"),
        ({"objective": {"change_per_year": -1.0, "source": "a"}}, "indicators.0.objective.change_per_year"),
        ({"id": "Satisfaction"}, "indicators.0.id"),
    ],
)
def test_an_inconsistent_indicator_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(small_policy(**changes), Policy, where="here")


def test_an_indicator_may_be_watched_without_limits() -> None:
    policy = check_parameters(small_policy(limits=None), Policy, where="here")
    assert policy.indicator("satisfaction").limits is None


@pytest.mark.parametrize("what", ["areas", "indicators"])
def test_an_id_given_twice_is_refused(what: str) -> None:
    values = small_policy()
    values[what] = values[what] * 2
    with pytest.raises(ParameterError, match="given twice: "):
        check_parameters(values, Policy, where="here")


def test_new_settings_have_defaults_so_that_older_policies_load() -> None:
    policy = check_parameters(small_policy(), Policy, where="here")
    assert (policy.rating.hold, policy.rating.peers, policy.rating.memory_quarters) == (0.6, "kind", 8)
    assert (policy.gaps.certainty, policy.gaps.tolerance) == (0.95, 0.01)
    assert policy.appetite.set_by == "riskmodels default"
    assert policy.comparisons == ()


def test_points_begin_where_the_policy_says_or_one_step_inside_amber() -> None:
    assert Limits(amber=4.0, red=6.0).best == 2.0
    assert Limits(amber=0.99, red=0.95).best == pytest.approx(1.03)
    assert Limits(amber=0.99, red=0.95, green=1.0).best == 1.0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"appetite": {"frequency_bands": [1, 1, 2, 3]}}, "frequency_bands must be positive and rise"),
        ({"appetite": {"impact_bands": [0, 1, 2, 3]}}, "impact_bands must be positive and rise"),
        ({"appetite": {"amber": 5.0, "red": 5.0}}, "red must be more than amber"),
        ({"gaps": {"tolerance": 1.5}}, r"gaps\.tolerance"),
        ({"comparisons": [{"area": "a", "than": "b", "times": 12}]}, r"comparisons\.0\.times"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        check_parameters(small_policy() | changes, Policy, where="here")


def test_the_shipped_comparisons_agree_with_each_other(shipped: Policy) -> None:
    assert ahp_area_weights(shipped).consistency_ratio < 0.02
    assert len(shipped.comparisons) == 15


@pytest.fixture
def dated(tmp_path: Path, project: Path) -> Path:
    text = (project / "params" / "policy" / "2000-01-01.yaml").read_text(encoding="utf-8")
    for day in ("2024-01-01", "2025-07-01"):
        dated_text = text.replace("valid_from: 2000-01-01", f"valid_from: {day}")
        (tmp_path / f"{day}.yaml").write_text(dated_text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("on", "valid_from"),
    [
        ("2024-01-01", "2024-01-01"),
        ("2025-06-30", "2024-01-01"),
        ("2025-07-01", "2025-07-01"),
        (date(2099, 1, 1), "2025-07-01"),
    ],
)
def test_the_latest_policy_of_the_day_is_in_force(dated: Path, on: str | date, valid_from: str) -> None:
    assert load_policy(dated, on=on).valid_from.isoformat() == valid_from


def test_a_day_without_a_policy_is_an_error(dated: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="in force on 2023-12-31"):
        load_policy(dated, on="2023-12-31")
    with pytest.raises(ParameterError, match="in force"):
        load_policy(tmp_path / "nowhere", on="2023-12-31")


@pytest.mark.parametrize("on", ["2026-13-01", "yesterday", "2026Q3", ""])
def test_a_day_that_is_none_is_refused(dated: Path, on: str) -> None:
    with pytest.raises(ParameterError, match="not a day"):
        load_policy(dated, on=on)


def test_the_file_name_is_the_date(dated: Path) -> None:
    (dated / "2025-07-01.yaml").rename(dated / "2025-07-02.yaml")
    with pytest.raises(ParameterError, match="valid_from is 2025-07-01, the file name says 2025-07-02"):
        load_policy(dated, on="2026-01-01")
    (dated / "draft.yaml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(ParameterError, match="'draft' is not a day"):
        load_policy(dated, on="2024-06-01")
