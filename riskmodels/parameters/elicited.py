"""What is assumed with its uncertainty: the lowest, most likely and highest value, from whom and why."""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from riskmodels.arrays import Floats
from riskmodels.parameters.files import Name, Parameters

_MOST = 1e9  # in any unit, money in CNY, too: no change for one unit of a shock is larger
Change = Annotated[float, Field(ge=-_MOST, le=_MOST)]


class Elicited(Parameters):
    """An assumption with its uncertainty, in the unit of what it is about: a triangular distribution."""

    low: Change = Field(description="the lowest value")
    mode: Change = Field(description="the most likely value")
    high: Change = Field(description="the highest value")
    basis: Name = Field(description="where the figures come from, in words")
    basis_zh: Name | None = Field(default=None, description="the same in Chinese, where it is written")
    set_by: Name = Field(description="who set them")

    @model_validator(mode="after")
    def _is_ordered(self) -> "Elicited":
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError("expected low <= mode <= high, and low < high")
        return self

    @property
    def mean(self) -> float:
        """Mean of the triangular distribution."""
        return (self.low + self.mode + self.high) / 3

    @property
    def largest(self) -> float:
        """Largest size that it may have, whatever its sign."""
        return max(abs(self.low), abs(self.high))

    def quantile(self, strength: Floats) -> Floats:
        """Return the values whose effect is stronger than a share of all; by inverse distribution.

        Parameters
        ----------
        strength : ndarray
            Shares from 0 (the weakest end) to 1 (the strongest): of what mostly falls, 1 is ``low``.

        Returns
        -------
        ndarray, same shape
            In the unit of the assumption. The farther from nothing, the higher the share.
        """
        p = 1 - strength if self.mean < 0 else strength
        width = self.high - self.low
        rising = self.low + np.sqrt(p * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - p) * width * (self.high - self.mode))
        found: Floats = np.where(p * width < self.mode - self.low, rising, falling)
        return found
