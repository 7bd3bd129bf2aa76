"""A cell of a portfolio of losses: how many a year, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.losses.frequency import NegativeBinomial, Poisson
from riskmodels.losses.lattice import Counts
from riskmodels.losses.severity import Severity


@dataclass(frozen=True)
class LossCell:
    """Losses of one kind, such as an event type of a product.

    Attributes
    ----------
    name : str
        Its name.
    frequency : Poisson or NegativeBinomial
        Losses a year.
    severity : Severity
        Of one loss, in the unit of money: any of ``losses.severity``, ``Retained`` or ``Mixture``.
    """

    name: str
    frequency: Poisson | NegativeBinomial
    severity: Severity

    @property
    def mean(self) -> float:
        """Expected loss a year; infinite where one loss has no mean."""
        return self.frequency.mean * self.severity.mean


def counts_of(cells: Sequence[LossCell]) -> Counts:
    """Return mean and dispersion of the numbers of losses."""
    return Counts(
        mean=np.array([[cell.frequency.mean] for cell in cells]),
        dispersion=np.array([[cell.frequency.dispersion] for cell in cells]),
    )


def limited_means(cells: Sequence[LossCell], steps: Floats, size: int) -> Floats:
    """Limited means of one loss at 0, h, … M h, shape (c, M + 1), each cell with its own step h."""
    places = np.arange(size + 1)
    return np.stack(
        [cell.severity.limited_mean(places * step) for cell, step in zip(cells, steps.tolist(), strict=True)]
    )
