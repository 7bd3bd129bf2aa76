"""Disks that are full, at once or after so many bytes or files, and which sizes of them are worth a try."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

Outcome = TypeVar("Outcome")
PAGE = 4  # kilobytes: a disk in memory gives room by the page
_ROOM = {"size": "1g", "nr_inodes": "100k"}
_TAKEN = "taken"  # file that takes what is left of a disk


@dataclass(frozen=True)
class Shortage:
    """What is short: ``size`` [kB] or ``nr_inodes`` of a disk, ``limit`` [kB] of a file; ``full``: all of it."""

    kind: str
    most: int

    def __str__(self) -> str:
        """Say it for a table."""
        return {
            "size": "{} kB of room",
            "nr_inodes": "room for {} files",
            "limit": "files of {} kB",
            "full": "no room",
        }[self.kind].format(self.most)

    @property
    def options(self) -> dict[str, str]:
        """Of the disk in memory."""
        if self.kind == "full":
            return _ROOM | {"size": f"{PAGE}k"}
        return _ROOM | {self.kind: f"{self.most}{'k' * (self.kind == 'size')}"}

    def words(self, command: list[str]) -> list[str]:
        """Return a command line that has its files limited where that is what is short."""
        if self.kind != "limit":
            return command
        return ["bash", "-c", f"ulimit -f {self.most}; trap '' XFSZ; exec \"$@\"", "bash", *command]


@contextmanager
def disk(place: Path, shortage: Shortage) -> Iterator[Callable[[], None] | None]:
    """Give a folder where it is so short, and what makes room; None where mounting is refused."""
    place.mkdir()
    if shortage.kind == "limit":
        yield lambda: None
        return
    options = ",".join(f"{name}={value}" for name, value in shortage.options.items())
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    if shortage.kind == "full":
        (place / _TAKEN).write_bytes(bytes(PAGE << 10))
    try:
        room = ",".join(f"{name}={value}" for name, value in _ROOM.items())
        yield partial(_run, "mount", "-o", f"remount,{room}", str(place))
    finally:
        _run("umount", str(place))


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def bisected(
    attempt: Callable[[int], Outcome], low: int, high: int, *, step: int, most: int
) -> dict[int, Outcome]:
    """Try sizes between two that end differently, until all neighbours do or end alike.

    Parameters
    ----------
    attempt : callable
        Size -> what came of it; two that are equal have nothing between them that is looked for.
    low, high : int
        The smallest and the largest size, both tried.
    step : int
        Of sizes; nothing is tried between two that are so near.
    most : int
        Attempts.
    """
    tried = {size: attempt(size) for size in sorted({low, high})}
    while len(tried) < most:
        sizes = sorted(tried)
        gaps = [
            (end / start, start, end)
            for start, end in pairwise(sizes)
            if end - start > step and tried[start] != tried[end]
        ]
        if not gaps:
            break
        _, start, end = max(gaps)
        middle = start + max(step, round(((start * end) ** 0.5 - start) / step) * step)
        middle = min(middle, end - 1)
        tried[middle] = attempt(middle)
    return dict(sorted(tried.items()))
