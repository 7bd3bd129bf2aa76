"""The profile of days and weeks: one penalised fit of all that is known beforehand, about a moving level."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.forecasting.courses import Courses
from riskmodels.forecasting.seasons import Cycle, year_length

_KNOT_DAYS = 28  # between which the level is a straight line: four weeks, whatever the weekday
_MOST_KNOTS = 60  # of a long history, whose knots lie further apart: the fit costs their square
# standard deviations tried: of the level's change in a year, of the first harmonic of the year [log]
_WALKS, _WAVES = (0.1, 0.3, 0.8), (0.02, 0.1, 0.25)
_START = 2.0  # standard deviation of the level about that of the whole history [log]
_FEWEST = 0.5  # events in a history of none: Jeffreys' prior
_OUTLYING = 2.5  # standard deviations from which on a period counts less: a shock is no weekday
_ROUNDS = 3  # of mode and dispersion
_STEPS = 4  # of iterated least squares in a round, or from a neighbour's end
_MEDIAN_SQUARE = (
    0.455  # of a standard normal: the median of squared errors tells the dispersion, odd ones none
)
_MOST_LOG = 3.0  # that one step may change the logarithm of a mean
_MEMORY_YEARS = 4.0  # in which what a period says of the profile fades by a factor of e: habits change
_MOST_DOUBT = 1.0  # squared coefficient of variation of the factor: a handful of days tell no more


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """What is known beforehand of T + h days or weeks.

    Attributes
    ----------
    factor : ndarray, shape (T + h,)
        Of the mean; about one on average.
    yearly, weekly : ndarray, shape (T + h,)
        The parts of the factor that are the time of the year, and the weekday of an ordinary week.
    doubt : ndarray, shape (T + h,)
        Squared coefficient of variation of the factor, as far as it is not that of the level.
    kinds : Cycle
        The places that a series may have its own way with.
    """

    factor: Floats
    yearly: Floats
    weekly: Floats
    doubt: Floats
    kinds: Cycle


def fit_profile(total: Floats, offset: Floats, courses: Courses, periods: pd.PeriodIndex) -> Profile:
    """Fit the effects of weekdays, holidays and the time of the year to a total that has been seen.

    A quasi-Poisson regression with normal priors of all effects (ridge) beside a level that is a random walk
    between knots (splines of degree one); how much it walks, and how large the yearly waves are, have the
    largest marginal likelihood of a few (Laplace). Periods that stand out count less (Huber 1964,
    doi:10.1214/aoms/1177703732), and so do those of years ago.

    Parameters
    ----------
    total, offset : ndarray, shape (T,)
        Counts, NaN where unknown, and what they would be at level one without a profile.
    courses : Courses
        Of the T + h periods.
    periods : PeriodIndex
        All T + h.
    """
    fit = _Fit(total, offset, courses, periods)
    effects, covariance = fit.best()
    rows = courses.rows - courses.rows[fit.known].mean(axis=0) if fit.known.any() else courses.rows
    yearly = np.exp(courses.rows[:, courses.yearly] @ effects[courses.yearly])
    mean = np.log(np.mean(np.exp(courses.rows[: len(total)] @ effects)))
    weekly = np.exp(courses.ordinary[:, ~courses.yearly] @ effects[~courses.yearly])
    doubt = np.einsum("tp,pq,tq->t", rows, covariance, rows)
    return Profile(
        factor=np.exp(courses.rows @ effects - mean),
        yearly=yearly / yearly.mean(),
        weekly=weekly / weekly.mean(),
        doubt=np.minimum(np.expm1(np.minimum(doubt, _MOST_DOUBT)), _MOST_DOUBT),
        kinds=Cycle.of(periods).by(courses.kinds),
    )


class _Fit:
    """A total, and the design that explains it: the level's knots first, then the effects."""

    def __init__(self, total: Floats, offset: Floats, courses: Courses, periods: pd.PeriodIndex) -> None:
        length, year = len(total), year_length(periods)
        self.known = np.zeros(len(periods), dtype=bool)
        self.known[:length] = np.isfinite(total) & (offset > 0)
        here = self.known[:length]
        self.count, self.offset = total[here], offset[here]
        spacing = max(_KNOT_DAYS * year / 365, length / _MOST_KNOTS)
        knots = np.arange(0.0, length + spacing, spacing)
        bent = [np.interp(np.arange(length), knots, row) for row in np.eye(len(knots))]
        self.rows = np.concatenate([np.stack(bent, axis=1), courses.rows[:length]], axis=1)[here]
        self.knots, self.step = len(knots), spacing / year
        self.courses = courses
        age = (length - 1 - np.flatnonzero(here)) / year
        self.weight = np.exp(-age / _MEMORY_YEARS)
        self.level = np.log((self.count.sum() + _FEWEST) / max(self.offset.sum(), 1e-9))

    def best(self) -> tuple[Floats, Floats]:
        """Return the effects and their covariance under the likeliest priors, (p,) and (p, p)."""
        if not len(self.count):
            return np.zeros(len(self.courses.prior)), np.diag(self._spread(_WAVES[0]) ** 2)
        start, dispersion = np.zeros(self.rows.shape[1]), 1.0
        for _ in range(_ROUNDS):
            start, dispersion, _ = self._solve(start, dispersion, (_WALKS[1], _WAVES[1]), _STEPS)
        found = []
        for priors in product(_WALKS, _WAVES):
            mode, _, evidence = self._solve(start, dispersion, priors, _STEPS)
            found.append((evidence, priors, mode))
        _, priors, mode = max(found, key=lambda one: one[0])
        mode, dispersion, _ = self._solve(mode, dispersion, priors, _STEPS)
        _, weight = self._weights(mode, dispersion)
        curvature = self._precision(priors) + (self.rows.T * weight) @ self.rows
        covariance = np.linalg.inv(curvature)[self.knots :, self.knots :]
        return mode[self.knots :], covariance

    def _spread(self, wave: float) -> Floats:
        return np.where(self.courses.yearly, self.courses.prior * wave, self.courses.prior)

    def _precision(self, priors: tuple[float, float]) -> Floats:
        """Inverse of the prior covariance: a walk from a start for the level, independent effects."""
        walk, wave = priors
        size = self.knots
        differences = np.diff(np.eye(size), axis=0) / (walk * np.sqrt(self.step))
        level = differences.T @ differences
        level[0, 0] += 1.0 / _START**2
        return np.asarray(scipy.linalg.block_diag(level, np.diag(self._spread(wave) ** -2.0)))

    def _mean(self, mode: Floats) -> Floats:
        mean: Floats = self.offset * np.exp(np.clip(self.level + self.rows @ mode, -30.0, 30.0))
        return mean

    def _weights(self, mode: Floats, dispersion: float) -> tuple[Floats, Floats]:
        """Means, and weights of the linearised fit: what is odd, or old, counts less."""
        mean = self._mean(mode)
        surprise = np.abs(self.count - mean) / np.sqrt(dispersion * mean + 0.25)  # continuity: half a count
        return mean, self.weight * mean / dispersion * np.minimum(1.0, _OUTLYING / np.maximum(surprise, 1e-9))

    def _solve(
        self, mode: Floats, dispersion: float, priors: tuple[float, float], steps: int
    ) -> tuple[Floats, float, float]:
        """Find the mode from a start; return it with the dispersion there and the log evidence.

        The dispersion is held while the mode is found, so that evidence compares.
        """
        precision = self._precision(priors)
        for _ in range(steps):
            mean, weight = self._weights(mode, dispersion)
            curvature = precision + (self.rows.T * weight) @ self.rows
            slope = self.rows.T @ (weight * (self.count - mean) / mean) - precision @ mode
            change = np.linalg.solve(curvature, slope)
            mode = mode + np.clip(change, -_MOST_LOG, _MOST_LOG)
        mean, weight = self._weights(mode, dispersion)
        curvature = precision + (self.rows.T * weight) @ self.rows
        unit = scipy.special.xlogy(self.count, self.count / mean) - self.count + mean
        error = np.sqrt(2.0 * np.maximum(unit, 0.0) / dispersion)
        loss = np.where(error < _OUTLYING, 0.5 * error**2, _OUTLYING * (error - 0.5 * _OUTLYING))
        evidence = -(self.weight * loss).sum() - 0.5 * mode @ precision @ mode
        evidence += 0.5 * (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(curvature)[1])
        freedom = max(len(mean) - np.trace(np.linalg.solve(curvature, curvature - precision)), 1.0)
        square = float(np.median((self.count - mean) ** 2 / mean)) * len(mean) / freedom
        return mode, max(square / _MEDIAN_SQUARE, 1.0), float(evidence)
