"""Forecast again from earlier months, and score every method on what then happened."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels import accuracy
from riskmodels.errors import ParameterError
from riskmodels.forecasting.baselines import BASELINES
from riskmodels.panel import Panel

Floats = npt.NDArray[np.float64]


def rolling_scores(
    panel: Panel, *, horizon: int, origins: int, methods: Sequence[str], levels: Floats
) -> pd.DataFrame:
    """Score methods at rolling origins, each using nothing after its origin.

    Parameters
    ----------
    panel : Panel
        History.
    horizon : int
        Periods ahead that are scored.
    origins : int
        The last ``origins`` periods that have ``horizon`` periods after them.
    methods : sequence of str
        Names of baselines.
    levels : ndarray, shape (q,)
        Quantile levels, 0.025 and 0.975 among them.

    Returns
    -------
    DataFrame
        One row a method, best first: method, wql, coverage_95, exceedance_975, bias, forecasts (number of
        known outcomes scored: of series that have a known value before the origin); the scores are NaN where
        no outcome is known or all are zero.

    Raises
    ------
    ParameterError
        The panel has no period before the first one scored.
    """
    last = len(panel.periods) - horizon
    if last < 1:
        raise ParameterError(f"{len(panel.periods)} periods are too few to score {horizon} ahead")
    starts = range(max(1, last - origins + 1), last + 1)
    actual = np.stack([panel.values[:, start : start + horizon] for start in starts])
    histories = [panel.until(panel.periods[start - 1]) for start in starts]
    blind = np.stack([np.isnan(history.values).all(axis=1) for history in histories])
    actual[blind] = np.nan
    rows = []
    for method in methods:
        made = [BASELINES[method](history, horizon) for history in histories]
        quantiles = np.stack([forecast.ppf(levels) for forecast in made])
        mean = np.stack([forecast.mean for forecast in made])
        rows.append({"method": method, **_scores(actual, mean, quantiles, levels)})
    return pd.DataFrame(rows).sort_values("wql", kind="stable").reset_index(drop=True)


def _scores(actual: Floats, mean: Floats, quantiles: Floats, levels: Floats) -> dict[str, float]:
    lower = quantiles[..., int(np.argmin(np.abs(levels - 0.025)))]
    upper = quantiles[..., int(np.argmin(np.abs(levels - 0.975)))]
    return {
        "wql": accuracy.weighted_quantile_loss(actual, quantiles, levels),
        "coverage_95": accuracy.coverage(actual, lower, upper),
        "exceedance_975": accuracy.exceedance(actual, upper),
        "bias": accuracy.relative_bias(actual, mean),
        "forecasts": float(np.isfinite(actual).sum()),
    }
