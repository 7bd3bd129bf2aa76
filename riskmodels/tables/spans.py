"""Where data begin and end: a lone date far from all others, a placeholder or a slip, defines no span."""

import numpy as np

from riskmodels.arrays import Integers

_FAR = 12  # months without a row
_LONE = 20  # times as many rows as were found would have come at the rate of the others
_FEW = 4  # times as many rows must the others be


def beginning(months: Integers, rows: Integers) -> int:
    """Return the first month of the data, lone months before it left out.

    Parameters
    ----------
    months : ndarray, shape (m,), m >= 1
        Months with rows, ascending and each once, counted from any month.
    rows : ndarray, shape (m,)
        Rows of each [rows], at least one.

    Returns
    -------
    int
        One of ``months``: the first one, or the first after a gap of at least twelve months before which
        there were less than a twentieth of the rows that the rate after it would have given, and few in all.

    Examples
    --------
    >>> beginning(np.array([-840, 648, 649, 650]), np.array([1, 30, 31, 29]))
    648
    """
    before = np.cumsum(rows)[:-1]
    rate = (rows.sum() - before) / (months[-1] - months[1:] + 1)
    far = np.diff(months) > _FAR
    few = before * _FEW <= rows.sum() - before
    lone = far & few & (before * _LONE <= rate * (months[1:] - months[0]))
    return int(months[np.flatnonzero(lone)[-1] + 1] if lone.any() else months[0])


def ending(months: Integers, rows: Integers) -> int:
    """Return the last month of the data, lone months after it left out; see ``beginning``."""
    return -beginning(-months[::-1], rows[::-1])
