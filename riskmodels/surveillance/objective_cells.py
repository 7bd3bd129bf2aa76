"""The months of an indicator with an objective: which are known, and which had no case."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags
from riskmodels.catalogue.entry import COUNTS, SUPPLIED, Indicator
from riskmodels.labels import Said
from riskmodels.periods.quarters import last_complete
from riskmodels.surveillance.years import MONTHS, YEAR, Cells
from riskmodels.tables import Tables
from riskmodels.tables.coverage import known_months

FEWEST = (
    9  # known months of the year before, below which it is no year to compare with; a choice: three quarters
)
_FILLING_DAYS = 30  # after its end, in which cases of a month of complaints are still closed, rated, overdue
_FIGURES = ("numerator", "denominator", "squares")


def cells_of(entry: Indicator, rows: pd.DataFrame, tables: Tables, until: pd.Period) -> Cells:
    """Return the months of one indicator (n = 1), up to the end of the year of a quarter.

    Parameters
    ----------
    entry : Indicator
        Of the catalogue, as these tables give it.
    rows : DataFrame
        Its rows of ``indicators(..., freq="M")`` for the bank.
    tables : Tables
        Which months they know.
    until : Period
        Last month that is looked at.

    Notes
    -----
    A month without a case, of a table of cases that knows the month, has none; every other month without a
    row is unknown, as is one that has not ended by the as-of day. Of an availability, what is lost is
    measured.
    """
    months = pd.period_range(end=pd.Period(year=until.year, month=YEAR, freq="M"), periods=MONTHS, freq="M")
    figures = rows.set_index(pd.PeriodIndex(rows["period"], freq="M"))[list(_FIGURES)].reindex(months)
    top, bottom, squares = (figures[name].to_numpy(dtype=float)[None] for name in _FIGURES)
    known = _known(entry, tables, months) & np.asarray(months <= min(until, last_complete(tables.as_of, "M")))
    if entry.table not in (COUNTS, SUPPLIED) and not entry.exposure:
        begun = np.maximum.accumulate(np.isfinite(bottom), axis=1)
        none = begun & np.isnan(bottom)
        top, bottom = np.where(none, 0.0, top), np.where(none, 0.0, bottom)
    known &= np.isfinite(top[0]) & np.isfinite(bottom[0])
    cells = Cells(
        months=months,
        family="measured" if entry.family == "availability" else entry.family,
        stock=entry.stock,
        numerators=np.where(known, top, np.nan),
        denominators=np.where(known, bottom, np.nan),
        squares=squares,
        filling=(known & _filling(entry, tables, months))[None],
    )
    lost = cells.denominators - cells.numerators
    return replace(cells, numerators=lost) if entry.family == "availability" else cells


def why_not(cells: Cells, entry: Indicator, tables: Tables, until: pd.Period) -> str:
    """Say why the objective of an indicator cannot be followed, as of a month; nothing where it can."""
    base = slice(-2 * YEAR, -YEAR)
    top, bottom = cells.numerators[0], cells.denominators[0]
    year, number = str(cells.months[-1].year - 1), int(np.isfinite(bottom[base]).sum())
    if number < FEWEST:
        return Said(
            "of {year} {number} months are known, of the {fewest} that a year to compare with needs",
            year=year,
            number=number,
            fewest=FEWEST,
        )
    compared = cells.months[-2 * YEAR :]
    if changed := _broken(entry, tables, compared[compared <= until]):
        return Said("what it counts is defined otherwise from {month} on", month=changed)
    if not np.nansum(top[base]) > 0 or not np.nansum(bottom[base]) > 0:
        return Said("its value of {year} is not above zero: nothing can change by a share of it", year=year)
    return ""


def stacked(parts: list[Cells]) -> Cells:
    """Put the months of several indicators of one family below each other."""
    squares = [part.squares for part in parts if part.squares is not None]
    return replace(
        parts[0],
        numerators=np.concatenate([part.numerators for part in parts]),
        denominators=np.concatenate([part.denominators for part in parts]),
        squares=np.concatenate(squares) if squares else None,
        filling=np.concatenate([part.filling for part in parts]),
    )


def _known(entry: Indicator, tables: Tables, months: pd.PeriodIndex) -> Flags:
    whole = [known_months(tables.require(name), months) for name in entry.tables if name != SUPPLIED]
    return np.asarray(np.logical_and.reduce([np.ones(len(months), dtype=bool), *whole]))


def _filling(entry: Indicator, tables: Tables, months: pd.PeriodIndex) -> Flags:
    """Tell of which months cases are still to come: of complaints closed, rated or overdue by now."""
    if entry.table != "complaints" or entry.family == "rate":
        return np.zeros(len(months), dtype=bool)
    return np.asarray(
        months.end_time.normalize() > pd.Timestamp(tables.as_of) - pd.Timedelta(days=_FILLING_DAYS)
    )


def _broken(entry: Indicator, tables: Tables, months: pd.PeriodIndex) -> str:
    """Return the last month after the first of some in which a definition changes; empty where none does."""
    changes = {change.month for name in entry.tables for change in tables.require(name).provenance.breaks}
    return max(changes & set(months[1:].astype("str")), default="")
