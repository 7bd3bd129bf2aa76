"""The share of reports logged by each age, a mixture of splines in log days, and their likelihood."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskmodels.arrays import Floats

SPACING = 0.4  # between components [log days]
_AT_ONCE, _SHORTEST = np.log(0.1), np.log(0.5)  # the component that does not drift, the first that does
_MARGIN = 3  # places on each side of the components, for ages that none of them reaches
_EDGE = 1.5  # where a component ends, in spacings from its middle
LEAST = 1e-12  # a share below it is rounding
_HALF = 0.5  # of the spacing of knots, where the pieces of a quadratic B-spline meet


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Rows of days received alike, by bins of the delay.

    ``counts`` (rows, bins); ``ages`` (rows, bins + 1) the ends of the bins [log days], or the one age at
    which each row is looked at; ``pieces`` (rows, pieces) what lies between the row and the as-of day.
    """

    counts: Floats
    ages: Floats
    pieces: Floats

    @cached_property
    def at_once(self) -> Floats:
        """Share of the first component below each age: (rows, ages)."""
        place = np.clip((self.ages - _AT_ONCE) / SPACING, -_EDGE, _EDGE)
        tail = (_EDGE - np.abs(place)) ** 3 / 6.0
        outer = np.where(place < 0, tail, 1.0 - tail)
        inner = _HALF + 0.75 * place - place**3 / 3.0
        return np.asarray(np.where(np.abs(place) < _HALF, inner, outer))


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Share reported by each age, and what it is made of.

    ``total`` (rows, ages); ``below`` (rows, ages, components but the first) the share of each component below
    the age; ``by_scale`` (rows, ages) the slope of the total by the row's log scale; ``weights`` of these
    components.
    """

    total: Floats
    below: Floats
    by_scale: Floats
    weights: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """Log likelihood of the reports given that they are seen, its gradient, and the expected information."""

    value: float
    gradient: Floats
    information: Floats


def places_of(longest: int) -> Floats:
    """Return the middles of the components for delays up to some days [log days], shape (components,)."""
    return np.append(_AT_ONCE, np.arange(_SHORTEST, np.log(longest) + SPACING, SPACING))


def weights_of(logits: Floats) -> Floats:
    """Return the weights of all components, the first one's logit being zero."""
    full = np.append(0.0, logits)
    full = np.exp(full - full.max())
    return np.asarray(full / full.sum())


def curve(cells: Cells, parameters: Floats) -> Curve:
    """Compute the share reported by each age.

    A component reaches over three places of the grid: below them all of it has been reported, above nothing.

    Parameters
    ----------
    cells : Cells
        The rows and their ages.
    parameters : ndarray
        Logits of the components but the first, then rises of the log scale, one per piece of time.
    """
    logits, rises = np.split(parameters, [len(parameters) - cells.pieces.shape[1]])
    weights = weights_of(logits)
    size = len(logits) + 2 * _MARGIN
    place = (cells.ages - (cells.pieces @ rises)[:, None] - _SHORTEST) / SPACING
    place = np.clip(place, -_MARGIN + 1.0, size - _MARGIN - 2.0)
    nearest = np.floor(place + _HALF)
    shares, densities = _spline(place - nearest)
    middle = nearest.astype(np.int64) + _MARGIN
    below = np.empty((*place.shape, size))
    np.less(np.arange(size), middle[..., None], out=below)
    flat, start = below.reshape(-1), np.arange(place.size) * size + middle.ravel()
    padded = np.pad(weights[1:], _MARGIN)
    density = np.zeros_like(place)
    for step, (share, dense) in enumerate(zip(shares, densities, strict=True), start=-1):
        flat[start + step] = share.ravel()
        density += padded[middle + step] * dense
    below = below[..., _MARGIN:-_MARGIN]
    return Curve(
        total=below @ weights[1:] + weights[0] * cells.at_once,
        below=below,
        by_scale=density / -SPACING,
        weights=weights[1:],
    )


def _spline(offset: Floats) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]:
    """Shares of three neighbouring components below a point near the middle one, and their densities.

    Quadratic B-splines of spacing one, integrated; ``offset`` lies within a half.
    """
    right, left = _HALF + offset, _HALF - offset
    square = offset * offset
    shares = (
        1.0 - left * left * left / 6.0,
        _HALF + offset * (0.75 - square / 3.0),
        right * right * right / 6.0,
    )
    return shares, (left * left / 2.0, 0.75 - square, right * right / 2.0)


def conditional(total: Floats) -> tuple[Floats, Floats]:
    """Chance of each bin given that the report is seen, and the chance of that."""
    ends = np.concatenate([np.zeros((len(total), 1)), total[:, 1:]], axis=1)
    seen = np.maximum(ends[:, -1], LEAST)
    return np.maximum(np.diff(ends, axis=1) / seen[:, None], LEAST), seen


def likelihood(cells: Cells, parameters: Floats) -> Likelihood:
    """Compute the log likelihood and its slopes: a multinomial of the bins, row by row.

    The information of a row is that of its bins less that of its end, as their chances add up to one.
    Products are row by row, too: small ones, which no library spreads over threads.
    """
    found = curve(cells, parameters)
    chance, seen = conditional(found.total)
    number = cells.counts.sum(axis=1)
    below, scale = _rises(found.below), _rises(found.by_scale)
    end, scale_end = found.below[:, -1], found.by_scale[:, -1]
    ratio = cells.counts / chance
    floored = number.sum() - (ratio * _rises(found.total) / seen[:, None]).sum()  # reports of no chance
    of_scale = ((ratio * scale).sum(axis=1) - number * scale_end) / seen
    part = number / seen**2
    precision = part[:, None] / chance
    sums = np.matmul(np.stack([ratio / seen[:, None], precision * scale], axis=1), below)
    below *= np.sqrt(precision)[..., None]  # in place: it is needed no more
    square = np.matmul(below.transpose(0, 2, 1), below).sum(axis=0) - end.T @ (part[:, None] * end)
    of_weights = sums[:, 0].sum(axis=0) - (number / seen) @ end
    mixed = sums[:, 1] - (part * scale_end)[:, None] * end
    own = (precision * scale * scale).sum(axis=1) - part * scale_end * scale_end
    weights, pieces = found.weights, cells.pieces
    cross = weights[:, None] * (mixed.T @ pieces)
    return Likelihood(
        value=float((cells.counts * np.log(chance)).sum()),
        gradient=np.append(weights * (of_weights + floored), of_scale @ pieces),
        information=np.block(
            [[np.outer(weights, weights) * square, cross], [cross.T, (pieces.T * own) @ pieces]]
        ),
    )


def _rises(values: Floats) -> Floats:
    """Rises from one age to the next, the first one from zero: (rows, ages, …) -> (rows, bins, …)."""
    rises = np.diff(values, axis=1)
    rises[:, 0] = values[:, 1]
    return rises
