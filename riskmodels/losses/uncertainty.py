"""How far a value-at-risk is uncertain because frequencies and severities are estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.drawn import check_intervals, drawn_figures, drawn_intervals
from riskmodels.losses.fitting import Body, SeverityFit, body_of
from riskmodels.losses.frequency import FrequencyFit, frequency_of
from riskmodels.losses.severity import GeneralizedPareto, Spliced

_POSITIVE = {"sigma", "shape", "scale", "tail_scale", "dispersion"}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedCell:
    """A cell whose frequency and severity are fitted.

    Attributes
    ----------
    name : str
        Its name.
    frequency : FrequencyFit
        Of reported losses, without covariates.
    severity : SeverityFit
        Of one loss.
    exposure : float
        Exposure of the year that is looked at, in the unit of the frequency's.
    """

    name: str
    frequency: FrequencyFit
    severity: SeverityFit
    exposure: float = 1.0

    @property
    def cell(self) -> LossCell:
        """The cell with its best estimates; losses below the reporting threshold are counted too."""
        reported = self.frequency.frequency(self.exposure)
        return LossCell(
            name=self.name,
            frequency=reported.thinned(1.0 / self.severity.reported_share),
            severity=self.severity.severity,
        )

    def draw(self, size: int, rng: np.random.Generator) -> list[LossCell]:
        """Draw cells from the normal distribution of the estimates; what is positive, by its logarithm."""
        rates = _drawn(self.frequency.table, self.frequency.covariance, size, rng)
        parameters = _drawn(self.severity.table, self.severity.covariance, size, rng)
        return [self._made(rate, one) for rate, one in zip(rates.tolist(), parameters, strict=True)]

    def _made(self, rate: list[float], parameters: Floats) -> LossCell:
        made = _severity(self.severity, parameters)
        reported = 1.0 - float(made.cdf(np.asarray(self.severity.reporting_threshold)))
        mean = self.exposure * float(np.exp(rate[0])) / max(reported, 1e-6)
        frequency = frequency_of(mean, rate[1] if len(rate) > 1 else 0.0)
        return LossCell(name=self.name, frequency=frequency, severity=made)


def value_at_risk_intervals(
    cells: Sequence[FittedCell], *, level: float = 0.999, confidence: float = 0.9, draws: int = 400, seed: int
) -> pd.DataFrame:
    """Compute intervals of value-at-risk and expected shortfall that carry the uncertainty of the parameters.

    Parameters
    ----------
    cells : sequence of FittedCell
        Independent cells with their fits.
    level : float
        Probability of the figures, in (0, 1).
    confidence : float
        Probability of the intervals, in (0, 1).
    draws : int
        How many sets of parameters.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row per cell and the total: ``cell``, ``value_at_risk``, its ``lower`` and ``upper``, and
        ``expected_shortfall``, ``shortfall_lower`` and ``shortfall_upper``, in the unit of money.

    Raises
    ------
    ParameterError
        There is no cell, a probability is not between 0 and 1, or there are fewer than a hundred draws.

    Notes
    -----
    The estimates of few exceedances are skewed: benchmarks/loss_intervals.py says how often the intervals
    hold the truth. What a model that is wrong does to a year in a thousand is not in them.
    """
    check_intervals(confidence, draws)
    best = aggregate_losses([fitted.cell for fitted in cells], level=level).table
    rng = np.random.default_rng(seed)
    sets = [list(one) for one in zip(*(fitted.draw(draws, rng) for fitted in cells), strict=True)]
    return drawn_intervals(best, drawn_figures(best, sets, level=level), confidence=confidence)


def _drawn(table: pd.DataFrame, covariance: Floats, size: int, rng: np.random.Generator) -> Floats:
    """Draw parameters, (size, p): positive ones by their logarithm, probabilities by their log odds."""
    estimates, names = table["estimate"].to_numpy(dtype=float), table["parameter"].tolist()
    positive = np.array([name in _POSITIVE for name in names])
    share = np.array([name == "tail_probability" for name in names])
    safe = np.where(positive | share, estimates, 0.5)
    slope = np.where(
        positive, 1.0 / safe, np.where(share, 1.0 / (safe * (1.0 - np.minimum(safe, 0.999))), 1.0)
    )
    centre = np.where(
        positive, np.log(safe), np.where(share, np.log(safe / (1.0 - np.minimum(safe, 0.999))), estimates)
    )
    drawn = rng.multivariate_normal(centre, covariance * np.outer(slope, slope), size=size)
    exponential = np.exp(np.minimum(np.where(positive | share, drawn, 0.0), 300.0))  # no overflow
    return np.where(positive, exponential, np.where(share, exponential / (1.0 + exponential), drawn))


def _severity(fit: SeverityFit, parameters: Floats) -> Body | Spliced:
    body = body_of(fit.family, parameters[:2])
    if not isinstance(fit.severity, Spliced):
        return body
    shape, scale, probability = parameters[2:].tolist()
    tail = GeneralizedPareto(shape=shape, scale=scale, threshold=fit.severity.tail.threshold)
    return Spliced(body=body, tail=tail, tail_probability=probability)
