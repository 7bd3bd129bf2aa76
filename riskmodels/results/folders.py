"""The folder of a saved result: replaced as a whole, brought back where a process was killed meanwhile."""

from contextlib import suppress
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout

from riskmodels.scratch import LOCK, scratch_folder, sweep

RESULT_FILE = "result.json"
_ASIDE, _OLD = "-old-", "old"  # where a folder is put while another takes its place


def replace_folder(staged: Path, target: Path) -> None:
    """Put a finished folder in the place of another; a reader sees the old, for a moment none, or the new."""
    with scratch_folder(f".{target.name}{_ASIDE}", parent=target.parent) as aside:
        old = aside / _OLD
        try:
            if target.exists():
                target.rename(old)
            staged.rename(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.rename(target)
            raise


def bring_back(target: Path) -> None:
    """Put a folder back that a killed process had taken away, and had not replaced yet."""
    for left in target.parent.glob(f".{escape(target.name)}{_ASIDE}*/{_OLD}"):
        with suppress(Timeout), FileLock(left.parent / LOCK, timeout=0):  # else its process is at work
            if not target.exists():
                left.rename(target)
    sweep(f".{target.name}{_ASIDE}", parent=target.parent)
