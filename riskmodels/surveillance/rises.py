"""Rises that charts have found: from when to when, since when, and of which group they are."""

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.surveillance.levels import Level
from riskmodels.surveillance.many import evidence_of, runs
from riskmodels.surveillance.settings import SETTINGS
from riskmodels.surveillance.since import LevelChanges, find_changes

_LEAST_SHARE = 1e-12  # of cases that fail: of events there are no cases, and no end
_WANDERED = 0.1  # variance of the logarithm of the level as a window begins, besides what was known of it


def events_of(level: Level) -> Integers:
    """Row, first and last place of rises while they are open, (m, 3).

    The first is that of an alarm, the last that of a period that stands out.
    """
    watched = level.watched
    rises = np.array(list(runs(watched.open | level.alarm)), dtype=np.int64).reshape(-1, 3)
    row, start, end = rises.T
    supports = watched.alarm | (watched.open & (watched.score >= SETTINGS.ends))
    first, last = _next(level.alarm)[row, start], _last(supports)[row, end]
    found = first <= end
    return np.stack([row, first, last], axis=1)[found]


def changes_of(
    level: Level, events: Integers, window: int, run_length: float
) -> tuple[Integers, LevelChanges]:
    """Date and size the change of each event: the places of the windows' first periods, and what was found.

    What is expected is what was known as the window began, so that what was learnt of the rise is not in it.
    """
    rows, first, last = events.T
    begun = np.maximum(first - window, level.watched.begins[rows, first].astype(np.int64))
    places = begun[:, None] + np.arange(int((last - begun).max()) + 1)
    inside = places <= last[:, None]
    places = np.minimum(places, level.values.shape[1] - 1)
    observed, expected = _as_known_at(level, rows, places, begun)
    observed, expected = (np.where(inside, part, 0.0) for part in (observed, expected))
    last_begun = np.maximum(_last(level.alarm)[rows, last], first) - begun
    steep = level.watched.steep[rows, begun]
    found = find_changes(
        observed,
        expected,
        dispersion=level.watched.dispersion[rows, first],
        spread=(level.watched.spread[rows, begun] + _WANDERED) * steep**2,
        run_length=run_length,
        until=np.maximum(last_begun, (expected > 0).argmax(axis=1)),  # a part may be known later
    )
    return begun, found.at_most(1.0 / np.maximum(1.0 - steep, _LEAST_SHARE))


def _as_known_at(level: Level, rows: Integers, places: Integers, start: Integers) -> tuple[Floats, Floats]:
    """Return what rows (m,) show at places (m, w), and what their levels at a start (m,) let expect there.

    Both are zero where one of them is unknown.
    """
    watched, row = level.watched, rows[:, None]
    observed, expected = level.values[row, places], watched.mean[row, places]
    back = watched.level[rows, start][:, None] - watched.level[row, places]
    expected = level.law(level.size[row, places]).moved(expected, back)
    known = np.isfinite(observed) & np.isfinite(expected)
    return np.where(known, observed, 0.0), np.where(known, expected, 0.0)


def excess_after(level: Level, row: int, since: int, last: int) -> float:
    """Return how far a row is, after its last alarm, above what was known when it rose; NaN where unknown."""
    seen, due = as_of(level, row, since, slice(last + 1, level.values.shape[1]))
    return seen / due - 1 if due > 0 else float("nan")


def as_of(level: Level, row: int, since: int, span: slice) -> tuple[float, float]:
    """Add up what a row shows in a span of periods, and what was due there as known in an earlier one."""
    places = np.arange(span.start, span.stop)[None, :]
    observed, expected = _as_known_at(level, np.array([row]), places, np.array([since]))
    return float(observed.sum()), float(expected.sum())


def _last(flags: Flags) -> Integers:
    """Return the place of the last flag up to each period, -1 where there is none: (m, T)."""
    return np.maximum.accumulate(np.where(flags, np.arange(flags.shape[1]), -1), axis=1)


def _next(flags: Flags) -> Integers:
    """Return the place of the first flag from each period on, T where there is none: (m, T)."""
    length = flags.shape[1]
    return np.minimum.accumulate(np.where(flags, np.arange(length), length)[:, ::-1], axis=1)[:, ::-1]


def alarmed(level: Level, events: Integers, since: Integers) -> Integers:
    """Return the places of the first alarms of rises from their change on; what was before is none of it."""
    rows, first, last = events.T
    begun = np.maximum(since, first)
    found = _next(level.alarm)[rows, begun]
    return np.asarray(np.where(found <= last, found, begun))


def refined(levels: list[Level], events: list[Integers], window: int, run_length: float) -> list[Integers]:
    """Move each rise to the part of its group that explains it better, where there is one.

    A part's evidence must exceed the group's by the logarithm of the number of parts tried: a rise of one
    region is one of the bank, too, but its evidence for the region is stronger.
    """
    found: list[list[tuple[int, int, int]]] = [[] for _ in levels]
    total_alone = (levels[-1].watched.common != 1.0).any()  # what all share is not in the series
    for place, (level, some) in enumerate(zip(levels, events, strict=True)):
        if not len(some):
            continue
        begun, changes = changes_of(level, some, window, run_length)
        for event, since in zip(some, begun + changes.since, strict=True):
            stays = not level.grouping.by and total_alone
            where, row = (place, int(event[0])) if stays else _best_part(levels, place, event, int(since))
            found[where].append((row, int(event[1]), int(event[2])))
    return [np.array(_merged(some), dtype=np.int64).reshape(-1, 3) for some in found]


def _merged(rises: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Make one of the rises of a row that overlap: its own and that of a group that was moved to it."""
    merged: list[tuple[int, int, int]] = []
    for row, first, last in sorted(rises):
        if merged and merged[-1][0] == row and first <= merged[-1][2]:
            merged[-1] = (row, merged[-1][1], max(last, merged[-1][2]))
        else:
            merged.append((row, first, last))
    return merged


def _best_part(levels: list[Level], place: int, event: Integers, since: int) -> tuple[int, int]:
    """Return the level and the row of the group, or of the part of it, with the most evidence."""
    own, row, span = levels[place], int(event[0]), slice(since, int(event[2]) + 1)
    members = own.grouping.groups == row
    least = float(np.median(levels[-1].watched.dispersion[:, since]))
    best, where = _evidence(own, np.array([row]), span, least)[0], (place, row)
    for number, level in enumerate(levels):
        if not set(own.grouping.by) < set(level.grouping.by):
            continue
        parts = np.unique(level.grouping.groups[members])
        evidence = _evidence(level, parts, span, least) - np.log(len(parts))
        cells = parts, slice(event[1], event[2] + 1)  # a part that is unknown there cannot be dated
        known = np.isfinite(level.values[cells] + level.watched.mean[cells]).any(axis=1)
        evidence = np.where(known, evidence, -np.inf)
        if evidence.max() > best:
            best, where = evidence.max(), (number, int(parts[evidence.argmax()]))
    return where


def _evidence(level: Level, rows: Integers, span: slice, least: float) -> Floats:
    """Evidence of a rise in a span of periods, of the level as it was known at its start, for some groups.

    Their dispersion is at least that of the series: what few groups share is taken off them, and most of
    their noise with it.
    """
    seen, due = seen_and_due(level, rows, span)
    dispersion = np.maximum(level.watched.dispersion[rows, span.start], least)
    return np.array([evidence_of(*one) for one in zip(seen, due, dispersion, strict=True)])


def seen_and_due(level: Level, rows: Integers, span: slice) -> tuple[Floats, Floats]:
    """Add up the events of groups in a span of periods, and those due as was known when it began."""
    places = np.arange(span.start, span.stop)[None, :]
    observed, expected = _as_known_at(level, rows, places, np.full(len(rows), span.start))
    return observed.sum(axis=1), expected.sum(axis=1)
