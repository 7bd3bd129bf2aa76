"""Forecast a panel: the future as distributions and as paths that add up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting.baselines import BASELINES
from riskmodels.forecasting.hierarchy import Dependence
from riskmodels.forecasting.inputs import ForecastInputs, prepare_inputs
from riskmodels.forecasting.models import Contributions, model, start_from
from riskmodels.forecasting.predictive import Predictive, predictive_of
from riskmodels.grouping import add_rows, number_series
from riskmodels.misfits import nearest
from riskmodels.panel import Panel

Method = Literal["auto", "counts", "theta", "seasonal_naive", "empirical24", "ets"]

# ends of the 95, 90, 80, 60, 50, 40 and 20 % intervals, and the median
DEFAULT_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
LONGEST_HORIZON = 60  # periods; five years of months: drifts are guesses long before
BARELY = 0.1  # share of the final count below which what is reported says nothing of it; a choice
FINAL = 0.99  # share of the final count from which on a period counts as complete; a choice
_NAMED = 5  # units in a sentence
_COLUMNS = {"period", "mean", "level", "quantile"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast(Displayed):
    """The future of n series over h periods.

    Attributes
    ----------
    panel : Panel
        The history it was made from; row i is row i of ``keys``. What lies before a break of a series is in
        it, but the forecast knows nothing of it.
    periods : PeriodIndex
        The h periods after the panel's last.
    levels : tuple of float
        The q quantile levels.
    method : str
        The method used.
    predictive : Predictive
        The distributions.
    dependence : Dependence
        How the series move together.
    contributions : Contributions or None
        What the expected counts are made of, where the method knows.
    completeness : ndarray, shape (n, T), or None
        Share of the final counts that the panel holds, where the method allows for it.
    calendar : str or None
        Country of the holidays.
    future_exposure : ndarray, shape (n, h), or None
        Exposure of the periods ahead, where it was given.
    parts : Forecast or None
        The forecast that this one adds up, by ``added`` of shape (parts,), the row of each part's sum.
    """

    panel: Panel
    periods: pd.PeriodIndex
    levels: tuple[float, ...]
    method: Method
    predictive: Predictive
    dependence: Dependence
    contributions: Contributions | None = None
    completeness: Floats | None = None
    calendar: str | None = None
    future_exposure: Floats | None = None
    parts: "Forecast | None" = None
    added: Integers | None = None

    @property
    def keys(self) -> pd.DataFrame:
        """Names of the series, those of the panel."""
        return self.panel.keys

    @cached_property
    def mean(self) -> Floats:
        """Expected values, shape (n, h), in the panel's unit."""
        return self.predictive.mean

    @cached_property
    def quantiles(self) -> Floats:
        """Quantiles, shape (n, h, q); integers for counts; never falling along the levels."""
        return self.predictive.ppf(np.asarray(self.levels))

    @property
    def expected_history(self) -> Floats:
        """The history as it is expected in the end, shape (n, T): counts over completeness, sums of these."""
        if self.parts is not None and self.added is not None:
            return add_rows(self.parts.expected_history, self.added, len(self.keys))
        return self.panel.values if self.completeness is None else self.panel.values / self.completeness

    @property
    def complete(self) -> Flags:
        """Which periods of the history hold all their counts, or nearly so, shape (n, T)."""
        return self.reaches(FINAL)

    @property
    def barely_known(self) -> Flags:
        """Which hold so few of them that what is expected in the end would be a guess, shape (n, T)."""
        return ~self.reaches(BARELY)

    def reaches(self, least: float) -> Flags:
        """Tell which periods of the history hold at least a share of their final counts, shape (n, T)."""
        if self.parts is not None and self.added is not None:
            late = add_rows(np.where(self.parts.reaches(least), 0.0, 1.0), self.added, len(self.keys))
            return np.asarray(late == 0)
        share = np.ones_like(self.panel.values) if self.completeness is None else self.completeness
        return np.asarray(share >= least)

    @property
    def periods_known(self) -> int:
        """How many periods of the history are known of any series, by today's definition."""
        return int(np.isfinite(self.panel.since_breaks().values).any(axis=0).sum())

    @cached_property
    def table(self) -> pd.DataFrame:
        """Long table: the keys, period, mean, level, quantile."""
        n, h, q = self.quantiles.shape
        table = self.keys.iloc[np.repeat(np.arange(n), h * q)].reset_index(drop=True)
        table["period"] = np.tile(np.repeat(self.periods.astype("str").to_numpy(), q), n)
        table["mean"] = np.repeat(self.mean.ravel(), q)
        table["level"] = np.tile(self.levels, n * h)
        table["quantile"] = self.quantiles.ravel()
        return table

    def sample(self, size: int, *, seed: int) -> Floats:
        """Draw paths of all series together.

        Parameters
        ----------
        size : int
            Number of paths.
        seed : int
            Seed of the draws.

        Returns
        -------
        ndarray, shape (size, n, h)
            Each cell has its predictive distribution, and whole numbers for counts; what groups share, and
            a series' own level, move all of a path. The paths of a sum are the sums of its parts' paths, so
            that their cells have the distribution of the sums, not exactly that of ``quantiles``.
        """
        if self.parts is not None and self.added is not None:
            total = np.zeros((len(self.keys), len(self.periods), size))
            for rows, draws in self.parts.draw(size, seed=seed):
                np.add.at(total, self.added[rows], np.moveaxis(draws, 0, -1))
            return np.moveaxis(total, -1, 0)
        return np.concatenate([draws for _, draws in self.draw(size, seed=seed)], axis=1)

    def draw(self, size: int, *, seed: int) -> Iterator[tuple[slice, Floats]]:
        """Draw the paths of ``sample`` block by block: rows, and draws of shape (size, rows, h)."""
        drawn = self.dependence.counts if self.panel.kind == "count" else self.dependence.amounts
        levels = (np.arange(size) + 0.5) / size
        for rows, template in drawn(self.mean, self.predictive.variance, size, seed):
            ties = np.random.default_rng([seed, rows.start]).uniform(size=template.shape)
            ranks = np.argsort(np.lexsort((ties, template), axis=0), axis=0)
            values = np.moveaxis(self.predictive.take(rows).ppf(levels), -1, 0)
            yield rows, np.take_along_axis(values, ranks, axis=0)

    def pit(self, actual: Floats, *, seed: int) -> Floats:
        """Compute the randomised probability integral transform of outcomes of shape (n, h).

        Uniform on (0, 1) where the forecast is right (Czado, Gneiting & Held 2009,
        doi:10.1111/j.1541-0420.2009.01191.x); NaN where the outcome is unknown.
        """
        upper = self.predictive.cdf(actual)
        if self.panel.kind == "count":
            lower = self.predictive.cdf(actual - 1)
            upper = lower + np.random.default_rng(seed).uniform(size=upper.shape) * (upper - lower)
        return np.where(np.isfinite(actual), upper, np.nan)

    def aggregate(self, by: Sequence[str] = ()) -> "Forecast":
        """Add the series up by some of the keys (none: the total).

        Means add up; variances do too, with what the series share, so that a total is as uncertain as
        totals have been. Counts stay negative binomial, amounts normal.

        Raises
        ------
        ParameterError
            There is no such key.
        """
        if unknown := [str(name) for name in by if name not in self.keys.columns]:
            keys = ", ".join(map(str, self.keys.columns))
            raise ParameterError(f"the series have no key {', '.join(unknown)}; expected some of {keys}")
        if self.parts is not None:
            return self if list(by) == list(self.keys.columns) else self.parts.aggregate(by)
        groups, names = number_series(self.keys, by)
        mean = add_rows(self.mean, groups, len(names))
        variance = self.dependence.variance_of_sums(self.predictive.variance, groups, len(names))
        added = self.contributions
        return replace(
            self,
            panel=self.panel.aggregate(by),
            completeness=None,
            future_exposure=None,
            predictive=predictive_of(self.panel.kind, mean, variance),
            dependence=self.dependence.added(groups, len(names)),
            contributions=None if added is None else added.added(groups, len(names)),
            parts=self,
            added=groups,
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"forecast": self.table}

    @property
    def sentence(self) -> str:
        """Say what is expected in all, with which method, and for how many series without any known value."""
        expected = self.mean.sum()
        blind = int(np.isnan(self.panel.since_breaks().values).all(axis=1).sum())
        words = "the last break of its definition" if self.panel.breaks else "its beginning"
        unknown = f"; {blind} of them without a known value since {words}" if blind else ""
        return (
            f"{self.periods[0]} to {self.periods[-1]}: {expected:,.0f} expected in all, by the method"
            f" {self.method} for {len(self.keys)} series{unknown}{self._ended}."
        )

    @property
    def _ended(self) -> str:
        """Name the units that have closed, or will, of which nothing is expected afterwards."""
        if self.panel.days is None:
            return ""
        last = self.panel.days[:, 1]
        named = zip(
            self.keys["unit_id"], last, last <= self.periods[-1].end_time.to_datetime64(), strict=True
        )
        closed = list(dict.fromkeys(f"{unit} ({day})" for unit, day, ends in named if ends))
        shown = ", ".join(closed[:_NAMED]) + (f" and {len(closed) - _NAMED} more" if closed[_NAMED:] else "")
        return f"; nothing is expected of units after their last day: {shown}" if closed else ""

    def summary(self) -> pd.DataFrame:
        """One row per series: mean and widest interval of the first and the last period; the first 50."""
        lower, upper = self.levels.index(min(self.levels)), self.levels.index(max(self.levels))
        frame = self.keys.copy()
        for place in (0, -1):
            period = self.periods[place]
            frame[f"{period} mean"] = self.mean[:, place]
            frame[f"{period} {self.levels[lower]:.1%} to {self.levels[upper]:.1%}"] = [
                f"{low:,.0f} – {high:,.0f}" for low, high in self.quantiles[:, place, [lower, upper]].tolist()
            ]
        return frame.head(50)


def forecast(
    panel: Panel,
    *,
    horizon: int,
    method: Method = "auto",
    levels: Sequence[float] = DEFAULT_LEVELS,
    future_exposure: npt.ArrayLike | None = None,
    calendar: str | None = None,
    completeness: npt.ArrayLike | None = None,
) -> Forecast:
    """Forecast every series of a panel.

    Parameters
    ----------
    panel : Panel
        History by days, weeks, months, quarters or years; NaN is unknown, and so is to every method what lies
        before the last break of a series. A last period that is cut is taken for whole, but for
        ``completeness``.
    horizon : int
        Periods ahead, 1 to 60.
    method : {"auto", "counts", "theta", "seasonal_naive", "empirical24", "ets"}
        ``auto`` is the count filter and theta for counts, each series weighing them by how they predicted
        it, and theta for amounts, which knows no exposure and no calendar. The last three are baselines; they
        know no exposure, delay or calendar, nor that a unit is in business on part of a period.
    levels : sequence of float
        Quantile levels, rising, in (0, 1).
    future_exposure : array of shape (h,) or (n, h), optional
        Exposure of the periods ahead, in the panel's unit; else the last known one.
    calendar : str, optional
        ISO 3166 code of the country whose working days and Lunar New Year are known effects, e.g. ``CN``; of
        days, make-up working days are such, whatever their weekday.
    completeness : array of shape (T,) or (n, T), optional
        Share in (0, 1] of the final counts that the panel holds (see ``nowcast``); the forecast is of final
        counts.

    Returns
    -------
    Forecast
        Finite, ordered quantiles for every series, whatever its history; counts are whole and not
        negative. Equal panels give equal quantiles in whatever order their rows come.

    Raises
    ------
    ParameterError
        The horizon, the method, the levels, the exposure, the calendar or the completeness are not as
        above, a completeness is given for amounts, or the panel has no series, no period, a key named like
        a column of ``Forecast.table``, a negative count or an infinite value.

    Examples
    --------
    >>> months = pd.period_range("2022-01", periods=36, freq="M")
    >>> panel = Panel.from_long(pd.DataFrame({"month": months, "n": 40}), keys=[], period="month", value="n")
    >>> forecast(panel, horizon=1, levels=[0.5]).quantiles.tolist()
    [[[40.0]]]
    """
    return forecast_by(
        [method],
        panel,
        horizon=horizon,
        levels=levels,
        future_exposure=future_exposure,
        calendar=calendar,
        completeness=completeness,
    )[0]


def forecast_by(
    methods: Sequence[Method],
    panel: Panel,
    *,
    horizon: int,
    levels: Sequence[float] = DEFAULT_LEVELS,
    future_exposure: npt.ArrayLike | None = None,
    calendar: str | None = None,
    completeness: npt.ArrayLike | None = None,
) -> list[Forecast]:
    """Forecast every series of a panel by each method, as ``forecast`` does; find once what they share."""
    for method in methods:
        _check(panel, horizon, method, levels)
    known = prepare_inputs(
        panel, horizon, future_exposure=future_exposure, calendar=calendar, completeness=completeness
    )
    if panel.kind == "amount" and "counts" in methods:
        raise ParameterError("the method 'counts' is for counts, and the panel holds amounts: take 'theta'")
    if panel.kind == "amount" and completeness is not None:
        raise ParameterError("a completeness is for counts, and the panel holds amounts")
    start, exposure = start_from(panel.since_breaks(), known), _every(future_exposure, known)
    made = [(method, model(start, method)) for method in methods]
    return [
        Forecast(
            panel=panel,
            periods=known.periods[len(panel.periods) :],
            levels=tuple(levels),
            method=method,
            predictive=one.predictive,
            dependence=one.dependence,
            contributions=one.contributions,
            completeness=None if completeness is None or method in BASELINES else known.completeness,
            calendar=calendar,
            future_exposure=exposure,
        )
        for method, one in made
    ]


def _every(exposure: npt.ArrayLike | None, known: ForecastInputs) -> Floats | None:
    shape = (len(known.exposure), known.horizon)
    return None if exposure is None else np.broadcast_to(np.asarray(exposure, dtype=float), shape).copy()


def _check(panel: Panel, horizon: int, method: str, levels: Sequence[float]) -> None:
    if not len(panel.periods) or not len(panel.keys):
        raise ParameterError("the panel has no series or no period to forecast from")
    if taken := sorted(_COLUMNS & {*map(str, panel.keys.columns)}):
        raise ParameterError(
            f"a key cannot be called {', '.join(taken)}: tables of forecasts have such a column"
        )
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise ParameterError(f"horizon is {horizon}; expected 1 to {LONGEST_HORIZON} periods")
    methods = get_args(Method)
    if method not in methods:
        raise ParameterError(f"there is no method '{method}'; {nearest(method, methods)}")
    rising = all(low < high for low, high in pairwise(levels))
    if not len(levels) or not rising or not 0 < levels[0] <= levels[-1] < 1:
        raise ParameterError("levels must rise and lie between 0 and 1, both excluded")
