"""Findings from quarter to quarter: each has one status, and what is said of movement is beyond chance."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bank import AMBER, RED, make_alarm, make_book, make_card, make_incidents, make_stress, make_tables

from riskmodels.assessment import Findings, assess, assessing
from riskmodels.assessment.alarms import check_alarms
from riskmodels.assessment.bank import check_bank
from riskmodels.assessment.findings import finding_id
from riskmodels.assessment.follow_up import STATUSES
from riskmodels.assessment.following import follow
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.moving import chance_of_worse, figures_frame, has_moved
from riskmodels.assessment.scenarios import check_scenarios
from riskmodels.assessment.units import check_units
from riskmodels.parameters.risks import RiskRegister
from riskmodels.reporting.front_since import since_last_quarter
from riskmodels.reporting.listings import list_findings, list_since
from riskmodels.reporting.plots import plot_courses
from riskmodels.results import load, save
from riskmodels.runner import load_run, plan_assessment
from riskmodels.runner.plan import plan_steps

SAVED = Path(__file__).parent / "saved" / "format_2" / "Findings"
REPLY = AMBER | {"indicator_id": "reply_2wd"}
FEW = 3  # each follows six quarters: the time goes into frames


@pytest.fixture(scope="module")
def found(default_policy):
    """Return a function from rows of a scorecard to the findings of a quarter."""

    def found(rows=(), *, period="2024Q3", units=(), policy=default_policy, **more) -> Findings:
        card = replace(make_card(rows, units), period=period)
        given = {"data": make_tables(), "register": RiskRegister(risks=())} | more
        return assess(policy, scorecard=card, **given)

    with pytest.MonkeyPatch.context() as patch:  # those of the data take the time
        patch.setattr(assessing, "CRITERIA", (check_bank, check_units, check_alarms, check_scenarios))
        yield found


def statuses(findings: Findings) -> dict[str, str]:
    """Status by indicator, or else rule; of findings and of those closed."""
    rows = pd.concat([findings.table, findings.closed])
    return dict(
        zip(rows["indicator_id"].where(rows["indicator_id"] != "", rows["rule"]), rows["status"], strict=True)
    )


def test_a_finding_is_new_continues_is_closed_and_comes_back(found) -> None:
    first = found([RED], period="2023Q4")
    second = found([RED, REPLY], period="2024Q1", earlier=first)
    assert statuses(second) == {"resolved_7wd": "continuing", "reply_2wd": "new"}
    third = found([RED, {"indicator_id": "reply_2wd"}], period="2024Q2", earlier=second)
    assert statuses(third) == {"resolved_7wd": "continuing", "reply_2wd": "closed"}
    assert third.closed["ended"].tolist() == ["in_order"]
    assert third.sentence.endswith(
        "Since 2024Q1: 0 new, 0 re-opened, 0 worse, 1 as before, 0 better, 1 closed (in order: 1)."
    )
    fourth = found([RED, {"indicator_id": "reply_2wd"}], period="2024Q3", earlier=third)
    assert statuses(fourth) == {"resolved_7wd": "continuing"}
    assert dict(zip(fourth.table["quarters"], fourth.table["since"], strict=True)) == {4: "2023Q4"}
    fifth = found([REPLY], period="2024Q4", earlier=fourth)
    (row,) = fifth.table.to_dict("records")
    assert (row["status"], row["since"], row["quarters"], row["returns"]) == ("reopened", "2024Q4", 1, 1)
    history = fifth.follow_up.history.set_index("indicator_id")
    assert history.loc["reply_2wd", ["first", "course", "quarters", "state"]].tolist() == [
        "2024Q1",
        "A..A",
        2,
        "open",
    ]
    assert history.loc["resolved_7wd", ["last", "course", "ended"]].tolist() == [
        "2024Q3",
        "RRRR.",
        "not_checked",
    ]
    assert list_findings(fifth).frame["Status"].tolist() == ["Re-opened: came back once"]


def test_without_a_report_before_it_is_said_once_and_nothing_is_new(found) -> None:
    first = found([RED])
    assert first.table["status"].tolist() == [""]
    assert "Status" not in list_findings(first).frame
    listing = list_since(first)
    assert listing.sentence == "First assessment: there is no report of the quarter before."
    assert listing.frame.empty
    assert [block.sentences for block in since_last_quarter(first)] == [(listing.sentence,)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "another"}, "is of another bank"),
        ({"rules": 0}, "by other criteria"),
    ],
)
def test_another_bank_or_other_criteria_are_not_compared(found, changes, words) -> None:
    before = found([RED], period="2024Q2")
    other = replace(before, follow_up=replace(before.follow_up, **changes))
    after = found([RED], earlier=other)
    assert words in list_since(after).sentence
    assert not after.is_compared
    assert "not of a quarter before" in found([RED], period="2024Q2", earlier=before).follow_up.sentence


def test_a_quarter_that_was_skipped_and_another_policy_are_said(found, default_policy) -> None:
    before = found([RED], period="2024Q1")
    moved = default_policy.model_copy(update={"valid_from": date(2024, 7, 1)})
    after = found([RED], earlier=before, policy=moved)
    assert after.follow_up.remarks == (
        f"2024Q2 was not assessed. The policy in force then was that of {default_policy.valid_from}: what"
        " changed may be a limit. Findings are followed since 2024Q1: what was found then may be older."
    )
    assert after.table["quarters"].tolist() == [3]
    assert after.follow_up.history["course"].tolist() == ["R?R"]


def test_what_earlier_versions_saved_is_read_and_compared(found, tmp_path) -> None:
    old = load(SAVED, Findings)
    assert (old.follow_up, set(old.table["status"])) == (None, {""})
    assert old.closed.empty
    assert list_since(old).sentence == "What became of earlier findings is not known."
    assert since_last_quarter(old) == ()
    after = found([RED], period="2024Q4", earlier=old)
    assert statuses(after) == {"resolved_7wd": "continuing", "reply_2wd": "closed"}
    shutil.rmtree(tmp_path)
    again = load(save(after, tmp_path / "again"), Findings)
    pd.testing.assert_frame_equal(again.closed, after.closed)
    pd.testing.assert_frame_equal(again.courses, after.courses)


def test_what_is_of_a_rule_that_is_no_more_is_left_out(found) -> None:
    before = found([RED], period="2024Q2")
    gone = replace(before, facts=before.facts.replace({"rule": {"bank_limit": "gone"}}))
    after = found([], earlier=gone)
    assert after.closed.empty
    assert after.follow_up.history["rule"].tolist() == ["bank_limit"]


def test_a_run_reads_the_last_report_that_is_there(project, tmp_path) -> None:
    run = load_run(project / "params" / "runs" / "quarterly.yaml")
    for made, wanted in (("", "2026Q2"), ("2024Q2", "2026Q2"), ("2025Q3", "2025Q3"), ("2026Q2", "2026Q2")):
        (tmp_path / made).mkdir(exist_ok=True)
        plan = plan_assessment(run, reports=tmp_path)
        (step,) = (one for one in plan_steps(plan, plan.folder, tmp_path) if one.notebook == "50_assessment")
        assert step.parameters.earlier == str(tmp_path / wanted / "results")


UNIT = {"unit_id": "u1"}


def test_what_became_of_a_unit_is_its_rating_now(found) -> None:
    before = found([REPLY | UNIT], period="2024Q2", units=[{}])
    assert before.table["rule"].tolist() == ["unit_limit"]
    grey = {"rating": "insufficient", "p_amber": 0.5, "p_red": 0.1}
    cases = {
        "in_order": {"indicator_id": "reply_2wd"},
        "unclear": {"indicator_id": "reply_2wd"} | grey,
        "not_checked": {"indicator_id": "resolved_7wd"},
    }
    for ended, row in cases.items():
        after = found([row | UNIT], units=[{}], earlier=before)
        assert after.closed["ended"].tolist() == [ended]
        assert after.closed["subject_name"].tolist() == ["First branch (u1)"]


def test_what_became_of_events_scenarios_and_indicators(found, default_policy) -> None:
    given = {"alarms": make_book(make_alarm()), "incidents": make_incidents(), "stress": [make_stress()]}
    before = found([REPLY], period="2024Q2", **given)
    rules = set(before.table["rule"])
    assert {"alarm", "scenario"} <= rules
    after = found(earlier=before, incidents=given["incidents"])
    ended = after.closed.set_index("rule")["ended"]
    assert set(ended[["scenario", "bank_limit", "alarm"]]) == {"not_checked"}
    unclear = {"indicator_id": "reply_2wd", "rating": "insufficient", "p_amber": 0.3}
    assert found([unclear], earlier=before).closed.set_index("rule")["ended"]["bank_limit"] == "unclear"


# Properties


def make_facts(rows: dict[str, tuple[str, float, float]]) -> pd.DataFrame:
    """Facts of the bank: severity, estimate and half its interval, by a made-up indicator."""
    columns = [
        "finding_id",
        "rule",
        "subject_kind",
        "subject",
        "indicator_id",
        "severity",
        "estimate",
        "figures",
    ]
    listed = [
        [
            *(finding_id("bank_limit", "bank", "", name), "bank_limit", "bank", "", name, severity, estimate),
            json.dumps({"lower": estimate - half, "upper": estimate + half, "amber": 1.0, "red": 2.0}),
        ]
        for name, (severity, estimate, half) in rows.items()
    ]
    frame = pd.DataFrame(listed, columns=columns).astype({"estimate": "float64"})
    return frame.assign(value=frame["estimate"], limit=1.0, probability=0.9)


@pytest.fixture(scope="module")
def followed(default_policy):
    """Return a function from the facts of quarters, one after the other, to what became of the last ones."""

    def followed(*quarters: pd.DataFrame):
        earlier, names = None, pd.DataFrame(columns=["kind", "id", "field", "language", "text"], dtype="str")
        for place, facts in enumerate(quarters):
            card = replace(make_card(), period=str(pd.Period("2020Q1", freq="Q") + place))
            inputs = Inputs(policy=default_policy, data=make_tables(), scorecard=card)
            earlier = Findings(
                facts=facts,
                names=names,
                period=card.period,
                as_of=card.as_of,
                policy=default_policy.valid_from,
                data_digest="",
                follow_up=follow(facts, inputs, earlier),
            )
        return earlier.follow_up

    return followed


severities = st.sampled_from(["red", "amber", "watch", "unclear", "passed"])
figures = st.tuples(severities, st.floats(0, 10), st.floats(0.01, 3))
quarters = st.dictionaries(st.sampled_from("abcdefgh"), figures, max_size=8).map(make_facts)
OPPOSITE = {
    "new": "closed",
    "closed": "new",
    "worse": "better",
    "better": "worse",
    "continuing": "continuing",
}


def ids_of(facts: pd.DataFrame) -> set[str]:
    return set(facts.loc[facts["severity"].isin(["red", "amber"]), "finding_id"])


@settings(max_examples=FEW)
@given(quarters, quarters, st.randoms())
def test_every_finding_of_either_quarter_has_one_status_and_swapping_turns_it_round(
    followed, then, now, random
) -> None:
    there, back = followed(then, now), followed(now, then)
    rows = there.standing
    assert rows["finding_id"].is_unique
    assert set(rows["finding_id"]) == ids_of(then) | ids_of(now)
    by_status = rows.groupby("status")["finding_id"].agg(set)
    assert by_status.get("new", set()) == ids_of(now) - ids_of(then)
    assert by_status.get("closed", set()) == ids_of(then) - ids_of(now)
    assert set(rows["status"]) <= set(STATUSES) - {"reopened"}
    forth, back = rows.set_index("finding_id"), back.standing.set_index("finding_id")
    assert forth["status"].map(OPPOSITE).to_dict() == back["status"].to_dict()
    known = forth["p_worse"].notna()
    np.testing.assert_allclose(forth["p_worse"][known], 1 - back["p_worse"][known], atol=1e-9)
    mixed = followed(*(facts.iloc[random.sample(range(len(facts)), len(facts))] for facts in (then, now)))
    pd.testing.assert_frame_equal(rows, mixed.standing)
    pd.testing.assert_frame_equal(there.history, mixed.history)


@settings(max_examples=FEW)
@given(st.lists(quarters, min_size=2, max_size=4))
def test_the_history_knows_every_finding_and_how_often_it_came_back(followed, several) -> None:
    last = followed(*several)
    history, ages = last.history.set_index("finding_id"), last.standing.set_index("finding_id")["quarters"]
    assert set(history.index) == set().union(*map(ids_of, several))
    for name, row in history.iterrows():
        seen = "".join("x" if name in ids_of(facts) else "." for facts in several).lstrip(".")
        assert row["course"].replace("R", "x").replace("A", "x") == seen
        assert (row["quarters"], row["returns"]) == (seen.count("x"), seen.count(".x"))
        assert row["state"] == ("open" if seen.endswith("x") else "closed")
        if row["state"] == "open":
            assert ages[name] == len(seen) - len(seen.rstrip("x"))


def test_the_same_quarter_again_continues_and_is_a_quarter_older(followed) -> None:
    facts = make_facts({"a": ("red", 3.0, 0.1), "b": ("amber", 1.5, 1.0), "c": ("watch", 1.0, 0.2)})
    for number in (2, 3):
        rows = followed(*[facts] * number).standing
        assert rows["status"].tolist() == ["continuing"] * 2
        assert rows["quarters"].tolist() == [number] * 2


# Movement beyond chance


def moved(then: tuple[float, float, float], now: tuple[float, float, float], *, red: float = 2.0):
    rows = []
    for estimate, lower, upper in (then, now):
        figures = json.dumps({"lower": lower, "upper": upper, "amber": 1.0, "red": red})
        rows.append(
            figures_frame(
                pd.DataFrame({"rule": ["bank_limit"], "estimate": [estimate], "figures": [figures]})
            )
        )
    return float(chance_of_worse(*rows)[0])


def test_the_chance_of_worse_is_that_of_the_difference() -> None:
    """Against the normal law: from 3 to 4 with standard errors .5 and 1.2 (z = .7692); and facing halves."""
    z = 1 / np.hypot(0.5, 1.2)
    worse = moved((3, 3 - 0.5 * 1.645, 99), (4, 4 - 1.2 * 1.645, 5), red=2.0)
    assert worse != pytest.approx(0.7791, abs=1e-4)  # the upper half of then faces now
    worse = moved((3, -99, 3 + 0.5 * 1.645), (4, 4 - 1.2 * 1.645, 99))
    assert worse == pytest.approx(0.7791, abs=1e-4)
    assert z == pytest.approx(0.7692, abs=1e-4)
    assert moved((3, -99, 3 + 0.5 * 1.645), (4, 4 - 1.2 * 1.645, 99), red=0.5) == pytest.approx(1 - worse)


def test_of_what_did_not_move_few_are_said_to_have() -> None:
    """Of 200 quarters of 40 findings that stay as they were, one in ten at most has any that moved."""
    rng = np.random.default_rng(22)
    chance = np.asarray(rng.uniform(size=(400, 40)))
    share = np.mean([has_moved(row, false_share=0.1).any() for row in chance])
    assert share < 0.1 + 3 * np.sqrt(0.09 / 400)
    shifted = np.where(np.arange(40) < 10, 0.9999, chance)
    said = [has_moved(row, false_share=0.1) for row in shifted]
    assert np.mean([row[:10].mean() for row in said]) > 0.99
    assert np.mean([row[10:].sum() / row.sum() for row in said]) < 0.1


def test_worse_by_severity_by_figures_and_by_other_limits(found, default_policy) -> None:
    amber = REPLY | {"lower": 0.965, "upper": 0.975}
    before = found([amber, AMBER], period="2024Q2")
    low = {"value": 0.955, "estimate": 0.955, "lower": 0.95, "upper": 0.96}
    after = found([amber | low, RED], earlier=before).follow_up.standing.set_index("severity")
    assert after["status"].tolist() == ["worse", "worse"]
    assert after["moved_by"].to_dict() == {"amber": "figures", "red": "severity"}
    moved_policy = default_policy.model_copy(update={"valid_from": date(2024, 7, 1)})
    tighter = found([amber, RED | {"red": 0.98}], earlier=before, policy=moved_policy)
    assert dict(zip(tighter.table["status"], tighter.table["severity"], strict=True)) == {
        "worse": "red",
        "continuing": "amber",
    }
    assert "Red (by other limits)" in list_since(tighter).frame["Severity now"].tolist()


# What people read


def test_the_first_page_names_what_matters(found) -> None:
    before = found([REPLY], period="2024Q2")
    after = found([RED, REPLY], earlier=before)
    (block,) = since_last_quarter(after)
    assert block.sentences == (
        "Since 2024Q2: 1 new, 0 re-opened, 0 worse, 1 as before, 0 better, 0 closed.",
        "New: Whole bank: Resolved within seven working days",
        "Open longest, 2 quarters, since 2024Q2: Whole bank: Reply within two working days",
        "Findings are followed since 2024Q2: what was found then may be older.",
    )


def test_the_figure_has_a_row_a_finding_and_a_mark_a_quarter(found) -> None:
    before = found([REPLY], period="2024Q1")
    after = found([RED], earlier=before)
    axes = plot_courses(after)
    marks = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert marks == {"red": [[2, 1]], "amber": [[0, 0]], "not assessed": [[1, 0]]}
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "Whole bank: Reply within two working days",
        "Whole bank: Resolved within seven working days",
    ]
    plot_courses(load(SAVED, Findings))
