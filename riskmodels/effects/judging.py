"""Judge many actions at once: counts after against what peers and the unit's own past let expect."""

from dataclasses import dataclass, replace

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.effects.estimates import EDGE
from riskmodels.effects.peers import PeerCounts
from riskmodels.effects.shrinkage import LEAST_MEAN
from riskmodels.forecasting.negative_binomial import cdf, shape_of
from riskmodels.rates.moments import ratio_of, variance_beyond

LONGEST_BEFORE = 36  # [months] looked back over: units change in longer times
FLAGGED_MONTHS = 6  # [months] until the decision, of which the bad ones were its reason: no evidence
LEAST_MONTHS = 3  # [months] known before, and after: fewer are one quarter's chance
LEAST_EXPECTED = 1.0  # [events] after: of fewer nothing can be seen
WORKED_LEVEL = 0.025  # one-sided, of the chance of so few (or so many) without an effect
LEVEL = 1.0 - 2.0 * WORKED_LEVEL  # probability of intervals: one without zero in it and a verdict go together
_FAR = 3.5  # standard deviations: units beyond are of another kind
_TRIMS = 2  # rounds of leaving these out
_HALF = 0.5  # events, instead of none
_WIDE = 1.0  # relative standard deviation of the true means of units of another kind
_STEPS = 50  # of the bisection of bounds: to 1e-13
_UNKNOWN = 1e6  # variance of a ratio of which nothing is known: the peers' mean stands for it
_STEEPEST = 700.0  # [log] of odds: beyond, numbers have no end


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """Which units each of a actions is of, and which months are before and after it.

    Attributes
    ----------
    units : ndarray of bool, shape (a, n)
    before, after : ndarray of bool, shape (a, T)
    """

    units: Flags
    before: Flags
    after: Flags

    @property
    def halves(self) -> "Windows":
        """The months before as if the action had come in their middle: a placebo in time."""
        place = np.cumsum(self.before, axis=1) * 2 > self.before.sum(axis=1, keepdims=True)
        return replace(self, before=self.before & ~place, after=self.before & place)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What counts after are against those expected, shape (a,) each or (a, n).

    Attributes
    ----------
    observed, expected : ndarray
        [events] After the action, and without an effect of it.
    variance : ndarray
        [1] Relative, of ``expected`` itself; chance of the counts is beside it.
    dispersion : float
        [1] Variance of counts over their mean.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    dispersion: float

    @property
    def change(self) -> Floats:
        """Relative change of events, -.25 being a quarter fewer; free of the bias of a ratio."""
        ratio = np.divide(
            self.observed, self.expected, out=np.full_like(self.expected, np.nan), where=self.expected > 0
        )
        return np.asarray(ratio / (1.0 + self.variance) - 1.0)

    def chance(self) -> Floats:
        """Chance of at most as many events as were observed, without an effect."""
        return self._below(self.observed, 0.0)

    @property
    def more(self) -> Floats:
        """Chance of at least as many events as were observed, without an effect."""
        return np.asarray(1.0 - self._below(self.observed - 1.0, 0.0))

    def bounds(self, level: float = LEVEL) -> tuple[Floats, Floats]:
        """Interval of the relative change, by turning the test round (mid-p)."""
        tail = (1.0 - level) / 2.0
        return self._change_at(1.0 - tail), self._change_at(tail)

    def power(self, change: Floats | float) -> Floats:
        """Chance that WORKED_LEVEL is reached if the relative change is this."""
        size, kept = shape_of(*self._law(0.0))
        most = np.nan_to_num(scipy.stats.nbinom.ppf(WORKED_LEVEL, size, kept))
        most = most - (self._below(most, 0.0) > WORKED_LEVEL)
        return self._below(most, change)

    def _law(self, change: Floats | float) -> tuple[Floats, Floats]:
        mean = np.maximum(self.expected * (1.0 + np.asarray(change)), LEAST_MEAN)
        return mean, np.asarray(self.dispersion * mean + self.variance * mean**2)

    def _below(self, count: Floats, change: Floats | float) -> Floats:
        return cdf(count, *self._law(change))

    def _change_at(self, chance: float) -> Floats:
        low, high = np.full(self.expected.shape, -EDGE), np.full(self.expected.shape, EDGE)
        for _ in range(_STEPS):
            middle = (low + high) / 2.0
            change = np.expm1(middle)
            below = (self._below(self.observed, change) + self._below(self.observed - 1.0, change)) / 2.0
            low, high = np.where(below > chance, middle, low), np.where(below > chance, high, middle)
        return np.asarray(np.expm1((low + high) / 2.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """How units without an action differ, and change, for each of a windows, shape (a, 1) each.

    Attributes
    ----------
    mean : ndarray
        [1] Of observed over expected before.
    between : ndarray
        [1] Variance of units' own true ratios.
    drift : ndarray
        [1] Variance of a unit's own relative change from before to after, beyond chance.
    strange : ndarray
        Share of units of another kind.
    """

    mean: Floats
    between: Floats
    drift: Floats
    strange: Floats


def judge_windows(data: PeerCounts, windows: Windows, *, learnt: Windows | None = None) -> dict[str, Judged]:
    """Judge each action by the unit's past shrunken to its peers', and by its own past alone.

    Parameters
    ----------
    data : PeerCounts
        Of n units in T months.
    windows : Windows
        Of a actions; of several units, these are added up.
    learnt : Windows, optional
        Months from which it is learnt how units differ and change: by default, the same.

    Returns
    -------
    dict of Judged
        ``shrunken`` and ``own``, shape (a,); ``placebo``, shape (a, n): ``shrunken`` of every unit by itself,
        as if it had had the action (what units with one say there is no placebo).

    Notes
    -----
    A unit's own ratio to its peers is Gamma about their mean, with a spread learnt from units without an
    action by moments (DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2), or of another kind, with
    a spread of its own; what these units change beyond chance between the same months is in every interval:
    placebos in space. Months that led to the decision are in neither window.
    """
    before, after = (_sums(data, months) for months in (windows.before, windows.after))
    parts = (before, after) if learnt is None else (_sums(data, learnt.before), _sums(data, learnt.after))
    spread = _spread(data, *parts)
    unit = {name: _of_units(part, windows.units) for name, part in before.items()}
    later = {name: _of_units(part, windows.units) for name, part in after.items()}
    shares = _squared_shares(before["expected"], windows.units)
    one = _column(spread)
    combined = replace(one, between=one.between * shares, drift=one.drift * shares)
    return {
        "shrunken": _shrunken(unit, later, combined, data.dispersion),
        "own": _own(unit, later, combined, data.dispersion),
        "placebo": _shrunken(before, after, spread, data.dispersion),
    }


def _sums(data: PeerCounts, months: Flags) -> dict[str, Floats]:
    """Add months up: observed, expected and error, shape (a, n) each."""
    chosen = months.astype(np.float64).T
    return {name: (getattr(data, name) @ chosen).T for name in ("observed", "expected", "error")}


def _of_units(part: Floats, units: Flags) -> Floats:
    return np.asarray((part * units).sum(axis=1))


def _squared_shares(expected: Floats, units: Flags) -> Floats:
    chosen = expected * units
    return np.minimum(ratio_of((chosen**2).sum(axis=1), chosen.sum(axis=1) ** 2), 1.0)


def _column(spread: Spread) -> Spread:
    return Spread(**{name: value[:, 0] for name, value in vars(spread).items()})


def _spread(data: PeerCounts, before: dict[str, Floats], after: dict[str, Floats]) -> Spread:
    """Learn from units without an action, those of another kind left out.

    Levels are learnt from both windows together, changes from their difference. Units differ as much after
    as before, and a level before and one after go together: so changes vary at most twice as much as levels.
    """
    both = {name: before[name] + after[name] for name in before}
    seen, wanted = both["observed"], both["expected"]
    used = data.peers & (before["expected"] > 0) & (after["expected"] > 0)
    ordinary = used
    for _ in range(_TRIMS + 1):
        mean = ratio_of(_added(seen, ordinary), _added(wanted, ordinary))
        noise = _noise(both, mean, data.dispersion)
        steady = variance_beyond(ratio_of(seen, wanted), noise, ordinary)
        away = np.abs(ratio_of(seen, wanted) - mean)
        ordinary = used & (away <= _FAR * np.sqrt(noise + steady))
    share = ratio_of(_added(before["expected"], ordinary), _added(wanted, ordinary))
    parts = share * (1.0 - share)
    change, error = _changes(before, after, data.dispersion)
    drift = variance_beyond(change, error, ordinary & (error > 0))
    drift = np.minimum(drift, 2.0 * ratio_of(steady, mean**2) / (1.0 - 2.0 * parts))
    odd = (_added(used & ~ordinary, used) + 1.0) / (_added(used, used) + 2.0)  # Laplace's rule
    return Spread(mean=mean, between=steady + parts * drift * mean**2, drift=drift, strange=odd)


def _added(part: Floats | Flags, units: Flags) -> Floats:
    return np.asarray((part * units).sum(axis=1, keepdims=True), dtype=np.float64)


def _noise(part: dict[str, Floats], mean: Floats, dispersion: float) -> Floats:
    """Variance by chance of observed over expected: of a unit's counts, and of its peers'."""
    wanted = part["expected"]
    return dispersion * ratio_of(mean * wanted + part["error"], wanted**2)


def _changes(before: dict[str, Floats], after: dict[str, Floats], dispersion: float) -> tuple[Floats, Floats]:
    """Relative change of each unit beside its peers, and its variance by chance; 0: it has no events."""
    wanted, later = before["expected"], after["expected"]
    events, size = before["observed"] + after["observed"], wanted + later
    gap = ratio_of(after["observed"], later) - ratio_of(before["observed"], wanted)
    counting = ratio_of(size**2, events * wanted * later)
    peers = ratio_of(before["error"], wanted**2) + ratio_of(after["error"], later**2)
    return gap * ratio_of(size, events), dispersion * (counting + np.where(counting > 0, peers, 0.0))


def _shrunken(
    before: dict[str, Floats], after: dict[str, Floats], spread: Spread, dispersion: float
) -> Judged:
    """Expect after by the mixture of an ordinary unit and one of another kind."""
    seen, wanted = before["observed"], before["expected"]
    noise = np.where(wanted > 0, _noise(before, spread.mean, dispersion), _UNKNOWN)
    own = np.where(wanted > 0, ratio_of(seen, wanted), spread.mean)
    kinds = [
        _posterior(own, noise, spread.mean, part) for part in (spread.between, (_WIDE * spread.mean) ** 2)
    ]
    laws = [noise + part for part in (spread.between, (_WIDE * spread.mean) ** 2)]
    fits = [-0.5 * ((own - spread.mean) ** 2 / law + np.log(law)) for law in laws]
    odds = spread.strange / (1.0 - spread.strange) * np.exp(np.clip(fits[1] - fits[0], -_STEEPEST, _STEEPEST))
    strange = odds / (1.0 + odds)
    mean = (1.0 - strange) * kinds[0][0] + strange * kinds[1][0]
    square = sum(
        share * (variance + (level - mean) ** 2)
        for share, (level, variance) in zip((1.0 - strange, strange), kinds, strict=True)
    )
    return _judged(after, mean, square / np.maximum(mean, LEAST_MEAN) ** 2, spread, dispersion)


def _posterior(own: Floats, noise: Floats, mean: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a unit's true ratio: Bühlmann's credibility."""
    weight = between / (between + noise)
    level = weight * own + (1.0 - weight) * mean
    return level, weight * noise * level / np.maximum(mean, LEAST_MEAN)


def _own(before: dict[str, Floats], after: dict[str, Floats], spread: Spread, dispersion: float) -> Judged:
    """Expect after what the unit itself had before, moved as its peers moved."""
    seen, wanted = before["observed"] + _HALF, before["expected"] + _HALF
    relative = dispersion / seen + ratio_of(before["error"], wanted**2) * dispersion
    return _judged(after, seen / wanted, relative, spread, dispersion)


def _judged(
    after: dict[str, Floats], level: Floats, relative: Floats, spread: Spread, dispersion: float
) -> Judged:
    peers = dispersion * ratio_of(after["error"], after["expected"] ** 2)
    return Judged(
        observed=after["observed"],
        expected=after["expected"] * level,
        variance=relative + peers + spread.drift,
        dispersion=dispersion,
    )


def windows_of(
    known: Flags, units: Flags, *, decided: Integers, start: Integers, first: Integers, end: Integers
) -> Windows:
    """Say which months are before and after each action.

    Parameters
    ----------
    known : ndarray of bool, shape (n, T)
        Cells with evidence.
    units : ndarray of bool, shape (a, n)
        Of each action.
    decided, start : ndarray of int, shape (a,)
        Places of the month of the decision, and of the first month with the action.
    first, end : ndarray of int, shape (a,)
        First month, and the one after the last, in which no other action is at these units.

    Returns
    -------
    Windows
        The months that led to the decision, and those until the action, are in neither.
    """
    month = np.arange(known.shape[1])
    some = (units.astype(np.float64) @ known) > 0
    edge = (decided - FLAGGED_MONTHS)[:, None]
    before = (month < edge) & (month >= np.maximum(first[:, None], edge - LONGEST_BEFORE))
    after = (month >= start[:, None]) & (month < end[:, None])
    return Windows(units=units, before=before & some, after=after & some)
