"""What the risk register knows about an indicator, or about a risk."""

from riskmodels.labels import label, local
from riskmodels.risks import Risk, RiskRegister


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
        "cause": label("Presumed: {cause}").format(cause=local(risk, "cause")),
        "consequence": local(risk, "consequence"),
        "corrective_action": "; ".join(controls) or local(risk.controls[0], "name"),
        "owner": local(risk, "owner"),
    }
