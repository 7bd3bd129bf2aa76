"""Overdispersion recovered from seeded simulations; availability; restricted means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from riskmodels.rates import (
    availability_posterior,
    overdispersion,
    restricted_mean,
)

A = np.array


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


def test_overdispersion_has_a_bound() -> None:
    """All events in a month with hardly any exposure: they count as one, and not as 1e-19."""
    sizes = A([[1e12, 1e12, 1e-3]])
    assert overdispersion(A([[0.0, 0.0, 1e14]]), sizes, proportion=False) == 1e14
    assert overdispersion(A([[0.0, 0.0, 3.0]]), sizes, proportion=False) == 3
    assert overdispersion(A([[0.0, 0.0, 1.0]]), A([[1e3, 1e3, 1.0]]), proportion=True) <= 2001


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


# ---- availability ----

SERVICE = 131_040.0  # minutes of a quarter


def test_availability_posterior_by_hand() -> None:
    # 90 minutes lost by incidents of 60 and 30: their length (4500 + 40²) / (90 + 40), their number 90 over it + 1/2
    posterior = availability_posterior(A([SERVICE - 90]), A([SERVICE]), A([4500.0]), size=40.0)
    length = 6100 / 130
    np.testing.assert_allclose(1 - posterior.mean, [(90 + length / 2) / SERVICE])
    np.testing.assert_allclose(np.sqrt(posterior.variance), [length * np.sqrt(90 / length + 0.5) / SERVICE])
    lost = stats.gamma(90 / length + 0.5, scale=length).ppf([0.95]) / SERVICE
    np.testing.assert_allclose(1 - posterior.quantile(0.05), lost)


def test_availability_posterior_of_many_incidents_has_the_variance_of_a_compound_poisson_sum() -> None:
    minutes = np.random.default_rng(21).lognormal(3.0, 0.7, size=5000)
    total = 1e8
    posterior = availability_posterior(
        A([total - minutes.sum()]), A([total]), A([(minutes**2).sum()]), size=30.0
    )
    np.testing.assert_allclose(1 - posterior.mean, [minutes.sum() / total], rtol=1e-3)
    np.testing.assert_allclose(posterior.variance, [(minutes**2).sum() / total**2], rtol=1e-3)


def test_incidents_of_one_length_are_a_poisson_rate() -> None:
    incidents, length = 7.0, 25.0
    posterior = availability_posterior(
        A([SERVICE - incidents * length]), A([SERVICE]), A([incidents * length**2]), size=length
    )
    rate = stats.gamma(incidents + 0.5, scale=1 / SERVICE)
    np.testing.assert_allclose(1 - posterior.quantile(0.95), rate.ppf([0.05]) * length)


def test_no_incident_is_not_certainty() -> None:
    posterior = availability_posterior(A([SERVICE]), A([SERVICE]), A([0.0]), size=60.0)
    assert (1 - posterior.quantile(0.05)[0]) * SERVICE == pytest.approx(60 * stats.gamma(0.5).ppf(0.95))
    assert 0 < 1 - posterior.mean[0] < 60 / SERVICE


@pytest.mark.parametrize("incidents", [0.5, 2.0, 5.0, 10.0, 30.0])
def test_intervals_of_availability_cover_the_truth(incidents: float) -> None:
    """Compound Poisson minutes of lognormal length: 90 % intervals hold the true share in 85 % and more."""
    rng, size = np.random.default_rng(22), 4000
    number = rng.poisson(incidents, size)
    minutes = rng.lognormal(3.0, 0.7, size=(size, 70)) * (np.arange(70) < number[:, None])
    lost, squares = minutes.sum(axis=1), (minutes**2).sum(axis=1)
    service = np.full(size, SERVICE)
    usual = float(np.exp(3.0 + 1.5 * 0.7**2))  # E X² / E X
    posterior = availability_posterior(service - lost, service, squares, size=usual)
    true = 1 - incidents * np.exp(3.0 + 0.7**2 / 2) / SERVICE
    inside = (posterior.quantile(0.05) <= true) & (true <= posterior.quantile(0.95))
    assert 0.85 < inside.mean() < 0.99


# ---- restricted means ----


def histogram(days: list[int], last: int) -> np.ndarray:
    return np.bincount(np.minimum(days, last), minlength=last + 1)[None, :].astype(float)


def test_restricted_mean_by_hand_with_a_tie() -> None:
    # at risk 6: ends 1; 5: ends 1, and one censored the same day, which was at risk; 3 left: ends 2
    mean, variance = restricted_mean(histogram([0, 2, 4, 4, 9], 6), histogram([2], 6))
    survival = [5 / 6, 5 / 6, 4 / 6, 4 / 6, 4 / 6 / 3, 4 / 6 / 3]
    np.testing.assert_allclose(mean, [sum(survival)])
    later = [sum(survival[t:]) for t in range(6)]
    terms = later[0] ** 2 / (6 * 5) + later[2] ** 2 / (5 * 4) + later[4] ** 2 * 2 / (3 * 1)
    np.testing.assert_allclose(variance, [terms])


@given(days=st.lists(st.integers(0, 60), min_size=1, max_size=80), horizon=st.integers(1, 40))
def test_without_censoring_it_is_the_mean_of_the_cut_values(days: list[int], horizon: int) -> None:
    mean, variance = restricted_mean(histogram(days, horizon), np.zeros((1, horizon + 1)))
    cut = np.minimum(days, horizon)
    np.testing.assert_allclose(mean, [cut.mean()], atol=1e-12)
    np.testing.assert_allclose(variance, [cut.var() / len(cut)], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_restricted_mean_is_that_of_statsmodels(seed: int) -> None:
    rng, horizon = np.random.default_rng(seed), 30
    ends, ages = rng.geometric(0.06, size=300) - 1, rng.integers(5, 60, size=300)
    time, seen = np.minimum(ends, ages), ends <= ages
    curve = SurvfuncRight(time + 1.0, seen)  # an end on day t is at t + 1 there: time zero is not allowed
    survival = np.array([curve.surv_prob[curve.surv_times <= t + 1][-1:].sum() for t in range(horizon)])
    survival[: int(curve.surv_times[0]) - 1] = 1.0
    mean, variance = restricted_mean(histogram(time[seen], horizon), histogram(time[~seen], horizon))
    np.testing.assert_allclose(mean, [survival.sum()])
    later = np.append(np.cumsum(survival[::-1])[::-1], np.zeros(60))[curve.surv_times.astype(int) - 1]
    events, risk = np.asarray(curve.n_events), np.asarray(curve.n_risk)
    ended = np.divide(events, risk * (risk - events), out=np.zeros(len(risk)), where=risk > events)
    np.testing.assert_allclose(variance, [(later**2 * ended).sum()])


def test_a_cohort_that_is_not_followed_to_the_end_has_no_mean() -> None:
    events, censored = np.zeros((4, 4)), np.zeros((4, 4))
    events[0, 1], censored[0, 1] = 1, 1  # followed to day 1, and somebody still runs
    events[1, 1] = 2  # nobody runs any more
    censored[2, 2] = 1  # seen to the end of day 2, the last that counts
    mean, variance = restricted_mean(events, censored)  # and an empty cohort
    np.testing.assert_equal(mean, [np.nan, 1, 3, np.nan])
    np.testing.assert_equal(variance, [np.nan, 0, 0, np.nan])


@given(seed=st.integers(0, 1000))
def test_a_restricted_mean_lies_between_nothing_and_its_horizon(seed: int) -> None:
    rng = np.random.default_rng(seed)
    events, censored = (rng.poisson(0.8, size=(20, 13)) * 1.0 for _ in range(2))
    mean, variance = restricted_mean(events, censored)
    known = np.isfinite(mean)
    assert known.any()
    assert ((mean[known] >= 0) & (mean[known] <= 12) & (variance[known] >= 0)).all()


def test_the_variance_of_a_restricted_mean_is_that_of_repeated_samples() -> None:
    rng, samples, people = np.random.default_rng(23), 3000, 60
    ends, ages = rng.geometric(0.1, size=(samples, people)), rng.integers(8, 40, size=(samples, people))
    time, seen = np.minimum(np.minimum(ends, ages), 20), ends <= ages
    counts = np.zeros((2, samples, 21))
    np.add.at(counts, ((~seen).astype(int), np.arange(samples)[:, None], time), 1)
    mean, variance = restricted_mean(counts[0], counts[1])
    true = (0.9 ** np.arange(20)).sum()
    assert np.nanmean(mean) == pytest.approx(true, abs=4 * np.nanstd(mean) / np.sqrt(samples))
    assert np.nanmean(variance) == pytest.approx(np.nanvar(mean), rel=0.08)
