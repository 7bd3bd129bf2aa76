"""The complaint rate of a bank that gives its complaints already counted, by month or quarter."""

from dataclasses import replace

from riskmodels.catalogue.definitions import INDICATORS
from riskmodels.catalogue.entry import COUNTS, Indicator
from riskmodels.catalogue.queries import Breakdown
from riskmodels.catalogue.spans import BY_LENGTH, start_of
from riskmodels.periods.quarters import MONTHS
from riskmodels.tables import Tables, period_months
from riskmodels.tables.sql import literal, name

_KEYS = ("unit_id", "product")  # that accounts are given by


def definition_for(indicator_id: str, tables: Tables) -> Indicator | None:
    """Return an entry of the catalogue, as these tables can give it; None where there is no such entry."""
    found = INDICATORS.get(indicator_id)
    if found is None or found.exposure != "accounts" or tables.complaints or not tables.complaint_counts:
        return found
    return replace(found, table=COUNTS, at="period_start")


def keys_of(tables: Tables) -> list[str]:
    """List the columns by which both the counts and the accounts are known."""
    counts = tables.require(COUNTS)
    return [column for column in _KEYS if counts.gives(column)]


def over_counts(cut: Breakdown) -> str:
    """Count complaints over account-years: of cells whose count and all of whose months' accounts are known.

    A cell without a row is zero; one that is not known, or lacks the accounts of a month, is in neither
    figure, and what it counts is left out. Of a period longer than is wanted, the months are not known.
    """
    keys = "".join(f"{name(column)}, " for column in keys_of(cut.tables))
    months = MONTHS[cut.freq]
    start = cut.start("month")
    empty = "NULL::DOUBLE AS squares_0"
    figures = "sum(numerator) AS numerator_0, sum(denominator) AS denominator_0"
    return (
        f"WITH {_cells(cut, keys)}, good AS (FROM judged WHERE events IS NOT NULL AND found = months"
        f" AND months <= {months}),"
        f" gone AS (SELECT {keys}month FROM spread ANTI JOIN good USING ({keys}first)),"
        f" long AS (SELECT month FROM spread WHERE months > {months}),"
        " left_ AS (FROM judged WHERE events IS NOT NULL AND found < months AND open = months"
        f" AND months <= {months})"
        f" SELECT {cut.keys}start, {figures}, {empty}, sum(left_out) AS left_out_0 FROM"
        f" (SELECT {cut.keys}{start}, 0.0 AS numerator, accounts / 12.0 AS denominator, 0.0 AS left_out"
        f" FROM measured ANTI JOIN gone USING ({keys}month) WHERE month NOT IN (FROM long)"
        f" UNION ALL SELECT {cut.keys}{cut.start('first')}, events, 0.0, 0.0 FROM good"
        f" UNION ALL SELECT {cut.keys}{cut.start('first')}, 0.0, 0.0, events FROM left_) GROUP BY ALL"
    )


def _cells(cut: Breakdown, keys: str) -> str:
    """SQL for ``measured``, accounts by month, and for counts: ``spread`` by month, ``judged`` by period.

    Of a count, ``found`` are its months with known accounts and ``open`` those that have ended and that no
    source declares unknown.
    """
    end = f"{literal(cut.tables.as_of.isoformat())}::DATE + INTERVAL 1 DAY"
    began = "(SELECT date_trunc('month', began) FROM span)"
    known = f"{cut.known(COUNTS, 'month')} AND {cut.known('exposure', 'month')}"
    known += f" AND {cut.heard(COUNTS, 'month')}"
    ended = f"month + INTERVAL 1 MONTH <= {end}"
    length = _longest(cut)
    whole = f"{start_of('month', BY_LENGTH[length], cut.begins)} + INTERVAL {length} MONTH <= {end}"
    longest = "coalesce(months, max(months) OVER (PARTITION BY period_start), max(months) OVER (), 1)"
    return (
        f"sized AS (SELECT {keys}period_start AS first, complaints, {longest} AS months"
        f" FROM (SELECT *, {period_months()} AS months FROM {COUNTS}) WHERE period_start >= {began}),"
        f" measured AS (SELECT {keys}month::DATE AS month, sum(accounts) AS accounts FROM exposure"
        f" WHERE {ended} AND {whole} AND month >= {began} AND {known}"
        " GROUP BY ALL HAVING bool_and(accounts IS NOT NULL)),"
        f" given AS (SELECT {keys}first, max(months) AS months,"
        " CASE WHEN bool_and(complaints IS NOT NULL) THEN sum(complaints) END AS events FROM sized"
        " GROUP BY ALL),"
        f" spread AS (SELECT {keys}first, months, events, (first + to_months(place::INTEGER))::DATE AS month"
        " FROM given, range(12) AS places(place) WHERE place < months),"
        f" judged AS (SELECT {keys}first, any_value(months) AS months, any_value(events) AS events,"
        f" count(accounts) AS found, count(*) FILTER (WHERE {ended} AND {known}) AS open"
        f" FROM spread LEFT JOIN measured USING ({keys}month) GROUP BY {keys}first)"
    )


def _longest(cut: Breakdown) -> int:
    """Return the months of the longest counts that the periods wanted can hold."""
    found = (
        cut.tables.require(COUNTS).relation.aggregate(f"{period_months()} AS months").distinct().fetchall()
    )
    return max((months for (months,) in found if months <= MONTHS[cut.freq]), default=1)
