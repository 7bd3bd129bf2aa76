"""Waits of callers who find so many waiting before them, where patience is exponential (Erlang A)."""

import scipy

from riskmodels.arrays import Floats


def offered_beyond(ahead: Floats, answered: float, patient: float) -> Floats:
    """Return the probabilities that a caller who never gives up waits beyond a time.

    Parameters
    ----------
    ahead : ndarray, shape (n,)
        How many wait when the caller comes; all servers are busy.
    answered : float
        Calls that all servers together answer in the mean patience.
    patient : float
        Probability that one caller's patience lasts beyond the time.

    Notes
    -----
    The wait behind k others is a sum of k + 1 exponential times: the servers' and those of who give up.
    """
    return scipy.special.betainc(answered, ahead + 1.0, patient)


def served_by(ahead: Floats, answered: float, patient: float) -> Floats:
    """Return the probabilities that a caller who may give up is answered within a time.

    Parameters are those of ``offered_beyond``; over all time ``answered / (answered + ahead + 1)`` are.
    """
    at_last = answered / (answered + ahead + 1.0)
    return at_last * scipy.special.betaincc(answered + 1.0, ahead + 1.0, patient)
