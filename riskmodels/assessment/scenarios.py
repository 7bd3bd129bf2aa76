"""Criterion: no scenario turns an indicator red or breaks a service level of calls."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard.weights import policy_weights
from riskmodels.stresstest import StressTest
from riskmodels.stresstest.comparing import turned_red

_FIGURES = ("before", "after", "lower", "upper", "red", "p_red")


def check_each_once(tests: Iterable[StressTest]) -> None:
    """Refuse a scenario that is there twice at one severity: its findings could not be told apart."""
    counts = Counter(f"{test.scenario.id}, {test.severity}" for test in tests)
    if twice := [name for name, number in counts.items() if number > 1]:
        raise ParameterError(
            f"stress: {'; '.join(twice)} is there more than once; give each scenario once, or an id of its"
            " own"
        )


def check_scenarios(inputs: Inputs) -> Iterator[Finding]:
    """Yield what each scenario does: one finding, red where what it turns red weighs much in the policy."""
    for test in inputs.stress:
        turned = turned_red(test.table)
        share = _weight(turned, inputs.policy)
        worst = (
            str(turned.sort_values("p_red", ascending=False)["indicator_id"].iloc[0]) if len(turned) else ""
        )
        yield Finding(
            rule="scenario",
            subject_kind="scenario",
            subject=f"{test.scenario.id}:{test.severity}",
            indicator_id="",
            severity=_severity(test, share, inputs.policy),
            value=share,
            limit=inputs.policy.findings.scenario_red,
            probability=float(turned["p_red"].max()) if len(turned) else float("nan"),
            figures={
                "turned": [_moved(row) for row in turned.to_dict("records")],
                "moved": len(test.table),
                "is_applied": test.applied,
                "unapplied": list(test.unapplied),
                "calls": _missed(test),
                "red_before": int((test.table["rating_before"] == "red").sum()),
                **(inputs.remedy(worst) if worst else {}),
            },
        )


def _moved(row: dict[Any, Any]) -> dict[str, Any]:
    return {"indicator_id": str(row["indicator_id"]), **{name: float(row[name]) for name in _FIGURES}}


def _missed(test: StressTest) -> list[dict[str, Any]]:
    """Return the teams that miss the service level of their calls by the scenario, and in how many months."""
    return [
        {
            "team": str(team),
            "months": len(rows),
            "of": int((test.calls["team"] == team).sum()),
            "level": float(rows["level_with"].min()),
            "limit": float(rows["limit"].iloc[0]),
            "probability": float(rows["missed_with"].max()),
        }
        for team, rows in test.calls_missed.groupby("team", sort=False)
    ]


def _weight(turned: pd.DataFrame, policy: Policy) -> float:
    """Return the share that indicators have of the weight of all indicators with limits."""
    rated = [one.id for one in policy.indicators if one.limits is not None]
    total = policy_weights(policy, rated).sum()
    return float(policy_weights(policy, turned["indicator_id"]).sum() / total) if total else 0.0


def _severity(test: StressTest, share: float, policy: Policy) -> Severity:
    missed = not test.calls_missed.empty
    if test.table.empty and not missed:
        return "unclear"
    if not test.turned and missed:
        return "amber"
    if not test.turned:
        return "unclear" if test.unapplied else "passed"
    return "red" if share >= policy.findings.scenario_red else "amber"
