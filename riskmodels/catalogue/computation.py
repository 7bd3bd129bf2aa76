"""Compute the indicators of the policy from the tables, numerator and denominator kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd

from riskmodels.catalogue.definitions import INDICATORS
from riskmodels.catalogue.entry import Indicator
from riskmodels.catalogue.queries import (
    Breakdown,
    Frequency,
    over_accounts,
    over_durations,
    over_minutes,
    over_rows,
    over_stock,
    over_time,
)
from riskmodels.display import Displayed
from riskmodels.policy import Policy
from riskmodels.rates import restricted_mean
from riskmodels.tables import CONTRACTS, Tables
from riskmodels.tables.sql import literal, name, single_file
from riskmodels.workdays import working_days

_NO_ROWS = "the source has no rows for it in the period"
_FIGURES = ("numerator", "denominator", "squares", "value")


@dataclass(frozen=True, kw_only=True, eq=False)
class Indicators(Displayed):
    """Indicator values by period and breakdown.

    Attributes
    ----------
    table : DataFrame
        indicator_id, the columns of ``by``, period, numerator, denominator, squares (for means, of the
        values; for availability, of the minutes lost by incident; else NaN), value [unit of the
        indicator]; one row where the denominator is known.
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

    Raises
    ------
    ParameterError
        A period cannot be read.

    Notes
    -----
    A complaint belongs to the period in which it was received, and is in the denominator of a deadline
    once that deadline has passed; open and overdue ones count as failed. So the last weeks before the
    as-of day are thinner, not better. A handling time counts every complaint, the open ones as not
    finished yet (Kaplan–Meier); a cohort too young for the whole horizon has no value. Months that the
    source does not know are left out of numerator and denominator alike; so are complaints of a unit,
    product and month whose accounts are unknown.
    """
    reasons = {wanted.id: _why_not(wanted.id, tables, by) for wanted in policy.indicators}
    given = [INDICATORS[indicator_id] for indicator_id, reason in reasons.items() if not reason]
    cut = Breakdown(
        tables=tables, by=tuple(by), freq=freq, periods=None if periods is None else tuple(periods)
    )
    with duckdb.connect() as connection:
        _prepare(connection, tables)
        found: dict[str, pd.DataFrame] = {}
        for chosen in _sharing_a_scan(given):
            found |= _computed(connection, chosen, cut)
    reasons |= {indicator.id: _NO_ROWS for indicator in given if found[indicator.id].empty}
    return Indicators(
        table=_joined([found[indicator.id] for indicator in given], cut),
        unavailable=_listed({key: reason for key, reason in reasons.items() if reason}),
        by=cut.by,
    )


def unused_observations(tables: Tables) -> pd.DataFrame:
    """Count the rows of ``observations`` that no entry of the catalogue uses: misspelt, or not known.

    Returns
    -------
    DataFrame
        indicator_id, rows; in order of indicator_id, empty where every row is used or the table is lacking.
    """
    used = [indicator.id for indicator in INDICATORS.values() if indicator.table == "observations"]
    if tables.observations is None:
        return pd.DataFrame({"indicator_id": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64")})
    strangers = tables.observations.relation.filter(
        f"indicator_id NOT IN ({', '.join(map(literal, used))})"
    ).aggregate('indicator_id, count(*)::BIGINT AS "rows"')
    return pd.DataFrame(strangers.order("indicator_id").df()).astype({"indicator_id": "str"})


def _listed(reasons: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"indicator_id": list(reasons), "reason": list(reasons.values())}, dtype="str")


def _joined(frames: list[pd.DataFrame], cut: Breakdown) -> pd.DataFrame:
    """Put the frames that have rows one under another."""
    full = [frame for frame in frames if len(frame)]
    if full:
        return pd.concat(full, ignore_index=True).astype({"period": "str"})
    texts = dict.fromkeys(["indicator_id", *cut.by, "period"], pd.Series(dtype="str"))
    return pd.DataFrame({**texts, **dict.fromkeys(_FIGURES, pd.Series(dtype="float64"))})


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
    """Create a view a table, with ``now``, the end of the as-of day; the complaints' span, days, outages."""
    for table in tables.present:
        connection.execute(
            f"CREATE TEMP VIEW {name(table.name)} AS SELECT *, {literal(tables.as_of.isoformat())}::TIMESTAMP"
            f" + INTERVAL 1 DAY AS now FROM read_parquet({single_file(table.path)})"
        )
    first = (
        "NULL::DATE AS began"
        if tables.complaints is None
        else "min(received_at)::DATE AS began FROM complaints"
    )
    connection.execute(f"CREATE TEMP TABLE span AS SELECT {first}")
    began = connection.execute("SELECT began FROM span").fetchall()[0][0] or tables.as_of
    calendar = working_days(began - timedelta(days=1), tables.as_of, country=tables.country)
    connection.register("calendar", calendar)
    connection.execute("CREATE TEMP TABLE workdays AS SELECT day::DATE AS day, working_index FROM calendar")
    connection.execute(f"CREATE TEMP VIEW outages AS {_outages(tables)}")


def _outages(tables: Tables) -> str:
    """Select the outages that began by now, an open one lasting until now; none where there are no incidents."""
    if tables.incidents is None:
        return "SELECT NULL AS incident_id, NULL AS unit_id, NULL::TIMESTAMP AS started, started AS ended LIMIT 0"
    return (
        "SELECT incident_id, unit_id, started_at AS started, least(coalesce(ended_at, now), now) AS ended"
        " FROM incidents WHERE kind = 'outage' AND started_at < now"
    )


def _sharing_a_scan(given: Iterable[Indicator]) -> list[list[Indicator]]:
    """Put indicators of the same table and cohort together; those that count otherwise stay alone."""
    groups: dict[tuple[str, ...], list[Indicator]] = {}
    for indicator in given:
        alone = (
            indicator.exposure or indicator.stock or indicator.horizon or indicator.family == "availability"
        )
        key = (indicator.id,) if alone else (indicator.table, indicator.at)
        groups.setdefault(key, []).append(indicator)
    return list(groups.values())


def _computed(
    connection: duckdb.DuckDBPyConnection, chosen: list[Indicator], cut: Breakdown
) -> dict[str, pd.DataFrame]:
    """Run the query of indicators that share a scan, and take each one's rows out of its answer."""
    answer = connection.execute(cut.finished(_counting(chosen, cut))).df()
    if chosen[0].horizon:
        answer = _restricted_means(answer, chosen[0], cut)
    return {indicator.id: _rows_of(answer, indicator, place, cut) for place, indicator in enumerate(chosen)}


def _counting(chosen: list[Indicator], cut: Breakdown) -> str:
    first = chosen[0]
    if first.exposure == "accounts":
        return over_accounts(first, cut)
    if first.exposure == "time":
        return over_time(first, cut)
    if first.horizon:
        return over_durations(first, cut)
    if first.stock:
        return over_stock(first, cut)
    return over_minutes(first, cut) if first.family == "availability" else over_rows(chosen, cut)


def _rows_of(answer: pd.DataFrame, indicator: Indicator, place: int, cut: Breakdown) -> pd.DataFrame:
    """Return one indicator's rows: those whose denominator is above zero."""
    figures = {f"{figure}_{place}": figure for figure in _FIGURES[:3]}
    rows = answer.loc[answer[f"denominator_{place}"] > 0, [*cut.by, "period", *figures]]
    rows = rows.rename(columns=figures).astype(dict.fromkeys(figures.values(), "float64"))
    rows.insert(0, "indicator_id", indicator.id)
    return rows.assign(value=rows["numerator"] / rows["denominator"] * indicator.scale)


def _restricted_means(answer: pd.DataFrame, indicator: Indicator, cut: Breakdown) -> pd.DataFrame:
    """Turn counts by whole days into restricted means; a cohort that is too young is left out.

    The numerator is the mean times the number of complaints n, and the squares are n (mean² + n V), V the
    variance of the mean by Greenwood's formula: so their spread over n is V, and where nothing is censored
    they are the sum of the squared days.
    """
    cohorts = answer[[*cut.by, "period"]].drop_duplicates(ignore_index=True)
    group = answer.groupby([*cut.by, "period"], sort=False, dropna=False).ngroup().to_numpy()
    counts = np.zeros((2, len(cohorts), indicator.horizon + 1))
    days = answer["days"].to_numpy(np.int64)
    counts[0, group, days], counts[1, group, days] = answer["events"], answer["censored"]
    mean, variance = restricted_mean(counts[0], counts[1])
    size = counts.sum(axis=(0, 2))
    figures = {
        "numerator_0": mean * size,
        "denominator_0": size,
        "squares_0": size * (mean**2 + size * variance),
    }
    return cohorts.assign(**figures)[np.isfinite(mean)]
