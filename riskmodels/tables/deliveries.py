"""The log of deliveries: which table of a source was kept after which, so as to compare it with the last."""

import json
import re
from pathlib import Path

from riskmodels.scratch import private_folder, write_whole
from riskmodels.tables.changes import Changes, compare_deliveries
from riskmodels.tables.store import open_table
from riskmodels.tables.stored import Table

_LOG = "deliveries"
_ENTRY = re.compile(r"(\d{6})-([0-9a-f]{16})\.json")


def compare_with_last(table: Table) -> Changes | None:
    """Log a delivery that was kept, and compare it with the one before it of the same source.

    Parameters
    ----------
    table : Table
        As ``keep`` gave it.

    Returns
    -------
    Changes or None
        Against the last delivery that was logged before this one, has other content, knew no later day, and
        is still in the store; None where there is none. The same whenever it is asked again: what came later
        does not count.
    """
    kept = table.folder.parent
    for digest in reversed(_logged_before(table, kept.parent / _LOG / table.provenance.source / table.name)):
        stored = kept / digest
        if not stored.is_dir():
            continue
        old = open_table(stored)
        if old.provenance.as_of <= table.provenance.as_of:
            return compare_deliveries(old, table)
    return None


def _logged_before(table: Table, folder: Path) -> list[str]:
    """Return the digests logged before this delivery, which is logged, too, if it is new; oldest first.

    An entry is a file of its own, there as a whole or not at all, and never changed; two that come at the
    same moment get the same number and stand in the order of their digests.
    """
    for part in reversed((folder, *list(folder.parents)[:2])):
        private_folder(part)
    entries = sorted(found.group() for path in folder.iterdir() if (found := _ENTRY.fullmatch(path.name)))
    digests = [entry[7:23] for entry in entries]
    if table.digest in digests:
        return digests[: digests.index(table.digest)]
    _log(table, folder / f"{len(entries) + 1:06d}-{table.digest}.json")
    return digests


def _log(table: Table, target: Path) -> None:
    entry = {
        "source": table.provenance.source,
        "table": table.name,
        "digest": table.digest,
        "as_of": table.provenance.as_of.isoformat(),
    }
    write_whole(target, (json.dumps(entry) + "\n").encode())
