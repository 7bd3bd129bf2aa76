"""Severities on a lattice with finer steps near zero, so that smooth functions of a sum keep their means.

A lattice that keeps the mean between two points has an error of the square of its step, h²/6 in every second
moment, and more where losses are smaller than a step. Here limited means near zero are taken at ever finer
points; their masses go to the nearest six multiples of the step by polynomials, and the h²/6 is taken off.
What is left is of order h⁴ or less. Two of the multiples may be below zero: a lattice of N points has an
eighth of them there.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.losses.lattice import (
    TILT,
    Complexes,
    Compound,
    Tail,
    expected_shortfalls,
    interpolated,
    lagrange_weights,
    quantiles,
)

_HALVINGS = 9  # how often steps are halved towards zero
_SHARE_NEAR, _MOST_NEAR = 8, 256  # points with a step of each size
_SMOOTH = 0.5  # densities that change by more between two points are jumps
_SIDE = 2  # multiples of the step beside those that a loss lies between
# parts of a lattice, one of which is below zero: room for multiples below it, and for ripples
_SHARE_BELOW = 8


def steps_of(size: int) -> int:
    """Return how many steps above zero a lattice of N points has."""
    return size - size // _SHARE_BELOW


def near_of(size: int) -> int:
    """Return how many steps of each size, from its least one on, a lattice of N points has near zero."""
    return min(size // _SHARE_NEAR, _MOST_NEAR)


@cache
def nodes(size: int, near: int) -> Floats:
    """Return where limited means are needed for a lattice of N points, in steps, rising from 0 to its end.

    Every second of them are the nodes of the lattice of twice the step, and half as many near zero.
    """
    halves = np.arange(near // 2, near)
    finer = [halves * 0.5**power for power in range(_HALVINGS - 1, 0, -1)]
    whole = np.arange(near // 2, steps_of(size) + 1, dtype=np.float64)
    return np.concatenate([np.arange(near) * 0.5**_HALVINGS, *finer, whole])


def smooth_transforms(limited: Floats, steps: Floats, size: int, near: int) -> Complexes:
    """Return tilted transforms of severities, from limited means at the nodes, (s, n), and steps, (s,)."""
    masses = smooth_masses(limited, steps, size, near)
    tilted = masses * np.exp(-TILT / size * np.arange(-_SIDE, steps_of(size)))
    padded = np.zeros((len(masses), size))
    padded[:, : steps_of(size)] = tilted[:, _SIDE:]
    padded[:, -_SIDE:] = tilted[:, :_SIDE]
    found: Complexes = scipy.fft.rfft(padded, axis=-1, overwrite_x=True)
    return found


def smooth_sums(transform: Complexes, mean: Floats, size: int) -> Compound:
    """Return sums of N masses, of which the first eighth are below zero, from tilted transforms."""
    below = size // _SHARE_BELOW
    turned = np.roll(scipy.fft.irfft(transform, n=size, axis=-1, overwrite_x=True), below, axis=-1)
    return Compound(mass=turned * np.exp(TILT / size * np.arange(-below, size - below)), mean=mean)


def smooth_masses(limited: Floats, steps: Floats, size: int, near: int) -> Floats:
    """Masses of severities at -2, -1, 0, 1, … steps, shape (s, M + 2); some near zero are negative."""
    width = np.diff(nodes(size, near))
    slope = np.diff(limited, axis=1) / (width * steps[:, None])
    mass = -np.diff(slope, axis=1, prepend=1.0)
    excess = _excess(mass, width)
    moved, spread = _to_multiples(near)
    finer = len(moved)
    found = np.zeros((len(limited), steps_of(size) + _SIDE))
    found[:, near + _SIDE :] = mass[:, finer:]
    found[:, : moved.shape[1]] += mass[:, :finer] @ moved
    taken = np.zeros((len(limited), found.shape[1] + 1))
    taken[:, : spread.shape[1]] = excess[:, :finer] @ spread
    far = 0.5 * excess[:, finer:]
    taken[:, near + _SIDE : -1] += far
    taken[:, near + _SIDE + 1 :] += far
    found[:, 1:-1] -= 0.5 * (taken[:, 2:-1] - 2.0 * taken[:, 1:-2] + taken[:, :-3])
    return found


def _excess(mass: Floats, width: Floats) -> Floats:
    """By how much the second moment between two nodes is too large [steps²].

    That is their masses times their distance² / 6; not where masses jump: there a loss may lie on a node.
    """
    before = np.concatenate([[0.0], width[:-1]])
    density = mass / (before + width)
    left, right = density[:, :-1], density[:, 1:]
    smooth = np.minimum(left, right) > _SMOOTH * np.maximum(left, right)
    found = np.zeros_like(mass)
    found[:, :-1] = np.where(smooth, left + right, 0.0) * (width[:-1] ** 3 / 6.0)
    return found


@cache
def _to_multiples(near: int) -> tuple[Floats, Floats]:
    """Return how masses at the finer nodes, and excesses behind them, go to -2, -1, 0, 1, … steps.

    Masses by the polynomial through six multiples, in the middle of which they lie: then no transform exceeds
    one, and sums of very many losses stay bounded.
    """
    places = nodes(2 * near, near)
    places = places[places < near]
    rows, first = np.arange(len(places)), places.astype(int)
    moved, spread = np.zeros((2, len(places), near + 2 * _SIDE + 1))
    points = np.arange(2 * _SIDE + 2)
    around = (points - _SIDE).astype(np.float64)[None]
    moved[rows[:, None], first[:, None] + points] = lagrange_weights(around, places - first)
    middle = 0.5 * (places + np.append(places[1:], near))
    first = middle.astype(int)
    spread[rows, first + _SIDE] = 1.0 - (middle - first)
    spread[rows, first + _SIDE + 1] = middle - first
    return moved, spread


def smooth_tails(sums: Compound, steps: Floats, levels: Sequence[float]) -> list[Tail]:
    """Read value-at-risk and expected shortfall, (r,), off lattices: masses are as a density at their points.

    The midpoint and the trapezoidal rule (Euler & Maclaurin) say by how much the sums of masses differ from
    integrals: h² / 24 of the density's slope, and h² / 12 of the density.
    """
    below = sums.mass.shape[1] // _SHARE_BELOW
    survival = 1.0 - np.cumsum(sums.mass, axis=1)
    limited = np.full((len(survival), survival.shape[1] + 1), -float(below))
    limited[:, 1:] += np.cumsum(survival, axis=1)
    limited[:, :-1] -= sums.mass / 12.0
    survival[:, :-1] -= np.diff(sums.mass, axis=1) / 24.0
    found = []
    for level in levels:
        places = quantiles(survival, level, below)
        at = np.where(places > 0, interpolated(limited, places + below), 0.0)
        shortfall = expected_shortfalls(sums.mean, places, at, steps, level)
        found.append(Tail(value_at_risk=places * steps, expected_shortfall=shortfall))
    return found
