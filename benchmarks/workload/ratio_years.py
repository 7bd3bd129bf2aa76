"""Simulated ratios by month with objectives of a year: what is known in a month of it, and what comes."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.ratios import RatioFamily
from riskmodels.surveillance.years import MONTHS, YEAR, Cells

Kind = Literal["usual", "few", "jump", "clinging", "short"]
FAMILIES: tuple[RatioFamily, ...] = ("proportion", "rate", "mean", "measured")
LEVELS = {
    "proportion": (-0.5, 4.0),
    "rate": (-1.0, 3.0),
    "mean": (0.5, 3.0),
    "measured": (-6.0, 8.0),
}  # of the scale
SIZES = (30.0, 200.0, 1500.0)  # cases a month
WANDERS, SEASONS, SLOPE, OWN = (0.0, 0.008, 0.02, 0.05), (0.0, 0.05, 0.15), 0.08, (0.0, 0.03, 0.12, 0.3)
LUMPY = 0.9  # variation of half of the measured values
SPREAD = 0.8  # variation of one value of a mean
FEW = 4.0  # cases a month, where there are few; and events a unit of exposure, on average
JUMP = 0.25  # standard deviation of a level that is another from some month of the last two years on
CLINGS = 0.7  # of what a month has of its own, that the next has too
SHORT = 27  # months before the first that is known
CHANGE = 1.5  # times the spread of a family's changes: how far from none an objective may lie


@dataclass(frozen=True, kw_only=True, eq=False)
class RatioYears:
    """n simulated ratios of one family.

    Attributes
    ----------
    whole : Cells
        With all months known.
    change : ndarray, shape (n,)
        Wanted against the year before.
    upwards : ndarray of bool, shape (n,)
        More is better.
    met : ndarray of bool, shape (n,)
        Whether the year came to it.
    """

    whole: Cells
    change: Floats
    upwards: Flags
    met: Flags


def simulated_years(n: int, family: RatioFamily, seed: int, kind: Kind = "usual") -> RatioYears:
    """Draw ratios with levels, trends, seasons and movements of many sizes, and an objective of each.

    Not as the forecast takes them to be are those with ``few`` cases, with a ``jump`` of the level, whose months
    are ``clinging`` to the ones before, and with a ``short`` history.
    """
    rng = np.random.default_rng((seed, FAMILIES.index(family)))
    course, own = _course(n, family, rng)
    if kind == "jump":
        since = rng.integers(MONTHS - 2 * YEAR, MONTHS, (n, 1))
        course += np.where(np.arange(MONTHS) >= since, rng.normal(0.0, JUMP, (n, 1)), 0.0)
    if kind == "clinging":
        course, own = course + _clinging(own, rng), own * 0.0
    whole = _cells(course, own, family, rng, few=kind == "few")
    before, now = (
        whole.numerators[:, part].sum(axis=1) / whole.denominators[:, part].sum(axis=1)
        for part in (slice(-2 * YEAR, -YEAR), slice(-YEAR, None))
    )
    moved = now / np.where(before > 0, before, np.nan) - 1.0
    change = rng.uniform(-CHANGE, CHANGE, n) * np.nanstd(moved) * rng.random(n)
    upwards = rng.random(n) < 0.5
    reached = (now - (1.0 + change) * before) * np.where(upwards, 1.0, -1.0) >= 0
    if kind == "short":
        unknown = np.arange(MONTHS) < SHORT
        whole = replace(
            whole,
            numerators=np.where(unknown, np.nan, whole.numerators),
            denominators=np.where(unknown, np.nan, whole.denominators),
        )
    return RatioYears(whole=whole, change=change, upwards=upwards, met=reached)


def _course(n: int, family: RatioFamily, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Levels by month on the scale, (n, MONTHS), and what months add of their own, (n, 1)."""
    months = np.arange(MONTHS)
    wander, season, own = (rng.choice(sizes, (n, 1)) for sizes in (WANDERS, SEASONS, OWN))
    walk = np.cumsum(wander * rng.standard_normal((n, MONTHS)), axis=1)
    slope = SLOPE * rng.standard_normal((n, 1)) * months / YEAR
    cycle = season * np.sqrt(2) * np.cos(2 * np.pi * (months / YEAR + rng.random((n, 1))))
    if family == "measured":
        own = np.where(rng.random((n, 1)) < 0.5, LUMPY, own)
    return rng.uniform(*LEVELS[family], (n, 1)) + walk + slope + cycle, own


def _clinging(own: Floats, rng: np.random.Generator) -> Floats:
    """What months have of their own, of which the next has a part, (n, MONTHS)."""
    moved = np.empty((len(own), MONTHS))
    moved[:, 0] = rng.standard_normal(len(own))
    for month in range(1, MONTHS):
        moved[:, month] = CLINGS * moved[:, month - 1] + np.sqrt(1 - CLINGS**2) * rng.standard_normal(
            len(own)
        )
    return own * moved


def _cells(course: Floats, own: Floats, family: RatioFamily, rng: np.random.Generator, *, few: bool) -> Cells:
    n = len(course)
    sizes = (FEW,) if few else SIZES
    bottom = np.maximum(rng.poisson(rng.choice(sizes, (n, 1)), course.shape), 1) * 1.0
    squares = None
    if family == "proportion":
        top = rng.binomial(
            bottom.astype(int), scipy.special.expit(course + own * rng.standard_normal(course.shape))
        )
    else:
        shape = 1.0 / np.maximum(own, 1e-3) ** 2
        mean = np.exp(course) * rng.gamma(np.broadcast_to(shape, course.shape)) / shape
        bottom = np.where(
            family == "rate", 0.2 * FEW if few else rng.choice([1.0, 3.0, 10.0], (n, 1)), bottom
        )
        top = mean * bottom
        if family == "rate":
            top = rng.poisson(top) * 1.0
        if family == "mean":
            top *= rng.gamma(bottom / SPREAD**2) / (bottom / SPREAD**2)
            squares = top**2 / bottom * (1 + SPREAD**2)
    return Cells(
        months=pd.period_range("2021-01", periods=MONTHS, freq="M"),
        family=family,
        stock=False,
        numerators=top * 1.0,
        denominators=bottom,
        squares=squares,
        filling=np.zeros(course.shape, dtype=bool),
    )
