"""Watching indicators: shares, means and availability get worse; months without a case are unknown."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from simulations import drawn_in_part, draws

import riskmodels as rm
from riskmodels.catalogue import Indicators, indicators
from riskmodels.errors import ContractError, ParameterError
from riskmodels.surveillance import watch, watch_indicator
from riskmodels.surveillance.laws import LAWS, cases_tail

WATCHED = {
    "resolved_7wd": "higher_is_better",
    "upheld_rate": "lower_is_better",
    "handling_days": "lower_is_better",
    "system_availability": "higher_is_better",
    "complaint_rate": "lower_is_better",
}


def found(indicator_id: str, numerator, denominator, squares=np.nan, *, regions: bool = False) -> Indicators:
    """Make the table of ``indicators`` from arrays (n, T); what has no denominator has no row."""
    numerator = np.atleast_2d(np.array(numerator, dtype=float))
    n, length = numerator.shape
    of = np.repeat(np.arange(n), length)
    table = pd.DataFrame(
        {
            "indicator_id": indicator_id,
            "region_id": (of // 8).astype(str),
            "unit_id": of.astype(str),
            "period": np.tile(pd.period_range("2020-01", periods=length, freq="M").astype("str"), n),
            "numerator": numerator.ravel(),
            "denominator": np.broadcast_to(np.array(denominator, dtype=float), numerator.shape).ravel(),
            "squares": np.broadcast_to(np.array(squares, dtype=float), numerator.shape).ravel(),
            "left_out": 0.0,
        }
    )
    table["value"] = table["numerator"] / table["denominator"]
    by = ("region_id", "unit_id") if regions else ("unit_id",)
    table = table if regions else table.drop(columns="region_id")
    return Indicators(table=table[table["denominator"] > 0], unavailable=pd.DataFrame(), by=by)


def drawn(indicator_id: str, n: int = 1, length: int = 60, *, times=1.0, seed: int = 5) -> Indicators:
    """Make series of an indicator in control; ``times`` worsens it, of shape (n, T)."""
    rng = np.random.default_rng(seed)
    times = np.broadcast_to(np.array(times, dtype=float), (n, length))
    size = rng.poisson(60, times.shape) + 1.0
    if indicator_id in ("resolved_7wd", "upheld_rate"):
        failed = rng.binomial(size.astype(int), 0.1 * times)
        return found(
            indicator_id, failed if indicator_id == "upheld_rate" else size - failed, size, regions=True
        )
    if indicator_id == "complaint_rate":
        return found(indicator_id, rng.poisson(20.0 * times), 5.0, regions=True)
    if indicator_id == "system_availability":
        lengths = rng.exponential(90.0, (*times.shape, 30)) * (
            np.arange(30) < rng.poisson(3.0 * times)[..., None]
        )
        return found(
            indicator_id, 43_800 - lengths.sum(axis=2), 43_800, (lengths**2).sum(axis=2), regions=True
        )
    values = rng.gamma(2.0, 4.0 * times[..., None], (*times.shape, 100)) * (np.arange(100) < size[..., None])
    return found(indicator_id, values.sum(axis=2), size, (values**2).sum(axis=2), regions=True)


def since(place: int, factor: float, n: int = 1, length: int = 60) -> np.ndarray:
    """Ones, and a factor from a month on."""
    return np.where(np.arange(length) >= place, factor, 1.0) * np.ones((n, 1))


@pytest.mark.parametrize(
    ("size", "share", "ratio"),
    [(1, 0.3, 1), (2, 0.5, 1.5), (12, 0.02, 1), (30, 0.9, 2), (200, 0.05, 3), (700, 0.5, 4), (4000, 0.01, 2)],
)
def test_the_tail_of_cases_is_that_of_the_beta_binomial(size, share, ratio) -> None:
    seen = np.arange(size + 1.0)
    of = np.full_like(seen, size)
    above, here = cases_tail(seen, share * of, ratio * share * (1 - share) * of, of)
    law = scipy.stats.binom(size, share)
    if ratio > 1:
        total = (size - 1) / (ratio - 1) - 1
        law = scipy.stats.betabinom(size, share * total, (1 - share) * total)
    np.testing.assert_allclose(above, law.sf(seen), atol=1e-5)
    np.testing.assert_allclose(here, law.pmf(seen), atol=1e-5)
    limit = LAWS["cases"](of[:1]).limit(0.005, share * of[:1], ratio * share * (1 - share) * of[:1])
    assert limit[0] == law.isf(0.005)


def test_the_scores_of_very_many_cases_are_nearly_those_of_the_beta_binomial() -> None:
    size, share, ratio = 100_000, 0.04, 2.0
    mean, variance = size * share, size * share * (1 - share) * ratio
    seen = np.round(mean + np.sqrt(variance) * np.linspace(-4, 4.5, 40))
    one = np.ones_like(seen)
    above, here = cases_tail(seen, mean * one, variance * one, size * one)
    total = (size - 1) / (ratio - 1) - 1
    law = scipy.stats.betabinom(size, share * total, (1 - share) * total)
    exact = scipy.stats.norm.isf(law.sf(seen) + 0.5 * law.pmf(seen))
    np.testing.assert_allclose(scipy.stats.norm.isf(above + 0.5 * here), exact, atol=0.05)


@pytest.mark.parametrize(("number", "length"), [(0.05, 100.0), (2.0, 1.0), (30.0, 60.0), (900.0, 5.0)])
def test_minutes_lost_are_a_poisson_number_of_exponential_lengths(number, length) -> None:
    mean, variance = number * length, 2 * number * length**2
    seen = np.array([0.0, 0.5 * mean, mean, mean + 2 * np.sqrt(variance)])
    one = np.ones_like(seen)
    law = LAWS["minutes"](one)
    above, here = law.tail(seen, mean * one, variance * one)
    incidents = np.arange(1, 3000)
    chance = scipy.stats.poisson(number).pmf(incidents)
    exact = [float(chance @ scipy.stats.gamma(incidents).sf(at / length)) for at in seen]
    np.testing.assert_allclose(above, exact, atol=1e-9)
    np.testing.assert_allclose(here, [np.exp(-number), 0, 0, 0], atol=1e-12)
    limit = law.limit(0.005, mean * one, variance * one)
    np.testing.assert_allclose(
        law.tail(limit, mean * one, variance * one)[0], min(0.005, exact[0]), rtol=1e-6
    )


def test_means_are_lognormal_about_what_is_expected() -> None:
    law, mean, variance = LAWS["values"](np.ones(1)), np.array([8.0]), np.array([4.0])
    exact = scipy.stats.lognorm(np.sqrt(np.log1p(4 / 64)), scale=8 / np.sqrt(1 + 4 / 64))
    assert (exact.mean(), exact.var()) == pytest.approx((8.0, 4.0))
    assert law.tail(np.array([11.0]), mean, variance)[0][0] == pytest.approx(exact.sf(11.0))
    assert law.limit(0.01, mean, variance)[0] == pytest.approx(exact.isf(0.01))


@pytest.mark.parametrize("indicator_id", WATCHED)
def test_a_unit_that_gets_worse_is_one_alarm_of_it_with_date_and_size(indicator_id) -> None:
    times = np.ones((24, 60))
    times[20, 48:] = 4.0 if indicator_id == "system_availability" else 2.5
    alarms = watch_indicator(
        drawn(indicator_id, 24, times=times, seed=31),
        indicator_id,
        direction=WATCHED[indicator_id],
        run_length=200,
    )
    table = alarms.table[alarms.table["last"] >= "2024-01"]
    assert set(table["level"]) == {"region_id × unit_id"}
    (row,) = table[table["unit_id"] == "20"].to_dict("records")
    assert row["since_earliest"] <= "2024-01" <= row["since_latest"]
    assert row["lower"] <= times[20, 59] - 1 <= row["upper"]


@pytest.mark.parametrize("indicator_id", WATCHED)
def test_what_all_units_share_is_one_alarm_of_the_total(indicator_id) -> None:
    worse = drawn(indicator_id, 24, times=since(48, 2.0, 24), seed=6)
    alarms = watch_indicator(worse, indicator_id, direction=WATCHED[indicator_id], run_length=200)
    table = alarms.table[alarms.table["level"] == "total"]
    assert table["since"].tolist() == ["2024-01"]
    assert len(alarms.table) <= 3


@pytest.mark.parametrize("indicator_id", WATCHED)
def test_what_gets_better_is_no_alarm(indicator_id) -> None:
    better = drawn(indicator_id, 3, times=since(40, 0.4, 3), seed=7)
    alarms = watch_indicator(better, indicator_id, direction=WATCHED[indicator_id], run_length=500)
    assert alarms.table.empty


@pytest.mark.parametrize("indicator_id", WATCHED)
def test_nothing_later_changes_a_judgement(indicator_id) -> None:
    whole = drawn(indicator_id, 24, times=since(40, 1.5, 24), seed=8)
    until = Indicators(
        table=whole.table[whole.table["period"] < "2024-01"], unavailable=pd.DataFrame(), by=whole.by
    )
    one, other = (
        watch_indicator(
            some, indicator_id, direction=WATCHED[indicator_id], run_length=100, since="2021-01"
        ).periods
        for some in (whole, until)
    )
    one = one[one["period"] < "2024-01"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


@drawn_in_part
@pytest.mark.parametrize("indicator_id", WATCHED)
def test_steady_series_alarm_no_more_often_than_asked(indicator_id) -> None:
    steady = drawn(indicator_id, draws(300), 60, seed=9)
    alarms = watch_indicator(
        steady, indicator_id, direction=WATCHED[indicator_id], run_length=100, false_share=1.0
    )
    begun = np.diff(alarms.alarm[:, 24:].astype(int), axis=1) == 1
    assert begun.sum() / begun.size < 1 / 100


def test_cases_that_fail_are_observed_whichever_way_is_good() -> None:
    good = found("resolved_7wd", np.full((1, 30), 54), 60)
    bad = found("upheld_rate", np.full((1, 30), 6), 60)
    observed = [
        watch_indicator(one, name, direction=way, run_length=100).periods["observed"]
        for one, name, way in (
            (good, "resolved_7wd", "higher_is_better"),
            (bad, "upheld_rate", "lower_is_better"),
        )
    ]
    assert observed[0].tolist() == observed[1].tolist() == [6.0] * 18


def test_all_cases_that_fail_are_an_alarm_whose_size_is_no_more_than_all() -> None:
    rng = np.random.default_rng(10)
    failed = rng.binomial(20, 0.4, (1, 48))
    failed[0, 40:] = 20
    alarms = watch_indicator(
        found("resolved_7wd", 20 - failed, 20), "resolved_7wd", direction="higher_is_better", run_length=100
    )
    (row,) = alarms.table.to_dict("records")
    assert row["since"] == "2023-05"
    assert row["size"] <= row["upper"] <= 20 / alarms.expected[0, 39] - 0.9
    assert (alarms.expected[0, 1:] < 20).all()
    assert (alarms.limit[0, 1:] <= 20).all()


def test_months_without_a_case_are_unknown_and_no_alarm() -> None:
    size = np.full((1, 60), 40.0)
    size[0, [20, 30, 31]] = 0.0
    rng = np.random.default_rng(11)
    alarms = watch_indicator(
        found("resolved_7wd", rng.binomial(size.astype(int), 0.9), size),
        "resolved_7wd",
        direction="higher_is_better",
        run_length=50,
    )
    for part in (alarms.panel.values, alarms.p_value, alarms.expected, alarms.limit):
        assert np.isnan(part[0, [20, 30, 31]]).all()
    assert not alarms.alarm[0, [20, 30, 31]].any()


def test_a_rate_is_watched_as_its_panel_of_counts() -> None:
    given = drawn("complaint_rate", 3, times=since(50, 2.0, 3), seed=12)
    alarms = watch_indicator(given, "complaint_rate", direction="lower_is_better", run_length=100)
    same = watch(alarms.panel, run_length=100)
    pd.testing.assert_frame_equal(alarms.table, same.table)
    np.testing.assert_array_equal(alarms.p_value, same.p_value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"indicator_id": "nonsense"}, ParameterError, "not in the catalogue"),
        ({"indicator_id": "retention"}, ParameterError, "no value of retention; there are those of resolved"),
        ({"indicator_id": "potential_loss_rate"}, ContractError, "a ratio of amounts"),
        ({"direction": "up"}, ParameterError, "expected 'higher_is_better'"),
        (
            {"indicator_id": "handling_days", "direction": "higher_is_better"},
            ParameterError,
            "is watched where lower_is_better",
        ),
        ({"run_length": 1.0}, ParameterError, "from 2 to"),
        ({"since": "2030-01"}, ParameterError, "after the last period"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_line(change, error, message) -> None:
    given = {"indicator_id": "resolved_7wd", "direction": "higher_is_better", "run_length": 100.0} | change
    with pytest.raises(error, match=message):
        watch_indicator(drawn("resolved_7wd"), given.pop("indicator_id"), **given)


def test_years_and_means_below_zero_are_refused_in_a_line() -> None:
    years = drawn("resolved_7wd")
    years.table["period"] = "2020H1"
    with pytest.raises(ParameterError, match="2020H1 is no month or quarter"):
        watch_indicator(years, "resolved_7wd", direction="higher_is_better", run_length=100)
    with pytest.raises(ContractError, match="below zero"):
        watch_indicator(
            found("handling_days", np.full((1, 30), -5.0), 3, 10),
            "handling_days",
            direction="lower_is_better",
            run_length=100,
        )


@settings(max_examples=40, deadline=None)
@given(
    indicator_id=st.sampled_from(sorted(WATCHED)),
    cells=st.lists(
        st.lists(st.tuples(st.integers(0, 2000), st.floats(0, 1)), min_size=30, max_size=30),
        min_size=1,
        max_size=3,
    ),
)
def test_whatever_is_counted_alarms_and_intervals_are_in_order(indicator_id, cells) -> None:
    cases, share = np.moveaxis(np.array(cells), 2, 0)
    numerator = np.floor(cases * share)
    given_ = found(indicator_id, numerator, cases, (cases - numerator) ** 2 + numerator**2)
    if len(set(given_.table["period"])) < 2:
        return
    alarms = watch_indicator(given_, indicator_id, direction=WATCHED[indicator_id], run_length=50)
    table, known = alarms.table, np.isfinite(alarms.p_value)
    assert (table["size"] > 0).all()
    for low, high in (
        ("lower", "size"),
        ("size", "upper"),
        ("since_earliest", "since"),
        ("since", "alarmed"),
    ):
        assert (table[low] <= table[high]).all()
    assert ((alarms.p_value[known] >= 0) & (alarms.p_value[known] <= 1)).all()
    assert not alarms.alarm[np.isnan(alarms.panel.values)].any()
    assert np.isfinite(alarms.limit[known]).all()
    if alarms.law == "cases":
        size = alarms.panel.exposure
        assert (alarms.limit[known] <= size[known]).all()
        assert (alarms.expected[known] <= size[known]).all()


def test_the_indicators_of_the_sample_bank_are_watched_by_unit(sample_tables, default_policy) -> None:
    given_ = indicators(sample_tables, default_policy, by=("unit_id",), freq="M")
    laws, number = set(), 0
    for one in default_policy.indicators:
        if one.id not in set(given_.table["indicator_id"]) or one.id in (
            "education_reach",
            "potential_loss_rate",
        ):
            continue
        alarms = watch_indicator(given_, one.id, direction=one.direction, run_length=200)
        laws.add(alarms.law)
        number += len(alarms.table)
    assert laws == set(LAWS)
    assert (
        number <= 25
    )  # a false one in ten of the months with any: nothing but the complaints' shock is true


def test_the_losses_of_the_sample_bank_are_watched_as_a_panel_of_counts(sample_tables) -> None:
    panel = rm.build_panel(sample_tables.losses, by=[], freq="M")
    alarms = watch(panel, run_length=100)
    assert alarms.panel.values.sum() == len(sample_tables.losses.frame())
    assert len(alarms.table) <= 1


def test_cases_that_fail_a_hundred_times_as_often_everywhere_are_one_alarm_of_the_total() -> None:
    rng = np.random.default_rng(13)
    size = rng.poisson(25, (40, 60)) + 1.0
    failed = rng.binomial(size.astype(int), np.where(np.arange(60) < 50, 0.002, 0.2))
    alarms = watch_indicator(
        found("resolved_7wd", size - failed, size),
        "resolved_7wd",
        direction="higher_is_better",
        run_length=100,
    )
    assert alarms.table[["level", "since"]].to_numpy().tolist() == [["total", "2024-03"]]


def test_what_is_watched_is_saved_and_loaded_with_its_law(tmp_path) -> None:
    alarms = watch_indicator(
        drawn("handling_days"), "handling_days", direction="lower_is_better", run_length=100
    )
    rm.save(alarms, tmp_path / "alarms")
    again = rm.load(tmp_path / "alarms", rm.Alarms)
    assert again.law == "values"
    np.testing.assert_array_equal(again.limit, alarms.limit)


def test_means_and_minutes_are_shown_in_their_own_unit() -> None:
    given_ = drawn("handling_days", seed=14)
    days = watch_indicator(given_, "handling_days", direction="lower_is_better", run_length=100).periods
    shown = given_.table.set_index("period").loc[days["period"], "value"]
    np.testing.assert_allclose(days["observed"], shown)
    assert days["expected"].mean() == pytest.approx(8.0, rel=0.1)
    given_ = drawn("system_availability", seed=15)
    lost = watch_indicator(
        given_, "system_availability", direction="higher_is_better", run_length=100
    ).periods
    assert lost["expected"].mean() == pytest.approx(270.0, rel=0.3)
    assert (lost["limit"] > lost["expected"]).all()


def test_very_many_cases_whose_share_differs_by_month_alarm_no_more_often_than_twice_as_asked() -> None:
    rng = np.random.default_rng(16)
    failed = rng.binomial(20_000, rng.beta(33, 297, (300, 48)))
    alarms = watch_indicator(
        found("resolved_7wd", 20_000 - failed, 20_000),
        "resolved_7wd",
        direction="higher_is_better",
        run_length=100,
        false_share=1.0,
    )
    begun = np.diff(alarms.alarm[:, 12:].astype(int), axis=1) == 1
    assert begun.sum() / begun.size < 2 / 100
