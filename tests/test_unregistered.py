"""What no risk of the register has is proposed as an entry, with its figures."""

from dataclasses import replace

import pandas as pd
import pytest
from small_bank import make_card, make_tables

from riskmodels.assessment import assess
from riskmodels.parameters.risks import RiskRegister, load_risks
from riskmodels.register import assess_risks


@pytest.fixture(scope="module")
def register(project) -> RiskRegister:
    return load_risks(project / "params" / "risks.yaml")


@pytest.fixture(scope="module")
def assessed(default_policy, register):
    """Risks of a bank without losses."""
    return assess_risks(make_tables(), default_policy, register, make_card())


@pytest.fixture(scope="module")
def found(default_policy, register, assessed):
    """Return a function from losses by type (number, amount, of the last year) to the facts of a rule."""

    def found(losses, *, register=register, rule="unregistered_losses"):
        rows = [
            {
                "risk_id": risk_id,
                "event_type": kind,
                "month": "2024-05",
                "counts": is_last,
                "losses": number,
                "gross": gross,
            }
            for risk_id, kind, is_last, number, gross in losses
        ]
        booked = pd.DataFrame(rows, columns=list(assessed.booked.columns))
        risks = replace(assessed, booked=booked)
        findings = assess(
            default_policy, data=make_tables(), scorecard=make_card(), register=register, risks=risks
        )
        everything = pd.concat([findings.table, findings.watch_list, findings.others])
        return everything[everything["rule"] == rule]

    return found


KNOWN = ("mis_selling", "clients_products_practices", True, 10, 900.0)


def test_a_type_of_loss_without_a_risk_is_a_finding_with_its_figures(found) -> None:
    others = [("", "damaged_buildings", True, 3, 80.0), ("", "workplace", True, 1, 20.0)]
    older = ("", "damaged_buildings", False, 50, 9_000.0)
    first, second = found([KNOWN, *others, older]).to_dict("records")
    assert (first["subject"], first["severity"], first["value"]) == ("damaged_buildings", "amber", 0.08)
    assert first["condition"] == "No risk of the register has these losses: 8.00% of the amount of a year"
    assert first["evidence"] == "3 losses, 80 of 1,000 CNY in the last twelve full months"
    assert "event type damaged_buildings" in first["corrective_action"]
    assert (second["subject"], second["severity"]) == ("workplace", "watch")


def test_what_a_type_that_two_risks_have_costs_is_counted_once(found) -> None:
    twice = ("system_outage", *KNOWN[1:])
    (row,) = found([KNOWN, twice, ("", "damaged_buildings", True, 3, 100.0)]).to_dict("records")
    assert row["value"] == 0.1


def test_little_is_in_order_and_none_too(found) -> None:
    (row,) = found([KNOWN, ("", "workplace", True, 1, 2.0)]).to_dict("records")
    assert (row["severity"], row["condition"]) == (
        "passed",
        "Types of loss that no risk of the register has: 0.22% of the amount of a year",
    )
    assert found([])["severity"].tolist() == ["passed"]


def test_another_spelling_is_left_to_the_names_and_a_register_without_types_proposes_nothing(found) -> None:
    assert found([KNOWN, ("", "External Fraud", True, 1, 100.0)])["subject"].tolist() == [""]
    assert found([KNOWN], register=RiskRegister(risks=())).empty


def test_a_category_of_complaints_without_a_risk_is_a_finding(found, register) -> None:
    first, *others = register.risks
    named = first.model_copy(update={"complaint_categories": ("delays",)})
    rows = found([], register=RiskRegister(risks=(named, *others)), rule="unregistered_theme")
    (row,) = rows.to_dict("records")
    assert (row["subject"], row["severity"], row["value"]) == ("x", "amber", 1.0)
    assert row["evidence"] == "1 of 1 complaints"
    assert found([], rule="unregistered_theme").empty
