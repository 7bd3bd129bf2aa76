"""From a proposal to a policy file: what is refused, that nothing else changes, and what a kill leaves."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from ledgers import finding
from policies import BY, DAYS, POLICY, WEIGHT, approve, asked, killed_adoptions, policy_folder, put_approved

from riskmodels.errors import LedgerError, ParameterError, RiskModelsError
from riskmodels.governance.adopting import adopt, approved, complete, open_actions
from riskmodels.governance.changes import (
    change_of,
    changed_text,
    decide_proposal,
    described,
    proposal_of,
    proposals_in,
    record_proposals,
)
from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.governance.ledger.records import Adoption
from riskmodels.governance.policy_records import digest_of_file, policy_files
from riskmodels.parameters.policy import load_policy
from riskmodels.reporting.listings import list_policy_files

FROM = date(2027, 1, 1)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return policy_folder(tmp_path / "policies")


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(tmp_path / "ledger.db") as made:
        yield made


def adopted(ledger: Ledger, policies: Path, *ids: str, day: date = FROM, by: str = BY["decides"]):
    return adopt(ledger, ids, policies, day=day, by=by)


def test_nothing_but_the_named_lines_changes(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT, DAYS)
    change = adopted(ledger, policies, "PR-1", "PR-2")
    text = (policies / "2027-01-01.yaml").read_text()
    head = ledger.get("adoptions", "2027-01-01").record.head
    lines = zip(POLICY.splitlines(), text.splitlines(), strict=False)
    assert [then.strip() for now, then in lines if now != then][:2] == [
        "valid_from: 2027-01-01",
        f"approval: 'adopted from proposals of 2026Q3, see adopted; ledger {head}'",
    ]
    assert "weight: 2.5  # a comment beside" in text
    assert text.splitlines()[-1].startswith("adopted: {")
    assert text.splitlines()[:-1] == (
        POLICY.replace("valid_from: 2026-01-01", text.splitlines()[1])
        .replace("approval: the board, minutes 1", text.splitlines()[4])
        .replace("weight: 2.0", "weight: 2.5")
        .replace("amber: 15.0", "amber: 14.0")
        .splitlines()
    )
    policy = load_policy(policies, on="2027-02-01")
    assert policy.adopted.proposals == "PR-1 PR-2"
    assert policy.adopted.decisions == "proposals/PR-1/1 proposals/PR-2/1"
    assert [path for path, *_ in change.lines] == [
        "indicators.resolved_7wd.weight",
        "indicators.handling_days.limits.amber",
    ]
    assert ledger.frame("proposals")["standing"].tolist() == ["adopted", "adopted"]
    assert (policies / "2026-01-01.yaml").read_text() == POLICY


def test_a_second_adoption_goes_on_from_the_first(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    adopted(ledger, policies, "PR-1")
    put_approved(ledger, policies, DAYS)
    adopted(ledger, policies, "PR-2", day=date(2027, 4, 1))
    policy = load_policy(policies, on="2027-04-01")
    assert (policy.indicator("resolved_7wd").weight, policy.adopted.proposals) == (2.5, "PR-2")
    assert policy.indicator("handling_days").limits.amber == 14.0
    files = policy_files(policies, ledger.frame)
    assert files["status"].tolist() == ["ungoverned", "adopted", "adopted"]
    assert files["approved_by"].tolist() == ["", BY["decides"], BY["decides"]]
    assert "ungoverned: 1" in list_policy_files(files).sentence


def test_what_is_not_approved_as_it_stands_is_not_adopted(ledger, policies) -> None:
    record_proposals(ledger, asked(WEIGHT), policies, by="analyst")
    with pytest.raises(LedgerError, match="not approved as it stands"):
        adopted(ledger, policies, "PR-1")
    approve(ledger, policies, "PR-1")
    other = asked((*WEIGHT[:3], 2.4))
    assert record_proposals(ledger, other, policies, by="analyst") == {"PR-1": "changed"}
    assert ledger.frame("proposals")["standing"].tolist() == ["waiting"]  # what was seen has changed
    with pytest.raises(LedgerError, match="not approved as it stands"):
        adopted(ledger, policies, "PR-1")
    assert [path.name for path in policies.glob("*")] == ["2026-01-01.yaml"]


def test_what_nobody_decided_and_a_later_quarter_does_not_ask_for_is_withdrawn(ledger, policies) -> None:
    record_proposals(ledger, asked(WEIGHT), policies, by="analyst")
    nine = ("PR-9", *WEIGHT[1:])
    later = asked(nine, period="2027Q1")
    assert record_proposals(ledger, later, policies, by="analyst") == {"PR-9": "new", "PR-1": "withdrawn"}
    stands = ledger.frame("proposals").set_index("proposal_id")["standing"]
    assert stands.to_dict() == {"PR-1": "withdrawn", "PR-9": "waiting"}
    same = record_proposals(ledger, asked(nine, period="2027Q2"), policies, by="analyst")
    assert same == {"PR-9": "changed"}  # asked for again: of the later quarter now
    assert ledger.get("proposals", "PR-9").record.period == "2027Q2"


def test_twice_is_refused(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    adopted(ledger, policies, "PR-1")
    with pytest.raises(ParameterError, match=r"weight is 2\.5 now, not 2\.0"):
        adopted(ledger, policies, "PR-1", day=date(2027, 4, 1))
    with pytest.raises(LedgerError, match="adopted already, from 2027-01-01 on"):
        ledger.write(
            ledger.get("adoptions", "2027-01-01").record.model_copy(
                update={"adoption_id": "2027-04-01", "base": FROM}
            ),
            by=BY["decides"],
        )
    assert record_proposals(ledger, asked(WEIGHT), policies, by="analyst") == {"PR-1": "settled"}


def test_its_author_neither_approves_nor_adopts(ledger, policies) -> None:
    record_proposals(ledger, asked(WEIGHT), policies, by="Analyst")
    seen = ledger.get("proposals", "PR-1").digest
    with pytest.raises(LedgerError, match="another than its author decides"):
        decide_proposal(ledger, "PR-1", policies, is_approved=True, seen=seen, by="analyst")
    approve(ledger, policies, "PR-1")
    with pytest.raises(LedgerError, match="another than its author adopts"):
        adopted(ledger, policies, "PR-1", by="ana lyst")
    assert not (policies / "2027-01-01.yaml").exists()


def test_a_stale_one_is_refused(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    (policies / "2026-01-01.yaml").write_text(POLICY.replace("weight: 2.0", "weight: 3.0"))
    for call in (
        lambda: adopted(ledger, policies, "PR-1"),
        lambda: change_of(ledger, ["PR-1"], policies),
        lambda: record_proposals(ledger, asked(("PR-9", *WEIGHT[1:])), policies, by="analyst"),
    ):
        with pytest.raises(ParameterError, match="has changed since; make the proposal again"):
            call()


def test_a_rejected_one_returns_with_new_evidence_only(ledger, policies) -> None:
    record_proposals(ledger, asked(WEIGHT), policies, by="analyst")
    seen = ledger.get("proposals", "PR-1").digest
    with pytest.raises(ParameterError, match="--reason"):
        decide_proposal(ledger, "PR-1", policies, is_approved=False, seen=seen, by="board")
    decide_proposal(ledger, "PR-1", policies, is_approved=False, seen=seen, by="board", reason="too early")
    assert record_proposals(ledger, asked(WEIGHT), policies, by="analyst") == {"PR-1": "settled"}
    with pytest.raises(LedgerError, match="returns with new evidence only"):
        ledger.write(
            proposal_of(ledger.get("proposals", "PR-1")).model_copy(update={"cost": 5.0}),
            by="analyst",
            version=1,
        )
    new = asked(("PR-3", *WEIGHT[1:]), period="2026Q4")
    assert record_proposals(ledger, new, policies, by="analyst") == {"PR-3": "new"}


@pytest.mark.parametrize(
    ("path", "now", "then", "said"),
    [
        ("resolved_7wd.limits.amber", 0.99, 0.98, "a proposal never relaxes it"),  # of a service standard
        ("handling_days.limits.red", 20.0, 21.0, "a proposal never relaxes it"),  # of the board
        ("handling_days.limits_set_by", "the board", "riskmodels default", "does not change who has set"),
        ("handling_days.direction", "lower_is_better", "higher_is_better", "change it by hand"),
        ("handling_days.limits.red", 20.0, 14.0, "red must lie beyond amber"),
    ],
)
def test_what_a_proposal_may_not_change(ledger, policies, path, now, then, said) -> None:
    with pytest.raises(ParameterError, match=said):
        record_proposals(ledger, asked(("PR-1", path, now, then)), policies, by="analyst")
    assert ledger.head().seq == 0


def test_a_default_may_be_loosened_and_a_standard_tightened(policies) -> None:
    changes = asked(
        ("PR-1", "resolved_7wd.limits.red", 0.95, 0.94), ("PR-2", "resolved_7wd.limits.amber", 0.99, 0.995)
    )
    with open_ledger(policies / "l.db") as ledger:
        assert set(record_proposals(ledger, changes, policies, by="analyst").values()) == {"new"}


def test_days_that_are_taken_or_past_are_refused(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    with pytest.raises(ParameterError, match="is there already"):
        adopted(ledger, policies, "PR-1", day=date(2026, 1, 1))
    with pytest.raises(ParameterError, match="is before the policy of 2026-01-01"):
        adopted(ledger, policies, "PR-1", day=date(2025, 1, 1))
    with pytest.raises(ParameterError, match="no proposal is approved"):
        adopted(ledger, policies)
    with pytest.raises(ParameterError, match="no proposal PR-7"):
        adopted(ledger, policies, "PR-7")


def test_two_that_change_one_line_are_not_adopted_together(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT, ("PR-2", "resolved_7wd.weight", 2.0, 3.0))
    with pytest.raises(ParameterError, match=r"another proposal changes indicators\.resolved_7wd\.weight"):
        adopted(ledger, policies, "PR-1", "PR-2")


def test_an_adoption_by_another_program_is_lawful_or_refused(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    given = {"adoption_id": "2027-01-01", "period": "2026Q3", "proposal_ids": "PR-1", "base": "2026-01-01",
             "decision_ids": "proposals/PR-1/1", "base_digest": "0" * 64, "file_digest": "0" * 64, "head": "2:0"}  # fmt: skip
    for wrong, said in (
        ({"adoption_id": "2025-01-01"}, "cannot change that of 2026-01-01"),
        ({"decision_ids": "proposals/PR-1/2"}, "not approved as it stands"),
        ({"proposal_ids": "PR-9"}, "not in proposals"),
    ):
        with pytest.raises(LedgerError, match=said):
            ledger.write(Adoption.made(given | wrong), by=BY["decides"])
    adopted(ledger, policies, "PR-1")
    put_approved(ledger, policies, DAYS)
    given |= {"adoption_id": "2028-01-01", "proposal_ids": "PR-2", "decision_ids": "proposals/PR-2/1"}
    with pytest.raises(LedgerError, match="is not the last one adopted, which is 2027-01-01"):
        ledger.write(Adoption.made(given), by=BY["decides"])


def test_a_file_that_was_changed_or_is_gone_is_said(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    adopted(ledger, policies, "PR-1")
    target = policies / "2027-01-01.yaml"
    text = target.read_text()
    target.write_text(text.replace("2.5", "9.5"))
    assert policy_files(policies, ledger.frame)["status"].tolist() == ["ungoverned", "altered"]
    target.unlink()
    assert policy_files(policies, ledger.frame)["status"].tolist() == ["ungoverned", "missing"]
    assert complete(ledger, policies) == ["2027-01-01"]
    assert target.read_text() == text
    target.unlink()
    (policies / "2026-01-01.yaml").write_text(POLICY + "\n")
    with pytest.raises(LedgerError, match="is not what it was: put it back"):
        complete(ledger, policies)


def test_an_action_that_is_asked_for_is_opened_once(ledger, policies) -> None:
    ledger.write(finding(), by="analyst")
    action = {"measure": "Inspect 59 cases", "owner": "audit", "unit_id": "B001"}
    record_proposals(ledger, asked(("PR-5", "x.y", None, action), kind="action"), policies, by="analyst")
    with pytest.raises(LedgerError, match="is waiting: only an approved one"):
        open_actions(ledger, ["PR-5"], day=FROM, by="analyst")
    assert "+ measure: Inspect 59 cases" in described(ledger, "PR-5", policies)
    approve(ledger, policies, "PR-5")
    assert approved(ledger, "action") == ["PR-5"]
    with pytest.raises(ParameterError, match="but an action"):
        adopted(ledger, policies, "PR-5")
    assert open_actions(ledger, ["PR-5"], day=FROM, by="operations") == ["ACT-PR-5"]
    assert ledger.frame("proposals")["standing"].tolist() == ["adopted"]
    assert ledger.frame("actions")["due_on"].dt.date.tolist() == [date(2027, 4, 1)]
    with pytest.raises(LedgerError, match="is adopted: only an approved one"):
        open_actions(ledger, ["PR-5"], day=FROM, by="operations")


def test_what_is_decided_is_shown_with_its_digest(ledger, policies) -> None:
    record_proposals(ledger, asked(WEIGHT), policies, by="analyst")
    text = described(ledger, "PR-1", policies)
    assert "-    weight: 2.0  # a comment beside\n+    weight: 2.5  # a comment beside" in text
    assert text.endswith(f"--seen {ledger.get('proposals', 'PR-1').digest}")
    assert "Cost: unknown" in text


def test_a_dry_run_writes_nothing(ledger, policies) -> None:
    put_approved(ledger, policies, WEIGHT)
    head = ledger.head()
    change = adopt(ledger, ["PR-1"], policies, day=FROM, by=BY["decides"], is_kept=False)
    assert "+    weight: 2.5" in change.difference
    assert ledger.head() == head
    assert [path.name for path in policies.glob("*")] == ["2026-01-01.yaml"]


class Course(RuleBasedStateMachine):
    """Proposals, decisions and adoptions in any order: a file is there only by an approval of another."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = Path(tempfile.mkdtemp())
        self.policies = policy_folder(self.folder / "policies")
        self.ledger = open_ledger(self.folder / "ledger.db")
        self.number, self.day = 0, date(2027, 1, 1)
        self.weights = {"2026-01-01": 2.0}

    def teardown(self) -> None:
        self.ledger.close()

    def stands(self) -> dict[str, str]:
        return self.ledger.frame("proposals").set_index("proposal_id")["standing"].to_dict()

    @property
    def weight(self) -> float:
        return self.weights[max(self.weights)]

    @rule(by=st.sampled_from(["analyst", "board"]), share=st.sampled_from([1.1, 1.25]))
    def propose(self, by: str, share: float) -> None:
        self.number += 1
        change = (f"PR-{self.number}", "resolved_7wd.weight", self.weight, round(self.weight * share, 3))
        assert record_proposals(self.ledger, asked(change), self.policies, by=by)[change[0]] == "new"

    @precondition(lambda self: self.number)
    @rule(data=st.data(), by=st.sampled_from(["analyst", "board"]), is_approved=st.booleans())
    def decide(self, data, by: str, is_approved: bool) -> None:
        name = f"PR-{data.draw(st.integers(1, self.number))}"
        (now,) = proposals_in(self.ledger, [name])
        is_new = self.stands()[name] == "waiting"
        is_fresh = json.loads(now.record.current)["weight"] == self.weight
        is_lawful = is_new and now.stated_by != by and (is_fresh or not is_approved)
        try:
            decide_proposal(
                self.ledger, name, self.policies, is_approved=is_approved, seen=now.digest, by=by, reason="so"
            )
            assert is_lawful
        except RiskModelsError:
            assert not is_lawful

    @precondition(lambda self: self.number)
    @rule(data=st.data(), by=st.sampled_from(["analyst", "board"]), later=st.booleans())
    def adopt(self, data, by: str, later: bool) -> None:
        name = f"PR-{data.draw(st.integers(1, self.number))}"
        (now,) = proposals_in(self.ledger, [name])
        values = {one: json.loads(getattr(now.record, one))["weight"] for one in ("current", "proposed")}
        day = self.day.replace(year=self.day.year + len(self.weights)) if later else date(2026, 1, 1)
        is_lawful = (
            self.stands()[name] == "approved"
            and now.stated_by != by
            and later
            and values["current"] == self.weight
        )
        try:
            adopt(self.ledger, [name], self.policies, day=day, by=by)
            assert is_lawful
            self.weights[str(day)] = values["proposed"]
        except RiskModelsError:
            assert not is_lawful

    @invariant()
    def every_file_is_by_its_decision(self) -> None:
        files = policy_files(self.policies, self.ledger.frame).set_index("valid_from")["status"].to_dict()
        assert files == {day: "adopted" if day != "2026-01-01" else "ungoverned" for day in self.weights}
        for day, weight in self.weights.items():
            assert f"weight: {weight}" in (self.policies / f"{day}.yaml").read_text()


TestCourse = Course.TestCase
TestCourse.settings = settings(
    max_examples=4, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
def test_a_kill_at_any_point_leaves_the_file_as_adopted_or_nothing(tmp_path: Path) -> None:
    place = str(tmp_path / "ledger.db")
    found = killed_adoptions((place, place), tmp_path, times=20)
    assert found == {"nothing": 12, "completed": 4, "whole": 4}


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert digest_of_file(tmp_path / "x").startswith("ba7816bf8f01cfea")  # FIPS 180-2


def test_lines_are_changed_in_a_text_only() -> None:
    changed, lines = changed_text(POLICY, [], where="small")
    assert (changed, lines) == (POLICY, [])
