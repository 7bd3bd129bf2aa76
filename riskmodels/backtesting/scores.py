"""One forecast against what happened, as sums that add up over origins and over groups of series."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.backtesting import accuracy
from riskmodels.forecasting import Forecast
from riskmodels.forecasting.seasons import season_length
from riskmodels.grouping import add_rows
from riskmodels.panel import Panel
from riskmodels.periods.quarters import MONTHS_OF

CELLS = (
    "forecasts",
    "outcome",
    "mean",
    "loss",
    "inside_95",
    "above_975",
    "below_025",
    "inside_80",
    "pit_above_975",
    "pit_below_025",
)
SCALED = ("rmsse", "rmsse_series", "mase", "mase_series", "series")
SIZES = ("<1", "1–5", "5–20", "20–100", "≥100", "unknown")
TOTAL = ("outcome", "mean", "lower_025", "upper_975", "pit")
BINS = 20  # of the PIT histogram: a bin is 5 %, so that each tail of a 90 % interval is one
LOW, HIGH = 0.025, 0.975  # ends of the 95 % interval
_LOW_80, _HIGH_80 = 0.1, 0.9  # ends of the 80 % interval
# events a month between classes of size; a choice, each about four times the last
_SIZE_LIMITS = (1.0, 5.0, 20.0, 100.0)
_ROWS = 4096  # series scored at once: some ten megabytes of quantiles


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """Sums of scores of one method at one origin.

    Attributes
    ----------
    cells : ndarray, shape (size classes, CELLS, h)
        Over the known outcomes.
    scaled : ndarray, shape (size classes, SCALED, h + 1)
        Over the series: scaled errors of each horizon alone, and last of all horizons together; and how many
        series have them, and have a known outcome.
    bins : ndarray, shape (BINS,)
        Known outcomes by their randomised PIT.
    total : ndarray, shape (TOTAL, h)
        The sum of all series that have a known outcome; the outcome is unknown where one of theirs is.
    """

    cells: Floats
    scaled: Floats
    bins: Floats
    total: Floats


def size_classes(history: Panel) -> Integers:
    """Class every series by its mean monthly count: (n,) places in SIZES."""
    known = np.isfinite(history.values)
    monthly = np.where(known, history.values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    monthly /= MONTHS_OF[history.periods.freqstr[0]]
    classes = np.searchsorted(_SIZE_LIMITS, monthly, side="right")
    return np.where(known.any(axis=1), classes, len(SIZES) - 1).astype(np.int64)


def sum_scores(
    made: Forecast, outcome: Floats, *, levels: Sequence[float], sizes: Integers, seed: int
) -> Sums:
    """Score a forecast of n series over h periods, block by block of rows.

    Parameters
    ----------
    made : Forecast
        The forecast.
    outcome : ndarray, shape (n, h)
        What happened; NaN is left out.
    levels : sequence of float
        Levels of the quantiles that are scored.
    sizes : ndarray of int, shape (n,)
        Size class of every series.
    seed : int
        Of the randomised PIT.
    """
    h = outcome.shape[1]
    pit = made.pit(outcome, seed=seed)
    history, season = made.panel.since_breaks().values, season_length(made.panel.periods)
    cells = np.zeros((len(SIZES), len(CELLS), h))
    scaled = np.zeros((len(SIZES), len(SCALED), h + 1))
    for start in range(0, len(outcome), _ROWS):
        rows = slice(start, start + _ROWS)
        found = _cells(made, rows, outcome[rows], pit[rows], levels)
        cells += add_rows(found, sizes[rows], len(SIZES))
        found = _scaled(history[rows], season, outcome[rows], made.mean[rows])
        scaled += add_rows(found, sizes[rows], len(SIZES))
    bins = np.histogram(pit[np.isfinite(pit)], bins=BINS, range=(0.0, 1.0))[0].astype(float)
    return Sums(cells=cells, scaled=scaled, bins=bins, total=_total(made, outcome, seed))


def _cells(made: Forecast, rows: slice, outcome: Floats, pit: Floats, levels: Sequence[float]) -> Floats:
    """Scores of every cell, zero where the outcome is unknown: (rows, CELLS, h)."""
    every = sorted({*levels, LOW, _LOW_80, _HIGH_80, HIGH})
    quantiles = made.predictive.take(rows).ppf(np.asarray(every))
    low, low_80, high_80, high = (quantiles[..., every.index(at)] for at in (LOW, _LOW_80, _HIGH_80, HIGH))
    known = np.isfinite(outcome)
    seen = np.where(known, outcome, 0.0)
    scored = quantiles[..., [every.index(level) for level in levels]]
    parts = (
        known,
        seen,
        np.where(known, made.mean[rows], 0.0),
        np.where(known, 2 * accuracy.pinball_loss(seen, scored, np.asarray(levels)).mean(axis=-1), 0.0),
        (outcome >= low) & (outcome <= high),
        outcome > high,
        outcome < low,
        (outcome >= low_80) & (outcome <= high_80),
        pit > HIGH,
        pit < LOW,
    )
    return np.stack([np.asarray(part, dtype=float) for part in parts], axis=1)


def _scaled(history: Floats, season: int, outcome: Floats, mean: Floats) -> Floats:
    """Scaled errors of every series, zero where unknown: (rows, SCALED, h + 1)."""
    of_squares = accuracy.scale_of_changes(history, lag=1, power=2)
    of_changes = accuracy.scale_of_changes(history, lag=season, power=1)
    together = np.stack([accuracy.rmsse(outcome, mean, of_squares), accuracy.mase(outcome, mean, of_changes)])
    alone = np.stack(
        [
            accuracy.rmsse(outcome[..., None], mean[..., None], of_squares[:, None]),
            accuracy.mase(outcome[..., None], mean[..., None], of_changes[:, None]),
        ]
    )
    errors = np.concatenate([alone, together[..., None]], axis=-1)
    known = np.isfinite(outcome)
    series = np.concatenate([known, known.any(axis=1, keepdims=True)], axis=1)
    finite, filled = np.isfinite(errors), np.nan_to_num(errors)
    return np.stack([filled[0], finite[0], filled[1], finite[1], series], axis=1).astype(float)


def _total(made: Forecast, outcome: Floats, seed: int) -> Floats:
    """Outcome, mean, quantiles and PIT of the sum of the series that have a known outcome: (TOTAL, h)."""
    scored = np.isfinite(outcome).any(axis=1)
    if not scored.any():
        return np.full((len(TOTAL), outcome.shape[1]), np.nan)
    marked = replace(made.panel, keys=pd.DataFrame({"scored": scored}))
    total = replace(made, panel=marked).aggregate(["scored"])
    actual = add_rows(outcome, np.asarray(scored, dtype=np.int64), 2)[-len(total.keys) :]
    low, high = np.moveaxis(total.predictive.ppf(np.array([LOW, HIGH]))[-1], -1, 0)
    return np.stack([actual[-1], total.mean[-1], low, high, total.pit(actual, seed=seed)[-1]])
