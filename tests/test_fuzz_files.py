"""A small part of the fuzzing of benchmarks/fuzz.py: no traceback, nothing slow, little memory."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_mutated_files_are_read_or_refused_in_one_line(project: Path) -> None:
    script = project / "benchmarks" / "fuzz.py"
    done = subprocess.run(
        [sys.executable, script, "--share", "0.04"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
