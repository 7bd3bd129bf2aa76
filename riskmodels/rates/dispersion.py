"""How much more than chance alone counts vary from period to period."""

import numpy as np

from riskmodels.arrays import Floats


def overdispersion(numerator: Floats, denominator: Floats, *, proportion: bool) -> float:
    """Estimate how many times more than Poisson (or binomial) counts vary from period to period.

    Parameters
    ----------
    numerator, denominator : ndarray, shape (n, T)
        Events and exposure (or successes and trials) of n units in T periods; NaN is unknown.
    proportion : bool
        Binomial instead of Poisson.

    Returns
    -------
    float
        Pearson's chi-square over its degrees of freedom around each unit's own rate; at least 1, and 1
        where there are no degrees of freedom. Invariant to the unit of exposure. At most the number of events
        (or trials): then all of them count as one, and more is not known.

    Notes
    -----
    McCullagh & Nelder 1989, section 4.5. A level break within the T periods counts as overdispersion,
    which makes the intervals wider, not narrower.
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
    return max(1.0, min(float(squares.sum() / freedom), most))
