"""How far a value-at-risk is uncertain because frequencies and severities are estimated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell, limited_means
from riskmodels.losses.compounding import sum_independent, sums_alone
from riskmodels.losses.fitting import Body, SeverityFit, body_of
from riskmodels.losses.frequency import FrequencyFit, frequency_of
from riskmodels.losses.lattice import Compound, tail_of
from riskmodels.losses.severity import GeneralizedPareto, Spliced

Floats = npt.NDArray[np.float64]
Sums = Callable[[Sequence[LossCell], Floats, Floats], Compound]

_SIZE = 2**11
_ROOM = 1.6
_TRIES, _FEWEST_DRAWS = 60, 100
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
        """Draw cells from the normal distribution of the estimates; what must be positive, by its logarithm."""
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
        One row a cell and the total: ``cell``, ``value_at_risk``, its ``lower`` and ``upper``, and
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
    return drawn_intervals(best, sets, level=level, confidence=confidence)


def check_intervals(confidence: float, draws: int) -> None:
    """Refuse a confidence that is no probability, and too few draws for the ends of an interval."""
    if not 0 < confidence < 1 or draws < _FEWEST_DRAWS:
        raise ParameterError(
            f"intervals need a confidence between 0 and 1 and a hundred draws; {draws} were asked for"
        )


def drawn_intervals(
    best: pd.DataFrame, sets: Sequence[Sequence[LossCell]], *, level: float, confidence: float
) -> pd.DataFrame:
    """Put intervals from drawn sets of cells around the figures of a ``LossDistribution``'s table."""
    ranges = _ROOM * np.maximum(best["value_at_risk"].to_numpy(), 1e-12)
    found = np.stack([_figures(one, ranges, level) for one in sets])
    outside = (1.0 - confidence) / 2.0
    levels = [outside, 1.0 - outside]
    low, high = np.quantile(found, levels, axis=0, method="inverted_cdf")  # some are infinite
    return pd.DataFrame(
        {
            "cell": best["cell"],
            "value_at_risk": best["value_at_risk"],
            "lower": low[0],
            "upper": high[0],
            "expected_shortfall": best["expected_shortfall"],
            "shortfall_lower": low[1],
            "shortfall_upper": high[1],
        }
    )


def drawn_curve(
    best: Sequence[LossCell],
    sets: Sequence[Sequence[LossCell]],
    levels: Sequence[float],
    *,
    confidence: float,
) -> pd.DataFrame:
    """Tabulate the total of independent cells: ``level``, ``loss``, and its ``lower`` and ``upper`` from drawn sets."""
    outside = (1.0 - confidence) / 2.0
    first = _quantiles(best, levels, 1e-12)
    drawn = np.stack([_quantiles(one, levels, float(first[-1])) for one in sets])
    low, high = np.quantile(drawn, [outside, 1.0 - outside], axis=0)
    return pd.DataFrame({"level": levels, "loss": first, "lower": low, "upper": high})


def _quantiles(cells: Sequence[LossCell], levels: Sequence[float], end: float) -> Floats:
    steps, made = _wide_enough(cells, sum_independent, np.full(len(cells), _ROOM * end), max(levels))
    return np.array([tail_of(made, steps, level).value_at_risk[0] for level in levels])


def _figures(cells: Sequence[LossCell], ranges: Floats, level: float) -> Floats:
    """Value-at-risk and expected shortfall of the cells and their total, (2, c + 1), to about one in ten thousand."""
    found = []
    for sums, ends in ((sums_alone, ranges[:-1]), (sum_independent, np.full(len(cells), ranges[-1]))):
        steps, made = _wide_enough(cells, sums, ends, level)
        tail = tail_of(made, steps, level)
        found.append(np.stack([tail.value_at_risk, tail.expected_shortfall]))
    return np.concatenate(found, axis=1)


def _wide_enough(
    cells: Sequence[LossCell], sums: Sums, ends: Floats, level: float
) -> tuple[Floats, Compound]:
    """Return steps and sums on a lattice that passes the level, widened where it does not."""
    ends = np.maximum(ends, 1e-12)
    for _ in range(_TRIES):
        steps = ends / _SIZE
        made = sums(cells, limited_means(cells, steps, _SIZE), steps)
        passed = made.passes(level)
        if passed.all():
            return steps, made
        ends = np.where(passed, 1.0, 4.0) * ends
    raise ParameterError(f"no range of losses passes the level {level}")


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
    exponential = np.exp(np.minimum(np.where(positive | share, drawn, 0.0), 300.0))
    return np.where(positive, exponential, np.where(share, exponential / (1.0 + exponential), drawn))


def _severity(fit: SeverityFit, parameters: Floats) -> Body | Spliced:
    body = body_of(fit.family, parameters[:2])
    if not isinstance(fit.severity, Spliced):
        return body
    shape, scale, probability = parameters[2:].tolist()
    tail = GeneralizedPareto(shape=shape, scale=scale, threshold=fit.severity.tail.threshold)
    return Spliced(body=body, tail=tail, tail_probability=probability)
