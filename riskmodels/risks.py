"""The risk register: which service risks the bank knows, what signals them, what holds them down."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from riskmodels.params import Identifier, Name, Parameters, load_parameters

Category = Literal[
    "operational",
    "information_technology",
    "information_security",
    "compliance_and_legal",
    "conduct",
    "fraud_and_money_laundering",
    "reputation",
    "outsourcing",
]


class Control(Parameters):
    """What the bank does against a risk, before (preventive), after (corrective) or instead (compensating)."""

    kind: Literal["preventive", "corrective", "compensating"]
    name_en: Name
    name_zh: Name


class Risk(Parameters):
    """One service risk: cause, event, consequence, owner, the indicators that signal it, its controls."""

    id: Identifier
    name_en: Name
    name_zh: Name
    category: Category
    cause_en: Name
    cause_zh: Name
    event_en: Name
    event_zh: Name
    consequence_en: Name
    consequence_zh: Name
    owner_en: Name
    owner_zh: Name
    signals: tuple[Identifier, ...] = Field(min_length=1)
    controls: tuple[Control, ...] = Field(min_length=1)


class RiskRegister(Parameters):
    """All risks; an indicator's finding takes cause and consequence from the first risk it signals."""

    risks: tuple[Risk, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "RiskRegister":
        ids = [risk.id for risk in self.risks]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"given twice: {', '.join(twice)}")
        return self

    def signalled_by(self, indicator_id: str) -> Risk | None:
        """Return the first risk that lists the indicator among its signals."""
        return next((risk for risk in self.risks if indicator_id in risk.signals), None)


def load_risks(path: str | Path) -> RiskRegister:
    """Load the risk register; raises ParameterError where it does not fit."""
    return load_parameters(path, RiskRegister)
