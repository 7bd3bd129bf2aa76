"""The laws of the ledger under any course of writing: nothing is lost, nothing unlawful stays, every day is read."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledgers import acceptance, action, evaluation, execute, finding, unguard
from simulations import draws

from riskmodels.errors import LedgerError
from riskmodels.governance.ledger import RECORDS, Head, Record, database, open_ledger
from riskmodels.governance.ledger.chain import canonical, chained

NUMBERS = st.integers(1, 3)
WRITERS = st.sampled_from(["analyst", "operations", "head of risk"])


class Course(RuleBasedStateMachine):
    """What a ledger says is what a plain dictionary says that was told the same."""

    @initialize()
    def make(self) -> None:
        self.folder = TemporaryDirectory()
        self.ledger = open_ledger(Path(self.folder.name) / "ledger.db")
        self.clock = datetime(2026, 1, 1, tzinfo=UTC)
        self.stands: dict[tuple[str, str], tuple[Record, int]] = {}
        self.authors: dict[tuple[str, str], set[str]] = {}
        self.heads: list[Head] = []
        self.known: dict[date, dict[tuple[str, str], tuple[Record, int]]] = {}
        self.real, database.actor_and_time = database.actor_and_time, self.tell

    def tell(self, _: object) -> tuple[str, str]:
        return "account", database.utc_text(self.clock)

    def write(self, record: Record, by: str, version: int | None = None) -> None:
        """Write, and expect to be refused where a law says so."""
        place = (record.table, record.id)
        now = self.stands[place][1] if place in self.stands else 0
        named = [
            (table, one) for column, table in record.refers.items() for one in getattr(record, column).split()
        ]
        is_lawful = (version is None or version == now) and not (record.once and now)
        is_lawful &= all(one in self.stands for one in named)
        if not is_lawful:
            with pytest.raises(LedgerError):
                self.ledger.write(record, by=by, version=now if version is None else version)
            assert str(self.ledger.head()) == str(self.heads[-1] if self.heads else "0:0000000000000000")
            return
        self.heads.append(self.ledger.write(record, by=by, version=now))
        self.stands[place] = (record, now + 1)
        self.authors.setdefault(place, set()).add(by)

    @rule(days=st.integers(0, 2))
    def time_passes(self, days: int) -> None:
        for number in range(days):
            self.known[self.clock.date() + timedelta(days=number)] = dict(self.stands)
        self.clock += timedelta(days=days)

    @rule(number=NUMBERS, severity=st.sampled_from(["red", "amber"]), by=WRITERS)
    def find(self, number: int, severity: str, by: str) -> None:
        self.write(finding(number, severity=severity), by)

    @rule(number=NUMBERS, about=NUMBERS, cost=st.none() | st.floats(0, 1e6), by=WRITERS)
    def act(self, number: int, about: int, cost: float | None, by: str) -> None:
        self.write(action(number, finding_ids=f"F-{about}", cost=cost), by)

    @rule(number=NUMBERS, version=st.integers(0, 4), by=WRITERS)
    def act_on_what_was_seen(self, number: int, version: int, by: str) -> None:
        self.write(action(number, evidence=f"seen {version}"), by, version)

    @rule(number=NUMBERS, about=NUMBERS, by=WRITERS)
    def judge(self, number: int, about: int, by: str) -> None:
        self.write(evaluation(number, f"ACT-{about}"), by)

    @rule(number=NUMBERS, about=NUMBERS, days=st.integers(0, 9), by=WRITERS)
    def accept(self, number: int, about: int, days: int, by: str) -> None:
        self.write(acceptance(number, f"F-{about}", expires_on=self.clock.date() + timedelta(days=days)), by)

    @rule(number=NUMBERS, is_approved=st.booleans(), by=WRITERS)
    def decide(self, number: int, is_approved: bool, by: str) -> None:
        place = ("acceptances", f"X-{number}")
        seen = self.stands[place][0].digest if place in self.stands else "0" * 64
        id_ = f"acceptances/X-{number}/{self.stands[place][1] if place in self.stands else 0}"
        decided = ("decisions", id_) in self.stands
        if place not in self.stands or by in self.authors[place] or decided:
            with pytest.raises(LedgerError):
                self.ledger.decide(*place, is_approved=is_approved, seen=seen, by=by)
            return
        self.heads.append(self.ledger.decide(*place, is_approved=is_approved, seen=seen, by=by))
        self.stands["decisions", id_] = (self.ledger.get("decisions", id_).record, 1)

    @invariant()
    def every_head_that_was_printed_is_met(self) -> None:
        found = self.ledger.verify(*self.heads)
        assert found.problem == ""
        assert found.head.seq == len(self.heads)

    @precondition(lambda self: self.stands)
    @rule(data=st.data())
    def what_stands_is_read(self, data: Any) -> None:
        table, id_ = data.draw(st.sampled_from(sorted(self.stands)))
        one = self.ledger.get(table, id_)
        assert (one.record, one.version) == self.stands[table, id_]
        assert len(self.ledger.history(table, id_)) == one.version

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def any_day_is_read_as_it_was_known(self, data: Any) -> None:
        day = data.draw(st.sampled_from(sorted(self.known)))
        past = self.ledger.as_of(day)
        for table in ("findings", "actions", "acceptances"):
            ids = [id_ for kind, id_ in self.known[day] if kind == table]
            assert sorted(past.frame(table)[RECORDS[table].key]) == sorted(ids)
        for place, stands in self.known[day].items():
            one = past.get(*place)
            assert (one.record, one.version) == stands

    @precondition(lambda self: self.stands)
    @rule()
    def what_is_accepted_is_approved_unchanged_and_not_expired(self) -> None:
        frame = self.ledger.as_of(self.clock).frame("acceptances").set_index("acceptance_id")
        for id_, row in frame.iterrows():
            record, version = self.stands["acceptances", id_]
            decision = self.stands.get(("decisions", f"acceptances/{id_}/{version}"))
            approved = decision is not None and decision[0].outcome == "approved"
            assert (row["standing"] == "in force") == (approved and record.expires_on >= self.clock.date())

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.tamper()
            database.actor_and_time = self.real
            self.ledger.close()
            self.folder.cleanup()

    def tamper(self) -> None:
        """An owner without guards changes, removes or cuts, and makes the chain anew: the last head shows it."""
        rows = list(self.ledger.rows())
        if not rows:
            return
        unguard(self.ledger)
        place = len(rows) // 2
        seq, body, _ = rows[place]
        event = json.loads(body) | {"note": "never said"}
        execute(self.ledger, f"DELETE FROM ledger_events WHERE seq >= {seq}")
        assert self.ledger.verify(self.heads[-1]).row == seq
        last = rows[place - 1][2] if place else "0" * 64
        with self.ledger.engine.begin() as connection:
            for number, text, _ in [(seq, canonical(event), ""), *rows[place + 1 :]]:
                last = chained(last, text)
                values = (number, text, last)
                connection.exec_driver_sql(
                    "INSERT INTO ledger_events (seq, body, hash) VALUES (?, ?, ?)", values
                )
        assert "rewritten" in self.ledger.verify(self.heads[-1]).problem
        assert self.ledger.verify(*self.heads).row == seq
        assert "guards are off" in self.ledger.verify().problem


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=draws(20), stateful_step_count=20, deadline=None)
