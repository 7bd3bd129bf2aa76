"""What a run is: its settings, as typed in a run file."""

from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from riskmodels.forecasting import Method
from riskmodels.parameters.files import Identifier, Name, Parameters, check_parameters, load_parameters

Period = Annotated[
    str, Field(pattern=r"^[12][0-9]{3}Q[1-4]$", json_schema_extra={"shape": "a quarter, e.g. 2026Q3"})
]
# a quarter at least, which the report is about; at most what forecast takes
Horizon = Annotated[int, Field(ge=3, le=60, description="months ahead")]
Severity = Literal["moderate", "severe", "extreme"]
Language = Annotated[
    str,
    Field(pattern=r"^[a-z]{2}(_[A-Z]{2})?$", json_schema_extra={"shape": "a language's code, e.g. en or zh"}),
]


class ScenarioChoice(Parameters):
    """One stress test of the run."""

    file: Name = Field(description="scenario file, relative to the run file")
    severity: Severity


class RunSettings(Parameters):
    """One assessment, as typed in a run file; paths are relative to it."""

    called: ClassVar[str] = "a run file"
    name: Identifier | None = Field(
        default=None, description="the report's folder is <name>-<period>, or <period>"
    )
    title: Name
    source: Name
    policies: Name = Field(description="folder of policies")
    risks: Name
    scenarios: tuple[ScenarioChoice, ...] = ()
    period: Period
    policy_on: date | None = Field(default=None, description="none: the day after the period")
    horizon_months: Horizon = 6  # two quarters: the next one, and the one to plan for
    method: Method = "auto"
    language: Language = "en"


def load_run(path: str | Path) -> RunSettings:
    """Load one run file, its paths made absolute; raises ParameterError where it does not fit."""
    settings = load_parameters(path, RunSettings)
    folder = Path(path).resolve().parent
    return settings.model_copy(
        update={
            "source": str((folder / settings.source).resolve()),
            "policies": str((folder / settings.policies).resolve()),
            "risks": str((folder / settings.risks).resolve()),
            "scenarios": tuple(
                choice.model_copy(update={"file": str((folder / choice.file).resolve())})
                for choice in settings.scenarios
            ),
        }
    )


def change_settings(
    settings: RunSettings,
    *,
    source: str | None = None,
    period: str | None = None,
    policy_on: date | None = None,
    name: str | None = None,
) -> RunSettings:
    """Return the settings with those given changed; raises ParameterError where they do not fit."""
    given = {"source": source, "period": period, "policy_on": policy_on, "name": name}
    changes = {field: value for field, value in given.items() if value is not None}
    return check_parameters(settings.model_dump() | changes, RunSettings, where="the run's settings")
