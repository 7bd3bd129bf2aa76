"""Interrupted series: one series before and after an action, by regression and by a structural model."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.display import Displayed
from riskmodels.effects.estimates import EffectEstimate, effect_estimate
from riskmodels.effects.regression import Law, Regression, quasi_regression
from riskmodels.effects.wandering import step_error
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.periods.quarters import period_of

_LEAST_BEFORE = 6  # known periods: fewer say nothing of level and trend
_LEAST_DEGREES = 3  # known periods more than regressors
_SIMPLEX_STEPS = 2000  # of the second search for a maximum: as many as it needs


@dataclass(frozen=True, kw_only=True, eq=False)
class InterruptedSeries(Displayed):
    """A series interrupted by an action.

    Attributes
    ----------
    effect : EffectEstimate
        Change of level, logarithmic (of shares: of the odds).
    dispersion : float
        Variance over that of the law; 1 is Poisson, NaN of a structural model.
    table : DataFrame
        One row per period: period, observed, expected (without the action), after.
    coefficients : DataFrame
        name, estimate, standard_error (as if periods were independent).
    """

    effect: EffectEstimate
    dispersion: float
    table: pd.DataFrame
    coefficients: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Say the effect."""
        return self.effect.sentence

    def summary(self) -> pd.DataFrame:
        """One row."""
        return self.effect.summary()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Series:
    """What is regressed: outcomes, sizes and regressors (T, p), the step last."""

    index: pd.Index
    values: Floats
    size: Floats
    after: Flags
    design: Floats
    names: list[str]


def interrupted_series(
    counts: pd.Series | Floats,
    *,
    start: str | pd.Period | int,
    exposure: pd.Series | Floats | None = None,
    trials: pd.Series | Floats | None = None,
    covariates: pd.DataFrame | None = None,
    season: int = 12,
    harmonics: int = 2,
    trend: bool = True,
    law: Law = "quasi_poisson",
    wanders: bool = True,
    level: float = 0.9,
) -> InterruptedSeries:
    """Estimate how far the level of a series moved when an action began.

    Parameters
    ----------
    counts : Series or ndarray, shape (T,)
        [events] By period; NaN is unknown.
    start : str, Period or int
        First period of the action; its place where the series has no periods.
    exposure : Series or ndarray, shape (T,), optional
        What counts are proportional to.
    trials : Series or ndarray, shape (T,), optional
        Cases out of which the counts are: shares are then regressed (quasi-binomial).
    covariates : DataFrame, T rows, optional
        Further regressors, e.g. logarithms.
    season : int
        [periods] Of a year (12 of months); 1 is none.
    harmonics : int
        Pairs of sine and cosine: two are usual of months; 0 is a level for each period of the year.
    trend : bool
        Whether the logarithm has a straight trend.
    law : {"quasi_poisson", "negative_binomial"}
        Of counts.
    wanders : bool
        Whether the level may wander by itself (``wandering.step_error``); else periods are independent.
    level : float
        Probability of the interval: .9.

    Returns
    -------
    InterruptedSeries

    Raises
    ------
    ParameterError
        The start is not in the series, or lengths differ.
    TooLittleError
        Too few periods are known before or after it, or there is nothing to compare.

    Notes
    -----
    The effect is wrong where anything else changed at the same time, or where the unit was chosen for its
    last bad months. An action that works slowly shows as its mean. A level that wanders for longer than the
    action is seen looks like an effect: see ``structural_series``. Bernal and others 2017,
    doi:10.1093/ije/dyw098.
    """
    law = "quasi_binomial" if trials is not None else law
    size = trials if trials is not None else exposure
    series = _prepared(counts, start=start, size=size, covariates=covariates)
    series = _with_season(series, season, harmonics, trend=trend)
    _check(series)
    fit = _fitted(series, law)
    scale = max(float(fit.dispersion[0]), 1.0)  # counts are never known better than Poisson's
    errors = np.sqrt(scale * np.diagonal(fit.inverse[0]))
    error, degrees = float(errors[-1]), float(np.isfinite(series.values).sum() - series.design.shape[1])
    if wanders:
        error, degrees = step_error(series.values, series.design, fit)
    effect = effect_estimate(
        "interrupted series",
        scale="log",
        estimate=float(fit.coefficients[0, -1]),
        standard_error=error,
        degrees=degrees,
        level=level,
    )
    without = series.design * (np.arange(len(series.names)) < len(series.names) - 1)
    expected = _expected(without @ fit.coefficients[0], series.size, law)
    return InterruptedSeries(
        effect=effect,
        dispersion=float(fit.dispersion[0]),
        table=_table(series, expected),
        coefficients=pd.DataFrame(
            {"name": series.names, "estimate": fit.coefficients[0], "standard_error": errors}
        ),
    )


def _fitted(series: _Series, law: Law) -> Regression:
    """Fit; of a negative binomial with the overdispersion that a Poisson fit leaves."""
    fit = quasi_regression(series.values[None], series.design, series.size, law=law)
    if law != "negative_binomial":
        return fit
    mean = fit.mean[0, np.isfinite(series.values)].mean()
    excess = max(float((fit.dispersion[0] - 1.0) / mean), 0.0)
    return quasi_regression(series.values[None], series.design, series.size, law=law, overdispersion=excess)


def structural_series(
    counts: pd.Series | Floats,
    *,
    start: str | pd.Period | int,
    exposure: pd.Series | Floats | None = None,
    covariates: pd.DataFrame | None = None,
    season: int = 12,
    level: float = 0.9,
) -> InterruptedSeries:
    """Estimate the step of a series whose level wanders: local level, fixed season, covariates, step.

    Of the logarithm of counts (by exposure); parameters as of ``interrupted_series``. It needs counts that
    are large and not zero.

    Notes
    -----
    Harvey and Durbin 1986, doi:10.2307/2981553. The maximum is polished with Nelder and Mead's simplex.
    """
    from statsmodels.tools.sm_exceptions import ConvergenceWarning  # here, for start-up
    from statsmodels.tsa.statespace.structural import UnobservedComponents  # here, for start-up

    series = _prepared(counts, start=start, size=exposure, covariates=covariates)
    _check(series)
    if (series.values == 0).any():
        raise TooLittleError("a period has no event: a structural model needs counts above zero")
    logs = np.log(series.values / series.size)
    regressors = pd.DataFrame(series.design, columns=series.names)
    model = UnobservedComponents(
        logs,
        level="llevel",
        seasonal=season if season > 1 else None,
        stochastic_seasonal=False,
        exog=regressors.to_numpy(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of the first search: the second goes on
        rough = model.fit(disp=False)
    fit = model.fit(rough.params, method="nm", maxiter=_SIMPLEX_STEPS, disp=False)
    names, place = fit.model.param_names, -1
    estimate, error = float(fit.params[place]), float(np.sqrt(fit.cov_params()[place, place]))
    effect = effect_estimate(
        "structural series", scale="log", estimate=estimate, standard_error=error, level=level
    )
    expected = np.exp(fit.smoother_results.smoothed_forecasts[0] - estimate * series.after) * series.size
    coefficients = pd.DataFrame({"name": names, "estimate": fit.params, "standard_error": fit.bse})
    return InterruptedSeries(
        effect=effect, dispersion=math.nan, table=_table(series, expected), coefficients=coefficients
    )


def _prepared(
    counts: pd.Series | Floats,
    *,
    start: str | pd.Period | int,
    size: pd.Series | Floats | None,
    covariates: pd.DataFrame | None,
) -> _Series:
    """Bring outcome, size and covariates into arrays, and find the start."""
    values = np.asarray(counts, dtype=float)
    index = counts.index if isinstance(counts, pd.Series) else pd.RangeIndex(len(values))
    sizes = np.ones(len(values)) if size is None else np.asarray(size, dtype=float)
    more = pd.DataFrame(index=index) if covariates is None else covariates
    if not len(values) == len(sizes) == len(more):
        raise ParameterError(
            f"the series has {len(values)} periods, its exposure {len(sizes)} and the covariates {len(more)}:"
            " give them for the same periods"
        )
    if isinstance(index, pd.DatetimeIndex):
        index = index.to_period()
    place = _place(index, start)
    after = np.arange(len(values)) >= place
    regressors = more.to_numpy("float64")
    known = np.isfinite(values) & (sizes > 0) & np.isfinite(regressors).all(axis=1)
    return _Series(
        index=index,
        values=np.where(known, values, np.nan),
        size=np.where(sizes > 0, sizes, np.nan),
        after=after,
        design=np.column_stack([np.where(known[:, None], regressors, 0.0), after]),
        names=[*map(str, more.columns), "action"],
    )


def _place(index: pd.Index, start: str | pd.Period | int) -> int:
    """Find the place of a period."""
    if isinstance(index, pd.PeriodIndex) and not isinstance(start, int):
        begin = start if isinstance(start, pd.Period) else period_of(start, index.freqstr[0])
        place = int((index < begin).sum())
    elif isinstance(start, int):
        place = start
    else:
        raise ParameterError(f"start is {start}, but the series has no periods; give it an index of periods")
    if not 0 < place < len(index):
        raise ParameterError(
            f"the action starts at {start}; expected a period within the series, after its first"
        )
    return place


def _with_season(series: _Series, season: int, harmonics: int, *, trend: bool) -> _Series:
    """Put level, trend and season before the other regressors."""
    time = np.arange(len(series.values))
    columns, names = [np.ones(len(time))], ["level"]
    if trend:
        columns.append((time - time.mean()) / len(time))
        names.append("trend")
    if season > 1 and harmonics == 0:
        columns += [np.asarray(time % season == part, dtype=float) for part in range(1, season)]
        names += [f"season {part + 1}" for part in range(1, season)]
    elif season > 1:
        angle = 2.0 * np.pi * np.outer(np.arange(1, harmonics + 1), time) / season
        columns += [*np.sin(angle), *np.cos(angle)]
        names += [f"{wave} {order}" for wave in ("sine", "cosine") for order in range(1, harmonics + 1)]
    design = np.column_stack([*columns, series.design])
    return _Series(**{**vars(series), "design": design, "names": [*names, *series.names]})


def _check(series: _Series) -> None:
    """Refuse what says nothing of a change."""
    known = np.isfinite(series.values)
    before, after = known & ~series.after, known & series.after
    if before.sum() < _LEAST_BEFORE or not after.any():
        raise TooLittleError(
            f"{before.sum()} periods are known before the action and {after.sum()} after it; expected"
            f" at least {_LEAST_BEFORE} and 1: wait, or take shorter periods"
        )
    if known.sum() < series.design.shape[1] + _LEAST_DEGREES:
        raise TooLittleError(
            f"{known.sum()} periods are known for {series.design.shape[1]} regressors: take fewer harmonics"
            " or covariates"
        )
    if not np.nansum(series.values[before]) > 0 or not np.nansum(series.values[after]) > 0:
        raise TooLittleError(
            "there is no event before the action, or none after it: there is nothing to compare"
        )


def _expected(predictor: Floats, size: Floats, law: Law) -> Floats:
    return np.asarray(
        size / (1.0 + np.exp(-predictor)) if law == "quasi_binomial" else size * np.exp(predictor)
    )


def _table(series: _Series, expected: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {"period": series.index, "observed": series.values, "expected": expected, "after": series.after}
    )
