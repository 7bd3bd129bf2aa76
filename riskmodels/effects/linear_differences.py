"""Differences in differences of outcomes that add up: fixed effects, imputation, and group by time."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.estimates import EffectEstimate, effect_estimate
from riskmodels.effects.treated import Treated
from riskmodels.errors import TooLittleError

_NOTHING = 1e-9  # of squared weights: rounding
_SINGULAR = 1e-10  # of the largest eigenvalue: one that is as good as none
_FEWEST = 2  # treated units, which differ
_GROUPS = 4  # with and without, before and after


@dataclass(frozen=True, kw_only=True, eq=False)
class _TwoWay:
    """Least squares with unit and period effects: cell weights, inverse unit totals, inverse of the rest."""

    weight: Floats
    by_unit: Floats
    inverse: Floats

    @classmethod
    def of(cls, weight: Floats) -> "_TwoWay":
        total = weight.sum(axis=1)
        by_unit = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
        schur = np.diag(weight.sum(axis=0)) - weight.T @ (by_unit[:, None] * weight)
        return cls(
            weight=weight, by_unit=by_unit, inverse=np.linalg.pinv(schur, rcond=_SINGULAR, hermitian=True)
        )

    def solve(self, units: Floats, periods: Floats) -> Floats:
        """Solve the normal equations for sums by unit and period; return unit plus period effects, (n, T)."""
        time = self.inverse @ (periods - self.weight.T @ (self.by_unit * units))
        return np.asarray((self.by_unit * (units - self.weight @ time))[:, None] + time)

    def fitted(self, values: Floats) -> Floats:
        """Fit the effects to values, shape (n, T), of cells with weight."""
        weighed = self.weight * np.where(self.weight > 0, values, 0.0)
        return self.solve(weighed.sum(axis=1), weighed.sum(axis=0))


def fixed_effects(data: Treated, *, level: float) -> tuple[EffectEstimate, pd.DataFrame]:
    """Regress the outcome on the action with unit and period effects; errors clustered by unit.

    Where starts are staggered and effects change with time, it compares with units treated already
    (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014).
    """
    values = data.rates()
    weight = np.isfinite(values) * data.weights[:, None]
    space = _TwoWay.of(weight)
    known, action = np.where(weight > 0, values, 0.0), data.after.astype(float)
    apart, outcome = action - space.fitted(action), known - space.fitted(known)
    information = (weight * apart**2).sum()
    if not information > _NOTHING:
        raise TooLittleError(
            "the action cannot be separated from the units and the periods: all have it at once"
        )
    estimate = float((weight * apart * outcome).sum() / information)
    by_unit = (weight * apart * (outcome - estimate * apart)).sum(axis=1)
    units, cells = int((weight > 0).any(axis=1).sum()), int((weight > 0).sum())
    # parameters of units nest in the clusters, and are not counted
    parameters = int((weight > 0).any(axis=0).sum()) + 1
    small = units / (units - 1) * (cells - 1) / (cells - parameters)
    effect = effect_estimate(
        "difference in differences",
        scale="difference",
        estimate=estimate,
        standard_error=_error(by_unit / information, data, small),
        degrees=units - 1,
        level=level,
    )
    return effect, _cells(data, values - space.fitted(known - estimate * action))


def imputation(data: Treated, *, level: float) -> tuple[EffectEstimate, pd.DataFrame]:
    """Impute what treated cells would be from unit and period effects of cells without the action.

    Borusyak, Jaravel and Spiess 2024, doi:10.1093/restud/rdae007; their errors, clustered by unit, with
    effects averaged over all treated cells.
    """
    values, after = data.rates(), data.after
    weight = np.isfinite(values) * ~after * data.weights[:, None]
    space = _TwoWay.of(weight)
    without = space.fitted(values)
    reached = (weight.sum(axis=1) > 0)[:, None] & (weight.sum(axis=0) > 0)
    chosen = after & np.isfinite(values) & reached
    share = chosen * data.weights[:, None]
    if not share.sum() > 0:
        raise TooLittleError("no unit with the action has a known period before it and a comparison after it")
    share = share / share.sum()
    gap = np.where(chosen, values - without, 0.0)
    estimate = float((share * gap).sum())
    learnt = weight * space.solve(share.sum(axis=1), share.sum(axis=0))
    residual = np.where(weight > 0, values - without, 0.0)
    by_unit = (share * (gap - estimate)).sum(axis=1) - (learnt * residual).sum(axis=1)
    effect = effect_estimate(
        "difference in differences (imputation)",
        scale="difference",
        estimate=estimate,
        standard_error=_error(by_unit, data, 1.0),
        degrees=max(int(data.ever.sum()) - 1, 1),
        level=level,
    )
    return effect, _cells(data, np.where(chosen, values - without, np.nan))


def _error(by_unit: Floats, data: Treated, small: float) -> float:
    """Clustered standard error; a single treated unit says nothing of how much units differ: unknown."""
    return math.nan if data.ever.sum() < _FEWEST else float(np.sqrt(small * (by_unit**2).sum()))


def _cells(data: Treated, effects: Floats) -> pd.DataFrame:
    """Average effects, shape (n, T), by cohort and period of those with the action."""
    frames = []
    for first in data.cohorts:
        rows, columns = data.first == first, slice(int(first), None)
        part, values = effects[rows, columns], data.rates()[rows, columns]
        known = np.isfinite(part)
        units = known.sum(axis=0)
        mean = np.divide(
            np.where(known, part, 0.0).sum(axis=0), units, out=np.full(len(units), np.nan), where=units > 0
        )
        seen = np.divide(
            np.where(known, values, 0.0).sum(axis=0), units, out=np.full(len(units), np.nan), where=units > 0
        )
        frames.append(
            _cohort(data, int(first), range(int(first), len(data.periods)), mean).assign(
                units=units, observed=seen, expected=seen - mean
            )
        )
    return pd.concat(frames, ignore_index=True)


def _cohort(data: Treated, first: int, places: range, estimates: Floats) -> pd.DataFrame:
    """Name cells of a cohort."""
    time = np.array(places)
    return pd.DataFrame(
        {
            "cohort": data.periods[[first] * len(time)],
            "period": data.periods[time],
            "event_time": time - first,
            "units": int((data.first == first).sum()),
            "observed": np.nan,
            "expected": np.nan,
            "estimate": estimates,
            "standard_error": np.nan,
        }
    )


def group_time(data: Treated, *, level: float) -> tuple[EffectEstimate, pd.DataFrame, pd.DataFrame]:
    """Compare each cohort with the units that never get the action, period by period.

    Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001: after the start with the period before
    it, before the start with the period before each; on a full panel the same as Sun and Abraham's.

    Returns
    -------
    EffectEstimate, DataFrame, DataFrame
        The simple average; one row per cohort and period; and the averages: by (simple, group, dynamic,
        calendar), value (NaN: of all), estimate, standard_error.
    """
    values, length = data.rates(), data.values.shape[1]
    never = ~data.ever
    if not never.any():
        raise TooLittleError("every unit gets the action in the end: take method='imputation'")
    firsts = [int(first) for first in data.cohorts if first > 0]
    cells = [(first, time) for first in firsts for time in range(1, length)]
    pairs = [_compared(values, data, first, time, never) for first, time in cells]
    estimates, influence = np.array([one for one, _ in pairs]), np.stack([one for _, one in pairs])
    frame = pd.concat(
        [_cohort(data, first, range(1, length), np.full(length - 1, np.nan)) for first in firsts],
        ignore_index=True,
    )
    frame = frame.assign(estimate=estimates, standard_error=np.sqrt((influence**2).sum(axis=1)))
    averages = _Averages(data=data, cells=np.array(cells), estimates=estimates, influence=influence)
    table = averages.table()
    simple = table.iloc[0]
    effect = effect_estimate(
        "difference in differences (group by time)",
        scale="difference",
        estimate=float(simple["estimate"]),
        standard_error=_error(averages.simple[1], data, 1.0),
        degrees=len(data.units) - 1,
        level=level,
    )
    return effect, frame, table


def _compared(values: Floats, data: Treated, first: int, time: int, never: Flags) -> tuple[float, Floats]:
    """Difference of changes of a cohort and of units without the action, and what each unit adds to it."""
    change = values[:, time] - values[:, first - 1 if time >= first else time - 1]
    total, influence = 0.0, np.zeros(len(change))
    for group, sign in ((data.first == first, 1.0), (never, -1.0)):
        weight = np.where(group & np.isfinite(change), data.weights, 0.0)
        if not weight.any():
            return math.nan, np.full(len(change), np.nan)
        weight = weight / weight.sum()
        mean = (weight * np.where(weight > 0, change, 0.0)).sum()
        total += sign * mean
        influence += sign * weight * np.where(weight > 0, change - mean, 0.0)
    return float(total), influence


@dataclass(frozen=True, kw_only=True, eq=False)
class _Averages:
    """Averages over cells (first, time), by the share of their cohorts among the units."""

    data: Treated
    cells: Floats
    estimates: Floats
    influence: Floats

    def mean(self, chosen: Flags) -> tuple[float, Floats]:
        """Average some cells; the shares of cohorts are estimates themselves."""
        chosen = chosen & np.isfinite(self.estimates)
        if not chosen.any():
            return math.nan, np.full(len(self.data.units), np.nan)
        unit = self.data.weights / self.data.weights.sum()
        belongs = unit * (self.data.first == self.cells[chosen, :1])
        share = belongs.sum(axis=1)
        weight = share / share.sum()
        estimate = float(weight @ self.estimates[chosen])
        drawn = (self.estimates[chosen] - estimate) @ (belongs - np.outer(share, unit)) / share.sum()
        return estimate, weight @ self.influence[chosen] + drawn

    @property
    def simple(self) -> tuple[float, Floats]:
        """Of all cells with the action."""
        return self.mean(self.cells[:, 1] >= self.cells[:, 0])

    def table(self) -> pd.DataFrame:
        """All averages."""
        first, time = self.cells.T
        rows = [("simple", math.nan, *self.simple)]
        kinds = {"group": first, "dynamic": time - first, "calendar": time}
        for name, values in kinds.items():
            after = time >= first
            asked = np.unique(values if name == "dynamic" else values[after])
            parts = [self.mean((values == value) & (after | (name == "dynamic"))) for value in asked]
            if name == "group":
                shares = np.array([self.data.weights[self.data.first == value].sum() for value in asked])
                rows.append((name, math.nan, *self._of_groups(parts, shares)))
            else:
                kept = [
                    part for part, value in zip(parts, asked, strict=True) if name != "dynamic" or value >= 0
                ]
                means = np.array([part[0] for part in kept])
                rows.append(
                    (name, math.nan, float(means.mean()), np.mean([part[1] for part in kept], axis=0))
                )
            rows += [(name, float(value), *part) for value, part in zip(asked, parts, strict=True)]
        return pd.DataFrame(
            {
                "by": [row[0] for row in rows],
                "value": [row[1] for row in rows],
                "estimate": [row[2] for row in rows],
                "standard_error": [float(np.sqrt((row[3] ** 2).sum())) for row in rows],
            }
        )

    def _of_groups(self, parts: list[tuple[float, Floats]], shares: Floats) -> tuple[float, Floats]:
        """Average cohorts by their size."""
        means, weight = np.array([part[0] for part in parts]), shares / shares.sum()
        estimate = float(weight @ means)
        unit, asked = self.data.weights / shares.sum(), self.data.cohorts[self.data.cohorts > 0]
        drawn = (means - estimate) @ (unit * (self.data.first == asked[:, None]))
        return estimate, weight @ np.stack([part[1] for part in parts]) + drawn


def repeated_cross_sections(
    outcome: Floats, *, treated: Flags, after: Flags, level: float = 0.9
) -> EffectEstimate:
    """Compare the change of two groups of cases that are not the same before and after.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        NaN is left out.
    treated, after : ndarray of bool, shape (n,)
        The group with the action, and its time.
    level : float
        Probability of the interval: .9.

    Notes
    -----
    Errors assume independent cases of one variance, as an ordinary regression does.
    """
    known = np.isfinite(outcome)
    values, group = outcome[known], (2 * np.asarray(treated, dtype=int) + np.asarray(after, dtype=int))[known]
    number = np.bincount(group, minlength=_GROUPS)
    if (number == 0).any() or len(values) <= _GROUPS:
        raise TooLittleError("a group has no case before or after the action: there is nothing to compare")
    mean = np.bincount(group, values, minlength=_GROUPS) / number
    variance = ((values - mean[group]) ** 2).sum() / (len(values) - _GROUPS)
    return effect_estimate(
        "difference in differences (cross-sections)",
        scale="difference",
        estimate=float(mean[3] - mean[2] - mean[1] + mean[0]),
        standard_error=float(np.sqrt(variance * (1.0 / number).sum())),
        degrees=len(values) - _GROUPS,
        level=level,
    )
