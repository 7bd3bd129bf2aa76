"""What a run takes from its ledger: what stands on a day, actions for its data, what is due, what covers what."""

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from ledgers import acceptance, action, execute, finding, unguard
from small_bank import make_card

import riskmodels as rm
from riskmodels.assessment import what_is_due
from riskmodels.assessment.assessing import _frame as facts_frame
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.tracking import check_due, check_lapsed
from riskmodels.assessment.tracking import check_ledger as check_ledger_rows
from riskmodels.assessment.wording import words_of
from riskmodels.errors import LedgerError, ParameterError, ResultError
from riskmodels.governance import join_acknowledged, join_actions, open_ledger, roll_forward, take_state
from riskmodels.governance.ledger.records import Acknowledgement, Exemption, Override
from riskmodels.parameters.action_rules import ActionRules, Escalation
from riskmodels.parameters.watches import Acknowledgements
from riskmodels.reporting.listings.due import covered_by
from riskmodels.runner.ledgers import check_ledger, given_ledger, keep_state
from riskmodels.runner.settings import RunSettings, load_run

NO_NAMES = pd.DataFrame(columns=["kind", "id", "field", "language", "text"], dtype="str")
DAY, PERIOD = date(2026, 10, 1), "2026Q3"
SUMMER = {"opened_on": date(2026, 7, 1)}


def written(ledger, *records, by: str = "analyst") -> None:
    ledger.write_all([(record, 0) for record in records], by=by)


def approve(ledger, table: str, id_: str) -> None:
    ledger.decide(table, id_, is_approved=True, seen=ledger.get(table, id_).digest, by="head of risk")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A ledger with an action too late, one late, one in time, and one of after the quarter."""
    place = tmp_path_factory.mktemp("kept") / "ledger.db"
    with open_ledger(place) as opened:
        found = (
            finding(period="2026Q2"),
            finding(2, source="violation", rule="mis_selling", evidence="report 7", due_on=date(2026, 8, 3), grade="serious"),
            finding(3, source="audit", evidence="report 9", due_on=date(2026, 12, 1)),
        )  # fmt: skip
        written(opened, *found)
        written(
            opened,
            action(finding_ids="F-1", unit_id="u1", due_on=date(2026, 9, 10), indicator_id="complaint_rate", **SUMMER),
            action(2, due_on=date(2026, 9, 28), **SUMMER),
            action(3, due_on=date(2026, 12, 31), **SUMMER),
            action(4, opened_on=date(2026, 10, 9), due_on=date(2026, 12, 31)),
        )  # fmt: skip
    return place


@pytest.fixture
def ledger(kept, tmp_path):
    """A copy of it: to make one takes longer."""
    shutil.copy(kept, tmp_path)
    with open_ledger(tmp_path / kept.name) as opened:
        yield opened


def state_of(ledger, period: str = PERIOD, day: date = DAY):
    return take_state(ledger, period=period, day=day)


def said(check, due, policy) -> pd.DataFrame:
    """What a criterion finds of what is due, with its words, by subject."""
    facts = facts_frame(list(check(Inputs(policy=policy, data=None, scorecard=None, due=due))))
    assert all(json.loads(one) for one in facts["figures"])
    return pd.concat([facts, words_of(facts, NO_NAMES)], axis=1).set_index("subject")


# What stands on a day


def test_a_day_has_what_its_dates_say_whenever_it_was_recorded(ledger) -> None:
    before = state_of(ledger)
    assert before.frame("actions")["standing"].tolist() == ["overdue", "overdue", "open"]
    ledger.write(finding(period="2026Q4", status="worse", severity="amber"), by="analyst", version=1)
    closing = {
        "status": "closed",
        "closed_on": date(2026, 10, 5),
        "evidence": "minutes",
        "no_effect_because": "few",
    }
    ledger.write(action(2, due_on=date(2026, 9, 28), **SUMMER, **closing), by="analyst", version=1)
    after = state_of(ledger)
    assert after.frame("actions")["standing"].tolist() == ["overdue", "overdue", "open"]
    assert after.frame("actions")["closed_on"].isna().all()
    pd.testing.assert_frame_equal(after.frame("findings"), before.frame("findings"))
    later = state_of(ledger, "2026Q4", date(2027, 1, 1))
    assert later.frame("findings")["severity"].tolist() == ["amber", "red", "red"]
    assert later.frame("actions")["standing"].tolist() == ["overdue", "closed", "overdue", "overdue"]


def test_nobody_s_account_is_in_it(ledger) -> None:
    state = state_of(ledger)
    assert not any("actor" in frame.columns for frame in state.records)
    assert state.frame("actions")["stated_by"].eq("analyst").all()


def test_it_is_saved_as_it_was_and_names_no_user(ledger, tmp_path) -> None:
    state = state_of(ledger)
    loaded = rm.load(rm.save(state, tmp_path / "state"), rm.governance.LedgerState)
    for one, other in zip(state.records, loaded.records, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_column_type=True)
    assert loaded.sentence.startswith(f"Ledger {tmp_path}/ledger.db on 2026-10-01: 6 records; head 7:")
    assert loaded.table["records"].sum() == 6


def test_a_broken_chain_is_said_and_read_as_far_as_it_goes(ledger, default_policy) -> None:
    unguard(ledger)
    execute(ledger, "UPDATE ledger_events SET body = replace(body, 'train', 'teach') WHERE seq = 4")
    state = state_of(ledger)
    assert state.problem.startswith("Row 4 does not fit")
    row = said(check_ledger_rows, what_is_due(state, default_policy), default_policy).iloc[0]
    assert (row["severity"], row["condition"]) == ("red", state.problem)
    execute(ledger, "UPDATE ledger_events SET body = replace(body, 'content', 'contents') WHERE seq = 4")
    assert state_of(ledger).frame("actions").empty


def test_a_whole_ledger_that_cannot_be_read_is_an_error(ledger, monkeypatch) -> None:
    monkeypatch.setattr(type(ledger), "history", lambda *_: pd.DataFrame({"x": []}))
    with pytest.raises(KeyError):
        state_of(ledger)


# Its actions among the data


def test_actions_of_the_ledger_are_among_those_of_the_source(
    ledger, take_in, tmp_path, default_policy
) -> None:
    ours = take_in(
        as_of="2026-10-31",
        units="unit_id,name_en\nu1,One\nu2,Two\n",
        complaints="complaint_id,received_at,unit_id,product\nc1,2026-07-01,u1,x\n",
        actions="action_id,unit_id,measure,opened_on,due_on,closed_on\n"
        "ACT-1,u2,another text,2026-07-01,2026-09-01,2026-08-01\n"
        "A9,u2,training,2026-07-01,2026-08-01,2026-07-20\n",
    )
    written(ledger, action(5, unit_id="nowhere", due_on=date(2026, 12, 31), **SUMMER))
    joined = join_actions(ours, state_of(ledger), store=tmp_path / "store")
    frame = joined.actions.frame().set_index("action_id")
    assert frame.index.tolist() == ["A9", "ACT-1", "ACT-2", "ACT-3"]
    assert frame.loc["ACT-1", ["unit_id", "measure"]].tolist() == ["u1", "train the staff"]
    assert frame.loc["ACT-2", "unit_id"] is None or pd.isna(frame.loc["ACT-2", "unit_id"])
    provenance = joined.actions.provenance
    assert list(provenance.files) == ["actions.csv", "ledger ledger.db"]
    assert provenance.doubts == ("1 action stands in the source and in the ledger: as the ledger has it",)
    assert (provenance.rows_read, provenance.rows_accepted, provenance.rows_rejected) == (5, 4, 1)
    assert joined.actions.rejected["rule"].tolist() == ["unit_id in units"]
    again = join_actions(ours, state_of(ledger), store=tmp_path / "store")
    assert again.digest == joined.digest != ours.digest
    table = rm.indicators(joined, default_policy, periods=[PERIOD]).table.set_index("indicator_id")
    assert table.loc["rectification_on_time", ["numerator", "denominator"]].tolist() == [1, 3]  # A9 of three


def test_a_source_without_actions_has_those_of_the_ledger(ledger, take_in, tmp_path, default_policy) -> None:
    ours = take_in(complaints="complaint_id,received_at,unit_id,product\nc1,2024-07-01,u1,x\n")
    assert join_actions(ours, None, store=tmp_path) is ours
    joined = join_actions(ours, state_of(ledger), store=tmp_path / "store")
    assert joined.actions.frame()["action_id"].tolist() == ["ACT-1", "ACT-2", "ACT-3"]
    assert joined.actions.provenance.doubts == ()
    assert rm.judge_actions(joined, default_policy, period=PERIOD).table.empty  # none is closed


def test_answers_to_alarms_are_joined_and_the_longer_one_counts(ledger) -> None:
    given = Acknowledgements.model_validate(
        {
            "acknowledged": (
                {"alarm": "A-1f2e3d4c", "reason": "known", "by": "cards", "until": date(2026, 12, 31)},
            )
        }
    )
    alarms = ("A-1f2e3d4c", "A-00000000", "not an alarm's")
    answers = [
        Acknowledgement(alarm_id=one.replace(" ", "_"), answer="seen", reason="fee", until=date(2026, 11, 30))
        for one in alarms
    ]
    written(ledger, *answers)
    joined = join_acknowledged(given, state_of(ledger))
    assert [(one.alarm, one.reason, one.by) for one in joined.acknowledged] == [
        ("A-1f2e3d4c", "known", "cards"),
        ("A-00000000", "seen: fee", "analyst"),
    ]
    assert join_acknowledged(given, None) is given


# What is due


def test_what_is_due_overdue_and_escalated(ledger, default_policy) -> None:
    due = what_is_due(state_of(ledger), default_policy)
    rows = due.table.set_index("id")
    # 14 working days from the 11th of September to the 1st of October, a Sunday of work among them
    assert rows["standing"].to_dict() == {
        "F-2": "overdue", "ACT-1": "overdue", "ACT-2": "overdue", "F-3": "due", "ACT-3": "due",
    }  # fmt: skip
    assert rows.loc[["ACT-1", "ACT-2"], "days"].tolist() == [14, 2]
    assert rows.loc["ACT-1", ["severity", "escalated_to"]].tolist() == ["red", "risk management department"]
    assert rows.loc["ACT-2", "escalated_to"] == ""
    assert rows.loc["ACT-3", "days"] < 0
    assert due.sentence == (
        "To be done on 2026-10-01: 2 by the end of the next quarter, 0 later; overdue: 3, of which escalated: 2."
    )
    assert due.violations.to_dict("records") == [
        {"unit_id": "B002", "type": "mis_selling", "grade": "serious", "number": 1, "open": 1, "overdue": 1}
    ]


@pytest.mark.parametrize(
    ("days", "severity", "kind", "told"),
    [
        (4, "red", "corrective", ""),
        (5, "", "corrective", "head"),
        (12, "red", "corrective", "risk"),
        (12, "amber", "corrective", "head"),
        (0, "", "finding", "audit"),
        (30, "amber", "preventive", "board"),
    ],
)
def test_the_last_stage_reached_is_told(days, severity, kind, told) -> None:
    stages = (
        Escalation(after_days=5, to="head"),
        Escalation(after_days=10, to="risk", severity="red"),
        Escalation(after_days=20, to="board"),
        Escalation(after_days=0, to="audit", kind="finding"),
    )
    rules = ActionRules(escalations=stages, set_by="the board")
    assert rules.escalated_to(days=days, severity=severity, kind=kind) == told


def test_overdue_things_are_findings_and_what_is_in_time_is_said(ledger, default_policy) -> None:
    def facts(state):
        return said(check_due, what_is_due(state, default_policy), default_policy)

    late = facts(state_of(ledger))
    assert late["severity"].to_dict() == {"ACT-1": "red", "F-2": "red", "ACT-2": "amber"}
    assert late.loc["ACT-2", "condition"] == "Overdue by 2 working days since 2026-09-28: train the staff"
    assert late.loc["F-2", "condition"].endswith(
        "in B002: mis selling; escalated to: risk management department"
    )
    assert late.loc["ACT-2", "owner"] == "operations"
    early = facts(state_of(ledger, "2026Q2", date(2026, 7, 1)))
    assert early["condition"].tolist() == ["None is overdue; open: 3", "None is overdue; open: 2"]


def test_what_ended_is_open_again_and_what_covers_nothing_is_not_said(ledger, default_policy) -> None:
    written(
        ledger,
        acceptance(expires_on=date(2026, 9, 30)),
        acceptance(2, finding_id="F-3", expires_on=date(2026, 10, 1)),
        Exemption(exception_id="EX-1", rule="unit_limit", subject="u1", reason="moved", expires_on=date(2026, 9, 1)),
        Override(override_id="O-1", subject="u1", period=PERIOD, rated="red", becomes="amber", effect_on_total=-3.0,
                 reason="audit", expires_on=date(2026, 12, 31)),
        Override(override_id="O-2", subject="u1", period="2026Q2", rated="red", becomes="amber", reason="audit",
                 expires_on=date(2026, 9, 1)),
        Override(override_id="O-3", subject="u2", period=PERIOD, rated="red", becomes="amber", reason="audit",
                 expires_on=date(2026, 12, 31)),
    )  # fmt: skip
    for table, id_ in (("acceptances", "X-1"), ("acceptances", "X-2"), ("exceptions", "EX-1"),
                       ("overrides", "O-1"), ("overrides", "O-2")):  # fmt: skip
        approve(ledger, table, id_)
    due = what_is_due(
        state_of(ledger), default_policy, card=make_card(units=[{"unit_id": "u1", "rating": "red"}])
    )
    covers = due.covers.set_index("id")
    assert covers["standing"].to_dict() == {
        "EX-1": "expired", "X-1": "expired", "X-2": "in force", "O-1": "in force", "O-2": "expired", "O-3": "waiting",
    }  # fmt: skip
    assert covers.loc["O-1", ["computed", "rated", "becomes", "effect_on_total"]].tolist() == [
        "red",
        "red",
        "amber",
        -3.0,
    ]
    assert due.table.set_index("id").loc["F-3", "standing"] == "accepted"
    lapsed = said(check_lapsed, due, default_policy)["condition"]
    assert lapsed.to_dict() == {
        "EX-1": "The exception from unit_limit for u1 ended on 2026-09-01: u1 is open again (moved)",
        "X-1": "The acceptance of F-1 ended on 2026-09-30: F-1 is open again (small)",
    }
    rows = pd.DataFrame({"finding_id": ["F-1", "F-3"], "rule": "unit_limit", "subject": ["u1", "u2"]})
    assert covered_by(due, rows) == ["", "accepted risk X-2 until 2026-10-01: small"]
    shown = rm.listings.list_overrides(due).frame
    assert shown[["Subject", "Computed", "Override", "State"]].to_numpy().tolist() == [
        ["u1", "Red", "Red → Amber", "in force"],
        ["u2", "not known", "Red → Amber", "waits for a decision"],
    ]


def test_an_empty_ledger_has_nothing_due(tmp_path, default_policy) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        due = what_is_due(state_of(ledger), default_policy)
    assert due.sentence == "Nothing is to be done on 2026-10-01."
    assert rm.load(rm.save(due, tmp_path / "due"), rm.assessment.Due).table.empty
    for listed in (
        rm.listings.list_due,
        rm.listings.list_covers,
        rm.listings.list_overrides,
        rm.listings.list_violations,
    ):
        assert listed(due).frame.empty
    assert rm.plot(due).get_title() == ""


# A year rolled forward


def test_a_year_is_rolled_forward_with_what_changed_marked(ledger) -> None:
    year = ledger.day
    written(ledger, action(6, due_on=date(2026, 12, 31), **SUMMER))
    ledger.write(action(3, due_on=date(2027, 3, 31), **SUMMER), by="analyst", version=1)
    marked = roll_forward(ledger, "actions", since=year).set_index("action_id")
    assert marked["change"].eq("carried over").all()  # all was known at the end of today
    before = roll_forward(ledger, "actions", since=date(2020, 12, 31))
    assert before["change"].eq("new").all()
    with pytest.MonkeyPatch.context() as patch:
        as_of, known = type(ledger).as_of, ledger.history("actions")["at"].iloc[3]
        patch.setattr(type(ledger), "as_of", lambda self, _: as_of(self, pd.Timestamp(known).to_pydatetime()))
        marked = roll_forward(ledger, "actions", since=year).set_index("action_id")
    assert marked["change"].to_dict() == {
        "ACT-1": "carried over", "ACT-2": "carried over", "ACT-3": "changed", "ACT-4": "carried over", "ACT-6": "new",
    }  # fmt: skip
    assert marked.loc["ACT-3", "changed"].split()[0] == "due_on"


# The run's setting


def settings(**values) -> RunSettings:
    given = {"title": "t", "source": "s", "policies": "p", "risks": "r", "period": PERIOD}
    return RunSettings.model_validate(given | values)


def test_a_password_stands_in_no_file(tmp_path, monkeypatch) -> None:
    secret = "postgresql://owner:p4ss@host/bank"
    run = tmp_path / "run.yaml"
    lines = ["title: t", "source: s", "policies: p", "risks: r", "period: 2026Q3", f"ledger: {secret}"]
    run.write_text("\n".join(lines))
    with pytest.raises(ParameterError, match="belongs into the environment") as refused:
        load_run(run)
    assert "p4ss" not in str(refused.value)
    with pytest.raises(ParameterError, match="RISKMODELS_LEDGER"):
        given_ledger(secret)
    monkeypatch.setenv("RISKMODELS_LEDGER", secret)
    assert given_ledger(secret) == "postgresql://owner@host/bank"
    assert "p4ss" not in settings(ledger=given_ledger(secret)).model_dump_json()
    with pytest.raises(LedgerError) as unreached:
        check_ledger("postgresql://owner@host.invalid/bank")
    assert "p4ss" not in str(unreached.value)


def test_a_ledger_that_is_not_there_is_said_before_anything_runs(tmp_path) -> None:
    with pytest.raises(ResultError, match="make it with riskmodels ledger init"):
        check_ledger(str(tmp_path / "none.db"))


def test_paths_are_relative_to_the_run_file_and_a_run_keeps_what_stands(ledger, tmp_path) -> None:
    run = tmp_path / "run.yaml"
    run.write_text("title: t\nsource: s\npolicies: p\nrisks: r\nperiod: 2026Q3\nledger: ledger.db\n")
    loaded = load_run(run)
    assert loaded.ledger == str(tmp_path / "ledger.db")
    keep_state(loaded, tmp_path)
    assert rm.load(tmp_path / "ledger", rm.governance.LedgerState).day == DAY
    keep_state(settings(), tmp_path / "other")
    assert not (tmp_path / "other").exists()


# The measures of source 001


def test_the_eight_measures_are_opened_once(tmp_path, project) -> None:
    plan = rm.parameters.load_action_plan(project / "params" / "measures" / "service_risk_2026.yaml")
    actions = rm.governance.planned_actions(plan, start=date(2026, 10, 8))
    due = {one.id.removeprefix("source_001-"): one.due_on for one in actions}
    assert len(due) == 8
    assert due["complaint_handling"] == date(2026, 12, 8)
    assert due["compliance"] == date(2027, 2, 8)
    assert all(one.objective and one.owner for one in actions)
    policy = {one.id for one in rm.load_policy(project / "params" / "policy", on="2026-10-01").indicators}
    assert {one.indicator_id for one in actions} - {""} <= policy
    with open_ledger(tmp_path / "ledger.db") as ledger:
        given = {"by": "risk department", "note": "plan"}
        assert len(rm.governance.open_plan(ledger, actions, **given, is_kept=False)) == 8
        assert len(rm.governance.open_plan(ledger, actions, **given)) == 8
        assert rm.governance.open_plan(ledger, actions, **given) == []
        assert ledger.head().seq == 8
