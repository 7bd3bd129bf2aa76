"""Gather what the tables say of each unit: counts of the last quarters, overdispersion, what peers have."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Words
from riskmodels.catalogue import INDICATORS, Indicators, indicators, without_partial_rates
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
        entry = INDICATORS[self.indicator_id]
        found, own = self._known()
        return replace(found, scale=entry.scale), own

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
) -> Iterator[Evidence]:
    """Yield the evidence of every indicator that the tables give in a quarter.

    Parameters
    ----------
    tables, policy
        What is counted, and which indicators and how many quarters.
    period : str
        The quarter assessed, e.g. ``2026Q3``.
    by : str
        ``unit_id``, ``product`` and so on, one row each; nothing: the whole bank.
    nowcast : Nowcast, optional
        How complete the complaints of the last months are; without it all are taken to be logged.
    """
    last = pd.Period(period, freq="Q")
    quarters = pd.period_range(end=last, periods=policy.rating.memory_quarters if by else 1)
    months = pd.period_range(end=last.asfreq("M", "end"), periods=_DISPERSION_MONTHS).astype("str")
    names = (by,) if by else ()
    level = indicators(tables, policy, by=names, periods=list(quarters.astype("str")))
    level = without_partial_rates(level, tables, period)
    monthly = indicators(tables, policy, by=names, freq="M", periods=list(months))
    mixes = _mixes(tables, policy, by, list(quarters.astype("str"))) if by else {}
    groups = peer_groups(tables, policy) if by == "unit_id" else {}
    table = level.table[level.table[by].notna()] if by else level.table
    given = set(table.loc[table["period"] == period, "indicator_id"])
    by_month = by_indicator(monthly.table, by)
    for indicator_id, rows in by_indicator(table, by).items():
        if indicator_id in given:
            month_rows = by_month.get(indicator_id)
            if month_rows is None:  # it is given by quarter
                month_rows = rows.during(quarters[-_DISPERSION_QUARTERS:].astype("str"))
            mix = mixes.get(indicator_id, rows)
            late = nowcast if INDICATORS[indicator_id].exposure == "accounts" else None
            yield _evidence(indicator_id, rows, mix, month_rows, _Frame(quarters, groups, late))


@dataclass(frozen=True, eq=False)
class _Frame:
    """Of which quarters evidence is, whose peers are whose, and how complete the last months are."""

    quarters: pd.PeriodIndex
    groups: dict[str, str]
    nowcast: Nowcast | None


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


def _evidence(
    indicator_id: str, rows: CountedRows, mix: CountedRows, monthly: CountedRows, frame: _Frame
) -> Evidence:
    keys, (*figures, left_out) = rows.wide(frame.quarters.astype("str"), (*_FIGURES, "left_out"))
    group = pd.factorize(np.array([frame.groups.get(key, "") for key in keys], dtype=object))[0]
    logged = _logged(frame.nowcast, frame.quarters)
    dispersion, of_all = _dispersions(monthly, indicator_id, frame.nowcast)
    peers, mixes = _peers(indicator_id, mix, keys, group.astype(np.int64), frame.quarters, logged)
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
    quarters: pd.PeriodIndex,
    logged: Floats,
) -> tuple[Floats, Floats]:
    entry = INDICATORS[indicator_id]
    if len(keys) < 2 or not entry.is_count:  # noqa: PLR2004  one has no peers
        none = np.full((len(keys), len(quarters)), np.nan)
        return none, none
    numerator, denominator = mix.added(keys, quarters.astype("str"), _FIGURES[:2])
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
