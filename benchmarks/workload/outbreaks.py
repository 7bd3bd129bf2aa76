"""Weekly series with outbreaks whose weeks are known: level, trend, season, overdispersion."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats, Integers

YEAR, WEEKS = 52, 416
PAST = 4  # outbreaks of a series before the year watched
SIZES, LENGTHS = (1.0, 10.0), (2, 11)  # standard deviations of a week, on average; weeks


@dataclass(frozen=True, kw_only=True, eq=False)
class Outbreaks:
    """Counts (n, T), and first and past-the-last week of the outbreak in the last year, (n, 2)."""

    values: Floats
    spans: Integers


def simulated_outbreaks(n: int, seed: int, *, weeks: int = WEEKS) -> Outbreaks:
    """Draw series after the manner of Noufaily and others (2013, doi:10.1002/sim.5595).

    Means from a third of an event to thirty a week, trends of up to 15 % a year in half of them, a season in half of
    them, variance one to four times the mean; outbreaks of 1 to 10 standard deviations over 2 to 10 weeks.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(weeks)
    level = np.log(10) * rng.uniform(-0.5, 1.5, n)
    slope = rng.choice([0, 1], n) * rng.uniform(-0.15, 0.15, n) / YEAR
    height = rng.choice([0, 1], n) * rng.uniform(0.1, 0.6, n)
    second = height * rng.choice([0, 0.3], n)
    phases = rng.uniform(0, 2 * np.pi, (2, n, 1))
    log_mean = level[:, None] + slope[:, None] * (time - weeks / 2)
    log_mean += height[:, None] * np.cos(2 * np.pi * time / YEAR + phases[0])
    log_mean += second[:, None] * np.cos(4 * np.pi * time / YEAR + phases[1])
    mean = np.exp(log_mean)
    extra = rng.uniform(0.0, 3.0, n)[:, None] + 1e-9
    values = rng.poisson(rng.gamma(mean / extra, extra)).astype(float)
    deviation = np.sqrt((1.0 + extra) * mean)
    for row in range(n):
        for _ in range(PAST):
            add(rng, values[row], deviation[row], int(rng.integers(0, weeks - YEAR - LENGTHS[1])))
    first = rng.integers(weeks - YEAR, weeks - LENGTHS[1] + 1, n)
    lengths = [add(rng, values[row], deviation[row], int(first[row])) for row in range(n)]
    return Outbreaks(values=values, spans=np.stack([first, first + np.array(lengths)], axis=1))


def add(rng: np.random.Generator, counts: Floats, deviation: Floats, first: int) -> int:
    """Add an outbreak with a peak to a series; return its weeks."""
    length = int(rng.integers(*LENGTHS))
    size = rng.poisson(rng.uniform(*SIZES) * deviation[first] * length)
    course = np.exp(-0.5 * ((np.arange(length) + 0.5 - 0.4 * length) / (0.3 * length)) ** 2)
    counts[first : first + length] += rng.multinomial(size, course / course.sum())
    return length
