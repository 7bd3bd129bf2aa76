"""What units remember when the level of all moves, and what no unit's count alone can tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.rates import (
    Counts,
    HyperparameterGrid,
    credible_posterior,
    overdispersion,
    own_value,
    peer_values,
)

A = np.array


def nodes(spread: float, memory: float) -> HyperparameterGrid:
    return HyperparameterGrid(spread=A([spread]), memory=A([memory]), outliers=A([0.0]), weight=A([1.0]))


def counts_of(count, size, *, proportion: bool, shared: float = 0.0) -> Counts:
    group = np.zeros(len(count), dtype=np.int64)
    peers, _ = peer_values(count[:, None], size[:, None], group=group, proportion=proportion)
    return Counts(count=count, size=size, peers=peers, group=group, proportion=proportion, shared=shared)


def test_a_level_that_moved_for_all_is_not_what_a_unit_remembers() -> None:
    """All units were at 99.5 %, now they are at 72 %: two hundred good cases of then do not make 200 at 72 %."""
    size = np.full((20, 9), 25.0)
    count = np.round(size * A([*[0.995] * 8, 0.72]) * 50) / 50
    count[0], size[0, -1] = 25.0, 9.0
    count[0, -1] = 9.0
    found = counts_of(count, size, proportion=True)
    own, trials = found.evidence(1.0)
    assert 9 < trials[0, -1] < 14  # eight quarters of which one failure was to be expected, and nine cases
    assert own[0, -1] == pytest.approx(trials[0, -1])  # no failure then, none now
    value, _, recalled = own_value(found, nodes(0.3, 1.0))
    assert value[0] == pytest.approx(1.0)
    assert recalled[0] == pytest.approx(1.0)
    assert value[1] == pytest.approx(0.74, abs=0.03)
    assert recalled[1] == pytest.approx(0.965, abs=0.003)


@given(seed=st.integers(0, 200), memory=st.sampled_from([0.0, 0.5, 0.95, 1.0]))
def test_trials_of_another_time_never_count_as_more_and_none_is_lost_while_the_level_stays(
    seed, memory
) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(0, 40, (6, 5)).astype(float)
    count = rng.binomial(size.astype(int), rng.beta(5, 1, (1, 5))).astype(float)
    own, trials = counts_of(count, size, proportion=True).evidence(memory)
    plain = sum(memory**ago * size[:, -1 - ago] for ago in range(5))
    assert (trials[:, -1] <= plain + 1e-9).all()
    assert (own >= -1e-12).all()
    assert (own <= trials + 1e-9).all()
    steady = Counts(
        count=count,
        size=size,
        peers=np.full_like(size, 0.8),
        group=np.zeros(6, dtype=np.int64),
        proportion=True,
    )
    np.testing.assert_allclose(steady.evidence(memory)[1][:, -1], plain)
    remembered = sum(memory**ago * count[:, -1 - ago] for ago in range(5))
    np.testing.assert_allclose(steady.evidence(memory)[0][:, -1], remembered, atol=1e-9)


@given(
    seed=st.integers(0, 300),
    proportion=st.booleans(),
    spread=st.sampled_from([0.02, 0.1, 0.6]),
    whole=st.sampled_from([1.0, 3.0, 15.0]),
)
def test_no_unit_is_known_better_than_the_whole(seed, proportion, spread, whole) -> None:
    """Standard deviations relative to the value (of a share: to its rarer outcome), units' and the sum's.

    Units remember earlier quarters, the sum is of the last alone: of all 5,355 cases the least ratio is 0.815.
    """
    rng = np.random.default_rng(seed)
    size = np.ceil(rng.lognormal(3, 1, (12, 1)) * np.ones((1, 6))) * (1 if proportion else 10)
    rate = rng.beta(8, 2) if proportion else rng.uniform(0.05, 0.5)
    draw = rng.binomial if proportion else lambda n, p: rng.poisson(n * p)
    count = draw(size.astype(int), rate).astype(float)
    units = credible_posterior(
        counts_of(count, size, proportion=proportion, shared=whole - 1), nodes(spread, 0.9)
    )
    total, exposure = count[:, -1].sum(), size[:, -1].sum()
    level = total / exposure
    events = min(total, exposure - total) if proportion else total
    expected = np.sqrt(whole * (1 - events / exposure if proportion else 1.0) / max(events, 0.5))
    rare = np.minimum(units.mean, 1 - units.mean) if proportion else units.mean
    if 0 < level < (1 if proportion else np.inf) and events >= 5:
        assert (np.sqrt(units.variance) / rare >= 0.8 * expected).all()


def test_a_level_that_has_moved_is_no_noise() -> None:
    """Five months at 99.7 %, one at 58 %, six at 80 %: months vary little but for that."""
    rng = np.random.default_rng(2)
    trials = np.full((1, 12), 900.0)
    good = rng.binomial(900, [*[0.997] * 5, 0.58, *[0.8] * 6], (1, 12)).astype(float)
    assert overdispersion(good, trials, proportion=True) < 4
    events = rng.poisson([[*[50.0] * 6, *[200.0] * 6]]).astype(float)
    assert overdispersion(events, np.ones((1, 12)), proportion=False) < 4


@pytest.mark.parametrize("units", [1, 40])
def test_noise_is_told_as_before_where_the_level_stays(units) -> None:
    """Of counts with three times the variance of Poisson ones, the mean over many banks is three."""
    rng = np.random.default_rng(3)
    found = [
        overdispersion(
            rng.negative_binomial(20.0, 1 / 3, (units, 12)).astype(float),
            np.ones((units, 12)),
            proportion=False,
        )
        for _ in range(300 if units == 1 else 20)
    ]
    assert np.mean(found) == pytest.approx(3.0, rel=0.06)
