"""Figures on a grid of points, read between them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError

Corner = tuple[tuple[Integers, ...], Floats]  # which point of each axis, and its weight


def read_grid(axes: Mapping[str, Floats], values: Floats, at: Sequence[npt.ArrayLike]) -> Floats:
    """Read figures between the points of a grid, linearly.

    Parameters
    ----------
    axes : mapping of k ndarrays
        Rising points, by what they are called.
    values : ndarray, shape (…axes, m)
        Figures at the points.
    at : sequence of k arrays that broadcast to one shape
        Where they are read, within the axes.

    Returns
    -------
    ndarray, shape (…, m)
        What rises along an axis rises between its points, too.

    Raises
    ------
    ParameterError
        A place lies outside the grid.
    """
    return blended(values, corners(axes, at))


def corners(axes: Mapping[str, Floats], at: Sequence[npt.ArrayLike]) -> list[Corner]:
    """Return the points of a grid around places, and their weights, which add up to one.

    Where a place is at a point of an axis, that point stands for the next, too: its weight is zero.
    """
    found = [_between(name, points, one) for (name, points), one in zip(axes.items(), at, strict=True)]
    around = []
    for corner in product((0, 1), repeat=len(found)):
        weight = np.ones(np.broadcast_shapes(*(part.shape for _, part in found)))
        for upper, (_, part) in zip(corner, found, strict=True):
            weight = weight * (part if upper else 1.0 - part)
        place = tuple(below + up * (part > 0) for up, (below, part) in zip(corner, found, strict=True))
        around.append((place, weight))
    return around


def blended(values: Floats, around: Iterable[Corner]) -> Floats:
    """Add up figures at points times their weights; figures have axes that the points leave out."""
    return np.asarray(
        sum(weight[(..., *[None] * (values.ndim - len(place)))] * values[place] for place, weight in around)
    )


def points_of(values: Floats, number: int, *, besides: npt.ArrayLike = ()) -> Floats:
    """Return rising points that lie as values do, from the least to the greatest, and others besides."""
    spread = np.quantile(values, np.linspace(0, 1, number))
    return np.asarray(np.unique(np.append(spread, besides)), dtype=np.float64)


def middles(axes: Iterable[Floats]) -> list[Floats]:
    """Return the middles between the points of each axis; of one point, itself."""
    return [(one[1:] + one[:-1]) / 2 if len(one) > 1 else one for one in axes]


def _between(name: str, points: Floats, values: npt.ArrayLike) -> tuple[Integers, Floats]:
    """Return the points below values, and how far on the way to the next they are."""
    found = np.asarray(values, dtype=float)
    if not ((found >= points[0]) & (found <= points[-1])).all():
        outside = found[~((found >= points[0]) & (found <= points[-1]))].ravel()[0]
        raise ParameterError(
            f"the {name} {outside:g} lies outside the capacity table, which reaches from {points[0]:g} to "
            f"{points[-1]:g}: make one that reaches further"
        )
    below = np.clip(np.searchsorted(points, found, side="right") - 1, 0, max(len(points) - 2, 0))
    width = np.diff(points, append=np.inf)[below]
    return below, (found - points[below]) / width
