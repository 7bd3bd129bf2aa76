"""Seasons of n series, shrunk towards none by how far they stand out of the noise."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.periods.quarters import MONTHS_OF

# periods of a season, by the first letter of pandas' name: of days a week, of all others a year
_LENGTHS = {"D": 7, "W": 52, "M": 12, "Q": 4, "Y": 1}
_YEARS = {**_LENGTHS, "D": 365}  # periods of a year
# periods ahead at which errors of short periods are looked at: one, a month or a week, and up to where
# forecasts of them end
_LEADS = {"D": (1, 7, 28, 56), "W": (1, 4, 13, 52)}
_LATE = {"D": tuple(range(22, 29)), "W": tuple(range(10, 14))}  # the fourth week, the third month
# share of a year that must be known for its average; a choice: fewer lets the season into the trend
_FEWEST_KNOWN = 0.8
# deviations seen besides the first of their place; a choice: fewer tell too little of the noise
_FEWEST_DOUBLES = 6


def season_length(periods: pd.PeriodIndex) -> int:
    """Return the number of periods in a season: of days a week, of weeks, months and quarters a year.

    Raises
    ------
    ParameterError
        The periods are none of these.
    """
    return _of(periods, _LENGTHS)


def year_length(periods: pd.PeriodIndex) -> int:
    """Return the number of whole periods in a year, as ``season_length``."""
    return _of(periods, _YEARS)


def _of(periods: pd.PeriodIndex, lengths: dict[str, int]) -> int:
    if (letter := periods.freqstr[0]) not in lengths:
        raise ParameterError(
            f"periods of '{periods.freqstr}' cannot be forecast; expected days, weeks, months, quarters or"
            " years: build the panel with freq='D', 'W', 'M', 'Q' or 'Y'"
        )
    return lengths[letter]


def pace_of(periods: pd.PeriodIndex) -> float:
    """Return the months of a period that is shorter than a month, else one.

    Memories and drifts are stated a period of a month or longer; a day forgets and drifts as much less, so
    that a year of days forgets and drifts as a year of months.
    """
    season_length(periods)  # of others none is known
    return min(MONTHS_OF[periods.freqstr[0]], 1.0)


@dataclass(frozen=True, eq=False)
class Cycle:
    """Place in the season of each of T + h periods, shape (T + h,), and the number of places.

    ``pace`` is that of ``pace_of``; ``leads`` are the periods ahead at which errors are looked at; ``late``
    those whose errors tell how widths grow: of days and weeks, whose first error says little of the level.
    """

    places: Integers
    year: int
    leads: tuple[int, ...]
    pace: float = 1.0
    late: tuple[int, ...] = ()

    @classmethod
    def of(cls, periods: pd.PeriodIndex) -> "Cycle":
        """Return the weekdays, weeks, months or quarters of periods, from zero; years have one place.

        The 53rd week of a year, where there is one, is taken for the 52nd.
        """
        year, letter = season_length(periods), periods.freqstr[0]
        if letter in _LEADS:
            weeks = periods.start_time.isocalendar().week.to_numpy(dtype=np.int64)
            weekdays = np.asarray(periods.day_of_week, dtype=np.int64)
            places = weekdays if letter == "D" else np.minimum(weeks, year) - 1
            return cls(places, year, _LEADS[letter], pace_of(periods), _LATE[letter])
        numbers = periods.month if year == _LENGTHS["M"] else periods.quarter
        return cls((np.asarray(numbers, dtype=np.int64) - 1) % year, year, _leads_of(year))

    @property
    def flat(self) -> "Cycle":
        """The same periods without a season."""
        return replace(self, places=np.zeros_like(self.places), year=1)

    def by(self, places: Integers) -> "Cycle":
        """Return the same periods at other places, from zero."""
        return replace(self, places=places, year=int(places.max()) + 1)


def _leads_of(year: int) -> tuple[int, ...]:
    """Return the leads at which errors are looked at: one period, and a sixth, a half and all of a year."""
    return tuple(sorted({1, max(year // 6, 1), max(year // 2, 1), year}))


def ratios_to_trend(values: Floats, year: int) -> Floats:
    """Take the centred moving average over a year off: (n, T) -> (n, T).

    NaN where the value is unknown, where a year is one period, at both ends, and where more than a fifth of
    the year is unknown.
    """
    found = np.full(values.shape, np.nan)
    half = year // 2
    if year == 1 or values.shape[1] <= year:
        return found
    weights = np.ones(2 * half + 1)
    if not year % 2:  # of an even number, half of each end
        weights[[0, -1]] = 0.5
    known = np.isfinite(values)
    total = sliding_window_view(np.where(known, values, 0.0), len(weights), axis=1) @ weights
    share = sliding_window_view(known.astype(float), len(weights), axis=1) @ weights
    inner = values[:, half : values.shape[1] - half]
    enough = share >= _FEWEST_KNOWN * year
    found[:, half : values.shape[1] - half] = np.where(enough, inner - total / np.maximum(share, 1.0), np.nan)
    return found


class Seasons:
    """What has been learnt of n seasons of ``year`` places from deviations from the trend."""

    def __init__(self, year: int, n: int) -> None:
        self.sums, self.squares, self.number = np.zeros((3, year, n))

    def learn(self, place: int, deviation: Floats) -> None:
        """Learn one period's deviations, shape (n,); NaN teaches nothing."""
        known = np.isfinite(deviation)
        deviation = np.where(known, deviation, 0.0)
        self.sums[place] += deviation
        self.squares[place] += deviation**2
        self.number[place] += known

    def shrunk(self) -> Floats:
        """Return seasons that add up to zero, shape (year, n).

        A season shrinks by the share of its variance that its own noise explains (James & Stein 1961; for
        seasonal factors Miller & Williams 2003, doi:10.1016/S0169-2070(02)00077-8); it is none while a place
        has not been seen, or too few have been seen twice.
        """
        number = np.maximum(self.number, 1.0)
        mean = self.sums / number
        doubles = np.maximum(self.number - 1.0, 0.0).sum(axis=0)
        noise = (self.squares - self.number * mean**2).sum(axis=0) / np.maximum(doubles, 1.0)
        noise /= np.maximum(self.number.mean(axis=0), 1.0)
        mean -= mean.mean(axis=0)
        signal = (mean**2).sum(axis=0) / max(len(mean) - 1, 1)  # a year of one place has no season
        share = np.clip(1.0 - noise / np.maximum(signal, 1e-300), 0.0, 1.0)
        enough = (self.number.min(axis=0) >= 1) & (doubles >= _FEWEST_DOUBLES)
        season: Floats = np.where(enough, mean * share, 0.0)
        return season
