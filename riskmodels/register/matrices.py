"""What is wrong with a risk matrix: Cox's axioms, cell by cell, and how often it ranks risks wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import clauses, commas, label, marked, titled

CHECKS = (
    marked("weak consistency"),
    marked("betweenness"),
    marked("consistent colouring"),
    marked("monotone"),
)
_COLOURS = {"green": 0, "amber": 1, "yellow": 1, "red": 2}  # order of the levels; amber and yellow are one
_ROUNDING = 1 + 1e-9  # factor: cells that share a corner touch and do not overlap
_STEPS = 4096  # of risk, for the integral of the reversal rate
_NAMED = 4  # violations that a table's text spells out


@dataclass(frozen=True, kw_only=True, eq=False)
class MatrixLint(Displayed):
    """Which rules a risk matrix keeps, and how often it misleads.

    Attributes
    ----------
    table : DataFrame
        One row per check, in the order of ``CHECKS``: check, passed, violations (their number), detail
        (text).
    violations : DataFrame
        One row per violation: check, cell, other (the second cell of a pair, else empty), problem. Cells are
        written as likelihood × impact: the labels of a frame, or places counted from 1, lowest first.
    levels : tuple of int or str
        The levels that the matrix uses, rising; the first is "green" and the last "red" in Cox's sense.
    reversal_rate : float
        Share of pairs of random risks that the matrix orders opposite to likelihood × impact, in [0, 1].
    tie_rate : float
        Share of pairs that the matrix puts in the same level although they differ, in [0, 1].

    Notes
    -----
    Random risks are independent and uniform over the rectangle of the limits. Real risks are not: where
    likelihood and impact are negatively related, a matrix misleads more often than these rates say.
    """

    table: pd.DataFrame
    violations: pd.DataFrame
    levels: tuple[int | str, ...]
    reversal_rate: float
    tie_rate: float

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return bool(self.table["passed"].all())

    @property
    def sentence(self) -> str:
        """Say which checks fail, and how many pairs of risks are ranked wrongly or not at all."""
        rates = {"reversed": self.reversal_rate, "tied": self.tie_rate}
        failed = [label(check) for check in self.table.loc[~self.table["passed"], "check"]]
        if not failed:
            return label(
                "The matrix passes every check; of pairs of random risks it ranks {reversed:.1%} the wrong"
                " way round and leaves {tied:.0%} tied.",
                **rates,
            )
        return label(
            "The matrix fails {failed}; of pairs of random risks it ranks {reversed:.1%} the wrong way round "
            "and leaves {tied:.0%} tied.",
            failed=commas(failed),
            **rates,
        )

    def summary(self) -> pd.DataFrame:
        """Return the checks."""
        return self.table


def lint_matrix(
    matrix: npt.ArrayLike | pd.DataFrame,
    *,
    likelihood_limits: Sequence[float] | Floats | None = None,
    impact_limits: Sequence[float] | Floats | None = None,
) -> MatrixLint:
    """Check a risk matrix against the axioms of Cox (2008) and measure how often it misleads.

    Parameters
    ----------
    matrix : array_like or DataFrame, shape (n, m)
        Level of every cell: rows are likelihood, the lowest first, columns are impact, the lowest first.
        Either the colours "green", "amber" (or "yellow") and "red", or whole numbers, larger is worse. The
        least level used counts as green, the greatest as red, all others as intermediate.
    likelihood_limits, impact_limits : sequence of float, shape (n + 1,) and (m + 1,), optional
        Edges of the bands with both ends, rising, not negative, finite; in any unit, as the result does not
        depend on it. Without: equal bands of [0, 1].

    Returns
    -------
    MatrixLint
        ``reversal_rate + tie_rate <= 1``; the matrix transposed (with its limits) has the same verdicts and
        rates.

    Raises
    ------
    ParameterError
        No rectangle of known levels, fewer than two levels, or limits that are no edges of its bands.

    Notes
    -----
    The risk of a point is likelihood × impact. Cells contain their edges: ``lo`` and ``hi`` are a cell's
    least and greatest risk, R is the least ``lo`` of the red cells, G the greatest ``hi`` of the green ones.

    - *Weak consistency*: every point of a red cell is at least as risky as every point of a green one,
      R ≥ G. A violation is a green and a red cell with ``hi`` of the green above ``lo`` of the red.
    - *Betweenness*: no small rise in likelihood and impact leads from green straight to red, so no neighbour
      above, to the right, or above to the right (across the corner) of a green cell is red. Two levels
      have no colour for what lies between.
    - *Consistent colouring*: a cell with points as risky as in a red cell and none as small as in a green
      one, ``hi`` ≥ R and ``lo`` > G, must be red; one with points as small as in a green cell and none as
      risky as in a red one, ``lo`` ≤ G and ``hi`` < R, must be green. An intermediate cell has points of
      both kinds or of neither. A red or green cell with points of the wrong kind is a matter of weak
      consistency, and not reported twice. As cells contain their edges, one that touches another kind at
      a corner may be intermediate.
    - *Monotone* (not an axiom of Cox): no level falls where likelihood or impact rises.

    Cox 2008, What's wrong with risk matrices?, doi:10.1111/j.1539-6924.2008.01030.x. Each axiom can fail
    while the others hold. Rates are integrals of the exact distribution of risk within each level, so no
    number is random; the tie rate is exact, and the reversal rate within 1e-5 of its true value.

    Examples
    --------
    >>> lint = lint_matrix([["green", "green"], ["green", "red"]])
    >>> lint.table[["check", "passed", "violations"]]
                      check  passed  violations
    0      weak consistency   False           2
    1           betweenness   False           3
    2  consistent colouring    True           0
    3              monotone    True           0
    >>> round(lint.reversal_rate, 4), lint.tie_rate
    (0.005, 0.625)
    """
    levels, names = _levels(matrix)
    rows = _limits(likelihood_limits, levels.shape[0], "likelihood_limits")
    columns = _limits(impact_limits, levels.shape[1], "impact_limits")
    grid = _Grid.of(levels, rows, columns, _cell_names(matrix, levels.shape))
    violations = pd.concat([_overlaps(grid), _leaps(grid), _miscoloured(grid), _falls(grid)])
    rates = _rates(levels, rows / rows[-1], columns / columns[-1])
    return MatrixLint(
        table=_verdicts(violations, two_levels=len(names) == 2),  # noqa: PLR2004 - the number is the name
        violations=violations.reset_index(drop=True),
        levels=names,
        reversal_rate=rates[0],
        tie_rate=rates[1],
    )


# ---- what is checked: levels, limits and cells ----


def _levels(matrix: Any) -> tuple[Integers, tuple[int | str, ...]]:
    """Rank the levels that a matrix uses from 0, and name them."""
    cells = _rectangle(matrix)
    coloured = any(isinstance(cell, str) for cell in cells.flat)
    ordinal = np.array([_ordinal(cell, coloured=coloured) for cell in cells.flat], dtype=np.int64)
    used, ranks = np.unique(ordinal, return_inverse=True)
    if len(used) < 2:  # noqa: PLR2004 - a matrix of one level distinguishes nothing
        raise ParameterError("matrix: it has one level only; a risk matrix needs at least two")
    names = [("green", "amber", "red")[place] if coloured else place for place in used.tolist()]
    return ranks.reshape(cells.shape), tuple(names)


def _rectangle(matrix: Any) -> npt.NDArray[Any]:
    try:
        cells = np.asarray(matrix, dtype=object)
    except ValueError:  # rows that no array can hold
        cells = np.empty(0, dtype=object)
    if cells.ndim != 2 or cells.size == 0:  # noqa: PLR2004 - likelihood and impact
        raise ParameterError("matrix: expected rows of one length, one a band of likelihood, lowest first")
    return cells


def _ordinal(cell: Any, *, coloured: bool) -> int:
    if coloured and isinstance(cell, str) and cell in _COLOURS:
        return _COLOURS[cell]
    number = isinstance(cell, int | float | np.integer | np.floating) and not isinstance(cell, bool)
    if not coloured and number and float(cell) == np.floor(float(cell)) and abs(float(cell)) < 2**53:
        return int(cell)
    expected = f"one of {', '.join(_COLOURS)}" if coloured else "a whole number"
    raise ParameterError(f"matrix: {cell!r} is no level; expected {expected} in every cell")


def _limits(limits: Sequence[float] | Floats | None, bands: int, name: str) -> Floats:
    if limits is None:
        return np.linspace(0.0, 1.0, bands + 1)
    try:
        edges = np.asarray(limits, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name}: expected numbers, got {limits!r}") from error
    rising = edges.shape == (bands + 1,) and bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all())
    if not rising or edges[0] < 0:
        raise ParameterError(
            f"{name}: expected {bands + 1} edges of {bands} bands with both ends, rising,"
            " finite and not negative"
        )
    return edges


def _cell_names(matrix: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Write every cell as likelihood × impact."""
    rows, columns = (range(1, length + 1) for length in shape)
    names = (matrix.index, matrix.columns) if isinstance(matrix, pd.DataFrame) else (rows, columns)
    return np.array([f"{row} × {column}" for row in names[0] for column in names[1]], dtype=object)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Grid:
    """The cells in rows of one array each; risks as shares of the greatest."""

    shape: tuple[int, ...]
    level: Integers
    low: Floats
    high: Floats
    name: npt.NDArray[Any]

    @classmethod
    def of(cls, levels: Integers, rows: Floats, columns: Floats, name: npt.NDArray[Any]) -> Self:
        shares = rows / rows[-1], columns / columns[-1]
        low = np.multiply.outer(shares[0][:-1], shares[1][:-1]).ravel()
        high = np.multiply.outer(shares[0][1:], shares[1][1:]).ravel()
        return cls(shape=levels.shape, level=levels.ravel(), low=low, high=high, name=name)

    @property
    def green(self) -> Flags:
        least: Flags = self.level == 0
        return least

    @property
    def red(self) -> Flags:
        greatest: Flags = self.level == self.level.max()
        return greatest

    def steps(self, up: int, right: int) -> tuple[Integers, Integers]:
        """Return the cells that have a neighbour so many bands up and right, and those neighbours."""
        place = np.arange(self.level.size).reshape(self.shape)
        rows, columns = self.shape
        return place[: rows - up, : columns - right].ravel(), place[up:, right:].ravel()


# ---- the checks ----


def _overlaps(grid: _Grid) -> pd.DataFrame:
    """Weak consistency: green cells with points that are riskier than points of red cells."""
    above = grid.high[:, None] > grid.low * _ROUNDING
    cell, other = np.nonzero(grid.green[:, None] & grid.red & above)
    return _found(grid, CHECKS[0], cell, other, marked("a green point is riskier than a red one"))


def _leaps(grid: _Grid) -> pd.DataFrame:
    """Betweenness: green cells next to a red one."""
    pairs = [grid.steps(up, right) for up, right in ((1, 0), (0, 1), (1, 1))]
    cell, other = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    leap = grid.green[cell] & grid.red[other]
    return _found(grid, CHECKS[1], cell[leap], other[leap], marked("green turns red at once"))


def _miscoloured(grid: _Grid) -> pd.DataFrame:
    """Consistent colouring: intermediate cells with points of one kind only."""
    least_red, greatest_green = grid.low[grid.red].min(), grid.high[grid.green].max()
    as_red, as_green = grid.high * _ROUNDING >= least_red, grid.low <= greatest_green * _ROUNDING
    between = ~grid.red & ~grid.green
    wrong = ((as_red & ~as_green, marked("must be red")), (as_green & ~as_red, marked("must be green")))
    found = [_found(grid, CHECKS[2], np.nonzero(between & kind)[0], None, must) for kind, must in wrong]
    return pd.concat(found)


def _falls(grid: _Grid) -> pd.DataFrame:
    """Monotone: neighbours with more likelihood or impact, and a lower level."""
    pairs = [grid.steps(up, right) for up, right in ((1, 0), (0, 1))]
    cell, other = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    fall = grid.level[other] < grid.level[cell]
    return _found(grid, CHECKS[3], cell[fall], other[fall], marked("the level falls"))


def _found(grid: _Grid, check: str, cell: Integers, other: Integers | None, problem: str) -> pd.DataFrame:
    others = np.full(len(cell), "", dtype=object) if other is None else grid.name[other]
    texts = {"check": check, "cell": grid.name[cell], "other": others, "problem": problem}
    return pd.DataFrame(texts, index=range(len(cell)), dtype="str")


def _verdicts(violations: pd.DataFrame, *, two_levels: bool) -> pd.DataFrame:
    """Give every check its row."""
    groups = [violations[violations["check"] == check] for check in CHECKS]
    number = [len(group) for group in groups]
    details = [_detail(group) for group in groups]
    if two_levels:
        details[1] = clauses(
            [label("two levels leave none for what lies between"), *filter(None, details[1:2])]
        )
    passed = [count == 0 for count in number]
    frame = pd.DataFrame({"check": CHECKS, "passed": passed, "violations": number, "detail": details})
    return frame.astype({"check": "str", "detail": "str"})


def _detail(violations: pd.DataFrame) -> str:
    """Spell out the first violations, grouped by problem."""
    parts = []
    for problem, group in violations.groupby("problem", sort=False):
        cells = [
            cell + (f" → {other}" if other else "") for cell, other in group[["cell", "other"]].to_numpy()
        ]
        more = [label("{number} more", number=len(cells) - _NAMED)] if len(cells) > _NAMED else []
        parts.append(titled(label(str(problem)), commas(cells[:_NAMED] + more)))
    return clauses(parts)


# ---- the rates ----


def _rates(levels: Integers, rows: Floats, columns: Floats) -> tuple[float, float]:
    """Reversal and tie rate, for edges as shares of the greatest.

    With F(k, t) the share of the rectangle that has level k and risk of at most t, a pair is reversed with
    chance 2 Σ ∫ F(k, t) dF(j, t) over levels j < k: the lower level has risk t, the higher one less.
    """
    corners = np.multiply.outer(rows, columns).ravel()
    risk = np.unique(np.concatenate([np.linspace(corners[0], 1.0, _STEPS + 1), corners]))
    share = _shares_below(risk, levels, rows, columns)
    middle = (share[:, 1:] + share[:, :-1]) / 2
    higher = np.cumsum(middle[::-1], axis=0)[::-1] - middle
    reversed_ = 2 * float((higher * np.diff(share, axis=1)).sum())
    return reversed_, float((share[:, -1] ** 2).sum())


def _shares_below(risk: Floats, levels: Integers, rows: Floats, columns: Floats) -> Floats:
    """F: for every level and risk, the share of the rectangle with this level and at most this risk."""
    share = np.zeros((int(levels.max()) + 1, risk.size))
    for (row, column), level in np.ndenumerate(levels):
        share[level] += _area_below(risk, rows[row : row + 2], columns[column : column + 2])
    total: Floats = share / ((rows[-1] - rows[0]) * (columns[-1] - columns[0]))
    return total


def _area_below(risk: Floats, x: Floats, y: Floats) -> Floats:
    """Area of a cell below each risk's hyperbola: full height to x = risk / top, risk / x to the floor."""
    full = np.clip(risk / y[1], x[0], x[1])
    end = np.clip(risk / y[0], x[0], x[1]) if y[0] > 0 else np.full_like(risk, x[1])
    curve = risk * np.log(np.divide(end, full, out=np.ones_like(risk), where=full > 0))
    area: Floats = (full - x[0]) * (y[1] - y[0]) + curve - y[0] * (end - full)
    return area
