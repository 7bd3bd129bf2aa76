"""The ledger: appends a second, verification, killed and many writers; beside the floor of each database.

The floor is what the database does with the same bytes and no law, chain or trigger: same log, same flushes.
``python benchmarks/ledger.py`` measures SQLite and, where it is installed, a PostgreSQL of its own that waits
for its disk. ``ROWS`` are verified (a million without it); ``--kills N`` kills a writer N times in each (200 is
what was promised; each takes about a second), ``--writers`` has thirty write at once.
"""

import hashlib
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import pandas as pd
import psycopg
from ledgers import execute, killed_writers
from postgres import binaries, postgres

from riskmodels.governance.ledger import Ledger, database, open_ledger
from riskmodels.governance.ledger.chain import START, canonical, chained
from riskmodels.governance.ledger.records import Finding

SINGLE, BATCH = 300, 5_000  # appends, of which each is a transaction of its own; in one
AT_ONCE = 50_000  # rows made, of a million
WRITERS, EACH = 30, 20  # at once, and how much each writes
GIVEN = {
    "rule": "unit_limit",
    "subject_kind": "unit",
    "severity": "red",
    "figures": '{"amber": 0.5, "red": 1.0}',
}
ONE, MANY = "appends/s, one a transaction", "appends/s, in one transaction"


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
    return {ONE: SINGLE / seconds(singly), MANY: BATCH / seconds(lambda: ledger.write_all(many, by="bench"))}


def floor_of_sqlite(path: Path, bodies: list[str]) -> dict[str, float]:
    """Measure the same with the same bytes, and nothing else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE plain (seq INTEGER PRIMARY KEY, body TEXT, hash TEXT)")
        return floor(lambda body: plain.execute("INSERT INTO plain (body, hash) VALUES (?, ?)", (body, START)),
                     plain.execute, bodies)  # fmt: skip


def floor_of_postgresql(url: str, bodies: list[str]) -> dict[str, float]:
    """Measure the same in PostgreSQL."""
    with closing(psycopg.connect(url.replace("+psycopg", ""), autocommit=True)) as plain:
        plain.execute("CREATE TABLE plain (seq bigserial PRIMARY KEY, body text, hash text)")
        return floor(lambda body: plain.execute("INSERT INTO plain (body, hash) VALUES (%s, %s)", (body, START)),
                     plain.execute, bodies)  # fmt: skip


def floor(
    write: Callable[[str], object], say: Callable[[str], object], bodies: Sequence[str]
) -> dict[str, float]:
    """Measure bare inserts."""

    def singly() -> None:
        for body in bodies[:SINGLE]:
            write(body)

    def together() -> None:
        say("BEGIN")
        for body in bodies[SINGLE:]:
            write(body)
        say("COMMIT")

    return {ONE: SINGLE / seconds(singly), MANY: (len(bodies) - SINGLE) / seconds(together)}


def rows_after(ledger: Ledger, rows: int) -> Iterator[tuple[int, str, str]]:
    """Make the rows that a ledger of so many would have."""
    *_, (seq, _, last) = ledger.rows()
    about = {"version": 1, "record": "findings", "note": "", "actor": "bench", "stated_by": "bench"}
    now = database.utc_text(datetime.now(UTC))
    for number in range(seq + 1, rows + 1):
        content = {"finding_id": f"F-{number:08d}", **GIVEN}
        about |= {"seq": number, "at": now, "record_id": f"F-{number:08d}", "content": content}
        body = canonical(about)
        last = chained(last, body)
        yield number, body, last


def lengthen(ledger: Ledger, rows: int) -> None:
    """Write rows as the ledger would, without its triggers and laws: a million of them in minutes."""
    made = rows_after(ledger, rows)
    if ledger.engine.dialect.name == "postgresql":
        guard = "ALTER TABLE ledger_events {} TRIGGER events_insert"
        execute(ledger, guard.format("DISABLE"))
        with (
            ledger.engine.begin() as connection,
            connection.connection.cursor() as cursor,
            cursor.copy("COPY ledger_events (seq, body, hash) FROM STDIN") as copy,
        ):
            for row in made:
                copy.write_row(row)
        execute(ledger, guard.format("ENABLE"), "ANALYZE ledger_events")
        return
    with ledger.engine.begin() as connection:
        trigger = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'events_insert'"
        ).scalar()
        connection.exec_driver_sql("DROP TRIGGER events_insert")
        while part := list(islice(made, AT_ONCE)):
            connection.exec_driver_sql("INSERT INTO ledger_events (seq, body, hash) VALUES (?, ?, ?)", part)
        connection.exec_driver_sql(trigger)


def bare_scan(ledger: Ledger, place: str) -> None:
    """Read every row and hash its bytes, by the database's own driver: what any verification has to do."""
    query = "SELECT seq, body, hash FROM ledger_events ORDER BY seq"
    with ExitStack() as stack:
        if ledger.engine.dialect.name == "postgresql":
            plain = stack.enter_context(closing(psycopg.connect(place.replace("+psycopg", ""))))
            rows = stack.enter_context(plain.cursor("all"))
            rows.itersize = 10_000
            rows.execute(query)
        else:
            rows = stack.enter_context(closing(sqlite3.connect(place))).execute(query)
        for _, body, hash_ in rows:
            hashlib.sha256((hash_ + body).encode()).hexdigest()


def measured(name: str, place: str, rows: int, bare: Callable[[list[str]], dict[str, float]]) -> None:
    """Print appends a second and the seconds that a verification takes, of one database."""
    with open_ledger(place) as ledger:
        found = {f"ledger, {name}": appends(ledger)}
        found[f"floor: bare {name}"] = bare([body for _, body, _ in ledger.rows()])
        print(pd.DataFrame(found).T.round(1).to_string(), end="\n\n", flush=True)
        lengthen(ledger, rows)
        head = ledger.head()
        times = {
            f"verify, {name}": seconds(lambda: ledger.verify(head)),
            "floor: read and hash": seconds(lambda: bare_scan(ledger, place)),
        }
        assert ledger.verify(head).problem == ""
        assert head.seq == max(rows, SINGLE + BATCH)
    table = pd.DataFrame({"seconds": times}).assign(rows=head.seq)
    print(
        table.assign(rows_per_second=head.seq / table["seconds"]).round(1).to_string(), end="\n\n", flush=True
    )


def thirty(name: str, place: str) -> None:
    """Have thirty write at once, and print how many a second; none is lost, and no number."""
    open_ledger(place).close()

    def write(writer: int) -> None:
        with open_ledger(place) as ledger:
            for number in range(EACH):
                ledger.write(finding(1_000 * writer + number), by=f"writer {writer}")

    with ThreadPoolExecutor(WRITERS) as pool:
        took = seconds(lambda: list(pool.map(write, range(WRITERS))))
    with open_ledger(place) as ledger:
        assert ledger.verify().head.seq == WRITERS * EACH == len(ledger.frame("findings"))
    print(
        f"{name}: {WRITERS} writers at once, {WRITERS * EACH / took:.0f} appends/s, no gap, none lost\n",
        flush=True,
    )


def killed(name: str, place: str, times: int) -> None:
    """Kill a writer again and again; print that what was acknowledged is there, and every row fits."""
    open_ledger(place).close()
    with TemporaryDirectory() as folder:
        took = seconds(lambda: killed_writers(place, Path(folder), times=times))
    with open_ledger(place) as ledger:
        rows = ledger.verify().head.seq
    print(
        f"{name}: {times} writers killed in {took:.0f} s, {rows} rows, all fit, none acknowledged is lost\n",
        flush=True,
    )


def every(words: list[str]) -> None:
    """Measure what was asked for, in each database."""
    rows = next(
        (int(word) for word in words if word.isdigit() and words[words.index(word) - 1] != "--kills"),
        1_000_000,
    )
    kills = int(words[words.index("--kills") + 1]) if "--kills" in words else 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        places = {"SQLite": lambda use: str(folder / f"{use}.db")}
        bare = {"SQLite": lambda bodies: floor_of_sqlite(folder / "plain.db", bodies)}
        if binaries() is not None:
            server = stack.enter_context(postgres(is_durable=True))

            def made(use: str) -> str:
                server.run(f"CREATE DATABASE {use}")
                return server.url(database=use)

            places["PostgreSQL"] = made
            bare["PostgreSQL"] = lambda bodies: floor_of_postgresql(server.url(), bodies)
        for name, place in places.items():
            if kills:
                killed(name, place("kills"), kills)
            elif "--writers" in words:
                thirty(name, place("writers"))
            else:
                measured(name, place("book"), rows, bare[name])


if __name__ == "__main__":
    every(sys.argv[1:])
