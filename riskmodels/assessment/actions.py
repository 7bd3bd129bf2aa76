"""Criterion: no corrective action has made it worse, and those that are done have worked."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.effects.verdicts import NO_EFFECT, NOT_YET, UNKNOWN, WORKED, WORSE
from riskmodels.rates import holm_adjusted

_ERROR = (
    0.05  # family-wise, of all actions of the quarter: a finding is sure although it was chosen among many
)
_FIGURES = ("lower", "upper", "observed", "expected", "months_after", "hoped", "cost")
_TEXTS = ("unit_id", "measure", "verdict")


def check_actions(inputs: Inputs) -> Iterator[Finding]:
    """Yield each action with a verdict: worse is a finding where chance among all of them is ruled out.

    One without the effect that was hoped for, and one that is worse by chance perhaps, are on the watch list;
    how many are not judged yet, or had no effect where nobody had said what was hoped for, is one line.
    """
    found = inputs.effects
    if found is None or found.table.empty:
        return
    told = found.table[found.table["verdict"] != UNKNOWN].reset_index(drop=True)
    adjusted = holm_adjusted(1.0 - told["p_value"].to_numpy())
    nothing = (told["verdict"] == NO_EFFECT) & told["expected_change"].isna()
    counted = nothing | (told["verdict"] == NOT_YET)
    for row, p_worse, is_counted in zip(told.to_dict("records"), adjusted, counted, strict=True):
        if not is_counted:
            yield _finding(row, is_sure=p_worse <= _ERROR and not row["reason"])
    unknown = len(found.table) - len(told)
    if counted.any() or unknown:
        figures = {
            "waiting": int((told["verdict"] == NOT_YET).sum()),
            "nothing": int(nothing.sum()),
            "unknown": unknown,
        }
        yield Finding("action_effect", "action", "", "", "unclear", figures=figures)


def _finding(row: Mapping[Any, Any], *, is_sure: bool) -> Finding:
    severities: dict[str, Severity] = {WORKED: "passed", NO_EFFECT: "watch", WORSE: "watch"}
    severity: Severity = "amber" if row["verdict"] == WORSE and is_sure else severities[row["verdict"]]
    figures = {name: float(row[name]) for name in _FIGURES} | {"units": len(str(row["units"]).split())}
    return Finding(
        rule="action_effect",
        subject_kind="action",
        subject=str(row["action_id"]),
        indicator_id=str(row["indicator_id"]),
        severity=severity,
        estimate=float(row["estimate"]),
        limit=0.0,
        probability=1.0 - float(row["p_value"]),
        figures=figures | {name: str(row[name]) for name in _TEXTS},
    )
