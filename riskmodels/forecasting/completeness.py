"""The share of each month's, week's or day's rows that was recorded by a day, without its intervals."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.forecasting.batches import Batches, find_batches
from riskmodels.forecasting.delay_curves import LEAST
from riskmodels.forecasting.delays import Delays, estimate_delays
from riskmodels.forecasting.loads import UsualCounts, usual_counts
from riskmodels.forecasting.reports import Reports, Stored, day_numbers, day_of, reports_on
from riskmodels.tables import Table
from riskmodels.tables.frequencies import SHORT

_WEEK = 7  # days
_LEAST_WEIGHT = 1e-9  # complaints: a month without any is divided by it, and changes nothing
_DAYS = 64  # on which tables were looked at, that are kept: the origins of some backtests


@dataclass(frozen=True, kw_only=True, eq=False)
class DailyShares:
    """Share of the final counts of days that was recorded by a day.

    Attributes
    ----------
    first : int
        First day, since 1970-01-01.
    share : ndarray, shape (days,)
        In (0, 1).
    reported : ndarray, shape (days,)
        [rows]
    """

    first: int
    share: Floats
    reported: Floats

    @classmethod
    def of(cls, table: pd.DataFrame) -> "DailyShares":
        """Return the shares of a table that ``table`` has made."""
        return cls(
            first=int(day_numbers(table["day"].head(1))[0]),
            share=table["completeness"].to_numpy(float),
            reported=table["reported"].to_numpy(float),
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row per day: ``day``, ``reported`` [rows], ``completeness``."""
        numbers = self.first + np.arange(len(self.share))
        days = pd.to_datetime(numbers.astype("datetime64[D]").astype("datetime64[ms]"))
        return pd.DataFrame({"day": days, "reported": self.reported, "completeness": self.share})

    def for_periods(self, periods: pd.PeriodIndex) -> Floats:
        """Return the completeness of days or weeks; one before the first day.

        Raises
        ------
        ParameterError
            A period ends after the last day.
        """
        last = pd.Period(ordinal=self.first + len(self.share) - 1, freq="D")
        if len(periods) and periods.max().end_time > last.end_time:
            raise ParameterError(f"{periods.max()} ends after {last}, the last day of the nowcast")
        days = pd.period_range(end=last, periods=len(self.share), freq="D")
        return _mean_of_parts(periods, days, self.share, self.reported / self.share)


@dataclass(frozen=True, kw_only=True, eq=False)
class Completeness:
    """Counts of the T months up to a day, and the share of the final counts that they are.

    Attributes
    ----------
    periods : PeriodIndex
        The months.
    reported : ndarray, shape (T,)
        Rows recorded by the day [rows], NaN where the source does not know the month.
    share : ndarray, shape (T,)
        Of the final count, in (0, 1).
    expected : ndarray, shape (T,)
        Final count [rows], NaN where the source does not know the month.
    daily : DailyShares or None
        The same share of single days, up to the day on which the counts are looked at, where it is known.
    """

    periods: pd.PeriodIndex
    reported: Floats
    share: Floats
    expected: Floats
    daily: DailyShares | None

    def for_periods(self, periods: pd.PeriodIndex) -> Floats:
        """Return the completeness of days, weeks, months or quarters, see ``Nowcast.for_periods``."""
        if periods.freqstr[0] in SHORT:
            if self.daily is None:
                raise ParameterError("this nowcast was saved without its days: make it again with nowcast()")
            return self.daily.for_periods(periods)
        if len(periods) and periods.max().end_time > self.periods[-1].end_time:
            raise ParameterError(
                f"{periods.max()} ends after {self.periods[-1]}, the last complete month of the nowcast"
            )
        return _mean_of_parts(periods, self.periods, self.share, np.nan_to_num(self.expected))


def _mean_of_parts(periods: pd.PeriodIndex, parts: pd.PeriodIndex, share: Floats, expected: Floats) -> Floats:
    """Return the shares of periods: means of their parts', weighted by final counts; one of none."""
    places = np.asarray(periods.get_indexer(parts.asfreq(periods.freqstr)))
    inside = places >= 0
    weight = expected + _LEAST_WEIGHT
    known, whole = (
        np.bincount(places[inside], values[inside], minlength=len(periods))
        for values in (weight * share, weight)
    )
    return np.where(whole > 0, np.minimum(known / np.maximum(whole, _LEAST_WEIGHT), 1.0), 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """A completeness, and what it is made of: delay, batches, the days received, and the arrivals on them.

    ``usual`` is what the months before lead to expect, where the delay says too little; ``days`` since
    1970-01-01, (days,); ``arrivals`` (T, days), whose rows add up to one.
    """

    completeness: Completeness
    delays: Delays
    batches: Batches
    usual: UsualCounts | None
    days: Integers
    arrivals: Floats


def completeness_on(table: Table, as_of: date) -> Completeness:
    """Estimate the completeness that a nowcast of a day has, which takes a fraction of its time.

    The same table is looked at on the same day once; raises as ``nowcast`` does.
    """
    return _of_stored(Stored.of(table), day_of(table, as_of))


@lru_cache(maxsize=_DAYS)
def _of_stored(stored: Stored, day: pd.Timestamp) -> Completeness:
    return estimate(reports_on(stored, day)).completeness


def estimate(known: Reports) -> Estimate:
    """Estimate the delay, how arrivals fall on days, and the share of each month that was logged."""
    batches = find_batches(known.delayed)
    delays = estimate_delays(batches.regular)
    days = known.first + np.arange(len(known.received))
    daily = _daily(known, delays, batches, days)
    month = _months(days) - _months(days[:1])
    inside = month < len(known.periods)
    days, month, received = days[inside], month[inside], known.received[inside]
    taken = (days <= batches.covered).astype(float)
    logged = batches.mixed(delays.reported(days, known.delayed.as_of), taken)
    arrivals = _arrivals(received, logged, days, month)
    counts = np.bincount(month, received, minlength=len(known.periods)).astype(float)
    reported = np.where(known.unknown, np.nan, counts)
    share = np.clip(arrivals @ logged, LEAST, 1 - LEAST)
    usual = usual_counts(known.periods, reported, share) if batches.tell_little else None
    expected = usual.expected(reported, share) if usual else reported / share
    return Estimate(
        completeness=Completeness(
            periods=known.periods, reported=reported, share=share, expected=expected, daily=daily
        ),
        delays=delays,
        batches=batches,
        usual=usual,
        days=days,
        arrivals=arrivals,
    )


def _daily(known: Reports, delays: Delays, batches: Batches, days: Integers) -> DailyShares:
    """Estimate the share of every day up to the last, the current month's too."""
    logged = batches.mixed(
        delays.reported(days, known.delayed.as_of), (days <= batches.covered).astype(float)
    )
    return DailyShares(
        first=known.first, share=np.clip(logged, LEAST, 1 - LEAST), reported=known.received.astype(float)
    )


def _months(days: Integers) -> Integers:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _arrivals(received: Floats, share: Floats, days: Integers, month: Integers) -> Floats:
    """Estimate how the arrivals of each month fall on its days, shape (months, days); rows add up to one.

    The usual week, moved towards what each day reported as far as days differ by more than chance.
    """
    weekday = days % _WEEK
    usual = received.sum() / share.sum()
    week = (np.bincount(weekday, received, minlength=_WEEK) + 1) / (
        np.bincount(weekday, share, minlength=_WEEK) + 1 / usual
    )
    level = np.bincount(month, received) / np.bincount(month, week[weekday] * share)
    mean = week[weekday] * np.where(level > 0, level, 1.0)[month]
    expected = mean * share
    spread = max(0.0, float(((received - expected) ** 2 - expected).sum() / (expected**2).sum()))
    arrived = mean * (1 + spread * received) / (1 + spread * expected)
    weights = np.zeros((month[-1] + 1, len(days)))
    weights[month, np.arange(len(days))] = arrived / np.bincount(month, arrived)[month]
    return weights
