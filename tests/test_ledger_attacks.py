"""What somebody with bad intent, or bad luck, does to a ledger."""

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from ledgers import DAY, acceptance, action, execute, finding
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from riskmodels.cli import app
from riskmodels.errors import FileError, LedgerError, ParameterError, ResultError
from riskmodels.governance.ledger import RECORDS, Head, Ledger, back_up, open_ledger, restore
from riskmodels.governance.ledger.chain import START, canonical, chained
from riskmodels.governance.ledger.database import said_by_us
from riskmodels.governance.ledger.migrations.versions.r0003_proposals import ONCE, SQLITE
from riskmodels.governance.ledger.records import Action
from riskmodels.reporting.ledger_files import read_changes


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(tmp_path / "book" / "ledger.db") as opened:
        opened.write_all([(finding(), 0), (acceptance(), 0), (acceptance(2), 0)], by="analyst")
        opened.write_all([(action(1), 0), (action(2), 0)], by="analyst")
        yield opened


def slip_in(ledger: Ledger, record: str, record_id: str, content: dict[str, str], **values) -> None:
    """Append an event that fits the chain, as a program does that knows the laws of the database only."""
    *_, (seq, body, last) = ledger.rows()
    event = json.loads(body) | {"seq": seq + 1, "version": 1, "record": record, "record_id": record_id}
    text = canonical(event | {"content": content} | values)
    with closing(sqlite3.connect(ledger.engine.url.database)) as program:
        program.execute(
            "INSERT INTO ledger_events (seq, body, hash) VALUES (?, ?, ?)",
            (seq + 1, text, chained(last, text)),
        )
        program.commit()


@pytest.mark.parametrize("wrong", ["about_id", "about_table", "seen", "decision_id"])
def test_an_approval_of_another_thing_approves_nothing(ledger: Ledger, wrong) -> None:
    seen = ledger.get("acceptances", "X-1").digest
    right = {"decision_id": "acceptances/X-1/1", "about_table": "acceptances", "about_id": "X-1", "seen": seen,
             "outcome": "approved", "reason": ""}  # fmt: skip
    others = {
        "about_id": "X-2",
        "about_table": "overrides",
        "seen": "0" * 64,
        "decision_id": "acceptances/X-1/2",
    }
    slip_in(ledger, "decisions", "acceptances/X-1/1", right | {wrong: others[wrong]})
    assert ledger.frame("acceptances")["standing"][0] == "waiting"
    slip_in(ledger, "decisions", "another", right)
    assert ledger.frame("acceptances")["standing"][0] == "in force"


@pytest.mark.parametrize("name", ["ANALYST", "ana lyst", "ａｎａｌｙｓｔ", "analyst\u200b", "analyst."])
def test_an_author_who_writes_his_name_otherwise_is_known(ledger: Ledger, name) -> None:
    seen = ledger.get("acceptances", "X-1").digest
    with pytest.raises(LedgerError, match="another than its author decides"):
        ledger.decide("acceptances", "X-1", is_approved=True, seen=seen, by=name)


def test_the_longest_id_can_be_decided_about(ledger: Ledger) -> None:
    id_ = "X" * 100
    made = acceptance(reason="small").model_copy(update={"acceptance_id": id_})
    ledger.write(made, by="analyst")
    ledger.decide("acceptances", id_, is_approved=True, seen=made.digest, by="head of risk")
    assert ledger.frame("acceptances").set_index("acceptance_id")["standing"][id_] == "in force"


@pytest.mark.parametrize("missing", ["at", "actor", "stated_by", "note"])
def test_an_event_without_who_and_when_is_not_taken(ledger: Ledger, missing) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        slip_in(ledger, "findings", "F-9", {}, **{missing: None})
    assert ledger.verify().problem == ""


def test_a_guard_that_guards_nothing_is_off(ledger: Ledger) -> None:
    execute(ledger, "DROP TRIGGER events_delete")
    execute(ledger, "CREATE TRIGGER events_delete BEFORE DELETE ON ledger_events BEGIN SELECT 1; END")
    assert ledger.verify().problem == "Every row fits, but guards are off: events_delete."


def test_of_two_heads_of_one_row_none_is_left_out(ledger: Ledger) -> None:
    right = ledger.head()
    for digits in ("0" * 16, "f" * 16):
        for heads in ((right, Head(right.seq, digits)), (Head(right.seq, digits), right)):
            assert "has two heads" in ledger.verify(*heads).problem
    assert ledger.verify(right, right).problem == ""


@pytest.mark.parametrize("text", ["a\x1b[2J", "\udcff", "a" * 201])
def test_who_says_so_is_plain_text(ledger: Ledger, text) -> None:
    with pytest.raises(ParameterError, match="--by"):
        ledger.write(finding(3), by=text)


def test_a_backup_is_replaced_by_what_goes_on_from_it_only(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "b.gz"
    back_up(ledger, path)
    ledger.write(finding(3), by="analyst")
    back_up(ledger, path)
    kept = path.read_bytes()
    with open_ledger(tmp_path / "other.db") as other:
        with pytest.raises(ResultError, match="not backed up: The end was cut off"):
            back_up(other, path)
        assert path.read_bytes() == kept
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(ResultError, match=r"notes\.txt is no whole backup"):
            back_up(other, tmp_path / "notes.txt")


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "5\n",
        "[" * 100_000,
        '["a","b","c"]\n["x","y"]\n',
        '[1,null,null]\n[1,"y"]\n',
        f'[3,"{START[:16]}"]\n',
    ],
)
def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path, lines) -> None:
    (tmp_path / "b.gz").write_bytes(gzip.compress(lines.encode()))
    with open_ledger(tmp_path / "ledger.db") as empty:
        with pytest.raises(ResultError, match="is no whole backup of a ledger, and nothing was written"):
            restore(empty, tmp_path / "b.gz")
        assert empty.head().seq == 0


@pytest.mark.parametrize("place", ["", ":memory:", "sqlite://", "sqlite:///"])
def test_a_ledger_that_would_be_gone_is_refused(place) -> None:
    with pytest.raises(ParameterError, match="gone with the command"):
        open_ledger(place)


def test_the_rest_of_a_password_is_not_taken_for_a_server() -> None:
    with pytest.raises(ParameterError, match="write that of a user or a password as %40") as said:
        open_ledger("postgresql://anna:half@secret@bank/book")
    assert "secret" not in str(said.value)


def test_another_programs_database_stays_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as program:
        program.execute("CREATE TABLE theirs (a)")
        program.commit()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(ResultError, match="is no ledger yet"):
        open_ledger(tmp_path / "other.db", is_made=False)
    assert (tmp_path / "other.db").read_bytes() == before


def test_the_last_day_of_all_can_be_asked_for(ledger: Ledger) -> None:
    assert len(ledger.as_of(date.max).frame("actions")) == 2


def test_tables_that_people_spoil_are_not_misread(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "findings.csv").write_text("finding_id,severity\nF-1,amber,\n")
    with pytest.raises(FileError, match="more cells than its first line"):
        read_changes(ledger, tmp_path / "findings.csv")
    (tmp_path / "findings.csv").write_text("finding_id,severity,version\nF-1,amber,inf\n")
    with pytest.raises(ParameterError, match="version is 'inf'"):
        read_changes(ledger, tmp_path / "findings.csv")
    (tmp_path / "findings.csv").write_text("finding_id,severity,version\n,,\nF-1,amber,1\n,,\n")
    assert [(one.id, version) for one, version in read_changes(ledger, tmp_path / "findings.csv")] == [
        ("F-1", 1)
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="has no CSV file"):
        read_changes(ledger, tmp_path / "empty")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["action", "update", "ACT-1", "--set", "action_id=ACT-2", "--by", "x"], "names the action"),
        (["action", "update", "ACT-1", "--set", "cost=1", "--set", "cost=2", "--by", "x"], "given twice"),
        (["ledger", "restore", "none.gz", "--ledger", "new.db"], "No such file"),
        (["ledger", "import", "none.csv", "--by", "x"], "No such file"),
    ],
)
def test_a_command_that_would_do_another_thing_is_refused(ledger, tmp_path, monkeypatch, words, said) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RISKMODELS_LEDGER", str(ledger.engine.url.database))
    before = ledger.head()
    assert said in str(CliRunner().invoke(app, words).exception)
    assert ledger.head() == before
    assert not (tmp_path / "new.db").exists()


def test_who_may_not_write_to_a_file_is_told_how_to_read_it(ledger: Ledger) -> None:
    why = OperationalError("", None, Exception("attempt to write a readonly database"))
    with pytest.raises(LedgerError, match="copy it, and its -wal"), said_by_us(ledger.engine.url):
        raise why


def test_a_text_that_is_too_long_is_said_to_be() -> None:
    with pytest.raises(ParameterError, match="expected a text that is not empty, at most 10,000 characters"):
        Action.made(action().content | {"measure": "长" * 10_001})


@pytest.mark.parametrize("column", ["measure", "owner", "evidence", "no_effect_because"])
def test_blanks_are_no_text(column) -> None:
    closed = {"status": "closed", "closed_on": DAY, "evidence": "minutes", "no_effect_because": "few"}
    with pytest.raises(ParameterError):
        Action.made(action().content | closed | {column: " \n"})


def test_nothing_is_closed_on_a_day_to_come(ledger: Ledger) -> None:
    closed = {"status": "closed", "evidence": "minutes", "no_effect_because": "few"}
    with pytest.raises(LedgerError, match="closed on 2999-01-01, which is still to come"):
        ledger.write(action(closed_on=date(2999, 1, 1), **closed), by="operations", version=1)


@pytest.mark.parametrize("table", ONCE)
def test_what_is_written_once_has_no_second_version_by_any_program(ledger: Ledger, table) -> None:
    slip_in(ledger, table, "X", {})
    with pytest.raises(sqlite3.IntegrityError, match="no second version"):
        slip_in(ledger, table, "X", {}, version=2)
    assert set(ONCE) == {one for one, model in RECORDS.items() if model.once}


def test_a_table_that_reads_otherwise_is_named(ledger: Ledger) -> None:
    execute(
        ledger,
        "ALTER TABLE ledger_events RENAME TO old",
        SQLITE[0].replace("'$.record')", "'$.note')"),
        "INSERT INTO ledger_events (seq, body, hash) SELECT seq, body, hash FROM old",
        "DROP TABLE old",
        *SQLITE[1:],
    )
    assert ledger.frame("actions").empty
    assert ledger.verify().problem == "Every row fits, but guards are off: ledger_events."
