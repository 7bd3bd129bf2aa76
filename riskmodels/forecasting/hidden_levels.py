"""The hidden course of n series: level, slope, season, and what months add of their own.

A Gaussian process on a scale where they add up. Its sizes (how far the level wanders, how much of a season or
a slope there is, how much a month adds of its own) are not estimated but averaged over a grid, each point as
likely as it makes the series.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from riskmodels.arrays import Floats, Integers

_LEVEL = 10.0  # standard deviation of where a level may lie at first: anywhere that a series may be
_MONTHS = 12  # of a year
_HARMONICS = (1.0, 0.5)  # of a season, the second half as large as the first
_WANDERS = (0.0, 0.01, 0.03, 0.1)  # standard deviation that a level adds by month
_SEASONS = (0.0, 0.1)  # standard deviation of a season
_SLOPES = (0.0, 0.2)  # standard deviation of a slope, a year
# standard deviation of what a month adds of its own: none, and to 1.28 in half doublings
_OWN = (0.0, *(0.01 * 2.0 ** (step / 2) for step in range(15)))
# of the level by month, the season and the slope, where all that is wanted is a course; and of a month's own
_USUAL, _USUAL_OWN = (0.03, 0.1, 0.2), 0.04
_JITTER = 1e-10  # added to variances, so that what is next to certain has a root
_UNKNOWN = 1e8  # variance of a month that teaches nothing
_BLOCK = 3_000_000  # figures of the matrices at once: 24 MB, so that they stay near the processor


@dataclass(frozen=True, kw_only=True, eq=False)
class Sizes:
    """A grid of standard deviations, shape (g,): of the level by month, the season, the slope, a month."""

    wander: Floats
    season: Floats
    slope: Floats
    own: Floats

    def take(self, places: Integers) -> "Sizes":
        """Return the points at some places of the grid, in the shape of ``places``."""
        return Sizes(
            wander=self.wander[places],
            season=self.season[places],
            slope=self.slope[places],
            own=self.own[places],
        )


def _grid() -> Sizes:
    points = np.array(list(product(_WANDERS, _SEASONS, _SLOPES, _OWN)))
    return Sizes(wander=points[:, 0], season=points[:, 1], slope=points[:, 2], own=points[:, 3])


GRID = _grid()


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenLevels:
    """What is known of n series.

    Attributes
    ----------
    weights : ndarray, shape (n, g)
        How likely each point of the grid is; they sum to one.
    values, variances : ndarray, shape (n, T)
        What was seen, as deviations from ``centre``, and its sampling variance.
    centre : ndarray, shape (n,)
        What the series lie about.
    """

    weights: Floats
    values: Floats
    variances: Floats
    centre: Floats

    def draw(
        self, months: Integers, size: int, generator: np.random.Generator, particles: int = 64
    ) -> tuple[Floats, Floats]:
        """Draw courses in some months, and how much a month adds of its own in each.

        Parameters
        ----------
        months : ndarray of int, shape (w,)
            Which months, counted from the first of the T; later ones lie ahead.
        size : int
            Draws; a multiple of ``particles`` is drawn.
        particles : int
            Points of the grid drawn for each series, each as often as it is likely.

        Returns
        -------
        courses : ndarray, shape (size, n, w)
            Of the level with slope and season, without what months add of their own.
        own : ndarray, shape (size, n)
            Standard deviation of what each month adds.
        """
        each = -(-size // particles)
        parts = [
            self._draw_block(block, months, (each, particles), generator)
            for block in _blocks(len(self.values), particles * self.values.shape[1] ** 2)
        ]
        courses, own = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
        return courses[:size], own[:size]

    def _draw_block(
        self, block: slice, months: Integers, counts: tuple[int, int], generator: np.random.Generator
    ) -> tuple[Floats, Floats]:
        each, particles = counts
        weights = self.weights[block]
        starts = (np.arange(particles) + generator.random((len(weights), 1))) / particles
        places = (np.cumsum(weights, axis=1)[:, None, :] < starts[..., None]).sum(axis=2)
        sizes = GRID.take(np.minimum(places, weights.shape[1] - 1))
        mean, root = _given(self.values[block], self.variances[block], months, sizes)
        noise = generator.standard_normal((each, *mean.shape))
        found = mean + np.einsum("npwv,enpv->enpw", root, noise) + self.centre[block, None, None]
        shaped = found.transpose(0, 2, 1, 3).reshape(each * particles, len(weights), len(months))
        own = np.broadcast_to(sizes.own.T, (each, particles, len(weights)))
        return shaped, own.reshape(each * particles, len(weights))


def find_levels(values: Floats, variances: Floats, weights: Floats | None = None) -> HiddenLevels:
    """Weigh the points of the grid by how likely each makes each series.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        By month; NaN is unknown.
    variances : ndarray, shape (n, T)
        Their sampling variances.
    weights : ndarray, shape (n, g), optional
        How likely each point of the grid is, instead of what the values say of it.

    Notes
    -----
    All points of the grid are as likely beforehand; months are consecutive.
    """
    seen, noise, centre = _centred(values, variances)
    found = _weigh(seen, noise) if weights is None else weights
    return HiddenLevels(weights=found, values=seen, variances=noise, centre=centre)


def smooth_courses(values: Floats, variances: Floats, own: Floats) -> Floats:
    """Return the expected courses of n series, (n, T), of a level that wanders, with slope and season.

    ``own`` of shape (n,) is the standard deviation of what each month adds of its own; values and variances
    are as for ``find_levels``.
    """
    seen, noise, centre = _centred(values, variances)
    found = np.empty(seen.shape)
    months = np.arange(seen.shape[1])
    for block in _blocks(len(seen), len(months) ** 2):
        wander, season, slope = (np.full((len(own[block]), 1), size) for size in _USUAL)
        sizes = Sizes(wander=wander, season=season, slope=slope, own=own[block, None])
        found[block] = _given(seen[block], noise[block], months, sizes)[0][:, 0]
    return found + centre[:, None]


def _centred(values: Floats, variances: Floats) -> tuple[Floats, Floats, Floats]:
    """Return deviations from a centre, zero where unknown, their variances, and the centre, (n,)."""
    known = np.isfinite(values)
    precision = np.where(known, 1.0 / (variances + _USUAL_OWN**2), 0.0)
    centre = np.where(known, values, 0.0) * precision
    centre = centre.sum(axis=1) / np.maximum(precision.sum(axis=1), _JITTER)
    seen = np.where(known, values - centre[:, None], 0.0)
    noise = np.where(known, variances, _UNKNOWN)
    return seen, noise, centre


def _weigh(values: Floats, variances: Floats) -> Floats:
    blocks = _blocks(len(values), len(GRID.own) * values.shape[1] ** 2)
    weights = np.exp(np.concatenate([_likelihoods(values[block], variances[block]) for block in blocks]))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _blocks(n: int, figures: int) -> list[slice]:
    """Cut n series in blocks of matrices of so many figures a series."""
    step = max(1, _BLOCK // figures)
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def _likelihoods(values: Floats, variances: Floats) -> Floats:
    """Log-likelihood of each point of the grid, (n, g), less the largest of the series."""
    matrix = _of_grid(values.shape[1]) + _diagonal(variances[:, None, :], GRID.own)
    root = np.linalg.cholesky(matrix)
    right = np.broadcast_to(values[:, None, :, None], (*root.shape[:2], values.shape[1], 1))
    solved = np.linalg.solve(root, right)[..., 0]
    found = -0.5 * (solved**2).sum(axis=-1) - np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    return np.asarray(found - found.max(axis=1, keepdims=True))


def _given(values: Floats, variances: Floats, months: Integers, sizes: Sizes) -> tuple[Floats, Floats]:
    """Mean (n, p, w) and a root of the covariance (n, p, w, w) of the courses, given what was seen."""
    length = values.shape[1]
    whole = _covariance(max(length, int(months.max(initial=0)) + 1), sizes)
    matrix = whole[..., :length, :length] + _diagonal(variances[:, None, :], sizes.own)
    across = whole[..., months, :length]
    gain = np.linalg.solve(matrix, across.swapaxes(-1, -2)).swapaxes(-1, -2)
    mean = (gain @ values[:, None, :, None])[..., 0]
    left = whole[..., months[:, None], months] - gain @ across.swapaxes(-1, -2)
    scale = _JITTER * _LEVEL**2
    return mean, np.asarray(
        np.linalg.cholesky((left + left.swapaxes(-1, -2)) / 2.0 + scale * np.eye(len(months)))
    )


@lru_cache(maxsize=2)
def _of_grid(length: int) -> Floats:
    """Covariance of the courses in the first months at each point of the grid, (1, g, length, length)."""
    return _covariance(length, GRID)[None]


def _covariance(length: int, sizes: Sizes) -> Floats:
    """Covariance of the courses in the first months, shape (..., length, length), (...) that of the sizes."""
    months = np.arange(length)
    early, late = np.minimum.outer(months, months), np.subtract.outer(months, months)
    yearly = np.multiply.outer(months, months) / _MONTHS**2
    cycle = sum(
        size**2 * np.cos(2.0 * np.pi * wave * late / _MONTHS) for wave, size in enumerate(_HARMONICS, start=1)
    )
    wander, season, slope = (part[..., None, None] ** 2 for part in (sizes.wander, sizes.season, sizes.slope))
    return np.asarray(_LEVEL**2 + wander * early + slope * yearly + season * cycle)


def _diagonal(variances: Floats, own: Floats) -> Floats:
    """Put sampling variances (n, 1, T) and what months add of their own (..., p) on diagonals."""
    sums = variances + own[..., None] ** 2 + _JITTER
    return np.asarray(sums[..., None] * np.eye(variances.shape[-1]))
