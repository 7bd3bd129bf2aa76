"""How much more than chance alone counts vary from period to period."""

import numpy as np
import scipy

from riskmodels.arrays import Floats

_MOVED = 3.0  # times: chance alone hardly ever makes the two estimates differ by so much
_LEFT_OUT = 2  # pairs: a level that has moved, and moved back or on
_FEWEST_PAIRS = 10  # of a year of months, one of them unknown at most: fewer cannot tell a break from chance


def overdispersion(
    numerator: Floats, denominator: Floats, *, proportion: bool, seasonal: bool = False
) -> float:
    """Estimate how many times more than Poisson (or binomial) counts vary from period to period.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n, T)
        Events and exposure (or successes and trials) of n units in T periods; NaN is unknown.
    proportion : bool
        Binomial instead of Poisson.
    seasonal : bool
        Whether a slow drift or a season is no noise either: where neighbouring periods vary less, as they do.

    Returns
    -------
    float
        Pearson's chi-square over its degrees of freedom around each unit's own rate; at least 1, and 1
        where there are no degrees of freedom. Invariant to the unit of exposure. At most the number of events
        (or trials): then all of them count as one, and more is not known.

    Notes
    -----
    McCullagh & Nelder 1989, section 4.5. Where that is more than three times what neighbouring periods differ
    by, the two pairs that differ most left out, the level has moved within the T periods: a change, and no
    noise, and the neighbours' is taken. Otherwise a slow drift or a season counts as overdispersion: it makes
    intervals wider, not narrower.
    """
    known = np.isfinite(numerator) & np.isfinite(denominator) & (denominator > 0)
    counts, sizes = np.where(known, numerator, 0.0), np.where(known, denominator, 0.0)
    sums = sizes.sum(axis=1, keepdims=True)
    rate = np.divide(counts.sum(axis=1, keepdims=True), sums, out=np.zeros_like(sums), where=sums > 0)
    expected = rate * sizes
    variance = expected
    if proportion:  # given a unit's total the counts are hypergeometric, which matters for few trials
        variance = expected * (1 - rate) * sums / np.maximum(sums - 1, 1)
    usable = known & (variance > 0)
    freedom = int(np.maximum(usable.sum(axis=1) - 1, 0).sum())
    if freedom == 0:
        return 1.0
    squares = np.divide((counts - expected) ** 2, variance, out=np.zeros_like(variance), where=usable)
    most = float((sizes if proportion else counts).sum())
    found = max(1.0, min(float(squares.sum() / freedom), most))
    near = max(1.0, _of_neighbours(counts, sizes, proportion=proportion))
    return near if found > (1.0 if seasonal else _MOVED) * near else found


def _of_neighbours(counts: Floats, sizes: Floats, *, proportion: bool) -> float:
    """Estimate overdispersion from pairs of neighbouring periods, without the pairs that differ most.

    Infinite where there are too few pairs. The mean of what is left is divided by its expectation: the
    truncated mean of chi-square with as many degrees of freedom as a pair has on average.
    """
    first, second = sizes[:, :-1], sizes[:, 1:]
    both = np.where((first > 0) & (second > 0), first + second, 1.0)
    rate = (counts[:, :-1] + counts[:, 1:]) / both
    variance = rate * first * second / both
    if proportion:
        variance = variance * (1 - rate) * both / np.maximum(both - 1, 1)
    usable = (first > 0) & (second > 0) & (variance > 0)
    gaps = (counts[:, :-1] - rate * first) ** 2
    squares = np.divide(gaps, variance, out=np.zeros_like(gaps), where=usable).sum(axis=0)
    freedom = usable.sum(axis=0)
    squares, freedom = squares[freedom > 0], freedom[freedom > 0]
    if len(freedom) < _FEWEST_PAIRS:
        return np.inf
    kept, degrees = 1 - _LEFT_OUT / len(freedom), float(freedom.mean())
    edge = float(scipy.special.chdtri(degrees, 1 - kept))
    usual = scipy.special.chdtr(degrees + 2, edge) / kept
    return float(np.sort(squares / freedom)[:-_LEFT_OUT].mean() / usual)
