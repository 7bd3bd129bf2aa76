"""Loss events: many small ones, a few very large ones, recorded late and partly recovered."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.sample.days import DAYS, visible
from riskmodels.sample.network import UNIT_IDS
from riskmodels.sample.plan import (
    ACCOUNT_SHARES,
    LOSS_LOG_SD,
    LOSS_MEDIAN,
    LOSS_TAIL_PROBABILITY,
    LOSS_TAIL_SCALE,
    LOSS_TAIL_SHAPE,
    LOSS_TAIL_THRESHOLD,
    PRODUCTS,
    identifiers,
    pick,
    stream,
)

RECOVERED_SHARE: Final = 0.5  # of losses with any recovery
OTHER_EVENTS: Final = 620  # in four years; a thousand with the next: enough to fit a tail
EVENTS_FROM_COMPLAINTS: Final = 380  # in four years, of upheld complaints; a choice
# shares of the events that no complaint caused; a choice: fraud first, as banks report
_TYPES: Final = {
    "external_fraud": 0.30,
    "internal_fraud": 0.03,
    "clients_products_practices": 0.17,
    "business_disruption": 0.10,
    "execution_delivery_process": 0.40,
}


def losses_table(complaints: pd.DataFrame, accounts: Integers, *, seed: int) -> pd.DataFrame:
    """List the losses recorded by the as-of date, in order of occurrence.

    Some follow an upheld complaint, share its unit and product and occur within twenty days of it.
    """
    rng = stream(seed, "losses")
    events = pd.concat([_from_complaints(complaints, rng), _others(accounts, rng)], ignore_index=True)
    delay = np.ceil(rng.lognormal(np.log(20), 0.9, len(events))).astype("m8[D]")
    events = events.assign(recorded_on=events["occurred_on"].to_numpy() + delay, **_amounts(len(events), rng))
    known = events[visible(events["recorded_on"].to_numpy())]
    known = known.sort_values(["occurred_on", "unit_id", "gross_loss"], kind="stable").reset_index(drop=True)
    return known.assign(loss_id=identifiers("L", len(known), width=4))


def _from_complaints(complaints: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    upheld = np.flatnonzero(complaints["upheld"].to_numpy() == 1)
    chosen = complaints.iloc[rng.choice(upheld, EVENTS_FROM_COMPLAINTS, replace=False)]
    later = rng.integers(0, 21, len(chosen)).astype("m8[D]")
    return pd.DataFrame(
        {
            "occurred_on": chosen["received_at"].to_numpy().astype("M8[D]") + later,
            "unit_id": chosen["unit_id"].to_numpy(),
            "product": chosen["product"].to_numpy(),
            "event_type": "clients_products_practices",
            "complaint_id": chosen["complaint_id"].to_numpy(),
        }
    )


def _others(accounts: Integers, rng: np.random.Generator) -> pd.DataFrame:
    size = accounts[:, :, 0].sum(axis=1)
    return pd.DataFrame(
        {
            "occurred_on": DAYS[rng.integers(0, len(DAYS), OTHER_EVENTS)],
            "unit_id": pick(rng, UNIT_IDS, OTHER_EVENTS, tuple(size.tolist())),
            "product": pick(rng, PRODUCTS, OTHER_EVENTS, ACCOUNT_SHARES),
            "event_type": pick(rng, tuple(_TYPES), OTHER_EVENTS, tuple(_TYPES.values())),
            "complaint_id": None,
        }
    )


def _amounts(size: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw gross losses and recoveries, each shape (n,) [CNY]; half of the losses recover nothing."""
    gross = np.round(
        np.where(rng.random(size) < LOSS_TAIL_PROBABILITY, _tail(size, rng), _body(size, rng)), 2
    )
    recovered = np.where(rng.random(size) < RECOVERED_SHARE, rng.beta(1.2, 2.0, size), 0.0)
    return {"gross_loss": gross, "recovery": np.floor(gross * recovered)}


def _body(size: int, rng: np.random.Generator) -> Floats:
    """Draw lognormal losses cut off at the threshold: the first of eight tries that stays below it."""
    tries = rng.lognormal(np.log(LOSS_MEDIAN), LOSS_LOG_SD, (size, 8))
    first = (tries <= LOSS_TAIL_THRESHOLD).argmax(axis=1)
    return np.asarray(tries[np.arange(size), first], dtype=np.float64)


def _tail(size: int, rng: np.random.Generator) -> Floats:
    """Draw generalised Pareto losses above the threshold."""
    excess = (rng.random(size) ** -LOSS_TAIL_SHAPE - 1) / LOSS_TAIL_SHAPE
    return np.asarray(LOSS_TAIL_THRESHOLD + LOSS_TAIL_SCALE * excess, dtype=np.float64)
