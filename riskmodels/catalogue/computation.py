"""Compute the indicators of the policy from the tables, numerator and denominator kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import duckdb
import pandas as pd

from riskmodels.catalogue.definitions import INDICATORS, Indicator
from riskmodels.display import Displayed
from riskmodels.policy import Policy
from riskmodels.tables import CONTRACTS, Tables
from riskmodels.tables.sql import literal, name, single_file
from riskmodels.workdays import working_days

Frequency = Literal["Q", "M"]

_PERIOD = {"Q": "year({at}) || 'Q' || quarter({at})", "M": "strftime({at}, '%Y-%m')"}
_LENGTH = {"Q": ("quarter", 3), "M": ("month", 1)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Indicators(Displayed):
    """Indicator values by period and breakdown.

    Attributes
    ----------
    table : DataFrame
        indicator_id, the columns of ``by``, period, numerator, denominator, squares (sum of squared values,
        for means; else NaN), value [unit of the indicator]; one row where the denominator is known.
    unavailable : DataFrame
        indicator_id, reason: indicators of the policy that these tables cannot give.
    by : tuple of str
        The breakdown; empty for the whole bank.
    """

    table: pd.DataFrame
    unavailable: pd.DataFrame
    by: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say how many indicators there are and how many are lacking."""
        return (
            f"{self.table['indicator_id'].nunique()} indicators computed,"
            f" {len(self.unavailable)} not available from this source."
        )

    def summary(self) -> pd.DataFrame:
        """Latest period of each indicator, the first rows of the breakdown."""
        last = self.table["period"].max() if len(self.table) else ""
        return self.table[self.table["period"] == last].head(50).drop(columns="squares")


def indicators(
    tables: Tables,
    policy: Policy,
    *,
    by: Sequence[str] = (),
    freq: Frequency = "Q",
    periods: Sequence[str] | None = None,
) -> Indicators:
    """Compute every indicator of the policy that the tables can give.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Which indicators.
    by : sequence of str
        Breakdown: columns such as ``unit_id``, ``product``, ``channel``, ``customer_group``.
    freq : {"Q", "M"}
        Quarters (``2026Q3``) or months (``2026-09``).
    periods : sequence of str, optional
        Only these.

    Returns
    -------
    Indicators
        Each indicator of the policy is either in ``table`` or in ``unavailable``.

    Notes
    -----
    A complaint belongs to the period in which it was received, and is in the denominator of a deadline
    once that deadline has passed; open and overdue ones count as failed. So the last weeks before the
    as-of day are thinner, not better. Months that the source does not know are left out of numerator and
    denominator alike; so are complaints of a unit, product and month whose accounts are unknown.
    """
    reasons: dict[str, str] = {}
    frames: list[pd.DataFrame] = []
    with duckdb.connect() as connection:
        _prepare(connection, tables)
        for wanted in policy.indicators:
            reason = _why_not(wanted.id, tables, by)
            if reason:
                reasons[wanted.id] = reason
                continue
            query = _query(INDICATORS[wanted.id], tables, by, freq, periods)
            frame = connection.execute(query).df()
            if frame.empty:
                reasons[wanted.id] = "the source has no rows for it in the period"
            else:
                frames.append(frame)
    table = pd.concat(frames, ignore_index=True) if frames else _empty(by)
    table["period"] = table["period"].astype("str")
    return Indicators(
        table=table,
        unavailable=pd.DataFrame(
            {"indicator_id": list(reasons), "reason": list(reasons.values())}, dtype="str"
        ),
        by=tuple(by),
    )


def _empty(by: Sequence[str]) -> pd.DataFrame:
    texts = dict.fromkeys(["indicator_id", *by, "period"], pd.Series(dtype="str"))
    numbers = dict.fromkeys(["numerator", "denominator", "squares", "value"], pd.Series(dtype="float64"))
    return pd.DataFrame({**texts, **numbers})


def _why_not(indicator_id: str, tables: Tables, by: Sequence[str]) -> str:
    """Say why an indicator cannot be computed, or return an empty text."""
    definition = INDICATORS.get(indicator_id)
    if definition is None:
        return "it is not in the catalogue of indicators"
    table = tables.get(definition.table)
    if table is None:
        return f"the source has no table '{definition.table}'"
    for column in definition.needs:
        owner, _, needed = column.rpartition(".")
        holder = tables.get(owner or definition.table)
        if holder is None:
            return f"the source has no table '{owner}'"
        if not holder.gives(needed):
            return f"the source gives no {holder.name}.{needed}"
    sources = [definition.table, *(["exposure"] if definition.exposure == "accounts" else [])]
    lacking = [key for key in by if any(key not in CONTRACTS[source].names for source in sources)]
    if lacking or (definition.exposure == "time" and by):
        return f"it has no breakdown by {', '.join(lacking or by)}"
    return ""


def _prepare(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Create a view a table; complaints with their working days; ``now``, the end of the as-of day."""
    for table in tables.present:
        connection.execute(
            f"CREATE TEMP VIEW {name(table.name)} AS SELECT *, {literal(tables.as_of.isoformat())}::TIMESTAMP"
            f" + INTERVAL 1 DAY AS now FROM read_parquet({single_file(table.path)})"
        )
    first = connection.execute("SELECT min(received_at)::DATE FROM complaints").fetchall()[0][0]
    start = (first or tables.as_of) - timedelta(days=1)
    connection.register("workdays", working_days(start, tables.as_of, country=tables.country))
    index = {
        moment: f"(SELECT working_index FROM workdays WHERE day = {moment}::DATE)"  # none after the as-of day
        for moment in ("received_at", "first_response_at", "resolved_at")
    }
    today = "(SELECT max(working_index) FROM workdays)"
    connection.execute(
        "CREATE TEMP TABLE counted AS SELECT *,"
        f" coalesce({index['first_response_at']}, {today}) - {index['received_at']} AS working_days_to_response,"
        f" coalesce({index['resolved_at']}, {today}) - {index['received_at']} AS working_days_to_resolution,"
        f" {today} - {index['received_at']} AS working_days_old FROM complaints"
    )


def _query(
    indicator: Indicator, tables: Tables, by: Sequence[str], freq: Frequency, periods: Sequence[str] | None
) -> str:
    if indicator.exposure == "accounts":
        counted = _over_accounts(indicator, tables, by, freq)
    elif indicator.exposure == "time":
        counted = _over_time(indicator, tables, freq)
    else:
        counted = _over_rows(indicator, tables, by, freq)
    chosen = ""
    if periods is not None:
        chosen = f" AND period IN ({', '.join(literal(period) for period in periods)})"
    dimensions = "".join(f"{name(column)}, " for column in by)
    return (
        f"SELECT {literal(indicator.id)} AS indicator_id, {dimensions} period, numerator::DOUBLE AS numerator,"
        " denominator::DOUBLE AS denominator, squares::DOUBLE AS squares,"
        f" numerator / denominator * {indicator.scale!r} AS value FROM ({counted})"
        f" WHERE denominator > 0{chosen} ORDER BY {dimensions} period"
    )


def _known(tables: Tables, table: str, at: str) -> str:
    """Condition that a row lies in a month that the source of ``table`` knows, up to the as-of day."""
    months = tables.require(table).provenance.unknown_months
    known = f"{at} IS NOT NULL AND {at} < {literal(tables.as_of.isoformat())}::DATE + INTERVAL 1 DAY"
    if months:
        listed = ", ".join(literal(month) for month in months)
        known += f" AND strftime({at}, '%Y-%m') NOT IN ({listed})"
    return known


def _grouping(by: Sequence[str], freq: Frequency, at: str) -> str:
    return "".join(f"{name(column)}, " for column in by) + f"{_PERIOD[freq].format(at=at)} AS period"


def _over_rows(indicator: Indicator, tables: Tables, by: Sequence[str], freq: Frequency) -> str:
    source = "counted" if indicator.table == "complaints" else name(indicator.table)
    value = f"({indicator.value})::DOUBLE"
    squares = f"sum({value} * {value})" if indicator.family == "mean" else "NULL"
    return (
        f"SELECT {_grouping(by, freq, indicator.at)}, sum({value}) AS numerator,"
        f" {indicator.weight} AS denominator, {squares} AS squares FROM {source}"
        f" WHERE ({indicator.eligible}) AND {_known(tables, indicator.table, indicator.at)} GROUP BY ALL"
    )


def _over_accounts(indicator: Indicator, tables: Tables, by: Sequence[str], freq: Frequency) -> str:
    """Count complaints over account-years, where the accounts are known, in months that both tables know."""
    known = (
        "accounts IS NOT NULL AND month + INTERVAL 1 MONTH <= now"
        " AND month >= (SELECT date_trunc('month', min(received_at)) FROM complaints)"
        f" AND {_known(tables, 'complaints', 'month')} AND {_known(tables, 'exposure', 'month')}"
    )
    cell = f"(unit_id, product, date_trunc('month', {indicator.at})::DATE)"
    keys = ", ".join([*(name(column) for column in by), "period"])
    return (
        f"SELECT {keys}, coalesce(count, 0) AS numerator, denominator, NULL AS squares FROM"
        f" (SELECT {_grouping(by, freq, 'month')}, sum(accounts) / 12.0 AS denominator FROM exposure"
        f" WHERE {known} GROUP BY ALL)"
        f" LEFT JOIN (SELECT {_grouping(by, freq, indicator.at)}, count(*) AS count FROM complaints"
        f" WHERE {cell} IN (SELECT (unit_id, product, month::DATE) FROM exposure WHERE {known})"
        f" GROUP BY ALL) USING ({keys})"
    )


def _over_time(indicator: Indicator, tables: Tables, freq: Frequency) -> str:
    """Count events in every period of the complaints' span, quiet ones included; a part of it weighs less."""
    unit, months = _LENGTH[freq]
    start = f"date_trunc('{unit}', day)"
    length = f"any_value(date_diff('day', {start}, {start} + INTERVAL {months} MONTH))"
    began = "(SELECT min(received_at)::DATE FROM complaints)"
    return (
        "SELECT period, coalesce(events, 0) AS numerator, quarters AS denominator, NULL AS squares FROM"
        f" (SELECT {_PERIOD[freq].format(at='day')} AS period,"
        f" count(*) / {length} * {months} / 3.0 AS quarters FROM workdays"
        f" WHERE day >= {began} AND {_known(tables, indicator.table, 'day')} GROUP BY ALL)"
        f" LEFT JOIN (SELECT {_PERIOD[freq].format(at=indicator.at)} AS period, count(*) AS events"
        f" FROM {name(indicator.table)} WHERE ({indicator.eligible}) AND {indicator.at} >= {began}"
        f" AND {_known(tables, indicator.table, indicator.at)} GROUP BY ALL) USING (period)"
    )
