"""Contingency plans and drills: what a file may say, when a drill is overdue, and what an assessment makes of it."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_bank import make_card, make_stress, make_tables

from riskmodels.assessment import assess
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.plans import (
    Drill,
    Gap,
    Plan,
    Plans,
    load_plans,
    overdue_drills,
    refuse_unknown_scenarios,
)
from riskmodels.parameters.policy import DrillRules
from riskmodels.parameters.scenarios import load_scenarios

OWNER = {"owner_en": "Owner", "owner_zh": "责任部门"}
STEP = {"name_en": "Do it", "name_zh": "处置", **OWNER, "within": {"value": 30.0, "unit": "minutes"}}
PLAN = {"scenario": "by_hand", **OWNER, "steps": [STEP], "set_by": "the board"}
GAP = {"name_en": "No list of numbers", "name_zh": "缺少通讯录"}


def plans_of(**changes: Any) -> Plans:
    return check_parameters({"plans": [PLAN | changes]}, Plans, where="plans.yaml")


def drilled(day: str, *gaps: dict[str, Any]) -> dict[str, Any]:
    return {"last_drill": {"held_on": day, "gaps": list(gaps)}}


def test_there_is_a_plan_for_every_shipped_scenario(project: Path) -> None:
    plans = load_plans(project / "params" / "plans.yaml")
    scenarios = load_scenarios(project / "params" / "scenarios")
    refuse_unknown_scenarios(plans, scenarios, where="plans.yaml")
    assert {plan.scenario for plan in plans.plans} == set(scenarios)
    for plan in plans.plans:
        assert plan.last_drill is None  # nobody has drilled a draft
        assert plan.steps
        assert plan.reserves
        assert {"customers", "supervisor"} <= {notice.who for notice in plan.notices}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"scenaro": "x"}, r"plans\.0\.scenaro: is no key here; did you mean 'scenario'"),
        ({"steps": []}, r"plans\.0\.steps"),
        ({"steps": [STEP | {"within": {"value": -1.0, "unit": "hours"}}]}, r"steps\.0\.within\.value: is -1\.0; expected .*more than 0"),
        ({"steps": [STEP | {"within": {"value": 1.0, "unit": "days"}}]}, r"within\.unit: is 'days'; expected one of minutes, hours, working_days"),
        ({"steps": [STEP | {"owner_en": ""}]}, r"plans\.0\.steps\.0\.owner_en"),
        ({"notices": [STEP | {"who": "customer"}]}, r"notices\.0\.who: is 'customer'; .*did you mean 'customers'"),
        ({"reserves": [{"kind": "staff", "name_en": "a", "name_zh": "a", "quantity": 0.0, "ready_within": STEP["within"]}]}, r"reserves\.0\.quantity"),
        (drilled("2026-13-01"), r"plans\.0\.last_drill\.held_on: is '2026-13-01'; expected a day"),
        (drilled("2026-05-01", GAP | {"closed_on": "2026-04-30"}), r"plans\.0\.last_drill: gaps\.0: closed_on is before"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem) as caught:
        plans_of(**changes)
    assert str(caught.value).startswith("plans.yaml does not fit a file of contingency plans:")


def test_two_plans_of_one_scenario_and_one_of_none_are_refused() -> None:
    with pytest.raises(ParameterError, match="plans: given twice: by_hand"):
        check_parameters({"plans": [PLAN, PLAN]}, Plans, where="plans.yaml")
    with pytest.raises(ParameterError, match=r"^p\.yaml .*plans\.0\.scenario: .*did you mean 'by_hands'"):
        refuse_unknown_scenarios(plans_of(), ["by_hands", "data_leak"], where="p.yaml")


DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@given(held=DAYS, as_of=DAYS, months=st.integers(1, 60))
def test_a_drill_is_overdue_after_its_interval_of_months(held: date, as_of: date, months: int) -> None:
    plan = plans_of().plans[0].model_copy(update={"last_drill": Drill(held_on=held)})
    due = (pd.Timestamp(held) + pd.DateOffset(months=months)).date()
    inside = held <= as_of <= due
    assert plan.is_overdue(months, as_of) != inside
    assert plan.is_overdue(months + 1, as_of) <= plan.is_overdue(months, as_of)


def test_overdue_drills_are_those_of_the_policy_s_interval(default_policy) -> None:
    plans, as_of = plans_of(**drilled("2025-09-30")), date(2026, 10, 1)
    assert default_policy.drills.interval_months == 12
    assert overdue_drills(plans, default_policy, as_of) == plans.plans
    longer = default_policy.model_copy(update={"drills": DrillRules(interval_months=13)})
    assert overdue_drills(plans, longer, as_of) == ()
    assert overdue_drills(plans_of(), longer, as_of) == plans_of().plans


def test_gaps_are_open_until_the_day_they_are_closed() -> None:
    plan = plans_of(**drilled("2026-05-01", GAP, GAP | {"closed_on": "2026-07-01"})).plans[0]
    assert isinstance(plan, Plan)
    counts = [len(plan.open_gaps(date(2026, month, 1))) for month in (4, 6, 7)]
    assert counts == [0, 2, 1]
    assert plan.open_gaps(date(2026, 7, 1)) == (Gap(**GAP),)


# What an assessment makes of it


def checked(default_policy, plans: Plans | None, **stress: Any) -> pd.DataFrame:
    tests = [make_stress([{"rating": "amber"}], **stress)]
    found = assess(default_policy, data=make_tables(), scorecard=make_card(), stress=tests, plans=plans)
    every = pd.concat([found.table, found.watch_list, found.others])
    return every[every["rule"] == "contingency_plan"]


@pytest.mark.parametrize(
    ("plans", "severity", "says"),
    [
        (plans_of(scenario="other"), "red", "There is no plan for the scenario"),
        (plans_of(), "amber", "The plan has not been drilled in the 12 months up to 2024-09-30"),
        (plans_of(**drilled("2023-09-29")), "amber", "The plan has not been drilled in the 12 months up to 2024-09-30"),
        (plans_of(**drilled("2024-05-01", GAP)), "amber", "The last drill left gaps open: No list of numbers"),
        (plans_of(**drilled("2023-05-01", GAP)), "amber", "2024-09-30; The last drill left gaps open: No list of numbers"),
        (plans_of(**drilled("2024-05-01", GAP | {"closed_on": "2024-06-01"})), "passed", "There is a plan, drilled on 2024-05-01, without open gaps"),
    ],
)  # fmt: skip
def test_a_scenario_without_plan_or_drill_or_with_gaps_is_a_finding(
    default_policy, plans, severity, says
) -> None:
    (row,) = checked(default_policy, plans).to_dict("records")
    assert (row["severity"], row["subject_name"]) == (severity, "Scenario: By hand")
    assert row["condition"].endswith(says)
    assert "{" not in " ".join(map(str, (row["criterion"], row["condition"], row["evidence"])))
    if severity == "amber":
        assert row["evidence"].startswith("plan of Owner; last drill: ")
        assert row["corrective_action"].startswith("Write the plan, hold a drill")


def test_without_plans_it_is_said_that_nothing_was_checked(default_policy) -> None:
    (row,) = checked(default_policy, None).to_dict("records")
    assert (row["severity"], row["subject_name"]) == ("unclear", "Plans and drills")
    assert row["condition"] == "No contingency plans were given: plans and drills are not checked"
    assert row["evidence"] == "scenarios run: By hand"
    nothing = assess(default_policy, data=make_tables(), scorecard=make_card())
    assert "contingency_plan" not in set(nothing.facts["rule"])
