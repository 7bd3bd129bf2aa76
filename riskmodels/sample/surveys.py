"""Answered customer surveys."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Integers
from riskmodels.sample.days import DAYS
from riskmodels.sample.network import UNIT_IDS
from riskmodels.sample.plan import (
    ACCOUNT_SHARES,
    CHANNELS,
    GROUPS,
    PRODUCTS,
    SURVEY_CHANNELS,
    identifiers,
    pick,
    stream,
)

ANSWERS: Final = 20_000  # in four years: some twenty a branch and quarter
SATISFIED: Final = 0.922  # share with 4 or 5 points, the sum of the last two of the shares below
_RATINGS: Final = (0.010, 0.018, 0.050, 0.352, 0.570)  # 1 to 5 points


def surveys_table(accounts: Integers, *, seed: int) -> pd.DataFrame:
    """List the answers in order of day; bigger branches have more, in proportion to √accounts."""
    rng = stream(seed, "surveys")
    size = np.sqrt(accounts[:, :, 0].sum(axis=1))
    return pd.DataFrame(
        {
            "survey_id": identifiers("S", ANSWERS, width=5),
            "answered_on": np.sort(DAYS[rng.integers(0, len(DAYS), ANSWERS)]),
            "unit_id": pick(rng, UNIT_IDS, ANSWERS, tuple(size.tolist())),
            "product": pick(rng, PRODUCTS, ANSWERS, ACCOUNT_SHARES),
            "channel": pick(rng, CHANNELS, ANSWERS, SURVEY_CHANNELS),
            "customer_group": pick(rng, tuple(GROUPS), ANSWERS, tuple(GROUPS.values())),
            "rating": rng.choice(5, ANSWERS, p=_RATINGS) + 1,
        }
    )
