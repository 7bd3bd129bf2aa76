"""Scores: hand-computed figures, identities, and NaN that is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from riskmodels.backtesting.accuracy import (
    coverage,
    interval_score,
    mase,
    pinball_loss,
    rmsse,
    scale_of_changes,
    weighted_quantile_loss,
)

LEVELS = np.array([0.1, 0.5, 0.9])
ACTUAL = np.array([[3.0, np.nan], [10.0, 7.0]])
QUANTILES = np.array([[[1.0, 4.0, 9.0], [0.0, 1.0, 2.0]], [[8.0, 12.0, 16.0], [2.0, 4.0, 6.0]]])
finite = st.floats(-1e6, 1e6)


def test_pinball_loss_by_hand_on_both_sides_of_the_outcome() -> None:
    losses = pinball_loss(np.array([10.0]), np.array([[8.0, 12.0, 16.0]]), LEVELS)
    np.testing.assert_allclose(losses, [[0.1 * 2, 0.5 * 2, 0.1 * 6]])


def test_interval_score_by_hand_on_both_sides() -> None:
    actual, lower, upper = np.array([5.0, 10.0, 18.5, np.nan]), np.full(4, 8.0), np.full(4, 16.0)
    found = interval_score(actual, lower, upper, alpha=0.2)
    np.testing.assert_allclose(found, [8 + 10 * 3, 8, 8 + 10 * 2.5, np.nan])


@given(y=finite, ends=st.tuples(finite, finite), alpha=st.floats(0.02, 0.98))
def test_interval_score_is_the_pinball_loss_of_its_ends_over_half_of_alpha(y, ends, alpha) -> None:
    ends = np.sort(np.array([ends]))
    losses = pinball_loss(np.array([y]), ends, np.array([alpha / 2, 1 - alpha / 2])).sum()
    found = interval_score(np.array([y]), ends[:, 0], ends[:, 1], alpha=alpha)
    np.testing.assert_allclose(found, 2 / alpha * losses, rtol=1e-9, atol=1e-6)
    assert found >= ends[:, 1] - ends[:, 0]


# Scaled errors

HISTORY = np.array([[0.0, 0.0, 4.0, 7.0, np.nan, 2.0, 8.0], [5.0, 6.0, 8.0, 5.0, 9.0, 9.0, 2.0]])


def test_scale_of_changes_by_hand() -> None:
    # first row: 4 to 7 and 2 to 8, the zeros before 4 are left out; a year of three: 7 to 8, and 4 to 2
    np.testing.assert_allclose(scale_of_changes(HISTORY, lag=1, power=1), [4.5, (1 + 2 + 3 + 4 + 0 + 7) / 6])
    np.testing.assert_allclose(
        scale_of_changes(HISTORY, lag=1, power=2), [np.sqrt((9 + 36) / 2), np.sqrt((1 + 4 + 9 + 16 + 49) / 6)]
    )
    np.testing.assert_allclose(scale_of_changes(HISTORY, lag=3, power=1), [1.5, (0 + 3 + 1 + 3) / 4])


@pytest.mark.parametrize("lag", [1, 7, 8])
def test_a_history_without_a_change_has_no_scale(lag) -> None:
    values = np.array([[0.0] * 7, [np.nan] * 7, [np.nan, 3.0] * 3 + [np.nan]])
    assert np.isnan(scale_of_changes(values, lag=lag, power=2)).all()
    constant = scale_of_changes(np.full((1, 7), 4.0), lag=1, power=2)
    np.testing.assert_array_equal(constant, [0.0])
    assert np.isnan(rmsse(np.ones((1, 2)), np.zeros((1, 2)), constant)).all()


def test_scaled_errors_by_hand_leave_unknown_outcomes_out() -> None:
    actual = np.array([[10.0, 4.0, np.nan], [3.0, 3.0, 9.0], [np.nan] * 3])
    mean = np.array([[7.0, 8.0, 1e9], [1.0, 4.0, 7.0], [1.0] * 3])
    scale = np.array([2.0, 0.5, 1.0])
    np.testing.assert_allclose(
        rmsse(actual, mean, scale), [np.sqrt((9 + 16) / 2) / 2, np.sqrt(3) / 0.5, np.nan]
    )
    np.testing.assert_allclose(mase(actual, mean, scale), [3.5 / 2, (5 / 3) / 0.5, np.nan])


def test_the_naive_forecast_of_a_history_has_the_scaled_error_one() -> None:
    values = np.random.default_rng(1).poisson(20, size=(5, 60)).astype(float)
    for lag in (1, 12):
        naive, outcome = values[:, :-lag], values[:, lag:]
        np.testing.assert_allclose(rmsse(outcome, naive, scale_of_changes(values, lag=lag, power=2)), 1.0)
        np.testing.assert_allclose(mase(outcome, naive, scale_of_changes(values, lag=lag, power=1)), 1.0)


@given(
    values=hnp.arrays(float, (2, 9), elements=st.integers(1, 10**6).map(lambda value: value / 100)),
    unit=st.floats(0.01, 100),
)
def test_scaled_errors_have_no_unit(values, unit) -> None:
    def scored(values: np.ndarray, score, power: int) -> np.ndarray:
        return score(values[:, 7:], values[:, 5:7], scale_of_changes(values[:, :7], lag=1, power=power))

    for score, power in ((rmsse, 2), (mase, 1)):
        np.testing.assert_allclose(
            scored(unit * values, score, power), scored(values, score, power), rtol=1e-6
        )


def test_weighted_quantile_loss_by_hand_leaves_unknown_outcomes_out() -> None:
    # twice the mean pinball loss: of 3 (.2, .5, .6), of 10 (.2, 1, .6), of 7 (.5, 1.5, .9); sum of outcomes 20
    expected = (2 * 1.3 / 3 + 2 * 1.8 / 3 + 2 * 2.9 / 3) / 20
    assert weighted_quantile_loss(ACTUAL, QUANTILES, LEVELS) == pytest.approx(expected)
    quantiles = QUANTILES.copy()
    quantiles[0, 1] = 1e9
    assert weighted_quantile_loss(ACTUAL, quantiles, LEVELS) == pytest.approx(expected)


def test_weighted_quantile_loss_has_no_unit_and_needs_outcomes() -> None:
    of_thousands = weighted_quantile_loss(1000 * ACTUAL, 1000 * QUANTILES, LEVELS)
    assert of_thousands == pytest.approx(weighted_quantile_loss(ACTUAL, QUANTILES, LEVELS))
    assert np.isnan(weighted_quantile_loss(np.zeros(2), QUANTILES[0], LEVELS))
    assert np.isnan(weighted_quantile_loss(np.full(2, np.nan), QUANTILES[0], LEVELS))


def test_coverage_counts_known_outcomes_only() -> None:
    lower, upper = QUANTILES[..., 0], QUANTILES[..., -1]
    assert coverage(ACTUAL, lower, upper) == pytest.approx(2 / 3)
    assert (
        coverage(np.array([2.0, 4.0]), np.array([2.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    )  # limits are inside
    assert np.isnan(coverage(np.array([np.nan]), np.zeros(1), np.ones(1)))


@given(
    draws=hnp.arrays(float, 40, elements=st.floats(0, 1e4)),
    level=st.floats(0.05, 0.95),
    shift=st.floats(-50, 50),
)
def test_the_sample_quantile_minimises_the_mean_pinball_loss(draws, level, shift) -> None:
    best = np.quantile(draws, level, method="inverted_cdf")
    levels = np.array([level])
    losses = [pinball_loss(draws, np.full((40, 1), q), levels).mean() for q in (best, best + shift)]
    assert losses[0] <= losses[1] + 1e-8
    assert losses[0] >= 0
