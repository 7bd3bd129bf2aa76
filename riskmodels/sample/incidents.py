"""Outages, faults and security incidents."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Times, Words
from riskmodels.sample.days import DAYS, known
from riskmodels.sample.network import UNIT_IDS
from riskmodels.sample.plan import BRANCHES, CHANNELS, identifiers, pick, stream

OUTAGES: Final = 30  # in four years; a choice: two a quarter
FAULTS: Final = 300  # in four years; a choice: one or two a week
SECURITY: Final = 42  # in four years; a choice
# share of incidents that staff take up within 30 minutes; a choice: just on the good side
RESPONDED_30MIN: Final = 0.993
# shares, in the order of CHANNELS: those that run on systems
_OUTAGE_CHANNELS: Final = (0.0, 0.10, 0.35, 0.45, 0.10, 0.0, 0.0)
# shares, in the order of CHANNELS: machines and counters first
_FAULT_CHANNELS: Final = (0.25, 0.10, 0.10, 0.15, 0.40, 0.0, 0.0)


def incidents_table(*, seed: int) -> pd.DataFrame:
    """List the incidents in order of start; outages and security incidents are the whole bank's."""
    rng = stream(seed, "incidents")
    rows = pd.concat([_outages(rng), _faults(rng), _security(rng)], ignore_index=True)
    rows = rows.sort_values(["started_at", "kind"], kind="stable").reset_index(drop=True)
    return rows.assign(incident_id=identifiers("N", len(rows), width=3))


def _outages(rng: np.random.Generator) -> pd.DataFrame:
    """Draw one outage in each slot of equal length, so that no two overlap; mean 26 minutes."""
    slot = len(DAYS) * 1440 // OUTAGES
    minute = np.arange(OUTAGES) * slot + rng.integers(0, slot - 600, OUTAGES)
    start = DAYS[0].astype("M8[m]") + minute.astype("m8[m]")
    minutes = np.clip(rng.lognormal(np.log(20), 0.7, OUTAGES), 2, 500)
    return _rows("outage", start, minutes, pick(rng, CHANNELS, OUTAGES, _OUTAGE_CHANNELS), rng)


def _faults(rng: np.random.Generator) -> pd.DataFrame:
    start = _starts(rng.random(FAULTS))
    channel = pick(rng, CHANNELS, FAULTS, _FAULT_CHANNELS)
    rows = _rows("fault", start, 20 + rng.lognormal(np.log(240), 1.2, FAULTS), channel, rng)
    return rows.assign(unit_id=pick(rng, UNIT_IDS, FAULTS, (1.0,) * BRANCHES))


def _security(rng: np.random.Generator) -> pd.DataFrame:
    """Draw security incidents that become rarer: about 63 % fall into the first half."""
    start = _starts(rng.random(SECURITY) ** 1.5)
    channel = pick(rng, CHANNELS, SECURITY, (1.0,) * len(CHANNELS))
    return _rows("security", start, 60 + rng.lognormal(np.log(2_000), 1.0, SECURITY), channel, rng)


def _starts(place: Floats) -> Times:
    start: Times = DAYS[0].astype("M8[m]") + np.floor(place * (len(DAYS) * 1440 - 1)).astype("m8[m]")
    return start


def _rows(kind: str, start: Times, minutes: Floats, channel: Words, rng: np.random.Generator) -> pd.DataFrame:
    """Lay incidents out; staff take most of them up within 30 minutes, and always before the end."""
    quick = rng.random(len(start)) < RESPONDED_30MIN
    response = np.minimum(
        np.where(quick, rng.uniform(1, 29, len(start)), rng.uniform(35, 180, len(start))), minutes
    )
    return pd.DataFrame(
        {
            "kind": kind,
            "started_at": start,
            "responded_at": known(start + np.floor(response).astype("m8[m]")),
            "ended_at": known(start + np.ceil(minutes).astype("m8[m]")),
            "channel": channel,
            "unit_id": None,
        }
    )
