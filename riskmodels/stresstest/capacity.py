"""What staff can handle: a table, made once, of shares in time and backlogs by load, staff and first backlog.

Every cell is a month of days of its own, carried exactly; cells of about the same reach are carried together
by Fourier transforms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.losses.lattice import Complexes, Counts
from riskmodels.stresstest.day_batches import MOST_CASES, check_working_days

DAYS, DEADLINES = 21, (1, 2, 3, 7)  # working days of a month, and of the standards for complaints
_LEFT = 20.0  # e^-20 = 2e-9: what may lie beyond the lattice of a cell
_CHECKED = 500  # middles between points that are computed once more: many, in little time
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0  # multiples of it, less the whole, lie evenly between zero and one
_PARTS = 4.0  # of an octave: cells whose lattices differ by less are carried together
_CHUNK = 1 << 19  # numbers carried together: four megabytes stay in the cache


@dataclass(frozen=True, kw_only=True, eq=False)
class CapacityTable:
    """Shares of complaints in time, and the backlog at the end of a month, of n units.

    Attributes
    ----------
    arrivals, dispersion, capacity : ndarray, shape (n,)
        Mean complaints of a working day and their dispersion, at a load of one; complaints that a working
        day's staff can do, at a staff level of one.
    loads, staff, backlogs : ndarray, shapes (l,), (s,) and (k,)
        Multiples of arrivals and of capacity, and the backlog at the beginning [days of capacity at a staff
        level of one], rising.
    deadlines : tuple of int
        Standards [working days]; 0 is the same day.
    days : int
        Of a month [working days].
    done : ndarray, shape (n, l, s, k, deadlines)
        Share of the complaints received in the month that are done within each deadline.
    backlog : ndarray, shape (n, l, s, k)
        Mean backlog left at the end [days of capacity at a staff level of one].
    done_error, backlog_error : float
        Largest error of a share, and of a backlog [days of capacity], that was found in the middle between
        points, where months were computed once more.
    """

    arrivals: Floats
    dispersion: Floats
    capacity: Floats
    loads: Floats
    staff: Floats
    backlogs: Floats
    deadlines: tuple[int, ...]
    days: int
    done: Floats
    backlog: Floats
    done_error: float = 0.0
    backlog_error: float = 0.0

    def look_up(
        self, load: npt.ArrayLike, staff: npt.ArrayLike, backlog: npt.ArrayLike = 0.0
    ) -> tuple[Floats, Floats]:
        """Return shares in time and the backlog left, linear between the points of the table.

        Parameters
        ----------
        load, staff, backlog : array, that broadcast to shape (…, n)
            As of the table, of each of its units, within its range.

        Returns
        -------
        tuple of ndarray
            Shares done within each deadline, shape (…, n, deadlines), and the mean backlog left at the end
            [days of capacity], (…, n). At the points of the table they are its own, elsewhere off by about
            ``done_error`` and ``backlog_error`` at most.

        Raises
        ------
        ParameterError
            A value lies outside the table.
        """
        return self._interpolated(np.arange(len(self.capacity)), (load, staff, backlog))

    def _interpolated(self, unit: Integers, values: Sequence[npt.ArrayLike]) -> tuple[Floats, Floats]:
        axes = zip(("load", "staff level", "backlog"), self._axes, values, strict=True)
        found = [_between(*axis) for axis in axes]
        shape = np.broadcast_shapes(unit.shape, *(part.shape for _, part in found))
        done, left = np.zeros((*shape, len(self.deadlines))), np.zeros(shape)
        for corner in product((0, 1), repeat=len(found)):
            weight = np.ones(shape)
            for upper, (_, part) in zip(corner, found, strict=True):
                weight = weight * (part if upper else 1.0 - part)
            place = (
                unit,
                *(below + upper * (part > 0) for upper, (below, part) in zip(corner, found, strict=True)),
            )
            done += weight[..., None] * self.done[place]
            left += weight * self.backlog[place]
        return done, left

    @property
    def _axes(self) -> tuple[Floats, Floats, Floats]:
        return self.loads, self.staff, self.backlogs

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell: unit, load, staff, backlog, done_within_… [shares], backlog_after [days]."""
        names = ["unit", "load", "staff", "backlog"]
        index = pd.MultiIndex.from_product([range(len(self.capacity)), *self._axes], names=names)
        shares = self.done.reshape(-1, len(self.deadlines))
        frame = pd.DataFrame(shares, index, columns=[f"done_within_{days}" for days in self.deadlines])
        return frame.assign(backlog_after=self.backlog.ravel()).reset_index()


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


def capacity_table(
    arrivals: npt.ArrayLike,
    dispersion: npt.ArrayLike,
    capacity: npt.ArrayLike,
    *,
    loads: npt.ArrayLike,
    staff: npt.ArrayLike,
    backlogs: npt.ArrayLike = (0.0,),
    deadlines: Sequence[int] = DEADLINES,
    days: int = DAYS,
) -> CapacityTable:
    """Compute what units handle in a month of working days, over loads, staff levels and backlogs.

    Parameters
    ----------
    arrivals : array of shape (n,)
        Mean complaints of a working day of each unit, positive.
    dispersion : float, or array of shape (n,)
        At least zero: their variance is mean + dispersion · mean², also under load.
    capacity : array of shape (n,)
        Complaints that can be done on a working day, positive; a fraction is met on the mean.
    loads, staff : array
        Multiples of arrivals and of capacity, positive, rising.
    backlogs : array
        Backlog at the beginning [days of capacity at a staff level of one], at least zero, rising.
    deadlines : sequence of int
        Standards [working days], by default 1, 2, 3 and 7; 0 is the same day. A deadline beyond the month is
        met by days like those of the month.
    days : int
        Working days of the month, by default 21.

    Returns
    -------
    CapacityTable
        More staff never misses more, more load and more backlog never less.

    Raises
    ------
    ParameterError
        An argument is out of its domain, or a backlog may grow beyond four million.

    Notes
    -----
    Each cell is a ``deadline_course`` of days alike, to about 1e-8. Its time is that of days · cells
    transforms as long as the backlog may become: units with a thousand complaints a day take a hundred times
    those with ten.

    Examples
    --------
    >>> made = capacity_table([9.0], 0.1, [10.0], loads=[1.0, 1.5], staff=[0.9, 1.0, 1.1])
    >>> done, left = made.look_up([1.0], [1.05])
    >>> done.round(2).tolist(), left.round(2).tolist()
    ([[0.95, 0.99, 1.0, 1.0]], [0.41])
    """
    axes = [_axis("loads", loads), _axis("staff levels", staff), _axis("backlogs", backlogs, least=0.0)]
    means, able = _of_units("arrivals", arrivals), _of_units("capacity", capacity)
    spread = np.broadcast_to(np.asarray(dispersion, dtype=float), means.shape)
    if means.shape != able.shape or not ((spread >= 0) & (spread < np.inf)).all():
        raise ParameterError(
            "every unit needs a mean of arrivals, a dispersion of at least zero, and a capacity"
        )
    kept = tuple(check_working_days(one) for one in deadlines)
    if not kept or days < 1:
        raise ParameterError("a month needs a day, and the table a deadline")
    units = _Units(arrivals=means, dispersion=spread, capacity=able)
    shape = (len(means), *(len(axis) for axis in axes))
    places = np.meshgrid(np.arange(len(means)), *axes, indexing="ij")
    done, left = units.months([np.asarray(place, dtype=float).ravel() for place in places], kept, days)
    made = CapacityTable(
        arrivals=means,
        dispersion=spread,
        capacity=able,
        loads=axes[0],
        staff=axes[1],
        backlogs=axes[2],
        deadlines=kept,
        days=days,
        done=done.reshape(*shape, len(kept)),
        backlog=left.reshape(shape),
    )
    middles = _middles(len(means), axes)
    between, after = made._interpolated(middles[0].astype(int), middles[1:])  # noqa: SLF001  of this module
    exact, exact_after = units.months(middles, kept, days)
    return replace(
        made,
        done_error=float(np.abs(between - exact).max()),
        backlog_error=float(np.abs(after - exact_after).max()),
    )


def _halfway(points: Floats) -> Floats:
    return np.asarray((points[1:] + points[:-1]) / 2)


def _middles(units: int, axes: Sequence[Floats]) -> list[Floats]:
    """Return some middles between points, spread over the table: unit, load, staff, backlog, each (m,)."""
    middles = [_halfway(axis) if len(axis) > 1 else axis for axis in axes]
    shape = (units, *(len(axis) for axis in middles))
    total = int(np.prod(shape))
    chosen = np.unique((np.arange(min(_CHECKED, total)) * _GOLDEN % 1.0 * total).astype(int))
    unit, *places = np.unravel_index(chosen, shape)
    return [unit.astype(float), *(axis[place] for axis, place in zip(middles, places, strict=True))]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Units:
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
    whole, part = np.floor(cells.capacity).astype(int), cells.capacity % 1.0
    done = np.zeros(len(law))
    before = np.arange(min(law.shape[1], days * (int(whole.max()) + 1)))[None, :]
    for extra in range(days + 1):
        chance = scipy.stats.binom.pmf(extra, days, part[:, 0])
        room = np.clip(days * whole + extra - before, 0, limited.shape[1] - 1)
        done += chance * np.einsum(
            "ij,ij->i", law[:, : before.shape[1]], np.take_along_axis(limited, room, axis=1)
        )
    return done


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


def _of_units(name: str, values: npt.ArrayLike) -> Floats:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not len(found) or not ((found > 0) & (found < np.inf)).all():
        raise ParameterError(f"the {name} of units must be positive numbers, one a unit")
    return found


def _axis(name: str, values: npt.ArrayLike, *, least: float = np.finfo(float).tiny) -> Floats:
    found = np.asarray(values, dtype=float)
    rising = found.ndim == 1 and len(found) and (np.diff(found) > 0).all()
    if not (rising and found[0] >= least and found[-1] < np.inf):
        lowest = "from zero on" if least == 0.0 else "above zero"
        raise ParameterError(f"the {name} of a capacity table must be rising numbers {lowest}")
    return found
