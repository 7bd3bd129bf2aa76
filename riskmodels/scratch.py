"""Temporary folders that do not outlive their process: what a killed one left, the next one removes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = ".lock"  # held as long as the process of the folder lives, however it ends


@contextmanager
def scratch_folder(prefix: str, *, parent: Path | None = None) -> Iterator[Path]:
    """Give an empty folder, ``<prefix>…`` in ``parent`` (default: the system's temporary folder).

    It is removed afterwards, with all in it; those of the prefix whose process is dead are removed before.
    """
    home = parent or Path(tempfile.gettempdir())
    sweep(prefix, parent=home)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
    try:
        with FileLock(folder / LOCK):
            yield folder
    finally:
        _remove(folder)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, and replaces an older one; its folder is made where missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(".riskmodels-", parent=path.parent) as folder:
        staged = folder / "staged"
        staged.write_bytes(content)
        staged.replace(path)


def sweep(prefix: str, *, parent: Path) -> None:
    """Remove the scratch folders of that prefix whose process is dead."""
    for left in parent.glob(f"{escape(prefix)}*"):
        if _is_own(left) and (left / LOCK).exists():  # without: its process is about to lock it
            with suppress(Timeout), FileLock(left / LOCK, timeout=0):
                _remove(left)


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last: killed on the way, it is swept by the next."""
    with suppress(FileNotFoundError):  # another process sweeps it, too
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is this user's: in a place open to all, another's may be a trap."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    return folder.lstat().st_uid == user and not folder.is_symlink()
