"""The theta family on the square-root scale: levels of hundreds, and amounts, averaged over a grid."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.seasons import Cycle, Seasons, ratios_to_trend

# gains of the level × shares of the slope; a choice: denser near zero, where a step changes most
FINE = tuple(product((0.05, 0.1, 0.2, 0.35, 0.6, 0.9), (0.0, 0.25, 0.5, 0.75)))
# a third as many: noisy counts tell fewer gains apart, and each costs its time
COARSE = tuple(product((0.05, 0.15, 0.4, 0.8), (0.0, 0.5)))
# the same for days and weeks, of which each tells less of the level; a choice
SHORT_FINE = tuple(product((0.01, 0.03, 0.08, 0.2, 0.4, 0.7), (0.0, 0.25, 0.5, 0.75)))
# the same for noisy counts
SHORT_COARSE = tuple(product((0.01, 0.04, 0.12, 0.35), (0.0, 0.5)))
_SLOPE_MEMORY = 0.98  # of the regression line, a period of a month or longer: about 50 periods
_FEWEST_FOR_SLOPE = 6  # values: a line through fewer follows the noise; a choice
# power of the likelihood; a choice: errors at several leads overlap, and tell less than they seem to
_SHARPNESS = 0.8
_ERROR_MEMORY = 0.98  # of squared errors, a period of a month or longer: about 50 periods
# of the squared error with each such period ahead, where nothing is known: that of a gain of 0.3, squared
_GROWTH = 0.1
_GROWTH_PRIOR = 10.0  # errors that the panel's growth counts for in a series'; a choice
_PANEL_PRIOR = 50.0  # errors that the growth above counts for in the panel's; a choice
# share of the usual size, and errors that it counts for: it is gone with the first error
_SCALE_PRIOR = (0.3, 0.1)
_BLOCK = 2048  # series at once, so that what a step works on stays in a processor's cache


@dataclass(frozen=True)
class Tails:
    """Student's t of the errors over their scale: quantiles narrower than normal ones, tails wider."""

    degrees: float = 5.0  # of freedom; a choice: a fourth moment, and tails of amounts that jump
    factor: float = 0.73  # of the scale: the standard deviation is then 0.94 of it; a choice

    @property
    def variance(self) -> float:
        """Variance of an error whose scale is one."""
        return self.factor**2 * self.degrees / (self.degrees - 2.0)


TAILS = Tails()


@dataclass(frozen=True, kw_only=True, eq=False)
class Smoothed:
    """What theta found for n series: location and scale of the values it was given.

    Attributes
    ----------
    location, scale : ndarray, shape (n, h)
        Of the periods ahead; the scale is a standard deviation.
    season : ndarray, shape (n, h)
        Season in the location: an addend.
    gain : ndarray, shape (n,)
        Mean gain of the members: about twice the share of the squared error that the level's own error makes.
    fitted, fitted_scale : ndarray, shape (n, T)
        Of each period, made from earlier ones only, but for the usual size in the scale's prior; NaN before
        the first known value.
    """

    location: Floats
    scale: Floats
    season: Floats
    gain: Floats
    fitted: Floats
    fitted_scale: Floats


def smooth_theta(
    values: Floats,
    *,
    cycle: Cycle,
    then: Floats | None = None,
    trust: Floats | None = None,
    members: Sequence[tuple[float, float]],
) -> Smoothed:
    """Smooth n series and forecast h periods ahead.

    Simple exponential smoothing with a share of the slope of a discounted regression line as drift (the
    theta method: Assimakopoulos & Nikolopoulos 2000, doi:10.1016/S0169-2070(00)00066-2; its share and gain
    free: Fiorucci et al. 2016, doi:10.1016/j.ijforecast.2016.02.005), of the values less a season that is
    none or shrunk, averaged over a grid. A member weighs by its absolute errors at several leads, each made
    from earlier periods only, the season included.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        On a scale on which errors are about equally large, e.g. square roots; NaN is unknown.
    cycle : Cycle
        Of the T + h periods.
    then : ndarray, shape (n, T), optional
        The values as they were cleaned with what was known before each period, for the scores of the members.
    trust : ndarray, shape (n, T), optional
        Factor in (0, 1] of the gain of each period, for counts that are not complete yet.
    members : sequence of (float, float)
        Gain of the level and share of the slope of each member of the grid; a coarse one does for noisy
        counts.

    Returns
    -------
    Smoothed
        Finite for any history; a series does not depend on the others, but for how its errors grow with the
        lead, which is shrunk towards the panel's.
    """
    trust = np.ones_like(values) if trust is None else trust
    then = values if then is None else then
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(values), _BLOCK)]
    parts = [_Block(values[part], then[part], trust[part], cycle, members).forecast() for part in blocks]
    joined = _Path(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Path)}
    )
    return _with_scales(joined, cycle)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Path:
    """What a block finds: location and season (n, h), mean gain (n,), the fit (n, T), errors (n, leads)."""

    location: Floats
    season: Floats
    gain: Floats
    fitted: Floats
    fitted_scale: Floats
    last: Floats
    squares: Floats
    number: Floats


class _Block:
    """A block of series; the big arrays are (members, seasons, series)."""

    def __init__(
        self,
        values: Floats,
        then: Floats,
        trust: Floats,
        cycle: Cycle,
        members: Sequence[tuple[float, float]],
    ) -> None:
        self.length, self.places, self.year = values.shape[1], cycle.places, cycle.year
        self.leads, self.pace = cycle.leads, cycle.pace
        self.known = np.isfinite(values.T)
        self.values, self.then = (np.where(self.known, part.T, 0.0) for part in (values, then))
        self.trust = trust.T
        self.ratios, self.ratios_then = (ratios_to_trend(part, self.year) for part in (values, then))
        self.gain, self.drift = np.array(members).T[:, :, None, None]

    def forecast(self) -> _Path:
        """Score the members in one pass, smooth with the season of all periods in another."""
        record, weight = self._predicted()
        seasons = Seasons(self.year, self.values.shape[1])
        for time in range(self.length):
            seasons.learn(self.places[time], self.ratios[:, time])
        season = _none_or(seasons.shrunk())
        state = _State(self.values.shape[1], self.gain, self.drift, self.pace)
        for time in range(self.length):
            state.step(self.values[time], self.known[time], season[:, self.places[time]], self.trust[time])
        ahead = np.arange(1, len(self.places) - self.length + 1)
        level, move = _mixture(weight, state)
        mixed = np.einsum("sn,spn->pn", weight.sum(axis=0), season)[self.places[self.length :]].T
        return _Path(
            location=level[:, None] + ahead * move[:, None] + mixed,
            season=mixed,
            gain=(weight * self.gain).sum(axis=(0, 1)),
            fitted=record.fitted.T,
            fitted_scale=np.sqrt(record.variances.T),
            last=record.variance(),
            squares=record.squares.T,
            number=record.number.T,
        )

    def _predicted(self) -> tuple["_Record", Floats]:
        """Predict every period at every lead from what came before; return the last weights, too."""
        n = self.then.shape[1]
        state, seasons = _State(n, self.gain, self.drift, self.pace), Seasons(self.year, n)
        season = _none_or(seasons.shrunk())
        pending: dict[tuple[int, int], Floats] = {}
        loss, number = np.zeros_like(state.level), np.zeros(n)
        record = _Record(self.then, self.known, self.leads, self.pace)
        for time in range(self.length):
            record.learn(time)
            live = self.known[time] & (state.number >= self.year)
            for lead in self.leads[1:]:
                if (forecast := pending.pop((time, lead), None)) is not None:
                    loss += np.where(live, np.abs(self.then[time] - forecast) / np.sqrt(lead), 0.0)
            number += live
            state.step(self.then[time], self.known[time], season[:, self.places[time]], self.trust[time])
            if time > self.year // 2:
                seasons.learn(self.places[time - self.year // 2], self.ratios_then[:, time - self.year // 2])
            if (self.length - time) % max(self.year // 4, 1) == 0:
                season = _none_or(seasons.shrunk())
            weight = _weights(loss, number)
            mixed = _mixture(weight, state)
            for place, lead in enumerate(self.leads):
                if time + lead < self.length:
                    ahead = season[:, self.places[time + lead]]
                    if place:
                        pending[time + lead, lead] = state.level + lead * state.move + ahead
                    found = mixed[0] + lead * mixed[1] + (weight.sum(axis=0) * ahead).sum(axis=0)
                    record.predict(time + lead, place, np.where(state.number > 0, found, np.nan))
        return record, weight


class _Record:
    """The mixture's errors at every lead, as they come; arrays are (leads, series) and (T, series)."""

    def __init__(self, values: Floats, known: Flags, leads: tuple[int, ...], pace: float) -> None:
        self.memory = _ERROR_MEMORY**pace
        self.values, self.known, self.leads = values, known, leads
        self.pending: dict[tuple[int, int], Floats] = {}
        self.squares, self.number = np.zeros((2, len(leads), values.shape[1]))
        self.fitted, self.variances = np.full(values.shape, np.nan), np.empty(values.shape)
        part, weight = _SCALE_PRIOR
        usual = np.maximum(np.abs(values).sum(axis=0) / np.maximum(known.sum(axis=0), 1), 1.0)
        self.total, self.weight = weight * (part * usual) ** 2, np.full(values.shape[1], weight)

    def predict(self, time: int, place: int, found: Floats) -> None:
        """Note what is predicted of a period."""
        self.pending[time, place] = found
        if place == 0:
            self.fitted[time] = found

    def variance(self) -> Floats:
        """Discounted mean of the squared errors one period ahead, with a little prior: (n,)."""
        mean: Floats = self.total / self.weight
        return mean

    def learn(self, time: int) -> None:
        """Compare a period with what was predicted of it."""
        self.variances[time] = self.variance()
        for place in range(len(self.leads)):
            if (found := self.pending.pop((time, place), None)) is None:
                continue
            error = np.where(self.known[time], self.values[time] - found, np.nan)
            here = np.isfinite(error)
            square = np.where(here, error, 0.0) ** 2
            self.squares[place] += square
            self.number[place] += here
            if place == 0:
                memory = np.where(here, self.memory, 1.0)
                self.total, self.weight = memory * self.total + square, memory * self.weight + here


class _State:
    """Levels of the members, and a regression line through each series less its season."""

    def __init__(self, n: int, gain: Floats, drift: Floats, pace: float) -> None:
        self.gain, self.drift, self.memory = gain, drift, _SLOPE_MEMORY**pace
        self.level = np.zeros((len(gain), 2, n))
        self.move = np.zeros_like(self.level)
        self.number = np.zeros(n)
        self.moments = np.zeros((3, n))
        self.products = np.zeros((2, 2, n))

    def step(self, values: Floats, known: Flags, season: Floats, trust: Floats) -> None:
        """Learn from a period: values, known and trust of shape (n,), seasons of shape (2, n)."""
        cleaned = values - season
        error = np.where(known, cleaned - self.level - self.move, 0.0)
        self.level += self.move + np.where(self.number > 0, self.gain * trust, known) * error
        self.number += known
        self.move = self.drift * self._slope(cleaned, known)

    def _slope(self, cleaned: Floats, known: Flags) -> Floats:
        """Slope of the discounted regression on time, whose origin moves along: (2, n)."""
        one, time, square = self.moments
        both = self.products
        both[1] = self.memory * (both[1] - both[0])
        both[0] *= self.memory
        self.moments = self.memory * np.stack([one, time - one, square - 2 * time + one])
        self.moments[0] += known
        both[0] += np.where(known, cleaned, 0.0)
        one, time, square = self.moments
        spread = one * square - time * time
        enough = (self.number >= _FEWEST_FOR_SLOPE) & (spread > 0)
        slope: Floats = np.where(
            enough, (one * both[1] - time * both[0]) / np.where(enough, spread, 1.0), 0.0
        )
        return slope


def _mixture(weight: Floats, state: _State) -> tuple[Floats, Floats]:
    """Mean level and move of the members."""
    return (weight * state.level).sum(axis=(0, 1)), (weight * state.move).sum(axis=(0, 1))


def _none_or(season: Floats) -> Floats:
    return np.stack([np.zeros_like(season), season])


def _weights(loss: Floats, number: Floats) -> Floats:
    """Weigh members by the likelihood of their absolute errors, each with its own scale (Laplace)."""
    score = -_SHARPNESS * number * np.log(loss + 1e-9 * (1.0 + number))
    weight = np.exp(score - score.max(axis=(0, 1)))
    normal: Floats = weight / weight.sum(axis=(0, 1))
    return normal


def _with_scales(path: _Path, cycle: Cycle) -> Smoothed:
    """Add the scale of the errors at every lead."""
    leads = cycle.leads
    horizon = path.location.shape[1]
    ahead = np.log(np.arange(1, horizon + 1))
    places = np.log(np.asarray(leads, dtype=float))
    spread = np.stack([np.interp(ahead, places, row) for row in np.eye(len(leads))], axis=0)
    scale = np.exp(0.5 * np.log(_grown(path, leads, cycle.pace)) @ spread)
    beyond = np.maximum(np.arange(1, horizon + 1) / leads[-1], 1.0)
    return Smoothed(
        location=path.location,
        scale=scale * np.sqrt(beyond),
        season=path.season,
        gain=path.gain,
        fitted=path.fitted,
        fitted_scale=path.fitted_scale,
    )


def _grown(path: _Path, leads: tuple[int, ...], pace: float) -> Floats:
    """Variance at every lead, (n, leads), its growth shrunk towards the panel's, that towards a walk's."""
    relative = path.squares / path.last[:, None]
    walk = 1.0 + _GROWTH * pace * (np.asarray(leads) - 1.0)
    pooled = np.sort(relative, axis=0).sum(axis=0)  # sorted, so that the order of the rows does not matter
    panel = (pooled + _PANEL_PRIOR * walk) / (path.number.sum(axis=0) + _PANEL_PRIOR)
    growth = (relative + _GROWTH_PRIOR * panel) / (path.number + _GROWTH_PRIOR)
    growth[:, 0] = 1.0
    variance: Floats = path.last[:, None] * np.maximum.accumulate(growth, axis=1)
    return variance
