"""Files of Excel that cannot be measured: another process reads them first, within limits."""

import subprocess
import sys
from pathlib import Path

_BYTES = 1 << 30  # of memory: a sheet of the old format that is full to its last cell needs half of it
_SECONDS = 60  # of processor time
_UNTRIED = 3  # exit status
_READ = """
import sys
path, size, seconds, untried = sys.argv[1], *map(int, sys.argv[2:])
try:
    import resource
    from python_calamine import CalamineWorkbook
    for kind, most in (("AS", size), ("CPU", seconds), ("CORE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))
except (ImportError, ValueError, OSError):
    sys.exit(untried)
with CalamineWorkbook.from_path(path) as book:
    for name in book.sheet_names:
        book.get_sheet_by_name(name)
"""


def try_to_read(path: Path) -> None:
    """Have a process of its own read all sheets of a file; what fails there would end this one.

    Raises ValueError where the file needs more memory or time than it may, or where the system has no limits.
    """
    if sys.platform == "win32":
        raise ValueError("it is of an old or binary format; save it as .xlsx or CSV")
    limits = (str(_BYTES), str(_SECONDS), str(_UNTRIED))
    done = subprocess.run(  # noqa: S603  (this Python, and a program that stands here)
        [sys.executable, "-I", "-c", _READ, path.absolute(), *limits], capture_output=True, check=False
    )
    if done.returncode == _UNTRIED:
        raise ValueError("here it cannot be tried out within limits first; save it as .xlsx or CSV")
    if done.returncode < 0:  # a fault that Python names is named again by who reads the file afterwards
        raise ValueError(
            f"reading it takes more than {_BYTES >> 20:,} MB or {_SECONDS} seconds: it reaches too far, or is"
            " damaged; save it as .xlsx or CSV"
        )
