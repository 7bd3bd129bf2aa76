"""What a run is: its settings, as typed in a run file."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

import pandas as pd
from pydantic import Field, field_validator

from riskmodels.errors import ParameterError, ResultError
from riskmodels.forecasting import Method
from riskmodels.manifests import MANIFEST
from riskmodels.misfits import nearest
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
    plans: Name | None = Field(default=None, description="contingency plans; none: not checked")
    capacity: Name | None = Field(default=None, description="what the teams can do; none: estimated")
    acknowledged: Name | None = Field(
        default=None, description="alarms that somebody answers for; none: no file of them"
    )
    ledger: Name | None = Field(
        default=None, description="file, or URL without a password; none: nothing of a ledger is shown"
    )
    ledger_on: date | None = Field(
        default=None, description="day whose deadlines and expiries count; none: the day after the period"
    )
    scenarios: Literal["all"] | tuple[Identifier | ScenarioChoice, ...] = Field(
        default=(), description="all, or ids of scenarios, or files with a severity each"
    )
    scenario_folder: Name = Field(default="../scenarios", description="where scenarios named by id are")
    severity: Severity = Field(default="severe", description="of scenarios named by id")
    period: Period
    policy_on: date | None = Field(default=None, description="none: the day after the period")
    horizon_months: Horizon = 6  # two quarters: the next one, and the one to plan for
    method: Method = "auto"
    backtest: bool = Field(
        default=True, description="say how good the forecasts have been: a third of the time"
    )
    language: Language = "en"

    @field_validator("ledger")
    @classmethod
    def _holds_no_password(cls, place: str | None) -> str | None:
        if place and "://" in place and has_password(place):
            raise ValueError("the URL holds a password: it belongs into the environment (RISKMODELS_LEDGER)")
        return place

    @property
    def day_after(self) -> date:
        """The first day after the quarter."""
        day: date = (pd.Period(self.period, freq="Q") + 1).start_time.date()
        return day

    @property
    def tests(self) -> tuple[ScenarioChoice, ...]:
        """The stress tests of a run that was loaded."""
        return tuple(one for one in self.scenarios if isinstance(one, ScenarioChoice))


def has_password(place: str) -> bool:
    """Tell whether the URL of a ledger holds a password."""
    parts = urlsplit(place)
    return parts.password is not None or "password" in parse_qs(parts.query)


def load_run(path: str | Path) -> RunSettings:
    """Load one run file, its paths made absolute and its scenarios named by file.

    Raises ParameterError where it does not fit, and where a scenario it names is not there.
    """
    settings = load_parameters(path, RunSettings)
    folder = Path(path).resolve().parent
    paths = ("source", "policies", "risks", "plans", "capacity", "acknowledged", "scenario_folder")
    given = {name: getattr(settings, name) for name in paths}
    if settings.ledger and "://" not in settings.ledger:
        given["ledger"] = settings.ledger
    absolute = {name: str((folder / path).resolve()) for name, path in given.items() if path is not None}
    settings = settings.model_copy(update=absolute)
    return settings.model_copy(update={"scenarios": _chosen(settings, folder, str(path))})


def settings_of_report(report: Path) -> RunSettings:
    """Read what the report was run with; raises ResultError where the folder is none."""
    path = report / MANIFEST
    if not path.is_file():
        raise ResultError(
            f"{report} is not a report: there is no {MANIFEST}; name the folder with report.html"
        )
    try:
        return RunSettings.model_validate_json(json.dumps(json.loads(path.read_text("utf-8"))["settings"]))
    except (ValueError, LookupError, TypeError):
        raise ResultError(f"{path} is damaged: it names no settings; run the assessment again") from None


def change_settings(
    settings: RunSettings,
    *,
    source: str | None = None,
    period: str | None = None,
    policy_on: date | None = None,
    name: str | None = None,
    ledger: str | None = None,
    scenarios: Sequence[str] = (),
) -> RunSettings:
    """Return the settings with those given changed; raises ParameterError where they do not fit.

    ``scenarios`` are ids in the run's folder of scenarios, or the one word ``all``.
    """
    given = {"source": source, "period": period, "policy_on": policy_on, "name": name, "ledger": ledger}
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if scenarios:
        changes["scenarios"] = "all" if list(scenarios) == ["all"] else list(scenarios)
    changed = check_parameters(settings.model_dump() | changes, RunSettings, where="the run's settings")
    return changed.model_copy(update={"scenarios": _chosen(changed, Path(), "the run's settings")})


def _chosen(settings: RunSettings, folder: Path, where: str) -> tuple[ScenarioChoice, ...]:
    """Name each scenario by its file: paths are relative to ``folder``, ids those of the run's scenarios."""
    files = {path.stem: path for path in sorted(Path(settings.scenario_folder).glob("*.yaml"))}
    if settings.scenarios == "all" and not files:
        raise ParameterError(f"{where}: scenarios: all: {settings.scenario_folder} has no scenario")
    chosen = []
    for one in files if settings.scenarios == "all" else settings.scenarios:
        if isinstance(one, ScenarioChoice):
            chosen.append(one.model_copy(update={"file": str((folder / one.file).resolve())}))
        elif one in files:
            chosen.append(ScenarioChoice(file=str(files[one]), severity=settings.severity))
        else:
            there = f"{settings.scenario_folder} has no scenario '{one}'"
            raise ParameterError(f"{where}: scenarios: {there}; {nearest(one, files)}")
    return tuple(chosen)
