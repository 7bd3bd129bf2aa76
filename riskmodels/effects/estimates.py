"""What one estimator says of the effect of an action, a law or an incident."""

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from riskmodels.display import Displayed

Scale = Literal["log", "difference"]


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectEstimate(Displayed):
    """The effect by one estimator.

    Attributes
    ----------
    estimator : str
        How it was estimated.
    scale : {"log", "difference"}
        ``log``: estimate and interval are changes of the logarithm of a rate or of the odds;
        ``difference``: they are in the unit of the outcome.
    estimate, standard_error, lower, upper : float
        The effect with its interval at ``level``; NaN is unknown.
    p_value : float
        Two-sided, of no effect.
    level : float
        Probability of the interval.
    """

    estimator: str
    scale: Scale
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    level: float = 0.9

    @property
    def relative(self) -> tuple[float, float, float]:
        """Estimate and bounds as relative changes, -.21 being 21 % less; only of a ``log`` scale."""
        return (math.expm1(self.estimate), math.expm1(self.lower), math.expm1(self.upper))

    def summary(self) -> pd.DataFrame:
        """One row."""
        names = ["estimator", "scale", "estimate", "standard_error", "lower", "upper", "p_value"]
        return pd.DataFrame([{name: getattr(self, name) for name in names}])
