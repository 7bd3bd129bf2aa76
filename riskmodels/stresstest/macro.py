"""Quarterly paths of the economy put on months."""

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.parameters.economy import MacroPath, read_macro_path
from riskmodels.parameters.shocks import MONTHS

__all__ = ["MONTHS", "MacroPath", "by_month", "read_macro_path"]


def by_month(quarterly: Floats) -> Floats:
    """Repeat values by quarter, shape (..., q), for their months, shape (..., 3 q)."""
    return np.repeat(quarterly, MONTHS, axis=-1)
