"""Differences in differences of counts: unit and period effects on the logarithm, one treated unit or many.

A single treated unit says nothing of how much units move by themselves; what the other units did at the
same time does. The variance of a change is therefore that of counting and, beside it, the variance of
changes among units without the action that counting does not explain.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.estimates import EffectEstimate, effect_estimate
from riskmodels.effects.treated import Treated
from riskmodels.errors import TooLittleError
from riskmodels.rates.moments import variance_beyond

_ROUNDS = 2000  # of proportional fitting: a complete table needs a handful
_CHANGE = 1e-10  # of a factor, at which they end
_HALF = 0.5  # events, instead of none, in a logarithm
_SINGULAR = 1e-10  # of the largest eigenvalue: one that is as good as none
_FEWEST_CONTROLS = 3  # units without the action: fewer say nothing of how much units move


@dataclass(frozen=True, kw_only=True, eq=False)
class CountFit:
    """Factors of units and periods.

    Attributes
    ----------
    mean : ndarray, shape (n, T)
        [events] Expected without the action; NaN where the unit or the period has no cell to learn from.
    fitted : ndarray, shape (n, T)
        [events] Of the cells used, else zero.
    used, treated : ndarray of bool, shape (n, T)
        Cells learnt from, and known cells with the action.
    effect : float
        Common logarithmic effect, where it was fitted with the factors.
    dispersion : float
        Variance over mean of the cells used, at least 1.
    """

    mean: Floats
    fitted: Floats
    used: Flags
    treated: Flags
    effect: float
    dispersion: float


def count_differences(data: Treated, *, method: str, level: float) -> tuple[EffectEstimate, pd.DataFrame]:
    """Estimate the common ratio of what was counted with the action to what was expected without it.

    Parameters
    ----------
    data : Treated
    method : {"imputation", "did"}
        ``imputation`` learns unit and period effects from cells without the action alone; ``did`` fits a
        common effect with them.
    level : float

    Returns
    -------
    EffectEstimate, DataFrame
        The effect, and one row per cohort and period: cohort, period, event_time, units, observed, expected,
        estimate, standard_error (NaN).
    """
    fit = _fit(data, common=method == "did")
    estimate = fit.effect if method == "did" else _log_ratio(data, fit)
    drift, degrees = _drift(data, fit)
    variance = fit.dispersion * _counting_variance(fit, common=method == "did") + drift * _drift_shares(
        data, fit
    )
    effect = effect_estimate(
        f"difference in differences of counts ({method})",
        scale="log",
        estimate=estimate,
        standard_error=float(np.sqrt(variance)),
        degrees=degrees,
        level=level,
    )
    return effect, _by_cohort(data, fit)


def _fit(data: Treated, *, common: bool) -> CountFit:
    """Fit the factors by turns (iterated proportional fitting, the maximum of Poisson's likelihood)."""
    known, after = np.isfinite(data.values) & (data.sizes > 0), data.after
    used = known if common else known & ~after
    count, size = np.where(used, data.values, 0.0), np.where(used, data.sizes, 0.0)
    total, treated = count.sum(axis=0), known & after
    by_unit, factor, ratio = count.sum(axis=1), np.ones(len(total)), 1.0
    if not total.any():
        raise TooLittleError("there is no event without the action: there is nothing to compare with")
    for _ in range(_ROUNDS):
        scaled = size * np.where(after, ratio, 1.0)
        units = _divided(by_unit, scaled @ factor)
        before, factor = factor, _divided(total, np.nan_to_num(units) @ scaled)
        factor = factor / np.nanmean(factor)
        if common:
            expected = (np.nan_to_num(units)[:, None] * np.nan_to_num(factor) * size)[after].sum()
            if not expected > 0:
                raise TooLittleError("no count is known of the units with the action since it began")
            ratio = max(count[after].sum(), _HALF) / expected
        if np.nanmax(np.abs(factor / np.where(before > 0, before, 1.0) - 1.0)) < _CHANGE:
            break
        factor = np.nan_to_num(factor)
    seen = used.any(axis=0)
    factor = np.where(seen, np.nan_to_num(factor), np.nan)
    mean = units[:, None] * factor * data.sizes
    fitted = np.where(used, np.nan_to_num(mean) * np.where(after, ratio, 1.0), 0.0)
    positive = fitted > 0
    degrees = max(int(positive.sum() - positive.any(axis=1).sum() - positive.any(axis=0).sum() + 1), 1)
    pearson = ((count - fitted)[positive] ** 2 / fitted[positive]).sum()
    return CountFit(
        mean=mean,
        fitted=fitted,
        used=used,
        treated=treated & np.isfinite(mean),
        effect=float(np.log(ratio)),
        dispersion=max(float(pearson / degrees), 1.0),
    )


def _divided(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0), dtype=float)


def _log_ratio(data: Treated, fit: CountFit) -> float:
    """Logarithm of observed over expected of the treated cells."""
    observed, expected = data.values[fit.treated].sum(), fit.mean[fit.treated].sum()
    if not expected > 0:
        raise TooLittleError(
            "no event is expected of the units with the action: none was counted before it, or no unit was"
            " without it at the time"
        )
    return float(np.log(max(observed, _HALF) / expected))


def _counting_variance(fit: CountFit, *, common: bool) -> float:
    """Variance of the log effect by the information of unit and period effects, dispersion 1."""
    weight, treated = fit.fitted, fit.treated
    columns, totals = weight, np.diag(weight.sum(axis=0))
    imputed = np.where(treated, np.nan_to_num(fit.mean), 0.0)
    gradient_units, gradient = imputed.sum(axis=1) / imputed.sum(), imputed.sum(axis=0) / imputed.sum()
    own = 1.0 / max(imputed.sum() * np.exp(fit.effect), _HALF)
    if common:  # one more column, and the effect itself is asked for
        with_it = np.where(treated, weight, 0.0)
        columns = np.column_stack([weight, with_it.sum(axis=1)])
        edge = with_it.sum(axis=0)[:, None]
        totals = np.block([[totals, edge], [edge.T, np.array([[with_it.sum()]])]])
        gradient_units, own = np.zeros(len(weight)), 0.0
        gradient = np.append(np.zeros(weight.shape[1]), 1.0)
    by_unit = weight.sum(axis=1)
    inverse = np.divide(1.0, by_unit, out=np.zeros(len(by_unit)), where=by_unit > 0)
    schur = totals - columns.T @ (inverse[:, None] * columns)
    rest = gradient - columns.T @ (inverse * gradient_units)
    return float(
        own
        + gradient_units**2 @ inverse
        + rest @ np.linalg.pinv(schur, rcond=_SINGULAR, hermitian=True) @ rest
    )


def _drift(data: Treated, fit: CountFit) -> tuple[float, float]:
    """Variance [log²] of a unit's own change that counting does not explain, and its degrees of freedom.

    From the changes of units that never get the action, at the starts of those that do.
    """
    change, counting = _own_changes(data, fit)
    used = np.isfinite(change) & ~data.ever[:, None]
    units = int(used.any(axis=1).sum())
    if units < _FEWEST_CONTROLS:
        return 0.0, max(units - 1.0, 1.0)
    excess = variance_beyond(np.where(used, change, 0.0).T, fit.dispersion * counting.T, used.T)[:, 0]
    share = np.array([(data.first == first).sum() for first in data.cohorts], dtype=float)
    return float(excess @ share / share.sum()), units - 1.0


def _own_changes(data: Treated, fit: CountFit) -> tuple[Floats, Floats]:
    """Log change of each unit at each cohort's start beside the periods' factors, and its counting variance.

    Shape (n, cohorts) each; NaN where nothing is known before or after.
    """
    known = fit.used & np.isfinite(fit.mean)
    count, expected = np.where(known, data.values, 0.0), np.where(known, fit.mean, 0.0)
    starts = np.arange(data.values.shape[1])[:, None] >= data.cohorts  # (T, cohorts)
    observed, predicted = (
        [count @ part for part in (~starts, starts)],
        [expected @ part for part in (~starts, starts)],
    )
    there = (predicted[0] > 0) & (predicted[1] > 0)
    logs = [
        np.log(np.where(there, seen + _HALF, 1.0)) - np.log(np.where(there, wanted + _HALF, 1.0))
        for seen, wanted in zip(observed, predicted, strict=True)
    ]
    change = np.where(there, logs[1] - logs[0], np.nan)
    variance = sum(np.divide(1.0, part, out=np.ones_like(part), where=there) for part in predicted)
    return change, np.asarray(variance)


def _drift_shares(data: Treated, fit: CountFit) -> float:
    """How much of one unit's drift is in the effect: sums of squared shares of treated and of other units."""
    treated = np.where(fit.treated, np.nan_to_num(fit.mean), 0.0).sum(axis=1)
    others = np.where(~data.ever, fit.fitted.sum(axis=1), 0.0)
    return float(sum((part**2).sum() / max(part.sum(), _HALF) ** 2 for part in (treated, others)))


def _by_cohort(data: Treated, fit: CountFit) -> pd.DataFrame:
    """Add observed and expected up by cohort and period."""
    cohorts = data.cohorts
    member = data.first[None] == cohorts[:, None]  # (cohorts, n)
    units = member.astype(float) @ fit.treated
    row, time = np.nonzero(units)
    observed = (member @ np.where(fit.treated, data.values, 0.0))[row, time]
    expected = (member @ np.where(fit.treated, fit.mean, 0.0))[row, time]
    ratio = np.divide(
        np.maximum(observed, _HALF), expected, out=np.full(len(row), np.nan), where=expected > 0
    )
    return pd.DataFrame(
        {
            "cohort": data.periods[cohorts[row]],
            "period": data.periods[time],
            "event_time": time - cohorts[row],
            "units": units[row, time].astype(int),
            "observed": observed,
            "expected": expected,
            "estimate": np.log(ratio),
            "standard_error": np.nan,
        }
    )
