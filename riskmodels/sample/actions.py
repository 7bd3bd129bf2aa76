"""Corrective actions: the four whose effect is known, and ordinary ones."""

from dataclasses import asdict
from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Times
from riskmodels.sample.arrivals import PastAction
from riskmodels.sample.days import DAYS, known
from riskmodels.sample.network import UNIT_IDS
from riskmodels.sample.plan import BRANCHES, identifiers, pick, stream

OTHER_ACTIONS: Final = 180  # about three a branch in four years; a choice
ON_TIME: Final = 0.95  # share closed by the day they are due; a choice: a few are late
_NEVER_CLOSED: Final = 0.01  # share; a choice: one or two open ones to be found
_MEASURES: Final = {
    "staff_training": "training_coverage",
    "more_counters": "on_time_rate",
    "recording_review": "recording_check_pass",
    "disclosure_checklist": "disclosure_rate",
    "machine_maintenance": "fault_response_30min",
    "accessible_service": "special_group_coverage",
    "supervisor_follow_up": "resolved_7wd",
}
_COLUMNS: Final = ["unit_id", "product", "indicator_id", "measure", "opened_on", "due_on", "closed_on"]
_DATES: Final = ["opened_on", "due_on", "closed_on"]


def actions_table(past: list[PastAction], *, seed: int) -> pd.DataFrame:
    """List the actions in order of opening; only those in ``past`` aim at the complaint rate."""
    rows = pd.concat([_past_rows(past), _other_rows(stream(seed, "actions"))], ignore_index=True)
    rows = rows.assign(action_id=identifiers("A", len(rows), width=3))
    return rows.sort_values(["opened_on", "action_id"], ignore_index=True)


def _past_rows(past: list[PastAction]) -> pd.DataFrame:
    rows = pd.DataFrame([asdict(action) for action in past])
    rows = rows.assign(product=None, indicator_id="complaint_rate", measure="complaint_review")[_COLUMNS]
    return rows.astype(dict.fromkeys(_DATES, "datetime64[s]"))


def _other_rows(rng: np.random.Generator) -> pd.DataFrame:
    measure = pick(rng, tuple(_MEASURES), OTHER_ACTIONS, (1.0,) * len(_MEASURES))
    opened = DAYS[rng.integers(60, len(DAYS), OTHER_ACTIONS)]
    due = opened + rng.integers(30, 121, OTHER_ACTIONS).astype("m8[D]")
    return pd.DataFrame(
        {
            "unit_id": pick(rng, UNIT_IDS, OTHER_ACTIONS, (1.0,) * BRANCHES),
            "product": None,
            "indicator_id": pd.Series(measure).map(_MEASURES),
            "measure": measure,
            "opened_on": opened.astype("M8[s]"),
            "due_on": due.astype("M8[s]"),
            "closed_on": known(_closing_days(opened, due, rng).astype("M8[s]")),
        }
    )


def _closing_days(opened: Times, due: Times, rng: np.random.Generator) -> Times:
    """Draw the day of closing: mostly in the last weeks before it is due, sometimes late or never."""
    early = np.maximum(due - rng.integers(0, 26, len(due)).astype("m8[D]"), opened)
    on_time = rng.random(len(due)) < ON_TIME
    closed = np.where(on_time, early, due + rng.integers(1, 91, len(due)).astype("m8[D]"))
    return np.where(rng.random(len(due)) < _NEVER_CLOSED, np.datetime64("NaT", "D"), closed)
