"""Criterion: every indicator of the whole bank is inside its limits."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.scorecard.grounds import DENIED

_FIGURES = ("numerator", "denominator", "lower", "upper", "amber", "red", "p_amber", "p_red", "left_out")


def check_bank(inputs: Inputs) -> Iterator[Finding]:
    """Yield a finding for each indicator rated red or amber, and what became of the others with limits."""
    rows = inputs.scorecard.bank
    for row in rows[rows["amber"].notna()].to_dict("records"):
        indicator_id = str(row["indicator_id"])
        severity = severity_of(row, inputs.policy.findings.watch)
        if severity in ("passed", "watch") and _is_against(row, severity):
            severity = "unclear"
        yield Finding(
            rule="bank_limit",
            subject_kind="bank",
            subject="",
            indicator_id=indicator_id,
            severity=severity,
            value=float(row["value"]),
            estimate=float(row["estimate"]),
            limit=float(row["red" if severity == "red" else "amber"]),
            probability=float(row["p_red" if severity == "red" else "p_amber"]),
            figures=figures_of(row) | {"basis": str(row["basis"])} | inputs.remedy(indicator_id),
        )


def _is_against(row: Mapping[Any, Any], severity: Severity) -> bool:
    """Tell whether the quarter's value speaks against what it is called: in order, or likely bad."""
    worse = 1 if row["red"] > row["amber"] else -1
    beyond = [(row[name] - row["amber"]) * worse > 0 for name in ("value", "estimate")]
    return all(beyond) if severity == "passed" else not beyond[0]


def severity_of(row: Mapping[Any, Any], watch: float) -> Severity:
    """Turn a rating into the severity of a fact; without enough evidence what is likely bad is watched.

    >>> severity_of({"rating": "insufficient", "p_amber": 0.7}, watch=0.67)
    'watch'
    """
    if row["rating"] in ("red", "amber"):
        return "red" if row["rating"] == "red" else "amber"
    if row["rating"] == "green":
        return "passed"
    likely = row["p_amber"] >= watch and row.get("basis") not in DENIED
    return "watch" if likely else "unclear"


def figures_of(row: Mapping[Any, Any]) -> dict[str, float]:
    """Return the figures of a rated indicator that words need beside its value, estimate and limit."""
    return {name: float(row[name]) for name in _FIGURES}
