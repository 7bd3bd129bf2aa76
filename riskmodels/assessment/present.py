"""Findings about the quarter: indicators of the bank and of units, and scores of units."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.register import from_register
from riskmodels.catalogue import format_value
from riskmodels.display import shown_text
from riskmodels.labels import label, local, marked, rating_label
from riskmodels.parameters.policy import IndicatorPolicy, Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.scorecard import Scorecard

_MOST_NAMED = 5  # units named in one finding; a choice: the listing has them all
_SEVERAL = 3  # fewer indicators have findings of their own, which say the same
_BOUNDS = ("lower", "upper")


def bank_findings(scorecard: Scorecard, policy: Policy, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding an indicator of the bank rated red or amber."""
    rows = scorecard.bank
    for row in rows[rows["rating"].isin(["red", "amber"])].to_dict("records"):
        yield _about_indicator(row, "indicator", label("Whole bank"), policy, risks)


def unit_indicator_findings(
    scorecard: Scorecard, policy: Policy, risks: RiskRegister | None
) -> Iterator[Finding]:
    """Yield one finding a unit and indicator rated red."""
    rows = scorecard.indicators
    names = scorecard.table.set_index("unit_id")["name"]
    for row in rows[_certain_among_units(rows, "red", policy)].to_dict("records"):
        unit = str(row["unit_id"])
        yield _about_indicator(row, "unit", _unit_name(unit, str(names.get(unit, unit))), policy, risks)


def _certain_among_units(rows: pd.DataFrame, severity: str, policy: Policy) -> pd.Series:
    """Tell which ratings of units are certain although many units are looked at.

    The probability of an error is divided by the number of units rated on the indicator (Bonferroni), so
    that for each indicator less than one finding in 1 / (1 - certainty) is expected to be chance.
    """
    units = rows["unit_id"] != ""
    rated = rows[units].groupby("indicator_id")["rating"].size().reindex(rows["indicator_id"]).to_numpy(float)
    needed = 1 - (1 - policy.rating.certainty) / rated
    return units & (rows["rating"] == severity) & (rows[f"p_{severity}"] >= needed)


def _unit_name(unit_id: str, name: str) -> str:
    return unit_id if name == unit_id else f"{name} ({unit_id})"


def _about_indicator(
    row: Mapping[Any, Any],
    kind: Literal["indicator", "unit"],
    subject: str,
    policy: Policy,
    risks: RiskRegister | None,
) -> Finding:
    indicator = policy.indicator(str(row["indicator_id"]))
    severity: Literal["red", "amber"] = "red" if row["rating"] == "red" else "amber"
    known = "estimate" if math.isnan(float(row["value"])) else "value"  # no case of its own this quarter
    value, limit = float(row[known]), float(row[severity])
    shown = {name: format_value(indicator.id, float(row[name])) for name in ("estimate", severity, *_BOUNDS)}
    shown["value"] = format_value(indicator.id, value)
    counted = {name: shown_text(float(str(row[name]))) for name in ("numerator", "denominator")}
    return Finding(
        kind=kind,
        severity=severity,
        subject=subject,
        indicator_id=indicator.id,
        criterion=_criterion(indicator, severity, shown[severity]),
        condition=label(
            "{name} is {value}, beyond the {severity} limit of {limit}",
            name=local(indicator, "name"),
            value=shown["value"],
            severity=rating_label(severity).lower(),
            limit=shown[severity],
        ),
        evidence=label(
            "{numerator} over {denominator}; true value about {estimate} (90% interval {lower} to {upper});"
            " probability beyond the limit {probability:.0%}",
            **shown,
            **counted,
            probability=row[f"p_{severity}"],
        )
        + _left_out(row),
        value=value,
        limit=limit,
        amber=float(str(row["amber"])),
        **from_register(indicator.id, risks),
    )


def _left_out(row: Mapping[Any, Any]) -> str:
    """Say how many cases a rate leaves out; nothing where it is complete."""
    if not row["left_out"]:
        return ""
    words = marked(
        "; not complete: {cases} cases are left out, as their accounts are unknown or their rows rejected"
    )
    return label(words, cases=shown_text(float(row["left_out"])))


def _criterion(indicator: IndicatorPolicy, severity: str, limit: str) -> str:
    return label(
        "{name}: {severity} beyond {limit} (set by {who}); standard: {standard}",
        name=local(indicator, "name"),
        severity=rating_label(severity).lower(),
        limit=limit,
        who=indicator.limits_set_by,
        standard=indicator.standard,
    )


def local_findings(scorecard: Scorecard, policy: Policy, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding an indicator that is certainly amber in some units while the bank is not."""
    rows = scorecard.indicators
    beyond = set(scorecard.bank.loc[scorecard.bank["rating"].isin(["red", "amber"]), "indicator_id"])
    certain = _certain_among_units(rows, "amber", policy) & ~rows["indicator_id"].isin(beyond)
    for indicator_id, part in rows[certain].groupby("indicator_id", sort=False):
        indicator = policy.indicator(str(indicator_id))
        worst = part.sort_values("p_amber", ascending=False, kind="stable")
        units = ", ".join(worst["unit_id"].head(_MOST_NAMED)) + (" …" if len(part) > _MOST_NAMED else "")
        limit = float(worst["amber"].iloc[0])
        yield Finding(
            kind="unit",
            severity="amber",
            subject=label("Units: {units}", units=units),
            indicator_id=indicator.id,
            criterion=_criterion(indicator, "amber", format_value(indicator.id, limit)),
            condition=label(
                "{name} is beyond the amber limit (units: {count}), the worst at {value}",
                name=local(indicator, "name"),
                count=len(part),
                value=format_value(indicator.id, float(worst["value"].iloc[0])),
            ),
            evidence=label(
                "probability beyond the limit {low:.0%} to {high:.0%}",
                low=worst["p_amber"].iloc[-1],
                high=worst["p_amber"].iloc[0],
            ),
            value=float(worst["value"].iloc[0]),
            limit=limit,
            amber=limit,
            **from_register(indicator.id, risks),
        )


def unit_findings(scorecard: Scorecard, policy: Policy) -> Iterator[Finding]:
    """Yield one finding a unit whose score is red or amber, where it sums up several indicators."""
    rows = scorecard.table
    several = rows["indicators"] >= _SEVERAL
    for row in rows[several & rows["rating"].isin(["red", "amber"])].to_dict("records"):
        severity: Literal["red", "amber"] = "red" if row["rating"] == "red" else "amber"
        limit = policy.rating.score_red if severity == "red" else policy.rating.score_amber
        yield Finding(
            kind="unit",
            severity=severity,
            subject=_unit_name(str(row["unit_id"]), str(row["name"])),
            indicator_id="",
            criterion=label(
                "Unit score: {severity} from {limit:.0f} points",
                severity=rating_label(severity).lower(),
                limit=limit,
            ),
            condition=label("The unit scores {score:.0f} points ({lower:.0f} to {upper:.0f})", row),
            cause=label("Several indicators together; see the unit's ratings"),
            consequence=label("Service risk of the unit is above what the policy accepts"),
            corrective_action=label("Review the unit's worst indicators with its management"),
            owner=label("Head of the unit"),
            evidence=label("{indicators} indicators rated; rank {rank_lower} to {rank_upper}", row),
            value=float(row["score"]),
            limit=limit,
        )
