"""Temporary folders that do not outlive their process: what a killed one left, the next one removes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = ".lock"  # held as long as the process of the folder lives, however it ends


@contextmanager
def scratch_folder(prefix: str, *, parent: Path | None = None) -> Iterator[Path]:
    """Give an empty folder, ``<prefix>…`` in ``parent`` (default: the system's temporary folder).

    It is removed afterwards, with all in it; those of the same prefix whose process is dead are removed before.
    """
    home = parent or Path(tempfile.gettempdir())
    sweep(prefix, parent=home)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
    try:
        with FileLock(folder / _LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(prefix: str, *, parent: Path) -> None:
    """Remove the scratch folders of that prefix whose process is dead."""
    for left in parent.glob(f"{prefix}*"):
        if not (left / _LOCK).exists():
            continue  # somebody else's, or of a process that is about to take its lock
        try:
            with FileLock(left / _LOCK, timeout=0):
                shutil.rmtree(left, ignore_errors=True)
        except (Timeout, OSError):  # alive, or another user's
            continue
