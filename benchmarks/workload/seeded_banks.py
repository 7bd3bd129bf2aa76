"""The synthetic bank's counts, drawn anew, and what is true of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags
from riskmodels.panel import Panel
from riskmodels.sample.arrivals import drawn_counts, expected_before_actions
from riskmodels.sample.network import UNIT_IDS, UNIT_REGIONS, accounts_by_cell
from riskmodels.sample.plan import BREAKS, FIRST_MONTH, HOLE, PRODUCTS, SHOCK_MONTH
from riskmodels.tables.frequencies import within


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


def _break(place: int, name: str, *, by: str) -> Event:
    product, region, month, _ = BREAKS[place]
    return Event(name=name, level=PAIR, region=region, product=product, month=month, by=by)


SHOCK = Event(name="shock of all", level="total", region="", product="", month=str(SHOCK_MONTH), by="2025-03")
EARLIER = _break(0, "earlier break: payments, north", by="2024-09")
LATER = _break(1, "later break: credit cards, south", by="2026-09")


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
    periods = pd.period_range(str(FIRST_MONTH), periods=values.shape[1], freq="M")
    values[:, within(periods, HOLE)] = np.nan
    exposure = accounts.reshape(n, -1).astype(float)
    return Panel(keys=keys, periods=periods, values=values, exposure=exposure, kind="count")
