"""What is left where a run is killed or the disk is full: nothing half-written, and the next run gives the same bytes.

``python benchmarks/faults.py --assess-kills 30 --save-kills 200 --disks 40``: SIGTERM, SIGINT and SIGKILL at random
moments of ``assess`` and of saving a result, and disks of all sizes on which both end. Prints a table, and ends with
status 1 where anything was left, lost or changed.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from banks import command, small_bank  # noqa: E402  of the tests

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
NAME = "small-2026Q3"
SAVING = """
import sys
from pathlib import Path
from small_bank import make_card
from riskmodels.results import save
card = make_card([{}] * 2000, [{}] * 2000)
print("ready", flush=True)
while True:
    save(card, sys.argv[1])
"""
SAVING_PATH = os.pathsep.join([str(ROOT), str(ROOT / "tests")])


def files_of(folder: Path) -> dict[str, str]:
    """Return the digest of every file in a folder, by its path within it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def start(words: list[str], **environment: str) -> subprocess.Popen[str]:
    """Start a program that has its signals as from a terminal."""
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  ignored in background
    )


def run_to_its_end(bank: Path, folder: Path) -> tuple[int, str, float]:
    """Assess the small bank; return exit status, errors and seconds."""
    began = time.monotonic()
    process = start(command(bank, "--out", folder / "reports", "--store", folder / "store"))
    _, errors = process.communicate()
    return process.returncode, errors, time.monotonic() - began


def same_bytes(report: Path) -> dict[str, str]:
    """Return the digests that a manifest names of what no two runs write differently."""
    files: dict[str, str] = json.loads((report / "manifest.json").read_text("utf-8"))["files"]
    kept = {name: digest for name, digest in files.items() if (report / name).is_file()}
    found = files_of(report)
    return {
        name: digest if found[name] == digest else "changed" for name, digest in kept.items()
    } | dict.fromkeys(files.keys() - kept.keys(), "missing")


def hidden(folder: Path) -> list[str]:
    """Return what a run left beside its report."""
    return [path.name for path in folder.glob(".*") if path.name != f".{NAME}.lock"]


def kills_of_assess(kills: int, *, seed: int = 2026) -> pd.DataFrame:
    """Kill ``assess`` at random moments; one row a kill: signal, second, status, whether the next run gave the same bytes.

    A report is there as a whole or not at all, right after the kill; the next run succeeds, and nothing is left
    beside its report.
    """
    moments, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        bank = small_bank(Path(place) / "bank")
        status, errors, seconds = run_to_its_end(bank, Path(place) / "whole")
        assert status == 0, errors
        expected = same_bytes(Path(place) / "whole" / "reports" / NAME)
        for kill in range(kills):
            folder, number = Path(place) / f"kill{kill}", SIGNALS[kill % len(SIGNALS)]
            moment = moments.uniform(0, seconds)
            process = start(command(bank, "--out", folder / "reports", "--store", folder / "store"))
            time.sleep(moment)
            process.send_signal(number)
            _, told = process.communicate()
            report = folder / "reports" / NAME
            whole = not report.exists() or same_bytes(report) == expected
            time.sleep(2)  # a kernel without its parent gives up within a second
            after, errors, _ = run_to_its_end(bank, folder)
            rows.append(
                {
                    "what": "assess",
                    "fault": number.name,
                    "at": f"{moment:.1f} s",
                    "status": process.returncode,
                    "whole": whole and ("Traceback" not in told or moment < 1),  # before it takes signals
                    "next_same": after == 0 and same_bytes(report) == expected,
                    "left": ", ".join(hidden(folder / "reports")),
                }
            )
    return pd.DataFrame(rows)


def kills_of_save(kills: int, *, seed: int = 2026) -> pd.DataFrame:
    """Kill a program that saves one result again and again; one row a kill, as for ``assess``."""
    moments, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        expected = _saved_once(Path(place) / "whole" / "card")
        for kill in range(kills):
            folder, number = Path(place) / f"kill{kill}" / "card", SIGNALS[kill % len(SIGNALS)]
            process = start([sys.executable, "-c", SAVING, str(folder)], PYTHONPATH=SAVING_PATH)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(moments.uniform(0, 0.3))
            process.send_signal(number)
            process.communicate()
            found = files_of(folder) if folder.exists() else {}
            rows.append(
                {
                    "what": "save",
                    "fault": number.name,
                    "at": "any moment",
                    "status": process.returncode,
                    "whole": found in ({}, expected),
                    "next_same": _saved_once(folder) == expected,
                    "left": ", ".join(
                        path.name for path in folder.parent.glob(".*/*")
                    ),  # an empty one holds nothing
                }
            )
    return pd.DataFrame(rows)


def _saved_once(folder: Path) -> dict[str, str]:
    """Save to the end, and return the digests of what is there then."""
    words = [sys.executable, "-c", SAVING.replace("while True:", "for _ in range(1):"), str(folder)]
    subprocess.run(words, env=os.environ | {"PYTHONPATH": SAVING_PATH}, capture_output=True, check=True)
    return files_of(folder)


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path | None]:
    """Give a disk of a size; None where mounting is refused."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def full_disks(disks: int) -> pd.DataFrame:
    """Assess on disks from nearly nothing to room enough; one row a disk.

    Where mounting is refused, files may not be larger than so much instead. ``whole``: one line of error and status
    8, or a whole report; nothing half-written.
    """
    rows = []
    with tempfile.TemporaryDirectory() as place:
        bank = small_bank(Path(place) / "bank")
        for number in range(disks):
            size = int(8 * 1.18**number)
            with small_disk(Path(place) / f"disk{number}", size) as disk:
                folder = disk or Path(place) / f"limited{number}"
                words = command(bank, "--out", folder / "reports", "--store", folder / "store")
                limit = "" if disk else f"ulimit -f {size}; trap '' XFSZ; "
                process = start(["bash", "-c", f'{limit}exec "$@"', "bash", *words])
                _, errors = process.communicate()
                report = folder / "reports" / NAME
                done = process.returncode == 0 and "changed" not in same_bytes(report).values()
                refused = process.returncode == 8 and not report.exists() and errors.count("Error: ") == 1
                rows.append(
                    {
                        "what": "assess",
                        "fault": "disk full" if disk else "file limit",
                        "at": f"{size} kB",
                        "status": process.returncode,
                        "whole": (done or refused) and "Traceback" not in errors,
                        "next_same": True,
                        "left": ", ".join([*hidden(folder / "reports"), *half_written(folder)]),
                    }
                )
    return pd.DataFrame(rows)


def half_written(folder: Path) -> list[str]:
    """List notebooks kept of a failed run that are no notebooks, and what an ingest staged."""
    kept = [path for path in folder.glob("reports/*.failed/*") if path.suffix != ".ipynb"]
    broken = [path for path in folder.glob("reports/*.failed/*.ipynb") if not _is_json(path)]
    return [path.name for path in [*kept, *broken, *folder.glob("store/*/.staging-*")]]


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text("utf-8"))
    except ValueError:
        return False
    return True


def main() -> None:
    """Print what was tried, and end with status 1 where it went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assess-kills", type=int, default=30)
    parser.add_argument("--save-kills", type=int, default=60)
    parser.add_argument("--disks", type=int, default=30)
    given = parser.parse_args()
    tried = [
        kills_of_assess(given.assess_kills),
        kills_of_save(given.save_kills),
        full_disks(given.disks),
    ]
    table = pd.concat([frame for frame in tried if len(frame)], ignore_index=True)
    print(table.to_string(index=False))
    wrong = table[~table["whole"] | ~table["next_same"] | (table["left"] != "")]
    print(f"{len(table)} faults, {len(wrong)} of them left, lost or changed something")
    sys.exit(min(len(wrong), 1))


if __name__ == "__main__":
    main()
