"""How much true values differ beyond the errors of their estimates."""

import numpy as np

from riskmodels.arrays import Flags, Floats


def variance_beyond(value: Floats, error: Floats, used: Flags) -> Floats:
    """Estimate the variance of true values about their mean, by moments.

    Parameters
    ----------
    value, error : ndarray, shape (a, n)
        Estimates and the variances of their errors.
    used : ndarray of bool, shape (a, n)
        Values that count.

    Returns
    -------
    ndarray, shape (a, 1)
        At least 0: chance may explain it all.

    Notes
    -----
    DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2.
    """
    weight = np.where(used, ratio_of(np.ones_like(error), error), 0.0)
    total = weight.sum(axis=1, keepdims=True)
    mean = ratio_of((weight * value).sum(axis=1, keepdims=True), total)
    statistic = (weight * (value - mean) ** 2).sum(axis=1, keepdims=True)
    rest = total - ratio_of((weight**2).sum(axis=1, keepdims=True), total)
    return np.maximum(ratio_of(statistic - (used.sum(axis=1, keepdims=True) - 1.0), rest), 0.0)


def ratio_of(above: Floats, below: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(
        above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0
    )
