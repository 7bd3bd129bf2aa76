"""Curves of delays: against scipy's B-splines, slopes against differences, information against its definition."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from riskmodels.forecasting.delay_curves import SPACING, Cells, conditional, curve, likelihood, places_of

PLACES = places_of(400)
RISES = np.array([0.3, -0.2])


@pytest.fixture
def cells() -> Cells:
    """Five rows of days at different places of the drift, looked at from the first hour to a year."""
    rng = np.random.default_rng(1)
    ages = np.log(np.tile([1e-3, 0.7, 1.5, 4.0, 9.0, 40.0, 200.0, 380.0], (5, 1)))
    pieces = -np.linspace(0, 1, 5)[:, None] * np.array([1.0, 0.5])
    return Cells(counts=rng.integers(1, 50, (5, 7)).astype(float), ages=ages, pieces=pieces)


@pytest.fixture
def parameters() -> np.ndarray:
    return np.append(np.random.default_rng(2).normal(size=len(PLACES) - 1), RISES)


def differences(function, at: np.ndarray) -> np.ndarray:
    """Central differences of a function by each parameter, the parameters last."""
    step = 1e-5 * np.eye(len(at))
    return np.stack([(function(at + by) - function(at - by)) / 2e-5 for by in step], axis=-1)


def test_the_share_reported_is_a_mixture_of_integrated_splines(cells, parameters) -> None:
    full = np.exp(np.append(0.0, parameters[: len(PLACES) - 1]))
    moved = np.multiply.outer(cells.pieces @ RISES, np.append(0.0, np.ones(len(PLACES) - 1)))
    expected = np.zeros_like(cells.ages)
    for place, weight in enumerate(full / full.sum()):
        knots = PLACES[place] + SPACING * np.array([-1.5, -0.5, 0.5, 1.5])
        whole = BSpline.basis_element(knots).antiderivative()
        at = np.clip(cells.ages - moved[:, [place]], knots[0], knots[-1])
        expected += weight * (whole(at) - whole(knots[0])) / (whole(knots[-1]) - whole(knots[0]))
    np.testing.assert_allclose(curve(cells, parameters).total, expected, atol=1e-12)


def test_ages_beyond_all_components_are_reported_by_none_or_all(parameters) -> None:
    ages = np.array([[-50.0, PLACES[0] - SPACING * 1.5, PLACES[-1] + SPACING * 1.5, 50.0]])
    pieces = np.zeros((1, 2))
    found = curve(Cells(counts=np.ones((1, 3)), ages=ages, pieces=pieces), parameters)
    np.testing.assert_allclose(found.total, [[0, 0, 1, 1]], atol=1e-12)
    np.testing.assert_allclose(found.by_scale, 0, atol=1e-12)


def test_slopes_of_the_share_are_its_differences(cells, parameters) -> None:
    found = curve(cells, parameters)
    slopes = np.concatenate(
        [
            found.weights * (found.below - found.total[..., None]),
            found.by_scale[..., None] * cells.pieces[:, None],
        ],
        axis=-1,
    )
    expected = differences(lambda at: curve(cells, at).total, parameters)
    np.testing.assert_allclose(slopes, expected, atol=1e-8)


def test_the_gradient_is_the_difference_of_the_log_likelihood(cells, parameters) -> None:
    expected = differences(lambda at: np.array(likelihood(cells, at).value), parameters)
    np.testing.assert_allclose(likelihood(cells, parameters).gradient, expected, rtol=1e-6, atol=1e-5)


def test_the_information_is_the_expected_square_of_the_scores(cells, parameters) -> None:
    """A multinomial's: the sum over the bins of expected counts times the slopes of the logarithm, squared."""
    chance, _ = conditional(curve(cells, parameters).total)
    score = differences(lambda at: np.log(conditional(curve(cells, at).total)[0]), parameters)
    expected = cells.counts.sum(axis=1, keepdims=True) * chance
    np.testing.assert_allclose(
        likelihood(cells, parameters).information,
        np.einsum("rb,rbp,rbq->pq", expected, score, score),
        rtol=1e-6,
        atol=1e-5,
    )
