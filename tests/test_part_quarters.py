"""A period is compared with its like: a month, or two, are no quarter, and a short history foretells little."""

import numpy as np
import pandas as pd
import pytest
from small_bank import make_card, make_outlook, make_panel, make_tables, only, sure_outlook

from riskmodels.assessment import assess
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.outlook import check_outlook
from riskmodels.backtesting import outlook_before
from riskmodels.catalogue import indicators
from riskmodels.comparisons import customer_gaps, order_complaints
from riskmodels.forecasting import forecast
from riskmodels.labels import LOCALE
from riskmodels.losses import assess_losses
from riskmodels.panel import build_panel
from riskmodels.register.quantities import _booked
from riskmodels.reporting.front_page import _expected
from riskmodels.reporting.listings import list_movements, list_outlook, list_unavailable
from riskmodels.results import load, save
from riskmodels.scorecard import Scorecard, score, score_quarter
from riskmodels.tables.coverage import months_lacking, said_of, silent_months

pytestmark = pytest.mark.whole

YEAR = pd.date_range("2024-01-01", "2024-12-31")


def complaints(days, *, a_day: int = 2):
    return [
        {"complaint_id": f"{day:%y%m%d}-{k}", "received_at": f"{day:%Y-%m-%d} 10:00:00",
         "resolved_at": f"{day:%Y-%m-%d} 12:00:00", "unit_id": f"u{k}", "product": "credit_card",
         "customer_group": ("general", "elderly")[k % 2]}
        for day in days for k in range(a_day)
    ]  # fmt: skip


def accounts(months, units=("u0", "u1")):
    return [
        {"unit_id": unit, "product": "credit_card", "month": f"{month:%Y-%m-%d}", "accounts": 3000}
        for month in months for unit in units
    ]  # fmt: skip


MONTHS = pd.date_range("2024-01-01", "2024-12-01", freq="MS")


@pytest.fixture(scope="module")
def policy(default_policy):
    return only(default_policy, "complaint_rate", "resolved_7wd")


@pytest.fixture(scope="module")
def whole(take_in):
    return take_in(complaints=complaints(YEAR), exposure=accounts(MONTHS))


@pytest.fixture(scope="module")
def december(take_in):
    """Complaints of December alone, accounts of the whole year."""
    return take_in(complaints=complaints(YEAR[YEAR >= "2024-12-01"]), exposure=accounts(MONTHS))


def lacking(tables, period="2024Q4"):
    rows = months_lacking(tables, period).query("table == 'complaints'").to_dict("records")
    return {row["month"]: said_of(row) for row in rows}


# Which months a quarter lacks


def test_a_whole_year_lacks_nothing(whole, sample_tables) -> None:
    for quarter in ("2024Q1", "2024Q2", "2024Q3", "2024Q4"):
        assert months_lacking(whole, quarter).empty
    assert months_lacking(sample_tables, "2026Q3").empty
    assert months_lacking(sample_tables, "2022Q4").empty
    assert lacking(sample_tables, "2025Q2") == {"2025-05": "unknown", "2025-06": "unknown"}


def test_months_before_the_data_begin_within_them_and_after_they_end(take_in, december) -> None:
    assert lacking(december) == dict.fromkeys(("2024-10", "2024-11"), "it has no row")
    begun = take_in(complaints=complaints(YEAR[YEAR >= "2024-10-20"]))
    assert lacking(begun) == {"2024-10": "its first row is of 2024-10-20"}
    stale = take_in(complaints=complaints(YEAR[YEAR <= "2024-10-31"]))
    assert lacking(stale) == dict.fromkeys(("2024-11", "2024-12"), "it has no row")
    broken = take_in(complaints=complaints(YEAR[YEAR <= "2024-11-12"]))
    assert lacking(broken) == {"2024-11": "its last row is of 2024-11-12", "2024-12": "it has no row"}
    hole = take_in(complaints=complaints([day for day in YEAR if day.month != 10]))
    assert lacking(hole) == {"2024-10": "it has no row"}
    assert silent_months(hole.complaints) == ("2024-10",)
    running = take_in(complaints=complaints(YEAR[YEAR <= "2024-11-20"]), as_of="2024-11-20")
    assert lacking(running) == dict.fromkeys(("2024-11", "2024-12"), "it is not over")


def test_rare_events_and_single_days_make_no_gap(take_in) -> None:
    rare = take_in(complaints=complaints(pd.to_datetime(["2024-03-05", "2024-08-07", "2024-11-02"])))
    assert lacking(rare) == {}
    holiday = take_in(complaints=complaints(YEAR[YEAR >= "2024-10-04"]))
    assert lacking(holiday) == {}


@pytest.mark.parametrize("gone", range(1, 13))
def test_any_month_without_a_row_is_lacking_in_its_quarter(take_in, gone) -> None:
    tables = take_in(complaints=complaints([day for day in YEAR if day.month != gone]))
    found = [month for quarter in range(1, 5) for month in lacking(tables, f"2024Q{quarter}")]
    assert found == [f"2024-{gone:02d}"]


def test_why_a_month_is_lacking_can_be_translated() -> None:
    texts = (LOCALE / "riskmodels.pot").read_text("utf-8")
    missing = [why for why in ("unknown", "it has no row", "it is not over") if f'msgid "{why}"' not in texts]
    assert missing == []


# Rates, ratings and changes


def test_a_month_is_no_quarter_and_has_no_rate(december, whole, policy) -> None:
    card, movements = score_quarter(december, policy, period="2024Q4")
    assert set(card.indicators["indicator_id"]) == {"resolved_7wd"}
    reason = card.unavailable.set_index("indicator_id").loc["complaint_rate", "reason"]
    assert reason.startswith("2024Q4 is known only in part, without 2024-10 (complaints: it has no row)")
    assert "2024Q4 is known only in part: complaints (2024-10: it has no row" in card.sentence
    assert reason in list_unavailable(card, policy).frame["Why it is not given"].tolist()
    assert movements.table.empty
    full, _ = score_quarter(whole, policy, period="2024Q4")
    assert "complaint_rate" in set(full.indicators["indicator_id"])
    assert "known only in part" not in full.sentence


def test_a_delivery_that_ended_early_does_not_halve_the_rate(take_in, whole, policy) -> None:
    stale = take_in(complaints=complaints(YEAR[YEAR <= "2024-10-31"]), exposure=accounts(MONTHS))
    assert "complaint_rate" not in set(score(stale, policy, period="2024Q4").indicators["indicator_id"])
    rates = [
        indicators(tables, policy, periods=["2024Q4"]).table.set_index("indicator_id")["value"]
        for tables in (stale, whole)
    ]
    assert rates[0]["complaint_rate"] == pytest.approx(rates[1]["complaint_rate"], rel=0.02)


def test_a_quarter_is_not_compared_with_a_part_of_one(take_in, policy) -> None:
    tables = take_in(complaints=complaints(YEAR[YEAR >= "2024-09-01"]), exposure=accounts(MONTHS))
    card, movements = score_quarter(tables, policy, period="2024Q4")
    assert "complaint_rate" in set(card.indicators["indicator_id"])
    assert card.incomplete.empty
    assert card.table["change"].isna().all()
    assert set(card.table["previous_rating"]) == {""}
    assert movements.sentence.startswith("2024Q3 is known only in part: complaints (2024-07: it has no row")
    assert list_movements(movements).sentence.endswith("Nothing is compared with it.")


def test_what_is_incomplete_is_saved_with_the_card(december, policy, tmp_path) -> None:
    card = score(december, policy, period="2024Q4")
    save(card, tmp_path / "card")
    assert load(tmp_path / "card", Scorecard).sentence == card.sentence


def test_no_order_by_accounts_of_a_part_of_a_quarter(december, whole, policy) -> None:
    orders = [order_complaints(one, score(one, policy, period="2024Q4")) for one in (december, whole)]
    assert [set(one.medians["measure"]) for one in orders] == [
        {"complaints"},
        {"complaints", "per 1,000 accounts", "per 10,000 customers"},
    ]


def test_gaps_say_how_many_quarters_they_are_of(december, whole, policy) -> None:
    quarters = [customer_gaps(one, policy, period="2024Q4").quarters for one in (december, whole)]
    assert quarters == [1, 4]


# The outlook


def rises(outlook, policy):
    inputs = Inputs(policy=policy, data=make_tables(), scorecard=make_card(), forecast=outlook)
    return [one for one in check_outlook(inputs) if one.severity == "amber"]


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([12_824.0], 0),  # December alone: 38,206 in three months are no rise against it
        ([6_000.0, 6_000.0], 0),
        ([6_000.0] * 3, 1),
        ([6_000.0] * 9 + [0.0, 0.0, 6_000.0], 0),
        ([6_000.0] * 9 + [6_000.0, 0.0, 0.0], 0),
        ([np.nan, 6_000.0, 6_000.0], 0),
        ([12_000.0] * 3, 0),
    ],
)
def test_a_rise_needs_as_many_months_before_as_ahead(history, found, default_policy) -> None:
    outlook = make_outlook(make_panel({"all": history}), [[[12_824.0]] * 6])
    assert len(rises(outlook, default_policy)) == found


def test_a_rise_of_quarters_is_of_one_quarter(default_policy) -> None:
    panel = make_panel({"all": [300.0] * 8}, end="2024Q3")
    (found,) = rises(make_outlook(panel, [[[600.0]] * 2]), default_policy)
    assert (found.value, found.figures["last"], found.figures["months"]) == (600, 300, 1)


def tile(outlook, policy):
    """What the first page shows of the complaints ahead."""
    card = make_card()
    (shown,) = _expected(assess(policy, data=make_tables(), scorecard=card, forecast=outlook))
    return shown


def test_the_front_page_predicts_no_more_than_is_known(default_policy) -> None:
    short = tile(make_outlook(make_panel({"all": [12_824.0]}), [[[12_735.0]] * 6]), default_policy)
    assert short.value == "the history is shorter than that"
    assert tile(sure_outlook({"all": 100.0}), default_policy).value.startswith("300 ")
    quarterly = make_outlook(make_panel({"all": [300.0] * 8}, end="2024Q3"), [[[300.0]] * 2])
    assert tile(quarterly, default_policy).label.startswith("Complaints expected, 2024Q4 to 2024Q4")


def test_the_outlook_says_that_its_history_is_short(december) -> None:
    panel = build_panel(december.complaints, by=["product"])
    outlook = forecast(panel, horizon=6, method="seasonal_naive")
    assert list_outlook(outlook).sentence.endswith(
        "It rests on 1 month of history, fewer than it looks ahead."
    )
    assert "It rests on" not in list_outlook(sure_outlook({"all": 9.0})).sentence


def test_no_outlook_is_made_again_from_less_than_a_quarter(take_in) -> None:
    for first, made in (("2024-07-01", True), ("2024-08-01", False)):
        table = take_in(complaints=complaints(YEAR[first <= YEAR])).complaints
        outlook = forecast(build_panel(table, by=[]), horizon=3, method="seasonal_naive")
        assert (outlook_before(table, outlook) is not None) == made


@pytest.mark.parametrize(("first", "freq"), [("2024-02-01", "Q"), ("2024-02-01", "Y"), ("2024-01-20", "M")])
def test_a_first_period_that_begins_within_it_is_unknown(take_in, first, freq) -> None:
    table = take_in(complaints=complaints(YEAR[first <= YEAR])).complaints
    assert np.isnan(build_panel(table, by=[], freq=freq).values[0, 0])
    whole = take_in(complaints=complaints(YEAR)).complaints
    assert np.isfinite(build_panel(whole, by=[], freq=freq).values).all()


# Losses


def losses(days):
    return [
        {"loss_id": f"{day:%y%m%d}-{k}", "occurred_on": f"{day:%Y-%m-%d}", "recorded_on": f"{day:%Y-%m-%d}",
         "unit_id": "u", "product": "credit_card", "event_type": "external_fraud",
         "gross_loss": 100 + 17 * (day.day_of_year % 83) + k}
        for day in days for k in range(2)
    ]  # fmt: skip


def test_years_of_losses_are_compared_where_both_are_whole(take_in) -> None:
    days = pd.date_range("2023-01-01", "2024-12-31", freq="3D")
    whole, part = (
        assess_losses(take_in(losses=losses(days[days >= first])).losses, draws=100)
        for first in ("2023-01-01", "2023-03-01")
    )
    assert abs(whole.change) < 0.1
    assert np.isnan(part.change)
    assert part.quarters["known"].iloc[0] == pytest.approx(1 / 3)
    assert part.quarters["expected"].iloc[0] == pytest.approx(part.quarters["expected"].iloc[1], rel=0.3)


def test_twelve_months_of_losses_count_for_those_that_are_known(take_in) -> None:
    days = pd.date_range("2024-01-01", "2024-12-31")
    for first, years in (("2024-01-01", 1.0), ("2024-08-01", 5 / 12)):
        tables = take_in(losses=losses(days[days >= first]))
        assert _booked(tables.losses, "2024Q4")[2] == pytest.approx(years, abs=0.01)
