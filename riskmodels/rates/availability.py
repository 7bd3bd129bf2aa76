"""The share of time up, from incidents and their length."""

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.rates.posteriors import Posterior


def availability_posterior(up: Floats, total: Floats, squares: Floats, *, size: float) -> Posterior:
    """Return what is known of the share of time up, from incidents and their length.

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
    Posterior
        Of the availability, shape (n,): one minus a Gamma share lost. With many incidents the share's mean is
        what was lost, and its variance that of a compound Poisson sum, squares / total².

    Notes
    -----
    Minutes lost cluster by incident, so they are no trials: their sum over incidents of number N and
    length X has variance E[N] E[X²], estimated by the sum of squares. Matched by incidents of one length
    s = squares / lost, of which there were lost / s. Daykin, Pentikäinen & Pesonen 1994, chapter 3. Breaks
    where incidents come in clusters, and is too narrow where lengths have a heavy tail of which few are seen.
    """
    lost = np.maximum(total - up, 0)
    length = (squares + size**2) / (lost + size)
    return Posterior(family="gamma", a=lost / length + 0.5, b=total / length, flipped=True)
