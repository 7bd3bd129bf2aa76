"""Panels of made-up series for tests of forecasts."""

import numpy as np
import pandas as pd

from riskmodels.panel import Panel


def a_panel(values, *, freq: str = "M", kind: str = "count", exposure=None, names=None) -> Panel:
    """Panel of series s0, s1, … of two halves, from January 2020 on."""
    values = np.atleast_2d(np.array(values, dtype=float))
    names = [f"s{place}" for place in range(len(values))] if names is None else names
    return Panel(
        keys=pd.DataFrame({"series": names, "half": np.arange(len(values)) % 2}),
        periods=pd.period_range("2020-01", periods=values.shape[1], freq=freq),
        values=values,
        exposure=exposure,
        kind=kind,
    )


def poisson_panel(n: int = 3, length: int = 40, *, mean: float = 20.0, seed: int = 1) -> Panel:
    """Panel of independent Poisson counts."""
    return a_panel(np.random.default_rng(seed).poisson(mean, size=(n, length)))
