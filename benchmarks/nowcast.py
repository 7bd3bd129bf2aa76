"""Complaints logged late: what the nowcast's completeness is worth to a forecast.

Panels of negative binomial counts with a season; every complaint is logged after a random delay with a mean of
25 days, stationary, or doubling from 25 to 50 days over the last twelve months. The forecast of the next six
months from what is logged on the as-of day is compared with the one from all complaints: uncorrected, corrected
with reverse-time hazards of all history (the chain ladder), and with the nowcast.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

import riskmodels as rm
from riskmodels.backtesting.accuracy import weighted_quantile_loss
from riskmodels.forecasting import DEFAULT_LEVELS

AS_OF, MEAN_DAYS, AHEAD, YEAR, LOOKED_AT = pd.Timestamp("2026-09-30"), 25.0, 6, 365.25, 3
SHAPES = {  # of mean one
    "gamma": stats.gamma(2, scale=0.5),
    "weibull": stats.weibull_min(0.7, scale=0.7899),
    "lognormal": stats.lognorm(1.0, scale=np.exp(-0.5)),
}
DRIFTS = ("none", "doubling")
CASES = [(shape, drift, 30) for shape in SHAPES for drift in DRIFTS] + [
    ("gamma", drift, 300) for drift in DRIFTS
]
CORRECTIONS = ("none", "chain ladder", "nowcast")


@dataclass(frozen=True)
class Bank:
    """Final counts (series, months) with the future, the complaints of the past, and true completeness."""

    counts: np.ndarray
    periods: pd.PeriodIndex
    series: np.ndarray
    rows: pd.DataFrame
    completeness: np.ndarray


def mean_days(age: np.ndarray, drift: str) -> np.ndarray:
    """Mean delay of what was received ``age`` days before the as-of day [days]."""
    return MEAN_DAYS * (2 ** np.clip(1 - age / YEAR, 0, 1) if drift == "doubling" else np.ones_like(age))


def true_completeness(periods: pd.PeriodIndex, shape: str, drift: str) -> np.ndarray:
    """Share logged by the as-of day, over hours received, of each month."""
    shares = []
    for period in periods:
        end = (AS_OF + pd.Timedelta(days=1) - period.to_timestamp()).days
        age = end - (np.arange(24 * period.days_in_month) + 0.5) / 24
        shares.append(SHAPES[shape].cdf(age / mean_days(age, drift)).mean())
    return np.array(shares)


def draw_bank(shape: str, drift: str, series: int, months: int, seed: int) -> Bank:
    """Draw a bank of series of 2 to 60 complaints a month."""
    rng = np.random.default_rng(seed)
    last = AS_OF.to_period("M")
    periods = pd.period_range(last - months + 1, last + AHEAD, freq="M")
    season = 1 + 0.25 * np.sin(2 * np.pi * periods.month.to_numpy() / 12)
    level = np.exp(rng.uniform(np.log(2), np.log(60), series))
    mean = level[:, None] * season * periods.days_in_month.to_numpy() / 30.4
    counts = rng.poisson(mean * rng.gamma(1 / 0.05, 0.05, mean.shape))
    past = counts[:, :months]
    row, month = np.repeat(np.indices(past.shape).reshape(2, -1), past.ravel(), axis=1)
    start, length = periods.to_timestamp().to_numpy()[month], periods.days_in_month.to_numpy()[month]
    received = start + (rng.uniform(size=len(row)) * length * 86_400).astype("m8[s]")
    age = (AS_OF + pd.Timedelta(days=1) - pd.Series(received)).dt.total_seconds().to_numpy() / 86_400
    delay = SHAPES[shape].rvs(size=len(row), random_state=rng) * mean_days(age, drift)
    rows = pd.DataFrame({"received_at": received, "logged_at": received + (delay * 86_400).astype("m8[s]")})
    return Bank(counts, periods, row, rows, true_completeness(periods[:months], shape, drift))


def panel_of(counts: np.ndarray, periods: pd.PeriodIndex) -> rm.Panel:
    """Make a panel of counts (series, months)."""
    keys = pd.DataFrame({"series": np.arange(len(counts)).astype("str")})
    return rm.Panel(
        keys=keys,
        periods=periods[: counts.shape[1]],
        values=counts.astype(float),
        exposure=None,
        kind="count",
    )


def chain_ladder(rows: pd.DataFrame, periods: pd.PeriodIndex) -> np.ndarray:
    """Completeness of each month by reverse-time hazards of all history, days weighing alike."""
    day = np.timedelta64(1, "D")
    delay = (rows["logged_at"].dt.normalize() - rows["received_at"].dt.normalize()).to_numpy() // day
    age = (AS_OF - rows["received_at"].dt.normalize()).to_numpy() // day
    longest = int(age.max()) + 1
    came = np.bincount(delay, minlength=longest)
    at_risk = np.cumsum(came) - np.append(0, np.cumsum(np.bincount(age, minlength=longest))[:-1])
    hazard = np.where(at_risk > 0, came / np.maximum(at_risk, 1), 0.0)
    share = np.append(np.cumprod((1 - hazard[1:])[::-1])[::-1], 1.0)
    days = pd.date_range(periods[0].start_time, AS_OF)
    by_day = pd.Series(share[np.minimum((AS_OF - days).days, longest - 1)], index=days)
    return by_day.groupby(days.to_period("M")).mean().to_numpy()


def measure(case: tuple[str, str, int, int]) -> list[float]:
    """Forecast one bank; total, wQL and the error of the last month's completeness by correction."""
    shape, drift, series, seed = case
    months = 48 if seed % 2 else 60
    bank = draw_bank(shape, drift, series, months, seed)
    seen = bank.rows["logged_at"] < AS_OF + pd.Timedelta(days=1)
    places = bank.periods.get_indexer(bank.rows["received_at"].dt.to_period("M"))
    known = np.zeros((series, months))
    np.add.at(known, (bank.series[seen], places[seen]), 1)
    now = rm.nowcast(bank.rows, as_of="2026-09-30")
    partial, future = panel_of(known, bank.periods), bank.counts[:, months:].astype(float)
    shares = [
        np.ones(months),
        chain_ladder(bank.rows[seen], partial.periods),
        now.for_periods(partial.periods),
    ]
    outlooks = [rm.forecast(panel_of(bank.counts[:, :months], bank.periods), horizon=AHEAD)]
    outlooks += [
        rm.forecast(partial, horizon=AHEAD, completeness=np.maximum(share, 1e-6)) for share in shares
    ]
    levels = np.array(DEFAULT_LEVELS)
    losses = [weighted_quantile_loss(future, outlook.quantiles, levels) for outlook in outlooks]
    totals = [float(outlook.mean.sum()) for outlook in outlooks]
    last = now.table.iloc[-LOOKED_AT:]
    true = bank.completeness[-LOOKED_AT:]
    inside = (last["lower"] <= true) & (true <= last["upper"])
    final = bank.counts[:, months - LOOKED_AT : months].sum(axis=0)
    final_inside = (last["nowcast_lower"] <= final) & (final <= last["nowcast_upper"])
    errors = [share[-1] / true[-1] - 1 for share in shares]
    return [*totals, future.sum(), *losses, *errors, inside.mean(), final_inside.mean()]


def main(seeds: int) -> None:
    """Print the table: means over the seeds."""
    print(
        f"{seeds} seeds a row, forecast of {AHEAD} months; bias of the total and wQL against all complaints known"
    )
    print(f"{'':48}{'error of last':>14}{'bias of':>10}{'against':>10}{'wQL':>8}{'coverage of 95 %':>20}")
    print(
        f"{'delay':12}{'drift':10}{'series':>6}  {'correction':18}{'completeness':>14}{'forecast':>10}{'future':>10}"
        f"{'ratio':>8}{'completeness':>14}{'counts':>8}"
    )
    with ProcessPoolExecutor(2) as pool:
        for case in CASES:
            found = np.array(list(pool.map(measure, [(*case, seed) for seed in range(seeds)])))
            totals, future, losses = found[:, :4], found[:, [4]], found[:, 5:9]
            bias = (totals[:, 1:] / totals[:, [0]]).mean(axis=0) - 1
            against = (totals / future).mean(axis=0) - 1
            ratio = losses[:, 1:].mean(axis=0) / losses[:, 0].mean()
            errors = found[:, 9:12].mean(axis=0)
            for place, name in enumerate(CORRECTIONS):
                cover = (
                    f"{found[:, 12].mean():>14.0%}{found[:, 13].mean():>8.0%}" if name == "nowcast" else ""
                )
                print(
                    f"{case[0]:12}{case[1]:10}{case[2]:>6}  {name:18}{errors[place]:>14.1%}{bias[place]:>10.1%}"
                    f"{against[place + 1]:>10.1%}{ratio[place]:>8.3f}{cover}",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
