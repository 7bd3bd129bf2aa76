"""The distribution of a year's losses: every cell and their total, exact up to an error that is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.losses.cells import LossCell, counts_of, limited_means
from riskmodels.losses.compounding import sum_dependent, sum_independent, sums_alone
from riskmodels.losses.dependence import Dependence
from riskmodels.losses.lattice import (
    TILT,
    Compound,
    extrapolated,
    tail_of,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Sums = Callable[[Floats, Floats], Compound]
"""From limited means on a lattice, (c, M + 1), and its steps, (c,), to r sums."""

_TOTAL = "total"
_TOLERANCE, _ROUGH = 1e-5, 1e-2
_FIRST, _LARGEST, _SCOUT = 2**12, 2**20, 2**10
_POINTS, _FIRST_OF_FEW = 2**18, 2**16
_AT_ONCE = 2**21  # points of lattices
_RARE = 0.9999
_ROOM = 1.6  # range over the value-at-risk
_FEWEST_STEPS = 64
_TRIES = 60


@dataclass(frozen=True, eq=False)
class TailFigures:
    """Value-at-risk and expected shortfall of r sums at a level, and their relative errors, each of shape (r,)."""

    value_at_risk: Floats
    value_at_risk_error: Floats
    expected_shortfall: Floats
    expected_shortfall_error: Floats

    @property
    def rows(self) -> Floats:
        """All four, shape (4, r)."""
        return np.stack([getattr(self, field.name) for field in fields(self)])

    @property
    def worst(self) -> Floats:
        """Larger error of the two, shape (r,)."""
        return np.maximum(self.value_at_risk_error, self.expected_shortfall_error)


@dataclass(frozen=True, kw_only=True, eq=False)
class LossDistribution(Displayed):
    """A year's losses of cells and of their total.

    Attributes
    ----------
    cells : tuple of LossCell
        The cells.
    dependence : GaussianFactor, StudentFactor or None
        How the years of the cells move together; None: independently.
    level : float
        Level of the figures in ``table``.
    table : DataFrame
        One row a cell and the total: ``cell``, ``losses`` [a year], ``mean``, ``value_at_risk`` and
        ``expected_shortfall`` in the unit of money, and the errors of the last two, ``…_error``, relative.
    """

    cells: tuple[LossCell, ...]
    dependence: Dependence | None
    level: float
    table: pd.DataFrame

    @property
    def mean(self) -> float:
        """Expected loss of a year, exact."""
        return float(sum(cell.mean for cell in self.cells))

    @property
    def error_bound(self) -> float:
        """Largest relative error of a figure in ``table``."""
        return float(self.table[["value_at_risk_error", "expected_shortfall_error"]].to_numpy().max())

    def value_at_risk(self, level: float) -> float:
        """Loss of a year that is not exceeded with this probability."""
        return float(self._total(level).value_at_risk[0])

    def expected_shortfall(self, level: float) -> float:
        """Mean of the worst years, a share of one minus the level; infinite where a cell has no mean."""
        return float(self._total(level).expected_shortfall[0])

    def _total(self, level: float) -> TailFigures:
        _check_level(level)
        return _total_figures(self.cells, self.dependence, level)

    @cached_property
    def sentence(self) -> str:
        """Say what is expected in a year and what a bad year costs."""
        row = self.table.iloc[-1]
        return (
            f"A year costs {self.mean:,.0f} on average; with a probability of {self.level:.1%} not more than"
            f" {row['value_at_risk']:,.0f}, and {row['expected_shortfall']:,.0f} on average beyond that."
        )

    def summary(self) -> pd.DataFrame:
        """Return the total and the twenty cells with the largest value-at-risk."""
        largest = self.table.iloc[:-1].nlargest(20, "value_at_risk")
        return pd.concat([self.table.tail(1), largest], ignore_index=True)


def aggregate_losses(
    cells: Sequence[LossCell], *, dependence: Dependence | None = None, level: float = 0.999
) -> LossDistribution:
    """Compute the distribution of the sum of a year's losses.

    Parameters
    ----------
    cells : sequence of LossCell
        Frequencies and severities.
    dependence : GaussianFactor or StudentFactor, optional
        Copula of the years' losses of the cells; independent without.
    level : float
        Probability of the figures in the table, in (0, 1).

    Returns
    -------
    LossDistribution
        Value-at-risk and expected shortfall of every cell and the total, each with a bound of its error: the
        difference between extrapolations from three steps, of which the best is used. The order of the cells
        does not matter.

    Raises
    ------
    ParameterError
        There is no cell, two have the same name, or the level is not between 0 and 1.

    Notes
    -----
    Lattices that keep means, fast Fourier transforms with exponential tilting (Grübel & Hermesmeier 1999,
    doi:10.2143/AST.29.2.504611), Richardson's extrapolation; the range grows until it passes the level.
    """
    names = [cell.name for cell in cells]
    if not names or len({*names, _TOTAL}) <= len(names):
        raise ParameterError(f"losses are added up over cells with names of their own, other than '{_TOTAL}'")
    _check_level(level)
    alone = _cell_figures(cells, level)
    together = _total_figures(cells, dependence, level, alone)
    both = np.concatenate([alone.rows, together.rows], axis=1)
    figures = {field.name: row for field, row in zip(fields(TailFigures), both, strict=True)}
    means, number = np.array([[cell.mean, cell.frequency.mean] for cell in cells]).T
    table = pd.DataFrame(
        {
            "cell": [*names, _TOTAL],
            "losses": np.append(number, number.sum()),
            "mean": np.append(means, means.sum()),
            **figures,
        }
    )
    return LossDistribution(cells=tuple(cells), dependence=dependence, level=level, table=table)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ParameterError(f"the level is {level}; expected a probability between 0 and 1")


def _total_figures(
    cells: Sequence[LossCell], dependence: Dependence | None, level: float, alone: TailFigures | None = None
) -> TailFigures:
    """Figures of the total, all cells on one lattice; ``alone`` are the cells' where they are known already."""
    if dependence is None:
        return _independent_figures(cells, level)
    known = alone or _cell_figures(cells, level, tolerance=_ROUGH)
    return _dependent_figures(cells, dependence, level, known)


def _dependent_figures(
    cells: Sequence[LossCell], dependence: Dependence, level: float, alone: TailFigures
) -> TailFigures:
    """Figures of the total of cells that move together: the error is what half the steps and nodes change.

    The range starts with the sum of the cells' values-at-risk.
    """
    ranges = np.full(len(cells), 1.2 * alone.value_at_risk.sum())
    for _ in range(_TRIES):
        limited = limited_means(cells, ranges / _SCOUT, _SCOUT)
        found = []
        for stride in (2, 1):
            steps = ranges * stride / _SCOUT
            found.append(sum_dependent(cells, dependence, limited[:, ::stride], steps))
        if found[-1].passes(level).all():
            return _compared_figures(found, ranges, level)
        ranges = 2.0 * ranges
    raise ParameterError(f"no range of losses passes the level {level}")


def _compared_figures(found: Sequence[Compound], ranges: Floats, level: float) -> TailFigures:
    coarse, fine = (
        tail_of(one, ranges * stride / _SCOUT, level) for one, stride in zip(found, (2, 1), strict=True)
    )
    value, value_error = _compared(coarse.value_at_risk, fine.value_at_risk)
    shortfall, shortfall_error = _compared(coarse.expected_shortfall, fine.expected_shortfall)
    return TailFigures(value, value_error, shortfall, shortfall_error)


def _compared(coarse: Floats, fine: Floats) -> tuple[Floats, Floats]:
    """Return a figure of all nodes on the finer lattice, and its relative error.

    That is what half the steps of the lattice change, and half the nodes.
    """
    with np.errstate(invalid="ignore", divide="ignore"):  # infinite figures are exact
        lattice, nodes = np.abs(coarse[:1] / fine[:1] - 1.0), np.abs(fine[1:] / fine[:1] - 1.0)
    error = lattice + nodes
    return fine[:1], np.where(np.isfinite(error), error, 0.0)


def _cell_figures(cells: Sequence[LossCell], level: float, *, tolerance: float = _TOLERANCE) -> TailFigures:
    """Figures of every cell, each on a lattice of its own, refined until they agree."""
    ranges = _ranges(cells, partial(sums_alone, cells), level, each=True)
    found = np.empty((4, len(cells)))
    rows, size = np.arange(len(cells)), _first_size(len(cells))
    while len(rows):
        for part in np.array_split(rows, -(-len(rows) * size // _AT_ONCE)):  # so that memory is bounded
            some = [cells[row] for row in part.tolist()]
            figures = _extrapolated_figures(some, partial(sums_alone, some), ranges[part], level, size)
            found[:, part] = figures.rows
        rows = rows[TailFigures(*found[:, rows]).worst > tolerance] if size < _LARGEST else rows[:0]
        size *= 2
    return TailFigures(*found)


def _first_size(cells: int) -> int:
    """Points of the first lattice: many where there are few cells, which cost nothing then."""
    return int(np.clip(2 ** int(np.log2(_POINTS / cells)), _FIRST, _FIRST_OF_FEW))


def _independent_figures(cells: Sequence[LossCell], level: float) -> TailFigures:
    """Figures of the total of independent cells, on a lattice refined until they agree."""
    sums = partial(sum_independent, cells)
    ranges, size = _ranges(cells, sums, level, each=False), 2 * _first_size(len(cells))
    while True:
        found = _extrapolated_figures(cells, sums, ranges, level, size)
        if found.worst[0] <= _TOLERANCE or size >= _LARGEST:
            return found
        size *= 2


def _ranges(cells: Sequence[LossCell], sums: Sums, level: float, *, each: bool) -> Floats:
    """Ranges that pass the level with some room, shape (c,), found on a coarse lattice.

    They are widened where they do not pass, and narrowed where the level lies in the first steps, but never to
    where they have failed before: between common and very rare losses there may be a gap.
    """
    first = np.array([_first_range(cell, level) for cell in cells])
    ranges = first if each else np.full(len(cells), first.sum())
    none = counts_of(cells).log_generating(np.zeros((len(cells), 1), dtype=np.complex128)).real[:, 0]
    silent = np.exp(none if each else np.full(len(cells), none.sum())) >= level
    room = _ROOM if level <= _RARE else 2.0 * _ROOM  # rounding errors grow towards the end of the range
    failed, passing = np.zeros(len(cells)), np.full(len(cells), np.inf)
    for _ in range(_TRIES):
        steps = ranges / _SCOUT
        found = sums(limited_means(cells, steps, _SCOUT), steps)
        passed = np.broadcast_to(found.passes(level), (len(cells),))
        failed = np.where(passed, failed, np.maximum(failed, ranges))
        passing = np.where(passed, np.minimum(passing, ranges), passing)
        places = _places(found, passed, steps, level)
        wanted = np.maximum(room * np.maximum(places, _FEWEST_STEPS) * steps, np.sqrt(failed * passing))
        if (passed & ((places >= _FEWEST_STEPS) | silent | (passing < 1.2 * failed))).all():
            return np.where(wanted > failed, wanted, ranges)
        wider = np.where(
            np.isfinite(passing), np.sqrt(ranges * np.where(np.isfinite(passing), passing, 1.0)), 4.0 * ranges
        )
        ranges = np.where(passed, np.minimum(wanted, ranges), wider)
    raise ParameterError(f"no range of losses passes the level {level}")


def _places(found: Compound, passed: Flags, steps: Floats, level: float) -> Floats:
    """Places of the level [steps] where the range passes it, zero elsewhere, (c,)."""
    rows = passed[: len(found.mass)]
    places = np.zeros(len(found.mass))
    if rows.any():
        some = Compound(mass=found.mass[rows], mean=found.mean[rows])
        places[rows] = tail_of(some, np.ones(len(found.mass)), level).value_at_risk
    return np.broadcast_to(places, (len(steps),))


def _first_range(cell: LossCell, level: float) -> float:
    """A single loss as rare as the level, and the losses of a usual year."""
    rare = (1.0 - level) / max(cell.frequency.mean, 1.0)
    usual = cell.mean if np.isfinite(cell.mean) else 0.0
    return float(cell.severity.ppf(np.asarray(1.0 - rare))) + usual


def _extrapolated_figures(
    cells: Sequence[LossCell], sums: Sums, ranges: Floats, level: float, size: int
) -> TailFigures:
    """Figures from three lattices, of which each has half the step of the one before."""
    limited = limited_means(cells, ranges / size, size)
    tails = []
    for stride in (4, 2, 1):
        steps = ranges * stride / size
        tails.append(tail_of(sums(limited[:, ::stride], steps), steps, level))
    value, value_error = _figure([tail.value_at_risk for tail in tails])
    shortfall, shortfall_error = _figure([tail.expected_shortfall for tail in tails])
    return TailFigures(value, value_error, shortfall, shortfall_error)


def _figure(found: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Extrapolate figures of three steps; the error is the change by the last one, and what wraps round."""
    before, best = extrapolated(found[0], found[1]), extrapolated(found[1], found[2])
    with np.errstate(invalid="ignore", divide="ignore"):  # infinite figures are exact
        error = np.abs(best - before) / np.abs(best)
    return best, np.where(np.isfinite(error), error, 0.0) + np.exp(-TILT)
