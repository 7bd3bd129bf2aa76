"""The count filter: discounted Gamma–Poisson levels, averaged over a grid by prequential likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.forecasting.shared import Shared

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_DISCOUNTS = (0.7, 0.85, 0.93, 0.98)
_SEASONS = ("none", "pooled", "own")
_SEASON_PRIOR = 30.0
_DISPERSION_PRIOR = (1.5, 30.0)
_DISPERSION_MEMORY = 0.98
_SCORE_MEMORY = 0.97
_PANEL_MEMORY = 0.99
_PANEL_WEIGHT = 10.0
_FIRST_SHAPE = 0.3
_LEAST_SHAPE = 0.05
_BLOCK = 512


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Means and variances of n series: of each of T periods before it was seen, and of the next h.

    Attributes
    ----------
    mean, variance : ndarray, shape (n, h)
    fitted_mean, fitted_variance : ndarray, shape (n, T)
        Made from earlier periods only; NaN before the first known value.
    """

    mean: Floats
    variance: Floats
    fitted_mean: Floats
    fitted_variance: Floats


def filter_counts(
    values: Floats, offset: Floats, *, places: Integers, groups: Sequence[tuple[Integers, Shared]]
) -> Moments:
    """Filter counts of n series and forecast h periods ahead.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        Counts; NaN is unknown.
    offset : ndarray, shape (n, T + h)
        What every count is proportional to (exposure, days, completeness); positive.
    places : ndarray of int, shape (T + h,)
        Place of each period in the season.
    groups : sequence of (ndarray of int of shape (n,), Shared)
        What each series may share, the whole panel first, whose season and drift all series use.
    """
    n, length = values.shape
    horizon = offset.shape[1] - length
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0).T.copy()
    state = _State(n, len(groups) + 1, int(places.max()) + 1)
    fitted = np.full((2, length, n), np.nan)
    levels, uncertain, drift = _paths(groups, length)
    offsets = offset.T.copy()
    factor = groups[0][1].factor[0]
    for time in range(length):
        for start in range(0, n, _BLOCK):
            part = slice(start, start + _BLOCK)
            fitted[:, time, part] = state.step(
                part,
                place=places[time],
                count=filled[time, part],
                known=known[part, time],
                offset=offsets[time, part],
                factor=factor[time],
                before=levels(time - 1, part) * np.exp(drift[time - 1] * (np.arange(len(groups) + 1) > 0))[:, None],
                now=levels(time, part),
                doubt=uncertain(time - 1, part),
                drift=drift[time - 1],
            )
        state.learn_panel()
    mean, variance = np.empty((2, horizon, n))
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        for step in range(horizon):
            mean[step, part], variance[step, part] = state.ahead(
                part, step + 1, place=places[length + step], offset=offsets[length + step, part],
                factor=factor[length + step], now=levels(length - 1, part), drift=drift[length - 1],
                doubt=np.stack([np.zeros(len(offsets[0, part])), *(s.ahead[c[part], step] for c, s in groups)]),
            )
    return Moments(mean=mean.T.copy(), variance=variance.T.copy(), fitted_mean=fitted[0].T.copy(), fitted_variance=fitted[1].T.copy())


def _paths(groups, length):
    def levels(time, part):
        codes = [c[part] for c, _ in groups]
        return np.stack([np.ones(len(codes[0])), *(np.exp(s.level[c, max(time, 0)]) if time >= 0 else np.exp(s.level[c, 0]) for c, (_, s) in zip(codes, groups, strict=True))])
    def uncertain(time, part):
        codes = [c[part] for c, _ in groups]
        return np.stack([np.zeros(len(codes[0])), *(s.variance[c, max(time, 0)] * (time >= 0) for c, (_, s) in zip(codes, groups, strict=True))])
    drift = np.append(groups[0][1].drift[0], 0.0)  # before the first period there is none
    return levels, uncertain, drift


class _State:
    """What the filter knows of all series; the big arrays are (discounts, seasons × shares, n)."""

    def __init__(self, series: int, shares: int, season: int) -> None:
        size = (len(_DISCOUNTS), len(_SEASONS) * shares, series)
        self.shares = shares
        self.shape, self.rate = np.full(size, _FIRST_SHAPE), np.ones(size)
        self.score, self.squares = np.zeros((2, *size))
        self.number = np.zeros(series)
        self.started = np.zeros(series, dtype=bool)
        self.seen, self.expected = np.zeros((2, season, series))
        self.discount = np.array(_DISCOUNTS)[:, None, None]
        self.panel = np.zeros((4, *size[:2], 1))  # scores, their number, squares, their number
        self.panel[2], self.panel[3] = _DISPERSION_PRIOR[0] * 20.0, 20.0
        self.gained = np.zeros((4, *size[:2], 1))
        self.unshared = (np.arange(size[1]) % shares == 0)[:, None]

    def learn_panel(self) -> None:
        self.panel = _PANEL_MEMORY * self.panel + self.gained
        self.gained = np.zeros_like(self.gained)

    def weights(self, part: slice) -> Floats:
        score = self.score[..., part] + _PANEL_WEIGHT * self.panel[0] / np.maximum(self.panel[1], 1.0)
        weight = np.exp(score - score.max(axis=(0, 1)))
        return weight / weight.sum(axis=(0, 1))

    def seasons(self, part: slice, place: int, factor: float) -> Floats:
        pooled = np.full(self.seen[place, part].shape, factor)
        own = (_SEASON_PRIOR * factor + self.seen[place, part]) / (_SEASON_PRIOR + self.expected[place, part])
        return np.stack([{"none": np.ones_like(pooled), "pooled": pooled, "own": own}[k] for k in _SEASONS])

    def dispersion(self, part: slice) -> Floats:
        strength = _DISPERSION_PRIOR[1]
        panel = self.panel[2] / self.panel[3]
        found = (strength * panel + self.squares[..., part]) / (strength + self.number[part])
        return np.maximum(found, 1.0)

    def step(self, part, *, place, count, known, offset, factor, before, now, doubt, drift):
        season = self.seasons(part, place, factor) * offset
        expected = (season[:, None] * before).reshape(-1, len(count))
        exposed = (season[:, None] * now).reshape(-1, len(count))
        doubt = np.tile(doubt, (len(_SEASONS), 1))
        started = self.started[part]
        shape = np.maximum(self.discount * self.shape[..., part], _LEAST_SHAPE)
        fall = np.where(known, self.discount, shape / self.shape[..., part])
        rate = self.rate[..., part] * fall * np.where(self.unshared, np.exp(-drift), 1.0)
        fresh = known & ~started
        if fresh.any():
            first = max(float((count[fresh] / offset[fresh]).mean()), 0.01)
            shape[..., fresh] = _FIRST_SHAPE
            rate[..., fresh] = _FIRST_SHAPE / first * np.tile(before, (len(_SEASONS), 1))[:, fresh]
        dispersion = self.dispersion(part)
        mean = expected * shape / rate
        base = mean + mean * mean / shape
        variance = dispersion * base + mean * mean * doubt + 1e-9
        weight = self.weights(part)
        m, v = _mixed(weight, mean, variance)
        live = known & started
        gained = np.where(live, np.maximum(log_likelihood(count, mean, variance), -1e6), 0.0)
        gained = np.maximum(gained - gained.max(axis=(0, 1)), -50.0)
        self.score[..., part] = np.where(live, _SCORE_MEMORY * self.score[..., part] + gained, self.score[..., part])
        squares = np.where(live, np.minimum((count - mean) ** 2 / base, 25.0 * dispersion), 0.0)
        memory = np.where(live, _DISPERSION_MEMORY, 1.0)
        self.squares[..., part] = memory * self.squares[..., part] + squares
        self.number[part] = memory * self.number[part] + live
        self.gained[0] += gained.sum(axis=-1, keepdims=True)
        self.gained[2] += squares.sum(axis=-1, keepdims=True)
        self.gained[[1, 3]] += live.sum()
        learnt = known / dispersion
        self.shape[..., part] = shape = shape + count * learnt
        self.rate[..., part] = rate = rate + exposed * learnt
        self.started[part] = started | known
        self.seen[place, part] += count
        usual = (weight * exposed / season.repeat(len(now), axis=0) * offset * shape / rate).sum(axis=(0, 1))
        self.expected[place, part] += np.where(known, usual, 0.0)
        return np.where(started, [m, v], np.nan)

    def ahead(self, part, steps, *, place, offset, factor, now, drift, doubt):
        season = self.seasons(part, place, factor) * offset
        expected = (season[:, None] * now).reshape(-1, len(offset)) * np.exp(drift * steps)
        doubt = np.tile(doubt, (len(_SEASONS), 1))
        shape, dispersion = self.shape[..., part], self.dispersion(part)
        mean = expected * shape / self.rate[..., part]
        shape = np.maximum(self.discount**steps * shape, _LEAST_SHAPE)
        variance = dispersion * (mean + mean * mean / shape) + mean * mean * doubt
        return _mixed(self.weights(part), mean, variance)


def _mixed(weight, mean, variance):
    m = (weight * mean).sum(axis=(0, 1))
    return m, (weight * (variance + mean * mean)).sum(axis=(0, 1)) - m * m
