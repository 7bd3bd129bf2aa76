"""Run a whole assessment: every notebook in turn, then the report, put in place as one folder."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from riskmodels.errors import ParameterError, RunError
from riskmodels.labels import label, local, use_language
from riskmodels.params import Parameters
from riskmodels.policy import load_policy
from riskmodels.report import write_report
from riskmodels.results import load, replace_folder
from riskmodels.risks import load_risks
from riskmodels.runner.execution import execute_notebook
from riskmodels.runner.front_page import summarise
from riskmodels.runner.settings import (
    AssessmentParameters,
    DataQualityParameters,
    ForecastParameters,
    PolicyReviewParameters,
    RunSettings,
    ScenarioChoice,
    ServiceRiskParameters,
    StressTestParameters,
)
from riskmodels.scenario import load_scenario
from riskmodels.sources import load_source
from riskmodels.tables import Tables, file_sha256

NOTEBOOK_FOLDER = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One notebook of a run, its parameters, and what it is about where it is run several times."""

    notebook: str
    parameters: Parameters
    of: str = ""
    subject: str = ""

    @property
    def name(self) -> str:
        """Name of the executed notebook."""
        return f"{self.notebook}-{self.of}" if self.of else self.notebook


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do; nothing is read or written by planning it, but its parameter files are checked."""

    settings: RunSettings
    folder: Path
    policy_on: date
    policy_valid_from: date
    files: dict[str, str]

    @property
    def steps(self) -> list[str]:
        """Names of the notebooks as executed, in their order."""
        return [step.name for step in _steps(self, self.folder, Path())]


def plan_assessment(settings: RunSettings, *, reports: Path, files: dict[str, Path] | None = None) -> Plan:
    """Check every parameter file of a run and say what it would do.

    Parameters
    ----------
    settings : RunSettings
        The run.
    reports : Path
        Folder of all reports.
    files : dict, optional
        Canonical table -> file to read instead of the one the source names.

    Returns
    -------
    Plan
        Where the report will be, and which policy is in force.

    Raises
    ------
    ParameterError
        A parameter file is missing or does not fit, or a data file is not there.
    """
    end = pd.Period(settings.period, freq="Q").end_time.date()
    policy_on = settings.policy_on or end + timedelta(days=1)
    policy = load_policy(settings.policies, on=policy_on)
    load_risks(settings.risks)
    for choice in settings.scenarios:
        load_scenario(choice.file).level(choice.severity)
    source = load_source(settings.source)
    given = {table: path.resolve() for table, path in (files or {}).items()}
    for table in given:
        if table not in source.tables:
            raise ParameterError(f"source {source.id} has no table '{table}'")
    located = {
        table: given.get(table, (Path(settings.source).parent / mapped.file).resolve())
        for table, mapped in source.tables.items()
    }
    missing = [str(path) for path in located.values() if not path.is_file()]
    if missing:
        raise ParameterError(f"source {source.id} names files that are not there: {', '.join(missing)}")
    return Plan(
        settings=settings,
        folder=reports / f"{settings.name}-{settings.period}",
        policy_on=policy_on,
        policy_valid_from=policy.valid_from,
        files={table: str(path) for table, path in located.items()},
    )


def run_assessment(plan: Plan, *, store: Path, progress: Callable[[str], None]) -> Path:
    """Execute a planned run.

    Parameters
    ----------
    plan : Plan
        From ``plan_assessment``.
    store : Path
        Folder of accepted tables.
    progress : callable
        Called with the name of each step before it starts.

    Returns
    -------
    Path
        The report, ``<folder>/report.html``; beside it ``manifest.json``, ``notebooks/`` and ``results/``.
        The folder appears as a whole or not at all; what a killed run left is removed by the next.

    Raises
    ------
    RiskModelsError
        A notebook failed, or another run of the same report is under way; an earlier report stays.
    """
    plan.folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(plan.folder.parent / f".{plan.folder.name}.lock")
    try:
        with lock.acquire(timeout=0):
            return _run_locked(plan, store.resolve(), progress)
    except Timeout:
        raise RunError(f"another run is writing {plan.folder}; wait for it to end") from None


def _run_locked(plan: Plan, store: Path, progress: Callable[[str], None]) -> Path:
    for left in plan.folder.parent.glob(f".{plan.folder.name}[.-]*-*"):
        if (left / "old").exists() and not plan.folder.exists():  # killed while it put the new one in place
            (left / "old").rename(plan.folder)
        shutil.rmtree(left, ignore_errors=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{plan.folder.name}.partial-", dir=plan.folder.parent))
    try:
        _fill(plan, staged.resolve(), store, progress)
        staged.chmod(0o755)
        replace_folder(staged, plan.folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return plan.folder / "report.html"


def _fill(plan: Plan, folder: Path, store: Path, progress: Callable[[str], None]) -> None:
    use_language(plan.settings.language)
    executed = []
    (folder / "notebooks").mkdir()
    (folder / "results").mkdir()
    _write_source(plan, folder / "source.json")
    for step in _steps(plan, folder, store):
        progress(step.name)
        executed.append(
            execute_notebook(
                NOTEBOOK_FOLDER / f"{step.notebook}.ipynb",
                folder / "notebooks" / f"{step.name}.ipynb",
                step.parameters,
                subject=step.subject,
            )
        )
    progress("report")
    front = summarise(
        plan.settings, folder / "results", policy=load_policy(plan.settings.policies, on=plan.policy_on)
    )
    write_report(executed, folder / "report.html", front=front)
    _write_manifest(plan, folder)


def _write_source(plan: Plan, path: Path) -> None:
    """Write the source file as it is used: with the files that were really read."""
    source = load_source(plan.settings.source)
    tables = {
        name: table.model_copy(update={"file": plan.files[name]}) for name, table in source.tables.items()
    }
    path.write_text(source.model_copy(update={"tables": tables}).model_dump_json(indent=1) + "\n", "utf-8")


def _steps(plan: Plan, folder: Path, store: Path) -> Iterator[Step]:
    settings, results = plan.settings, str(folder / "results")
    language, policies, day = settings.language, settings.policies, plan.policy_on
    yield Step(
        notebook="10_data_quality",
        parameters=DataQualityParameters(
            source=str(folder / "source.json"),
            store=str(store),
            results=results,
            period=settings.period,
            language=language,
        ),
    )
    yield Step(
        notebook="20_service_risk",
        parameters=ServiceRiskParameters(
            results=results, policies=policies, policy_on=day, period=settings.period, language=language
        ),
    )
    yield Step(
        notebook="30_complaint_forecast",
        parameters=ForecastParameters(
            results=results,
            period=settings.period,
            horizon_months=settings.horizon_months,
            method=settings.method,
            language=language,
        ),
    )
    yield from (_stress_step(choice, plan, results) for choice in settings.scenarios)
    yield Step(
        notebook="50_assessment",
        parameters=AssessmentParameters(
            results=results, policies=policies, policy_on=day, risks=settings.risks, language=language
        ),
    )
    yield Step(
        notebook="60_policy_review",
        parameters=PolicyReviewParameters(
            results=results, policies=policies, policy_on=day, language=language
        ),
    )


def _stress_step(choice: ScenarioChoice, plan: Plan, results: str) -> Step:
    scenario = load_scenario(choice.file)
    return Step(
        notebook="40_stress_test",
        of=scenario.id,
        subject=f"{local(scenario, 'name')}, {label(choice.severity)}",
        parameters=StressTestParameters(
            results=results,
            policies=plan.settings.policies,
            policy_on=plan.policy_on,
            scenario=choice.file,
            severity=choice.severity,
            language=plan.settings.language,
        ),
    )


def _write_manifest(plan: Plan, folder: Path) -> None:
    """Write what was run with what, and the sha256 of every result."""
    tables = load(folder / "results" / "tables", Tables)
    manifest = {
        "settings": json.loads(plan.settings.model_dump_json()),
        "policy_valid_from": plan.policy_valid_from.isoformat(),
        "riskmodels": version("riskmodels"),
        "tables": {table.name: json.loads(table.provenance.model_dump_json()) for table in tables.present},
        "data_digest": tables.digest,
        "files": {
            str(path.relative_to(folder)): file_sha256(path)
            for path in sorted([folder / "report.html", *(folder / "results").rglob("*")])
            if path.is_file()
        },
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
