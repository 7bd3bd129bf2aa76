"""Complaints of two periods alike, by cell: the same months a year apart, logged by the same day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from riskmodels.tables import Tables
from riskmodels.tables.counting import queried
from riskmodels.tables.sql import literal, name

DIMENSIONS: Final = ("region_id", "unit_id", "product", "channel", "category", "customer_group")
YEAR: Final = 12  # months between the periods: seasons fall out
_AGO: Final = pd.DateOffset(years=1)
_MEDIAN_OF_SQUARE: Final = 0.455  # of a squared standard normal value


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoPeriods:
    """Counts of cells in months and in the same months of the year before.

    Attributes
    ----------
    cells : DataFrame
        The dimensions that the source has, unit_id, product, before, now [complaints].
    exposure : DataFrame or None
        unit_id, product, before, now [account months]; None where the source has none of both periods.
    months : tuple of str
        Months of now that are known in both years, YYYY-MM.
    dimensions : tuple of str
        Those that vary.
    why : str
        Why there is nothing to compare; empty where there is.
    """

    cells: pd.DataFrame
    exposure: pd.DataFrame | None
    months: tuple[str, ...]
    dimensions: tuple[str, ...]
    why: str = ""


def count_two_periods(tables: Tables, *, first: str, last: str) -> TwoPeriods:
    """Count complaints from one month to another, and a year before.

    Months that the source does not know in one of the years are left out of both. Where it says when a
    complaint was logged, one of the year before counts if it was logged by the as-of day a year before, so
    that reporting delay is alike.
    """
    months = _known_months(tables, first, last)
    columns = [*DIMENSIONS, "unit_id", "product"]
    nothing = pd.DataFrame(columns=[*dict.fromkeys(columns), "before", "now"])
    if not months:
        why = "no_year_before"
        return TwoPeriods(cells=nothing, exposure=None, months=(), dimensions=(), why=why)
    cells = _counted(tables, months)
    dimensions = tuple(
        one
        for one in DIMENSIONS
        if one in cells
        and len(cells)
        and (cells[one] != cells[one].iloc[0]).any()
        and cells[one].notna().any()
    )
    why = "" if len(cells) and cells["before"].sum() and cells["now"].sum() else "no_row"
    return TwoPeriods(
        cells=cells, exposure=_exposed(tables, months), months=months, dimensions=dimensions, why=why
    )


def _known_months(tables: Tables, first: str, last: str) -> tuple[str, ...]:
    table = tables.counted
    asked = pd.period_range(first, last, freq="M")
    at = "received_at" if table.name == "complaints" else "month"
    begin = queried(table, f"SELECT min({at})::DATE AS first FROM rows")["first"].iloc[0]
    start = pd.Period(table.provenance.observed_from or begin, freq="M")
    holes = set(table.provenance.unknown_months)
    return tuple(str(one) for one in asked if one - YEAR >= start and not {str(one), str(one - YEAR)} & holes)


def _counted(tables: Tables, months: tuple[str, ...]) -> pd.DataFrame:
    table = tables.counted
    single = table.name == "complaints"
    at, value = ("received_at", "count(*)") if single else ("month", "sum(complaints)")
    given = [one for one in DIMENSIONS if one in table.provenance.given_columns]
    extra = [one for one in ("unit_id", "product") if one not in given]
    keys = "".join(f"{name(one)}, " for one in given)
    logged = single and "logged_at" in table.provenance.given_columns
    cells = []
    for period, ago in (("now", False), ("before", True)):
        listed = ", ".join(literal(str(pd.Period(one, "M") - YEAR * ago)) for one in months)
        where = f"strftime({at}, '%Y-%m') IN ({listed})"
        if ago and logged:
            until = (pd.Timestamp(tables.as_of) - _AGO).date() + pd.Timedelta(days=1)
            where += f" AND logged_at < {literal(str(until))}::DATE"
        query = (
            f"SELECT {keys} ({value})::DOUBLE AS {period} FROM rows WHERE {where} GROUP BY ALL ORDER BY ALL"
        )
        cells.append(queried(table, query))
    both = pd.concat(cells, ignore_index=True).fillna({"before": 0.0, "now": 0.0})
    return _with_regions(tables, both.assign(**dict.fromkeys(extra, "")))


def sql_of(tables: Tables, where: Mapping[str, str]) -> str:
    """Say in SQL which complaints have these values, by dimension; a region by the table of units."""
    return " AND ".join(_is_in(tables, column, value) for column, value in where.items()) or "true"


def _is_in(tables: Tables, column: str, value: str) -> str:
    own = f"{name(column)} = {literal(value)}"
    if column != "region_id" or tables.units is None:
        return own
    units = queried(tables.units, "SELECT unit_id, region_id FROM rows WHERE region_id IS NOT NULL")
    both = [units["unit_id"][units["region_id"] == value], units["unit_id"]]
    here, known = (", ".join(map(literal, one)) or "NULL" for one in both)
    is_given = "region_id" in tables.counted.provenance.given_columns
    rest = f" OR ({own} AND coalesce(unit_id NOT IN ({known}), true))" if is_given else ""
    return f"(unit_id IN ({here}){rest})"


def _with_regions(tables: Tables, cells: pd.DataFrame) -> pd.DataFrame:
    """Give each unit the region of the table of units: one that it had is not the one it has."""
    if tables.units is None:
        return cells
    of = queried(tables.units, "SELECT unit_id, region_id FROM rows").set_index("unit_id")["region_id"]
    known = cells["unit_id"].map(of)
    return cells.assign(region_id=known if "region_id" not in cells else known.fillna(cells["region_id"]))


def _exposed(tables: Tables, months: tuple[str, ...]) -> pd.DataFrame | None:
    if tables.exposure is None:
        return None
    sums = []
    for period, ago in (("now", 0), ("before", YEAR)):
        listed = ", ".join(literal(str(pd.Period(one, "M") - ago)) for one in months)
        query = (
            f"SELECT unit_id, coalesce(product, '') AS product, sum(accounts)::DOUBLE AS {period} FROM rows"
            f" WHERE strftime(month, '%Y-%m') IN ({listed}) GROUP BY ALL ORDER BY ALL"
        )
        sums.append(queried(tables.exposure, query).set_index(["unit_id", "product"]))
    both = pd.concat(sums, axis=1).reset_index()
    return both if both[["before", "now"]].notna().all(axis=1).any() else None


def months_known(tables: Tables, first: str, last: str) -> tuple[str, ...]:
    """List the months, YYYY-MM, from one to another that the source knows."""
    holes = set(tables.counted.provenance.unknown_months)
    return tuple(one for one in map(str, pd.period_range(first, last, freq="M")) if one not in holes)


def count_against_peers(tables: Tables, unit_id: str, months: tuple[str, ...]) -> pd.DataFrame:
    """Count a unit's complaints of some months, and expect them by the rates of all others, by product.

    One row per product: product, now, expected [complaints], dispersion (variance ÷ mean of a count, of
    all units' products). Without accounts nothing can be expected: 0.
    """
    exposure = _exposed(tables, months) if months else None
    if exposure is None:
        return pd.DataFrame({"product": [""], "now": [0.0], "expected": [0.0], "dispersion": [1.0]})
    rows = _counted(tables, months).assign(product=lambda cells: cells["product"].fillna(""))
    keys = ["unit_id", "product"]
    both = exposure[[*keys, "now"]].rename(columns={"now": "exposure"})
    both = both.merge(rows.groupby(keys, as_index=False)["now"].sum(), on=keys, how="left").fillna(
        {"now": 0.0}
    )
    both = both[both["exposure"] > 0]
    sums = both.groupby("product")[["now", "exposure"]].transform("sum")
    others = (sums["now"] - both["now"]) / (sums["exposure"] - both["exposure"]).where(lambda left: left > 0)
    both = both.assign(expected=(others * both["exposure"]).fillna(0.0))
    own = both[both["unit_id"] == unit_id]
    if own.empty:
        return pd.DataFrame({"product": [""], "now": [0.0], "expected": [0.0], "dispersion": [1.0]})
    return own[["product", "now", "expected"]].assign(dispersion=_typical_dispersion(both))


def _typical_dispersion(cells: pd.DataFrame) -> float:
    """Estimate variance ÷ mean from all cells by a median, which some bad units do not move; at least 1."""
    z = ((cells["now"] - cells["expected"]) ** 2 / cells["expected"])[cells["expected"] >= 1]
    return max(float(z.median()) / _MEDIAN_OF_SQUARE, 1.0) if len(z) else 1.0
