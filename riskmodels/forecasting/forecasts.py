"""Forecast a panel: the future as distributions and as paths that add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting.baselines import BASELINES
from riskmodels.forecasting.predictive import Predictive, SamplePredictive
from riskmodels.forecasting.rolling import rolling_scores
from riskmodels.panel import Panel, add_rows, number_series

Floats = npt.NDArray[np.float64]
Method = Literal["auto", "seasonal_naive", "empirical24", "ets"]

DEFAULT_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
_AUTO_ORIGINS = 6
_MOST_FOR_ETS = 50
_LONGEST_HORIZON = 60
_AGGREGATE_DRAWS = 4000
_AGGREGATE_SEED = 20_000
_NEIGHBOURS = 6
_FEWEST_NEIGHBOURS = 3


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
        The method used (what ``auto`` chose).
    predictive : Predictive
        The distributions.
    scores : DataFrame
        How the methods did at the last origins of the history (see ``rolling_scores``); only the name
        of the method where it was not chosen by them.
    """

    panel: Panel
    periods: pd.PeriodIndex
    levels: tuple[float, ...]
    method: str
    predictive: Predictive
    scores: pd.DataFrame

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

    @cached_property
    def table(self) -> pd.DataFrame:
        """Long table: the keys, period, mean, level, quantile."""
        n, h, q = self.quantiles.shape
        table = self.keys.loc[np.repeat(np.arange(n), h * q)].reset_index(drop=True)
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
            Each cell has its predictive distribution; across series and periods the ranks are ordered as
            in windows of the history's deviations from its local level, so that shocks shared by the series
            stay shared, but not level shifts and trends (Schaake shuffle; Clark et al. 2004, doi:10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2).
        """
        rng = np.random.default_rng(seed)
        n, h = self.mean.shape
        levels = (np.arange(size) + rng.uniform(size=size)) / size
        draws = np.moveaxis(self.predictive.ppf(levels), -1, 0)
        template = _history_windows(self.panel.since_breaks().values, size, h, rng)
        ranks = np.argsort(np.argsort(template, axis=0), axis=0)
        return np.take_along_axis(draws, ranks, axis=0).reshape(size, n, h)

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
        """Add the series up by some of the keys (none: the total), keeping shared shocks.

        The distributions are those of 4,000 paths of ``sample`` with a fixed seed, so the totals are the
        sums of the parts path by path.
        """
        groups, names = number_series(self.keys, by)
        paths = self.sample(_AGGREGATE_DRAWS, seed=_AGGREGATE_SEED)
        totals = add_rows(np.moveaxis(paths, 0, -1), groups, len(names))
        return Forecast(
            panel=self.panel.aggregate(by),
            periods=self.periods,
            levels=self.levels,
            method=self.method,
            predictive=SamplePredictive(draws=np.sort(totals, axis=-1)),
            scores=self.scores,
        )

    @property
    def sentence(self) -> str:
        """Say what is expected in all, with which method, and for how many series without any known value."""
        expected = self.mean.sum()
        blind = int(np.isnan(self.panel.since_breaks().values).all(axis=1).sum())
        words = "the last break of its definition" if self.panel.breaks else "its beginning"
        unknown = f"; {blind} of them without a known value since {words}" if blind else ""
        return (
            f"{self.periods[0]} to {self.periods[-1]}: {expected:,.0f} expected in all, by the method"
            f" {self.method} for {len(self.keys)} series{unknown}."
        )

    def summary(self) -> pd.DataFrame:
        """One row a series: mean and widest interval of the first and the last period; the first 50."""
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
    panel: Panel, *, horizon: int, method: Method = "auto", levels: Sequence[float] = DEFAULT_LEVELS
) -> Forecast:
    """Forecast every series of a panel.

    Parameters
    ----------
    panel : Panel
        History; NaN is unknown, and so is to every method what lies before the last break of a series.
    horizon : int
        Periods ahead, 1 to 60.
    method : {"auto", "seasonal_naive", "empirical24", "ets"}
        ``auto`` takes the method with the lowest weighted quantile loss over the panel at its last six
        origins; the scores are in the result. ``ets`` fits one series after another and is left out of
        the choice for panels of more than 50 series; ``seasonal_naive`` is taken where the history is too
        short, or holds no event to choose by.
    levels : sequence of float
        Quantile levels, rising, in (0, 1).

    Returns
    -------
    Forecast
        Finite, ordered quantiles for every series, whatever its history; counts are whole and not
        negative.

    Raises
    ------
    ParameterError
        The horizon, the method or the levels are not as above, or the panel has no period.

    Notes
    -----
    These methods do not know exposure, reporting delay or moving holidays: an incomplete last month is
    taken for a fall.
    """
    _check(panel, horizon, method, levels)
    history = panel.since_breaks()
    scores = _auto_scores(history, horizon) if method == "auto" else pd.DataFrame({"method": [method]})
    chosen = str(scores["method"].iloc[0])
    future = pd.period_range(panel.periods[-1] + 1, periods=horizon, freq=panel.periods.freq)
    return Forecast(
        panel=panel,
        periods=future,
        levels=tuple(levels),
        method=chosen,
        predictive=BASELINES[chosen](history, horizon),
        scores=scores,
    )


def _auto_scores(panel: Panel, horizon: int) -> pd.DataFrame:
    ahead = min(horizon, 3, max(1, len(panel.periods) // 4))
    if len(panel.periods) <= ahead:
        return pd.DataFrame({"method": ["seasonal_naive"]})  # of one value, empirical24 would be certain
    methods = [name for name in BASELINES if name != "ets" or len(panel.keys) <= _MOST_FOR_ETS]
    return rolling_scores(
        panel, horizon=ahead, origins=_AUTO_ORIGINS, methods=methods, levels=np.asarray(DEFAULT_LEVELS)
    )


def _check(panel: Panel, horizon: int, method: str, levels: Sequence[float]) -> None:
    if not len(panel.periods):
        raise ParameterError("the panel has no period to forecast from")
    if not 1 <= horizon <= _LONGEST_HORIZON:
        raise ParameterError(f"horizon is {horizon}; expected 1 to {_LONGEST_HORIZON} periods")
    if method != "auto" and method not in BASELINES:
        raise ParameterError(f"there is no method '{method}'; expected auto, {', '.join(BASELINES)}")
    rising = all(low < high for low, high in pairwise(levels))
    if not len(levels) or not rising or not 0 < levels[0] <= levels[-1] < 1:
        raise ParameterError("levels must rise and lie between 0 and 1, both excluded")


def _history_windows(values: Floats, size: int, horizon: int, rng: np.random.Generator) -> Floats:
    """Draw windows of the history, the same for all series: shape (size, n, horizon), unknown at random."""
    length = values.shape[1]
    surprise = _surprise(values)
    starts = rng.integers(0, max(length - horizon, 0) + 1, size=size)
    times = np.minimum(starts[:, None] + np.arange(horizon), length - 1)
    windows = np.moveaxis(surprise[:, times], 0, 1)
    noise = rng.standard_normal(windows.shape)
    template: Floats = np.where(np.isfinite(windows), windows + 1e-6 * noise, noise)
    return template


def _surprise(values: Floats) -> Floats:
    """Deviations from the mean of the six known values before, or after where the panel is nearer to those.

    Over the root of that mean; NaN where fewer than three are known. A lasting shift of the level is far
    from what came before it, but near to what comes after; a shock is far from both.
    """
    sides = (_mean_of_those_before(values), _mean_of_those_before(values[:, ::-1])[:, ::-1])
    before, after = ((values - level) / np.sqrt(np.maximum(np.abs(level), 1.0)) for level in sides)
    surprise: Floats = np.where(_mean_square(before) <= _mean_square(after), before, after)
    return surprise


def _mean_square(surprise: Floats) -> Floats:
    """Mean square of the known values of each column; infinite where none is known."""
    known = np.isfinite(surprise)
    total = np.where(known, surprise, 0.0) ** 2
    means: Floats = np.where(known.any(axis=0), total.sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.inf)
    return means


def _mean_of_those_before(values: Floats) -> Floats:
    """Mean of the last six known values before each place of each row; NaN of fewer than three."""
    known = np.isfinite(values)
    packed = np.take_along_axis(values, np.argsort(~known, axis=1, kind="stable"), axis=1)
    sums = np.cumsum(np.pad(np.where(np.isfinite(packed), packed, 0.0), ((0, 0), (1, 0))), axis=1)
    number = np.cumsum(known, axis=1) - known
    first = np.maximum(number - _NEIGHBOURS, 0)
    added = np.take_along_axis(sums, number, axis=1) - np.take_along_axis(sums, first, axis=1)
    means: Floats = np.where(number >= _FEWEST_NEIGHBOURS, added / np.maximum(number - first, 1), np.nan)
    return means
