"""From the alarms of charts to a table: one row for each thing that has happened."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.panel import Panel
from riskmodels.surveillance.courses import periods_a_year
from riskmodels.surveillance.levels import Level
from riskmodels.surveillance.many import Suspect, explain, is_unexplained
from riskmodels.surveillance.rises import (
    alarmed,
    as_of,
    changes_of,
    events_of,
    excess_after,
    refined,
    seen_and_due,
)
from riskmodels.surveillance.since import LevelChanges

_LIKELY = 0.3  # probability of a change, below which an alarm is not in the table: charts hold the run length
_ENOUGH_AFTER = 3  # [periods] that say whether a level has stayed: one may be low by chance
_BEFORE = 1.5  # [years] before an alarm, in which the change is looked for, and the old level
_WINDOW = (8, 60)  # [periods] fewest and most of it
COLUMNS = (
    "since",
    "since_earliest",
    "since_latest",
    "size",
    "lower",
    "upper",
    "probability",
    "alarmed",
    "last",
    "ending",
)


def alarm_table(levels: list[Level], panel: Panel, *, run_length: float) -> pd.DataFrame:
    """Make one row for each event: those that others explain are left out.

    Parameters
    ----------
    levels : list of Level
        From the total to the series, whose own come last.
    panel : Panel
    run_length : float
        [periods] Between changes, as they are expected.

    Returns
    -------
    DataFrame
        See ``Alarms.table``.
    """
    year = periods_a_year(panel.periods)
    window = int(np.clip(round(_BEFORE * year), *_WINDOW))
    usual = np.median(levels[-1].watched.dispersion, axis=0)
    found = [events_of(level) for level in levels]
    moved = refined(levels, found, window, run_length)
    frames, suspects, totals = [], [], 0
    places: list[tuple[Level, int]] = []
    for level, events in zip(levels, moved, strict=True):
        if not len(events):
            continue
        begun, changes = changes_of(level, events, window, run_length)
        frames.append(_frame(level, events, begun, changes, panel))
        suspects += _suspects(level, events, begun, changes, usual)
        places += [(level, int(row)) for row in events[:, 0]]
        totals += 0 if level.grouping.by else len(events)
    names = [str(column) for column in panel.keys.columns]
    if not frames:
        return pd.DataFrame(columns=[*names, "level", *COLUMNS, "status"])
    own = _without_echoes(_own(suspects, totals, levels), suspects, places)
    table = pd.concat(frames, ignore_index=True)
    likely = (table["probability"] >= _LIKELY) & (table["size"] > 0)  # what is as before, or less, is no rise
    table = table[own & likely.to_numpy()]
    table[names] = table[names].astype(object).where(table[names].notna(), "")
    order = ["last", "probability", "alarmed"]
    table = table.sort_values(order, ascending=[False, False, True], kind="stable", ignore_index=True)
    return table[[*names, "level", *COLUMNS, "status"]]


def _own(suspects: list[Suspect], totals: int, levels: list[Level]) -> Flags:
    """Choose the events that no other explains; the first ``totals`` are those of the total.

    Where what all share is taken off the series, they cannot explain the total, nor it them: it is judged by
    what it has beyond theirs.
    """
    series = levels[-1]
    known = np.isfinite(series.values) & np.isfinite(series.watched.mean)
    observed, expected = (np.where(known, part, 0.0) for part in (series.values, series.watched.mean))
    if (series.watched.common == 1.0).all():
        return explain(suspects, observed, expected)[0]
    kept, left = explain(suspects[totals:], observed, expected)
    excess = (left - expected).sum(axis=0)
    spans = [slice(one.first, one.last + 1) for one in suspects[:totals]]
    alone = [
        is_unexplained(one.seen, one.due, excess[span].sum(), one.dispersion)
        for one, span in zip(suspects[:totals], spans, strict=True)
    ]
    return np.concatenate([np.array(alone, dtype=bool), kept])


def _without_echoes(own: Flags, suspects: list[Suspect], places: list[tuple[Level, int]]) -> Flags:
    """Leave out rises of groups that are no more than earlier ones of their parts, which stay.

    The level that is normal for a part by now is not so for its group yet.
    """
    kept = own.copy()
    for number in np.flatnonzero(own):
        group = suspects[number]
        parts = [
            int(other)
            for other in np.flatnonzero(own)
            if suspects[other].last < group.last
            and suspects[other].first <= group.first
            and len(suspects[other].rows) < len(group.rows)
            and np.isin(suspects[other].rows, group.rows).all()
        ]
        whole = [one for one in parts if not any(_is_within(suspects, one, other) for other in parts)]
        span = slice(group.first, group.last + 1)
        sums = [as_of(*places[one], suspects[one].first, span) for one in whole]
        excess = sum(seen - due for seen, due in sums)
        kept[number] = not parts or is_unexplained(group.seen, group.due, excess, group.dispersion)
    return kept


def _is_within(suspects: list[Suspect], one: int, other: int) -> bool:
    mine, its = suspects[one].rows, suspects[other].rows
    return len(mine) < len(its) and bool(np.isin(mine, its).all())


def _suspects(
    level: Level, events: Integers, begun: Integers, found: LevelChanges, least: Floats
) -> list[Suspect]:
    suspects = []
    for first, (row, _, last) in zip(begun + found.since, events, strict=True):
        seen, due = seen_and_due(level, np.array([row]), slice(int(first), int(last) + 1))
        suspects.append(
            Suspect(
                rows=np.flatnonzero(level.grouping.groups == row),
                first=int(first),
                last=int(last),
                seen=float(seen[0]),
                due=float(due[0]),
                dispersion=float(max(level.watched.dispersion[row, first], least[first])),
            )
        )
    return suspects


def _frame(
    level: Level, events: Integers, begun: Integers, found: LevelChanges, panel: Panel
) -> pd.DataFrame:
    rows, _, last = events.T
    first = alarmed(level, events, begun + found.since)
    names = panel.periods.astype("str").to_numpy()
    by = list(level.grouping.by)
    frame = pd.DataFrame(index=np.arange(len(events)), columns=panel.keys.columns, dtype=object)
    if by:
        frame[by] = level.grouping.names[by].iloc[rows].reset_index(drop=True)
    frame["level"] = level.grouping.level
    frame["since"] = names[begun + found.since]
    frame["since_earliest"] = names[begun + found.earliest]
    frame["since_latest"] = names[begun + found.latest]
    frame["size"], frame["lower"], frame["upper"] = found.ratio - 1, found.lower - 1, found.upper - 1
    frame["probability"] = found.probability
    frame["alarmed"], frame["last"] = names[first], names[last]
    newest = len(names) - 1
    closed = last < newest
    frame["status"] = np.where(closed, "closed", np.where(first == newest, "new", "continuing"))
    after = [excess_after(level, *one) for one in zip(rows, begun + found.since, last, strict=True)]
    stayed = np.array(after) > (found.ratio - 1) / 2  # nearer to the new level than to the old
    known = last <= newest - _ENOUGH_AFTER
    frame["ending"] = np.where(known, np.where(stayed, "stayed", "back"), "")
    return frame
