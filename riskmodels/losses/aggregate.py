"""The distribution of a year's losses: every cell and their total, exact up to an error that is stated."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.display import Displayed, shown_money
from riskmodels.errors import ParameterError
from riskmodels.labels import label
from riskmodels.losses.cells import LossCell, limited_means
from riskmodels.losses.compounding import Sums, independent_sums, sum_dependent, without_loss
from riskmodels.losses.dependence import Dependence
from riskmodels.losses.graded import smooth_tails, steps_of
from riskmodels.losses.lattice import TILT, Compound, tail_of

_TOTAL = "total"
_TOLERANCE, _ROUGH = 1e-5, 1e-2  # relative errors: of figures, of cells that only a range is taken from
_FIRST, _LARGEST, _COARSE, _DEPENDENT = 2**10, 2**20, 2**8, 2**10  # points of lattices
_POINTS, _FIRST_OF_FEW = 2**16, 2**14  # of all first lattices together, and at most of each
_AT_ONCE = 2**21  # points of lattices
_RARE = 0.9999  # level beyond which the range has twice the room
_ROOM = 1.6  # range over the value-at-risk
_FEWEST_STEPS = 64  # up to the level, for it to be read off
_TRIES = 60  # ranges tried, each about twice the last: 60 of them are beyond any amount


@dataclass(frozen=True, eq=False)
class TailFigures:
    """Value-at-risk and expected shortfall of r sums at a level, and their relative errors, each (r,)."""

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
        One row per cell and the total: ``cell``, ``losses`` [a year], ``mean``, ``value_at_risk`` and
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
        """Figures of the total, which are kept once they were asked for."""
        _check_level(level)
        if level not in self._known:
            self._known[level] = _total_figures(self.cells, self.dependence, level)
        return self._known[level]

    @cached_property
    def _known(self) -> dict[float, TailFigures]:
        row = self.table.iloc[-1]
        return {self.level: TailFigures(*(np.array([row[field.name]]) for field in fields(TailFigures)))}

    @cached_property
    def sentence(self) -> str:
        """Say what is expected in a year and what a bad year costs."""
        row = self.table.iloc[-1]
        mean, risk, shortfall = map(shown_money, (self.mean, row["value_at_risk"], row["expected_shortfall"]))
        return label(
            "A year costs {mean} on average; with a probability of {level:.1%} not more than"
            " {risk}, and {shortfall} on average beyond that.",
            mean=mean,
            risk=risk,
            shortfall=shortfall,
            level=self.level,
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
        Value-at-risk and expected shortfall of every cell and the total, each with a bound of its error: what
        half the step of a lattice changes. The order of the cells does not matter.

    Raises
    ------
    ParameterError
        There is no cell, two have the same name, or the level is not between 0 and 1.

    Notes
    -----
    Lattices that keep the means of smooth functions, fast Fourier transforms with exponential tilting (Grübel
    & Hermesmeier 1999, doi:10.2143/AST.29.2.504611); the range grows until it passes the level.
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
    """Figures of the total, all cells on one lattice; ``alone`` are the cells' where already known."""
    known = alone or _cell_figures(cells, level, tolerance=_ROUGH)
    if dependence is None:
        return _independent_figures(cells, level, known)
    return _dependent_figures(cells, dependence, level, known)


def _dependent_figures(
    cells: Sequence[LossCell], dependence: Dependence, level: float, alone: TailFigures
) -> TailFigures:
    """Figures of the total of cells that move together: the error is what half the steps and nodes change.

    The range starts with the sum of the cells' values-at-risk.
    """
    ranges = np.full(len(cells), 1.2 * alone.value_at_risk.sum())  # a fifth more than if all were bad at once
    for _ in range(_TRIES):
        limited = limited_means(cells, ranges / _DEPENDENT, _DEPENDENT)
        found = []
        for stride in (2, 1):
            steps = ranges * stride / _DEPENDENT
            found.append(sum_dependent(cells, dependence, limited[:, ::stride], steps))
        if found[-1].passes(level).all():
            return _compared_figures(found, ranges, level)
        ranges = 2.0 * ranges
    raise ParameterError(f"no range of losses passes the level {level}")


def _compared_figures(found: Sequence[Compound], ranges: Floats, level: float) -> TailFigures:
    coarse, fine = (
        tail_of(one, ranges * stride / _DEPENDENT, level) for one, stride in zip(found, (2, 1), strict=True)
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
    """Figures of every cell, each on a lattice of its own."""
    return _settled([[cell] for cell in cells], _first_ranges(cells, level), level, tolerance)


def _independent_figures(cells: Sequence[LossCell], level: float, alone: TailFigures) -> TailFigures:
    """Figures of the total of independent cells.

    Its range starts as if what they lose beyond their means were normal.
    """
    means = np.array([cell.mean for cell in cells])
    usual = np.where(np.isfinite(means), means, 0.0)
    first = usual.sum() + np.linalg.norm(alone.value_at_risk - usual)
    return _settled([cells], _ROOM * np.atleast_1d(first), level, _TOLERANCE)


def _settled(sums: Sums, first: Floats, level: float, tolerance: float) -> TailFigures:
    """Figures of sums on lattices that are refined until they agree with those of twice the step."""
    found = _of_no_loss(sums, level)
    rows = np.flatnonzero(without_loss(sums) < level)
    ranges, size = first.copy(), _first_size(max(len(sums), len(sums[0])))
    ranges[rows] = _ranges([sums[row] for row in rows.tolist()], first[rows], level)
    while len(rows):
        for part in np.array_split(rows, -(-len(rows) * size // _AT_ONCE)):  # so that memory is bounded
            some = [sums[row] for row in part.tolist()]
            found[:, part] = _agreeing(some, ranges[part], level, size).rows
        rows = rows[TailFigures(*found[:, rows]).worst > tolerance] if size < _LARGEST else rows[:0]
        size *= 2
    return TailFigures(*found)


def _of_no_loss(sums: Sums, level: float) -> Floats:
    """Figures where the probability of no loss suffices, exact, (4, r)."""
    means = np.array([sum(cell.mean for cell in one) for one in sums])
    none, error = np.zeros(len(sums)), np.full(len(sums), np.exp(-TILT))
    return np.stack([none, error, means / (1.0 - level), error])


def _first_size(cells: int) -> int:
    """Points of the first lattice: many where there are few cells, which cost nothing then."""
    return int(np.clip(2 ** int(np.log2(_POINTS / cells)), _FIRST, _FIRST_OF_FEW))


def _agreeing(sums: Sums, ranges: Floats, level: float, size: int) -> TailFigures:
    """Figures on a lattice; their errors are what twice the step changes, and what wraps round."""
    fine, coarse = (
        smooth_tails(one, ranges / steps_of(size >> halving), [level])[0]
        for halving, one in enumerate(independent_sums(sums, ranges, size, halvings=1))
    )
    return TailFigures(
        value_at_risk=fine.value_at_risk,
        value_at_risk_error=_change(coarse.value_at_risk, fine.value_at_risk),
        expected_shortfall=fine.expected_shortfall,
        expected_shortfall_error=_change(coarse.expected_shortfall, fine.expected_shortfall),
    )


def _change(coarse: Floats, fine: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):  # infinite figures are exact
        error = np.abs(coarse / fine - 1.0)
    return np.asarray(np.where(np.isfinite(error), error, 0.0) + np.exp(-TILT))


def _ranges(sums: Sums, first: Floats, level: float) -> Floats:
    """Ranges that pass the level with some room, shape (r,), found on a coarse lattice.

    They are widened where they do not pass, and narrowed where the level lies in the first steps, but never
    to where they have failed before: between common and very rare losses there may be a gap.
    """
    room = _ROOM if level <= _RARE else 2.0 * _ROOM  # rounding errors grow towards the end of the range
    ranges, wanted = first.copy(), first.copy()
    failed, passing = np.zeros(len(sums)), np.full(len(sums), np.inf)
    rows = np.arange(len(sums))
    for _ in range(_TRIES):
        if not len(rows):
            return ranges
        at = ranges[rows]
        passed, places = _places([sums[row] for row in rows.tolist()], at, level)
        failed[rows] = np.where(passed, failed[rows], np.maximum(failed[rows], at))
        passing[rows] = np.where(passed, np.minimum(passing[rows], at), passing[rows])
        low, high = failed[rows], passing[rows]
        steps = at / steps_of(_COARSE)
        wanted[rows] = np.maximum(room * np.maximum(places, _FEWEST_STEPS) * steps, np.sqrt(low * high))
        # known to a fifth, which is near enough to start
        done = passed & ((places >= _FEWEST_STEPS) | (high < 1.2 * low))
        wider = np.where(np.isfinite(high), np.sqrt(at * np.where(np.isfinite(high), high, 1.0)), 4.0 * at)
        ranges[rows] = np.where(
            done,
            np.where(wanted[rows] > low, wanted[rows], at),
            np.where(passed, np.minimum(wanted[rows], at), wider),
        )
        rows = rows[~done]
    raise ParameterError(f"no range of losses passes the level {level}")


def _places(sums: Sums, ranges: Floats, level: float) -> tuple[Flags, Floats]:
    """Return which ranges pass the level on a coarse lattice, and at which step, zero where none, (r,)."""
    (found,) = independent_sums(sums, ranges, _COARSE)
    passed, places = found.passes(level), np.zeros(len(ranges))
    if passed.any():
        some = Compound(mass=found.mass[passed], mean=found.mean[passed])
        places[passed] = smooth_tails(some, np.ones(len(some.mean)), [level])[0].value_at_risk
    return passed, places


def _first_ranges(cells: Sequence[LossCell], level: float) -> Floats:
    """A single loss as rare as the level, and all losses of a year with as many as is that rare, (c,)."""
    mean, dispersion, usual = np.array(
        [[cell.frequency.mean, cell.frequency.dispersion, cell.mean] for cell in cells]
    ).T
    shape = 1.0 / (dispersion + 1.0 / mean)  # of a gamma number of the same variance
    many = scipy.special.gammaincinv(shape, level) / shape
    rare = 1.0 - (1.0 - level) / np.maximum(mean, 1.0)
    largest = [
        float(cell.severity.ppf(np.asarray(share))) for cell, share in zip(cells, rare.tolist(), strict=True)
    ]
    found: Floats = np.array(largest) + many * np.where(np.isfinite(usual), usual, 0.0)
    return found
