"""Action plans: measures with an owner, a time and an objective, which a ledger is given as actions."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

_MOST_MONTHS, _MOST_DAYS = 60, 1250  # five years: what takes longer is no measure


class Within(Parameters):
    """How long after its opening a measure is due: months, or working days."""

    months: int | None = Field(default=None, ge=1, le=_MOST_MONTHS)
    working_days: int | None = Field(default=None, ge=1, le=_MOST_DAYS)
    set_by: Name

    @model_validator(mode="after")
    def _is_said_once(self) -> "Within":
        if (self.months is None) == (self.working_days is None):
            raise ValueError("give months, or working_days")
        return self


class PlannedMeasure(Parameters):
    """One measure: what is done by whom, until when, and what is reached then."""

    id: Identifier
    name_en: Name
    name_zh: Name
    objective_en: Name
    objective_zh: Name
    owner_en: Name = Field(description="unit or function that does it; no person")
    owner_zh: Name
    within: Within
    kind: Literal["preventive", "corrective", "compensating"] = "preventive"
    indicator: Identifier | None = Field(default=None, description="that shows it; none: no indicator does")
    unit: str = Field(default="", description="where it is done; empty: the whole bank")


class ActionPlan(Parameters):
    """Measures that are opened together."""

    called: ClassVar[str] = "an action plan"
    id: Identifier
    title_en: Name
    title_zh: Name
    source: Name
    measures: tuple[PlannedMeasure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_named_once(self) -> "ActionPlan":
        names = [one.id for one in self.measures]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"measures given twice: {', '.join(twice)}")
        return self


def load_action_plan(path: str | Path) -> ActionPlan:
    """Load an action plan; raises ParameterError where it is not there or does not fit."""
    return load_parameters(path, ActionPlan)
