"""What commands and kernels cost before they do anything: seconds to start, and the libraries they import.

Each command runs in a process of its own, median of ``--rounds`` (default 5), beside the floor: Python alone, and
Python with pandas. A library is named where a command imported it; those that are heavy belong only where they
are used.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "duckdb", "sqlalchemy", "scipy.special", "scipy.stats", "statsmodels", "matplotlib", "joblib",
         "nbconvert", "papermill")  # fmt: skip
COMMANDS = (
    "--help",
    "version",
    "policy --policy-on 2026-10-01",
    "assess --dry-run",
    "source new data/sample/units.parquet --dry-run",
    "check-data params/sources/sample.yaml",
)
RUN = """
import sys
from riskmodels.cli import main
sys.argv = ["riskmodels", *sys.argv[1:]]
try:
    main()
finally:
    names = [name for name in {heavy} if name in sys.modules]
    print("imported:", ", ".join(names), file=sys.stderr)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each is started")
    rounds = parser.parse_args().rounds
    floor = started(rounds, "pass")[0]
    print(f"{'':<50}{'seconds':>8}{'x Python':>9}  imported")
    for name, code, words in [
        ("Python alone", "pass", []),
        ("Python with pandas", "import pandas", []),
        *((f"riskmodels {line}", RUN.format(heavy=HEAVY), line.split()) for line in COMMANDS),
    ]:
        seconds, libraries = started(rounds, code, *words)
        print(f"{name:<50}{seconds:8.2f}{seconds / floor:9.1f}  {libraries}")
    print(f"{'a cold kernel with the libraries':<50}{kernel(rounds, warm=False):8.2f}")
    print(f"{'a forked kernel with the libraries':<50}{kernel(rounds, warm=True):8.2f}")


def started(rounds: int, code: str, *words: str) -> tuple[float, str]:
    """Run a program several times; return the median of the seconds, and the heavy libraries it imported."""
    seconds, done = [], None
    for _ in range(rounds):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds), done.stderr.rpartition("imported: ")[2].strip()


def kernel(rounds: int, *, warm: bool) -> float:
    """Return the median of the seconds of a notebook that only imports; the first of them is left out."""
    import nbformat

    from riskmodels.parameters.files import Parameters
    from riskmodels.runner import execute_notebook, open_kernels

    class Nothing(Parameters):
        """No parameters."""

    code = "import riskmodels as rm\n\nfor name in rm.__all__:\n    getattr(rm, name)"
    cells = [nbformat.v4.new_code_cell(text) for text in ("x: int = 1", code)]
    cells[0].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    seconds = []
    with tempfile.TemporaryDirectory() as folder, open_kernels(warm=warm) as kernels:
        path = Path(folder) / "empty.ipynb"
        nbformat.write(notebook, path)
        for _ in range(rounds + 1):
            begin = time.perf_counter()
            execute_notebook(path, Path(folder) / "made.ipynb", Nothing(), kernels=kernels)
            seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
