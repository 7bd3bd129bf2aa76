"""Outcomes of units over periods, and from which period on each was treated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.panel import Panel
from riskmodels.periods.quarters import period_of

Starts = Mapping[Any, Any] | pd.Series | Sequence[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Treated:
    """n units over T periods.

    Attributes
    ----------
    units, periods : Index
        n and T names.
    values : ndarray, shape (n, T)
        Outcomes; NaN is unknown.
    exposure : ndarray, shape (n, T), or None
        Of counts.
    first : ndarray of int, shape (n,)
        Place of the first period with the action; T is never.
    weights : ndarray, shape (n,)
        Of units.
    counts : bool
        Outcomes are counts: effects are ratios.
    """

    units: pd.Index
    periods: pd.Index
    values: Floats
    exposure: Floats | None
    first: Integers
    weights: Floats
    counts: bool

    @property
    def after(self) -> Flags:
        """Cells with the action, shape (n, T)."""
        return np.asarray(np.arange(self.values.shape[1]) >= self.first[:, None])

    @property
    def ever(self) -> Flags:
        """Units that get the action, shape (n,)."""
        return np.asarray(self.first < self.values.shape[1])

    @property
    def cohorts(self) -> Integers:
        """First periods that there are, in order."""
        return np.unique(self.first[self.ever])

    @property
    def sizes(self) -> Floats:
        """Exposure, or ones; shape (n, T)."""
        return np.ones_like(self.values) if self.exposure is None else self.exposure

    def rates(self) -> Floats:
        """Outcomes, of counts by exposure; shape (n, T)."""
        return np.asarray(self.values / self.sizes) if self.counts else self.values


def treated_units(
    panel: Panel | pd.DataFrame, *, starts: Starts, weights: Mapping[Any, float] | Floats | None = None
) -> Treated:
    """Bring a panel, or a frame of outcomes (units in rows, periods in columns), together with the starts.

    Parameters
    ----------
    panel : Panel or DataFrame
    starts : mapping, Series or sequence
        First period of the action by unit (of several keys a tuple), or one for each row in its order; a unit
        that is not named, or whose start is None or NaT, never gets it.
    weights : mapping or ndarray, shape (n,), optional
        Of units, the same way.

    Raises
    ------
    ParameterError
        A unit with a start is not there, or a start is no period.
    TooLittleError
        No unit gets the action within the periods, or none is without it before.
    """
    if isinstance(panel, Panel):
        panel = panel.in_business()
        keys = panel.keys
        units = pd.Index(keys.iloc[:, 0]) if keys.shape[1] == 1 else pd.MultiIndex.from_frame(keys)
        periods: pd.Index = panel.periods
        values, exposure, counts = panel.values, panel.exposure, panel.kind == "count"
    else:
        units, periods = panel.index, panel.columns
        values, exposure, counts = panel.to_numpy("float64"), None, False
    if exposure is not None:
        values = np.where(exposure > 0, values, np.nan)  # without accounts there is no rate
    first = _first(_aligned(starts, units, "starts"), periods)
    if not (first < len(periods)).any():
        raise TooLittleError("no unit gets the action within the periods: there is no effect to estimate")
    if not (first[first < len(periods)] > 0).any():
        raise TooLittleError("every unit has the action from the first period on: there is no time before it")
    given = (
        np.ones(len(units)) if weights is None else np.array(_aligned(weights, units, "weights"), dtype=float)
    )
    return Treated(
        units=units,
        periods=periods,
        values=values,
        exposure=exposure,
        first=first,
        weights=given,
        counts=counts,
    )


def _aligned(given: Any, units: pd.Index, name: str) -> list[Any]:
    """Bring what is given by unit, or by row, into the order of the units."""
    if isinstance(given, Mapping | pd.Series):
        names = set(units)
        strangers = [unit for unit in dict(given) if unit not in names]
        if strangers:
            raise ParameterError(f"{name} names {strangers[0]}, which is not among the units of the panel")
        return [given.get(unit) for unit in units]
    rows = list(given)
    if len(rows) != len(units):
        raise ParameterError(f"{name} has {len(rows)} rows; expected one for each of the {len(units)} units")
    return rows


def _first(starts: list[Any], periods: pd.Index) -> Integers:
    """Find the places of starts; a start before the first period is 0, one after the last T."""
    never = len(periods)
    if isinstance(periods, pd.PeriodIndex):
        freq = periods.freqstr[0]
        asked: list[Any] = [start if pd.isna(start) else _period(start, freq) for start in starts]
    else:
        asked = starts
    found = [never if pd.isna(start) else int(np.sum(np.asarray(periods < start))) for start in asked]
    return np.array(found, dtype=np.int64)


def _period(start: Any, freq: str) -> pd.Period:
    """Read one start."""
    if isinstance(start, pd.Period):
        return start.asfreq(freq, how="start")
    return period_of(start, freq) if isinstance(start, str) else pd.Timestamp(start).to_period(freq)
