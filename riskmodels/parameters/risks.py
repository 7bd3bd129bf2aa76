"""The risk register: which service risks the bank knows, what signals them, what holds them down."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

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


class Interval(Parameters):
    """What is thought of a positive quantity: it lies between ``low`` and ``high`` with 90 %, lognormally."""

    low: float = Field(gt=0, description="exceeded with 95 %")
    high: float = Field(gt=0, description="exceeded with 5 %")

    @model_validator(mode="after")
    def _is_ordered(self) -> "Interval":
        if not self.low < self.high:
            raise ValueError("expected low < high")
        return self


class ShareInterval(Interval):
    """What is thought of a share: it lies between ``low`` and ``high`` with 90 %, its logit normally."""

    high: float = Field(gt=0, lt=1, description="exceeded with 5 %")


class Control(Parameters):
    """What the bank does against a risk: before (preventive), after (corrective), instead (compensating)."""

    kind: Literal["preventive", "corrective", "compensating"]
    name_en: Name
    name_zh: Name
    effectiveness: ShareInterval = Field(
        description="share of the events prevented (preventive), of all impact (corrective) or of money"
        " (compensating) taken away where it is carried out as designed"
    )
    carried_out: tuple[Identifier, ...] = Field(
        default=(), description="proportions that measure how often it is carried out; none: always"
    )
    acts_on: tuple[Identifier, ...] | None = Field(
        default=None, description="signals of its risk that it makes better; all, where this is left out"
    )


class Impact(Parameters):
    """What one event costs before corrective and compensating controls; at least one kind."""

    money: Interval | None = Field(default=None, description="losses and redress, CNY an event")
    customers: Interval | None = Field(default=None, description="customers affected, number an event")
    regulatory: Interval | None = Field(default=None, description="fines and ordered work, CNY an event")
    reputation: Interval | None = Field(default=None, description="customers who leave, number an event")

    @model_validator(mode="after")
    def _is_not_empty(self) -> "Impact":
        if not any((self.money, self.customers, self.regulatory, self.reputation)):
            raise ValueError("expected at least one of money, customers, regulatory, reputation")
        return self


class Risk(Parameters):
    """One service risk: cause, event, consequence, owner, signals, frequency and impact, its controls.

    ``frequency`` is that before preventive controls. Where ``event_types`` (of the table of losses) or
    ``counted_by`` (an indicator that is a rate of events in time) are given and there is data, the events
    counted take its place: they are those that controls did not prevent.
    """

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
    frequency: Interval = Field(description="events a year in the whole bank, before preventive controls")
    event_types: tuple[Name, ...] = Field(default=(), description="loss events that are this risk")
    complaint_categories: tuple[Name, ...] = Field(
        default=(), description="categories of complaints that are this risk"
    )
    counted_by: Identifier | None = Field(default=None, description="indicator that counts its events")
    impact: Impact
    controls: tuple[Control, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _controls_act_on_signals(self) -> "Risk":
        for control in self.controls:
            if strange := sorted(set(control.acts_on or ()) - set(self.signals)):
                raise ValueError(
                    f"{control.name_en}: acts_on names {', '.join(strange)}, which is no signal of the risk"
                )
        return self

    def remedies(self, indicator_id: str) -> tuple[Control, ...]:
        """Return the controls that make one of the risk's signals better; none of what is no signal of it.

        Corrective ones, or preventive ones where no corrective one acts on it: a compensating control pays,
        it mends nothing.
        """
        if indicator_id not in self.signals:
            return ()
        acting = [one for one in self.controls if one.acts_on is None or indicator_id in one.acts_on]
        kinds = ("corrective", "preventive")
        found = (tuple(one for one in acting if one.kind == kind) for kind in kinds)
        return next(filter(None, found), ())


class RiskRegister(Parameters):
    """All risks; an indicator's finding takes cause and consequence from the first risk it signals."""

    called: ClassVar[str] = "a risk register"

    set_by: Name = Field(
        default="unknown", description="who gave the intervals of frequency, impact and effectiveness"
    )
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

    def remedies(self, indicator_id: str, *, of: str = "") -> tuple[Control, ...]:
        """Return the controls that make an indicator better.

        Parameters
        ----------
        indicator_id : str
            Which.
        of : str, optional
            A risk whose controls come first, such as that of a customer group.

        Returns
        -------
        tuple of Control
            Those of the first risk, in the order of the register, that has any; none where no risk has.
        """
        risks = sorted(self.risks, key=lambda risk: risk.id != of)
        return next(filter(None, (risk.remedies(indicator_id) for risk in risks)), ())


def load_risks(path: str | Path) -> RiskRegister:
    """Load the risk register; raises ParameterError where it does not fit."""
    return load_parameters(path, RiskRegister, shown=True)
