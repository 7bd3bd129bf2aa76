"""Years in which all cells are worse: copulas of one factor, integrated without simulation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.lattice import transformed, untransformed

# step and ends of the trapezoidal rule, in standard deviations: beyond them lies 1e-9 of the factor
_STEP, _LOWEST, _HIGHEST = 0.5, -6.0, 7.0
_LOG_STEP, _OF_DEVIATION, _LEAST = 0.6, 0.65, 1e-10  # of the logarithm of chi squared, and of its deviation
_LEAST_SURVIVAL = 1e-16  # smallest that one less it still is not one


@dataclass(frozen=True, kw_only=True, eq=False)
class Nodes:
    """Values of a factor and scales of all scores, (k,); weights of all nodes and of every second, (k, 2)."""

    factor: Floats
    scale: Floats
    weights: Floats


@dataclass(frozen=True)
class GaussianFactor:
    """One normal factor; every two cells have the same correlation, in [0, 1)."""

    correlation: float

    def __post_init__(self) -> None:
        _check_correlation(self.correlation)

    @property
    def nodes(self) -> "Nodes":
        """Return the rule by which the factor is integrated."""
        return _normal_nodes(self.correlation)

    def scores(self, survival: Floats) -> Floats:
        """Normal scores of probabilities to be exceeded."""
        return np.asarray(-scipy.special.ndtri(survival))

    def scales(self, size: int, rng: np.random.Generator) -> Floats:  # noqa: ARG002  as of StudentFactor
        """Draw what all scores of a year are divided by: one."""
        return np.ones(size)


@dataclass(frozen=True)
class StudentFactor:
    """One factor as of a t copula: correlation in [0, 1), degrees of freedom > 0; extremes come together."""

    correlation: float
    degrees: float

    def __post_init__(self) -> None:
        _check_correlation(self.correlation)
        if not (np.isfinite(self.degrees) and self.degrees > 0):
            raise ParameterError(f"the degrees of freedom are {self.degrees}; expected a positive number")

    @property
    def nodes(self) -> "Nodes":
        """Return the rule by which the factor and the scale are integrated, the latter in logarithms."""
        normal, square = _normal_nodes(self.correlation), scipy.stats.chi2(self.degrees)
        step = min(_LOG_STEP, _OF_DEVIATION * np.sqrt(2.0 / self.degrees))
        logs = np.arange(np.log(square.ppf(_LEAST)), np.log(square.isf(_LEAST)), step)
        chi = np.exp(logs)
        share = _halved(square.pdf(chi) * chi)
        return Nodes(
            factor=np.tile(normal.factor, len(chi)),
            scale=np.repeat(np.sqrt(chi / self.degrees), len(normal.factor)),
            weights=(share[:, None] * normal.weights).reshape(-1, 2),
        )

    def scores(self, survival: Floats) -> Floats:
        """Student scores of probabilities to be exceeded."""
        return np.asarray(-scipy.special.stdtrit(self.degrees, survival))

    def scales(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw what all scores of a year are divided by."""
        return np.sqrt(rng.chisquare(self.degrees, size) / self.degrees)


Dependence = GaussianFactor | StudentFactor


def dependent_masses(survivals: Sequence[Floats], dependence: Dependence) -> Floats:
    """Masses of the total of cells that move together, (2, M): by all nodes of the factor, by every second.

    Given the factor the cells are independent, and on a lattice that keeps their conditional means; the
    transforms of their totals are averaged over the factor.

    Parameters
    ----------
    survivals : sequence of ndarray, shape (c, k, m)
        Probabilities of the cells to exceed a loss, averaged over each of m parts of each of k steps; the k
        add up to M.
    dependence : GaussianFactor or StudentFactor
        The copula.
    """
    size = sum(part.shape[1] for part in survivals)
    total = np.zeros((2, size // 2 + 1), dtype=np.complex128)
    for weights, mass in conditional_masses(survivals, dependence):
        total += weights[:, None] * transformed(mass).prod(axis=0)
    return untransformed(total, size)


def conditional_masses(
    survivals: Sequence[Floats], dependence: Dependence
) -> Iterator[tuple[Floats, Floats]]:
    """Yield weights, (2,), and masses of the cells given the factor, (c, M), for all of its nodes."""
    scores = [dependence.scores(np.clip(part, _LEAST_SURVIVAL, 1.0 - _LEAST_SURVIVAL)) for part in survivals]
    load, own = np.sqrt(dependence.correlation), np.sqrt(1.0 - dependence.correlation)
    nodes = dependence.nodes
    for factor, scale, weights in zip(nodes.factor, nodes.scale, nodes.weights, strict=True):
        given = [scipy.special.ndtr((load * factor - scale * part) / own).mean(axis=-1) for part in scores]
        yield weights, -np.diff(np.concatenate(given, axis=1), axis=1, prepend=1.0)


def _normal_nodes(correlation: float) -> Nodes:
    """Trapezoidal rule for a normal factor: it converges exponentially, once steps are below what is left."""
    step = _STEP * min(1.0, np.sqrt((1.0 - correlation) / max(correlation, 1e-12)))
    factor = np.arange(_LOWEST, _HIGHEST + 0.5 * step, step)
    weights = _halved(np.exp(-0.5 * factor**2))
    return Nodes(factor=factor, scale=np.ones_like(factor), weights=weights)


def _halved(weight: Floats) -> Floats:
    """Return weights of all nodes and of every second, each adding up to one: (k, 2)."""
    both = np.stack([weight, np.where(np.arange(len(weight)) % 2 == 0, weight, 0.0)], axis=1)
    shares: Floats = both / both.sum(axis=0)
    return shares


def _check_correlation(correlation: float) -> None:
    if not 0 <= correlation < 1:
        raise ParameterError(f"the correlation is {correlation}; expected a number from 0 to less than 1")
