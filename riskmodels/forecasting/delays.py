"""How long a report takes: right-truncated delays whose scale drifts, their logarithm a spline."""

from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.forecasting.delay_curves import (
    LEAST,
    SPACING,
    Cells,
    Likelihood,
    conditional,
    curve,
    likelihood,
    places_of,
    weights_of,
)

_MONTH = 365.25 / 12  # days, on average
_WEEK = 7  # days
# Where rows of days received alike begin [weeks before the as-of day]; within a row one weekday.
_BLOCKS = np.concatenate([np.arange(5), np.arange(5, 57, 4), np.arange(57, 5000, 13)])
# Bins of the delay [days]: single days, then a fourth longer each.
_EDGES = np.unique(np.concatenate([np.arange(8), np.floor(8 * 1.25 ** np.arange(45))]).astype(np.int64))
_KNOTS = np.array([0, 1, 2, 3, 4.5, 6, 9, 12, 18, *range(24, 1200, 12)])  # [months before the as-of day]
_LEAST_AGE = 1e-3  # [days]
# How the log scale may move: sd of a month's jump, of the first slope, of a month's change of the slope.
_MOVES = (
    (0.0, 0.03, 0.03),
    (0.0, 0.03, 0.01),
    (0.1, 0.03, 0.01),
    (0.03, 0.03, 0.01),
    (0.0, 0.03, 0.0),
    (0.0, 0.0, 0.0),
)
_TIED = 1e-9  # variance of what may not move
_STEP_SD, _SHARE_SD = 2.0, 5.0  # of logits: between neighbours, and of their mean
_MOST_STEPS, _ENOUGH = 40, 0.01  # the climb ends where a step gains less log likelihood
_LEAST_SIZE = 0.5  # of a sample that says as much about a share as is known
_RECENT = 3.0  # months that the growth is estimated for


@dataclass(frozen=True, kw_only=True, eq=False)
class DayCounts:
    """Reports by day received and day logged, counted from 1970-01-01; only those logged by ``as_of``."""

    received: Integers
    logged: Integers
    rows: Integers
    as_of: int

    @property
    def span(self) -> int:
        """Days from the first received to the as-of day, both included."""
        return int(self.as_of - self.received.min()) + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Delays:
    """Delay distributions that explain the reports: one a prior of its drift, with their shares.

    Attributes
    ----------
    modes : ndarray, shape (models, parameters)
        Logits of the components but the first, then rises of the log scale, the youngest piece of time first.
    covariances : ndarray, shape (models, parameters, parameters)
        Of the parameters.
    shares : ndarray, shape (models,)
        Posterior probability of each model.
    places : ndarray, shape (components,)
        Middles of the components at the as-of day [log days].
    knots : ndarray, shape (pieces + 1,)
        Where the pieces of time end [months before the as-of day].
    clock : ndarray, shape (7,)
        How much of a week's logging each weekday does, mean 1; the first is a Thursday, as 1970 began.
    dispersion : float
        Variance of the reports over the multinomial one, at least 1.
    as_of : int
        Day up to which the reports are known, from 1970-01-01; the drift is known up to it.
    """

    modes: Floats
    covariances: Floats
    shares: Floats
    places: Floats
    knots: Floats
    clock: Floats
    dispersion: float
    as_of: int

    def _seen(self, received: Integers, as_of: int) -> Cells:
        ages = _log_age(received[:, None], (as_of - received)[:, None] + 1, self.clock)
        pieces = _pieces((self.as_of - received) / _MONTH, self.knots)
        return Cells(counts=np.zeros((len(received), 1)), ages=ages, pieces=pieces)

    def reported(self, received: Integers, as_of: int) -> Floats:
        """Compute the share of each day's reports that is logged by the as-of day, shape (days,).

        In (0, 1]; never lower for a later as-of day.
        """
        cells = self._seen(received, as_of)
        by_model = np.stack([curve(cells, mode).total[:, 0] for mode in self.modes])
        return np.clip(self.shares @ by_model, LEAST, 1.0)

    def sample(self, received: Integers, arrivals: Floats, as_of: int, *, draws: int, seed: int) -> Floats:
        """Draw the share logged, averaged over days by their arrivals, from its posterior.

        Parameters
        ----------
        received : ndarray, shape (days,)
            Days received.
        arrivals : ndarray, shape (months, days)
            Weights of the days in each average; rows add up to one.
        as_of : int
            Day up to which reports are seen.
        draws, seed : int
            Size of the sample, and its seed.

        Returns
        -------
        ndarray, shape (draws, months)
            In [0, 1]: beta distributions of each model's mean and variance.
        """
        cells, centres, sizes = self._seen(received, as_of), [], []
        for mode, covariance in zip(self.modes, self.covariances, strict=True):
            found = curve(cells, mode)
            total = arrivals @ found.total[:, 0]
            by_weight = found.weights * (arrivals @ found.below[:, 0] - total[:, None])
            slope = np.concatenate([by_weight, arrivals @ (found.by_scale * cells.pieces)], axis=1)
            variance = np.einsum("mp,pq,mq->m", slope, covariance, slope)
            mean = np.clip(total, LEAST, 1 - LEAST)
            centres.append(mean)
            sizes.append(np.maximum(mean * (1 - mean) / np.maximum(variance, LEAST**2) - 1, _LEAST_SIZE))
        rng = np.random.default_rng(seed)
        model = rng.choice(len(self.modes), size=draws, p=self.shares / self.shares.sum())
        centre, size = np.stack(centres), np.stack(sizes)
        return np.asarray(rng.beta((centre * size)[model], ((1 - centre) * size)[model]))

    def mean_days(self, ages: Floats, longest: int) -> tuple[Floats, Floats]:
        """Compute the mean delay at each age [months] and its standard error [days].

        A component beyond ``longest`` days counts as that.
        """
        pieces, means, variances = _pieces(ages, self.knots), [], []
        for mode, covariance in zip(self.modes, self.covariances, strict=True):
            logits, rises = np.split(mode, [len(self.places) - 1])
            scales = np.multiply.outer(pieces @ rises, np.append(0.0, np.ones(len(logits))))
            days = np.exp(self.places + scales) * (np.sinh(SPACING / 2) / (SPACING / 2)) ** 3
            weighted = np.minimum(days, longest) * weights_of(logits)
            mean = weighted.sum(axis=1)
            by_weight = weighted[:, 1:] - mean[:, None] * weights_of(logits)[1:]
            by_scale = (weighted * (days < longest))[:, 1:].sum(axis=1, keepdims=True) * pieces
            slope = np.concatenate([by_weight, by_scale], axis=1)
            means.append(mean)
            variances.append(np.einsum("mp,pq,mq->m", slope, covariance, slope))
        return self._mixed(np.stack(means), np.stack(variances))

    def growth(self) -> tuple[float, float]:
        """Compute the mean rise of the log scale a month over the last three, and its standard error."""
        length = min(_RECENT, self.knots[-1])
        slope = np.zeros(self.modes.shape[1])
        slope[len(self.places) - 1 :] = -_pieces(np.array([length]), self.knots)[0] / length
        variances = np.einsum("p,npq,q->n", slope, self.covariances, slope)
        mean, error = self._mixed((self.modes @ slope)[:, None], variances[:, None])
        return float(mean[0]), float(error[0])

    def _mixed(self, means: Floats, variances: Floats) -> tuple[Floats, Floats]:
        """Mean and standard error over the models."""
        mean = self.shares @ means
        return mean, np.sqrt(self.shares @ (variances + (means - mean) ** 2))


def estimate_delays(days: DayCounts) -> Delays:
    """Estimate the delay from the likelihood of each report given that it came in time to be seen.

    Parameters
    ----------
    days : DayCounts
        At least one report.

    Returns
    -------
    Delays
        Equal for equal counts, in whatever order they come.

    Notes
    -----
    Right truncation: Kalbfleisch & Lawless 1989, doi:10.1080/01621459.1989.10478780. The components are
    quadratic B-splines in log days, so that the shape is free; their scale moves with the day received by a
    slope that may bend and jump. How much it does is averaged over by Laplace's marginal likelihood, which is
    that of each month's reports given the ones before. A delay longer than the history cannot be seen.
    """
    clock = _weekly_clock(days)
    places = places_of(days.span)
    span = days.span / _MONTH
    knots = np.append(_KNOTS[span > _KNOTS], span)
    cells = _cells(days, clock, knots)
    precisions = [_precision(len(places) - 1, knots, moves) for moves in _MOVES]
    here = np.zeros(len(precisions[0]))
    here, seen = _climb(cells, precisions[0], here, likelihood(cells, here), 1.0)
    dispersion = _dispersion(cells, here)
    modes, covariances, evidence = [], [], []
    for precision in precisions:
        here, seen = _climb(cells, precision, here, seen, dispersion)
        full = seen.information / dispersion + precision
        height = _height(seen, here, precision, dispersion)
        modes.append(here)
        covariances.append(np.linalg.inv(full))
        evidence.append(height + (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(full)[1]) / 2)
    return Delays(
        modes=np.stack(modes),
        covariances=np.stack(covariances),
        shares=np.exp(np.array(evidence) - scipy.special.logsumexp(evidence)),
        places=places,
        knots=knots,
        clock=clock,
        dispersion=dispersion,
        as_of=days.as_of,
    )


def _weekly_clock(days: DayCounts) -> Floats:
    """Share of the waiting reports that each weekday logs, over its mean, shape (7,)."""
    first = int(days.received.min())
    came = np.bincount(days.received - first, days.rows, minlength=days.span)
    left = np.bincount(days.logged - first, days.rows, minlength=days.span)
    waiting = np.cumsum(came) - np.cumsum(left) + left
    weekday = (first + np.arange(days.span)) % _WEEK
    logged = np.bincount(weekday, left, minlength=_WEEK)
    waited = np.bincount(weekday, waiting, minlength=_WEEK)
    rate = (logged + left.sum() / waiting.sum()) / (waited + 1)  # one report more, of the usual rate
    return np.asarray(rate / rate.mean())


def _log_age(received: Integers, days: Integers, clock: Floats) -> Floats:
    """Age after some days, by the clock from the middle of the day received [log days]."""
    run = np.append(0.0, np.cumsum(clock))
    first = received % _WEEK
    end = first + days
    age = end // _WEEK * run[-1] + run[end % _WEEK] - run[first] - clock[first] / 2
    return np.log(np.maximum(np.where(days > 0, age, 0), _LEAST_AGE))


def _cells(days: DayCounts, clock: Floats, knots: Floats) -> Cells:
    age, delay = days.as_of - days.received, days.logged - days.received
    block = np.searchsorted(_BLOCKS, age // _WEEK, side="right") - 1
    row = block * _WEEK + age % _WEEK
    rows = np.arange(row.max() + 1)
    start, width = _BLOCKS[rows // _WEEK], np.diff(_BLOCKS)[rows // _WEEK]
    youngest = start * _WEEK + rows % _WEEK
    edges = _EDGES[: np.searchsorted(_EDGES, days.span) + 1]
    seen = delay <= youngest[row]  # what only the older days of a row can show is left out
    place = row * (len(edges) - 1) + np.searchsorted(edges, delay, side="right") - 1
    counts = np.bincount(place[seen], days.rows[seen], minlength=len(rows) * (len(edges) - 1))
    counts = counts.reshape(len(rows), -1)
    limits = np.minimum(edges, youngest[:, None] + 1)
    middle = youngest + (width - 1) / 2 * _WEEK
    used = counts.sum(axis=1) > 0
    return Cells(
        counts=counts[used],
        ages=_log_age((days.as_of - youngest)[:, None], limits, clock)[used],
        pieces=_pieces(middle / _MONTH, knots)[used],
    )


def _pieces(ages: Floats, knots: Floats) -> Floats:
    """How much of each piece of time lies between an age and the as-of day, negative, (ages, pieces)."""
    return -np.clip((ages[:, None] - knots[:-1]) / np.diff(knots), 0, 1)


def _precision(components: int, knots: Floats, moves: tuple[float, float, float]) -> Floats:
    """Precision of the prior of logits and rises."""
    jump, slope, bend = moves
    size = np.diff(knots)
    elapsed = knots[-1] - (knots[:-1] + knots[1:]) / 2  # since the first received
    slopes = slope**2 + bend**2 * np.minimum.outer(elapsed, elapsed)
    step = np.diff(np.eye(components), axis=0)
    precision = np.zeros((components + len(size),) * 2)
    precision[:components, :components] = step.T @ step / _STEP_SD**2 + (components * _SHARE_SD) ** -2.0
    precision[components:, components:] = np.linalg.inv(
        np.diag(jump**2 * size + _TIED) + size[:, None] * size * slopes
    )
    return precision


def _climb(
    cells: Cells, precision: Floats, here: Floats, seen: Likelihood, dispersion: float
) -> tuple[Floats, Likelihood]:
    """Climb to the posterior's mode by Fisher scoring, halving steps that lose height.

    ``seen`` is the likelihood where the climb starts.
    """
    gain, height = np.inf, _height(seen, here, precision, dispersion)
    step = np.zeros_like(here)
    for _ in range(_MOST_STEPS):
        if gain >= 0:
            uphill = seen.gradient / dispersion - precision @ here
            step = np.asarray(np.linalg.solve(seen.information / dispersion + precision, uphill))
        there = here + step
        ahead = likelihood(cells, there)
        gain = _height(ahead, there, precision, dispersion) - height
        if gain >= 0:
            here, height, seen = there, height + gain, ahead
        if abs(gain) < _ENOUGH:
            break
        step = step / 2
    return here, seen


def _height(seen: Likelihood, here: Floats, precision: Floats, dispersion: float) -> float:
    """Logarithm of the posterior's density, up to a constant."""
    return float(seen.value / dispersion - here @ precision @ here / 2)


def _dispersion(cells: Cells, parameters: Floats) -> float:
    """Pearson's variance ratio over the cells in which at least one report is expected."""
    chance, _ = conditional(curve(cells, parameters).total)
    expected = chance * cells.counts.sum(axis=1, keepdims=True)
    here = expected >= 1
    squares = ((cells.counts - expected) ** 2 / expected)[here].sum()
    return max(1.0, float(squares / max((1 - chance)[here].sum(), 1.0)))
