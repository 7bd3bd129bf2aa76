"""The ledger: appends a second, one a transaction and many, and verification, beside the floor of SQLite.

The floor is what SQLite does with the same bytes and no law, chain or trigger: same log, same flushes.
``python benchmarks/ledger.py ROWS`` verifies so many rows; a million without it. ``--postgresql URL`` measures
an empty database of PostgreSQL, too.
"""

import hashlib
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from riskmodels.governance.ledger import Ledger, database, open_ledger
from riskmodels.governance.ledger.chain import START, canonical, chained
from riskmodels.governance.ledger.records import Finding

SINGLE, BATCH = 300, 5_000  # appends, of which each is a transaction of its own; in one
AT_ONCE = 50_000  # rows made, of a million
GIVEN = {
    "rule": "unit_limit",
    "subject_kind": "unit",
    "severity": "red",
    "figures": '{"amber": 0.5, "red": 1.0}',
}


def finding(number: int) -> Finding:
    """Make a finding."""
    return Finding(finding_id=f"F-{number:08d}", subject=f"B{number % 60:03d}", value=number / 7, **GIVEN)


def seconds(work: Callable[[], object]) -> float:
    """Return how long a work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def appends(ledger: Ledger) -> dict[str, float]:
    """Measure appends a second, one a transaction and many."""

    def singly() -> None:
        for number in range(SINGLE):
            ledger.write(finding(number), by="bench")

    many = [(finding(number), 0) for number in range(SINGLE, SINGLE + BATCH)]
    return {
        "appends/s, one a transaction": SINGLE / seconds(singly),
        "appends/s, in one transaction": BATCH / seconds(lambda: ledger.write_all(many, by="bench")),
    }


def floor(path: Path, bodies: list[str]) -> dict[str, float]:
    """Measure the same with the same bytes, and nothing else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT, hash TEXT)")

        def write(body: str) -> None:
            plain.execute("INSERT INTO rows (body, hash) VALUES (?, ?)", (body, START))

        def singly() -> None:
            for body in bodies[:SINGLE]:
                write(body)

        def together() -> None:
            plain.execute("BEGIN")
            for body in bodies[SINGLE:]:
                write(body)
            plain.execute("COMMIT")

        return {
            "appends/s, one a transaction": SINGLE / seconds(singly),
            "appends/s, in one transaction": (len(bodies) - SINGLE) / seconds(together),
        }


def lengthen(ledger: Ledger, rows: int) -> None:
    """Write rows as the ledger would, without its triggers and laws: a million of them in minutes."""
    *_, (seq, _, last) = ledger.rows()
    guard = "SELECT sql FROM sqlite_master WHERE name = 'events_insert'"
    with ledger.engine.begin() as connection:
        trigger = connection.exec_driver_sql(guard).scalar()
        connection.exec_driver_sql("DROP TRIGGER events_insert")
        about = {"version": 1, "record": "findings", "note": "", "actor": "bench", "stated_by": "bench"}
        now = database.utc_text(datetime.now(UTC))
        for first in range(seq + 1, rows + 1, AT_ONCE):
            made = []
            for number in range(first, min(first + AT_ONCE, rows + 1)):
                content = {"finding_id": f"F-{number:08d}", **GIVEN}
                about |= {"seq": number, "at": now, "record_id": f"F-{number:08d}", "content": content}
                body = canonical(about)
                last = chained(last, body)
                made.append((number, body, last))
            connection.exec_driver_sql("INSERT INTO ledger_events (seq, body, hash) VALUES (?, ?, ?)", made)
        connection.exec_driver_sql(trigger)


def bare_scan(path: Path) -> None:
    """Read every row and hash its bytes: what any verification has to do."""
    with closing(sqlite3.connect(path)) as plain:
        for _, body, hash_ in plain.execute("SELECT seq, body, hash FROM ledger_events ORDER BY seq"):
            hashlib.sha256((hash_ + body).encode()).hexdigest()


def measured(rows: int, url: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return appends a second by database, and the seconds that a verification takes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with open_ledger(path) as ledger:
            found = {"ledger, SQLite": appends(ledger)}
            bodies = [body for _, body, _ in ledger.rows()]
            found["floor: bare SQLite, no chain, no law"] = floor(Path(folder) / "plain.db", bodies)
            if url:
                with open_ledger(url) as team:
                    found["ledger, PostgreSQL"] = appends(team)
            lengthen(ledger, rows)
            head = ledger.head()
            times = {
                "verify": seconds(lambda: ledger.verify(head)),
                "floor: read and hash": seconds(lambda: bare_scan(path)),
            }
            assert ledger.verify(head).problem == ""
            assert head.seq == max(rows, SINGLE + BATCH)
    table = pd.DataFrame({"seconds": times})
    return pd.DataFrame(found).T, table.assign(rows=head.seq, rows_per_second=head.seq / table["seconds"])


if __name__ == "__main__":
    words = sys.argv[1:]
    given = words[words.index("--postgresql") + 1] if "--postgresql" in words else ""
    many = next((int(word) for word in words if word.isdigit()), 1_000_000)
    for frame in measured(many, given):
        print(frame.round(1).to_string(), end="\n\n")
