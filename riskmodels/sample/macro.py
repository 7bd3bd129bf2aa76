"""Macro-economic series of an invented economy."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.sample.plan import MONTHS, stream


def macro_table(*, seed: int) -> pd.DataFrame:
    """List three monthly series, one figure per row; none of them moves the complaints."""
    rng, years = stream(seed, "macro"), np.arange(len(MONTHS)) / 12
    series = {
        "unemployment_pct": np.round(5.1 + 0.15 * np.sin(years * 2) + _persistent(0.06, rng), 1),
        "house_price_index": np.round(100 * 0.978**years + _persistent(0.25, rng), 1),
        "policy_rate_pct": np.round(np.floor((2.0 - 0.16 * years) / 0.1 + 1e-9) * 0.1, 2),
    }
    month = pd.Series(MONTHS.astype("M8[D]"))
    parts = [pd.DataFrame({"series": name, "month": month, "value": value}) for name, value in series.items()]
    return pd.concat(parts, ignore_index=True)


def _persistent(sd: float, rng: np.random.Generator) -> Floats:
    """Draw an autoregressive path with memory 0.7, shape (months,), as weighted sums of shocks."""
    lag = np.subtract.outer(np.arange(len(MONTHS)), np.arange(len(MONTHS)))
    weights = np.where(lag >= 0, 0.7 ** np.maximum(lag, 0), 0.0)
    return np.asarray(weights @ rng.normal(0, sd, len(MONTHS)), dtype=np.float64)
