"""Temporary folders: gone afterwards, and those of dead processes are swept, nobody else's."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from banks import PROGRAM

from riskmodels import scratch
from riskmodels.results import save
from riskmodels.scratch import LOCK, scratch_folder, sweep, write_whole
from riskmodels.sources import ingest
from riskmodels.tables import staging_folder, sweep_store

PREFIX = "scratch-"


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_a_folder_is_gone_however_it_ends(tmp_path, error):
    def use():
        with scratch_folder(PREFIX, parent=tmp_path) as folder:
            (folder / "inside").mkdir()
            (folder / "inside" / "file").write_text("x")
            assert folder.parent == tmp_path
            if error:
                raise error

    if error:
        with pytest.raises(error):
            use()
    else:
        use()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_the_living_keep_theirs(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom riskmodels.scratch import LOCK, scratch_folder\n"
        f"with scratch_folder({PREFIX!r}, parent=Path(sys.argv[1])) as folder:\n"
        "    (folder / 'raw.csv').write_text('personal')\n    os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert len(list(tmp_path.glob("*/raw.csv"))) == 1
    with scratch_folder(PREFIX, parent=tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]
        sweep(PREFIX, parent=tmp_path)
        assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_is_nobody_else_s_until_it_is_gone(tmp_path, monkeypatch):
    """Another thread that writes beside it sweeps at any moment."""
    remove = scratch._remove

    def remove_while_another_sweeps(folder):
        monkeypatch.setattr(scratch, "_remove", remove)
        sweep(PREFIX, parent=tmp_path)
        assert folder.exists()
        remove(folder)

    monkeypatch.setattr(scratch, "_remove", remove_while_another_sweeps)
    with scratch_folder(PREFIX, parent=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_signal_before_a_folder_is_locked_leaves_nothing_of_it(tmp_path, monkeypatch):
    def interrupted(lock, **_):
        Path(lock.lock_file).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("filelock.FileLock.acquire", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch_folder(PREFIX, parent=tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_signal_while_a_folder_is_removed_leaves_nothing_of_it(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        monkeypatch.undo()
        raise KeyboardInterrupt

    def use() -> None:
        with scratch_folder(PREFIX, parent=tmp_path) as folder:
            (folder / "inside").mkdir()
            (folder / "inside" / "raw.csv").write_text("personal")
            monkeypatch.setattr(scratch.shutil, "rmtree", interrupted)

    with pytest.raises(KeyboardInterrupt):
        use()
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_at_the_same_time_in_one_folder(tmp_path):
    def write(name):
        for _ in range(200):
            write_whole(tmp_path / name, b"whole")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write, ["one", "two"])) == [None, None]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_what_is_not_ours_stays(tmp_path):
    (tmp_path / "aim").mkdir()
    (tmp_path / "aim" / LOCK).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "aim")
    (tmp_path / f"{PREFIX}new").mkdir()
    for theirs in (f"{PREFIX}clone", f"{PREFIX}locked-by-another-program"):
        (tmp_path / theirs).mkdir()
        (tmp_path / theirs / ".lock").touch()
        (tmp_path / theirs / "work.txt").touch()
        os.utime(tmp_path / theirs, (0, 0))
    before = sorted(tmp_path.rglob("*"))
    sweep(PREFIX, parent=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("lock", [True, False])
def test_what_was_left_half_removed_is_swept_too(tmp_path, lock):
    """Its lock goes last; without one, a folder that is empty belongs to nobody after a minute."""
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    if lock:
        (left / LOCK).touch()
        (left / "inside").mkdir()
        (left / "inside" / "raw.csv").write_text("personal")
    else:
        (left / ".riskmodels.new").touch()
        os.utime(left, (0, 0))
    sweep(PREFIX, parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_ingest_left_is_swept_by_the_next_one_of_any_table(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom riskmodels.tables import staging_folder\n"
        "with staging_folder(Path(sys.argv[1]), 'losses') as folder:\n"
        "    (folder / 'raw.csv').write_text('personal')\n    os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with staging_folder(tmp_path, "units"):
        assert len(list(tmp_path.rglob("raw.csv"))) == 1
    sweep_store(tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"losses", "units"}


def test_every_command_sweeps_the_temporary_folder(tmp_path):
    for name in ("riskmodels-data-1", "riskmodels-layout-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LOCK).touch()
        (tmp_path / name / "raw.csv").write_text("personal")
    done = subprocess.run([PROGRAM, "version"], env=os.environ | {"TMPDIR": str(tmp_path)}, check=True)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_the_store_and_results_are_their_owner_s_alone_whatever_the_umask(tmp_path, umask):
    (tmp_path / "units.csv").write_text("unit_id,name_en\nB1,Branch\n")
    table = {"file": "units.csv", "format": "csv"}
    source = {
        "id": "bank",
        "title": "Bank",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"units": table},
    }
    (tmp_path / "source.yaml").write_text(json.dumps(source))
    before = os.umask(umask)
    try:
        tables = ingest(tmp_path / "source.yaml", store=tmp_path / "store")
        save(tables, tmp_path / "result")
    finally:
        os.umask(before)
    made = [tmp_path / "store", tmp_path / "result", *(tmp_path / "store").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}


def test_a_folder_of_the_store_that_is_there_stays_as_it_is(tmp_path):
    store = tmp_path / "store"
    store.mkdir(mode=0o750)
    with staging_folder(store, "units") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert store.stat().st_mode & 0o777 == 0o750


def test_a_file_is_written_as_a_whole_and_as_the_umask_says(tmp_path):
    left = tmp_path / ".riskmodels-of-a-killed-process"
    left.mkdir()
    (left / LOCK).touch()
    (left / "staged").write_text("half of a file")
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "file", b"whole")
    finally:
        os.umask(before)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
