"""Mean durations where some still run."""

import numpy as np

from riskmodels.arrays import Floats


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
    Meier 1958, doi:10.1080/01621459.1958.10501452. Fails where the young of a cohort end sooner or later
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
