"""Forecasts by day and week: weekdays, holidays and seasons are found; any history gives sound quantiles."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.forecasting import forecast
from riskmodels.forecasting.courses import courses_of
from riskmodels.forecasting.seasons import Cycle, ratios_to_trend
from riskmodels.panel import Panel
from riskmodels.periods.workdays import working_days

WEEK = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.3, 0.2])  # share of the usual, Monday first


def panel_of(values: np.ndarray, start: str, freq: str) -> Panel:
    return Panel(
        keys=pd.DataFrame({"series": np.arange(len(values)).astype(str)}),
        periods=pd.period_range(start, periods=values.shape[1], freq=freq),
        values=np.asarray(values, dtype=float),
        exposure=None,
        kind="count",
    )


def year_of(periods: pd.PeriodIndex) -> np.ndarray:
    return np.exp(0.3 * np.cos(2 * np.pi * np.asarray(periods.day_of_year) / 365.25))


def expected_days(periods: pd.PeriodIndex, levels: np.ndarray) -> np.ndarray:
    return np.asarray(levels[:, None] * WEEK[periods.day_of_week] * year_of(periods))


def working(periods: pd.PeriodIndex) -> np.ndarray:
    """Tell which days have work in China."""
    first, last = periods[0].start_time.date(), periods[-1].start_time.date()
    index = working_days(first, last, country="CN")["working_index"].to_numpy()
    return np.diff(index, prepend=0) > 0


def of_works(start: str, length: int, level: float) -> Panel:
    """Twenty series of a bank with five times as many on a working day, whatever its name, as on another."""
    periods = pd.period_range(start, periods=length, freq="D")
    mean = level * np.where(working(periods), 1.0, 0.2)
    return panel_of(np.random.default_rng(3).poisson(mean, (20, length)), start, "D")


def check_sound(panel: Panel, horizon: int, calendar: str | None) -> None:
    made = forecast(panel, horizon=horizon, calendar=calendar)
    quantiles = made.quantiles
    assert np.isfinite(made.mean).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (quantiles >= 0).all()
    assert (quantiles == np.round(quantiles)).all()
    paths = made.sample(50, seed=1)
    np.testing.assert_array_equal(made.aggregate().sample(50, seed=1)[:, 0], paths.sum(axis=1))
    np.testing.assert_allclose(made.aggregate().mean[0], made.mean.sum(axis=0))


# What is known of the truth is found


def test_weekdays_and_the_time_of_the_year_are_found() -> None:
    """730 days: the true mean of every day of eight weeks ahead within a tenth, of all within 3 %."""
    levels = np.random.default_rng(1).gamma(2.0, 3.0, 50)
    periods = pd.period_range("2024-01-01", periods=730 + 56, freq="D")
    true = expected_days(periods, levels)
    panel = panel_of(np.random.default_rng(2).poisson(true[:, :730]), "2024-01-01", "D")
    made = forecast(panel, horizon=56)
    ratio = made.mean.sum(axis=0) / true[:, 730:].sum(axis=0)
    assert np.abs(ratio - 1).max() < 0.1
    assert abs(ratio.mean() - 1) < 0.03
    actual = np.random.default_rng(3).poisson(true[:, 730:]).astype(float)
    pit = made.pit(actual, seed=1)
    assert 0.015 < (pit > 0.975).mean() < 0.04
    assert 0.015 < (pit < 0.025).mean() < 0.04


def test_the_yearly_cycle_of_weeks_is_found_across_the_53rd_week() -> None:
    periods = pd.period_range("2017-01-02", periods=212 + 26, freq="W")
    true = np.random.default_rng(1).gamma(4.0, 8.0, 30)[:, None] * year_of(periods)
    panel = panel_of(np.random.default_rng(2).poisson(true[:, :212]), "2017-01-02", "W")
    assert 53 in panel.periods.start_time.isocalendar().week.tolist()  # 2020 has one
    ratio = forecast(panel, horizon=26).mean.sum(axis=0) / true[:, 212:].sum(axis=0)
    assert np.abs(ratio - 1).max() < 0.08


def test_a_make_up_saturday_is_forecast_like_a_monday_and_a_holiday_like_a_sunday() -> None:
    panel = of_works("2023-01-02", 1120, 5.0).until("2025-12-31")
    made = forecast(panel, horizon=60, calendar="CN")
    mean = pd.Series(made.mean.sum(axis=0), index=made.periods.to_timestamp())
    monday, sunday = mean["2026-01-12"], mean["2026-01-11"]
    assert mean["2026-02-14"] == pytest.approx(monday, rel=0.12)  # a Saturday that makes up for the holiday
    assert mean["2026-02-18"] == pytest.approx(sunday, rel=0.25)  # Wednesday after New Year's Day
    assert monday / sunday == pytest.approx(5.0, rel=0.1)
    blind = forecast(panel, horizon=60)
    assert blind.mean.sum(axis=0)[44] < 0.5 * monday  # without a calendar it is a Saturday


def test_a_holiday_never_seen_is_low_and_the_bank_s_own_days_without_work_too() -> None:
    panel = of_works("2026-02-25", 56, 10.0)  # no holiday in it; Qingming is on 2026-04-04 to 04-06
    panel = replace(panel.until("2026-04-03"), holidays=(date(2026, 4, 9),))
    mean = forecast(panel, horizon=10, calendar="CN").mean.sum(axis=0)
    assert mean[2] < 0.5 * mean[3]  # Monday, a holiday, and Tuesday
    assert mean[5] < 0.5 * mean[3]  # Thursday the 9th
    assert forecast(panel, horizon=10).mean.sum(axis=0)[5] > 0.7 * mean[3]  # none without a calendar


def test_a_week_of_holidays_has_fewer() -> None:
    days = of_works("2022-01-03", 1456, 4.0)
    weeks = replace(
        days,
        periods=pd.period_range("2022-01-03", periods=208, freq="W"),
        values=days.values.reshape(20, 208, 7).sum(axis=2),
    ).until("2025-09-28")
    made = forecast(weeks, horizon=4, calendar="CN").mean.sum(axis=0)
    assert str(weeks.periods[-1] + 1) == "2025-09-29/2025-10-05"  # two days of work, where five are usual
    assert made[0] == pytest.approx(80 * (2 + 5 * 0.2), rel=0.15)
    assert made[3] == pytest.approx(80 * (5 + 2 * 0.2), rel=0.1)


# Whatever the history


@pytest.mark.parametrize(("freq", "length"), [("D", 1), ("D", 21), ("W", 1), ("W", 10)])
@pytest.mark.parametrize("calendar", [None, "CN"])
def test_a_short_history_gives_wide_sound_quantiles(freq: str, length: int, calendar: str | None) -> None:
    values = np.random.default_rng(1).poisson(20.0, (3, length))
    values[0] = 0
    panel = panel_of(values, "2026-01-05", freq)
    check_sound(panel, 14, calendar)
    made = forecast(panel, horizon=14, calendar=calendar)
    assert (made.quantiles[1, :, 0] < 20).all()
    assert (made.quantiles[1, :, -1] > 20).all()
    assert made.mean[0].max() < 20  # nothing seen is not what others have


@pytest.mark.parametrize("freq", ["D", "W"])
def test_late_series_holes_and_zeros(freq: str) -> None:
    values = np.random.default_rng(1).poisson(5.0, (5, 200)).astype(float)
    values[0] = 0.0
    values[1, :150] = np.nan  # begins late
    values[2, 60:120] = np.nan
    values[:, 30:35] = np.nan  # no series
    values[3] = np.nan
    check_sound(panel_of(values, "2023-12-25", freq), 60, "CN")


@given(
    seed=st.integers(0, 10_000),
    length=st.integers(1, 80),
    freq=st.sampled_from(["D", "W"]),
    calendar=st.sampled_from([None, "CN", "US"]),
    level=st.floats(0, 300),
)
@settings(max_examples=15, deadline=None)
def test_any_panel_of_days_or_weeks_is_forecast(
    seed: int, length: int, freq: str, calendar: str | None, level: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.poisson(level * rng.gamma(1.0, 1.0, (4, 1)), (4, length)).astype(float)
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    check_sound(panel_of(values, "2024-02-26", freq), 10, calendar)


def test_the_order_of_the_rows_does_not_matter_and_factors_multiply() -> None:
    values = np.random.default_rng(1).poisson(3 * WEEK[np.arange(140) % 7], (6, 140))
    panel = panel_of(values, "2026-01-05", "D")
    turned = replace(
        panel, keys=panel.keys.iloc[::-1].reset_index(drop=True), values=panel.values[::-1].copy()
    )
    made, other = (forecast(one, horizon=9, calendar="CN") for one in (panel, turned))
    np.testing.assert_array_equal(made.quantiles, other.quantiles[::-1])
    parts = made.contributions
    assert parts is not None
    product = parts.level * parts.shared * parts.exposure * parts.season * parts.calendar
    np.testing.assert_allclose(product, made.mean)


@pytest.mark.parametrize("method", ["theta", "seasonal_naive", "empirical24", "ets"])
@pytest.mark.parametrize("freq", ["D", "W"])
def test_every_method_takes_days_and_weeks(method: str, freq: str) -> None:
    pattern = 30 * WEEK[np.arange(140) % 7] if freq == "D" else np.full(140, 30.0)
    panel = panel_of(np.random.default_rng(1).poisson(pattern, (2, 140)), "2026-01-05", freq)
    made = forecast(panel, horizon=14, method=method)  # type: ignore[arg-type]
    np.testing.assert_allclose(made.mean.mean(axis=0), pattern[:14], rtol=0.6)
    assert abs(made.mean.mean() / pattern[:14].mean() - 1) < 0.15


def test_amounts_by_day_know_their_weekdays() -> None:
    values = 1000 * WEEK[np.arange(140) % 7] * np.random.default_rng(1).lognormal(0, 0.2, (3, 140))
    made = forecast(replace(panel_of(values, "2026-01-05", "D"), kind="amount"), horizon=7)
    assert made.mean[:, 6].max() < 0.5 * made.mean[:, 0].min()  # Sunday and Monday


def test_the_same_weekday_last_week_is_naive() -> None:
    panel = panel_of(np.arange(28.0)[None], "2026-01-05", "D")
    assert forecast(panel, horizon=8, method="seasonal_naive").mean[0].tolist() == [*range(21, 28), 21]
    alike = forecast(panel, horizon=1, method="empirical24", levels=[0.5, 0.99]).quantiles[0, 0]
    assert alike.tolist() == [7.0, 21.0]  # of the Mondays 0, 7, 14 and 21


# What it is made of


def test_what_a_year_forgets_does_not_depend_on_the_period() -> None:
    for freq, year in (("D", 365.25), ("W", 365.25 / 7), ("M", 12.0)):
        pace = Cycle.of(pd.period_range("2024-01-01", periods=3, freq=freq)).pace
        assert 0.98 ** (pace * year) == pytest.approx(0.98**12)


def test_an_odd_season_is_taken_off_a_straight_line() -> None:
    values = np.arange(30.0)[None] + np.tile([3.0, 0, 0, 0, 0, 0, -3.0], 5)[:30]
    found = ratios_to_trend(values, 7)[0]
    np.testing.assert_allclose(found[3:-3], np.tile([3.0, 0, 0, 0, 0, 0, -3.0], 5)[3:27], atol=1e-12)
    assert np.isnan(found[[0, 1, 2, -3, -2, -1]]).all()


def test_weekends_follow_the_country_and_long_breaks_mark_the_days_about_them() -> None:
    periods = pd.period_range("2026-01-01", "2026-12-31", freq="D")
    kinds = courses_of(periods, "CN", ()).kinds
    at = dict(zip(periods.astype(str), kinds.tolist(), strict=True))
    assert at["2026-02-14"] == 8  # a Saturday with work
    assert at["2026-02-17"] == 7  # New Year's Day, a Tuesday
    assert at["2026-03-07"] == 5  # a Saturday without
    assert courses_of(periods, None, ()).kinds.tolist() == periods.day_of_week.tolist()


def test_periods_that_are_none_of_these_are_refused_in_one_line() -> None:
    panel = panel_of(np.ones((1, 30)), "2026-01-05", "D")
    hours = replace(panel, periods=pd.period_range("2026-01-05", periods=30, freq="h"))
    with pytest.raises(ParameterError, match="expected days, weeks, months, quarters or"):
        forecast(hours, horizon=2)
    with pytest.raises(ParameterError, match="no calendar of working days is known"):
        forecast(panel, horizon=2, calendar="XX")
    with pytest.raises(ParameterError, match="1 to 60 periods"):
        forecast(panel, horizon=61)


def test_holes_of_days_are_named_by_their_first_and_last() -> None:
    panel = panel_of(np.ones((2, 40)), "2026-01-05", "D")
    panel.values[:, [3, 4, 5, 9]] = np.nan
    assert "unknown everywhere: 2026-01-08 to 2026-01-10, 2026-01-14." in panel.sentence
