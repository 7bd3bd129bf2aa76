"""What a bank keeps of a loss when insurance pays a part of it."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.severity import Severity

_BEYOND = 1e300  # no loss is so large


@dataclass(frozen=True, kw_only=True)
class Retained:
    """What is left of a loss when insurance pays a share of what is above a deductible, up to a limit.

    Attributes
    ----------
    severity : any severity
        Of the whole loss.
    deductible : float
        What the bank pays of every loss itself (>= 0).
    limit : float
        Largest amount above the deductible that is insured (> 0); infinite: none.
    share : float
        Share of it that insurance pays, in (0, 1].
    """

    severity: Severity
    deductible: float = 0.0
    limit: float = np.inf
    share: float = 1.0

    def __post_init__(self) -> None:
        if not (self.deductible >= 0 and self.limit > 0 and 0 < self.share <= 1):
            raise ParameterError(
                "insurance needs a deductible of at least zero, a positive limit"
                " and a share above 0 and up to 1"
            )
        if self.deductible == 0 and self.share == 1 and np.isinf(self.limit):
            raise ParameterError("insurance that pays everything leaves no loss")

    @property
    def mean(self) -> float:
        """Mean; infinite where what is not insured has none."""
        below = float(self.severity.limited_mean(np.asarray(self.deductible)))
        if np.isinf(self.limit):
            return below if self.share == 1 else (1.0 - self.share) * self.severity.mean + self.share * below
        top = float(self.severity.limited_mean(np.asarray(self.deductible + self.limit)))
        return self.severity.mean - self.share * (top - below)

    def cdf(self, losses: Floats) -> Floats:
        """Probability of at most ``losses``."""
        return self.severity.cdf(self._whole(losses))

    def limited_mean(self, limits: Floats) -> Floats:
        """Mean of the smaller of what is kept and a limit."""
        limits = np.asarray(limits, dtype=float)
        if self.share == 1 and np.isinf(self.limit):
            return self.severity.limited_mean(np.minimum(limits, self.deductible))
        whole = self._whole(limits)
        top = np.minimum(whole, min(self.deductible + self.limit, _BEYOND))
        insured = self.severity.limited_mean(top) - self.severity.limited_mean(
            np.minimum(whole, self.deductible)
        )
        return self.severity.limited_mean(whole) - self.share * insured

    def ppf(self, levels: Floats) -> Floats:
        """Quantiles."""
        whole = self.severity.ppf(levels)
        return whole - self.share * np.clip(whole - self.deductible, 0.0, self.limit)

    def _whole(self, kept: Floats) -> Floats:
        """Return the largest whole loss of which not more than this is kept."""
        kept = np.asarray(kept, dtype=float)
        partly = beyond = kept + self.share * self.limit
        if self.share < 1:
            partly = self.deductible + (kept - self.deductible) / (1.0 - self.share)
        within = kept < self.deductible + (0.0 if self.share == 1 else (1.0 - self.share) * self.limit)
        whole = np.where(kept < self.deductible, kept, np.where(within, partly, beyond))
        return np.minimum(whole, _BEYOND)
