"""Proposals: one rule, and nothing that a policy could not hold."""

import pandas as pd
import pytest
from small_bank import AMBER, RED, make_card, make_stress, make_tables, only

from riskmodels.assessment import assess
from riskmodels.governance.proposals import propose
from riskmodels.parameters.policy import Objective
from riskmodels.parameters.risks import RiskRegister

COLUMNS = ["proposal_id", "path", "current", "proposed", "reason", "measured_by", "evidence", "decision"]


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


def test_nothing_to_propose_gives_an_empty_table_with_its_columns(proposals) -> None:
    changes = proposals({})
    assert changes.table.columns.tolist() == COLUMNS
    assert changes.table.empty
    assert {str(dtype) for dtype in changes.table.dtypes} == {"str"}
    assert changes.sentence == "0 proposals to change the policy of 2000-01-01 wait for a decision."
    assert "<table" not in changes._repr_html_()  # a sentence says it


@pytest.mark.parametrize(
    ("row", "proposed"),
    [
        (RED, "0.100"),  # from 90 % to 99 %: a tenth more
        (AMBER, "0.021"),  # from 97 % to 99 %
        (
            RED | {"indicator_id": "handling_days", "value": 24.0, "amber": 15.0, "red": 20.0},
            "-0.375",
        ),  # from 24 to 15 days
    ],
)
def test_the_change_brings_the_value_to_amber_within_a_year(proposals, row, proposed) -> None:
    changes = proposals(row)
    assert changes.table["proposed"].tolist() == [proposed]
    name = row.get("indicator_id", "resolved_7wd")
    assert changes.table["path"].tolist() == [f"indicators.{name}.objective.change_per_year"]
    assert changes.table["current"].tolist() == ["none"]
    assert changes.table["evidence"].str.fullmatch("F-[0-9a-f]{8}").all()
    assert changes.period == "2024Q3"


def test_a_proposal_says_why_and_what_must_be_seen(proposals) -> None:
    row = proposals(RED).table.iloc[0]
    assert row["reason"].startswith("Resolved within seven working days is 90%, beyond the red limit of 95%")
    assert row["measured_by"].startswith("Resolved within seven working days reaches 99% within a year")
    assert row["decision"] == "to be decided"


def test_amber_is_that_of_the_bank_where_products_have_their_own(proposals, default_policy) -> None:
    assert default_policy.indicator("complaint_rate").limits_by_product
    by_mix = {"indicator_id": "complaint_rate", "value": 3.6, "amber": 3.0, "red": 5.0}
    row = proposals(AMBER | by_mix).table.iloc[0]
    assert row["proposed"] == "-0.167"  # to 3 by the mix of products; the 4 of other products would be a rise
    assert "reaches 3 within a year" in row["measured_by"]


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
    assert proposals(RED | {"value": value, "amber": amber, "red": red}).table.empty


@pytest.mark.parametrize("value", [0.0951, 0.2, 0.98])
def test_what_is_proposed_fits_the_policy(proposals, value) -> None:
    proposed = float(proposals(RED | {"value": value}).table["proposed"].iloc[0])
    assert Objective(change_per_year=proposed, source="a test").change_per_year == proposed


def test_an_indicator_with_an_objective_has_no_proposal(proposals, default_policy) -> None:
    objective = Objective(change_per_year=0.02, source="the board")
    policy = only(default_policy, "resolved_7wd", objective=objective)
    assert proposals(RED, policy=policy).table.empty
    assert default_policy.indicator("online_satisfaction").objective is not None
    assert proposals(RED | {"indicator_id": "online_satisfaction"}).table.empty


def test_only_indicators_of_the_bank_lead_to_proposals(proposals) -> None:
    rows = [{"unit_id": "u1"} | RED, {"unit_id": "Whole bank"} | RED]
    units = [{"rating": "red"}, {"unit_id": "Whole bank", "name": "Whole bank"}]
    changes = proposals({}, *rows, units=units, stress=[make_stress()])
    assert changes.table.empty


def test_proposals_are_numbered_in_the_order_of_the_findings(proposals) -> None:
    changes = proposals(AMBER, RED | {"indicator_id": "reply_2wd"})
    assert changes.table["proposal_id"].tolist() == ["P001", "P002"]
    assert changes.table["path"].str.contains("reply_2wd").tolist() == [True, False]
    pd.testing.assert_frame_equal(changes.summary(), changes.table)


def test_a_proposal_is_plain_text(proposals, default_policy) -> None:
    policy = only(default_policy, "resolved_7wd", name_en="{finding_id} 5 % {0}")
    row = proposals(RED, policy=policy).table.iloc[0]
    assert row["reason"].startswith("{finding_id} 5 % {0} is 90%")
    assert row["measured_by"].startswith("{finding_id} 5 % {0} reaches 99%")


def test_nothing_is_changed_by_proposing(proposals, default_policy) -> None:
    before = default_policy.model_dump_json()
    proposals(RED, AMBER | {"indicator_id": "reply_2wd"})
    assert default_policy.model_dump_json() == before
