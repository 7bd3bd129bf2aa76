"""What is known of true values: Gamma and Beta posteriors, their probabilities, and their risk points."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Flags, Floats, Integers

Family = Literal["gamma", "beta", "known"]
Below = tuple[Floats, Floats, Floats]

_TINY = 1e-300  # near the smallest float: keeps logarithms and divisions finite, and changes nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Distributions of n true values: ``scale`` × X, or ``scale`` × (1 - X) where ``flipped``.

    Attributes
    ----------
    family : str
        X is Gamma(``a``, rate ``b``), Beta(``a``, ``b``), or ``known``: exactly ``a``.
    a, b : ndarray, shape (n,)
        Parameters, above zero (``known``: any).
    scale : float
        Units of the value in one of X (> 0).
    flipped : bool
        X is what is lacking to the whole, such as the share of time lost.
    """

    family: Family
    a: Floats
    b: Floats
    scale: float = 1.0
    flipped: bool = False

    @property
    def mean(self) -> Floats:
        """Means, shape (n,) [unit of the value]."""
        if self.family == "known":
            return self._outward(self.a)
        return self._outward(self.a / self.b if self.family == "gamma" else self.a / (self.a + self.b))

    @property
    def variance(self) -> Floats:
        """Variances, shape (n,) [squared unit of the value]."""
        if self.family == "known":
            return np.zeros_like(self.a)
        if self.family == "gamma":
            return np.asarray(self.scale**2 * self.a / self.b**2, dtype=np.float64)
        total = self.a + self.b
        return np.asarray(self.scale**2 * self.a * self.b / (total**2 * (total + 1)), dtype=np.float64)

    def rows(self, chosen: Flags | Integers) -> "Posterior":
        """Return the posterior of some of the values."""
        return Posterior(
            family=self.family,
            a=self.a[chosen],
            b=self.b[chosen],
            scale=self.scale,
            flipped=self.flipped,
        )

    def cdf(self, value: Floats) -> Floats:
        """Return the probability, shape (n,), that the true value is at most ``value`` (n,)."""
        if self.family == "known":
            return np.where(self.mean <= value, 1.0, 0.0)
        below = self._below(self._inward(value))[0]
        return 1 - below if self.flipped else below

    def quantile(self, level: float | Floats) -> Floats:
        """Return the quantiles, shape (n,) [unit of the value], at one level in (0, 1) or at one for each."""
        level = 1 - level if self.flipped else level
        if self.family == "known":
            return self._outward(self.a)
        if self.family == "gamma":
            return self._outward(scipy.special.gammaincinv(self.a, level) / self.b)
        return self._outward(scipy.special.betaincinv(self.a, self.b, level))

    def draw(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw true values, shape (n, size) [unit of the value]."""
        shape = (len(self.a), size)
        if self.family == "known":
            return np.broadcast_to(self._outward(self.a)[:, None], shape)
        if self.family == "gamma":
            return self._outward(rng.standard_gamma(self.a[:, None], shape) / self.b[:, None])
        return self._outward(rng.beta(self.a[:, None], self.b[:, None], shape))

    def points(self, best: Floats, amber: Floats, red: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Say what the values are worth in risk points, and how likely they are beyond the limits.

        Parameters
        ----------
        best, amber, red : ndarray, shape (n,) [unit of the value]
            Where points are 0, 50 and 100; all rows rise or all fall in this order. NaN: no limits.

        Returns
        -------
        mean, variance : ndarray, shape (n,) [points, squared points]
            Of the risk points: 0 to 100, straight lines between the anchors.
        p_amber, p_red : ndarray, shape (n,)
            Probability that the true value is beyond the limit.

        Notes
        -----
        Exact, from the incomplete moments of X below the anchors:
        E[X; X <= x] = E X · F(x; a + 1), and so on, where F(x; a + 1) follows from F(x; a) and the density.
        """
        if self.family == "known":
            return _known_points(self._outward(self.a), best, amber, red)
        knots = [self._inward(one) for one in (best, amber, red)]
        rising = bool(np.nanmax(knots[2] - knots[0], initial=-np.inf) > 0)
        low, middle, high = knots if rising else knots[::-1]
        below = self._below(low), self._below(middle), self._below(high)
        first, second = _ramp_moments((low, middle, high), below)
        if rising:
            return np.clip(first, 0, 100), np.maximum(second - first**2, 0), 1 - below[1][0], 1 - below[2][0]
        square = 100**2 - 200 * first + second
        variance = np.maximum(square - (100 - first) ** 2, 0)
        return np.clip(100 - first, 0, 100), variance, below[1][0], below[0][0]

    def _inward(self, value: Floats) -> Floats:
        x = np.asarray(value, dtype=np.float64) / self.scale
        return 1 - x if self.flipped else x

    def _outward(self, x: npt.NDArray[np.floating[Any]]) -> Floats:
        return np.asarray(self.scale * (1 - x) if self.flipped else self.scale * x, dtype=np.float64)

    def _below(self, x: Floats) -> Below:
        """Return P(X <= x), E[X; X <= x] and E[X²; X <= x], each of shape (n,)."""
        return _gamma_below(self.a, self.b, x) if self.family == "gamma" else _beta_below(self.a, self.b, x)


def _known_points(
    value: Floats, best: Floats, amber: Floats, red: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    worse = np.sign(red - amber)
    p_amber, p_red = (np.where(np.isnan(one), np.nan, (value - one) * worse > 0) for one in (amber, red))
    return risk_points(value, best, amber, red), np.zeros_like(value), p_amber, p_red


def risk_points(value: Floats, best: Floats, amber: Floats, red: Floats) -> Floats:
    """Scale values to risk points: 0 at ``best``, 50 at the amber limit, 100 at red, straight lines between.

    A worse value never has fewer points; whether more is worse follows from the order of the anchors.

    Examples
    --------
    >>> best, amber, red = np.array(1.03), np.array(0.99), np.array(0.95)
    >>> risk_points(np.array([1.0, 0.99, 0.97, 0.9]), best, amber, red).round(9).tolist()
    [37.5, 50.0, 75.0, 100.0]
    """
    # half of the points up to the limit
    points = np.asarray((value - best) * (50 / (amber - best)), dtype=np.float64)
    beyond = np.asarray((value - amber) * (50 / (red - amber)), dtype=np.float64)
    return np.add(np.clip(points, 0, 50), np.clip(beyond, 0, 50))


def _gamma_below(a: Floats, b: Floats, x: Floats) -> Below:
    z = np.maximum(b * x, 0)
    share = np.asarray(scipy.special.gammainc(a, z), dtype=np.float64)
    term = np.exp(a * np.log(np.maximum(z, _TINY)) - z - scipy.special.gammaln(a + 1))
    second = share - term
    third = second - term * z / (a + 1)
    return share, a / b * second, a * (a + 1) / b**2 * third


def _beta_below(a: Floats, b: Floats, x: Floats) -> Below:
    x = np.clip(x, 0, 1)
    share = np.asarray(scipy.special.betainc(a, b, x), dtype=np.float64)
    log_term = a * np.log(np.maximum(x, _TINY)) + b * np.log1p(-np.minimum(x, 1 - 1e-16))
    term = np.exp(log_term - scipy.special.betaln(a, b)) / a
    second = share - term
    total = a + b
    third = second - term * x * total / (a + 1)
    return share, a / total * second, a * (a + 1) / (total * (total + 1)) * third


def _ramp_moments(knots: Below, below: tuple[Below, Below, Below]) -> tuple[Floats, Floats]:
    """Return first and second moment of 0, 50 and 100 points at the knots, straight lines between."""
    mean, square = 100 * (1 - below[2][0]), 100**2 * (1 - below[2][0])
    for place, start in enumerate((0.0, 50.0)):
        share, first, second = (
            after - before for before, after in zip(below[place], below[place + 1], strict=True)
        )
        slope = 50 / (knots[place + 1] - knots[place])
        rise = slope * (first - knots[place] * share)  # points above the start, and their square
        bend = slope**2 * (second - 2 * knots[place] * first + knots[place] ** 2 * share)
        mean, square = mean + start * share + rise, square + start**2 * share + 2 * start * rise + bend
    return mean, square
