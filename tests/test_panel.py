"""Panels: zero and unknown are distinguished, and nothing is lost or made up when rows become series."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodels as rm
from riskmodels.errors import ContractError
from riskmodels.panel import Panel, build_panel
from riskmodels.tables import Break, Tables

TakeIn = Callable[..., Tables]
NAN = np.nan

ROWS = pd.DataFrame(
    [
        ("a", "2024-01-15", 2.0, 100.0),
        ("a", "2024-01-20", 3.0, 100.0),
        ("a", "2024-04-01", 1.0, 130.0),
        ("b", "2024-02-01", 4.0, 50.0),
    ],
    columns=["unit", "day", "value", "accounts"],
).astype({"day": "datetime64[s]"})


def panel(frame: pd.DataFrame = ROWS, **settings: object) -> Panel:
    return Panel.from_long(frame, **({"keys": ["unit"], "period": "day", "value": "value"} | settings))


# ---- from rows to series ----


def test_a_count_without_a_row_is_zero() -> None:
    made = panel()
    assert list(made.keys["unit"]) == ["a", "b"]
    assert list(made.periods.astype("str")) == ["2024-01", "2024-02", "2024-03", "2024-04"]
    np.testing.assert_array_equal(made.values, [[5, 0, 0, 1], [0, 4, 0, 0]])
    assert made.exposure is None


def test_an_amount_without_a_row_is_unknown() -> None:
    np.testing.assert_array_equal(panel(kind="amount").values, [[5, NAN, NAN, 1], [NAN, 4, NAN, NAN]])


def test_a_period_that_the_source_does_not_know_is_unknown_even_with_rows() -> None:
    made = panel(unknown=["2024-01", "2024-03", "2023-07"])
    np.testing.assert_array_equal(made.values, [[NAN, 0, NAN, 1], [NAN, 4, NAN, 0]])


def test_a_series_may_begin_with_its_own_first_row() -> None:
    np.testing.assert_array_equal(panel(start="first_row").values, [[5, 0, 0, 1], [NAN, 4, 0, 0]])


def test_a_quarter_with_an_unknown_month_is_unknown() -> None:
    np.testing.assert_array_equal(panel(freq="Q").values, [[5, 1], [4, 0]])
    np.testing.assert_array_equal(panel(freq="Q", unknown=["2024-03"]).values, [[NAN, 1], [NAN, 0]])


def test_exposure_stands_where_its_row_stands() -> None:
    np.testing.assert_array_equal(
        panel(exposure="accounts").exposure, [[100, NAN, NAN, 130], [NAN, 50, NAN, NAN]]
    )


def test_without_keys_there_is_one_total() -> None:
    made = panel(keys=[])
    np.testing.assert_array_equal(made.values, [[5, 4, 0, 1]])
    assert len(made.keys) == 1


def test_an_unknown_key_is_a_series_of_its_own() -> None:
    made = panel(ROWS.assign(unit=["a", None, "a", None]))
    np.testing.assert_array_equal(made.values, [[2, 0, 0, 1], [3, 4, 0, 0]])
    assert made.keys["unit"].isna().tolist() == [False, True]


def test_no_row_no_panel() -> None:
    with pytest.raises(ContractError, match="no row to build a panel from"):
        panel(ROWS.head(0))


ANY_ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 30), st.integers(0, 1000).map(float)
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=100)
@given(rows=ANY_ROWS, hole=st.integers(0, 30), freq=st.sampled_from(["M", "Q"]))
def test_known_values_add_up_to_those_of_the_rows(rows: list[tuple], hole: int, freq: str) -> None:
    frame = pd.DataFrame(rows, columns=["unit", "product", "month", "value"])
    months = pd.Period("2022-01", freq="M") + frame["month"].to_numpy()
    frame["day"] = pd.PeriodIndex(months).to_timestamp()
    unknown = pd.Period("2022-01", freq="M") + hole
    made = panel(frame, keys=["unit", "product"], freq=freq, unknown=[str(unknown)])
    outside = pd.PeriodIndex(months).asfreq(freq) != unknown.asfreq(freq)
    assert np.nansum(made.values) == frame["value"][outside].sum()
    np.testing.assert_array_equal(made.aggregate().values[0], made.values.sum(axis=0))
    np.testing.assert_array_equal(made.aggregate(["unit"]).aggregate().values, made.aggregate().values)


# ---- cutting and adding ----


def test_until_keeps_the_periods_up_to_and_including_the_last() -> None:
    made = panel(exposure="accounts")
    for last in ("2024-02", pd.Period("2024-02", freq="M")):
        cut = made.until(last)
        np.testing.assert_array_equal(cut.values, made.values[:, :2])
        np.testing.assert_array_equal(cut.exposure, made.exposure[:, :2])
    assert len(made.until("2024Q1").periods) == 3
    assert len(made.until("2024").periods) == 4
    assert len(panel(freq="Q").until("2024Q1").periods) == 1


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    made = panel(start="first_row", exposure="accounts").aggregate()
    np.testing.assert_array_equal(made.values, [[NAN, 4, 0, 1]])
    np.testing.assert_array_equal(made.exposure, [[NAN] * 4])


def test_a_panel_says_what_is_unknown_everywhere() -> None:
    made = panel(unknown=["2024-03"])
    assert made.sentence == (
        "2 series of 4 periods, 2024-01 to 2024-04, total 10; unknown everywhere: 2024-03."
    )
    assert list(made.summary()["total"]) == [6, 4]
    assert list(made.summary()["unknown_periods"]) == [1, 1]


# ---- breaks ----


def broken(*breaks: Break, **settings: object) -> Panel:
    return replace(panel(**settings), breaks=breaks)


def test_before_a_break_nothing_compares() -> None:
    made = broken(Break(month="2024-03", words="x")).since_breaks()
    np.testing.assert_array_equal(made.values, [[NAN, NAN, 0, 1], [NAN, NAN, 0, 0]])
    assert np.isfinite(panel().values).all()


def test_a_break_concerns_the_series_it_names() -> None:
    only_b = Break(month="2024-02", words="x", where={"unit": "b"})
    made = broken(only_b)
    np.testing.assert_array_equal(made.since_breaks().values, [[5, 0, 0, 1], [NAN, 4, 0, 0]])
    assert made.concerns(only_b).tolist() == [False, True]
    total = made.aggregate()
    assert total.breaks == (only_b,)
    np.testing.assert_array_equal(total.since_breaks().values, [[NAN, 4, 0, 1]])
    nobody = Break(month="2024-02", words="x", where={"unit": "c"})
    assert not made.concerns(nobody).any()


def test_the_last_break_counts_and_one_after_the_end_hides_nothing() -> None:
    breaks = (
        Break(month="2024-04", words="x"),
        Break(month="2024-02", words="y"),
        Break(month="2024-05", words="z"),
    )
    made = broken(*breaks)
    np.testing.assert_array_equal(np.isnan(made.since_breaks().values).sum(axis=1), [3, 3])
    assert made.until("2024-03").breaks == breaks
    np.testing.assert_array_equal(np.isnan(made.until("2024-03").since_breaks().values).sum(axis=1), [1, 1])
    assert made.since(1).breaks == breaks


def test_a_quarter_with_a_break_inside_lies_before_it() -> None:
    inside = broken(Break(month="2024-02", words="x"), freq="Q")
    np.testing.assert_array_equal(inside.since_breaks().values, [[NAN, 1], [NAN, 0]])
    at_start = broken(Break(month="2024-04", words="x"), freq="Q")
    assert at_start.place_of(at_start.breaks[0]) == 1


def test_a_panel_names_its_breaks() -> None:
    assert (
        "; definition changed in 2024-03 (repeats merged)."
        in broken(Break(month="2024-03", words="repeats merged")).sentence
    )


# ---- from accepted tables ----


def complaint(number: int, day: str, unit: str = "u1", product: str = "cards") -> dict[str, str]:
    return {"complaint_id": f"c{number}", "received_at": day, "unit_id": unit, "product": product}


COMPLAINTS = [
    complaint(1, "2024-01-01"),
    complaint(2, "2024-01-31 23:59:59"),
    complaint(3, "2024-02-01", "u2"),
    complaint(4, "2024-04-30"),
    complaint(5, "2024-05-02"),
]


def test_the_month_that_has_not_ended_is_left_out(take_in: TakeIn) -> None:
    tables = take_in(complaints=COMPLAINTS, as_of="2024-05-30")
    made = build_panel(tables.complaints, by=["unit_id"])
    assert str(made.periods[-1]) == "2024-04"
    np.testing.assert_array_equal(made.values, [[2, 0, 0, 1], [0, 1, 0, 0]])
    assert str(build_panel(tables.complaints, by=[], freq="Q").periods[-1]) == "2024Q1"
    assert str(build_panel(tables.complaints, by=[], last="2024-05").periods[-1]) == "2024-04"
    assert str(build_panel(tables.complaints, by=[], last="2024Q2").periods[-1]) == "2024-04"
    assert str(build_panel(tables.complaints, by=[], last="2024-02").periods[-1]) == "2024-02"


def test_the_month_that_ends_on_the_as_of_day_counts_and_so_do_quiet_ones(take_in: TakeIn) -> None:
    ended = build_panel(take_in(complaints=COMPLAINTS, as_of="2024-05-31").complaints, by=[])
    np.testing.assert_array_equal(ended.values, [[2, 1, 0, 1, 1]])
    quiet = take_in(
        complaints=COMPLAINTS, as_of="2024-08-15", unknown_months={"complaints": ["2024-03", "2024-07"]}
    )
    np.testing.assert_array_equal(build_panel(quiet.complaints, by=[]).values, [[2, 1, NAN, 1, 1, 0, NAN]])


def test_exposure_is_aligned_with_the_series(take_in: TakeIn) -> None:
    exposure = [
        {"unit_id": unit, "product": product, "month": month, "accounts": accounts}
        for unit, product, month, accounts in [
            ("u2", "cards", "2024-02-01", 7),
            ("u2", "loans", "2024-02-01", 3),
            ("u1", "cards", "2024-01-01", 100),
            ("u1", "cards", "2024-03-01", 130),
            ("u1", "cards", "2023-12-01", 99),
            ("u3", "cards", "2024-01-01", 1),
        ]
    ]
    tables = take_in(complaints=COMPLAINTS, exposure=exposure, as_of="2024-04-30")
    pair = (tables.exposure, "accounts")
    by_unit = build_panel(tables.complaints, by=["unit_id"], exposure=pair)
    np.testing.assert_array_equal(by_unit.exposure, [[100, NAN, 130, NAN], [NAN, 10, NAN, NAN]])
    total = build_panel(tables.complaints, by=[], exposure=pair)
    np.testing.assert_array_equal(total.exposure, [[101, 10, 130, NAN]])
    by_both = build_panel(tables.complaints, by=["product", "unit_id"], exposure=pair, freq="Q")
    np.testing.assert_array_equal(by_both.exposure, [[115], [7]])  # the mean over the months known


def test_a_table_or_column_that_cannot_be_counted_is_refused(take_in: TakeIn) -> None:
    tables = take_in(complaints=COMPLAINTS, units=[{"unit_id": u, "name_en": u} for u in ("u1", "u2")])
    with pytest.raises(ContractError, match="'units' has no date to count by"):
        build_panel(tables.units, by=["unit_id"])
    with pytest.raises(ContractError, match=r"'complaints' cannot be grouped like that: .*colour"):
        build_panel(tables.complaints, by=["colour"])


def test_the_sample_has_a_hole_that_is_unknown_and_nothing_is_lost(sample_tables: Tables) -> None:
    made = build_panel(
        sample_tables.complaints, by=["product", "unit_id"], exposure=(sample_tables.exposure, "accounts")
    )
    assert made.values.shape == made.exposure.shape == (360, 48)
    unknown = made.periods[np.isnan(made.values).any(axis=0)].astype("str")
    assert list(unknown) == ["2025-05", "2025-06"]
    assert np.nansum(made.values) == sample_tables.complaints.provenance.rows_accepted
    frame = sample_tables.exposure.frame()
    row = made.keys.index[(made.keys["product"] == "mortgage") & (made.keys["unit_id"] == "B034")][0]
    cell = frame.query("product == 'mortgage' and unit_id == 'B034'").sort_values("month")["accounts"]
    np.testing.assert_array_equal(made.exposure[row], cell)


# ---- from tables that hold counts ----


def count(start: str, product: str, complaints: object, period: str = "month") -> dict[str, object]:
    return {"period_start": start, "period": period, "product": product, "complaints": complaints}


COUNTS = [
    count("2024-01-01", "cards", 3),
    count("2024-02-01", "cards", 4),
    count("2024-04-01", "cards", 5),
    count("2024-01-01", "loans", ""),
    count("2024-03-01", "loans", 7),
]


def test_counts_are_added_up_and_an_empty_one_is_unknown(take_in: TakeIn) -> None:
    table = take_in(complaint_counts=COUNTS, as_of="2024-06-30").complaint_counts
    by_product = build_panel(table, by=["product"])
    np.testing.assert_array_equal(by_product.values, [[3, 4, 0, 5, 0, 0], [NAN, 0, 7, 0, 0, 0]])
    np.testing.assert_array_equal(build_panel(table, by=[]).values, [[NAN, 4, 7, 5, 0, 0]])
    np.testing.assert_array_equal(build_panel(table, by=["product"], freq="Q").values, [[7, 5], [NAN, 0]])


def test_quarters_are_no_months(take_in: TakeIn) -> None:
    rows = [count("2024-01-01", "cards", 3, "quarter"), count("2024-04-01", "cards", 4, "quarter")]
    table = take_in(complaint_counts=rows, as_of=None).complaint_counts
    np.testing.assert_array_equal(build_panel(table, by=["product"], freq="Q").values, [[3, 4]])
    with pytest.raises(ContractError, match="'complaint_counts' has counts by quarter: take freq='Q'"):
        build_panel(table, by=["product"], freq="M")
    assert build_panel(table, by=["product"]).periods.freqstr == "Q-DEC"


@pytest.mark.parametrize(("freq", "first"), [("D", "2022-10-01"), ("W", "2022-10-03/2022-10-09")])
def test_days_and_weeks_add_up_to_the_rows_in_them(sample_tables, freq, first) -> None:
    by_month = build_panel(sample_tables.complaints, by=["product"])
    exposure = (sample_tables.exposure, "accounts")
    panel = build_panel(sample_tables.complaints, by=["product"], freq=freq, exposure=exposure)
    days = pd.to_datetime(sample_tables.complaints.frame()["received_at"]).dt.normalize()
    assert str(panel.periods[0]) == first
    holes = panel.periods.start_time.to_period("M").isin(pd.PeriodIndex(["2025-05", "2025-06"], freq="M"))
    assert np.isnan(panel.values[:, holes]).all()
    known = np.isfinite(panel.values).all(axis=0)
    inside = days.dt.to_period(panel.periods.freqstr).isin(panel.periods[known])
    assert panel.values[:, known].sum() == inside.sum()
    month = panel.periods.start_time.to_period("M") == pd.Period("2024-03", freq="M")
    place = by_month.periods.get_loc(pd.Period("2024-03", freq="M"))
    monthly = build_panel(sample_tables.complaints, by=["product"], exposure=exposure).exposure[:, place]
    assert (panel.exposure[:, month] == monthly[:, None]).all()
    assert panel.covering(6) == {"D": 183, "W": 27}[freq]


def test_weeks_of_a_source_are_forecast_and_watched(sample_tables) -> None:
    panel = build_panel(sample_tables.complaints, by=["product"], freq="W", last="2026-06-28")
    expected = rm.forecast(panel, horizon=4).mean.sum(axis=0)
    assert expected == pytest.approx(np.full(4, np.nanmean(panel.values[:, -26:].sum(axis=0))), rel=0.15)
    assert set(rm.watch(panel, run_length=500.0, calendar="CN").table["level"]) == {"total", "product"}


def test_counts_by_month_have_no_days(take_in: TakeIn) -> None:
    row = {"period_start": "2024-01-01", "period": "month", "complaints": 3, "product": "card"}
    counted = take_in(complaint_counts=[row]).require("complaint_counts")
    with pytest.raises(ContractError, match="take freq='M', not 'W'"):
        build_panel(counted, by=["product"], freq="W")
