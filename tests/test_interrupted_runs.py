"""Runs killed at any moment, and two at once: a report is there as a whole or not at all."""

import hashlib
import json
import random
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from banks import assess, command, small_bank
from small_bank import make_card
from workload.killing import SIGNALS, start, start_saving

from riskmodels.results import load, load_earlier, save
from riskmodels.scorecard import Scorecard

pytestmark = pytest.mark.slow

NAME = "small-2026Q3"
MOMENTS = (  # of the duration of a run
    (signal.SIGKILL, (0.10, 0.35)),
    (signal.SIGKILL, (0.35, 0.65)),
    (signal.SIGKILL, (0.65, 0.85)),
    (signal.SIGTERM, (0.15, 0.50)),
    (signal.SIGINT, (0.50, 0.85)),
)
KILLS = 9  # of saving, by each signal
PATIENCE = 540  # seconds


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """Return the run file of a small bank; read-only."""
    return small_bank(tmp_path_factory.mktemp("bank"))


def places(folder: Path) -> tuple[object, ...]:
    return ("--out", folder / "reports", "--store", folder / "store")


def start_run(bank: Path, folder: Path) -> subprocess.Popen[str]:
    return start(command(bank, *places(folder)), stderr=subprocess.DEVNULL)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest(report: Path) -> dict:
    return json.loads((report / "manifest.json").read_text(encoding="utf-8"))


def check_whole(report: Path) -> None:
    files = manifest(report)["files"]
    assert {name: digest(report / name) for name in files} == files
    assert "report.html" in files


def half_made(folder: Path) -> set[str]:
    return {path.name for path in (folder / "reports").glob(f".{NAME}.partial-*")}


@pytest.fixture(scope="module")
def undisturbed(bank, tmp_path_factory) -> tuple[Path, float]:
    """Run once to the end; return the report and how long it took [s]."""
    folder = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    done = assess(bank, *places(folder))
    assert done.returncode == 0, done.stderr
    return folder / "reports" / NAME, time.monotonic() - began


@pytest.mark.parametrize(("number", "moment"), MOMENTS)
def test_a_run_killed_at_any_moment_leaves_a_whole_report_or_none(
    undisturbed, bank, tmp_path, number, moment
):
    expected, duration = undisturbed
    report = tmp_path / "reports" / NAME
    process = start_run(bank, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):  # else it was over when it was to be killed
        process.wait(duration * random.Random(2026).uniform(*moment))
    process.send_signal(number)  # the parent alone: its kernels have to notice
    process.wait()
    if report.exists():
        check_whole(report)
    assert assess(bank, *places(tmp_path)).returncode == 0
    check_whole(report)
    assert digest(report / "report.html") == digest(expected / "report.html")
    check_nothing_else(tmp_path)


def end(process: subprocess.Popen, number: int) -> None:
    """Signal until it ends: Python loses an interrupt that comes while it removes an object."""
    while process.poll() is None:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_result_whose_saving_is_killed_is_whole_or_not_there_and_the_next_is_saved(tmp_path, number):
    moments, target = random.Random(2026), tmp_path / "card"
    for _ in range(KILLS):
        process = start_saving(target, rows=500)
        time.sleep(moments.uniform(0.02, 0.1))
        end(process, number)
        if target.exists():
            assert len(load(target, Scorecard).indicators) == 500
        save(load_earlier(target, Scorecard) or make_card([{}] * 500, [{}] * 500), target)
        assert not [path for path in tmp_path.rglob(".*/*") if path.is_file()]


def test_a_second_run_is_refused_while_the_first_goes_on(bank, tmp_path):
    first = start_run(bank, tmp_path)
    while not half_made(tmp_path) and first.poll() is None:  # until it is at work
        time.sleep(0.2)
    check_refusal(assess(bank, *places(tmp_path)))
    assert first.wait(PATIENCE) == 0, "a run that goes on although another was refused"
    check_whole(tmp_path / "reports" / NAME)
    check_nothing_else(tmp_path)


def test_cold_kernels_give_the_same_bytes(undisturbed, bank, tmp_path):
    expected, _ = undisturbed
    done = assess(bank, *places(tmp_path), "--cold-kernels")
    assert done.returncode == 0, done.stderr
    report = tmp_path / "reports" / NAME
    assert manifest(report)["files"] == manifest(expected)["files"]


def check_nothing_else(folder: Path) -> None:
    """Check that nothing half-made is left, staged data of an ingest neither."""
    time.sleep(2)  # a kernel without its parent gives up within a second
    assert sorted(path.name for path in (folder / "reports").iterdir()) == [f".{NAME}.lock", NAME]
    hidden = [path for path in folder.rglob(".*") if not holds_nothing(path)]
    assert {path.name for path in hidden} == {f".{NAME}.lock"}


def holds_nothing(path: Path) -> bool:
    """Tell whether a process died as it made this folder, before anything was in it: swept after a minute."""
    return path.name == ".riskmodels.new" or [one.name for one in path.glob("*")] == [".riskmodels.new"]


def check_refusal(done: subprocess.CompletedProcess[str]) -> None:
    """Check that a second run was refused with one clear error."""
    error = re.sub(r"\x1b\[[\d;?]*\w", "", done.stderr)
    assert done.returncode == 9, error
    assert error.count("Error:") == 1
    assert "another run is writing" in error
    assert NAME in error
    assert "Traceback" not in error
