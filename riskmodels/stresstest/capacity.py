"""What staff can handle: a table, made once, of shares in time and backlogs by load, staff and first backlog.

Every cell is a month of days of its own, carried exactly: all at once, or those that are read when they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.carrying import Units
from riskmodels.stresstest.day_batches import check_working_days
from riskmodels.stresstest.grids import blended, corners, middles

DAYS, DEADLINES = 21, (1, 2, 3, 7)  # working days of a month, and of the standards for complaints
_CHECKED = 500  # middles between points that are computed once more: many, in little time
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0  # multiples of it, less the whole, lie evenly between zero and one


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
        around = [((unit, *place), weight) for place, weight in corners(self._axes, values)]
        self._compute([place for place, _ in around])
        return blended(self.done, around), blended(self.backlog, around)

    def _compute(self, places: Sequence[tuple[Integers, ...]]) -> None:
        """Compute the cells at some places that have not been computed."""
        wanted = np.zeros(self.backlog.shape, dtype=np.bool_)
        for place in places:
            wanted[place] = True
        unit, *cells = np.nonzero(wanted & np.isnan(self.backlog))
        if len(unit):
            at = [
                unit.astype(float),
                *(axis[cell] for axis, cell in zip(self._axes.values(), cells, strict=True)),
            ]
            found = self._units.months(at, self.deadlines, self.days)
            self.done[unit, *cells], self.backlog[unit, *cells] = found

    @property
    def _units(self) -> Units:
        return Units(arrivals=self.arrivals, dispersion=self.dispersion, capacity=self.capacity)

    @property
    def _axes(self) -> dict[str, Floats]:
        return {"load": self.loads, "staff level": self.staff, "backlog": self.backlogs}

    @property
    def done_error(self) -> float:
        """Largest error of a share that is found in the middle between points."""
        return self._errors[0]

    @property
    def backlog_error(self) -> float:
        """Largest error of a backlog that is found in the middle between points [days of capacity]."""
        return self._errors[1]

    @cached_property
    def _errors(self) -> tuple[float, float]:
        """Compute months in the middle between points once more."""
        halfway = _middles(len(self.arrivals), self._axes.values())
        between = self._interpolated(halfway[0].astype(int), halfway[1:])
        exact = self._units.months(halfway, self.deadlines, self.days)
        done, left = (float(np.abs(one - other).max()) for one, other in zip(between, exact, strict=True))
        return done, left

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell: unit, load, staff, backlog, ``done_within_…`` [shares], backlog_after [days]."""
        names = ["unit", "load", "staff", "backlog"]
        index = pd.MultiIndex.from_product([range(len(self.capacity)), *self._axes.values()], names=names)
        shares = self.done.reshape(-1, len(self.deadlines))
        frame = pd.DataFrame(shares, index, columns=[f"done_within_{days}" for days in self.deadlines])
        return frame.assign(backlog_after=self.backlog.ravel()).reset_index()


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
    when_read: bool = False,
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
    when_read : bool
        Compute cells when they are first read alone: until then their shares and backlogs are unknown.

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
    shape = (len(means), *(len(axis) for axis in axes))
    made = CapacityTable(
        arrivals=means,
        dispersion=spread,
        capacity=able,
        loads=axes[0],
        staff=axes[1],
        backlogs=axes[2],
        deadlines=kept,
        days=days,
        done=np.full((*shape, len(kept)), np.nan),
        backlog=np.full(shape, np.nan),
    )
    if not when_read:
        made._compute([tuple(np.indices(shape))])  # noqa: SLF001  of this module
    return made


def _middles(units: int, axes: Iterable[Floats]) -> list[Floats]:
    """Return some middles between points, spread over the table: unit, load, staff, backlog, each (m,)."""
    halfway = middles(axes)
    shape = (units, *(len(axis) for axis in halfway))
    total = int(np.prod(shape))
    chosen = np.unique((np.arange(min(_CHECKED, total)) * _GOLDEN % 1.0 * total).astype(int))
    unit, *places = np.unravel_index(chosen, shape)
    return [unit.astype(float), *(axis[place] for axis, place in zip(halfway, places, strict=True))]


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
