"""Fits of losses: published estimates with their errors, truth found again, intervals, tests that reject."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulations import drawn_in_part, draws, wider

from riskmodels.errors import ParameterError
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.diagnostics import tail_diagnostics
from riskmodels.losses.elicitation import Mixture, elicited_severity, inflate_to
from riskmodels.losses.fitting import fit_severity, fit_tail
from riskmodels.losses.frequency import NegativeBinomial, Poisson, fit_frequency
from riskmodels.losses.goodness import goodness_of_fit
from riskmodels.losses.intervals import profile_interval
from riskmodels.losses.severity import Gamma, GeneralizedPareto, Lognormal, Spliced, Weibull
from riskmodels.losses.tails import fitted_tails, tail_log_likelihood, tail_probabilities
from riskmodels.losses.truncated import fit_truncated_normal
from riskmodels.losses.uncertainty import FittedCell, value_at_risk_intervals

pytestmark = pytest.mark.whole

TRUTH = Spliced(
    body=Lognormal(mu=8.0, sigma=1.3),
    tail=GeneralizedPareto(shape=0.35, scale=9000.0, threshold=12_000.0),
    tail_probability=0.12,
)


@pytest.fixture(scope="module")
def danish(shared_data) -> np.ndarray:
    return pd.read_csv(shared_data("losses/evir_danish.csv"))["value"].to_numpy()


def drawn(severity, size: int, *, seed: int = 1, above: float = 0.0) -> np.ndarray:
    losses = severity.ppf(np.random.default_rng(seed).uniform(size=size))
    return losses[losses > above]


def estimates(fit) -> dict[str, float]:
    return fit.table.set_index("parameter")["estimate"].to_dict()


def errors_in_deviations(fit, truth: dict[str, float]) -> np.ndarray:
    rows = fit.table.set_index("parameter")
    return np.array(
        [
            (rows.loc[name, "estimate"] - value) / rows.loc[name, "standard_error"]
            for name, value in truth.items()
        ]
    )


# Published


@pytest.mark.parametrize(
    ("threshold", "number", "shape", "shape_error", "scale", "scale_error"),
    [(5, 254, 0.6315, 0.112, 3.8091, 0.464), (10, 109, 0.4970, 0.136, 6.9755, 1.114), (20, 36, 0.6842, 0.275, 9.6351, 2.898)],
)  # fmt: skip
def test_danish_fire_losses(danish, threshold, number, shape, shape_error, scale, scale_error) -> None:
    fit = fit_tail(danish, threshold)
    assert fit.exceedances == number
    assert fit.tail.shape == pytest.approx(shape, abs=5e-5)
    assert fit.tail.scale == pytest.approx(scale, abs=5e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.part.covariance)), [shape_error, scale_error], atol=5.1e-4)


def test_danish_losses_of_one_in_a_thousand(danish) -> None:
    fit = fit_tail(danish, 10)
    value = float(fit.tail.ppf(np.asarray(1 - 0.001 * len(danish) / fit.exceedances)))
    assert value == pytest.approx(94.34, abs=5e-3)
    excess = (fit.tail.scale + fit.tail.shape * (value - 10)) / (1 - fit.tail.shape)
    assert value + excess == pytest.approx(191.5, abs=0.05)
    low, high = profile_interval(danish, 10, level=0.999, confidence=0.95)
    assert low < value < high
    assert high - value > 1.5 * (value - low)  # skewed


def test_liability_claims_and_their_expenses(shared_data) -> None:
    claims = pd.read_csv(shared_data("losses/cas_lossalae.csv"))
    for name, mu, sigma in (("Loss", 9.3735, 1.6376), ("ALAE", 8.5220, 1.4294)):
        found = estimates(fit_severity(claims[name]))
        assert found["mu"] == pytest.approx(mu, abs=5e-5)
        assert found["sigma"] == pytest.approx(sigma, abs=5e-5)
    assert stats.kendalltau(claims["Loss"], claims["ALAE"]).statistic == pytest.approx(0.3154, abs=5e-5)


# Truth found again


@pytest.mark.parametrize(
    ("family", "severity", "truth"),
    [
        ("lognormal", Lognormal(mu=8.0, sigma=1.3), {"mu": 8.0, "sigma": 1.3}),
        ("weibull", Weibull(shape=0.8, scale=5000.0), {"shape": 0.8, "scale": 5000.0}),
        ("gamma", Gamma(shape=1.7, scale=3000.0), {"shape": 1.7, "scale": 3000.0}),
    ],
)
@pytest.mark.parametrize("reporting", [0.0, 1500.0])
def test_what_was_not_reported_is_allowed_for(family, severity, truth, reporting) -> None:
    losses = drawn(severity, 20_000, above=reporting)
    fit = fit_severity(losses, reporting_threshold=reporting, family=family)
    assert np.abs(errors_in_deviations(fit, truth)).max() < 3
    assert fit.reported_share == pytest.approx(len(losses) / 20_000, abs=0.02)
    if reporting:
        careless = fit_severity(losses, family=family)
        assert np.abs(errors_in_deviations(careless, truth)).max() > 10


@pytest.mark.parametrize("reporting", [0.0, 2000.0])
def test_body_and_tail_and_their_shares_are_found_again(reporting: float) -> None:
    losses = drawn(TRUTH, 30_000, above=reporting)
    fit = fit_severity(losses, tail_threshold=12_000.0, reporting_threshold=reporting)
    truth = {"mu": 8.0, "sigma": 1.3, "tail_shape": 0.35, "tail_scale": 9000.0, "tail_probability": 0.12}
    assert np.abs(errors_in_deviations(fit, truth)).max() < 3
    assert fit.sentence.startswith(f"A lognormal severity was fitted to {len(losses):,} losses")


@drawn_in_part
def test_standard_errors_are_the_spread_of_the_estimates() -> None:
    truth = GeneralizedPareto(shape=0.3, scale=2.0)
    found = [fit_tail(drawn(truth, 400, seed=seed), 0.0) for seed in range(draws(200))]
    shapes = np.array([one.tail.shape for one in found])
    stated = np.mean([np.sqrt(one.part.covariance[0, 0]) for one in found])
    assert shapes.std() == pytest.approx(stated, rel=wider(0.15))
    assert shapes.mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.9])
def test_tails_of_any_shape(shape: float) -> None:
    fit = fit_tail(drawn(GeneralizedPareto(shape=shape, scale=500.0), 5000), 0.0)
    assert fit.tail.shape == pytest.approx(shape, abs=4 * np.sqrt(fit.part.covariance[0, 0]))


@pytest.mark.parametrize("shape", [-0.4, -0.2, 0.0, 1e-4, 0.4, 1.5])
def test_many_tails_are_fitted_as_one_is(shape: float) -> None:
    """Against scipy, which climbs the likelihood of both parameters."""
    samples = stats.genpareto(shape, scale=700.0).rvs(size=(4, 200), random_state=3)
    shapes, scales = fitted_tails(samples)
    for row, (found, scale) in enumerate(zip(shapes, scales, strict=True)):
        one = fit_tail(samples[row], 0.0)
        assert (one.tail.shape, one.tail.scale) == pytest.approx((found, scale), rel=1e-9, abs=1e-9)
        ours = tail_log_likelihood(samples[row], found, scale)
        theirs, _, unit = stats.genpareto.fit(samples[row], floc=0.0)
        assert ours >= tail_log_likelihood(samples[row], theirs, unit) - 1e-6
    wanted = [stats.genpareto(found, scale=scale).cdf(row) for found, scale, row in zip(shapes, scales, samples, strict=True)]  # fmt: skip
    np.testing.assert_allclose(tail_probabilities(samples, shapes, scales), wanted, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(
    ("low", "high", "mean", "deviation"),
    [(-np.inf, 1.0, 0.0, 1.0), (-0.8, 1.5, 0.0, 1.0), (1.5, np.inf, 0.0, 1.0), (-np.inf, -1.0, 0.0, 1.0), (0.0, 1.0, 5.0, 1.2)],
)  # fmt: skip
def test_a_truncated_normal_has_the_largest_likelihood(low, high, mean, deviation) -> None:
    cut = stats.truncnorm((low - mean) / deviation, (high - mean) / deviation, mean, deviation)
    values = cut.rvs(size=3000, random_state=1)
    fit = fit_truncated_normal(values, low, high)

    def likelihood(parameters: np.ndarray) -> float:
        normal = stats.norm(*parameters)
        inside = normal.cdf(high) - normal.cdf(low) if low < 0 else normal.sf(low) - normal.sf(high)
        return float(normal.logpdf(values).sum() - len(values) * np.log(inside))

    assert fit.log_likelihood == pytest.approx(likelihood(fit.estimates), rel=1e-10)
    for step in (
        np.array([1e-4, 0.0]),
        np.array([0.0, 1e-4]),
        np.array([1e-4, 1e-4]),
        np.array([1e-4, -1e-4]),
    ):
        around = likelihood(fit.estimates + step) + likelihood(fit.estimates - step)
        curvature = (2.0 * fit.log_likelihood - around) / 1e-8
        assert curvature == pytest.approx(step @ fit.information @ step / 1e-8, rel=1e-2)
        assert abs(likelihood(fit.estimates + step) - likelihood(fit.estimates - step)) < 1e-4


def test_values_that_pile_up_at_both_ends_have_no_normal_distribution() -> None:
    values = np.maximum(np.random.default_rng(1).beta(0.3, 0.3, 500), 1e-6)
    assert fit_truncated_normal(values, 0.0, 1.0) is None
    with pytest.raises(ParameterError, match="the losses do not say where it lies"):
        fit_severity(
            np.exp(np.append(values, 1.5 + values[:9])), reporting_threshold=1.0, tail_threshold=float(np.e)
        )


# Numbers of losses


def test_a_rate_by_exposure_and_what_it_depends_on() -> None:
    rng = np.random.default_rng(1)
    exposure, warm = rng.uniform(0.5, 4, 400), rng.normal(size=400)
    counts = rng.poisson(exposure * np.exp(1.0 + 0.5 * warm))
    fit = fit_frequency(counts, exposure, covariates=pd.DataFrame({"warm": warm}))
    assert fit.table["parameter"].tolist() == ["log_rate", "warm"]
    assert np.abs(errors_in_deviations(fit, {"log_rate": 1.0, "warm": 0.5})).max() < 3
    assert fit.frequency(2.0, [1.0]).mean == pytest.approx(2 * np.exp(1.5), rel=0.05)
    assert fit.sentence == "Poisson numbers of losses were fitted to 400 periods."
    with pytest.raises(ParameterError, match="has 1 covariates; 0 values"):
        fit.frequency(2.0)


def test_years_that_differ_by_more_than_chance_are_negative_binomial() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(rng.gamma(1 / 0.4, 0.4 * 12, size=400))
    fit = fit_frequency(counts)
    assert np.abs(errors_in_deviations(fit, {"log_rate": np.log(12), "dispersion": 0.4})).max() < 3
    made = fit.frequency()
    assert isinstance(made, NegativeBinomial)
    assert made.mean + made.dispersion * made.mean**2 == pytest.approx(counts.var(), rel=0.15)
    assert isinstance(fit_frequency(counts, family="poisson").frequency(), Poisson)
    assert isinstance(fit_frequency([5, 5, 5, 5]).frequency(), Poisson)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fit_frequency([1, 2]), "at least three periods"),
        (lambda: fit_frequency([0, 0, 0]), "a loss among them"),
        (lambda: fit_frequency([1, 2, 1.5]), "whole numbers"),
        (lambda: fit_frequency([1, 2, 3], [1, 0, 1]), "positive exposure"),
        (lambda: fit_frequency([1, 2, 3], covariates=pd.DataFrame({"a": [1.0, np.nan, 2.0]})), "finite covariates"),
        (lambda: fit_frequency([5, 5, 5], family="negative_binomial"), "less than Poisson"),
        (lambda: fit_severity([1.0, 2.0, 3.0]), "3 losses of the body"),
        (lambda: fit_severity([2.0] * 9), "5 that differ"),
        (lambda: fit_severity([1.0, 2.0, 3.0, 4.0, 5.0], reporting_threshold=1.0), "above the reporting threshold"),
        (lambda: fit_severity([1.0, 2.0, 3.0, 4.0, np.nan]), "must be finite"),
        (lambda: fit_severity(np.arange(1.0, 40.0), tail_threshold=0.0), "the tail begins at 0.0"),
        (lambda: fit_severity(np.arange(1.0, 40.0), tail_threshold=38.0), "1 losses above 38"),
        (lambda: goodness_of_fit(fit_severity(np.arange(1.0, 9.0)), np.arange(1.0, 9.0), draws=9, seed=1), "too few"),
        (lambda: profile_interval(np.arange(1.0, 40.0), 20.0, level=0.1), "not in the tail"),
        (lambda: elicited_severity({0.5: 10.0}), "two or more"),
        (lambda: elicited_severity({0.5: 10.0, 0.9: 9.0}), "rising"),
        (lambda: Mixture(parts=(TRUTH,), weights=(0.5,)), "add up to one"),
        (lambda: inflate_to([1.0], [2020], pd.Series({2021: 1.0}), base=2021), "no positive value for 2020"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(make, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make()


# Does it fit, where does the tail begin


def test_a_wrong_severity_is_rejected_and_the_right_one_is_not() -> None:
    losses = drawn(Lognormal(mu=8.0, sigma=1.3), 400, above=1500.0)
    right = fit_severity(losses, reporting_threshold=1500.0)
    wrong = fit_severity(losses, family="weibull")
    assert goodness_of_fit(right, losses, draws=99, seed=1)["p_value"].min() > 0.05
    assert goodness_of_fit(wrong, losses, draws=99, seed=1)["p_value"].max() < 0.05


@drawn_in_part
def test_p_values_are_uniform_where_the_severity_is_right() -> None:
    found = []
    for seed in range(draws(20)):
        losses = drawn(Lognormal(mu=2.0, sigma=1.0), 60, seed=seed)
        found.append(goodness_of_fit(fit_severity(losses), losses, draws=99, seed=seed)["p_value"].to_numpy())
    for column in np.array(found).T:
        assert stats.kstest(column, "uniform").pvalue > 0.001


def test_thresholds_in_a_tail_tell_the_same_tail(danish) -> None:
    table = tail_diagnostics(danish, [5, 10, 20]).table
    np.testing.assert_allclose(table["shape"], [0.6315, 0.4970, 0.6842], atol=5e-5)
    losses = drawn(GeneralizedPareto(shape=0.4, scale=3.0), 5000)
    table = tail_diagnostics(losses).table
    assert len(table) == 25
    assert ((table["shape"] - 0.4).abs() < 3.5 * table["shape_error"]).all()
    assert ((table["modified_scale"] - 3.0).abs() < 3.5 * table["modified_scale_error"]).all()
    slope = np.polyfit(table["threshold"][:20], table["mean_excess"][:20], 1)[0]
    assert slope == pytest.approx(0.4 / 0.6, rel=0.3)


@pytest.mark.parametrize("seed", range(4))
def test_tails_that_end_have_intervals_and_errors_too(seed: int) -> None:
    losses = np.random.default_rng(seed).uniform(1, 100, 150)
    low, high = profile_interval(losses, 20.0)
    assert -1 <= low < high
    assert np.isfinite(np.sqrt(np.diag(fit_tail(losses, 20.0).part.covariance))).all()
    with pytest.raises(ParameterError, match="the confidence is 1"):
        profile_interval(losses, 20.0, confidence=1.0)


@drawn_in_part
def test_profile_intervals_hold_the_truth_as_often_as_they_say() -> None:
    truth = GeneralizedPareto(shape=0.3, scale=2.0)
    wanted = float(truth.ppf(np.asarray(0.999)))
    inside = []
    for seed in range(draws(120)):
        losses = drawn(truth, 150, seed=seed)
        shape, quantile = profile_interval(losses, 0.0), profile_interval(losses, 0.0, level=0.999)
        inside.append([shape[0] <= 0.3 <= shape[1], quantile[0] <= wanted <= quantile[1]])
    assert (np.abs(np.mean(inside, axis=0) - 0.9) < wider(0.08)).all()


# Parameters into intervals


def fitted(size: int, *, years: int = 10, seed: int = 1) -> FittedCell:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(size / years, size=years)
    losses = drawn(TRUTH, int(counts.sum()), seed=seed)
    return FittedCell(
        name="a", frequency=fit_frequency(counts), severity=fit_severity(losses, tail_threshold=12_000.0)
    )


def test_intervals_narrow_with_data_and_hold_the_truth() -> None:
    few, many = (value_at_risk_intervals([fitted(size)], seed=1).iloc[-1] for size in (600, 60_000))
    assert few["lower"] < few["value_at_risk"] < few["upper"]
    assert np.log(many["upper"] / many["lower"]) < 0.2 * np.log(few["upper"] / few["lower"])
    for row, size in ((few, 600), (many, 60_000)):
        truth = aggregate_losses([LossCell(name="a", frequency=Poisson(rate=size / 10), severity=TRUTH)])
        assert row["lower"] < truth.table["value_at_risk"].iloc[-1] < row["upper"]
        assert row["shortfall_lower"] < truth.table["expected_shortfall"].iloc[-1] < row["shortfall_upper"]


def test_losses_that_were_not_reported_are_counted() -> None:
    losses = drawn(TRUTH, 5000, above=2000.0)
    one = FittedCell(
        name="a",
        frequency=fit_frequency(np.full(10, len(losses) // 10)),
        severity=fit_severity(losses, tail_threshold=12_000.0, reporting_threshold=2000.0),
    )
    assert one.cell.frequency.mean == pytest.approx(500, rel=0.05)
    with pytest.raises(ParameterError, match="a hundred draws"):
        value_at_risk_intervals([one], draws=10, seed=1)


# Experts and prices


def test_quantiles_of_experts_are_met_or_nearly() -> None:
    two = elicited_severity({0.5: 100.0, 0.9: 1000.0})
    np.testing.assert_allclose(two.ppf(np.array([0.5, 0.9])), [100.0, 1000.0])
    three = elicited_severity({0.1: 20.0, 0.5: 100.0, 0.9: 900.0})
    assert three.ppf(np.asarray(0.5)) == pytest.approx((20 * 100 * 900) ** (1 / 3))


def test_a_pool_has_the_weights_that_were_stated() -> None:
    data, expert = Lognormal(mu=8.0, sigma=1.0), Lognormal(mu=9.0, sigma=1.5)
    pool = Mixture(parts=(data, expert), weights=(0.7, 0.3))
    levels = np.array([0.01, 0.5, 0.99, 0.9999])
    np.testing.assert_allclose(pool.cdf(pool.ppf(levels)), levels, rtol=1e-9)
    assert pool.mean == pytest.approx(0.7 * data.mean + 0.3 * expert.mean)
    np.testing.assert_allclose(pool.limited_mean(np.array([1e15])), [pool.mean], rtol=1e-9)
    assert pool.ppf(np.asarray(0.999)) > Lognormal(mu=8.3, sigma=1.15).ppf(np.asarray(0.999))


def test_losses_at_the_prices_of_one_year() -> None:
    index = pd.Series({2020: 100.0, 2021: 110.0, 2022: 121.0})
    np.testing.assert_allclose(
        inflate_to([1.0, 1.0, 2.0], [2020, 2021, 2022], index, base=2022), [1.21, 1.1, 2.0]
    )
