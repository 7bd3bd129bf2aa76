"""Findings about major incidents: late is late, unknown is not, and words say what the figures bear out."""

from dataclasses import replace

import pandas as pd
import pytest
from small_bank import make_card, make_incidents, make_tables
from spec.rules import INCIDENT_RULES, IncidentRule

from riskmodels.assessment import assess
from riskmodels.effects import IncidentReview


def reviewed(rule: IncidentRule) -> IncidentReview:
    """Return the review of an outage of which one thing is known."""
    review, nothing = make_incidents(), float("nan")
    seen = nothing if rule.seen is None else rule.seen
    lower, upper = rule.interval or (nothing, nothing)
    state = "unknown" if rule.seen is None else "late" if seen > rule.limits[0] else "in_time"
    moment = {"item": rule.item, "limit": rule.limits[0], "taken": seen, "times": seen / rule.limits[0]}
    is_cost = rule.item in ("hours", "complaints")
    moments = review.moments.assign(**moment, state=state)
    levels = pd.concat([review.scenarios] * len(rule.limits)).assign(
        what=rule.item, severity=["moderate", "severe"][: len(rule.limits)], assumed_high=rule.limits, seen=seen,
        lower=lower, upper=upper,
    )  # fmt: skip
    return replace(
        review,
        moments=moments.head(0 if is_cost else 1),
        scenarios=levels if is_cost else review.scenarios.head(0),
    )


@pytest.mark.parametrize("rule", INCIDENT_RULES, ids=lambda rule: rule.situation)
def test_the_readable_rules_of_incidents_hold(default_policy, rule) -> None:
    card = make_card()
    found = assess(default_policy, data=make_tables(), scorecard=card, incidents=reviewed(rule))
    facts = found.facts[found.facts["rule"] == rule.rule]
    assert facts["severity"].iloc[0] == rule.finding
    words = pd.concat([found.table, found.watch_list, found.others]).query("rule == @rule.rule")
    assert not words["condition"].str.contains(r"[{}]|nan|None").any()


def test_a_bank_without_incidents_or_without_a_plan_says_so(default_policy) -> None:
    review = make_incidents()
    none = replace(
        review, table=review.table.head(0), moments=review.moments.head(0), scenarios=review.scenarios.head(0)
    )
    card = make_card()
    found = assess(default_policy, data=make_tables(), scorecard=card, incidents=none)
    said = found.others[found.others["rule"].str.startswith("incident_")]
    assert (said["condition"] == "There was no major incident in 2024Q3").all()
    assert (said["severity"] == "passed").all()
    without = replace(review, moments=review.moments.assign(limit=float("nan"), state="no_limit"))
    found = assess(default_policy, data=make_tables(), scorecard=card, incidents=without)
    said = found.others.set_index("rule")["condition"]
    assert said["incident_told"] == "1 major incident: no time limit is set"
    assert (
        not assess(default_policy, data=make_tables(), scorecard=card)
        .facts["rule"]
        .str.startswith("incident")
        .any()
    )


def test_an_incident_says_what_was_late_and_who_owns_it(default_policy) -> None:
    found = assess(default_policy, data=make_tables(), scorecard=make_card(), incidents=make_incidents())
    row = found.table.set_index("rule").loc["incident_answer"]
    assert row["subject_name"] == "Incident N1"
    assert row["condition"] == "Outage of 2024-09-02: First answer after 45 minutes (limit 30 minutes)"
    assert row["evidence"] == "1 can be checked, 0 not recorded; set by the policy"
    assert row["owner"] == "Owner of the plan"
    cost = found.table.set_index("rule").loc["incident_cost"]
    assert (
        cost["condition"]
        == "Outage of 2024-09-02: over after 4 hours, where Outage, moderate, assumes 2 hours"
    )
