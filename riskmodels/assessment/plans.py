"""Criterion: every scenario that was run has a plan, drilled in time and without open gaps."""

from collections.abc import Iterator
from typing import Any

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.parameters.plans import Plan, Plans

_RULE = "contingency_plan"


def check_plans(inputs: Inputs) -> Iterator[Finding]:
    """Yield how prepared the bank is for each scenario; without plans once that it is not checked."""
    scenarios = sorted({test.scenario.id for test in inputs.stress})
    if inputs.plans is None:
        if scenarios:
            figures = {"scenarios": scenarios}
            yield Finding(_RULE, "plans", "", "", "unclear", figures=figures)
        return
    for scenario_id in scenarios:
        yield _checked(scenario_id, inputs.plans, inputs)


def _checked(scenario_id: str, plans: Plans, inputs: Inputs) -> Finding:
    plan, rules = plans.of(scenario_id), inputs.policy.drills
    problems, gaps = ["no_plan"], 0
    if plan is not None:
        gaps = len(plan.open_gaps(inputs.data.as_of))
        overdue = plan.is_overdue(rules.interval_months, inputs.data.as_of)
        problems = (["no_drill"] if overdue else []) + (["open_gaps"] if gaps else [])
    severity: Severity = "red" if plan is None else "amber" if problems else "passed"
    figures = {"problems": problems, "interval": rules.interval_months, **_drill(plan, inputs)}
    return Finding(
        _RULE, "scenario", scenario_id, "", severity, value=float(gaps), limit=0.0, figures=figures
    )


def _drill(plan: Plan | None, inputs: Inputs) -> dict[str, Any]:
    """Return the day of the last drill, as text, empty where there was none, and the day of the data."""
    drill = None if plan is None else plan.last_drill
    return {
        "held_on": drill.held_on.isoformat() if drill else "",
        "as_of": inputs.data.as_of.isoformat(),
        "set_by": plan.set_by if plan else "",
    }
