"""The ledger in a file of SQLite: its chain, its laws, its reading of any day, its files and commands."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import acceptance, action, evaluation, execute, finding, unguard
from small_bank import RED, make_card, make_stress, make_tables
from typer.testing import CliRunner

from riskmodels.assessment import assess
from riskmodels.assessment.findings import finding_id
from riskmodels.cli import app
from riskmodels.errors import LedgerError, ParameterError, ResultError
from riskmodels.governance.ledger import RECORDS, Head, Ledger, back_up, database, open_ledger, restore
from riskmodels.governance.ledger.chain import START, Row, canonical, chained, verify_rows
from riskmodels.governance.ledger.records import Action, Decision, Finding, Release, records_of
from riskmodels.governance.ledger.roles import grant_roles
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.ledger_files import export_ledger, read_changes


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(tmp_path / "book" / "ledger.db") as opened:
        yield opened


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    ledger.write(finding(), by="analyst")
    ledger.write_all([(action(number, finding_ids="F-1"), 0) for number in (1, 2)], by="analyst")
    ledger.write(acceptance(), by="analyst")
    ledger.write(action(cost=1200.0), by="operations", version=1, note="offer came in")
    return ledger


# ---- the chain ----


def rows_of(bodies: list[str]) -> list[Row]:
    made, last = [], START
    for seq, body in enumerate(bodies, start=1):
        last = chained(last, body)
        made.append((seq, body, last))
    return made


def test_the_hash_is_the_published_one_of_what_it_is_said_to_be() -> None:
    """SHA-256 of "abc", FIPS 180-2, appendix B.1: a chain is nothing else."""
    assert chained("a", "bc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


BODIES = st.lists(st.text(max_size=5), min_size=2, max_size=8)


@given(bodies=BODIES, data=st.data())
def test_any_row_changed_removed_reordered_inserted_or_cut_is_seen_against_a_later_head(bodies, data) -> None:
    rows = rows_of(bodies)
    head = Head.of(rows[-1][0], rows[-1][2])
    assert verify_rows(rows, [head]).problem == ""
    place = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(st.text(max_size=5).filter(lambda text: text != bodies[place]))
    ways = {
        "change": [*bodies[:place], other, *bodies[place + 1 :]],
        "remove": [*bodies[:place], *bodies[place + 1 :]],
        "insert": [*bodies[:place], other, *bodies[place:]],
        "cut": bodies[:place],
        "reorder": [*bodies[:place], *bodies[place:][::-1]],
    }
    way = data.draw(st.sampled_from(sorted(ways)))
    if ways[way] == bodies:
        return
    assert verify_rows(rows_of(ways[way]), [head]).problem  # even if the chain is made anew
    naive = [(seq, body, rows[min(seq, len(rows)) - 1][2]) for seq, body in enumerate(ways[way], start=1)]
    found = verify_rows(naive, [head])
    assert found.problem
    assert found.row == place + 1 or way == "reorder" or ways[way][: place + 1] == bodies[: place + 1]


@given(bodies=BODIES, data=st.data())
def test_the_first_row_that_does_not_fit_is_named(bodies, data) -> None:
    rows = rows_of(bodies)
    place = data.draw(st.integers(0, len(rows) - 1))
    seq, body, hash_ = rows[place]
    rows[place] = (seq, body + "x", hash_)
    assert verify_rows(rows).row == seq
    del rows[place]
    if place < len(rows):
        assert verify_rows(rows).problem == f"Row {seq} is missing."


def test_earlier_heads_narrow_down_what_was_rewritten() -> None:
    before = rows_of(["a", "b", "c", "d"])
    heads = [Head.of(seq, hash_) for seq, _, hash_ in before]
    found = verify_rows(rows_of(["a", "b", "x", "d"]), [heads[3], heads[2], heads[1]])
    assert (found.row, found.head) == (3, heads[1])
    assert "row of the head 3:" in found.sentence


def test_a_cut_end_is_only_seen_against_a_head() -> None:
    rows = rows_of(["a", "b", "c"])
    assert "cut end cannot be seen" in verify_rows(rows[:2]).sentence
    found = verify_rows(rows[:2], [Head.of(3, rows[2][2])])
    assert found.row == 3
    assert "The end was cut off: the ledger ends at row 2" in found.sentence
    assert verify_rows([], [Head(0, "f" * 16)]).problem


@pytest.mark.parametrize("text", ["", "12", "12:xyz", "-1:0123456789abcdef", "1:0123456789abcdef0"])
def test_what_is_no_head_is_refused(text) -> None:
    with pytest.raises(ParameterError, match="is no head of a ledger"):
        Head.read(text)


# ---- append-only ----


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_events SET body = '{}'",
        "UPDATE OR REPLACE ledger_events SET seq = 1 WHERE seq = 2",
        "DELETE FROM ledger_events WHERE seq = 5",
        "INSERT INTO ledger_events (seq, body, hash) SELECT seq + 10, body, hash FROM ledger_events WHERE seq = 5",
        "INSERT OR REPLACE INTO ledger_events (seq, body, hash) SELECT 2, body, hash FROM ledger_events WHERE seq = 1",
        "INSERT OR IGNORE INTO ledger_events (seq, body, hash) SELECT 6, body, hash FROM ledger_events WHERE seq = 1",
        "REPLACE INTO ledger_events (seq, body, hash) SELECT 5, body, 'x' FROM ledger_events WHERE seq = 5",
    ],
)
def test_nothing_but_the_next_row_is_taken_by_any_program(filled: Ledger, statement) -> None:
    before = list(filled.rows())
    with (
        closing(sqlite3.connect(filled.engine.url.database)) as program,
        pytest.raises(sqlite3.IntegrityError),
    ):
        program.execute(statement)
    assert list(filled.rows()) == before


def replay(filled: Ledger) -> tuple[int, str, str]:
    """Return a valid next row whose hash is that of row 1, as an attacker gets it who may choose the body."""
    *_, (seq, body, _) = filled.rows()
    event = json.loads(body)
    event |= {"seq": seq + 1, "version": event["version"] + 1}
    return seq + 1, canonical(event), next(iter(filled.rows()))[2]


REPLACING = "INSERT OR REPLACE INTO ledger_events (seq, body, hash) VALUES (?, ?, ?)"


def test_a_replacing_insert_removes_no_old_row(filled: Ledger) -> None:
    """With UNIQUE(hash), REPLACE deletes the old row of the same hash past the trigger: here nothing is UNIQUE."""
    with closing(sqlite3.connect(filled.engine.url.database)) as program:
        program.execute(REPLACING, replay(filled))
        program.commit()
    assert [seq for seq, *_ in filled.rows()] == [1, 2, 3, 4, 5, 6]
    assert filled.verify().row == 6


def test_with_an_index_that_an_attacker_adds_the_pragma_refuses_it_and_without_it_the_chain_names_it(
    filled,
) -> None:
    execute(filled, "CREATE UNIQUE INDEX rogue ON ledger_events (hash)")
    row = replay(filled)
    with filled.engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA recursive_triggers").scalar() == 1
        with pytest.raises(Exception, match="append-only"):
            connection.exec_driver_sql(REPLACING, row)
    with closing(sqlite3.connect(filled.engine.url.database)) as program:
        program.execute(REPLACING, row)
        program.commit()
    assert filled.verify().sentence == "Row 1 is missing."


def test_every_connection_flushes_and_logs_ahead(ledger: Ledger) -> None:
    with ledger.engine.connect() as one, ledger.engine.connect() as two:
        for connection in (one, two):
            asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in
                     ("recursive_triggers", "synchronous", "journal_mode")]  # fmt: skip
            assert asked == [1, 2, "wal"]


def test_an_owner_who_takes_the_guards_off_is_seen(filled: Ledger) -> None:
    head = filled.head()
    unguard(filled)
    assert "guards are off: events_delete, events_insert, events_update" in filled.verify(head).sentence
    execute(filled, "DELETE FROM ledger_events WHERE seq = 5")
    assert "The end was cut off" in filled.verify(head).sentence
    execute(filled, "UPDATE ledger_events SET body = replace(body, 'B001', 'B002') WHERE seq = 1")
    assert filled.verify().row == 1


# ---- laws ----


def test_a_record_is_read_as_it_was_written(filled: Ledger) -> None:
    stands = filled.get("actions", "ACT-1")
    assert stands.record == action(cost=1200.0)
    assert (stands.version, stands.seq, stands.stated_by) == (2, 5, "operations")
    assert stands.actor == database._account()
    assert filled.get("actions", "ACT-9") is None
    assert list(filled.history("actions", "ACT-1")["note"]) == ["", "offer came in"]
    frame = filled.frame("actions")
    assert list(frame["action_id"]) == ["ACT-1", "ACT-2"]
    assert frame["cost"].isna().tolist() == [False, True]
    assert frame["due_on"].dt.date.tolist() == [date(2026, 11, 30)] * 2


def test_the_environment_does_not_say_who_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    ledger.write(finding(), by="analyst")
    assert ledger.get("findings", "F-1").actor != "somebody-else"


def test_the_second_of_two_analysts_is_told(filled: Ledger) -> None:
    head = filled.head()
    with pytest.raises(LedgerError, match=r"is at version 2, written by operations .* and you saw version 1"):
        filled.write(action(cost=5.0), by="analyst", version=1)
    with pytest.raises(LedgerError, match="and you saw none"):
        filled.write(action(), by="analyst")
    with pytest.raises(LedgerError, match="ACT-9 is not in the ledger: version 3 cannot be changed"):
        filled.write(action(9), by="analyst", version=3)
    assert filled.head() == head


def test_all_or_none_is_written(filled: Ledger) -> None:
    head = filled.head()
    with pytest.raises(LedgerError):
        filled.write_all([(finding(2), 0), (acceptance(2, "F-9"), 0)], by="analyst")
    assert filled.head() == head
    assert filled.write(finding(3), by="analyst", is_kept=False) == head
    assert filled.get("findings", "F-3") is None


@pytest.mark.parametrize(
    "record",
    [acceptance(2, "F-9"), evaluation(1, "ACT-9"), action(3, finding_ids="F-1 F-9")],
    ids=lambda r: r.table,
)
def test_what_is_named_must_be_there(filled: Ledger, record) -> None:
    with pytest.raises(LedgerError, match="which is not in"):
        filled.write(record, by="analyst")


CLOSED = {"status": "closed", "closed_on": date(2026, 11, 2)}


@pytest.mark.parametrize(
    "given", [{}, {"evidence": "minutes"}, {"effect_id": "E-1"}, {"no_effect_because": "few"}]
)
def test_closing_needs_evidence_and_an_effect_or_a_reason(given) -> None:
    with pytest.raises(ParameterError, match="closing needs evidence, and an effect's verdict"):
        Action.made(action().content | CLOSED | given)


def test_an_action_is_closed_with_an_effect_of_its_own(filled: Ledger) -> None:
    filled.write_all([(evaluation(1, "ACT-1"), 0), (evaluation(2, "ACT-2"), 0)], by="analyst")
    with pytest.raises(LedgerError, match="E-2 is the effect of ACT-2, not of ACT-1"):
        filled.write(action(**CLOSED, evidence="minutes", effect_id="E-2"), by="operations", version=2)
    filled.write(action(**CLOSED, evidence="minutes", effect_id="E-1"), by="operations", version=2)
    assert filled.frame("actions")["standing"].tolist()[0] == "closed"


def test_who_wrote_it_does_not_approve_it(filled: Ledger) -> None:
    seen = filled.get("acceptances", "X-1").digest
    for name in ("analyst", " Analyst "):
        with pytest.raises(LedgerError, match="another than its author decides"):
            filled.decide("acceptances", "X-1", is_approved=True, seen=seen, by=name)


def test_an_acceptance_counts_from_its_approval_until_it_expires_or_changes(filled: Ledger) -> None:
    def standing() -> tuple[str, str]:
        return filled.frame("acceptances")["standing"][0], filled.frame("findings")["standing"][0]

    def approve() -> None:
        seen = filled.get("acceptances", "X-1").digest
        filled.decide("acceptances", "X-1", is_approved=True, seen=seen, by="head of risk")

    assert standing() == ("waiting", "open")
    approve()
    assert standing() == ("in force", "accepted")
    with pytest.raises(LedgerError, match="recorded already"):
        approve()
    old = filled.get("acceptances", "X-1").digest
    filled.write(acceptance(expires_on=date(2028, 1, 1)), by="analyst", version=1)
    assert standing() == ("waiting", "open")  # extended: it is looked at again
    with pytest.raises(LedgerError, match="is not what was seen any more"):
        filled.decide("acceptances", "X-1", is_approved=False, seen=old, by="head of audit")
    approve()
    assert standing() == ("in force", "accepted")
    later = filled.as_of(date(2028, 1, 2))
    assert later.frame("acceptances")["standing"][0] == "expired"
    assert later.frame("findings")["standing"][0] == "open"
    filled.write(acceptance(status="withdrawn"), by="analyst", version=2)
    assert standing() == ("withdrawn", "open")
    filled.write(acceptance(expires_on=date(2028, 1, 1)), by="analyst", version=3)
    assert standing() == ("waiting", "open")  # as approved before, but changed in between


def test_a_decision_is_named_by_what_it_is_about(filled: Ledger) -> None:
    seen = filled.get("acceptances", "X-1").digest
    given = {"about_table": "acceptances", "about_id": "X-1", "seen": seen, "outcome": "approved"}
    with pytest.raises(LedgerError, match="is called acceptances/X-1/1"):
        filled.write(Decision.made({"decision_id": "another", **given}), by="head of risk")


def test_a_rejected_one_is_not_in_force(filled: Ledger) -> None:
    seen = filled.get("acceptances", "X-1").digest
    filled.decide("acceptances", "X-1", is_approved=False, seen=seen, by="head of risk", reason="too large")
    assert filled.frame("acceptances")["standing"][0] == "rejected"
    assert filled.frame("decisions")["reason"][0] == "too large"


@pytest.mark.parametrize(("table", "id_"), [("findings", "F-1"), ("acceptances", "X-9"), ("nothing", "x")])
def test_only_what_needs_a_decision_is_decided(filled: Ledger, table, id_) -> None:
    with pytest.raises((LedgerError, ParameterError)):
        filled.decide(table, id_, is_approved=True, seen="0" * 64, by="head of risk")


def test_a_release_is_never_overwritten(ledger: Ledger) -> None:
    made = Release(release_id="2026Q3.1", period="2026Q3", version_of_period=1, manifest_digest="0" * 64,
                   report_digest="1" * 64, head="0:0000000000000000")  # fmt: skip
    ledger.write(made, by="head of risk")
    with pytest.raises(LedgerError, match="written once"):
        ledger.write(made, by="head of risk", version=1)


def test_an_overdue_action_is_one(filled: Ledger) -> None:
    end = datetime.now(UTC).date() + timedelta(days=1)
    filled.write(action(3, due_on=end), by="analyst")
    assert filled.as_of(end).frame("actions")["standing"].tolist()[2] == "open"
    assert filled.as_of(end + timedelta(days=1)).frame("actions")["standing"].tolist()[2] == "overdue"


def test_findings_from_elsewhere_need_their_evidence() -> None:
    with pytest.raises(ParameterError, match="needs its evidence"):
        Finding.made(finding().content | {"source": "regulator"})


def test_findings_of_an_assessment_become_records(ledger: Ledger) -> None:
    facts = pd.DataFrame(
        {
            "finding_id": [finding_id("unit_limit", "unit", "B027", "complaint_rate"), "F-2"],
            "rule": "unit_limit",
            "subject_kind": "unit",
            "subject": ["B027", "B028"],
            "indicator_id": "complaint_rate",
            "severity": ["red", "passed"],
            "value": [1.5, 0.5],
            "estimate": float("nan"),
            "limit": 1.0,
            "probability": 0.99,
            "figures": '{"amber": 1}',
        }
    )
    records = records_of(facts, "2026Q3")
    assert [one.id for one in records] == ["F-3aa14bf5"]
    ledger.write_all([(one, 0) for one in records], by="assessment")
    frame = ledger.frame("findings")
    assert frame["value"][0] == 1.5
    assert pd.isna(frame["estimate"][0])


def test_every_finding_of_an_assessment_can_be_recorded(ledger: Ledger, default_policy: Policy) -> None:
    found = assess(default_policy, data=make_tables(), scorecard=make_card([RED]), stress=[make_stress()])
    records = records_of(found.facts, found.period)
    assert records
    ledger.write_all([(one, 0) for one in records], by="assessment")
    frame = ledger.frame("findings").set_index("finding_id")
    facts = found.facts.set_index("finding_id").loc[frame.index]
    for name in (
        "rule",
        "subject_kind",
        "subject",
        "indicator_id",
        "severity",
        "value",
        "limit",
        "probability",
    ):
        assert frame[name].tolist() == pytest.approx(facts[name].tolist(), nan_ok=True), name
    for id_, figures in facts["figures"].items():
        assert json.loads(frame["figures"][id_]) == json.loads(figures)


def test_a_code_that_is_personal_is_one_code_still(ledger: Ledger) -> None:
    ledger.write(Finding.made(finding().content | {"finding_id": "13812345678"}), by="analyst")
    (id_,) = ledger.frame("findings")["finding_id"]
    assert "138" not in id_
    ledger.write(action(finding_ids=id_), by="analyst")
    assert ledger.get("findings", id_).record.id == id_


@pytest.mark.parametrize("figures", ["", "[1]", "{", "12"])
def test_figures_are_named(figures) -> None:
    with pytest.raises(ParameterError, match="no JSON with named figures"):
        Finding.made(finding().content | {"figures": figures})


def test_personal_data_is_not_written_for_good(ledger: Ledger) -> None:
    made = Finding.made(finding().content | {"evidence": "call 138 1234 5678"})
    ledger.write(made, by="write to wang@example.com", note="tell wang@example.com")
    (_, body, _), = ledger.rows()  # fmt: skip
    assert "[phone]" in body
    assert "wang" not in body


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[2J", "\ud800"])
def test_a_text_that_no_database_or_terminal_should_hold_is_refused(text) -> None:
    with pytest.raises(ParameterError):
        Action.made(action().content | {"measure": text})


def test_who_says_so_is_needed(ledger: Ledger) -> None:
    with pytest.raises(ParameterError, match="--by"):
        ledger.write(finding(), by=" ")


# ---- as of ----


def test_any_moment_reads_what_was_known_then(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [datetime(2026, 1, day, 23, 59, 59, tzinfo=UTC) for day in (5, 6, 9)]
    for version, moment in enumerate(days):
        monkeypatch.setattr(database, "actor_and_time", lambda _, at=moment: ("me", database.utc_text(at)))
        ledger.write(finding(severity="amber" if version % 2 else "red"), by="analyst", version=version)
    known = [ledger.as_of(date(2026, 1, day)).get("findings", "F-1") for day in (4, 5, 6, 7, 8, 9, 10)]
    assert [0 if one is None else one.version for one in known] == [0, 1, 2, 2, 2, 3, 3]
    assert ledger.as_of(days[1]).frame("findings")["severity"].tolist() == ["amber"]
    assert ledger.as_of(days[1] - timedelta(seconds=1)).head().seq == 1
    assert len(ledger.as_of(date(2026, 1, 8)).history("findings", "F-1")) == 2
    with pytest.raises(LedgerError, match="only read"):
        ledger.as_of(date(2026, 1, 8)).write(finding(2), by="analyst")
    with pytest.raises(ParameterError, match="no zone"):
        ledger.as_of(datetime(2026, 1, 8))  # noqa: DTZ001


def test_a_clock_that_is_set_back_sets_no_event_back(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.write(finding(), by="analyst")
    monkeypatch.setattr(database, "actor_and_time", lambda _: ("me", "2001-01-01T00:00:00.000000Z"))
    ledger.write(finding(2), by="analyst")
    assert ledger.get("findings", "F-2").at == ledger.get("findings", "F-1").at


# ---- schema ----


def test_a_later_schema_is_refused_in_a_clear_line(ledger: Ledger) -> None:
    execute(ledger, "UPDATE ledger_schema SET version_num = 'r0099'")
    with pytest.raises(
        ResultError, match=r"later version of riskmodels \(schema r0099; this one knows up to r0003\)"
    ):
        open_ledger(ledger.engine.url)


def test_what_is_no_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="is not there: make it with riskmodels ledger init"):
        open_ledger(tmp_path / "none.db", is_made=False)
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(ResultError, match="is no ledger yet"):
        open_ledger(tmp_path / "other.db", is_made=False)
    (tmp_path / "text.db").write_text("no database at all, whatever its name says" * 99)
    with pytest.raises(LedgerError, match="not a database"):
        open_ledger(tmp_path / "text.db")
    for url in ("mysql://u:secret@h/b", "://"):
        with pytest.raises(ParameterError) as said:
            open_ledger(url)
        assert "secret" not in str(said.value)


def test_records_and_views_have_the_same_columns(filled: Ledger) -> None:
    with filled.engine.begin() as connection:
        for table, model in RECORDS.items():
            columns = list(connection.exec_driver_sql(f"SELECT * FROM ledger_{table}").keys())
            assert set(columns) == {*model.model_fields, "version", "seq", "at", "actor", "stated_by"}
        rows = connection.exec_driver_sql(
            "SELECT action_id, cost, version FROM ledger_actions ORDER BY 1"
        ).all()
    assert [tuple(row) for row in rows] == [("ACT-1", 1200.0, 2), ("ACT-2", None, 1)]


def test_a_file_has_no_roles(ledger: Ledger) -> None:
    with pytest.raises(ParameterError, match="no roles"):
        grant_roles(ledger)


# ---- files ----


@pytest.mark.parametrize("name", ["tables", "tables.xlsx"])
def test_export_and_import_change_nothing_by_themselves(filled: Ledger, tmp_path: Path, name) -> None:
    filled.write(
        action(3, measure="=1+1\n'=2", unit_id="007", pilot_units="B001 B002", cost=0.1 + 0.2), by="x"
    )
    counts = export_ledger(filled, tmp_path / name)
    assert counts["actions"] == 3
    assert read_changes(filled, tmp_path / name) == []


@pytest.mark.parametrize("name", ["tables", "tables.xlsx"])
def test_what_was_filled_in_becomes_new_versions(filled: Ledger, tmp_path: Path, name) -> None:
    export_ledger(filled, tmp_path / name)
    if name == "tables":
        path = tmp_path / name / "actions.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    else:
        path = tmp_path / name
        frame = pd.read_excel(path, sheet_name="actions", dtype=str, keep_default_na=False, engine="calamine")
    frame.loc[1, "cost"] = "99.5"
    frame.loc[2, ["action_id", "measure", "owner", "opened_on", "due_on"]] = [
        "ACT-7",
        "ask",
        "risk",
        "2026-10-01",
        "2026-12-01",
    ]
    frame = frame.fillna("")
    if name == "tables":
        frame.to_csv(path, index=False)
    else:
        frame.to_excel(path, sheet_name="actions", index=False, engine="xlsxwriter")
    changes = read_changes(filled, path)
    assert [(one.id, version) for one, version in changes] == [("ACT-2", 1), ("ACT-7", 0)]
    filled.write(action(2, cost=7.0), by="somebody", version=1)
    with pytest.raises(LedgerError, match="ACT-2 is at version 2"):
        filled.write_all(changes, by="analyst")


def test_a_table_that_does_not_fit_is_said_with_its_place(filled: Ledger, tmp_path: Path) -> None:
    wrong = {"actions.csv": ("action_id,cost\nACT-1,much\n", "actions, row 2 does not fit:\n  cost: is 'much'"),
             "causes.csv": ("cause_id,reason\n", "'reason' is no column of it"),
             "others.csv": ("a\n", "'others' is no table of the ledger"),
             "findings.csv": ("finding_id,version\nF-1,one\n", "version is 'one'")}  # fmt: skip
    for name, (text, words) in wrong.items():
        (tmp_path / name).write_text(text)
        if name == "findings.csv":
            (tmp_path / name).write_text("finding_id,severity,version\nF-1,amber,one\n")
        with pytest.raises(ParameterError) as said:
            read_changes(filled, tmp_path / name)
        assert words in str(said.value)


def test_a_backup_is_the_ledger_again(filled: Ledger, tmp_path: Path) -> None:
    head = back_up(filled, tmp_path / "backup.gz")
    with open_ledger(tmp_path / "other" / "ledger.db") as other:
        assert restore(other, tmp_path / "backup.gz") == head
        assert list(other.rows()) == list(filled.rows())
        assert other.write(finding(2), by="analyst").seq == head.seq + 1
        with pytest.raises(LedgerError, match="into an empty ledger only"):
            restore(other, tmp_path / "backup.gz")


def test_a_damaged_backup_is_refused_as_a_whole(filled: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "backup.gz"
    back_up(filled, path)
    whole = path.read_bytes()
    for damaged in (whole[:-40], b"", b"text", whole[:60] + b"\0\0" + whole[62:]):
        path.write_bytes(damaged)
        with open_ledger(tmp_path / "other" / "ledger.db") as other:
            with pytest.raises(ResultError, match="is no whole backup"):
                restore(other, path)
            assert other.head().seq == 0


def test_a_broken_ledger_is_not_backed_up(filled: Ledger, tmp_path: Path) -> None:
    unguard(filled)
    execute(filled, "DELETE FROM ledger_events WHERE seq = 2")
    with pytest.raises(ResultError, match=r"not backed up: Row 2 is missing"):
        back_up(filled, tmp_path / "backup.gz")
    assert not (tmp_path / "backup.gz").exists()


# ---- commands ----


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            return getattr(result.exception, "exit_status", -1), str(result.exception)
        return result.exit_code, result.output

    assert call("ledger", "init")[0] == 0
    return call


ADD = (
    "action",
    "add",
    "Train the staff",
    "--owner",
    "operations",
    "--by",
    "head of complaints",
    "--id",
    "ACT-1",
)


def test_an_action_goes_its_way_by_commands(run) -> None:
    assert run(*ADD, "--due", "2020-02-01", "--opened-on", "2020-01-01")[0] == 0
    status, shown = run("action", "list")
    assert (status, "of which overdue: 1" in shown) == (1, True)
    assert (
        run("action", "update", "ACT-1", "--set", "status=in_progress", "--set", "cost=12", "--by", "ops")[0]
        == 0
    )
    assert run("action", "update", "ACT-1", "--set", "cost=", "--by", "ops")[0] == 0
    status, said = run("action", "update", "ACT-1", "--set", "cost=3", "--version", "2", "--by", "ops")
    assert (status, "is at version 3" in said) == (10, True)
    status, said = run("action", "close", "ACT-1", "--evidence", "minutes", "--by", "ops")
    assert (status, "a reason why not" in said) == (3, True)
    closing = (
        "action",
        "close",
        "ACT-1",
        "--evidence",
        "minutes",
        "--no-effect-because",
        "few",
        "--by",
        "ops",
    )
    assert "Nothing is written" in run(*closing, "--dry-run")[1]
    assert run(*closing)[0] == 0
    status, text = run("action", "list", "--json")
    (row,) = json.loads(text)
    assert (status, row["standing"], row["cost"], row["version"]) == (0, "closed", None, 4)
    assert "4 rows fit" in " ".join(run("ledger", "verify")[1].split())
    assert "did you mean 'ACT-1'" in run("action", "close", "ACT-2", "--evidence", "x", "--by", "y")[1]


def test_due_dates_are_said_once_and_in_working_days(run) -> None:
    assert run(*ADD)[0] == 3
    assert run(*ADD, "--due", "2026-03-01", "--working-days", "3")[0] == 3
    status, said = run(*ADD, "--working-days", "2", "--opened-on", "2024-02-08", "--dry-run", "--json")
    assert (status, json.loads(said)[0]["due_on"]) == (0, "2024-02-18")


def test_no_line_of_a_listing_is_wider_than_the_terminal(run) -> None:
    run(*ADD, "--due", "2026-12-01", "--opened-on", "2026-01-01", "--objective", "x" * 300)
    for words in (
        ("action", "list"),
        ("ledger", "show"),
        ("ledger", "show", "actions"),
        ("ledger", "show", "actions", "ACT-1"),
    ):
        shown = run(*words)[1]
        assert max(map(len, shown.splitlines())) <= 80, words
        assert "00:00:00" not in shown


def test_a_head_that_is_not_met_is_exit_status_one(run) -> None:
    run(*ADD, "--due", "2026-12-01", "--opened-on", "2026-01-01")
    assert run("ledger", "verify", "--head", "1:" + "0" * 16)[0] == 1
    status, text = run("ledger", "verify", "--head", "2:" + "0" * 16, "--json")
    assert (status, json.loads(text)[0]["row"]) == (1, 2)


def test_files_go_out_and_come_in_by_commands(run, tmp_path: Path) -> None:
    run(*ADD, "--due", "2026-12-01", "--opened-on", "2026-01-01")
    assert run("ledger", "export", "out")[0] == 0
    path = tmp_path / "out" / "actions.csv"
    path.write_text(path.read_text("utf-8").replace("operations", "branches"), "utf-8")
    assert "changed: 1" in run("ledger", "import", "out", "--by", "head of complaints", "--dry-run")[1]
    assert "changed: 1" in run("ledger", "import", str(path), "--by", "head of complaints")[1]
    assert "changed: 0" in run("ledger", "import", "out", "--by", "head of complaints")[1]
    assert run("ledger", "backup", "b.gz")[0] == 0
    assert "Restored 2 rows" in run("ledger", "restore", "b.gz", "--ledger", "new/ledger.db")[1]


def test_an_acceptance_is_approved_by_command(run, tmp_path: Path) -> None:
    (tmp_path / "findings.csv").write_text(
        "finding_id,rule,subject_kind,subject,severity\nF-1,unit_limit,unit,B1,red\n"
    )
    (tmp_path / "acceptances.csv").write_text(
        "acceptance_id,finding_id,reason,expires_on\nX-1,F-1,small,2099-01-01\n"
    )
    for name in ("findings", "acceptances"):
        assert run("ledger", "import", f"{name}.csv", "--by", "analyst")[0] == 0
    digest = json.loads(run("ledger", "show", "acceptances", "--json")[1])[0]["digest"]
    assert run("ledger", "decide", "acceptances", "X-1", "--seen", digest, "--by", "analyst")[0] == 10
    assert run("ledger", "decide", "acceptances", "X-1", "--seen", digest, "--by", "head of risk")[0] == 0
    assert json.loads(run("ledger", "show", "findings", "--json")[1])[0]["standing"] == "accepted"


def test_decisions_are_bound_to_full_digests() -> None:
    with pytest.raises(ParameterError):
        Decision.made(
            {
                "decision_id": "d",
                "about_table": "acceptances",
                "about_id": "x",
                "seen": "12",
                "outcome": "approved",
            }
        )
