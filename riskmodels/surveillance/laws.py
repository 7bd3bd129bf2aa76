"""What the figure of a period is made of: events, cases that fail or do not, values of cases, minutes lost.

A law says how the mean of a period moves with the level, and what is seen about a mean. The level of events
is in the logarithm of their mean, and that of cases in the odds of failing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting.negative_binomial import quantiles
from riskmodels.surveillance.scores import at_score, upper_tail

LawName = Literal["counts", "cases", "values", "minutes"]
_LEAST_MEAN, _MOST_MEAN = 1e-3, 1e10  # [events a period] the first divides; no customers are as many
_LEAST_START = 0.25  # [events a period] of series that all start with none
_WIDE = 1e8  # variance [events²] from which on a gamma law is as good, being ten thousand counts wide
_LEAST = 1e-9  # of a share or a variance: divides
_SUMMED = 50.0  # [cases] standard deviation up to which the probabilities of cases are added up one by one
_TAIL, _MORE = 10.0, 30.0  # [standard deviations], [cases] of a tail that is added up: the rest is nothing
_CLUSTERED = (1e-7, 0.95)  # correlation of the cases of a month, least and most
_BETWEEN = 0.1  # [log] standard deviation between months of shares, means and minutes before any is seen
_LEAST_VALUE = 0.05  # of the mean: none at all, as whole days have it, is no further down
_MANY = 2000.0  # [incidents] from which on minutes lost are gamma distributed
_HALVINGS = 60  # of an interval that holds a limit, which is then known to rounding
_LEAST_CASE = 0.25  # [cases] that fail, or do not, in series that all start with none


@dataclass(frozen=True, eq=False)
class Counts:
    """Events in proportion to a size: negative binomial, the level in the logarithm of their mean.

    Attributes
    ----------
    size : ndarray
        Of the shape of all that the methods take and return.
    """

    size: Floats

    def mean(self, log: Floats, spread: Floats) -> Floats:
        """Compute the mean of a period from the logarithm of the level and its variance."""
        return np.asarray(np.clip(np.exp(log + 0.5 * spread) * self.size, _LEAST_MEAN, _MOST_MEAN))

    def slope(self, mean: Floats) -> Floats:
        """By how much the mean grows with the level; the variance of what is seen, were it independent."""
        return mean

    def clustered(self, mean: Floats) -> Floats:
        """By how much the variance is larger where months differ as usual; of events, by nothing."""
        return np.ones_like(mean)

    def in_logs(self, mean: Floats) -> Floats:
        """By how much the logarithm of the mean grows with the level."""
        return self.slope(mean) / mean

    def variance(self, mean: Floats, dispersion: Floats, spread: Floats) -> Floats:
        """Compute the variance of what will be seen; ``spread`` is that of the level."""
        return np.asarray(dispersion * mean + mean * mean * np.expm1(spread))

    def tail(self, seen: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Compute P(X > seen) and P(X = seen)."""
        return upper_tail(seen, mean, variance)

    def nearest(self, mean: Floats) -> Floats:
        """Return a figure that can be seen."""
        return np.round(mean)

    def at_score(self, score: float, mean: Floats, variance: Floats) -> Floats:
        """Compute what lies as many standard deviations above the mean."""
        return at_score(score, mean, variance)

    def distance(self, seen: Floats, due: Floats) -> Floats:
        """Return how far the level is up where so much is seen and so much was due."""
        return np.asarray(np.log(seen / due))

    def moved(self, mean: Floats, shift: Floats | float) -> Floats:
        """Return the mean once the level moves."""
        return np.asarray(mean * np.exp(shift))

    def doubt(self, seen: Floats) -> Floats:
        """Return the variance of a level from what is seen of it alone."""
        return np.asarray(1.0 / seen)

    def start(self, seen: Floats, *, prior: float, noise: float) -> tuple[Floats, Floats]:
        """Return the first level and its variance, drawn towards what all that start with it have.

        Parameters
        ----------
        seen : ndarray, shape (n,)
        prior : float
            [events] That the mean of all counts for.
        noise : float
            [variance over that of independent cases], but for what months usually add
        """
        mean = max(float(seen.mean()), _LEAST_START) * self.size / self.size.mean()
        counts = 1.0 / (noise * self.clustered(mean))
        shape = prior + seen * counts
        level = shape / (prior / mean + counts) / self.size
        return np.asarray(np.log(level) - 0.5 / shape), np.asarray(1.0 / shape)

    def learnt(self, now: tuple[Floats, Floats], spread: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """Return by how much the level moves with what is seen, and its variance then.

        Parameters
        ----------
        now : tuple of ndarray, shape (n,) each
            Seen, and its mean.
        spread, weight : ndarray, shape (n,)
            Variance of the level before; what the period counts for.
        """
        seen, mean = now
        shape = 1.0 / spread
        after = shape + weight * seen
        moved = np.log(after / (shape + weight * mean)) - 0.5 * (1.0 / after - spread)
        return np.asarray(moved), np.asarray(1.0 / after)

    def limit(self, chance: float, mean: Floats, variance: Floats) -> Floats:
        """Find the largest figure with at most such a chance of more."""
        found = np.full(mean.shape, np.nan)
        variance = np.maximum(variance, mean * (1 + 1e-6))
        small, wide = variance <= _WIDE, variance > _WIDE
        found[small] = quantiles(np.array([1.0 - chance]), mean[small], variance[small])[:, 0]
        found[wide] = np.floor(_gamma_limit(chance, mean[wide], variance[wide]))
        return found


class Values(Counts):
    """Sums of durations and other values above zero, in units of variance over mean: lognormal."""

    def clustered(self, mean: Floats) -> Floats:
        """By how much the variance is larger where months differ as they usually do."""
        return np.asarray(1.0 + _BETWEEN**2 * mean)

    def tail(self, seen: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Compute P(X > seen); no figure has a chance of its own."""
        spread = np.log1p(variance / mean**2)
        away = np.log(np.maximum(seen / mean, _LEAST_VALUE)) + 0.5 * spread
        return np.asarray(scipy.special.ndtr(-away / np.sqrt(spread))), np.zeros_like(mean)

    def nearest(self, mean: Floats) -> Floats:
        """Return the mean itself."""
        return mean

    def limit(self, chance: float, mean: Floats, variance: Floats) -> Floats:
        """Find the value with such a chance of more."""
        spread = np.log1p(variance / mean**2)
        return np.asarray(mean * np.exp(-scipy.special.ndtri(chance) * np.sqrt(spread) - 0.5 * spread))


class Minutes(Values):
    """Minutes lost in a Poisson number of incidents of exponential length, of which there may be none.

    That sum has a variance of twice its mean times the mean length, so mean and variance say how many
    incidents there are: 2 mean² / variance.
    """

    def tail(self, seen: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Compute P(X > seen) and P(X = seen), which is nothing but for zero.

        The sum is above y where a Poisson number of mean ``number`` is above one of mean y / length: a
        non-central chi-square.
        """
        seen = np.maximum(seen, 0.0)
        number = 2.0 * mean * mean / variance
        lengths = 2.0 * seen * mean / variance
        few = number <= _MANY
        exact = scipy.special.chndtr(2.0 * np.where(few, number, 1.0), 2.0, 2.0 * np.where(few, lengths, 1.0))
        wide = scipy.special.gammaincc(mean * mean / variance, seen * mean / variance)
        above = np.where(few, exact, wide)
        return above, np.where(seen == 0, np.exp(-number), 0.0)

    def limit(self, chance: float, mean: Floats, variance: Floats) -> Floats:
        """Find the minutes with such a chance of more."""
        return _halved(lambda at: self.tail(at, mean, variance)[0] <= chance, _far(mean, variance))


class Cases(Counts):
    """Cases that fail, out of ``size``: beta-binomial, the level in the logarithm of the odds of failing."""

    def mean(self, log: Floats, spread: Floats) -> Floats:
        """Compute the mean of a period from the logarithm of the odds and its variance."""
        chance = scipy.special.expit(log)
        return _within(scipy.special.expit(log + spread * (0.5 - chance)), self.size)

    def slope(self, mean: Floats) -> Floats:
        """By how much the mean grows with the level: the variance of independent cases."""
        return np.asarray(mean * (1.0 - mean / self.size))

    def clustered(self, mean: Floats) -> Floats:
        """By how much the variance is larger where months differ as they usually do."""
        return np.asarray(1.0 + _BETWEEN**2 * self.slope(mean))

    def variance(self, mean: Floats, dispersion: Floats, spread: Floats) -> Floats:
        """Compute the variance, which is largest where all cases of a period go one way."""
        alone = self.slope(mean)
        level = alone**2 * spread / (1.0 + alone / self.size * spread)
        most = alone * (1.0 + (np.maximum(self.size, 1.0) - 1.0) * _CLUSTERED[1])
        return np.asarray(np.minimum(dispersion * alone + level, most))

    def tail(self, seen: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Compute P(X > seen) and P(X = seen); wide laws as a beta law of the share."""
        return cases_tail(seen, mean, variance, self.size)

    def nearest(self, mean: Floats) -> Floats:
        """Return the mean itself: few cases are none that fail."""
        return mean

    def at_score(self, score: float, mean: Floats, variance: Floats) -> Floats:
        """Compute what lies as many standard deviations above the mean, but no more than there are."""
        return np.minimum(at_score(score, mean, variance), self.size)

    def distance(self, seen: Floats, due: Floats) -> Floats:
        """Return how far the odds are up."""
        return np.asarray(_logit(seen, self.size) - _logit(due, self.size))

    def moved(self, mean: Floats, shift: Floats | float) -> Floats:
        """Return the mean once the odds move."""
        return _within(scipy.special.expit(_logit(mean, self.size) + shift), self.size)

    def doubt(self, seen: Floats) -> Floats:
        """Return the variance of the odds from cases alone."""
        return np.asarray(1.0 / seen + 1.0 / np.maximum(self.size - seen, _LEAST_CASE))

    def start(self, seen: Floats, *, prior: float, noise: float) -> tuple[Floats, Floats]:
        """Return the first odds and their variance, drawn towards those of all."""
        cases = float(self.size.mean())
        least = min(_LEAST_CASE, 0.5 * cases)
        chance = float(np.clip(seen.mean(), least, cases - least)) / cases
        counts = 1.0 / (noise * self.clustered(chance * self.size))
        failed = prior / (1.0 - chance) + seen * counts
        kept = prior / chance + (self.size - seen) * counts
        return np.asarray(np.log(failed / kept) - 0.5 / failed + 0.5 / kept), 1.0 / failed + 1.0 / kept

    def learnt(self, now: tuple[Floats, Floats], spread: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """Return by how much the odds move with what is seen, and their variance then: a beta law."""
        seen, mean = now
        chance = mean / self.size
        failed, kept = 1.0 / ((1.0 - chance) * spread), 1.0 / (chance * spread)
        more_failed, more_kept = failed + weight * seen, kept + weight * (self.size - seen)
        moved = np.log(more_failed / failed) - np.log(more_kept / kept)
        moved += 0.5 * (1.0 / failed - 1.0 / more_failed) - 0.5 * (1.0 / kept - 1.0 / more_kept)
        return np.asarray(moved), 1.0 / more_failed + 1.0 / more_kept

    def limit(self, chance: float, mean: Floats, variance: Floats) -> Floats:
        """Find the fewest cases with at most such a chance of more."""
        most = np.ceil(self.size)
        found = _halved(
            lambda at: self.tail(np.floor(at), mean, variance)[0] <= chance, most, steps=_steps(most)
        )
        return np.asarray(np.minimum(np.floor(found), most))


def cases_tail(seen: Floats, mean: Floats, variance: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Compute P(X > seen) and P(X = seen) of beta-binomials.

    Exact up to a standard deviation of 50 cases; wider ones are taken as beta laws of the share, whose scores
    are good to a twentieth up to a chance of one in a million.

    Parameters
    ----------
    seen, mean, variance, size : ndarray, of one shape
        Whole numbers of cases that fail, out of ``size``; a variance below that of a binomial is taken as
        that.
    """
    alone = mean * (1.0 - mean / size)
    clustered = (variance / np.maximum(alone, _LEAST) - 1.0) / np.maximum(size - 1.0, 1.0)
    clustered = np.clip(np.where(size > 1, clustered, 0.0), *_CLUSTERED)
    total = 1.0 / clustered - 1.0
    failed, kept = mean / size * total, (1.0 - mean / size) * total
    wide = variance > _SUMMED**2
    above, here = np.empty((2, *np.shape(mean)))
    above[wide], here[wide] = _beta_tail(seen[wide], mean[wide] / size[wide], variance[wide], size[wide])
    few = ~wide
    if few.any():
        above[few], here[few] = _summed(seen[few], failed[few], kept[few], size[few], variance[few])
    return above, here


def _beta_tail(seen: Floats, share: Floats, variance: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Take the share of cases for a beta variable, between two whole numbers of cases."""
    total = share * (1.0 - share) * size**2 / variance - 1.0
    edges = np.clip((seen + np.array([[0.5], [-0.5]])) / size, 0.0, 1.0)
    above, least = scipy.special.betainc((1.0 - share) * total, share * total, 1.0 - edges)
    above = np.where(seen >= size, 0.0, above)
    least = np.where(seen <= 0, 1.0, least)
    return np.asarray(above), np.asarray(least - above)


def _summed(
    seen: Floats, failed: Floats, kept: Floats, size: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """Add up the probabilities of a beta-binomial on that side of what is seen that is away from the mean."""
    betaln, gammaln = scipy.special.betaln, scipy.special.gammaln
    here = np.exp(
        gammaln(size + 1.0)
        - gammaln(seen + 1.0)
        - gammaln(size - seen + 1.0)
        + betaln(failed + seen, kept + size - seen)
        - betaln(failed, kept)
    )
    up = seen >= size * failed / (failed + kept)
    start, own, other = (
        np.where(up, seen, size - seen),
        np.where(up, failed, kept),
        np.where(up, kept, failed),
    )
    width = int(np.minimum(size, _TAIL * np.sqrt(variance) + _MORE).max())
    at = start[:, None] + np.arange(width)  # cases that fail, or do not, whichever are more than usual
    left = np.maximum(size[:, None] - at, 0.0)
    ratio = left * (own[:, None] + at) / ((at + 1.0) * np.maximum(other[:, None] + left - 1.0, _LEAST))
    beyond = here * np.cumprod(ratio, axis=1).sum(axis=1)
    return np.asarray(np.where(up, beyond, np.maximum(1.0 - here - beyond, 0.0))), np.asarray(here)


def _gamma_limit(chance: float, mean: Floats, variance: Floats) -> Floats:
    return np.asarray(scipy.special.gammainccinv(mean * mean / variance, chance) * variance / mean)


def _far(mean: Floats, variance: Floats) -> Floats:
    """Return what is beyond any limit of run lengths up to a million."""
    return np.asarray(mean + _TAIL * np.sqrt(variance) + _MORE * variance / mean)


def _steps(most: Floats) -> int:
    return int(np.ceil(np.log2(np.nanmax(most, initial=1.0) + 1.0))) + 2


def _halved(is_beyond: Callable[[Floats], Flags], high: Floats, *, steps: int = _HALVINGS) -> Floats:
    """Find the least figure from which on something holds, from zero to ``high``."""
    low = np.zeros_like(high)
    none = is_beyond(low)
    for _ in range(steps):
        middle = 0.5 * (low + high)
        beyond = is_beyond(middle)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.asarray(np.where(none, 0.0, high))


def _within(share: Floats, size: Floats) -> Floats:
    return np.asarray(np.clip(share, _LEAST, 1.0 - _LEAST) * size)


def _logit(mean: Floats, size: Floats) -> Floats:
    share = np.clip(mean / size, _LEAST, 1.0 - _LEAST)
    return np.asarray(scipy.special.logit(share))


LAWS: dict[LawName, type[Counts]] = {
    "counts": Counts,
    "cases": Cases,
    "values": Values,
    "minutes": Minutes,
}
