"""How series move together: factors that groups share, sums that are calibrated, paths that add up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats, Integers
from riskmodels.forecasting.shared import Shared
from riskmodels.grouping import add_rows

# share of the variance of a series that it may share: something stays its own, as a Poisson part does
_MOST_SHARED = 0.95
_ROWS = 256  # series drawn at once: a block of 2,000 paths of 12 months is 50 megabytes


@dataclass(frozen=True, kw_only=True, eq=False)
class Dependence:
    """What n series share over h periods.

    Attributes
    ----------
    codes : ndarray of int, shape (f, n)
        Group of every series in each of f partitions.
    loadings : ndarray, shape (f, n, h)
        Standard deviation that a series owes to what its group shares, in its own unit; the covariance of
        two series of one group is the product of theirs.
    persistent : ndarray, shape (n, h)
        Standard deviation of a series' own level, which stays over the periods, over its mean.
    """

    codes: Integers
    loadings: Floats
    persistent: Floats

    def take(self, rows: Integers) -> "Dependence":
        """Return the dependence of the series in another order."""
        return Dependence(
            codes=self.codes[:, rows], loadings=self.loadings[:, rows], persistent=self.persistent[rows]
        )

    def added(self, groups: Integers, size: int) -> "Dependence":
        """Return the dependence of sums of the series, of which parts know more: the first partition's."""
        loadings = add_rows(self.loadings[0], groups, size)
        return Dependence(
            codes=np.zeros((1, size), dtype=np.int64),
            loadings=loadings[None],
            persistent=np.zeros_like(loadings),
        )

    def variance_of_sums(self, variance: Floats, groups: Integers, size: int) -> Floats:
        """Variance of the sums of series by group: (n, h) -> (size, h)."""
        total = add_rows(variance - (self.loadings**2).sum(axis=0), groups, size)
        for codes, loadings in zip(self.codes, self.loadings, strict=True):
            width = int(codes.max(initial=0)) + 1
            cells = add_rows(loadings, groups * width + codes, size * width)
            total += (cells.reshape(size, width, -1) ** 2).sum(axis=1)
        return total

    def counts(self, mean: Floats, variance: Floats, size: int, seed: int) -> Iterator[tuple[slice, Floats]]:
        """Draw counts, block by block of rows: (size, rows, h), with about these means and variances.

        Given the shared and the own levels, log-normal walks, a count is negative binomial with the
        variance that is left.
        """
        rng = np.random.default_rng(seed)
        factors = [self._factor(place, mean, size, rng) for place in range(len(self.codes))]
        for start in range(0, len(mean), _ROWS):
            rows = slice(start, start + _ROWS)
            expected, own = mean[rows], self.persistent[rows]
            level = expected * _lognormal(own, _walk(own, rng.standard_normal((size, *own.shape))))
            for place, moved in enumerate(factors):
                codes, loadings = self.codes[place, rows], self.loadings[place, rows]
                level *= _lognormal(loadings / expected, moved[:, codes])
            shared = (self.loadings[:, rows] ** 2).sum(axis=0) + (expected * own) ** 2
            extra = np.maximum((variance[rows] - shared) / expected - 1.0, 1e-3)  # a trace, as gammas need
            yield rows, rng.poisson(rng.gamma(level / extra, extra)).astype(float)

    def amounts(self, mean: Floats, variance: Floats, size: int, seed: int) -> Iterator[tuple[slice, Floats]]:
        """Draw normal amounts, block by block of rows: (size, rows, h)."""
        rng = np.random.default_rng(seed)
        factors = [self._factor(place, mean, size, rng) for place in range(len(self.codes))]
        for start in range(0, len(mean), _ROWS):
            rows = slice(start, start + _ROWS)
            left = np.sqrt(np.maximum(variance[rows] - (self.loadings[:, rows] ** 2).sum(axis=0), 0.0))
            drawn = mean[rows] + left * rng.standard_normal((size, *left.shape))
            for place, moved in enumerate(factors):
                drawn += self.loadings[place, rows] * moved[:, self.codes[place, rows]]
            yield rows, drawn

    def _factor(self, place: int, mean: Floats, size: int, rng: np.random.Generator) -> Floats:
        """Draw standard normal walks of what the groups share, shape (size, groups, h)."""
        codes, loadings = self.codes[place], self.loadings[place]
        groups = int(codes.max(initial=0)) + 1
        deviation = add_rows(loadings, codes, groups) / np.maximum(
            add_rows(np.abs(mean), codes, groups), 1e-12
        )
        return _walk(deviation, rng.standard_normal((size, *deviation.shape)))


def shared_by_counts(
    mean: Floats,
    variance: Floats,
    groups: Sequence[tuple[Integers, Shared]],
    *,
    persistent: Floats,
    disagreement: Floats,
) -> Dependence:
    """Find what series of counts share: what their totals vary more than independent series would.

    Parameters
    ----------
    mean, variance : ndarray, shape (n, h)
        Of every series.
    groups : sequence of (ndarray of int of shape (n,), Shared)
        Partitions and the filters of their totals, the whole panel first, at most one other.
    persistent : ndarray, shape (n, h)
        See ``Dependence``.
    disagreement : ndarray, shape (n, h)
        Standard deviation between models, which is of one sign where they disagree about all series.
    """
    excess, pairs = zip(
        *(_excess(mean, variance, disagreement, codes, path) for codes, path in groups), strict=True
    )
    codes = np.stack([part for part, _ in groups])
    everywhere = excess[0]
    squares = [everywhere[codes[0]]]
    if len(groups) > 1:
        inside = (excess[1] * pairs[1]).sum(axis=0)
        between = np.maximum(pairs[0][0] - pairs[1].sum(axis=0), 1e-12)
        everywhere = np.maximum((everywhere * pairs[0] - inside) / between, 0.0)
        everywhere = np.minimum(everywhere, excess[0])
        squares = [everywhere[codes[0]], np.maximum(excess[1] - everywhere, 0.0)[codes[1]]]
    share = np.maximum.accumulate(np.stack(squares), axis=-1)
    most = _MOST_SHARED * np.maximum(variance - mean, 0.0) / mean**2
    share *= np.minimum(1.0, most / np.maximum(share.sum(axis=0), 1e-12))
    own = np.minimum(persistent**2, np.maximum(most - share.sum(axis=0), 0.0))
    return Dependence(
        codes=codes, loadings=mean * np.sqrt(share), persistent=np.maximum.accumulate(np.sqrt(own), axis=1)
    )


def _excess(
    mean: Floats, variance: Floats, disagreement: Floats, codes: Integers, path: Shared
) -> tuple[Floats, Floats]:
    """Return squared variation that pairs of a group share, and the sum of the pairs' products: (g, h)."""
    size = len(path.noise)
    total = add_rows(mean, codes, size)
    pairs = total**2 - add_rows(mean**2, codes, size)
    expected = path.noise[:, None] * total + path.spread * total**2
    expected += add_rows(disagreement, codes, size) ** 2
    extra = expected - add_rows(variance, codes, size)
    alone = pairs <= 1e-9 * total**2
    return np.where(alone, 0.0, np.maximum(extra, 0.0) / np.where(alone, 1.0, pairs)), np.where(
        alone, 0.0, pairs
    )


def shared_by_changes(values: Floats, variance: Floats) -> Dependence:
    """Find what series of amounts share: the mean correlation of their changes, the same for every pair."""
    n, horizon = variance.shape
    change = np.diff(values, axis=1)
    known = np.isfinite(change)
    number = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, change, 0.0)
    filled = np.where(known, filled - filled.sum(axis=1, keepdims=True) / number, 0.0)
    scale = np.sqrt((filled**2).sum(axis=1, keepdims=True) / number)
    scaled = filled / np.where(scale > 0, scale, 1.0)
    pairs = known.sum(axis=0) ** 2 - known.sum(axis=0)
    products = scaled.sum(axis=0) ** 2 - (scaled**2).sum(axis=0)
    correlation = float(np.clip(products.sum() / max(pairs.sum(), 1), 0.0, _MOST_SHARED))
    return Dependence(
        codes=np.zeros((1, n), dtype=np.int64),
        loadings=np.sqrt(correlation * variance)[None],
        persistent=np.zeros((n, horizon)),
    )


def _lognormal(deviation: Floats, normal: Floats) -> Floats:
    """Turn standard normals into factors of mean one and this standard deviation."""
    spread = np.log1p(deviation**2)
    factor: Floats = np.exp(np.sqrt(spread) * normal - 0.5 * spread)
    return factor


def _walk(deviation: Floats, normal: Floats) -> Floats:
    """Correlate standard normals along the last axis as a walk with these standard deviations is."""
    square = np.maximum.accumulate(deviation**2, axis=-1) + 1e-12
    steps = np.sqrt(np.diff(square, axis=-1, prepend=0.0))
    walk: Floats = np.cumsum(steps * normal, axis=-1) / np.sqrt(square)
    return walk
