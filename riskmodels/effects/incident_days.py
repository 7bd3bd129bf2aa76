"""Complaints, losses and survey answers by day about incidents; which days an incident's window covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.periods.workdays import working_days
from riskmodels.tables import Table, Tables
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.coverage import silent_months
from riskmodels.tables.sql import literal, name

KINDS = ("channel", "customer_group", "product")  # by which an excess is split
_LONGEST = 42  # days of a window: what lasts longer is a change of level, not an incident
_DELAYS, _SETTLED = 366, 60  # [days] of receipt from which delays are learnt, and after which all is logged
_LEAST_LOGGED = 0.5  # share of a day's complaints that is logged: of a day with less, too little is known


@dataclass(frozen=True, kw_only=True)
class Days:
    """T days up to the end of what is reviewed.

    ``days`` from the first day of the complaints; ``working`` (T,); ``logged`` (T,), share of a day's
    complaints logged by the end, NaN where the source does not know the day; ``counts`` (n, T) [complaints],
    whose row i is of ``keys`` row i: scope (a unit, or empty: the bank), kind and name of the part.
    """

    days: pd.DatetimeIndex
    working: Flags
    logged: Floats
    keys: pd.DataFrame
    counts: Floats


def daily_complaints(
    tables: Tables, end: pd.Timestamp, scopes: Sequence[str], *, since: pd.Timestamp
) -> Days:
    """Count the complaints known by a day, of the bank and of units.

    Without single complaints the days begin with ``since``, and no count is known.
    """
    table = tables.complaints
    begins = None if table is None or table.begins is None else pd.Timestamp(table.begins)
    is_known = table is not None and begins is not None and begins <= end
    first = begins if is_known else min(since, end)
    days = pd.date_range(pd.Timestamp(str(first)).normalize(), end, freq="D", unit="s")
    keys = pd.DataFrame({"scope": list(scopes), "kind": "", "name": ""})
    logged, counts = np.full(len(days), np.nan), np.zeros((len(keys), len(days)))
    if table is not None and is_known:
        logged = _logged(table, days)
        keys, counts = _all_counts(table, days, keys)
    counts[:, np.isnan(logged)] = np.nan
    before = days[0].date() - timedelta(days=1)
    calendar = working_days(before, end.date(), country=tables.country, closed=tables.holidays)
    working = np.diff(calendar["working_index"].to_numpy()) > 0
    return Days(days=days, working=working, logged=logged, keys=keys, counts=counts)


def _all_counts(table: Table, days: pd.DatetimeIndex, totals: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    """Count by scope, kind and name: the keys, among them ``totals``, and their counts (n, T)."""
    by = ["scope", "kind", "name"]
    parts = [_counted(table, days, kind, list(totals["scope"])) for kind in ("", *KINDS)]
    counted = pd.concat(parts, ignore_index=True)
    keys = (
        pd.concat([totals, counted[by]])
        .drop_duplicates()
        .sort_values(by, kind="stable")
        .reset_index(drop=True)
    )
    place = keys.reset_index().merge(counted, on=by)
    counts = np.zeros((len(keys), len(days)))
    counts[place["index"], (pd.DatetimeIndex(place["day"]) - days[0]).days] = place["n"]
    return keys, counts


def _known(table: Table, days: pd.DatetimeIndex) -> str:
    """Condition that a row is of these days and was recorded by their end."""
    contract, last = CONTRACTS[table.name], f"DATE {literal(str(days[-1].date()))}"
    at, recorded = name(contract.at), name(contract.recorded) if contract.recorded else "NULL"
    first = f"DATE {literal(str(days[0].date()))}"
    return f"{at}::DATE BETWEEN {first} AND {last} AND coalesce({recorded}::DATE <= {last}, true)"


def _asked(table: Table, query: str) -> pd.DataFrame:
    """Answer a query of the accepted rows, which it calls ``accepted``."""
    answer = table.relation.query("accepted", query)
    return pd.DataFrame() if answer is None else pd.DataFrame(answer.df())


def _counted(table: Table, days: pd.DatetimeIndex, kind: str, scopes: Sequence[str]) -> pd.DataFrame:
    at = name(CONTRACTS[table.name].at)
    part = f"coalesce({name(kind)}, '')" if kind else "''"
    listed = ", ".join(literal(one) for one in scopes if one) or "''"
    chosen = f"SELECT {at}::DATE AS day, {part} AS name, unit_id FROM accepted WHERE {_known(table, days)}"
    rows = _asked(
        table,
        f"WITH chosen AS ({chosen}) SELECT '' AS scope, name, day, count(*) AS n FROM chosen GROUP BY ALL"
        " UNION ALL SELECT unit_id, name, day, count(*) FROM chosen"
        f" WHERE unit_id IN ({listed}) GROUP BY ALL",
    )
    return rows.assign(kind=kind)


def _logged(table: Table, days: pd.DatetimeIndex) -> Floats:
    """Share of each day's complaints that is logged by the last day; NaN where unknown or too little."""
    at, recorded = name(CONTRACTS[table.name].at), name(CONTRACTS[table.name].recorded)
    last = f"DATE {literal(str(days[-1].date()))}"
    delays = _asked(
        table,
        f"SELECT greatest(date_diff('day', {at}::DATE, {recorded}::DATE), 0) AS delay, count(*) AS n"
        " FROM accepted"
        f" WHERE {at}::DATE BETWEEN {last} - {_DELAYS + _SETTLED} AND {last} - {_SETTLED}"
        f" AND {recorded}::DATE <= {last} GROUP BY ALL",
    )
    by_delay = np.bincount(np.minimum(delays["delay"], _SETTLED), delays["n"], minlength=_SETTLED + 1)
    share = np.cumsum(by_delay) / by_delay.sum() if by_delay.sum() else np.ones(_SETTLED + 1)
    age = np.minimum(np.arange(len(days))[::-1], _SETTLED)
    months = [*table.provenance.unknown_months, *silent_months(table)]
    unknown = (
        days.to_period("M").isin(pd.PeriodIndex(months, freq="M")) if months else np.zeros(len(days), bool)
    )
    return np.where(unknown | (share[age] < _LEAST_LOGGED), np.nan, share[age])


def with_windows(major: pd.DataFrame, days: pd.DatetimeIndex, length: int) -> pd.DataFrame:
    """Say which days each incident covers, and which incidents share days and so cannot be separated.

    Returns ``major`` with ``first`` and ``stop`` (places of its first day and of the day after its last) and
    ``episode``, the first incident of those of the same scope whose days run into each other, whose days are
    then the episode's. A window is ``length`` days from the start, or until as long after the end.
    """
    start = (major["started_at"].dt.normalize() - days[0]).dt.days
    over = (major["ended_at"].dt.normalize() - days[0]).dt.days.fillna(len(days) - 1)
    stop = np.minimum(np.minimum(over + length, start + _LONGEST), len(days)).astype(np.int64)
    placed = major.assign(first=start.astype(np.int64), stop=stop)
    placed = placed.sort_values(["scope", "first", "incident_id"], kind="stable")
    reached = placed.groupby("scope")["stop"].cummax().groupby(placed["scope"]).shift()
    begins = ~(placed["first"] < reached)
    number = begins.cumsum()
    groups = placed.groupby(number)
    return placed.assign(
        episode=groups["incident_id"].transform("first"),
        together=groups["incident_id"].transform("size"),
        first=groups["first"].transform("min"),
        stop=groups["stop"].transform("max"),
    )


def quiet_days(windows: pd.DataFrame, scopes: Sequence[str], size: int) -> Flags:
    """Return days without an incident's window, shape (scopes, T); the bank's are every unit's."""
    edges = np.zeros((len(scopes), size + 1))
    place = windows["scope"].map({scope: row for row, scope in enumerate(scopes)}).to_numpy(np.int64)
    np.add.at(edges, (place, windows["first"].clip(lower=0)), 1)
    np.add.at(edges, (place, windows["stop"]), -1)
    covered = edges.cumsum(axis=1)[:, :size] > 0
    return np.asarray(~(covered | covered[list(scopes).index("")]))


def daily_sums(table: Table, days: pd.DatetimeIndex, scopes: Sequence[str], figures: Sequence[str]) -> Floats:
    """Add figures (SQL) of a table up by scope and day as known by the last day: (figures, scopes, T)."""
    at = name(CONTRACTS[table.name].at)
    wanted = ", ".join(f"({figure})::DOUBLE AS f{place}" for place, figure in enumerate(figures))
    rows = _asked(
        table, f"SELECT {at}::DATE AS day, unit_id, {wanted} FROM accepted WHERE {_known(table, days)}"
    )
    place = (pd.DatetimeIndex(rows["day"]) - days[0]).days
    sums = np.zeros((len(figures), len(scopes), len(days)))
    rank = {scope: row for row, scope in enumerate(scopes)}
    own = rows["unit_id"].map(rank).fillna(-1).to_numpy(np.int64)
    bank = list(scopes).index("")
    for number in range(len(figures)):
        values = rows[f"f{number}"].fillna(0.0).to_numpy()
        sums[number, bank] = np.bincount(place, values, minlength=len(days))
        inside = own >= 0
        np.add.at(sums[number], (own[inside], place[inside]), values[inside])
    return sums
