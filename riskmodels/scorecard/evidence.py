"""Gather what the tables say of each unit: counts of the last quarters, overdispersion, what peers have."""

from collections.abc import Iterator, Sequence
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
from riskmodels.tables import Tables

STRATA = ("product", "channel", "customer_group")
_FIGURES = ("numerator", "denominator", "squares")
# a year that overdispersion is estimated from, of what is counted by month or by quarter
_DISPERSION_MONTHS, _DISPERSION_QUARTERS = 12, 4
_INCIDENT_MINUTES = 60.0  # what an incident is taken to cost where a year had none
_TOGETHER = 2.0  # times: less is within the error of an overdispersion from one series of twelve months
_WHOLE = "whole"  # key of the one row of a whole bank


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
    key = by or _WHOLE
    table = level.table[level.table[by].notna()] if by else level.table.assign(**{_WHOLE: ""})
    by_month = dict(iter(monthly.table.groupby("indicator_id", sort=False)))
    for indicator_id, rows in table.groupby("indicator_id", sort=False):
        if (rows["period"] == period).any():
            month_rows = by_month.get(indicator_id)
            if month_rows is None:  # it is given by quarter
                month_rows = rows[rows["period"].isin(quarters[-_DISPERSION_QUARTERS:].astype("str"))]
            mix = mixes.get(str(indicator_id), rows)
            late = nowcast if INDICATORS[str(indicator_id)].exposure == "accounts" else None
            yield _evidence(str(indicator_id), rows, mix, month_rows, quarters, key, groups, late)


def peer_groups(tables: Tables, policy: Policy) -> dict[str, str]:
    """Return the peer group of each unit by the policy; without units all are peers."""
    column = policy.rating.peers
    if column == "bank" or tables.units is None:
        return {}
    units = tables.units.frame(["unit_id", column])
    return dict(zip(units["unit_id"], units[column].fillna(""), strict=True))


def _mixes(tables: Tables, policy: Policy, by: str, quarters: list[str]) -> dict[str, pd.DataFrame]:
    """Return the counts by the case-mix that each indicator can be cut by, in one scan for each mix."""
    wanted: dict[tuple[str, ...], list[str]] = {}
    for one in policy.indicators:
        strata = _strata(one.id, by)
        if strata:
            wanted.setdefault(strata, []).append(one.id)
    found: dict[str, pd.DataFrame] = {}
    for strata, names in wanted.items():
        chosen = policy.model_copy(
            update={"indicators": tuple(i for i in policy.indicators if i.id in names)}
        )
        cut: Indicators = indicators(tables, chosen, by=(by, *strata), periods=quarters)
        found |= {str(name): part for name, part in cut.table.groupby("indicator_id", sort=False)}
    return {name: part[part[by].notna()] for name, part in found.items()}


def _strata(indicator_id: str, by: str) -> tuple[str, ...]:
    """Return the columns of the case-mix that numerator and denominator of an indicator both have."""
    entry = INDICATORS.get(indicator_id)
    if entry is None or not entry.is_count or entry.exposure == "time":
        return ()
    return entry.dimensions(column for column in STRATA if column != by)


def _evidence(
    indicator_id: str,
    rows: pd.DataFrame,
    mix: pd.DataFrame,
    monthly: pd.DataFrame,
    quarters: pd.PeriodIndex,
    key: str,
    groups: dict[str, str],
    nowcast: Nowcast | None,
) -> Evidence:
    keys, (*figures, left_out) = _wide(rows, rows[key], quarters.astype("str"), (*_FIGURES, "left_out"))
    group = pd.factorize(np.array([groups.get(key, "") for key in keys], dtype=object))[0]
    logged = _logged(nowcast, quarters)
    dispersion, of_all = _dispersions(monthly, indicator_id, key, nowcast)
    peers, mixes = _peers(indicator_id, mix, key, list(keys), quarters, group, logged)
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
    mix: pd.DataFrame,
    key: str,
    keys: list[object],
    quarters: pd.PeriodIndex,
    group: Integers,
    logged: Floats,
) -> tuple[Floats, Floats]:
    entry = INDICATORS[indicator_id]
    if len(keys) < 2 or not entry.is_count:  # noqa: PLR2004  one has no peers
        none = np.full((len(keys), len(quarters)), np.nan)
        return none, none
    strata = [column for column in STRATA if column in mix and column != key]
    by_cell = mix.groupby(strata, sort=False, dropna=False) if strata else None
    cell = np.zeros(len(mix), dtype=np.int64) if by_cell is None else by_cell.ngroup().to_numpy()
    units = pd.Index(keys).get_indexer(pd.Index(mix[key].astype("object")))
    columns = quarters.astype("str").get_indexer(pd.Index(mix["period"]))
    sums = np.zeros((2, len(keys), int(cell.max(initial=0)) + 1, len(quarters)))
    for place, name in enumerate(_FIGURES[:2]):
        np.add.at(sums[place], (units, cell, columns), mix[name].to_numpy(float))
    return peer_values(
        sums[0], sums[1] * logged, group=group.astype(np.int64), proportion=entry.is_proportion
    )


def _dispersions(
    monthly: pd.DataFrame, indicator_id: str, key: str, nowcast: Nowcast | None
) -> tuple[float, float]:
    """Return the overdispersion of the units' counts, and of their sum."""
    entry = INDICATORS[indicator_id]
    if not entry.is_count or monthly.empty:
        return 1.0, 1.0
    months = pd.Index(monthly["period"].unique()).sort_values()
    keys = monthly[key] if key in monthly else pd.Series("", index=monthly.index)
    _, figures = _wide(monthly, keys, months, _FIGURES[:2])
    logged = _logged(nowcast, pd.PeriodIndex(months, freq="Q" if "Q" in months[0] else "M"))
    numerator, denominator = figures[0], figures[1] * logged
    sums = (np.nansum(part, axis=0, keepdims=True) for part in (numerator, denominator))
    proportion = entry.is_proportion
    of_all = overdispersion(*sums, proportion=proportion, seasonal=True)
    return overdispersion(numerator, denominator, proportion=proportion), of_all


def _wide(
    rows: pd.DataFrame, keys: pd.Series, periods: pd.Index, names: Sequence[str]
) -> tuple[Words, list[Floats]]:
    """Put figures in arrays, shape (n, T), of the keys in order and these periods; NaN without a row."""
    codes, found = pd.factorize(keys.to_numpy(dtype=object), sort=True)
    columns = periods.get_indexer(pd.Index(rows["period"]))
    known = codes >= 0  # without a key a row is nobody's
    figures = [np.full((len(found), len(periods)), np.nan) for _ in names]
    for name, target in zip(names, figures, strict=True):
        target[codes[known], columns[known]] = rows[name].to_numpy(float)[known]
    return found, figures


def _logged(nowcast: Nowcast | None, periods: pd.PeriodIndex) -> Floats:
    """Return the share of the events of each period that is logged by now; all, where nothing says."""
    share = np.ones(len(periods))
    if nowcast is not None:
        over = np.asarray(periods.end_time <= nowcast.periods[-1].end_time)
        share[over] = nowcast.for_periods(periods[over])
    return share


def _incident_minutes(monthly: pd.DataFrame) -> float:
    """Say what an incident costs [minutes]: that of the mean minute lost in the last twelve months."""
    lost = float((monthly["denominator"] - monthly["numerator"]).sum())
    squares = float(monthly["squares"].sum())
    return squares / lost if lost > 0 and squares > 0 else _INCIDENT_MINUTES
