"""The synthetic bank's counts, drawn anew, and what is true of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags
from riskmodels.panel import Panel
from riskmodels.sample.arrivals import drawn_counts, expected_before_actions
from riskmodels.sample.network import UNIT_IDS, UNIT_REGIONS, accounts_by_cell
from riskmodels.sample.plan import PRODUCTS

HOLE = (31, 32)  # places of the months without rows: May and June 2025


@dataclass(frozen=True, kw_only=True)
class Event:
    """A lasting rise: what it is of, its first month, and by when an alarm must have been raised."""

    name: str
    level: str
    region: str
    product: str
    month: str
    by: str

    def is_of(self, table: pd.DataFrame) -> Flags:
        """Tell which alarms are of it."""
        first = str(pd.Period(self.month) - 3)
        named = (table["level"] == self.level) & (table["region_id"] == self.region)
        named &= (table["product"] == self.product) & (table["since"] >= first)
        return np.asarray(
            named & (table["alarmed"] >= self.month) & (table["alarmed"] <= self.by), dtype=bool
        )


PAIR = "region_id × product"
SHOCK = Event(name="shock of all", level="total", region="", product="", month="2024-10", by="2025-03")
LATER = Event(
    name="later break: credit cards, south",
    level=PAIR,
    region="south",
    product="credit_card",
    month="2026-01",
    by="2026-09",
)
EARLIER = Event(
    name="earlier break: payments, north",
    level=PAIR,
    region="north",
    product="payments",
    month="2023-10",
    by="2024-09",
)


def seeded_panel(seed: int) -> Panel:
    """Count by unit and product, complete but for the hole, with accounts."""
    accounts = accounts_by_cell(seed)
    counts, _ = drawn_counts(expected_before_actions(accounts), seed=seed)
    n, products = accounts.shape[0] * accounts.shape[1], len(PRODUCTS)
    keys = pd.DataFrame(
        {
            "region_id": np.repeat(UNIT_REGIONS, products),
            "product": np.tile(PRODUCTS, len(UNIT_IDS)),
            "unit_id": np.repeat(UNIT_IDS, products),
        }
    )
    values = counts.reshape(n, -1).astype(float)
    values[:, HOLE] = np.nan
    periods = pd.period_range("2022-10", periods=values.shape[1], freq="M")
    exposure = accounts.reshape(n, -1).astype(float)
    return Panel(keys=keys, periods=periods, values=values, exposure=exposure, kind="count")
