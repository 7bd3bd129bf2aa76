"""How long a report takes: right-truncated delays whose scale drifts, their logarithm a spline."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MONTH = 365.25 / 12
_WEEK = 7
# Where rows of days received alike begin [weeks before the as-of day]; within a row one weekday.
_BLOCKS = np.concatenate([np.arange(5), np.arange(5, 57, 4), np.arange(57, 5000, 13)])
# Bins of the delay [days]: single days, then a fourth longer each.
_EDGES = np.unique(np.concatenate([np.arange(8), np.floor(8 * 1.25 ** np.arange(45))]).astype(np.int64))
_KNOTS = np.array([0, 1, 2, 3, 4.5, 6, 9, 12, 18, *range(24, 1200, 12)])  # [months before the as-of day]
_SPACING = 0.4  # between components [log days]
_AT_ONCE, _SHORTEST = np.log(0.1), np.log(0.5)  # the component that does not drift, the first that does
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
_LEAST = 1e-12  # a share below it is rounding
_LEAST_SIZE = 0.5  # of a sample that tells as much about a share as is known
_HALF = 0.5
_RECENT = 3.0  # months that the growth is told for


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
    """

    modes: Floats
    covariances: Floats
    shares: Floats
    places: Floats
    knots: Floats
    clock: Floats
    dispersion: float

    def _seen(self, received: Integers, as_of: int) -> "_Cells":
        age = as_of - received
        ages = _log_age(received[:, None], age[:, None] + 1, self.clock)
        return _Cells(counts=np.zeros((len(age), 1)), ages=ages, pieces=_pieces(age / _MONTH, self.knots))

    def reported(self, received: Integers, as_of: int) -> Floats:
        """Compute the share of each day's complaints that is logged by the as-of day, shape (days,).

        In (0, 1]; never lower for a later as-of day.
        """
        cells = self._seen(received, as_of)
        by_model = np.stack([_curve(cells, self.places, mode)[0][:, 0] for mode in self.modes])
        return np.clip(self.shares @ by_model, _LEAST, 1.0)

    def completeness(
        self, received: Integers, arrivals: Floats, as_of: int, *, draws: int, seed: int
    ) -> tuple[Floats, Floats]:
        """Average the share logged over days by their arrivals.

        Parameters
        ----------
        received : ndarray, shape (days,)
            Days received.
        arrivals : ndarray, shape (months, days)
            Weights of the days in each average; rows add up to one.
        as_of : int
            Day up to which reports are seen.
        draws, seed : int
            Size of the sample of the posterior, and its seed.

        Returns
        -------
        ndarray, shape (months,), and ndarray, shape (draws, months)
            The average in (0, 1], and the sample: beta distributions of each model's mean and variance.
        """
        cells, centres, sizes = self._seen(received, as_of), [], []
        for mode, covariance in zip(self.modes, self.covariances, strict=True):
            total, by_weight, by_scale = _curve(cells, self.places, mode)
            mean = np.clip(arrivals @ total[:, 0], _LEAST, 1 - _LEAST)
            slope = arrivals @ np.concatenate([by_weight[:, 0], by_scale * cells.pieces], axis=1)
            variance = np.einsum("mp,pq,mq->m", slope, covariance, slope)
            centres.append(mean)
            sizes.append(np.maximum(mean * (1 - mean) / np.maximum(variance, _LEAST**2) - 1, _LEAST_SIZE))
        rng = np.random.default_rng(seed)
        model = rng.choice(len(self.modes), size=draws, p=self.shares / self.shares.sum())
        centre, size = np.stack(centres), np.stack(sizes)
        drawn = rng.beta((centre * size)[model], ((1 - centre) * size)[model])
        return self.shares @ centre, drawn

    def mean_days(self, ages: Floats, longest: int) -> tuple[Floats, Floats]:
        """Compute the mean delay at each age [months] and its standard error [days].

        A component beyond ``longest`` days counts as that.
        """
        pieces, means, variances = _pieces(ages, self.knots), [], []
        for mode, covariance in zip(self.modes, self.covariances, strict=True):
            logits, rises = np.split(mode, [len(self.places) - 1])
            scales = np.multiply.outer(pieces @ rises, np.append(0.0, np.ones(len(logits))))
            days = np.exp(self.places + scales) * (np.sinh(_SPACING / 2) / (_SPACING / 2)) ** 3
            weighted = np.minimum(days, longest) * _weights(logits)
            mean = weighted.sum(axis=1)
            by_weight = weighted[:, 1:] - mean[:, None] * _weights(logits)[1:]
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """Rows of days received alike, by bins of the delay.

    ``counts`` (rows, bins); ``ages`` (rows, bins + 1) the ends of the bins [log days], or the one age at which
    each row is looked at; ``pieces`` (rows, pieces) what lies between the row and the as-of day.
    """

    counts: Floats
    ages: Floats
    pieces: Floats


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
    places = np.append(_AT_ONCE, np.arange(_SHORTEST, np.log(days.span) + _SPACING, _SPACING))
    span = days.span / _MONTH
    cells = _cells(days, clock, np.append(_KNOTS[span > _KNOTS], span))
    knots = np.append(_KNOTS[span > _KNOTS], span)
    precisions = [_precision(len(places) - 1, knots, moves) for moves in _MOVES]
    here = _climb(cells, places, precisions[0], np.zeros(len(precisions[0])), 1.0)
    dispersion = _dispersion(cells, places, here)
    modes, covariances, evidence = [], [], []
    for precision in precisions:
        here = _climb(cells, places, precision, here, dispersion)
        value, _, information = _slopes(cells, places, here)
        full = information / dispersion + precision
        height = value / dispersion - here @ precision @ here / 2
        modes.append(here)
        covariances.append(np.linalg.inv(full))
        evidence.append(height + (np.linalg.slogdet(precision)[1] - np.linalg.slogdet(full)[1]) / 2)
    return Delays(
        modes=np.stack(modes),
        covariances=np.stack(covariances),
        shares=np.exp(np.array(evidence) - logsumexp(evidence)),
        places=places,
        knots=knots,
        clock=clock,
        dispersion=dispersion,
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
    """Age after some days, told by the clock from the middle of the day received [log days]."""
    run = np.append(0.0, np.cumsum(clock))
    first = received % _WEEK
    end = first + days
    age = end // _WEEK * run[-1] + run[end % _WEEK] - run[first] - clock[first] / 2
    return np.log(np.maximum(np.where(days > 0, age, 0), _LEAST_AGE))


def _cells(days: DayCounts, clock: Floats, knots: Floats) -> _Cells:
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
    return _Cells(
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


def _weights(logits: Floats) -> Floats:
    full = np.append(0.0, logits)
    return np.asarray(np.exp(full - logsumexp(full)))


def _below(distance: Floats) -> Floats:
    """Share of a component below a distance from its middle: a quadratic B-spline, integrated."""
    place = distance / _SPACING
    tail = np.clip(1.5 - np.abs(place), 0, None) ** 3 / 6
    outer = np.where(place < 0, tail, 1 - tail)
    return np.where(np.abs(place) < _HALF, _HALF + 0.75 * place - place**3 / 3, outer)


def _density(distance: Floats) -> Floats:
    """Density of a component at a distance from its middle."""
    place = np.abs(distance) / _SPACING
    return np.where(place < _HALF, 0.75 - place**2, np.clip(1.5 - place, 0, None) ** 2 / 2) / _SPACING


def _curve(cells: _Cells, places: Floats, parameters: Floats) -> tuple[Floats, Floats, Floats]:
    """Share reported by each age, (rows, ages), its slopes by the logits and by the row's log scale."""
    logits, rises = np.split(parameters, [len(places) - 1])
    weights = _weights(logits)
    distance = cells.ages[..., None] - places
    distance[..., 1:] -= (cells.pieces @ rises)[:, None, None]
    below = _below(distance)
    total = below @ weights
    by_weight = weights[1:] * (below[..., 1:] - total[..., None])
    return total, by_weight, -(_density(distance[..., 1:]) @ weights[1:])


def _conditional(total: Floats) -> tuple[Floats, Floats]:
    """Chance of each bin given that the report is seen, and the chance of that."""
    ends = np.concatenate([np.zeros((len(total), 1)), total[:, 1:]], axis=1)
    seen = np.maximum(ends[:, -1], _LEAST)
    return np.maximum(np.diff(ends, axis=1) / seen[:, None], _LEAST), seen


def _slopes(cells: _Cells, places: Floats, parameters: Floats) -> tuple[float, Floats, Floats]:
    """Log likelihood, its gradient, and the expected information."""
    total, by_weight, by_scale = _curve(cells, places, parameters)
    chance, seen = _conditional(total)
    slope = np.concatenate([by_weight, by_scale[..., None]], axis=-1)
    slope[:, 0] = 0.0
    slope = (np.diff(slope, axis=1) - chance[..., None] * slope[:, [-1]]) / seen[:, None, None]
    gradient = np.einsum("rb,rbj->rj", cells.counts / chance, slope)
    slope *= np.sqrt(cells.counts.sum(axis=1, keepdims=True) / chance)[..., None]
    square = np.matmul(slope.transpose(0, 2, 1), slope)
    cross = square[:, :-1, -1].T @ cells.pieces
    information = np.block(
        [
            [square[:, :-1, :-1].sum(axis=0), cross],
            [cross.T, (cells.pieces.T * square[:, -1, -1]) @ cells.pieces],
        ]
    )
    gradient = np.append(gradient[:, :-1].sum(axis=0), gradient[:, -1] @ cells.pieces)
    return float((cells.counts * np.log(chance)).sum()), gradient, information


def _climb(cells: _Cells, places: Floats, precision: Floats, start: Floats, dispersion: float) -> Floats:
    """Climb to the posterior's mode by Fisher scoring, halving steps that lose height."""
    here, gain = start, np.inf
    value, gradient, information = _slopes(cells, places, here)
    height = float(value / dispersion - here @ precision @ here / 2)
    step = np.zeros_like(here)
    for _ in range(_MOST_STEPS):
        if gain >= 0:
            uphill = gradient / dispersion - precision @ here
            step = np.asarray(np.linalg.solve(information / dispersion + precision, uphill))
        there = here + step
        value, *slopes = _slopes(cells, places, there)
        gain = float(value / dispersion - there @ precision @ there / 2 - height)
        if gain >= 0:
            here, height, (gradient, information) = there, height + gain, slopes
        if abs(gain) < _ENOUGH:
            break
        step = step / 2
    return here


def _dispersion(cells: _Cells, places: Floats, parameters: Floats) -> float:
    """Pearson's variance ratio over the cells in which at least one report is expected."""
    chance, _ = _conditional(_curve(cells, places, parameters)[0])
    expected = chance * cells.counts.sum(axis=1, keepdims=True)
    here = expected >= 1
    squares = ((cells.counts - expected) ** 2 / expected)[here].sum()
    return max(1.0, float(squares / max((1 - chance)[here].sum(), 1.0)))
