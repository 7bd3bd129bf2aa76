"""Simulated ratios by month with objectives of a year: what is known in a month of it, and what comes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.ratios import RatioFamily
from riskmodels.surveillance.years import MONTHS, YEAR, Cells

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


def simulated_years(n: int, family: RatioFamily, seed: int) -> RatioYears:
    """Draw ratios with levels, trends, seasons and movements of many sizes, and an objective of each."""
    rng = np.random.default_rng((seed, FAMILIES.index(family)))
    course, own = _course(n, family, rng)
    whole = _cells(course, own, family, rng)
    before, now = (
        whole.numerators[:, part].sum(axis=1) / whole.denominators[:, part].sum(axis=1)
        for part in (slice(-2 * YEAR, -YEAR), slice(-YEAR, None))
    )
    moved = now / before - 1.0
    change = rng.uniform(-CHANGE, CHANGE, n) * np.std(moved) * rng.random(n)
    upwards = rng.random(n) < 0.5
    reached = (now - (1.0 + change) * before) * np.where(upwards, 1.0, -1.0) >= 0
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


def _cells(course: Floats, own: Floats, family: RatioFamily, rng: np.random.Generator) -> Cells:
    n = len(course)
    bottom = rng.poisson(rng.choice(SIZES, (n, 1)), course.shape) * 1.0
    squares = None
    if family == "proportion":
        top = rng.binomial(
            bottom.astype(int), scipy.special.expit(course + own * rng.standard_normal(course.shape))
        )
    else:
        shape = 1.0 / np.maximum(own, 1e-3) ** 2
        mean = np.exp(course) * rng.gamma(np.broadcast_to(shape, course.shape)) / shape
        bottom = np.where(family == "rate", rng.choice([1.0, 3.0, 10.0], (n, 1)), bottom)
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
