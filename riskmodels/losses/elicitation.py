"""Experts' quantiles as a severity, pooled with data by stated weights; losses at the prices of one year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.severity import Lognormal, Severity

_NEAR_ONE = 1e-9  # rounding of a sum of weights that somebody typed
_HALVINGS = 60  # of an interval: after 60 it is narrower than a float can tell


def elicited_severity(quantiles: Mapping[float, float]) -> Lognormal:
    """Turn quantiles of a loss that experts gave into a lognormal severity.

    Parameters
    ----------
    quantiles : mapping of float to float
        Loss by its probability not to be exceeded, e.g. ``{0.5: 20_000, 0.95: 300_000}``; two or more, both
        rising.

    Returns
    -------
    Lognormal
        Through two quantiles; through more, with the least squares of their logarithms.

    Raises
    ------
    ParameterError
        There are fewer than two, they do not rise, or a loss is not positive.

    Examples
    --------
    >>> elicited_severity({0.5: 20_000, 0.95: 300_000}).ppf(np.array([0.5, 0.95])).round(3).tolist()
    [20000.0, 300000.0]
    """
    levels, losses = np.array(list(quantiles), dtype=float), np.array(list(quantiles.values()), dtype=float)
    rising = len(levels) > 1 and (np.diff(levels) > 0).all() and (np.diff(losses) > 0).all()
    if not rising or not 0 < levels[0] < levels[-1] < 1 or not losses[0] > 0:
        raise ParameterError(
            "experts' quantiles must be two or more, of rising probabilities and rising positive losses"
        )
    sigma, mu = np.polyfit(scipy.special.ndtri(levels), np.log(losses), 1).tolist()
    return Lognormal(mu=mu, sigma=sigma)


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """A severity that is one of several, with stated weights: the linear pool of opinions.

    Attributes
    ----------
    parts : sequence of severities
        For example one fitted to data and one elicited from experts.
    weights : sequence of float
        Positive, adding up to one.

    Notes
    -----
    Stone 1961, doi:10.1214/aoms/1177704873. A pool is wider than its parts where they disagree.
    """

    parts: Sequence[Severity]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        fit = len(self.parts) == len(self.weights) > 0 and min(self.weights) > 0
        if not fit or abs(sum(self.weights) - 1.0) > _NEAR_ONE:
            raise ParameterError(
                "every part of a mixture needs a positive weight, and they must add up to one"
            )

    @property
    def mean(self) -> float:
        """Mean."""
        return float(sum(weight * part.mean for weight, part in self._pairs))

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return np.asarray(sum(weight * part.cdf(losses) for weight, part in self._pairs))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of the loss and a limit."""
        return np.asarray(sum(weight * part.limited_mean(limits) for weight, part in self._pairs))

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles, between the least and the largest of the parts'."""
        ends = np.stack([part.ppf(levels) for part in self.parts])
        low, high = ends.min(axis=0), ends.max(axis=0)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            below = self.cdf(middle) < levels
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(high)

    @property
    def _pairs(self) -> list[tuple[float, Severity]]:
        return list(zip(self.weights, self.parts, strict=True))


def inflate_to(
    losses: npt.ArrayLike, years: npt.ArrayLike, index: "pd.Series[float]", *, base: int
) -> Floats:
    """Bring losses of several years to the prices of one.

    Parameters
    ----------
    losses : array of shape (n,)
        Losses, in the money of their years.
    years : array of int, shape (n,)
        The years in which they occurred.
    index : Series
        Price index by year.
    base : int
        The year whose prices are wanted.

    Returns
    -------
    ndarray, shape (n,)
        Losses times the index of the base year over that of their own.

    Raises
    ------
    ParameterError
        A year has no positive index.
    """
    years = np.asarray(years)
    lacking = sorted({*years.tolist(), base} - {int(year) for year in index.index[index > 0]})
    if lacking:
        raise ParameterError(f"the price index has no positive value for {', '.join(map(str, lacking))}")
    return np.asarray(losses, dtype=float) * float(index.loc[base]) / index.loc[years].to_numpy(dtype=float)
