"""What each shock adds: parts of a change that add up to it exactly."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.stresstest.shocked import Drawn

_TINY = 1e-300  # that the logarithm of nothing is taken of


def split_change(before: Floats, factors: Sequence[Floats]) -> list[Floats]:
    """Split what factors make of a quantity between them.

    Parameters
    ----------
    before : ndarray
        The quantity, not negative.
    factors : sequence of ndarray
        What it is multiplied by, not negative, of shapes that broadcast to it.

    Returns
    -------
    list of ndarray
        One part a factor; they add up to ``before · (product of factors − 1)``. The order does not matter.

    Notes
    -----
    Logarithmic mean Divisia index: Ang 2004, doi:10.1016/j.enpol.2003.10.010. A factor of nothing is taken as
    1e-300.

    Examples
    --------
    >>> parts = split_change(np.array([100.0]), [np.array([2.0]), np.array([1.5])])
    >>> [part.round(3).tolist() for part in parts]
    [[126.186], [73.814]]
    """
    logs = [np.log(np.maximum(factor, _TINY)) for factor in factors]
    growth = np.asarray(sum(logs, np.zeros_like(before)))
    with np.errstate(invalid="ignore"):
        mean = before * np.where(growth == 0, 1.0, np.expm1(growth) / np.where(growth == 0, 1.0, growth))
    return [np.asarray(mean * log) for log in logs]


def by_shock(drawn: Sequence[Drawn], parts: Sequence[float], name: str) -> pd.DataFrame:
    """Add parts of movements up by the shock that they are of: shock, and a column of this name."""
    shocks = pd.Series([one.shock.name for one in drawn], dtype="str", name="shock")
    sums = pd.Series(np.asarray(parts, dtype=np.float64), name=name).groupby(shocks, sort=False).sum()
    return sums.reset_index()
