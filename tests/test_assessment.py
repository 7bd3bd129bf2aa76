"""Findings: each kind appears exactly when it should, and says what, why and who."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from small_bank import (
    AMBER,
    RED,
    make_card,
    make_changes,
    make_objectives,
    make_outlook,
    make_panel,
    make_stress,
    make_tables,
    only,
)
from spec.rules import CERTAINTY, RULES, Rule, rendered

from riskmodels.assessment import Findings, assess
from riskmodels.assessment.wording import WORDS
from riskmodels.display import table_html
from riskmodels.errors import ParameterError
from riskmodels.labels import use_language
from riskmodels.parameters.policy import Limits, Policy
from riskmodels.parameters.risks import RiskRegister, load_risks
from riskmodels.results import load, save
from riskmodels.scorecard import score
from riskmodels.tables import Break

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def register(project):
    return load_risks(project / "params" / "risks.yaml")


@pytest.fixture
def found(default_policy, register):
    """Return a function from a card (and more) to the findings."""

    def found(card=None, *, data=None, register=register, **more) -> Findings:
        return assess(
            default_policy,
            data=data or make_tables(),
            scorecard=card or make_card(),
            register=register,
            **more,
        )

    return found


def rules(findings):
    return list(zip(findings.table["rule"], findings.table["severity"], strict=True))


def severity_by(findings, rule):
    """The severity of everything a rule checked."""
    return findings.facts.loc[findings.facts["rule"] == rule, "severity"].tolist()


def test_nothing_wrong_gives_no_finding(found) -> None:
    findings = found(make_card([{}, {"unit_id": "u1"}], [{}]), stress=[make_stress([{"rating": "amber"}])])
    assert findings.table.empty
    assert findings.sentence == (
        "2024Q3: findings: 0 red, 0 amber; on the watch list: 0; checked and in order: 10; without enough"
        " evidence: 1."
    )
    assert set(findings.others["rule"]) == {
        "bank_limit", "unit_limit", "unit_score", "scenario", "rejected_rows", "unknown_months", "unfinished_quarter",
        "lacking_indicators", "failed_checks", "unmatched_names", "contingency_plan",
    }  # fmt: skip
    assert findings.summary().empty


# Indicators of the bank


@pytest.mark.parametrize(("row", "severity"), [(RED, "red"), (AMBER, "amber")])
def test_an_indicator_of_the_bank_is_a_finding_by_its_rating(found, row, severity) -> None:
    table = found(make_card([row, {"indicator_id": "reply_2wd"}])).table
    assert len(table) == 1
    only_one = table.iloc[0]
    assert (only_one["rule"], only_one["severity"]) == ("bank_limit", severity)
    assert only_one["subject_name"] == "Whole bank"
    assert only_one["indicator_id"] == "resolved_7wd"
    assert only_one["value"] == row["value"]
    assert only_one["limit"] == {"red": 0.95, "amber": 0.99}[severity]
    assert json.loads(only_one["figures"])["amber"] == 0.99


@pytest.mark.parametrize("rating", ["green", "insufficient", ""])
def test_other_ratings_are_no_finding(found, rating) -> None:
    assert found(make_card([AMBER | {"rating": rating}])).table.empty


def test_figures_are_written_in_their_units(found) -> None:
    rate = {
        "indicator_id": "complaint_rate",
        "numerator": 15606.0,
        "denominator": 1_891_000.0,
        "value": 8.25312,
        "estimate": 8.25,
        "lower": 7.9,
        "upper": 8.65,
        "amber": 4.5,
        "red": 9.0,
    }
    table = found(make_card([AMBER, AMBER | rate])).table
    share, per_thousand = table["condition"]
    assert (
        share == "Resolved within seven working days is 97%, beyond the amber limit of 99%"
    )  # not 0.97, not 97.0
    assert (
        per_thousand == "Complaint rate is 8.253 per 1,000 accounts and year, beyond the amber limit of 4.5"
    )
    assert table["evidence"][0] == (
        "970 over 1,000; estimate 97% (90% interval 96% to 98%); probability of being beyond the limit more"
        " than 99%"
    )
    assert table["evidence"][1].startswith("15,606 over 1,891,000; estimate 8.25 (90% interval 7.9 to 8.65);")
    assert "amber beyond 99%" in table["criterion"][0]
    assert "standard: all complaints" in table["criterion"][0]


# Units: chosen among all of them by the share of false ones that is expected


def units_of(chances, indicator="resolved_7wd"):
    """Units rated amber where so much makes it likely; the figures of AMBER."""
    return [
        {**AMBER, "unit_id": f"u{place:02d}", "indicator_id": indicator, "p_amber": chance, "p_red": 0.0}
        | {"rating": "amber" if chance >= CERTAINTY else "insufficient"}
        for place, chance in enumerate(chances)
    ]


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ([0.95], 1),
        ([0.89], 0),  # .11 expected to be false of one: more than .10
        ([0.95, 0.86], 2),  # .19 of two
        ([0.95, 0.84], 1),  # .21 of two
        ([0.999] * 9 + [0.81], 10),
        ([0.999] * 9 + [0.79], 9),  # each needs the certainty of a rating
        ([0.81] * 40, 0),
    ],
)
def test_units_are_findings_while_few_are_expected_to_be_false(found, chances, expected) -> None:
    findings = found(make_card(units_of(chances)))
    assert rules(findings) == [("unit_limit", "amber")] * expected
    if expected:
        assert findings.false_share == pytest.approx(np.mean([1 - one for one in chances[:expected]]))
        assert f"Findings about units: {expected}, of which" in findings.sentence
    else:
        assert np.isnan(findings.false_share)


def test_units_of_all_indicators_are_chosen_together(found) -> None:
    alone = units_of([0.85])
    with_sure_ones = alone + units_of([0.999] * 5, "reply_2wd")
    assert rules(found(make_card(alone))) == []
    assert len(found(make_card(with_sure_ones)).table) == 6


def test_a_unit_is_red_where_red_alone_is_certain_and_likely_red_is_said(found) -> None:
    sure, likely = ({**RED, "unit_id": "u", "p_red": chance} for chance in (0.8, 0.79))
    red, amber = (found(make_card([row])).table.iloc[0] for row in (sure, likely))
    assert (red["severity"], red["limit"], red["probability"]) == ("red", 0.95, 0.8)
    assert red["condition"] == "Resolved within seven working days is 90%, beyond the red limit of 95%"
    assert (amber["severity"], amber["limit"], amber["probability"]) == ("amber", 0.99, 1.0)
    assert amber["condition"].endswith(
        "beyond the amber limit of 99%; likely beyond the red limit of 95%, too (probability 79%)"
    )


def test_likely_units_that_are_no_findings_are_watched(found, default_policy) -> None:
    watch = default_policy.findings.watch
    rows = units_of([0.79, watch, watch - 0.01])
    inside = {"value": 0.995, "unit_id": "inside", "p_amber": 0.75, "rating": "insufficient"}
    findings = found(make_card([*rows, AMBER | inside]))  # its own quarter is inside: nothing to look at
    assert findings.table.empty
    assert findings.watch_list["subject"].tolist() == ["u00", "u01"]


def test_where_the_bank_is_beyond_a_limit_a_unit_must_be_worse_than_the_bank(found) -> None:
    bank = AMBER | {"a": 970.0, "b": 30.0, "estimate": 0.97}
    as_bad = AMBER | {"unit_id": "alike", "a": 97.0, "b": 3.0, "denominator": 100.0}
    worse = RED | {"unit_id": "worse", "a": 88.0, "b": 12.0, "value": 0.88, "own": 0.88, "denominator": 100.0}
    findings = found(make_card([bank, as_bad, worse]))
    assert rules(findings) == [("unit_limit", "red"), ("bank_limit", "amber")]
    row = findings.table.iloc[0]
    assert row["subject"] == "worse"
    assert (
        "beyond the red limit of 95%; the whole bank is estimated at 97%: worse than the" in row["condition"]
    )
    (units,) = findings.others.loc[findings.others["subject_kind"] == "units", "condition"]
    assert units == (
        "2 units: 1 red, 1 amber, 0 green, 0 without enough evidence; findings: 1; the worst of the others beyond a"
        " limit: alike (estimated at 97%)"
    )


def test_a_unit_that_makes_the_bank_bad_is_worse_than_the_rest_of_it(found) -> None:
    bank = RED | {"a": 9430.0, "b": 570.0, "estimate": 0.943, "value": 0.943, "denominator": 10_000.0}
    most = RED | {"unit_id": "most", "a": 8930.0, "b": 570.0, "value": 0.94, "own": 0.94, "estimate": 0.94}
    findings = found(make_card([bank, most | {"denominator": 9500.0}]))
    assert findings.table["subject"].tolist() == ["", "most"]
    assert findings.table["probability"].iloc[1] > 0.99


def test_a_bank_of_one_unit_has_no_rest(found) -> None:
    bank = RED | {"a": 900.0, "b": 100.0, "estimate": 0.9}
    findings = found(make_card([bank, RED | {"unit_id": "only", "a": 900.0, "b": 100.0}]))
    assert findings.table["subject"].tolist() == [""]


def test_what_is_rated_amber_is_no_red_finding(found) -> None:
    denied = AMBER | {"unit_id": "u", "p_red": 0.99, "p_amber": 1.0}
    assert rules(found(make_card([denied]))) == [("unit_limit", "amber")]


def test_a_perfect_quarter_of_the_bank_is_not_on_the_watch_list(found) -> None:
    perfect = AMBER | {
        "value": 1.0,
        "numerator": 8.0,
        "denominator": 8.0,
        "p_amber": 0.7,
        "rating": "insufficient",
    }
    assert found(make_card([perfect])).watch_list.empty


@pytest.mark.parametrize("unit", ["", "u1"])
def test_a_rating_that_is_held_from_the_quarter_before_says_so(found, unit) -> None:
    held = AMBER | {"unit_id": unit, "basis": "held"}
    (condition,) = found(make_card([held])).table["condition"]
    assert condition.endswith("beyond the amber limit of 99%; its rating is held from the quarter before")


def test_a_scenario_that_applied_in_part_passes_nothing(found) -> None:
    test = replace(make_stress([{"rating": "amber"}]), unapplied=("loans",))
    (row,) = found(stress=[test]).others.query("rule == 'scenario'").to_dict("records")
    assert row["severity"] == "unclear"
    assert row["condition"].endswith("turns red; red before: 0; it did not apply to loans")


def test_a_quarter_that_is_known_in_part_is_a_finding(found) -> None:
    months = pd.DataFrame([{"table": "losses", "month": "2024-08", "why": "unknown"}])
    findings = found(replace(make_card(), incomplete=months))
    assert rules(findings) == [("unfinished_quarter", "amber")]
    assert findings.table["condition"][0].startswith("2024Q3 is known only in part: losses (2024-08")


def test_a_unit_is_named_with_its_identifier(found) -> None:
    rows = [RED | {"unit_id": "u00"}]
    assert found(make_card(rows, [{"unit_id": "u00"}])).table["subject_name"][0] == "First branch (u00)"
    assert found(make_card(rows)).table["subject_name"][0] == "u00"
    same = make_card(rows, [{"unit_id": "u00", "name": "u00"}])
    assert found(same).table["subject_name"][0] == "u00"


# Scores


@pytest.mark.parametrize(
    ("rating", "chances", "expected"),
    [
        ("red", (1.0, 0.9), ["red"]),
        ("amber", (0.95, 0.3), ["amber"]),
        ("green", (0.0, 0.0), []),
        ("insufficient", (0.6, 0.0), []),
    ],
)
def test_a_score_is_a_finding_by_its_rating(found, default_policy, rating, chances, expected) -> None:
    unit = {"rating": rating, "score": 71.4, "lower": 61.2, "upper": 80.0}
    unit |= dict(zip(("p_amber", "p_red"), chances, strict=True))
    findings = found(make_card(units=[unit]))
    assert rules(findings) == [("unit_score", severity) for severity in expected]
    for row in findings.table.to_dict("records"):
        limit = {"red": default_policy.rating.score_red, "amber": default_policy.rating.score_amber}[rating]
        assert row["limit"] == limit
        assert row["condition"] == f"The unit scores 71 points (61 to 80), {rating} from {limit:.0f}"
        assert row["evidence"].startswith("3 indicators; rank 1 to 2; probability 9")


# What may come


def outlook_of(last: float, ahead: list[float]):
    panel = make_panel({"credit_card": [last] * 12})
    return make_outlook(panel, [[ahead] * 6])


@pytest.mark.parametrize(
    ("ahead", "rises"),
    [
        ([111.0], True),  # 333 after 300: more than 10 %
        ([110.0], False),  # 10 % and no more
        ([50.0], False),
        ([100.0] * 15 + [200.0] * 85, True),  # on 85 paths of 100 or more
        ([100.0] * 70 + [200.0] * 30, False),
    ],
)
def test_a_likely_rise_of_complaints_is_a_finding(found, ahead, rises) -> None:
    findings = found(forecast=outlook_of(100.0, ahead))
    assert rules(findings) == ([("complaints_rise", "amber")] if rises else [])
    if rises:
        assert findings.table["limit"][0] == pytest.approx(330)
        assert (
            "in the next 3 months (2024-10 to 2024-12), after 300 in as many before"
            in findings.table["condition"][0]
        )


@pytest.mark.parametrize(("share", "rises"), [(1.0, True), (0.5, False)])
def test_complaints_still_to_be_logged_are_no_fall_to_rise_from(found, share, rises) -> None:
    panel = make_panel({"credit_card": [100.0] * 11 + [50.0]})
    completeness = np.array([[1.0] * 11 + [share]])
    outlook = replace(make_outlook(panel, [[[105.0]] * 6]), completeness=completeness)
    findings = found(forecast=outlook)  # 315 after 250 that are logged, of 300 with those still to come
    assert rules(findings) == ([("complaints_rise", "amber")] if rises else [])


def test_no_rise_is_claimed_where_the_last_months_are_unknown(found) -> None:
    panel = make_panel({"credit_card": [100.0] * 11 + [np.nan]})
    findings = found(forecast=make_outlook(panel, [[[900.0]] * 6]))
    assert findings.table.empty
    assert severity_by(findings, "complaints_rise") == ["unclear"]


def test_a_month_of_true_zero_is_known(found, take_in) -> None:
    panel = make_panel({"credit_card": [5.0] * 10 + [0.0, 7.0]})
    outlook = make_outlook(panel, [[[9.0]] * 6])
    (row,) = found(forecast=outlook).table.to_dict("records")
    assert row["condition"].endswith("after 12 in as many before")
    months = pd.period_range("2023-10", "2024-09", freq="M").astype("str")
    received = [f"{month}-{day:02d}" for month in months if month != "2024-08" for day in range(1, 28)]
    rows = [{"complaint_id": day, "received_at": day, "unit_id": "u", "product": "p"} for day in received]
    silent = found(data=take_in(complaints=rows, as_of="2024-09-30"), forecast=outlook)
    assert severity_by(silent, "complaints_rise") == ["unclear"]
    holes = silent.table[silent.table["rule"] == "unknown_months"]
    assert holes["condition"].tolist() == ["Months without a row where many are due: 2024-08"]


def test_a_rise_of_few_complaints_is_not_judged(found) -> None:
    panel = make_panel({"credit_card": [1.0] * 9 + [0.0] * 3})
    findings = found(forecast=make_outlook(panel, [[[1.0]] * 6]))  # 3 after none
    assert severity_by(findings, "complaints_rise") == ["unclear"]


def test_more_complaints_than_may_be_are_not_in_order(found) -> None:
    findings = found(forecast=outlook_of(100.0, [100.0] * 80 + [400.0] * 20))  # 480 after 300, at 49 %
    (row,) = findings.others[findings.others["rule"] == "complaints_rise"].to_dict("records")
    assert row["severity"] == "unclear"
    assert row["condition"].startswith("480 complaints are expected in the next 3 months")


def test_no_rise_is_claimed_from_one_month_of_history(found) -> None:
    one_month = make_panel({"credit_card": [12824.0]})
    findings = found(forecast=make_outlook(one_month, [[[12735.0]] * 6]))
    assert severity_by(findings, "complaints_rise") == ["unclear"]
    (row,) = findings.others[findings.others["rule"] == "complaints_rise"].to_dict("records")
    assert row["condition"] == "The history is shorter than the 3 months ahead: it shows no rise"


@pytest.mark.parametrize(
    ("probability", "severity"),
    [(0.2, "amber"), (0.21, "watch"), (0.32, "watch"), (0.34, "unclear"), (0.79, "unclear"), (0.8, "passed")],
)
def test_an_objective_that_is_very_likely_missed_is_a_finding(found, probability, severity) -> None:
    findings = found(objectives=make_objectives([{"probability": probability}]))
    assert severity_by(findings, "objective") == [severity]
    (row,) = findings.facts[findings.facts["rule"] == "objective"].to_dict("records")
    assert (row["value"], row["limit"]) == (0.935, 0.945)
    assert row["probability"] == pytest.approx(1 - probability)


def test_a_finding_of_an_objective_says_what_is_wanted_what_comes_and_who_acts(found) -> None:
    rows = [{}, {"indicator_id": "retention", "target": 1.02, "needed": 1.4}]
    lacking = [("bot_accuracy", "the source gives no rows")]
    findings = found(objectives=make_objectives(rows, lacking))
    table = findings.table[findings.table["rule"] == "objective"]
    assert table["criterion"].tolist() == [
        "Customer satisfaction: +5% in 2024 against the year before (objective of source 001)",
        "Customer retention: +5% in 2024 against the year before (objective of source 001)",
    ]
    assert table["condition"].tolist() == [
        "Customer satisfaction: 93.5% expected for 2024; the objective is 94.5%",
        "Customer retention: 93.5% expected for 2024; the objective is 102%, more than all: no course meets it",
    ]
    assert table["evidence"].iloc[0] == (
        "90% the year before; 93% so far; 98.5% needed in what is left; 90% interval 93% to 94%; probability of"
        " missing the objective 99%, the quarter before 80%"
    )
    assert "nothing that is left reaches the objective" in table["evidence"].iloc[1]
    assert (table["owner"] != "").all()
    (other,) = findings.others[findings.others["rule"] == "objective"].to_dict("records")
    assert other["severity"] == "unclear"
    assert other["condition"].endswith("the objective cannot be followed: the source gives no rows")
    assert other["evidence"] == ""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("green", "red", 1), ("amber", "red", 1), ("insufficient", "red", 1),
        ("red", "red", 0), ("green", "amber", 0), ("green", "insufficient", 0), ("", "", 0),
    ],
)  # fmt: skip
def test_a_scenario_that_turns_indicators_red_is_a_finding(found, before, after, expected) -> None:
    findings = found(stress=[make_stress([{"rating_before": before, "rating": after}])])
    assert rules(findings) == [("scenario", "amber")] * expected
    for row in findings.table.to_dict("records"):
        assert row["subject_name"] == "Scenario: By hand (severe)"
        assert row["condition"] == (
            "1 of 1 indicators would turn red: Resolved within seven working days (99.5% to 90%)"
        )
        assert row["evidence"].endswith("of the policy's weight turn red; probability of red 97%")


def test_a_scenario_is_one_finding_red_where_much_of_the_weight_turns_red(found, default_policy) -> None:
    limit = default_policy.findings.scenario_red
    one, all_ = (
        make_stress(),
        make_stress([{"indicator_id": i.id} for i in default_policy.indicators if i.limits]),
    )
    first, second = (found(stress=[test]).table.iloc[0] for test in (one, all_))
    assert (first["severity"], second["severity"]) == ("amber", "red")
    assert 0 < first["value"] < limit <= second["value"] == pytest.approx(1)


def test_a_scenario_that_is_there_twice_is_refused(found) -> None:
    with pytest.raises(ParameterError, match="by_hand, severe is there more than once; give each scenario"):
        found(stress=[make_stress(), make_stress()])
    other = make_stress().scenario.model_copy(update={"id": "other"})
    assert found(stress=[make_stress(), replace(make_stress(), scenario=other)]).facts["finding_id"].is_unique


def test_a_scenario_says_that_indicators_were_red_before(found) -> None:
    findings = found(stress=[make_stress([{"rating_before": "red"}])])
    (row,) = findings.others[findings.others["rule"] == "scenario"].to_dict("records")
    assert row["condition"] == "No one of the 1 indicators that it moves turns red; red before: 1"


# Data


@pytest.mark.parametrize(
    ("rejected", "expected"),
    [(0, []), (10, []), (11, ["amber"]), (200, ["amber"]), (201, ["red"]), (10_000, ["red"])],
)
def test_too_many_rejected_rows_are_a_finding(found, default_policy, rejected, expected) -> None:
    limits = default_policy.data_quality
    assert (limits.rejected_amber, limits.rejected_red) == (0.001, 0.02)
    findings = found(data=make_tables(10_000, rejected))
    assert findings.table["severity"].tolist() == expected
    if expected:
        row = findings.table.iloc[0]
        assert row["rule"] == "rejected_rows"
        assert row["condition"] == f"{rejected:,} of 10,000 rows were rejected"
        assert row["value"] == rejected / 10_000
        assert row["limit"] == (0.02 if expected == ["red"] else 0.001)
        assert row["criterion"].startswith(
            "At most 2.00%" if expected == ["red"] else "At most 0.10%"
        )  # unrounded


def test_unknown_months_are_a_finding(found) -> None:
    table = found(data=make_tables(unknown=("2024-05", "2024-06"))).table
    assert table["condition"].tolist() == ["Months that the source does not know: 2024-05, 2024-06"]
    assert table["severity"].tolist() == ["amber"]
    assert table[["value", "limit"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("revised", "expected"), [(0, []), (10, []), (11, ["amber"]), (50, ["amber"]), (51, ["red"])]
)
def test_rows_that_a_new_delivery_rewrites_are_a_finding(found, default_policy, revised, expected) -> None:
    limits = default_policy.data_quality
    assert (limits.rewritten_amber, limits.rewritten_red) == (0.01, 0.05)
    months = {
        "2024-05": {"rows": 9000, "completed": 4000, "added": 10},
        "2024-06": {"rows": 1000, "revised": revised, "completed": 900},
    }
    data = replace(make_tables(), changes=(make_changes(**months),))
    table = found(data=data).table
    assert table["severity"].tolist() == expected
    if expected:
        row = table.iloc[0]
        assert (
            f"{revised} revised and 0 vanished since the last delivery: {revised / 10:.2f}%"
            in row["condition"]
        )
        assert row["evidence"] == (
            f"against digest 00000000000000aa; 2024-06: 0 late, {revised} revised, 0 vanished of 1,000"
        )
        assert (row["value"], row["rule"]) == (revised / 1000, "rewritten_rows")
        assert row["limit"] == (0.05 if expected == ["red"] else 0.01)


def test_late_and_vanished_rows_count_as_much_and_many_months_are_summed_up(found) -> None:
    months = {
        f"2024-{month:02d}": {"rows": 10, "late": 1, "added": 1, "vanished": 1} for month in range(1, 9)
    }
    row = found(data=replace(make_tables(), changes=(make_changes(**months),))).table.iloc[0]
    assert row["value"] == pytest.approx(2 / 11)
    assert row["evidence"].endswith("2024-03: 1 late, 0 revised, 1 vanished of 10; and 2 more months")


def test_data_without_any_worth_is_a_finding(found, take_in) -> None:
    rows = [{"complaint_id": "c1", "received_at": "2024-09-03", "unit_id": "u", "product": "p"}]
    table = found(data=take_in(complaints=rows, as_of="2024-09-30")).table
    (condition,) = table["condition"]
    assert (
        condition
        == "Every value checked fails: logged_at completeness, channel completeness, category completeness"
    )


def test_observations_that_nothing_uses_are_a_finding(found, take_in, default_policy) -> None:
    rows = [
        {"indicator_id": name, "unit_id": "", "month": "2024-09-01", "numerator": 9, "denominator": 10}
        for name in ("training_coverage", "traning_coverage", "happiness")
    ]
    complaint = dict.fromkeys(("channel", "category"), "x")
    complaints = [
        complaint
        | {
            "complaint_id": "c1",
            "received_at": "2024-09-03",
            "logged_at": "2024-09-04",
            "unit_id": "u",
            "product": "p",
        }
    ]
    table = found(data=take_in(observations=rows, complaints=complaints, as_of="2024-09-30")).table
    assert table["condition"].tolist() == [
        "Rows of unknown indicators, which nothing uses: happiness (1), traning_coverage (1)"
    ]


def test_no_rise_is_claimed_across_a_break(found) -> None:
    panel = replace(make_panel({"p": [10.0] * 12}), breaks=(Break(month="2024-08", words="x"),))
    assert found(forecast=make_outlook(panel, np.full((1, 3, 5), 100.0))).table.empty
    earlier = replace(panel, breaks=(Break(month="2024-07", words="x"),))
    assert len(found(forecast=make_outlook(earlier, np.full((1, 3, 5), 100.0))).table) == 1


def test_a_quarter_that_is_not_over_is_a_finding(found) -> None:
    early = replace(make_tables(), as_of=date(2024, 9, 29))
    table = found(data=early).table
    assert table["condition"].tolist() == ["The quarter is known only up to 2024-09-29"]
    assert rules(found(data=early)) == [("unfinished_quarter", "amber")]


def test_lacking_indicators_are_one_finding(found) -> None:
    lacking = [("retention", "the source has no table 'observations'"), ("major_1h", "no severity")]
    table = found(make_card(unavailable=lacking)).table
    assert table["subject_name"].tolist() == ["Data: indicators"]
    assert table["value"].tolist() == [2]
    assert table["evidence"][0] == "retention: the source has no table 'observations'; major_1h: no severity"


# All together


def everything(found, **more):
    rows = [
        AMBER,
        RED | {"indicator_id": "reply_2wd"},
        RED | {"unit_id": "u0", "indicator_id": "dual_control_rate"},
        AMBER | {"unit_id": "u1"},
    ]
    rows[-1] |= {"indicator_id": "retention"}
    return found(
        make_card(rows, [{"rating": "red", "p_amber": 1.0, "p_red": 1.0}], [("major_1h", "no severity")]),
        data=make_tables(1000, 1000, ("2024-05",)),
        forecast=outlook_of(100.0, [200.0]),
        stress=[make_stress()],
        **more,
    )


def test_red_ones_come_first_and_every_word_is_there(found) -> None:
    table = everything(found).table
    assert table["severity"].tolist() == sorted(table["severity"], reverse=True)
    assert (table["severity"] == "red").sum() == 4
    assert set(table["rule"]) == {
        "bank_limit", "unit_limit", "unit_score", "complaints_rise", "scenario", "rejected_rows", "unknown_months",
        "lacking_indicators",
    }  # fmt: skip
    assert (table[list(WORDS)].map(len) > 0).all(axis=None)


def test_the_same_problem_has_the_same_identifier_in_the_next_quarter(found) -> None:
    first = everything(found)
    worse = [RED, RED | {"unit_id": "u1", "p_amber": 1.0}]
    card = replace(make_card(worse), period="2024Q4", as_of=date(2024, 12, 31))
    later = found(card, data=replace(make_tables(), as_of=date(2024, 12, 31)))
    assert (first.period, later.period) == ("2024Q3", "2024Q4")
    assert first.facts["finding_id"].is_unique
    assert later.facts["finding_id"].is_unique
    keys = ["rule", "subject_kind", "subject", "indicator_id"]
    both = first.facts.merge(later.facts, on=keys, suffixes=("", "_later"))
    assert {"bank_limit", "rejected_rows", "unfinished_quarter"} <= set(both["rule"])
    assert both["finding_id"].tolist() == both["finding_id_later"].tolist()
    changed = both[both["rule"] == "bank_limit"]
    assert (changed["value"] != changed["value_later"]).all()  # the same problem, of other figures


def test_findings_know_where_they_come_from(found) -> None:
    findings = everything(found)
    assert findings.sentence.startswith("2024Q3: findings: 4 red, 6 amber; on the watch list: 0;")
    assert findings.data_digest == make_tables().digest
    assert findings.as_of.isoformat() == "2024-09-30"
    assert findings.policy.isoformat() == "2000-01-01"


def test_facts_are_saved_and_read_again_in_another_language(found, tmp_path) -> None:
    save(everything(found), tmp_path / "findings")
    again = load(tmp_path / "findings", Findings)
    pd.testing.assert_frame_equal(again.table, everything(found).table)
    (tmp_path / "zh.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8"
    )
    use_language("zh", folder=tmp_path)
    try:
        assert "七个工作日办结率 is 97%" in again.table["condition"].str.cat()
    finally:
        use_language("en")


def test_cause_and_owner_come_from_the_first_risk_that_lists_the_indicator(found, register) -> None:
    row = found(make_card([RED])).table.iloc[0]
    risk = register.signalled_by("resolved_7wd")
    assert row["cause"] == f"Presumed: {risk.cause_en}"
    assert row["consequence"] == risk.consequence_en
    assert row["owner"] == risk.owner_en
    corrective = [control.name_en for control in risk.controls if control.kind == "corrective"]
    assert row["corrective_action"] == "; ".join(corrective)


def test_a_risk_without_corrective_control_names_its_first_one(found, register) -> None:
    risk = register.signalled_by("resolved_7wd")
    preventive = tuple(control for control in risk.controls if control.kind == "preventive")
    without = RiskRegister(risks=(risk.model_copy(update={"controls": preventive}),))
    row = found(make_card([RED]), register=without).table.iloc[0]
    assert row["corrective_action"] == preventive[0].name_en


def test_an_indicator_outside_the_register_says_so(found) -> None:
    row = found(make_card([RED]), register=RiskRegister(risks=())).table.iloc[0]
    columns = ["cause", "consequence", "corrective_action", "owner"]
    assert set(row[columns]) == {"not in the risk register"}


def test_without_a_register_findings_say_so(default_policy) -> None:
    findings = assess(default_policy, data=make_tables(), scorecard=make_card([RED]), stress=[make_stress()])
    assert findings.table["owner"].tolist() == ["not in the risk register"] * 2


HOSTILE = ["{0.__class__}", "{name}", "100 % {", "}", "%s %(x)s", "<script>alert(1)</script>", "$x$", "=1+1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_plain_text(found, name) -> None:
    rows = [{"unit_id": name} | RED, {"indicator_id": "reply_2wd", "unit_id": name} | AMBER]
    card = make_card(
        rows,
        [{"unit_id": name, "name": name, "rating": "red", "p_amber": 1.0, "p_red": 1.0}],
        [("retention", name)],
    )
    findings = found(card)
    subjects = findings.table["subject_name"].tolist()
    assert sorted(subjects) == sorted([name, name, name, "Data: indicators"])
    lacking = findings.table["rule"] == "lacking_indicators"
    assert findings.table.loc[lacking, "evidence"].tolist() == [f"retention: {name}"]
    assert "<script>" not in table_html(findings.summary())


def test_texts_of_the_policy_and_the_register_stay_plain_text(default_policy, register) -> None:
    policy = only(default_policy, "resolved_7wd", name_en="{value} {0}", standard="{x} 5 %")
    risk = register.signalled_by("resolved_7wd").model_copy(update={"cause_en": "{cause} %d"})
    findings = assess(
        policy, data=make_tables(), scorecard=make_card([RED]), register=RiskRegister(risks=(risk,))
    )
    row = findings.table.iloc[0]
    assert row["condition"] == "{value} {0} is 90%, beyond the red limit of 95%"
    assert row["criterion"].endswith("standard: {x} 5 %")
    assert row["cause"] == "Presumed: {cause} %d"


def test_findings_speak_another_language(found, tmp_path, register) -> None:
    entries = {
        "Whole bank": "全行",
        "{indicator} is {value}{unit}, beyond the {severity} limit of {limit}": "{indicator}为{value}",
    }
    texts = {"": "Content-Type: text/plain; charset=UTF-8\n"} | entries
    quoted = [[json.dumps(text, ensure_ascii=False) for text in pair] for pair in texts.items()]
    lines = [f"msgid {text}\nmsgstr {translation}\n" for text, translation in quoted]
    (tmp_path / "zh.po").write_text("\n".join(lines), encoding="utf-8")
    use_language("zh", folder=tmp_path)
    try:
        row = found(make_card([RED])).table.iloc[0]
    finally:
        use_language("en")
    assert row["subject_name"] == "全行"
    assert row["condition"] == "七个工作日办结率为90%"
    assert row["owner"] == register.signalled_by("resolved_7wd").owner_zh


# The readable rules (tests/spec/rules.py)


def follows(rule: Rule, take_in, policy: Policy, register) -> tuple[str, str]:
    """The rating that the real code gives, and the severity of the finding it draws; empty: none."""
    if rule.subject == "table":
        limits = {"rejected_amber": rule.amber, "rejected_red": rule.red}
        policy = policy.model_copy(update={"data_quality": policy.data_quality.model_copy(update=limits)})
        tables = make_tables(rule.denominator, rule.numerator)
        table = assess(policy, data=tables, scorecard=make_card(), register=register).table
        return "", "".join(table["severity"])
    card = _card(rule, take_in, policy)
    unit, name = {"bank": ("", "bank_limit"), "unit": ("u", "unit_limit")}[rule.subject]
    rating = card.indicators.set_index("unit_id").loc[unit, "rating"]
    table = assess(policy, data=make_tables(), scorecard=card, register=register).table
    about = (table["rule"] == name) & (table["subject"] == unit)
    return str(rating), "".join(table.loc[about, "severity"])


def _card(rule: Rule, take_in, policy: Policy):
    units = {"u": (rule.numerator, rule.denominator)}
    units |= {f"other{place}": rule.others[1:] for place in range(rule.others[0])}
    observations = [
        {
            "indicator_id": rule.indicator,
            "unit_id": unit,
            "month": "2024-08-01",
            "numerator": numerator,
            "denominator": denominator,
        }
        for unit, (numerator, denominator) in units.items()
    ]
    tables = take_in(observations=observations)
    limits = None if rule.amber is None else Limits(amber=rule.amber, red=rule.red)
    indicator = policy.indicator(rule.indicator).model_copy(update={"limits": limits})
    rating = policy.rating.model_copy(update={"certainty": CERTAINTY})
    wanted = policy.model_copy(update={"indicators": (indicator,), "rating": rating})
    return score(tables, wanted, period="2024Q3")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.situation)
def test_the_rules_hold(rule, take_in, default_policy, register) -> None:
    assert follows(rule, take_in, default_policy, register) == (rule.rating, rule.finding)


def test_the_manual_shows_the_rules_as_they_are(project) -> None:
    shown = (project / "docs" / "rules.md").read_text(encoding="utf-8")
    assert shown == rendered(), "write it again: python tests/spec/rules.py"


def test_the_rules_show_every_rating_and_finding() -> None:
    frame = pd.DataFrame(RULES)
    assert set(frame["rating"]) == {"red", "amber", "green", "insufficient", ""}
    assert set(frame["finding"]) == {"red", "amber", ""}
    assert set(frame["subject"]) == {"bank", "unit", "table"}
    assert frame["situation"].is_unique
