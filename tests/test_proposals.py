"""Proposals: what each rule asks for, in bounded steps, once for the same evidence, and nothing of nothing."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from small_bank import AMBER, RED, make_card, make_tables, only

from riskmodels.assessment import Findings, assess
from riskmodels.errors import ParameterError
from riskmodels.forecasting import nowcast_where_logged
from riskmodels.governance.changes import changed_text
from riskmodels.governance.drafting import quarters_to
from riskmodels.governance.inspections import plan_inspection
from riskmodels.governance.ledger.records import Proposal
from riskmodels.governance.looking_back import QUARTERS, changed_policy
from riskmodels.governance.proposals import propose
from riskmodels.governance.stepping import as_default, limits, step
from riskmodels.parameters.files import parse_parameters, read_text
from riskmodels.parameters.policy import Limits, Objective, Policy, load_policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.reporting.listings import list_looked_back, list_proposals
from riskmodels.scorecard.evidence import gather_quarters
from riskmodels.scorecard.rating import rate_period


@pytest.fixture
def proposals(default_policy):
    """Return a function from the rows of a card to the proposals they lead to."""

    def proposals(*rows, units=(), policy=default_policy, **more):
        found = assess(
            policy,
            data=make_tables(),
            scorecard=make_card(rows, units),
            register=RiskRegister(risks=()),
            **more,
        )
        return propose(found, policy)

    return proposals


def of_rule(changes, rule: str) -> pd.DataFrame:
    return changes.table[changes.table["rule"] == rule].reset_index(drop=True)


def change_of(changes) -> list[float]:
    lines = of_rule(changes, "set_objective")["proposed"].map(json.loads)
    return [line["objective"]["change_per_year"] for line in lines]


def test_nothing_to_propose_gives_an_empty_table_with_its_columns(proposals) -> None:
    changes = proposals({})
    assert changes.table.empty
    assert "proposal_id" in changes.table.columns
    assert changes.sentence.startswith("0 proposals wait for a decision: 0 of the policy of 2000-01-01")
    assert "<table" not in changes._repr_html_()  # a sentence says it
    assert list_proposals(changes).frame.empty
    assert list_looked_back(changes).sentence.startswith("No proposal changes a rating")


@pytest.mark.parametrize(
    ("row", "proposed"),
    [
        (RED, 0.1),  # from 90 % to 99 %: a tenth more
        (AMBER, 0.021),  # from 97 % to 99 %
        (
            RED | {"indicator_id": "handling_days", "value": 24.0, "amber": 15.0, "red": 20.0},
            -0.375,
        ),  # from 24 to 15 days
    ],
)
def test_the_change_brings_the_value_to_amber_within_a_year(proposals, row, proposed) -> None:
    changes = proposals(row)
    assert change_of(changes) == [proposed]
    one = of_rule(changes, "set_objective").iloc[0]
    assert one["path"] == f"indicators.{row.get('indicator_id', 'resolved_7wd')}"
    assert json.loads(one["current"]) == {"objective": None}
    assert one["finding_ids"].startswith("F-")
    assert changes.period == "2024Q3"


def test_a_proposal_says_why_and_what_must_be_seen(proposals) -> None:
    row = of_rule(proposals(RED), "set_objective").iloc[0]
    assert (
        row["reason"]
        == "Resolved within seven working days is 90%, beyond its limit, and no objective would bring it back"
    )
    assert row["measured_by"].startswith("Resolved within seven working days reaches 99% within a year")
    assert np.isnan(row["cost"])


def test_amber_is_that_of_the_bank_where_products_have_their_own(proposals, default_policy) -> None:
    assert default_policy.indicator("complaint_rate").limits_by_product
    by_mix = {"indicator_id": "complaint_rate", "value": 3.6, "amber": 3.0, "red": 5.0}
    changes = proposals(AMBER | by_mix)
    assert change_of(changes) == [
        -0.167
    ]  # to 3 by the mix of products; the 4 of other products would be a rise
    assert "reaches 3 within a year" in of_rule(changes, "set_objective").iloc[0]["measured_by"]


@pytest.mark.parametrize(
    ("value", "amber", "red"),
    [
        (0.0, 0.99, 0.95),  # nothing grows from zero
        (0.01, 0.99, 0.95),  # ninety-eight-fold
        (0.5, 0.0, 0.4),  # to nothing at all
        (0.5, 0.0001, 0.4),  # rounded, to nothing at all
        (1.0, 0.99, 0.95),  # inside amber, by earlier quarters beyond it: nothing less is asked for
        (float("nan"), 0.99, 0.95),
    ],
)
def test_what_no_policy_could_hold_is_not_proposed(proposals, value, amber, red) -> None:
    assert change_of(proposals(RED | {"value": value, "amber": amber, "red": red})) == []


@pytest.mark.parametrize("value", [0.0951, 0.2, 0.98])
def test_what_is_proposed_fits_the_policy(proposals, value) -> None:
    (proposed,) = change_of(proposals(RED | {"value": value}))
    assert Objective(change_per_year=proposed, source="a test").change_per_year == proposed


def test_an_indicator_with_an_objective_has_no_proposal(proposals, default_policy) -> None:
    objective = Objective(change_per_year=0.02, source="the board")
    policy = only(default_policy, "resolved_7wd", objective=objective)
    assert change_of(proposals(RED, policy=policy)) == []
    assert default_policy.indicator("online_satisfaction").objective is not None
    assert change_of(proposals(RED | {"indicator_id": "online_satisfaction"})) == []


def test_a_proposal_is_plain_text(proposals, default_policy) -> None:
    policy = only(default_policy, "resolved_7wd", name_en="{finding_id} 5 % {0}")
    row = of_rule(proposals(RED, policy=policy), "set_objective").iloc[0]
    assert row["reason"].startswith("{finding_id} 5 % {0} is 90%")
    assert row["measured_by"].startswith("{finding_id} 5 % {0} reaches 99%")


def test_nothing_is_changed_by_proposing(proposals, default_policy) -> None:
    before = default_policy.model_dump_json()
    proposals(RED, AMBER | {"indicator_id": "reply_2wd"})
    assert default_policy.model_dump_json() == before


# ---- the rules ----


def facts(**values) -> dict[str, object]:
    given = {"finding_id": "F-1", "rule": "bank_limit", "subject_kind": "bank", "subject": "", "severity": "red",
             "indicator_id": "", "value": np.nan, "estimate": np.nan, "limit": np.nan, "probability": 0.9}  # fmt: skip
    return given | values | {"figures": json.dumps(values.get("figures", {}))}


@pytest.fixture(scope="module")
def asked(default_policy):
    """Return a function from facts to the table of what is asked for."""
    template = assess(
        default_policy, data=make_tables(), scorecard=make_card(), register=RiskRegister(risks=())
    )

    def asked(*rows, policy=default_policy):
        made = pd.DataFrame(list(rows)) if rows else template.facts.head(0)
        return propose(replace(template, facts=made), policy).table

    return asked


UNIT = facts(
    rule="unit_limit", subject_kind="unit", subject="B1", indicator_id="dual_control_rate", value=0.9, estimate=0.91,
    figures={"amber": 0.95, "red": 0.9, "numerator": 180.0, "denominator": 200.0},
)  # fmt: skip
ALARM = facts(
    rule="alarm", subject_kind="alarm", subject="A-12345678", severity="amber", value=0.5,
    figures={"of": {"unit_id": "B1"}, "since": "2026-05", "last": "2026-08", "told": "risk department"},
)  # fmt: skip
RISE = facts(
    rule="complaints_rise", severity="amber", value=1300.0,
    figures={"last": 1000.0, "upper": 1500.0, "first": "2026-10", "until": "2026-12"},
)  # fmt: skip
MISSED = facts(finding_id="F-9", rule="forecast_missed", severity="amber", figures={})
OBJECTIVE = facts(
    rule="objective", severity="amber", indicator_id="online_satisfaction", value=0.8, figures={"year": "2026", "so_far": 0.79},
)  # fmt: skip
EFFECT = {
    "verdict": "no_effect",
    "measure": "training",
    "lower": -0.1,
    "upper": 0.1,
    "observed": 90.0,
    "months_after": 6.0,
}
ACTION = facts(
    rule="action_effect", subject_kind="action", subject="ACT-1", severity="watch", estimate=0.0, figures=EFFECT | {"unit_id": "B1"},
)  # fmt: skip
CALLS = facts(
    rule="scenario", subject_kind="scenario", subject="outage:severe", severity="amber",
    figures={"calls": [{"team": "night shift", "months": 3, "of": 6, "level": 0.4, "limit": 0.8}]},
)  # fmt: skip


def test_an_inspection_finds_what_it_says_with_the_probability_it_says(asked) -> None:
    (row,) = asked(UNIT).to_dict("records")
    (plan,) = json.loads(row["figures"])["plans"]
    missed = stats.hypergeom(200, 10, plan["items"]).pmf(0)  # 5 % of 200 faulty
    assert missed <= 0.05 < stats.hypergeom(200, 10, plan["items"] - 1).pmf(0)
    assert (plan["detection"], plan["found"]) == (pytest.approx(1 - missed), plan["items"] / 200)
    assert f"B1: {plan['items']} of 200 cases" in json.loads(row["proposed"])["measure"]
    assert (row["kind"], row["path"], row["finding_ids"]) == (
        "action",
        "inspections.dual_control_rate",
        "F-1",
    )


@pytest.mark.parametrize(
    ("faults", "population"), [(0.05, None), (0.05, 100), (0.5, 3), (1.0, 7), (0.001, 50), (1.0, None)]
)
def test_a_plan_is_the_smallest_that_does(faults, population) -> None:
    plan = plan_inspection(faults, population=population)

    def chance(items: int) -> float:
        if population is None:
            return 1 - stats.binom(items, faults).pmf(0)
        return 1 - stats.hypergeom(population, max(1, int(np.ceil(faults * population - 1e-9))), items).pmf(0)

    assert plan.detection == pytest.approx(chance(plan.items))
    assert chance(plan.items) >= 0.95 - 1e-9
    assert plan.items == 1 or chance(plan.items - 1) < 0.95


def test_a_known_plan_of_the_binomial() -> None:
    assert plan_inspection(0.05).items == 59  # the sample of discovery that auditors know
    assert plan_inspection(0.01).items == 299
    for wrong in ({"faults": 0.0}, {"faults": 0.1, "population": 0}, {"faults": 0.1, "sure": 1.0}):
        with pytest.raises(ParameterError, match="no inspection of"):
            plan_inspection(**wrong)


def test_an_alarm_asks_for_cases_one_of_which_is_too_many(asked) -> None:
    (row,) = asked(ALARM).to_dict("records")
    assert json.loads(row["figures"])["plans"][0]["items"] == 8  # 1 - (2/3)^8 is .96, of 7 it is .94
    assert json.loads(row["proposed"])["owner"] == "risk department"
    of = {"product": "wealth_management", "region": "south"}
    other = facts(rule="alarm", subject_kind="alarm", subject="A-9", severity="amber", value=0.5,
                  figures={"of": of, "since": "2026-05", "last": "2026-08", "told": ""})  # fmt: skip
    (named,) = asked(other).to_dict("records")
    assert "cases of wealth management, south since 2026-05" in json.loads(named["proposed"])["measure"]


def test_a_peak_asks_for_staff_and_names_the_forecast_that_was_missed(asked) -> None:
    (row,) = asked(RISE, MISSED).to_dict("records")
    assert "for 1,500 complaints from 2026-10 to 2026-12, +50%" in json.loads(row["proposed"])["measure"]
    assert row["finding_ids"] == "F-1 F-9"
    assert asked(MISSED).empty


def test_calls_that_a_scenario_leaves_ask_for_names(asked) -> None:
    (row,) = asked(CALLS).to_dict("records")
    assert (
        "night shift answers 40.0% of calls in time in its worst month; the limit is 80.0%" in row["reason"]
    )
    assert " " not in row["path"]


def test_a_missed_objective_asks_for_a_quarter_more_weight_up_to_the_heaviest(asked, default_policy) -> None:
    (row,) = asked(OBJECTIVE).to_dict("records")
    assert (json.loads(row["current"]), json.loads(row["proposed"])) == ({"weight": 2.0}, {"weight": 2.5})
    heaviest = only(default_policy, "online_satisfaction", weight=99.0)
    assert asked(OBJECTIVE, policy=heaviest).empty


def test_a_control_that_did_nothing_is_retired_and_one_that_worked_is_made_general(asked) -> None:
    (row,) = asked(ACTION).to_dict("records")
    assert (row["rule"], row["path"]) == ("retire_control", "actions.ACT-1")
    worked = facts(rule="action_effect", subject_kind="action", subject="ACT-1", severity="passed", estimate=-0.3,
                   figures=EFFECT | {"verdict": "worked", "unit_id": "B1"})  # fmt: skip
    (general,) = asked(worked).to_dict("records")
    assert general["rule"] == "make_general"
    assert np.isnan(general["cost"])  # nobody said what the pilot cost
    everywhere = facts(
        rule="action_effect", subject="ACT-1", figures=EFFECT | {"verdict": "worked", "unit_id": ""}
    )
    assert asked(everywhere).empty


def test_a_pilot_made_general_costs_each_other_unit_as_much(asked) -> None:
    pilot = {"verdict": "worked", "unit_id": "B1", "units": 2, "cost": 3_000.0}
    worked = facts(rule="action_effect", subject_kind="action", subject="ACT-1", severity="passed", estimate=-0.3,
                   figures=EFFECT | pilot)  # fmt: skip
    of_ten = facts(rule="unit_limit", subject_kind="units", severity="passed", figures={"rated": 10})
    assert asked(worked, of_ten)["cost"].tolist() == [12_000.0]


def test_what_is_beyond_its_limit_and_not_watched_is_watched(proposals, default_policy) -> None:
    rules = [one for one in default_policy.watch if one.what == "indicators"]
    watched = {name for one in rules for name in one.indicators}
    assert "text_alert_rate" not in watched
    row = RED | {"indicator_id": "text_alert_rate", "value": 12.0, "amber": 5.0, "red": 10.0}
    (added,) = of_rule(proposals(row), "add_watch").to_dict("records")
    assert json.loads(added["proposed"])["indicators"] == [*rules[-1].indicators, "text_alert_rate"]
    assert of_rule(proposals(RED), "add_watch").empty  # resolved_7wd is watched


# ---- laws ----

SHARES = st.floats(0.01, 0.99)


@given(data=st.data())
@settings(max_examples=4, deadline=None)
def test_the_same_evidence_changes_a_line_once(asked, project, data) -> None:
    rows = [
        facts(
            finding_id=f"F-{number}", indicator_id=name, value=data.draw(SHARES), severity=data.draw(st.sampled_from(["red", "amber", "watch"])),
            rule=rule, figures={"amber": 0.995, "red": 0.5, "numerator": 9.0, "denominator": 10.0, "year": "2026", "so_far": 0.5},
        )
        for number, name in enumerate(["resolved_7wd", "disclosure_rate", "online_satisfaction"])
        for rule in ("bank_limit", "objective")
    ]  # fmt: skip
    made = asked(*rows)
    lines = made[made["kind"] == "policy"]
    assert set(" ".join(made["finding_ids"]).split()) <= {row["finding_id"] for row in rows}
    text = read_text(project / "params" / "policy" / "2000-01-01.yaml")
    about = {"period": "2024Q3", "policy": date(2000, 1, 1), "policy_digest": "0" * 16}
    records = [
        Proposal.made({name: row[name] for name in Proposal.model_fields if name in row} | about)
        for row in lines.to_dict("records")
    ]
    changed, _ = changed_text(text, records, where="the policy")
    ids = " ".join(lines["proposal_id"]) or "none"
    adopted = {
        "period": "2024Q3",
        "base": "2000-01-01",
        "proposals": ids,
        "decisions": "D",
        "ledger_head": "1:0",
    }
    policy = parse_parameters(f"{changed}\nadopted: {json.dumps(adopted)}\n", Policy, where="the policy")
    again = asked(*rows, policy=policy)
    assert set(again["path"]).isdisjoint(lines["path"])


@given(severities=st.lists(st.sampled_from(["watch", "unclear", "passed"]), max_size=6))
@settings(max_examples=8, deadline=None)
def test_without_a_finding_there_is_no_proposal(asked, severities) -> None:
    rules = [UNIT, ALARM, RISE, MISSED, OBJECTIVE, CALLS]
    assert asked(*(row | {"severity": one} for row, one in zip(rules, severities, strict=False))).empty


def test_the_identifier_is_made_of_line_and_evidence(asked) -> None:
    first, same, other = (
        asked(UNIT),
        asked(UNIT | {"limit": 0.5, "probability": 0.99}),
        asked(UNIT | {"value": 0.8}),
    )
    assert first["proposal_id"].tolist() == same["proposal_id"].tolist() != other["proposal_id"].tolist()


@given(
    amber=st.floats(0.01, 1e3), gap=st.floats(0.01, 1e3), goal=st.floats(0.01, 1e3), wide=st.floats(0.01, 1e3)
)
def test_a_step_is_bounded_and_in_order(amber, gap, goal, wide) -> None:
    now = Limits(amber=amber, red=amber + gap)
    moved = step(now, {"amber": goal, "red": goal + wide})
    ends = {"amber": now.amber, "red": now.red} | moved
    assert ends["amber"] < ends["red"]
    for name, wanted in (("amber", goal), ("red", goal + wide)):
        way = wanted - getattr(now, name)
        assert abs(ends[name] - getattr(now, name)) <= max(0.25 * abs(way), 0.1 * gap) + 1e-3 * abs(
            ends[name]
        )


def test_who_set_a_limit_by_an_adopted_proposal_is_asked_again() -> None:
    assert (
        as_default("source 002 (amber), adopted proposal of 2026Q3 (red)")
        == "source 002 (amber), riskmodels default (red)"
    )


@pytest.fixture(scope="module")
def inspected(take_in):
    """A bank of twelve units with five quarters of inspections, the first units the worst."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "inspection_id": f"i{quarter}{unit}", "inspected_on": f"{quarter}-15", "unit_id": f"u{unit}",
            "kind": "dual_control", "items": "200", "passed": str(rng.binomial(200, 0.80 + 0.015 * unit)),
        }
        for quarter in ("2025-08", "2025-11", "2026-02", "2026-05", "2026-08")
        for unit in range(12)
    ]  # fmt: skip
    return take_in(as_of="2026-09-30", inspections=rows)


def test_default_limits_go_a_quarter_of_the_way_and_four_quarters_are_rated(
    inspected, default_policy
) -> None:
    found = assess(default_policy, data=inspected, scorecard=make_card(), register=RiskRegister(risks=()))
    row = UNIT | {
        "finding_id": "F-3",
        "figures": json.dumps({"amber": 0.95, "red": 0.9, "numerator": 160.0, "denominator": 200.0}),
    }
    found = replace(found, facts=pd.DataFrame([row]), period="2026Q3")
    assert isinstance(found, Findings)
    few = (default_policy.indicator("dual_control_rate"),)  # it is quicker
    default_policy = default_policy.model_copy(update={"indicators": few, "watch": ()})
    changes = propose(found, default_policy, tables=inspected)
    (limit,) = of_rule(changes, "set_limit").to_dict("records")
    now, then, goal = (
        json.loads(limit["current"]),
        json.loads(limit["proposed"]),
        json.loads(limit["figures"])["goal"][0],
    )
    for name in ("amber", "red"):
        if f"limits.{name}" in then:
            way = goal[name] - now[f"limits.{name}"]
            assert then[f"limits.{name}"] == pytest.approx(now[f"limits.{name}"] + 0.25 * way, rel=1e-3)
    rows = changes.quarters[changes.quarters["proposal_id"] == limit["proposal_id"]]
    assert len(rows) == 2 * QUARTERS
    rated = rate_period(inspected, default_policy, "2026Q1", by="unit_id")
    red = int(((rated["indicator_id"] == "dual_control_rate") & (rated["rating"] == "red")).sum())
    assert rows.set_index(["period", "measure"]).loc[("2026Q1", "units_red"), "now"] == red > 0
    known = gather_quarters(inspected, default_policy, quarters_to("2026Q3", 8), by="unit_id")
    (made,) = limits(found, default_policy, inspected, known, None, ())
    (again,) = limits(found, changed_policy(default_policy, [made]), inspected, known, None, ())
    assert (
        made.id == again.id == limit["proposal_id"]
    )  # the same evidence: adopted, it is not asked for again


def test_a_look_back_allows_for_complaints_not_logged_yet_as_the_scorecard_does(
    sample_tables, default_policy
) -> None:
    one = default_policy.indicator("complaint_rate")
    lower = {
        name: Limits(amber=0.9 * at.amber, red=0.9 * at.red) for name, at in one.limits_by_product.items()
    }
    one = one.model_copy(update={"limits_by_product": lower})
    policy = default_policy.model_copy(update={"indicators": (one,), "watch": ()})
    found = assess(policy, data=sample_tables, scorecard=make_card(), register=RiskRegister(risks=()))
    row = UNIT | {
        "finding_id": "F-4",
        "indicator_id": one.id,
        "figures": json.dumps({"amber": 3.6, "red": 5.4, "numerator": 160.0, "denominator": 20.0}),
    }
    found = replace(found, facts=pd.DataFrame([row]), period="2026Q3")
    changes = propose(found, policy, tables=sample_tables)
    now = changes.quarters.set_index(["period", "measure"])["now"]
    known = nowcast_where_logged(sample_tables.complaints)
    red, red_without = (
        int(
            (rate_period(sample_tables, policy, "2026Q3", by="unit_id", nowcast=one)["rating"] == "red").sum()
        )
        for one in (known, None)
    )
    assert now.loc[("2026Q3", "units_red")] == red != red_without


RANKS = {"green": 0, "insufficient": 0.5, "amber": 1, "red": 2}


@given(amber=st.floats(0.80, 0.97), gap=st.floats(0.01, 0.1), tighter=st.floats(0.0, 0.02))
@settings(max_examples=4, deadline=None)
def test_tightening_never_improves_a_rating(inspected, default_policy, amber, gap, tighter) -> None:
    def rated(by: float) -> pd.Series:
        limits = Limits(amber=amber + by, red=amber - gap + by)
        policy = only(default_policy, "dual_control_rate", limits=limits)
        some = policy.model_copy(update={"indicators": (policy.indicator("dual_control_rate"),)})
        return rate_period(inspected, some, "2026Q3", by="unit_id").set_index("unit_id")["rating"].map(RANKS)

    assert (rated(tighter) >= rated(0.0)).all()


def test_a_policy_without_the_field_is_a_policy(project) -> None:
    assert load_policy(project / "params" / "policy", on="2026-10-01").adopted is None
