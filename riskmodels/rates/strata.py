"""Differences of shares within strata, like compared with like, and p-values of many comparisons at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from riskmodels.arrays import Floats

_HALVINGS = 40  # of an interval of width two: to 2e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Strata:
    """Bad outcomes of k groups and of what each is compared with, in S strata.

    Attributes
    ----------
    bad, size : ndarray, shape (k, S) [cases]
        Of the group: cases with a bad outcome, and all.
    reference_bad, reference_size : ndarray, shape (k, S) [cases]
        Of the reference.
    """

    bad: Floats
    size: Floats
    reference_bad: Floats
    reference_size: Floats

    @property
    def weight(self) -> Floats:
        """Mantel and Haenszel's weight of each stratum, (k, S): zero where one of the two has no case."""
        both = self.size + self.reference_size
        return np.divide(self.size * self.reference_size, both, out=np.zeros_like(both), where=both > 0)

    @property
    def difference(self) -> Floats:
        """Share of bad outcomes less the reference's, adjusted for strata, shape (k,); NaN: nothing alike."""
        total: Floats = self.weight.sum(axis=1)
        return np.divide(self._excess, total, out=np.full_like(total, np.nan), where=total > 0)

    @property
    def standard_error(self) -> Floats:
        """Standard error of the difference, shape (k,), right for few large strata and for many small ones.

        Sato 1989, Biometrics 45, 1323: Greenland & Robins 1985, doi:10.2307/2530643, made symmetrical.
        """
        x, n, y, m = self.bad, self.size, self.reference_bad, self.reference_size
        both, total = np.maximum(n + m, 1), self.weight.sum(axis=1)
        slope: Floats = ((n**2 * y - m**2 * x + n * m * (m - n) / 2) / both**2).sum(axis=1)
        level = ((x * (m - y) + y * (n - x)) / (2 * both)).sum(axis=1)
        variance = np.maximum(self.difference * slope + level, 0)
        return np.asarray(np.sqrt(variance) / np.where(total > 0, total, np.nan))

    def p_worse(self, than: float | Floats, dispersion: float | Floats = 1.0) -> Floats:
        """Give the p-value of "no worse than ``than``", shape (k,): one-sided, safe for small samples.

        ``than`` is a share; with 0 and no overdispersion this is the test of Mantel & Haenszel, corrected for
        continuity. ``dispersion`` is how many times more than binomial counts vary, at least 1.

        Notes
        -----
        A score test: variance and skewness of the excess of bad outcomes are those under the hypothesis,
        given the total of each stratum, and its tail is that of a shifted Gamma with these moments, not a
        normal one, which is far too thin where a bad outcome is rare. Mantel & Haenszel 1959,
        doi:10.1093/jnci/22.4.719; Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211.
        """
        return self._tail(np.broadcast_to(than, len(self.bad)), np.asarray(dispersion, float), sign=1)

    def interval(self, level: float, dispersion: float | Floats = 1.0) -> tuple[Floats, Floats]:
        """Return the differences that the test does not refuse in either direction: two arrays, (k,)."""
        spread, refused = np.asarray(dispersion, float), (1 - level) / 2
        ends = []
        for sign in (1, -1):
            low, high = -np.ones(len(self.bad)), np.ones(len(self.bad))
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                above = (self._tail(middle, spread, sign=sign) > refused) == (sign > 0)
                low, high = np.where(above, low, middle), np.where(above, middle, high)
            ends.append(np.where(self.weight.sum(axis=1) > 0, (low + high) / 2, np.nan))
        return ends[0], ends[1]

    def expected(self, difference: float) -> tuple[Floats, Floats]:
        """Bad and good outcomes, in strata that can be compared, were the group worse by so much; (k,)."""
        cases, share = np.where(self.weight > 0, self.size, 0), self._shares(difference)[0]
        return (cases * share).sum(axis=1), (cases * (1 - share)).sum(axis=1)

    @property
    def _excess(self) -> Floats:
        return np.asarray((self.bad - self.size * self._pooled).sum(axis=1))

    @property
    def _pooled(self) -> Floats:
        both = self.size + self.reference_size
        total = self.bad + self.reference_bad
        return np.divide(total, both, out=np.zeros_like(both), where=both > 0)

    def _shares(self, difference: float | Floats) -> tuple[Floats, Floats]:
        """Shares of bad outcomes of group and reference that differ by so much and explain all totals."""
        shift = np.broadcast_to(difference, len(self.bad))[:, None]
        part = self.size / np.maximum(self.size + self.reference_size, 1)
        reference = np.clip(self._pooled - shift * part, np.maximum(0, -shift), np.minimum(1, 1 - shift))
        return reference + shift, reference

    def _tail(self, difference: Floats, dispersion: Floats, *, sign: int) -> Floats:
        n, m = self.size, self.reference_size
        both, (share, other) = n + m, self._shares(difference)
        own, rest = share * (1 - share), other * (1 - other)
        scale = both * np.maximum(both - 1, 1)
        squares = np.divide(m**2 * n * own + n**2 * m * rest, scale, out=np.zeros_like(both), where=both > 0)
        cubes = m**3 * n * own * (1 - 2 * share) - n**3 * m * rest * (1 - 2 * other)
        scale = scale * np.maximum(both - 2, 1)
        cubes = np.divide(cubes, scale, out=np.zeros_like(both), where=both > 0)
        deviation = np.maximum(np.sqrt(squares.sum(axis=1) * dispersion), 1e-12)
        skewness = sign * cubes.sum(axis=1) * dispersion**2 / deviation**3
        weight = self.weight.sum(axis=1)
        z = (sign * (self._excess - difference * weight) - 0.5) / deviation  # cases come in ones
        return np.where(weight > 0, scipy.stats.pearson3.sf(z, skewness), np.nan)


def holm_adjusted(p: npt.ArrayLike) -> Floats:
    """Adjust p-values for how many there are, so that the family-wise error rate is kept.

    Parameters
    ----------
    p : array_like, shape (k,) or (families, k)
        NaN: not tested, and not counted.

    Returns
    -------
    ndarray, same shape
        Not below p, at most 1, in the same order as p; NaN stays.

    Notes
    -----
    Step-down: the smallest times k, the next times k - 1, and so on, none below the one before. Whatever the
    dependence. Holm 1979, www.jstor.org/stable/4615733.

    Examples
    --------
    >>> holm_adjusted([0.01, 0.04, 0.03, float("nan")]).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    values = np.asarray(p, dtype=np.float64)
    # many families at once, as statsmodels cannot
    order = np.argsort(values, axis=-1, kind="stable")  # NaN comes last
    ranked = np.take_along_axis(values, order, axis=-1)
    left = np.isfinite(values).sum(axis=-1, keepdims=True) - np.arange(values.shape[-1])
    stepped = np.fmin(np.fmax.accumulate(ranked * left, axis=-1), 1.0)
    adjusted = np.empty_like(values)
    np.put_along_axis(adjusted, order, np.where(np.isnan(ranked), np.nan, stepped), axis=-1)
    return adjusted
