"""Panels: many series over the same periods, with zero and unknown distinguished."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, cast

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Times
from riskmodels.display import Displayed
from riskmodels.errors import ContractError, ParameterError
from riskmodels.grouping import add_rows, number_series
from riskmodels.labels import counted, plural
from riskmodels.periods.quarters import MONTHS_OF, last_complete, period_of
from riskmodels.tables import CONTRACTS, Break, Table, in_months
from riskmodels.tables.counting import begun, check_keys, counts_of, queried
from riskmodels.tables.coverage import is_begun_within
from riskmodels.tables.frequencies import SHORT, Frequency, frequency_of, within
from riskmodels.tables.lifetimes import business_days, open_in
from riskmodels.tables.sql import name

Kind = Literal["count", "amount"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel(Displayed):
    """n series over T periods.

    Attributes
    ----------
    keys : DataFrame
        n rows; row i names series i.
    periods : PeriodIndex
        T consecutive periods.
    values : ndarray, shape (n, T)
        Counts or amounts; NaN is unknown, never zero.
    exposure : ndarray, shape (n, T), or None
        What the counts are measured against, e.g. accounts.
    kind : {"count", "amount"}
        A period without a row is a zero count, but an unknown amount.
    breaks : tuple of Break
        Changed definitions: values before a break and after it do not compare. One that names keys
        (``where``) concerns the series that have them, and every series where they were added up.
    rows_before : int
        Rows of lone dates before the first period, far from all others, or of days that the source is not
        said to observe: left out.
    holidays : tuple of date
        The bank's own days without work, beside those of a country that a forecast is given.
    days : ndarray of datetime64[D], shape (n, 2), or None
        First and last day of business of the unit of each series; NaT is no limit.
    """

    keys: pd.DataFrame
    periods: pd.PeriodIndex
    values: Floats
    exposure: Floats | None
    kind: Kind
    breaks: tuple[Break, ...] = ()
    rows_before: int = 0
    holidays: tuple[date, ...] = ()
    days: Times | None = None

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        *,
        keys: Sequence[str],
        period: str,
        value: str,
        kind: Kind = "count",
        freq: Frequency = "M",
        exposure: str | None = None,
        unknown: Sequence[str] = (),
        start: Literal["panel", "first_row"] = "panel",
    ) -> "Panel":
        """Build a panel from one row per series and period; rows of one cell are added up.

        Parameters
        ----------
        frame : DataFrame
            Long table.
        keys : sequence of str
            Columns that name a series; none for one total.
        period, value : str
            Columns of the period (a date or a Period) and of the value.
        kind : {"count", "amount"}
            What a missing row means: zero or unknown.
        freq : {"D", "W", "M", "Q", "Y"}
            Length of a period; weeks begin on Monday.
        exposure : str, optional
            Column of the exposure; unknown where there is no row.
        unknown : sequence of str
            Months that the source does not know: NaN in every series, in every period with a day of them.
        start : {"panel", "first_row"}
            Where a series begins: with the panel (zeros before its first row) or with its own first row
            (NaN before).

        Returns
        -------
        Panel
            Series in the order of their keys; the known values add up to those of the frame outside the
            unknown periods.

        Raises
        ------
        ContractError
            The frame has no row.
        """
        if frame.empty:
            raise ContractError("there is no row to build a panel from")
        months = pd.PeriodIndex(frame[period], freq=freq)
        periods = pd.period_range(months.min(), months.max(), freq=freq)
        series, names = number_series(frame, keys)
        columns = np.asarray(periods.get_indexer(months))
        shape = (len(names), len(periods))
        rows = np.zeros(shape)
        np.add.at(rows, (series, columns), 1)
        values = np.zeros(shape)
        np.add.at(values, (series, columns), frame[value].to_numpy("float64"))
        if kind == "amount":
            values[rows == 0] = np.nan
        if start == "first_row":
            values[np.cumsum(rows, axis=1) == 0] = np.nan
        values[:, within(periods, unknown)] = np.nan
        exposures = None
        if exposure is not None:
            exposures = np.full(shape, np.nan)
            exposures[series, columns] = frame[exposure].to_numpy("float64")
        return cls(keys=names, periods=periods, values=values, exposure=exposures, kind=kind)

    def until(self, last: str | pd.Period) -> "Panel":
        """Return the panel up to and including a period (of the panel's or a coarser frequency).

        A last day of business after it is not known yet.
        """
        end = period_of(last, self.periods.freqstr)
        kept, days = np.asarray(self.periods <= end), self.days
        if days is not None:
            later = days > np.datetime64(end.end_time.date())
            days = np.where(later & [False, True], np.datetime64("NaT", "D"), days)
        return replace(
            self,
            periods=self.periods[kept],
            values=self.values[:, kept],
            exposure=None if self.exposure is None else self.exposure[:, kept],
            days=days,
        )

    def in_business(self) -> "Panel":
        """Return the panel with every value unknown in periods without a day of business of the unit."""
        if self.days is None:
            return self
        return replace(self, values=np.where(open_in(self.days, self.periods), self.values, np.nan))

    def covering(self, months: int) -> int:
        """Return how many periods a number of months needs: six months are two quarters, or one year."""
        return math.ceil(months / MONTHS_OF[self.periods.freqstr[0]])

    def since(self, place: int) -> "Panel":
        """Return the panel from one of its periods on, counted from 0."""
        return replace(
            self,
            periods=self.periods[place:],
            values=self.values[:, place:],
            exposure=None if self.exposure is None else self.exposure[:, place:],
        )

    def aggregate(self, by: Sequence[str] = ()) -> "Panel":
        """Add series up by some of the keys; a sum with an unknown part is unknown."""
        series, names = number_series(self.keys, by)
        exposure = None if self.exposure is None else add_rows(self.exposure, series, len(names))
        values = add_rows(self.values, series, len(names))
        days = None  # of several units
        if self.days is not None and "unit_id" in by:
            days = self.days[np.unique(series, return_index=True)[1]]
        return replace(self, keys=names, values=values, exposure=exposure, days=days)

    def concerns(self, change: Break) -> Flags:
        """Tell which series a break concerns, shape (n,)."""
        found = np.ones(len(self.keys), dtype=bool)
        for key in self.keys.columns.intersection(list(change.where)):
            found &= np.asarray(self.keys[key] == change.where[key], dtype=bool)
        return found

    def place_of(self, change: Break) -> int:
        """Return the place of the first period that lies wholly after a break; T where there is none."""
        return int((self.periods.start_time < pd.Timestamp(change.month)).sum())

    def since_breaks(self) -> "Panel":
        """Return the panel with every value unknown before the last break of its series.

        A break after the last period hides nothing yet.
        """
        values = self.values.copy()
        for change in self.breaks:
            place = self.place_of(change)
            if place < len(self.periods):
                values[self.concerns(change), :place] = np.nan
        return replace(self, values=values)

    def _holes(self) -> list[str]:
        """Name the periods that no series knows; of days and weeks runs, from their first to their last."""
        places = np.flatnonzero(np.isnan(self.values).all(axis=0))
        if self.periods.freqstr[0] not in SHORT:
            return list(map(str, self.periods[places]))
        runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
        spans = [(self.periods[run[0]].start_time, self.periods[run[-1]].end_time) for run in runs]
        return [
            f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
            for first, last in spans
        ]

    @property
    def _left_out(self) -> str:
        if not self.rows_before:
            return ""
        rows = counted(self.rows_before, "row", "rows")
        return plural(
            self.rows_before,
            "; {rows} of days before is left out",
            "; {rows} of days before are left out",
            rows=rows,
        )

    @property
    def sentence(self) -> str:
        """Say how many series and periods, and how much is unknown."""
        unknown = self._holes()
        holes = f"; unknown everywhere: {', '.join(unknown)}" if unknown else ""
        changed = ", ".join(f"{change.month} ({change.words})" for change in self.breaks)
        broken = f"; definition changed in {changed}" if changed else ""
        before = self._left_out
        return (
            f"{len(self.keys)} series of {counted(len(self.periods), 'period', 'periods')},"
            f" {self.periods[0]} to {self.periods[-1]},"
            f" total {np.nansum(self.values):,.0f}{holes}{broken}{before}."
        )

    def summary(self) -> pd.DataFrame:
        """One row per series: total, mean of a known period, unknown periods; the 20 biggest."""
        frame = self.keys.copy()
        frame["total"] = np.nansum(self.values, axis=1)
        frame["unknown_periods"] = np.isnan(self.values).sum(axis=1)
        return frame.sort_values("total", ascending=False, kind="stable").head(20)


def build_panel(
    table: Table | None,
    *,
    by: Sequence[str],
    freq: Frequency | None = None,
    exposure: tuple[Table, str] | None = None,
    last: str | None = None,
    units: Table | None = None,
) -> Panel:
    """Count the rows of a table by series and period.

    Parameters
    ----------
    table : Table
        Accepted rows, e.g. complaints (by the time received); of a table that holds counts
        (``complaint_counts``), these are added up. None, for a table that the source lacks, is refused.
    by : sequence of str
        Columns that name a series.
    freq : {"D", "W", "M", "Q", "Y"}, optional
        Length of a period; weeks begin on Monday; default: months, or of counts the shortest that holds the
        longest of their rows.
    exposure : (Table, str), optional
        Exposure table and its column, averaged over the months of a period.
    last : str, optional
        Last period (or a longer one: its last part), but never one after the last that ended by the as-of
        day of the source, which is the last one without it.
    units : Table, optional
        With ``unit_id`` in ``by``: a forecast then expects nothing of a unit that has closed, and learns from
        its days of business alone. Its counts stay as they are.

    Returns
    -------
    Panel
        Kind ``count``; a period without a row is zero, a month that the source does not know is NaN, and so
        is a sum with an empty count or with one whose row was rejected, and a first period within which the
        rows begin, a week and ten rows or more after its start. Carries the breaks of the table.

    Raises
    ------
    ContractError
        The source lacks the table, or its rows belong to no day, have no such column, or are by longer
        periods than are wanted.
    ParameterError
        The last period is none, or lies before the data or after their as-of day; a column is named twice.
    """
    if table is None:
        raise ContractError(
            "there is nothing to count: the source does not have this table; map it, or count another"
        )
    contract = CONTRACTS[table.name]
    if not contract.at:
        raise ContractError(f"the table '{table.name}' has no date to count by")
    check_keys(contract, by)
    freq = cast("Frequency", frequency_of(table, freq))
    counts = counts_of(table, contract, by, freq)
    if table.begins is not None and len(counts):
        counts = begun(counts, table.begins, freq)
    end = last_complete(table.provenance.as_of, freq)
    if len(counts) and end.start_time > counts["period"].max():  # quiet months at the end are zeros, too
        counts = pd.concat([counts, counts.head(1).assign(period=end.start_time, value=0.0)])
    panel = Panel.from_long(
        counts,
        keys=by,
        period="period",
        value="value",
        freq=freq,
        unknown=table.provenance.unknown_months,
    ).until(end if last is None else _last_asked(end, last, counts, as_of=table.provenance.as_of))
    if len(panel.periods) and is_begun_within(table, panel.periods[0]):
        panel.values[:, 0] = np.nan  # a part of a period is none
    source = table.provenance
    panel = replace(panel, breaks=source.breaks, rows_before=table.rows_before, holidays=source.holidays)
    if units is not None and "unit_id" in by:
        panel = replace(panel, days=business_days(units, panel.keys["unit_id"]))
    return panel if exposure is None else replace(panel, exposure=_exposure(panel, *exposure, by=by))


def _last_asked(end: pd.Period, last: str, counts: pd.DataFrame, *, as_of: date) -> pd.Period:
    asked = period_of(last, end.freqstr)
    if asked.start_time.date() > as_of and pd.Period(last).start_time.date() > as_of:
        raise ParameterError(f"last is {last}, which begins after {as_of}, the day up to which the data go")
    if len(counts) and asked.end_time < counts["period"].min():
        first = pd.Period(counts["period"].min(), freq=end.freqstr)
        raise ParameterError(f"last is {last}, before {first}, where the data begin")
    return min(end, asked)


def _exposure(panel: Panel, table: Table, column: str, *, by: Sequence[str]) -> Floats:
    keys = "".join(f"{name(key)}, " for key in by)
    at = name(CONTRACTS[table.name].at)
    frame = queried(
        table,
        f"SELECT {keys}{at} AS month, (CASE WHEN bool_and({name(column)} IS NOT NULL)"
        f" THEN sum({name(column)}) END)::DOUBLE AS value FROM rows GROUP BY ALL",
        rows=in_months(table),
    )
    periods = panel.periods  # of days and weeks, the months that they begin in
    months = periods.start_time.to_period("M") if periods.freqstr[0] in SHORT else periods
    known = months.unique()
    frame["period"] = pd.PeriodIndex(frame["month"], freq=known.freqstr)
    cells = frame.groupby([*by, "period"], dropna=False)["value"].mean().reset_index()
    names = panel.keys.assign(series=np.arange(len(panel.keys)))
    cells = cells.merge(names, on=list(by)) if by else cells.assign(series=0)
    places = np.asarray(known.get_indexer(pd.PeriodIndex(cells["period"])))
    inside = cells[places >= 0]
    values = np.full((len(panel.keys), len(known)), np.nan)
    values[inside["series"].to_numpy(), places[places >= 0]] = inside["value"].to_numpy()
    return np.asarray(values[:, known.get_indexer(months)])
