"""The SQL that counts: one scan of a table for all indicators that share it."""

from collections.abc import Sequence
from dataclasses import dataclass

from riskmodels.catalogue.entry import SUPPLIED, Indicator
from riskmodels.catalogue.spans import Frequency, inside, name_of, start_of
from riskmodels.periods.quarters import MONTHS
from riskmodels.tables import Tables
from riskmodels.tables.coverage import silent_months
from riskmodels.tables.sql import literal, name

_MOMENTS = {"working_days_to_response": "first_response_at", "working_days_to_resolution": "resolved_at"}
_AGE = "working_days_old"


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """What values are wanted: of which tables, by which columns, in which periods, and where years begin."""

    tables: Tables
    by: tuple[str, ...]
    freq: Frequency
    periods: tuple[str, ...] | None
    begins: int = 1

    @property
    def keys(self) -> str:
        """The columns of ``by``, a comma after each."""
        return "".join(f"{name(column)}, " for column in self.by)

    def start(self, at: str) -> str:
        """First day of the period that ``at`` lies in, and the name it is given."""
        return f"{start_of(at, self.freq, self.begins)} AS start"

    def grouping(self, at: str) -> str:
        """The columns of ``by`` and the start of the period."""
        return f"{self.keys}{self.start(at)}"

    def known(self, table: str, at: str) -> str:
        """Condition that a row lies in a month that the source of ``table`` knows, up to the as-of day.

        A row of ``observations`` lies in each month that it covers, and these in one period that is wanted.
        """
        months = self.tables.require(table).provenance.unknown_months
        known = f"{at} IS NOT NULL AND {at} < {literal(self.tables.as_of.isoformat())}::DATE + INTERVAL 1 DAY"
        long = table == SUPPLIED
        if long:
            known += f" AND months <= {MONTHS[self.freq]}"
        if months:
            listed = ", ".join(f"{literal(month + '-01')}::DATE" for month in months)
            known += (
                f" AND NOT list_has_any(range({at}, {at} + to_months(months::INTEGER), INTERVAL 1 MONTH)"
                f"::DATE[], [{listed}])"
                if long
                else f" AND date_trunc('month', {at})::DATE NOT IN ({listed})"
            )
        return known

    def heard(self, table: str, month: str) -> str:
        """Condition that a month is not one in which a table that should have many rows has none at all."""
        silent = silent_months(self.tables.require(table))
        listed = ", ".join(f"{literal(one + '-01')}::DATE" for one in silent)
        return f"{month} NOT IN ({listed})" if silent else "true"

    def rows(self, table: str, at: str) -> str:
        """Condition that a row is known, and not outside the span of the periods that are wanted."""
        return f"{self.known(table, at)} AND {self.within(at)}"

    def within(self, at: str) -> str:
        """Condition that ``at`` is not outside the span of the periods that are wanted."""
        if self.periods is None:
            return "true"
        if not self.periods:
            return "false"
        return inside(at, self.periods, self.freq)

    def finished(self, counted: str) -> str:
        """Name the periods of a query that gives ``by``, start and figures, and put its rows in order."""
        period = name_of("start", self.freq, self.begins)
        chosen = ""
        if self.periods is not None:
            chosen = f" WHERE period IN ({', '.join([*map(literal, self.periods), 'NULL'])})"
        return f"FROM (SELECT {period} AS period, * FROM ({counted})){chosen} ORDER BY {self.keys}start"


def source(table: str, chosen: Sequence[Indicator]) -> str:
    """Return the table, a complaint with those counts of working days that the indicators use."""
    used = " ".join(indicator.sql for indicator in chosen)
    if table != "complaints" or not any(column in used for column in (*_MOMENTS, _AGE)):
        return name(table)
    today = "(SELECT max(working_index) FROM workdays)"
    columns, joins = [f"{today} - received.working_index AS {_AGE}"], [_lookup("received", "received_at")]
    for column, moment in _MOMENTS.items():
        if column in used:  # a day after the as-of day is in no row of workdays
            columns.append(f"coalesce({column}_.working_index, {today}) - received.working_index AS {column}")
            joins.append(_lookup(f"{column}_", moment))
    return f"(SELECT complaints.*, {', '.join(columns)} FROM complaints {' '.join(joins)})"


def _lookup(alias: str, moment: str) -> str:
    return f"LEFT JOIN workdays AS {alias} ON {alias}.day = complaints.{moment}::DATE"


def over_rows(chosen: Sequence[Indicator], cut: Breakdown) -> str:
    """Count all indicators of one table and cohort in one scan: numerator_i, denominator_i, squares_i."""
    table, at = chosen[0].table, chosen[0].at
    figures = ", ".join(_figures(indicator, place) for place, indicator in enumerate(chosen))
    return (
        f"SELECT {cut.grouping(at)}, {figures} FROM {source(table, chosen)} WHERE {cut.rows(table, at)}"
        " GROUP BY ALL"
    )


def _figures(indicator: Indicator, place: int) -> str:
    counts = "" if indicator.counted == "true" else f" FILTER (WHERE {indicator.counted})"
    value = f"({indicator.value})::DOUBLE"
    weight = "count(*)" if indicator.weight == "1" else f"sum(({indicator.weight})::DOUBLE)"
    squares = f"sum({value} * {value}){counts}" if indicator.family == "mean" else "NULL"
    return (
        f"coalesce(sum({value}){counts}, 0.0) AS numerator_{place},"
        f" {weight}{counts}::DOUBLE AS denominator_{place}, {squares}::DOUBLE AS squares_{place}"
    )


def over_stock(indicator: Indicator, cut: Breakdown) -> str:
    """Count the rows of the last known month of each unit in the period."""
    table, at = indicator.table, indicator.at
    last = f"max({at}) OVER (PARTITION BY unit_id, {cut.start(at).removesuffix(' AS start')})"
    return (
        f"SELECT {cut.grouping(at)}, {_figures(indicator, 0)} FROM (SELECT *"
        f" FROM {source(table, [indicator])}"
        f" WHERE ({indicator.counted}) AND {cut.rows(table, at)} QUALIFY {at} = {last}) GROUP BY ALL"
    )


def over_durations(indicator: Indicator, cut: Breakdown) -> str:
    """Count, by whole days, the durations whose end was seen (events) and those still running (censored)."""
    running = f"({indicator.censored})"
    return (
        f"SELECT {cut.grouping(indicator.at)}, least({indicator.value}, {indicator.horizon}) AS days,"
        f" count(*) FILTER (WHERE NOT {running}) AS events, count(*) FILTER (WHERE {running}) AS censored"
        f" FROM {source(indicator.table, [indicator])}"
        f" WHERE ({indicator.counted}) AND {cut.rows(indicator.table, indicator.at)} GROUP BY ALL"
    )


def over_accounts(indicator: Indicator, cut: Breakdown) -> str:
    """Count complaints over account-years, where the accounts are known, in months that both tables know."""
    known = (
        "month + INTERVAL 1 MONTH <= now"
        " AND month >= (SELECT date_trunc('month', began) FROM span)"
        f" AND {cut.rows('complaints', 'month')} AND {cut.known('exposure', 'month')}"
        f" AND {cut.heard('complaints', 'month')}"
    )
    now = f"{literal(cut.tables.as_of.isoformat())}::DATE + INTERVAL 1 DAY"
    cells = sorted({*cut.by, "unit_id", "product"})
    cell = ", ".join(name(column) for column in cells)
    keys = f"{cut.keys}start"
    return (
        f"WITH measured AS (SELECT {cell}, month::DATE AS month, accounts FROM exposure WHERE {known}"
        " QUALIFY bool_and(accounts IS NOT NULL) OVER (PARTITION BY unit_id, product, month)),"
        f" received AS (SELECT {cell}, date_trunc('month', {indicator.at})::DATE AS month,"
        f" sum(({indicator.value})::DOUBLE) AS events FROM {source(indicator.table, [indicator])}"
        f" WHERE ({indicator.counted}) AND {cut.rows('complaints', indicator.at)} GROUP BY ALL),"
        f" counted AS (SELECT {cut.grouping('month')}, sum(events) AS events FROM received"
        " SEMI JOIN measured USING (unit_id, product, month) GROUP BY ALL),"
        f" lacking AS (SELECT {cut.grouping('month')}, sum(events) AS events FROM received"
        " ANTI JOIN measured USING (unit_id, product, month)"
        f" WHERE month + INTERVAL 1 MONTH <= {now} AND {cut.known('exposure', 'month')}"
        " AND month >= (SELECT date_trunc('month', began) FROM span) GROUP BY ALL),"
        f" years AS (SELECT {cut.grouping('month')}, sum(accounts) / 12.0 AS denominator FROM measured"
        " GROUP BY ALL)"
        f" SELECT {keys}, sum(events) AS numerator_0, sum(denominator) AS denominator_0,"
        " NULL::DOUBLE AS squares_0, sum(left_out) AS left_out_0"
        f" FROM (SELECT {keys}, 0.0 AS events, denominator, 0.0 AS left_out FROM years"
        f" UNION ALL SELECT {keys}, events, 0.0, 0.0 FROM counted"
        f" UNION ALL SELECT {keys}, 0.0, 0.0, events FROM lacking) GROUP BY ALL"
    )


def over_time(indicator: Indicator, cut: Breakdown) -> str:
    """Count events in every period of the complaints' span, quiet ones included; a part of it weighs less."""
    months = MONTHS[cut.freq]
    table, at = indicator.table, indicator.at
    length = f"any_value(date_diff('day', start, start + INTERVAL {months} MONTH))"
    began = "(SELECT began FROM span)"
    return (
        "SELECT start, coalesce(events, 0.0) AS numerator_0, quarters AS denominator_0,"
        " NULL::DOUBLE AS squares_0"
        f" FROM (SELECT start, count(*) / {length} * {months} / 3.0 AS quarters FROM"
        f" (SELECT day, {cut.start('day')} FROM workdays WHERE day >= {began} AND {cut.rows(table, 'day')})"
        f" GROUP BY ALL) LEFT JOIN (SELECT {cut.start(at)}, count(*)::DOUBLE AS events FROM {name(table)}"
        f" WHERE ({indicator.counted}) AND {at} >= {began} AND {cut.rows(table, at)}"
        " GROUP BY ALL) USING (start)"
    )


def over_minutes(indicator: Indicator, cut: Breakdown) -> str:
    """Add up minutes up and in service, and the squares of the minutes that each incident cost.

    An incident is an outage, as far as it lies in the months counted; the minutes lost in a month that no
    outage accounts for count as one incident, which is too many together and so too wide.
    """
    table, at, keys = indicator.table, indicator.at, f"{cut.keys}start"
    months = (
        f"SELECT {cut.keys}{at} AS month, months, {cut.start(at)}, sum(({indicator.value})::DOUBLE) AS up,"
        f" sum(({indicator.weight})::DOUBLE) AS service FROM {name(table)}"
        f" WHERE ({indicator.counted}) AND {cut.rows(table, at)} GROUP BY ALL"
    )
    same_unit = " AND coalesce(outages.unit_id = months.unit_id, true)" if "unit_id" in cut.by else ""
    columns = "".join(f"months.{name(column)}, " for column in cut.by)
    end = "month + to_months(months::INTEGER)"
    minutes = f"epoch(least(ended, {end}) - greatest(started, month::TIMESTAMP)) / 60 AS minutes"
    return (
        f"WITH months AS ({months}),"
        f" pieces AS (SELECT {columns} month, start, incident_id, {minutes} FROM months JOIN outages"
        f" ON started < {end} AND ended > month{same_unit}),"
        f" incidents_ AS (SELECT {keys}, incident_id, sum(minutes) AS minutes FROM pieces GROUP BY ALL),"
        f" unexplained AS (SELECT {keys}, month, greatest(sum(lost), 0) AS minutes FROM"
        f" (SELECT {keys}, month, service - up AS lost FROM months"
        f" UNION ALL SELECT {keys}, month, -minutes FROM pieces) GROUP BY ALL)"
        f" SELECT {keys}, sum(up) AS numerator_0, sum(service) AS denominator_0,"
        f" sum(squares) AS squares_0 FROM (SELECT {keys}, up, service, 0.0 AS squares FROM months"
        f" UNION ALL SELECT {keys}, 0.0, 0.0, minutes * minutes FROM incidents_"
        f" UNION ALL SELECT {keys}, 0.0, 0.0, minutes * minutes FROM unexplained) GROUP BY ALL"
    )
