"""How complete the last months are: what has happened but is not recorded yet, estimated from the delay."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ContractError
from riskmodels.forecasting.completeness import Completeness, DailyShares, Estimate, estimate
from riskmodels.forecasting.delays import DayCounts
from riskmodels.forecasting.reports import Reports, Stored, day_numbers, day_of, reports_of, reports_on
from riskmodels.labels import counted, label, marked
from riskmodels.periods.quarters import period_of
from riskmodels.tables import CONTRACTS, Table

SEED = 1  # any fixed one: the same tables give the same nowcast
_MONTH = 365.25 / 12  # days, on average
_INTERVAL = (0.025, 0.975)  # of the shares and the final counts: 95 %
_CLEAR = 2.0  # standard errors from which on a growth is shown
_SLIGHT = 0.0005  # a month's growth that rounds to nothing
_DRAWS = 2000  # of the delays: 50 of them lie beyond each end of the interval
_SHOWN = 12  # months in the summary: a year
_NOWCASTS = 8  # of stored tables that are kept: those of one run
_LEAST = 1e-9  # share: a month of which nothing is known is divided by it


@dataclass(frozen=True, kw_only=True, eq=False)
class Nowcast(Displayed):
    """What is known of each month, and what is still to come: of complaints, or whatever is recorded late.

    Attributes
    ----------
    as_of : date
        Day up to which rows are recorded.
    periods : PeriodIndex
        The T months from the first with rows to the last that has ended by the as-of day.
    table : DataFrame
        One row per month: ``period``; ``reported`` [rows], NaN where the source does not know it;
        ``completeness`` in (0, 1] with the 95 % interval ``lower``, ``upper``; ``nowcast`` [rows], what
        the month will have once all are recorded (reported over completeness; where they are recorded in
        loads, what the months before lead to expect besides), with the 95 % interval ``nowcast_lower``,
        ``nowcast_upper``; ``delay_days`` [days], the mean until a row is recorded, and its standard error
        ``delay_error``; NaN where all are recorded in loads.
    growth, growth_error : float
        Mean rise of the logarithm of the delay a month, over the last three months, and its standard error.
    dispersion : float
        Variance of the late reports over that of independent ones, at least 1.
    rows_without_delay : int
        Rows counted as reported that were recorded on an unknown day, or before they happened.
    rows_in_batches : int
        Rows recorded on days on which many were at once, a new system's or a load's: they show no delay.
    covered : date or None
        Day up to which the last of recurring loads takes rows in; None where there are none.
    rows_ignored : int
        Rows not known on the as-of day, or without a day that they belong to.
    rows_before : int
        Rows from before the data begin: of lone days far from all others.
    by_day : DataFrame or None
        One row per day from the first with rows to the as-of day: ``day``, ``reported`` [rows] and
        ``completeness``. None in one that was saved without it.
    """

    as_of: date
    periods: pd.PeriodIndex
    table: pd.DataFrame
    growth: float
    growth_error: float
    dispersion: float
    rows_without_delay: int
    rows_ignored: int
    rows_in_batches: int = 0
    covered: date | None = None
    rows_before: int = 0
    by_day: pd.DataFrame | None = None

    @property
    def completeness(self) -> Floats:
        """Share of the final count that is known, shape (T,), in (0, 1]."""
        return self.table["completeness"].to_numpy()

    def for_periods(self, periods: pd.PeriodIndex) -> Floats:
        """Return the completeness of the days, weeks, months or quarters of a panel.

        Parameters
        ----------
        periods : PeriodIndex
            Months or quarters, none that ends after the last month known here; days or weeks, none that
            ends after the as-of day.

        Returns
        -------
        ndarray, shape (periods,)
            In (0, 1]: of a quarter the mean of its months, of a week that of its days, weighted by their
            nowcasts; one before the first row.

        Raises
        ------
        ParameterError
            A period ends after the last month, or day, that is known; days, where it was saved without.
        """
        found = Completeness(
            periods=self.periods,
            reported=self.table["reported"].to_numpy(),
            share=self.completeness,
            expected=self.table["nowcast"].to_numpy(),
            daily=None if self.by_day is None else DailyShares.of(self.by_day),
        )
        return found.for_periods(periods)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"nowcast": self.table}

    @property
    def sentence(self) -> str:
        """Say how complete the last month is, how long the delay, whether it grows, and what was left out."""
        last = self.table.iloc[-1]
        counts = (
            label("its count is unknown")
            if np.isnan(last["reported"])
            else label("{reported:,.0f} reported, {nowcast:,.0f} expected in the end", last.to_dict())
        )
        delay = (
            label("how long a complaint waits is not known")
            if np.isnan(last["delay_days"])
            else label(
                "the mean delay is {days:,.1f} days and {drift}", days=last["delay_days"], drift=self._drift
            )
        )
        return label(
            "{period} is {completeness:.1%} complete ({lower:.1%} to {upper:.1%}):"
            " {counts}; {delay}{left_out}.",
            last.to_dict(),
            counts=counts,
            delay=delay,
            left_out=self._left_out,
        )

    @property
    def _drift(self) -> str:
        if abs(self.growth) < _CLEAR * self.growth_error or abs(self.growth) < _SLIGHT:
            return label("has not clearly changed of late")
        words = marked("has grown by {share:.1%} a month of late")
        if self.growth <= 0:
            words = marked("has shrunk by {share:.1%} a month of late")
        return label(words, share=abs(np.expm1(self.growth)))

    @property
    def _left_out(self) -> str:
        ignored, before = (counted(one, "row", "rows") for one in (self.rows_ignored, self.rows_before))
        words = {
            marked("; {batched:,} logged in batches show no delay"): self.rows_in_batches,
            marked("; the last load takes in what was received by {covered}"): self.covered,
            marked("; {undated:,} counted without a logging day that makes sense"): self.rows_without_delay,
            marked("; {ignored} not known on {as_of} or without a day received"): self.rows_ignored,
            marked("; {before} received long before all others"): self.rows_before,
        }
        return "".join(
            label(
                text,
                batched=self.rows_in_batches,
                covered=self.covered,
                undated=self.rows_without_delay,
                ignored=ignored,
                as_of=self.as_of,
                before=before,
            )
            for text, applies in words.items()
            if applies
        )

    def summary(self) -> pd.DataFrame:
        """Return the rows of the last twelve months, the youngest first."""
        return self.table.iloc[::-1].head(_SHOWN).reset_index(drop=True)


def nowcast(
    reports: Table | pd.DataFrame,
    *,
    as_of: date | str | None = None,
    at: str = "received_at",
    recorded: str = "logged_at",
    seed: int = SEED,
) -> Nowcast:
    """Estimate how complete the count of each month is, from the delay until rows are recorded.

    Parameters
    ----------
    reports : Table or DataFrame
        Complaints, losses or whatever is recorded late, one in each row, in any order.
    as_of : date or str, optional
        Day at whose end the counts are looked at: rows recorded later are not seen. Default: the table's own;
        a DataFrame needs one.
    at, recorded : str
        Columns of a DataFrame: the day that a row belongs to, and the one on which it was recorded. A table's
        are those of its contract.
    seed : int
        Seed of the sample that the intervals are taken from.

    Returns
    -------
    Nowcast
        Completeness in (0, 1], within its interval; the nowcast is reported over completeness where no loads
        recur. Equal for equal rows in whatever order.

    Raises
    ------
    ParameterError
        No as-of day, or one later than the table's.
    ContractError
        A column is missing, no month has ended by the as-of day, or no row has a delay; nearly all
        rows are from batches that do not recur.

    Notes
    -----
    A report is seen only if its delay is shorter than its age; the delay is estimated given that (right
    truncation; Lagakos, Barraj & De Gruttola 1988, Biometrika 75, 515-523; Kalbfleisch & Lawless 1989,
    doi:10.1080/01621459.1989.10478780). Its scale drifts with the day of a row. The remaining reports of a
    month are negative binomial given the reported ones (Hoehle & an der Heiden 2014, doi:10.1111/biom.12194).
    Days on which many rows of many days were recorded, against what such a weekday usually has, are batches:
    a new system whose day all older ones bear, or loads that recur. They say nothing of the delay; of loads
    it is said up to which day the last one takes rows in.
    A delay longer than the whole history, holidays of those who record, and a change of the delay that began
    in the last weeks are not seen. That of a stored table, by its digest, is estimated once a process.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", "2026-03-31", freq="h")
    >>> rows = pd.DataFrame({"received_at": days, "logged_at": days + pd.Timedelta(days=2)})
    >>> nowcast(rows, as_of="2026-03-31").table["reported"].tolist()
    [744.0, 672.0, 696.0]
    """
    day = day_of(reports, as_of)
    if isinstance(reports, Table):
        found = _of_stored(Stored.of(reports), day, seed)
        days = None if found.by_day is None else found.by_day.copy()
        return replace(found, table=found.table.copy(), by_day=days)  # the caller's own
    return _nowcast(reports_of(reports, day, at=at, recorded=recorded), day, seed)


def nowcast_where_logged(table: Table | None, *, last: str | None = None) -> Nowcast | None:
    """Estimate how complete the months are, up to a last month or quarter, as of the day of the source.

    None where the source does not say: it has no such table with a row per case, none of the rows was
    recorded on or after its own day, or no month has ended.
    """
    if table is None or not table.gives(CONTRACTS[table.name].recorded):
        return None
    try:
        known = nowcast(table)
    except ContractError:
        return None
    kept = np.asarray(known.periods <= period_of(last or known.periods[-1], "M"))
    return replace(known, periods=known.periods[kept], table=known.table[kept]) if kept.any() else None


@lru_cache(maxsize=_NOWCASTS)
def _of_stored(stored: Stored, day: pd.Timestamp, seed: int) -> Nowcast:
    return _nowcast(reports_on(stored, day), day, seed)


def _nowcast(known: Reports, day: pd.Timestamp, seed: int) -> Nowcast:
    found = estimate(known)
    batches, daily = found.batches, found.completeness.daily
    growth, error = (np.nan, np.nan) if batches.only_loads else found.delays.growth()
    return Nowcast(
        as_of=day.date(),
        periods=known.periods,
        table=_table(found, known.delayed, seed),
        growth=growth,
        growth_error=error,
        dispersion=found.delays.dispersion,
        rows_without_delay=known.without_delay,
        rows_ignored=known.ignored,
        rows_in_batches=batches.rows,
        rows_before=known.before,
        by_day=None if daily is None else daily.table,
        covered=pd.Timestamp(batches.covered, unit="D").date() if batches.share else None,
    )


def _table(found: Estimate, days: DayCounts, seed: int) -> pd.DataFrame:
    known, delays = found.completeness, found.delays
    periods, reported, share = known.periods, known.reported, known.share
    taken = found.arrivals @ (found.days <= found.batches.covered)
    sample = delays.sample(found.days, found.arrivals, days.as_of, draws=_DRAWS, seed=seed)
    sample, expected = found.batches.mixed(sample, taken), known.expected
    if found.usual is not None:
        final = found.usual.draw(np.nan_to_num(reported), sample, seed)
        expected = np.where(np.isnan(reported), np.nan, final.mean(axis=0))
        final_lower, final_upper = np.quantile(final, _INTERVAL, axis=0)
    else:
        final_lower, final_upper = _final_interval(np.nan_to_num(reported), sample, delays.dispersion, seed)
    lower, upper = np.quantile(sample, _INTERVAL, axis=0)
    middle = day_numbers(periods.to_timestamp().to_series()) + periods.days_in_month.to_numpy() / 2
    delay, error = delays.mean_days((days.as_of + 1 - middle) / _MONTH, days.span)
    if found.batches.only_loads:
        delay, error = np.full_like(delay, np.nan), np.full_like(error, np.nan)
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
    """Draw what is still to come, negative binomial given the reported; the sum's interval, (2, months)."""
    rng = np.random.default_rng([seed, 1])
    known = np.maximum(sample, _LEAST)
    shape = (reported + 0.5) / dispersion  # half a report: Jeffreys' prior of the month's mean
    rate = rng.gamma(shape, size=sample.shape) * dispersion * (1 - known) / known
    return np.asarray(np.quantile(reported + rng.poisson(rate), _INTERVAL, axis=0))
