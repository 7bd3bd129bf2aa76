"""From a panel to distributions: offsets, groups that share, the count filter and theta side by side."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.forecasting.baselines import BASELINES
from riskmodels.forecasting.blending import blended, large, theta_counts
from riskmodels.forecasting.calibration import calibrated
from riskmodels.forecasting.counts import Filtered, Groups, filter_counts
from riskmodels.forecasting.hierarchy import Dependence, shared_by_changes, shared_by_counts
from riskmodels.forecasting.inputs import ForecastInputs
from riskmodels.forecasting.predictive import (
    NOTHING,
    CountPredictive,
    EndedPredictive,
    Predictive,
    RootPredictive,
)
from riskmodels.forecasting.seasons import Cycle, year_length
from riskmodels.forecasting.shared import DRIFTS, Shared, filter_totals
from riskmodels.forecasting.theta import FINE, SHORT_FINE, smooth_theta
from riskmodels.grouping import add_rows
from riskmodels.panel import Panel
from riskmodels.tables.lifetimes import open_in


@dataclass(frozen=True, kw_only=True, eq=False)
class Contributions:
    """Factors of the expected counts of n series over h periods; their product is the mean.

    Attributes
    ----------
    level : ndarray, shape (n, h)
        Expected count of an average period at the last exposure and the shared level of a year before.
    shared, exposure, season, calendar : ndarray, shape (n, h)
        Factors: of the shared level since a year before, of the exposure since the last period, of the
        season, and of the calendar (days of the period, working days, the Lunar New Year).
    """

    level: Floats
    shared: Floats
    exposure: Floats
    season: Floats
    calendar: Floats

    def added(self, groups: Integers, size: int) -> "Contributions":
        """Return the factors of sums of the series: each the sum with it over the sum without it."""
        factors = np.stack([self.level, self.shared, self.exposure, self.season, self.calendar])
        sums = np.stack([add_rows(product, groups, size) for product in np.cumprod(factors, axis=0)])
        shared, exposure, season, calendar = sums[1:] / sums[:-1]
        return Contributions(
            level=sums[0], shared=shared, exposure=exposure, season=season, calendar=calendar
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights:
    """How much each model counts in the forecasts of n series.

    Attributes
    ----------
    members : ndarray, shape (discounts, variants, n)
        Of the count filter, see ``Filtered``.
    theta : ndarray, shape (n,)
        Of theta.
    """

    members: Floats
    theta: Floats

    def take(self, rows: Integers) -> "Weights":
        """Return the weights of the series in another order."""
        return Weights(members=self.members[..., rows], theta=self.theta[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """What every method starts from.

    Attributes
    ----------
    panel, known : Panel and ForecastInputs
        The history, unknown before its breaks, and what is known beside it.
    order : ndarray, shape (n,)
        Order of the rows by what they hold, so that nothing depends on how they came.
    values : ndarray, shape (n, T)
        The counts in that order, NaN before a series had opened.
    groups : Groups
        What the series share, in that order; none of amounts.
    """

    panel: Panel
    known: ForecastInputs
    order: Integers
    values: Floats
    groups: Groups


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedPanel:
    """Distributions of every series, what they share, and for counts what they are made of."""

    predictive: Predictive
    dependence: Dependence
    contributions: Contributions | None = None
    weights: Weights | None = None


def start_from(panel: Panel, known: ForecastInputs) -> Start:
    """Find what series share, which is the same for every method."""
    if panel.kind == "amount":
        rows = np.arange(len(panel.keys))
        return Start(panel=panel, known=known, order=rows, values=panel.values, groups=())
    values, codes = _opened(panel), _partitions(panel.keys)
    known = _profiled(values, known)
    order = _order(values, known.offset, codes)
    values = values[order]
    groups = _shared(values, known.offset[order], codes[:, order], known)
    return Start(panel=panel, known=known, order=order, values=values, groups=groups)


def model(start: Start, method: str, *, weights: Weights | None = None) -> FittedPanel:
    """Forecast a panel by a method; what it finds for a series does not depend on the order of the rows.

    Given weights are those of the models of counts, instead of the ones found. Of a unit that has closed
    nothing is expected.
    """
    made, days = _modelled(start, method, weights), start.panel.days
    ahead = None if days is None else open_in(days, start.known.periods[-start.known.horizon :])
    return made if ahead is None or ahead.all() else _ended(made, ahead)


def _ended(made: FittedPanel, ahead: Flags) -> FittedPanel:
    """Take away what is expected of series in periods in which they are not open any more."""
    parts, dependence = made.contributions, made.dependence
    return replace(
        made,
        predictive=EndedPredictive(whole=made.predictive, open=ahead),
        dependence=replace(
            dependence,
            loadings=np.where(ahead, dependence.loadings, 0.0),
            persistent=np.where(ahead, dependence.persistent, 0.0),
        ),
        contributions=parts and replace(parts, level=np.where(ahead, parts.level, NOTHING)),
    )


def _modelled(start: Start, method: str, weights: Weights | None) -> FittedPanel:
    known, order, values, groups = start.known, start.order, start.values, start.groups
    if start.panel.kind == "amount":
        return _model_amounts(start.panel, method, known)
    back = np.argsort(order)
    if method in BASELINES:
        predictive = BASELINES[method](start.panel, known.horizon)
        mean, variance = predictive.mean[order], predictive.variance[order]
        none = np.zeros_like(mean)
        dependence = shared_by_counts(mean, variance, groups, persistent=none, disagreement=none).take(back)
        return FittedPanel(predictive=predictive, dependence=dependence)
    given = None if weights is None else weights.take(order)
    found = _filtered(values, known.take(order), groups, method, given)
    found = _doubted(calibrated(found, values, cycle=known.cycle), known)
    dependence = shared_by_counts(
        found.mean,
        found.variance,
        groups,
        persistent=found.persistent,
        disagreement=found.disagreement,
    )
    return FittedPanel(
        predictive=CountPredictive(mean=found.mean[back], variance=found.variance[back]),
        dependence=dependence.take(back),
        contributions=_contributions(found, back, known, groups[0][1]),
        weights=Weights(members=found.weights, theta=found.theta).take(back),
    )


def _model_amounts(panel: Panel, method: str, known: ForecastInputs) -> FittedPanel:
    if np.isinf(panel.values).any():
        raise ParameterError("amounts must be finite")
    if method in BASELINES:
        predictive = BASELINES[method](panel, known.horizon)
    else:
        rooted = np.logical_not((panel.values < 0).any(axis=1))[:, None]
        roots = np.where(rooted, np.sqrt(np.where(rooted, panel.values, 0.0)), panel.values)
        cycle = Cycle.of(known.periods)
        found = smooth_theta(roots, cycle=cycle, members=FINE if cycle.pace == 1 else SHORT_FINE)
        predictive = RootPredictive(location=found.location, scale=found.scale, rooted=rooted)
    dependence = shared_by_changes(panel.values, predictive.variance)
    return FittedPanel(predictive=predictive, dependence=dependence)


def _filtered(
    values: Floats, known: ForecastInputs, groups: Groups, method: str, weights: Weights | None
) -> Filtered:
    """Filter counts, and let theta speak where it is asked: for all series, or for those worth it."""
    cycle, recent = known.cycle, year_length(known.periods)
    members, theirs = (None, None) if weights is None else (weights.members, weights.theta)
    if method == "theta":
        theirs = np.ones(len(values))
    filtered = filter_counts(values, known.offset, cycle=cycle, groups=groups, weights=members)
    asked = large(values, recent) if theirs is None else theirs > 0
    if method == "counts":
        asked = np.zeros(len(values), dtype=bool)
    if not asked.any():
        return filtered
    whole, length = groups[0][1], values.shape[1]
    later = np.cumsum(whole.jumps[0, ::-1])[::-1] - whole.jumps[0]
    offset = known.offset[asked] / known.weekly
    offset[:, :length] *= np.exp(-filtered.sharing[asked, None] * later)
    theta = theta_counts(
        values[asked],
        offset * whole.hindsight[0],
        then=(offset * whole.factor[0])[:, :length],
        cycle=known.root_cycle,
        trust=known.completeness[asked],
    )
    theta = replace(theta, season=theta.season * whole.hindsight[0, length:] / known.weekly[length:])
    jumped = whole.jumps[0] != 0
    hinted = jumped | np.append(False, jumped[:-1])  # theta knew of the jump: these months are no test of it
    found = blended(filtered, theta, np.where(hinted, np.nan, values), asked, weight=theirs, pace=cycle.pace)
    return replace(
        found,
        fitted_mean=np.where(hinted, filtered.fitted_mean, found.fitted_mean),
        fitted_variance=np.where(hinted, filtered.fitted_variance, found.fitted_variance),
    )


def _profiled(values: Floats, known: ForecastInputs) -> ForecastInputs:
    """Add what days and weeks have in common, from their total; sums do not depend on the rows' order."""
    if known.courses is None:
        return known
    here, offset = np.isfinite(values), known.offset[:, : values.shape[1]]
    filled, exposed = np.where(here, values, 0.0), np.where(here, offset, 0.0)
    usual = filled.sum(axis=1) / np.maximum(exposed.sum(axis=1), 1e-9)
    total = np.where(here.any(axis=0), filled.sum(axis=0), np.nan)
    return known.with_profile(total, np.sort(exposed * usual[:, None], axis=0).sum(axis=0))


def _doubted(found: Filtered, known: ForecastInputs) -> Filtered:
    """Widen by the doubt about the profile, which is of one sign for all series."""
    if known.profile is None:
        return found
    square = found.mean**2 * known.profile.doubt[-known.horizon :]
    return replace(
        found,
        variance=found.variance + square,
        disagreement=np.sqrt(found.disagreement**2 + square),
    )


def _opened(panel: Panel) -> Floats:
    """Counts, unknown outside days of business, and if zero before any exposure: a series had not opened."""
    values = panel.in_business().values
    if (values < 0).any() or np.isinf(values).any():
        raise ParameterError("counts must be finite and not negative")
    if panel.exposure is None:
        return values
    opened = np.cumsum(panel.exposure > 0, axis=1) > 0
    never = ~opened[:, -1:]
    return np.where(~opened & ~never & (values == 0), np.nan, values)


def _partitions(keys: pd.DataFrame) -> Integers:
    """Groups of every series: the whole panel, and the finest key whose groups have as many members."""
    whole = np.zeros(len(keys), dtype=np.int64)
    sizes = {name: keys[name].nunique(dropna=False) for name in sorted(keys.columns, key=str)}
    fit = {name: size for name, size in sizes.items() if 1 < size <= np.sqrt(len(keys))}
    if not fit:
        return whole[None]
    finest = max(fit, key=lambda name: fit[name])
    codes, _ = pd.factorize(keys[finest], sort=True, use_na_sentinel=False)
    return np.stack([whole, codes.astype(np.int64)])


def _order(values: Floats, offset: Floats, codes: Integers) -> Integers:
    """Order of the rows by what they hold, so that sums over them do not depend on how they came."""
    content = np.concatenate([np.nan_to_num(values, nan=-1.0), offset, codes.T], axis=1)
    rows = np.ascontiguousarray(content).view(f"V{content.itemsize * content.shape[1]}").ravel()
    return np.argsort(rows, kind="stable")


def _shared(values: Floats, offset: Floats, codes: Integers, known: ForecastInputs) -> Groups:
    """Filter the totals of every partition; all use the calendar that the whole panel taught."""
    length = values.shape[1]
    here = np.isfinite(values)
    filled, exposed = np.where(here, values, 0.0), np.where(here, offset[:, :length], 0.0)
    usual = filled.sum(axis=1) / np.maximum(exposed.sum(axis=1), 1e-9)
    effects, groups = known.effects, []
    for place, part in enumerate(codes):
        size = int(part.max()) + 1
        total = add_rows(filled, part, size)
        path = filter_totals(
            np.where(add_rows(here.astype(float), part, size) > 0, total, np.nan),
            add_rows(exposed * usual[:, None], part, size),
            cycle=known.shared_cycle,
            effects=effects,
            drifts=DRIFTS if place == 0 else (0.0,),
        )
        effects = effects.with_effects(path.effects)
        groups.append((part, path))
    return groups


def _contributions(found: Filtered, back: Integers, known: ForecastInputs, whole: Shared) -> Contributions:
    horizon = found.mean.shape[1]
    ahead = slice(len(known.periods) - horizon, None)
    calendar = known.effects.days[ahead] * np.exp(known.effects.regressors[ahead] @ whole.effects[0])
    calendar = np.broadcast_to(calendar, found.mean.shape)
    year_before = max(whole.level.shape[1] - 1 - year_length(known.periods), 0)
    moved = whole.level[0, -1] - whole.level[0, year_before]
    shared = np.repeat(np.exp(found.sharing[back] * moved)[:, None], horizon, axis=1)
    season = found.season[back] / (calendar / known.effects.days[ahead]) * known.yearly[ahead]
    calendar = calendar / known.yearly[ahead]
    exposure = known.exposure[:, ahead]
    level = found.mean[back] / (shared * season * calendar * exposure)
    return Contributions(level=level, shared=shared, exposure=exposure, season=season, calendar=calendar)
