"""Did an action work, and what did an incident cost."""

from riskmodels.effects.differences import Differences, difference_in_differences
from riskmodels.effects.estimates import EffectEstimate
from riskmodels.effects.incidents import IncidentReview, review_incidents
from riskmodels.effects.interrupted import InterruptedSeries, interrupted_series, structural_series
from riskmodels.effects.linear_differences import repeated_cross_sections
from riskmodels.effects.placebos import Placebos, placebos_of

__all__ = [
    "Differences",
    "EffectEstimate",
    "IncidentReview",
    "InterruptedSeries",
    "Placebos",
    "difference_in_differences",
    "interrupted_series",
    "placebos_of",
    "repeated_cross_sections",
    "review_incidents",
    "structural_series",
]
