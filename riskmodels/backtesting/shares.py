"""What each unit was expected to have of each series, so that a surprise can be split by unit."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.backtesting.judging import SEED
from riskmodels.backtesting.outcomes import Outcome, keys_of
from riskmodels.backtesting.surprises import Groups
from riskmodels.forecasting import Forecast, Nowcast, forecast
from riskmodels.grouping import number_series
from riskmodels.panel import Panel, build_panel
from riskmodels.tables import Tables
from riskmodels.tables.frequencies import Frequency

UNIT = "unit_id"
_YEAR = 12  # months before the forecast, of which the shares are
_DRAWS = 1000  # of what units had: a deviation is known to 2 %
_ROUNDS = 20  # of fitting the shares to both sums in turn
_PRIOR = 0.5  # events that a unit has of each series before any is seen: no share is nothing
_FEWEST = 3  # units, of which most can tell what the bank has


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """What was expected of c cells, and what came.

    Attributes
    ----------
    series : ndarray of int, shape (c,)
        Row of the forecast of each.
    expected, came : ndarray, shape (c,)
        [events] Over what is judged.
    groups : tuple of Groups
        The units, where cells are by unit.
    """

    series: Integers
    expected: Floats
    came: Floats
    groups: tuple[Groups, ...] = ()


def names_of(column: pd.Series) -> tuple[str, ...]:
    """Return the names of groups; of what has none it is empty."""
    return tuple(column.astype(object).where(column.notna(), "").astype(str))


def own_deviation(draws: Floats, due: Floats) -> Floats:
    """Standard deviation of what groups have beyond their share of the whole: draws (S, g), due (g,)."""
    return np.asarray((draws - draws.sum(axis=1, keepdims=True) * (due / due.sum())).std(axis=0))


def by_series(earlier: Forecast, outcome: Outcome) -> Cells:
    """Return what was expected of each series, and what came, over what is judged."""
    due = np.where(outcome.judged, earlier.mean, 0.0).sum(axis=1)
    came = np.where(outcome.judged, outcome.final, 0.0).sum(axis=1)
    return Cells(series=np.arange(len(due)), expected=due, came=came)


def by_unit(
    earlier: Forecast, tables: Tables, outcome: Outcome, nowcast: Nowcast | None, period: str
) -> Cells:
    """Split what was expected of each series, and what came, by unit.

    A unit's share of a series is that of the year before the forecast, brought to what the series was
    expected to have and what a forecast by unit, from the same history, expects of the unit. The series
    themselves where the rows name no units, or hardly any, or series are units.
    """
    whole = by_series(earlier, outcome)
    if UNIT in earlier.keys.columns or not tables.counted.gives(UNIT):
        return whole
    panel = build_panel(
        tables.counted,
        by=[*keys_of(earlier), UNIT],
        freq=cast("Frequency", earlier.periods.freqstr[0]),
        last=period,
        units=tables.units,
    )
    return _split(earlier, panel, outcome, nowcast, whole)


def _split(earlier: Forecast, panel: Panel, outcome: Outcome, nowcast: Nowcast | None, whole: Cells) -> Cells:
    """Split series by the units of a panel of both, up to the last period that is asked for."""
    rows, units, names = _placed(earlier.keys, panel.keys)
    before = panel.until(earlier.panel.periods[-1])
    if len(names) < _FEWEST or not len(before.periods):
        return whole
    shape, kept = (len(earlier.keys), len(names)), rows >= 0
    year = np.nan_to_num(before.values[:, -panel.covering(_YEAR) :]).sum(axis=1)
    came = _came(earlier, panel, outcome, rows)
    history, seen = np.full(shape, _PRIOR), np.zeros(shape)
    np.add.at(history, (rows[kept], units[kept]), year[kept])
    np.add.at(seen, (rows[kept], units[kept]), came[kept])
    due, deviation = _of_units(earlier, before, outcome, nowcast, whole.expected.sum())
    expected = _brought_to(history, whole.expected, due)
    place = np.arange(expected.size)
    return Cells(
        series=place // shape[1],
        expected=expected.ravel(),
        came=_scaled(seen, whole.came, expected).ravel(),
        groups=(Groups(kind=UNIT, names=names, codes=place % shape[1], deviation=deviation),),
    )


def _placed(series: pd.DataFrame, cells: pd.DataFrame) -> tuple[Integers, Integers, tuple[str, ...]]:
    """Return row of the series, -1 where there is none, and place of the unit of each cell; the units."""
    units, named = number_series(cells, [UNIT])
    names = names_of(named[UNIT])
    keys = [column for column in cells.columns if column in series.columns]
    if not keys:
        return np.zeros(len(cells), dtype=np.int64), units, names
    both = pd.concat([series[keys], cells[keys]], ignore_index=True)
    numbers, found = number_series(both, keys)
    place = np.full(len(found), -1, dtype=np.int64)
    place[numbers[: len(series)]] = np.arange(len(series))
    return place[numbers[len(series) :]], units, names


def _came(earlier: Forecast, panel: Panel, outcome: Outcome, rows: Integers) -> Floats:
    """Add up what came of each cell of a panel over the periods that are judged of its series: (c,)."""
    places = np.asarray(panel.periods.get_indexer(earlier.periods))
    values = np.where((places >= 0) & outcome.judged[rows], panel.values[:, places] / outcome.share, 0.0)
    return np.asarray(np.nan_to_num(values).sum(axis=1))


def _of_units(
    earlier: Forecast, before: Panel, outcome: Outcome, nowcast: Nowcast | None, total: float
) -> tuple[Floats, Floats]:
    """What units were expected to have of a total, and the deviation of what each has beyond its share."""
    panel = before.aggregate([UNIT])
    made = forecast(
        panel,
        horizon=int(np.flatnonzero(outcome.asked)[-1]) + 1,
        calendar=earlier.calendar,
        completeness=None if nowcast is None else nowcast.for_periods(panel.periods),
    )
    asked = np.flatnonzero(outcome.asked)
    mean = made.mean[:, asked].sum(axis=1)
    draws = np.concatenate(
        [part[..., asked].sum(axis=-1) for _, part in made.draw(_DRAWS, seed=SEED)], axis=1
    )
    scale = total / mean.sum()
    late = outcome.still_to_come(made.mean[:, asked] * scale, asked).sum(axis=1)
    return mean * scale, np.sqrt(own_deviation(draws * scale, mean) ** 2 + late)


def _brought_to(history: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale a table (n, U) in turn until its rows add up to these, and its columns nearly to those."""
    found = history.copy()
    for _ in range(_ROUNDS):
        sums = found.sum(axis=0)
        found *= columns / np.where(sums > 0, sums, 1.0)
        sums = found.sum(axis=1, keepdims=True)
        found *= rows[:, None] / np.where(sums > 0, sums, 1.0)
    return found


def _scaled(seen: Floats, came: Floats, expected: Floats) -> Floats:
    """Make rows (n, U) add up to what came of the series; where no unit has any, by what was expected."""
    known = np.where(seen.sum(axis=1, keepdims=True) > 0, seen, expected)
    sums = known.sum(axis=1, keepdims=True)
    return np.asarray(known * came[:, None] / np.where(sums > 0, sums, 1.0))
