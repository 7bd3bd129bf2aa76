"""All tables of a source together, and the store that keeps accepted rows by content digest."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase

import pandas as pd
from pydantic import ValidationError

from riskmodels.errors import ContractError, ResultError, file_error
from riskmodels.misfits import misfit_words
from riskmodels.scratch import private_folder, scratch_folder, sweep, write_text, write_whole
from riskmodels.tables.changes import Changes
from riskmodels.tables.stored import Provenance, Table

# hexadecimal digits, 64 bits: two of a million deliveries share one by a chance below 1e-7
_DIGEST_LENGTH = 16
STAGING = ".staging-"
_KEY, _KEY_LENGTH = ".riskmodels.key", 64  # letters, because a digit might be a number's: 300 bits


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """All tables of one source; a table that the source lacks is None.

    Attributes
    ----------
    as_of : date
        The day up to which the source knows.
    country : str
        Whose working days count, ISO 3166.
    holidays : tuple of date
        The bank's own days without work, beside those of the country.
    changes : tuple of Changes
        What differs from the delivery before, for each table that had one.
    """

    as_of: date
    country: str
    units: Table | None = None
    complaints: Table | None = None
    complaint_counts: Table | None = None
    exposure: Table | None = None
    observations: Table | None = None
    surveys: Table | None = None
    inspections: Table | None = None
    losses: Table | None = None
    incidents: Table | None = None
    actions: Table | None = None
    enquiries: Table | None = None
    macro: Table | None = None
    holidays: tuple[date, ...] = ()
    changes: tuple[Changes, ...] = ()

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"data_rows": self.quality} | {f"changes_{one.name}": one.table for one in self.changes}

    @cached_property
    def present(self) -> tuple[Table, ...]:
        """The tables that are there, in canonical order."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(value for value in values if isinstance(value, Table))

    def get(self, name: str) -> Table | None:
        """Return the table of that canonical name, or None where the source lacks it."""
        table = getattr(self, name, None)
        return table if isinstance(table, Table) else None

    def require(self, name: str) -> Table:
        """Return a table; raises ContractError where the source lacks it."""
        table = self.get(name)
        if table is None:
            raise ContractError(f"this needs the table '{name}', which the source does not have")
        return table

    @property
    def counted(self) -> Table:
        """The complaints one by one, else those already counted; ContractError where there is neither."""
        table = self.complaints or self.complaint_counts
        if table is None:
            raise ContractError(
                "this needs the table 'complaints' or 'complaint_counts', and the source has neither;"
                " map one of them in the source file"
            )
        return table

    @property
    def digest(self) -> str:
        """Digest of all tables together, 16 hexadecimal digits."""
        text = "\n".join(f"{table.name} {table.digest}" for table in self.present)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]

    @property
    def quality(self) -> pd.DataFrame:
        """One row per table: rows read, accepted, rejected [rows], rejected share, unknown months, digest."""
        rows = [
            {
                "table": table.name,
                "rows_read": table.provenance.rows_read,
                "rows_accepted": table.provenance.rows_accepted,
                "rows_rejected": table.provenance.rows_rejected,
                "rejected_share": table.provenance.rows_rejected / max(table.provenance.rows_read, 1),
                "unknown_months": ", ".join(table.provenance.unknown_months),
                "digest": table.digest,
            }
            for table in self.present
        ]
        return pd.DataFrame(rows)


def open_table(folder: str | Path) -> Table:
    """Open a stored table and check that its content is what its digest says.

    Raises ResultError where a file is missing or was changed.
    """
    folder = Path(folder)
    try:
        provenance = Provenance.model_validate_json((folder / "provenance.json").read_bytes())
        found = _digest(folder)
    except OSError as error:
        raise ResultError(f"{folder} is not a stored table: {file_error(error)}") from None
    except ValidationError as error:
        problems = "; ".join(misfit_words(error, Provenance))
        raise ResultError(f"{folder} is not a stored table, or is damaged: {problems}") from None
    if found != folder.name:
        raise ResultError(f"{folder} was changed after it was stored: its digest is now {found}")
    return Table(name=folder.parent.name, folder=folder, provenance=provenance)


@contextmanager
def staging_folder(store: Path, table: str) -> Iterator[Path]:
    """Give an empty folder beside the stored tables, to be filled and then handed to ``keep``.

    It is removed where it was not kept; what killed processes left is removed before. Whatever the umask
    says, folders of the store that are made here are their owner's alone.
    """
    private_folder(store)
    with scratch_folder(STAGING, parent=private_folder(store / table)) as scratch:
        yield private_folder(scratch / table)


def sweep_store(store: Path) -> None:
    """Remove what killed processes left in a store, which may hold raw data."""
    for table in store.glob("*"):
        sweep(STAGING, parent=table)


def store_key(store: Path) -> bytes:
    """Return the secret of a store, under which its markers of rows are made; it is made at first use.

    Raises ResultError where it is damaged: under another one, rows already taken in would not join.
    """
    from filelock import FileLock  # here, because hardly any source needs it

    path = store / _KEY
    with FileLock(store / f"{_KEY}.lock"):
        if not path.exists():
            letters = "".join(secrets.choice(ascii_lowercase) for _ in range(_KEY_LENGTH))
            write_whole(path, letters.encode(), private=True)
        key = path.read_bytes()
    if len(key) != _KEY_LENGTH:
        raise ResultError(
            f"{path} is damaged: expected {_KEY_LENGTH} letters. Restore it; or delete it, and take in anew"
            " what is to join with what comes"
        )
    return key


def keep(staged: Path, provenance: Provenance) -> Table:
    """Move a filled staging folder to its digest; the same content is kept once, from now on."""
    write_text(staged / "provenance.json", provenance.model_dump_json(indent=1) + "\n")
    folder = staged.parents[1] / _digest(staged)
    try:
        staged.rename(folder)
    except OSError:  # it is there already, perhaps since a moment ago
        if not folder.is_dir():
            raise
        try:
            os.utime(folder / "provenance.json")  # its days begin anew: see retention
        except FileNotFoundError:  # just now they were over
            staged.rename(folder)
    return Table(name=folder.parent.name, folder=folder, provenance=provenance)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("accepted.parquet", "rejected.parquet", "provenance.json"):
        digest.update(file_sha256(folder / name).encode())
    return digest.hexdigest()[:_DIGEST_LENGTH]


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
