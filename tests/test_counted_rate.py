"""The complaint rate of banks that give their complaints already counted."""

import pandas as pd
import pytest

from riskmodels.assessment import assess
from riskmodels.catalogue import find_doubts, indicators
from riskmodels.reporting.listings import list_contributions, list_ratings
from riskmodels.scorecard import explain_unit, score

pytestmark = pytest.mark.whole

MONTHS = [f"2024-{month:02d}-01" for month in range(1, 13)]


def counts(periods=MONTHS, period="month", each=6, units=("u0", "u1"), products=("card",), **more):
    return [
        {"unit_id": u, "product": p, "period_start": start, "period": period, "complaints": each, **more}
        for u in units
        for p in products
        for start in periods
    ]


def accounts(months=MONTHS, each=1000, units=("u0", "u1"), products=("card",)):
    return [
        {"unit_id": u, "product": p, "month": month, "accounts": each}
        for u in units
        for p in products
        for month in months
    ]


def rates(tables, policy, by=(), freq="Q"):
    found = indicators(tables, policy, by=by, freq=freq).table
    return found[found["indicator_id"] == "complaint_rate"].set_index([*by, "period"])


def test_the_rate_is_that_of_the_same_complaints_one_by_one(take_in, default_policy) -> None:
    one_by_one = [
        {"complaint_id": f"{u}{month}{k}", "received_at": month, "unit_id": u, "product": "card"}
        for u in ("u0", "u1")
        for month in MONTHS
        for k in range(6)
    ]
    columns = ["numerator", "denominator", "left_out", "value"]
    single, counted = (
        take_in(complaints=one_by_one, exposure=accounts()),
        take_in(complaint_counts=counts(), exposure=accounts()),
    )
    for by in ((), ("unit_id",), ("product",), ("unit_id", "product")):
        for freq in ("M", "Q"):
            expected, found = (
                rates(tables, default_policy, by, freq)[columns] for tables in (single, counted)
            )
            pd.testing.assert_frame_equal(found, expected)


def test_quarters_have_their_accounts_and_months_have_none(take_in, default_policy) -> None:
    quarters = MONTHS[::3]
    tables = take_in(complaint_counts=counts(quarters, "quarter", each=30), exposure=accounts())
    found = rates(tables, default_policy)
    assert found["value"].tolist() == pytest.approx([120.0] * 4)  # 60 a quarter over 2,000 accounts
    assert rates(tables, default_policy, freq="M").empty
    ended = take_in(complaint_counts=counts(quarters, "quarter"), exposure=accounts(), as_of="2024-11-30")
    assert rates(ended, default_policy).index.tolist() == ["2024Q1", "2024Q2", "2024Q3"]


def test_a_count_that_is_not_known_is_in_neither_figure(take_in, default_policy) -> None:
    rows = counts()
    rows[2]["complaints"] = "<5"  # u0, March
    tables = take_in(complaint_counts=rows, exposure=accounts())
    found = rates(tables, default_policy)
    assert found.loc["2024Q1", ["numerator", "denominator", "left_out"]].tolist() == [
        30,
        pytest.approx(5000 / 12),
        0,
    ]
    quarters = counts(MONTHS[::3], "quarter")
    quarters[0]["complaints"] = ""
    found = rates(take_in(complaint_counts=quarters, exposure=accounts()), default_policy)
    assert found.loc["2024Q1", ["numerator", "denominator"]].tolist() == [6, 250]


def test_counts_without_accounts_are_left_out_and_said(take_in, default_policy) -> None:
    tables = take_in(
        complaint_counts=counts(), exposure=[*accounts(MONTHS[1:]), *accounts(MONTHS[:1], units=["u0"])]
    )
    found = rates(tables, default_policy)
    assert found.loc["2024Q1", ["numerator", "denominator", "left_out"]].tolist() == [
        30,
        pytest.approx(5000 / 12),
        6,
    ]
    assert "complaint_rate 6" in indicators(tables, default_policy).sentence
    assert "6 of 144 complaints (4.2%) are in no complaint rate" in "\n".join(find_doubts(tables)["doubt"])


def test_a_quarter_with_a_month_declared_unknown_is_not_left_out(take_in, default_policy) -> None:
    rows = [*counts(units=["u0"]), *counts(MONTHS[::3], "quarter", each=30, units=["u1"])]
    tables = take_in(
        complaint_counts=rows, exposure=accounts(), unknown_months={"complaint_counts": ["2024-02"]}
    )
    found = rates(tables, default_policy)
    assert found.loc["2024Q1", ["numerator", "left_out"]].tolist() == [12, 0]
    assert found.loc["2024Q2", ["numerator", "left_out"]].tolist() == [48, 0]


def test_names_that_do_not_meet_are_named(take_in) -> None:
    tables = take_in(
        complaint_counts=counts(products=["Credit cards"]), exposure=accounts(products=["Credit card"])
    )
    said = "\n".join(find_doubts(tables)["doubt"])
    assert "product 'Credit cards' (is it 'Credit card'?) has 144 complaints and no row in exposure" in said
    assert "144 of 144 complaints (100.0%) are in no complaint rate" in said


def test_counts_of_units_alone_are_over_all_their_accounts(take_in, default_policy) -> None:
    rows = [{key: value for key, value in row.items() if key != "product"} for row in counts()]
    tables = take_in(complaint_counts=rows, exposure=accounts(products=["card", "loan"]))
    assert rates(tables, default_policy, ["unit_id"])["denominator"].tolist() == [500.0] * 8
    lacking = indicators(tables, default_policy, by=["product"]).unavailable.set_index("indicator_id")[
        "reason"
    ]
    assert lacking["complaint_rate"] == "it has no breakdown by product"


def test_counts_by_year_give_no_rate_of_a_quarter(take_in, default_policy) -> None:
    tables = take_in(complaint_counts=counts(MONTHS[:1], "year"), exposure=accounts())
    reasons = indicators(tables, default_policy).unavailable.set_index("indicator_id")["reason"]
    said = "the source gives it by years, not by quarters; 2024: 6 per 1,000 accounts and year"
    assert reasons["complaint_rate"] == said


def test_the_scorecard_has_the_rate(take_in, default_policy) -> None:
    tables = take_in(complaint_counts=counts(each=60), exposure=accounts())
    card = score(tables, default_policy, period="2024Q3")
    assert set(card.indicators["indicator_id"]) == {"complaint_rate"}
    assert card.table["unit_id"].tolist() == ["u0", "u1"]
    assert "complaint_rate" not in set(card.unavailable["indicator_id"])


def test_a_rate_that_leaves_cases_out_is_not_shown_as_complete(take_in, default_policy) -> None:
    known = [row for row in accounts() if (row["unit_id"], row["month"]) != ("u1", "2024-08-01")]
    tables = take_in(complaint_counts=counts(each=60), exposure=known)
    card = score(tables, default_policy, period="2024Q3")
    said = {
        unit: list_ratings(card, default_policy, unit_id=unit).frame["Value"][0] for unit in ("", "u0", "u1")
    }
    assert said == {
        "": "720 (not complete: 60 cases left out)",
        "u0": "720",
        "u1": "720 (not complete: 60 cases left out)",
    }
    explained = explain_unit(card, default_policy, tables, "u1")
    assert list_contributions(explained, default_policy).frame["Value"][0] == said["u1"]
    found = assess(default_policy, data=tables, scorecard=card).table
    evidence = found.loc[found["indicator_id"] == "complaint_rate", "evidence"]
    assert evidence.str.contains("not complete: 60 cases are left out").any()
