"""The plan of the synthetic bank: its size, its products and the effects that are hidden in it."""

import zlib
from typing import Final

import numpy as np

from riskmodels.arrays import Times, Words
from riskmodels.errors import ParameterError

FIRST_MONTH: Final = np.datetime64("2022-10", "M")
LAST_MONTH: Final = np.datetime64("2026-09", "M")
MONTHS: Final[Times] = np.arange(FIRST_MONTH, LAST_MONTH + np.timedelta64(1, "M"))
AS_OF: Final = np.datetime64("2026-09-30T23:59:59", "s")

REGIONS: Final = ("north", "east", "south")
BRANCHES: Final = 60
BRANCHES_PER_REGION: Final = BRANCHES // len(REGIONS)
TOTAL_ACCOUNTS: Final = 3_780_000
SIZE_RATIO: Final = 50.0  # biggest branch over the smallest
GROWTH_PER_YEAR: Final = 0.03  # of accounts and customers

RATES: Final = {  # complaints per 1,000 accounts and year, on the last day
    "current_account": 2.0,
    "credit_card": 4.0,
    "mortgage": 3.0,
    "personal_loan": 3.5,
    "wealth_management": 2.5,
    "payments": 1.5,
}
PRODUCTS: Final = tuple(RATES)
ACCOUNT_SHARES: Final = (0.38, 0.16, 0.05, 0.05, 0.06, 0.30)
CUSTOMERS_PER_ACCOUNT: Final = (0.86, 0.80, 0.97, 0.90, 0.74, 0.92)

CHANNELS: Final = (
    "branch",
    "phone",
    "online_bank",
    "mobile_app",
    "self_service",
    "social_media",
    "regulator",
)
COMPLAINT_CHANNELS: Final = (0.20, 0.38, 0.08, 0.19, 0.03, 0.05, 0.07)
SURVEY_CHANNELS: Final = (0.38, 0.17, 0.12, 0.28, 0.05, 0.0, 0.0)
GROUPS: Final = {"general": 0.74, "elderly": 0.14, "new_resident": 0.09, "disabled": 0.03}

TREND_PER_YEAR: Final = 0.04  # of the complaint rate
SHOCK_MONTH: Final = np.datetime64("2024-10", "M")
SHOCK_FACTOR: Final = 2.0
SEASON_AMPLITUDE: Final = 0.08
SEASON_PEAK_DAY: Final = 75  # day of the year, 1 January = 1
WEEKDAYS: Final = (1.28, 1.18, 1.12, 1.08, 1.10, 0.69, 0.55)  # Monday first; mean 1
NEW_YEARS: Final = ("2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17")
NEW_YEAR_DAYS: Final = (-7, 6)  # first and last day, counted from New Year's Day
NEW_YEAR_FACTOR: Final = 0.70

BAD_UNIT: Final = "B027"
BAD_FACTOR: Final = 2.5
BAD_EXPECTED_PER_QUARTER: Final = 10.0
BIG_UNIT: Final = "B034"
BREAKS: Final = (  # product, region, first month, factor
    ("payments", "north", "2023-10", 1.40),
    ("credit_card", "south", "2026-01", 1.40),
)
HOLE: Final = ("2025-05", "2025-06")
ACTION_FACTORS: Final = (0.75, 1.0, 0.75, 1.0)
VARIANCE_RATIO: Final = 2.0

RESOLVED_7WD: Final = 0.974
ELDERLY_RESOLVED_POINTS: Final = -6.0
HANDLING_SATISFACTION: Final = 0.83
NEW_RESIDENT_SATISFACTION_POINTS: Final = -8.0
DELAY_MEAN_DAYS: Final = 9.0
DELAY_LOG_SD: Final = 1.0

LOSS_MEDIAN: Final = 3_000.0  # CNY
LOSS_LOG_SD: Final = 1.2
LOSS_TAIL_PROBABILITY: Final = 0.04
LOSS_TAIL_THRESHOLD: Final = 50_000.0  # CNY
LOSS_TAIL_SCALE: Final = 40_000.0  # CNY
LOSS_TAIL_SHAPE: Final = 0.5


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream called ``name``: adding a stream changes no other one."""
    if seed < 0:
        raise ParameterError(f"seed is {seed}; expected a whole number of 0 or more")
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, values: tuple[str, ...], size: int, weights: tuple[float, ...]) -> Words:
    """Draw ``size`` of ``values`` with replacement, in proportion to ``weights``."""
    share = np.asarray(weights) / np.sum(weights)
    return np.asarray(values, dtype=object)[rng.choice(len(values), size=size, p=share)]


def identifiers(prefix: str, size: int, *, width: int) -> Words:
    """Number ``size`` rows from 1: ``prefix`` and the number, padded with zeros to ``width`` digits."""
    numbers = np.char.zfill(np.arange(1, size + 1).astype(str), width)
    return np.char.add(prefix, numbers).astype(object)
