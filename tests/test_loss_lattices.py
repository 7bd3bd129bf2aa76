"""The graded lattice: what it keeps, closed forms, the error that it states, figures that are not computed twice."""

import numpy as np
import pytest
from loss_aggregation import errors_as_stated, extrapolated_figures
from workload.losses import busy_portfolio, portfolio

from riskmodels.losses import aggregate, drawn
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.compounding import independent_sums, without_loss
from riskmodels.losses.dependence import GaussianFactor
from riskmodels.losses.drawn import drawn_figures
from riskmodels.losses.elicitation import Mixture
from riskmodels.losses.frequency import NegativeBinomial, Poisson
from riskmodels.losses.graded import near_of, nodes, smooth_masses, smooth_tails, steps_of
from riskmodels.losses.severity import Exponential, Gamma, GeneralizedPareto, Levy, Lognormal, Spliced

pytestmark = pytest.mark.whole

SIZE = 2**10


def cells_of(*severities, rate: float = 20.0) -> list[LossCell]:
    return [
        LossCell(name=f"c{place}", frequency=Poisson(rate=rate), severity=severity)
        for place, severity in enumerate(severities)
    ]


def figures(cells: list[LossCell], end: float, size: int, level: float = 0.999) -> np.ndarray:
    ends = np.full(len(cells), end)
    (made,) = independent_sums([[cell] for cell in cells], ends, size)
    tail = smooth_tails(made, ends / steps_of(size), [level])[0]
    return np.stack([tail.value_at_risk, tail.expected_shortfall])


def test_every_second_node_is_one_of_twice_the_step() -> None:
    near = near_of(SIZE)
    fine, coarse = nodes(SIZE, near), nodes(SIZE // 2, near // 2)
    assert (np.diff(fine) > 0).all()
    np.testing.assert_array_equal(fine[::2], 2.0 * coarse)


@pytest.mark.parametrize("step", [0.02, 0.4, 30.0], ids=["fine", "coarse", "all losses in the first step"])
def test_masses_keep_number_mean_and_second_moment(step: float) -> None:
    """Also where losses are smaller than a step."""
    severity = Gamma(shape=2.5, scale=0.5)
    near = near_of(SIZE)
    mass = smooth_masses(severity.limited_mean(nodes(SIZE, near) * step)[None], np.array([step]), SIZE, near)[
        0
    ]
    places = step * np.arange(-2, steps_of(SIZE))
    assert mass.sum() == pytest.approx(1.0, abs=1e-9)
    assert mass @ places == pytest.approx(1.25, rel=1e-6)
    assert mass @ places**2 == pytest.approx(2.1875, rel=2e-5)


@pytest.mark.parametrize(
    ("frequency", "value", "shortfall"),
    [
        (Poisson(rate=50.0), 85.1059553927, 88.7966317456),
        (NegativeBinomial(mean=20.0, dispersion=1.0), 144.03826741, 165.03826741),
        (NegativeBinomial(mean=20.0, dispersion=0.5), 99.4818922038, 111.5557114871),
    ],
)
def test_few_points_are_enough(frequency, value, shortfall) -> None:
    """A lattice that keeps means is off by a thousand times as much."""
    one = [LossCell(name="a", frequency=frequency, severity=Exponential())]
    found = figures(one, 1.6 * value, SIZE)[:, 0]
    np.testing.assert_allclose(found, [value, shortfall], rtol=3e-7)


def test_sums_of_one_call_are_those_of_many() -> None:
    """Cells with a severity in common evaluate it once, and sums of several cells lie beside sums of one."""
    common = Spliced(
        body=Lognormal(mu=1.0, sigma=1.5), tail=GeneralizedPareto(shape=0.3, scale=9.0, threshold=20.0), tail_probability=0.05
    )  # fmt: skip
    a, b, c = cells_of(common, common, Exponential(scale=4.0))
    sums, ends = [[a], [a, b, c], [c, b]], np.array([700.0, 2000.0, 2000.0])
    (made,) = independent_sums(sums, ends, SIZE)
    for place, one in enumerate(sums):
        (alone,) = independent_sums([one], ends[place : place + 1], SIZE)
        # a transform rounds by some 1e-12 of the whole, which differs between processors
        np.testing.assert_allclose(made.mass[place], alone.mass[0], rtol=1e-6, atol=1e-11)
    np.testing.assert_allclose(without_loss(sums), np.exp([-20.0, -60.0, -40.0]))


def test_no_loss_has_the_probability_that_its_numbers_say() -> None:
    few = LossCell(name="a", frequency=NegativeBinomial(mean=0.2, dispersion=0.5), severity=Exponential())
    assert without_loss([[few]])[0] == pytest.approx((1 + 0.1) ** -2.0)


def test_hardly_any_losses_without_a_mean_are_summed_up() -> None:
    """Numbers as rare as the level are zero, which an infinite mean is not multiplied by."""
    row = aggregate_losses(cells_of(Levy(), rate=1e-6)).table.iloc[-1]
    assert row["value_at_risk"] == 0.0
    assert row["expected_shortfall"] == np.inf


@pytest.mark.parametrize("seed", range(2))
def test_portfolios_are_off_by_no_more_than_they_tell(seed: int) -> None:
    """As the benchmark does with ten of 56 cells."""
    cells = busy_portfolio(seed=seed, cells=12)
    made = aggregate_losses(cells)
    errors, _ = errors_as_stated(made, *extrapolated_figures(cells, made, fine_total=2**15))
    assert errors.max() < 1e-6


@pytest.mark.parametrize("rate", [1e5, 1e6])
def test_very_many_losses_are_nearly_normal(rate: float) -> None:
    row = aggregate_losses(cells_of(Exponential(), rate=rate)).table.iloc[-1]
    score, deviation = 3.090232306167813, np.sqrt(2.0 * rate)
    wanted = rate + score * deviation + (score**2 - 1) / 6 * (6.0 * rate / deviation**3) * deviation
    assert row["value_at_risk"] == pytest.approx(wanted, rel=5e-6)
    assert row["value_at_risk_error"] < 1e-5


def test_a_narrow_and_a_far_loss_in_one_severity() -> None:
    """Its masses jump: the second moment is not corrected there."""
    severity = Mixture(
        parts=(Lognormal(mu=0.0, sigma=0.01), GeneralizedPareto(shape=0.2, scale=5.0, threshold=200.0)),
        weights=(0.98, 0.02),
    )
    made = aggregate_losses(cells_of(severity, rate=60.0))
    rough = figures(list(made.cells), 1.6 * made.value_at_risk(0.999), 2**17)[:, 0]
    np.testing.assert_allclose(
        rough, made.table.iloc[0][["value_at_risk", "expected_shortfall"]].astype(float), rtol=1e-5
    )


@pytest.mark.parametrize(
    "dependence", [None, GaussianFactor(correlation=0.3)], ids=["independent", "Gaussian"]
)
def test_what_is_known_is_not_computed_again(dependence, monkeypatch) -> None:
    made = aggregate_losses(portfolio(seed=3, cells=4), dependence=dependence)
    asked, own = [], aggregate._total_figures
    monkeypatch.setattr(aggregate, "_total_figures", lambda *given: asked.append(given[2]) or own(*given))
    last = made.table.iloc[-1]
    assert made.value_at_risk(0.999) == last["value_at_risk"]
    assert made.expected_shortfall(0.999) == last["expected_shortfall"]
    assert made.value_at_risk(0.99) < made.expected_shortfall(0.99) < last["expected_shortfall"]
    assert made.value_at_risk(0.99) == pytest.approx(
        aggregate_losses(made.cells, dependence=dependence, level=0.99).value_at_risk(0.99), rel=1e-2 if dependence else 1e-6
    )  # fmt: skip
    assert asked == [0.99, 0.99]  # once for each of the two


def test_drawn_figures_are_those_of_every_set() -> None:
    """Some are far wider than the best estimate, of which the ends of the lattices are; one has hardly any loss."""
    sets = [
        [
            LossCell(name="a", frequency=Poisson(rate=rate), severity=severity),
            LossCell(name="b", frequency=NegativeBinomial(mean=0.2 * rate, dispersion=0.2), severity=severity),
        ]
        for rate in (0.0005, 3.0, 30.0)
        for severity in (GeneralizedPareto(shape=0.2, scale=1.0), GeneralizedPareto(shape=0.8, scale=2.0))
    ]  # fmt: skip
    best = aggregate_losses(sets[2]).table
    found = drawn_figures(best, sets, level=0.999, levels=[0.9, 0.999])
    for place, cells in enumerate(sets):
        table = aggregate_losses(cells).table
        np.testing.assert_allclose(found.value_at_risk[place], table["value_at_risk"], rtol=2e-4)
        np.testing.assert_allclose(found.expected_shortfall[place], table["expected_shortfall"], rtol=2e-4)
        assert found.curve[place, 1] == found.value_at_risk[place, -1]
        lower = aggregate_losses(cells, level=0.9).table["value_at_risk"].iloc[-1]
        assert found.curve[place, 0] == pytest.approx(lower, rel=2e-4)


def test_draws_are_taken_some_at_a_time(monkeypatch) -> None:
    sets = [cells_of(Exponential(scale=scale), Gamma(shape=2.0)) for scale in (1.0, 2.0, 3.0)]
    best = aggregate_losses(sets[0]).table
    whole = drawn_figures(best, sets, level=0.99)
    monkeypatch.setattr(drawn, "_AT_ONCE", 2)
    parts = drawn_figures(best, sets, level=0.99)
    np.testing.assert_allclose(parts.value_at_risk, whole.value_at_risk, rtol=1e-12)
    np.testing.assert_allclose(parts.expected_shortfall, whole.expected_shortfall, rtol=1e-12)
