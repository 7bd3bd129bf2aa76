"""Scores: hand-computed figures, identities, and NaN that is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from riskmodels.accuracy import coverage, exceedance, pinball_loss, relative_bias, weighted_quantile_loss

LEVELS = np.array([0.1, 0.5, 0.9])
ACTUAL = np.array([[3.0, np.nan], [10.0, 7.0]])
QUANTILES = np.array([[[1.0, 4.0, 9.0], [0.0, 1.0, 2.0]], [[8.0, 12.0, 16.0], [2.0, 4.0, 6.0]]])
finite = st.floats(-1e6, 1e6)


def test_pinball_loss_by_hand_on_both_sides_of_the_outcome() -> None:
    losses = pinball_loss(np.array([10.0]), np.array([[8.0, 12.0, 16.0]]), LEVELS)
    np.testing.assert_allclose(losses, [[0.1 * 2, 0.5 * 2, 0.1 * 6]])


def test_weighted_interval_score_is_twice_the_mean_pinball_loss() -> None:
    y, median, lower, upper, alpha = 10.0, 12.0, 8.0, 16.0, 0.2
    outside = 2 / alpha * (max(lower - y, 0) + max(y - upper, 0))
    weighted_interval_score = (0.5 * abs(y - median) + alpha / 2 * (upper - lower + outside)) / 1.5
    twice = 2 * pinball_loss(np.array([y]), np.array([[lower, median, upper]]), LEVELS).mean()
    assert weighted_interval_score == pytest.approx(1.20)
    assert twice == pytest.approx(1.20)


@given(y=finite, ends=st.tuples(finite, finite, finite), alpha=st.floats(0.02, 0.98))
def test_the_identity_holds_for_every_interval(y, ends, alpha) -> None:
    lower, median, upper = sorted(ends)
    outside = 2 / alpha * (max(lower - y, 0) + max(y - upper, 0))
    score = (0.5 * abs(y - median) + alpha / 2 * (upper - lower + outside)) / 1.5
    levels = np.array([alpha / 2, 0.5, 1 - alpha / 2])
    twice = 2 * pinball_loss(np.array([y]), np.array([[lower, median, upper]]), levels).mean()
    np.testing.assert_allclose(twice, score, rtol=1e-9, atol=1e-6)


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


def test_coverage_and_exceedance_count_known_outcomes_only() -> None:
    lower, upper = QUANTILES[..., 0], QUANTILES[..., -1]
    assert coverage(ACTUAL, lower, upper) == pytest.approx(2 / 3)
    assert exceedance(ACTUAL, upper) == pytest.approx(1 / 3)
    assert (
        coverage(np.array([2.0, 4.0]), np.array([2.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    )  # limits are inside
    assert np.isnan(coverage(np.array([np.nan]), np.zeros(1), np.ones(1)))
    assert np.isnan(exceedance(np.array([np.nan]), np.ones(1)))


def test_relative_bias_is_signed() -> None:
    mean = np.array([[4.0, 50.0], [9.0, 3.0]])
    assert relative_bias(ACTUAL, mean) == pytest.approx((16 - 20) / 20)
    assert relative_bias(np.array([4.0]), np.array([5.0])) == pytest.approx(0.25)
    assert np.isnan(relative_bias(np.zeros(1), np.ones(1)))


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
