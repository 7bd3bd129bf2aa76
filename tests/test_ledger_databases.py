"""The ledger in SQLite and in a real PostgreSQL alike: migrations, guards, roles, many writers, killed ones."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa
from ledgers import acceptance, action, evaluation, execute, finding, killed_writers, release, unguard
from policies import WEIGHT, approve, asked, killed_adoptions, policy_folder
from postgres import PASSWORD, Server, postgres

from riskmodels.errors import LedgerError, ResultError
from riskmodels.governance.adopting import adopt
from riskmodels.governance.changes import record_proposals
from riskmodels.governance.ledger import Ledger, back_up, database, open_ledger, restore
from riskmodels.governance.ledger.chain import canonical, chained
from riskmodels.governance.ledger.roles import grant_roles

pytestmark = pytest.mark.whole

WRITERS = 30


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        yield running


@pytest.fixture
def new_database(server: Server) -> Callable[[], str]:
    """Return a function that makes a database of PostgreSQL and returns its URL."""

    def make() -> str:
        count = server.run("SELECT count(*) FROM pg_database")
        server.run(f"CREATE DATABASE book{count}")
        return server.url(database=f"book{count}")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a ledger, in each database."""
    if request.param == "sqlite":
        return str(tmp_path / "book" / "ledger.db")
    return request.getfixturevalue("new_database")()


def fill(ledger: Ledger) -> None:
    ledger.write(finding(value=1.5, evidence="投诉"), by="analyst")
    ledger.write_all([(action(number, finding_ids="F-1"), 0) for number in (1, 2)], by="analyst")
    ledger.write_all([(acceptance(), 0), (evaluation(), 0)], by="analyst")
    ledger.write(action(cost=12.5), by="operations", version=1, note="offer came in")


# ---- schema ----


def tables(ledger: Ledger) -> set[str]:
    inspector = sa.inspect(ledger.engine)
    return {*inspector.get_table_names(), *inspector.get_view_names()}


def test_migrations_go_up_and_down_with_data(place: str) -> None:
    engine = database.connected(database.ledger_url(place))
    with database.writing(engine) as connection:
        database.migrate(connection, "r0001")
    engine.dispose()
    first = Ledger(engine=database.connected(database.ledger_url(place)))
    assert tables(first) == {"ledger_events", "ledger_schema"}
    fill(first)
    rows, head = list(first.rows()), first.head()
    first.close()
    with open_ledger(place) as ledger:
        assert {"ledger_actions", "ledger_proposals", "ledger_adoptions"} <= tables(ledger)
        assert list(ledger.rows()) == rows
        assert ledger.verify().problem == ""  # its guards are those of this schema
        with database.writing(ledger.engine) as connection:
            database.migrate(connection, "r0002")
        assert "ledger_proposals" not in tables(ledger)
        with database.writing(ledger.engine) as connection:
            database.migrate(connection, "r0001")
        assert tables(ledger) == {"ledger_events", "ledger_schema"}
        assert list(ledger.rows()) == rows
        with (
            pytest.raises(LedgerError, match="not taken down"),
            database.writing(ledger.engine) as connection,
        ):
            database.migrate(connection, "base")
    with open_ledger(place) as ledger:
        assert ledger.verify(head).problem == ""
        fill_again = ledger.write(finding(7), by="analyst")
        assert fill_again.seq == head.seq + 1


def test_a_later_schema_is_refused(place: str) -> None:
    with open_ledger(place) as ledger:
        execute(ledger, "UPDATE ledger_schema SET version_num = 'r0099'")
    with pytest.raises(ResultError, match="was written by a later version") as said:
        open_ledger(place)
    assert PASSWORD not in str(said.value)


def test_what_is_read_is_what_was_written(place: str) -> None:
    with open_ledger(place) as ledger:
        fill(ledger)
        assert ledger.get("actions", "ACT-1").record == action(cost=12.5)
        assert ledger.frame("findings")["evidence"].tolist() == ["投诉"]
        assert ledger.frame("actions")["version"].tolist() == [2, 1]
        with ledger.engine.begin() as connection:
            query = "SELECT cost, finding_ids, version FROM ledger_actions ORDER BY action_id"
            rows = [tuple(row) for row in connection.exec_driver_sql(query)]
        assert rows == [(12.5, "", 2), (None, "F-1", 1)]
        assert ledger.verify(ledger.head()).problem == ""


def test_a_backup_goes_from_either_database_to_the_other(place: str, new_database, tmp_path: Path) -> None:
    with open_ledger(place) as ledger:
        fill(ledger)
        head = back_up(ledger, tmp_path / "backup.gz")
        rows = list(ledger.rows())
    for other in (str(tmp_path / "copy" / "ledger.db"), new_database()):
        with open_ledger(other) as copy:
            assert restore(copy, tmp_path / "backup.gz") == head
            assert list(copy.rows()) == rows
            assert copy.verify(head).problem == ""
            copy.write(finding(9), by="analyst")
            with pytest.raises(LedgerError, match="append-only"), database.said_by_us(copy.engine.url):
                execute(copy, "DELETE FROM ledger_events")


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_events SET body = '{}'", "DELETE FROM ledger_events WHERE seq = 2"]
)
def test_no_row_is_changed_or_removed(place: str, statement: str) -> None:
    with open_ledger(place) as ledger:
        fill(ledger)
        rows = list(ledger.rows())
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            execute(ledger, statement)
        assert list(ledger.rows()) == rows


def test_an_owner_who_takes_the_guards_off_is_seen(place: str) -> None:
    with open_ledger(place) as ledger:
        fill(ledger)
        head = ledger.head()
        unguard(ledger)
        assert "guards are off" in ledger.verify(head).problem
        execute(ledger, "DELETE FROM ledger_events WHERE seq = 6")
        assert "The end was cut off: the ledger ends at row 5" in ledger.verify(head).problem
        execute(ledger, "DELETE FROM ledger_events WHERE seq = 2")
        assert ledger.verify().problem == "Row 2 is missing."


# ---- PostgreSQL ----


@pytest.fixture
def team(server: Server, new_database) -> Iterator[tuple[Ledger, Callable[[str], str]]]:
    """A ledger with its roles, and URLs of the users vera (viewer), anna and alan (analysts), paul (approver)."""
    url = new_database()
    with open_ledger(url) as ledger:
        grant_roles(ledger)
        grant_roles(ledger)  # again: nothing is in its way
        members = {"vera": "viewer", "anna": "analyst", "alan": "analyst", "paul": "approver", "otto": ""}
        for name, role in members.items():
            if not server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
                server.run(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
            if role:
                server.run(f"GRANT riskmodels_{role} TO {name}")
        yield ledger, lambda name: url.replace(f"bank:{quote(PASSWORD, safe='')}", f"{name}:secret")


def test_roles_do_what_they_may_and_no_more(team) -> None:
    ledger, url = team
    with open_ledger(url("anna")) as anna:
        anna.write(finding(), by="analyst")
        anna.write(acceptance(), by="analyst")
        seen = anna.get("acceptances", "X-1")
        assert seen.actor == "anna"
        for name in ("alan", "anna"):
            with (
                open_ledger(url(name)) as analyst,
                pytest.raises(LedgerError, match=r"row-level security|author"),
            ):
                analyst.decide("acceptances", "X-1", is_approved=True, seen=seen.digest, by="head of risk")
            with open_ledger(url(name)) as analyst, pytest.raises(LedgerError, match="row-level security"):
                analyst.write(release(), by="head of risk")
    with open_ledger(url("paul")) as paul:
        with pytest.raises(LedgerError, match=r"row-level security"):
            paul.write(finding(2), by="head of risk")
        paul.decide("acceptances", "X-1", is_approved=True, seen=seen.digest, by="head of risk")
        paul.write(release(), by="head of risk")
    with open_ledger(url("vera")) as vera:
        assert vera.frame("findings")["standing"].tolist() == ["accepted"]
        assert vera.verify().problem == ""
        with vera.engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM ledger_findings").scalar() == 1
        with pytest.raises(LedgerError, match="permission denied"):
            vera.write(finding(2), by="viewer")
    with pytest.raises(LedgerError, match="permission denied"):
        open_ledger(url("otto"))
    assert ledger.verify().head.seq == 4


def test_an_analyst_proposes_and_an_approver_decides_and_adopts(team, tmp_path: Path) -> None:
    _, url = team
    policies = policy_folder(tmp_path / "policies")
    with open_ledger(url("anna")) as anna, open_ledger(url("paul")) as paul:
        record_proposals(anna, asked(WEIGHT), policies, by="analyst")
        with pytest.raises(LedgerError, match=r"row-level security|author"):
            approve(anna, policies, "PR-1")
        approve(paul, policies, "PR-1")
        given = {"ids": ["PR-1"], "policies": policies, "day": date(2027, 1, 1)}
        with open_ledger(url("alan")) as alan, pytest.raises(LedgerError, match="row-level security"):
            adopt(alan, **given, by="another")
        adopt(paul, **given, by="head of risk")
        assert anna.frame("proposals")["standing"].tolist() == ["adopted"]


def rows_by(actor: str, seq: int, last: str, **event: object) -> tuple[int, str, str]:
    about = {"seq": seq, "actor": actor, "at": "2026-01-01T00:00:00.000000Z", "version": 1, "stated_by": "x",
             "note": "", "record": "findings", "record_id": "F-9", "content": {}}  # fmt: skip
    body = canonical(about | event)
    return seq, body, chained(last, body)


def test_another_program_can_write_nothing_but_the_next_row_in_its_own_name(team) -> None:
    ledger, url = team
    ledger.write(finding(), by="owner")
    ((_, _, last),) = ledger.rows()
    at = ledger.get("findings", "F-1").at
    address = url("anna").replace("+psycopg", "")
    insert = "INSERT INTO ledger_events (seq, body, hash) VALUES (%s, %s, %s)"
    refused = {
        "the actor of an event is the user": rows_by("paul", 2, last, at=at),
        "only the next row": rows_by("anna", 3, last, at=at),
        "only the next row, made of the one": (*rows_by("anna", 2, last, at=at)[:2], "0" * 64),
        "an event is not earlier": rows_by("anna", 2, last),
        "and not in the future": rows_by("anna", 2, last, at="2999-01-01T00:00:00.000000Z"),
        "somebody else wrote the next version": rows_by("anna", 2, last, at=at, version=2),
        "row-level security": rows_by("anna", 2, last, at=at, record="decisions"),
    }
    for words, row in refused.items():
        with closing(psycopg.connect(address)) as program, pytest.raises(psycopg.Error, match=words):
            program.execute(insert, row)
    for statement in ("UPDATE ledger_events SET hash = 'x'", "DELETE FROM ledger_events", "TRUNCATE ledger_events",
                      "DROP TABLE ledger_events", "ALTER TABLE ledger_events DISABLE TRIGGER ALL"):  # fmt: skip
        with (
            closing(psycopg.connect(address)) as program,
            pytest.raises(psycopg.Error, match=r"permission|owner"),
        ):
            program.execute(statement)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        execute(ledger, "TRUNCATE ledger_events")
    deceiving = "CREATE TEMP TABLE ledger_events (seq bigint, body text, hash text, at text, actor text)"
    with closing(psycopg.connect(address)) as program:
        program.execute(deceiving)
        with pytest.raises(psycopg.Error, match="only the next row"):
            program.execute(insert.replace("INTO ", "INTO public."), rows_by("anna", 1, "0" * 64, at=at))
    with closing(psycopg.connect(address)) as program:
        program.execute(insert, rows_by("anna", 2, last, at=at))
        program.commit()
    assert ledger.verify().problem == ""


def test_who_wrote_it_does_not_approve_it_whatever_name_is_stated(new_database) -> None:
    with open_ledger(new_database()) as ledger:
        ledger.write(finding(), by="analyst")
        ledger.write(acceptance(), by="analyst")
        seen = ledger.get("acceptances", "X-1").digest
        with pytest.raises(LedgerError, match="another than its author decides"):
            ledger.decide("acceptances", "X-1", is_approved=True, seen=seen, by="head of risk")


def test_a_server_that_is_not_there_is_said_without_its_password(server: Server) -> None:
    with pytest.raises(LedgerError, match=r"the ledger postgresql://127.0.0.1/postgres refuses") as said:
        open_ledger(server.url(port=1))
    assert PASSWORD not in str(said.value)


@pytest.mark.slow
def test_thirty_writers_at_once_lose_nothing_and_leave_no_gap(new_database) -> None:
    url, start = new_database(), Barrier(WRITERS)
    open_ledger(url).close()

    def write(writer: int) -> int:
        with open_ledger(url) as ledger:
            start.wait()
            heads = [
                ledger.write(finding(100 * writer + number), by=f"writer {writer}") for number in range(20)
            ]
        assert heads == sorted(heads)
        return len(heads)

    with ThreadPoolExecutor(WRITERS) as pool:
        written = sum(pool.map(write, range(WRITERS)))
    with open_ledger(url) as ledger:
        assert ledger.verify().head.seq == written == 600
        assert len(ledger.frame("findings")) == 600
        writers = [body.partition("stated_by")[2][:12] for _, body, _ in ledger.rows()]
        assert sum(one != other for one, other in pairwise(writers)) > WRITERS  # they did take turns


@pytest.mark.slow
def test_killed_writers_leave_a_whole_ledger_and_lose_nothing_acknowledged(
    place: str, tmp_path: Path
) -> None:
    open_ledger(place).close()
    killed_writers(place, tmp_path, times=20)


@pytest.mark.slow
def test_a_killed_adoption_leaves_the_file_as_adopted_or_nothing(team, tmp_path: Path) -> None:
    _, url = team
    found = killed_adoptions((url("anna"), url("paul")), tmp_path, times=20)
    assert found == {"nothing": 12, "completed": 4, "whole": 4}
