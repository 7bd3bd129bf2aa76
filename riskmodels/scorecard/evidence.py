"""Gather what the tables say of each unit: counts of the last quarters, overdispersion, what peers have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Words
from riskmodels.catalogue import INDICATORS, Indicators, indicators, why_partial
from riskmodels.forecasting import Nowcast
from riskmodels.parameters.policy import Policy
from riskmodels.rates import (
    Counts,
    Posterior,
    availability_posterior,
    credible_posterior,
    learn_grid,
    mean_posterior,
    overdispersion,
    own_value,
    peer_values,
)
from riskmodels.scorecard.counted_rows import CountedRows, by_indicator
from riskmodels.tables import Tables

STRATA = ("product", "channel", "customer_group")
_FIGURES = ("numerator", "denominator", "squares")
# a year that overdispersion is estimated from, of what is counted by month or by quarter
_DISPERSION_MONTHS, _DISPERSION_QUARTERS = 12, 4
_INCIDENT_MINUTES = 60.0  # what an incident is taken to cost where a year had none
_TOGETHER = 2.0  # times: less is within the error of an overdispersion from one series of twelve months


@dataclass(frozen=True, kw_only=True, eq=False)
class Own:
    """What the own counts of n units say, shape (n,).

    Attributes
    ----------
    value : ndarray
        Numerator over denominator, remembered quarters at the level that peers have now.
    size : ndarray
        How many cases or how much exposure that is, after division by the overdispersion.
    recalled : ndarray
        Numerator over denominator, remembered quarters as they were.
    """

    value: Floats
    size: Floats
    recalled: Floats

    def alone(self, known: Posterior) -> Posterior:
        """Return what would be known without peers: Jeffreys' posterior; of other families what is known."""
        if self.recalled is self.value:  # nothing is remembered, and no peer is asked
            return known
        size = np.maximum(np.nan_to_num(self.size), 1e-9)
        count = np.nan_to_num(self.value) * size
        b = size - count + 0.5 if known.family == "beta" else size
        return replace(known, a=count + 0.5, b=b)


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What is counted for one indicator: n units (or products, or the bank), T quarters, the last assessed.

    Attributes
    ----------
    indicator_id : str
        Which indicator.
    keys : ndarray, shape (n,)
        Identifiers of the units, in order.
    numerator, denominator, squares : ndarray, shape (n, T)
        As in the catalogue; NaN: unknown.
    peers : ndarray, shape (n, T)
        Numerator over denominator that the other units of the peer group would have with the unit's mix of
        products, channels and customer groups; NaN: no peers.
    mix : ndarray, shape (n, T)
        The same at the level of all quarters together: it moves with the unit's mix alone.
    group : ndarray, shape (n,)
        Codes of the peer groups.
    logged : ndarray, shape (T,)
        Share of the events that are logged by now, as the nowcast has it: exposure counts by so much.
    dispersion : float
        How many times more than Poisson (binomial) counts vary from month to month.
    dispersion_of_all : float
        The same of their sum over all units, its season left out.
    incident_minutes : float
        What an incident costs, for availability [minutes].
    left_out : ndarray, shape (n,)
        Cases of the last quarter that are not counted: their accounts are unknown, or their rows rejected.
    """

    indicator_id: str
    keys: Words
    numerator: Floats
    denominator: Floats
    squares: Floats
    peers: Floats
    mix: Floats
    group: Integers
    logged: Floats
    dispersion: float
    dispersion_of_all: float
    incident_minutes: float
    left_out: Floats

    @property
    def value(self) -> Floats:
        """Numerator over denominator of the last quarter, shape (n,); NaN where there are no cases."""
        size = self.denominator[:, -1]
        return np.divide(self.numerator[:, -1], size, out=np.full_like(size, np.nan), where=size > 0)

    def posterior(self) -> tuple[Posterior, Own]:
        """Return what is known of the true values in the last quarter, and what that rests on.

        Returns
        -------
        Posterior
            Of the values, shape (n,) [unit of the indicator].
        Own
            What the units' own counts say.
        """
        found, own = self._known
        return replace(found, scale=INDICATORS[self.indicator_id].scale), own

    @cached_property
    def _known(self) -> tuple[Posterior, Own]:
        value, size = self.value, self.denominator[:, -1]
        own = Own(value=value, size=size, recalled=value)
        match INDICATORS[self.indicator_id].family:
            case "measured":
                return Posterior(family="known", a=value, b=np.ones_like(value)), own
            case "availability":
                minutes = (self.numerator[:, -1], size, self.squares[:, -1])
                return availability_posterior(*minutes, size=self.incident_minutes), own
            case "mean":
                found, _ = mean_posterior(self.numerator, self.squares, self.denominator, group=self.group)
                return found, own
        nodes = learn_grid(self.counts)
        names = ("value", "size", "recalled")
        own = Own(**dict(zip(names, own_value(self.counts, nodes), strict=True)))
        return credible_posterior(self.counts, nodes), own

    @cached_property
    def counts(self) -> Counts:
        """The counts of a rate or proportion, divided by the overdispersion."""
        ratio = self.dispersion_of_all / self.dispersion
        return Counts(
            count=self.numerator / self.dispersion,
            size=self.denominator * self.logged / self.dispersion,
            peers=self.peers,
            group=self.group,
            proportion=INDICATORS[self.indicator_id].is_proportion,
            shared=ratio - 1 if ratio >= _TOGETHER else 0.0,
        )


def gather_evidence(
    tables: Tables, policy: Policy, period: str, *, by: str = "", nowcast: Nowcast | None = None
) -> list[Evidence]:
    """Return the evidence of every indicator that the tables give in a quarter; see ``gather_quarters``."""
    return gather_quarters(tables, policy, [period], by=by, nowcast=nowcast)[period]


def gather_quarters(
    tables: Tables, policy: Policy, periods: Sequence[str], *, by: str = "", nowcast: Nowcast | None = None
) -> dict[str, list[Evidence]]:
    """Return, quarter by quarter, the evidence of every indicator that the tables give in it.

    Parameters
    ----------
    tables, policy
        What is counted, and which indicators and how many quarters.
    periods : sequence of str
        The quarters assessed, e.g. ``2026Q3``: what several of them remember is counted once.
    by : str
        ``unit_id``, ``product`` and so on, one row each; nothing: the whole bank.
    nowcast : Nowcast, optional
        How complete the complaints of the last months are; without it all are taken to be logged.
    """
    lasts = pd.PeriodIndex(list(periods), freq="Q")
    memory = policy.rating.memory_quarters if by else 1
    counted = _count(tables, policy, by, pd.period_range(lasts.min() - memory + 1, lasts.max()))
    groups = peer_groups(tables, policy) if by == "unit_id" else {}
    found = {}
    for period, last in zip(periods, lasts, strict=True):
        frame = _Frame(pd.period_range(end=last, periods=memory), groups, nowcast)
        given = [one for one, rows in counted.rows.items() if period in rows.present()]
        partial = why_partial(given, tables, period)
        found[period] = [_evidence(one, counted, frame) for one in given if one not in partial]
    return found


@dataclass(frozen=True, eq=False)
class _Counted:
    """Counts by indicator: of quarters, of the months behind them, and by the case-mix."""

    rows: dict[str, CountedRows]
    monthly: dict[str, CountedRows]
    mixes: dict[str, CountedRows]


def _count(tables: Tables, policy: Policy, by: str, quarters: pd.PeriodIndex) -> _Counted:
    """Count what the evidence of some quarters is made of."""
    names, wanted = (by,) if by else (), list(quarters.astype("str"))
    first = quarters[0].asfreq("M", "end") - _DISPERSION_MONTHS + 1
    months = list(pd.period_range(first, quarters[-1].asfreq("M", "end")).astype("str"))
    level = indicators(tables, policy, by=names, periods=wanted).table
    return _Counted(
        rows=by_indicator(level[level[by].notna()] if by else level, by),
        monthly=by_indicator(indicators(tables, policy, by=names, freq="M", periods=months).table, by),
        mixes=_mixes(tables, policy, by, wanted) if by else {},
    )


@dataclass(frozen=True, eq=False)
class _Frame:
    """Of which quarters evidence is, whose peers are whose, and how complete the last months are."""

    quarters: pd.PeriodIndex
    groups: dict[str, str]
    nowcast: Nowcast | None

    @cached_property
    def names(self) -> pd.Index:
        """Names of the quarters, found faster as Python's texts."""
        names: pd.Index = pd.Index(self.quarters.astype("str"), dtype=object)
        return names

    @cached_property
    def months(self) -> pd.Index:
        """Names of the months of the last year."""
        end = self.quarters[-1].asfreq("M", "end")
        months = pd.period_range(end=end, periods=_DISPERSION_MONTHS)
        names: pd.Index = pd.Index(months.astype("str"), dtype=object)
        return names

    def months_of(self, indicator_id: str, counted: _Counted) -> CountedRows:
        """Return the counts of the last year by month; of what is given by quarter, those of its quarters."""
        known = counted.monthly.get(indicator_id)
        if known is not None and len(rows := known.during(self.months)):
            return rows
        return counted.rows[indicator_id].during(self.names[-_DISPERSION_QUARTERS:])

    def late(self, indicator_id: str) -> Nowcast | None:
        """Return the nowcast where an indicator counts what is logged late."""
        return self.nowcast if INDICATORS[indicator_id].exposure == "accounts" else None


def peer_groups(tables: Tables, policy: Policy) -> dict[str, str]:
    """Return the peer group of each unit by the policy; without units all are peers."""
    column = policy.rating.peers
    if column == "bank" or tables.units is None:
        return {}
    units = tables.units.frame(["unit_id", column])
    return dict(zip(units["unit_id"], units[column].fillna(""), strict=True))


def _mixes(tables: Tables, policy: Policy, by: str, quarters: list[str]) -> dict[str, CountedRows]:
    """Return the counts by the case-mix that each indicator can be cut by, in one scan for each mix."""
    wanted: dict[tuple[str, ...], list[str]] = {}
    for one in policy.indicators:
        strata = _strata(one.id, by)
        if strata:
            wanted.setdefault(strata, []).append(one.id)
    found: dict[str, CountedRows] = {}
    for strata, names in wanted.items():
        chosen = policy.model_copy(
            update={"indicators": tuple(i for i in policy.indicators if i.id in names)}
        )
        cut: Indicators = indicators(tables, chosen, by=(by, *strata), periods=quarters)
        found |= by_indicator(cut.table[cut.table[by].notna()], by, strata)
    return found


def _strata(indicator_id: str, by: str) -> tuple[str, ...]:
    """Return the columns of the case-mix that numerator and denominator of an indicator both have."""
    entry = INDICATORS.get(indicator_id)
    if entry is None or not entry.is_count or entry.exposure == "time":
        return ()
    return entry.dimensions(column for column in STRATA if column != by)


def _evidence(indicator_id: str, counted: _Counted, frame: _Frame) -> Evidence:
    names = frame.names
    rows, late = counted.rows[indicator_id].during(names), frame.late(indicator_id)
    monthly = frame.months_of(indicator_id, counted)
    keys, (*figures, left_out) = rows.wide(names, (*_FIGURES, "left_out"))
    group = pd.factorize(np.array([frame.groups.get(key, "") for key in keys], dtype=object))[0]
    logged = _logged(late, frame.quarters)
    dispersion, of_all = _dispersions(monthly, indicator_id, late)
    mix = counted.mixes[indicator_id].during(names) if indicator_id in counted.mixes else rows
    peers, mixes = _peers(indicator_id, mix, keys, group.astype(np.int64), names, logged)
    return Evidence(
        indicator_id=indicator_id,
        keys=keys,
        **dict(zip(_FIGURES, figures, strict=True)),
        peers=peers,
        mix=mixes,
        group=group.astype(np.int64),
        logged=logged,
        dispersion=dispersion,
        dispersion_of_all=of_all,
        incident_minutes=_incident_minutes(monthly),
        left_out=np.nan_to_num(left_out[:, -1]),
    )


def _peers(
    indicator_id: str,
    mix: CountedRows,
    keys: Words,
    group: Integers,
    quarters: pd.Index,
    logged: Floats,
) -> tuple[Floats, Floats]:
    entry = INDICATORS[indicator_id]
    if len(keys) < 2 or not entry.is_count:  # noqa: PLR2004  one has no peers
        none = np.full((len(keys), len(quarters)), np.nan)
        return none, none
    numerator, denominator = mix.added(keys, quarters, _FIGURES[:2])
    return peer_values(numerator, denominator * logged, group=group, proportion=entry.is_proportion)


def _dispersions(monthly: CountedRows, indicator_id: str, nowcast: Nowcast | None) -> tuple[float, float]:
    """Return the overdispersion of the units' counts, and of their sum."""
    entry = INDICATORS[indicator_id]
    months = monthly.present()
    if not entry.is_count or months.empty:
        return 1.0, 1.0
    _, (numerator, denominator) = monthly.wide(months, _FIGURES[:2])
    if nowcast is not None:
        denominator *= _logged(nowcast, pd.PeriodIndex(months, freq="Q" if "Q" in months[0] else "M"))
    sums = (np.nansum(part, axis=0, keepdims=True) for part in (numerator, denominator))
    proportion = entry.is_proportion
    of_all = overdispersion(*sums, proportion=proportion, seasonal=True)
    return overdispersion(numerator, denominator, proportion=proportion), of_all


def _logged(nowcast: Nowcast | None, periods: pd.PeriodIndex) -> Floats:
    """Return the share of the events of each period that is logged by now; all, where nothing says."""
    share = np.ones(len(periods))
    if nowcast is not None:
        over = np.asarray(periods.end_time <= nowcast.periods[-1].end_time)
        share[over] = nowcast.for_periods(periods[over])
    return share


def _incident_minutes(monthly: CountedRows) -> float:
    """Say what an incident costs [minutes]: that of the mean minute lost in the last twelve months."""
    numerator, denominator, squares = (monthly.figures[name] for name in _FIGURES)
    lost, of_incidents = float(np.nansum(denominator - numerator)), float(np.nansum(squares))
    return of_incidents / lost if lost > 0 and of_incidents > 0 else _INCIDENT_MINUTES
