"""The branches of the bank, their accounts and their customers."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Words
from riskmodels.sample.days import year_fractions
from riskmodels.sample.plan import (
    ACCOUNT_SHARES,
    BAD_EXPECTED_PER_QUARTER,
    BAD_UNIT,
    BIG_UNIT,
    BRANCHES,
    BRANCHES_PER_REGION,
    CUSTOMERS_PER_ACCOUNT,
    GROWTH_PER_YEAR,
    MONTHS,
    PRODUCTS,
    RATES,
    REGIONS,
    SIZE_RATIO,
    TOTAL_ACCOUNTS,
    stream,
)

UNIT_IDS: Final = tuple(f"B{number:03d}" for number in range(1, BRANCHES + 1))  # B001 to B060
UNIT_REGIONS: Final = tuple(np.repeat(REGIONS, BRANCHES_PER_REGION).tolist())

_FIRST_WORDS: Final = (
    ("Silver", "银"),
    ("Green", "青"),
    ("Cloud", "云"),
    ("Pine", "松"),
    ("Bright", "明"),
    ("Maple", "枫"),
    ("Lotus", "荷"),
    ("Jade", "玉"),
    ("Star", "星"),
    ("Plum", "梅"),
)
_SECOND_WORDS: Final = (
    ("Bridge", "桥"),
    ("Lake", "湖"),
    ("Brook", "溪"),
    ("Hill", "岗"),
    ("Garden", "园"),
    ("Harbour", "湾"),
)
NAMES_EN: Final = tuple(f"{a} {b} Branch" for b, _ in _SECOND_WORDS for a, _ in _FIRST_WORDS)
NAMES_ZH: Final = tuple(f"{a}{b}支行" for _, b in _SECOND_WORDS for _, a in _FIRST_WORDS)


def units_table(seed: int) -> pd.DataFrame:
    """List the branches, one per row."""
    age = stream(seed, "units").integers(0, 12_000, BRANCHES)
    opened = np.datetime64("1985-01-01") + age.astype("m8[D]")
    return pd.DataFrame(
        {
            "unit_id": UNIT_IDS,
            "name_en": NAMES_EN,
            "name_zh": NAMES_ZH,
            "region_id": UNIT_REGIONS,
            "kind": "branch",
            "opened_on": opened,
            "closed_on": np.datetime64("NaT", "D"),
        }
    )


def accounts_by_cell(seed: int) -> Integers:
    """Count the accounts, shape (units, products, months): mean of the month."""
    rng = stream(seed, "accounts")
    mix = np.array(ACCOUNT_SHARES) * np.exp(rng.normal(0, 0.12, (BRANCHES, len(PRODUCTS))))
    start = _fix_bad_branch(_sizes(rng)[:, None] * mix / mix.sum(axis=1, keepdims=True))
    growth = (1 + GROWTH_PER_YEAR) ** (np.arange(len(MONTHS)) / 12)
    wobble = np.exp(rng.normal(0, 0.002, (*start.shape, len(MONTHS))))
    return np.rint(start[:, :, None] * growth * wobble).astype(np.int64)


def exposure_table(accounts: Integers) -> pd.DataFrame:
    """Lay the accounts out in long form, with the customers who hold them."""
    customers = np.rint(accounts * np.array(CUSTOMERS_PER_ACCOUNT)[:, None])
    keys = long_keys()
    return keys.assign(accounts=accounts.ravel(), customers=customers.ravel().astype(np.int64))


def long_keys() -> pd.DataFrame:
    """List unit, product and month in the order of a (units, products, months) array made flat."""
    shape = (BRANCHES, len(PRODUCTS), len(MONTHS))
    unit, product, month = (place.ravel() for place in np.indices(shape))
    return pd.DataFrame(
        {
            "unit_id": unit_names(unit),
            "product": np.array(PRODUCTS, dtype=object)[product],
            "month": MONTHS[month].astype("M8[D]"),
        }
    )


def unit_names(place: Integers) -> Words:
    """Look up the ids of the units numbered ``place``."""
    return np.array(UNIT_IDS, dtype=object)[place]


def _sizes(rng: np.random.Generator) -> Floats:
    """Draw lognormal sizes, shape (units,) [accounts], whose extremes differ by exactly SIZE_RATIO."""
    normal = rng.normal(size=BRANCHES)
    spread = (normal - normal.min()) / (normal.max() - normal.min())
    big, largest = UNIT_IDS.index(BIG_UNIT), int(np.argmax(spread))
    spread[[big, largest]] = spread[[largest, big]]
    size = SIZE_RATIO**spread
    return np.asarray(TOTAL_ACCOUNTS * size / size.sum(), dtype=np.float64)


def _fix_bad_branch(start: Floats) -> Floats:
    """Scale the bad branch so that peers' rate gives it the planned count in the last eight quarters."""
    bad = UNIT_IDS.index(BAD_UNIT)
    growth = (1 + GROWTH_PER_YEAR) ** (np.arange(len(MONTHS)) / 12)
    yearly = start[bad] @ np.array(list(RATES.values())) / 1000
    per_quarter = (yearly * growth * year_fractions())[-24:].sum() / 8
    factor = np.where(np.arange(BRANCHES) == bad, BAD_EXPECTED_PER_QUARTER / per_quarter, 1.0)
    return start * factor[:, None]
