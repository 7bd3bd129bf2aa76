"""What has a known course over periods of any length: trend, season, weekdays, days without work."""

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.periods.quarters import MONTHS_OF
from riskmodels.periods.workdays import lunar_new_years, working_days
from riskmodels.surveillance.settings import SETTINGS, Design

_TWO_HARMONICS = 6  # [periods a year] from which on a season has two harmonics; quarters have one
_SEASON = 2  # [periods a year] from which on there is one at all
_NEW_YEAR_DAYS = (-7, 6)  # about the Lunar New Year, in which business slows down and comes back


def periods_a_year(periods: pd.PeriodIndex) -> float:
    """Return how many periods a year has.

    Raises
    ------
    ParameterError
        The periods are no days, weeks, months, quarters or years.
    """
    if (letter := periods.freqstr[0]) not in MONTHS_OF:
        raise ParameterError(
            f"periods of '{periods.freqstr}' cannot be watched; expected days, weeks, months, quarters, years"
        )
    return MONTHS_OF["Y"] / MONTHS_OF[letter]


def design_of(
    periods: pd.PeriodIndex,
    *,
    calendar: str | None = None,
    closed: Collection[date] = (),
) -> Design:
    """Tabulate the regressors of periods: level, slope, harmonics; weekdays of days; holidays of a country.

    Parameters
    ----------
    periods : PeriodIndex
        T days, weeks, months, quarters or years.
    calendar : str, optional
        ISO 3166 code of the country whose holidays and make-up working days are known.
    closed : collection of date
        The bank's own days without work, beside those of the country.
    """
    year = periods_a_year(periods)
    time = 2.0 * np.pi * np.arange(len(periods)) / year
    harmonics = 0 if year < _SEASON else 1 if year < _TWO_HARMONICS else 2
    columns = [np.ones(len(periods)), np.zeros(len(periods))]
    prior = [0.0, SETTINGS.slope_prior]
    for harmonic in range(1, harmonics + 1):
        columns += [np.cos(harmonic * time), np.sin(harmonic * time)]
        prior += [SETTINGS.season_prior / harmonic] * 2
    known = _known(periods, calendar, closed)
    prior += [SETTINGS.calendar_prior] * known.shape[1]
    rows = np.column_stack([*columns, known])
    return Design(rows=rows, prior=np.array(prior), year=year)


def lengths_of(periods: pd.PeriodIndex) -> Floats:
    """Return the lengths of periods over the average, shape (T,): counts are proportional to them."""
    days = np.asarray((periods.end_time.normalize() - periods.start_time.normalize()).days, dtype=float) + 1.0
    return np.asarray(days * MONTHS_OF["D"] / MONTHS_OF[periods.freqstr[0]])


def _known(periods: pd.PeriodIndex, calendar: str | None, closed: Collection[date]) -> Floats:
    """Weekdays of days, (T, 6); shares of days with work and of the New Year's, less their means, (T, 2)."""
    columns = []
    if periods.freqstr[0] == "D":
        weekday = np.asarray(periods.day_of_week)
        columns += [(weekday == day).astype(float) - (weekday == 0) for day in range(1, 7)]
    if calendar is not None:
        columns += _holidays(periods, calendar, closed)
    return np.stack(columns, axis=1) if columns else np.zeros((len(periods), 0))


def _holidays(periods: pd.PeriodIndex, calendar: str, closed: Collection[date]) -> list[Floats]:
    starts, ends = periods.start_time.normalize(), periods.end_time.normalize()
    days = working_days(starts[0].date(), ends[-1].date(), country=calendar, closed=closed)
    working = days["working_index"].diff().fillna(days["working_index"]).to_numpy(dtype=float)
    day = pd.DatetimeIndex(days["day"])
    ordinary = pd.Series(working).groupby(np.asarray(day.day_of_week)).transform("mean").to_numpy()
    near = np.zeros(len(day))
    for new_year in lunar_new_years(starts[0].year - 1, ends[-1].year + 1, country=calendar):
        offset = np.asarray((day - pd.Timestamp(new_year)).days)
        near += (offset >= _NEW_YEAR_DAYS[0]) & (offset <= _NEW_YEAR_DAYS[1])
    place = np.asarray(periods.get_indexer(day.to_period(periods.freqstr)))
    share = [np.bincount(place, part, len(periods)) for part in (working - ordinary, near)]
    length = np.bincount(place, minlength=len(periods))
    found = [part / length for part in share]
    return [part - part.mean() for part in found if part.any()]
