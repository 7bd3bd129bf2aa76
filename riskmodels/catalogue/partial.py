"""Rates of a quarter that is known only in part: a month, or two, are no quarter."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from riskmodels.catalogue.computation import Indicators, listed_reasons
from riskmodels.catalogue.counted import definition_for
from riskmodels.catalogue.entry import COUNTS, Indicator
from riskmodels.labels import Said
from riskmodels.tables import Tables
from riskmodels.tables.coverage import months_lacking, said_of


def without_partial_rates(found: Indicators, tables: Tables, period: str) -> Indicators:
    """Leave out the rates by accounts or time of a quarter that its tables know only in part.

    Parameters
    ----------
    found : Indicators
        By quarter.
    tables : Tables
        Which they are of.
    period : str
        Quarter, e.g. ``2026Q3``; others are left as they are.

    Returns
    -------
    Indicators
        An indicator that is left out is in ``unavailable``, with the months that are not known.
    """
    given = set(found.table.loc[found.table["period"] == period, "indicator_id"])
    reasons = why_partial(given, tables, period)
    gone = (found.table["period"] == period) & found.table["indicator_id"].isin(list(reasons))
    return replace(
        found,
        table=found.table[~gone].reset_index(drop=True),
        unavailable=pd.concat([found.unavailable, listed_reasons(reasons)], ignore_index=True),
    )


def why_partial(given: Iterable[str], tables: Tables, period: str) -> dict[str, str]:
    """Say, indicator by indicator, why the tables know a quarter's rate only in part; of others nothing."""
    lacking = months_lacking(tables, period)
    reasons = ((one, _why(definition_for(one, tables), lacking, period)) for one in sorted(given))
    return {one: why for one, why in reasons if why}


def _why(entry: Indicator | None, lacking: pd.DataFrame, period: str) -> str:
    """Say which months a rate lacks; nothing where it has all, or is no rate over accounts or time."""
    if entry is None or not (entry.exposure or "months" in entry.weight):
        return ""
    needed = [*entry.tables]
    if entry.exposure == "time":
        needed += ["complaints", COUNTS]  # whose span is that of what is known
    rows = lacking[lacking["table"].isin(needed)].drop_duplicates("month").sort_values("month")
    if rows.empty:
        return ""
    months = [
        Said("{month} ({table}: {why})", month=row["month"], table=row["table"], why=said_of(row))
        for row in rows.to_dict("records")
    ]
    return Said(
        "{period} is known only in part, without {months}: it is no rate of a quarter",
        period=period,
        months=months,
    )
