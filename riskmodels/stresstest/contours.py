"""Many birth-death chains carried through time at once, however many events there are, by a contour integral.

Uniformisation takes as many steps as there are events; the integral takes as many solutions of tridiagonal
equations as it has points, whatever the rates.
"""

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.losses.lattice import Complexes
from riskmodels.stresstest.uniformisation import carried_through

_OFF = 1e-7  # of a probability: what two contours may differ by
_POINTS, _FEWER = 24, 20  # of a contour: 3.9^-24 = 7e-15 is left out; and of another, to see the error


def carried_together(laws: Floats, births: Floats, deaths: Floats, length: float) -> tuple[Floats, Floats]:
    """Carry the laws of birth-death chains through a time in which their rates are steady.

    Parameters
    ----------
    laws : ndarray, shape (m, n)
        Probabilities of the n states of each of m chains at the beginning.
    births, deaths : ndarray, shape (m, n)
        Rates up from and down from each state [1/time]; none up from the last, none down from the first.
    length : float
        How long, positive [time].

    Returns
    -------
    tuple of ndarray
        Probabilities at the end, and the mean times that were spent in the states, each (m, n): those of
        ``carried_through`` to about 1e-7, and to 1e-11 near the steady state.

    Notes
    -----
    Talbot's contour with the midpoint rule: Trefethen, Weideman & Schmelzer 2006,
    doi:10.1007/s10543-006-0077-9. The rates' matrix has real eigenvalues of at most zero, which it encloses.
    The chains are solved as one tridiagonal system whose parts do not touch. Where a law begins very far from
    the steady state errors are multiplied without bounds, and two contours differ: such chains are carried
    through by uniformisation.
    """
    law, spent = _integrated(laws, births, deaths, length, _POINTS)
    other, _ = _integrated(laws, births, deaths, length, _FEWER)
    for row in np.flatnonzero(~(np.abs(law - other).max(axis=1) <= _OFF)).tolist():
        law[row], spent[row] = carried_through(laws[row], births[row], deaths[row], length)
    return np.maximum(law, 0.0), np.maximum(spent, 0.0)


def _integrated(
    laws: Floats, births: Floats, deaths: Floats, length: float, points: int
) -> tuple[Floats, Floats]:
    """Integrate along a contour of so many points."""
    up, down, start = (length * births).ravel(), (length * deaths).ravel(), laws.ravel()
    bands = np.empty((3, len(start)), dtype=np.complex128)
    bands[0, 1:], bands[2, :-1] = -down[1:], -up[:-1]
    bands[0, 0] = bands[2, -1] = 0.0
    law, spent = np.zeros(len(start)), np.zeros(len(start))
    for point, weight in zip(*_contour(points), strict=True):
        bands[1] = point + up + down
        found = weight * scipy.linalg.solve_banded((1, 1), bands, start, check_finite=False)
        law += found.real
        spent += length * (found / point).real
    return law.reshape(laws.shape), spent.reshape(laws.shape)


def _contour(points: int) -> tuple[Complexes, Complexes]:
    """Return the points of the upper half, and their weights; the lower half is its mirror image."""
    angle = np.pi * np.arange(1, points, 2) / points
    turned = 0.6407 * angle
    point = points * (0.5017 * angle / np.tan(turned) - 0.6122 + 0.2645j * angle)
    slope = 0.5017 / np.tan(turned) - 0.5017 * turned / np.sin(turned) ** 2 + 0.2645j
    return point, 2.0 * np.exp(point) * slope / 1j
