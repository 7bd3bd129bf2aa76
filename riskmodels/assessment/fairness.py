"""Findings about customer groups that are worse off, and about risks of the register beyond the appetite."""

import math
from collections.abc import Iterator

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.register import from_register, from_risk
from riskmodels.catalogue import format_value
from riskmodels.labels import label, local, plain_label
from riskmodels.policy import Policy
from riskmodels.risks import RiskRegister
from riskmodels.scorecard import CustomerGaps, RiskAssessment

_THOUSAND = 1000.0
_GROUPS_RISK = "special_group_coverage"  # the indicator of the risk that special groups are served badly


def gap_findings(gaps: CustomerGaps, policy: Policy, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding a customer group and indicator that is certainly worse off."""
    for row in gaps.table[gaps.table["finding"].astype(bool)].to_dict("records"):
        indicator = policy.indicator(str(row["indicator_id"]))
        shown = {name: format_value(indicator.id, float(row[name])) for name in ("value", "reference_value")}
        yield Finding(
            kind="gap",
            severity="amber",
            subject=label("Customer group: {group}").format(group=plain_label(row["customer_group"])),
            indicator_id=indicator.id,
            criterion=label(
                "Customer groups differ by at most {tolerance:.1%} of cases, like with like"
            ).format(tolerance=gaps.tolerance),
            condition=label("{name} is {value}, against {reference_value} of {others}").format(
                name=local(indicator, "name"), others=plain_label(gaps.reference or "all others"), **shown
            ),
            evidence=label(
                "{cases:,} cases; difference {difference:+.1%} within the same products and channels (90% interval"
                " {lower:+.1%} to {upper:+.1%}); p {p_adjusted:.3f} among all comparisons"
            ).format_map(row),
            value=float(row["value"]),
            limit=float(row["reference_value"]),
            amber=math.nan,
            **from_register(_GROUPS_RISK, risks),
        )


def risk_findings(assessed: RiskAssessment, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding a risk whose expected residual loss is certainly beyond the appetite."""
    known = {risk.id: risk for risk in (risks.risks if risks else ())}
    rows = assessed.table[assessed.table["rating"].isin(["red", "amber"])]
    for row in rows.to_dict("records"):
        red = row["rating"] == "red"
        limit = assessed.appetite.red if red else assessed.appetite.amber
        amounts = {name: float(row[f"residual_{name}"]) / _THOUSAND for name in ("loss", "lower", "upper")}
        risk = known.get(str(row["risk_id"]))
        yield Finding(
            kind="risk",
            severity="red" if red else "amber",
            subject=label("Risk: {name}").format(
                name=row["name_en"] if risk is None else local(risk, "name")
            ),
            indicator_id="",
            criterion=label(
                "Expected loss of one risk after controls: at most {limit:,.0f} thousand CNY a year (set by {who})"
            ).format(limit=limit / _THOUSAND, who=label(assessed.appetite.set_by)),
            condition=label(
                "The risk is expected to cost {loss:,.0f} thousand CNY a year after controls ({lower:,.0f} to {upper:,.0f})"
            ).format(**amounts),
            evidence=label(
                "frequency from {frequency_from}, impact from {impact_from}; place {rank_lower} to"
                " {rank_upper}"
            ).format_map(row),
            value=float(row["residual_loss"]),
            limit=limit,
            amber=math.nan,
            **from_risk(risk),
        )
