"""The manifest of a report: which files belong to it, and whether they are as they were written."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ResultError
from riskmodels.labels import label, marked
from riskmodels.tables import file_sha256

MANIFEST = "manifest.json"
RELEASES = "releases"  # in the folder of reports: one folder per report, in it v1, v2, …
_RESULTS = "results"
_NAMING = ("files", "notebooks")  # what differs from run to run stands apart from what does not
_CHANGED, _MISSING, _ADDED, _STRANGE = "was changed", "is missing", "is not named", "is no plain file"


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification(Displayed):
    """What of a report is not as it was written.

    Attributes
    ----------
    table : DataFrame
        One row per problem: file (within the report), problem.
    parts : DataFrame
        One row per part of the report (a file or a folder): part, files (named in the manifest),
        as_written, problems (of files that are named or not).
    report : Path
        Its folder.
    manifest_sha256 : str
        Digest of the manifest itself: whoever noted it when the report was written can see that it is the
        same.
    """

    table: pd.DataFrame
    parts: pd.DataFrame
    report: Path
    manifest_sha256: str

    @property
    def is_whole(self) -> bool:
        """Whether every file is as it was written, and no other is there."""
        return self.table.empty

    @property
    def sentence(self) -> str:
        """Say whether the report is as it was written."""
        added = int((self.table["problem"] == _ADDED).sum())
        words = (
            marked("{report} is as it was written: {named} files, and the manifest's own sha256 is {digest}.")
            if self.is_whole
            else marked(
                "{report} is not as it was written: of {named} files {wrong} were changed or are missing,"
                " and {added} more are there. Restore it, or run the assessment again."
            )
        )
        return label(
            words,
            report=self.report,
            named=int(self.parts["files"].sum()),
            wrong=len(self.table) - added,
            added=added,
            digest=self.manifest_sha256,
        )

    def summary(self) -> pd.DataFrame:
        """Return the parts, or the problems where there are any."""
        return self.parts if self.is_whole else self.table


def digests(report: Path, parts: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of every file in these parts of a report, by its path within the report."""
    return {name: file_sha256(report / name) for part in parts for name in _files(report, report / part)}


def verify_report(report: str | Path) -> Verification:
    """Compare every file of a report with its manifest.

    Parameters
    ----------
    report : str or Path
        Folder of a report.

    Returns
    -------
    Verification
        Files that were changed, are missing, or are there and not named; links count as changes.

    Raises
    ------
    ResultError
        The folder has no manifest, or it is damaged.

    Notes
    -----
    Who can change a file can change its digest in the manifest, too: then only the manifest's own sha256,
    noted elsewhere, shows. The stored tables lie outside of the report; ``load`` checks them.
    """
    folder = Path(report)
    named = _named(folder)
    found = [name for name in _files(folder, folder) if name != MANIFEST]
    problems = _problems(folder, named, found)
    return Verification(
        table=pd.DataFrame(list(problems.items()), columns=["file", "problem"], dtype="str"),
        parts=_parts(named, problems),
        report=folder,
        manifest_sha256=file_sha256(folder / MANIFEST),
    )


def results_digest(report: Path, *, without: Collection[str] = ()) -> str:
    """Return the digest of a report's results as its manifest names them, without the tables they rest on.

    It is the same for a draft and for what is released of it. ``without`` names other results that do not
    count. Raises ResultError where there is no manifest.
    """
    skipped = tuple(f"{_RESULTS}/{name}/" for name in ("tables", *without))
    lines = [
        f"{name} {digest}\n"
        for name, digest in sorted(_named(report).items())
        if name.startswith(f"{_RESULTS}/") and not name.startswith(skipped)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def versions_of(reports: Path, name: str) -> list[Path]:
    """Return the folders of a report's released versions, the first one first."""
    found = (reports / RELEASES / name).glob("v*")
    return sorted((one for one in found if one.name[1:].isdigit()), key=lambda one: int(one.name[1:]))


def last_of(reports: Path, name: str) -> Path:
    """Return the folder of a report's last released version; of one never released, of its draft."""
    return [reports / name, *versions_of(reports, name)][-1]


def check_result(folder: Path) -> None:
    """Refuse a saved result of a report that is not as the report's manifest says; others are let through.

    Raises ResultError.
    """
    place = folder.resolve()
    report, inside = place.parent.parent, f"{_RESULTS}/{place.name}/"
    if place.parent.name != _RESULTS or not place.is_dir() or not (report / MANIFEST).is_file():
        return
    named = {name: digest for name, digest in _named(report).items() if name.startswith(inside)}
    for name, problem in _problems(report, named, _files(report, report / inside)).items():
        raise ResultError(
            f"{report / name} {problem}: the report is not as it was written; restore it, or run the"
            " assessment again"
        )


def _named(report: Path) -> dict[str, str]:
    """Read the digests in a manifest; raises ResultError where there is none, or it is damaged."""
    path = report / MANIFEST
    if not path.is_file():
        raise ResultError(
            f"{report} is not a report: there is no {MANIFEST}; name the folder with report.html"
        )
    try:
        content = json.loads(path.read_text("utf-8"))
        named = {str(name): str(digest) for part in _NAMING for name, digest in content[part].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ResultError(f"{path} is damaged: it names no files; run the assessment again") from None
    if outside := [name for name in named if Path(name).is_absolute() or ".." in Path(name).parts]:
        raise ResultError(f"{path} is damaged: it names {outside[0]}, which is outside of the report")
    return named


def _files(report: Path, place: Path) -> list[str]:
    """List what is no folder in a place of a report, links included."""
    found = [place] if place.is_file() else sorted(place.rglob("*"))
    return [path.relative_to(report).as_posix() for path in found if path.is_symlink() or not path.is_dir()]


def _problems(report: Path, named: Mapping[str, str], found: Iterable[str]) -> dict[str, str]:
    """Return file -> problem, of files that are named or found."""
    there = set(found)
    problems = dict.fromkeys(sorted(there - set(named)), _ADDED)
    for name, digest in named.items():
        if name not in there:
            problems[name] = _MISSING
        elif (report / name).is_symlink() or not (report / name).is_file():
            problems[name] = _STRANGE
        elif file_sha256(report / name) != digest:
            problems[name] = _CHANGED
    return problems


def _parts(named: Mapping[str, str], problems: Mapping[str, str]) -> pd.DataFrame:
    files, wrong = Counter(map(_part, named)), Counter(map(_part, problems))
    kept = Counter(_part(name) for name in named if name not in problems)
    rows = [(part, files[part], kept[part], wrong[part]) for part in sorted(files | wrong)]
    return pd.DataFrame(rows, columns=["part", "files", "as_written", "problems"])


def _part(name: str) -> str:
    return name.partition("/")[0]
