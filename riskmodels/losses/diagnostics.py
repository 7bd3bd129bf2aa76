"""Where a tail begins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import TooLittleError
from riskmodels.losses.fitting import fit_tail, standard_errors
from riskmodels.losses.goodness import anderson_darling
from riskmodels.losses.tails import fitted_tails, tail_probabilities

# candidates, from this share of the losses on, with so many losses above, and so many that differ
_THRESHOLDS, _LOWEST, _FEWEST, _FEWEST_DIFFERENT = 25, 0.5, 15, 5
# shares below the thresholds tried (a choice), losses above any, p-value from which a tail is kept
_LEVELS, _FEWEST_IN_TAIL, _REJECTED = (0.75, 0.8, 0.85, 0.9, 0.925, 0.95), 30, 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class TailDiagnostics(Displayed):
    """How a tail looks from many thresholds.

    Attributes
    ----------
    table : DataFrame
        One row per threshold: ``threshold``, ``exceedances``, ``shape`` and ``shape_error``,
        ``modified_scale`` (scale less shape times threshold: constant where the tail is a generalised Pareto)
        and ``modified_scale_error``, ``mean_excess`` and ``mean_excess_error``, errors being standard errors.
    """

    table: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Say which thresholds were looked at."""
        first, last = self.table["threshold"].iloc[[0, -1]]
        return (
            f"From {len(self.table)} thresholds, {first:,.6g} to {last:,.6g}; a tail may begin where"
            " shape and modified scale stay within their errors, and the mean excess grows in a line."
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
        One row per threshold.

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
        "mean_excess_error": float(scipy.stats.sem(excess)),
    }


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
        One row per threshold, from the quantile of 75 % to where thirty losses are left: ``threshold``,
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
        raise TooLittleError(
            f"{len(losses)} losses are too few to choose a tail: thirty must lie beyond 75 %"
        )
    rng = np.random.default_rng(seed)
    levels = sorted({*(level for level in _LEVELS if level < highest), highest})
    thresholds = np.unique(np.quantile(losses, levels))
    thresholds = np.array([at for at in thresholds.tolist() if _enough_above(losses, at)])
    if not len(thresholds):
        raise TooLittleError("the largest losses are all alike: they do not show a tail")
    p_values = np.array([_tail_p_value(losses, threshold, draws, rng) for threshold in thresholds.tolist()])
    accepted = np.logical_and.accumulate(p_values[::-1] > _REJECTED)[::-1]
    last = len(thresholds) - 1
    chosen = np.arange(len(thresholds)) == (int(np.argmax(accepted)) if accepted.any() else last)
    return pd.DataFrame({"threshold": thresholds, "p_value": p_values, "chosen": chosen})


def _tail_p_value(losses: Floats, threshold: float, draws: int, rng: np.random.Generator) -> float:
    found = fit_tail(losses, threshold)
    distance = anderson_darling(found.tail.cdf(losses[losses > threshold]))
    again = found.tail.ppf(rng.uniform(size=(draws, found.exceedances))) - threshold
    beyond = int((anderson_darling(tail_probabilities(again, *fitted_tails(again))) >= distance).sum())
    return (beyond + 1) / (draws + 1)


def _enough_above(losses: Floats, threshold: float) -> bool:
    return len(np.unique(losses[losses > threshold])) >= _FEWEST_DIFFERENT
