"""Losses of a year: closed forms, published figures, properties, and a simulation that agrees."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from workload.losses import portfolio

from riskmodels.errors import ParameterError
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.capital import (
    basel_capital,
    business_indicator_component,
    internal_loss_multiplier,
)
from riskmodels.losses.cells import LossCell, counts_of, limited_means
from riskmodels.losses.compounding import sums_alone
from riskmodels.losses.contributions import euler_contributions
from riskmodels.losses.cover import annual_cover
from riskmodels.losses.dependence import GaussianFactor, StudentFactor
from riskmodels.losses.frequency import NegativeBinomial, Poisson, frequency_of
from riskmodels.losses.insurance import Retained
from riskmodels.losses.lattice import Compound, masses, tail_of, transformed, untransformed
from riskmodels.losses.severity import (
    Exponential,
    Gamma,
    GeneralizedPareto,
    Levy,
    Lognormal,
    Spliced,
    Weibull,
)
from riskmodels.losses.simulation import simulate_losses, simulated_years

pytestmark = pytest.mark.whole

BODY = Lognormal(mu=1.0, sigma=1.5)
SEVERITIES = [
    Exponential(scale=3.0),
    Gamma(shape=2.5, scale=2.0),
    Weibull(shape=0.7, scale=2.0),
    Lognormal(mu=0.5, sigma=1.2),
    GeneralizedPareto(shape=0.4, scale=2.0, threshold=1.0),
    GeneralizedPareto(shape=0.0, scale=2.0, threshold=1.0),
    GeneralizedPareto(shape=-0.3, scale=2.0),
    Spliced(body=BODY, tail=GeneralizedPareto(shape=0.3, scale=9.0, threshold=20.0), tail_probability=0.05),
    Retained(severity=Lognormal(mu=0.5, sigma=1.2), deductible=1.0, limit=4.0, share=0.8),
    Retained(severity=Lognormal(mu=0.5, sigma=1.2), deductible=1.0, limit=4.0),
    Retained(severity=Gamma(shape=2.5, scale=2.0), deductible=6.0),
    Retained(severity=Weibull(shape=0.7, scale=2.0), share=0.5),
]
each_severity = pytest.mark.parametrize("severity", SEVERITIES, ids=lambda one: type(one).__name__)


def cell(severity, frequency=None, name: str = "a") -> LossCell:
    return LossCell(name=name, frequency=frequency or Poisson(rate=5.0), severity=severity)


def total(*cells: LossCell, **settings_):
    return aggregate_losses(cells, **settings_).table.iloc[-1]


# Severities


@each_severity
def test_the_limited_mean_is_the_integral_of_the_survival_function(severity) -> None:
    limits = np.array([0.0, 0.3, 0.99, 1.0, 2.5, 5.2, 20.0, 31.0])
    points = np.linspace(0, limits, 200_001)
    survival = 1 - severity.cdf(points)
    wanted = (0.5 * (survival[1:] + survival[:-1]) * np.diff(points, axis=0)).sum(axis=0)
    np.testing.assert_allclose(severity.limited_mean(limits), wanted, rtol=1e-4, atol=1e-9)


@each_severity
def test_the_mean_is_that_of_the_quantiles(severity) -> None:
    levels = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert severity.mean == pytest.approx(severity.ppf(levels).mean(), rel=0.01)
    assert severity.mean == pytest.approx(float(severity.limited_mean(np.asarray(1e12))), rel=1e-4)


@each_severity
def test_quantiles_and_probabilities_are_inverse(severity) -> None:
    levels = np.array([0.02, 0.3, 0.5, 0.9, 0.96, 0.999])
    losses = severity.ppf(levels)
    if isinstance(severity, Retained):  # what insurance cuts off is one loss with a probability of its own
        assert (severity.cdf(losses) >= levels - 1e-9).all()
        return
    np.testing.assert_allclose(severity.cdf(losses), levels, rtol=1e-9)


@given(st.floats(0, 50), st.floats(-0.4, 0.9))
def test_a_shifted_severity_has_its_limited_mean_shifted(shift: float, shape: float) -> None:
    limits = np.array([0.5, 3.0, 20.0, 90.0])
    plain = GeneralizedPareto(shape=shape, scale=2.0)
    moved = GeneralizedPareto(shape=shape, scale=2.0, threshold=shift)
    wanted = np.minimum(limits, shift) + plain.limited_mean(limits - shift)
    np.testing.assert_allclose(moved.limited_mean(limits), wanted, rtol=1e-12)
    assert moved.mean == pytest.approx(plain.mean + shift)


def test_severities_agree_with_scipy() -> None:
    losses = np.array([0.1, 1.0, 2.0, 7.0, 40.0])
    for ours, theirs in (
        (Gamma(shape=2.5, scale=2.0), stats.gamma(2.5, scale=2.0)),
        (Weibull(shape=0.7, scale=2.0), stats.weibull_min(0.7, scale=2.0)),
        (Lognormal(mu=0.5, sigma=1.2), stats.lognorm(1.2, scale=np.exp(0.5))),
        (Levy(scale=2.0), stats.levy(scale=2.0)),
        (GeneralizedPareto(shape=0.4, scale=2.0, threshold=1.0), stats.genpareto(0.4, loc=1.0, scale=2.0)),
    ):
        np.testing.assert_allclose(ours.cdf(losses), theirs.cdf(losses), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(ours.ppf(np.array([0.2, 0.99])), theirs.ppf([0.2, 0.99]), rtol=1e-9)


def test_a_levy_loss_has_a_limited_mean_but_no_mean() -> None:
    points = np.linspace(0, 50, 2_000_001)
    survival = 1 - Levy().cdf(points)
    wanted = np.trapezoid(survival, points)
    assert float(Levy().limited_mean(np.asarray(50.0))) == pytest.approx(wanted, rel=1e-6)
    assert Levy().mean == GeneralizedPareto(shape=1.0, scale=1.0).mean == np.inf


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Exponential(scale=0.0), "scale of a Exponential is 0.0"),
        (lambda: Gamma(shape=np.nan), "shape of a Gamma is nan"),
        (lambda: GeneralizedPareto(shape=np.inf, scale=1.0), "finite shape"),
        (lambda: Spliced(body=BODY, tail=GeneralizedPareto(shape=0.1, scale=1.0), tail_probability=0.1), "positive threshold"),
        (lambda: Poisson(rate=0.0), "the rate is 0.0"),
        (lambda: NegativeBinomial(mean=1.0, dispersion=-1.0), "the dispersion is -1.0"),
        (lambda: GaussianFactor(correlation=1.0), "the correlation is 1.0"),
        (lambda: StudentFactor(correlation=0.1, degrees=0.0), "degrees of freedom are 0.0"),
        (lambda: Retained(severity=BODY, share=0.0), "insurance needs"),
        (lambda: aggregate_losses([]), "cells with names of their own"),
        (lambda: aggregate_losses([cell(BODY), cell(BODY)]), "cells with names of their own"),
        (lambda: aggregate_losses([cell(BODY, name="total")]), "other than 'total'"),
        (lambda: aggregate_losses([cell(BODY)], level=1.0), "the level is 1.0"),
        (lambda: simulate_losses([cell(BODY)], years=1000, seed=1), "too few"),
        (lambda: euler_contributions(aggregate_losses([cell(Levy())])), "without a mean"),
        (lambda: annual_cover(aggregate_losses([cell(BODY)]), attachment=-1.0, limit=1.0), "a cover needs"),
        (lambda: business_indicator_component(-1.0), "business indicator is -1.0"),
        (lambda: internal_loss_multiplier(1.0, 0.0), "positive business indicator component"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(make, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make()


# Closed forms and published figures


@pytest.mark.parametrize(
    ("frequency", "severity", "level", "value", "shortfall"),
    [
        (Poisson(rate=50.0), Exponential(), 0.999, 85.1059553927, 88.7966317456),
        (Poisson(rate=5.0), Exponential(), 0.999, 18.8500683116, None),
        (Poisson(rate=50.0), Gamma(shape=2.5), 0.999, 195.8925422330, None),
        (NegativeBinomial(mean=20.0, dispersion=1.0), Exponential(), 0.999, 144.03826741, 165.03826741),
        (NegativeBinomial(mean=20.0, dispersion=0.5), Exponential(), 0.999, 99.4818922038, 111.5557114871),
    ],
)
def test_compound_distributions_of_closed_form(frequency, severity, level, value, shortfall) -> None:
    one, size = [cell(severity, frequency)], 2**15
    found = extrapolated_tail(one, 1.6 * value, size, level)
    assert found[0] == pytest.approx(value, rel=1e-8)
    if shortfall is not None:
        assert found[1] == pytest.approx(shortfall, rel=1e-8)
    row = total(*one, level=level)
    assert row["value_at_risk"] == pytest.approx(value, rel=1e-8)
    assert abs(row["value_at_risk"] / value - 1) < row["value_at_risk_error"] < 1e-5


@pytest.mark.parametrize("dispersion", [1e-300, 1e-12, 1e-9, 1e-7, 1e-6])
def test_next_to_no_dispersion_is_next_to_poisson(dispersion) -> None:
    plain = total(cell(Exponential(5.0), Poisson(rate=4.0)))
    near = total(cell(Exponential(5.0), NegativeBinomial(mean=4.0, dispersion=dispersion)))
    for figure in ("value_at_risk", "expected_shortfall"):
        assert getattr(near, figure) == pytest.approx(getattr(plain, figure), rel=2e-5)


@pytest.mark.parametrize(("rate", "value"), [(5.0, 30.5587462677), (50.0, 108.22748577)])
def test_a_year_in_a_million(rate: float, value: float) -> None:
    row = total(cell(Exponential(), Poisson(rate=rate)), level=0.999999)
    assert row["value_at_risk"] == pytest.approx(value, rel=1e-8)


def test_many_small_losses() -> None:
    row = total(cell(Exponential(), Poisson(rate=500.0)))
    assert row["value_at_risk"] == pytest.approx(601.97274008, rel=1e-8)


def extrapolated_tail(cells: list[LossCell], end: float, size: int, level: float) -> np.ndarray:
    """Value-at-risk and expected shortfall by Richardson's extrapolation from two lattices."""
    found = []
    for number in (size // 2, size):
        steps = np.full(len(cells), end / number)
        tail = tail_of(sums_alone(cells, limited_means(cells, steps, number), steps), steps, level)
        found.append(np.array([tail.value_at_risk[0], tail.expected_shortfall[0]]))
    return found[1] + (found[1] - found[0]) / 3


def test_the_lattice_of_a_stable_law_as_published() -> None:
    """Grübel & Hermesmeier 1999; they round losses to whole ones."""
    size = 2**12
    mass = np.diff(Levy().cdf(np.arange(size) + 0.5), prepend=0.0)[None]
    one = counts_of([cell(Levy(), Poisson(rate=20.0))])
    made = untransformed(np.exp(one.log_generating(transformed(mass, tilt=25.0))), size, tilt=25.0)[0]
    wanted = [2.461596e-7, 3.432449e-5, 1.155854e-3, 2.012107e-4]
    np.testing.assert_allclose(made[[1, 10, 100, 1000]], wanted, rtol=1e-6)
    flat = untransformed(np.exp(one.log_generating(transformed(mass[:, :1024], tilt=0.0))), 1024, tilt=0.0)[0]
    wrong = [2.064467e-4, 2.379936e-4, 1.321166e-3, 2.134102e-4]
    np.testing.assert_allclose(flat[[1, 10, 100, 1000]], wrong, rtol=1e-4)


def test_basel_as_published() -> None:
    assert business_indicator_component(1e9) == pytest.approx(0.12e9)
    assert business_indicator_component(35e9) == pytest.approx(5.37e9)
    multipliers = [internal_loss_multiplier(ratio, 1.0) for ratio in (0.0, 0.5, 1.0, 2.0)]
    np.testing.assert_allclose(multipliers, [0.5413249, 0.8297001, 1.0, 1.2410902], atol=5e-8)
    assert basel_capital(35e9, 5.37e9 / 15) == pytest.approx(5.37e9)
    assert basel_capital(0.5e9, 1e9) == pytest.approx(0.06e9)  # small banks: no losses


# The whole portfolio


@pytest.fixture(scope="module")
def bank():
    return portfolio()


@pytest.fixture(scope="module")
def exact(bank):
    return aggregate_losses(bank)


def test_the_bound_holds_on_a_lattice_sixteen_times_as_fine(bank, exact) -> None:
    assert exact.error_bound <= 1e-5
    table = exact.table
    chosen = [0, 13, 30, 54, 55]
    for place in chosen:
        row = table.iloc[place]
        value, shortfall = extrapolated_tail([bank[place]], 1.6 * row["value_at_risk"], 2**17, 0.999)
        assert abs(row["value_at_risk"] / value - 1) <= row["value_at_risk_error"]
        assert abs(row["expected_shortfall"] / shortfall - 1) <= row["expected_shortfall_error"]


def test_the_mean_is_exact_and_the_shortfall_beyond_the_value_at_risk(bank, exact) -> None:
    assert exact.mean == pytest.approx(sum(one.frequency.mean * one.severity.mean for one in bank))
    assert (exact.table["expected_shortfall"] > exact.table["value_at_risk"]).all()
    assert exact.value_at_risk(0.999) == exact.table["value_at_risk"].iloc[-1]
    assert exact.expected_shortfall(0.99) < exact.expected_shortfall(0.999)
    assert exact.sentence.startswith("A year costs ")


def test_expected_shortfall_is_sub_additive(exact) -> None:
    alone, together = (
        exact.table["expected_shortfall"].iloc[:-1].sum(),
        exact.table["expected_shortfall"].iloc[-1],
    )
    assert together < alone


def test_the_order_of_the_cells_does_not_matter(bank, exact) -> None:
    turned = aggregate_losses(bank[::-1]).table
    np.testing.assert_allclose(
        turned["value_at_risk"].iloc[:-1][::-1], exact.table["value_at_risk"].iloc[:-1]
    )
    assert turned["value_at_risk"].iloc[-1] == pytest.approx(exact.table["value_at_risk"].iloc[-1], rel=1e-9)


@pytest.mark.parametrize(
    "dependence",
    [None, GaussianFactor(correlation=0.3), StudentFactor(correlation=0.3, degrees=4.0)],
    ids=["independent", "Gaussian", "Student"],
)
def test_a_simulation_agrees_and_contributions_add_up(dependence) -> None:
    cells = portfolio(seed=3, cells=6)
    made = aggregate_losses(cells, dependence=dependence)
    table = simulate_losses(cells, years=200_000, seed=1, dependence=dependence)
    for name in ("mean", "value_at_risk", "expected_shortfall"):
        errors = (table[name] - made.table[name]) / table[f"{name}_error"]
        assert abs(errors.iloc[-1]) < 3
        assert errors.abs().max() < 4.5
    split = euler_contributions(made)
    row = made.table.iloc[-1]
    assert split["value_at_risk"].sum() == pytest.approx(row["value_at_risk"], rel=1e-12)
    assert split["expected_shortfall"].sum() == pytest.approx(row["expected_shortfall"], rel=1e-12)
    assert split["share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "dependence", [None, GaussianFactor(correlation=0.3)], ids=["independent", "Gaussian"]
)
def test_contributions_are_derivatives(dependence) -> None:
    """Euler: what the total's risk grows by when the losses of one cell grow."""
    cells = [
        cell(Lognormal(mu=1.0, sigma=1.0), Poisson(rate=20.0), "a"),
        cell(Gamma(shape=2.0, scale=4.0), NegativeBinomial(mean=8.0, dispersion=0.3), "b"),
        cell(GeneralizedPareto(shape=0.3, scale=3.0), Poisson(rate=5.0), "c"),
    ]

    def shortfall(scale: float) -> np.ndarray:
        grown = replace(cells[0], severity=Lognormal(mu=1.0 + np.log(scale), sigma=1.0))
        row = total(grown, *cells[1:], dependence=dependence)
        return row[["value_at_risk", "expected_shortfall"]].to_numpy(dtype=float)

    slope = (shortfall(1.02) - shortfall(0.98)) / 0.04
    split = euler_contributions(aggregate_losses(cells, dependence=dependence)).iloc[0]
    np.testing.assert_allclose(
        split[["value_at_risk", "expected_shortfall"]].to_numpy(dtype=float), slope, rtol=0.01
    )


@pytest.mark.parametrize(
    "dependence", [GaussianFactor(correlation=0.3), StudentFactor(correlation=0.3, degrees=4.0)]
)
def test_the_error_of_a_dependent_total_is_named(dependence, monkeypatch) -> None:
    """Against four times as many steps of the lattice, and nearly twice as many nodes."""
    cells = portfolio(seed=3, cells=6)
    row = total(*cells, dependence=dependence)
    monkeypatch.setattr("riskmodels.losses.aggregate._DEPENDENT", 2**12)
    monkeypatch.setattr("riskmodels.losses.dependence._STEP", 0.3)
    monkeypatch.setattr("riskmodels.losses.dependence._LOG_STEP", 0.35)
    fine = total(*cells, dependence=dependence)
    for name in ("value_at_risk", "expected_shortfall"):
        assert abs(row[name] / fine[name] - 1) < row[f"{name}_error"] < 3e-2


@pytest.mark.parametrize(
    "dependence",
    [
        *(StudentFactor(correlation=0.3, degrees=degrees) for degrees in (2.0, 10.0, 100.0, 1e6)),
        *(GaussianFactor(correlation=correlation) for correlation in (0.5, 0.99, 0.999)),
    ],
)
def test_no_copula_changes_a_cell_that_is_alone(dependence) -> None:
    one = cell(Exponential(), Poisson(rate=20.0))
    alone, row = total(one), total(one, dependence=dependence)
    for name in ("value_at_risk", "expected_shortfall"):
        assert row[name] == pytest.approx(alone[name], rel=min(5e-4, row[f"{name}_error"] + 1e-5))


@pytest.mark.parametrize("rare", [0.0003, 0.0007, 0.0009])
@pytest.mark.parametrize(("rate", "scale"), [(1000.0, 1.0), (1e5, 1e4)])
def test_common_small_losses_beside_a_very_rare_disaster(rare, rate, scale) -> None:
    """Between them is a gap, in which the level lies or not."""
    common = cell(Lognormal(mu=0.0, sigma=0.5), Poisson(rate=rate))
    disaster = cell(
        GeneralizedPareto(shape=0.3, scale=1e6 * scale, threshold=1e6 * scale), Poisson(rate=rare), "b"
    )
    wanted = total(common, level=1 - (0.001 - rare))["value_at_risk"]
    row = total(common, disaster)
    assert row["value_at_risk"] == pytest.approx(wanted, rel=1e-3)
    assert row["value_at_risk_error"] < 1e-4


def test_insurance_of_losses_without_a_mean() -> None:
    heavy = GeneralizedPareto(shape=1.2, scale=1.0)
    assert Retained(severity=heavy, share=0.5).mean == np.inf
    assert Retained(severity=heavy, deductible=100.0).mean == pytest.approx(
        float(heavy.limited_mean(np.asarray(100.0)))
    )
    nearly = GeneralizedPareto(shape=0.999, scale=1.0)
    assert Retained(severity=nearly, share=0.5).mean == pytest.approx(500.0)
    with pytest.raises(ParameterError, match="leaves no loss"):
        Retained(severity=BODY)


def test_dependence_without_correlation_is_independence() -> None:
    cells = portfolio(seed=3, cells=4)
    alone, none = (
        total(*cells, dependence=dependence) for dependence in (None, GaussianFactor(correlation=0.0))
    )
    assert none["value_at_risk"] == pytest.approx(alone["value_at_risk"], rel=2e-3)
    assert none["expected_shortfall"] == pytest.approx(alone["expected_shortfall"], rel=2e-3)


def test_risk_grows_with_correlation_up_to_the_sum_of_the_cells() -> None:
    cells = portfolio(seed=3, cells=4)
    found = [
        total(*cells, dependence=GaussianFactor(correlation=correlation))["expected_shortfall"]
        for correlation in (0.0, 0.3, 0.6, 0.95)
    ]
    assert found == sorted(found)
    assert found[-1] < aggregate_losses(cells).table["expected_shortfall"].iloc[:-1].sum()


# Properties


@given(
    st.floats(0.1, 80),
    st.sampled_from(SEVERITIES[:8]),
    st.floats(0.01, 100),
    st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=25, deadline=None)
def test_losses_scale_with_their_unit_and_grow_with_their_number(rate, severity, unit, dispersion) -> None:
    number = frequency_of(rate, dispersion)
    row, more = total(cell(severity, number)), total(cell(severity, frequency_of(1.5 * rate, dispersion)))
    scaled = total(cell(in_unit(severity, unit), number))
    for name in ("value_at_risk", "expected_shortfall"):
        assert scaled[name] == pytest.approx(unit * row[name], rel=1e-5)
        assert more[name] > row[name]


@pytest.mark.parametrize(
    ("severity", "name", "more"),
    [
        (Exponential(scale=3.0), "scale", 3.1),
        (Gamma(shape=2.5, scale=2.0), "shape", 2.6),
        (Gamma(shape=2.5, scale=2.0), "scale", 2.1),
        (Weibull(shape=0.7, scale=2.0), "scale", 2.1),
        (Weibull(shape=0.7, scale=2.0), "shape", 0.68),  # the smaller, the heavier
        (Lognormal(mu=0.5, sigma=1.2), "mu", 0.55),
        (Lognormal(mu=0.5, sigma=1.2), "sigma", 1.25),
        (GeneralizedPareto(shape=0.4, scale=2.0, threshold=1.0), "shape", 0.42),
        (GeneralizedPareto(shape=0.4, scale=2.0, threshold=1.0), "scale", 2.1),
        (GeneralizedPareto(shape=0.4, scale=2.0, threshold=1.0), "threshold", 1.1),
        (SEVERITIES[7], "tail_probability", 0.06),
        (SEVERITIES[8], "deductible", 1.2),
        (SEVERITIES[8], "limit", 3.5),  # the less is insured, the more is left
        (SEVERITIES[8], "share", 0.7),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str | float) else str(value),
)
def test_risk_grows_with_every_parameter_it_should(severity, name: str, more: float) -> None:
    less, grown = total(cell(severity)), total(cell(replace(severity, **{name: more})))
    for figure in ("mean", "value_at_risk", "expected_shortfall"):
        assert grown[figure] > less[figure] * 1.0001


def test_risk_grows_with_dispersion_and_with_the_level() -> None:
    found = [total(cell(BODY, frequency_of(20.0, dispersion))) for dispersion in (0.0, 0.1, 0.5, 2.0)]
    found += [total(cell(BODY, frequency_of(20.0, 2.0)), level=level) for level in (0.9995, 0.99999)]
    for figure in ("value_at_risk", "expected_shortfall"):
        assert (np.diff([row[figure] for row in found]) > 0).all()


def in_unit(severity, unit: float):
    if isinstance(severity, Lognormal):
        return replace(severity, mu=severity.mu + np.log(unit))
    if isinstance(severity, Spliced):
        return replace(severity, body=in_unit(severity.body, unit), tail=in_unit(severity.tail, unit))
    changes = {"scale": severity.scale * unit}
    if isinstance(severity, GeneralizedPareto):
        changes["threshold"] = severity.threshold * unit
    return replace(severity, **changes)


@given(st.floats(0.5, 60), st.floats(0.05, 0.95))
@settings(max_examples=15, deadline=None)
def test_a_thinned_number_of_losses_is_the_number_above_a_threshold(rate: float, share: float) -> None:
    """Losses above a threshold are as many as a thinned number, and as large as their excess."""
    tail = GeneralizedPareto(shape=0.2, scale=2.0)
    threshold = float(tail.ppf(np.asarray(1 - share)))
    above = GeneralizedPareto(shape=0.2, scale=2.0 + 0.2 * threshold)
    layered = total(cell(above, Poisson(rate=rate).thinned(share)))
    size, end = 2**14, 2.0 * layered["value_at_risk"] + 50
    step = end / size
    places = step * np.arange(size + 1)
    excess = tail.limited_mean(places + threshold) - tail.limited_mean(np.asarray(threshold))
    transform = transformed(masses(excess[None], np.array([[step]])))
    mass = untransformed(np.exp(counts_of([cell(tail, Poisson(rate=rate))]).log_generating(transform)), size)
    mean = np.array([rate * float(tail.mean - tail.limited_mean(np.asarray(threshold)))])
    tail_ = tail_of(Compound(mass=mass, mean=mean), np.array([step]), 0.999)
    assert tail_.value_at_risk[0] == pytest.approx(layered["value_at_risk"], rel=1e-4, abs=1e-4)
    assert tail_.expected_shortfall[0] == pytest.approx(layered["expected_shortfall"], rel=1e-4, abs=1e-4)


def test_two_cells_of_one_kind_are_one_cell_of_twice_the_rate() -> None:
    severity = Spliced(
        body=BODY, tail=GeneralizedPareto(shape=0.5, scale=9.0, threshold=20.0), tail_probability=0.05
    )
    two = total(cell(severity, Poisson(rate=4.0), "a"), cell(severity, Poisson(rate=6.0), "b"))
    one = total(cell(severity, Poisson(rate=10.0)))
    for name in ("mean", "value_at_risk", "expected_shortfall"):
        assert two[name] == pytest.approx(one[name], rel=1e-5)


def test_a_level_below_the_probability_of_no_loss_costs_nothing() -> None:
    row = total(cell(Exponential(scale=3.0), Poisson(rate=0.01)), level=0.95)
    assert row["value_at_risk"] == 0
    assert row["expected_shortfall"] == pytest.approx(0.03 / 0.05)


def test_losses_of_infinite_variance_or_without_a_mean_have_a_value_at_risk() -> None:
    row = total(cell(GeneralizedPareto(shape=0.7, scale=1.0), Poisson(rate=3.0)))
    rare = GeneralizedPareto(shape=0.7, scale=1.0).ppf(np.asarray(1 - 0.001 / 3))
    assert rare < row["value_at_risk"] < 1.3 * rare
    assert np.isfinite(row["expected_shortfall"])
    none = total(cell(Levy(), Poisson(rate=20.0)))
    # a stable law: twenty losses are as one of 400 times the scale, less by chance in their number
    assert none["value_at_risk"] == pytest.approx(400 / (2 * 0.000886**2), rel=0.02)
    assert none["expected_shortfall"] == none["mean"] == np.inf


def test_a_range_too_short_is_never_used() -> None:
    """The first guess of a very heavy tail is far too short for all of its levels."""
    severity = GeneralizedPareto(shape=0.95, scale=1.0)
    for level in (0.9, 0.999, 0.99999):
        row = total(cell(severity, NegativeBinomial(mean=200.0, dispersion=3.0)), level=level)
        assert np.isfinite(row["value_at_risk"])
        assert row["value_at_risk_error"] < 1e-4


@pytest.mark.parametrize(
    "dependence", [None, GaussianFactor(correlation=0.3)], ids=["independent", "Gaussian"]
)
@pytest.mark.parametrize(
    ("attachment", "limit"), [(100.0, 150.0), (300.0, 500.0), (50.0, np.inf), (1e5, 10.0)]
)
def test_a_cover_of_the_year_pays_what_simulated_years_say(dependence, attachment, limit) -> None:
    cells = [
        cell(Lognormal(mu=1.0, sigma=1.0), Poisson(rate=20.0), "a"),
        cell(Gamma(shape=2.0, scale=4.0), NegativeBinomial(mean=8.0, dispersion=0.3), "b"),
    ]
    made = aggregate_losses(cells, dependence=dependence, level=0.99)
    kept = annual_cover(made, attachment=attachment, limit=limit)
    years = years_of(cells, dependence)
    left = years - np.clip(years - attachment, 0, limit)
    assert kept.paid == pytest.approx((years - left).mean(), abs=4 * (years - left).std() / 300 + 1e-6)
    assert kept.mean + kept.paid == pytest.approx(made.mean)
    value = np.quantile(left, 0.99)
    assert kept.value_at_risk == pytest.approx(value, rel=0.02)
    assert kept.expected_shortfall == pytest.approx(left[left >= value].mean(), rel=0.03)


def years_of(cells: list[LossCell], dependence, size: int = 90_000) -> np.ndarray:
    """Totals of simulated years."""
    return np.sum(list(simulated_years(cells, years=size, seed=4, dependence=dependence)), axis=0)


def test_insurance_lowers_the_risk_by_what_it_pays() -> None:
    severity = Lognormal(mu=2.0, sigma=1.4)
    whole = total(cell(severity, Poisson(rate=30.0)))
    kept = total(
        cell(Retained(severity=severity, deductible=20.0, limit=200.0, share=0.9), Poisson(rate=30.0))
    )
    paid = 0.9 * 30.0 * float(np.diff(severity.limited_mean(np.array([20.0, 220.0])))[0])
    assert whole["mean"] - kept["mean"] == pytest.approx(paid)
    assert kept["value_at_risk"] < whole["value_at_risk"]
