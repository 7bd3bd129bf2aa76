"""Monthly series of the M3 competition: point forecasts and 95 % intervals, beside statsforecast.

1,428 series of all kinds, 18 months ahead (Makridakis & Hibon 2000, doi:10.1016/S0169-2070(00)00057-1): sMAPE, OWA against
Naive2, coverage and mean scaled interval score. The paper has 13.85 for Theta and 13.90 for ForecastPro. AutoETS
takes some minutes. ``--peers`` as in forecast_panels.py.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from workload.peers import forecast_elsewhere, python_of_peers
from workload.real import SHARED

from riskmodels.backtesting.accuracy import interval_score
from riskmodels.forecasting import DEFAULT_LEVELS, forecast
from riskmodels.panel import Panel

FILE = SHARED / "series" / "m3_monthly.parquet"
HORIZON, YEAR, LAST = 18, 12, "2000-12"
METHODS = ("DOT-sqrt", "AutoTheta", "AutoETS")
SEASONAL = 1.645  # a season stands out of the noise, at 90 %


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return histories that end together, NaN before they begin, and outcomes: (n, T) and (n, h)."""
    rows = pd.read_parquet(FILE)
    train = rows[rows["part"] == "train"]
    place = train.groupby("series")["t"].transform("max") - train["t"]
    history = train.assign(back=-place).pivot_table(index="series", columns="back", values="value")
    test = rows[rows["part"] == "test"].pivot_table(index="series", columns="t", values="value", sort=False)
    outcomes = [row[np.isfinite(row)] for row in test.loc[history.index].to_numpy()]
    return history.to_numpy(), np.stack(outcomes)


def naive2(history: np.ndarray) -> np.ndarray:
    """Forecast the last value of the series, cleaned of its season where one stands out, and put it back."""
    known = history[np.isfinite(history)]
    factors = factors_of(known)
    ahead = (len(known) + np.arange(HORIZON)) % YEAR
    return known[-1] / factors[(len(known) - 1) % YEAR] * factors[ahead]


def factors_of(values: np.ndarray) -> np.ndarray:
    """Seasonal factors by ratios to a moving average; ones where the autocorrelation at a year is small."""
    around = values - values.mean()
    lags = np.array([(around[lag:] * around[: len(around) - lag]).sum() for lag in range(YEAR + 1)])
    correlation = lags / max(lags[0], 1e-300)
    limit = SEASONAL * np.sqrt((1 + 2 * (correlation[1:YEAR] ** 2).sum()) / len(values))
    if len(values) < 2 * YEAR or abs(correlation[YEAR]) <= limit:
        return np.ones(YEAR)
    trend = np.convolve(values, np.r_[0.5, np.ones(YEAR - 1), 0.5] / YEAR, "valid")
    half = YEAR // 2
    ratios = pd.Series(values[half:-half] / trend).groupby(np.arange(half, len(values) - half) % YEAR).mean()
    return (ratios / ratios.mean()).to_numpy()


def errors_of(actual: np.ndarray, made: np.ndarray, scale: np.ndarray) -> tuple[float, float]:
    """Return sMAPE [%] and MASE, over the series whose history varies."""
    percent = 200 * np.abs(actual - made) / (np.abs(actual) + np.abs(made))
    varies = scale > 0
    return float(percent.mean()), float((np.abs(actual - made).mean(axis=1) / scale)[varies].mean())


def quantiles_by_method(
    history: np.ndarray, python: str | None
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield names, points, and quantiles (n, h, q)."""
    panel = Panel(
        keys=pd.DataFrame({"series": np.arange(len(history))}),
        periods=pd.period_range(end=LAST, periods=history.shape[1], freq="M"),
        values=history,
        exposure=None,
        kind="amount",
    )
    ours = forecast(panel, horizon=HORIZON)
    yield "riskmodels, auto", ours.mean, ours.quantiles
    if python:
        made = forecast_elsewhere({"m3": history}, horizon=HORIZON, python=python)
        for method in METHODS:
            quantiles = made[f"m3/{method}"]
            yield method, quantiles[..., len(DEFAULT_LEVELS) // 2], quantiles


def main(python: str | None) -> None:
    """Print the table."""
    if not FILE.exists():
        print(f"skipped: {FILE.name} is not on this machine")
        return
    history, actual = load()
    scale = np.nanmean(np.abs(history[:, YEAR:] - history[:, :-YEAR]), axis=1)
    reference = errors_of(actual, np.stack([naive2(row) for row in history]), scale)
    print(f"{len(history):,} monthly series, {HORIZON} ahead")
    print(f"{'':20}{'sMAPE':>8}{'OWA':>8}{'covers':>9}{'MSIS':>8}")
    print(f"{'Naive2':20}{reference[0]:>8.2f}{1:>8.3f}")
    for name, points, quantiles in quantiles_by_method(history, python):
        errors = errors_of(actual, points, scale)
        owa = np.mean([error / other for error, other in zip(errors, reference, strict=True)])
        lower, upper = quantiles[..., 0], quantiles[..., -1]
        score = interval_score(actual, lower, upper, alpha=0.05).mean(axis=1) / scale
        covers = ((lower <= actual) & (actual <= upper)).mean()
        print(f"{name:20}{errors[0]:>8.2f}{owa:>8.3f}{covers:>9.1%}{score[scale > 0].mean():>8.2f}")


if __name__ == "__main__":
    main(python_of_peers())
