"""Credibility: what one unit's few cases, its earlier quarters and its peers say together (empirical Bayes).

A unit's true value lies around what its peers have, with a spread that is learnt from all units; a few units
are of another kind, and may lie anywhere. Earlier periods count less the longer they are ago, by a memory
that is learnt too. None of this is known exactly: posteriors are mixtures over what it may be, given back as
the Gamma or Beta of the same mean and variance.
"""

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.rates.counts import Counts
from riskmodels.rates.hyperparameters import HyperparameterGrid, learn_grid, staying
from riskmodels.rates.posteriors import Posterior

Kind = tuple[Floats, Floats, Floats]  # mean, mean square, and log-likelihood up to each period


def credible_posterior(
    counts: Counts, nodes: HyperparameterGrid | None = None, *, every: bool = False
) -> Posterior:
    """Join a unit's own evidence, that of its earlier periods and its peers'.

    Parameters
    ----------
    counts : Counts
        Of n units in T periods.
    nodes : HyperparameterGrid, optional
        Spread, memory and outliers; learnt from the counts where not given.
    every : bool
        Of every period from what was known by its end, shape (n x T,), not of the last only.

    Returns
    -------
    Posterior
        Of the rates (Gamma) or shares (Beta), shape (n,) or, row by row, (n x T,). Its mean lies between the
        unit's own value (half a case of each kind added) and the peers'; a unit without peers has Jeffreys'
        prior and its last period only.

    Notes
    -----
    Bühlmann & Gisler 2005, doi:10.1007/3-540-29273-X, chapters 2 and 9 (evolutionary credibility). The peers'
    value leaves the unit itself out. What is remembered is moved to it, and is then as uncertain as it is;
    what all units have in common from period to period is in no unit's count alone, and widens every
    interval: a part is not known better than the whole. Whether a unit is of another kind is
    judged by how likely its periods are, each given those before it. Fails where the spread of ordinary units
    is far from Gamma or Beta.
    """
    nodes = nodes or learn_grid(counts)
    columns = slice(None) if every else slice(-1, None)
    first, second = _mixed(counts, nodes, columns)
    rare = np.minimum(first, 1 - first) if counts.proportion else first
    variance = second - first**2 + counts.shared_error(columns) * rare**2
    a, b = _matched(first, variance, proportion=counts.proportion)
    own_a, own_b = _jeffreys(counts, columns)
    alone = np.isnan(counts.peers[:, columns])
    return Posterior(
        family="beta" if counts.proportion else "gamma",
        a=np.where(alone, own_a, a).ravel(),
        b=np.where(alone, own_b, b).ravel(),
    )


def own_value(counts: Counts, nodes: HyperparameterGrid) -> tuple[Floats, Floats, Floats]:
    """Return what a unit's own evidence says, earlier periods as far as they are remembered.

    Returns
    -------
    own, size : ndarray, shape (n,)
        Events over exposure (successes over trials) with earlier periods moved to the peers' value of the
        last one, and how much exposure that is; of a unit without peers, those of its last period.
    recalled : ndarray, shape (n,)
        The same with earlier periods as they were: a level that moved for all is not in it.
    """
    memory = nodes.mean("memory")
    own, size = (part[:, -1] for part in counts.evidence(memory))
    size = size if counts.proportion else size / counts.level[:, -1]
    alone = np.isnan(counts.peers[:, -1])
    own, size = (
        np.where(alone, np.nan_to_num(last[:, -1]), part)
        for last, part in ((counts.count, own), (counts.size, size))
    )
    value = np.divide(own, size, out=np.full_like(size, np.nan), where=size > 0)
    return value, size, np.where(alone, value, counts.recalled(memory)[:, -1])


def _mixed(counts: Counts, nodes: HyperparameterGrid, columns: slice) -> tuple[Floats, Floats]:
    """Return mean and mean square of the true values, shape (n, columns), over all nodes and both kinds."""
    first = second = np.zeros_like(counts.peers[:, columns])
    strange = _outliers(counts, nodes, columns)
    for memory in np.unique(nodes.memory):
        chosen = nodes.memory == memory
        share, weight = nodes.outliers[chosen], nodes.weight[chosen]
        spreads, place = np.unique(nodes.spread[chosen], return_inverse=True)
        mean, square = (part[..., place] for part in _moments(counts, spreads, float(memory), columns))
        if share.any():
            fit = _fit_until(counts, spreads, float(memory), columns)[..., place]
            odds = [
                # no overflow
                share / (1 - share) / len(strange) * np.exp(np.clip(other[..., None] - fit, -700, 700))
                for *_, other in strange
            ]
            total = 1 + sum(odds)
            mean, square = (
                (own + sum(odd * kind[power][..., None] for odd, kind in zip(odds, strange, strict=True)))
                / total
                for power, own in enumerate((mean, square))
            )
        first, second = _added_in_turn(first, weight * mean), _added_in_turn(second, weight * square)
    return first, second


def _added_in_turn(start: Floats, parts: Floats) -> Floats:
    """Add parts, shape (n, columns, k), to a start one after the other.

    The sum is the same to the bit however the parts are grouped.
    """
    return np.asarray(np.cumsum(np.concatenate([start[..., None], parts], axis=-1), axis=-1)[..., -1])


def _outliers(counts: Counts, nodes: HyperparameterGrid, columns: slice) -> list[Kind]:
    """Return what a unit of another kind would have, for each memory that it may have."""
    if not nodes.outliers.any():
        return []
    return [
        (
            *_moments(counts, None, memory, columns),
            _fit_until(counts, None, memory, columns),
        )
        for memory in staying(counts)
    ]


def _moments(counts: Counts, spreads: Floats | None, memory: float, columns: slice) -> tuple[Floats, Floats]:
    """Return mean and mean square of a unit's true value, shape (n, columns, spreads); (n, columns) without.

    Without spreads: of a unit of another kind.
    """
    parts = [part[:, columns] for part in (*counts.before(memory), counts.level, *counts.cases)]
    if spreads is None:
        own, trials, level, *cases = parts
        prior = counts.prior((own, trials), level, None)
    else:
        own, trials, level, *cases = (part[..., None] for part in parts)
        prior = counts.prior((own, trials), level, spreads**2)
        prior = counts.loosened(prior, counts.peer_error(spreads, columns))
    a, b = counts.joined(prior, *cases)
    mean = a / (a + b) if counts.proportion else a / b
    error = mean * (1 - mean) / (a + b + 1) if counts.proportion else mean / b
    return mean, error + mean**2


def _fit_until(counts: Counts, spreads: Floats | None, memory: float, columns: slice) -> Floats:
    """Return how likely all periods up to each one are, as ``_moments``: logarithm, up to a constant."""
    return np.asarray(np.cumsum(counts.fit(counts.before(memory), spreads), axis=1)[:, columns])


def _matched(mean: Floats, variance: Floats, *, proportion: bool) -> tuple[Floats, Floats]:
    """Return the Gamma (shape and rate) or Beta parameters of this mean and variance."""
    variance = np.maximum(variance, 1e-30)
    if proportion:
        total = np.maximum(mean * (1 - mean) / variance - 1, 1e-6)
        return np.maximum(mean * total, 1e-9), np.maximum((1 - mean) * total, 1e-9)
    return mean**2 / variance, mean / variance


def _jeffreys(counts: Counts, columns: slice) -> tuple[Floats, Floats]:
    count, size = counts.count[:, columns], counts.size[:, columns]
    if counts.proportion:
        return count + 0.5, size - count + 0.5
    return count + 0.5, np.maximum(size, 1e-300)
