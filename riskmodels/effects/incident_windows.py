"""The windows of incidents against the days before them: complaints in all, by part, and day by day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.effects.excess import Due, day_profile, due_by_day, window_excess
from riskmodels.effects.incident_days import Days, quiet_days, with_windows

WINDOW = 7  # days after an incident's start or end: every weekday once
_AROUND = 28  # days shown before a window
_FIGURES = ("days", "known_days", "observed", "expected", "excess", "lower", "upper", "p_value")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Incidents with their windows, one row per episode in ``episodes``; what was due, and the quiet days."""

    incidents: pd.DataFrame
    episodes: pd.DataFrame
    seen: Days
    due: Due
    quiet: Flags


def windows_of(major: pd.DataFrame, seen: Days, scopes: Sequence[str], begin: pd.Timestamp) -> Windows:
    """Lay the windows of incidents over the days and estimate what was due; ``begin``: of the review."""
    placed = with_windows(major[major["started_at"] >= seen.days[0]], seen.days, WINDOW)
    quiet = quiet_days(placed, scopes, len(seen.days))
    row = seen.keys["scope"].map({scope: place for place, scope in enumerate(scopes)}).to_numpy()
    known = np.isfinite(seen.counts)
    used = known & quiet[row]
    before = int(seen.days.searchsorted(begin))
    bank = int(np.flatnonzero((seen.keys["kind"] == "") & (seen.keys["scope"] == ""))[0])
    learnt = used[bank] & (np.arange(len(seen.days)) < before)
    profile = day_profile(np.nan_to_num(seen.counts[bank]), learnt, seen.days, seen.working)
    profile = profile * np.nan_to_num(seen.logged)
    due = due_by_day(seen.counts, used, profile, before=before, length=WINDOW)
    episodes = placed.groupby("episode", as_index=False, sort=False).agg(
        scope=("scope", "first"), first=("first", "min"), stop=("stop", "max"), members=("incident_id", list)
    )
    return Windows(incidents=placed, episodes=episodes, seen=seen, due=due, quiet=quiet)


def of_episodes(windows: Windows, chosen: pd.Series) -> Windows:
    """Keep some of the episodes."""
    return replace(windows, episodes=windows.episodes[windows.episodes["episode"].isin(chosen)])


def total_excess(
    windows: Windows, *, probability: float, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the figures of ``window_excess`` and ``reason`` by episode."""
    series = _series(windows)
    figures = _excess(windows, windows.episodes, series, probability, draws, rng)
    level = windows.due.level[series, windows.episodes["first"].to_numpy()]
    hole = figures["known_days"] * 2 < figures["days"]
    known = np.isfinite(windows.seen.counts).any(axis=0)
    last = int(np.flatnonzero(known).max(initial=-1))
    unlogged = hole & (windows.episodes["stop"].to_numpy() > last + 1)
    reason = np.select([unlogged, hole, np.isnan(level)], ["early", "hole", "short"], "")
    reason = reason if known.any() else np.full(len(reason), "no_days")
    return figures.assign(episode=windows.episodes["episode"].to_numpy(), reason=reason)


def part_excess(
    windows: Windows, *, probability: float, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the same by channel, customer group and product; those of one of them add up to the total."""
    keys = windows.seen.keys.assign(series=np.arange(len(windows.seen.keys)))
    cross = windows.episodes.merge(keys[keys["kind"] != ""], on="scope")
    figures = _excess(windows, cross, cross["series"].to_numpy(), probability, draws, rng)
    return pd.concat(
        [cross[["episode", "kind", "name"]], figures.drop(columns=["days", "known_days"])], axis=1
    )


def _series(windows: Windows) -> Integers:
    keys = windows.seen.keys
    totals = keys[keys["kind"] == ""].reset_index().set_index("scope")["index"]
    return windows.episodes["scope"].map(totals).to_numpy(np.int64)


def _excess(
    windows: Windows,
    rows: pd.DataFrame,
    series: Integers,
    probability: float,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    spans = rows[["first", "stop"]].to_numpy(np.int64)
    return window_excess(
        windows.seen.counts, windows.due, series, spans, probability=probability, draws=draws, rng=rng
    )[list(_FIGURES)]


def course_of(windows: Windows, *, probability: float) -> pd.DataFrame:
    """Return the days about each episode: what came, and what was due by the days before."""
    first, stop = (windows.episodes[name].to_numpy(np.int64) for name in ("first", "stop"))
    begin = np.maximum(first - _AROUND, 0)
    over = np.minimum(stop + WINDOW, len(windows.seen.days))
    size = over - begin
    place = np.repeat(np.arange(len(size)), size)
    day = np.arange(size.sum()) - np.repeat(size.cumsum() - size, size) + begin[place]
    series = _series(windows)[place]
    known_at = np.minimum(day, first[place])
    mean = windows.due.level[series, known_at] * windows.due.profile[day]
    spread = windows.due.error[series, known_at] + windows.due.drift[series]
    low, high = _bounds(mean, windows.due.dispersion[series], spread, probability)
    return pd.DataFrame(
        {
            "episode": windows.episodes["episode"].to_numpy()[place],
            "day": windows.seen.days[day].as_unit("us"),
            "observed": windows.seen.counts[series, day],
            "expected": mean,
            "lower": low,
            "upper": high,
            "inside": (day >= first[place]) & (day < stop[place]),
        }
    )


def _bounds(mean: Floats, dispersion: Floats, spread: Floats, probability: float) -> tuple[Floats, Floats]:
    """Bounds of a day's count with variance ``dispersion × mean + spread × mean²``."""
    tail = (1.0 - probability) / 2
    extra = (dispersion - 1.0) * mean + spread * mean**2
    wide = extra > 0
    size = np.where(wide, mean**2 / np.where(wide, extra, 1.0), 1.0)
    share = size / (size + np.where(wide, mean, 1.0))
    low, high = (
        np.where(
            wide, scipy.stats.nbinom.ppf(at, size, share), scipy.stats.poisson.ppf(at, np.nan_to_num(mean))
        )
        for at in (tail, 1.0 - tail)
    )
    known = np.isfinite(mean)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
