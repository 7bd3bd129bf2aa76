"""Figures on a grid of points, read between them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats


def read_grid(axes: Sequence[Floats], values: Floats, at: Sequence[npt.ArrayLike]) -> Floats:
    """Read figures between the points of a grid, linearly; an axis of one point is the same everywhere.

    Parameters
    ----------
    axes : sequence of k ndarrays
        Rising points.
    values : ndarray, shape (…axes, m)
        Figures at the points.
    at : sequence of k arrays that broadcast to one shape
        Where they are read, within the axes.

    Returns
    -------
    ndarray, shape (…, m)
        What rises along an axis rises between its points, too.
    """
    places = np.stack(np.broadcast_arrays(*at), axis=-1)
    several = [place for place, axis in enumerate(axes) if len(axis) > 1]
    squeezed = values.reshape([len(axes[place]) for place in several] + [values.shape[-1]])
    if not several:
        return np.broadcast_to(squeezed, (*places.shape[:-1], values.shape[-1]))
    points = tuple(axes[place] for place in several)
    found = scipy.interpolate.RegularGridInterpolator(points, squeezed)(places[..., several])
    return np.asarray(found, dtype=np.float64)
