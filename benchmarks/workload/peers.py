"""Quantiles of statsforecast's methods, for whichever Python has it: reads and writes .npz files.

Run as a program, ``peers.py CASES QUANTILES``: CASES holds histories of shape (n, T) by name, and ``horizon``;
QUANTILES gets arrays of shape (n, horizon, q) named ``case/method``, at the levels of riskmodels.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

INTERVALS = (95, 90, 80, 60, 50, 40, 20)
SEASON = 12
METHODS = ("AutoTheta", "DOT-sqrt", "AutoETS", "SeasonalNaive")


def quantiles_of(history: np.ndarray, horizon: int, method: str) -> np.ndarray:
    """Forecast monthly series by one method; unknown months are interpolated, as these know none."""
    from statsforecast import StatsForecast  # here, because it is not in every environment
    from statsforecast.models import AutoETS, AutoTheta, DynamicOptimizedTheta
    from statsforecast.models import SeasonalNaive as Naive

    models = {
        "AutoTheta": AutoTheta(season_length=SEASON),
        "DOT-sqrt": DynamicOptimizedTheta(season_length=SEASON),
        "AutoETS": AutoETS(season_length=SEASON),
        "SeasonalNaive": Naive(season_length=SEASON),
    }
    rooted = method == "DOT-sqrt"
    values = pd.DataFrame(history.T).interpolate(limit_direction="both").fillna(0.0).to_numpy().T
    n, length = values.shape
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n), length),
            "ds": np.tile(pd.date_range("2000-01-01", periods=length, freq="MS"), n),
            "y": (np.sqrt(values) if rooted else values).ravel(),
        }
    )
    made = StatsForecast(models=[models[method]], freq="MS", n_jobs=1).forecast(
        df=frame, h=horizon, level=list(INTERVALS)
    )
    made = made.sort_values(["unique_id", "ds"])
    name = next(column for column in made.columns if column not in {"unique_id", "ds"})
    columns = [f"{name}-lo-{level}" for level in INTERVALS] + [name]
    columns += [f"{name}-hi-{level}" for level in reversed(INTERVALS)]
    found = made[columns].to_numpy(float).reshape(n, horizon, len(columns))
    return np.maximum(found, 0.0) ** 2 if rooted else found


def main(cases: Path, target: Path) -> None:
    """Forecast every case by every method."""
    warnings.simplefilter("ignore")  # theirs, of series without variation
    found = {}
    with np.load(cases) as file:
        horizon = int(file["horizon"])
        for name in file.files:
            if name != "horizon":
                for method in METHODS:
                    found[f"{name}/{method}"] = quantiles_of(file[name], horizon, method)
    np.savez(target, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
