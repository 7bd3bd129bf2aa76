"""Whether a severity fits, and where its tail begins."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.losses.fitting import (
    SeverityFit,
    fit_severity,
    fit_tail,
    standard_errors,
    tail_log_likelihood,
)
from riskmodels.losses.severity import Spliced

Floats = npt.NDArray[np.float64]

_THRESHOLDS, _LOWEST, _FEWEST = 25, 0.5, 15
_FEWEST_DRAWS, _FEWEST_DIFFERENT = 99, 5
_LEVELS, _FEWEST_IN_TAIL, _REJECTED = (0.75, 0.8, 0.85, 0.9, 0.925, 0.95), 30, 0.1
_SHAPES, _LEAST_SHAPE = (-0.9, 3.0), -1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class TailDiagnostics(Displayed):
    """How a tail looks from many thresholds.

    Attributes
    ----------
    table : DataFrame
        One row a threshold: ``threshold``, ``exceedances``, ``shape`` and ``shape_error``, ``modified_scale``
        (scale less shape times threshold: constant where the tail is a generalised Pareto) and
        ``modified_scale_error``, ``mean_excess`` and ``mean_excess_error``, errors being standard errors.
    """

    table: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Say which thresholds were looked at."""
        first, last = self.table["threshold"].iloc[[0, -1]]
        return (
            f"From {len(self.table)} thresholds, {first:,.6g} to {last:,.6g}; a tail may begin where shape and modified"
            " scale stay within their errors, and the mean excess grows in a line."
        )

    def summary(self) -> pd.DataFrame:
        """Return the table."""
        return self.table


def tail_diagnostics(losses: npt.ArrayLike, thresholds: npt.ArrayLike | None = None) -> TailDiagnostics:
    """Fit the tail from many thresholds.

    Parameters
    ----------
    losses : array of shape (n,)
        Losses, in the unit of money.
    thresholds : array of shape (k,), optional
        Rising; else 25 of them, from the median to where fifteen losses are left.

    Returns
    -------
    TailDiagnostics
        One row a threshold.

    Raises
    ------
    ParameterError
        A threshold has fewer than five different losses above it.

    Notes
    -----
    Davison & Smith 1990, doi:10.1111/j.2517-6161.1990.tb01796.x.
    """
    losses = np.sort(np.asarray(losses, dtype=float))
    if thresholds is None:
        places = np.linspace(_LOWEST * len(losses), len(losses) - _FEWEST - 1, _THRESHOLDS)
        thresholds = [
            at for at in np.unique(losses[np.maximum(places, 0).astype(int)]) if _enough_above(losses, at)
        ]
    return TailDiagnostics(table=pd.DataFrame([_from(losses, float(at)) for at in np.asarray(thresholds)]))


def _from(losses: Floats, threshold: float) -> dict[str, float]:
    found = fit_tail(losses, threshold)
    excess = losses[losses > threshold] - threshold
    covariance, slope = found.part.covariance, np.array([-threshold, 1.0])
    return {
        "threshold": threshold,
        "exceedances": found.exceedances,
        "shape": found.tail.shape,
        "shape_error": float(standard_errors(covariance)[0]),
        "modified_scale": found.tail.scale - found.tail.shape * threshold,
        "modified_scale_error": float(standard_errors(np.array([[slope @ covariance @ slope]]))[0]),
        "mean_excess": float(excess.mean()),
        "mean_excess_error": float(stats.sem(excess)),
    }


def profile_interval(
    losses: npt.ArrayLike, threshold: float, *, level: float | None = None, confidence: float = 0.9
) -> tuple[float, float]:
    """Compute the interval of a tail's shape, or of a quantile, by its profile likelihood.

    Parameters
    ----------
    losses : array of shape (n,)
        All losses, in the unit of money.
    threshold : float
        Where the tail begins.
    level : float, optional
        Probability of the quantile among all losses, above the share that lies below the threshold; none:
        the shape.
    confidence : float
        Probability of the interval.

    Returns
    -------
    (float, float)
        Lower and upper end; skewed as the likelihood is, unlike estimate and standard error. A shape is at
        least -1, below which the likelihood has no bound.

    Raises
    ------
    ParameterError
        The level is not in the tail, the confidence not between 0 and 1, or fewer than five different losses
        are above the threshold.

    Notes
    -----
    Coles 2001, *An Introduction to Statistical Modeling of Extreme Values*, section 4.3.
    """
    _check_confidence(confidence)
    losses = np.asarray(losses, dtype=float)
    best = fit_tail(losses, threshold)
    excess = losses[losses > threshold] - threshold
    beyond = None if level is None else (1.0 - level) * len(losses) / len(excess)
    if beyond is not None and not 0 < beyond < 1:
        raise ParameterError(f"the level {level} is not in the tail above {threshold:,.6g}")
    drop = best.part.log_likelihood - 0.5 * float(stats.chi2(1).ppf(confidence))

    def lack(value: float) -> float:
        return drop - (
            _profile_shape(excess, value) if beyond is None else _profile_quantile(excess, value, beyond)
        )

    if beyond is None:
        middle, width = max(best.tail.shape, _LEAST_SHAPE), float(np.sqrt(best.part.covariance[0, 0]))
        return _end(lack, middle, -width, least=_LEAST_SHAPE), _end(lack, middle, width)
    middle = float(best.tail.ppf(np.asarray(1.0 - beyond))) - threshold
    return threshold + _end(lack, middle, -0.1 * middle), threshold + _end(lack, middle, 0.1 * middle)


def _end(lack: Callable[[float], float], middle: float, step: float, *, least: float = -np.inf) -> float:
    """Walk away from the estimate until the likelihood has dropped, and find where it did."""
    inner, outer = middle, middle + step
    while lack(outer) < 0:
        if outer <= least:
            return least
        inner, outer, step = outer, max(outer + step, least), 1.5 * step
    return float(optimize.brentq(lack, inner, outer, xtol=1e-10 * max(abs(middle), 1.0)))


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ParameterError(f"the confidence is {confidence}; expected a probability between 0 and 1")


def _enough_above(losses: Floats, threshold: float) -> bool:
    return len(np.unique(losses[losses > threshold])) >= _FEWEST_DIFFERENT


def _profile_shape(excess: Floats, shape: float) -> float:
    """Largest log-likelihood with this shape."""
    largest = float(excess.max())
    least = max(-shape, 0.0) * largest + 1e-9 * largest
    found = optimize.minimize_scalar(
        lambda log: -tail_log_likelihood(excess, shape, float(np.exp(log))),
        bounds=(np.log(least), np.log(100.0 * largest)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -float(found.fun)


def _profile_quantile(excess: Floats, quantile: float, beyond: float) -> float:
    """Largest log-likelihood with this quantile of the excesses: scale = shape · quantile / (p^-shape - 1)."""

    def lack(shape: float) -> float:
        growth = np.expm1(-shape * np.log(beyond)) / shape if abs(shape) > 1e-9 else -np.log(beyond)  # noqa: PLR2004
        scale = quantile / growth
        if 1.0 + shape * excess.max() / scale <= 0:
            return 1e300
        return -tail_log_likelihood(excess, shape, float(scale))

    grid = np.linspace(*_SHAPES, 80)
    place = int(np.argmin([lack(float(shape)) for shape in grid]))
    ends = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    return -float(optimize.minimize_scalar(lack, bounds=ends, method="bounded", options={"xatol": 1e-10}).fun)


def bootstrap_interval(
    fit: SeverityFit, *, level: float, confidence: float = 0.9, draws: int = 199, seed: int
) -> tuple[float, float]:
    """Compute the interval of a quantile of one loss by parametric bootstrap.

    Parameters
    ----------
    fit : SeverityFit
        The fit; as many losses are drawn from it and fitted again.
    level : float
        Probability of the quantile, in (0, 1), among all losses.
    confidence : float
        Probability of the interval.
    draws, seed : int
        How many times, and seed of the draws.

    Returns
    -------
    (float, float)
        Lower and upper end: those of the logarithms' errors turned round the estimate.

    Raises
    ------
    ParameterError
        There are fewer than 99 draws.

    Notes
    -----
    The basic bootstrap (Davison & Hinkley 1997, *Bootstrap Methods and their Application*, section 5.2).
    """
    _check_confidence(confidence)
    at = np.asarray(level)
    logs = [np.log(float(again.severity.ppf(at))) for again, _ in _drawn_again(fit, draws, seed)]
    middle, outside = np.log(float(fit.severity.ppf(at))), (1.0 - confidence) / 2.0
    low, high = np.quantile(logs, [outside, 1.0 - outside]).tolist()
    return float(np.exp(2.0 * middle - high)), float(np.exp(2.0 * middle - low))


def goodness_of_fit(fit: SeverityFit, losses: npt.ArrayLike, *, draws: int = 199, seed: int) -> pd.DataFrame:
    """Test whether losses are from the fitted severity, its parameters being estimated from them.

    Parameters
    ----------
    fit : SeverityFit
        Of these losses.
    losses : array of shape (n,)
        Losses above the reporting threshold.
    draws : int
        How many times as many losses are drawn from the fit, and fitted again.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        ``test`` (Kolmogorov–Smirnov; Anderson–Darling, which looks at the tails), ``statistic`` and
        ``p_value``: the share of draws that are as far from their own fit.

    Raises
    ------
    ParameterError
        There are fewer than 99 draws.

    Notes
    -----
    Parametric bootstrap: with estimated parameters the tables of the statistics do not hold (Stute, Gonzáles
    Manteiga & Presedo Quindimil 1993, doi:10.1007/BF02613687).
    """
    found = _statistics(fit, np.asarray(losses, dtype=np.float64))
    drawn = [_statistics(again, losses_again) for again, losses_again in _drawn_again(fit, draws, seed)]
    beyond = (np.array(drawn) >= found).sum(axis=0)
    return pd.DataFrame(
        {
            "test": ["Kolmogorov–Smirnov", "Anderson–Darling"],
            "statistic": found,
            "p_value": (beyond + 1) / (len(drawn) + 1),
        }
    )


def _drawn_again(fit: SeverityFit, draws: int, seed: int) -> Iterator[tuple[SeverityFit, Floats]]:
    """Draw as many losses from a fit, above its reporting threshold, and fit them; those that cannot be are left out."""
    if draws < _FEWEST_DRAWS:
        raise ParameterError(f"{draws} draws are too few; take {_FEWEST_DRAWS} or more")
    rng = np.random.default_rng(seed)
    hidden = 1.0 - fit.reported_share
    for _ in range(draws):
        losses = fit.severity.ppf(hidden + (1.0 - hidden) * rng.uniform(size=fit.losses))
        losses = np.maximum(losses, np.nextafter(fit.reporting_threshold, np.inf))
        with contextlib.suppress(ParameterError):  # too few exceedances say nothing
            yield _fitted_again(fit, losses), losses


def _fitted_again(fit: SeverityFit, losses: Floats) -> SeverityFit:
    threshold = fit.severity.tail.threshold if isinstance(fit.severity, Spliced) else None
    return fit_severity(
        losses, tail_threshold=threshold, reporting_threshold=fit.reporting_threshold, family=fit.family
    )


def _statistics(fit: SeverityFit, losses: Floats) -> Floats:
    """Kolmogorov–Smirnov and Anderson–Darling distances of losses from a fit, given that they are reported."""
    hidden = 1.0 - fit.reported_share
    places = np.sort((fit.severity.cdf(losses) - hidden) / (1.0 - hidden))
    ranks, n = np.arange(1, len(places) + 1), len(places)
    distance = np.maximum(ranks / n - places, places - (ranks - 1) / n).max()
    return np.array([distance, _anderson_darling(places)])


def _anderson_darling(places: Floats) -> float:
    """Distance of probabilities from uniform ones."""
    places = np.clip(np.sort(places), 1e-12, 1.0 - 1e-12)
    weights = 2.0 * np.arange(1, len(places) + 1) - 1.0
    return float(-len(places) - (weights * (np.log(places) + np.log1p(-places[::-1]))).mean())


def tail_thresholds(losses: npt.ArrayLike, *, draws: int = 99, seed: int) -> pd.DataFrame:
    """Test generalised Pareto tails from several thresholds.

    Parameters
    ----------
    losses : array of shape (n,)
        Losses, in the unit of money.
    draws : int
        Of the parametric bootstrap of each test.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row a threshold, from the quantile of 75 % to where thirty losses are left: ``threshold``,
        ``p_value`` of the Anderson–Darling test, and ``chosen``: true for one, the lowest from which on none
        is rejected at 10 %; the highest where it is rejected itself.

    Raises
    ------
    ParameterError
        There are fewer than 120 losses, or the largest are all alike.

    Notes
    -----
    After Bader, Yan & Zhang 2018, doi:10.1214/17-AOAS1092.
    """
    losses = np.sort(np.asarray(losses, dtype=float))
    highest = 1.0 - _FEWEST_IN_TAIL / max(len(losses), 1)
    if highest < _LEVELS[0]:
        raise ParameterError(
            f"{len(losses)} losses are too few to choose a tail: thirty must lie beyond 75 %"
        )
    rng = np.random.default_rng(seed)
    levels = sorted({*(level for level in _LEVELS if level < highest), highest})
    thresholds = np.unique(np.quantile(losses, levels))
    thresholds = np.array([at for at in thresholds.tolist() if _enough_above(losses, at)])
    if not len(thresholds):
        raise ParameterError("the largest losses are all alike: they do not tell a tail")
    p_values = np.array([_tail_p_value(losses, threshold, draws, rng) for threshold in thresholds.tolist()])
    accepted = np.logical_and.accumulate(p_values[::-1] > _REJECTED)[::-1]
    last = len(thresholds) - 1
    chosen = np.arange(len(thresholds)) == (int(np.argmax(accepted)) if accepted.any() else last)
    return pd.DataFrame({"threshold": thresholds, "p_value": p_values, "chosen": chosen})


def _tail_p_value(losses: Floats, threshold: float, draws: int, rng: np.random.Generator) -> float:
    found = fit_tail(losses, threshold)
    distance = _anderson_darling(found.tail.cdf(losses[losses > threshold]))
    beyond = 0
    for _ in range(draws):
        again = found.tail.ppf(rng.uniform(size=found.exceedances))
        beyond += _anderson_darling(fit_tail(again, threshold).tail.cdf(again)) >= distance
    return (beyond + 1) / (draws + 1)
