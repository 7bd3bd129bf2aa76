"""Predictive distributions of n series over h periods."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.forecasting import negative_binomial
from riskmodels.forecasting.theta import TAILS
from riskmodels.panel import Kind

NOTHING = 1e-12  # as a mean or variance, which must not be zero


class Predictive(Protocol):
    """One distribution for every series and period."""

    @property
    def mean(self) -> Floats:
        """Means, shape (n, h)."""
        ...

    @property
    def variance(self) -> Floats:
        """Variances, shape (n, h)."""
        ...

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles at ``levels`` of shape (q,), which rise; returns shape (n, h, q)."""
        ...

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``, shape (n, h)."""
        ...

    def take(self, rows: slice) -> "Predictive":
        """Return the distributions of some series."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class CountPredictive:
    """Negative binomial by mean and variance, shape (n, h); Poisson where the variance is not larger."""

    mean: Floats
    variance: Floats

    def ppf(self, levels: Floats) -> Floats:
        """Exact integer quantiles."""
        return negative_binomial.quantiles(levels, self.mean, self.variance)

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        return negative_binomial.cdf(values, self.mean, self.variance)

    def take(self, rows: slice) -> "CountPredictive":
        """Return the distributions of some series."""
        return CountPredictive(mean=self.mean[rows], variance=self.variance[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalPredictive:
    """Normal by mean and standard deviation, shape (n, h), for amounts."""

    mean: Floats
    deviation: Floats

    @property
    def variance(self) -> Floats:
        """Squares of the deviations."""
        return self.deviation**2

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles, in the unit of the amounts."""
        return np.asarray(scipy.stats.norm.ppf(levels, self.mean[..., None], self.deviation[..., None]))

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        return np.asarray(scipy.stats.norm.cdf(values, self.mean, self.deviation))

    def take(self, rows: slice) -> "NormalPredictive":
        """Return the distributions of some series."""
        return NormalPredictive(mean=self.mean[rows], deviation=self.deviation[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class RootPredictive:
    """Amounts by the location and scale of their square roots, shape (n, h), whose errors are Student's t.

    ``rooted`` of shape (n, 1) is false for series with amounts below zero, which have no roots: their own
    location and scale.
    """

    location: Floats
    scale: Floats
    rooted: Flags

    @property
    def mean(self) -> Floats:
        """Expected amounts: the squared location, which has been nearer to what came than with its variance.

        That of the root holds the location's own error, which its square has already once.
        """
        return np.where(self.rooted, np.maximum(self.location, 0.0) ** 2, self.location)

    @property
    def variance(self) -> Floats:
        """Variances, as if the roots were normal."""
        spread = TAILS.variance * self.scale**2
        squared = 2.0 * spread**2 + 4.0 * np.maximum(self.location, 0.0) ** 2 * spread
        return np.where(self.rooted, squared, spread)

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles, in the unit of the amounts; not below zero where there are roots."""
        errors = TAILS.factor * scipy.special.stdtrit(TAILS.degrees, levels)
        found = self.location[..., None] + self.scale[..., None] * errors
        return np.where(self.rooted[..., None], np.maximum(found, 0.0) ** 2, found)

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        root = np.where(self.rooted, np.sqrt(np.maximum(values, 0.0)), values)
        found = scipy.special.stdtr(TAILS.degrees, (root - self.location) / (TAILS.factor * self.scale))
        return np.where(self.rooted & (np.asarray(values) < 0), 0.0, found)

    def take(self, rows: slice) -> "RootPredictive":
        """Return the distributions of some series."""
        return RootPredictive(location=self.location[rows], scale=self.scale[rows], rooted=self.rooted[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplePredictive:
    """Equally likely values, shape (n, h, m), sorted along the last axis; NaN last where there are fewer."""

    draws: Floats

    @property
    def _sizes(self) -> Integers:
        return np.asarray(np.isfinite(self.draws).sum(axis=-1), dtype=np.int64)

    @property
    def mean(self) -> Floats:
        """Means of the values."""
        means: Floats = np.nansum(self.draws, axis=-1) / self._sizes
        return means

    @property
    def variance(self) -> Floats:
        """Variances of the values."""
        return np.asarray(np.nanvar(self.draws, axis=-1))

    def ppf(self, levels: Floats) -> Floats:
        """Smallest value with at least that share of the values at or below it."""
        places = np.ceil(levels * self._sizes[..., None] - 1e-9).astype(np.int64) - 1
        return np.take_along_axis(self.draws, np.maximum(places, 0), axis=-1)

    def cdf(self, values: Floats) -> Floats:
        """Share of the values at or below ``values``."""
        below: Floats = (self.draws <= np.asarray(values)[..., None]).sum(axis=-1) / self._sizes
        return below

    def take(self, rows: slice) -> "SamplePredictive":
        """Return the distributions of some series."""
        return SamplePredictive(draws=self.draws[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class EndedPredictive:
    """Distributions of series of which some end: where ``open`` of shape (n, h) is false there is nothing."""

    whole: Predictive
    open: Flags

    @property
    def mean(self) -> Floats:
        """Means, next to zero where a series has ended."""
        return np.where(self.open, self.whole.mean, NOTHING)

    @property
    def variance(self) -> Floats:
        """Variances, next to zero where a series has ended."""
        return np.where(self.open, self.whole.variance, NOTHING)

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles, zero where a series has ended."""
        return np.where(self.open[..., None], self.whole.ppf(levels), 0.0)

    def cdf(self, values: Floats) -> Floats:
        """Probability of at most ``values``."""
        return np.where(self.open, self.whole.cdf(values), np.asarray(values) >= 0)

    def take(self, rows: slice) -> "EndedPredictive":
        """Return the distributions of some series."""
        return EndedPredictive(whole=self.whole.take(rows), open=self.open[rows])


def predictive_of(kind: Kind, mean: Floats, variance: Floats) -> Predictive:
    """Return negative binomial counts or normal amounts with these means and variances."""
    if kind == "amount":
        return NormalPredictive(mean=mean, deviation=np.sqrt(np.maximum(variance, NOTHING)))
    return CountPredictive(mean=np.maximum(mean, NOTHING), variance=np.maximum(variance, NOTHING))
