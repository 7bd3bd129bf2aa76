"""Folders and files that no killed process leaves behind, and folders that are their owner's alone."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from riskmodels.errors import FileError

OURS = "riskmodels-"  # how every folder of ours in the system's temporary folder begins
LOCK = ".riskmodels.lock"  # held as long as the process of the folder lives, however it ends
_NEW = ".riskmodels.new"  # the lock until it is held: one that is there and not held is a dead process's
_UNLOCKED = 60  # seconds, in which its process has locked a new folder; it holds nothing until then


@contextmanager
def scratch_folder(prefix: str, *, parent: Path | None = None) -> Iterator[Path]:
    """Give an empty folder, ``<prefix>…`` in ``parent`` (default: the system's temporary folder).

    It is removed afterwards, with all in it; those of the prefix whose process is dead are removed before.
    """
    from filelock import FileLock  # here, because every command sweeps, and hardly any finds something

    home = parent or temporary_folder()
    sweep(prefix, parent=home)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
    try:
        with FileLock(folder / _NEW):
            try:
                (folder / _NEW).rename(folder / LOCK)
                yield folder
            finally:  # while it is locked: else another process takes it for a dead one's
                try:
                    _remove(folder)
                except BaseException:  # a signal that came just then
                    _remove(folder)
                    raise
    finally:  # a signal may come before it is locked
        shutil.rmtree(folder, ignore_errors=True)


def private_folder(path: Path) -> Path:
    """Make a folder that is its owner's alone, whatever the umask says; one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
    return path


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file that is there as a whole or not at all, and replaces an older one.

    Its folder is made where it is missing. A private one is its owner's alone.
    """
    with staged(path) as file:
        file.touch(0o600 if private else 0o666)
        file.write_bytes(content)


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Give a file to write that takes another's place once it is written whole; nothing else is left.

    The folder of ``path`` is made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path), scratch_folder(f".{OURS}", parent=path.parent) as folder:
        file = folder / f"staged{path.suffix}"
        yield file
        file.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a file of text; an error names it."""
    with written(path):
        path.write_text(text, encoding="utf-8")


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Name the file in an error of writing it: the system names it only where it cannot be opened."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or not error.errno:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from None


def temporary_folder() -> Path:
    """Return the system's temporary folder; raises FileError where none can be written to."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise FileError(
            f"no temporary folder can be written to ({error.strerror}): make room there, or name another in"
            " the environment variable TMPDIR"
        ) from None


def sweep(prefix: str = OURS, *, parent: Path | None = None) -> None:
    """Remove the scratch folders of that prefix whose process is dead.

    A folder without our lock in which anything is, is not ours, whatever its name.
    """
    for left in (parent or temporary_folder()).glob(f"{escape(prefix)}*"):
        with suppress(OSError):  # another process removes it, too
            if _is_own(left):
                _remove_dead(left)


def _remove_dead(folder: Path) -> None:
    from filelock import FileLock, Timeout  # here, as above

    if (folder / LOCK).exists():
        with suppress(Timeout), FileLock(folder / LOCK, timeout=0):
            _remove(folder)
    elif time.time() - folder.stat().st_mtime > _UNLOCKED and _is_empty(folder):
        _remove(folder)


def _is_empty(folder: Path) -> bool:
    return all(path.name == _NEW for path in folder.iterdir())


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last: what a kill leaves of it is still known to be dead."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is this user's: in a place open to all, another's may be a trap."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    return folder.lstat().st_uid == user and folder.is_dir() and not folder.is_symlink()
