"""Scores against closed forms of two normal distributions, brute force over pairs, and identities."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from simulations import around, drawn_in_part, draws

from riskmodels.errors import ParameterError
from riskmodels.validation.discrimination import (
    _auc,
    _kolmogorov_smirnov,
    _tally_sorted,
    auc,
    brier,
    calibration_table,
    kolmogorov_smirnov,
    population_stability,
    with_interval,
)

A = np.array


def normals(distance: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of two normal distributions: as near as a sample can come to them."""
    right = stats.norm.ppf((np.arange(size) + 0.5) / size)
    return np.concatenate([right, right + distance]), np.repeat([False, True], size)


cases = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).map(
    lambda rows: (A([float(score) for score, _ in rows]), A([wrong for _, wrong in rows]))
)
mixed = cases.filter(lambda case: 0 < case[1].sum() < len(case[1]))

# ---- two distributions ----


@pytest.mark.parametrize("distance", [0.3, 1.0, 2.5])
def test_binormal_scores_have_their_closed_forms(distance: float) -> None:
    score, wrong = normals(distance, 100_000)
    assert auc(score, wrong) == pytest.approx(stats.norm.cdf(distance / np.sqrt(2)), abs=2e-5)
    expected = 2 * stats.norm.cdf(distance / 2) - 1
    assert kolmogorov_smirnov(score, wrong) == pytest.approx(expected, abs=2e-5)


def test_binormal_scores_one_apart() -> None:
    score, wrong = normals(1.0, 100_000)
    assert auc(score, wrong) == pytest.approx(0.760250, abs=1e-5)
    assert kolmogorov_smirnov(score, wrong) == pytest.approx(0.382925, abs=1e-5)
    assert auc(np.exp(score), wrong) == auc(score, wrong)  # only the order matters


def divergence(score, wrong, bins) -> float:
    """How far apart two classes are, by bins of all."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, bins + 1)[1:-1])) if np.ndim(bins) == 0 else bins
    return population_stability(score[wrong], score[~wrong], bins=edges)


def test_the_divergence_of_normals_is_their_squared_distance_as_bins_get_fine() -> None:
    score, wrong = normals(1.0, 100_000)
    values = [divergence(score, wrong, bins) for bins in (2, 10, 100, 1000)]
    assert (np.diff(values) > 0).all()
    assert values[-1] == pytest.approx(1.0, abs=2e-3)
    assert divergence(-score, wrong, 100) == pytest.approx(values[2], rel=1e-3)


@given(mixed)
def test_auc_is_the_share_of_pairs_won(case) -> None:
    score, wrong = case
    above = score[wrong][:, None] - score[~wrong]
    assert auc(score, wrong) == pytest.approx(((above > 0) + 0.5 * (above == 0)).mean())
    assert auc(-score, wrong) == pytest.approx(1 - auc(score, wrong))
    assert auc(score, ~wrong) == pytest.approx(1 - auc(score, wrong))


@given(mixed)
def test_kolmogorov_smirnov_is_the_greatest_gap_at_any_cut_off(case) -> None:
    score, wrong = case
    gaps = [abs((score[wrong] > cut).mean() - (score[~wrong] > cut).mean()) for cut in score]
    assert kolmogorov_smirnov(score, wrong) == pytest.approx(max(gaps))
    assert kolmogorov_smirnov(score, wrong) >= abs(auc(score, wrong) - 0.5) - 1e-12


@given(case=mixed, seed=st.integers(0, 1000))
def test_weights_are_repeated_rows(case, seed) -> None:
    score, wrong = case
    order = np.argsort(score)
    score, wrong = score[order], wrong[order]
    times = np.random.default_rng(seed).integers(0, 4, size=(3, len(score)))
    tally = _tally_sorted(score, wrong, times.astype(float))
    repeated = [(score.repeat(row), wrong.repeat(row)) for row in times]
    np.testing.assert_allclose(_auc(*tally), [auc(*rows) for rows in repeated])
    np.testing.assert_allclose(_kolmogorov_smirnov(*tally), [kolmogorov_smirnov(*rows) for rows in repeated])


def test_a_divergence_by_hand() -> None:
    # up to 1: 1 of 4 wrong and 2 of 3 right; up to 2: 3 and 0, where half a row stands; above: 0 and 1
    score, wrong = A([1, 1, 1, 2, 2, 2, 3.0]), A([1, 0, 0, 1, 1, 1, 0]) > 0
    p, q = A([1, 3, 0.5]) / 4.5, A([2, 0.5, 1]) / 3.5
    expected = ((p - q) * np.log(p / q)).sum()
    assert divergence(score, wrong, [1, 2]) == pytest.approx(expected)
    assert divergence(score, wrong, [-5, 1, 1.5, 2, 9]) == pytest.approx(expected)  # empty bins


@given(mixed)
def test_tied_scores_make_fewer_bins(case) -> None:
    score, wrong = case
    fine = divergence(score, wrong, np.unique(score))
    assert divergence(score, wrong, 1000) <= fine + 1e-12
    assert fine >= 0
    assert divergence(score, wrong, 1) == 0


def test_one_outcome_only_has_no_statistic() -> None:
    for statistic in (auc, kolmogorov_smirnov):
        for outcome in ([True, True], [False, False]):
            assert np.isnan(statistic([1, 2], outcome))
        assert np.isnan(statistic([], []))
    assert all(np.isnan(with_interval(auc, [1, 2], [1, 1], seed=1)[:3]))
    assert with_interval(auc, [], [], seed=1).dropped == 1000


# ---- stability ----


def test_stability_of_shifted_normals_is_symmetrical() -> None:
    score, moved = normals(0.5, 100_000)
    before, now = score[~moved], score[moved]
    fine = population_stability(before, now, bins=500)
    assert fine == pytest.approx(0.25, abs=2e-3)  # d²
    assert population_stability(now, before, bins=500) == pytest.approx(fine, rel=1e-3)
    assert population_stability(before, before) == 0
    assert population_stability(before, now, bins=[-1, 0, 1]) == population_stability(
        now, before, bins=[-1, 0, 1]
    )


def test_stability_by_hand() -> None:
    p, q = A([2, 2]) / 4, A([1, 3]) / 4
    expected = ((p - q) * np.log(p / q)).sum()
    assert population_stability([1, 2, 3, 4], [1, 3, 3, 9], bins=2) == pytest.approx(expected)
    assert np.isnan(population_stability([], [1.0]))
    assert np.isnan(population_stability([1.0], []))


def test_stability_of_the_same_has_the_stated_mean() -> None:
    rng = np.random.default_rng(3)
    found = [population_stability(rng.normal(size=4000), rng.normal(size=500)) for _ in range(200)]
    assert np.mean(found) == pytest.approx(9 * (1 / 4000 + 1 / 500), rel=0.15)


# ---- chances ----


def test_brier_by_hand() -> None:
    # bins 0.2 (1 of 4) and 0.6 (1 of 2); the share of all is 1/3
    found = brier([0.2] * 4 + [0.6] * 2, [0, 0, 1, 0, 1, 0])
    assert found.score == pytest.approx((3 * 0.04 + 0.64 + 0.16 + 0.36) / 6)
    assert found.reliability == pytest.approx((4 * 0.05**2 + 2 * 0.1**2) / 6)
    assert found.resolution == pytest.approx((4 / 144 + 2 / 36) / 6)
    assert found.uncertainty == pytest.approx(2 / 9)
    assert found.within == pytest.approx(0, abs=1e-15)


@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60),
    bins=st.one_of(st.none(), st.integers(1, 12), st.just([0.1, 0.5])),
)
def test_the_parts_of_a_brier_score_add_up(rows, bins) -> None:
    chance, wrong = A([row[0] for row in rows]), A([row[1] for row in rows])
    found = brier(chance, wrong, bins=bins)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert parts == pytest.approx(found.score, abs=1e-12)
    assert 0 <= found.resolution <= found.uncertainty + 1e-12 <= 0.25 + 2e-12
    if bins is None:
        assert abs(found.within) < 1e-12


def test_forecasts_that_are_true_are_reliable() -> None:
    rng = np.random.default_rng(5)
    chance = rng.beta(2, 5, size=50_000)
    wrong = rng.random(50_000) < chance
    found = brier(chance, wrong, bins=20)
    assert found.reliability < 2 * 20 * 0.25 / 50_000
    assert found.score == pytest.approx((chance * (1 - chance)).mean(), abs=2e-3)
    table = calibration_table(chance, wrong, bins=20, level=0.9)
    inside = (table["lower"] <= table["mean_forecast"]) & (table["mean_forecast"] <= table["upper"])
    assert 0.7 <= inside.mean() <= 1
    assert np.isnan(brier([], []).score)


def test_calibration_table_by_hand() -> None:
    table = calibration_table([0.1, 0.3, 0.35, 0.4, 0.9, 1.0], [0, 0, 1, 0, 1, 1], bins=[0.2, 0.5, 0.6])
    assert table["bin"].tolist() == [1, 2, 3]
    assert table["number"].tolist() == [1, 3, 2]
    np.testing.assert_allclose(table["mean_forecast"], [0.1, 0.35, 0.95])
    np.testing.assert_allclose(table["observed"], [0, 1 / 3, 1])
    np.testing.assert_allclose(table["lower"], [0, *stats.beta.ppf(0.05, [1.5, 2.5], [2.5, 0.5])])
    np.testing.assert_allclose(table["upper"], [*stats.beta.ppf(0.95, [0.5, 1.5], [1.5, 2.5]), 1])
    assert calibration_table([], []).empty


@given(case=cases, level=st.floats(0.5, 0.99), bins=st.integers(1, 8))
def test_calibration_intervals_hold_what_was_observed(case, level, bins) -> None:
    table = calibration_table(case[0] / 6, case[1], bins=bins, level=level)
    assert table["number"].sum() == len(case[0])
    assert (table["lower"] <= table["observed"] + 1e-12).all()
    assert (table["observed"] <= table["upper"] + 1e-12).all()
    assert table["mean_forecast"].is_monotonic_increasing


# ---- intervals ----


@drawn_in_part
def test_bootstrap_intervals_cover_the_true_area() -> None:
    rng, wrong = np.random.default_rng(7), np.repeat([False, True], [80, 40])
    true, number = stats.norm.cdf(1 / np.sqrt(2)), draws(400)
    found = [with_interval(auc, rng.normal(wrong, 1.0), wrong, seed=rng, size=300) for _ in range(number)]
    covered = np.mean([interval.lower <= true <= interval.upper for interval in found])
    low, high = around(0.85, 0.94)
    assert low < covered < high
    assert sum(interval.dropped for interval in found) == 0


@drawn_in_part
def test_whole_clusters_are_drawn() -> None:
    """Units that go wrong or not in every quarter: rows look like more evidence than there is."""
    rng, units, quarters, number = np.random.default_rng(8), 60, 6, draws(150)
    unit, true = np.repeat(np.arange(units), quarters), stats.norm.cdf(1 / np.sqrt(2))
    covered = np.zeros(2)
    for _ in range(number):
        wrong = rng.random(units) < 0.4
        score = rng.normal(wrong, 1.0)[unit] + rng.normal(0, 1e-9, len(unit))
        for place, cluster in enumerate((None, unit)):
            found = with_interval(auc, score, wrong[unit], seed=rng, size=200, cluster=cluster)
            covered[place] += found.lower <= true <= found.upper
    rows, clusters = covered / number
    low, high = around(0.8, 0.97)
    assert rows < low
    assert low < clusters < high


@pytest.mark.parametrize("statistic", [auc, kolmogorov_smirnov])
def test_the_quick_way_is_the_long_way(statistic) -> None:
    score, wrong = A([3, 1, 2, 2, 5, 4, 4.0, 6]), A([0, 0, 1, 0, 1, 1, 0, 0])
    quick = with_interval(statistic, score, wrong, seed=3, size=200)
    slow = with_interval(partial(statistic), score, wrong, seed=3, size=200)
    np.testing.assert_allclose(quick, slow)
    assert quick.dropped > 0
    assert quick.lower <= quick.estimate <= quick.upper
    assert with_interval(statistic, score, wrong, seed=3, size=200) == quick


def test_a_row_repeated_within_its_cluster_is_no_new_evidence() -> None:
    score, wrong = normals(1.0, 30)
    names = pd.Series(score).map("unit {:.3f}".format).to_numpy() + wrong.astype(str)
    once = with_interval(auc, score, wrong, seed=4)
    often = with_interval(auc, score.repeat(5), wrong.repeat(5), seed=4, cluster=names.repeat(5))
    np.testing.assert_allclose(often, once)


def test_batches_of_resamples_do_not_change_the_interval(monkeypatch) -> None:
    score, wrong = normals(1.0, 25)
    at_once = with_interval(auc, score, wrong, seed=9)
    monkeypatch.setattr("riskmodels.validation.discrimination._HELD", 50 * 64)
    np.testing.assert_allclose(with_interval(auc, score, wrong, seed=9), at_once)


def test_any_statistic_has_an_interval() -> None:
    chance = np.linspace(0.05, 0.95, 60)
    wrong = np.random.default_rng(2).random(60) < chance
    found = with_interval(lambda *rows: brier(*rows, bins=5).score, chance, wrong, seed=1, size=100)
    assert found.lower < found.estimate < found.upper
    wide = with_interval(auc, chance, wrong, seed=1, level=0.99)
    narrow = with_interval(auc, chance, wrong, seed=1, level=0.5)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


# ---- refusals ----


@pytest.mark.parametrize(
    ("score", "outcome", "words"),
    [
        ([1, np.nan], [0, 1], "score: expected one row of finite numbers"),
        ([1, np.inf], [0, 1], "score"),
        ([[1, 2]], [0, 1], "score"),
        (["a", "b"], [0, 1], "score: expected numbers"),
        (pd.array([1, None], dtype="Int64"), [0, 1], "score"),
        ([1, 2, 3], [0, 1], "one for each of 3 scores, got 2"),
        ([1, 2], [0, 2], "true or false"),
        ([1, 2], [0, np.nan], "outcome"),
        ([1, 2], [True, None], "outcome"),
    ],
)
def test_rows_that_are_not_known_are_refused(score, outcome, words) -> None:
    for statistic in (auc, kolmogorov_smirnov):
        with pytest.raises(ParameterError, match=words):
            statistic(score, outcome)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: brier([0.5, 1.1], [0, 1]), "chances from 0 to 1"),
        (lambda: calibration_table([-0.1, 0.5], [0, 1]), "chances from 0 to 1"),
        (lambda: calibration_table([0.1, 0.5], [0, 1], level=1.0), "level"),
        (lambda: population_stability([1, 2], [0, 1], bins=0), "at least 1"),
        (lambda: population_stability([1, 2], [0, 1], bins=[2, 1]), "inner edges that rise"),
        (lambda: population_stability([1, np.nan], [1]), "expected: "),
        (lambda: population_stability([1], [1, np.nan]), "actual: "),
        (lambda: population_stability([1], [1], bins=[np.nan]), "bins: "),
        (lambda: with_interval(auc, [1, 2], [0, 1], seed=1, size=0), "size"),
        (lambda: with_interval(auc, [1, 2], [0, 1], seed=1, level=0), "level"),
        (lambda: with_interval(auc, [1, 2], [0, 1], seed=1, cluster=["a"]), "cluster"),
        (lambda: with_interval(auc, [1, 2], [0, 1], seed=1, cluster=["a", None]), "cluster"),
    ],
)
def test_settings_that_make_no_sense_are_refused(call, words) -> None:
    with pytest.raises(ParameterError, match=words):
        call()
