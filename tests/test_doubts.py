"""What a person should look at before a figure is made: holes, stale deliveries, names that do not meet."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.catalogue import find_doubts, indicators
from riskmodels.reporting.listings import list_doubts
from riskmodels.tables import runs_without

pytestmark = pytest.mark.whole


def complaints(kept=lambda day: True, *, a_day: int = 3, product: str = "card"):
    return [
        {
            "complaint_id": f"c{day:%y%m%d}{k}",
            "received_at": f"{day:%Y-%m-%d}",
            "unit_id": f"u{k % 3}",
            "product": product,
        }
        for day in pd.date_range("2023-01-01", "2024-12-31")
        for k in range(a_day)
        if kept(f"{day:%Y-%m-%d}")
    ]


def doubts(tables) -> str:
    return "\n".join(find_doubts(tables)["doubt"])


def exposure(months, product="card", units=("u0", "u1", "u2")):
    return [
        {"unit_id": unit, "product": product, "month": f"{month:%Y-%m-%d}", "accounts": 1000}
        for month in months
        for unit in units
    ]


def test_whole_tables_have_no_doubt(take_in) -> None:
    tables = take_in(
        complaints=complaints(), exposure=exposure(pd.date_range("2023-01-01", "2024-12-01", freq="MS"))
    )
    assert doubts(tables) == ""
    assert list_doubts(tables).sentence == "There is no doubt about the tables."


def test_months_without_a_row_are_named_unless_they_are_declared(take_in) -> None:
    rows = complaints(lambda day: not "2024-03-01" <= day <= "2024-04-30")
    assert "no row in 2024-03 to 2024-04, between months with about" in doubts(take_in(complaints=rows))
    declared = take_in(complaints=rows, unknown_months={"complaints": ["2024-03/2024-04"]})
    assert doubts(declared) == ""


def test_a_delivery_that_ends_before_the_day_of_the_data_is_named(take_in) -> None:
    tables = take_in(complaints=complaints(lambda day: day <= "2024-09-30"))
    assert "no row after 2024-09-30 (2024-10 to 2024-12)" in doubts(tables)
    assert "no row after 2024-12-20 (2024-12 to 2024-12)" in doubts(
        take_in(complaints=complaints(lambda day: day <= "2024-12-20"))
    )


def test_a_rare_event_makes_no_hole(take_in) -> None:
    assert doubts(take_in(complaints=complaints(lambda day: day.endswith(("03-05", "09-17"))))) == ""


def test_a_unit_without_a_month_is_named(take_in) -> None:
    rows = [
        row
        for row in complaints(a_day=6)
        if not (row["unit_id"] == "u1" and row["received_at"][:7] == "2024-05")
    ]
    assert "unit_id 'u1': no row in 2024-05" in doubts(take_in(complaints=rows))


@pytest.mark.parametrize(("freq", "gone"), [("MS", "2024-05-01"), ("3MS", "2024-04-01")])
def test_a_hole_in_a_table_of_counts_is_named_however_few_its_rows(take_in, freq, gone) -> None:
    months = [
        month for month in pd.date_range("2023-01-01", "2024-12-01", freq=freq) if f"{month:%Y-%m-%d}" != gone
    ]
    rows = [
        {
            "period_start": f"{month:%Y-%m-%d}",
            "period": "month" if freq == "MS" else "quarter",
            "complaints": 9,
        }
        for month in months
    ]
    hole = "no row in 2024-05," if freq == "MS" else "no row in 2024-04 to 2024-06,"
    assert hole in doubts(take_in(complaint_counts=rows))
    assert (
        "no row after 2024-10-31"
        in doubts(take_in(complaint_counts=rows[: 21 if freq == "MS" else 0] or rows))
        or freq != "MS"
    )


@pytest.mark.parametrize(
    ("period", "starts", "hole"),
    [
        (
            "quarter",
            ["2023-01", "2023-04", "2023-10", "2024-07", "2024-10"],
            ["2023-07/2023-09", "2024-01/2024-06"],
        ),
        ("half_year", ["2020-01", "2020-07", "2021-07", "2022-01"], ["2021-01/2021-06"]),
        ("year", ["2018-04", "2019-04", "2021-04", "2022-04"], ["2020-04/2021-03"]),
    ],
)
def test_a_hole_of_longer_periods_reaches_to_their_end(take_in, period, starts, hole) -> None:
    """What is said can be copied: declared unknown, no doubt is left."""
    rows = [{"period_start": f"{month}-01", "period": period, "complaints": 9} for month in starts]
    first = take_in(complaint_counts=rows, as_of=None)
    said = find_doubts(first)["doubt"]
    assert [words.rpartition("unknown: [")[2].rstrip("]") for words in said] == hole
    assert doubts(take_in(complaint_counts=rows, as_of=None, unknown_months={"complaint_counts": hole})) == ""


def test_periods_of_several_lengths_have_no_hole(take_in) -> None:
    starts = {
        "2023-01": "half_year",
        "2023-07": "half_year",
        "2024-01": "quarter",
        "2024-04": "quarter",
        "2024-07": "month",
    }
    rows = [
        {"period_start": f"{month}-01", "period": period, "complaints": 9} for month, period in starts.items()
    ]
    assert doubts(take_in(complaint_counts=rows, as_of="2024-07-31")) == ""


def test_accounts_at_the_ends_of_quarters_have_holes_of_whole_quarters(take_in) -> None:
    months = pd.DatetimeIndex(
        ["2023-03-01", "2023-06-01", "2023-12-01", "2024-03-01", "2024-06-01", "2024-09-01"]
    )
    tables = take_in(exposure=exposure(months), complaints=complaints(), as_of="2024-12-31")
    assert "unknown: [2023-07/2023-09]" in doubts(tables)


def test_a_product_of_one_table_alone_is_named_with_the_likely_match(take_in) -> None:
    months = pd.date_range("2023-01-01", "2024-12-01", freq="MS")
    tables = take_in(
        complaints=complaints(product="Credit cards"), exposure=exposure(months, "Credit card account")
    )
    said = doubts(tables)
    assert (
        "product 'Credit cards' (is it 'Credit card account'?) has 2,193 complaints and no row in exposure"
        in said
    )
    assert "2,193 of 2,193 complaints (100.0%) are in no complaint rate" in said


def surveys(channels, *, product="card"):
    return [
        {
            "survey_id": f"s{n}",
            "answered_on": f"{day:%Y-%m-%d}",
            "unit_id": f"u{n % 3}",
            "product": product,
            "channel": channels[n % len(channels)],
            "rating": 4,
        }
        for n, day in enumerate(pd.date_range("2023-01-01", "2024-12-31"))
    ]


def through(channels):
    return [row | {"channel": channels[n % len(channels)]} for n, row in enumerate(complaints())]


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (["mobile app", "phone"], ["Mobile-App", "phone"], "are they one?"),
        (["mobile_app", "phone"], ["mobile", "phone"], "are they one?"),
        (["手机银行", "柜台"], ["手机银行APP", "柜台"], "are they one?"),
        (["mobile_app", "phone"], ["phone", "phone", "phone"], ""),  # lacking, and nothing in its place
        (
            ["web"],
            ["在线"],
            "no channel is both in complaints (such as 'web') and in surveys (such as '在线')",
        ),
        (["line 1", "line 2"], ["line 2", "line 3"], ""),  # other numbers are other things
    ],
)
def test_channels_that_do_not_meet_are_named_with_the_likely_match(take_in, here, there, said) -> None:
    tables = take_in(complaints=through(here), surveys=surveys(there))
    found = [text for text in doubts(tables).splitlines() if "recode: gives" in text]
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_a_name_that_is_rare_in_one_table_and_common_in_another_is_named(take_in) -> None:
    rows = complaints(product="Credit cards")
    rows[7] = rows[7] | {"product": "Credit card"}  # once in 2,193
    months = pd.date_range("2023-01-01", "2024-12-01", freq="MS")
    accounts = exposure(months, "Credit card") + exposure(months[:1], "Credit cards")
    said = doubts(take_in(complaints=rows, exposure=accounts))
    assert (
        "product 'Credit cards' has 2,192 rows in complaints and 3 in exposure, which has 'Credit card' in 72"
        in said
    )
    assert said.count("are they one?") == 1


def test_a_product_that_is_rare_everywhere_is_no_doubt(take_in) -> None:
    rows = complaints()
    rows[::40] = [row | {"product": "card loan"} for row in rows[::40]]
    months = pd.date_range("2023-01-01", "2024-12-01", freq="MS")
    accounts = exposure(months) + exposure(months, "card loan")
    assert doubts(take_in(complaints=rows, exposure=accounts)) == ""


def test_complaints_without_accounts_are_counted(take_in) -> None:
    months = pd.date_range("2023-02-01", "2024-12-01", freq="MS")
    assert "93 of 2,193 complaints (4.2%) are in no complaint rate" in doubts(
        take_in(complaints=complaints(), exposure=exposure(months))
    )


def test_counts_of_two_lengths_without_accounts_are_all_counted(take_in) -> None:
    cell = {"unit_id": "u", "product": "card", "period_start": "2024-01-01"}
    rows = [
        cell | {"channel": "app", "period": "month", "complaints": 5},
        cell | {"channel": "branch", "period": "quarter", "complaints": 7},
    ]
    known = exposure(pd.date_range("2024-04-01", "2024-12-01", freq="MS"))
    assert "12 of 12 complaints (100.0%) are in no complaint rate" in doubts(
        take_in(complaint_counts=rows, exposure=known)
    )


@given(st.lists(st.integers(20, 99), min_size=3, max_size=40), st.data())
def test_a_run_of_zeros_between_many_is_found_where_it_is(counts, data) -> None:
    first = data.draw(st.integers(1, len(counts) - 2))
    last = data.draw(st.integers(first, len(counts) - 2))
    values = np.array(counts, dtype=float)
    values[first : last + 1] = 0
    assert runs_without(values) == [(first, last)]
    values[first : last + 1] = np.nan
    assert runs_without(values) == []


def test_a_rate_says_how_many_cases_it_leaves_out(take_in, default_policy) -> None:
    months = pd.date_range("2023-02-01", "2024-12-01", freq="MS")
    tables = take_in(complaints=complaints(), exposure=exposure(months))
    whole = indicators(tables, default_policy)
    rates = whole.table[whole.table["indicator_id"] == "complaint_rate"].set_index("period")
    assert rates.loc[["2023Q1", "2023Q2"], "left_out"].tolist() == [93, 0]
    assert rates.loc["2023Q1", "numerator"] == 3 * 59
    assert (
        "Not complete, cases left out because their accounts are unknown or their rows were rejected: complaint_rate 93."
        in whole.sentence
    )
    parts = indicators(tables, default_policy, by=["unit_id"]).table
    assert parts["left_out"].sum() == 93


def test_sparse_units_have_quiet_months_and_no_holes() -> None:
    """Sixty units with one loss in three months: long gaps are to be expected, and nobody is asked about them."""
    rng = np.random.default_rng(3)
    for counts in rng.poisson(0.35, size=(60, 48)).astype(float):
        assert runs_without(counts, least=20) == []
    busy = rng.poisson(6, size=48).astype(float) + 1
    busy[20:25] = 0
    assert runs_without(busy, least=20) == [(20, 24)]
