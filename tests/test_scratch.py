"""Temporary folders: gone afterwards, and those of dead processes are swept, nobody else's."""

import subprocess
import sys

import pytest

from riskmodels.scratch import scratch_folder, sweep

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
        "import os, sys\nfrom pathlib import Path\nfrom riskmodels.scratch import scratch_folder\n"
        f"with scratch_folder({PREFIX!r}, parent=Path(sys.argv[1])) as folder:\n"
        "    (folder / 'raw.csv').write_text('personal')\n    os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert len(list(tmp_path.glob("*/raw.csv"))) == 1
    with scratch_folder(PREFIX, parent=tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]
        sweep(PREFIX, parent=tmp_path)
        assert list(tmp_path.iterdir()) == [mine]


def test_what_is_not_ours_stays(tmp_path):
    (tmp_path / "aim").mkdir()
    (tmp_path / "aim" / ".lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "aim")
    (tmp_path / f"{PREFIX}without-lock").mkdir()
    sweep(PREFIX, parent=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "aim",
        f"{PREFIX}link",
        f"{PREFIX}without-lock",
    ]
    assert [path.name for path in (tmp_path / "aim").iterdir()] == [".lock"]
