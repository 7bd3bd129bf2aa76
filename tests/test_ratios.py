"""Forecasts of ratios: against closed forms, one point of the grid at a time, and how reliable they are together."""

import numpy as np
import pytest
import scipy
from workload.ratio_years import FAMILIES, simulated_years

from riskmodels.errors import ContractError
from riskmodels.forecasting.hidden_levels import GRID, find_levels
from riskmodels.forecasting.ratios import forecast_ratios
from riskmodels.surveillance.years import draw_year


def certain(n: int = 1, **sizes: float) -> np.ndarray:
    """Weights of the grid with everything on one point; what is not named is none."""
    wanted = dict.fromkeys(("wander", "season", "slope", "own"), 0.0) | sizes
    place = np.logical_and.reduce([np.isclose(getattr(GRID, name), size) for name, size in wanted.items()])
    assert place.sum() == 1
    return np.repeat(place[None].astype(float), n, axis=0)


def drawn(top, bottom, more, weights, *, family="proportion", size=20_000, **settings) -> np.ndarray:
    """Draws of the next months, (size, months)."""
    found = forecast_ratios(np.array([top]), np.array([bottom]), family=family, weights=weights, **settings)
    months = len(top) + np.arange(len(more))
    return found.draw(months, np.tile(np.array(more, dtype=float), (size, 1, 1)), seed=3)[:, 0]


def test_a_steady_share_is_binomial_about_an_estimate_that_is_uncertain() -> None:
    top, bottom = np.full(24, 9000.0), np.full(24, 10_000.0)
    sums = drawn(top, bottom, [10_000.0] * 3, certain()).sum(axis=1)
    spread = np.sqrt(30_000 * 0.9 * 0.1 * (1 + 30_000 / bottom.sum()))
    assert sums.mean() == pytest.approx(27_000, abs=3 * spread / np.sqrt(len(sums)))
    assert sums.std() == pytest.approx(spread, rel=0.02)
    for limit in (26_950.5, 27_020.5, 27_080.5):
        assert (sums <= limit).mean() == pytest.approx(scipy.stats.norm.cdf(limit, 27_000, spread), abs=0.012)


def test_a_wandering_level_is_that_of_a_kalman_filter() -> None:
    rng = np.random.default_rng(4)
    values = 1.0 + 0.03 * rng.standard_normal(30).cumsum() + 0.1 * rng.standard_normal(30)
    values[[7, 8, 20]] = np.nan
    mean, variance = values[0], 0.01
    for value in values[1:]:
        variance += 0.03**2
        if np.isfinite(value):
            gain = variance / (variance + 0.01)
            mean, variance = mean + gain * (value - mean), (1 - gain) * variance
    levels = find_levels(values[None], np.full((1, 30), 0.01), certain(wander=0.03))
    courses, own = levels.draw(np.array([29, 33]), 40_000, np.random.default_rng(5))
    assert courses[:, 0].mean(axis=0) == pytest.approx(mean, abs=1e-3)
    assert courses[:, 0, 0].var() == pytest.approx(variance, rel=0.03)
    assert courses[:, 0, 1].var() == pytest.approx(variance + 4 * 0.03**2, rel=0.03)
    assert not own.any()


def test_the_likelihood_of_the_grid_is_that_of_the_normal_law() -> None:
    values, variance = np.random.default_rng(6).normal(2.0, 0.2, 12), np.full(12, 0.02)
    found = find_levels(values[None], variance[None])
    months = np.arange(12)
    points = {name: getattr(GRID, name) for name in ("wander", "season", "slope", "own")}
    logs = []
    for wander, season, slope, own in zip(*points.values(), strict=True):
        late = np.subtract.outer(months, months) * np.pi / 6
        matrix = (
            100 + wander**2 * np.minimum.outer(months, months) + (slope / 12) ** 2 * np.outer(months, months)
        )
        matrix += season**2 * (np.cos(late) + 0.25 * np.cos(2 * late)) + np.diag(variance + own**2)
        logs.append(scipy.stats.multivariate_normal.logpdf(found.values[0], np.zeros(12), matrix))
    expected = np.exp(np.array(logs) - max(logs))
    np.testing.assert_allclose(found.weights[0], expected / expected.sum(), rtol=1e-4)


def test_events_that_vary_by_themselves_are_negative_binomial() -> None:
    counts = drawn(np.full(48, 100.0), np.full(48, 2.0), [2.0], certain(own=0.32), family="rate")[:, 0]
    level = (1 / 100 + 0.32**2) / 48  # of what 48 months say of the logarithm
    assert counts.mean() == pytest.approx(100 * np.exp(level / 2), rel=0.01)
    assert counts.var() == pytest.approx(100 + 100**2 * (0.32**2 + level), rel=0.05)
    assert (counts == np.rint(counts)).all()


def test_a_mean_varies_by_its_values_and_an_amount_by_its_months() -> None:
    number = np.full(36, 50.0)
    squares = np.full((1, 36), 50 * 3.0**2 + 49 * 4.0)  # a mean of 3 and a variance of 4
    means = drawn(3.0 * number, number, [50.0], certain(), family="mean", squares=squares)[:, 0] / 50
    assert means.mean() == pytest.approx(3.0, rel=0.01)
    assert means.var() == pytest.approx(4.0 / 50 * (1 + 1 / 36), rel=0.04)
    amounts = drawn(3.0 * number, number, [50.0], certain(own=0.64), family="measured")[:, 0] / 50
    assert amounts.std() == pytest.approx(3.0 * 0.64 * np.sqrt(1 + 1 / 36), rel=0.05)
    assert (amounts > 0).all()


def test_none_and_all_are_shares_like_others() -> None:
    for top in (0.0, 40.0):
        share = drawn(np.full(24, top), np.full(24, 40.0), [40.0], None)[:, 0] / 40
        assert abs(share.mean() - top / 40) < 0.015
        assert ((share >= 0) & (share <= 1)).all()


def test_a_season_and_a_trend_go_on() -> None:
    months = np.arange(60)
    truth = 100 * np.exp(0.15 * np.cos(2 * np.pi * months / 12) + 0.2 * months / 12)
    ahead = drawn(truth[:48], np.ones(48), [1.0] * 12, None, family="measured")
    np.testing.assert_allclose(ahead.mean(axis=0), truth[48:], rtol=0.03)


def test_the_same_seed_draws_the_same() -> None:
    top, bottom = np.arange(10.0, 34.0), np.full(24, 100.0)
    np.testing.assert_array_equal(*(drawn(top, bottom, [100.0] * 2, None, size=70) for _ in range(2)))


def test_what_is_no_share_and_has_no_logarithm_is_refused() -> None:
    with pytest.raises(ContractError, match="more cases hold than there are"):
        forecast_ratios(np.array([[5.0]]), np.array([[4.0]]), family="proportion")
    with pytest.raises(ContractError, match="not above zero"):
        forecast_ratios(np.array([[-5.0]]), np.array([[4.0]]), family="measured")


def test_probabilities_of_years_happen_as_often_as_they_say() -> None:
    said, met = [], []
    for family in FAMILIES:
        made = simulated_years(40, family, 301)
        year = draw_year(made.whole.until(made.whole.months[-7]), size=1000, seed=1)
        before, now = year.values
        above = (now >= (1 + made.change) * before).mean(axis=0)
        said.append(np.where(made.upwards, above, 1 - above))
        met.append(made.met)
    chance, came = np.concatenate(said), np.concatenate(met)
    assert ((chance - came) ** 2).mean() < 0.45 * came.var()  # the Brier score, and that of climatology
    for part in (chance < 0.5, chance >= 0.5):
        variance = (chance * (1 - chance))[part].sum()
        assert abs((chance - came)[part].sum()) < 2.5 * np.sqrt(variance)
