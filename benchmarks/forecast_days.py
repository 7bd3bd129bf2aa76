"""Days and weeks: wQL, coverage of intervals and tails of ``auto`` beside simple methods, and the time.

Real panels: Bank of America's complaints to the CFPB by the day received (total, product, product and
channel), all complaints to the CFPB by day, and the sample bank by product, each by days (four weeks ahead)
and weeks (thirteen ahead); an origin every four weeks. Simulated: 200 series of one bank that works by China's
calendar, the make-up working days included, with weekdays, a yearly wave, levels that wander, a variance of
one and a half times the mean. ``seasonal_naive`` is the same weekday last week, or the same week last year;
``empirical24`` the last 24 of the same weekday, or the last 24 weeks; ``ets`` is statsmodels' (with weekdays;
of weeks without season), where asked for, of totals alone: it takes minutes.

    python benchmarks/forecast_days.py [early] [ets] [words of a panel's name]

Settings were chosen on what ``early`` shows: origins before the dates in ``SPLIT``; without it, those after.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from workload.real import SHARED

from riskmodels import ingest
from riskmodels.backtesting import backtest
from riskmodels.forecasting import forecast
from riskmodels.panel import Panel
from riskmodels.periods.workdays import working_days

AHEAD = {"D": 28, "W": 13}
STEP = {"D": 28, "W": 4}  # periods from origin to origin
FIRST = {"D": 400, "W": 60}  # periods before the first origin
SPLIT = {"bank": "2019-10-01", "all": "2018-01-01", "sample": "2025-01-01", "simulated": "2025-01-01"}
LAST = {"bank": "2021-08-31", "all": "2023-02-28", "sample": "2026-08-31", "simulated": "2026-12-31"}
METHODS = ("auto", "seasonal_naive", "empirical24")
SPEED = (1000, 730, 28)  # series, days, days ahead


def panel_of(frame: pd.DataFrame, keys: list[str], freq: str, last: str) -> Panel:
    """Count rows with a day, or add up their column n."""
    frame = frame[frame["day"] <= last]
    value = frame.get("n", 1.0)
    long = frame[keys].assign(period=frame["day"].dt.to_period(freq), value=value)
    unknown = frame.attrs.get("unknown", ())
    panel = Panel.from_long(long, keys=keys, period="period", value="value", freq=freq, unknown=unknown)
    return panel.since(1) if freq == "W" else panel  # the first is cut


def simulated() -> pd.DataFrame:
    """Draw the days of a bank in China."""
    rng = np.random.default_rng(20)
    days = pd.date_range("2022-01-03", "2027-01-03")
    works = working_days(days[0].date(), days[-1].date(), country="CN")["working_index"].diff().fillna(1) > 0
    weekday = np.array([0.2, 0.1, 0.05, 0.0, 0.0, 0.0, 0.0])[days.day_of_week]
    profile = np.where(works, weekday, -1.0) + 0.2 * np.cos(2 * np.pi * days.day_of_year / 365.25)
    level = rng.lognormal(0.5, 1.2, (200, 1)) * np.exp(
        np.cumsum(rng.normal(0, 0.006, (200, len(days))), axis=1)
    )
    mean = level * np.exp(profile.to_numpy())
    counts = rng.poisson(rng.gamma(mean / 0.5, 0.5))
    series = pd.Series(np.arange(200)).astype(str).repeat(len(days)).reset_index(drop=True)
    return pd.DataFrame({"series": series, "day": np.tile(days, 200), "n": counts.ravel()})


def cases() -> Iterator[tuple[str, str, pd.DataFrame, list[str], str]]:
    """Yield name, group, rows with a day, keys and country."""
    bank = pd.read_parquet(SHARED / "cfpb/bank_of_america_2017_2021.parquet")
    bank = bank.rename(columns={"Date submitted": "day", "Product": "product", "Submitted via": "channel"})
    bank = bank[bank["day"] >= "2017-05-01"]
    yield "Bank of America, total", "bank", bank, [], "US"
    yield "… by product", "bank", bank, ["product"], "US"
    yield "… by product × channel", "bank", bank, ["product", "channel"], "US"
    whole = pd.read_csv(SHARED / "cfpb/cfpb_daily_total_2011_2023.csv", parse_dates=["date_received"])
    whole = whole.rename(columns={"date_received": "day", "complaint_count": "n"})
    yield "all complaints to the CFPB", "all", whole[whole["day"] >= "2015-01-01"], [], "US"
    table = ingest("params/sources/sample.yaml").require("complaints")
    rows = table.frame(["product", "received_at"])
    rows.attrs["unknown"] = table.provenance.unknown_months
    yield (
        "sample bank by product",
        "sample",
        rows.assign(day=rows["received_at"].dt.normalize()),
        ["product"],
        "CN",
    )
    yield "simulated, 200 series", "simulated", simulated(), ["series"], "CN"


def scored(panel: Panel, group: str, country: str, *, early: bool, methods: tuple[str, ...]) -> pd.DataFrame:
    """Backtest a panel at origins every four weeks."""
    freq = panel.periods.freqstr[0]
    ahead, split = AHEAD[freq], pd.Timestamp(SPLIT[group])
    places = range(FIRST[freq], len(panel.periods) - ahead, STEP[freq])
    ends = [panel.periods[place] for place in places]
    inside = [end for end in ends if ((end + ahead).end_time < split) == early]
    return backtest(panel, horizon=ahead, origins=inside, methods=methods, calendar=country).table.assign(
        origins=len(inside)
    )


def compare(*, early: bool, ets: bool, only: str) -> None:
    """Print a table for every panel."""
    for name, group, rows, keys, country in cases():
        for freq in ("D", "W"):
            if only and only not in f"{name} {freq}":
                continue
            panel = panel_of(rows, keys, freq, LAST[group])
            methods = METHODS if len(panel.keys) > 1 or not ets else (*METHODS, "ets")
            start = time.process_time()
            found = scored(panel, group, country, early=early, methods=methods).set_index("method")
            columns = ["wql", "coverage_95", "coverage_80", "pit_above_975", "pit_below_025", "bias"]
            print(f"\n{name}, {freq}, {len(panel.keys)} series, {found['origins'].iloc[0]} origins", end="")
            print(f" ({time.process_time() - start:.0f} CPU seconds)")
            print(found[columns].round(4).to_string(), flush=True)


def speed() -> None:
    """Print the CPU seconds of a large panel."""
    n, length, ahead = SPEED
    rng = np.random.default_rng(0)
    days = pd.period_range("2024-01-01", periods=length, freq="D")
    values = rng.poisson(rng.lognormal(0, 1, (n, 1)), (n, length)).astype(float)
    keys = pd.DataFrame({"series": np.arange(n)})
    panel = Panel(keys=keys, periods=days, values=values, exposure=None, kind="count")
    start = time.process_time()
    made = forecast(panel, horizon=ahead, calendar="CN").quantiles
    seconds = time.process_time() - start
    print(f"\n{n:,} series × {length} days, {ahead} ahead: {seconds:.1f} CPU seconds {made.shape}")


if __name__ == "__main__":
    words = sys.argv[1:]
    only = " ".join(word for word in words if word not in {"early", "ets"})
    compare(early="early" in words, ets="ets" in words, only=only)
    speed()
