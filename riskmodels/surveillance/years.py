"""Ratios of a year against the year before: what is known of their months, and draws of what is not."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
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

    def until(self, month: pd.Period) -> "Cells":
        """Forget what came after a month."""
        late = np.asarray(self.months > month)
        return replace(
            self,
            numerators=np.where(late, np.nan, self.numerators),
            denominators=np.where(late, np.nan, self.denominators),
            filling=self.filling & ~late,
        )

    def as_expected(self, year: "Year", since: pd.Period, until: pd.Period) -> "Cells":
        """Put what was expected into the months of a span, as if it had come."""
        span = np.asarray((self.months >= since) & (self.months <= until))
        top, bottom = self.numerators.copy(), self.denominators.copy()
        places = span[-2 * YEAR :]
        top[:, span] = year.numerators[:, :, places].mean(axis=0)
        bottom[:, span] = year.denominators[:, :, places].mean(axis=0)
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


def draw_year(cells: Cells, *, size: int, seed: int, weights: Floats | None = None) -> Year:
    """Draw the months that are not known, and the cases still to come of those that are.

    Parameters
    ----------
    cells : Cells
        What is known.
    size : int
        Draws.
    seed : int
        The same seed, the same draws.
    weights : ndarray, optional
        Of the sizes of movements, as in ``forecast_ratios``.
    """
    found = forecast_ratios(
        cells.numerators, cells.denominators, family=cells.family, squares=cells.squares, weights=weights
    )
    last = np.arange(MONTHS - 2 * YEAR, MONTHS)
    known = np.nan_to_num(cells.numerators[:, last]), np.nan_to_num(cells.denominators[:, last])
    more = _still_to_come(cells, size, np.random.default_rng((seed, 1)))
    top = known[0] + found.draw(last, more, seed=seed)
    return Year(numerators=top, denominators=known[1] + more, stock=cells.stock, forecast=found)


def _still_to_come(cells: Cells, size: int, generator: np.random.Generator) -> Floats:
    """Draw denominators not known yet, (size, n, 24): those of one of the last twelve known months."""
    known = np.isfinite(cells.denominators)
    whole = known & ~cells.filling
    places = np.where(whole, np.arange(known.shape[1]), -1)
    newest = np.sort(places, axis=1)[:, ::-1][:, :_DENOMINATORS]
    number = np.maximum((newest >= 0).sum(axis=1), 1)
    n, last = len(known), slice(-2 * YEAR, None)
    chosen = np.floor(generator.random((size, n, 2 * YEAR)) * number[:, None]).astype(np.int64)
    month = newest[np.arange(n)[:, None], chosen]
    drawn = cells.denominators[np.arange(n)[:, None], month]
    filled = np.maximum(drawn - np.nan_to_num(cells.denominators[:, last]), 0.0)
    wanted = ~known[:, last] | cells.filling[:, last]
    return np.where(wanted, filled, 0.0)
