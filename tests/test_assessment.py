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
    make_outlook,
    make_panel,
    make_stress,
    make_tables,
    only,
)
from spec.rules import CERTAINTY, RULES, Rule, rendered

from riskmodels.assessment import Findings, assess
from riskmodels.display import table_html
from riskmodels.labels import use_language
from riskmodels.parameters.policy import Limits, Policy
from riskmodels.parameters.risks import RiskRegister, load_risks
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


def kinds(findings):
    return list(zip(findings.table["kind"], findings.table["severity"], strict=True))


def test_nothing_wrong_gives_no_finding(found) -> None:
    findings = found(make_card([{}, {"unit_id": "u1"}], [{}]), stress=[make_stress([{"rating": "amber"}])])
    assert findings.table.empty
    assert findings.sentence == "2024Q3: 0 red and 0 amber findings."
    assert findings.summary().empty


# Indicators of the bank


@pytest.mark.parametrize(("row", "severity"), [(RED, "red"), (AMBER, "amber")])
def test_an_indicator_of_the_bank_is_a_finding_by_its_rating(found, row, severity) -> None:
    table = found(make_card([row, {"indicator_id": "reply_2wd"}])).table
    assert len(table) == 1
    only_one = table.iloc[0]
    assert (only_one["kind"], only_one["severity"]) == ("indicator", severity)
    assert only_one["subject"] == "Whole bank"
    assert only_one["indicator_id"] == "resolved_7wd"
    assert only_one["value"] == row["value"]
    assert only_one["limit"] == {"red": 0.95, "amber": 0.99}[severity]
    assert only_one["amber"] == 0.99


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
    assert per_thousand == "Complaint rate is 8.253, beyond the amber limit of 4.5"
    assert table["evidence"][0] == (
        "970 over 1,000; true value about 99.8% (90% interval 96% to 98%); probability beyond the limit 100%"
    )
    assert table["evidence"][1].startswith(
        "15,606 over 1,891,000; true value about 8.25 (90% interval 7.9 to 8.65);"
    )
    assert "amber beyond 99%" in table["criterion"][0]
    assert "standard: all complaints" in table["criterion"][0]


# Indicators of units: the probability of an error is shared among the units (Bonferroni)


def units_of(ratings, p_name, probabilities):
    differs = {"red": RED, "amber": AMBER}
    return [
        {"unit_id": f"u{place:02d}"} | (differs[rating] | {p_name: p} if rating in differs else {})
        for place, (rating, p) in enumerate(zip(ratings, probabilities, strict=True))
    ]


@pytest.mark.parametrize(
    ("units", "needed"),
    [(1, 0.80), (4, 0.95), (10, 0.98), (40, 0.995)],  # 1 - (1 - 0.8) / units
)
def test_a_red_unit_needs_more_certainty_the_more_units_there_are(found, units, needed) -> None:
    for probability, expected in ((needed + 1e-6, 1), (needed - 1e-6, 0)):
        rows = units_of(["red", *["green"] * (units - 1)], "p_red", [probability] * units)
        table = found(make_card(rows)).table
        assert (table["severity"] == "red").sum() == expected == len(table)
        assert set(table["kind"]) <= {"unit"}


def test_units_are_counted_indicator_by_indicator(found) -> None:
    rows = units_of(["red"], "p_red", [0.85])  # the only unit with this indicator
    rows += [{"indicator_id": "reply_2wd", "unit_id": f"u{place}"} for place in range(40)]
    assert kinds(found(make_card(rows))) == [("unit", "red")]


def test_the_bank_is_not_one_of_the_units(found) -> None:
    rows = [{"unit_id": ""}, *units_of(["red", "green"], "p_red", [0.9001, 0])]
    assert kinds(found(make_card(rows))) == [("unit", "red")]


def test_a_unit_is_named_with_its_identifier(found) -> None:
    rows = units_of(["red"], "p_red", [1.0])
    assert found(make_card(rows, [{"unit_id": "u00"}])).table["subject"][0] == "First branch (u00)"
    assert found(make_card(rows)).table["subject"][0] == "u00"
    same = make_card(rows, [{"unit_id": "u00", "name": "u00"}])
    assert found(same).table["subject"][0] == "u00"


def test_certainly_amber_units_of_a_good_bank_are_one_finding(found) -> None:
    probabilities = [0.98, 0.999, 0.9, *[0.0] * 7]  # ten units: 0.98 is needed
    rows = units_of(["amber", "amber", "amber", *["green"] * 7], "p_amber", probabilities)
    table = found(make_card([{}, *rows])).table
    assert kinds(found(make_card([{}, *rows]))) == [("unit", "amber")]
    assert table["subject"][0] == "Units: u01, u00"  # the surest first
    assert "(units: 2), the worst at 97%" in table["condition"][0]
    assert table["evidence"][0] == "probability beyond the limit 98% to 100%"


def test_amber_units_are_no_finding_where_the_bank_is_amber_itself(found) -> None:
    rows = [AMBER, *units_of(["amber"], "p_amber", [1.0])]
    assert kinds(found(make_card(rows))) == [("indicator", "amber")]


def test_at_most_five_units_are_named(found) -> None:
    rows = units_of(["amber"] * 7, "p_amber", [1.0] * 7)
    assert found(make_card(rows)).table["subject"][0] == "Units: u00, u01, u02, u03, u04 …"


# Scores


@pytest.mark.parametrize(
    ("rating", "expected"),
    [("red", [("unit", "red")]), ("amber", [("unit", "amber")]), ("green", []), ("insufficient", [])],
)
def test_a_score_is_a_finding_by_its_rating(found, default_policy, rating, expected) -> None:
    findings = found(make_card(units=[{"rating": rating, "score": 71.4, "lower": 61.2, "upper": 80.0}]))
    assert kinds(findings) == expected
    for row in findings.table.to_dict("records"):
        limit = {"red": default_policy.rating.score_red, "amber": default_policy.rating.score_amber}[rating]
        assert row["limit"] == limit
        assert row["condition"] == "The unit scores 71 points (61 to 80)"
        assert row["evidence"] == "3 indicators rated; rank 1 to 2"


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
    assert kinds(findings) == ([("forecast", "amber")] if rises else [])
    if rises:
        assert findings.table["limit"][0] == pytest.approx(330)
        assert "in the next 3 months, after 300 in the last" in findings.table["condition"][0]


@pytest.mark.parametrize(("share", "rises"), [(1.0, True), (0.5, False)])
def test_complaints_still_to_be_logged_are_no_fall_to_rise_from(found, share, rises) -> None:
    panel = make_panel({"credit_card": [100.0] * 11 + [50.0]})
    completeness = np.array([[1.0] * 11 + [share]])
    outlook = replace(make_outlook(panel, [[[105.0]] * 6]), completeness=completeness)
    findings = found(forecast=outlook)  # 315 after 250 that are logged, of 300 with those still to come
    assert kinds(findings) == ([("forecast", "amber")] if rises else [])


def test_no_rise_is_claimed_where_the_last_months_are_unknown(found) -> None:
    panel = make_panel({"credit_card": [100.0] * 11 + [np.nan]})
    assert found(forecast=make_outlook(panel, [[[900.0]] * 6])).table.empty


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("green", "red", 1), ("amber", "red", 1), ("insufficient", "red", 1),
        ("red", "red", 0), ("green", "amber", 0), ("green", "insufficient", 0), ("", "", 0),
    ],
)  # fmt: skip
def test_an_indicator_that_a_scenario_turns_red_is_a_finding(found, before, after, expected) -> None:
    findings = found(stress=[make_stress([{"rating_before": before, "rating": after}])])
    assert kinds(findings) == [("stress", "amber")] * expected
    for row in findings.table.to_dict("records"):
        assert row["subject"] == "Scenario: By hand (severe)"
        assert row["condition"] == "Resolved within seven working days would go from 99.5% to 90%"
        assert row["limit"] == 0.95
        assert row["evidence"].endswith("probability of red 97%")


def test_every_scenario_has_its_own_findings(found) -> None:
    assert len(found(stress=[make_stress(), make_stress([{}, {"indicator_id": "reply_2wd"}])]).table) == 3


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
        assert row["kind"] == "data"
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
        assert (row["value"], row["kind"]) == (revised / 1000, "data")
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
    assert kinds(found(data=early)) == [("data", "amber")]


def test_lacking_indicators_are_one_finding(found) -> None:
    lacking = [("retention", "the source has no table 'observations'"), ("major_1h", "no severity")]
    table = found(make_card(unavailable=lacking)).table
    assert table["subject"].tolist() == ["Data: indicators"]
    assert table["value"].tolist() == [2]
    assert table["evidence"][0] == "retention: the source has no table 'observations'; major_1h: no severity"


# All together


def everything(found):
    rows = [
        AMBER,
        RED | {"indicator_id": "reply_2wd"},
        *units_of(["red"], "p_red", [1.0]),
        {"indicator_id": "retention", "unit_id": "u1"} | AMBER,
    ]
    return found(
        make_card(rows, [{"rating": "red"}], [("major_1h", "no severity")]),
        data=make_tables(1000, 1000, ("2024-05",)),
        forecast=outlook_of(100.0, [200.0]),
        stress=[make_stress()],
    )


def test_red_ones_come_first_and_numbers_follow_the_order(found) -> None:
    table = everything(found).table
    assert table["severity"].tolist() == ["red"] * 4 + ["amber"] * 6
    assert table["finding_id"].tolist() == [f"F{number:03d}" for number in range(1, 11)]
    assert set(table["kind"]) == {"indicator", "unit", "forecast", "stress", "data"}
    texts = table.drop(columns=["indicator_id", "value", "limit", "amber"])
    assert (texts.map(len) > 0).all(axis=None)


def test_findings_know_where_they_come_from(found) -> None:
    findings = everything(found)
    assert findings.sentence == "2024Q3: 4 red and 6 amber findings."
    assert findings.data_digest == make_tables().digest
    assert findings.as_of.isoformat() == "2024-09-30"
    assert findings.policy.isoformat() == "2000-01-01"


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
    narrow = RiskRegister(risks=(risk.model_copy(update={"controls": preventive}),))
    row = found(make_card([RED]), register=narrow).table.iloc[0]
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
    card = make_card(rows, [{"unit_id": name, "name": name, "rating": "red"}], [("retention", name)])
    findings = found(card)
    subjects = findings.table["subject"].tolist()
    assert subjects == [name, name, f"Units: {name}", "Data: indicators"]
    assert findings.table["evidence"].iloc[-1] == f"retention: {name}"
    assert "<script>" not in table_html(findings.summary())


def test_texts_of_the_policy_and_the_register_stay_plain_text(found, default_policy, register) -> None:
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
        "{name} is {value}, beyond the {severity} limit of {limit}": "{name}为{value}",
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
    assert row["subject"] == "全行"
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
    unit, kind, subject = {"bank": ("", "indicator", "Whole bank"), "unit": ("u", "unit", "u")}[rule.subject]
    rating = card.indicators.set_index("unit_id").loc[unit, "rating"]
    table = assess(policy, data=make_tables(), scorecard=card, register=register).table
    about = (table["kind"] == kind) & (table["subject"] == subject) & (table["indicator_id"] != "")
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
    complaint = {"complaint_id": "c", "received_at": "2024-07-01", "unit_id": "u", "product": "credit_card"}
    tables = take_in(complaints=[complaint], observations=observations)
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
