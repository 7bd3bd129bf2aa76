"""Criterion: the objectives of the year are met."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.catalogue import INDICATORS
from riskmodels.catalogue.computation import reasons_of
from riskmodels.parameters.policy import IndicatorPolicy, Policy
from riskmodels.surveillance.objectives import reach_of

_FIGURES = ("base", "so_far", "needed", "lower", "upper", "months_left")


def check_objectives(inputs: Inputs) -> Iterator[Finding]:
    """Yield each objective: a finding where it is very likely missed, on the watch list where likely.

    One that cannot be followed is without enough evidence, and says why.
    """
    found = inputs.objectives
    if found is None:
        return
    for row in found.table.to_dict("records"):
        wanted = inputs.policy.indicator(row["indicator_id"])
        missed = 1.0 - row["probability"]
        severity = _severity(missed, inputs.policy)
        yield Finding(
            rule="objective",
            subject_kind="bank",
            subject="",
            indicator_id=wanted.id,
            severity=severity,
            value=row["expected"],
            estimate=row["expected"],
            limit=row["target"],
            probability=missed,
            figures={name: row[name] for name in _FIGURES}
            | _said(wanted, row["change"], found.year)
            | {"p_before": 1.0 - row["probability_before"], **_reach(wanted, row)}
            | inputs.remedy(wanted.id),
        )
    for name, reason in reasons_of(found.unavailable).items():
        wanted = inputs.policy.indicator(name)
        change = wanted.objective.change_per_year if wanted.objective else float("nan")
        yield Finding(
            rule="objective",
            subject_kind="bank",
            subject="",
            indicator_id=name,
            severity="unclear",
            figures={"reason": reason, **_said(wanted, change, found.year)},
        )


def _said(wanted: IndicatorPolicy, change: float, year: int) -> dict[str, Any]:
    source = wanted.objective.source if wanted.objective else ""
    return {"change": change, "year": str(year), "source": source}


def _reach(wanted: IndicatorPolicy, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Tell whether what is left can meet the target, and whether that is more than all."""
    upwards, share = wanted.direction == "higher_is_better", INDICATORS[wanted.id].is_share
    return {
        "reach": reach_of(row["needed"], upwards=upwards, share=share),
        "is_beyond_all": upwards and share and row["target"] > 1,
    }


def _severity(missed: float, policy: Policy) -> Severity:
    if missed >= policy.rating.certainty:
        return "amber"
    if missed >= policy.findings.watch:
        return "watch"
    return "passed" if 1.0 - missed >= policy.rating.certainty else "unclear"
