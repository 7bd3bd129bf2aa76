"""The chances of objectives of a year, what would meet them, and what has moved them in a quarter."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.surveillance.years import YEAR, Cells, Year, draw_year

SIZE = 4000  # draws: a probability of 80 % is known to 0.6 %
_ENDS = (0.05, 0.95)  # of the interval: 90 %
_EXACT = 1e-12  # of a target, by which rounding may miss it


@dataclass(frozen=True, kw_only=True, eq=False)
class Goals:
    """What is wanted of n ratios.

    Attributes
    ----------
    change : ndarray, shape (n,)
        Against the year before, as a share of it.
    upwards : ndarray of bool, shape (n,)
        Higher is better.
    lost : ndarray of bool, shape (n,)
        The value is one less the ratio.
    share : ndarray of bool, shape (n,)
        The value lies between none and all.
    scale : ndarray, shape (n,)
        Of the value, over the ratio.
    """

    change: Floats
    upwards: Flags
    lost: Flags
    share: Flags
    scale: Floats

    def valued(self, ratio: Floats, *, monthly: bool = False) -> Floats:
        """Return the values of ratios, shape (..., n), or (..., n, months)."""
        lost, scale = (part[:, None] if monthly else part for part in (self.lost, self.scale))
        return np.asarray(np.where(lost, 1.0 - ratio, ratio) * scale)

    def chance(self, year: Year) -> Floats:
        """Return the share of the draws in which the objective is met, shape (n,)."""
        base, now = map(self.valued, year.values)
        target = (1.0 + self.change) * base
        slack = _EXACT * np.abs(target)
        return np.asarray(np.where(self.upwards, now >= target - slack, now <= target + slack).mean(axis=0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """The year of n objectives as it is known now, and their chances on the way there, shape (n,) each.

    Attributes
    ----------
    year : Year
    probability, before : ndarray
        Now, and as of the quarter before.
    timed : ndarray
        Had what was expected come in the quarter.
    told : ndarray
        With what came in it, and months that vary as was thought before.
    """

    year: Year
    probability: Floats
    before: Floats
    timed: Floats
    told: Floats


def judge(cells: Cells, goals: Goals, quarter: pd.Period, *, seed: int) -> Judged:
    """Draw the year as known now and before the quarter, and the steps between, by one set of numbers."""
    earlier = cells.until(quarter.asfreq("M", how="start") - 1)
    among = earlier.open.any(axis=0) | (np.arange(2 * YEAR) >= YEAR)  # the same in each quarter of a year
    draw = partial(draw_year, size=SIZE, seed=seed, among=among)
    before = draw(earlier)
    weights = before.forecast.levels.weights
    expected = draw(earlier.as_expected(before, cells), weights=weights)
    came, now = draw(cells, weights=weights), draw(cells)
    steps = [goals.chance(one) for one in (now, before, expected, came)]
    return Judged(year=now, probability=steps[0], before=steps[1], timed=steps[2], told=steps[3])


def rows_of(judged: Judged, cells: Cells, goals: Goals) -> pd.DataFrame:
    """Return the columns of ``Objectives.table`` but the indicator's, for n objectives in order."""
    base, now = (goals.valued(part) for part in judged.year.values)
    target = (1.0 + goals.change) * base.mean(axis=0)
    steps = [judged.before, judged.timed, judged.told, judged.probability]
    parts = np.diff(np.array(steps), axis=0)
    return pd.DataFrame(
        {
            "change": goals.change,
            "base": base.mean(axis=0),
            "target": target,
            "so_far": _so_far(cells, goals),
            "expected": now.mean(axis=0),
            "lower": np.quantile(now, _ENDS[0], axis=0),
            "upper": np.quantile(now, _ENDS[1], axis=0),
            "probability": judged.probability,
            "needed": _needed(judged.year, cells, goals, target),
            "months_left": (~_whole(cells)[:, -YEAR:]).sum(axis=1),
            "probability_before": judged.before,
            "by_time": parts[0],
            "by_news": parts[1],
            "by_model": parts[2],
        }
    )


def courses_of(judged: Judged, cells: Cells, goals: Goals, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the columns of ``Objectives.course`` but the indicator's, a frame for each of n objectives."""
    last = slice(-2 * YEAR, None)
    monthly = goals.valued(judged.year.monthly, monthly=True)
    whole = _whole(cells)[:, last]
    ends = np.nanquantile(np.where(np.isfinite(monthly).any(axis=0), monthly, 0.0), _ENDS, axis=0)
    expected = np.nanmean(np.where(np.isfinite(monthly).any(axis=0), monthly, 0.0), axis=0)
    top, bottom = cells.numerators[:, last], cells.denominators[:, last]
    seen = goals.valued(top / np.where(bottom > 0, bottom, np.nan), monthly=True)
    names = cells.months[last].astype("str")
    courses = _courses(judged.year, cells, goals, rows, expected)
    return [
        pd.DataFrame(
            {
                "period": names,
                "observed": np.where(whole[place], seen[place], np.nan),
                "expected": np.where(whole[place], np.nan, expected[place]),
                "lower": np.where(whole[place], np.nan, ends[0, place]),
                "upper": np.where(whole[place], np.nan, ends[1, place]),
                "course": courses[place],
            }
        )
        for place in range(len(rows))
    ]


def _whole(cells: Cells) -> Flags:
    """Tell which months are known, and have no case still to come, shape (n, MONTHS)."""
    return np.asarray(np.isfinite(cells.denominators) & ~cells.filling)


def _so_far(cells: Cells, goals: Goals) -> Floats:
    """Value of what is known of the year, shape (n,); NaN where nothing is."""
    top, bottom = (np.nan_to_num(part[:, -YEAR:]) for part in (cells.numerators, cells.denominators))
    if cells.stock:
        newest = YEAR - 1 - np.argmax(bottom[:, ::-1] > 0, axis=1)
        top, bottom = (np.take_along_axis(part, newest[:, None], axis=1) for part in (top, bottom))
    total = bottom.sum(axis=1)
    return goals.valued(np.where(total > 0, top.sum(axis=1) / np.where(total > 0, total, 1.0), np.nan))


def _to_come(year: Year, cells: Cells) -> tuple[Floats, Floats, Floats]:
    """Return the known numerators and denominators of the year, (n,), and the rest expected, (n, 12)."""
    top, bottom = (np.nan_to_num(part[:, -YEAR:]) for part in (cells.numerators, cells.denominators))
    rest = year.denominators[..., -YEAR:].mean(axis=0) - bottom
    return top.sum(axis=1), bottom.sum(axis=1), rest


def _needed(year: Year, cells: Cells, goals: Goals, target: Floats) -> Floats:
    """Mean value of what is still to come that just meets the target, shape (n,); NaN where nothing is."""
    top, bottom, rest = _to_come(year, cells)
    if cells.stock:
        return np.where(rest[:, -1] > 0, target, np.nan)
    total = rest.sum(axis=1)
    ratio = target / goals.scale
    wanted = np.where(goals.lost, 1.0 - ratio, ratio) * (bottom + total) - top
    return goals.valued(np.where(total > 0, wanted / np.where(total > 0, total, 1.0), np.nan))


def _courses(year: Year, cells: Cells, goals: Goals, rows: pd.DataFrame, expected: Floats) -> Floats:
    """Return the expected course times what makes it meet the target, (n, 24); of a stock a line."""
    needed = rows["needed"].to_numpy()
    _, _, rest = _to_come(year, cells)
    found = np.full(expected.shape, np.nan)
    ahead = expected[:, -YEAR:]
    if cells.stock:
        left = ~_whole(cells)[:, -YEAR:]
        steps = np.cumsum(left, axis=1) / np.maximum(left.sum(axis=1, keepdims=True), 1)
        start = rows["so_far"].fillna(rows["base"]).to_numpy()[:, None]
        moved = start + steps * (needed[:, None] - start)
    else:
        total = np.maximum(rest.sum(axis=1, keepdims=True), _EXACT)
        mean = (rest * ahead).sum(axis=1, keepdims=True) / total
        moved = ahead * needed[:, None] / np.where(mean == 0, np.nan, mean)
    possible = (needed >= 0) & ~(goals.share & (needed > 1))
    open_ = ~_whole(cells)[:, -YEAR:] & possible[:, None]
    found[:, -YEAR:] = np.where(open_, moved, np.nan)
    return found
