"""Whether losses are from a fitted severity."""

import contextlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.fitting import SeverityFit, fit_severity
from riskmodels.losses.severity import Spliced

_FEWEST_DRAWS = 99  # draws: the smallest p-value is then 1 %


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
    drawn = [_statistics(again, losses_again) for again, losses_again in drawn_again(fit, draws, seed)]
    beyond = (np.array(drawn) >= found).sum(axis=0)
    return pd.DataFrame(
        {
            "test": ["Kolmogorov–Smirnov", "Anderson–Darling"],
            "statistic": found,
            "p_value": (beyond + 1) / (len(drawn) + 1),
        }
    )


def drawn_again(fit: SeverityFit, draws: int, seed: int) -> Iterator[tuple[SeverityFit, Floats]]:
    """Draw as many losses from a fit, above its reporting threshold, and fit those that can be."""
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
    """Kolmogorov–Smirnov and Anderson–Darling distances of losses from a fit, given they are reported."""
    hidden = 1.0 - fit.reported_share
    places = np.sort((fit.severity.cdf(losses) - hidden) / (1.0 - hidden))
    ranks, n = np.arange(1, len(places) + 1), len(places)
    distance = np.maximum(ranks / n - places, places - (ranks - 1) / n).max()
    return np.array([distance, float(anderson_darling(places))])


def anderson_darling(places: Floats) -> Floats:
    """Distance of probabilities from uniform ones, along the last axis."""
    places = np.clip(np.sort(places, axis=-1), 1e-12, 1.0 - 1e-12)
    number = places.shape[-1]
    weights = 2.0 * np.arange(1, number + 1) - 1.0
    return np.asarray(-number - (weights * (np.log(places) + np.log1p(-places[..., ::-1]))).mean(axis=-1))
