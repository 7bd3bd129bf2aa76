"""Sums of losses on lattices: of every cell, and of all of them, independent or moving together."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskmodels.losses.cells import LossCell, counts_of, limited_means
from riskmodels.losses.dependence import Dependence, dependent_masses
from riskmodels.losses.lattice import Compound, masses, transformed, untransformed

Floats = npt.NDArray[np.float64]

_NEAR = ((64, 16), (16, 64), (4, 256))  # where cells depend: parts of a step, and the steps up to which


def sums_alone(cells: Sequence[LossCell], limited: Floats, steps: Floats) -> Compound:
    """Sums of every cell."""
    transform = transformed(masses(limited, steps[:, None]))
    mass = untransformed(np.exp(counts_of(cells).log_generating(transform)), limited.shape[1] - 1)
    return Compound(mass=mass, mean=means_of(cells))


def sum_independent(cells: Sequence[LossCell], limited: Floats, steps: Floats) -> Compound:
    """Return the total of independent cells."""
    logs = counts_of(cells).log_generating(transformed(masses(limited, steps[:, None])))
    mass = untransformed(np.exp(logs.sum(axis=0, keepdims=True)), limited.shape[1] - 1)
    return Compound(mass=mass, mean=means_of(cells).sum(keepdims=True))


def sum_dependent(
    cells: Sequence[LossCell], dependence: Dependence, limited: Floats, steps: Floats
) -> Compound:
    """Return the total of cells that move together, by all nodes of the factor and by every second."""
    parts, means = survivals(cells, limited, steps)
    return Compound(mass=dependent_masses(parts, dependence), mean=np.full(2, means.sum()))


def sum_of(
    cells: Sequence[LossCell], dependence: Dependence | None, limited: Floats, steps: Floats
) -> Compound:
    """Return the total of cells, independent or moving together."""
    if dependence is None:
        return sum_independent(cells, limited, steps)
    return sum_dependent(cells, dependence, limited, steps)


def survivals(cells: Sequence[LossCell], limited: Floats, steps: Floats) -> tuple[list[Floats], Floats]:
    """Survival functions of the cells' sums, averaged over parts of steps, (c, k, m), and their means, (c,).

    Small losses are looked at in parts of a step, as a conditional mean over a step is not that of its mean.
    """
    coarse = 1.0 - np.cumsum(sums_alone(cells, limited, steps).mass, axis=1)
    found, shift, start = [], np.zeros(len(cells)), 0
    for parts, end in _NEAR:
        finer = limited_means(cells, steps / parts, parts * end)
        fine = 1.0 - np.cumsum(sums_alone(cells, finer, steps / parts).mass, axis=1)
        found.append(fine.reshape(len(cells), end, parts)[:, start:])
        shift += found[-1].mean(axis=-1).sum(axis=1) - coarse[:, start:end].sum(axis=1)
        start = end
    return [*found, coarse[:, start:, None]], means_of(cells) + steps * shift


def means_of(cells: Sequence[LossCell]) -> Floats:
    """Expected losses of a year, (c,)."""
    return np.array([cell.mean for cell in cells])
