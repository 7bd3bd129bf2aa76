"""Commands killed at any moment leave nothing raw and nothing half-written, and the next run succeeds."""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from workload.killing import SIGNALS, files_of, start

PROGRAM = Path(sys.executable).with_name("riskmodels")
ROWS = 40_000
RAW = b"13812345678"  # in every row of the source; masked in all that is kept
CATCHABLE = {128 + signal.SIGTERM, 130, 1}  # exit statuses of SIGTERM and of Ctrl-C


def write_bank(folder: Path) -> None:
    """Write complaints in another encoding, so that raw rows are staged, and their source file."""
    folder.mkdir()
    lines = ["complaint_id,received_at,unit_id,product,narrative"]
    lines += [
        f"C{row},2024-{row % 12 + 1:02}-{row % 28 + 1:02},B{row % 9},card,电话 {RAW.decode()} 请回电"
        for row in range(ROWS)
    ]
    (folder / "complaints.csv").write_text("\n".join(lines) + "\n", encoding="gb18030")
    (folder / "bank.yaml").write_text(
        "id: bank\ntitle: Bank\ncountry: CN\nas_of: 2024-12-31\n"
        "tables: {complaints: {file: complaints.csv, format: csv, encoding: gb18030}}\n"
    )


def commands(bank: Path, folder: Path) -> dict[str, list[str]]:
    """Return the words of each command that reads."""
    return {
        "ingest": ["ingest", str(bank / "bank.yaml"), "--store", str(folder / "store")],
        "check-data": ["check-data", str(bank / "bank.yaml")],
        "source new": [
            "source",
            "new",
            str(bank / "complaints.csv"),
            "--output",
            str(folder / "new.yaml"),
            "--force",
        ],
    }


def run(
    words: list[str], folder: Path, *, after: float | None = None, number: int = signal.SIGKILL
) -> tuple[int, str]:
    """Run a command, and kill it after some seconds; return its exit status and what it printed as errors."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    process = start([str(PROGRAM), *words], TMPDIR=str(folder / "tmp"))
    if after is not None:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


def contents(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file but those of the temporary folder."""
    return {name: digest for name, digest in files_of(folder).items() if "tmp" not in Path(name).parts}


def raw_files(folder: Path) -> list[Path]:
    """List the files with raw data, and what stands in the temporary folder or is staged."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    staged = [
        path
        for path in files
        if any(part.startswith((".", "riskmodels-")) for part in path.relative_to(folder).parts)
    ]
    return staged + [path for path in files if RAW in path.read_bytes()]


def kills_of_reading(
    kills: int, *, seed: int = 2026, signals: Sequence[int] = SIGNALS
) -> dict[str, Counter[str]]:
    """Kill ingest, check-data and source new at random moments by some signals, and run each again.

    Parameters
    ----------
    kills : int
        How many, one command and signal after the other; one that was over before is killed earlier.
    seed : int
        Of the moments.
    signals : sequence of int
        In turn.

    Returns
    -------
    dict
        Command -> how often it was killed, was over before, left something raw (after a signal that can be
        caught, or after the next command), ended with a traceback, or gave other bytes the next time. But for
        the first two, all are faults.
    """
    draw, counted = random.Random(seed), {}
    home = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        write_bank(home / "bank")
        seconds = {}
        for name, words in commands(home / "bank", home / "whole").items():
            began = time.monotonic()
            assert run(words, home / "whole")[0] == 0, name
            seconds[name] = time.monotonic() - began
        whole = contents(home / "whole")
        for place in range(kills):
            name = list(seconds)[place % len(seconds)]
            number = signals[place // len(seconds) % len(signals)]
            folder = home / f"kill-{place}"
            moment, found = draw.uniform(0.1, 1.0) * seconds[name], ["over before"]
            while "over before" in found:
                found = _killed(commands(home / "bank", folder)[name], folder, moment, number, whole)
                counted.setdefault(name, Counter()).update(found)
                shutil.rmtree(folder)
                moment /= 2
    finally:
        shutil.rmtree(home)
    return counted


def _killed(words: list[str], folder: Path, moment: float, number: int, whole: dict[str, str]) -> list[str]:
    """Kill one command and run it again; name what happened."""
    status, errors = run(words, folder, after=moment, number=number)
    found = ["killed" if status else "over before"]
    if "Traceback" in errors and "riskmodels" in errors and number != signal.SIGINT:
        found.append("traceback")
        print(errors, file=sys.stderr)
    if number != signal.SIGKILL and status in CATCHABLE and raw_files(folder):
        found.append("raw after it")
    status, errors = run(words, folder)
    if status or raw_files(folder):
        found.append("raw or failed after the next")
    made = contents(folder)
    if made != {name: digest for name, digest in whole.items() if name in made} or not (
        made or words[0] == "check-data"
    ):
        found.append("other bytes")
    return found


def main() -> None:
    """Print what happened to each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60, help="of reading commands")
    chosen = parser.parse_args()
    names = (
        "killed",
        "over before",
        "traceback",
        "raw after it",
        "raw or failed after the next",
        "other bytes",
    )
    print(f"{'command':<12}" + "".join(f"{name:>30}" for name in names))
    for command, counts in kills_of_reading(chosen.kills).items():
        print(f"{command:<12}" + "".join(f"{counts[name]:>30}" for name in names))


if __name__ == "__main__":
    main()
