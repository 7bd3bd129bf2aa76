"""Plan a run: which notebooks, with which parameters, in which order their reads and writes ask for."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.catalogue import SHARES, compare_names
from riskmodels.effects.incident_scenarios import load_incident_scenarios
from riskmodels.errors import LONGEST_NAME, ParameterError, file_error
from riskmodels.labels import local, use_language
from riskmodels.manifests import last_of
from riskmodels.misfits import nearest
from riskmodels.parameters.capacity import load_capacity
from riskmodels.parameters.files import Parameters
from riskmodels.parameters.plans import load_plans
from riskmodels.parameters.policy import load_policy
from riskmodels.parameters.risks import load_risks
from riskmodels.parameters.scenarios import Scenario, check_indicators, load_scenario, severity_label
from riskmodels.parameters.watches import load_acknowledged
from riskmodels.runner.ledgers import check_ledger
from riskmodels.runner.settings import RunSettings, ScenarioChoice
from riskmodels.runner.steps import NOTEBOOKS, Notebook
from riskmodels.shipped import shipped_folder
from riskmodels.sources import Source, check_layout, load_source, unfilled
from riskmodels.sources.readers import of_pattern

_QUARTER = 3  # months
_LOOKED_BACK = 8  # quarters: what was found before that is another bank's history
_STAGED = "..partial-12345678"  # what the name gets while the report is written


@dataclass(frozen=True, kw_only=True)
class Step:
    """One notebook of a run: its parameters, and the results it reads and writes.

    ``of`` and ``subject`` say what it is about where it is run several times.
    """

    notebook: str
    parameters: Parameters
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    of: str = ""
    subject: str = ""

    @property
    def name(self) -> str:
        """Name of the executed notebook."""
        return f"{self.notebook}-{self.of}" if self.of else self.notebook


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do; nothing is read or written by planning it, but its parameter files are checked.

    ``previous`` is where the report of the quarter before is, if there is one: what was released of it, else
    its draft; ``earlier`` is the last one of two years. ``unmatched`` are names that meet nothing, as of
    ``compare_names``; not looked for without the files. ``stored`` and ``state`` are the saved results of
    tables and of a ledger that a replay reads instead of source and ledger.
    """

    settings: RunSettings
    folder: Path
    previous: Path
    earlier: Path
    policy_on: date
    policy_valid_from: date
    files: dict[str, str]
    unmatched: pd.DataFrame = field(default_factory=pd.DataFrame)
    stored: str = ""
    state: Path | None = None

    @property
    def steps(self) -> list[str]:
        """Names of the notebooks as executed, in their order."""
        return [step.name for step in plan_steps(self, self.folder, Path())]


def plan_assessment(
    settings: RunSettings, *, reports: Path, files: dict[str, Path] | None = None, layout: bool = False
) -> Plan:
    """Check every parameter file of a run and say what it would do.

    Parameters
    ----------
    settings : RunSettings
        The run.
    reports : Path
        Folder of all reports.
    files : dict, optional
        Canonical table -> file to read instead of the one the source names.
    layout : bool
        Whether files are opened, to see that they have the columns that are mapped and names that are known.

    Returns
    -------
    Plan
        Where the report will be, and which policy is in force.

    Raises
    ------
    ParameterError
        A parameter file is missing or does not fit, a data file is not there, or the quarter lies in the
        future.
    ContractError
        A file does not fit its mapping.
    FileError
        The report cannot be written where it is to be.
    LedgerError, ResultError
        The ledger cannot be reached, or is none.
    MissingPartError
        The installation has no notebooks.
    """
    shipped_folder("notebooks")
    policy_on = policy_day(settings)
    policy = load_policy(settings.policies, on=policy_on)
    register = load_risks(settings.risks)
    if settings.plans:
        load_plans(settings.plans)
    if settings.capacity:
        load_capacity(settings.capacity)
    if settings.acknowledged:
        load_acknowledged(settings.acknowledged)
    if settings.ledger:
        check_ledger(settings.ledger)
    load_incident_scenarios(settings.scenario_folder)
    use_language(settings.language)
    scenarios = [_checked_scenario(choice, settings.horizon_months) for choice in settings.tests]
    _check_each_once(settings.tests, scenarios)
    source = load_source(settings.source)
    if left := unfilled(settings.source):
        raise ParameterError(
            f"source {source.id} is a draft; these are still to be completed: {', '.join(left)}"
        )
    given = {table: path.resolve() for table, path in (files or {}).items()}
    located = _located(source, Path(settings.source).parent, given)
    _check_period(settings.period, source.as_of)
    folder = reports / _report_name(settings, settings.period)
    before = [last_of(reports, name).resolve() for name in reports_before(settings)]
    _check_place(folder)
    unmatched = pd.DataFrame()
    if layout:
        names = check_layout(settings.source, files=dict(given))
        unmatched = compare_names(names, policy, register=register, scenarios=scenarios)
    return Plan(
        settings=settings,
        folder=folder,
        previous=before[0],
        earlier=next((one for one in before if one.exists()), before[0]),
        policy_on=policy_on,
        policy_valid_from=policy.valid_from,
        files={table: str(path) for table, path in located.items()},
        unmatched=unmatched,
    )


def policy_day(settings: RunSettings) -> date:
    """Return the day whose policy a run follows: the one given, else the day after its quarter."""
    return settings.policy_on or settings.day_after


def reports_before(settings: RunSettings) -> list[str]:
    """Name the reports of the quarters before that a run may look at, the last one first."""
    quarter = pd.Period(settings.period, freq="Q")
    return [_report_name(settings, str(quarter - back)) for back in range(1, _LOOKED_BACK + 1)]


def _located(source: Source, folder: Path, given: Mapping[str, Path]) -> dict[str, Path]:
    """Say where the file of each table is; refuse one that is not there, and one of a table nobody knows."""
    for table in given:
        if table not in source.tables:
            raise ParameterError(
                f"source {source.id} has no table '{table}'; {nearest(table, source.tables)}"
            )
    located = {
        table: given.get(table, (folder / mapped.file).resolve())
        for table, mapped in source.tables.items()
        if mapped.file is not None  # others come from a database
    }
    missing = {table: str(path) for table, path in located.items() if not _is_there(path)}
    if missing:
        others = " ".join(f"--file {table}=…" for table in missing)
        raise ParameterError(
            f"source {source.id} names files that are not there: {', '.join(missing.values())}; put them"
            f" there, or name others: {others}"
        )
    return located


def _check_period(period: str, as_of: date | None) -> None:
    """Refuse a quarter of which nothing can be known."""
    known = min(as_of or date.max, datetime.now().astimezone().date())
    if pd.Period(period, freq="Q").start_time.date() > known:
        raise ParameterError(
            f"period is {period}, which begins after {known}, the last day that can be known"
        )


def _check_place(folder: Path) -> None:
    """Refuse a report that cannot be written: a long name, a file or a missing right is in its way."""
    there = next(parent for parent in folder.absolute().parents if parent.exists())
    if len(os.fsencode(folder.name + _STAGED)) > LONGEST_NAME:
        raise file_error(OSError(errno.ENAMETOOLONG, "", folder))
    if not there.is_dir():
        raise file_error(NotADirectoryError(errno.ENOTDIR, "", there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise file_error(PermissionError(errno.EACCES, "", there))


def _report_name(settings: RunSettings, period: str) -> str:
    return f"{settings.name}-{period}" if settings.name else period


def _checked_scenario(choice: ScenarioChoice, horizon_months: int) -> Scenario:
    """Load a scenario; refuse one that this run could not carry out."""
    scenario = load_scenario(choice.file)
    scenario.level(choice.severity)
    check_indicators(scenario, SHARES, where=choice.file)
    needed = scenario.start_month - 1 + _QUARTER
    if horizon_months < needed:
        raise ParameterError(
            f"{choice.file}, {choice.severity}, needs an outlook of {needed} months;"
            f" horizon_months is {horizon_months}"
        )
    return scenario


def _check_each_once(chosen: Sequence[ScenarioChoice], scenarios: Sequence[Scenario]) -> None:
    """Refuse a scenario that is chosen twice: its results would be written over."""
    files: dict[str, str] = {}
    for choice, scenario in zip(chosen, scenarios, strict=True):
        if scenario.id in files:
            raise ParameterError(
                f"scenarios: {files[scenario.id]} and {choice.file} are both '{scenario.id}', and a run tests"
                " a scenario once: leave one out, or give it an id of its own"
            )
        files[scenario.id] = choice.file


def plan_steps(plan: Plan, folder: Path, store: Path) -> Iterator[Step]:
    """Yield the notebooks of a run whose results go to ``folder``, in the order of the report."""
    known = dict(plan.settings) | {
        "source": str(folder / "source.json"),
        "store": str(store),
        "results": str(folder / "results"),
        "previous": str(plan.previous / "results"),
        "earlier": str(plan.earlier / "results"),
        "policy_on": plan.policy_on,
        "plans": plan.settings.plans or "",
        "capacity": plan.settings.capacity or "",
        "acknowledged": plan.settings.acknowledged or "",
        "stored": plan.stored,
    }
    for name, row in NOTEBOOKS.items():
        if row.needs and not known[row.needs]:
            continue
        if "scenario" in row.parameters.model_fields:
            for choice in plan.settings.tests:
                scenario = load_scenario(choice.file)
                subject = f"{local(scenario, 'name')}, {severity_label(choice.severity)}"
                chosen = known | {"scenario": choice.file, "severity": choice.severity}
                yield _step(name, row, chosen, of=scenario.id, subject=subject)
        else:
            yield _step(name, row, known)


def _step(name: str, row: Notebook, known: Mapping[str, Any], *, of: str = "", subject: str = "") -> Step:
    """Fill the parameters of a notebook with what is known under their names; others keep their defaults."""
    given = {field: known[field] for field in row.parameters.model_fields if field in known}
    parameters = row.parameters(**given)
    return Step(
        notebook=name, parameters=parameters, reads=row.reads, writes=row.writes, of=of, subject=subject
    )


def _is_there(path: Path) -> bool:
    """Tell whether a file, a folder with something in it, or a file of a pattern is there."""
    return path.is_file() or (any(path.iterdir()) if path.is_dir() else any(of_pattern(path)))
