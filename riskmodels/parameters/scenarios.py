"""Scenarios: what is assumed to happen, how strongly, and how sure that is. Chosen, not governed."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

Severity = Literal["moderate", "severe", "extreme"]


class Elicited(Parameters):
    """An assumption with its uncertainty: lowest, most likely and highest value, in the indicator's unit."""

    low: float
    mode: float
    high: float
    basis: Name = Field(description="where the figures come from, in words")

    @model_validator(mode="after")
    def _is_ordered(self) -> "Elicited":
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError("expected low <= mode <= high, and low < high")
        return self


class Surge(Parameters):
    """Complaints of one product (or ``all``) multiplied for some months."""

    product: Name
    multiplier: float = Field(gt=0, le=1000, description="times the expected complaints, no unit")
    months: int = Field(ge=1, le=60, description="how long, months")


class Effect(Parameters):
    """Change of an indicator, in its unit: for every doubling of all complaints, or outright."""

    indicator: Identifier
    change: Elicited
    per: Literal["doubling_of_complaints", "event"]


class Level(Parameters):
    """One severity of a scenario."""

    surges: tuple[Surge, ...]
    effects: tuple[Effect, ...] = ()


class Scenario(Parameters):
    """What happens, at each severity."""

    called: ClassVar[str] = "a scenario"
    id: Identifier
    name_en: Name
    name_zh: Name
    description_en: Name
    description_zh: Name
    start_month: int = Field(ge=1, le=60, description="months after the last month of data")
    levels: dict[Severity, Level]

    def level(self, severity: str) -> Level:
        """Return one severity; raises ParameterError where the scenario does not have it."""
        for name, level in self.levels.items():
            if name == severity:
                return level
        raise ParameterError(
            f"scenario {self.id} has no severity '{severity}'; {nearest(severity, self.levels)}"
        )


def load_scenario(path: str | Path) -> Scenario:
    """Load one scenario file; raises ParameterError where it does not fit."""
    return load_parameters(path, Scenario, shown=True)
