"""Backtests: scores by hand, nothing seen after an origin, unknown and redefined outcomes left out."""

import sys
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import a_panel, poisson_panel
from scipy import stats
from small_bank import make_panel
from test_results import assert_same

import riskmodels as rm
from riskmodels.backtesting import AsOf, Backtest, backtest, panels_as_of
from riskmodels.backtesting.scoreboard import Scoreboard, share_error
from riskmodels.backtesting.scores import SIZES, Sums, size_classes, sum_scores
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting import DEFAULT_LEVELS, Forecast, forecast
from riskmodels.forecasting.hierarchy import Dependence
from riskmodels.forecasting.predictive import CountPredictive
from riskmodels.panel import Panel, build_panel
from riskmodels.tables import Break

pytestmark = pytest.mark.whole

NAN = float("nan")
LEVELS = np.asarray(DEFAULT_LEVELS)
CHEAP = ["seasonal_naive", "empirical24"]
SCORES = ["wql", "coverage_95", "exceedance_975", "below_025", "pit_above_975", "pit_above_975_se",
          "pit_below_025", "pit_below_025_se", "coverage_80", "rmsse", "mase", "bias", "forecasts",
          "rmsse_left_out", "mase_left_out"]  # fmt: skip


def with_values(panel: Panel, place, values) -> Panel:
    changed = panel.values.copy()
    changed[place] = values
    return replace(panel, values=changed)


def row(made: Backtest, method: str) -> pd.Series:
    return made.table.set_index("method").loc[method]


# By hand


@pytest.fixture(scope="module")
def by_hand() -> Backtest:
    """Expect any of 1 to 24, each equally likely; 30 and 5 happen."""
    panel = a_panel([*range(1, 25), 30, 5])
    return backtest(panel, horizon=2, origins=1, methods=["empirical24"], levels=(0.25, 0.5))


def test_every_score_by_hand(by_hand) -> None:
    found = by_hand.table.iloc[0]
    # quantiles 6 and 12: twice the mean pinball loss of 30 is .25·24 + .5·18, of 5 .75·1 + .5·7
    assert found["wql"] == pytest.approx((15 + 4.25) / 35)
    assert found["coverage_95"] == 0.5  # from 1 to 24
    assert found["exceedance_975"] == 0.5
    assert found["below_025"] == 0
    assert found["coverage_80"] == 0.5  # from 3 to 22
    assert found["pit_above_975"] == 0.5
    assert found["pit_below_025"] == 0
    assert found["rmsse"] == pytest.approx(np.sqrt((17.5**2 + 7.5**2) / 2) / 1)  # changes by 1 a month
    assert found["mase"] == pytest.approx((17.5 + 7.5) / 2 / 12)  # and by 12 a year
    assert found["bias"] == pytest.approx((25 - 35) / 35)
    assert found["forecasts"] == 2
    assert found["rmsse_left_out"] == found["mase_left_out"] == 0
    assert by_hand.table.columns.tolist() == ["method", *SCORES]


def test_scores_by_horizon_by_hand(by_hand) -> None:
    table = by_hand.by_horizon.set_index("horizon")
    np.testing.assert_allclose(table["wql"], [15 / 30, 4.25 / 5])
    np.testing.assert_allclose(table["rmsse"], [17.5, 7.5])
    np.testing.assert_allclose(table["mase"], [17.5 / 12, 7.5 / 12])
    np.testing.assert_allclose(table["bias"], [-17.5 / 30, 7.5 / 5])
    assert table["exceedance_975"].tolist() == [1, 0]
    assert table["forecasts"].tolist() == [1, 1]


def test_the_pit_histogram_by_hand(by_hand) -> None:
    table = by_hand.pit_histogram
    assert len(table) == 20
    assert table["outcomes"].iloc[-1] == 1  # 30 is above all
    assert table["outcomes"].iloc[3:5].sum() == 1  # 5 lies between 4/24 and 5/24
    assert table["share"].sum() == pytest.approx(1)
    np.testing.assert_allclose(table["upper"] - table["lower"], 0.05)


def test_totals_by_hand(by_hand) -> None:
    table = by_hand.by_origin
    assert table["origin"].tolist() == ["2021-12"] * 2
    assert table["period"].tolist() == ["2022-01", "2022-02"]
    assert table["outcome"].tolist() == [30, 5]
    np.testing.assert_allclose(table["mean"], 12.5)
    variance = (24**2 - 1) / 12
    low, high = stats.nbinom.ppf([0.025, 0.975], 12.5**2 / (variance - 12.5), 12.5 / variance)
    assert table["lower_025"].tolist() == [low] * 2
    assert table["upper_975"].tolist() == [high] * 2


def test_size_classes_have_their_limits_where_they_are_said_to_be() -> None:
    means = [0.5, 1, 4.9, 5, 19, 20, 99, 100, NAN]
    classes = size_classes(a_panel([[mean] * 4 for mean in means]))
    assert [SIZES[place] for place in classes] == [
        "<1",
        *["1–5"] * 2,
        *["5–20"] * 2,
        *["20–100"] * 2,
        "≥100",
        "unknown",
    ]
    assert size_classes(a_panel([[3.0] * 4, [2.9] * 4], freq="Q")).tolist() == [
        1,
        0,
    ]  # a month, not a quarter


def test_scores_by_size_are_those_of_each_class_alone() -> None:
    small, big = poisson_panel(4, 40, mean=2), poisson_panel(3, 40, mean=60, seed=2)
    both = a_panel(np.concatenate([small.values, big.values]))
    made = backtest(both, horizon=3, origins=4, methods=CHEAP).by_size.set_index(["method", "size"])
    for panel, size in ((small, "1–5"), (big, "20–100")):
        alone = backtest(panel, horizon=3, origins=4, methods=CHEAP)
        for method in CHEAP:
            for score in ("wql", "coverage_95", "exceedance_975", "rmsse", "mase", "bias", "forecasts"):
                assert made.loc[(method, size), score] == pytest.approx(row(alone, method)[score])
            assert made.loc[(method, size), "size_series"] == len(panel.keys)


# Origins


def test_scores_are_those_of_forecasts_from_each_origin() -> None:
    panel = poisson_panel(2, 40)
    found = row(backtest(panel, horizon=3, origins=4, methods=CHEAP), "empirical24")
    losses, inside = [], []
    for last in range(34, 38):  # the last four months with three after them
        made = forecast(panel.until(panel.periods[last - 1]), horizon=3, method="empirical24")
        outcome = panel.values[:, last : last + 3]
        error = outcome[..., None] - made.quantiles
        losses.append(2 * np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(axis=-1))
        inside.append((made.quantiles[..., 0] <= outcome) & (outcome <= made.quantiles[..., -1]))
    outcomes = sum(panel.values[:, last : last + 3].sum() for last in range(34, 38))
    assert found["wql"] == pytest.approx(np.sum(losses) / outcomes)
    assert found["coverage_95"] == pytest.approx(np.mean(inside))
    assert found["forecasts"] == 2 * 3 * 4


@pytest.mark.parametrize("method", [*CHEAP, "counts"])
def test_nothing_after_an_origin_reaches_its_forecast(method) -> None:
    panel = poisson_panel(2, 40)
    made, after = (
        backtest(one, horizon=3, origins=["2022-12", "2023-01"], methods=[method])
        for one in (panel, with_values(panel, np.s_[:, 37:], panel.values[:, 37:] + 1000))
    )
    forecasts = ["origin", "period", "mean", "lower_025", "upper_975"]
    pd.testing.assert_frame_equal(made.by_origin[forecasts], after.by_origin[forecasts])
    change = (after.by_origin["outcome"] - made.by_origin["outcome"]).tolist()
    assert change == [0, 2000, 2000, 2000, 2000, 2000]  # 2023-01 is place 36, seen by the second origin only
    assert row(after, method)["bias"] < row(made, method)["bias"]


def test_exposure_after_an_origin_is_not_known_to_it() -> None:
    panel = poisson_panel(2, 40)
    exposure = np.full(panel.values.shape, 100.0)
    later = exposure.copy()
    later[:, 36:] = 900.0
    made, other = (
        backtest(replace(panel, exposure=known), horizon=3, origins=["2022-12"], methods=["counts"])
        for known in (exposure, later)
    )
    pd.testing.assert_frame_equal(made.by_origin, other.by_origin)


def test_origins_may_be_named_in_any_order_and_as_longer_periods() -> None:
    panel = poisson_panel(2, 40)
    made = [
        backtest(panel, horizon=3, origins=origins, methods=["empirical24"])
        for origins in (
            ["2022-12", "2022-09"],
            [pd.Period("2022-09", "M"), pd.Period("2022-12", "M")],
            ["2022Q4", "2022Q3"],
        )
    ]
    assert [str(origin) for origin in made[0].origins] == ["2022-09", "2022-12"]
    assert_same(made[0], made[1])
    assert_same(made[0], made[2])


def test_an_outcome_beyond_the_panel_is_unknown() -> None:
    made = backtest(poisson_panel(2, 40), horizon=5, origins=["2023-02"], methods=["empirical24"])
    assert made.table["forecasts"].tolist() == [2 * 2]  # of March and April
    assert np.isnan(made.by_origin["outcome"]).tolist() == [False, False, True, True, True]


def test_there_are_as_many_origins_as_the_panel_allows() -> None:
    made = backtest(poisson_panel(1, 9), horizon=3, origins=100, methods=["empirical24"])
    assert len(made.origins) == 6
    assert "6 origins, 2020-01 to 2020-06" in made.sentence


# What is left out


def test_unknown_outcomes_are_left_out() -> None:
    panel = with_values(poisson_panel(2, 30), np.s_[:, -2:], NAN)
    made = backtest(panel, horizon=2, origins=2, methods=["seasonal_naive"])
    assert made.table["forecasts"].tolist() == [2]
    assert np.isfinite(made.table["wql"]).all()
    assert made.pit_histogram["outcomes"].sum() == 2
    nothing = backtest(panel, horizon=2, origins=1, methods=CHEAP)
    assert nothing.table["forecasts"].tolist() == [0, 0]
    assert "nothing can be scored" in nothing.sentence


def test_a_total_with_an_unknown_part_is_unknown_but_a_series_that_is_never_known_is_no_part() -> None:
    panel = with_values(poisson_panel(3, 30), np.s_[0], NAN)
    panel = with_values(panel, np.s_[1, -1], NAN)
    made = backtest(panel, horizon=2, origins=1, methods=["empirical24"])
    alone = backtest(a_panel(panel.values[1:]), horizon=2, origins=1, methods=["empirical24"])
    assert made.by_origin["outcome"].iloc[0] == panel.values[1:, -2].sum()
    assert np.isnan(made.by_origin["outcome"].iloc[1])
    np.testing.assert_allclose(made.by_origin["mean"], alone.by_origin["mean"])
    assert made.by_size["size"].iloc[-1] == "unknown"


def test_a_series_without_a_known_value_before_the_origin_is_not_scored() -> None:
    panel = with_values(poisson_panel(2, 30), np.s_[0, :28], NAN)
    made = backtest(panel, horizon=2, origins=1, methods=["empirical24"])
    alone = backtest(a_panel(panel.values[1:]), horizon=2, origins=1, methods=["empirical24"])
    assert made.table["forecasts"].tolist() == [2]
    assert made.table["wql"].tolist() == alone.table["wql"].tolist()
    assert made.by_origin["outcome"].tolist() == panel.values[1, 28:].tolist()


def test_origins_before_anything_is_known_are_not_scored() -> None:
    panel = make_panel({"a": [100.0] * 36 + [10.0] * 13, "b": [50.0] * 49})
    panel = replace(panel, breaks=(Break(month="2024-07", words="x"),)).since_breaks()
    made = backtest(panel, horizon=2, origins=6, methods=["seasonal_naive"])
    assert made.table["forecasts"].tolist() == [2 * 2]


def test_no_outcome_is_compared_across_a_break_of_its_series() -> None:
    panel = make_panel({"a": [100.0] * 46 + [10.0] * 3, "b": [50.0] * 49})  # the last is 2024-09
    broken = replace(panel, breaks=(Break(month="2024-07", words="x", where={"product": "a"}),))
    made = backtest(broken, horizon=3, origins=["2024-05"], methods=["empirical24"])
    assert made.by_horizon["forecasts"].tolist() == [2, 1, 1]  # June of both, July and August of b
    assert made.table["bias"].iloc[0] == pytest.approx(0, abs=1e-9)
    later = backtest(broken, horizon=1, origins=["2024-08"], methods=["seasonal_naive"])
    assert later.table["forecasts"].iloc[0] == 2
    assert later.table["bias"].iloc[0] == pytest.approx(0, abs=0.01)
    at_once = backtest(broken, horizon=2, origins=["2024-06"], methods=["empirical24"])
    assert at_once.by_horizon["forecasts"].tolist() == [1, 1]


def test_errors_are_scaled_by_changes_since_the_last_break() -> None:
    values = poisson_panel(1, 40).values
    panel = a_panel(values + np.where(np.arange(40) < 10, 5000.0, 0.0))
    broken = replace(panel, breaks=(Break(month="2020-11", words="x"),))
    made = backtest(broken, horizon=2, origins=1, methods=["empirical24"])
    plain = backtest(a_panel(values[:, 10:]), horizon=2, origins=1, methods=["empirical24"])
    scaled = ["rmsse", "mase"]
    np.testing.assert_allclose(made.table[scaled], plain.table[scaled])


def test_a_quarter_within_which_the_definition_changed_is_not_compared() -> None:
    panel = a_panel([[100.0] * 12], freq="Q")  # 2020Q1 to 2022Q4
    broken = replace(panel, breaks=(Break(month="2022-05", words="x"),))
    made = backtest(broken, horizon=3, origins=["2021Q4"], methods=["empirical24"])
    assert made.by_horizon["forecasts"].tolist() == [1, 0, 0]
    mixed = backtest(broken, horizon=1, origins=["2022Q2"], methods=["empirical24"])
    assert mixed.table["forecasts"].tolist() == [0]


def test_series_without_a_scale_are_left_out_of_scaled_errors_and_counted() -> None:
    values = poisson_panel(2, 40).values
    panel = a_panel([*values, [0.0] * 39 + [4.0], [5.0] * 40])
    made = row(backtest(panel, horizon=2, origins=1, methods=["empirical24"]), "empirical24")
    alone = row(backtest(a_panel(values), horizon=2, origins=1, methods=["empirical24"]), "empirical24")
    assert made["rmsse_left_out"] == made["mase_left_out"] == 2
    assert made["rmsse"] == pytest.approx(alone["rmsse"])
    assert made["mase"] == pytest.approx(alone["mase"])
    assert made["forecasts"] == 8


# The same whatever the order and the number of workers


def test_the_order_of_series_does_not_matter() -> None:
    panel, order = poisson_panel(5, 40), [3, 0, 4, 2, 1]
    shuffled = replace(panel, keys=panel.keys.iloc[order].reset_index(drop=True), values=panel.values[order])
    made, other = (
        backtest(one, horizon=3, origins=3, methods=[*CHEAP, "counts"]) for one in (panel, shuffled)
    )
    assert_same(made, other)


@pytest.mark.parametrize(
    ("methods", "length"), [((*CHEAP, "counts"), 40), (("ets",), 13)], ids=["threads", "processes"]
)
def test_the_number_of_workers_does_not_matter(methods, length) -> None:
    panel = poisson_panel(1, length)
    made, other = (
        backtest(panel, horizon=2, origins=2, methods=methods, workers=workers) for workers in (1, 2)
    )
    assert_same(made, other)


def test_blocks_of_rows_do_not_matter(monkeypatch) -> None:
    settings_ = {"horizon": 2, "origins": 2, "methods": [*CHEAP, "counts"]}
    whole = backtest(poisson_panel(5, 30), **settings_)
    monkeypatch.setattr("riskmodels.backtesting.scores._ROWS", 2)
    pd.testing.assert_frame_equal(whole.table, backtest(poisson_panel(5, 30), **settings_).table)


def test_another_seed_draws_another_pit_and_changes_nothing_else() -> None:
    made, other = (
        backtest(poisson_panel(9, 30, mean=1), horizon=2, origins=2, methods=CHEAP, seed=seed)
        for seed in (0, 1)
    )
    assert made.pit_histogram["outcomes"].tolist() != other.pit_histogram["outcomes"].tolist()
    pd.testing.assert_frame_equal(
        made.table.drop(columns=[name for name in SCORES if name.startswith("pit")]),
        other.table.drop(columns=[name for name in SCORES if name.startswith("pit")]),
    )


def test_it_is_saved_and_loaded_exactly(tmp_path) -> None:
    made = backtest(poisson_panel(3, 40), horizon=3, origins=3, methods=CHEAP)
    assert_same(made, rm.load(rm.save(made, tmp_path / "backtest"), Backtest))


def test_it_shows_itself_and_prints_nothing(capsys) -> None:
    made = backtest(poisson_panel(3, 40), horizon=3, origins=3, methods=CHEAP, progress=True)
    assert capsys.readouterr() == ("", "")  # there is no terminal here
    best = made.table.iloc[0]
    assert f"{best['method']} is best with a weighted quantile loss of {best['wql']:.3f}" in made.sentence
    assert "3 origins, 2022-11 to 2023-01, up to 3 periods" in made.sentence
    assert len(made.summary()) == 2
    assert "<table" in made._repr_html_()
    assert made.table["wql"].is_monotonic_increasing


def test_a_terminal_shows_a_bar_where_asked(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    backtest(poisson_panel(1, 20), horizon=1, origins=2, methods=["empirical24"], progress=True)
    assert "backtest" in capsys.readouterr().err
    backtest(poisson_panel(1, 20), horizon=1, origins=2, methods=["empirical24"])
    assert capsys.readouterr().err == ""


# Any panel

cells = st.one_of(st.just(NAN), st.integers(0, 4).map(float), st.integers(0, 10**6).map(float))
panels = st.tuples(st.integers(1, 3), st.integers(4, 30)).flatmap(
    lambda shape: st.lists(
        st.lists(cells, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
    )
)


@given(values=panels, horizon=st.integers(1, 3), origins=st.integers(1, 3), freq=st.sampled_from("MQ"))
@settings(max_examples=25)
def test_scores_of_any_panel_keep_their_bounds(values, horizon, origins, freq) -> None:
    panel = a_panel(values, freq=freq)
    made = backtest(panel, horizon=horizon, origins=origins, methods=CHEAP)
    for table in (made.table, made.by_horizon, made.by_size):
        shares = table[
            ["coverage_95", "coverage_80", "exceedance_975", "below_025", "pit_above_975", "pit_below_025"]
        ]
        assert (shares.isna() | ((shares >= 0) & (shares <= 1))).all(axis=None)
        sums = shares[["coverage_95", "exceedance_975", "below_025"]].sum(axis=1, skipna=False).dropna()
        np.testing.assert_allclose(sums, 1.0)
        assert not (table[["wql", "rmsse", "mase", "pit_above_975_se"]] < 0).any(axis=None)
        assert not (table["coverage_80"] > table["coverage_95"]).any()
        assert not (table["bias"] < -1).any()
    for part in (made.by_horizon, made.by_size):
        number = part.groupby("method")["forecasts"].sum()
        assert number.to_dict() == dict(zip(made.table["method"], made.table["forecasts"], strict=True))
    outcomes = made.pit_histogram.groupby("method")["outcomes"].sum()
    assert (outcomes == number).all()
    assert ((made.totals["p_value"] > 0) & (made.totals["p_value"] <= 1)).all()
    assert len(made.by_origin) == 2 * horizon * len(made.origins)


# Calibration


def true_forecast(n: int, h: int, *, factor: float = 1.0) -> tuple[Forecast, np.ndarray]:
    """Return a forecast of independent counts that is right where the factor is one, and what happened."""
    rng = np.random.default_rng(5)
    mean, variance = rng.uniform(0.3, 9, size=(n, h)), np.full((n, h), 12.0)
    actual = rng.negative_binomial(mean**2 / (variance - mean), mean / variance).astype(float)
    none = np.zeros((n, h))
    made = Forecast(
        panel=a_panel(rng.poisson(5, size=(n, 20))),
        periods=pd.period_range("2021-09", periods=h, freq="M"),
        levels=DEFAULT_LEVELS,
        method="by_hand",
        predictive=CountPredictive(mean=factor * mean, variance=factor * variance),
        dependence=Dependence(codes=np.zeros((1, n), dtype=np.int64), loadings=none[None], persistent=none),
    )
    return made, actual


def board_of(*forecasts: tuple[Forecast, np.ndarray]) -> Scoreboard:
    scored = [
        sum_scores(
            made, actual, levels=DEFAULT_LEVELS, sizes=np.ones(len(actual), dtype=np.int64), seed=place
        )
        for place, (made, actual) in enumerate(forecasts)
    ]
    origins = pd.period_range("2021-08", periods=len(scored), freq="M")
    return Scoreboard({"by_hand": scored}, origins, seed=1)


def test_a_true_forecast_has_a_fortieth_of_its_pit_in_each_tail() -> None:
    found = board_of(true_forecast(800, 20)).table().iloc[0]
    error = np.sqrt(0.025 * 0.975 / 16_000)
    assert found["pit_above_975"] == pytest.approx(0.025, abs=3 * error)
    assert found["pit_below_025"] == pytest.approx(0.025, abs=3 * error)
    assert found["pit_above_975_se"] == pytest.approx(error, rel=0.6)
    assert found["exceedance_975"] < 0.025  # whole numbers
    assert found["coverage_95"] > 0.95
    assert found["bias"] == pytest.approx(0, abs=0.03)
    histogram = board_of(true_forecast(800, 20)).pit_histogram(["by_hand"])
    assert stats.chisquare(histogram["outcomes"]).pvalue > 0.01


def test_a_forecast_too_low_is_seen_in_the_upper_tail_of_series_and_totals() -> None:
    board = board_of(true_forecast(800, 20, factor=0.8))
    assert board.table()["pit_above_975"].iloc[0] > 0.04
    assert board.by_origin(["by_hand"])["pit"].min() > 0.975
    totals = board.totals(["by_hand"])
    assert totals["outside"].iloc[-1] == 20
    assert totals["p_value"].iloc[0] == pytest.approx(0.05)  # one total outside, by itself
    true = board_of(true_forecast(800, 20)).totals(["by_hand"])
    assert true["share_outside_95"].iloc[-1] <= 0.15


def totals_of(pit: np.ndarray, first: str = "2021-08") -> pd.DataFrame:
    """Test the totals of origins of which only the PIT of the totals, (origins, h), is known."""
    origins, h = pit.shape
    sums = [
        Sums(
            cells=np.zeros((6, 10, h)),
            scaled=np.zeros((6, 5, h + 1)),
            bins=np.zeros(20),
            total=np.stack([*np.zeros((4, h)), each]),
        )
        for each in pit
    ]
    board = Scoreboard({"a": sums}, pd.period_range(first, periods=origins, freq="M"), seed=1)
    return board.totals(["a"]).set_index("horizons")


def test_totals_are_tested_on_origins_that_do_not_overlap() -> None:
    pit = np.full((7, 3), 0.5)
    pit[[0, 1, 3], 0] = [0.99, 0.01, 0.98]
    pit[[1, 4], 1] = 0.99  # of the origins 0, 2, 4, 6 that are tested, the fourth only
    pit[0, 2] = NAN
    found = totals_of(pit)
    assert found["totals"].tolist() == [7, 4, 2, 20]
    assert found["outside"].tolist() == [3, 1, 0, 5]
    assert found.loc["1–3", "share_outside_95"] == pytest.approx(5 / 20)
    assert found.loc["1", "p_value"] == pytest.approx(stats.binom.sf(2, 7, 0.05))
    assert found.loc["2", "p_value"] == pytest.approx(1 - 0.95**4)
    assert found.loc["1–3", "p_value"] == pytest.approx(3 * stats.binom.sf(2, 7, 0.05))


def test_the_test_of_totals_keeps_its_level() -> None:
    rng = np.random.default_rng(2)
    found = [totals_of(rng.uniform(size=(24, 2))).loc["1–2", "p_value"] <= 0.05 for _ in range(200)]
    assert np.mean(found) <= 0.08


def test_the_error_of_a_share_is_that_of_independent_months() -> None:
    rng = np.random.default_rng(3)
    shares = rng.uniform(0, 0.2, size=50)
    number = np.full(50, 40.0)
    found = share_error(shares * number, number, np.arange(50), seed=1)
    assert found == pytest.approx(shares.std() / np.sqrt(50), rel=0.1)
    twice = share_error(np.tile(shares * number, 2), np.tile(number, 2), np.tile(np.arange(50), 2), seed=1)
    assert twice == pytest.approx(found)  # a month seen from two origins is one month
    assert np.isnan(share_error(np.ones(2), np.full(2, 3.0), np.zeros(2, dtype=int), seed=1))
    assert np.isnan(share_error(np.zeros(2), np.array([3.0, 0.0]), np.arange(2), seed=1))


# What was known then


def test_the_history_is_what_was_known_then() -> None:
    panel = poisson_panel(2, 40)
    origin = pd.Period("2022-12", "M")
    known = panel.until(origin)
    half = np.ones(36)
    half[-1] = 0.5
    late = with_values(known, np.s_[:, -1], np.floor(known.values[:, -1] / 2))
    settings_ = {"horizon": 3, "origins": [origin], "methods": ["counts"]}
    plain, same, blind, aware = (
        backtest(panel, as_of_panels=given, **settings_)
        for given in (None, {origin: AsOf(known)}, {origin: AsOf(late)}, {"2022-12": AsOf(late, half)})
    )
    pd.testing.assert_frame_equal(plain.table, same.table)
    assert same.as_known_then
    assert "what was known then" in same.sentence
    assert blind.table["bias"].iloc[0] < plain.table["bias"].iloc[0]
    assert blind.table["bias"].iloc[0] < aware.table["bias"].iloc[0]
    assert aware.by_origin["outcome"].tolist() == plain.by_origin["outcome"].tolist()
    by_hand = forecast(late, horizon=3, method="counts", completeness=half)
    np.testing.assert_allclose(aware.by_origin["mean"], by_hand.mean.sum(axis=0))


def test_a_series_that_was_not_known_yet_has_zero_counts_where_anything_was_known() -> None:
    panel = with_values(poisson_panel(3, 40), np.s_[:, 5], NAN)
    origin = pd.Period("2022-12", "M")
    then = panel.until(origin)
    order = [2, 0]
    known = replace(then, keys=then.keys.iloc[order].reset_index(drop=True), values=then.values[order])
    zero = with_values(then, np.s_[1], np.where(np.isnan(then.values[1]), NAN, 0.0))
    made, expected = (
        backtest(
            panel, horizon=3, origins=[origin], methods=[*CHEAP, "counts"], as_of_panels={origin: AsOf(one)}
        )
        for one in (known, zero)
    )
    assert_same(made, expected)


def test_exposure_of_what_was_known_is_the_panel_s_where_it_has_none() -> None:
    panel = poisson_panel(2, 40)
    panel = replace(panel, exposure=np.linspace(100, 200, 80).reshape(2, 40))
    origin = pd.Period("2022-12", "M")
    known = panel.until(origin)
    made = [
        backtest(panel, horizon=2, origins=[origin], methods=["counts"], as_of_panels={origin: AsOf(one)})
        for one in (known, replace(known, exposure=None))
    ]
    assert_same(*made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda known: known.until("2022-11"), "must end there"),
        (lambda known: replace(known, kind="amount"), "the panel's kind"),
        (
            lambda known: replace(known, keys=known.keys.rename(columns={"series": "unit"})),
            "other keys: unit",
        ),
        (lambda known: replace(known, keys=known.keys.replace("s1", "s9")), "series that the panel lacks"),
    ],
)
def test_what_was_known_must_fit_the_panel(change, message) -> None:
    panel = poisson_panel(2, 40)
    given = {pd.Period("2022-12", "M"): AsOf(change(panel.until("2022-12")))}
    with pytest.raises(ParameterError, match=message):
        backtest(panel, horizon=3, origins=["2022-12"], methods=CHEAP, as_of_panels=given)


@pytest.fixture
def logged_late(take_in):
    """Return complaints of a branch, some logged two months after they were received, and of one that opens late."""
    rows = [
        {
            "complaint_id": f"{unit}{month}{place}",
            "received_at": f"{month}-10",
            "logged_at": f"{month + (2 if place == 0 else 0)}-20",
            "unit_id": unit,
            "product": "credit_card",
        }
        for unit, first in (("u1", 0), ("u2", 7))
        for month in pd.period_range("2024-01", "2024-10", freq="M")[first:]
        for place in range(4)
    ]
    return take_in(complaints=rows, unknown_months={"complaints": ["2024-03"]}).require("complaints")


@pytest.fixture
def nowcasts(monkeypatch) -> list:
    """Stand in for the completeness: three quarters of the last month are known; returns the days it was asked for."""
    asked = []

    def completeness_on(complaints, as_of):
        asked.append(as_of)
        share = lambda periods: np.where(periods == pd.Period(as_of, "M"), 0.75, 1.0)  # noqa: E731
        return SimpleNamespace(for_periods=share)

    monkeypatch.setattr("riskmodels.backtesting.as_of.completeness_on", completeness_on)
    return asked


def test_panels_as_of_count_what_was_logged_by_the_end_of_the_month(logged_late, nowcasts) -> None:
    made = panels_as_of(logged_late, by=["unit_id"], origins=["2024-06", "2024-08"])
    june, august = made[pd.Period("2024-06", "M")], made[pd.Period("2024-08", "M")]
    assert june.panel.keys["unit_id"].tolist() == ["u1"]
    np.testing.assert_array_equal(june.panel.values, [[4, 4, NAN, 4, 3, 3]])  # one of May and June came later
    assert august.panel.keys["unit_id"].tolist() == ["u1", "u2"]
    np.testing.assert_array_equal(august.panel.values[1], [0, 0, NAN, 0, 0, 0, 0, 3])
    np.testing.assert_array_equal(june.completeness, [1, 1, 1, 1, 1, 0.75])
    assert [str(day) for day in nowcasts] == ["2024-06-30", "2024-08-31"]


def test_panels_as_of_keep_the_breaks_and_the_holidays_of_the_table(logged_late, nowcasts) -> None:
    changed, closed = (Break(month="2024-05", words="x"),), (date(2024, 5, 6),)
    provenance = logged_late.provenance.model_copy(update={"breaks": changed, "holidays": closed})
    made = panels_as_of(replace(logged_late, provenance=provenance), by=["unit_id"], origins=["2024-06"])
    assert made[pd.Period("2024-06", "M")].panel.breaks == changed
    assert made[pd.Period("2024-06", "M")].panel.holidays == closed


def test_a_backtest_with_what_was_logged_by_then(logged_late, nowcasts) -> None:
    panel = build_panel(logged_late, by=["unit_id"], last="2024-10")
    origins = ["2024-06", "2024-08"]
    known = panels_as_of(logged_late, by=["unit_id"], origins=origins)
    made = backtest(panel, horizon=2, origins=origins, methods=["counts"], as_of_panels=known)
    assert made.as_known_then
    assert made.by_origin["outcome"].tolist() == [4, 8, 8, 8]
    assert made.table["forecasts"].tolist() == [8]


def test_panels_as_of_need_logging_dates_and_known_columns(take_in, logged_late, nowcasts) -> None:
    row_ = {"complaint_id": "1", "received_at": "2024-05-02", "unit_id": "u", "product": "p"}
    without = take_in(complaints=[row_]).require("complaints")
    with pytest.raises(ContractError, match="lacks logged_at"):
        panels_as_of(without, by=["unit_id"], origins=["2024-06"])
    with pytest.raises(ContractError, match="lacks colour"):
        panels_as_of(logged_late, by=["colour"], origins=["2024-06"])
    with pytest.raises(ParameterError, match="no complaint had been logged by the end of 2023-12"):
        panels_as_of(logged_late, by=["unit_id"], origins=["2023-12"])


def test_knowing_how_complete_the_history_was_makes_up_for_what_was_not_logged(sample_tables) -> None:
    panel = build_panel(sample_tables.complaints, by=["product"])
    origins = panel.periods[[38, 41]]
    then = panels_as_of(sample_tables.complaints, by=["product"], origins=origins)
    assert all(0.5 < known.completeness[-1] < 0.9 for known in then.values())
    final, aware, unaware = (
        row(backtest(panel, horizon=3, origins=origins, methods=["counts"], as_of_panels=given), "counts")
        for given in (None, then, {origin: AsOf(known.panel) for origin, known in then.items()})
    )
    assert unaware["wql"] > 1.5 * final["wql"]
    assert aware["wql"] < final["wql"] + 0.2 * (unaware["wql"] - final["wql"])
    assert abs(aware["bias"]) < abs(unaware["bias"])


# Wrong settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": []}, "methods are none"),
        ({"methods": ["prophet"]}, "methods are prophet; expected some of auto"),
        ({"methods": ["ets", "ets"]}, "each once"),
        ({"horizon": 0}, "horizon is 0"),
        ({"horizon": 40}, "too few"),
        ({"origins": 0}, "of 0 origins"),
        ({"origins": []}, "origins are none"),
        ({"origins": ["2019-12"]}, "expected periods of the panel"),
        ({"origins": ["2023-04"]}, "not the last"),
        ({"origins": ["2022-04", "2022-04"]}, "each once"),
        ({"origins": ["spring"]}, "spring is no period"),
        ({"workers": 0}, "workers is 0"),
        ({"levels": (0.9, 0.1)}, "levels must rise"),
        ({"as_of_panels": {}}, "no panel for the origins 2023-01"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(changes, message) -> None:
    with pytest.raises(ParameterError, match=message):
        backtest(poisson_panel(), **({"horizon": 3, "origins": 1, "methods": CHEAP} | changes))


def test_scores_need_a_history() -> None:
    with pytest.raises(ParameterError, match="too few"):
        backtest(poisson_panel(1, 3), horizon=3, origins=1, methods=["ets"])


def test_amounts_are_scored_too() -> None:
    values = np.random.default_rng(4).normal(100, 10, size=(3, 40))
    made = backtest(
        a_panel(values, kind="amount"), horizon=2, origins=3, methods=["seasonal_naive", "empirical24"]
    )
    assert made.table["forecasts"].tolist() == [18, 18]
    assert (made.table["wql"] < 0.2).all()
