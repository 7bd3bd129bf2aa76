"""Ratios of a year against the year before: what is known of their months, and draws of what is not."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.forecasting.ratios import RatioFamily, RatioForecast, forecast_ratios

MONTHS = 48  # of which a course is learnt: this year, the one before, and two more; a choice
YEAR = 12  # months
_DENOMINATORS = 12  # last known months, of which those of other months are drawn
_LEAST = 1e-9  # of a denominator: divides where a draw has no case


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Months of n ratios, the last twelve of a year, the twelve before of the year before it.

    Attributes
    ----------
    months : PeriodIndex
        ``MONTHS`` of them.
    family : str
        As in ``forecast_ratios``.
    stock : bool
        The value of a year is that of its last month, not of all.
    numerators, denominators, squares : ndarray, shape (n, MONTHS)
        NaN where unknown; squares of means alone.
    filling : ndarray of bool, shape (n, MONTHS)
        Of a month that is known, cases are still to come.
    """

    months: pd.PeriodIndex
    family: RatioFamily
    stock: bool
    numerators: Floats
    denominators: Floats
    squares: Floats | None
    filling: Flags

    @property
    def open(self) -> Flags:
        """Tell in which of the last 24 months cases are still to come, shape (n, 24)."""
        return (np.isnan(self.denominators) | self.filling)[:, -2 * YEAR :]

    def until(self, month: pd.Period) -> "Cells":
        """Forget what came after a month."""
        late = np.asarray(self.months > month)
        return replace(
            self,
            numerators=np.where(late, np.nan, self.numerators),
            denominators=np.where(late, np.nan, self.denominators),
            filling=self.filling & ~late,
        )

    def as_expected(self, year: "Year", came: "Cells") -> "Cells":
        """Put what was expected into the months that are known by what came, as if that had come."""
        new = np.isnan(self.denominators) & np.isfinite(came.denominators)
        top, bottom = self.numerators.copy(), self.denominators.copy()
        last = slice(-2 * YEAR, None)
        top[:, last] = np.where(new[:, last], year.numerators.mean(axis=0), top[:, last])
        bottom[:, last] = np.where(new[:, last], year.denominators.mean(axis=0), bottom[:, last])
        return replace(self, numerators=top, denominators=bottom)


@dataclass(frozen=True, kw_only=True, eq=False)
class Year:
    """Draws of the months of a year and the one before: what is known is the same in each.

    Attributes
    ----------
    numerators, denominators : ndarray, shape (size, n, 24)
    stock : bool
        The value of a year is that of its last month.
    forecast : RatioForecast
        What they were drawn from.
    """

    numerators: Floats
    denominators: Floats
    stock: bool
    forecast: RatioForecast

    @property
    def values(self) -> tuple[Floats, Floats]:
        """Values of the year before and of the year, shape (size, n) each."""
        before, now = (
            (self.numerators[..., part], self.denominators[..., part])
            for part in (slice(None, YEAR), slice(YEAR, None))
        )
        return self._value(*before), self._value(*now)

    @property
    def monthly(self) -> Floats:
        """Values of the months, shape (size, n, 24); NaN in a draw without a case."""
        known = self.denominators > 0
        found = self.numerators / np.where(known, self.denominators, 1.0)
        return np.where(known, found, np.nan)

    def _value(self, top: Floats, bottom: Floats) -> Floats:
        if self.stock:
            return np.asarray(top[..., -1] / np.maximum(bottom[..., -1], _LEAST))
        return np.asarray(top.sum(axis=-1) / np.maximum(bottom.sum(axis=-1), _LEAST))


def draw_year(
    cells: Cells, *, size: int, seed: int, weights: Floats | None = None, among: Flags | None = None
) -> Year:
    """Draw the months that are not known, and the cases still to come of those that are.

    Parameters
    ----------
    cells : Cells
        What is known.
    size : int
        Draws.
    seed : int
        The same seed and months, the same draws.
    weights : ndarray, optional
        Of the sizes of movements, as in ``forecast_ratios``.
    among : ndarray of bool, shape (24,), optional
        Months for which random numbers are drawn, so that what is known of more of them is compared by the
        same; default: those in which something is open.
    """
    found = forecast_ratios(
        cells.numerators, cells.denominators, family=cells.family, squares=cells.squares, weights=weights
    )
    places = np.flatnonzero(cells.open.any(axis=0) if among is None else among)
    top, bottom = (
        np.broadcast_to(np.nan_to_num(part[:, -2 * YEAR :]), (size, len(part), 2 * YEAR)).copy()
        for part in (cells.numerators, cells.denominators)
    )
    more = _still_to_come(cells, places, size, np.random.default_rng((seed, 1)))
    top[..., places] += found.draw(MONTHS - 2 * YEAR + places, more, seed=seed)
    bottom[..., places] += more
    return Year(numerators=top, denominators=bottom, stock=cells.stock, forecast=found)


def _still_to_come(cells: Cells, places: Integers, size: int, generator: np.random.Generator) -> Floats:
    """Draw denominators not known yet of months, (size, n, w): those of one of the last twelve known ones."""
    whole = np.isfinite(cells.denominators) & ~cells.filling
    newest = np.sort(np.where(whole, np.arange(MONTHS), -1), axis=1)[:, ::-1][:, :_DENOMINATORS]
    number = np.maximum((newest >= 0).sum(axis=1), 1)
    series = np.arange(len(whole))[:, None]
    chosen = np.floor(generator.random((size, len(whole), len(places))) * number[:, None]).astype(np.int64)
    drawn = cells.denominators[series, newest[series, chosen]]
    known = np.nan_to_num(cells.denominators[:, -2 * YEAR :][:, places])
    return np.where(cells.open[:, places], np.maximum(drawn - known, 0.0), 0.0)
