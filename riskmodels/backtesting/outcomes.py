"""What came of the periods that a forecast was of: as known now, and what of it does not compare."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers, Words
from riskmodels.errors import ParameterError
from riskmodels.forecasting import FINAL, Forecast, Nowcast
from riskmodels.grouping import number_series
from riskmodels.labels import marked
from riskmodels.panel import Panel, build_panel
from riskmodels.periods.quarters import MONTHS, period_of
from riskmodels.tables import CONTRACTS, Table
from riskmodels.tables.coverage import silent_months
from riskmodels.tables.frequencies import SHORT, Frequency, within
from riskmodels.tables.stocks import longest_period

UNKNOWN, CHANGED, COMING = "unknown", "changed", "coming"
REASONS = {
    UNKNOWN: marked("not known"),
    CHANGED: marked("counted otherwise since"),
    COMING: marked("most of it still to be logged"),
}
"""Why what came is not judged, by the texts of ``ForecastReview.table``."""
_LEAST_SHARE = 0.5  # of a period's final count: what is known of one with less says little of it
_WIDE = 2 * 1.96  # standard errors between the ends of a 95 % interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What came of the h periods of a forecast.

    Attributes
    ----------
    keys : DataFrame
        The n series of the forecast.
    observed : ndarray, shape (n, h)
        [events] As known now; NaN where it is not known, or the period was not asked for.
    reason : ndarray of str, shape (n, h)
        Empty where it is judged, else one of ``REASONS``.
    new : DataFrame
        Keys of the k series with events that the forecast did not have.
    came : ndarray, shape (k, h)
        [events] Of these, in the end.
    share, doubt : ndarray, shape (h,)
        Share in (0, 1] of the final count that is known, and its relative standard error.
    dispersion : float
        Variance of what is still to come over that of independent events.
    asked : ndarray of bool, shape (h,)
        The periods that were asked for.
    """

    keys: pd.DataFrame
    observed: Floats
    reason: Words
    new: pd.DataFrame
    came: Floats
    share: Floats
    doubt: Floats
    dispersion: float
    asked: Flags

    @property
    def judged(self) -> Flags:
        """What is asked for and compares, shape (n, h)."""
        return np.asarray((self.reason == "") & self.asked)

    @property
    def final(self) -> Floats:
        """What is expected in the end, whole events of shape (n, h)."""
        return np.asarray(np.round(self.observed / self.share))

    def still_to_come(self, mean: Floats, places: Integers | slice = slice(None)) -> Floats:
        """Variance of the final counts as known now, given themselves, where means are expected: (…, h)."""
        share = self.share[places]
        return np.asarray(self.dispersion * mean * (1.0 - share) / share)


def keys_of(earlier: Forecast) -> list[str]:
    """Return the columns of complaints that name the series of a forecast: none where it is of a total."""
    columns = [str(column) for column in earlier.keys.columns]
    return [] if columns == ["series"] else columns


def asked_for(periods: pd.PeriodIndex, period: str) -> Flags:
    """Tell which periods end within a month, quarter or year, shape (h,)."""
    last = period_of(period, "D")  # which tells what is no period
    begins, ends = pd.Period(period).start_time, periods.end_time
    return np.asarray((ends >= begins) & (ends <= last.end_time))


def is_counted_so(complaints: Table, periods: pd.PeriodIndex) -> bool:
    """Tell whether complaints can be counted by periods as short as a forecast's."""
    letter = periods.freqstr[0]
    if letter in SHORT:
        return not CONTRACTS[complaints.name].counted
    return longest_period(complaints) <= MONTHS[letter]


def outcome_of(earlier: Forecast, complaints: Table, nowcast: Nowcast | None, period: str) -> Outcome:
    """Count what came, series by series of a forecast.

    Parameters
    ----------
    earlier : Forecast
        Of counts.
    complaints : Table
        As known now.
    nowcast : Nowcast or None
        How complete its months are; None: all are.
    period : str
        Month, quarter or year; nothing that was received after it is looked at.

    Raises
    ------
    ParameterError
        The forecast is of amounts, or the period is none, or lies outside the data.
    """
    if earlier.panel.kind != "count":
        raise ParameterError("a forecast of amounts cannot be reviewed: complaints are counted")
    asked = asked_for(earlier.periods, period)
    letter = cast("Frequency", earlier.periods.freqstr[0])
    panel = build_panel(complaints, by=keys_of(earlier), freq=letter, last=period)
    panel.values[:, within(panel.periods, silent_months(complaints))] = np.nan
    share, doubt = _completeness(nowcast, earlier.periods, asked)
    values, reason = _aligned(panel, earlier, asked), _reasons(panel, earlier, share)
    reason[np.isnan(values)] = UNKNOWN
    rows, extra = _matched(earlier.keys, panel.keys)
    came = np.where(reason[extra] == "", values[extra] / share, 0.0).round()
    gone = np.where(np.isnan(values).all(axis=0), np.nan, 0.0)  # of a series that has no row any more
    lost = np.where(np.isnan(gone), UNKNOWN, "").astype(object)
    there = (rows >= 0)[:, None]
    return Outcome(
        keys=earlier.keys,
        observed=np.where(there, values[rows], gone),
        reason=np.where(there, reason[rows], lost),
        new=panel.keys.iloc[extra[came.any(axis=1)]].reset_index(drop=True),
        came=came[came.any(axis=1)],
        share=share,
        doubt=doubt,
        dispersion=1.0 if nowcast is None else nowcast.dispersion,
        asked=asked,
    )


def _matched(before: pd.DataFrame, now: pd.DataFrame) -> tuple[Integers, Integers]:
    """Return the row today of each series of before, -1 where there is none, and the rows that are new."""
    both = pd.concat([before, now], ignore_index=True)
    numbers, names = number_series(both, [str(column) for column in before.columns])
    place = np.full(len(names), -1, dtype=np.int64)
    place[numbers[len(before) :]] = np.arange(len(now))
    rows = place[numbers[: len(before)]]
    return rows, np.setdiff1d(np.arange(len(now)), rows)


def _aligned(panel: Panel, earlier: Forecast, asked: Flags) -> Floats:
    """Return the values of a panel in the periods of a forecast, (n, h); NaN where not known or not asked."""
    places = np.asarray(panel.periods.get_indexer(earlier.periods))
    return np.asarray(np.where((places >= 0) & asked, panel.values[:, places], np.nan))


def _reasons(panel: Panel, earlier: Forecast, share: Floats) -> Words:
    """Say why the series of a panel do not compare in the periods of a forecast, (n, h); empty: they do.

    A break that the forecast knew of has been allowed for by it.
    """
    reason = np.full((len(panel.keys), len(earlier.periods)), "", dtype=object)
    least = FINAL if earlier.periods.freqstr[0] in SHORT else _LEAST_SHARE
    reason[:, share < least] = COMING
    origin = earlier.panel.periods[-1].end_time
    known = {change.month for change in earlier.panel.breaks if pd.Timestamp(change.month) <= origin}
    for change in panel.breaks:
        if change.month not in known:
            after = np.asarray(earlier.periods.end_time >= pd.Timestamp(change.month))
            reason[np.ix_(panel.concerns(change), after)] = CHANGED
    return reason


def _completeness(nowcast: Nowcast | None, periods: pd.PeriodIndex, asked: Flags) -> tuple[Floats, Floats]:
    """Return the share of the final counts that is known of each period, and its relative standard error.

    Of days and weeks those of the month in which they end. The errors of the months of a longer period are
    taken to be one and the same.
    """
    share, doubt = np.ones(len(periods)), np.zeros(len(periods))
    if nowcast is None:
        return share, doubt
    months = nowcast.table.assign(month=nowcast.periods)
    months["error"] = (months["upper"] - months["lower"]) / _WIDE / months["completeness"]
    for place, period in zip(np.flatnonzero(asked), periods[asked], strict=True):
        first = period.asfreq("M", "start" if periods.freqstr[0] not in SHORT else "end")
        inside = months[(months["month"] >= first) & (months["month"] <= period.asfreq("M", "end"))]
        due = inside["nowcast"].fillna(0.0).to_numpy()
        if due.sum() > 0:
            share[place] = due @ inside["completeness"] / due.sum()
            doubt[place] = due @ inside["error"] / due.sum()
    return np.minimum(share, 1.0), doubt
