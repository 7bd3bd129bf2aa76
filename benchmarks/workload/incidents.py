"""Banks with incidents whose complaints are known, and what is said of them.

Each bank has two to three years of days with weekdays, a season, a drifting level and days that vary more than
chance; an incident every 45 days of its last year, half of them with complaints of their own.
"""

import numpy as np
import pandas as pd

from riskmodels.effects.incident_days import Days
from riskmodels.effects.incident_windows import total_excess, windows_of

BANKS, INCIDENTS, EVERY = 90, 8, 45  # series, incidents each, days between them
PLANTED = 60.0  # complaints of an incident that has any
WEEKDAYS = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.7, 0.6])


def simulated_bank(rng: np.random.Generator, size: int = 1000) -> tuple[Days, pd.DataFrame]:
    """Return a bank's days and its incidents, with the complaints ``planted`` by each."""
    days = pd.date_range("2023-01-02", periods=size, freq="D", unit="s")
    drift = 0.1 * np.convolve(rng.normal(0, 1, size + 120), np.full(120, 1 / 11), "valid")[:size]
    season = 0.1 * np.sin(2 * np.pi * np.arange(size) / 365)
    mean = rng.choice([5.0, 20.0, 60.0]) * np.exp(drift + season) * WEEKDAYS[days.day_of_week]
    counts = rng.poisson(mean * rng.gamma(20.0, 1 / 20.0, size)).astype(float)
    start = size - EVERY * np.arange(INCIDENTS, 0, -1) + 10
    planted = rng.poisson(PLANTED, INCIDENTS) * (rng.random(INCIDENTS) < 0.5)
    for first, more in zip(start, planted, strict=True):
        counts[first : first + 7] += rng.multinomial(more, np.full(7, 1 / 7))
    at = days[start] + pd.Timedelta(hours=10)
    incidents = pd.DataFrame(
        {"incident_id": [f"N{n}" for n in range(INCIDENTS)], "scope": "", "planted": planted}
    )
    incidents = incidents.assign(started_at=at, ended_at=at + pd.Timedelta(hours=2))
    keys = pd.DataFrame({"scope": [""], "kind": [""], "name": [""]})
    working = np.asarray(days.day_of_week) < 5
    return Days(days=days, working=working, logged=np.ones(size), keys=keys, counts=counts[None]), incidents


def told(seed: int, banks: int = BANKS) -> pd.DataFrame:
    """Return one row an incident: what was planted and what is said of it."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(banks):
        seen, incidents = simulated_bank(rng)
        windows = windows_of(incidents, seen, [""], incidents["started_at"].min())
        said = total_excess(windows, probability=0.9, draws=2000, rng=rng)
        found.append(incidents.merge(said, left_on="incident_id", right_on="episode"))
    return pd.concat(found, ignore_index=True)


def figures(rows: pd.DataFrame) -> pd.Series:
    """Return coverage, false alarms, how often an excess is seen, and the bias."""
    held = (rows["lower"] <= rows["planted"]) & (rows["planted"] <= rows["upper"])
    none = rows["planted"] == 0
    seen = rows["p_value"] < 0.05
    return pd.Series(
        {
            "incidents": float(len(rows)),
            "coverage of 90 %": held.mean(),
            "coverage where none was planted": held[none].mean(),
            "coverage where some were": held[~none].mean(),
            "said to have led to more, without any": seen[none].mean(),
            "said to have led to more, with 60": seen[~none].mean(),
            "mean error [complaints]": (rows["excess"] - rows["planted"]).mean(),
        }
    )
