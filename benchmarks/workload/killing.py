"""Programs to be killed at any moment, and what they leave behind."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
IMPORTED = os.pathsep.join([str(ROOT), str(ROOT / "tests")])  # PYTHONPATH of what is run by its text
SAVING = """
import sys
from small_bank import make_card
from riskmodels.results import save
rows, times = int(sys.argv[2]), int(sys.argv[3])
card = make_card([{}] * rows, [{}] * rows)
print("ready", flush=True)
for _ in range(times):
    save(card, sys.argv[1])
"""
_FOREVER = 10**9  # times


def start(
    words: list[str], *, stdout: int = subprocess.DEVNULL, stderr: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """Start a program that has its signals as from a terminal."""
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  else ignored
    )


def start_saving(folder: Path, *, rows: int, times: int = _FOREVER) -> subprocess.Popen[str]:
    """Start a program that saves a scorecard again and again; return it once it begins to."""
    words = [sys.executable, "-c", SAVING, str(folder), str(rows), str(times)]
    process = start(words, stdout=subprocess.PIPE, PYTHONPATH=IMPORTED)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def files_of(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file in a folder, by its path within it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
