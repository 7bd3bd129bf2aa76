"""Rows by the day they belong to and the day they were recorded, as they were known on a day."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting.delays import DayCounts
from riskmodels.periods.quarters import last_complete
from riskmodels.tables import Table
from riskmodels.tables.counting import count_by_days
from riskmodels.tables.spans import beginning

_CENTURY = 36_525  # days; no delay is estimated over more
_TABLES = 4  # whose counts are kept: those of one run


@dataclass(frozen=True)
class Stored:
    """A stored table, equal to another that holds the same rows and the same holes."""

    digest: str
    unknown_months: tuple[str, ...]
    table: Table = field(compare=False)

    @classmethod
    def of(cls, table: Table) -> "Stored":
        """Return what a table holds."""
        return cls(table.digest, table.provenance.unknown_months, table)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reports:
    """What was known on a day: rows with a delay, all by the day received, and how many are none of these.

    ``received`` counts from the first day, (days,); ``periods`` are the months that have ended, and
    ``unknown`` of shape (periods,) those that the source does not know.
    """

    delayed: DayCounts
    first: int
    received: Floats
    without_delay: int
    ignored: int
    before: int
    periods: pd.PeriodIndex
    unknown: Flags


def day_of(reports: Table | pd.DataFrame, as_of: date | str | None) -> pd.Timestamp:
    """Return the day at whose end rows are looked at; raises ParameterError where there is none."""
    last = pd.Timestamp(reports.provenance.as_of) if isinstance(reports, Table) else None
    if as_of is None:
        if last is None:
            raise ParameterError("a frame needs as_of, the day up to which its rows are recorded")
        return last
    try:
        day = pd.Timestamp(as_of).normalize()
    except ValueError:
        raise ParameterError(f"as_of is '{as_of}'; expected a day, e.g. 2026-09-30") from None
    if last is not None and day > last:
        raise ParameterError(
            f"as_of is {as_of}, but the table knows only what was recorded by {last:%Y-%m-%d}"
        )
    return day


def reports_on(stored: Stored, as_of: pd.Timestamp) -> Reports:
    """Count what a table knew at the end of a day.

    Raises
    ------
    ContractError
        It does not say when rows were recorded, no month has ended by the day, or no row has a delay.
    """
    return _known(_counted(stored), as_of, stored.unknown_months, stored.table.begins)


def reports_of(rows: pd.DataFrame, as_of: pd.Timestamp, *, at: str, recorded: str) -> Reports:
    """Count what was known of rows at the end of a day, as ``reports_on``, by two of their columns."""
    pairs = _by_days(rows, at, recorded)
    return _known(pairs, as_of, (), _beginning(pairs))


@lru_cache(maxsize=_TABLES)
def _counted(stored: Stored) -> pd.DataFrame:
    return count_by_days(stored.table)


def _by_days(rows: pd.DataFrame, at: str, recorded: str) -> pd.DataFrame:
    """Return one row per pair of days: at, recorded, rows."""
    if missing := {at, recorded} - set(rows.columns):
        raise ContractError(f"the rows have no column {', '.join(sorted(missing))}")
    days = {"at": rows[at], "recorded": rows[recorded]}
    pairs = pd.DataFrame({name: pd.to_datetime(times).dt.floor("D") for name, times in days.items()})
    return pairs.groupby(["at", "recorded"], dropna=False).size().rename("rows").reset_index()


def _beginning(pairs: pd.DataFrame) -> date | None:
    """First day of the month in which the data begin, lone dates left out; None where no row has a day."""
    rows = pairs["rows"].groupby(pairs["at"].dt.to_period("M")).sum()
    if rows.empty:
        return None
    months = pd.PeriodIndex(rows.index)
    first = beginning(months.asi8.astype(np.int64), rows.to_numpy(np.int64))
    return pd.Period(ordinal=first, freq="M").start_time.date()


def _known(
    pairs: pd.DataFrame, as_of: pd.Timestamp, unknown: tuple[str, ...], begins: date | None
) -> Reports:
    received, logged = pairs["at"], pairs["recorded"]
    begun = pd.Timestamp(begins or date.min)
    lone = received < begun
    known = ~lone & (received <= as_of) & ((logged <= as_of) | logged.isna())
    sensible = known & (logged >= received)
    rows, last = pairs["rows"].to_numpy("int64"), int(day_numbers(pd.Series([as_of]))[0])
    if not sensible.any():
        raise ContractError(
            f"no row has a day and a later or equal day on which it was recorded by {as_of:%Y-%m-%d}"
        )
    first = int(day_numbers(received[known]).min())
    if last - first >= _CENTURY:
        raise ContractError(
            f"rows begin on {received[known].min():%Y-%m-%d}, more than a century before"
            f" {as_of:%Y-%m-%d}; say in the source file from when on they are observed, e.g. observed_from:"
            " 2020-01"
        )
    by_day = np.bincount(day_numbers(received[known]) - first, rows[known], minlength=last - first + 1)
    periods = _periods(first, as_of)
    return Reports(
        delayed=DayCounts(
            received=day_numbers(received[sensible]),
            logged=day_numbers(logged[sensible]),
            rows=rows[sensible],
            as_of=last,
        ),
        first=first,
        received=by_day.astype(float),
        without_delay=int(rows[known & ~sensible].sum()),
        ignored=int(rows[~known & ~lone].sum()),
        before=int(rows[lone].sum()),
        periods=periods,
        unknown=np.asarray(periods.isin(pd.PeriodIndex(list(unknown), freq="M"))),
    )


def day_numbers(days: "pd.Series[pd.Timestamp]") -> Integers:
    """Days since 1970-01-01."""
    return days.to_numpy("datetime64[D]").astype(np.int64)


def _periods(first: int, as_of: pd.Timestamp) -> pd.PeriodIndex:
    periods = pd.period_range(pd.Timestamp(first, unit="D").to_period("M"), last_complete(as_of, "M"))
    if not len(periods):
        raise ContractError(f"no month that has rows has ended by {as_of:%Y-%m-%d}")
    return periods
