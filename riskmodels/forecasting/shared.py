"""What the series of a group share: level, season, calendar and drift, learnt once from their total."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.calendar_effects import KnownEffects
from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.forecasting.seasons import Cycle, Seasons, ratios_to_trend

# Shares of a level's past that are kept a period, from two periods of memory to two hundred.
_DISCOUNTS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_FAST = (0.01, 0.1, 0.25)  # of days and weeks besides: from a week on
# Changes of the log level a period: up to a fifth a year of months, up and down.
DRIFTS = (-0.016, -0.012, -0.008, -0.004, 0.0, 0.004, 0.008, 0.012, 0.016)


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """What the filter of totals takes as given; its choice: docs/methods/complaint_forecast.md, Evidence.

    A memory is the share that stays after a period of a month or longer: 0.97 are some 33, 0.98 are 50.
    """

    drift_deviation: float = 0.008  # [log level a period] of the prior of drifts: a tenth a year of months
    jump: float = 0.01  # chance of a jump before a period: one in eight years of months; a choice
    likely: float = 0.5  # chance from which a jump is taken to have happened: more likely than not
    season_priors: tuple[float, ...] = (15.0, 120.0, 1500.0)  # [events] of no season: three strengths compete
    score_memory: float = 0.97  # of the scores of the members
    dispersion_memory: float = 0.98  # of squared errors
    dispersion_start: float = 3.0  # [variance over mean] of totals: they vary more than their parts
    dispersion_prior: float = 10.0  # [squared errors] that this start counts for
    most_surprise: float = 25.0  # [squared error over variance]: five deviations; more is one odd period
    least_score: float = -1e6  # [log-likelihood] that a period may cost a member: finite, so that weights are
    least_shape: float = 0.5  # [events] that the past counts for at least: Jeffreys' prior
    least_rate: float = 0.01  # [events per unit of offset] of a total that starts with none: divides

    def at(self, pace: float) -> "_Settings":
        """Return the settings for periods that are a part of a month: a year forgets and moves as much.

        Their season is known beforehand, from a fit to all periods (``profiles``).
        """
        return replace(
            self,
            drift_deviation=self.drift_deviation * pace,
            jump=self.jump * pace,
            season_priors=self.season_priors if pace == 1 else (),
            score_memory=self.score_memory**pace,
            dispersion_memory=self.dispersion_memory**pace,
        )


_SETTINGS = _Settings()


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """What g groups share over T periods and h more.

    Attributes
    ----------
    level : ndarray, shape (g, T)
        Logarithm of the level after each period, over the offset.
    variance : ndarray, shape (g, T)
        Squared coefficient of variation of the next period's level.
    ahead : ndarray, shape (g, h)
        The same, of the h levels after the last period.
    late : ndarray, shape (leads, g, T)
        The same, after each period, of the levels at the late leads of the cycle.
    noise, spread : ndarray, shape (g,) and (g, h)
        The variance of a total of mean m in a later period is ``noise * m + spread * m**2``.
    factor, hindsight : ndarray, shape (g, T + h)
        Season and calendar: each from what was known before the period, and all from what is known now.
    drift : ndarray, shape (g, T)
        Expected change of the log level a period, after each period.
    effects : ndarray, shape (g, k)
        Log effects of the known regressors.
    jumps : ndarray, shape (g, T)
        By how much the log level jumped before each period; zero where it more likely did not.
    """

    level: Floats
    variance: Floats
    ahead: Floats
    late: Floats
    noise: Floats
    spread: Floats
    factor: Floats
    hindsight: Floats
    drift: Floats
    effects: Floats
    jumps: Floats


def filter_totals(
    total: Floats,
    offset: Floats,
    *,
    cycle: Cycle,
    effects: KnownEffects,
    drifts: Sequence[float] = DRIFTS,
) -> Shared:
    """Filter totals, averaging over discounts, drifts, seasons and known effects by prequential likelihood.

    A discounted Gamma–Poisson level (Harvey & Fernandes 1989, doi:10.1080/07350015.1989.10509750) that may
    jump at any period (West & Harrison 1997, ch. 12: a second model, in which the past counts for one event).
    The first year is not scored: its season has not been seen yet.

    Parameters
    ----------
    total, offset : ndarray, shape (g, T)
        Sums of the known counts, NaN where none is known, and what they would be at level one.
    cycle : Cycle
        Of the T + h periods.
    effects : KnownEffects
        Of the T + h periods; their regressors and candidate effects are used, not the days.
    drifts : sequence of float
        Candidate drifts of the log level a period.
    """
    length = total.shape[1]
    state = _State(total, offset, cycle, effects, drifts)
    level, variance, slope, jumped = np.zeros((4, *total.shape))
    factor = np.ones((len(total), len(cycle.places)))
    late = np.zeros((len(cycle.late), *total.shape))
    weight = state.weights()
    for time in range(length):
        season = state.season(time)
        factor[:, time] = (weight * season).sum(axis=1)
        state.step(time, season, scored=time >= min(cycle.year, length // 2))
        weight = state.weights()
        level[:, time] = np.log((weight * state.shape / state.rate).sum(axis=1))
        variance[:, time] = (weight * state.doubt(1)).sum(axis=1)
        for place, lead in enumerate(cycle.late):
            late[place, :, time] = (weight * state.doubt(lead)).sum(axis=1)
        slope[:, time] = (weight * state.drift).sum(axis=1)
        jumped[:, time] = (weight * state.chance).sum(axis=1)
    dispersion = state.dispersion()
    hindsight = np.stack([(weight * state.season(at)).sum(axis=1) for at in range(len(cycle.places))], axis=1)
    factor[:, length:] = hindsight[:, length:]
    ahead, spread = np.empty((2, len(total), len(cycle.places) - length))
    for steps in range(1, len(cycle.places) - length + 1):
        doubt, apart = weight * state.doubt(steps), _apart(weight, state.expect(length - 1, steps))
        ahead[:, steps - 1] = doubt.sum(axis=1) + apart
        spread[:, steps - 1] = (doubt * dispersion).sum(axis=1) + apart
    return Shared(
        level=level,
        variance=variance,
        ahead=ahead,
        late=late,
        noise=(weight * dispersion).sum(axis=1),
        spread=spread,
        factor=factor,
        hindsight=hindsight,
        drift=slope,
        effects=weight @ state.effects,
        jumps=_jumps(level, jumped),
    )


def _apart(weight: Floats, mean: Floats) -> Floats:
    """Squared coefficient of variation between the members' means."""
    mixed = (weight * mean).sum(axis=1)
    apart: Floats = (weight * mean**2).sum(axis=1) / mixed**2 - 1.0
    return np.maximum(apart, 0.0)


def _jumps(level: Floats, chance: Floats) -> Floats:
    """Sizes of jumps that more likely happened than not.

    By the level one period after the jump, if that is known and is not the next jump's.
    """
    jumped = chance > _SETTINGS.likely
    before = np.concatenate([level[:, :1], level[:, :-1]], axis=1)
    later = np.concatenate([level[:, 1:], level[:, -1:]], axis=1)
    again = np.concatenate([jumped[:, 1:], jumped[:, -1:]], axis=1)
    return np.where(jumped, np.where(again, level, later) - before, 0.0)


def lasting(discount: Floats, steps: int) -> Floats:
    """Return the share of what is known of a level that lasts some periods, in which it moves evenly.

    A discount is meant for one period: compounded, it would let the variance explode (West & Harrison 1997,
    ch. 6.3).
    """
    return 1.0 / (1.0 + steps * (1.0 - discount) / discount)


class _State:
    """What the filter knows; arrays are (groups, members of the grid)."""

    def __init__(
        self,
        total: Floats,
        offset: Floats,
        cycle: Cycle,
        effects: KnownEffects,
        drifts: Sequence[float],
    ) -> None:
        self.settings, pace = _SETTINGS.at(cycle.pace), cycle.pace
        discounts = _DISCOUNTS if pace == 1 else (*_FAST, *_DISCOUNTS)
        grid = np.meshgrid(
            np.array(discounts) ** pace,
            np.array(drifts) * pace,
            np.arange(len(effects.effects)),
            (*self.settings.season_priors, 0.0),
            indexing="ij",
        )
        self.discount, self.drift, choice, strength = (part.ravel() for part in grid)
        self.averaged = strength == 0
        self.strength = np.where(self.averaged, 1.0, strength)
        self.effects = effects.effects[choice.astype(int)]
        self.prior = (
            effects.prior[choice.astype(int)] - 0.5 * (self.drift / self.settings.drift_deviation) ** 2
        )
        self.calendar = np.exp(effects.regressors @ self.effects.T)
        self.total, self.offset, self.places = total, offset, cycle.places
        size = (len(total), len(self.drift))
        self.score, self.chance = np.zeros(size) + self.prior, np.zeros(size)
        self.shape, self.rate = np.full(size, self.settings.least_shape), np.ones(size)
        self.seen, self.expected = np.zeros((2, cycle.year, *size))
        self.squares, self.number = np.zeros(size), np.zeros((len(total), 1))
        self.started = np.zeros((len(total), 1), dtype=bool)
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing known: no offset
            self.ratios = ratios_to_trend(np.log((total + 0.5) / offset), cycle.year)
        self.seasons = Seasons(cycle.year, len(total))
        self.average = self.seasons.shrunk()

    def weights(self) -> Floats:
        """Weights of the members."""
        weight = np.exp(self.score - self.score.max(axis=1, keepdims=True))
        normal: Floats = weight / weight.sum(axis=1, keepdims=True)
        return normal

    def season(self, time: int) -> Floats:
        """Season, shrunk towards none, times the calendar's effect."""
        place = self.places[time]
        season = (self.strength + self.seen[place]) / (self.strength + self.expected[place])
        season = np.where(self.averaged, np.exp(self.average[place])[:, None], season)
        effect: Floats = season * self.calendar[time]
        return effect

    def expect(self, time: int, steps: int) -> Floats:
        """Mean over the offset, some periods after ``time``."""
        mean: Floats = np.exp(self.drift * steps) * self.season(time + steps) * self.shape / self.rate
        return mean

    def dispersion(self) -> Floats:
        """Variance over mean where the level is known."""
        prior, strength = self.settings.dispersion_start, self.settings.dispersion_prior
        return np.maximum((prior * strength + self.squares) / (strength + self.number), 1.0)

    def doubt(self, steps: int) -> Floats:
        """Squared coefficient of variation of the level some periods ahead."""
        doubt: Floats = 1.0 / np.maximum(
            self.shape * lasting(self.discount, steps), self.settings.least_shape
        )
        return doubt

    def step(self, time: int, season: Floats, *, scored: bool) -> None:
        """Learn from a period in a season, and from the trend about the period half a year before."""
        if (middle := time - len(self.seen) // 2) >= 0:
            self.seasons.learn(self.places[middle], self.ratios[:, middle])
        known = np.isfinite(self.total[:, [time]]) & (self.offset[:, [time]] > 0)
        count = np.where(known, self.total[:, [time]], 0.0)
        base = np.where(known, self.offset[:, [time]], 1.0)
        live = known & self.started
        self._age(known & ~self.started, count / base)
        exposed, dispersion = base * season, self.dispersion()
        mean = exposed * self.shape / self.rate
        least = np.minimum(1.0, self.shape)
        gained, chance = _steady_or_jumped(count, mean, dispersion, (self.shape, least), self.settings.jump)
        if scored:
            kept = self.prior + self.settings.score_memory * (self.score - self.prior)
            self.score = np.where(live, kept + np.maximum(gained, self.settings.least_score), self.score)
        self.chance = chance = np.where(live, chance, 0.0)
        surprise = (count - mean) ** 2 / (mean + mean**2 / self.shape)
        surprise = np.minimum(surprise, self.settings.most_surprise * dispersion) * (1 - chance)
        if scored:
            self.squares = np.where(
                live, self.settings.dispersion_memory * self.squares + surprise, self.squares
            )
            self.number = np.where(live, self.settings.dispersion_memory * self.number + 1, self.number)
        learnt = known / dispersion
        self.shape, self.rate = _collapse(
            (self.shape + count * learnt, self.rate + exposed * learnt),
            (least + count * learnt, self.rate * least / self.shape + exposed * learnt),
            chance,
        )
        place, usual = self.places[time], base * self.calendar[time] * self.shape / self.rate
        self.seen[place] += np.where(live, count * learnt, 0.0)
        self.expected[place] += np.where(live, usual * learnt, 0.0)
        self.started |= known
        self.average = self.seasons.shrunk()

    def _age(self, fresh: Flags, first: Floats) -> None:
        """Let the past count less, and the level drift; start at the first rate."""
        aged = np.maximum(self.discount * self.shape, self.settings.least_shape)
        rate = self.rate * np.exp(-self.drift) * aged / self.shape
        self.shape = np.where(fresh, self.settings.least_shape, aged)
        self.rate = np.where(
            fresh, self.settings.least_shape / np.maximum(first, self.settings.least_rate), rate
        )


def _steady_or_jumped(
    count: Floats, mean: Floats, dispersion: Floats, shapes: tuple[Floats, Floats], jump: float
) -> tuple[Floats, Floats]:
    """Return the log-likelihood of a count, and the chance that the level has jumped before it.

    ``shapes`` are those of the level where it goes on, and after a jump; ``jump`` is the chance of one.
    """
    shape, least = shapes
    steady = log_likelihood(count, mean, dispersion * (mean + mean**2 / shape))
    jumped = log_likelihood(count, mean, dispersion * (mean + mean**2 / least))
    top = np.maximum(steady, jumped)
    moved, stay = jump * np.exp(jumped - top), (1 - jump) * np.exp(steady - top)
    return top + np.log(moved + stay), moved / (moved + stay)


def _collapse(
    steady: tuple[Floats, Floats], jumped: tuple[Floats, Floats], chance: Floats
) -> tuple[Floats, Floats]:
    """Return shape and rate of the gamma with the mean and the variance of two gammas' mixture."""
    first, second = steady[0] / steady[1], jumped[0] / jumped[1]
    mean = (1 - chance) * first + chance * second
    variance = (1 - chance) * (first / steady[1] + (first - mean) ** 2)
    variance += chance * (second / jumped[1] + (second - mean) ** 2)
    return mean * mean / variance, mean / variance
