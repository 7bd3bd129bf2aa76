"""Posteriors against closed forms and integrals; overdispersion recovered from seeded simulations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from riskmodels.rates import mean_posterior, overdispersion, proportion_posterior, rate_posterior

A = np.array


def test_proportion_posterior_is_bayes_rule() -> None:
    successes, trials, prior = 7.0, 9.0, 0.8

    def joint(p: float) -> float:
        return p ** (successes + prior - 1) * (1 - p) ** (trials - successes - prior)

    below, _ = integrate.quad(joint, 0, 0.7)
    total, _ = integrate.quad(joint, 0, 1)
    posterior = proportion_posterior(A([successes]), A([trials]), prior=prior)
    np.testing.assert_allclose(posterior.cdf(0.7), [below / total], rtol=1e-7)
    np.testing.assert_allclose(posterior.mean(), [(7 + 0.8) / (9 + 1)])


def test_proportion_posterior_without_prior_is_that_of_jeffreys() -> None:
    # Brown, Cai & DasGupta 2001: of no success in n the upper 97.5 % limit is a quantile of Beta(1/2, n + 1/2)
    posterior = proportion_posterior(A([0.0]), A([10.0]))
    np.testing.assert_allclose(posterior.ppf(0.975), [0.217196], rtol=1e-5)
    np.testing.assert_allclose(posterior.mean(), [0.5 / 11])


def test_rate_posterior_is_bayes_rule() -> None:
    count, exposure, prior = 3.0, 2.5, 0.9

    def joint(rate: float) -> float:
        return rate**count * np.exp(-rate * exposure) * np.exp(-rate / prior)  # exponential prior of mean 0.9

    below, _ = integrate.quad(joint, 0, 1.5)
    total, _ = integrate.quad(joint, 0, np.inf)
    posterior = rate_posterior(A([count]), A([exposure]), prior=prior)
    np.testing.assert_allclose(posterior.cdf(1.5), [below / total], rtol=1e-7)
    np.testing.assert_allclose(posterior.mean(), [(3 + 1) / (2.5 + 1 / 0.9)])


def test_rate_posterior_without_prior_is_that_of_jeffreys() -> None:
    posterior = rate_posterior(A([4.0]), A([2.0]))
    np.testing.assert_allclose(posterior.ppf(0.95), [stats.chi2.ppf(0.95, 9) / 2 / 2.0])


@given(prior=st.floats(0.01, 0.99), successes=st.integers(0, 50), failures=st.integers(0, 50))
def test_a_prior_pulls_towards_itself_and_is_worth_one_trial(prior, successes, failures) -> None:
    trials = successes + failures
    mean = float(proportion_posterior(A([successes]), A([trials]), prior=prior).mean()[0])
    raw = successes / trials if trials else prior
    assert min(raw, prior) - 1e-12 <= mean <= max(raw, prior) + 1e-12
    assert mean == pytest.approx((trials * raw + prior) / (trials + 1))


@given(scale=st.floats(1e-3, 1e3), count=st.integers(0, 100), prior=st.floats(0.1, 10))
def test_rate_posterior_does_not_depend_on_the_unit_of_exposure(scale, count, prior) -> None:
    one = rate_posterior(A([count]), A([7.0]), prior=prior).ppf(0.9)
    other = rate_posterior(A([count]), A([7.0 * scale]), prior=prior / scale).ppf(0.9)
    np.testing.assert_allclose(other * scale, one, rtol=1e-9)


def test_mean_posterior_by_hand() -> None:
    # values 2, 4, 9: mean 5, squared deviations 26, prior worth one value at distance 5
    posterior = mean_posterior(A([15.0]), A([101.0]), A([3.0]))
    scale = np.sqrt(26 + 25) / 3
    np.testing.assert_allclose(posterior.ppf(0.9), [5 + scale * stats.t.ppf(0.9, 3)])


def test_mean_posterior_of_many_values_is_that_of_the_central_limit() -> None:
    values = np.random.default_rng(1).gamma(2.0, 3.0, size=4000)
    posterior = mean_posterior(A([values.sum()]), A([(values**2).sum()]), A([4000.0]))
    np.testing.assert_allclose(posterior.std(), [values.std() / np.sqrt(4000)], rtol=1e-3)


def test_a_few_equal_values_never_look_certain() -> None:
    n = A([1.0, 2.0, 3.0, 5.0])
    beyond = mean_posterior(20 * n, 400 * n, n).sf(15.0)
    assert (beyond < 0.9).all()
    assert (np.diff(beyond) > 0).all()
    assert np.isfinite(mean_posterior(A([0.0]), A([0.0]), A([4.0])).ppf(0.5)).all()


SIZES = np.random.default_rng(11).uniform(20, 200, size=(60, 1)) * np.ones((60, 24))
RATES = np.random.default_rng(12).uniform(0.02, 0.3, size=(60, 1))


def test_overdispersion_is_one_for_poisson_and_binomial_counts() -> None:
    rng = np.random.default_rng(13)
    assert overdispersion(rng.poisson(RATES * SIZES) * 1.0, SIZES, proportion=False) == pytest.approx(
        1, abs=0.08
    )
    trials = np.floor(SIZES)
    assert overdispersion(rng.binomial(trials.astype(int), RATES) * 1.0, trials, proportion=True) == (
        pytest.approx(1, abs=0.08)
    )


def test_overdispersion_is_one_for_a_handful_of_trials() -> None:
    rng = np.random.default_rng(14)
    trials = rng.binomial(1, 0.3, size=(4000, 12)) * 1.0
    counts = rng.binomial(trials.astype(int), 0.5) * 1.0
    assert overdispersion(counts, trials, proportion=True) == pytest.approx(1, abs=0.05)


def test_overdispersion_recovers_a_variance_ratio_of_two() -> None:
    counts = np.random.default_rng(15).negative_binomial(RATES * SIZES, 0.5) * 1.0  # variance = 2 x mean
    assert overdispersion(counts, SIZES, proportion=False) == pytest.approx(2, abs=0.2)


def test_overdispersion_by_hand() -> None:
    # one unit: rate 12 / 4 = 3; expected 3, 3, 6; (2² + 1² ) / 3 + 3² / 6 over 2 degrees of freedom
    found = overdispersion(A([[5.0, 4.0, 3.0]]), A([[1.0, 1.0, 2.0]]), proportion=False)
    assert found == pytest.approx(((4 + 1) / 3 + 9 / 6) / 2)


def test_overdispersion_leaves_unknown_and_empty_cells_out() -> None:
    counts = A([[5.0, np.nan, 4.0, 3.0, 9.0], [np.nan] * 5, [0.0] * 5])
    sizes = A([[1.0, 1.0, 1.0, 2.0, 0.0], [1.0] * 5, [1.0, np.nan, 1.0, 1.0, 1.0]])
    assert overdispersion(counts, sizes, proportion=False) == pytest.approx(((4 + 1) / 3 + 9 / 6) / 2)
    assert overdispersion(np.full((2, 3), np.nan), np.ones((2, 3)), proportion=True) == 1.0
    assert overdispersion(np.ones((2, 1)), np.ones((2, 1)), proportion=False) == 1.0
    assert (
        overdispersion(np.ones((2, 3)), np.ones((2, 3)), proportion=True) == 1.0
    )  # all succeed: no variance


@given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 100))
def test_overdispersion_depends_neither_on_the_unit_of_exposure_nor_on_order(scale, seed) -> None:
    rng = np.random.default_rng(seed)
    counts, sizes = rng.negative_binomial(3, 0.2, size=(5, 8)) * 1.0, rng.uniform(1, 9, size=(5, 8))
    found = overdispersion(counts, sizes, proportion=False)
    assert found >= 1
    assert overdispersion(counts, sizes * scale, proportion=False) == pytest.approx(found)
    rows, columns = rng.permutation(5), rng.permutation(8)
    shuffled = overdispersion(counts[rows][:, columns], sizes[rows][:, columns], proportion=False)
    assert shuffled == pytest.approx(found)
