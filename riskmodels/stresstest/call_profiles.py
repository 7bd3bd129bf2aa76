"""When calls come: by half-hour of the week as the table of enquiries shows, or of a day as the bank says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.parameters.capacity import Enquiries
from riskmodels.stresstest.teams import WORKING_DAYS
from riskmodels.tables import Table
from riskmodels.tables.sql import literal

SLOT = 0.5  # hours
DAY, WEEK = 48, 336  # half-hours
_LENGTH = 30  # minutes of a half-hour, and of a slot whose length is not given
_THURSDAY = 3 * DAY  # half-hours into the week, at which 1970 began
_YEAR = 12  # months looked at
_FEWEST_DAYS, _FEWEST_MONTHS = 7, 6  # of a month that counts, and of months that show how months differ
_OPENS, _LATEST = 18, 48  # half-hour in which a shift begins that nobody has said, and the end of the day


@dataclass(frozen=True, kw_only=True, eq=False)
class CallProfile:
    """Calls of one team without a scenario.

    Attributes
    ----------
    rates : ndarray, shape (336,) or (48,)
        Calls an hour in each half-hour, of a week from Monday or of a day that is like all others.
    spread : float
        By how much months differ beyond their days: standard deviation as a share of the mean; zero where
        that is not known.
    seen_in_standard, seen_given_up : float
        Shares of the calls of the year looked at, as the table says; unknown without one.
    """

    rates: Floats
    spread: float = 0.0
    seen_in_standard: float = float("nan")
    seen_given_up: float = float("nan")

    def calls(self, months: pd.PeriodIndex) -> Floats:
        """Return the calls of months, (h,): of their days by a week, of 21 working days by a day."""
        total = self.rates.sum() * SLOT
        days = months.days_in_month.to_numpy(np.float64) / 7
        return np.asarray(total * (days if len(self.rates) == WEEK else np.full(len(months), WORKING_DAYS)))


def given_profile(calls: Enquiries, hours_a_day: float) -> CallProfile:
    """Return the day that the capacity file gives; without one, calls come evenly over a shift."""
    weights = np.array(calls.profile) if calls.profile else shift_of(hours_a_day)
    return CallProfile(rates=calls.calls_a_day * weights / weights.sum() / SLOT)


def shift_of(hours_a_day: float) -> Floats:
    """Return the share of each half-hour that a shift covers, (48,); it begins at nine or earlier."""
    length = 2.0 * hours_a_day
    first = min(_OPENS, _LATEST - int(np.ceil(length)))
    since = np.arange(DAY) - first
    return np.asarray(np.clip(length - since, 0.0, 1.0) * (since >= 0))


def seen_profiles(enquiries: Table | None, last: pd.Period) -> dict[str, CallProfile]:
    """Return the mean week of each team in the year up to a period, or what there is of it.

    A half-hour without a row on a day with rows had no call; a day without rows, and a half-hour whose row
    was rejected, are unknown and do not count.
    """
    if enquiries is None:
        return {}
    rows = _year(enquiries, last)
    came = rows[rows["arrivals"].groupby(rows["team"]).transform("sum") > 0]
    return {str(team): _seen(of_team) for team, of_team in came.groupby("team", sort=True)}


def _year(enquiries: Table, last: pd.Period) -> pd.DataFrame:
    """Read the last twelve months that there are up to a period; calls of a rejected row are unknown."""
    known = f"slot_start < TIMESTAMP {literal(str((last + 1).start_time))}"
    begin = f"(SELECT max(slot_start) FROM {enquiries.cells} WHERE {known}) - INTERVAL {_YEAR} MONTH"
    rows = enquiries.with_unknown.filter(f"slot_start >= {begin} AND {known}").df()
    months = rows["slot_start"].dt.strftime("%Y-%m")
    found: pd.DataFrame = rows[~months.isin(enquiries.provenance.unknown_months) & rows["team"].notna()]
    return found


def _seen(rows: pd.DataFrame) -> CallProfile:
    """Return the mean week of one team."""
    slots = _half_hours(rows)
    day, place = slots.index // DAY, (slots.index + _THURSDAY) % WEEK
    known = slots["calls"].notna()
    days = np.unique(day[known])
    weekday = (days * DAY + _THURSDAY) % WEEK // DAY
    number = np.repeat(np.bincount(weekday, minlength=7), DAY)  # of days that know a half-hour
    number -= np.bincount(place[~known & np.isin(day, days)], minlength=WEEK)
    calls = np.bincount(place[known], slots["calls"][known], minlength=WEEK)
    mean = np.divide(calls, number, out=np.zeros(WEEK), where=number > 0)
    total = float(rows["arrivals"].sum())
    return CallProfile(
        rates=mean / SLOT,
        spread=_spread(slots["calls"][known], mean),
        seen_in_standard=_share(rows, "answered_in_standard", total),
        seen_given_up=_share(rows, "abandoned", total),
    )


def _half_hours(rows: pd.DataFrame) -> pd.DataFrame:
    """Spread slots of any length over half-hours from 1970 on; what is known in part is unknown."""
    start = rows["slot_start"].to_numpy("M8[m]").astype(np.int64)
    length = rows["slot_minutes"].astype("float64").fillna(_LENGTH).to_numpy()
    calls = rows["arrivals"].astype("float64").to_numpy()
    parts = []
    for later in range(int(np.ceil(length.max() / _LENGTH)) + 1):
        place = start // _LENGTH + later
        begun = np.maximum(start, place * _LENGTH)
        covered = np.minimum(start + length, (place + 1) * _LENGTH) - begun
        part = pd.DataFrame({"place": place, "calls": calls * covered / length})
        parts.append(part[covered > 0])
    found = pd.concat(parts).groupby("place")["calls"]
    return pd.DataFrame({"calls": found.sum().where(found.count() == found.size())})


def _spread(calls: pd.Series, mean: Floats) -> float:
    """Return by how much months differ from what the mean week gives for their days."""
    slots = calls.index.to_numpy()
    day = np.unique(slots // DAY)
    months = (day.astype("M8[D]")).astype("M8[M]").astype(np.int64)
    usual = mean.reshape(7, DAY).sum(axis=1)[(day * DAY + _THURSDAY) % WEEK // DAY]
    came = calls.groupby(slots // DAY).sum().reindex(day).to_numpy()
    by_month = pd.DataFrame({"came": came, "usual": usual, "days": 1}).groupby(months).sum()
    whole = by_month[(by_month["days"] >= _FEWEST_DAYS) & (by_month["usual"] > 0)]
    if len(whole) < _FEWEST_MONTHS:
        return 0.0
    return float((whole["came"] / whole["usual"]).std())


def _share(rows: pd.DataFrame, column: str, total: float) -> float:
    """Return the share of calls, where every row says so."""
    known = rows[rows["arrivals"].notna()]
    if not total or known[column].isna().any():
        return float("nan")
    return float(known[column].sum()) / total
