"""Replay a past report from its manifest and stored tables, and say what explains each difference."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError, ResultError
from riskmodels.labels import counted, label, titled, use_language
from riskmodels.manifests import MANIFEST, last_of, results_digest, verify_report, versions_of
from riskmodels.parameters.policy import load_policy
from riskmodels.reporting.differences import report_differences
from riskmodels.runner.kept_parameters import (
    PARAMS,
    changed_lines,
    masked_text,
    settings_of_kept,
    used_files,
)
from riskmodels.runner.manifest import code_folders, code_of, versions
from riskmodels.runner.plan import Plan, policy_day, reports_before
from riskmodels.runner.settings import RunSettings, settings_of_report
from riskmodels.runner.stored_then import Then, tables_of_then

_MOST_LINES = 20  # of a parameter file that are named
COLUMNS = ["kind", "where", "what", "is_used"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed(Displayed):
    """A report that was run again, and how it differs.

    Attributes
    ----------
    table : DataFrame
        One row per figure that differs: part (a file), subject, figure, before, now.
    files : DataFrame
        One row per file of results and tables: file, state (the same bytes, the same figures, different,
        missing, new, cannot be compared).
    changes : DataFrame
        One row per thing that is not as it was: kind (data, policy, code, earlier report, report), where,
        what, is_used (whether the replay ran with it, so that it explains differences).
    lost : tuple of str
        What can no longer be compared.
    report : Path
        The report replayed.
    """

    table: pd.DataFrame
    files: pd.DataFrame
    changes: pd.DataFrame
    lost: tuple[str, ...]
    report: Path

    @property
    def is_same(self) -> bool:
        """Whether every figure that can be compared is the same, and nothing that was kept was changed."""
        is_kept = self.changes["kind"].isin(["data", "policy", "report"]) & self.changes["is_used"]
        return self.table.empty and not is_kept.any()

    @property
    def sentence(self) -> str:
        """Say whether the replay gave the same."""
        states = self.files["state"].value_counts()
        same = int(states.get("the same bytes", 0))
        if self.table.empty:
            return label(
                "{report} is replayed: every figure is the same; {same} of {all} files to the byte.",
                report=self.report,
                same=same,
                all=len(self.files),
            )
        return label(
            "{report} is not replayed: {figures} in {different} of {all} files; {same} are the same bytes.",
            report=self.report,
            figures=counted(len(self.table), "figure differs", "figures differ"),
            different=int(states.get("different", 0)),
            all=len(self.files),
            same=same,
        )

    @property
    def reasons(self) -> list[str]:
        """Say, a line each, what is not as it was, and what can no longer be compared."""
        lines = changes_said(self.changes.itertuples(index=False, name=None))
        if not self.table.empty and not self.changes["is_used"].any():
            lines.append(label("nothing that is recorded explains it: was it run on another machine?"))
        return lines + [titled(label("cannot be compared"), words) for words in self.lost]

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table

    def document(self) -> str:
        """Return it as JSON."""
        frames = {"differences": self.table, "files": self.files, "changes": self.changes}
        content: dict[str, Any] = {
            "report": str(self.report),
            "is_same": self.is_same,
            "lost": list(self.lost),
        }
        content |= {name: frame.to_dict("records") for name, frame in frames.items()}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, kw_only=True)
class ReplayPlan:
    """How a report will be run again: the plan of the run, and what is known of it before."""

    report: Path
    plan: Plan
    changes: list[tuple[str, str, str, bool]]
    then: Then
    lost: list[str]


def changes_said(changes: Iterable[tuple[str, str, str, bool]]) -> list[str]:
    """Say each thing that is not as it was in a line: kind, where, what, and whether it is used."""
    unused = label(" (not used: the replay is as of then)")
    return [f"{kind}: {where}: {what}{'' if is_used else unused}" for kind, where, what, is_used in changes]


def report_of(name: str, reports: Path) -> Path:
    """Return the folder of a report: its last released version, else its draft; a path is taken as it is.

    Raises ResultError where there is none.
    """
    places = [Path(name), reports / name, *versions_of(reports, name)]
    found = [place for place in places if (place / MANIFEST).is_file()]
    if not found:
        raise ResultError(
            f"there is no report {name} in {reports}: name it as its folder is called, e.g. 2026Q2"
        )
    return found[-1]


def plan_replay(
    report: Path, *, reports: Path, store: Path, scratch: Path, today: bool = False
) -> ReplayPlan:
    """Find all that a report was run with, and plan the same run.

    Parameters
    ----------
    report : Path
        Its folder.
    reports : Path
        Folder of reports, for the one of the quarter before.
    store : Path
        Folder of accepted tables.
    scratch : Path
        Where the replay goes.
    today : bool
        Run with the parameter files as they stand today, to see what they change.

    Raises
    ------
    ResultError
        The report is of an earlier version of riskmodels, or what it needs is gone.
    """
    manifest = _manifest(report)
    settings = settings_of_report(report)
    use_language(settings.language)
    kept = settings_of_kept(settings, report.resolve())
    then = tables_of_then(report, manifest["stored"], store=store, scratch=scratch)
    previous, is_other = _before(manifest, "previous", settings, reports)
    earlier, is_other_too = _before(manifest, "earlier", settings, reports)
    state = report.resolve() / "results" / "ledger"
    in_force = date.fromisoformat(manifest["policy_valid_from"])
    policy_on = policy_day(settings)
    changes = [("data", where, what, True) for where, what in then.changes]
    changes += _changed_files(report)
    changes += _changed_parameters(report, settings, policy_on, in_force, today=today)
    changes += _changed_code(manifest)
    if is_other or is_other_too:
        words = label("it is not the one of then, and what is compared with it may differ")
        changes.append(("earlier report", str(previous.name), words, True))
    lost = [
        label("customers' texts and rejected rows of {table}: the store keeps them no longer", table=name)
        for name in then.reduced
    ]
    plan = Plan(
        settings=(settings if today else kept).model_copy(update={"source": str(report / "source.json")}),
        folder=scratch / "reports" / report.name,
        previous=previous.resolve(),
        earlier=earlier.resolve(),
        state=state if state.is_dir() else None,
        policy_on=policy_on,
        policy_valid_from=load_policy(settings.policies if today else kept.policies, on=policy_on).valid_from,
        files={},
        stored=str(then.saved),
    )
    return ReplayPlan(report=report, plan=plan, changes=changes, then=then, lost=lost)


def compared(replay: ReplayPlan) -> Replayed:
    """Compare the report that a replay made with the one of then."""
    table, files = report_differences(replay.report, replay.plan.folder, is_reduced=bool(replay.then.reduced))
    return Replayed(
        table=table,
        files=files,
        changes=pd.DataFrame(replay.changes, columns=COLUMNS).astype({"is_used": "bool"}),
        lost=tuple(replay.lost),
        report=replay.report,
    )


def _manifest(report: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((report / MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise ResultError(f"{report} is no report, or its {MANIFEST} is damaged") from None
    if not {"stored", "code", "versions", "policy_valid_from"} <= content.keys():
        raise ResultError(f"{report} was written by an earlier version of riskmodels, which kept too little")
    return content


def _before(
    manifest: Mapping[str, Any], which: str, settings: RunSettings, reports: Path
) -> tuple[Path, bool]:
    """Find an earlier report as it was then, and say whether it is another one."""
    wanted, names = manifest.get(which), reports_before(settings)
    if wanted is None:
        return reports / "none was there", False
    places = [place for name in names for place in (reports / name, *versions_of(reports, name))]
    there = [place for place in places if (place / MANIFEST).is_file()]
    same = [place for place in there if results_digest(place) == wanted]
    return (same[0] if same else last_of(reports, names[0])), not same


def _changed_files(report: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Name the files of the report itself that are not as the run, or the release, wrote them."""
    for file, problem in verify_report(report).table.itertuples(index=False, name=None):
        is_parameter = str(file).startswith(f"{PARAMS}/")
        yield ("policy" if is_parameter else "report"), str(file), label(str(problem)), True


def _changed_parameters(
    report: Path, settings: RunSettings, policy_on: date, in_force: date, *, today: bool
) -> Iterator[tuple[str, str, str, bool]]:
    """Name the lines of parameter files that stand otherwise today."""
    try:
        now = used_files(settings, load_policy(settings.policies, on=policy_on).valid_from)
    except ParameterError as error:
        yield "policy", settings.policies, str(error), today
        return
    then = used_files(settings_of_kept(settings, report), in_force)
    for name in dict.fromkeys((*then, *now)):
        kept, path = report / name, now.get(name)
        if path is None or not path.is_file():
            yield "policy", name, label("is not there, or not in force, today"), today
        elif not kept.is_file():
            yield "policy", str(path), label("was not there, or not in force, then"), today
        elif (before := masked_text(kept)) != (text := masked_text(path)):
            lines = list(changed_lines(before, text))
            for number, was, has in lines[:_MOST_LINES]:
                words = label("line {number}: was “{was}”, is “{has}”", number=number, was=was, has=has)
                yield "policy", str(path), words, today
            if more := max(len(lines) - _MOST_LINES, 0):
                yield "policy", str(path), label("{more} more lines differ", more=more), today


def _changed_code(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """Name the parts of the program, and the libraries, that are not those of then."""
    then, now = manifest["code"], code_of(code_folders())
    if then["riskmodels"] != now["riskmodels"]:
        yield "code", "riskmodels", _was(then["riskmodels"], now["riskmodels"]), True
    parts, today = then.get("parts", {}), now["parts"]
    for name in sorted({*parts, *today}):
        if parts.get(name) != today.get(name):
            yield "code", name, _was(parts.get(name, "–"), today.get(name, "–")), True
    old, new = manifest["versions"], versions()
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield "code", name, _was(old.get(name, "–"), new.get(name, "–")), True


def _was(then: str, now: str) -> str:
    return label("was {before}, is {now}", before=then, now=now)
