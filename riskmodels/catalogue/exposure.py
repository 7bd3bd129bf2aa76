"""Accounts and customers of a quarter."""

from functools import lru_cache

import pandas as pd

from riskmodels.tables import Table
from riskmodels.tables.holes import KEPT
from riskmodels.tables.sql import literal


def days_of(period: str) -> str:
    """Return the bounds of a quarter's days for a BETWEEN of SQL."""
    quarter = pd.Period(period, freq="Q")
    return " AND ".join(f"{literal(str(day.date()))}::DATE" for day in (quarter.start_time, quarter.end_time))


@lru_cache(maxsize=KEPT)
def accounts_by_product(exposure: Table, period: str) -> pd.DataFrame:
    """Add up the accounts of the quarter's months: unit_id, product, accounts; in this order.

    Every indicator asks for them; they are not to be changed.
    """
    rows = exposure.with_unknown.filter(f"month BETWEEN {days_of(period)}")
    months = rows.aggregate(f"unit_id, product, month, {_sum('accounts')}").filter("accounts IS NOT NULL")
    sums = months.aggregate("unit_id, product, sum(accounts)::DOUBLE AS accounts")
    return pd.DataFrame(sums.order("unit_id, product").df())


def mean_exposure(exposure: Table | None, period: str) -> pd.DataFrame:
    """Return mean accounts and customers of the quarter by unit: none where the source has no exposure."""
    if exposure is None:
        numbers = dict.fromkeys(("accounts", "customers"), pd.Series(dtype="float64"))
        return pd.DataFrame({"unit_id": pd.Series(dtype="str"), **numbers})
    months = exposure.with_unknown.filter(f"month BETWEEN {days_of(period)}").aggregate(
        f"unit_id, month, {_sum('accounts')}, {_sum('customers')}"
    )
    means = months.aggregate("unit_id, avg(accounts) AS accounts, avg(customers) AS customers")
    return pd.DataFrame(means.order("unit_id").df())


def _sum(column: str) -> str:
    """SQL for a sum that is unknown where a part is."""
    return f"(CASE WHEN bool_and({column} IS NOT NULL) THEN sum({column}) END)::DOUBLE AS {column}"
