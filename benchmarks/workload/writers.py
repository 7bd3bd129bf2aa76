"""Commands that write, if only what they say, and how to tell what they wrote from what they left."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from workload.disks import Shortage
from workload.killing import IMPORTED, ROOT, SAVING, files_of, start

sys.path.insert(0, str(ROOT / "tests"))

from banks import PROGRAM, command, small_bank

RAW = b"13812345678"  # in every text of the bank; masked in all that is kept
REPORT = "small-2026Q3"
DELIVERIES = "deliveries"  # folder of the store with a folder per source and table, and a file per delivery
_BANK = "RISKMODELS_FAULTS_BANK"  # environment variable with the URL of its database
_ROWS = 6_000  # so that texts in another encoding are staged over some writes
_ROWS_SAVED, _TIMES = 2_000, 40  # of a scorecard, and how often it is saved: some seconds in all
_SAID = "said.txt"  # what a command that only looks at files said; it is kept where all of it was said
_KEEPING = 'said=$0; "$@" > "$said.part" && mv "$said.part" "$said"'
_FILES = 400  # of a report, so that there is something to look at, and more than a page to be said


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A program that writes into a folder.

    Attributes
    ----------
    name : str
        What it is called in tables.
    words : callable
        Folder to write to -> its command line.
    window : (float, float)
        Shares of its duration between which it has something under way.
    prints_errors : bool
        Whether it is our command line, which says what is wrong in one line.
    patience : float
        Seconds that processes which it started may live after it.
    environment : mapping
        Variables it needs.
    is_looking : bool
        Whether it writes nothing but what it says.
    """

    name: str
    words: Callable[[Path], list[str]]
    window: tuple[float, float] = (0.1, 1.0)
    prints_errors: bool = True
    patience: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
    is_looking: bool = False

    def begin(self, folder: Path, *, shortage: Shortage | None = None) -> subprocess.Popen[str]:
        """Start it; its temporary folder lies in the folder, too."""
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        words = self.words(folder)
        words = words if shortage is None else shortage.words(words)
        return start(words, TMPDIR=str(folder / "tmp"), **self.environment)

    def run(self, folder: Path) -> tuple[int, str]:
        """Run it to its end; return its exit status and what it printed as errors."""
        process = self.begin(folder)
        _, errors = process.communicate(timeout=600)
        return process.returncode, errors


def writers(home: Path) -> dict[str, Writer]:
    """Write a bank for each, and return every command that writes, by name."""
    _write_bank(home / "bank")
    run, bank = small_bank(home / "small"), home / "bank"
    report = _write_report(home / "report")
    source, environment = str(bank / "bank.yaml"), {_BANK: f"sqlite:///{bank / 'bank.db'}"}
    file = str(bank / "complaints.csv")
    found = [
        Writer(
            name="ingest",
            words=lambda folder: [str(PROGRAM), "ingest", source, "--store", str(folder / "store")],
            environment=environment,
        ),
        Writer(
            name="check-data",
            words=lambda _: [str(PROGRAM), "check-data", source],
            environment=environment,
        ),
        Writer(
            name="source new",
            words=lambda folder: [
                *(str(PROGRAM), "source", "new", file, "--output", str(folder / "new.yaml"), "--force")
            ],
        ),
        Writer(
            name="save",
            words=lambda folder: [
                *(sys.executable, "-c", SAVING, str(folder / "card"), str(_ROWS_SAVED), str(_TIMES))
            ],
            window=(0.4, 1.0),
            prints_errors=False,
            environment={"PYTHONPATH": IMPORTED},
        ),
        Writer(
            name="assess",
            words=lambda folder: command(*(run, "--out", folder / "reports", "--store", folder / "store")),
            window=(0.05, 1.0),
            patience=3.0,
        ),
        *(_looking(name, report) for name in ("verify", "leak-scan")),
    ]
    return {writer.name: writer for writer in found}


def _looking(name: str, report: Path) -> Writer:
    """Return a command that looks at a report, and whose words are kept as a user keeps them."""
    return Writer(
        name=name,
        words=lambda folder: ["bash", "-c", _KEEPING, str(folder / _SAID), str(PROGRAM), name, str(report)],
        environment={
            "PYTHONUNBUFFERED": "1"
        },  # as in containers: Python says nothing of what it could not write
        is_looking=True,
    )


def _write_report(folder: Path) -> Path:
    """Write what passes for a report of many files; return its folder."""
    folder.mkdir()
    for place in range(_FILES):
        (folder / f"page {place:03}.html").write_text(f"<p>page {place}</p>", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"files": files_of(folder), "notebooks": {}}))
    return folder


def _write_bank(folder: Path) -> None:
    """Write a source of four tables of which raw rows are staged: another encoding, a sheet, a query."""
    folder.mkdir()
    text = f"电话 {RAW.decode()} 请回电"
    days = [f"2024-{row % 12 + 1:02}-{row % 28 + 1:02}" for row in range(_ROWS)]
    complaints = pd.DataFrame({"received_at": days, "unit_id": "B1", "product": "card", "narrative": text})
    complaints.rename_axis("complaint_id").reset_index().to_csv(
        folder / "complaints.csv", index=False, encoding="gb18030"
    )
    pd.DataFrame({"unit_id": ["B1"], "name_en": ["First"]}).to_csv(folder / "units.csv", index=False)
    exposure = pd.DataFrame({"month": sorted({day[:7] for day in days}), "accounts": 100})
    exposure.assign(unit_id="B1", product="card", note=text).to_excel(folder / "exposure.xlsx", index=False)
    surveys = pd.DataFrame({"answered_on": days[:2000], "unit_id": "B1", "rating": 5, "note": text})
    with sqlite3.connect(folder / "bank.db") as connection:
        surveys.rename_axis("survey_id").reset_index().to_sql("answers", connection, index=False)
    connection.close()
    tables = {
        "units": {"file": "units.csv", "format": "csv"},
        "complaints": {"file": "complaints.csv", "format": "csv", "encoding": "gb18030"},
        "exposure": {"file": "exposure.xlsx", "format": "excel"},
        "surveys": {"format": "sql", "database": _BANK, "query": "SELECT * FROM answers ORDER BY survey_id"},
    }
    source = {"id": "bank", "title": "Bank", "country": "CN", "as_of": "2024-12-31", "tables": tables}
    (folder / "bank.yaml").write_text(json.dumps(source), encoding="utf-8")


# ---- what they wrote ----


def kept(folder: Path) -> dict[str, str]:
    """Return the digest of each whole thing that was written: stored table, draft, result, report."""
    tables = [path for path in folder.glob("store/*/[!.]*") if path.parent.name != DELIVERIES]
    things = [
        *tables,
        *folder.glob(f"store/{DELIVERIES}/*/*/[!.]*"),
        *(path for name in ("card", "new.yaml", _SAID) for path in folder.glob(name)),
    ]
    found = {path.relative_to(folder).as_posix(): _digest(path) for path in things}
    reports = folder.glob("reports/[!.]*/manifest.json")
    return found | {path.parent.name: _report_digest(path) for path in reports}


def _digest(path: Path) -> str:
    return str(files_of(path) if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest())


def _report_digest(manifest: Path) -> str:
    """Return the digests that a manifest names of what no two runs write differently, as they are found."""
    found = files_of(manifest.parent)
    named = json.loads(manifest.read_text("utf-8"))
    every = named["files"] | named["notebooks"]
    wrong = sorted({name for name in found.keys() | every if found.get(name) != every.get(name)})
    return f"{sorted(named['files'].items())} but for {[name for name in wrong if name != manifest.name]}"


def left(folder: Path) -> list[str]:
    """List what should not be there: raw data, what is hidden or temporary, and what is no whole report."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != f".{REPORT}.lock"]
    hidden = [path for path in files if _is_hidden(path.relative_to(folder))]
    raw = [path for path in files if RAW in path.read_bytes()]
    reports = folder.glob(f"reports/{REPORT}")
    failed = folder.glob(f"reports/{REPORT}.failed/*")
    broken = [
        *(path for path in reports if not (path / "manifest.json").is_file()),
        *(path for path in failed if not _is_notebook(path)),
    ]
    return sorted({path.relative_to(folder).as_posix() for path in (*hidden, *raw, *broken)})


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "riskmodels-")) for part in path.parts)


def _is_notebook(path: Path) -> bool:
    try:
        return "cells" in json.loads(path.read_text("utf-8"))
    except ValueError:
        return False
