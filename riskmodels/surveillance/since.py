"""Since when a series runs at another level, and how far from the old one: both with intervals.

Every period of a window may be the first of the new level; each has a likelihood in closed form, the old
level and the new one being gamma distributed and integrated out (as in product partition models, Barry &
Hartigan 1992, doi:10.1214/aos/1176348521, with one change).
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError

_SHAPE, _MEAN = 2.0, 1.5  # of the new level over the old one before it is seen: half to four times; a choice
_COVERAGE = 0.9  # of the intervals; a choice
_HALVINGS = 50  # of an interval of logarithms, which is then known to rounding
_WIDEST = 12.0  # [log] no ratio is larger
_LEAST_QUIET = 0.5  # chance of no change in a window, at least: short run lengths are wishes, not beliefs
_LARGEST = 700.0  # logarithm of a float
LEAST_DISPERSION = 0.05  # [variance over mean] of cases that nearly all fail
_LEAST = 1e-9  # of a variance or a count: divides


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelChanges:
    """Changes of m series over a window of w periods, shape (m,) each.

    Attributes
    ----------
    since : ndarray of int
        [place in the window] Most likely first period of the new level.
    earliest, latest : ndarray of int
        [place in the window] Ends of the shortest run of periods that holds the first with the wanted chance.
    ratio, lower, upper : ndarray
        New level over the old: median, and ends of the interval, whatever the first period.
    probability : ndarray
        That there was a change in the window at all, where one is expected every ``run_length`` periods.
    """

    since: Integers
    earliest: Integers
    latest: Integers
    ratio: Floats
    lower: Floats
    upper: Floats
    probability: Floats

    def at_most(self, most: Floats) -> "LevelChanges":
        """Cut the ratios off at what is possible, shape (m,)."""
        cut = {name: np.minimum(getattr(self, name), most) for name in ("ratio", "lower", "upper")}
        return replace(self, **cut)


def find_changes(
    observed: Floats,
    expected: Floats,
    *,
    dispersion: Floats,
    spread: Floats,
    run_length: float,
    until: Integers | None = None,
) -> LevelChanges:
    """Find one change of level in each of m windows.

    Parameters
    ----------
    observed, expected : ndarray, shape (m, w)
        [events] What was seen, and what the old level would lead to expect; both zero where unknown.
    dispersion : ndarray, shape (m,)
        [variance over mean]
    spread : ndarray, shape (m,)
        Variance of the logarithm of the old level.
    run_length : float
        [periods] A change is expected once in as many.
    until : ndarray of int, shape (m,), optional
        [place in the window] Last period that the change may begin in, e.g. that of the alarm.

    Returns
    -------
    LevelChanges
        ``earliest <= since <= latest`` and ``lower <= ratio <= upper``.

    Raises
    ------
    ParameterError
        Nothing was expected in any period in which a change may begin.

    Examples
    --------
    >>> seen = np.array([[10.0, 9.0, 11.0, 10.0, 21.0, 19.0, 20.0]])
    >>> one = np.ones(1)
    >>> found = find_changes(seen, np.full((1, 7), 10.0), dispersion=one, spread=one / 100, run_length=370.0)
    >>> int(found.since[0]), round(float(found.ratio[0]), 1)
    (4, 1.9)
    """
    scale = np.maximum(dispersion, LEAST_DISPERSION)[:, None]
    seen, due = observed / scale, expected / scale
    shape = 1.0 / np.maximum(spread, _LEAST)[:, None]
    total_seen, total_due = seen.sum(axis=1, keepdims=True), due.sum(axis=1, keepdims=True)
    before_seen, before_due = np.cumsum(seen, axis=1) - seen, np.cumsum(due, axis=1) - due
    after_seen, after_due = total_seen - before_seen, total_due - before_due
    rate = _SHAPE / _MEAN
    likelihood = _evidence(before_seen, before_due, shape, shape)
    likelihood = likelihood + _evidence(after_seen, after_due, _SHAPE, rate)
    none = _evidence(total_seen, total_due, shape, shape)[:, 0]
    chance, probability = _weighed(likelihood, none, _places(expected, until), run_length)
    earliest, latest = _shortest_run(chance, _COVERAGE)
    middle, deviation = _log_ratio(
        (_SHAPE + after_seen, rate + after_due), (shape + before_seen, shape + before_due)
    )
    tail = (1.0 - _COVERAGE) / 2.0
    lower, ratio, upper = (np.exp(_quantile(p, chance, middle, deviation)) for p in (tail, 0.5, 1.0 - tail))
    return LevelChanges(
        since=np.clip(np.argmax(chance, axis=1), earliest, latest),
        earliest=earliest,
        latest=latest,
        ratio=ratio,
        lower=lower,
        upper=upper,
        probability=probability,
    )


def _places(expected: Floats, until: Integers | None) -> Flags:
    """Tell in which periods a change may begin: one in an unknown period is seen after it."""
    found = expected > 0
    if until is not None:
        found &= np.arange(expected.shape[1]) <= until[:, None]
    if not found.any(axis=1).all():
        raise ParameterError("a window has no period in which something was expected: leave it out")
    return np.asarray(found)


def _weighed(likelihood: Floats, none: Floats, places: Flags, run_length: float) -> tuple[Floats, Floats]:
    """Chances of the first periods, given that there was a change, and the probability of one."""
    likelihood = np.where(places, likelihood, -np.inf)
    most = likelihood.max(axis=1)
    chance = np.exp(likelihood - most[:, None])
    there = chance.sum(axis=1) / run_length
    quiet = np.maximum(1.0 - places.sum(axis=1) / run_length, _LEAST_QUIET)
    absent = np.exp(np.minimum(none - most, _LARGEST)) * quiet
    return chance / chance.sum(axis=1, keepdims=True), there / (there + absent)


def _evidence(seen: Floats, due: Floats, shape: Floats | float, rate: Floats | float) -> Floats:
    """Integrate a gamma level out of Poisson counts: the logarithm, without what all alternatives share."""
    return np.asarray(
        shape * np.log(rate)
        - scipy.special.gammaln(shape)
        + scipy.special.gammaln(shape + seen)
        - (shape + seen) * np.log(rate + due)
    )


def _log_ratio(new: tuple[Floats, Floats], old: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the logarithm of the ratio of two gamma variables (shape, rate)."""
    digamma = scipy.special.digamma
    middle = digamma(new[0]) - np.log(new[1]) - digamma(old[0]) + np.log(old[1])
    variance = scipy.special.polygamma(1, new[0]) + scipy.special.polygamma(1, old[0])
    return np.asarray(middle), np.asarray(np.sqrt(variance))


def _quantile(level: float, chance: Floats, middle: Floats, deviation: Floats) -> Floats:
    """Find a quantile of mixtures of normal distributions by halving."""
    low, high = np.full(len(chance), -_WIDEST), np.full(len(chance), _WIDEST)
    for _ in range(_HALVINGS):
        at = (low + high) / 2.0
        under = (chance * scipy.special.ndtr((at[:, None] - middle) / deviation)).sum(axis=1) < level
        low, high = np.where(under, at, low), np.where(under, high, at)
    return np.asarray((low + high) / 2.0)


def _shortest_run(chance: Floats, coverage: float) -> tuple[Integers, Integers]:
    """Find the shortest run of places with a chance; of equally long ones the likeliest."""
    m, width = chance.shape
    total = np.concatenate([np.zeros((m, 1)), np.cumsum(chance, axis=1)], axis=1)
    earliest, latest = np.zeros(m, dtype=np.int64), np.full(m, width - 1)
    open_ = np.ones(m, dtype=bool)
    for length in range(1, width + 1):
        held = total[:, length:] - total[:, :-length]
        best = held.argmax(axis=1)
        done = open_ & (held.max(axis=1) >= coverage)
        earliest[done], latest[done] = best[done], best[done] + length - 1
        open_ &= ~done
    return earliest, latest
