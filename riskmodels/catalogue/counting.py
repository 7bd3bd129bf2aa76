"""Count what indicators are made of: once for the same tables, whatever is asked of the counts afterwards.

Most indicators add up: what a quarter of a unit has is the sum of what its months have by product, channel
and customer group. These cells are counted in one scan of each table, kept as long as the tables are, and
added up for each breakdown. What does not add up (a mean by Kaplan–Meier, the last month of a stock,
incidents that last) is counted for each breakdown over all periods, and kept as well.
"""

import atexit
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import pandas as pd

from riskmodels.catalogue.counted import over_counts
from riskmodels.catalogue.entry import COUNTS, SUPPLIED, Indicator
from riskmodels.catalogue.lost import count_lost, with_lost
from riskmodels.catalogue.queries import (
    Breakdown,
    over_accounts,
    over_durations,
    over_minutes,
    over_rows,
    over_stock,
    over_time,
)
from riskmodels.periods.workdays import working_days
from riskmodels.rates import restricted_mean
from riskmodels.tables import CONTRACTS, Table, Tables, in_months, period_months
from riskmodels.tables.lifetimes import has_lifetimes, in_business, lives
from riskmodels.tables.sql import connection, connection_of_one_thread, literal, name, single_file

DIMENSIONS = ("unit_id", "product", "channel", "customer_group")
_FIGURES = ("numerator", "denominator", "squares")
_LEFT_OUT = "left_out"  # cases that a rate does not count, because what they are measured against is unknown
_KEPT_ROWS = 1_000_000  # of a table: cells of a larger one take gigabytes, so each breakdown scans it
_CELLS = (
    "CREATE TEMP TABLE cells (indicator_id VARCHAR, start DATE, numerator DOUBLE, denominator DOUBLE,"
    f" squares DOUBLE, left_out DOUBLE, {', '.join(f'{column} VARCHAR' for column in DIMENSIONS)})"
)


def count(given: list[Indicator], cut: Breakdown) -> pd.DataFrame:
    """Count numerator, denominator, squares and value of indicators, in their order, by breakdown and period.

    Raises ParameterError where a period cannot be read.
    """
    cut.within("start")  # refuses what is no period
    counts = _counts_of(cut)
    frames = [frame for frame in counts.frames(given, cut) if len(frame)]
    if not frames:
        texts = dict.fromkeys(["indicator_id", *cut.by, "period"], pd.Series(dtype="str"))
        return pd.DataFrame(
            {**texts, **dict.fromkeys([*_FIGURES, _LEFT_OUT, "value"], pd.Series(dtype="float64"))}
        )
    table = pd.concat(frames, ignore_index=True)
    for column in ("period", "indicator_id"):
        if not isinstance(table[column].dtype, pd.StringDtype):
            table[column] = table[column].astype("str")
    places = pd.Index([indicator.id for indicator in given]).get_indexer(pd.Index(table["indicator_id"]))
    scales = np.array([indicator.scale for indicator in given])[places]
    table["value"] = table["numerator"] / table["denominator"] * scales
    for indicator in given:
        lost = counts.lost(indicator, cut)
        if len(lost):
            rows = table["indicator_id"] == indicator.id
            table.loc[rows, _LEFT_OUT] = with_lost(table, lost, indicator, cut.by)
    return table.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)


def _counts_of(cut: Breakdown) -> "_Counts":
    """Return the counts of all rows, or by units of those rows that lie in the life of their unit."""
    counts = _opened.get(cut.tables)
    if counts is None:
        whole = _Counts(cut.tables)
        living = _Counts(cut.tables, units=cut.tables.units) if has_lifetimes(cut.tables) else whole
        counts = _opened.setdefault(cut.tables, (whole, living))
    return counts["unit_id" in cut.by]


class _Counts:
    """What has been counted of tables so far; one thread at a time."""

    def __init__(self, tables: Tables, *, units: Table | None = None) -> None:
        self._lock = Lock()
        self._in_cells: set[str] = set()
        self._scanned: dict[tuple[object, ...], pd.DataFrame] = {}
        self._lost: dict[tuple[object, ...], pd.DataFrame] = {}
        small = all(table.provenance.rows_accepted <= _KEPT_ROWS for table in tables.present)
        self._connection = connection_of_one_thread() if small else connection()
        _prepare(self._connection, tables, units)
        self._connection.execute(_CELLS)

    def frames(self, given: list[Indicator], cut: Breakdown) -> list[pd.DataFrame]:
        """Return the rows with a denominator, each indicator's in the order of breakdown and period."""
        in_cells, scanned = [], []
        with self._lock:
            for chosen in _sharing_a_scan(given):
                if not _is_kept(chosen[0], cut.tables):
                    scanned.append(self._scan(chosen, cut))
                elif _adds_up(chosen[0], cut.tables) and set(cut.by) <= set(DIMENSIONS):
                    self._count_cells(chosen, cut.tables)
                    in_cells += chosen
                else:
                    scanned.append(_of_periods(self._scan_once(chosen, cut), cut))
            return [*scanned, self._add_up(in_cells, cut)] if in_cells else scanned

    def lost(self, indicator: Indicator, cut: Breakdown) -> pd.DataFrame:
        """Return the rejected rows that an indicator lacks, in all periods; see ``count_lost``."""
        key = (indicator.table, indicator.only, cut.by, cut.freq, cut.begins)
        if key not in self._lost:
            self._lost[key] = count_lost(indicator, replace(cut, periods=None))
        return self._lost[key]

    def _scan(self, chosen: list[Indicator], cut: Breakdown) -> pd.DataFrame:
        answer = self._connection.execute(cut.finished(_counting(chosen, cut))).df()
        if chosen[0].horizon:
            answer = _restricted_means(answer, chosen[0], cut)
        parts = [_rows_of(answer, indicator, place, cut) for place, indicator in enumerate(chosen)]
        return pd.concat(parts, ignore_index=True)

    def _scan_once(self, chosen: list[Indicator], cut: Breakdown) -> pd.DataFrame:
        key = (*(indicator.id for indicator in chosen), cut.by, cut.freq, cut.begins)
        if key not in self._scanned:
            self._scanned[key] = self._scan(chosen, replace(cut, periods=None))
        return self._scanned[key]

    def _count_cells(self, chosen: list[Indicator], tables: Tables) -> None:
        """Count the finest cells of indicators that share a scan, where that is not done yet."""
        chosen = [indicator for indicator in chosen if indicator.id not in self._in_cells]
        if not chosen:
            return
        cut = Breakdown(tables=tables, by=chosen[0].dimensions(DIMENSIONS), freq="M", periods=None)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE scan AS {_counting(chosen, cut)}")
        for place, indicator in enumerate(chosen):
            figures = ", ".join(f"{figure}_{place} AS {figure}" for figure in _FIGURES)
            left_out = f"{_LEFT_OUT}_0" if indicator.exposure == "accounts" else "0.0"
            self._connection.execute(
                f"INSERT INTO cells BY NAME SELECT {literal(indicator.id)} AS indicator_id, {cut.keys}start,"
                f" {figures}, {left_out} AS {_LEFT_OUT}"
                f" FROM scan WHERE numerator_{place} <> 0 OR denominator_{place} <> 0 OR {left_out} <> 0"
            )
            self._in_cells.add(indicator.id)
        self._connection.execute("DROP TABLE scan")

    def _add_up(self, chosen: list[Indicator], cut: Breakdown) -> pd.DataFrame:
        names = ", ".join(literal(indicator.id) for indicator in chosen)
        sums = ", ".join(f"sum({figure}) AS {figure}" for figure in (*_FIGURES, _LEFT_OUT))
        added = (
            f"SELECT indicator_id, {cut.grouping('cells.start')}, {sums} FROM cells"
            f" WHERE indicator_id IN ({names}) AND {cut.within('cells.start')} GROUP BY ALL"
            " HAVING denominator > 0 AND NOT isnan(denominator) AND NOT isnan(numerator)"
        )
        answer = self._connection.execute(cut.finished(added)).df()
        return answer[["indicator_id", *cut.by, "period", *_FIGURES, _LEFT_OUT]]


_opened: WeakKeyDictionary[Tables, tuple[_Counts, _Counts]] = WeakKeyDictionary()
atexit.register(_opened.clear)  # DuckDB's connections must be gone before its library is


def _adds_up(indicator: Indicator, tables: Tables) -> bool:
    """Tell whether the counts of a whole are the sums of those of its parts, and these are known by month."""
    alone = indicator.stock or indicator.horizon or indicator.exposure == "time" or indicator.table == COUNTS
    longer = indicator.table == SUPPLIED and tables.require(SUPPLIED).gives("period")
    return not alone and not longer and indicator.family != "availability"


def _is_kept(indicator: Indicator, tables: Tables) -> bool:
    rows = (tables.require(source).provenance.rows_accepted for source in indicator.tables)
    return max(rows) <= _KEPT_ROWS


def _of_periods(frame: pd.DataFrame, cut: Breakdown) -> pd.DataFrame:
    return frame if cut.periods is None else frame[frame["period"].isin(cut.periods)]


def _prepare(connection: duckdb.DuckDBPyConnection, tables: Tables, units: Table | None) -> None:
    """Create a view per table, with ``now``, the end of the as-of day; span, workdays and outages.

    Given units, each is of the rows in the life of their unit. Where complaints are counted by periods, what
    a unit has before its first day and after its last one is known: no accounts.
    """
    for table in tables.present:
        rows = _rows(table) if units is None else in_business(table, _rows(table), units)
        if table.name == "exposure" and tables.complaint_counts and tables.units and not tables.complaints:
            rows = _with_no_accounts(rows, tables.complaint_counts, tables.units)
        connection.execute(
            f"CREATE TEMP VIEW {name(table.name)} AS SELECT *, {literal(tables.as_of.isoformat())}::TIMESTAMP"
            f" + INTERVAL 1 DAY AS now FROM {rows}"
        )
    connection.execute(f"CREATE TEMP TABLE span AS SELECT {_span(tables)}")
    began = connection.execute("SELECT began FROM span").fetchall()[0][0] or tables.as_of
    calendar = working_days(
        began - timedelta(days=1), tables.as_of, country=tables.country, closed=tables.holidays
    )
    connection.register("calendar", calendar)
    connection.execute("CREATE TEMP TABLE workdays AS SELECT day::DATE AS day, working_index FROM calendar")
    connection.execute(f"CREATE TEMP VIEW outages AS {_outages(tables)}")


def _rows(table: Table) -> str:
    """SQL for the rows of a table; of a figure that is not known NaN, which makes each sum over it NaN."""
    if table.name == "exposure":
        return in_months(table)
    if table.name == COUNTS:
        return table.cells
    if table.name == SUPPLIED:
        figures = ("numerator", "denominator")
        known = ", ".join(f"coalesce({figure}, 'NaN'::DOUBLE) AS {figure}" for figure in figures)
        usual = (
            f"CASE WHEN numerator IS NULL THEN max({period_months()}) OVER (PARTITION BY indicator_id) END"
        )
        months = f"coalesce({period_months()}, {usual}, 1)"
        return f"(SELECT * REPLACE ({known}), {months} AS months FROM {table.cells})"
    return f"read_parquet({single_file(table.path)})"


def _with_no_accounts(rows: str, counts: Table, units: Table) -> str:
    """SQL for accounts, which are none where a counted period lies before or after the life of a unit.

    A period that has a day of the unit's business has no more than 11 months on either side of it.
    """
    opened, closed = (f"date_trunc('month', {day})" for day in ("first_day", "last_day"))
    before = f"generate_series({opened} - INTERVAL 11 MONTH, {opened} - INTERVAL 1 MONTH, INTERVAL 1 MONTH)"
    after = f"generate_series({closed} + INTERVAL 1 MONTH, {closed} + INTERVAL 11 MONTH, INTERVAL 1 MONTH)"
    months = f"unnest(coalesce({before}, []) || coalesce({after}, []))::DATE AS month"
    length = f"coalesce({period_months()}, max({period_months()}) OVER (), 1)::INTEGER"
    spans = f"SELECT DISTINCT unit_id, period_start, {length} AS months FROM"
    return (
        f"(WITH dated AS {lives(single_file(units.path))}, given AS {rows},"
        f" spans AS ({spans} {in_business(counts, _rows(counts), units)}),"
        " cells AS (SELECT DISTINCT unit_id, product FROM given SEMI JOIN dated USING (unit_id)),"
        f" added AS (SELECT unit_id, product, {months}, 0 AS accounts FROM cells JOIN dated USING (unit_id))"
        " FROM given UNION ALL BY NAME (FROM added SEMI JOIN spans"
        " ON coalesce(spans.unit_id, added.unit_id) = added.unit_id AND month >= period_start"
        " AND month < period_start + to_months(months) ANTI JOIN given USING (unit_id, product, month)))"
    )


def _span(tables: Tables) -> str:
    """Select the first day of the complaints; NULL where the source has none, counted or not."""
    table = tables.complaints or tables.complaint_counts
    if table is None:
        return "NULL::DATE AS began"
    at = CONTRACTS[table.name].at
    begins = f"{literal(str(table.begins or date.min))}::DATE"
    return f"min({at})::DATE AS began FROM {_rows(table)} WHERE {at} >= {begins}"


def _outages(tables: Tables) -> str:
    """Select the outages that began by now, an open one lasting until now; none without incidents."""
    if tables.incidents is None:
        return (
            "SELECT NULL AS incident_id, NULL AS unit_id, NULL::TIMESTAMP AS started, started AS ended"
            " LIMIT 0"
        )
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


def _counting(chosen: list[Indicator], cut: Breakdown) -> str:
    first = chosen[0]
    if first.table == COUNTS:
        return over_counts(cut)
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
    """Return one indicator's rows: those that are known and whose denominator is above zero."""
    figures = {figure: answer[f"{figure}_{place}"].to_numpy(np.float64) for figure in _FIGURES}
    figures[_LEFT_OUT] = answer.get(f"{_LEFT_OUT}_{place}", pd.Series(0.0, answer.index)).to_numpy(np.float64)
    known = (figures["denominator"] > 0) & ~np.isnan(figures["numerator"])
    keys = {key: answer[key].array[known] for key in (*cut.by, "period")}
    named = pd.array([indicator.id] * int(known.sum()), dtype="str")
    counted = {name: values[known] for name, values in figures.items()}
    return pd.DataFrame({"indicator_id": named, **keys, **counted})


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
