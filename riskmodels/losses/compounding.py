"""Sums of losses on lattices: of every cell, and of all of them, independent or moving together."""

from collections.abc import Sequence

import numpy as np

from riskmodels.arrays import Floats, Integers
from riskmodels.losses.cells import LossCell, counts_of, limited_means
from riskmodels.losses.dependence import Dependence, dependent_masses
from riskmodels.losses.graded import near_of, nodes, smooth_sums, smooth_transforms, steps_of
from riskmodels.losses.lattice import Compound, masses, transformed, untransformed
from riskmodels.losses.severity import Severity

Sums = Sequence[Sequence[LossCell]]
"""Of independent cells, each sum on a lattice of its own."""

_NEAR = ((64, 16), (16, 64), (4, 256))  # where cells depend: parts of a step, and the steps up to which


def independent_sums(sums: Sums, ends: Floats, size: int, *, halvings: int = 0) -> list[Compound]:
    """Sums of independent cells on lattices up to their ends, (r,): of all points, of every second and so on.

    A severity that several sums with the same end have in common is evaluated once.
    """
    cells = [cell for one in sums for cell in one]
    numbers = np.array([len(one) for one in sums])
    counts, mean = counts_of(cells), means_of(cells)
    starts = np.cumsum(numbers) - numbers
    means, alone = np.add.reduceat(mean, starts), len(cells) == len(sums)
    kinds, which = _kinds(cells, np.repeat(ends, numbers).tolist())
    near, steps = near_of(size), np.array([end for _, end in kinds]) / steps_of(size)
    places = nodes(size, near)
    limited = np.stack(
        [severity.limited_mean(places * step) for (severity, _), step in zip(kinds, steps, strict=True)]
    )
    found = []
    for halving in range(halvings + 1):
        points, stride = size >> halving, 2**halving
        transform = smooth_transforms(limited[:, ::stride], steps * stride, points, near >> halving)
        logs = counts.log_generating(transform[which])
        total = logs if alone else np.add.reduceat(logs, starts, axis=0)
        found.append(smooth_sums(np.exp(total), means, points))
    return found


def without_loss(sums: Sums) -> Floats:
    """Probabilities that a year of independent cells has no loss, (r,)."""
    counts = counts_of([cell for one in sums for cell in one])
    logs = counts.log_generating(np.zeros(counts.mean.shape, dtype=np.complex128)).real[:, 0]
    starts = np.cumsum([0, *(len(one) for one in sums[:-1])])
    return np.asarray(np.exp(np.add.reduceat(logs, starts)))


def _kinds(cells: Sequence[LossCell], ends: Sequence[float]) -> tuple[list[tuple[Severity, float]], Integers]:
    """Return the different pairs of a severity and an end, and which of them is each cell's."""
    keys = [(id(cell.severity), end) for cell, end in zip(cells, ends, strict=True)]
    different = {key: (cell.severity, key[1]) for key, cell in zip(keys, cells, strict=True)}
    place = {key: number for number, key in enumerate(different)}
    return list(different.values()), np.array([place[key] for key in keys])


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
