"""Predictive distributions of n series over h periods."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


class Predictive(Protocol):
    """One distribution for every series and period."""

    @property
    def mean(self) -> Floats:
        """Means, shape (n, h)."""
        ...

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles at ``levels`` of shape (q,) or (n, h, q); returns shape (n, h, q)."""
        ...

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``, shape (n, h)."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class CountPredictive:
    """Negative binomial by mean and variance, shape (n, h); Poisson where the variance is not larger."""

    mean: Floats
    variance: Floats

    def _size_and_probability(self) -> tuple[Floats, Floats]:
        excess = np.maximum(self.variance - self.mean, 1e-9 * np.maximum(self.mean, 1.0))
        return self.mean**2 / excess, self.mean / (self.mean + excess)

    def ppf(self, levels: Floats) -> Floats:
        """Exact integer quantiles."""
        size, probability = self._size_and_probability()
        return np.asarray(stats.nbinom.ppf(levels, size[..., None], probability[..., None]))

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        return np.asarray(stats.nbinom.cdf(values, *self._size_and_probability()))


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalPredictive:
    """Normal by mean and standard deviation, shape (n, h), for amounts."""

    mean: Floats
    deviation: Floats

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles, in the unit of the amounts."""
        return np.asarray(stats.norm.ppf(levels, self.mean[..., None], self.deviation[..., None]))

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        return np.asarray(stats.norm.cdf(values, self.mean, self.deviation))


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplePredictive:
    """Equally likely values, shape (n, h, m), sorted along the last axis; NaN last where there are fewer."""

    draws: Floats

    @property
    def _sizes(self) -> npt.NDArray[np.int64]:
        return np.asarray(np.isfinite(self.draws).sum(axis=-1), dtype=np.int64)

    @property
    def mean(self) -> Floats:
        """Means of the values."""
        means: Floats = np.nansum(self.draws, axis=-1) / self._sizes
        return means

    def ppf(self, levels: Floats) -> Floats:
        """Smallest value with at least that share of the values at or below it."""
        places = np.ceil(levels * self._sizes[..., None] - 1e-9).astype(np.int64) - 1
        return np.take_along_axis(self.draws, np.maximum(places, 0), axis=-1)

    def cdf(self, values: Floats) -> Floats:
        """Share of the values at or below ``values``."""
        below: Floats = (self.draws <= np.asarray(values)[..., None]).sum(axis=-1) / self._sizes
        return below
