"""When what is overdue is told to whom: rules for actions and findings from elsewhere."""

from typing import Literal

from pydantic import Field

from riskmodels.parameters.files import Name, Parameters

_LONGEST = 250  # working days, a year: what waits longer has no rule any more


class Escalation(Parameters):
    """What has been overdue for so long is told to a function of the bank."""

    after_days: int = Field(ge=0, le=_LONGEST, description="working days overdue, from 0: at once")
    to: Name = Field(description="function of the bank; no person")
    severity: Literal["any", "red", "amber"] = Field(
        default="any", description="of the worst finding that it answers"
    )
    kind: Literal["any", "preventive", "corrective", "compensating", "finding"] = Field(
        default="any", description="of an action; finding: one from elsewhere"
    )

    def holds(self, *, days: int, severity: str, kind: str) -> bool:
        """Tell whether it concerns what has been overdue for so many working days."""
        alike = self.severity in ("any", severity) and self.kind in ("any", kind)
        return alike and days >= self.after_days


class ActionRules(Parameters):
    """Whom an overdue action, or finding from elsewhere, is escalated to; a month is the usual last stage."""

    escalations: tuple[Escalation, ...] = (
        Escalation(after_days=5, to="head of the owner's department"),
        Escalation(after_days=10, to="risk management department", severity="red"),
        Escalation(after_days=20, to="risk management department"),
    )
    set_by: Name = "riskmodels default"

    def escalated_to(self, *, days: int, severity: str, kind: str) -> str:
        """Return the function of the last stage reached; empty where none is."""
        reached = [one for one in self.escalations if one.holds(days=days, severity=severity, kind=kind)]
        return max(reached, key=lambda one: one.after_days).to if reached else ""
