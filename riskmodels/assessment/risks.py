"""Criterion: no risk of the register costs more than the appetite allows."""

from collections.abc import Iterator

from riskmodels.assessment.bank import severity_of
from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs


def check_risks(inputs: Inputs) -> Iterator[Finding]:
    """Yield what each risk is expected to cost after controls; a finding where it is certainly too much."""
    assessed = inputs.risks
    if assessed is None:
        return
    for row in assessed.table.to_dict("records"):
        severity = severity_of(row, inputs.policy.findings.watch)
        if severity == "passed" and row["residual_loss"] > assessed.appetite.amber:
            severity = "unclear"  # a mean that few large losses make
        figures = {name: float(row[f"residual_{name}"]) for name in ("lower", "upper")}
        figures |= {name: float(row[name]) for name in ("p_amber", "p_red", "rank_lower", "rank_upper")}
        figures |= {name: float(row[name]) for name in ("booked_loss", "elicited_loss", "priced_loss")}
        words = {name: str(row[name]) for name in ("frequency_from", "impact_from", "priced_by")}
        yield Finding(
            rule="risk_appetite",
            subject_kind="risk",
            subject=str(row["risk_id"]),
            indicator_id="",
            severity=severity,
            value=float(row["residual_loss"]),
            estimate=float(row["residual_loss"]),
            limit=assessed.appetite.red if severity == "red" else assessed.appetite.amber,
            probability=float(row["p_red" if severity == "red" else "p_amber"]),
            figures={
                **figures,
                **words,
                "set_by": assessed.appetite.set_by,
                "risk": str(row["risk_id"]),
                "mends": "",
            },
        )
