"""Killed runs and full disks leave nothing half-written, and the next run gives the same bytes.

``python benchmarks/faults.py --assess-kills 30 --save-kills 200 --disks 40``: SIGTERM, SIGINT and SIGKILL at
random moments of ``assess`` and of saving a result, and disks of all sizes on which ``assess`` ends. Prints a
table, and ends with status 1 where anything was left, lost or changed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from workload.killing import ROOT, SIGNALS, files_of, start, start_saving

sys.path.insert(0, str(ROOT / "tests"))

from banks import assess, command, small_bank

NAME = "small-2026Q3"
ROWS = 2000  # of the result that is saved


def places(folder: Path) -> tuple[object, ...]:
    """Return the words of ``assess`` for where it writes."""
    return ("--out", folder / "reports", "--store", folder / "store")


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
    """Kill ``assess`` at random moments; one row per kill, with whether the next run gave the same bytes.

    A report is there as a whole or not at all, right after the kill; the next run succeeds, and nothing is
    left beside its report.
    """
    moments, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        bank = small_bank(Path(place) / "bank")
        began = time.monotonic()
        done = assess(bank, *places(Path(place) / "whole"))
        seconds = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        expected = same_bytes(Path(place) / "whole" / "reports" / NAME)
        for kill in range(kills):
            folder, number = Path(place) / f"kill{kill}", SIGNALS[kill % len(SIGNALS)]
            moment = moments.uniform(0, seconds)
            process = start(command(bank, *places(folder)))
            time.sleep(moment)
            process.send_signal(number)
            _, errors = process.communicate()
            report = folder / "reports" / NAME
            whole = not report.exists() or same_bytes(report) == expected
            time.sleep(2)  # a kernel without its parent gives up within a second
            after = assess(bank, *places(folder)).returncode
            rows.append(
                {
                    "what": "assess",
                    "fault": number.name,
                    "at": f"{moment:.1f} s",
                    "status": process.returncode,
                    "whole": whole and ("Traceback" not in errors or moment < 1),  # before it takes signals
                    "next_same": after == 0 and same_bytes(report) == expected,
                    "left": ", ".join(hidden(folder / "reports")),
                }
            )
    return pd.DataFrame(rows)


def kills_of_save(kills: int, *, seed: int = 2026) -> pd.DataFrame:
    """Kill a program that saves one result again and again; one row per kill, as for ``assess``."""
    moments, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        expected = _saved_once(Path(place) / "whole" / "card")
        for kill in range(kills):
            folder, number = Path(place) / f"kill{kill}" / "card", SIGNALS[kill % len(SIGNALS)]
            process = start_saving(folder, rows=ROWS)
            time.sleep(moments.uniform(0, 0.3))
            process.send_signal(number)
            process.communicate()
            found = files_of(folder) if folder.exists() else {}
            again = _saved_once(folder)
            left = [path.name for path in folder.parent.glob(".*/*")]  # an empty folder holds nothing
            rows.append(
                {
                    "what": "save",
                    "fault": number.name,
                    "at": "any moment",
                    "status": process.returncode,
                    "whole": found in ({}, expected),
                    "next_same": again == expected,
                    "left": ", ".join(left),
                }
            )
    return pd.DataFrame(rows)


def _saved_once(folder: Path) -> dict[str, str]:
    """Save to the end, and return the digests of what is there then."""
    process = start_saving(folder, rows=ROWS, times=1)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
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
    """Assess on disks from nearly nothing to room enough; one row per disk.

    Where mounting is refused, files may not be larger than so much instead. ``whole``: one line of error and
    status 8, or a whole report; nothing half-written.
    """
    rows = []
    with tempfile.TemporaryDirectory() as place:
        bank = small_bank(Path(place) / "bank")
        for number in range(disks):
            size = int(8 * 1.18**number)
            with small_disk(Path(place) / f"disk{number}", size) as disk:
                folder = disk or Path(place) / f"limited{number}"
                words = command(bank, *places(folder))
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
