"""Compound distributions on a lattice: severities that keep their means, Fourier transforms, quantiles.

A lattice of step h puts the mass of a severity on the multiples of h so that the mean of what lies between
two of them is kept. Then the stop-loss premium of a sum is exact to O(h²), its derivative is the survival
function half a step further on, and extrapolation over two steps (Richardson) takes the h² away.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Flags, Floats

Complexes = npt.NDArray[np.complex128]

TILT = 16.0  # what wraps round is e^-16 of itself; rounding errors are at most e^16 of theirs
_NEARLY_POISSON = 1e-6  # variance beyond the mean's, relative: two terms are then good to 1e-12
# points of a polynomial (of degree five), and share of what lies beyond a level that must too
_STENCIL, _MARGIN = 6, 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Mean and dispersion of the numbers of losses of c cells, (c, 1); a dispersion of zero is Poisson."""

    mean: Floats
    dispersion: Floats

    def log_generating(self, z: Complexes) -> Complexes:
        """Logarithm of the probability generating functions, z of shape (c, m).

        By real functions, which run on many numbers at a time; a part of the logarithm is at most a right
        angle, as z is at most one. Next to Poisson, where that would lose digits, by two terms of the series.
        """
        spread = self.dispersion * self.mean > _NEARLY_POISSON
        if not spread.any():
            return _near_poisson(self.mean, self.dispersion, z)
        dispersion = np.where(spread, self.dispersion, 1.0)
        growth = dispersion * self.mean
        real, imaginary = (1.0 + growth) - growth * z.real, growth * z.imag
        found = np.empty_like(z)
        found.real = np.log(real**2 + imaginary**2) * (-0.5 / dispersion)
        found.imag = np.arctan(imaginary / real) / dispersion
        if not spread.all():
            plain = ~spread[:, 0]
            found[plain] = _near_poisson(self.mean[plain], self.dispersion[plain], z[plain])
        return found

    def relative_slope(self, z: Complexes) -> Complexes:
        """Derivative of the generating functions over themselves."""
        return self.mean / (1.0 - self.dispersion * self.mean * (z - 1.0))


def _near_poisson(mean: Floats, dispersion: Floats, z: Complexes) -> Complexes:
    """Logarithm of the generating function where the variance is next to the mean."""
    return np.asarray(mean * (z - 1.0) * (1.0 + 0.5 * dispersion * mean * (z - 1.0)))


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
    found: Complexes = scipy.fft.rfft(mass * np.exp(-tilt / size * np.arange(size)), axis=-1)
    return found


def untransformed(transform: Complexes, size: int, *, tilt: float = TILT) -> Floats:
    """Masses of a tilted transform."""
    found: Floats = scipy.fft.irfft(transform, n=size, axis=-1) * np.exp(tilt / size * np.arange(size))
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

    Of ``steps`` the first r are theirs. Expected shortfall is from the mean: what lies beyond the range
    counts.
    """
    survival = 1.0 - np.cumsum(sums.mass, axis=1)
    step = steps[: len(survival)]
    limited = np.zeros((len(survival), survival.shape[1] + 1))  # means limited at 0, h, 2 h, …
    np.cumsum(survival, axis=1, out=limited[:, 1:])
    places = quantiles(survival, level)
    return Tail(
        value_at_risk=places * step,
        expected_shortfall=expected_shortfalls(sums.mean, places, interpolated(limited, places), step, level),
    )


def expected_shortfalls(mean: Floats, places: Floats, limited: Floats, step: Floats, level: float) -> Floats:
    """Compute expected shortfall from the mean, and the mean limited at the value-at-risk [steps]."""
    found: Floats = places * step + (mean - limited * step) / (1.0 - level)
    return found


def quantiles(survival: Floats, level: float, zero: int = 0) -> Floats:
    """Find the places of the level in rows, (r, M) [steps above the point that is zero].

    Survival k is that half a step above k. The place is zero where the probability of no loss suffices.
    """
    size, rows = survival.shape[1], np.arange(len(survival))
    place = size - np.argmax(survival[:, ::-1] > 1.0 - level, axis=1)  # near zero there may be ripples
    place = np.where((survival > 1.0 - level).any(axis=1), np.minimum(place, size - 1), 0)
    points = np.clip(place - _STENCIL // 2, 0, size - _STENCIL)[:, None] + np.arange(_STENCIL)
    log = np.log(np.maximum(survival[rows[:, None], points], 1e-300))
    falling = (np.diff(log, axis=1) < 0).all(axis=1)
    apart = log + np.where(falling[:, None], 0.0, np.arange(_STENCIL))  # no two alike
    found = _lagrange(apart, points + 0.5, np.full(len(rows), np.log1p(-level)))
    low, high = survival[rows, np.maximum(place - 1, 0)], survival[rows, place]
    linear = place - 0.5 + (low - (1.0 - level)) / np.maximum(low - high, 1e-300)
    usable = falling & (np.abs(found - place) <= 0.5)  # noqa: PLR2004  half a step
    return np.where(place > zero, np.where(usable, found, linear) - zero, 0.0)


def interpolated(values: Floats, places: Floats) -> Floats:
    """Interpolate rows of values at 0, 1, … at one place each."""
    start = np.clip(places.astype(int) - _STENCIL // 2 + 1, 0, values.shape[1] - _STENCIL)
    points = start[:, None] + np.arange(_STENCIL)
    return _lagrange(points.astype(np.float64), np.take_along_axis(values, points, axis=1), places)


def _lagrange(nodes: Floats, values: Floats, at: Floats) -> Floats:
    """Evaluate polynomials through nodes and values, (r, k), at one place each."""
    found: Floats = (values * lagrange_weights(nodes, at)).sum(axis=1)
    return found


def lagrange_weights(nodes: Floats, at: Floats) -> Floats:
    """Weights of values at nodes, (r, k) or (1, k), in the polynomials through them at r places, (r, k)."""
    same = np.eye(nodes.shape[1], dtype=bool)
    apart = np.where(same, 1.0, nodes[:, :, None] - nodes[:, None, :])
    away = np.where(same, 1.0, at[:, None, None] - nodes[:, None, :])
    weights: Floats = (away / apart).prod(axis=2)
    return weights


def extrapolated(coarse: Floats, fine: Floats) -> Floats:
    """Take the error of order h² out of two figures, one of half the other's step; infinite ones stay."""
    change = np.subtract(fine, coarse, out=np.zeros_like(fine), where=np.isfinite(fine) & np.isfinite(coarse))
    return fine + change / 3.0
