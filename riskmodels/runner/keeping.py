"""Keep a folder of results as a whole: a reader sees the old one or the new, and one run writes at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from riskmodels.errors import BusyError
from riskmodels.results.folders import bring_back, replace_folder
from riskmodels.scratch import scratch_folder


@contextmanager
def kept_whole(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``folder`` at the end; beside it is room for scratch.

    Raises
    ------
    BusyError
        Another run is writing it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(f"another run is writing {folder}; wait for it to end") from None
    with held:
        bring_back(folder)
        with scratch_folder(f".{folder.name}.made-", parent=folder.parent) as scratch:
            staged = scratch / folder.name
            staged.mkdir()
            yield staged
            replace_folder(staged, folder)
