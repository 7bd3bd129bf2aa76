"""What the series of a group share: level, season, calendar and drift, learnt once from their total."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodels.forecasting.negative_binomial import log_likelihood

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_DISCOUNTS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
DRIFTS = (-0.016, -0.012, -0.008, -0.004, 0.0, 0.004, 0.008, 0.012, 0.016)
_DRIFT_DEVIATION = 0.008
_JUMP = 0.01
_SEASON_PRIORS = (50.0, 400.0, 3000.0)
_SCORE_MEMORY = 0.99
_DISPERSION_MEMORY = 0.98
_DISPERSION_PRIOR = (3.0, 10.0)
_LEAST_SHAPE = 0.5


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
    noise, spread : ndarray, shape (g,) and (g, h)
        The variance of a total of mean m in a later period is ``noise * m + spread * m**2``.
    factor : ndarray, shape (g, T + h)
        Season and calendar, each from what was known before the period.
    drift : ndarray, shape (g, T)
        Expected change of the log level a period, after each period.
    effects : ndarray, shape (g, k)
        Log effects of the known regressors.
    """

    level: Floats
    variance: Floats
    ahead: Floats
    noise: Floats
    spread: Floats
    factor: Floats
    drift: Floats
    effects: Floats


def follow(
    total: Floats,
    offset: Floats,
    *,
    places: Integers,
    regressors: Floats,
    effects: Floats,
    prior: Floats,
    drifts: Sequence[float] = DRIFTS,
    burn_in: int = 0,
) -> Shared:
    """Filter totals, averaging over discounts, drifts and known effects by prequential likelihood.

    A discounted Gamma–Poisson level (Harvey & Fernandes 1989, doi:10.1080/07350015.1989.10509750) that may
    jump at any period (West & Harrison 1997, ch. 12: a second model, in which the past counts for one event).

    Parameters
    ----------
    total, offset : ndarray, shape (g, T)
        Sums of the known counts, NaN where none is known, and what they would be at level one.
    places : ndarray of int, shape (T + h,)
        Place of each period in the season.
    regressors : ndarray, shape (T + h, k)
        Known effects' regressors.
    effects, prior : ndarray, shape (B, k) and (B,)
        Candidate log effects and their log prior.
    drifts : sequence of float
        Candidate drifts of the log level a period.
    burn_in : int
        Periods that are not scored, because their season has not been seen yet.
    """
    groups, length = total.shape
    discount, drift, choice, strength = (
        part.ravel()
        for part in np.meshgrid(_DISCOUNTS, drifts, np.arange(len(effects)), _SEASON_PRIORS, indexing="ij")
    )
    choice = choice.astype(int)
    log_prior = prior[choice] - 0.5 * (drift / _DRIFT_DEVIATION) ** 2
    known_effect = np.exp(regressors @ effects.T)[:, choice]
    size = (groups, len(discount))
    score, shape, rate = np.zeros(size) + log_prior, np.full(size, _LEAST_SHAPE), np.ones(size)
    seen = np.zeros((groups, places.max() + 1, len(discount)))
    expected = np.zeros_like(seen)
    squares, number = np.zeros(size), np.zeros((groups, 1))
    started = np.zeros((groups, 1), dtype=bool)
    level, variance, slope = np.zeros((3, groups, length))
    factor = np.ones((groups, len(places)))
    for time in range(length):
        place = places[time]
        count = total[:, [time]]
        known = np.isfinite(count) & (offset[:, [time]] > 0)
        count = np.where(known, count, 0.0)
        season = (strength + seen[:, place]) / (strength + expected[:, place]) * known_effect[time]
        weight = _weights(score)
        factor[:, time] = (weight * season).sum(axis=1)
        base = np.where(known, offset[:, [time]], 1.0)
        exposed = base * season
        fresh = known & ~started
        rate = np.where(fresh, _LEAST_SHAPE * base / np.maximum(count, 0.5), rate * np.exp(-drift))
        shape = np.where(fresh, _LEAST_SHAPE, shape)
        after = np.maximum(discount * shape, _LEAST_SHAPE)
        shape, rate = after, rate * after / shape
        dispersion = _dispersion(squares, number)
        mean = exposed * shape / rate
        least = np.minimum(1.0, shape)
        steady = log_likelihood(count, mean, dispersion * (mean + mean**2 / shape) + 1e-9)
        jumped = log_likelihood(count, mean, dispersion * mean + mean**2 / least * dispersion + 1e-9)
        live = known & started
        top = np.maximum(steady, jumped)
        odds = _JUMP * np.exp(jumped - top), (1 - _JUMP) * np.exp(steady - top)
        chance = np.where(live, odds[0] / (odds[0] + odds[1]), 0.0)
        if time >= burn_in:
            gained = np.maximum(top + np.log(odds[0] + odds[1]), -1e6)
            score = np.where(live, log_prior + _SCORE_MEMORY * (score - log_prior) + gained, score)
        surprise = np.minimum((count - mean) ** 2 / (mean + mean**2 / shape), 25 * dispersion) * (1 - chance)
        squares = np.where(live, _DISPERSION_MEMORY * squares + surprise, squares)
        number = np.where(live, _DISPERSION_MEMORY * number + 1, number)
        learnt = np.where(known, 1.0 / dispersion, 0.0)
        shape, rate = _collapse(
            (shape + count * learnt, rate + exposed * learnt),
            (least + count * learnt, rate * least / shape + exposed * learnt),
            chance,
        )
        started |= known
        weight = _weights(score)
        level[:, time] = np.log((weight * shape / rate).sum(axis=1))
        variance[:, time] = (weight / (discount * shape)).sum(axis=1)
        slope[:, time] = (weight * drift).sum(axis=1)
        seen[:, place] += np.where(live, count * learnt, 0.0)
        expected[:, place] += np.where(live, base * known_effect[time] * shape / rate * learnt, 0.0)
    ahead, spread = np.empty((2, groups, len(places) - length))
    dispersion = _dispersion(squares, number)
    for step, place in enumerate(places[length:]):
        season = (strength + seen[:, place]) / (strength + expected[:, place])
        factor[:, length + step] = (weight * season * known_effect[length + step]).sum(axis=1)
        doubt = weight / np.maximum(shape * discount ** (step + 1), _LEAST_SHAPE)
        ahead[:, step], spread[:, step] = doubt.sum(axis=1), (doubt * dispersion).sum(axis=1)
    return Shared(
        level=level,
        variance=variance,
        ahead=ahead,
        noise=(weight * dispersion).sum(axis=1),
        spread=spread,
        factor=factor,
        drift=slope,
        effects=weight @ effects[choice],
    )


def _weights(score: Floats) -> Floats:
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    normal: Floats = weight / weight.sum(axis=1, keepdims=True)
    return normal


def _dispersion(squares: Floats, number: Floats) -> Floats:
    prior, strength = _DISPERSION_PRIOR
    return np.maximum((prior * strength + squares) / (strength + number), 1.0)


def _collapse(
    steady: tuple[Floats, Floats], jumped: tuple[Floats, Floats], chance: Floats
) -> tuple[Floats, Floats]:
    """Return shape and rate of the gamma with the mean and the variance of two gammas' mixture."""
    first, second = steady[0] / steady[1], jumped[0] / jumped[1]
    mean = (1 - chance) * first + chance * second
    variance = (1 - chance) * (first / steady[1] + (first - mean) ** 2)
    variance += chance * (second / jumped[1] + (second - mean) ** 2)
    return mean * mean / variance, mean / variance
