"""What a numerator and a denominator say about the true rate behind them, overdispersion included."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def proportion_posterior(successes: Floats, trials: Floats, *, prior: float = 0.5) -> Any:
    """Return the posterior of proportions under a prior worth one trial: a Beta distribution.

    Parameters
    ----------
    successes, trials : ndarray, shape (n,)
        Possibly fractional (after division by the overdispersion), 0 <= successes <= trials.
    prior : float
        Mean of the prior, in (0, 1): one half is Jeffreys' prior; the proportion of all units together
        keeps a unit with few trials from looking bad (or good) on no evidence.

    Returns
    -------
    scipy.stats frozen distribution
        Beta(successes + prior, trials - successes + 1 - prior), of shape (n,).

    Notes
    -----
    Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286. Breaks where trials are not exchangeable;
    divide both by the overdispersion first.
    """
    return stats.beta(successes + prior, trials - successes + 1 - prior)


def rate_posterior(count: Floats, exposure: Floats, *, prior: float | None = None) -> Any:
    """Return the posterior of rates: a Gamma distribution.

    Parameters
    ----------
    count, exposure : ndarray, shape (n,)
        Events, and what they are measured against (> 0).
    prior : float, optional
        A rate whose knowledge is worth one event, in events per unit of exposure; none: Jeffreys' prior.

    Returns
    -------
    scipy.stats frozen distribution
        Gamma(count + 1) over (exposure + 1 / prior), or Gamma(count + 1/2) over exposure; of shape (n,),
        in events per unit of exposure.
    """
    if prior is None:
        return stats.gamma(count + 0.5, scale=1 / exposure)
    return stats.gamma(count + 1, scale=1 / (exposure + 1 / prior))


def mean_posterior(total: Floats, squares: Floats, n: Floats) -> Any:
    """Return the posterior of means: t with n degrees of freedom.

    Parameters
    ----------
    total, squares, n : ndarray, shape (k,)
        Sum, sum of squares and number of the values. The prior of their location is flat; that of their
        spread is worth one value, as far from the mean as the mean is from zero, so that a few equal
        values never look certain.

    Returns
    -------
    scipy.stats frozen distribution
        t around total / n with scale² = (sum of squared deviations + mean²) / n², of shape (k,).
    """
    mean = total / n
    deviations = np.maximum(squares - n * mean**2, 0) + mean**2
    return stats.t(n, loc=mean, scale=np.maximum(np.sqrt(deviations) / n, 1e-12))


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
        where there are no degrees of freedom. Invariant to the unit of exposure.

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
    return max(1.0, float(squares.sum() / freedom))
