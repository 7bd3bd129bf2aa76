"""What one loss costs: severity distributions, each with its limited expected value in closed form."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError


class Severity(Protocol):
    """A distribution of losses, which are positive."""

    @property
    def mean(self) -> float:
        """Mean; infinite where it does not exist."""
        ...

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        ...

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit: the integral of the survival function up to it."""
        ...

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        ...


@dataclass(frozen=True)
class Exponential:
    """Exponential, by its mean (> 0)."""

    scale: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "scale")

    @property
    def mean(self) -> float:
        """Mean."""
        return self.scale

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return -np.expm1(-_above_zero(losses) / self.scale)

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        return self.scale * self.cdf(limits)

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return -self.scale * np.log1p(-np.asarray(levels))


@dataclass(frozen=True)
class Gamma:
    """Gamma, by shape and scale (> 0)."""

    shape: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "shape", "scale")

    @property
    def mean(self) -> float:
        """Mean."""
        return self.shape * self.scale

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return np.asarray(scipy.special.gammainc(self.shape, _above_zero(losses) / self.scale))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        scaled = _above_zero(limits) / self.scale
        within = self.mean * scipy.special.gammainc(self.shape + 1, scaled)
        return np.asarray(within + _above_zero(limits) * scipy.special.gammaincc(self.shape, scaled))

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return np.asarray(self.scale * scipy.special.gammaincinv(self.shape, levels))


@dataclass(frozen=True)
class Weibull:
    """Weibull, by shape and scale (> 0)."""

    shape: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "shape", "scale")

    @property
    def mean(self) -> float:
        """Mean."""
        return self.scale * float(scipy.special.gamma(1 + 1 / self.shape))

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return -np.expm1(-((_above_zero(losses) / self.scale) ** self.shape))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        power = (_above_zero(limits) / self.scale) ** self.shape
        within = self.mean * scipy.special.gammainc(1 + 1 / self.shape, power)
        return np.asarray(within + _above_zero(limits) * np.exp(-power))

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return np.asarray(self.scale * (-np.log1p(-np.asarray(levels))) ** (1 / self.shape))


@dataclass(frozen=True)
class Lognormal:
    """Lognormal, by mean and standard deviation (> 0) of the logarithm."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _positive(self, "sigma")

    @property
    def mean(self) -> float:
        """Mean."""
        return float(np.exp(self.mu + 0.5 * self.sigma**2))

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return np.asarray(scipy.special.ndtr(self._score(losses)))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        score = self._score(limits)
        within = self.mean * scipy.special.ndtr(score - self.sigma)
        return np.asarray(within + _above_zero(limits) * scipy.special.ndtr(-score))

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return np.asarray(np.exp(self.mu + self.sigma * scipy.special.ndtri(levels)))

    def _score(self, losses: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # zero is below every loss
            score: Floats = (np.log(_above_zero(losses)) - self.mu) / self.sigma
        return score


@dataclass(frozen=True)
class Levy:
    """Lévy, by its scale (> 0): a stable distribution without a mean, for tests of extremes."""

    scale: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "scale")

    @property
    def mean(self) -> float:
        """Infinite."""
        return np.inf

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        with np.errstate(divide="ignore"):  # zero is below every loss
            return np.asarray(scipy.special.erfc(np.sqrt(self.scale / (2 * _above_zero(losses)))))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        limits = _above_zero(limits)
        with np.errstate(divide="ignore", invalid="ignore"):  # zero is below every loss
            half = self.scale / (2 * limits)
            within = np.sqrt(2 * self.scale * limits / np.pi) * np.exp(-half)
            within = within - self.scale * scipy.special.erfc(np.sqrt(half))
        return np.where(limits > 0, within + limits * scipy.special.erf(np.sqrt(half)), 0.0)

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return np.asarray(self.scale / (2 * scipy.special.erfcinv(levels) ** 2))


@dataclass(frozen=True)
class GeneralizedPareto:
    """Generalised Pareto of losses above a threshold (>= 0), by shape and scale (> 0)."""

    shape: float
    scale: float
    threshold: float = 0.0

    def __post_init__(self) -> None:
        _positive(self, "scale")
        if self.threshold < 0 or not np.isfinite([self.shape, self.threshold]).all():
            raise ParameterError(
                "a generalised Pareto severity needs a finite shape and a threshold of at least zero"
            )

    @property
    def mean(self) -> float:
        """Mean; infinite from a shape of one on."""
        return self.threshold + (self.scale / (1 - self.shape) if self.shape < 1 else np.inf)

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return -np.expm1(self._log_survival(losses))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        limits = _above_zero(limits)
        log_survival = self._log_survival(limits)
        if self.shape == 0:
            above = -self.scale * np.expm1(log_survival)
        elif self.shape == 1:
            above = -self.scale * log_survival
        else:
            above = -self.scale / (1 - self.shape) * np.expm1((1 - self.shape) * log_survival)
        return np.minimum(limits, self.threshold) + above

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        log_survival = np.log1p(-np.asarray(levels))
        if self.shape == 0:
            return self.threshold - self.scale * log_survival
        return self.threshold + self.scale * np.expm1(-self.shape * log_survival) / self.shape

    def _log_survival(self, losses: Floats) -> Floats:
        excess = np.maximum(_above_zero(losses) - self.threshold, 0.0) / self.scale
        if self.shape == 0:
            return -excess
        with np.errstate(divide="ignore"):  # no loss is above the end point of a negative shape
            log: Floats = -np.log1p(np.maximum(self.shape * excess, -1.0)) / self.shape
        return log


@dataclass(frozen=True)
class Spliced:
    """A body below a threshold and a generalised Pareto tail above it, which has a probability of its own.

    The body is cut off at the tail's threshold.
    """

    body: Exponential | Gamma | Weibull | Lognormal
    tail: GeneralizedPareto
    tail_probability: float

    def __post_init__(self) -> None:
        if not 0 < self.tail_probability < 1 or self.tail.threshold <= 0:
            raise ParameterError(
                "a spliced severity needs a tail with a positive threshold and a probability between 0 and 1"
            )
        if not self._below > 0:
            raise ParameterError(f"the body has no loss below the threshold of {self.tail.threshold:g}")

    @cached_property
    def _below(self) -> float:
        return float(self.body.cdf(np.asarray(self.tail.threshold)))

    @cached_property
    def _at_threshold(self) -> float:
        return float(self._limited_body(np.asarray(self.tail.threshold)))

    @property
    def mean(self) -> float:
        """Mean; infinite where the tail's is."""
        return self._at_threshold + self.tail_probability * (self.tail.mean - self.tail.threshold)

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        below = (1 - self.tail_probability) * np.minimum(self.body.cdf(losses) / self._below, 1.0)
        return below + self.tail_probability * self.tail.cdf(losses)

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        limits = _above_zero(limits)
        threshold = self.tail.threshold
        low = limits <= threshold
        found = np.empty(limits.shape)
        found[low] = self._limited_body(limits[low])
        excess = self.tail.limited_mean(limits[~low]) - threshold
        found[~low] = self._at_threshold + self.tail_probability * excess
        return found

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        levels = np.asarray(levels, dtype=float)
        share = 1 - self.tail_probability
        body = self.body.ppf(np.minimum(levels / share, 1.0) * self._below)
        with np.errstate(divide="ignore"):  # the level one
            tail = self.tail.ppf(np.maximum(levels - share, 0.0) / self.tail_probability)
        return np.where(levels <= share, body, tail)

    def _limited_body(self, limits: Floats) -> Floats:
        """Limited mean up to the threshold: of the survival function 1 - (1 - p) F(x) / F(u)."""
        share = (1 - self.tail_probability) / self._below
        found: Floats = limits - share * (limits - self.body.limited_mean(limits))
        return found


def _above_zero(values: Floats) -> Floats:
    positive: Floats = np.maximum(np.asarray(values, dtype=float), 0.0)
    return positive


def _positive(made: object, *names: str) -> None:
    for name in names:
        value = getattr(made, name)
        if not (np.isfinite(value) and value > 0):
            raise ParameterError(f"{name} of a {type(made).__name__} is {value}; expected a positive number")


@dataclass(frozen=True)
class Scaled:
    """Any severity, every loss times a factor (> 0)."""

    severity: Severity
    factor: float

    def __post_init__(self) -> None:
        _positive(self, "factor")

    @property
    def mean(self) -> float:
        """Mean; infinite where it does not exist."""
        return self.factor * self.severity.mean

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return self.severity.cdf(np.asarray(losses, dtype=float) / self.factor)

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        return self.factor * self.severity.limited_mean(np.asarray(limits, dtype=float) / self.factor)

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        return self.factor * self.severity.ppf(levels)
