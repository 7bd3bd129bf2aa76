"""The plan of the synthetic bank: its size, its products and the effects that are hidden in it."""

import zlib
from typing import Final

import numpy as np

from riskmodels.arrays import Times, Words
from riskmodels.errors import ParameterError

FIRST_MONTH: Final = np.datetime64("2022-10", "M")
LAST_MONTH: Final = np.datetime64("2026-09", "M")
# four years: forecasts can be tested on the last, with three before it
MONTHS: Final[Times] = np.arange(FIRST_MONTH, LAST_MONTH + np.timedelta64(1, "M"))
AS_OF: Final = np.datetime64("2026-09-30T23:59:59", "s")

REGIONS: Final = ("north", "east", "south")
BRANCHES: Final = 60  # twenty a region: some too small to be told from noise
BRANCHES_PER_REGION: Final = BRANCHES // len(REGIONS)
TOTAL_ACCOUNTS: Final = 3_780_000  # on the last day; makes some 9,000 complaints a year at the rates below
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
# of all accounts, in the order of PRODUCTS; a choice
ACCOUNT_SHARES: Final = (0.38, 0.16, 0.05, 0.05, 0.06, 0.30)
# in the order of PRODUCTS; a choice: some customers hold several
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
# shares of the complaints, in the order of CHANNELS; a choice
COMPLAINT_CHANNELS: Final = (0.20, 0.38, 0.08, 0.19, 0.03, 0.05, 0.07)
# shares of the answers, in the order of CHANNELS; a choice: two channels send none
SURVEY_CHANNELS: Final = (0.38, 0.17, 0.12, 0.28, 0.05, 0.0, 0.0)
# shares of the customers; a choice: small groups for which evidence is thin
GROUPS: Final = {"general": 0.74, "elderly": 0.14, "new_resident": 0.09, "disabled": 0.03}

TREND_PER_YEAR: Final = 0.04  # of the complaint rate
SHOCK_MONTH: Final = np.datetime64("2024-10", "M")
SHOCK_FACTOR: Final = 2.0  # of every rate from that month on: one change that all series share
SEASON_AMPLITUDE: Final = 0.08  # of the rate, up and down; a choice: mild
SEASON_PEAK_DAY: Final = 75  # day of the year, 1 January = 1
WEEKDAYS: Final = (1.28, 1.18, 1.12, 1.08, 1.10, 0.69, 0.55)  # Monday first; mean 1
NEW_YEARS: Final = ("2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17")
NEW_YEAR_DAYS: Final = (-7, 6)  # first and last day, counted from New Year's Day
NEW_YEAR_FACTOR: Final = 0.70  # of the complaints of those days; a choice

BAD_UNIT: Final = "B027"
BAD_FACTOR: Final = 2.5  # of the rate, in one branch: to be found though it is small
BAD_EXPECTED_PER_QUARTER: Final = 10.0  # complaints, which fixes its size: few enough to be hard to tell
BIG_UNIT: Final = "B034"
BREAKS: Final = (  # product, region, first month, factor
    ("payments", "north", "2023-10", 1.40),
    ("credit_card", "south", "2026-01", 1.40),
)
HOLE: Final = ("2025-05", "2025-06")
# of the rate after each of the four actions: two work, two do not
ACTION_FACTORS: Final = (0.75, 1.0, 0.75, 1.0)
VARIANCE_RATIO: Final = 2.0  # variance of a month's count over its mean: more than Poisson's

RESOLVED_7WD: Final = 0.974  # share resolved within seven working days; a choice: near the limit
ELDERLY_RESOLVED_POINTS: Final = -6.0  # percentage points less: a gap between groups to be found
HANDLING_SATISFACTION: Final = 0.83  # share of rated complaints with 4 or 5 points; a choice
NEW_RESIDENT_SATISFACTION_POINTS: Final = -8.0  # percentage points less: a gap between groups to be found
DELAY_MEAN_DAYS: Final = 9.0  # from received to logged; a choice: the last month is far from complete
DELAY_LOG_SD: Final = 1.0  # of the log-normal delay: a long tail

LOSS_MEDIAN: Final = 3_000.0  # CNY
LOSS_LOG_SD: Final = 1.2  # of the log-normal body
LOSS_TAIL_PROBABILITY: Final = 0.04  # that a loss is from the tail: forty of a thousand
LOSS_TAIL_THRESHOLD: Final = 50_000.0  # CNY
LOSS_TAIL_SCALE: Final = 40_000.0  # CNY
LOSS_TAIL_SHAPE: Final = 0.5  # of the generalised Pareto tail: it has a mean and no variance


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
