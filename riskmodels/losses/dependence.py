"""Years in which all cells are worse: copulas of one factor, integrated without simulation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from riskmodels.errors import ParameterError
from riskmodels.losses.lattice import transformed, untransformed

Floats = npt.NDArray[np.float64]

_STEP, _LOWEST, _HIGHEST = 0.5, -6.0, 7.0
_LOG_STEP, _LEAST = 0.6, 1e-10
_NEAREST_ONE = 1e-16


@dataclass(frozen=True, kw_only=True)
class GaussianFactor:
    """One normal factor; every two cells have the same correlation, in [0, 1)."""

    correlation: float

    def __post_init__(self) -> None:
        _check_correlation(self.correlation)

    @property
    def nodes(self) -> tuple[Floats, Floats, Floats]:
        """Values of the factor, scales of all scores, and weights, each of shape (k,)."""
        factor, weight = _normal_nodes()
        return factor, np.ones_like(factor), weight

    def scores(self, survival: Floats) -> Floats:
        """Normal scores of probabilities to be exceeded."""
        return np.asarray(-special.ndtri(survival))


@dataclass(frozen=True, kw_only=True)
class StudentFactor:
    """One factor as of a t copula: correlation in [0, 1), degrees of freedom (> 0); extremes come together."""

    correlation: float
    degrees: float

    def __post_init__(self) -> None:
        _check_correlation(self.correlation)
        if not (np.isfinite(self.degrees) and self.degrees > 0):
            raise ParameterError(f"the degrees of freedom are {self.degrees}; expected a positive number")

    @property
    def nodes(self) -> tuple[Floats, Floats, Floats]:
        """Values of the factor, scales of all scores, and weights, each of shape (k,)."""
        factor, weight = _normal_nodes()
        square = stats.chi2(self.degrees)
        logs = np.arange(np.log(square.ppf(_LEAST)), np.log(square.isf(_LEAST)), _LOG_STEP)
        chi = np.exp(logs)
        share = square.pdf(chi) * chi
        share /= share.sum()
        return (
            np.tile(factor, len(chi)),
            np.repeat(np.sqrt(chi / self.degrees), len(factor)),
            (share[:, None] * weight).ravel(),
        )

    def scores(self, survival: Floats) -> Floats:
        """Student scores of probabilities to be exceeded."""
        return np.asarray(-special.stdtrit(self.degrees, survival))


def dependent_masses(alone: Floats, dependence: GaussianFactor | StudentFactor) -> Floats:
    """Masses of the total, (1, M), of cells with these masses, (c, M), that move together.

    Given the factor the cells are independent; the transforms of their totals are averaged over it.
    """
    survival = np.clip(1.0 - np.cumsum(alone, axis=1), _NEAREST_ONE, 1.0 - _NEAREST_ONE)
    scores = dependence.scores(survival)
    load, own = np.sqrt(dependence.correlation), np.sqrt(1.0 - dependence.correlation)
    total = np.zeros(alone.shape[1] // 2 + 1, dtype=complex)
    for factor, scale, weight in zip(*dependence.nodes, strict=True):
        given = special.ndtr((scale * scores - load * factor) / own)
        total += weight * transformed(np.diff(given, axis=1, prepend=0.0)).prod(axis=0)
    return untransformed(total[None], alone.shape[1])


def _normal_nodes() -> tuple[Floats, Floats]:
    """Trapezoidal rule for a normal factor: it converges exponentially."""
    factor = np.arange(_LOWEST, _HIGHEST + 0.5 * _STEP, _STEP)
    weight = np.exp(-0.5 * factor**2)
    return factor, weight / weight.sum()


def _check_correlation(correlation: float) -> None:
    if not 0 <= correlation < 1:
        raise ParameterError(f"the correlation is {correlation}; expected a number from 0 to less than 1")
