"""Number the rows of a frame by series, and add up rows of an array by group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers


def number_series(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, pd.DataFrame]:
    """Number the rows by series; return the numbers and one row of keys per series."""
    if not keys:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame({"series": ["total"]})
    groups = frame.groupby(list(keys), sort=True, dropna=False)
    names = groups.size().reset_index()[list(keys)]
    names.columns = pd.Index(list(keys), dtype="str")
    return np.asarray(groups.ngroup(), dtype=np.int64), names


def add_rows(values: Floats, groups: Integers, size: int) -> Floats:
    """Add up the rows of an array by group: (n, …) -> (size, …)."""
    total = np.zeros((size, *values.shape[1:]))
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    if len(present):
        total[present] = np.add.reduceat(values[order], starts, axis=0)
    return total
