"""How many rows a month has in the end whose load is still to come, by what the months before had."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats

_COMPLETE = 0.9  # share from which on a month shows what is usual
_MONTHS = 12  # looked back over: a whole year, so that the season cancels out
_HALF = 0.5  # Jeffreys' prior of a mean: half a complaint
_WIDE = 1e6  # scale of a mean of which nothing is known but the prior [rows]


@dataclass(frozen=True, kw_only=True, eq=False)
class UsualCounts:
    """Gamma distributions of each month's mean [rows], shape (T,) each."""

    shape: Floats
    scale: Floats

    def expected(self, reported: Floats, share: Floats) -> Floats:
        """Return the expected counts in the end, given the reported and which share that is, (T,)."""
        mean = (self.shape + reported) / (1 / self.scale + share)
        return reported + mean * (1 - share)

    def draw(self, reported: Floats, sample: Floats, seed: int) -> Floats:
        """Draw the counts in the end, (draws, T), given the reported, from a sample of the share, (draws, T).

        Shares count by the chance that they give to what was reported.
        """
        rng = np.random.default_rng([seed, 2])
        chance = np.asarray(scipy.stats.nbinom.logpmf(reported, self.shape, 1 / (1 + self.scale * sample)))
        weights = np.exp(chance - chance.max(axis=0))
        places = np.cumsum(weights / weights.sum(axis=0), axis=0)
        drawn = (np.arange(len(sample)) + 0.5) / len(sample)  # evenly: nothing is left to chance
        chosen = np.stack([np.searchsorted(place, drawn) for place in places.T], axis=1)
        share = np.take_along_axis(sample, np.minimum(chosen, len(sample) - 1), axis=0)
        mean = rng.gamma(self.shape + reported, size=sample.shape) / (1 / self.scale + share)
        return np.asarray(reported + rng.poisson(mean * (1 - share)))


def usual_counts(periods: pd.PeriodIndex, reported: Floats, share: Floats) -> UsualCounts:
    """Estimate each month's mean from the complete ones of the twelve before it.

    Parameters
    ----------
    periods : PeriodIndex
        The T months.
    reported, share : ndarray, shape (T,)
        What is reported of each [rows], NaN where unknown, and which share of the final count that is.

    Returns
    -------
    UsualCounts
        Their variance is that of the months, and that of their mean. A month without any before it knows
        nothing but its own report.
    """
    days = periods.days_in_month.to_numpy().astype(float)
    whole = (share >= _COMPLETE) & np.isfinite(reported)
    rate = np.where(whole, np.nan_to_num(reported) / share / days, np.nan)
    table = pd.Series(rate).shift(1).rolling(_MONTHS, min_periods=1)
    number = table.count().to_numpy()
    mean = np.nan_to_num(table.mean().to_numpy()) * days + _HALF / np.maximum(number, 1)
    variance = np.nan_to_num(table.var().to_numpy()) * days**2
    ratio = np.maximum(variance / mean, 1.0)
    scale = np.where(number > 0, ratio - 1 + ratio / np.maximum(number, 1), _WIDE)
    return UsualCounts(shape=np.where(number > 0, mean / scale, _HALF), scale=scale)
