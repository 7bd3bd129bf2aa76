"""Credibility against closed forms, integrals and simulations; funnels; points of posteriors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats
from simulations import drawn_in_part, draws, wider

from riskmodels.errors import ParameterError
from riskmodels.rates import (
    Counts,
    HyperparameterGrid,
    Posterior,
    credibility_rates,
    credible_posterior,
    funnel,
    learn_grid,
    mean_posterior,
    own_value,
    peer_values,
    risk_points,
)

pytestmark = pytest.mark.whole

A = np.array


def one_node(spread: float, *, memory: float = 0.0, outliers: float = 0.0) -> HyperparameterGrid:
    return HyperparameterGrid(spread=A([spread]), memory=A([memory]), outliers=A([outliers]), weight=A([1.0]))


def counts_of(count, size, peers, *, proportion: bool = False, group=None) -> Counts:
    count = np.atleast_2d(A(count, dtype=float))
    shape = count.shape
    return Counts(
        count=count,
        size=np.broadcast_to(A(size, dtype=float), shape),
        peers=np.broadcast_to(A(peers, dtype=float), shape),
        group=np.zeros(len(count), dtype=np.int64) if group is None else A(group),
        proportion=proportion,
    )


# Posteriors

POSTERIORS = [
    (Posterior(family="gamma", a=A([6.0]), b=A([3.0]), scale=2.0), (2.0, 4.0, 7.0)),
    (Posterior(family="gamma", a=A([0.4]), b=A([0.1])), (1.0, 2.0, 3.5)),
    (Posterior(family="gamma", a=A([0.7]), b=A([900.0]), flipped=True), (1.001, 0.9995, 0.998)),
    (Posterior(family="beta", a=A([40.0]), b=A([3.0])), (1.02, 0.97, 0.90)),
    (Posterior(family="beta", a=A([2.5]), b=A([60.0])), (0.0, 0.03, 0.08)),
    (Posterior(family="beta", a=A([0.3]), b=A([0.6])), (0.1, 0.3, 0.9)),
]


@pytest.mark.parametrize(("posterior", "anchors"), POSTERIORS)
def test_points_are_the_integrals_over_the_posterior(posterior, anchors) -> None:
    """E and Var of the points, by quadrature over the quantile function: half a million equal shares."""
    levels = (np.arange(500_000) + 0.5) / 500_000
    wide = Posterior(
        family=posterior.family,
        a=np.repeat(posterior.a, len(levels)),
        b=np.repeat(posterior.b, len(levels)),
        scale=posterior.scale,
        flipped=posterior.flipped,
    )
    values = wide.quantile(levels)
    points = risk_points(values, *map(A, anchors))
    worse = np.sign(anchors[2] - anchors[1])
    mean, variance, p_amber, p_red = posterior.points(*(A([one]) for one in anchors))
    np.testing.assert_allclose(mean, points.mean(), atol=2e-3)
    np.testing.assert_allclose(variance, points.var(), rtol=2e-4, atol=1e-2)
    np.testing.assert_allclose(p_amber, ((values - anchors[1]) * worse > 0).mean(), atol=3e-6)
    np.testing.assert_allclose(p_red, ((values - anchors[2]) * worse > 0).mean(), atol=3e-6)
    np.testing.assert_allclose(posterior.mean, values.mean(), rtol=1e-3)
    np.testing.assert_allclose(posterior.variance, values.var(), rtol=2e-3)


def test_quantiles_undo_probabilities() -> None:
    for posterior, _ in POSTERIORS:
        for level in (0.05, 0.5, 0.975):
            np.testing.assert_allclose(posterior.cdf(posterior.quantile(level)), level, rtol=1e-7)


def test_what_is_known_has_no_spread() -> None:
    known = Posterior(family="known", a=A([0.97, 0.95, 0.5]), b=np.ones(3))
    mean, variance, p_amber, p_red = known.points(*(np.full(3, one) for one in (1.03, 0.99, 0.95)))
    np.testing.assert_allclose(mean, [75, 100, 100])
    assert variance.tolist() == [0, 0, 0]
    assert (p_amber.tolist(), p_red.tolist()) == ([1, 1, 1], [0, 0, 1])  # at the limit is not beyond it
    np.testing.assert_allclose(known.quantile(0.05), known.mean)


@given(shift=st.floats(0.0, 3.0), shape=st.floats(0.2, 50.0))
def test_a_posterior_that_is_worse_everywhere_never_has_fewer_points(shift, shape) -> None:
    anchors = (A([1.0]), A([2.0]), A([4.0]))
    better = Posterior(family="gamma", a=A([shape]), b=A([1.0])).points(*anchors)
    worse = Posterior(family="gamma", a=A([shape + shift]), b=A([1.0])).points(*anchors)
    assert worse[0][0] >= better[0][0] - 1e-9
    assert worse[3][0] >= better[3][0] - 1e-12


# Closed forms


def test_a_gamma_poisson_posterior_is_bayes_rule() -> None:
    """Prior Gamma(1 / spread², mean = peers), with the error of three peers' mean; by quadrature."""
    counts = counts_of([[3.0], [9.0], [5.0], [14.0]], [[2.0], [4.0], [3.0], [5.0]], 2.2)
    spread = 0.6
    information = [2.2 * e / (1 + 2.2 * e * spread**2) for e in (4.0, 3.0, 5.0)]
    shape = 1 / (spread**2 + 1 / sum(information))

    def joint(rate: float) -> float:
        return float(stats.gamma(shape, scale=2.2 / shape).pdf(rate) * stats.poisson(rate * 2.0).pmf(3))

    total = integrate.quad(joint, 0, 40)[0]
    found = credible_posterior(counts, one_node(spread))
    np.testing.assert_allclose(
        found.mean[0], integrate.quad(lambda r: r * joint(r), 0, 40)[0] / total, rtol=1e-6
    )
    np.testing.assert_allclose(
        found.cdf(A([1.7] * 4))[0], integrate.quad(joint, 0, 1.7)[0] / total, rtol=1e-6
    )


def test_a_beta_binomial_posterior_is_bayes_rule() -> None:
    counts = counts_of([[7.0], [45.0]], [[9.0], [50.0]], [[0.93], [0.85]], proportion=True)
    spread, rare = 0.5, 0.07
    information = 50 * 0.15 / (0.85 + 50 * 0.15 * spread**2)
    strength = 0.93 / ((spread**2 + 1 / information) * rare) - 1
    prior = stats.beta(strength * 0.93, strength * 0.07)

    def joint(share: float) -> float:
        return float(prior.pdf(share) * stats.binom(9, share).pmf(7))

    total = integrate.quad(joint, 0, 1)[0]
    found = credible_posterior(counts, one_node(spread))
    np.testing.assert_allclose(
        found.mean[0], integrate.quad(lambda p: p * joint(p), 0, 1)[0] / total, rtol=1e-6
    )
    np.testing.assert_allclose(
        found.cdf(A([0.9, 0.9]))[0], integrate.quad(joint, 0, 0.9)[0] / total, rtol=1e-6
    )


def test_earlier_periods_count_with_their_memory() -> None:
    counts = counts_of([[5.0, 2.0, 4.0]] * 2, [[3.0, 4.0, 2.0]] * 2, [[1.5, 1.0, 2.0]] * 2)
    memory, spread = 0.7, 0.4
    before = 5 * 0.49 + 2 * 0.7
    expected = 3 * 1.5 * 0.49 + 4 * 1.0 * 0.7  # moved with the peers
    error = 1 / (2 * 2.0 / (1 + 2 * 2.0 * spread**2))  # of the peers' value that all of this is moved to
    remembered = 1 / spread**2 + before
    mean, shape = 2.0 * remembered / (1 / spread**2 + expected), 1 / (1 / remembered + error)
    found = credible_posterior(counts, one_node(spread, memory=memory))
    np.testing.assert_allclose(found.a, shape + 4)
    np.testing.assert_allclose(found.b, shape / mean + 2.0)
    value, size, recalled = own_value(counts, one_node(spread, memory=memory))
    np.testing.assert_allclose(value, 2.0 * (before + 4) / (expected + 4.0))
    np.testing.assert_allclose(size, (expected + 4.0) / 2.0)
    np.testing.assert_allclose(recalled, (before + 4) / (3 * 0.49 + 4 * 0.7 + 2))  # each as it was


def test_every_period_is_judged_by_what_was_known_then() -> None:
    rng = np.random.default_rng(3)
    count, size = rng.poisson(4.0, (5, 6)) * 1.0, np.full((5, 6), 2.0)
    nodes = one_node(0.4, memory=0.8)
    every = credible_posterior(counts_of(count, size, 2.0), nodes, every=True)
    for period in range(6):
        until = counts_of(count[:, : period + 1], size[:, : period + 1], 2.0)
        np.testing.assert_allclose(every.mean.reshape(5, 6)[:, period], credible_posterior(until, nodes).mean)


def test_outliers_are_recognised_by_their_likelihood() -> None:
    """Two kinds of units: the posterior is their mixture, each weighted by what it gave the counts."""
    counts = counts_of([[30.0], [10.0]], [[5.0], [5.0]], 2.0)
    spread, share = 0.1, 0.05
    kinds = []
    for shape, prior in ((1 / spread**2, 1 / (spread**2 + 1 / (10 / (1 + 10 * spread**2)))), (0.5, 0.5)):
        fit = stats.nbinom(shape, shape / (shape + 10)).pmf(30)
        kinds.append((fit, 2.0 * (prior + 30) / (prior + 10)))
    weights = A([1 - share, share]) * [fit for fit, _ in kinds]
    expected = (weights * [mean for _, mean in kinds]).sum() / weights.sum()
    found = credible_posterior(counts, one_node(spread, outliers=share))
    np.testing.assert_allclose(found.mean[0], expected, rtol=1e-9)


def test_a_unit_without_peers_has_the_prior_of_jeffreys_and_its_last_period_only() -> None:
    found = credibility_rates([[50.0, 4.0]], [[1.0, 2.0]], dispersion=1.0)
    np.testing.assert_allclose(found.posterior.quantile(0.95), [stats.chi2.ppf(0.95, 9) / 2 / 2.0])
    share = credibility_rates([[0.0]], [[10.0]], proportion=True).posterior  # Brown, Cai & DasGupta 2001
    np.testing.assert_allclose(share.quantile(0.975), [0.217196], rtol=1e-5)


def test_means_join_a_unit_with_its_peers_by_precision() -> None:
    rng = np.random.default_rng(5)
    values = [rng.gamma(4.0, mean / 4.0, 400) for mean in (9.0, 10.0, 11.0, 10.5)]
    few = rng.gamma(4.0, 4.0, 6)  # one small unit at 16
    sums = A([[v.sum()] for v in [*values, few]])
    squares = A([[(v**2).sum()] for v in [*values, few]])
    number = A([[len(v)] for v in [*values, few]], dtype=float)
    found, nodes = mean_posterior(sums, squares, number, group=np.zeros(5, dtype=np.int64))
    assert 10 < found.mean[-1] < few.mean()
    np.testing.assert_allclose(found.mean[:4], [v.mean() for v in values], rtol=0.02)
    assert 0.02 < nodes.mean("spread") < 0.5
    alone, _ = mean_posterior(A([[15.0]]), A([[101.0]]), A([[3.0]]), group=np.zeros(1, dtype=np.int64))
    np.testing.assert_allclose(
        alone.mean, [5.0]
    )  # 2, 4, 9: squared deviations 26, and one more value at distance 5
    np.testing.assert_allclose(alone.variance, [(26 + 25) / 9 * 5 / 3])


# What is learnt


@pytest.mark.parametrize(("spread", "low", "high"), [(0.0, 0.0, 0.12), (0.3, 0.22, 0.4), (0.9, 0.6, 1.3)])
def test_the_spread_of_units_is_found(spread, low, high) -> None:
    rng = np.random.default_rng(7)
    exposure = rng.lognormal(3, 1, 200)
    true = rng.gamma(1 / spread**2, spread**2, 200) if spread else np.ones(200)
    found = credibility_rates(rng.poisson(true * exposure), exposure)
    assert low <= found.nodes.mean("spread") <= high


@pytest.mark.parametrize(("kept", "low", "high"), [(1.0, 0.8, 1.0), (0.0, 0.0, 0.35)])
def test_memory_is_found(kept, low, high) -> None:
    """Units that stay where they are, and units that are drawn anew each period."""
    rng = np.random.default_rng(8)
    fixed, anew = rng.gamma(6, 1 / 6, (150, 1)), rng.gamma(6, 1 / 6, (150, 8))
    true = fixed * np.ones((1, 8)) if kept else anew
    counts = rng.poisson(true * 20.0)
    found = credibility_rates(counts, np.full(counts.shape, 20.0), dispersion=1.0)
    assert low <= found.nodes.mean("memory") <= high


def test_one_unit_of_another_kind_does_not_make_all_others_differ() -> None:
    count, size = np.full(60, 100.0), np.full(60, 100.0)
    count[0] = 400.0
    found = credibility_rates(np.random.default_rng(1).poisson(count), size)
    assert found.table["estimate"].iloc[0] > 3.5
    assert found.table["estimate"].iloc[1:].std() < 0.05
    assert found.nodes.mean("spread") < 0.15


@drawn_in_part
@pytest.mark.parametrize("proportion", [False, True])
@pytest.mark.parametrize("spread", [0.0, 0.2, 0.7])
def test_intervals_hold_the_truth(proportion, spread) -> None:
    """90 % intervals of 40 units, drawn anew 40 times: never far below 90 %."""
    inside = []
    for seed in range(draws(40)):
        rng = np.random.default_rng([seed, proportion])
        size = np.ceil(rng.lognormal(3.5, 1, 40))
        if proportion:
            strength = 0.9 / (max(spread, 1e-3) ** 2 * 0.1) - 1
            true = rng.beta(0.9 * strength, 0.1 * strength, 40)
            count = rng.binomial(size.astype(int), true)
        else:
            true = rng.gamma(1 / max(spread, 1e-3) ** 2, max(spread, 1e-3) ** 2, 40)
            count = rng.poisson(true * size)
        table = credibility_rates(count, size, proportion=proportion).table
        inside.append((table["lower"] <= true) & (true <= table["upper"]))
    assert 0.9 - wider(0.06) < np.mean(inside) <= 1.0


@given(seed=st.integers(0, 200), proportion=st.booleans())
def test_an_estimate_lies_between_its_own_value_and_its_peers(seed, proportion) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 200, 12).astype(float)
    count = rng.binomial(size.astype(int), rng.beta(2, 5, 12)).astype(float)
    table = credibility_rates(count, size, proportion=proportion).table
    table["half"] = (table["count"] + 0.5) / (table["exposure"] + proportion)  # what a stranger would have
    ends = table[["raw", "half", "peers"]]
    low, high = ends.min(axis=1), ends.max(axis=1)
    assert (table["estimate"] >= low - 1e-6).all()
    assert (table["estimate"] <= high + 1e-6).all()
    assert (table["lower"] <= table["upper"]).all()


@given(scale=st.sampled_from([1e-3, 7.0, 1e4]), seed=st.integers(0, 50))
def test_the_unit_of_exposure_and_the_order_change_nothing(scale, seed) -> None:
    rng = np.random.default_rng(seed)
    size, order = rng.lognormal(2, 1, 15), rng.permutation(15)
    count = rng.poisson(size).astype(float)
    table = credibility_rates(count, size).table
    other = credibility_rates(count[order], size[order] * scale).table
    np.testing.assert_allclose(other["estimate"] * scale, table["estimate"].iloc[order], rtol=1e-6)
    np.testing.assert_allclose(other["upper"] * scale, table["upper"].iloc[order], rtol=1e-6)


def test_groups_have_peers_of_their_own() -> None:
    count, size = A([10, 11, 9, 40, 44, 36.0]), np.full(6, 10.0)
    table = credibility_rates(count, size, group=list("aaabbb")).table
    np.testing.assert_allclose(table["peers"], [1.0, 0.95, 1.05, 4.0, 3.8, 4.2], rtol=0.03)


@pytest.mark.parametrize("proportion", [False, True])
def test_a_unit_without_cases_is_taken_to_be_like_its_peers(proportion) -> None:
    table = credibility_rates([0, 12, 110], [0.0, 100, 1000], proportion=proportion).table
    assert table["estimate"].iloc[0] == pytest.approx(0.11, abs=0.04)
    assert np.isnan(table["raw"].iloc[0])
    assert 0 < table["lower"].iloc[0] < table["estimate"].iloc[0] < table["upper"].iloc[0] < 0.6


def test_credibility_counts_earlier_periods() -> None:
    table = credibility_rates(
        [[50, 10.0], [12, 10], [110, 100], [90, 80]], [[10.0, 2], [12, 10], [110, 100], [90, 80]]
    ).table
    assert table["credibility"].iloc[0] > 0.5
    assert table["credibility"].dropna().between(0, 1).all()


def test_bad_input_is_refused() -> None:
    for bad in (
        lambda: credibility_rates([1.0, 2.0], [1.0]),
        lambda: credibility_rates([-1.0], [1.0]),
        lambda: credibility_rates([3.0], [2.0], proportion=True),
        lambda: credibility_rates([1.0, 1.0], [2.0, 2.0], group=["a"]),
    ):
        with pytest.raises(ParameterError):
            bad()


# Peers


def test_peers_have_the_units_own_mix_and_leave_it_out() -> None:
    """Two strata, three units, two periods that differ by a half: the others' rates, weighted by the own mix."""
    sizes = A([[[10.0, 10], [30, 30]], [[40, 40], [40, 40]], [[20, 20], [60, 60]]]) * 1000
    rates = A([0.02, 0.08])[None, :, None] * A([1.0, 1.5])[None, None, :]
    events = (
        sizes * rates * A([3.0, 1, 1])[:, None, None]
    )  # the first unit is bad, its peers do not know of it
    peers, mix = peer_values(events, sizes, group=np.zeros(3, dtype=np.int64), proportion=False)
    own_mix = (sizes[0, :, 0] * A([0.02, 0.08])).sum() / sizes[0, :, 0].sum()
    np.testing.assert_allclose(peers[0], own_mix * A([1.0, 1.5]), rtol=0.01)
    np.testing.assert_allclose(mix[0, 0], mix[0, 1])
    np.testing.assert_allclose(mix[0, 0], own_mix * 1.25, rtol=0.01)
    assert peers[1, 0] > 0.05 * 1.1  # and the second one's peers hold the bad unit


@given(seed=st.integers(0, 100))
def test_peers_of_shares_do_not_depend_on_which_outcome_is_counted(seed) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 40, (5, 3, 4)).astype(float)
    good = rng.binomial(size.astype(int), 0.9).astype(float)
    group = np.zeros(5, dtype=np.int64)
    one = peer_values(good, size, group=group, proportion=True)[0]
    other = peer_values(size - good, size, group=group, proportion=True)[0]
    np.testing.assert_allclose(one, 1 - other, rtol=1e-9)


def test_nobody_has_peers_alone() -> None:
    peers, _ = peer_values(np.ones((2, 1, 1)), np.ones((2, 1, 1)), group=A([0, 1]), proportion=False)
    assert np.isnan(peers).all()


def test_few_nodes_remain_of_many_units() -> None:
    rng = np.random.default_rng(4)
    count = rng.poisson(30 * rng.gamma(9, 1 / 9, (2000, 1)) * np.ones((1, 4))).astype(float)
    nodes = learn_grid(counts_of(count, 30.0, 1.0))
    assert len(nodes.weight) < 12
    assert nodes.weight.sum() == pytest.approx(1)


# Funnels


def test_funnel_limits_by_hand() -> None:
    """Square roots: √θ ± z √(1 / 4E + τ²), squared; without spread Poisson's own."""
    found = funnel(A([100.0, 25, 400, 90, 30]), A([100.0, 25, 400, 100, 20]), target=1.0)
    assert found.spread == pytest.approx(0.0)
    z = (np.sqrt(1.5) - 1) / (0.5 / np.sqrt(20))
    assert found.table["z"].iloc[4] == pytest.approx(z)
    edge = found.limits.iloc[0]
    far = special.ndtri(0.999) * 0.5 / np.sqrt(edge["expected"])
    assert edge["upper_998"] == pytest.approx((1 + far) ** 2)
    assert edge["lower_998"] == pytest.approx(max(1 - far, 0) ** 2)


def test_funnel_of_shares_is_on_the_arcsine_scale() -> None:
    found = funnel(A([60.0, 95, 880]), A([100.0, 100, 1000]), proportion=True, target=0.9)
    z = (np.arcsin(np.sqrt(0.6)) - np.arcsin(np.sqrt(0.9))) / np.hypot(0.05, found.spread)
    assert found.table["z"].iloc[0] == pytest.approx(z)
    assert (found.limits["upper_998"] <= 1).all()


@pytest.mark.parametrize("spread", [0.0, 0.15])
def test_a_funnel_has_as_many_ordinary_units_outside_as_it_says(spread) -> None:
    rng = np.random.default_rng(9)
    expected = rng.lognormal(4, 0.8, 20_000)
    true = (1 + spread * rng.standard_normal(20_000)) ** 2
    found = funnel(rng.poisson(true * expected), expected)
    outside = found.table["outside"].abs()
    assert (outside >= 1).mean() == pytest.approx(0.05, abs=0.03)
    assert (outside == 2).mean() < 0.008


def test_few_bad_units_do_not_widen_the_funnel() -> None:
    rng = np.random.default_rng(10)
    expected = np.full(100, 50.0)
    count = rng.poisson(expected).astype(float)
    count[:4] = 200.0
    found = funnel(count, expected, target=1.0)
    assert found.spread < 0.1
    assert (found.table["outside"].iloc[:4] == 2).all()
    assert "4 units above" in found.sentence
