"""Release a report: a copy that is never written again, recorded in the ledger, whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from riskmodels.display import Displayed
from riskmodels.errors import BusyError, LedgerError, ParameterError, ResultError
from riskmodels.governance.ledger import Head, Ledger
from riskmodels.governance.ledger.records import Release
from riskmodels.labels import counted, label, use_language
from riskmodels.manifests import MANIFEST, RELEASES, digests, results_digest, verify_report, versions_of
from riskmodels.privacy import mask_personal_data
from riskmodels.reporting.differences import COLUMNS, document_differences, headline_differences
from riskmodels.reporting.document import Standing, restate_report
from riskmodels.reporting.exports import Standing as DocumentStanding
from riskmodels.reporting.exports import records_of, restate_document
from riskmodels.results import load
from riskmodels.runner.kept_parameters import PARAMS
from riskmodels.runner.manifest import PARTS
from riskmodels.runner.saved_tables import copy_tables
from riskmodels.runner.settings import settings_of_report
from riskmodels.scratch import private_folder, write_text
from riskmodels.tables import Tables, file_sha256, keep_reduced

STORED = "stored"  # in a release: its tables, without what is personal
_STAGED = ".staged-"  # a version that is not in its place yet
_MOVES = ("ledger",)  # results that every record of the ledger changes, a release's, too
_MOST_SHOWN = 60  # differences in the report itself: two pages; assessment.json has all


@dataclass(frozen=True, kw_only=True, eq=False)
class Released(Displayed):
    """A version of a report that was released.

    Attributes
    ----------
    table : DataFrame
        One row per finding, rating or headline figure that differs from the version before: part, subject,
        figure, before, now. Empty of a first version.
    folder : Path
        Its folder.
    record : Release
        What the ledger records.
    head : Head
        Of the ledger with that record; of a dry run, as it is.
    was_begun : bool
        A killed release had recorded it, and it was only put in its place now.
    """

    table: pd.DataFrame
    folder: Path
    record: Release
    head: Head
    was_begun: bool = False

    @property
    def sentence(self) -> str:
        """Say what was released, and how much differs."""
        text = label(
            "{period}, version {version}: {folder}; head {head}.",
            period=self.record.period,
            version=self.record.version_of_period,
            folder=self.folder,
            head=self.head,
        )
        if self.was_begun:
            return f"{text} {label('An interrupted release had recorded it; it is in its place now.')}"
        if self.record.version_of_period == 1:
            return text
        different = counted(len(self.table), "figure", "figures")
        return f"{text} {label('Different from the version before: {figures}.', figures=different)}"

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table


def release_report(
    report: Path, ledger: Ledger, *, by: str, reason: str = "", is_kept: bool = True
) -> Released:
    """Release a report, or complete a release of it that was interrupted.

    Parameters
    ----------
    report : Path
        Folder of the draft, ``<reports>/<name>``; it stays as it is.
    ledger : Ledger
        Where it is recorded; who may, PostgreSQL says.
    by : str
        Function of the bank that releases it.
    reason : str
        Why there is another version; needed from the second on.
    is_kept : bool
        Else all is checked and made, and nothing stays.

    Returns
    -------
    Released
        ``<reports>/releases/<name>/v<number>``: the report, marked as released, its parameters, and its
        tables without what is personal.

    Raises
    ------
    ResultError
        A file of the draft is not as it was written (it is named), or a version that the ledger has is gone.
    ParameterError
        A restatement has no reason, or nothing differs from the last version.
    LedgerError
        The ledger refuses, or does not know a version that is there.
    BusyError
        Another release of the report is under way.
    """
    home = report.parent / RELEASES / report.name
    with _alone(home):
        if begun := _complete(home, report.name, ledger):
            return begun
        earlier = _versions(home, report, ledger)
        staged = home / f"{_STAGED}v{len(earlier) + 1}"
        try:
            record, table = _stage(report, staged, earlier, ledger, by=by, reason=reason)
            head = ledger.write(record, by=by, note=reason, is_kept=is_kept)
            folder = home / _version(staged)
            if is_kept:
                _put(staged, folder)
        finally:
            if not is_kept or ledger.get(Release.table, f"{report.name}/{_version(staged)}") is None:
                shutil.rmtree(staged, ignore_errors=True)
    return Released(table=table, folder=folder, record=record, head=head)


def complete_releases(reports: Path, ledger: Ledger) -> list[Released]:
    """Put every release in its place that was recorded and then interrupted; remove what was not recorded."""
    done = []
    for home in sorted({left.parent for left in (reports / RELEASES).glob(f"*/{_STAGED}*")}):
        with _alone(home):
            if begun := _complete(home, home.name, ledger):
                done.append(begun)
    return done


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / ".lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(f"another release of {home.name} is under way; wait for it to end") from None
    with held:
        yield


def _complete(home: Path, name: str, ledger: Ledger) -> Released | None:
    """Finish what a killed release left: a version that the ledger has is put in place, another removed."""
    for staged in sorted(home.glob(f"{_STAGED}v*")):
        found = ledger.get(Release.table, f"{name}/{_version(staged)}")
        manifest = staged / MANIFEST
        if found is None or not manifest.is_file():
            shutil.rmtree(staged)
        elif isinstance(found.record, Release) and found.record.manifest_digest == file_sha256(manifest):
            folder = home / _version(staged)
            _put(staged, folder)
            content = json.loads((folder / "assessment.json").read_bytes())
            table = pd.DataFrame(content["standing"]["differences"], columns=COLUMNS)
            return Released(
                table=table, folder=folder, record=found.record, head=ledger.head(), was_begun=True
            )
    return None


def _versions(home: Path, report: Path, ledger: Ledger) -> list[Path]:
    """Return the versions that were released; raises where folder and ledger disagree."""
    folders = versions_of(report.parent, report.name)
    there = {one.name for one in folders}
    records = ledger.frame(Release.table)["release_id"]
    recorded = {one.rpartition("/")[2] for one in records if one.rpartition("/")[0] == report.name}
    if gone := sorted(recorded - there):
        raise ResultError(f"{home / gone[0]} was released and is not there: restore it from a backup")
    if unknown := sorted(there - recorded):
        raise LedgerError(f"{home / unknown[0]} is not recorded in this ledger: name the one that has it")
    return folders


def _stage(
    report: Path, staged: Path, earlier: list[Path], ledger: Ledger, *, by: str, reason: str
) -> tuple[Release, pd.DataFrame]:
    """Make a version beside its place; return its record, and what differs from the version before."""
    shutil.rmtree(staged, ignore_errors=True)
    _copy(report, staged)
    settings = settings_of_report(staged)
    use_language(settings.language)
    number = len(earlier) + 1
    if earlier:
        _check_restated(staged, earlier[-1], reason)
    tables = load(report / "results" / "tables", Tables)
    copy_tables(
        report / "results" / "tables", staged / "results" / "tables", keep_reduced(tables, staged / STORED)
    )
    table = _differences(earlier, staged)
    standing = DocumentStanding(
        status="released",
        version=number,
        released_on=datetime.now(UTC).date().isoformat(),
        released_by=mask_personal_data(by.strip()),
        ledger_head=str(ledger.head()),
        reason=mask_personal_data(reason) or None,
        differences=records_of(table),
    )
    shown = _shown(standing, table)
    restate_report(staged / "report.html", shown)
    if (staged / "board.html").exists():  # not in a report of an earlier version
        restate_report(staged / "board.html", replace(shown, headings=(), changes=()))  # the report has them
    restate_document(staged / "assessment.json", standing)
    _write_manifest(report, staged, standing)
    _flush(staged)
    record = Release(
        release_id=f"{report.name}/v{number}",
        period=settings.period,
        version_of_period=number,
        manifest_digest=file_sha256(staged / MANIFEST),
        report_digest=file_sha256(staged / "report.html"),
        head=str(standing.ledger_head),
        reason=reason,
    )
    return record, table


def _copy(report: Path, staged: Path) -> None:
    """Copy a draft, and check the copy; raises ResultError where a file is not as the run wrote it."""
    verify_report(report)  # that it is one
    shutil.copytree(report, staged, symlinks=True)
    found = verify_report(staged)
    if not found.is_whole:
        file, problem = next(found.table.itertuples(index=False, name=None))
        raise ResultError(
            f"{report / str(file)} {problem}: what is not as it was written is not released; restore it, or"
            " run the assessment again"
        )
    content = json.loads((staged / MANIFEST).read_bytes())
    if "release" in content or not {"stored", "code"} <= content.keys():
        raise ResultError(f"{report} is no draft of this version of riskmodels: run the assessment again")


def _check_restated(staged: Path, last: Path, reason: str) -> None:
    if results_digest(staged, without=_MOVES) == results_digest(last, without=_MOVES):
        raise ParameterError(f"nothing differs from {last}, which was released: there is nothing to restate")
    if not reason.strip():
        raise ParameterError(f"{last} was released; another version needs a --reason")


def _differences(earlier: list[Path], staged: Path) -> pd.DataFrame:
    if not earlier:
        return pd.DataFrame(columns=COLUMNS, dtype="str")
    found = document_differences(earlier[-1] / "assessment.json", staged / "assessment.json")
    return headline_differences(found)


def _shown(standing: DocumentStanding, table: pd.DataFrame) -> Standing:
    """Say how a released report stands, in the language in use."""
    words = [
        label(
            "Released, version {version}, {day}, by {by}; head of the ledger {head}.",
            version=standing.version,
            day=standing.released_on,
            by=standing.released_by,
            head=standing.ledger_head,
        )
    ]
    if standing.reason:
        words.append(label("Reason: {reason}", reason=standing.reason))
    if more := max(len(table) - _MOST_SHOWN, 0):
        text = label(
            "The first {shown} differences are listed, and {more} more in assessment.json.",
            shown=_MOST_SHOWN,
            more=more,
        )
        words.append(text)
    rows = table.head(_MOST_SHOWN).itertuples(index=False, name=None)
    headings = tuple(label(name.capitalize()) for name in COLUMNS)
    return Standing(words=" ".join(words), headings=headings, changes=tuple(rows))


def _write_manifest(report: Path, staged: Path, standing: DocumentStanding) -> None:
    content: dict[str, Any] = json.loads((staged / MANIFEST).read_bytes())
    content["release"] = {
        "version": standing.version,
        "day": standing.released_on,
        "by": standing.released_by,
        "ledger_head": standing.ledger_head,
        "draft": file_sha256(report / MANIFEST),
    }
    content["files"] = digests(staged, (*PARTS, PARAMS, STORED))
    write_text(staged / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _flush(folder: Path) -> None:
    """Have the disk hold every file before the ledger says that they are there."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _put(staged: Path, folder: Path) -> None:
    private_folder(folder.parent)
    staged.rename(folder)


def _version(staged: Path) -> str:
    return staged.name.removeprefix(_STAGED)
