"""How the bank handles complaints: when it answers, when it is done, with what result."""

from typing import Final

import numpy as np

from riskmodels.arrays import Floats, Integers, Times, Words
from riskmodels.sample.days import at_minute, known, working_day_after
from riskmodels.sample.plan import (
    DELAY_LOG_SD,
    DELAY_MEAN_DAYS,
    ELDERLY_RESOLVED_POINTS,
    HANDLING_SATISFACTION,
    NEW_RESIDENT_SATISFACTION_POINTS,
    RESOLVED_7WD,
)

# share of ordinary complaints answered in 24 hours; a choice: just on the good side of the limit
FIRST_RESPONSE_24H: Final = 0.9955
MAJOR_1H: Final = 0.992  # share of major complaints answered in an hour; a choice, as above
STRAGGLERS: Final = 0.10  # of late complaints, ten to sixty days more
NEVER_RESOLVED: Final = 0.0015  # share of complaints that stay open; a choice
RATED: Final = 0.40  # share of resolved complaints whose handling the customer rates; a choice
REDRESSED: Final = 0.45  # of upheld complaints
_IN_TIME: Final = (0.080, 0.245, 0.255, 0.180, 0.105, 0.065, 0.040, 0.030)  # resolved after 0 to 7 days
_HAPPY: Final = (0.45, 0.55)  # 4 and 5 points
_UNHAPPY: Final = (0.20, 0.25, 0.55)  # 1, 2 and 3 points


def logged_times(received: Times, *, rng: np.random.Generator) -> Times:
    """Draw when each complaint enters the bank's system: a lognormal delay after ``received``."""
    days = rng.lognormal(np.log(DELAY_MEAN_DAYS) - DELAY_LOG_SD**2 / 2, DELAY_LOG_SD, len(received))
    logged: Times = received + np.ceil(days * 24 * 60).astype("m8[m]")
    return logged


def resolution_times(received: Times, group: Words, *, rng: np.random.Generator) -> Times:
    """Draw when each complaint is closed; NaT where that is after the as-of date, or never."""
    size = len(received)
    share = RESOLVED_7WD + np.where(group == "elderly", ELDERLY_RESOLVED_POINTS / 100, 0.0)
    more = np.where(rng.random(size) < STRAGGLERS, rng.integers(10, 60, size), 0)
    late = 7 + rng.geometric(0.2, size) + more
    in_time = rng.choice(len(_IN_TIME), size=size, p=_IN_TIME)
    luck = rng.random(size)
    done = _done(received, np.where(luck < share, in_time, late), rng)
    return known(np.where(luck > 1 - NEVER_RESOLVED, np.datetime64("NaT", "m"), done))


def response_times(received: Times, resolved: Times, severity: Words, *, rng: np.random.Generator) -> Times:
    """Draw when each complaint is first answered, at the latest when it is closed."""
    size = len(received)
    ordinary = _with_late(
        np.minimum(rng.lognormal(np.log(180), 0.7, size), 1400), FIRST_RESPONSE_24H, 1440, rng
    )
    major = _with_late(rng.uniform(4, 57, size), MAJOR_1H, 60, rng)
    answered = received + np.where(severity == "major", major, ordinary).astype("m8[m]")
    return known(np.fmin(answered, resolved))


def upheld_marks(resolved: Times, probability: Floats, *, rng: np.random.Generator) -> Floats:
    """Draw 1 (found for the customer) or 0, shape (n,); NaN while the complaint is open."""
    return np.where(np.isnat(resolved), np.nan, rng.random(len(resolved)) < probability)


def redress_amounts(upheld: Floats, scale: Floats, *, rng: np.random.Generator) -> Floats:
    """Draw what is paid to the customer, shape (n,) [CNY]; NaN where nothing is."""
    paid = (upheld == 1) & (rng.random(len(upheld)) < REDRESSED)
    return np.where(paid, np.round(rng.lognormal(np.log(scale), 1.0), 2), np.nan)


def handling_ratings(resolved: Times, group: Words, *, rng: np.random.Generator) -> Floats:
    """Draw ratings from 1 to 5 points, shape (n,); NaN where the customer gave none."""
    size = len(resolved)
    points = np.where(group == "new_resident", NEW_RESIDENT_SATISFACTION_POINTS / 100, 0.0)
    happy = rng.random(size) < HANDLING_SATISFACTION + points
    rating = np.where(happy, rng.choice([4, 5], size, p=_HAPPY), rng.choice([1, 2, 3], size, p=_UNHAPPY))
    rated = ~np.isnat(resolved) & (rng.random(size) < RATED)
    return np.where(rated, rating, np.nan)


def repeats(order: Words, cell: Integers, received: Times, *, rng: np.random.Generator) -> Words:
    """Mark about 5 % of complaints as repeating the one before in their cell, at most 120 days earlier.

    ``order`` holds the identifiers; ``cell`` numbers unit × product. A first complaint repeats nothing.
    """
    place = np.lexsort((np.arange(len(cell)), received, cell))
    follows = np.concatenate([[False], cell[place][1:] == cell[place][:-1]])
    gap = np.concatenate([np.array([0], dtype="m8[m]"), np.diff(received[place])])
    near = follows & (gap > np.timedelta64(0, "m")) & (gap <= np.timedelta64(120, "D"))
    repeated = near & (rng.random(len(cell)) < 0.05 / max(near.mean(), 0.05))
    earlier: Words = np.full(len(cell), None, dtype=object)
    earlier[place[repeated]] = order[place[np.flatnonzero(repeated) - 1]]
    return earlier


def _done(received: Times, days: Integers, rng: np.random.Generator) -> Times:
    """Close a complaint in the working hours of its day, or later on the day it was received."""
    day = received.astype("M8[D]")
    hours = at_minute(working_day_after(day, days), rng.uniform(9 * 60, 18 * 60, len(day)))
    minutes_left = ((day + np.timedelta64(1, "D")).astype("M8[m]") - received.astype("M8[m]")).astype(
        np.float64
    )
    same_day = received + np.floor(rng.uniform(0.1, 0.9, len(day)) * minutes_left).astype("m8[m]")
    return np.where(days == 0, same_day, hours)


def _with_late(minutes: Floats, share: float, limit: float, rng: np.random.Generator) -> Floats:
    late = limit + 1 + rng.exponential(limit * 0.8, len(minutes))
    return np.where(rng.random(len(minutes)) < share, minutes, late)
