"""Months of working days, carried exactly: many cells of a capacity table together, by Fourier transforms."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.losses.lattice import Complexes, Counts
from riskmodels.stresstest.day_batches import MOST_CASES

_LEFT = 20.0  # e^-20 = 2e-9: what may lie beyond the lattice of a cell
_PARTS = 4.0  # of an octave: cells whose lattices differ by less are carried together
_CHUNK = 1 << 19  # numbers carried together: four megabytes stay in the cache


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Units at a load and a staff level of one, (n,)."""

    arrivals: Floats
    dispersion: Floats
    capacity: Floats

    def months(self, places: Sequence[Floats], deadlines: Sequence[int], days: int) -> tuple[Floats, Floats]:
        """Compute months of units at loads, staff levels and backlogs, all (m,).

        Returns
        -------
        tuple of ndarray
            Shares done within deadlines, (m, deadlines), and mean backlogs at the end [days of capacity],
            (m,).
        """
        unit = places[0].astype(int)
        load, staff, backlog = places[1:]
        cells = _Cells(
            place=np.arange(len(unit)),
            mean=(self.arrivals[unit] * load)[:, None],
            dispersion=self.dispersion[unit][:, None],
            capacity=(self.capacity[unit] * staff)[:, None],
            backlog=(self.capacity[unit] * backlog)[:, None],
        )
        done, left = np.empty((len(unit), len(deadlines))), np.empty(len(unit))
        for some, size in _together(cells, days):
            done[some.place], left[some.place] = _month(some, size, deadlines, days)
        return done, left / self.capacity[unit]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """Cells to be carried together, and what there is of each, (m, 1): all in complaints."""

    place: Integers  # in the table, raveled, (m,)
    mean: Floats
    dispersion: Floats
    capacity: Floats
    backlog: Floats

    def __getitem__(self, chosen: Integers) -> "_Cells":
        return _Cells(
            place=self.place[chosen],
            mean=self.mean[chosen],
            dispersion=self.dispersion[chosen],
            capacity=self.capacity[chosen],
            backlog=self.backlog[chosen],
        )

    def reach(self, days: int) -> Floats:
        """Backlog that is not exceeded in the days but with a negligible probability, (m,)."""
        variance = self.mean + self.dispersion * self.mean**2
        surplus = self.mean - self.capacity
        scale = 1.0 + self.dispersion * self.mean
        grown = np.maximum(surplus, 0.0) * days + np.sqrt(2.0 * _LEFT * days * variance) + _LEFT * scale
        steady = np.full_like(grown, np.inf)  # where more can be done than comes, the tail falls at this rate
        np.divide(_LEFT * variance, np.maximum(-surplus, 0.0), out=steady, where=surplus < 0)
        return np.asarray((self.backlog + np.minimum(grown, steady + _LEFT * scale))[:, 0])


def _together(cells: _Cells, days: int) -> Iterator[tuple[_Cells, int]]:
    """Yield cells of about the same reach, few enough at a time, and the size of their lattice."""
    # below zero, what wraps round has a place of its own
    reach, below = cells.reach(days), np.ceil(cells.capacity[:, 0]) + 2.0
    if (reach + below).max() > MOST_CASES:
        raise ParameterError(
            f"a backlog may grow beyond {MOST_CASES:,} complaints; take lower loads or more staff"
        )
    order = np.argsort(reach + below, kind="stable")
    parts = np.floor(_PARTS * np.log2((reach + below)[order]))
    edges = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(order)]
    for first, last in pairwise(edges):
        group = order[first:last]
        size = scipy.fft.next_fast_len(int(np.ceil(reach[group].max() + below[group].max())), real=True)
        number = max(_CHUNK // size, 1)
        for start in range(0, len(group), number):
            yield cells[group[start : start + number]], size


def _month(cells: _Cells, size: int, deadlines: Sequence[int], days: int) -> tuple[Floats, Floats]:
    """Carry cells through a month; return shares within deadlines and mean backlogs."""
    arriving, leaving = _transforms(cells, size)
    step = arriving * leaving
    kept = size - int(np.ceil(cells.capacity.max())) - 1  # what wraps round below zero lies from there on
    law = np.zeros((len(cells.place), size))
    whole = np.floor(cells.backlog).astype(int)
    np.put_along_axis(law, whole, 1.0 - cells.backlog % 1.0, axis=1)
    law[np.arange(len(law)), whole[:, 0] + 1] += (cells.backlog % 1.0)[:, 0]
    total = np.zeros_like(law)
    for _ in range(days):
        total += law
        law = scipy.fft.irfft(scipy.fft.rfft(law, axis=1, overwrite_x=True) * step, size, axis=1)
        law[:, 0] += law[:, kept:].sum(axis=1)
        law[:, kept:] = 0.0
    return _shares(cells, arriving, total / days, deadlines), law @ np.arange(size)


def _transforms(cells: _Cells, size: int) -> tuple[Complexes, Complexes]:
    """Transforms of what comes on a day, and of what is done on it, taken off; each (m, size // 2 + 1)."""
    turn = np.exp(-2j * np.pi / size * np.arange(size // 2 + 1))[None, :]
    counts = Counts(mean=cells.mean, dispersion=cells.dispersion)
    arriving = np.exp(counts.log_generating(np.broadcast_to(turn, (len(cells.place), turn.shape[1]))))
    part = cells.capacity % 1.0
    leaving = turn.conj() ** np.floor(cells.capacity) * (1.0 - part + part * turn.conj())
    return arriving, leaving


def _shares(cells: _Cells, arriving: Complexes, law: Floats, deadlines: Sequence[int]) -> Floats:
    """Shares done within deadlines, where a day begins with backlogs of given laws, (m, size)."""
    size = law.shape[1]
    masses = scipy.fft.irfft(arriving, size, axis=1)
    survival = 1.0 - np.cumsum(masses, axis=1)
    limited = np.zeros((len(law), size + 1))
    np.cumsum(survival, axis=1, out=limited[:, 1:])
    shares = np.empty((len(law), len(deadlines)))
    for place, deadline in enumerate(deadlines):
        shares[:, place] = _done(cells, law, limited, deadline + 1) / cells.mean[:, 0]
    return np.clip(shares, 0.0, 1.0)


def _done(cells: _Cells, law: Floats, limited: Floats, days: int) -> Floats:
    """Mean number of a day's complaints that are done in so many days, (m,)."""
    whole, part = np.floor(cells.capacity).astype(int), cells.capacity[:, 0] % 1.0
    done = np.zeros(len(law))
    width = min(law.shape[1], days * (int(whole.max()) + 1))
    room = np.clip(days * (whole + 1) - np.arange(width + days)[None, :], 0, limited.shape[1] - 1)
    found = np.take_along_axis(limited, room, axis=1)
    for extra in range(days + 1):
        chance = math.comb(days, extra) * part**extra * (1.0 - part) ** (days - extra)
        done += chance * np.einsum("ij,ij->i", law[:, :width], found[:, days - extra : days - extra + width])
    return done
