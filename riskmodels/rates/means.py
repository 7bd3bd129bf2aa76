"""Means of units, joined with their earlier ones and with their peers'."""

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.rates.counts import remembered
from riskmodels.rates.hyperparameters import (
    MEMORIES,
    SPREADS,
    HyperparameterGrid,
    posterior_grid,
    single_unit_grid,
)
from riskmodels.rates.peers import others_of
from riskmodels.rates.posteriors import Posterior

_WORTH = 10.0  # values: how much a unit's own spread is like that of all
_WIDER = 2.0  # degrees of freedom that few values are short of


def mean_posterior(
    total: Floats, squares: Floats, number: Floats, *, group: Integers
) -> tuple[Posterior, HyperparameterGrid]:
    """Join the mean of a unit's values with its earlier ones and with its peers'.

    Parameters
    ----------
    total, squares, number : ndarray, shape (n, T)
        Sum, sum of squares and number of positive values; NaN or 0: unknown. The last period is assessed.
    group : ndarray, shape (n,)
        Codes from 0: units with the same code are peers.

    Returns
    -------
    Posterior
        Gamma, shape (n,), with the posterior mean and variance of a hierarchical normal model; a unit without
        peers has its own mean and, since few equal values are not certain, a spread that counts one more
        value as far from the mean as the mean is from zero.
    HyperparameterGrid
        What was learnt of spread and memory.

    Notes
    -----
    Gelman et al. 2013, section 5.4; variances of units are shrunk to that of all by ten values. Fails where
    means of few values are far from normal.
    """
    known = np.isfinite(total) & (number > 0)
    n = np.where(known, number, 1.0)
    mean = np.where(known, total, 1.0) / n
    error = np.where(known, _spread(np.where(known, squares, 1.0), mean, n, known) / n, np.inf)
    peers = _peer_means(np.where(known, total, 0.0), np.where(known, number, 0.0), group)
    alone = np.isnan(peers[:, -1])
    nodes = _learn(mean, error, peers)
    first = second = np.zeros(len(mean))
    for spread, memory, weight in zip(nodes.spread, nodes.memory, nodes.weight, strict=True):
        value, variance = _conditional(mean, error, peers, float(spread), float(memory))
        first, second = first + weight * value, second + weight * (value**2 + variance)
    own = mean[:, -1], _own_variance(np.nan_to_num(squares[:, -1]), mean[:, -1], n[:, -1])
    value = np.maximum(np.where(alone, own[0], first), 1e-9)
    variance = np.maximum(np.where(alone, own[1], second - first**2), 1e-18)
    return Posterior(family="gamma", a=value**2 / variance, b=value / variance), nodes


def _spread(squares: Floats, mean: Floats, n: Floats, known: Flags) -> Floats:
    """Return variances of single values, shape (n, T), shrunk to that of all."""
    deviations = np.where(known, np.maximum(squares - n * mean**2, 0), 0)
    sizes = np.where(known, n, 0)
    overall = max(deviations.sum() / max(sizes.sum(), 1), 1e-12)
    return np.asarray((deviations + _WORTH * overall) / (n + _WORTH), dtype=np.float64)


def _own_variance(squares: Floats, mean: Floats, n: Floats) -> Floats:
    deviations = np.maximum(squares - n * mean**2, 0) + mean**2
    return deviations / n**2 * (n + _WIDER) / n


def _peer_means(total: Floats, number: Floats, group: Integers) -> Floats:
    """Return the mean of the others' values, shape (n, T); NaN without others."""
    others = others_of(number, group)
    means: Floats = np.divide(
        others_of(total, group), others, out=np.full_like(total, np.nan), where=others > 0
    )
    return means


def _evidence(mean: Floats, error: Floats, peers: Floats, memory: float) -> tuple[Floats, Floats]:
    """Return precision and weighted distance from the peers that are remembered, shape (n, T)."""
    precision = np.where(np.isfinite(peers), 1 / error, 0.0)
    gaps = precision * np.nan_to_num(mean - peers)
    return remembered(precision, memory), remembered(gaps, memory)


def _conditional(
    mean: Floats, error: Floats, peers: Floats, spread: float, memory: float
) -> tuple[Floats, Floats]:
    precision, gaps = (part[:, -1] for part in _evidence(mean, error, peers, memory))
    level = np.nan_to_num(peers[:, -1], nan=1.0)
    prior = 1 / np.maximum((spread * level) ** 2, 1e-18)
    return level + gaps / (prior + precision), 1 / (prior + precision)


def _learn(mean: Floats, error: Floats, peers: Floats) -> HyperparameterGrid:
    usable = np.isfinite(peers) & np.isfinite(error)
    if usable.any(axis=1).sum() < 2:  # noqa: PLR2004  one unit has no peers
        return single_unit_grid()
    memories = MEMORIES if mean.shape[1] > 1 else (0.0,)
    nobody = np.full(len(mean), -np.inf)  # a mean has no outliers
    return posterior_grid(
        lambda memory: _log_likelihoods(mean, error, peers, usable, memory), memories, (0.0,), nobody
    )


def _log_likelihoods(mean: Floats, error: Floats, peers: Floats, usable: Flags, memory: float) -> Floats:
    """Return how likely each unit's means are, each given those before it, by spread: shape (n, spreads)."""
    precision, gaps = (
        np.hstack([np.zeros((len(mean), 1)), memory * part[:, :-1]])
        for part in _evidence(mean, error, peers, memory)
    )
    level = np.where(usable, peers, 1.0)
    fits = np.empty((len(mean), len(SPREADS)))
    for place, spread in enumerate(SPREADS):
        prior = 1 / np.maximum((spread * level) ** 2, 1e-18)
        variance = 1 / (prior + precision) + np.where(usable, error, 1.0)
        gap = mean - level - gaps / (prior + precision)
        fits[:, place] = np.where(usable, -0.5 * (np.log(variance) + gap**2 / variance), 0).sum(axis=1)
    return fits
