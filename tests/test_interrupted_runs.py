"""Runs killed at any moment, and two at once: a report is there as a whole or not at all."""

import hashlib
import json
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from banks import ROOT, assess, command, small_bank

NAME = "small-2026Q3"
MOMENTS = ((0.10, 0.40), (0.40, 0.70), (0.70, 0.98))  # of the duration of a run
PATIENCE = 540  # seconds


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """Return the run file of a small bank; read-only."""
    return small_bank(tmp_path_factory.mktemp("bank"))


def places(folder: Path) -> tuple[object, ...]:
    return ("--reports", folder / "reports", "--store", folder / "store")


def start(bank: Path, folder: Path, errors: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    words = command(bank, *places(folder))
    return subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors, text=True, encoding="utf-8"
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_whole(report: Path) -> None:
    files = json.loads((report / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {name: digest(report / name) for name in files} == files
    assert "report.html" in files


@pytest.fixture(scope="module")
def undisturbed(bank, tmp_path_factory) -> tuple[Path, float, subprocess.CompletedProcess[str]]:
    """Run once to the end, refuse a second run meanwhile; return the report, its duration, the refusal."""
    folder = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    first = start(bank, folder)
    while not list((folder / "reports").glob(f".{NAME}.partial-*/notebooks/*")) and first.poll() is None:
        time.sleep(0.2)  # until it is in the middle of its work
    refusal = assess(bank, *places(folder))
    assert first.wait(PATIENCE) == 0
    return folder / "reports" / NAME, time.monotonic() - began, refusal


def test_a_second_run_is_refused_with_one_clear_error_while_the_first_goes_on(undisturbed):
    report, _, refusal = undisturbed
    assert refusal.returncode == 6
    error = re.sub(r"\x1b\[[\d;?]*\w", "", refusal.stderr)
    assert error.count("Error:") == 1
    assert "another run is writing" in error
    assert NAME in error
    assert "Traceback" not in error
    check_whole(report)


def test_killed_at_any_moment_a_run_leaves_a_whole_report_or_none(undisturbed, bank, tmp_path):
    expected, duration, _ = undisturbed
    report, chance = tmp_path / "reports" / NAME, random.Random(2026)
    killed = 0
    for low, high in MOMENTS:
        process = start(bank, tmp_path)
        try:
            process.wait(duration * chance.uniform(low, high))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)  # the parent alone: its kernel has to notice
            process.wait()
            killed += 1
        if report.exists():
            check_whole(report)
    assert killed, "no run was still going when it was to be killed"
    done = assess(bank, *places(tmp_path))
    assert done.returncode == 0, done.stderr
    check_whole(report)
    assert digest(report / "report.html") == digest(expected / "report.html")
    time.sleep(2)  # a kernel without its parent gives up within a second
    assert sorted(path.name for path in report.parent.iterdir()) == [f".{NAME}.lock", NAME]
    assert not [path for path in tmp_path.rglob(".*") if path.name != f".{NAME}.lock"]
