"""What the risk register knows about an indicator or a risk, and findings about risks beyond the appetite."""

import math
from collections.abc import Iterator

from riskmodels.assessment.findings import Finding
from riskmodels.labels import label, local
from riskmodels.parameters.risks import Risk, RiskRegister
from riskmodels.register import RiskAssessment

_THOUSAND = 1000.0  # CNY, the unit of the register's amounts in words


def from_register(indicator_id: str, risks: RiskRegister | None) -> dict[str, str]:
    """Cause, consequence, corrective action and owner of an indicator's risk."""
    return from_risk(None if risks is None else risks.signalled_by(indicator_id))


def from_risk(risk: Risk | None) -> dict[str, str]:
    """Cause, consequence, corrective action and owner of a risk."""
    if risk is None:
        unknown = label("not in the risk register")
        return dict.fromkeys(("cause", "consequence", "corrective_action", "owner"), unknown)
    controls = [local(control, "name") for control in risk.controls if control.kind == "corrective"]
    return {
        "cause": label("Presumed: {cause}", cause=local(risk, "cause")),
        "consequence": local(risk, "consequence"),
        "corrective_action": "; ".join(controls) or local(risk.controls[0], "name"),
        "owner": local(risk, "owner"),
    }


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
            subject=label("Risk: {name}", name=row["name_en"] if risk is None else local(risk, "name")),
            indicator_id="",
            criterion=label(
                "Expected loss of one risk after controls: at most {limit:,.0f} thousand CNY a year"
                " (set by {who})",
                limit=limit / _THOUSAND,
                who=label(assessed.appetite.set_by),
            ),
            condition=label(
                "The risk is expected to cost {loss:,.0f} thousand CNY a year after controls"
                " ({lower:,.0f} to {upper:,.0f})",
                **amounts,
            ),
            evidence=label(
                "frequency from {frequency_from}, impact from {impact_from}; place {rank_lower} to"
                " {rank_upper}",
                row,
            ),
            value=float(row["residual_loss"]),
            limit=limit,
            amber=math.nan,
            **from_risk(risk),
        )
