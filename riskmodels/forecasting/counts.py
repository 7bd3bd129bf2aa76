"""The count filter: discounted Gamma–Poisson levels, averaged over a grid by prequential likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.forecasting.seasons import Cycle
from riskmodels.forecasting.shared import Shared, lasting

Groups = Sequence[tuple[Integers, Shared]]

DISCOUNTS = (0.85, 0.98)  # of a level's past, a period: 7 and 50 periods of memory; each costs time
_FAST = 0.1  # of days and weeks besides: half a month of memory
SEASONS = ("pooled", "own")


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """What the filter takes as given; how it was chosen: docs/methods/complaint_forecast.md, Evidence.

    A memory is the share that stays after a period of a month or longer: 0.97 are some 33 periods, 0.98 are
    50, 0.99 are 100. A longer one follows less noise and notices later.
    """

    season_prior: float = 30.0  # [events] that the pooled season counts for in a series' own: against noise
    dispersion_start: float = 1.5  # [variance over mean] of a panel that has shown nothing: above Poisson's
    dispersion_start_weight: float = 20.0  # [squared errors] that this start counts for; soon outweighed
    dispersion_prior: float = 30.0  # [squared errors] that the panel's counts for in a series' own
    dispersion_memory: float = 0.98  # of a series' squared errors
    score_memory: float = 0.97  # of a series' scores of the members
    panel_memory: float = 0.99  # of the panel's, which knows more and changes less
    panel_weight: float = 10.0  # [periods of a series] that the panel's mean score counts for
    recent_memory: float = 0.9  # of the panel's gains of late: a shock is learnt from all in ten periods
    recent_weight: float = 30.0  # [series] at most, that these gains count for: many series move together
    most_surprise: float = 25.0  # [squared error over variance]: five deviations; more is one odd period
    least_score: float = -50.0  # [log-likelihood] that a period may cost a member: it can still come back
    prior_shape: float = 0.6  # [events] that the start of a series counts for: hardly anything
    least_shape: float = 0.05  # [events]: keeps the variance of a level finite after long silence
    least_rate: float = 0.01  # [events per unit of offset] of series that start with none: divides
    block: int = 2048  # [series] at once, so that what a step works on stays in a processor's cache

    def at(self, pace: float) -> "_Settings":
        """Return the settings for periods that are a part of a month: a year forgets as much."""
        return replace(
            self,
            dispersion_memory=self.dispersion_memory**pace,
            score_memory=self.score_memory**pace,
            panel_memory=self.panel_memory**pace,
            panel_weight=self.panel_weight / pace,
            recent_memory=self.recent_memory**pace,
        )


_SETTINGS = _Settings()


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Means and variances of n series: of each of T periods before it was seen, and of the next h.

    Attributes
    ----------
    mean, variance : ndarray, shape (n, h)
    fitted_mean, fitted_variance : ndarray, shape (n, T)
        Made from earlier periods only, but for the usual size of the series and the blend's weights; NaN
        before the first known value.
    """

    mean: Floats
    variance: Floats
    fitted_mean: Floats
    fitted_variance: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Filtered(Moments):
    """What the count filter found.

    Attributes
    ----------
    persistent : ndarray, shape (n, h)
        Standard deviation of a series' own level over its mean.
    season : ndarray, shape (n, h)
        Season and calendar in the mean: a factor.
    sharing : ndarray, shape (n,)
        Weight of the members that follow a shared level.
    late_mean, late_variance : ndarray, shape (n, T)
        Of periods that were some late lead of the cycle ahead, as they were predicted then; else NaN.
    weights : ndarray, shape (discounts, variants, n)
        Of the members; a variant is a season with a shared level (none, or that of a partition).
    theta : ndarray, shape (n,)
        Weight of a second opinion blended into it.
    disagreement : ndarray, shape (n, h)
        Standard deviation, with a sign, between the filter and a second opinion blended into it.
    """

    persistent: Floats
    season: Floats
    sharing: Floats
    late_mean: Floats
    late_variance: Floats
    weights: Floats
    theta: Floats
    disagreement: Floats


def filter_counts(
    values: Floats, offset: Floats, *, cycle: Cycle, groups: Groups, weights: Floats | None = None
) -> Filtered:
    """Filter the counts of n series and forecast h periods ahead.

    Each member of the grid has a discount, a season (pooled; own, shrunk towards the pooled one) and a
    shared level (none, or that of a partition). Its level is gamma (Harvey & Fernandes 1989,
    doi:10.1080/07350015.1989.10509750), its dispersion is learnt from its own squared errors, and its
    weight is its discounted predictive likelihood, its own and the panel's.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        Counts; NaN is unknown.
    offset : ndarray, shape (n, T + h)
        What every count is proportional to (exposure, days, completeness); positive.
    cycle : Cycle
        Of the T + h periods.
    groups : sequence of (ndarray of int of shape (n,), Shared)
        Partitions of the series; the first is the whole panel, whose season and drift all series use.
    weights : ndarray, shape (discounts, variants, n), optional
        Weights of the members in the forecast, instead of those found.
    """
    n, length = values.shape
    horizon = offset.shape[1] - length
    state = _State(values, offset, cycle, groups)
    fitted, late = np.full((2, 2, length, n), np.nan)
    blocks = [slice(start, min(start + _SETTINGS.block, n)) for start in range(0, n, _SETTINGS.block)]
    for time in range(length):
        for part in blocks:
            fitted[:, time, part] = state.step(part, time)
        state.learn_from_panel()
        if cycle.late and not (length - 1 - time) % cycle.late[-1]:
            for part in blocks:
                state.predict_late(part, time, late)
    ahead = np.empty((4, horizon, n))
    if weights is None:
        weights = np.concatenate([state.weights(part) for part in blocks], axis=-1)
    for part in blocks:
        for steps in range(1, horizon + 1):
            doubts = [path.ahead[:, steps - 1] for _, path in groups]
            ahead[:, steps - 1, part] = state.ahead(part, length - 1, steps, weights[..., part], doubts)
    mean, variance, persistent, season = (part.T.copy() for part in ahead)
    return Filtered(
        mean=mean,
        variance=variance,
        persistent=persistent,
        season=season,
        sharing=1.0 - weights[:, state.unshared].sum(axis=(0, 1)),
        fitted_mean=fitted[0].T.copy(),
        fitted_variance=fitted[1].T.copy(),
        late_mean=late[0].T.copy(),
        late_variance=late[1].T.copy(),
        weights=weights,
        theta=np.zeros(n),
        disagreement=np.zeros_like(mean),
    )


class _State:
    """What the filter knows; the big arrays are (discounts, seasons × shared levels, n)."""

    def __init__(self, values: Floats, offset: Floats, cycle: Cycle, groups: Groups) -> None:
        n, self.length = values.shape
        self.settings, discounts = _SETTINGS.at(cycle.pace), _discounts(cycle.pace)
        self.known = np.isfinite(values.T)
        self.count = np.where(self.known, values.T, 0.0)
        self.offset = offset.T.copy()
        self.places, self.groups, self.late = cycle.places, groups, cycle.late
        self.factor = groups[0][1].factor[0]
        self.drift = np.append(groups[0][1].drift[0], 0.0)  # the last is that before the first period
        variants = len(SEASONS) * (1 + len(groups))
        self.size = (len(discounts), variants)
        self.unshared = np.arange(variants) % (1 + len(groups)) == 0
        self.discount = np.array(discounts)[:, None, None]
        self.shape = np.full((*self.size, n), self.settings.prior_shape)
        self.rate = np.ones((*self.size, n))
        self.prior_rate = np.zeros((self.size[1], n))
        self.score, self.squares, self.number = np.zeros((3, *self.size, n))
        self.started = np.zeros(n, dtype=bool)
        self.first = np.argmax(self.known, axis=0)
        self.seen, self.expected = np.zeros((2, cycle.year, n))
        self.panel_score, self.panel_scored = np.zeros((*self.size, 1)), 0.0
        self.panel_recent = np.zeros((*self.size, 1))
        self.panel_squares = np.full(
            (*self.size, 1), self.settings.dispersion_start * self.settings.dispersion_start_weight
        )
        self.panel_number = np.full((*self.size, 1), self.settings.dispersion_start_weight)
        self._forget_gains()

    def _forget_gains(self) -> None:
        self.gained, self.gained_squares, self.gained_informed = np.zeros((3, *self.size, 1))
        self.gained_number = 0

    def learn_from_panel(self) -> None:
        """Add what this period's blocks gained to what the panel knows."""
        self.panel_score = self.settings.panel_memory * self.panel_score + self.gained
        self.panel_scored = self.settings.panel_memory * self.panel_scored + self.gained_number
        self.panel_recent = self.settings.recent_memory * self.panel_recent + self.gained / max(
            self.gained_number, 1
        )
        self.panel_squares = self.settings.panel_memory * self.panel_squares + self.gained_squares
        self.panel_number = self.settings.panel_memory * self.panel_number + self.gained_informed
        self._forget_gains()

    def weights(self, part: slice) -> Floats:
        """Weights of the members, shape (discounts, variants, series of the block)."""
        score = self.score[..., part] + self.settings.panel_weight * self.panel_score / max(
            self.panel_scored, 1.0
        )
        score += min(self.settings.recent_weight, len(self.first)) * self.panel_recent
        weight: Floats = np.exp(score - score.max(axis=(0, 1)))
        weight /= weight.sum(axis=(0, 1))
        return weight

    def step(self, part: slice, time: int) -> tuple[Floats, Floats]:
        """Predict a period, then learn from it; return mean and variance, NaN of what had not begun."""
        count, known, started = self.count[time, part], self.known[time, part], self.started[part].copy()
        live = known & started
        season = self._season(part, time)
        now = self._levels(part, time)
        drift = self.drift[time - 1]
        before = self._levels(part, time - 1) if time else now
        before = np.concatenate([before[:1], before[1:] * np.exp(drift)])
        self._age(part, known, drift)
        self._begin(part, known & ~started, time, before)
        dispersion = self._dispersion(part)
        shape, rate = self.shape[..., part], self.rate[..., part]
        mean = self._combined(season, before) * shape / rate
        variance = dispersion * (mean + mean * mean / shape)
        if time:
            variance += mean * mean * self._doubts(part, time - 1)
        weight = self.weights(part)
        found = _mixed(weight, mean, variance)
        self._score(part, live, count, mean, variance)
        surprise = np.minimum((count - mean) ** 2 / variance, self.settings.most_surprise)
        self._disperse(part, live, surprise * dispersion, mean)
        learnt = known / dispersion
        shape += count * learnt
        rate += self._combined(season, now) * learnt
        self.started[part] |= known
        usual = (weight * self._combined(np.ones_like(season), now) * shape / rate).sum(axis=(0, 1))
        place = self.places[time]
        self.seen[place, part] += count
        self.expected[place, part] += np.where(known, usual * self.offset[time, part], 0.0)
        return np.where(started, found[0], np.nan), np.where(started, found[1], np.nan)

    def predict_late(self, part: slice, now: int, late: Floats) -> None:
        """Note what is predicted of later periods after a period, in (mean and variance, T, n)."""
        weight = self.weights(part)
        for place, lead in enumerate(self.late):
            if now + lead < self.length:
                doubts = [path.late[place, :, now] for _, path in self.groups]
                mean, variance, _, _ = self.ahead(part, now, lead, weight, doubts)
                begun = self.started[part]
                late[:, now + lead, part] = np.where(begun, [mean, variance], np.nan)

    def ahead(
        self, part: slice, now: int, steps: int, weight: Floats, doubts: list[Floats]
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, variance, relative deviation of the own level, and season, ``steps`` periods after ``now``.

        ``doubts`` are squared coefficients of variation of the partitions' levels then.
        """
        time = now + steps
        season = self._season(part, time)
        level = self._combined(np.ones_like(season), self._levels(part, now))
        level *= np.exp(self.drift[now] * steps) * self.offset[time, part]
        level = level * self.shape[..., part] / self.rate[..., part]
        mean = level * np.repeat(season / self.offset[time, part], len(self.groups) + 1, axis=0)
        spread = (
            mean
            * mean
            / np.maximum(lasting(self.discount, steps) * self.shape[..., part], self.settings.least_shape)
        )
        doubt = mean * mean * self._spread(part, doubts)
        found = _mixed(weight, mean, self._dispersion(part) * (mean + spread) + doubt)
        own = np.sqrt((weight * spread).sum(axis=(0, 1))) / found[0]
        return *found, own, found[0] / (weight * level).sum(axis=(0, 1))

    def _levels(self, part: slice, time: int) -> Floats:
        """Shared levels after a period, none first: (1 + partitions, series)."""
        shared = [np.exp(path.level[codes[part], time]) for codes, path in self.groups]
        return np.stack([np.ones_like(shared[0]), *shared])

    def _doubts(self, part: slice, time: int) -> Floats:
        return self._spread(part, [path.variance[:, time] for _, path in self.groups])

    def _spread(self, part: slice, variances: list[Floats]) -> Floats:
        """Spread variances of the partitions' groups over the variants: (variants, series)."""
        own = [variance[codes[part]] for (codes, _), variance in zip(self.groups, variances, strict=True)]
        return np.tile(np.stack([np.zeros_like(own[0]), *own]), (len(SEASONS), 1))

    def _season(self, part: slice, time: int) -> Floats:
        """Seasons and offset: (seasons, series)."""
        place, factor = self.places[time], self.factor[time]
        own = (self.settings.season_prior * factor + self.seen[place, part]) / (
            self.settings.season_prior + self.expected[place, part]
        )
        return np.stack([np.full_like(own, factor), own]) * self.offset[time, part]

    def _combined(self, season: Floats, level: Floats) -> Floats:
        """Every season with every shared level: (variants, series)."""
        product: Floats = (season[:, None] * level).reshape(-1, level.shape[-1])
        return product

    def _dispersion(self, part: slice) -> Floats:
        strength = self.settings.dispersion_prior
        found: Floats = strength * self.panel_squares / self.panel_number + self.squares[..., part]
        found /= strength + self.number[..., part]
        return np.maximum(found, 1.0, out=found)

    def _age(self, part: slice, known: Flags, drift: float) -> None:
        """Let the past count less, and the prior come back; where nothing is learnt the mean stays."""
        shape = self.shape[..., part]
        aged = np.maximum(self.discount * shape, self.settings.least_shape)
        rate = self.rate[..., part]
        rate *= np.where(known, self.discount, aged / shape)
        learning = np.where(known, 1.0 - self.discount, 0.0)
        rate += learning * self.prior_rate[:, part]
        aged += learning * self.settings.prior_shape
        rate[:, self.unshared] *= np.exp(-drift)
        shape[...] = aged

    def _begin(self, part: slice, fresh: Flags, time: int, before: Floats) -> None:
        """Start series at the mean of all that start with them."""
        if not fresh.any():
            return
        starts = self.known[time] & (self.first == time)
        rate = float((self.count[time, starts] / self.offset[time, starts]).mean())
        first = np.tile(before, (len(SEASONS), 1))[:, fresh] / max(rate, self.settings.least_rate)
        self.prior_rate[:, part][:, fresh] = self.settings.prior_shape * first
        self.shape[..., part][..., fresh] = self.settings.prior_shape
        self.rate[..., part][..., fresh] = self.settings.prior_shape * first

    def _score(self, part: slice, live: Flags, count: Floats, mean: Floats, variance: Floats) -> None:
        gained = log_likelihood(count, mean, variance)
        gained = np.where(live, np.maximum(gained - gained.max(axis=(0, 1)), self.settings.least_score), 0.0)
        self.score[..., part] *= np.where(live, self.settings.score_memory, 1.0)
        self.score[..., part] += gained
        self.gained += gained.sum(axis=-1, keepdims=True)
        self.gained_number += int(live.sum())

    def _disperse(self, part: slice, live: Flags, squares: Floats, mean: Floats) -> None:
        """Learn dispersion; a squared surprise says less of smaller counts (variance 2 + 1 / mean)."""
        informed = np.where(live, mean / (mean + 0.5), 0.0)
        memory = np.where(live, self.settings.dispersion_memory, 1.0)
        squares = squares * informed
        self.squares[..., part] = memory * self.squares[..., part] + squares
        self.number[..., part] = memory * self.number[..., part] + informed
        self.gained_squares += squares.sum(axis=-1, keepdims=True)
        self.gained_informed += informed.sum(axis=-1, keepdims=True)


def _discounts(pace: float) -> tuple[float, ...]:
    """Discounts of a period: of days and weeks a faster one, too."""
    return tuple(discount**pace for discount in (DISCOUNTS if pace == 1 else (_FAST, *DISCOUNTS)))


def _mixed(weight: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the mixture of the members."""
    mixed = (weight * mean).sum(axis=(0, 1))
    return mixed, (weight * (variance + mean * mean)).sum(axis=(0, 1)) - mixed * mixed
