"""Forecasts: right by hand, whole and ordered for any history, calibrated where they are true, no leakage."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from panels import a_panel, poisson_panel
from scipy import stats
from simulations import around, drawn_in_part, draws, wider
from small_bank import make_panel

from riskmodels.errors import ParameterError
from riskmodels.forecasting import DEFAULT_LEVELS, Forecast, forecast
from riskmodels.forecasting.baselines import BASELINES, ets, seasonal_naive
from riskmodels.forecasting.hierarchy import Dependence
from riskmodels.forecasting.predictive import CountPredictive, NormalPredictive, SamplePredictive
from riskmodels.forecasting.shared import _jumps
from riskmodels.panel import Panel, build_panel
from riskmodels.tables import Break

pytestmark = pytest.mark.whole

NAN = float("nan")
LEVELS = np.asarray(DEFAULT_LEVELS)


def check_sound(made: Forecast) -> None:
    quantiles = made.quantiles
    assert np.isfinite(made.mean).all()
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    if made.panel.kind == "count":
        assert (quantiles >= 0).all()
        assert (quantiles == np.round(quantiles)).all()
        assert (made.mean >= 0).all()
        assert (made.sample(20, seed=1) >= 0).all()
    assert np.isfinite(made.sample(20, seed=1)).all()


# Seasonal naive, by hand


def test_seasonal_naive_takes_the_same_month_of_the_last_year() -> None:
    made = forecast(
        a_panel(np.arange(100.0, 130.0)), horizon=14, method="seasonal_naive"
    )  # 2020-01 to 2022-06
    assert str(made.periods[0]) == "2022-07"
    # the last July to June are places 18 to 29; after twelve months they come again
    np.testing.assert_allclose(made.mean[0], [*range(118, 130), 118, 119])


def test_seasonal_naive_skips_unknown_months_to_the_year_before() -> None:
    values = np.arange(100.0, 130.0)
    values[[18, 29]] = NAN
    made = forecast(a_panel(values), horizon=12, method="seasonal_naive")
    assert made.mean[0, 0] == 106  # 2020-07, as 2021-07 is unknown
    assert made.mean[0, 11] == 117  # 2021-06, as 2022-06 is unknown


def test_seasonal_naive_by_quarter() -> None:
    made = forecast(a_panel([[1, 2, 3, 4, 5, 6]], freq="Q"), horizon=5, method="seasonal_naive")
    np.testing.assert_allclose(made.mean[0], [3, 4, 5, 6, 3])
    assert str(made.periods[0]) == "2021Q3"


def test_seasonal_naive_varies_by_its_changes_once_more_a_year() -> None:
    values = [10, 20, 30, 40, 16, 12, 33, 44]  # changes 6, -8, 3, 4: mean square 125 / 4
    predictive = seasonal_naive(a_panel(values, freq="Q", kind="amount"), 9)
    assert isinstance(predictive, NormalPredictive)
    np.testing.assert_allclose(predictive.deviation[0] ** 2, np.array([1, 1, 1, 1, 2, 2, 2, 2, 3]) * 31.25)


def test_seasonal_naive_of_less_than_a_year_expects_its_mean_and_varies_as_poisson() -> None:
    predictive = seasonal_naive(a_panel([[4.0, 9.0, 8.0]]), 3)
    assert isinstance(predictive, CountPredictive)
    np.testing.assert_allclose(predictive.mean, 7.0)
    np.testing.assert_allclose(predictive.variance, 7.0)


def test_a_constant_history_keeps_an_interval() -> None:
    made = forecast(a_panel([[100.0] * 40]), horizon=1, method="seasonal_naive")
    np.testing.assert_allclose(made.quantiles[0, 0, [0, -1]], stats.poisson.ppf([0.025, 0.975], 100), atol=1)


# The other baselines


def test_empirical24_is_the_last_24_known_values() -> None:
    values = [500.0, *range(1, 13), NAN, *range(13, 25), NAN]
    made = forecast(a_panel(values), horizon=2, method="empirical24", levels=[0.25, 0.5])
    np.testing.assert_allclose(made.quantiles[0], [[6, 12], [6, 12]])
    np.testing.assert_allclose(made.mean, 12.5)


def test_ets_follows_a_new_level_that_seasonal_naive_does_not() -> None:
    rng = np.random.default_rng(3)
    panel = a_panel(np.concatenate([rng.poisson(20, 30), rng.poisson(80, 12)]))
    made = forecast(panel, horizon=6, method="ets")
    assert made.mean.mean() == pytest.approx(80, rel=0.2)


@pytest.mark.parametrize(
    "values",
    [
        [5.0] * 7,
        [9.0] * 40,
        [NAN] * 40,
        [NAN, 3, NAN, NAN, 4, NAN, 5],
    ],
    ids=["few", "constant", "unknown", "few known"],
)
def test_ets_falls_back_to_seasonal_naive(values) -> None:
    panel = a_panel(values)
    np.testing.assert_array_equal(ets(panel, 5).mean, seasonal_naive(panel, 5).mean)
    np.testing.assert_array_equal(ets(panel, 5).ppf(LEVELS), seasonal_naive(panel, 5).ppf(LEVELS))


def test_ets_starts_where_the_first_year_has_holes() -> None:
    season = 50 * (1 + 0.4 * np.sin(np.arange(60) * np.pi / 6))
    values = np.random.default_rng(4).poisson(season).astype(float)
    values[[1, 3, 4, 20, 59]] = NAN
    panel = a_panel(values)
    made = ets(panel, 12)
    assert not np.allclose(made.mean, seasonal_naive(panel, 12).mean)
    np.testing.assert_allclose(made.mean[0], season[:12], rtol=0.2)


# Any history

HISTORIES = {
    "one": [5.0],
    "one unknown": [NAN],
    "three": [5.0, 0.0, 7.0],
    "unknown": [NAN] * 30,
    "zeros": [0.0] * 30,
    "late spike": [0.0] * 39 + [1e6],
    "early spike": [1e6] + [0.0] * 39,
    "constant million": [1e6] * 30,
    "unknown at the end": [*range(30), NAN, NAN, NAN],
    "unknown at the start": [NAN] * 13 + [4.0, 0.0, 6.0] * 6,
    "every fourth": [float(i) if i % 4 == 0 else NAN for i in range(44)],
    "on and off": [0.0, 1e6] * 16,
    "one month a year": [float(i) if i % 12 == 0 else NAN for i in range(60)],
}


@pytest.mark.parametrize("kind", ["count", "amount"])
@pytest.mark.parametrize("freq", ["M", "Q"])
@pytest.mark.parametrize("name", HISTORIES)
def test_every_baseline_survives_hard_histories_beyond_a_season(name, freq, kind) -> None:
    panel = a_panel(HISTORIES[name], freq=freq, kind=kind)
    for method in ("seasonal_naive", "empirical24", "ets"):
        check_sound(forecast(panel, horizon=15, method=method))


counts = st.one_of(
    st.just(NAN), st.just(0.0), st.integers(0, 5).map(float), st.integers(0, 2_000_000).map(float)
)
panels = st.tuples(st.integers(1, 3), st.integers(1, 40)).flatmap(
    lambda shape: st.lists(
        st.lists(counts, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
    )
)


@given(
    values=panels,
    horizon=st.integers(1, 30),
    freq=st.sampled_from("MQ"),
    method=st.sampled_from(["seasonal_naive", "empirical24"]),
)
@settings(max_examples=60)
def test_cheap_baselines_survive_any_panel(values, horizon, freq, method) -> None:
    made = forecast(a_panel(values, freq=freq), horizon=horizon, method=method)
    check_sound(made)
    assert made.quantiles.shape == (len(values), horizon, len(DEFAULT_LEVELS))
    check_sound(made.aggregate())


@given(values=panels)
@example(values=[[NAN, 3, 4, NAN, NAN, 3, 5, 6, NAN, *range(30)]])
@settings(max_examples=12)
def test_ets_survives_any_panel(values) -> None:
    check_sound(forecast(a_panel(values[:1], freq="Q"), horizon=3, method="ets"))


@pytest.mark.parametrize("method", ["auto", "counts", "theta"])
@pytest.mark.parametrize(
    "values", [[5.0], [5.0, 6.0], [0.0] * 60, [NAN] * 20, [0.0] * 59 + [9.0]], ids=lambda v: f"{len(v)}"
)
def test_little_history_is_little_certainty(values, method) -> None:
    made = forecast(a_panel(values), horizon=3, method=method)
    check_sound(made)
    assert (made.predictive.variance >= made.mean).all()
    assert (made.predictive.ppf(np.array([0.9999]))[..., 0] > 0).all()  # nothing seen is not nothing to come
    if values == [5.0]:
        assert made.quantiles[0, 0, 0] < 5 < made.quantiles[0, 0, -1]  # one value is not certain


def test_the_order_of_series_does_not_matter() -> None:
    panel = poisson_panel(4, 30)
    order = [2, 0, 3, 1]
    shuffled = Panel(
        keys=panel.keys.iloc[order].reset_index(drop=True),
        periods=panel.periods,
        values=panel.values[order],
        exposure=None,
        kind="count",
    )
    for method in ("seasonal_naive", "empirical24", "ets", "counts", "theta", "auto"):
        made, other = (forecast(one, horizon=3, method=method) for one in (panel, shuffled))
        np.testing.assert_array_equal(other.quantiles, made.quantiles[order])
        assert other.keys["series"].tolist() == [f"s{i}" for i in order]


def test_the_same_input_gives_the_same_forecast() -> None:
    one, other = (forecast(poisson_panel(2, 30), horizon=3) for _ in range(2))
    np.testing.assert_array_equal(one.quantiles, other.quantiles)
    np.testing.assert_array_equal(one.sample(100, seed=7), other.sample(100, seed=7))
    np.testing.assert_array_equal(one.aggregate().quantiles, other.aggregate().quantiles)
    assert not np.array_equal(one.sample(100, seed=7), one.sample(100, seed=8))


# Distributions


def test_count_quantiles_are_those_of_poisson_and_negative_binomial() -> None:
    levels = np.array([0.1, 0.5, 0.975])
    mean, variance = np.array([[6.5, 6.5, 40.0]]), np.array([[6.5, 1.0, 100.0]])
    made = CountPredictive(mean=mean, variance=variance)
    expected = [stats.poisson.ppf(levels, 6.5)] * 2 + [stats.nbinom.ppf(levels, 40.0**2 / 60, 0.4)]
    np.testing.assert_array_equal(made.ppf(levels)[0], expected)
    expected = [stats.poisson.cdf(7, 6.5)] * 2 + [stats.nbinom.cdf(7, 40.0**2 / 60, 0.4)]
    np.testing.assert_allclose(made.cdf(np.full((1, 3), 7.0))[0], expected, rtol=1e-6)


def test_quantiles_of_a_million_are_right() -> None:
    made = CountPredictive(mean=np.array([[1e6]]), variance=np.array([[1e6]]))
    levels = np.array([0.001, 0.5, 0.999])
    np.testing.assert_allclose(made.ppf(levels)[0, 0], stats.poisson.ppf(levels, 1e6), atol=2)


def test_quantiles_of_any_negative_binomial_end() -> None:
    mean = np.array([1e-12, 1e-3, 1e6, 1e12, 1e15, 1e15, 1e30])
    variance = np.array([1e-12, 1e9, 1e18, 1e12, 1e16, 1e31, 1e60])
    made = CountPredictive(mean=mean[None], variance=variance[None]).ppf(LEVELS)[0]
    assert np.isfinite(made).all()
    assert (np.diff(made, axis=-1) >= 0).all()
    assert made[0].max() == 0
    np.testing.assert_allclose(made[3], stats.norm.ppf(LEVELS, 1e12, 1e6), atol=3)


def test_sample_quantiles_by_hand() -> None:
    draws = np.array([[[1.0, 2.0, 4.0, 8.0], [3.0, 5.0, np.nan, np.nan]]])
    made = SamplePredictive(draws=draws)
    np.testing.assert_array_equal(
        made.ppf(np.array([0.25, 0.26, 0.5, 0.99]))[0], [[1, 2, 2, 8], [3, 3, 3, 5]]
    )
    np.testing.assert_allclose(made.mean, [[3.75, 4.0]])
    np.testing.assert_allclose(made.cdf(np.array([[2.0, 4.9]])), [[0.5, 0.5]])


def test_pit_of_a_true_forecast_is_uniform() -> None:
    n, h = 60, 20
    rng = np.random.default_rng(5)
    mean, variance = rng.uniform(0.3, 9, size=(n, h)), np.full((n, h), 12.0)
    made = Forecast(
        panel=a_panel(np.ones((n, 3))),
        periods=pd.period_range("2020-04", periods=h, freq="M"),
        levels=DEFAULT_LEVELS,
        method="seasonal_naive",
        predictive=CountPredictive(mean=mean, variance=variance),
        dependence=Dependence(
            codes=np.zeros((1, n), dtype=np.int64), loadings=np.zeros((1, n, h)), persistent=np.zeros((n, h))
        ),
    )
    actual = rng.negative_binomial(mean**2 / (variance - mean), mean / variance).astype(float)
    pit = made.pit(actual, seed=6)
    assert stats.kstest(pit.ravel(), "uniform").pvalue > 0.05
    assert stats.kstest(made.pit(actual + 1, seed=6).ravel(), "uniform").pvalue < 1e-6  # a false one is not
    actual[0, 0] = NAN
    assert np.isnan(made.pit(actual, seed=6)[0, 0])
    np.testing.assert_array_equal(made.pit(actual, seed=6)[1:], pit[1:])


# Paths


@pytest.mark.parametrize("method", ["seasonal_naive", "empirical24"])
def test_paths_have_the_forecast_s_marginals(method) -> None:
    made = forecast(poisson_panel(3, 40), horizon=4, method=method)
    paths = made.sample(4000, seed=1)
    assert paths.shape == (4000, 3, 4)
    inner = [0.1, 0.5, 0.9]
    found = np.moveaxis(np.quantile(paths, inner, axis=0, method="inverted_cdf"), 0, -1)
    np.testing.assert_allclose(found, made.predictive.ppf(np.array(inner)), atol=1)
    np.testing.assert_allclose(paths.mean(axis=0), made.mean, rtol=0.01)


def test_a_shock_shared_by_the_history_stays_shared() -> None:
    rng = np.random.default_rng(8)
    shock = rng.choice([1.0, 2.0], size=60)
    shared = a_panel(rng.poisson(50 * shock, size=(2, 60)))
    apart = a_panel(np.stack([shared.values[0], rng.permutation(shared.values[1])]))
    together, alone = (
        forecast(panel, horizon=1, method="empirical24").sample(2000, seed=1)[:, :, 0]
        for panel in (shared, apart)
    )
    assert np.corrcoef(together.T)[0, 1] > 0.35
    assert abs(np.corrcoef(alone.T)[0, 1]) < 0.2
    assert together.sum(axis=1).std() > 1.15 * np.sqrt((together.std(axis=0) ** 2).sum())


def test_a_level_shift_is_not_taken_for_a_shared_shock() -> None:
    level = np.where(np.arange(60) < 30, 20.0, 40.0)
    panel = a_panel(np.random.default_rng(9).poisson(level, size=(30, 60)))
    paths = forecast(panel, horizon=3, method="empirical24").sample(4000, seed=1)
    independent = np.sqrt(paths.var(axis=0).sum())
    assert independent / 1.4 < paths.sum(axis=(1, 2)).std() < 1.4 * independent


def test_shared_monthly_shocks_stay_shared_across_many_series() -> None:
    rng = np.random.default_rng(10)
    panel = a_panel(rng.poisson(50 * rng.gamma(20, 1 / 20, size=60), size=(10, 60)))
    paths = forecast(panel, horizon=1, method="empirical24").sample(4000, seed=1)[:, :, 0]
    assert np.corrcoef(paths.T)[np.triu_indices(10, 1)].min() > 0.2


@pytest.mark.parametrize("kind", ["count", "amount"])
@pytest.mark.parametrize("values", [[NAN] * 30, [0.0] * 30, [0.0], [5.0] * 3 + [0.0] * 24], ids=len)
def test_empirical24_of_a_series_without_an_event_keeps_an_interval(values, kind) -> None:
    made = forecast(a_panel([values], kind=kind), horizon=2, method="empirical24")
    check_sound(made)
    assert (made.quantiles[..., 0] < made.quantiles[..., -1]).all()
    assert (made.quantiles[..., -1] < 10).all()


def test_totals_add_up_path_by_path() -> None:
    made = forecast(poisson_panel(4, 40), horizon=3, method="seasonal_naive")
    paths = made.sample(4000, seed=20_000)
    total = made.aggregate()
    np.testing.assert_array_equal(total.sample(4000, seed=20_000)[:, 0], paths.sum(axis=1))
    np.testing.assert_allclose(total.mean[0], made.mean.sum(axis=0))
    np.testing.assert_allclose(total.mean[0], paths.sum(axis=1).mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(total.predictive.variance[0], paths.sum(axis=1).var(axis=0), rtol=0.15)
    halves = made.aggregate(["half"])
    assert halves.keys["half"].tolist() == [0, 1]
    np.testing.assert_allclose(halves.mean[1], made.mean[[1, 3]].sum(axis=0))
    np.testing.assert_allclose(halves.panel.values[1], made.panel.values[[1, 3]].sum(axis=0))
    np.testing.assert_allclose(halves.aggregate().mean, total.mean)
    assert len(total.table) == 3 * len(DEFAULT_LEVELS)


# The engine: counts, theta and their blend


def seasonal_counts(n: int, length: int, *, mean: float = 8.0, seed: int = 3):
    """Return negative binomial counts, variance twice the mean, with one season, and what is expected."""
    rng = np.random.default_rng(seed)
    days = pd.period_range("2020-01", periods=length, freq="M").days_in_month.to_numpy() / 30.4375
    season = (1 + 0.3 * np.sin(np.arange(length) * np.pi / 6)) * days
    expected = rng.lognormal(np.log(mean), 0.6, size=(n, 1)) * season
    return rng.poisson(rng.gamma(expected, 1.0)).astype(float), expected


@given(values=panels, horizon=st.integers(1, 30), freq=st.sampled_from("MQ"))
@settings(max_examples=30)
def test_auto_survives_any_panel_in_any_order(values, horizon, freq) -> None:
    panel = a_panel(values, freq=freq)
    made = forecast(panel, horizon=horizon)
    check_sound(made)
    check_sound(made.aggregate())
    turned = replace(panel, keys=panel.keys[::-1].reset_index(drop=True), values=panel.values[::-1])
    np.testing.assert_array_equal(forecast(turned, horizon=horizon).quantiles, made.quantiles[::-1])


@given(values=panels, shift=st.sampled_from([0.0, 40.0]))
@settings(max_examples=20)
def test_theta_survives_any_amounts(values, shift) -> None:
    made = forecast(a_panel(np.array(values) / 7 - shift, kind="amount"), horizon=14)
    check_sound(made)
    assert (made.quantiles[..., 0] < made.quantiles[..., -1]).all()


@pytest.mark.parametrize("method", ["counts", "theta", "auto"])
def test_a_season_that_all_share_is_predicted_without_bias(method) -> None:
    values, expected = seasonal_counts(150, 66)
    made = forecast(a_panel(values[:, :60]), horizon=6, method=method)
    np.testing.assert_allclose(made.mean.sum(axis=0), expected[:, 60:].sum(axis=0), rtol=0.08)
    assert made.mean.sum() == pytest.approx(expected[:, 60:].sum(), rel=0.03)


def test_after_all_double_the_total_is_at_the_new_level_in_two_months() -> None:
    values, _ = seasonal_counts(100, 66)
    rng = np.random.default_rng(5)
    values[:, 58:] += rng.permutation(values, axis=0)[:, 58:]
    made = forecast(a_panel(values[:, :60]), horizon=6)
    assert made.mean.sum() == pytest.approx(values[:, 60:].sum(), rel=0.10)


@pytest.mark.parametrize("method", ["counts", "theta", "auto"])
def test_factors_multiply_to_the_mean(method) -> None:
    values, _ = seasonal_counts(5, 50)
    panel = replace(a_panel(values), exposure=np.linspace(1, 2, 50) * np.ones((5, 1)))
    made = forecast(panel, horizon=4, method=method, future_exposure=[2.0, 2.2, 2.4, 4.0], calendar="CN")
    parts = made.contributions
    product = parts.level * parts.shared * parts.season * parts.calendar * parts.exposure
    np.testing.assert_allclose(product, made.mean)
    np.testing.assert_allclose(parts.exposure, np.array([[1.0, 1.1, 1.2, 2.0]]) * np.ones((5, 1)))
    total = made.aggregate().contributions
    product = total.level * total.shared * total.season * total.calendar * total.exposure
    np.testing.assert_allclose(product[0], made.mean.sum(axis=0))


def test_incomplete_months_are_corrected_by_their_completeness() -> None:
    values, expected = seasonal_counts(80, 66)
    share = np.ones(60)
    share[-3:] = [0.9, 0.6, 0.3]
    seen = np.random.default_rng(6).binomial(values[:, :60].astype(int), share).astype(float)
    blind = forecast(a_panel(seen), horizon=6).mean.sum() / expected[:, 60:].sum()
    seeing = forecast(a_panel(seen), horizon=6, completeness=share).mean.sum() / expected[:, 60:].sum()
    assert blind < 0.8
    assert seeing == pytest.approx(1.0, abs=0.06)


@drawn_in_part
def test_intervals_of_counts_and_of_their_total_cover() -> None:
    inside, total_inside = [], []
    for seed in range(draws(12)):
        values, _ = seasonal_counts(60, 54, seed=seed)
        shared = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.04, 54)))
        values = np.random.default_rng(seed + 99).poisson(values * shared).astype(float)
        made = forecast(a_panel(values[:, :48]), horizon=6)
        pit = made.pit(values[:, 48:], seed=1)
        inside.append(((pit > 0.025) & (pit < 0.975)).mean())
        pit = made.aggregate().pit(values[:, 48:].sum(axis=0, keepdims=True), seed=1)
        total_inside.append(((pit > 0.025) & (pit < 0.975)).mean())
    low, high = around(0.93, 0.98)
    assert low <= np.mean(inside) <= high
    assert 0.95 - wider(0.1) <= np.mean(total_inside) <= 1.0  # 72 totals that move together


def test_a_second_opinion_is_asked_for_series_that_can_bear_it() -> None:
    values = np.stack([np.zeros(40), np.full(40, 2.0), np.full(40, 50.0)])
    panel = a_panel(values + np.random.default_rng(2).poisson(0.4, size=values.shape))
    blend, counts = (forecast(panel, horizon=3, method=method) for method in ("auto", "counts"))
    differs = (np.abs(blend.mean - counts.mean) > 1e-6).any(axis=1)
    assert not differs[0]
    assert differs[2]


def test_counts_are_no_method_for_amounts() -> None:
    with pytest.raises(ParameterError, match="take 'theta'"):
        forecast(a_panel([[1.5] * 30], kind="amount"), horizon=1, method="counts")


# Wrong settings


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"horizon": 0}, "horizon is 0"),
        ({"horizon": 61}, "expected 1 to 60"),
        ({"horizon": 3, "method": "prophet"}, "no method 'prophet'"),
        ({"horizon": 3, "levels": []}, "levels must rise"),
        ({"horizon": 3, "levels": [0.5, 0.5]}, "levels must rise"),
        ({"horizon": 3, "levels": [0.9, 0.1]}, "levels must rise"),
        ({"horizon": 3, "levels": [0.0, 0.5]}, "between 0 and 1"),
        ({"horizon": 3, "levels": [0.5, 1.0]}, "between 0 and 1"),
        ({"horizon": 3, "levels": [NAN]}, "between 0 and 1"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(settings_, message) -> None:
    with pytest.raises(ParameterError, match=message):
        forecast(poisson_panel(), **settings_)


def test_a_panel_without_periods_is_refused() -> None:
    with pytest.raises(ParameterError, match="no period"):
        forecast(poisson_panel().until("2019-12"), horizon=1)


def test_levels_may_be_an_array() -> None:
    made = forecast(poisson_panel(), horizon=1, method="seasonal_naive", levels=np.array([0.1, 0.9]))
    assert made.quantiles.shape == (3, 1, 2)


# The sample bank (synthetic, data/sample)


@pytest.fixture(scope="module")
def outlook(sample_tables) -> Forecast:
    return forecast(build_panel(sample_tables.complaints, by=["product"]), horizon=6)


def test_the_forecast_of_the_sample_bank_shows_itself(outlook) -> None:
    check_sound(outlook)
    assert outlook.table.columns.tolist() == ["product", "period", "mean", "level", "quantile"]
    assert len(outlook.table) == 6 * 6 * len(DEFAULT_LEVELS)
    assert outlook.method in outlook.sentence
    assert len(outlook.summary()) == 6
    assert "<table" in outlook._repr_html_()
    np.testing.assert_allclose(outlook.aggregate().mean[0], outlook.mean.sum(axis=0), rtol=0.01)


# ---- breaks ----


def shifted(month: str = "2023-09", **where: str) -> Panel:
    """Two series of four years, at 100 before a break and at 10 since, but the second at 50 throughout."""
    made = make_panel({"a": [100.0] * 36 + [10.0] * 13, "b": [50.0] * 49})
    return replace(made, breaks=(Break(month=month, words="x", where=where),))


@pytest.mark.parametrize("method", [*BASELINES, "auto"])
def test_nothing_is_learnt_across_a_break(method: str) -> None:
    made = forecast(shifted(), horizon=3, method=method)
    np.testing.assert_allclose(made.mean[0], 10, rtol=0.05)
    assert made.quantiles[0].max() < 60
    np.testing.assert_array_equal(made.panel.values, shifted().values)  # shown, but not learnt from
    assert made.panel.breaks


def test_a_series_that_the_break_does_not_concern_keeps_its_history() -> None:
    kept = forecast(shifted(product="a"), horizon=3, method="seasonal_naive")
    alone = forecast(replace(shifted(), breaks=()), horizon=3, method="seasonal_naive")
    np.testing.assert_array_equal(kept.quantiles[1], alone.quantiles[1])
    assert (kept.quantiles[0] != alone.quantiles[0]).any()


def test_a_series_without_a_known_period_since_its_break_is_said_to_be_one() -> None:
    panel = shifted("2024-09", product="a")
    values = panel.values.copy()
    values[:, -1] = np.nan
    made = forecast(replace(panel, values=values), horizon=3)
    assert np.isfinite(made.quantiles).all()
    assert "2 series; 1 of them without a known value since the last break" in made.sentence
    assert "without" not in forecast(shifted(), horizon=3).sentence


# Exposure and opening


def test_zeros_of_a_closed_unit_are_known_and_those_before_it_opened_are_not() -> None:
    values = np.full((1, 60), 20.0)
    values[:, :12] = values[:, 36:] = 0
    exposure = np.where(values > 0, 100.0, 0.0)
    made = forecast(a_panel(values, exposure=exposure), horizon=3, method="counts")
    assert made.mean.max() < 3
    assert forecast(a_panel(values[:, :36], exposure=exposure[:, :36]), horizon=3).mean.min() > 15


def test_exposure_with_holes_does_not_select_the_months_with_counts() -> None:
    counts = np.random.default_rng(1).poisson(0.4, size=(40, 60)).astype(float)
    exposure = np.full(counts.shape, 100.0)
    exposure[:, 1::2] = np.nan
    made = forecast(a_panel(counts, exposure=exposure), horizon=6)
    assert made.mean.mean() == pytest.approx(counts.mean(), rel=0.2)


# What is shared, by the year


@pytest.mark.parametrize(("freq", "year"), [("M", 12), ("Q", 4)])
def test_the_shared_change_is_that_since_a_year(freq: str, year: int) -> None:
    level = 200 * 1.2 ** (np.arange(5 * year) / year)
    values = np.random.default_rng(1).poisson(level, size=(20, 5 * year)).astype(float)
    shared = forecast(a_panel(values, freq=freq), horizon=1, method="counts").contributions.shared
    assert shared.mean() == pytest.approx(1.2, abs=0.06)


def test_amounts_do_not_depend_on_the_month_in_which_a_short_history_began() -> None:
    values = np.array([[3.0, 9.0, 4.0, 8.0, 6.0, 5.0, 7.0]])
    panel = a_panel(values, kind="amount")
    later = replace(panel, periods=pd.period_range("2020-06", periods=7, freq="M"))
    made, other = (forecast(one, horizon=3) for one in (panel, later))
    np.testing.assert_allclose(made.quantiles, other.quantiles)


def test_jumps_that_follow_each_other_add_up_to_the_change() -> None:
    level, chance = np.log([[1.0, 1.0, 2.0, 4.0, 4.1]]), np.array([[0.0, 0.0, 0.9, 0.9, 0.0]])
    np.testing.assert_allclose(_jumps(level, chance), [[0.0, 0.0, np.log(2), np.log(2.05), 0.0]])


# What is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keys": pd.DataFrame({"level": ["a"], "half": [0]})}, "a key cannot be called level"),
        ({"values": np.array([[np.inf] * 30])}, "finite"),
        ({"values": np.array([[np.inf] * 30]), "kind": "amount"}, "amounts must be finite"),
        ({"keys": pd.DataFrame({"series": [], "half": []}), "values": np.zeros((0, 30))}, "no series"),
    ],
)
def test_a_panel_that_cannot_be_forecast_is_refused(change, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        forecast(replace(a_panel(np.ones((1, 30))), **change), horizon=3)


def test_completeness_of_amounts_is_refused_and_a_baseline_does_not_claim_it() -> None:
    share = np.append(np.ones(29), 0.5)
    with pytest.raises(ParameterError, match="a completeness is for counts"):
        forecast(a_panel(np.ones((1, 30)), kind="amount"), horizon=3, completeness=share)
    made = forecast(a_panel(np.ones((1, 30))), horizon=3, method="empirical24", completeness=share)
    np.testing.assert_array_equal(made.expected_history, made.panel.values)


def test_an_infinite_future_exposure_is_refused() -> None:
    panel = a_panel(np.ones((1, 30)), exposure=np.ones((1, 30)))
    with pytest.raises(ParameterError, match="future_exposure must be positive"):
        forecast(panel, horizon=2, future_exposure=[1.0, np.inf])


def test_sums_are_only_of_keys_that_are_there() -> None:
    made = forecast(poisson_panel(4), horizon=2)
    by_half = made.aggregate(["half"])
    for one, by in ((made, ["colour"]), (by_half, ["series"])):
        with pytest.raises(ParameterError, match=f"the series have no key {by[0]}"):
            one.aggregate(by)
    np.testing.assert_allclose(by_half.aggregate().mean, made.aggregate().mean)
    np.testing.assert_allclose(made.aggregate().aggregate(["series"]).mean, made.aggregate().mean)


def test_keys_may_be_numbered_and_in_any_index() -> None:
    panel = a_panel(np.ones((6, 30)))
    other = replace(panel, keys=panel.keys.rename(columns={"half": 0}).set_axis([5, 6, 7, 8, 9, 10]))
    made = forecast(other, horizon=2)
    assert made.table["series"].nunique() == 6
    np.testing.assert_array_equal(made.quantiles, forecast(panel, horizon=2).quantiles)
