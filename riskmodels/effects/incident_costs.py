"""What an incident cost besides complaints: losses beyond what is usual, and satisfaction against before."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.effects.excess import sums_between
from riskmodels.effects.incident_days import Days, daily_sums
from riskmodels.tables import Table

_BEFORE = 182  # days before a window from which usual losses are learnt: two quarters, as losses are rare
_LEAST_WINDOWS = 28  # windows without an incident that are needed for an interval: four weeks of starts
_SURVEYS_BEFORE, _SURVEYS_AFTER = 91, 28  # days of answers before, and after the window
_RECORDED = 0.9  # share of losses by whose delay a window is old enough to be judged
_HALF = 0.5  # of an answer each way, by Jeffreys: a share of few answers stays within its bounds
_LOSS = ["linked_events", "linked_loss", "booked", "expected", "excess", "lower", "upper", "reason"]


def losses_of(
    losses: Table | None,
    episodes: pd.DataFrame,
    seen: Days,
    quiet: Flags,
    scopes: Sequence[str],
    probability: float,
) -> pd.DataFrame:
    """Return the losses of each episode [CNY, gross, recorded by the end].

    Columns: episode; linked_events, linked_loss (booked as this incident's); booked (all that occurred in the
    window); expected, excess, lower, upper (against windows of the same length in the half-year before);
    reason (why it is not judged: ``no_losses``, ``short``, ``early``).
    """
    blank = pd.DataFrame(dict.fromkeys(_LOSS, np.nan), index=episodes.index).assign(
        reason="no_losses", episode=episodes["episode"].to_numpy()
    )
    if losses is None or episodes.empty:
        return blank[["episode", *_LOSS]].astype({"reason": "str"})
    sums = daily_sums(losses, seen.days, scopes, ["gross_loss"])[0]
    row = _rows(episodes, scopes)
    first, stop = _spans(episodes)
    booked = sums_between(sums, row, first, stop)
    usual = _windows_before(sums, quiet, row, first, stop - first)
    early = len(seen.days) - stop < _delay(losses, seen)
    enough = ~early & (np.isfinite(usual).sum(axis=1) >= _LEAST_WINDOWS)
    usual = np.where(enough[:, None], usual, 0.0)
    tail = (1.0 - probability) / 2
    low, high = np.nanquantile(usual, [tail, 1.0 - tail], axis=1)
    figures = {"expected": np.nanmean(usual, axis=1), "lower": booked - high, "upper": booked - low}
    judged = {name: np.where(enough, value, np.nan) for name, value in figures.items()}
    reason = np.select([early, ~enough], ["early", "short"], "")
    found = blank.assign(booked=booked, **judged, reason=reason)
    found = found.assign(excess=found["booked"] - found["expected"], **_linked(losses, episodes, seen))
    return found[["episode", *_LOSS]].astype({"reason": "str"}).reset_index(drop=True)


def _delay(losses: Table, seen: Days) -> float:
    """Days after which most losses are recorded."""
    rows = losses.frame(["occurred_on", "recorded_on"]).apply(pd.to_datetime)
    days = (rows["recorded_on"] - rows["occurred_on"]).dt.days[rows["recorded_on"] <= seen.days[-1]]
    return float(days.quantile(_RECORDED)) if len(days) else 0.0


def _linked(losses: Table, episodes: pd.DataFrame, seen: Days) -> dict[str, Floats]:
    """Add up what is booked as an episode's incidents'; unknown where the source links none."""
    if not losses.gives("incident_id"):
        return {}
    rows = losses.frame(["incident_id", "gross_loss", "recorded_on"]).dropna(subset="incident_id")
    rows = rows[pd.to_datetime(rows["recorded_on"]) <= seen.days[-1]]
    by_incident = rows.groupby("incident_id")["gross_loss"].agg(["size", "sum"])
    members = episodes[["episode", "members"]].explode("members").set_index("members")
    found = members.join(by_incident).groupby("episode")[["size", "sum"]].sum()
    chosen = found.reindex(episodes["episode"])
    return {"linked_events": chosen["size"].to_numpy(float), "linked_loss": chosen["sum"].to_numpy(float)}


def _rows(episodes: pd.DataFrame, scopes: Sequence[str]) -> Integers:
    place = {scope: row for row, scope in enumerate(scopes)}
    return np.asarray(episodes["scope"].map(place), dtype=np.int64)


def _spans(episodes: pd.DataFrame) -> tuple[Integers, Integers]:
    """First day of each window, and the day after its last."""
    return np.asarray(episodes["first"], dtype=np.int64), np.asarray(episodes["stop"], dtype=np.int64)


def _windows_before(sums: Floats, quiet: Flags, row: Integers, first: Integers, length: Integers) -> Floats:
    """Return the sums of windows as long within the days before, (m, days): NaN outside and in incidents."""
    start = first[:, None] - np.arange(1, _BEFORE + 1)
    stop = start + length[:, None]
    inside = (start >= 0) & (stop <= first[:, None])
    begin, over = np.where(inside, start, 0), np.where(inside, stop, 0)
    free = sums_between(quiet.astype(float), row[:, None], begin, over) == length[:, None]
    return np.where(inside & free, sums_between(sums, row[:, None], begin, over), np.nan)


def satisfaction_of(
    surveys: Table | None,
    episodes: pd.DataFrame,
    seen: Days,
    quiet: Flags,
    scopes: Sequence[str],
    *,
    probability: float,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return, by episode and phase (``during``, ``after``), satisfaction against the quarter before.

    Columns: episode, phase, answers, share, before_answers, before_share, change, lower, upper (of shares;
    simulated); NaN where there is no answer on either side. Without surveys no row.
    """
    columns = ["episode", "phase", "answers", "share", "before_answers", "before_share"]
    columns += ["change", "lower", "upper"]
    if surveys is None or episodes.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in columns[:2] else float) for name in columns}
        )
    satisfied, answers = daily_sums(surveys, seen.days, scopes, ["rating >= 4", "1"])
    row = _rows(episodes, scopes)
    first, stop = _spans(episodes)
    size = len(seen.days)
    earlier: Integers = np.maximum(first - _SURVEYS_BEFORE, 0)
    before = [sums_between(figure * quiet, row, earlier, first) for figure in (satisfied, answers)]
    spans = {"during": (first, stop), "after": (stop, np.minimum(stop + _SURVEYS_AFTER, size))}
    found = []
    for phase, span in spans.items():
        now = [sums_between(figure, row, *span) for figure in (satisfied, answers)]
        found.append(
            _change(before, now, probability, draws, rng).assign(
                phase=phase, episode=episodes["episode"].to_numpy()
            )
        )
    return pd.concat(found, ignore_index=True)[columns]


def _change(
    before: list[Floats], now: list[Floats], probability: float, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    shares = [rng.beta(good + _HALF, n - good + _HALF, size=(draws, len(n))) for good, n in (before, now)]
    tail = (1.0 - probability) / 2
    low, high = np.quantile(shares[1] - shares[0], [tail, 1.0 - tail], axis=0)
    known = (before[1] > 0) & (now[1] > 0)
    share = [np.where(n > 0, good / np.maximum(n, 1.0), np.nan) for good, n in (before, now)]
    return pd.DataFrame(
        {
            "answers": now[1],
            "share": share[1],
            "before_answers": before[1],
            "before_share": share[0],
            "change": share[1] - share[0],
            "lower": np.where(known, low, np.nan),
            "upper": np.where(known, high, np.nan),
        }
    )
