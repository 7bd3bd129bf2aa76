"""Nowcasting: completeness against closed forms, leakage, drift, small inputs, and what it does to a forecast."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodels as rm
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting.completeness import completeness_on
from riskmodels.forecasting.delays import DayCounts, estimate_delays
from riskmodels.panel import Panel
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

AS_OF = pd.Timestamp("2026-09-30")
END = AS_OF + pd.Timedelta(days=1)
YEAR = 365.25


def complaints(
    *,
    months: int,
    per_month: float,
    seed: int,
    delay_days: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> pd.DataFrame:
    """Complaints received evenly over the months before the as-of day; ``delay_days`` knows their age in days."""
    rng = np.random.default_rng(seed)
    start = (AS_OF.to_period("M") - months + 1).start_time
    span = (END - start).days
    age = rng.uniform(0, span, rng.poisson(per_month * months))
    received = END - pd.to_timedelta(np.maximum(age, 1e-4), unit="D")
    return pd.DataFrame(
        {"received_at": received, "logged_at": received + pd.to_timedelta(delay_days(age, rng), unit="D")}
    )


def exponential(mean: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda age, rng: rng.exponential(mean, len(age))


def doubling(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.lognormal(-0.5, 1.0, len(age)) * 25 * 2 ** np.clip(1 - age / YEAR, 0, 1)


def share_logged(mean: float, youngest: float, oldest: float) -> float:
    """Mean of 1 - exp(-age/mean) over ages from the youngest to the oldest [days]."""
    return 1 - mean * (np.exp(-youngest / mean) - np.exp(-oldest / mean)) / (oldest - youngest)


@pytest.fixture(scope="module")
def steady() -> rm.Nowcast:
    rows = complaints(months=36, per_month=3000, seed=1, delay_days=exponential(25.0))
    return rm.nowcast(rows, as_of="2026-09-30")


def test_completeness_is_that_of_an_exponential_delay(steady: rm.Nowcast) -> None:
    expected = [share_logged(25, *ages) for ages in ((61, 92), (30, 61), (0, 30))]
    assert steady.completeness[-3:] == pytest.approx(expected, rel=0.02)
    table = steady.table.iloc[-3:]
    assert (table["lower"] < expected).all()
    assert (table["upper"] > expected).all()
    assert table["delay_days"].to_numpy() == pytest.approx(25, rel=0.03)
    assert abs(steady.growth) < 3 * steady.growth_error + 1e-3


def test_the_nowcast_is_reported_over_completeness_and_covers_what_came(steady: rm.Nowcast) -> None:
    rows = complaints(months=36, per_month=3000, seed=1, delay_days=exponential(25.0))
    final = rows["received_at"].dt.to_period("M").value_counts().sort_index().to_numpy()
    table = steady.table
    np.testing.assert_allclose(table["nowcast"], table["reported"] / table["completeness"])
    inside = (table["nowcast_lower"] <= final) & (final <= table["nowcast_upper"])
    assert inside.iloc[-6:].sum() >= 5
    assert (table["nowcast_lower"] >= table["reported"]).all()


def test_a_delay_that_doubles_is_followed() -> None:
    rows = complaints(months=48, per_month=3000, seed=2, delay_days=doubling)
    true = (rows["logged_at"] < END).groupby(rows["received_at"].dt.to_period("M")).mean().to_numpy()
    found = rm.nowcast(rows, as_of="2026-09-30")
    assert found.completeness[-3:] == pytest.approx(true[-3:], rel=0.12)
    assert found.growth == pytest.approx(np.log(2) / 12, abs=3 * found.growth_error + 0.01)
    assert "grown by" in found.sentence


def test_rows_logged_after_the_day_are_not_seen() -> None:
    rows = complaints(months=24, per_month=300, seed=3, delay_days=exponential(20.0))
    then = pd.Timestamp("2026-06-30")
    visible = rows[rows["logged_at"] < then + pd.Timedelta(days=1)]
    all_rows, known = rm.nowcast(rows, as_of="2026-06-30"), rm.nowcast(visible, as_of="2026-06-30")
    pd.testing.assert_frame_equal(all_rows.table, known.table)
    assert all_rows.rows_ignored == len(rows) - len(visible)
    assert known.rows_ignored == 0


def test_the_order_of_rows_does_not_matter() -> None:
    rows = complaints(months=12, per_month=200, seed=4, delay_days=exponential(10.0))
    shuffled = rows.sample(frac=1, random_state=1).reset_index(drop=True)
    first, second = (rm.nowcast(frame, as_of=AS_OF.date()).table for frame in (rows, shuffled))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_without_a_delay_all_is_complete() -> None:
    rows = complaints(months=24, per_month=500, seed=5, delay_days=exponential(1e-6))
    now = rm.nowcast(rows, as_of="2026-09-30")
    assert now.completeness == pytest.approx(1.0, abs=0.001)
    assert (now.table["nowcast_upper"] - now.table["reported"]).max() <= 3


def test_nothing_is_logged_at_weekends() -> None:
    def delay(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        weekday = (END - pd.to_timedelta(age, unit="D")).day_of_week.to_numpy()
        return np.where(weekday >= 5, 7 - weekday, 0).astype(float)

    rows = complaints(months=24, per_month=1500, seed=6, delay_days=delay)
    sunday = pd.Timestamp("2026-05-31")
    seen = rows["logged_at"] < sunday + pd.Timedelta(days=1)
    month = rows["received_at"].dt.to_period("M") == pd.Period("2026-05")
    now = rm.nowcast(rows, as_of=sunday.date())
    true = seen[month].mean()
    assert true < 0.95  # two of 31 days, where a usual day would leave half a day's
    assert now.completeness[-1] == pytest.approx(true, abs=0.015)


def test_the_longest_delays_count() -> None:
    rng = np.random.default_rng(7)
    rows = complaints(
        months=48,
        per_month=1000,
        seed=7,
        delay_days=lambda age, _: np.where(rng.uniform(size=len(age)) < 0.3, 400, 1),
    )
    now = rm.nowcast(rows, as_of="2026-09-30")
    assert now.completeness[-10:-2] == pytest.approx(0.7, abs=0.03)
    assert now.completeness[:-22] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("size", [1, 3])
def test_a_few_complaints_give_a_wide_interval(size: int) -> None:
    received = pd.to_datetime(["2026-08-03", "2026-08-20", "2026-08-28"])[:size]
    now = rm.nowcast(pd.DataFrame({"received_at": received, "logged_at": received}), as_of="2026-08-31")
    row = now.table.iloc[0]
    assert now.table.notna().all(axis=None)
    assert row["upper"] - row["lower"] > 0.15
    assert row["reported"] == size


def test_one_month_is_too_little_to_be_sure() -> None:
    rows = complaints(months=1, per_month=1000, seed=8, delay_days=exponential(25.0))
    now = rm.nowcast(rows, as_of="2026-09-30").table.iloc[0]
    assert now["lower"] < share_logged(25, 0, 30) < now["upper"]
    assert now["upper"] - now["lower"] > 0.3


def test_what_cannot_be_used_is_counted_and_said() -> None:
    rows = complaints(months=6, per_month=100, seed=9, delay_days=exponential(3.0))
    rows.loc[:9, "logged_at"] = pd.NaT
    rows.loc[10:14, "logged_at"] = rows.loc[10:14, "received_at"] - pd.Timedelta(days=2)
    rows.loc[15:16, "received_at"] = pd.NaT
    now = rm.nowcast(rows, as_of="2026-09-30")
    known = rows["received_at"].notna() & ~(rows["logged_at"] >= END)
    assert now.rows_without_delay == 15
    assert now.rows_ignored == (~known).sum()
    assert now.table["reported"].sum() == known.sum()
    assert "15 counted without a logging day" in now.sentence


@pytest.mark.parametrize(
    ("rows", "as_of", "error", "words"),
    [
        (["2026-08-01"], None, ParameterError, "needs as_of"),
        (["2026-08-01"], "the last day", ParameterError, "expected a day"),
        (["2026-08-01"], "2026-08-15", ContractError, "no month"),
        ([], "2026-08-31", ContractError, "no row"),
        (["2026-09-05"], "2026-08-31", ContractError, "no row"),
    ],
)
def test_what_no_answer_can_be_given_to_is_said(rows, as_of, error, words) -> None:
    times = pd.to_datetime(pd.Series(rows, dtype="str"))
    with pytest.raises(error, match=words):
        rm.nowcast(pd.DataFrame({"received_at": times, "logged_at": times}), as_of=as_of)


def test_columns_must_be_there() -> None:
    with pytest.raises(ContractError, match="logged_at"):
        rm.nowcast(pd.DataFrame({"received_at": pd.to_datetime(["2026-08-01"])}), as_of="2026-08-31")


def test_it_speaks_of_the_days_of_whatever_is_recorded_late(steady: rm.Nowcast) -> None:
    rows = complaints(months=36, per_month=3000, seed=1, delay_days=exponential(25.0))
    losses = rows.rename(columns={"received_at": "occurred_on", "logged_at": "recorded_on"})
    found = rm.nowcast(losses, as_of="2026-09-30", at="occurred_on", recorded="recorded_on")
    pd.testing.assert_frame_equal(found.table, steady.table, check_exact=True)
    with pytest.raises(ContractError, match="the rows have no column logged_at, received_at"):
        rm.nowcast(losses, as_of="2026-09-30")


def test_a_table_is_counted_by_the_days_of_its_contract(sample_tables: Tables) -> None:
    table = sample_tables.losses
    days = {"at": "occurred_on", "recorded": "recorded_on"}
    frame = rm.nowcast(table.frame([*days.values()]), as_of=table.provenance.as_of, **days)
    pd.testing.assert_frame_equal(rm.nowcast(table).table, frame.table)
    assert rm.nowcast_where_logged(table) is not None
    with pytest.raises(ContractError, match="'surveys' does not say when its rows were recorded"):
        rm.nowcast(sample_tables.surveys)
    assert rm.nowcast_where_logged(sample_tables.surveys) is None


def test_a_table_and_its_frame_agree(sample_tables: Tables) -> None:
    table = sample_tables.complaints
    ours = rm.nowcast(table)
    frame = rm.nowcast(table.frame(["received_at", "logged_at"]), as_of=table.provenance.as_of)
    pd.testing.assert_frame_equal(ours.table.dropna(), frame.table[ours.table["reported"].notna()])
    assert ours.table["reported"].isna().sum() == len(table.provenance.unknown_months)
    with pytest.raises(ParameterError, match="knows only"):
        rm.nowcast(table, as_of="2027-01-31")


@pytest.mark.parametrize("as_of", ["2025-10-31", "2026-02-28", "2026-08-31"])
def test_it_was_right_on_earlier_days(as_of: str, sample_tables: Tables, project: Path) -> None:
    truth = json.loads((project / "data" / "sample" / "truth.json").read_text("utf-8"))
    final = sum(months[as_of[:7]] for months in truth["complete_counts"].values())
    last = rm.nowcast(sample_tables.complaints, as_of=as_of).table.iloc[-1]
    assert last["nowcast"] == pytest.approx(final, rel=0.03)
    assert last["nowcast_lower"] <= final <= last["nowcast_upper"]


def test_it_fits_panels_of_months_and_quarters(steady: rm.Nowcast) -> None:
    earlier = pd.period_range("2023-01", "2026-09", freq="M")
    shares = steady.for_periods(earlier)
    assert (shares[:9] == 1).all()
    np.testing.assert_allclose(shares[9:], steady.completeness)
    quarter = steady.for_periods(pd.period_range("2026Q2", "2026Q3", freq="Q"))
    last = steady.table.iloc[-3:]
    assert quarter[-1] == pytest.approx(last["reported"].sum() / last["nowcast"].sum())
    with pytest.raises(ParameterError, match="2026-10"):
        steady.for_periods(pd.period_range("2026-09", "2026-10", freq="M"))


def test_it_fits_panels_of_days_and_weeks_up_to_the_as_of_day(steady: rm.Nowcast) -> None:
    days = pd.period_range("2022-01-01", "2026-09-30", freq="D")
    shares = steady.for_periods(days)
    assert shares[0] == 1  # before the first row
    assert ((shares > 0) & (shares <= 1)).all()
    assert steady.by_day is not None
    known = steady.by_day.set_index("day")
    assert shares[-1] == pytest.approx(known["completeness"].iloc[-1])
    week = steady.for_periods(pd.period_range("2026-09-21", periods=1, freq="W"))
    last = known["2026-09-21":"2026-09-27"]
    assert week[0] == pytest.approx(
        last["reported"].sum() / (last["reported"] / last["completeness"]).sum(), rel=1e-6
    )
    september = known["2026-09-01":]
    whole = september["reported"].sum() / (september["reported"] / september["completeness"]).sum()
    assert whole == pytest.approx(steady.completeness[-1], rel=0.05)
    with pytest.raises(ParameterError, match="2026-10-01 ends after 2026-09-30, the last day of the nowcast"):
        steady.for_periods(pd.period_range("2026-10-01", periods=1, freq="D"))
    old = replace(steady, by_day=None)
    with pytest.raises(ParameterError, match="saved without its days"):
        old.for_periods(days)


def test_it_is_saved_and_loaded_exactly(steady: rm.Nowcast, tmp_path: Path) -> None:
    loaded = rm.load(rm.save(steady, tmp_path / "nowcast"), rm.Nowcast)
    pd.testing.assert_frame_equal(loaded.table, steady.table, check_exact=True)
    pd.testing.assert_frame_equal(loaded.by_day, steady.by_day, check_exact=True)
    assert loaded.sentence == steady.sentence
    assert (loaded.periods == steady.periods).all()
    assert len(loaded.summary()) == 12


def test_the_nowcast_of_a_stored_table_is_estimated_once(sample_tables: Tables, monkeypatch) -> None:
    table = sample_tables.complaints
    first = rm.nowcast(table)
    first_then = completeness_on(table, date(2026, 3, 31))
    monkeypatch.setattr("riskmodels.forecasting.completeness.estimate_delays", None)
    again = rm.nowcast(replace(table))
    pd.testing.assert_frame_equal(again.table, first.table, check_exact=True)
    assert completeness_on(replace(table), date(2026, 3, 31)) is first_then
    kept = first.by_day["reported"].iloc[0]
    again.table.loc[0, "reported"] = again.by_day.loc[0, "reported"] = -1.0  # of the caller's own copy
    pd.testing.assert_frame_equal(rm.nowcast(table).table, first.table, check_exact=True)
    assert rm.nowcast(table).by_day["reported"].iloc[0] == kept


def test_a_table_with_other_holes_is_another(sample_tables: Tables) -> None:
    table = sample_tables.complaints
    holes = (*table.provenance.unknown_months, "2026-01")
    other = replace(table, provenance=table.provenance.model_copy(update={"unknown_months": holes}))
    reported = rm.nowcast(other).table.set_index("period")["reported"]
    assert reported.isna().sum() == len(holes)
    assert rm.nowcast(table).table["reported"].isna().sum() == len(holes) - 1


def test_the_completeness_of_a_day_is_that_of_its_nowcast(sample_tables: Tables) -> None:
    table = sample_tables.complaints
    now = rm.nowcast(table, as_of="2026-03-31")
    alone = completeness_on(table, date(2026, 3, 31))
    np.testing.assert_array_equal(alone.for_periods(now.periods), now.for_periods(now.periods))


def test_the_share_logged_of_a_day_that_drifts_rises_with_every_later_as_of_day() -> None:
    as_of = int(AS_OF.to_datetime64().astype("M8[D]").astype(int))
    days = [[0, 0, 1]] * 22 + [[1, 0, 28], [21, 20, 28], [71, 0, 61], [38, 38, 327]]
    ages, delays, rows = np.array(days).T
    counts = DayCounts(received=as_of - ages, logged=as_of - ages + delays, rows=rows, as_of=as_of)
    found, day = estimate_delays(counts), np.array([as_of - 30])
    shares = [float(found.reported(day, later)[0]) for later in range(as_of - 30, as_of + 200, 10)]
    assert (np.diff(shares) >= 0).all()


@settings(max_examples=15)
@given(data=st.data())
def test_completeness_is_a_share_and_the_share_logged_rises_with_age(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    ages = np.array(data.draw(st.lists(st.integers(0, 200), min_size=size, max_size=size)))
    delays = np.minimum(data.draw(st.lists(st.integers(0, 90), min_size=size, max_size=size)), ages)
    rows = np.array(data.draw(st.lists(st.integers(1, 500), min_size=size, max_size=size)))
    as_of = int(AS_OF.to_datetime64().astype("M8[D]").astype(int))
    counts = DayCounts(received=as_of - ages, logged=as_of - ages + delays, rows=rows, as_of=as_of)
    found = estimate_delays(counts)
    day = np.array([as_of - 30])
    shares = [float(found.reported(day, later)[0]) for later in range(as_of - 30, as_of + 200, 10)]
    assert (np.diff(shares) >= -1e-9).all()
    assert min(shares) > 0
    assert max(shares) <= 1
    sample = found.sample(day, np.ones((1, 1)), as_of, draws=50, seed=1)
    assert ((sample >= 0) & (sample <= 1)).all()


def test_months_are_more_complete_the_older_they_are(steady: rm.Nowcast) -> None:
    assert (np.diff(steady.completeness) < 0.003).all()


@pytest.mark.parametrize(("delay", "seed"), [(exponential(25.0), 1), (doubling, 2)])
def test_a_corrected_forecast_is_like_the_one_from_all_complaints(delay, seed: int) -> None:
    rows = complaints(months=48, per_month=1500, seed=seed, delay_days=delay)
    rows["series"] = np.random.default_rng(seed).integers(0, 30, len(rows)).astype("str")
    rows["one"] = 1.0
    seen = rows[rows["logged_at"] < END]
    build = {"keys": ["series"], "period": "received_at", "value": "one"}
    whole, partial = Panel.from_long(rows, **build), Panel.from_long(seen, **build)
    share = rm.nowcast(rows, as_of="2026-09-30").for_periods(partial.periods)
    totals = [
        rm.forecast(panel, horizon=6, completeness=offset).mean.sum()
        for panel, offset in ((whole, None), (partial, share), (partial, None))
    ]
    assert totals[1] == pytest.approx(totals[0], rel=0.03)
    assert totals[2] < 0.9 * totals[0]
