"""How the series and groups of alarms went: what was seen, what was expected, and which periods alarmed."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.panel import Panel
from riskmodels.surveillance.levels import Level

_MOST = 50  # alarms whose histories are kept: more are not looked at one by one
HISTORY = ("place", "period", "observed", "expected", "limit", "alarm")


def by_importance(table: pd.DataFrame) -> Integers:
    """Return the places of a table's alarms, those first that go on, then the likeliest, then the newest."""
    over, newest = table["status"] == "closed", -pd.factorize(table["last"], sort=True)[0]
    return np.lexsort((newest, -table["probability"].to_numpy(dtype=float), over))


def histories_of(
    table: pd.DataFrame,
    levels: list[Level],
    panel: Panel,
    unit: Callable[[Level], Floats],
    *,
    chance: float,
) -> pd.DataFrame:
    """Take from the levels how what the most important alarms are of has gone.

    Parameters
    ----------
    table : DataFrame
        As ``Alarms.table``.
    levels : list of Level
        As they were judged.
    panel : Panel
    unit : callable
        From a level to the unit that its figures are shown in, shape (m, T).
    chance : float
        That a figure is beyond its limit in control.

    Returns
    -------
    DataFrame
        One row an alarm and period, of fifty alarms at most: ``place`` (of the alarm in the table; -1 for all
        series, where there is none), ``period``, ``observed``, ``expected`` (from earlier periods and, of
        parts of the bank, what all share), ``limit``, ``alarm``. NaN is unknown; nothing is expected where
        it is not known what was seen.
    """
    found = {level.grouping.level: level for level in levels}
    of = {place: table.iloc[place] for place in sorted(by_importance(table)[:_MOST].tolist())}
    kept = {place: (found[row["level"]], _group(found[row["level"]], row)) for place, row in of.items()}
    frames = [
        _history(level, group, unit(level)[group], chance).assign(
            place=place, period=panel.periods.astype("str")
        )
        for place, (level, group) in (kept or {-1: (levels[0], 0)}).items()
    ]
    return pd.concat(frames, ignore_index=True)[list(HISTORY)].astype(_TYPES)


def _history(level: Level, group: int, unit: Floats, chance: float) -> pd.DataFrame:
    seen, watched = level.values[group], level.watched
    expected = np.where(np.isfinite(seen), watched.mean[group], np.nan)
    known, limit = np.isfinite(expected), np.full(len(seen), np.nan)
    law = level.law(level.size[group, known])
    limit[known] = law.limit(chance, expected[known], watched.variance[group, known])
    parts = {"observed": seen * unit, "expected": expected * unit, "limit": limit * unit}
    return pd.DataFrame(parts | {"alarm": level.alarm[group]})


_TYPES = dict(zip(HISTORY, ("int64", "str", "float64", "float64", "float64", "bool"), strict=True))


def _group(level: Level, row: pd.Series) -> int:
    """Return the row of a level that an alarm is of."""
    found = np.ones(len(level.values), dtype=bool)
    for key in level.grouping.by:
        names = level.grouping.names[key]
        found &= np.asarray((names == row[key]) | (names.isna() & (row[key] == "")))
    return int(np.flatnonzero(found)[0])
