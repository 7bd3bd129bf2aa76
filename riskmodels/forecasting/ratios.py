"""Forecasts of ratios by month, as draws: proportions, rates, means and measured values."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.lib.stride_tricks import sliding_window_view

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.errors import ContractError
from riskmodels.forecasting.hidden_levels import HiddenLevels, find_levels, smooth_courses

RatioFamily = Literal["proportion", "rate", "mean", "measured"]
_HALF = 0.5  # case added on both sides, so that the level has a logarithm where all or none hold
_FEW = 10.0  # cases that hold, or do not, of which a course tells as much as the ratio of all of them
_LEAST_OWN = 0.02  # of a month, at which a course is smoothed: no month is met exactly
_AROUND = 6  # months before and after, a year in all, whose ratio is about the level of a month
_LEAST_VARIATION = 1e-6  # squared, of a gamma law: keeps it defined where a month adds nothing of its own
TINY = 1e-9  # of a denominator or a sum: divides


@dataclass(frozen=True, kw_only=True, eq=False)
class RatioForecast:
    """What is known of n ratios by month.

    Attributes
    ----------
    family : str
        ``proportion`` (cases for which something holds, of all), ``rate`` (events over exposure), ``mean``
        (sum of values over their number), ``measured`` (an amount over another).
    levels : HiddenLevels
        On the scale where they add up: logits of proportions, logarithms of the others.
    noise : ndarray, shape (n,)
        Of means: squared variation of one value (variance over squared mean); else zero.
    """

    family: RatioFamily
    levels: HiddenLevels
    noise: Floats

    def draw(self, months: Integers, denominators: Floats, *, seed: int) -> Floats:
        """Draw what cases not known yet add to the numerators of some months.

        Parameters
        ----------
        months : ndarray of int, shape (w,)
            Counted from the first of the history; later ones lie ahead.
        denominators : ndarray, shape (size, n, w)
            Cases, exposure or amounts that are not known yet, in each draw; zero adds nothing.
        seed : int
            Of the draws; the same seed, the same draws.

        Returns
        -------
        ndarray, shape (size, n, w)
            Numerators. The level and the size of its movements are uncertain, each month has its own.
        """
        generator = np.random.default_rng(seed)
        courses, own = self.levels.draw(months, len(denominators), generator)
        if self.family == "proportion":
            moved = courses + own[..., None] * generator.standard_normal(courses.shape)
            cases = np.rint(denominators).astype(np.int64)
            return np.asarray(generator.binomial(cases, scipy.special.expit(moved)), dtype=float)
        variation = own[..., None] ** 2 + self.noise[:, None] / np.maximum(denominators, 1.0)
        shape = 1.0 / np.maximum(variation, _LEAST_VARIATION)
        sizes = np.exp(courses) * generator.gamma(shape) / shape * denominators
        return np.asarray(generator.poisson(sizes) if self.family == "rate" else sizes, dtype=float)


def forecast_ratios(
    numerators: Floats,
    denominators: Floats,
    *,
    family: RatioFamily,
    squares: Floats | None = None,
    weights: Floats | None = None,
) -> RatioForecast:
    """Learn the course of n ratios from consecutive months.

    Parameters
    ----------
    numerators, denominators : ndarray, shape (n, T)
        By month; NaN where unknown, in both. A denominator of zero tells nothing.
    family : {"proportion", "rate", "mean", "measured"}
        What varies in a month beside the level: the share of its cases, the number of its events, the mean of
        its values, or nothing that is known. Beyond it each month moves by itself, by as much as is learnt.
    squares : ndarray, shape (n, T), optional
        Of means: the sum of the squared values; without it their variation is learnt with the months' own.
    weights : ndarray, shape (n, g), optional
        Of the sizes of movements, as an earlier forecast has found them (``levels.weights``).

    Returns
    -------
    RatioForecast
        Its draws are reproducible.

    Raises
    ------
    ContractError
        Numerators cannot be of the family: a share above all; a sum that is not above zero.

    Notes
    -----
    The level is a Gaussian process on the logit or logarithm (``hidden_levels``); counts are linearised about
    the course found, as generalised linear mixed models are by penalised quasi-likelihood (Breslow & Clayton
    1993, doi:10.1080/01621459.1993.10594284). A proportion's month is beta-binomial in all but name (logit
    normal), an event count's negative binomial, an amount's gamma.
    """
    given = np.isfinite(numerators) & (denominators > 0)
    top, bottom = np.where(given, numerators, 0.0), np.where(given, denominators, 0.0)
    _check(top, bottom, family)
    noise = _variation(top, bottom, squares, given)
    about = _about(top, bottom, family)
    working, variance = _linearised(top, bottom, about, family, noise)
    own = _own(np.where(given, working - about, np.nan), variance)
    smoothed = smooth_courses(np.where(given, working, np.nan), variance, own)
    course = about + _trusted(top, bottom, family)[:, None] * (smoothed - about)
    working, variance = _linearised(top, bottom, course, family, noise)
    levels = find_levels(np.where(given, working, np.nan), variance, weights)
    return RatioForecast(family=family, levels=levels, noise=noise)


def _check(top: Floats, bottom: Floats, family: RatioFamily) -> None:
    if family == "proportion" and ((top < 0) | (top > bottom)).any():
        raise ContractError(
            "more cases hold than there are: expected numerators of proportions from 0 to all"
        )
    if family != "proportion" and not (top.sum(axis=1) >= (0 if family == "rate" else TINY)).all():
        raise ContractError("the sum of a ratio's numerators is not above zero: it has no logarithm")


def _about(top: Floats, bottom: Floats, family: RatioFamily) -> Floats:
    """Return about where the level of each month is, (n, T): on the scale, the ratio of the year around."""
    pad = ((0, 0), (_AROUND, _AROUND))
    sums = [
        sliding_window_view(np.pad(part, pad), 2 * _AROUND + 1, axis=1).sum(axis=2) for part in (top, bottom)
    ]
    total = bottom.sum(axis=1, keepdims=True)
    both = 2.0 * _HALF * (family == "proportion")
    pooled = (top.sum(axis=1, keepdims=True) + _HALF * (family in ("proportion", "rate"))) / (total + both)
    few = total / bottom.shape[1]  # a month's worth of the whole keeps years with next to nothing near it
    share = (np.maximum(sums[0], 0.0) + few * pooled) / (sums[1] + few)
    return np.asarray(scipy.special.logit(share) if family == "proportion" else np.log(share))


def _variation(top: Floats, bottom: Floats, squares: Floats | None, given: Flags) -> Floats:
    """Squared variation of one value about the mean of its month, shape (n,)."""
    if squares is None:
        return np.zeros(len(top))
    known = given & np.isfinite(squares)
    within = np.where(known, squares - top**2 / np.maximum(bottom, 1.0), 0.0).sum(axis=1)
    number = np.where(known, np.maximum(bottom - 1.0, 0.0), 0.0).sum(axis=1)
    mean = top.sum(axis=1) / bottom.sum(axis=1)
    return np.asarray(np.maximum(within, 0.0) / np.maximum(number, 1.0) / mean**2)


def _trusted(top: Floats, bottom: Floats, family: RatioFamily) -> Floats:
    """How far a smoothed course is followed, shape (n,): of few cases none knows where it goes."""
    if family not in ("proportion", "rate"):
        return np.ones(len(top))
    cases = top.sum(axis=1)
    if family == "proportion":
        cases = np.minimum(cases, bottom.sum(axis=1) - cases)
    return np.asarray(cases / (cases + _FEW))


def _own(left: Floats, variance: Floats) -> Floats:
    """Standard deviation of what is left (NaN: unknown) beside its sampling variance, shape (n,)."""
    known = np.isfinite(left)
    excess = np.where(known, np.nan_to_num(left) ** 2 - variance, 0.0).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(excess / np.maximum(known.sum(axis=1), 1), _LEAST_OWN**2)))


def _linearised(
    top: Floats, bottom: Floats, course: Floats, family: RatioFamily, noise: Floats
) -> tuple[Floats, Floats]:
    """Return what was seen on the scale about a course, and its sampling variance, both (n, T)."""
    ratio = top / np.maximum(bottom, TINY)
    if family == "proportion":
        mean = scipy.special.expit(course)
        slope, variance = mean * (1.0 - mean), 1.0 / (mean * (1.0 - mean) * np.maximum(bottom, TINY))
    else:
        mean = slope = np.exp(course)
        each = 1.0 / mean if family == "rate" else np.repeat(noise[:, None], course.shape[1], axis=1)
        variance = each / np.maximum(bottom, TINY)
    return course + (ratio - mean) / slope, variance
