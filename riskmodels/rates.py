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


def availability_posterior(up: Floats, total: Floats, squares: Floats, *, size: float) -> Any:
    """Return the posterior of the share of time lost, which is 1 - availability: a Gamma distribution.

    Parameters
    ----------
    up, total : ndarray, shape (n,) [minutes]
        Minutes up, and in service (> 0).
    squares : ndarray, shape (n,) [minutes²]
        Sum of the squared minutes that each incident cost.
    size : float [minutes]
        What one incident usually costs (> 0), sum of squares over sum: a prior worth half an incident in
        their number and one in their length, so that no incident is not certainty.

    Returns
    -------
    scipy.stats frozen distribution
        Gamma of shape (n,); with many incidents its mean is the share lost, and its variance that of a
        compound Poisson sum, squares / total².

    Notes
    -----
    Minutes lost cluster by incident, so they are no trials: their sum over incidents of number N and
    length X has variance E[N] E[X²], estimated by the sum of squares. Matched by incidents of one length
    s = squares / lost, of which there were lost / s. Daykin, Pentikäinen & Pesonen 1994, chapter 3. Breaks
    where incidents come in clusters, and is too narrow where lengths have a heavy tail of which few are seen.
    """
    lost = np.maximum(total - up, 0)
    length = (squares + size**2) / (lost + size)
    return stats.gamma(lost / length + 0.5, scale=length / total)


def restricted_mean(events: Floats, censored: Floats) -> tuple[Floats, Floats]:
    """Estimate mean durations restricted to T whole days, by Kaplan–Meier, and their variances.

    Parameters
    ----------
    events, censored : ndarray, shape (n, T + 1) [count]
        How many of each of n cohorts ended after 0, 1, … T - 1 days, or were last seen still running at
        that age; what lasted T days or longer stands in the last column, whichever it is.

    Returns
    -------
    mean : ndarray, shape (n,) [days]
        Sum of S(t) over t = 0 … T - 1, S(t) the share that lasts longer than t days: within 0 and T. NaN
        where nobody is followed to T while some still run, or for an empty cohort.
    variance : ndarray, shape (n,) [days²]
        Of the mean, by Greenwood's formula: the sum over t of (S(t) + … + S(T - 1))² d / (r (r - d)), with d
        events of r at risk. Where nothing is censored, the values' population variance over their number.

    Notes
    -----
    A day is a whole: what ends after t days ends on day t, and what is censored at t was seen running to
    the end of day t, so at equal t events come first and the censored are at risk on that day. Kaplan &
    Meier 1958, doi:10.1080/01621459.1958.10501452. Breaks where the young of a cohort end sooner or later
    than the old.
    """
    risk = np.flip(np.cumsum(np.flip(events + censored, axis=1), axis=1), axis=1)[:, :-1]
    ended = events[:, :-1]
    left = risk - ended
    survival = np.cumprod(np.divide(left, risk, out=np.ones_like(risk), where=risk > 0), axis=1)
    still = np.concatenate([np.ones_like(survival[:, :1]), survival[:, :-1]], axis=1)
    unknown = ((risk == 0) & (still > 0)).any(axis=1)
    later = np.flip(np.cumsum(np.flip(survival, axis=1), axis=1), axis=1)
    terms = np.divide(later**2 * ended, risk * left, out=np.zeros_like(risk), where=left > 0)
    mean, variance = survival.sum(axis=1), terms.sum(axis=1)
    return np.where(unknown, np.nan, mean), np.where(unknown, np.nan, variance)


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
