"""Quantiles of statsforecast's methods, for whichever Python has it: reads and writes .npz files.

Run as a program, ``peers.py CASES QUANTILES``: CASES holds histories of shape (n, T) by name, and ``horizon``;
QUANTILES gets arrays of shape (n, horizon, q) named ``case/method``, at the levels of riskmodels, and the CPU
seconds that they took, named ``case/method/seconds``.
"""

import subprocess
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

INTERVALS = (95, 90, 80, 60, 50, 40, 20)
SEASON = 12
HINT = (
    "statsforecast is not in this Python: pip install statsforecast==2.1.1 in another one (it needs pandas 2),"
    " and --peers ITS_PYTHON"
)
METHODS = ("AutoTheta", "DOT-sqrt", "AutoETS", "SeasonalNaive")


def quantiles_of(history: np.ndarray, horizon: int, method: str) -> np.ndarray:
    """Forecast monthly series by one method; unknown months are interpolated, as these know none.

    A series begins with its first known month.
    """
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
    begun = np.logical_or.accumulate(np.isfinite(history) | np.isnan(history).all(axis=1)[:, None], axis=1)
    n, length = values.shape
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n), length),
            "ds": np.tile(pd.date_range("2000-01-01", periods=length, freq="MS"), n),
            "y": (np.sqrt(values) if rooted else values).ravel(),
        }
    )[begun.ravel()]
    made = StatsForecast(models=[models[method]], freq="MS", n_jobs=1).forecast(
        df=frame, h=horizon, level=list(INTERVALS)
    )
    made = made.sort_values(["unique_id", "ds"])
    name = next(column for column in made.columns if column not in {"unique_id", "ds"})
    columns = [f"{name}-lo-{level}" for level in INTERVALS] + [name]
    columns += [f"{name}-hi-{level}" for level in reversed(INTERVALS)]
    found = made[columns].to_numpy(float).reshape(n, horizon, len(columns))
    return np.maximum(found, 0.0) ** 2 if rooted else found


def forecast_elsewhere(cases: dict[str, np.ndarray], *, horizon: int, python: str) -> dict[str, np.ndarray]:
    """Run this program on cases in the Python that has statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "cases.npz", Path(folder) / "quantiles.npz"
        np.savez(source, horizon=horizon, **cases)
        subprocess.run([python, __file__, str(source), str(target)], check=True)
        with np.load(target) as file:
            return {name: file[name] for name in file.files}


def python_of_peers() -> str | None:
    """Return the Python that has statsforecast: that of ``--peers``, or this one; None, and say so, if none has."""
    given = sys.argv[sys.argv.index("--peers") + 1] if "--peers" in sys.argv else None
    python = given or (sys.executable if find_spec("statsforecast") else None)
    if python is None:
        print(HINT)
    return python


def main(cases: Path, target: Path) -> None:
    """Forecast every case by every method."""
    warnings.simplefilter("ignore")  # theirs, of series without variation
    found = {}
    with np.load(cases) as file:
        horizon = int(file["horizon"])
        for name in file.files:
            if name != "horizon":
                for method in METHODS:
                    quantiles_of(file[name][:2], horizon, method)  # what is compiled is not timed
                    start = time.process_time()
                    found[f"{name}/{method}"] = quantiles_of(file[name], horizon, method)
                    found[f"{name}/{method}/seconds"] = np.array(time.process_time() - start)
    np.savez(target, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
