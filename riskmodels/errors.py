"""The exceptions of riskmodels.

    RiskModelsError           the root: catch this to catch all of them
    ├── ParameterError        a policy, scenario, source or run file, or an argument, is not as it must be
    │   └── TooLittleError    nor are data: too few, or too alike, for what is asked of them
    ├── ContractError         a source does not keep the contract of a table
    ├── ResultError           a saved result or stored table is missing, damaged or of another kind
    ├── RunError              a notebook failed while a run executed it
    ├── FileError             a file, a folder or the output cannot be read or written, e.g. the disk is full
    ├── BusyError             another run is writing the same report
    ├── LedgerError           the ledger refuses what breaks its laws, or what somebody changed meanwhile
    └── MissingPartError      an optional part of the installation is not there

What fails a *row* is not here: it is counted in the rejected rows of its table. What fails the *policy*
is a finding.
"""

import errno
import os
import re
from typing import ClassVar

from riskmodels.privacy import mask_personal_data

LONGEST_NAME = 255  # bytes, of most file systems
_LONGEST = 10_000  # characters of a message: names in it come from files, and may be as long as these
_DUCKDB_FILE = re.compile(r'\bfile "([^"]*)"', re.IGNORECASE)
_SHOWN = 100  # characters of a place
_OS_TEXT = re.compile(r"\[errno (\d+)\][^:]*(?:: '([^']*)')?", re.IGNORECASE)
_ROOM = "make room, or choose another folder, and run it again"
_REASONS = {
    errno.ENOSPC: f"there is no room left on its disk: {_ROOM}",
    errno.EDQUOT: f"the quota of its disk is used up: {_ROOM}",
    errno.EFBIG: f"it would be larger than a file may be (see ulimit -f): raise the limit, or {_ROOM}",
    errno.EACCES: "permission is denied: ask for the right to read and write there, or choose another place",
    errno.EPERM: "permission is denied: ask for the right to read and write there, or choose another place",
    errno.EROFS: "its disk can only be read: choose another folder",
    errno.ENOENT: "it is not there, or its folder is not: check how it is written",
    errno.ENOTDIR: "a file is where a folder should be: choose another folder, or move the file away",
    errno.EEXIST: "a file is where a folder should be: choose another folder, or move the file away",
    errno.EISDIR: "a folder is where a file should be: name a file in it",
    errno.ENAMETOOLONG: f"the name is too long: choose one of at most {LONGEST_NAME} bytes",
    errno.EMFILE: "too many files are open: raise the limit (see ulimit -n), and run it again",
    errno.EPIPE: "what read the output was closed before all of it was written",
    errno.EBADF: "it is closed: send the output to a file or to /dev/null",
}


class RiskModelsError(Exception):
    """Say what is wrong, where, what was expected and what to do; personal data is masked.

    Attributes
    ----------
    exit_status : int
        What the command line exits with; one for each leaf.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        shown = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        super().__init__(mask_personal_data(shown))


class ParameterError(RiskModelsError):
    """A parameter file or an argument is not as it must be."""

    exit_status = 3  # what was typed in


class TooLittleError(ParameterError):
    """Data are too few, or too alike, to say what is asked of them."""


class ContractError(RiskModelsError):
    """A source does not keep the contract of a canonical table."""

    exit_status = 4  # what a source holds


class ResultError(RiskModelsError):
    """A saved result or a stored table is missing, damaged or of another kind."""

    exit_status = 5  # what was kept


class RunError(RiskModelsError):
    """A notebook failed while a run executed it."""

    exit_status = 6  # a notebook


class FileError(RiskModelsError):
    """A file, a folder or the output cannot be read or written; the message says why and what to do."""

    exit_status = 8  # what the system refuses


class BusyError(RiskModelsError):
    """Another run is writing the same report."""

    exit_status = 9  # another run


class LedgerError(RiskModelsError):
    """The ledger refuses: a law would be broken, or somebody wrote meanwhile; or its database does."""

    exit_status = 10  # the ledger


class MissingPartError(RiskModelsError):
    """An optional part of the installation is not there; the message says how to get it."""

    exit_status = 7  # the installation


def file_error(error: OSError) -> FileError:
    """Say in our words what the system refuses.

    >>> str(file_error(FileExistsError(17, "File exists", "reports")))
    'reports: a file is where a folder should be: choose another folder, or move the file away'
    """
    reason = _REASONS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__
    return FileError(f"{_place(error.filename)}: {reason}")


def file_error_in(text: str) -> FileError | None:
    """Find what the system refused in the message of a library or of a kernel; None where it was nothing.

    >>> str(file_error_in('IO Error: Could not write file "a.tmp": No space left on device'))[:40]
    'a.tmp: there is no room left on its disk'
    """
    if found := _OS_TEXT.search(text):
        return file_error(OSError(int(found[1]), os.strerror(int(found[1])), found[2]))
    numbers = [number for number in _REASONS if os.strerror(number) in text]
    named = _DUCKDB_FILE.search(text)
    return file_error(OSError(numbers[0], "", named and named[1])) if numbers else None


def _place(name: object) -> str:
    """Name a place, the middle of a very long one left out."""
    text = os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else ""
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 4 :]}"
    return short or "a file or the output"
