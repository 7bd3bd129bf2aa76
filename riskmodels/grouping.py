"""Number the rows of a frame by series, and add up rows of an array by group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers


def number_series(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, pd.DataFrame]:
    """Number the rows by series; return the numbers and one row of keys per series."""
    if not keys:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame({"series": ["total"]})
    numbers = np.zeros(len(frame), dtype=np.int64)
    for column in (frame[key] for key in keys):
        is_text = isinstance(column.dtype, pd.StringDtype)  # ordered faster as Python's
        codes, values = pd.factorize(column.to_numpy(dtype=object) if is_text else column, sort=True)
        codes = np.where(codes < 0, len(values), codes)  # unknown comes last
        numbers = np.unique(numbers * (len(values) + 1) + codes, return_inverse=True)[1]
    first = np.unique(numbers, return_index=True)[1]
    return numbers, pd.DataFrame({key: frame[key].array[first] for key in keys})


def add_rows(values: Floats, groups: Integers, size: int) -> Floats:
    """Add up the rows of an array by group: (n, …) -> (size, …)."""
    total = np.zeros((size, *values.shape[1:]))
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    if len(present):
        total[present] = np.add.reduceat(values[order], starts, axis=0)
    return total
