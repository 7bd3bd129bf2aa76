"""Findings about customer groups that are worse off."""

import math
from collections.abc import Iterator

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.register import from_register
from riskmodels.catalogue import format_value
from riskmodels.comparisons import CustomerGaps
from riskmodels.labels import label, local, plain_label
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister

_GROUPS_RISK = "special_group_coverage"  # the indicator of the risk that special groups are served badly


def gap_findings(gaps: CustomerGaps, policy: Policy, risks: RiskRegister | None) -> Iterator[Finding]:
    """Yield one finding a customer group and indicator that is certainly worse off."""
    for row in gaps.table[gaps.table["finding"].astype(bool)].to_dict("records"):
        indicator = policy.indicator(str(row["indicator_id"]))
        shown = {name: format_value(indicator.id, float(row[name])) for name in ("value", "reference_value")}
        yield Finding(
            kind="gap",
            severity="amber",
            subject=label("Customer group: {group}", group=plain_label(row["customer_group"])),
            indicator_id=indicator.id,
            criterion=label(
                "Customer groups differ by at most {tolerance:.1%} of cases, like with like",
                tolerance=gaps.tolerance,
            ),
            condition=label(
                "{name} is {value}, against {reference_value} of {others}",
                name=local(indicator, "name"),
                others=plain_label(gaps.reference or "all others"),
                **shown,
            ),
            evidence=label(
                "{cases:,} cases; difference {difference:+.1%} within the same products and channels"
                " (90% interval {lower:+.1%} to {upper:+.1%}); p {p_adjusted:.3f} among all comparisons",
                row,
            ),
            value=float(row["value"]),
            limit=float(row["reference_value"]),
            amber=math.nan,
            **from_register(_GROUPS_RISK, risks),
        )
