"""Kernels: forked from one process, alike to cold ones, strangers to each other, and gone when they should be."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from banks import ROOT, command, small_bank
from nbformat.v4 import new_code_cell, new_notebook

from riskmodels.errors import RunError
from riskmodels.parameters.files import Parameters
from riskmodels.runner import execute_notebook, open_kernels
from riskmodels.runner.kernels import Kernels

pytestmark = pytest.mark.whole

PATIENCE = 120  # seconds
MARK = "RISKMODELS_TEST_OF_KERNELS"  # in the environment of what a test starts, to find it again


class Nothing(Parameters):
    pass


def run(kernels: Kernels, folder: Path, *cells: str) -> list[nbformat.NotebookNode]:
    """Execute cells as a notebook, and return what the last one shows."""
    parameters = new_code_cell("x: int = 1")
    parameters.metadata["tags"] = ["parameters"]
    notebook = new_notebook(cells=[parameters, *map(new_code_cell, cells)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "given.ipynb"
    nbformat.write(notebook, path)
    made = execute_notebook(path, folder / "made.ipynb", Nothing(), kernels=kernels)
    return nbformat.read(made, as_version=4).cells[-1].outputs


SHOW_ALL = """
import sys, warnings
import pandas as pd
import riskmodels as rm
from IPython.display import HTML, display
from matplotlib import pyplot as plt

print("out", __name__)
print("err", file=sys.stderr)
warnings.warn("careful", stacklevel=1)
display(HTML("<b>bold</b>"))
plt.plot([1, 2], [3, 1])
plt.show()
pd.DataFrame({"a": [1.5, None]})
"""


def test_a_forked_kernel_shows_what_a_cold_one_does(tmp_path, kernels):
    with open_kernels(warm=False) as cold:
        shown = run(cold, tmp_path, SHOW_ALL)
    assert not kernels.note
    assert "each imports the libraries anew" in cold.note
    assert {"image/png", "text/html"} <= {kind for one in shown for kind in one.get("data", {})}

    def numbered(outputs):  # a warning names the process of its kernel
        return re.sub(r"ipykernel_\d+/\d+", "ipykernel_N/N", str(outputs))

    assert numbered(run(kernels, tmp_path, SHOW_ALL)) == numbered(shown)


def test_a_notebook_sees_nothing_of_another(tmp_path, kernels):
    change = "import os, builtins\nimport riskmodels as rm\n\nmine = builtins.mine = rm.mine = 1\nos.environ['MINE'] = '1'"
    assert run(kernels, tmp_path, change) == []
    look = (
        "import os, builtins, numpy as np\nimport riskmodels as rm\n\n"
        "print('mine' in globals(), hasattr(builtins, 'mine'), hasattr(rm, 'mine'), 'MINE' in os.environ)\n"
        "print(np.random.rand())"
    )
    (first,), (second,) = run(kernels, tmp_path, look), run(kernels, tmp_path, look)
    assert first.text.startswith("False False False False\n")
    assert first.text != second.text, "random numbers of one kernel are those of another"


def test_the_environment_and_the_folder_are_those_of_now(tmp_path, kernels, monkeypatch):
    monkeypatch.setenv(MARK, "now")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    look = f"import os, tempfile\n\nprint(os.environ['{MARK}'], os.getcwd(), tempfile.gettempdir())"
    (shown,) = run(kernels, tmp_path, look)
    assert shown.text.split() == ["now", str(tmp_path), str(tmp_path)]


def test_a_kernel_that_dies_is_one_failed_notebook(tmp_path, kernels):
    with pytest.raises(RunError, match="Kernel died"):
        run(kernels, tmp_path, "import os\n\nos._exit(3)")
    (shown,) = run(kernels, tmp_path, "print('alive')")
    assert shown.text == "alive\n"


def test_the_process_to_fork_from_has_one_thread(tmp_path, kernels):
    """A fork keeps one thread and the locks of all: also no connection to DuckDB is open, which has its own."""
    run(kernels, tmp_path, "import riskmodels as rm\n\nrm.load_policy")
    parent = kernels._parent.pid
    assert len(list(Path(f"/proc/{parent}/task").iterdir())) == 1
    modules = "import sys\n\nprint({'duckdb', 'statsmodels', 'scipy.stats', 'matplotlib.pyplot'} <= set(sys.modules))"
    end = time.monotonic() + PATIENCE  # it may still be importing
    while (shown := run(kernels, tmp_path, modules)[0].text) != "True\n":
        assert time.monotonic() < end, shown


def test_a_kernel_is_forked_before_all_libraries_are_imported(tmp_path, monkeypatch):
    never_done = (
        "import itertools, sys; from riskmodels.runner import forking; sys.argv[1:] = sys.argv[-1:];"
        "forking.imports = lambda: itertools.repeat(None); forking.main()"
    )
    monkeypatch.setattr("riskmodels.runner.kernels._OPTIONS", ("-P", "-c", never_done))
    with open_kernels() as kernels:
        (shown,) = run(kernels, tmp_path, "import statsmodels.api\n\nprint('imported')")
        assert not kernels.note
        assert shown.text == "imported\n"


def test_what_was_read_ahead_is_known_to_every_kernel_and_as_it_stands_now(tmp_path, kernels):
    text = f"a: {tmp_path.name}\n"
    (tmp_path / "ahead.yaml").write_text(text)
    kernels.read_ahead([tmp_path / "missing.yaml", tmp_path / "ahead.yaml"])
    known = (
        "from riskmodels.parameters import files\n\nbefore = files._loaded.cache_info().hits\n"
        f"files._loaded({text!r})\nprint(files._loaded.cache_info().hits - before)"
    )
    end = time.monotonic() + PATIENCE  # it may still be importing
    while (shown := run(kernels, tmp_path, known)[0].text) != "1\n":
        assert time.monotonic() < end, shown
    (tmp_path / "ahead.yaml").write_text("a: another\n")
    now = (
        "from pathlib import Path\n\nfrom riskmodels.parameters import files\n\n"
        f"print(files._read_yaml(Path({str(tmp_path / 'ahead.yaml')!r}), shown=True))"
    )
    assert run(kernels, tmp_path, now)[0].text == "{'a': 'another'}\n"


def test_where_there_is_no_fork_kernels_are_cold_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with open_kernels() as kernels:
        assert kernels._parent is None
        assert kernels.note == (
            "Kernels are started cold, each importing the libraries anew: this system cannot fork them safely."
        )
        assert run(kernels, tmp_path, "print(1)")[0].text == "1\n"


def test_where_the_process_to_fork_from_is_gone_kernels_are_cold_and_it_is_said(tmp_path):
    with open_kernels() as kernels:
        kernels._parent.kill()
        kernels._parent.wait()
        assert run(kernels, tmp_path, "print(1)")[0].text == "1\n"
        assert "each importing the libraries anew: " in kernels.note


@pytest.mark.parametrize("warm", [True, False])
def test_nothing_is_left_when_kernels_are_closed(tmp_path, monkeypatch, warm):
    monkeypatch.setenv(MARK, str(tmp_path))
    with open_kernels(warm=warm) as kernels:
        run(kernels, tmp_path, "print(1)")
        assert kernels.folder.exists()
        assert list(kernels.folder.glob("*.json")) == [], "the connection file of a kernel that has ended"
        assert bool(marked(tmp_path)) == warm
    assert not kernels.folder.exists()
    assert marked(tmp_path) == []


def marked(folder: Path) -> list[str]:
    """Return the processes that were started with the mark of a test, but for this one."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                variables = (process / "environ").read_bytes().split(b"\0")
                if f"{MARK}={folder}".encode() in variables:
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended meanwhile, or is another user's
                continue
    return found


# ---- whole runs that are ended ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    return small_bank(tmp_path_factory.mktemp("bank"))


@pytest.fixture
def started(bank, tmp_path):
    """Start a run with temporary folders of its own, and wait until a notebook is executed."""
    places = ("--out", tmp_path / "reports", "--store", tmp_path / "store")
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {MARK: str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(
        command(bank, *places),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  ignored in background
    ) as process:
        soon(lambda: list((tmp_path / "tmp").glob("riskmodels-kernels-*/*.json")))
        yield process
        process.kill()


def soon(condition, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_named_to_stop_leaves_nothing(started, tmp_path, number, status):
    started.send_signal(number)
    assert started.wait(PATIENCE) == status
    assert b"Traceback" not in started.stderr.read()
    assert marked(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert [path.name for path in (tmp_path / "reports").glob(".small*partial*")] == []


@pytest.mark.slow
def test_what_a_killed_run_leaves_ends_at_once_and_is_swept_by_the_next(started, tmp_path, monkeypatch):
    started.kill()
    started.wait()
    soon(lambda: not marked(tmp_path), patience=2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    assert len(list((tmp_path / "tmp").glob("riskmodels-kernels-*"))) == 1
    with open_kernels(warm=False) as kernels:
        assert list((tmp_path / "tmp").glob("riskmodels-kernels-*")) == [kernels.folder]
