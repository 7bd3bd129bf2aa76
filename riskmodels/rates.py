"""What a numerator and a denominator say about the true rate behind them, overdispersion included."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def proportion_posterior(successes: Floats, trials: Floats, *, prior: float = 0.5) -> Any:  # noqa: ANN401
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


def rate_posterior(count: Floats, exposure: Floats, *, prior: float | None = None) -> Any:  # noqa: ANN401
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


def mean_posterior(total: Floats, squares: Floats, n: Floats) -> Any:  # noqa: ANN401
    """Return the posterior of means under a flat prior: t with n - 1 degrees of freedom.

    Parameters
    ----------
    total, squares, n : ndarray, shape (k,)
        Sum, sum of squares and number of the values; with fewer than three values the spread is taken to
        be the mean itself, so that one value never looks certain.

    Returns
    -------
    scipy.stats frozen distribution
        Of shape (k,).
    """
    mean = total / n
    variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
    deviation = np.where(n >= 3, np.sqrt(variance), np.abs(mean))
    return stats.t(np.maximum(n - 1, 1), loc=mean, scale=np.maximum(deviation / np.sqrt(n), 1e-12))


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
    variance = expected * (1 - rate) if proportion else expected
    usable = known & (variance > 0)
    freedom = int(np.maximum(usable.sum(axis=1) - 1, 0).sum())
    if freedom == 0:
        return 1.0
    squares = np.divide((counts - expected) ** 2, variance, out=np.zeros_like(variance), where=usable)
    return max(1.0, float(squares.sum() / freedom))
