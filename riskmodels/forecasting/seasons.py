"""Seasons of n series, shrunk towards none by how far they stand out of the noise."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError

_LENGTHS = {"M": 12, "Q": 4, "Y": 1}  # periods of a year, by the first letter of pandas' name
# share of a year that must be known for its average; a choice: fewer lets the season into the trend
_FEWEST_KNOWN = 0.8
# deviations seen besides the first of their place; a choice: fewer tell too little of the noise
_FEWEST_DOUBLES = 6


def season_length(periods: pd.PeriodIndex) -> int:
    """Return the number of periods in a year.

    Raises
    ------
    ParameterError
        The periods are shorter than months.
    """
    if (letter := periods.freqstr[0]) not in _LENGTHS:
        raise ParameterError(
            "forecasts go by months, quarters or years, not by days or weeks: build the panel with freq='M'"
        )
    return _LENGTHS[letter]


@dataclass(frozen=True, eq=False)
class Cycle:
    """Place in the year of each of T + h periods, shape (T + h,), and the number of places."""

    places: Integers
    year: int

    @classmethod
    def of(cls, periods: pd.PeriodIndex) -> "Cycle":
        """Return the months or the quarters of periods, from zero; years have one place."""
        year = season_length(periods)
        numbers = periods.month if year == _LENGTHS["M"] else periods.quarter
        return cls((np.asarray(numbers, dtype=np.int64) - 1) % year, year)


def ratios_to_trend(values: Floats, year: int) -> Floats:
    """Take the centred moving average over a year off: (n, T) -> (n, T).

    NaN where the value is unknown, where a year is one period, at both ends, and where more than a fifth of
    the year is unknown.
    """
    found = np.full(values.shape, np.nan)
    half = year // 2
    if year == 1 or values.shape[1] <= year:
        return found
    weights = np.ones(year + 1)
    weights[[0, -1]] = 0.5
    known = np.isfinite(values)
    total = sliding_window_view(np.where(known, values, 0.0), year + 1, axis=1) @ weights
    share = sliding_window_view(known.astype(float), year + 1, axis=1) @ weights
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
