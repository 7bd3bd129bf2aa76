"""What one estimator says of the effect of an action, a law or an incident."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import scipy

from riskmodels.display import Displayed
from riskmodels.labels import label

Scale = Literal["log", "difference"]
EDGE = 6.0  # [log] of a relative effect, 400-fold: beyond it nobody asks


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
    degrees : float
        Of freedom of the standard error; infinite is normal.
    """

    estimator: str
    scale: Scale
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    level: float = 0.9  # [1] as of every interval of the house
    degrees: float = math.inf

    @property
    def sentence(self) -> str:
        """Say the effect with its interval."""
        if math.isnan(self.estimate):
            return label("{estimator}: the effect cannot be estimated.", estimator=label(self.estimator))
        log = self.scale == "log"
        values = self.relative if log else (self.estimate, self.lower, self.upper)
        shown = [f"{value:+.1%}" if log else f"{value:+,.4g}" for value in values]
        return label(
            "{estimator}: {estimate} ({lower} to {upper}).",
            estimator=label(self.estimator),
            estimate=shown[0],
            lower=shown[1],
            upper=shown[2],
        )

    @property
    def relative(self) -> tuple[float, float, float]:
        """Estimate and bounds of a ``log`` scale as relative changes, -.21 being 21 % less; to 400-fold."""
        estimate, lower, upper = np.expm1(np.clip([self.estimate, self.lower, self.upper], -EDGE, EDGE))
        return float(estimate), float(lower), float(upper)

    @property
    def chance(self) -> float:
        """One-sided p-value: of an estimate so low without an effect."""
        return self.p_value / 2.0 if self.estimate < 0 else 1.0 - self.p_value / 2.0

    def summary(self) -> pd.DataFrame:
        """One row."""
        names = ["estimator", "scale", "estimate", "standard_error", "lower", "upper", "p_value"]
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def effect_estimate(
    estimator: str,
    *,
    scale: Scale,
    estimate: float,
    standard_error: float,
    degrees: float = math.inf,
    level: float = 0.9,
) -> EffectEstimate:
    """Make an estimate with its interval by Student's t.

    Parameters
    ----------
    estimator : str
    scale : {"log", "difference"}
    estimate, standard_error : float
        NaN is unknown; without a standard error there is no interval.
    degrees : float
        Of freedom of the standard error; infinite is normal.
    level : float
        Probability of the interval, both sides together; .9 leaves 5 % on each.

    >>> found = effect_estimate("x", scale="log", estimate=-0.2, standard_error=0.1)
    >>> round(found.lower, 4), round(found.p_value, 4)
    (-0.3645, 0.0455)
    """
    reach = float(scipy.special.stdtrit(degrees, 0.5 + level / 2)) * standard_error
    score = abs(estimate) / standard_error if standard_error > 0 else math.nan
    return EffectEstimate(
        estimator=estimator,
        scale=scale,
        estimate=estimate,
        standard_error=standard_error,
        lower=estimate - reach,
        upper=estimate + reach,
        p_value=float(2.0 * scipy.special.stdtr(degrees, -score)),
        level=level,
        degrees=degrees,
    )
