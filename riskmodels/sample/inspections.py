"""Inspections of the branches, one of each kind in each quarter."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Integers, Times
from riskmodels.sample.days import working_days
from riskmodels.sample.network import unit_names
from riskmodels.sample.plan import AS_OF, BRANCHES, MONTHS, identifiers, stream

# of the items checked, by kind; a choice: on both sides of the limits
PASS_SHARES: Final = {
    "mystery_shopper": 0.935,
    "recording_check": 0.985,
    "compliance": 0.987,
    "dual_control": 0.996,
    "identity_check": 0.997,
    "disclosure": 0.985,
    "first_contact_owner": 0.995,
}
_ITEMS: Final = (25, 60)  # fewest and most
# items that a branch's own share counts for: branches differ by a few points; a choice
_CONCENTRATION: Final = 150.0


def inspections_table(*, seed: int) -> pd.DataFrame:
    """List the inspections in order of unit, quarter and kind; items passed are beta-binomial."""
    rng = stream(seed, "inspections")
    shape = (BRANCHES, len(MONTHS) // 3, len(PASS_SHARES))
    unit, quarter, kind = (place.ravel() for place in np.indices(shape))
    share = np.array(list(PASS_SHARES.values()))[kind]
    items = rng.integers(_ITEMS[0], _ITEMS[1] + 1, len(kind))
    chance = rng.beta(share * _CONCENTRATION, (1 - share) * _CONCENTRATION)
    return pd.DataFrame(
        {
            "inspection_id": identifiers("I", len(kind), width=4),
            "inspected_on": _working_day_in(quarter, rng),
            "unit_id": unit_names(unit),
            "kind": np.array(list(PASS_SHARES), dtype=object)[kind],
            "items": items,
            "passed": rng.binomial(items, chance),
        }
    )


def _working_day_in(quarter: Integers, rng: np.random.Generator) -> Times:
    working = working_days()
    working = working[working <= AS_OF]
    quarters = np.append(MONTHS[::3], MONTHS[-1] + np.timedelta64(1, "M"))
    edges = np.searchsorted(working, quarters.astype("M8[D]"))
    return working[rng.integers(edges[quarter], edges[quarter + 1])]
