"""Before and after of a unit chosen because it was bad: regression to the mean, and what allows for it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting.negative_binomial import cdf
from riskmodels.labels import label, marked

_TAIL = 1e-13  # probability beyond which counts are not added up
LEAST_MEAN = 1e-9  # [events] as good as none
_FLATTEST, _STEEPEST = -12.0, 5.0  # [log] of a dispersion: none that counts show, and more than any
_POISSON = -11.0  # [log] of a dispersion: an estimate below it is the end of the search, and says none
_NAIVE_CHANCE = 0.5  # that an event is of the later of two periods alike
_SAID = marked(
    "{theta:.3f} of what was expected without the action ({expected:,.1f}); {chance:.1%} by chance alone"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShrunkenChange(Displayed):
    """What was counted after an action against what the unit would have had without it.

    Attributes
    ----------
    weight : float or ndarray
        [1] Of the mean of all units, against the unit's own count.
    expected, variance : float or ndarray
        [events, events²] After the action without an effect: of the unit's own mean.
    ratio, standard_error : float or ndarray
        [1] Index of effectiveness; below 1 is fewer.
    naive : float or ndarray
        [1] After over before, as if the unit had been chosen by lot.
    p_value, naive_p_value : float or ndarray
        One-sided, of so few events without an effect: predictive, and conditional binomial.
    """

    weight: Floats
    expected: Floats
    variance: Floats
    ratio: Floats
    standard_error: Floats
    naive: Floats
    p_value: Floats
    naive_p_value: Floats

    @property
    def sentence(self) -> str:
        """Say the ratio (of many units, their mean)."""
        return label(
            _SAID,
            theta=float(np.mean(self.ratio)),
            expected=float(np.mean(self.expected)),
            chance=float(np.mean(self.p_value)),
        )

    def summary(self) -> pd.DataFrame:
        """One row per unit."""
        return pd.DataFrame({name: np.atleast_1d(value) for name, value in vars(self).items()})


def shrunken_before_after(
    before: float | Floats,
    after: float | Floats,
    *,
    mean: float | Floats,
    dispersion: float | Floats,
    exposure_ratio: float | Floats = 1.0,
) -> ShrunkenChange:
    """Compare counts before and after an action at units that were chosen because they were bad.

    Parameters
    ----------
    before, after : float or ndarray, shape (n,)
        [events] Counted; 0 or more.
    mean : float or ndarray
        [events] Expected before, of units like it; above 0.
    dispersion : float or ndarray
        [1] Of the units' true means: variance of counts = mean + dispersion * mean²; 0 or more.
    exposure_ratio : float or ndarray
        [1] Exposure after over exposure before.

    Returns
    -------
    ShrunkenChange
        ``expected`` lies between the mean and the count before, times the ratio of exposures.

    Raises
    ------
    ParameterError
        A figure is out of its range.

    Notes
    -----
    Hauer 1997, Observational Before-After Studies in Road Safety, chapters 11 and 12. The true means of units
    are Gamma about ``mean``, counts are Poisson about them, and nothing but the action changes.

    Examples
    --------
    >>> change = shrunken_before_after(25, 14, mean=10, dispersion=0.5)
    >>> round(float(change.ratio), 3), round(float(change.p_value), 4)
    (0.6, 0.0964)
    """
    before, after, mean, dispersion, times = (
        np.asarray(part, dtype=np.float64)
        for part in np.broadcast_arrays(before, after, mean, dispersion, exposure_ratio)
    )
    ranges = (before >= 0).all() and (after >= 0).all() and (dispersion >= 0).all()
    if not (ranges and (mean > 0).all() and (times > 0).all()):
        raise ParameterError(
            "counts and the dispersion must be 0 or more, the mean and the ratio of exposures above 0"
        )
    weight = 1.0 / (1.0 + dispersion * mean)
    own = weight * mean + (1.0 - weight) * before
    expected, variance = own * times, (1.0 - weight) * own * times**2
    excess = variance / np.maximum(expected, LEAST_MEAN) ** 2
    ratio = after / np.maximum(expected, LEAST_MEAN) / (1.0 + excess)
    error = ratio * np.sqrt(1.0 / np.maximum(after, 1.0) + excess) / (1.0 + excess)
    return ShrunkenChange(
        weight=weight,
        expected=expected,
        variance=variance,
        ratio=ratio,
        standard_error=error,
        naive=np.divide(after, before * times, out=np.full_like(ratio, np.nan), where=before > 0),
        p_value=cdf(after, np.maximum(expected, LEAST_MEAN), expected + variance),
        naive_p_value=np.asarray(scipy.stats.binom.cdf(after, before + after, times / (1.0 + times))),
    )


def fit_units(before: Floats, *, exposure: Floats | None = None) -> tuple[float, float]:
    """Estimate what units have on average, and how much their true means differ, from one period's counts.

    Parameters
    ----------
    before : ndarray, shape (n,)
        [events] Of all units, those with an action among them.
    exposure : ndarray, shape (n,), optional
        What counts are proportional to; the mean is then per unit of it.

    Returns
    -------
    mean, dispersion : float
        Maximum of the likelihood of negative binomial counts; the dispersion is 0 where they vary no more
        than Poisson's.
    """
    size = np.ones(len(before)) if exposure is None else np.asarray(exposure, dtype=np.float64)
    mean = float(before.sum() / size.sum())
    if not mean > 0:
        raise ParameterError("there is no event before the action: nothing is known of the units")

    def negative_log_likelihood(logarithm: float) -> float:
        shape, expected = np.exp(-logarithm), mean * size
        parts = scipy.special.gammaln(before + shape) - scipy.special.gammaln(shape)
        return -float(
            (parts + shape * np.log(shape / (shape + expected)) - before * np.log(shape + expected)).sum()
        )

    found = scipy.optimize.minimize_scalar(
        negative_log_likelihood, bounds=(_FLATTEST, _STEEPEST), method="bounded"
    )
    spread = float(np.exp(found.x))
    return mean, spread if spread > np.exp(_POISSON) else 0.0


def expected_regression(
    *, mean: float, dispersion: float, flagged_from: int, level: float = 0.05
) -> dict[str, float]:
    """Say what units flagged for their count have next, without any action, and how often that seems success.

    Parameters
    ----------
    mean, dispersion : float
        [events, 1] Of counts in each of two periods, above 0; true means of units are Gamma.
    flagged_from : int
        [events] Units with so many, or more, in the first period are chosen.
    level : float
        One-sided, at which a fall is called success.

    Returns
    -------
    dict
        flagged (share), before and after [events] of flagged units, change, fell (share with fewer), naive
        (share that the conditional binomial test calls a success), shrunken (share by the predictive test).

    Raises
    ------
    ParameterError
        The mean or the dispersion is not above 0: where units do not differ, none is chosen for being bad.

    Examples
    --------
    >>> found = expected_regression(mean=10, dispersion=0.5, flagged_from=20)
    >>> round(found["before"], 4), round(found["after"], 4), round(found["change"], 4)
    (26.1538, 23.4615, -0.1029)
    """
    if not (mean > 0 and dispersion > 0):
        raise ParameterError(f"mean is {mean} and dispersion {dispersion}; expected both above 0")
    size = 1.0 / dispersion
    law = scipy.stats.nbinom(size, size / (size + mean))
    first = np.arange(flagged_from, int(law.isf(_TAIL)) + 1)
    weight = law.pmf(first) / law.sf(flagged_from - 1)
    posterior = scipy.stats.nbinom(size + first[:, None], (size / mean + 1.0) / (size / mean + 2.0))
    later = np.arange(0, 2 * int(first[-1]) + 1)
    chance, below = posterior.pmf(later), posterior.cdf(later)
    naive = scipy.stats.binom.cdf(later, first[:, None] + later, _NAIVE_CHANCE)
    before, after = float(weight @ first), float(weight @ np.asarray(posterior.mean())[:, 0])
    return {
        "flagged": float(law.sf(flagged_from - 1)),
        "before": before,
        "after": after,
        "change": after / before - 1.0,
        "fell": float(weight @ (chance * (later < first[:, None])).sum(axis=1)),
        "naive": float(weight @ (chance * (naive <= level)).sum(axis=1)),
        "shrunken": float(weight @ (chance * (below <= level)).sum(axis=1)),
    }


def expected_normal_regression(*, cut: float, correlation: float) -> float:
    """Return the mean change, in standard deviations, of normal units chosen beyond ``cut`` of them.

    Examples
    --------
    >>> round(expected_normal_regression(cut=1.0, correlation=0.5), 6)
    -0.762568
    """
    hazard = scipy.stats.norm.pdf(cut) / scipy.stats.norm.sf(cut)
    return float(-(1.0 - correlation) * hazard)
