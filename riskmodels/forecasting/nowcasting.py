"""How complete the last months are: complaints received but not logged yet, estimated from the delay."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting.delays import DayCounts, Delays, estimate_delays
from riskmodels.panel import count_by_days
from riskmodels.tables import Table

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MONTH = 365.25 / 12
_WEEK = 7
_INTERVAL = (0.025, 0.975)
_CLEAR = 2.0  # standard errors from which on a growth is told
_SLIGHT = 0.0005  # a month's growth that rounds to nothing
_DRAWS = 2000
_SHOWN = 12
_LEAST = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Nowcast(Displayed):
    """What is known of each month received, and what is still to come.

    Attributes
    ----------
    as_of : date
        Day up to which complaints are logged.
    periods : PeriodIndex
        The T months from the first received to the last that has ended by the as-of day.
    table : DataFrame
        One row a month: ``period``; ``reported`` [complaints], NaN where the source does not know the month;
        ``completeness`` in (0, 1] with the 95 % interval ``lower``, ``upper``; ``nowcast`` [complaints], what
        will have been received once all are logged, with the 95 % interval ``nowcast_lower``,
        ``nowcast_upper``; ``delay_days`` [days], the mean from received to logged, and its standard error
        ``delay_error``.
    growth, growth_error : float
        Mean rise of the logarithm of the delay a month, over the last three months, and its standard error.
    dispersion : float
        Variance of the late reports over that of independent ones, at least 1.
    rows_without_delay : int
        Complaints counted as reported whose logging day is unknown or before the day received.
    rows_ignored : int
        Rows not known on the as-of day, or without a day received.
    """

    as_of: date
    periods: pd.PeriodIndex
    table: pd.DataFrame
    growth: float
    growth_error: float
    dispersion: float
    rows_without_delay: int
    rows_ignored: int

    @property
    def completeness(self) -> Floats:
        """Share of the final count that is known, shape (T,), in (0, 1]."""
        return self.table["completeness"].to_numpy()

    def for_periods(self, periods: pd.PeriodIndex) -> Floats:
        """Return the completeness of the months or quarters of a panel.

        Parameters
        ----------
        periods : PeriodIndex
            Months or quarters, none that ends after the last month known here.

        Returns
        -------
        ndarray, shape (periods,)
            In (0, 1]: of a quarter the mean of its months, weighted by their nowcasts; one before the first
            complaint.

        Raises
        ------
        ParameterError
            A period ends after the last month that is known.
        """
        if len(periods) and periods.max().end_time > self.periods[-1].end_time:
            raise ParameterError(
                f"{periods.max()} ends after {self.periods[-1]}, the last complete month of the nowcast"
            )
        places = periods.get_indexer(self.periods.asfreq(periods.freqstr))
        inside = places >= 0
        weight = np.nan_to_num(self.table["nowcast"].to_numpy()) + _LEAST
        known, whole = (
            np.bincount(places[inside], values[inside], minlength=len(periods))
            for values in (weight * self.completeness, weight)
        )
        return np.where(whole > 0, np.minimum(known / np.maximum(whole, _LEAST), 1.0), 1.0)

    @property
    def sentence(self) -> str:
        """Say how complete the last month is, how long the delay and whether it grows, and what was left out."""
        last = self.table.iloc[-1]
        counts = (
            "its count is unknown"
            if np.isnan(last["reported"])
            else (f"{last['reported']:,.0f} reported, {last['nowcast']:,.0f} expected in the end")
        )
        return (
            f"{last['period']} is {last['completeness']:.1%} complete ({last['lower']:.1%} to"
            f" {last['upper']:.1%}): {counts}; the mean delay is {last['delay_days']:,.1f} days and"
            f" {self._drift}{self._left_out}."
        )

    @property
    def _drift(self) -> str:
        if abs(self.growth) < _CLEAR * self.growth_error or abs(self.growth) < _SLIGHT:
            return "has not clearly changed of late"
        verb = "grown" if self.growth > 0 else "shrunk"
        return f"has {verb} by {abs(np.expm1(self.growth)):.1%} a month of late"

    @property
    def _left_out(self) -> str:
        words = ""
        if self.rows_without_delay:
            words += f"; {self.rows_without_delay:,} counted without a logging day that makes sense"
        if self.rows_ignored:
            words += f"; {self.rows_ignored:,} rows not known on {self.as_of} or without a day received"
        return words

    def summary(self) -> pd.DataFrame:
        """Return the rows of the last twelve months, the youngest first."""
        return self.table.iloc[::-1].head(_SHOWN).reset_index(drop=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What was known on a day: reports with a delay, all by day received, and how many are none of these.

    ``received`` counts from the first day, (days,).
    """

    delayed: DayCounts
    first: int
    received: Floats
    without_delay: int
    ignored: int


def nowcast(complaints: Table | pd.DataFrame, *, as_of: date | str | None = None, seed: int = 1) -> Nowcast:
    """Estimate how complete the count of each month received is, from the delay until logging.

    Parameters
    ----------
    complaints : Table or DataFrame
        Complaints with ``received_at`` and ``logged_at``, one a row, in any order.
    as_of : date or str, optional
        Day at whose end the counts are looked at: rows logged later are not seen. Default: the table's own;
        a DataFrame needs one.
    seed : int
        Seed of the sample that the intervals are taken from.

    Returns
    -------
    Nowcast
        Completeness in (0, 1], within its interval; the nowcast is reported over completeness. Equal for
        equal rows in whatever order.

    Raises
    ------
    ParameterError
        No as-of day, or one later than the table's.
    ContractError
        A column is missing, no month received has ended by the as-of day, or no row has a delay.

    Notes
    -----
    A report is seen only if its delay is shorter than its age; the delay is estimated given that (right
    truncation; Lagakos, Barraj & De Gruttola 1988, Biometrika 75, 515-523; Kalbfleisch & Lawless 1989,
    doi:10.1080/01621459.1989.10478780). Its scale drifts with the day received. The remaining reports of a
    month are negative binomial given the reported ones (Hoehle & an der Heiden 2014, doi:10.1111/biom.12194).
    A delay longer than the whole history, holidays of those who log, and a change of the delay that began in
    the last weeks are not seen.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", "2026-03-31", freq="h")
    >>> rows = pd.DataFrame({"received_at": days, "logged_at": days + pd.Timedelta(days=2)})
    >>> nowcast(rows, as_of="2026-03-31").table["reported"].tolist()
    [744.0, 672.0, 696.0]
    """
    day = _as_of(complaints, as_of)
    seen = _seen(_by_days(complaints), day)
    delays = estimate_delays(seen.delayed)
    periods = _periods(seen.first, day)
    days = seen.first + np.arange(len(seen.received))
    month = _months(days) - _months(days[:1])
    inside = month < len(periods)
    days, month, received = days[inside], month[inside], seen.received[inside]
    arrivals = _arrivals(received, delays.reported(days, seen.delayed.as_of), days, month)
    share, sample = delays.completeness(days, arrivals, seen.delayed.as_of, draws=_DRAWS, seed=seed)
    reported = np.bincount(month, received, minlength=len(periods)).astype(float)
    unknown = complaints.provenance.unknown_months if isinstance(complaints, Table) else ()
    reported[periods.isin(pd.PeriodIndex(list(unknown), freq="M"))] = np.nan
    growth, error = delays.growth()
    return Nowcast(
        as_of=day.date(),
        periods=periods,
        table=_table(periods, reported, share, sample, delays, seen.delayed, seed),
        growth=growth,
        growth_error=error,
        dispersion=delays.dispersion,
        rows_without_delay=seen.without_delay,
        rows_ignored=seen.ignored,
    )


def _as_of(complaints: Table | pd.DataFrame, as_of: date | str | None) -> pd.Timestamp:
    last = pd.Timestamp(complaints.provenance.as_of) if isinstance(complaints, Table) else None
    if as_of is None:
        if last is None:
            raise ParameterError("a frame of complaints needs as_of, the day up to which they are logged")
        return last
    try:
        day = pd.Timestamp(as_of).normalize()
    except ValueError:
        raise ParameterError(f"as_of is '{as_of}'; expected a day, e.g. 2026-09-30") from None
    if last is not None and day > last:
        raise ParameterError(f"as_of is {as_of}, but the table knows only what was logged by {last:%Y-%m-%d}")
    return day


def _by_days(complaints: Table | pd.DataFrame) -> pd.DataFrame:
    """Return one row a pair of days: received, logged, rows."""
    if isinstance(complaints, Table):
        return count_by_days(complaints)
    missing = {"received_at", "logged_at"} - set(complaints.columns)
    if missing:
        raise ContractError(f"the complaints have no column {', '.join(sorted(missing))}")
    received, logged = (
        pd.to_datetime(complaints[name]).dt.floor("D") for name in ("received_at", "logged_at")
    )
    pairs = pd.DataFrame({"received": received, "logged": logged})
    return pairs.groupby(["received", "logged"], dropna=False).size().rename("rows").reset_index()


def _seen(pairs: pd.DataFrame, as_of: pd.Timestamp) -> _Seen:
    received, logged = pairs["received"], pairs["logged"]
    known = (received <= as_of) & ((logged <= as_of) | logged.isna())
    sensible = known & (logged >= received)
    rows, last = pairs["rows"].to_numpy("int64"), int(_numbers(pd.Series([as_of]))[0])
    if not sensible.any():
        raise ContractError(
            f"no complaint has a day received and a later or equal day logged by {as_of:%Y-%m-%d}"
        )
    start = int(_numbers(received[known]).min())
    by_day = np.bincount(_numbers(received[known]) - start, rows[known], minlength=last - start + 1).astype(
        float
    )
    return _Seen(
        delayed=DayCounts(
            received=_numbers(received[sensible]),
            logged=_numbers(logged[sensible]),
            rows=rows[sensible],
            as_of=last,
        ),
        first=start,
        received=by_day,
        without_delay=int(rows[known & ~sensible].sum()),
        ignored=int(rows[~known].sum()),
    )


def _numbers(days: "pd.Series[pd.Timestamp]") -> Integers:
    """Days since 1970-01-01."""
    return days.to_numpy("datetime64[D]").astype(np.int64)


def _months(days: Integers) -> Integers:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _periods(first: int, as_of: pd.Timestamp) -> pd.PeriodIndex:
    last = (as_of + pd.Timedelta(days=1)).to_period("M") - 1
    periods = pd.period_range(pd.Timestamp(first, unit="D").to_period("M"), last, freq="M")
    if not len(periods):
        raise ContractError(f"no month in which complaints were received has ended by {as_of:%Y-%m-%d}")
    return periods


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


def _table(
    periods: pd.PeriodIndex,
    reported: Floats,
    share: Floats,
    sample: Floats,
    delays: Delays,
    days: DayCounts,
    seed: int,
) -> pd.DataFrame:
    lower, upper = np.quantile(sample, _INTERVAL, axis=0)
    final_lower, final_upper = _final_interval(np.nan_to_num(reported), sample, delays.dispersion, seed)
    middle = _numbers(periods.to_timestamp().to_series()) + periods.days_in_month.to_numpy() / 2
    delay, error = delays.mean_days((days.as_of + 1 - middle) / _MONTH, days.span)
    expected = reported / share  # NaN where unknown
    return pd.DataFrame(
        {
            "period": periods.astype("str"),
            "reported": reported,
            "completeness": share,
            "lower": np.minimum(lower, share),
            "upper": np.maximum(upper, share),
            "nowcast": expected,
            "nowcast_lower": np.minimum(final_lower, expected),
            "nowcast_upper": np.maximum(final_upper, expected),
            "delay_days": delay,
            "delay_error": error,
        }
    )


def _final_interval(reported: Floats, sample: Floats, dispersion: float, seed: int) -> Floats:
    """Draw what is still to come, negative binomial given the reported; the interval of the sum, (2, months)."""
    rng = np.random.default_rng([seed, 1])
    known = np.maximum(sample, _LEAST)
    shape = (reported + 0.5) / dispersion  # half a report: Jeffreys' prior of the month's mean
    rate = rng.gamma(shape, size=sample.shape) * dispersion * (1 - known) / known
    return np.asarray(np.quantile(reported + rng.poisson(rate), _INTERVAL, axis=0))
