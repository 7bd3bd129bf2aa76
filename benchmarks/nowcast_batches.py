"""Batches are no delays: the nowcast holds the truth where many complaints are logged on one day.

Banks of 1 to 12 complaints a day over two and a half years, by five ways of logging: with delays of ten days on
average; the same after a new system whose day all older complaints bear, a year or two months ago; by loads on the
fifth of each month, looked at before and after the load. The 95 % interval of the last month's count is compared
with the truth, and its width with that of an oracle that knows the batches: the nowcast of the same complaints
with their delays.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

import riskmodels as rm

FIRST, MEAN_DAYS, LEVEL = pd.Timestamp("2023-01-01"), 10.0, (0.025, 0.975)
WAYS = ("delays", "new system a year ago", "new system two months ago", "load to come", "load that came")
LEAST_COVERED, MOST_WIDER = 0.91, 2.0


@dataclass(frozen=True)
class Bank:
    """Complaints by day received and logged, the as-of day, the last month's count, and the oracle's width."""

    rows: pd.DataFrame
    as_of: pd.Timestamp
    truth: int
    oracle: float


def draw_bank(way: str, seed: int) -> Bank:
    """Draw a bank that logs in one of the ways."""
    rng = np.random.default_rng([WAYS.index(way), seed])
    as_of = pd.Timestamp("2025-07-10" if way == "load that came" else "2025-06-30")
    a_day = float(rng.uniform(1, 12))
    days = pd.date_range(FIRST, as_of)
    received = days.repeat(rng.poisson(a_day, len(days)))
    logged = delayed = received + pd.to_timedelta(
        rng.exponential(MEAN_DAYS, len(received)).astype(int), unit="D"
    )
    if way.startswith("new"):
        change = pd.Timestamp("2024-07-01" if "year" in way else "2025-05-01")
        logged = logged.where(received >= change, change)
    if way.startswith("load"):
        logged = (received.to_period("M") + 1).start_time + pd.Timedelta(days=4)
    june = received.to_period("M") == pd.Period("2025-06")
    rows = pd.DataFrame({"received_at": received, "logged_at": logged})
    return Bank(rows, as_of, int(june.sum()), _oracle(way, rows, delayed, as_of, a_day))


def _oracle(
    way: str, rows: pd.DataFrame, delayed: pd.DatetimeIndex, as_of: pd.Timestamp, a_day: float
) -> float:
    """Width of the interval of who knows the batches: of a load to come the year before, else all delays."""
    if way == "load that came":
        return 0.0
    if way == "load to come":
        rest = a_day * 30
        return float(np.diff(stats.norm(rest, np.sqrt(rest + rest**2 / (a_day * 365))).ppf(LEVEL))[0])
    found = rm.nowcast(rows.assign(logged_at=delayed), as_of=as_of).table.iloc[-1]
    return float(found["nowcast_upper"] - found["nowcast_lower"])


def measure(way: str, seed: int) -> tuple[bool, float, float]:
    """Nowcast one bank: whether the interval holds the truth, its width, and the oracle's [complaints]."""
    bank = draw_bank(way, seed)
    last = rm.nowcast(bank.rows, as_of=bank.as_of).table.set_index("period").loc["2025-06"]
    lower, upper = float(last["nowcast_lower"]), float(last["nowcast_upper"])
    return lower <= bank.truth <= upper, upper - lower, bank.oracle


def check(found: dict[str, np.ndarray]) -> None:
    """Hold the claim: of all banks, and of each way within the chance of so few."""
    everything = np.concatenate(list(found.values()))
    covered = everything[:, 0].mean()
    if stats.binom(len(everything), LEAST_COVERED).cdf(everything[:, 0].sum()) < 0.05:
        raise AssertionError(f"only {covered:.1%} of the intervals hold the truth")
    for way, rows in found.items():
        if rows[:, 1].mean() > MOST_WIDER * rows[:, 2].mean() + 1:
            raise AssertionError(f"{way}: {rows[:, 1].mean():.1f} wide, the oracle {rows[:, 2].mean():.1f}")


def main(seeds: int) -> None:
    """Print the table: means over the seeds."""
    found = {way: np.array([measure(way, seed) for seed in range(seeds)]) for way in WAYS}
    print(f"{seeds} banks a row{'':20}{'truth inside':>14}{'width':>10}{'oracle':>10}")
    for way, rows in found.items():
        print(f"{way:32}{rows[:, 0].mean():>13.1%}{rows[:, 1].mean():>10.1f}{rows[:, 2].mean():>10.1f}")
    check(found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
