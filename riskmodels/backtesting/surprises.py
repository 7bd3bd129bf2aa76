"""Where a surprise lies: what moved everything, and which products or units moved beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.grouping import add_rows

BANK, NEW = "bank", "new"
_FALSE = 0.1  # chance that a period without any event of its own has a part that stands out; a choice
_TRIED = 8  # groups of a kind, farthest from what is expected, that are looked at closely
_MOST = 6  # parts that stand out: more have one cause
_ROUNDS, _FINAL_ROUNDS = 8, 200  # of fitting in turn: enough to compare, and to add up
_LEAST = 0.5  # events that are expected, at least, when a deviation is judged
_HALF = 0.5  # event: what came is whole
_ROUNDING = 1e-12  # of factors that do not move any more
_NORMAL = 1.96  # standard deviations, within which 95 % lie


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """One way to group the cells of a bank, e.g. by product.

    Attributes
    ----------
    kind : str
        What they are grouped by.
    names : tuple of str
        Of the g groups.
    codes : ndarray of int, shape (c,)
        Group of each cell.
    deviation : ndarray, shape (g,)
        [events] Standard deviation of what a group has beyond its share of the whole, by chance.
    """

    kind: str
    names: tuple[str, ...]
    codes: Integers
    deviation: Floats

    def sums(self, values: Floats) -> Floats:
        """Add up cells by group: (c,) -> (g,)."""
        return add_rows(values, self.codes, len(self.names))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """What is expected of cells once some groups, and the bank, have moved; by which factors."""

    fitted: Floats
    bank: float
    factors: tuple[float, ...]


def parts_of(
    expected: Floats, came: Floats, groups: Sequence[Groups], *, usual: tuple[float, float], deviation: float
) -> pd.DataFrame:
    """Split what came beyond what was expected of the cells of a bank.

    Parameters
    ----------
    expected, came : ndarray, shape (c,)
        [events] Of each cell, such as a product in a unit.
    groups : sequence of Groups
        The ways in which cells may have moved together.
    usual : (float, float)
        [events] Between which the surprise of all cells lies in 95 of 100 cases.
    deviation : float
        [events] Standard deviation of the surprise of all cells.

    Returns
    -------
    DataFrame
        The bank first, then every group: ``kind``, ``name``, ``expected``, ``came``, ``surprise``,
        ``usual_lower``, ``usual_upper`` [events], ``stands_out``. The surprises add up to that of all cells.

    Notes
    -----
    Every cell has the factor of the bank and those of its groups that stand out. A group stands out where its
    own factor makes the whole likelier by more than chance would (deviances over the forecast's own
    dispersion; Bonferroni over all groups); the likeliest comes first. The factors are those of maximum
    likelihood, so that a group that stands out has no part in the bank's. Groups that do not stand out have
    what is left, which adds up to nothing.
    """
    chosen = _chosen(expected, came, groups, deviation)
    fit = _fitted(expected, came, [groups[kind].codes == one for kind, one in chosen], _FINAL_ROUNDS)
    own = [one.sums(came - fit.fitted) for one in groups]
    course = expected * fit.bank
    for (kind, group), factor in zip(chosen, fit.factors, strict=True):
        cells = groups[kind].codes == group
        own[kind][group] += course[cells].sum() * (factor - 1.0)
        course = np.where(cells, course * factor, course)
    moved = float(expected.sum() * (fit.bank - 1.0))
    beyond = not usual[0] - _HALF <= moved <= usual[1] + _HALF
    rows = [_row(BANK, "", (expected.sum(), came.sum(), moved), usual, stands_out=beyond)]
    for kind, (one, found) in enumerate(zip(groups, own, strict=True)):
        due, seen, wide = one.sums(expected), one.sums(came), _NORMAL * one.deviation
        rows += [
            _row(one.kind, name, cell, (-width, width), stands_out=(kind, place) in chosen)
            for place, (name, width, cell) in enumerate(
                zip(one.names, wide, zip(due, seen, found, strict=True), strict=True)
            )
        ]
    return pd.DataFrame(rows)


def _row(
    kind: str,
    name: str,
    figures: tuple[float, float, float],
    usual: tuple[float, float],
    *,
    stands_out: bool,
) -> dict[str, object]:
    named = ("expected", "came", "surprise", "usual_lower", "usual_upper")
    found = dict(zip(named, map(float, (*figures, *usual)), strict=True))
    return {"kind": kind, "name": name, **found, "stands_out": stands_out}


def _chosen(
    expected: Floats, came: Floats, groups: Sequence[Groups], deviation: float
) -> list[tuple[int, int]]:
    """Choose the groups that stand out, as (place in ``groups``, group), the likeliest first."""
    least = _least_of(groups)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < _MOST:
        masks = [groups[kind].codes == one for kind, one in chosen]
        fit = _fitted(expected, came, masks, _ROUNDS)
        now = _misfit(fit, expected, came, groups, chosen, deviation)
        tried = [
            (_with(expected, came, groups, [*chosen, one], deviation), one)
            for one in _candidates(fit, expected, came, groups, chosen)
        ]
        if not tried or now - min(tried)[0] < least:
            break
        chosen.append(min(tried)[1])
    return chosen


def _least_of(groups: Sequence[Groups]) -> float:
    """Deviance that a part must explain to stand out, as one of so many."""
    return float(scipy.special.chdtri(1, _FALSE / max(sum(len(one.names) for one in groups), 1)))


def _candidates(
    fit: _Fit, expected: Floats, came: Floats, groups: Sequence[Groups], chosen: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the groups that are farthest from what is expected; of a kind, half at most stand out."""
    found: list[tuple[int, int]] = []
    for kind, one in enumerate(groups):
        if sum(place == kind for place, _ in chosen) >= max(len(one.names) // 2, 1):
            continue
        far = -_deviances(one, came, fit.fitted, expected)
        found += [(kind, int(place)) for place in np.argsort(far, kind="stable")[:_TRIED]]
    return [one for one in found if one not in chosen]


def _with(
    expected: Floats, came: Floats, groups: Sequence[Groups], chosen: list[tuple[int, int]], deviation: float
) -> float:
    fit = _fitted(expected, came, [groups[kind].codes == one for kind, one in chosen], _ROUNDS)
    return _misfit(fit, expected, came, groups, chosen, deviation)


def _misfit(
    fit: _Fit,
    expected: Floats,
    came: Floats,
    groups: Sequence[Groups],
    chosen: list[tuple[int, int]],
    deviation: float,
) -> float:
    """Deviance of the groups that have no factor of their own, and of the bank's factor: at most one part's.

    Else many groups would stand in for a factor of the bank that is far from one.
    """
    total = np.array([expected.sum()])
    bank = _deviance(total * fit.bank, total, deviation**2 / np.maximum(total, _LEAST))
    whole = min(float(bank[0]), _least_of(groups))
    for kind, one in enumerate(groups):
        found = _deviances(one, came, fit.fitted, expected)
        found[[place for which, place in chosen if which == kind]] = 0.0
        whole += float(found.sum())
    return whole


def _deviances(one: Groups, came: Floats, fitted: Floats, expected: Floats) -> Floats:
    """Deviances of groups; what varies beyond chance counts is in proportion to what is expected of them."""
    due, now = one.sums(expected), one.sums(fitted)
    excess = np.maximum(one.deviation**2 / np.maximum(due, _LEAST) - 1.0, 0.0)
    return _deviance(one.sums(came), now, 1.0 + excess * now / np.maximum(due, _LEAST))


def _deviance(came: Floats, due: Floats, dispersion: Floats) -> Floats:
    """Twice the log-likelihood that the seen mean has over the one that was due."""
    due = np.maximum(due, _LEAST)
    found = 2.0 * (scipy.special.xlogy(came, came / due) - came + due)
    return np.asarray(found / np.maximum(dispersion, 1.0))


def _fitted(expected: Floats, came: Floats, masks: Sequence[Flags], rounds: int) -> _Fit:
    """Fit a factor to all cells and one to each mask, in turn, so that their sums are what came."""
    fitted, bank, factors = expected.copy(), 1.0, [1.0] * len(masks)
    for _ in range(rounds):
        moved = 0.0
        for place, mask in enumerate(masks):
            step = _ratio(came[mask].sum(), fitted[mask].sum())
            fitted[mask] *= step
            factors[place] *= step
            moved = max(moved, abs(step - 1.0))
        step = _ratio(came.sum(), fitted.sum())
        fitted, bank = fitted * step, bank * step
        if not masks or max(moved, abs(step - 1.0)) < _ROUNDING:
            break
    return _Fit(fitted=fitted, bank=bank, factors=tuple(factors))


def _ratio(came: float, due: float) -> float:
    return float(came / due) if due > 0 else 1.0
