"""Criterion: no customer group is served worse than the others."""

from collections.abc import Iterator

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs

_RISK_SIGNAL = "special_group_coverage"  # the indicator of the risk that special groups are served badly
_FIGURES = ("cases", "difference", "lower", "upper", "p_adjusted")


def check_groups(inputs: Inputs) -> Iterator[Finding]:
    """Yield a finding for each customer group and indicator that is certainly worse off; else what passed."""
    gaps = inputs.gaps
    if gaps is None or gaps.table.empty:
        return
    found = gaps.table[gaps.table["finding"].astype(bool)]
    for row in found.to_dict("records"):
        yield Finding(
            rule="customer_gap",
            subject_kind="customer_group",
            subject=str(row["customer_group"]),
            indicator_id=str(row["indicator_id"]),
            severity="amber",
            value=float(row["value"]),
            estimate=float(row["reference_value"]) + float(row["difference"]),
            limit=float(row["reference_value"]),
            figures={
                **{name: float(row[name]) for name in _FIGURES},
                "tolerance": gaps.tolerance,
                "reference": gaps.reference,
                **inputs.remedy(str(row["indicator_id"]), risk_of=_RISK_SIGNAL),
            },
        )
    if len(found) < len(gaps.table):
        yield Finding(
            rule="customer_gap",
            subject_kind="bank",
            subject="",
            indicator_id="",
            severity="passed" if gaps.table["enough"].any() else "unclear",
            figures={
                "tolerance": gaps.tolerance,
                "compared": len(gaps.table) - len(found),
                "thin": int((~gaps.table["enough"].astype(bool)).sum()),
            },
        )
