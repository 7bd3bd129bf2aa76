"""Compound distributions on a lattice: severities that keep their means, Fourier transforms, quantiles.

A lattice of step h puts the mass of a severity on the multiples of h so that the mean of what lies between two of
them is kept. Then the stop-loss premium of a sum is exact to O(h²), its derivative is the survival function half a
step further on, and extrapolation over two steps (Richardson) takes the h² away.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Complexes = npt.NDArray[np.complex128]

TILT = 16.0  # what wraps round is e^-16 of itself; rounding errors are at most e^16 of theirs
_STENCIL, _MARGIN = 6, 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Mean and dispersion of the numbers of losses of c cells, shape (c, 1); a dispersion of zero is Poisson."""

    mean: Floats
    dispersion: Floats

    def log_generating(self, z: Complexes) -> Complexes:
        """Logarithm of the probability generating functions, z of shape (c, m)."""
        poisson = self.mean * (z - 1.0)
        spread = self.dispersion > 0
        if not spread.any():
            return poisson
        some = spread[:, 0]
        poisson[some] = -np.log(1.0 - self.dispersion[some] * poisson[some]) / self.dispersion[some]
        return poisson

    def relative_slope(self, z: Complexes) -> Complexes:
        """Derivative of the generating functions over themselves."""
        return self.mean / (1.0 - self.dispersion * self.mean * (z - 1.0))


def masses(limited: Floats, step: Floats) -> Floats:
    """Put severities on a lattice: limited means at 0, h, … M h, shape (c, M + 1), to masses, (c, M).

    The mean up to each multiple of the step is kept (Gerber 1982, doi:10.1016/0167-6687(82)90003-0).
    """
    slope = np.diff(limited, axis=1) / step
    found = np.empty((len(limited), limited.shape[1] - 1))
    found[:, 0] = 1.0 - slope[:, 0]
    found[:, 1:] = -np.diff(slope, axis=1)
    return found


def transformed(mass: Floats, *, tilt: float = TILT) -> Complexes:
    """Fourier transforms of masses, tilted exponentially so that what wraps round is small.

    Grübel & Hermesmeier 1999, doi:10.2143/AST.29.2.504611.
    """
    size = mass.shape[-1]
    found: Complexes = fft.rfft(mass * np.exp(-tilt / size * np.arange(size)), axis=-1)
    return found


def untransformed(transform: Complexes, size: int, *, tilt: float = TILT) -> Floats:
    """Masses of a tilted transform."""
    found: Floats = fft.irfft(transform, n=size, axis=-1) * np.exp(tilt / size * np.arange(size))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Compound:
    """Masses of r sums on their lattices, shape (r, M), and their means, (r,), what lies beyond included."""

    mass: Floats
    mean: Floats

    def passes(self, level: float) -> Flags:
        """Tell whose lattice passes a level with a margin, shape (r,)."""
        return np.asarray(self.mass.sum(axis=1) > level + _MARGIN * (1.0 - level))


@dataclass(frozen=True, kw_only=True, eq=False)
class Tail:
    """Value-at-risk and expected shortfall of r sums, shape (r,)."""

    value_at_risk: Floats
    expected_shortfall: Floats


def tail_of(sums: Compound, steps: Floats, level: float) -> Tail:
    """Read value-at-risk and expected shortfall off lattices, whose range must pass the level.

    Of ``steps`` the first r are theirs. Expected shortfall is from the mean: what lies beyond the range counts.
    """
    survival = 1.0 - np.cumsum(sums.mass, axis=1)
    step = steps[: len(survival)]
    limited = np.zeros((len(survival), survival.shape[1] + 1))  # means limited at 0, h, 2 h, …
    np.cumsum(survival, axis=1, out=limited[:, 1:])
    places = np.array([_quantile(row, level) for row in survival])
    at = np.array([_interpolated(row, place) for row, place in zip(limited, places.tolist(), strict=True)])
    return Tail(
        value_at_risk=places * step,
        expected_shortfall=places * step + (sums.mean - at * step) / (1.0 - level),
    )


def _quantile(survival: Floats, level: float) -> float:
    """Place of the level [steps]: survival k is that at k + 1 / 2."""
    place = int(np.searchsorted(-survival, level - 1.0))
    if place == 0:  # the level is below the probability of no loss
        return 0.0
    start = min(max(place - _STENCIL // 2, 0), len(survival) - _STENCIL)
    near = slice(start, start + _STENCIL)
    log = np.log(np.maximum(survival[near], 1e-300))
    wanted = np.log1p(-level)
    if (np.diff(log) < 0).all():
        found = _lagrange(log, np.arange(start, start + _STENCIL, dtype=np.float64) + 0.5, wanted)
        if place - 0.5 <= found <= place + 0.5:
            return found
    low, high = survival[place - 1], survival[place]
    return place - 0.5 + float((low - (1.0 - level)) / max(low - high, 1e-300))


def _interpolated(values: Floats, place: float) -> float:
    """Interpolate values at 0, 1, … at a place between."""
    start = min(max(int(place) - _STENCIL // 2 + 1, 0), len(values) - _STENCIL)
    nodes = np.arange(start, start + _STENCIL, dtype=np.float64)
    return _lagrange(nodes, values[start : start + _STENCIL], place)


def _lagrange(nodes: Floats, values: Floats, at: float) -> float:
    """Evaluate the polynomial through nodes and values."""
    apart = nodes[:, None] - nodes + np.eye(len(nodes))
    away = np.where(np.eye(len(nodes), dtype=bool), 1.0, at - nodes)
    return float((values * (away / apart).prod(axis=1)).sum())


def extrapolated(coarse: Floats, fine: Floats) -> Floats:
    """Take the error of order h² out of two figures, one of half the other's step; infinite ones stay."""
    change = np.subtract(fine, coarse, out=np.zeros_like(fine), where=np.isfinite(fine) & np.isfinite(coarse))
    return fine + change / 3.0
