"""Checks of forecasts and nowcasts: from the backtest that is saved, and from what is cheap to compute."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.backtesting import Backtest, ForecastReview
from riskmodels.errors import TooLittleError
from riskmodels.forecasting import FINAL, Forecast, forecast, nowcast
from riskmodels.tables import Tables
from riskmodels.validation.evidence import NO_FIGURE, ONE_SIDED, Measured, beyond_chance

_OUTSIDE, _TWICE = 0.05, 0.10  # of outcomes outside a 95 % interval: as promised, and twice that
_TENTH, _FIFTH = 0.10, 0.20  # of outcomes outside a 90 % interval: as promised, and twice that
_NARROW, _INNER = 0.10, 0.90  # levels of the central 80 % interval
_TOO_FEW = 0.10  # of outcomes outside the 80 % interval: half of what was promised; ours
_BIAS, _GREAT_BIAS = 0.05, 0.15  # of the outcomes: one of a team of twenty, and three of them; ours
_WORSE = 1.1  # times the loss of the best simple method: a tenth more; ours
_LEVEL, _SURE = 0.05, 0.001  # p-values: usual, and one that a dozen models do not see by chance
_THINNER, _HALF = 0.7, 0.5  # width beside the backtest's: normal 95 % intervals then hold 83 %, and 67 %
_ANOTHER, _ELSEWHERE = 1.0, 2.0  # half-widths of the 95 % interval: beyond it, and twice as far
_SHORTEST = 24  # months, after the history is halved: two seasons
_BEFORE = (3, 6, 9)  # months before the last one from which the nowcast is made again
_ROUNDING = 0.5  # complaints: an interval of whole numbers
_GOLDEN = (5**0.5 - 1) / 2  # the ratio whose multiples fill an interval most evenly
_SIMPLE = ("seasonal_naive", "empirical24")
_ENDS = (0.025, 0.975)  # levels of the 95 % interval


def outside_intervals(record: Backtest) -> Measured:
    """Share of outcomes outside their 95 % interval by the randomised PIT, less 1.645 standard errors."""
    row = _own(record)
    error = np.hypot(row["pit_above_975_se"], row["pit_below_025_se"])
    share = row["pit_above_975"] + row["pit_below_025"] - ONE_SIDED * error
    return Measured(max(float(share), 0.0), _OUTSIDE, _TWICE)


def outside_narrow_intervals(record: Backtest) -> Measured:
    """Share of outcomes outside their 80 % interval: few where intervals are wider than need be."""
    bins = record.pit_histogram
    bins = bins[bins["method"] == _own(record)["method"]]
    outer = (bins["upper"] <= _NARROW + 1e-9) | (bins["lower"] >= _INNER - 1e-9)  # edges are sums of 0.05
    return Measured(float(bins.loc[outer, "share"].sum()), _TOO_FEW, NO_FIGURE)


def uncalibrated_totals(record: Backtest) -> Measured:
    """p-value of the totals' intervals over all horizons: low where totals are outside too often."""
    rows = record.totals[record.totals["method"] == _own(record)["method"]]
    return Measured(float(rows["p_value"].iloc[-1]), _LEVEL, _SURE)


def bias(record: Backtest) -> Measured:
    """Distance of the sums of forecasts and outcomes, over the outcomes."""
    return Measured(abs(float(_own(record)["bias"])), _BIAS, _GREAT_BIAS)


def loss_beside_rivals(record: Backtest) -> Measured:
    """Weighted quantile loss over that of the best simple method."""
    rivals = record.table.loc[record.table["method"].isin(_SIMPLE), "wql"]
    return Measured(float(_own(record)["wql"] / rivals.min()), 1.0, _WORSE)


def width_beside_backtest(outlook: Forecast, record: Backtest) -> Measured:
    """Relative width of the outlook's intervals of the total over that of the intervals that were tested."""
    if not {*_ENDS} <= {*outlook.levels}:
        return Measured(float("nan"), _THINNER, _HALF)
    tested = record.by_origin[record.by_origin["method"] == _own(record)["method"]]
    width = (tested["upper_975"] - tested["lower_025"]) / tested["mean"]
    usual = width.groupby(tested["horizon"]).median().to_numpy(float)
    ratio = _relative_width(outlook)[: len(usual)] / usual[: outlook.quantiles.shape[1]]
    return Measured(float(np.median(ratio)), _THINNER, _HALF)


def change_with_half_the_history(outlook: Forecast) -> Measured:
    """Change of the outlook's sum where only the later half of the history is known, in half-widths."""
    panel = outlook.panel
    months = len(panel.periods) // 2
    if panel.periods.freqstr != "M" or months < _SHORTEST:
        raise TooLittleError(f"{len(panel.periods)} periods; {2 * _SHORTEST} months are needed")
    share = outlook.completeness
    again = forecast(
        panel.since(len(panel.periods) - months),
        horizon=outlook.quantiles.shape[1],
        method=outlook.method,
        calendar=outlook.calendar,
        completeness=None if share is None else np.asarray(share)[..., -months:],
    )
    half_width = (_relative_width(outlook) / 2).mean()
    change = abs(float(again.mean.sum() / outlook.mean.sum()) - 1)
    return Measured(change / half_width, _ANOTHER, _ELSEWHERE)


def review_outside(review: ForecastReview) -> Measured:
    """p-value of the reviewed quarter's total under the forecast that was made for it, from both sides."""
    rows = review.table[review.table["level"] == "total"]
    rows = rows[rows["period"].astype(str) == review.period]
    pit = float(rows["pit"].iloc[0]) if len(rows) else float("nan")
    return Measured(2 * min(pit, 1 - pit) if np.isfinite(pit) else pit, _LEVEL, _SURE)


def nowcasts_outside(tables: Tables) -> Measured:
    """Share of final counts outside earlier nowcasts of months not complete then, less 1.645 errors."""
    found = _nowcast_again(tables)
    wrong = (found["final"] < found["nowcast_lower"] - _ROUNDING) | (
        found["final"] > found["nowcast_upper"] + _ROUNDING
    )
    return beyond_chance(wrong.to_numpy(), _TENTH, _FIFTH)


def nowcast_beside_reported(tables: Tables) -> Measured:
    """Error of those nowcasts over that of what had been logged by then."""
    found = _nowcast_again(tables)
    error = (found["nowcast"] - found["final"]).abs().sum()
    return Measured(float(error / (found["reported"] - found["final"]).abs().sum()), 1.0, _WORSE)


def nowcast_of_exponential_delays() -> Measured:
    """Largest error of the completeness of months whose delays are exponential, which is known."""
    delay, first = 20.0, pd.Timestamp("2024-01-01")  # days
    days = np.repeat(np.arange(366.0), 12)  # a dozen a day over a leap year
    spread = (np.arange(len(days)) * _GOLDEN) % 1.0  # evenly over (0, 1), and over every run of days
    late = -delay * np.log1p(-spread)
    rows = pd.DataFrame(
        {
            "received_at": first + pd.to_timedelta(days, "D"),
            "logged_at": first + pd.to_timedelta(np.floor(days + late), "D"),
        }
    )
    found = nowcast(rows, as_of="2024-12-31").table.tail(2)
    ages = [np.arange(30.0) + 31 + 1, np.arange(31.0) + 1]  # of the days of November and December, whole
    known = [float((1 - np.exp(-age / delay)).mean()) for age in ages]
    return Measured(float(np.abs(found["completeness"].to_numpy() - known).max()), 0.02, 0.05)  # of all


def _own(record: Backtest) -> pd.Series:
    """Return the row of the method that is not a simple one."""
    rows = record.table[~record.table["method"].isin(_SIMPLE)]
    if rows.empty:
        raise TooLittleError("the backtest holds simple methods alone")
    return rows.iloc[0]


def _relative_width(outlook: Forecast) -> Floats:
    """Width of the 95 % interval of the total over its mean, (h,)."""
    total = outlook.aggregate()
    low, high = (outlook.levels.index(level) for level in _ENDS)
    return np.asarray((total.quantiles[0, :, high] - total.quantiles[0, :, low]) / total.mean[0])


def _nowcast_again(tables: Tables) -> pd.DataFrame:
    """Nowcast from earlier days, and set beside it what the same months came to."""
    if tables.complaints is None:
        raise TooLittleError("there is no table of complaints")
    final = nowcast(tables.complaints).table.set_index("period")
    parts = []
    for before in _BEFORE:
        day = (pd.Period(final.index[-1], "M") - before).end_time.date()
        then = nowcast(tables.complaints, as_of=day).table.tail(3)
        came = final.reindex(then["period"])
        known = came["completeness"].to_numpy() >= FINAL
        parts.append(then.assign(final=np.where(known, came["reported"], np.nan)))
    found = pd.concat(parts).dropna(subset=["final"])
    return found[found["completeness"] < FINAL]
