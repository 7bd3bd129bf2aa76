"""What the system refuses is one line and an exit status of its own, and leaves nothing half-written."""

import errno
import os
import subprocess
import tempfile
from pathlib import Path

import duckdb
import pytest
from banks import PROGRAM, ROOT
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.errors import FileError, file_error, file_error_in
from riskmodels.scratch import sweep, write_whole
from riskmodels.sources.readers import refusals_named

pytestmark = pytest.mark.slow

SAMPLE = "params/sources/sample.yaml"
LONG = "a" * 300


def run(words: str, *, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of the shell in which ``riskmodels`` is the program and ``$P`` the place."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words.replace('riskmodels', str(PROGRAM))}"],
        cwd=ROOT,
        env=os.environ | {"P": str(place), "L": LONG} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], status: int) -> str:
    """Check that a command ended with one line and this status; return the line."""
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path) -> Path:
    (tmp_path / "file").write_text("somebody's", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("riskmodels policy > /dev/full", 8, "no room left"),
        ("riskmodels --help > /dev/full", 8, "no room left"),
        ("riskmodels policy >&-", 8, "the output is closed"),
        ("riskmodels policy | true", 8, "before all of it was written"),
        ("riskmodels show $L", 8, "the name is too long"),
        ("riskmodels policy --policies $L", 8, "the name is too long"),
        ("riskmodels ingest $L.yaml", 3, "cannot read"),
        (f"riskmodels ingest {SAMPLE} --store $P/file", 8, "a file is where a folder should be"),
        (f"riskmodels ingest {SAMPLE} --store $P/$L", 8, "the name is too long"),
        (f"riskmodels ingest {SAMPLE} --store /sys/x", 8, "/sys/x: permission is denied"),
        (f"riskmodels ingest {SAMPLE} --store $P/s --file complaints=$L", 8, "the name is too long"),
        (
            f"riskmodels ingest {SAMPLE} --store $P/s --file 'complaints=a**.csv'",
            4,
            "is no pattern for a file",
        ),
        (f"riskmodels ingest {SAMPLE} --store $P/s --file complaints=$'\\xff'", 3, "is not in UTF-8"),
        (f"riskmodels check-data {SAMPLE} --store $P/file", 8, "a file is where a folder should be"),
        ("riskmodels assess --out $P/file", 8, "a file is where a folder should be"),
        ("riskmodels assess --out /sys/x", 8, "permission is denied"),
        ("riskmodels assess --dry-run --out $P/file/r", 8, "a file is where a folder should be"),
        ("riskmodels assess --dry-run --name $L", 3, "does not fit a run file: name:"),
        ("riskmodels assess --dry-run --file complaints=$L", 8, "the name is too long"),
        ("riskmodels assess --dry-run --file 'complaints=a**.csv'", 4, "is no pattern for a file"),
        ("riskmodels source new $L", 8, "the name is too long"),
        ("riskmodels source new data/sample/units.parquet --output $P/file/x", 8, "a file is where a folder"),
        ("riskmodels source new data/sample/units.parquet --output $P/$L", 8, "the name is too long"),
        ("riskmodels show $P/file", 5, "is no saved result"),
        ("riskmodels lab $P/nowhere", 3, "there is no folder"),
    ],
)
def test_what_the_system_refuses_is_one_line_and_a_status(place, words, status, says):
    before = files_in(place)
    assert says in refused(run(words, place=place), status)
    assert files_in(place) == before


def test_signs_that_the_output_lacks_are_replaced(place):
    done = run("riskmodels policy", place=place, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "Default service-risk policy" in done.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[Errno 28] No space left on device: '/x/y'", "/x/y: there is no room left"),
        (
            "[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device",
            "no room left",
        ),
        ('IO Error: Could not write file "x": No space left on device', "x: there is no room left"),
        ("[Errno 13] Permission denied: 'a'", "a: permission is denied"),
        ("[Errno 5] Input/output error", "Input/output error"),
    ],
)
def test_what_was_refused_is_read_from_messages_of_kernels_and_libraries(text, says):
    assert says in str(file_error_in(text))


def test_other_messages_are_not_the_systems():
    assert file_error_in("Invalid Input Error: no such column") is None


@given(st.sampled_from(sorted(errno.errorcode)), st.text() | st.none() | st.binary())
def test_every_error_of_the_system_is_one_line(number, name):
    said = str(file_error(OSError(number, os.strerror(number), name)))
    assert "\n" not in said.replace(str(name), "")
    assert len(said) < 300


# ---- disks that are full ----------------------------------------------------------------------------


@pytest.fixture
def limited() -> str:
    """Return what, before a command, has files of more than 40 kB refused."""
    return "ulimit -f 40; trap '' XFSZ;"


def test_a_file_that_may_not_be_written_to_its_end_is_not_there(place, limited):
    done = run(f"{limited} riskmodels ingest {SAMPLE} --store $P/s", place=place)
    assert "larger than a file may be" in refused(done, 8)
    left = [name for name in files_in(place / "s") if "complaints" in name]
    assert not left, "of the table whose file was refused"


def test_what_the_system_refuses_to_duckdb_is_said_in_our_words():
    with pytest.raises(FileError, match="there is no room left"), refusals_named():
        raise duckdb.IOException('Could not write file "x": No space left on device')
    with pytest.raises(duckdb.IOException), refusals_named():
        raise duckdb.IOException("another matter")


def test_a_whole_file_replaces_or_nothing_changes(tmp_path, monkeypatch):
    target = tmp_path / "folder" / "x.txt"
    write_whole(target, b"old")

    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space.*x\.txt"):
        write_whole(target, b"new")
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"old"]


def test_no_temporary_folder_is_one_line(tmp_path, monkeypatch):
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(FileError, match=r"\['/tmp'\]\): make room there, or name another .* TMPDIR"):
        sweep()
