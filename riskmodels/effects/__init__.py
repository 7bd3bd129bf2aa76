"""Did an action work, and what did an incident cost."""

from riskmodels.effects.actions import estimate_effect, judge_actions
from riskmodels.effects.differences import Differences, difference_in_differences
from riskmodels.effects.estimates import EffectEstimate
from riskmodels.effects.incident_scenarios import load_incident_scenarios
from riskmodels.effects.incidents import IncidentReview, review_incidents
from riskmodels.effects.interrupted import InterruptedSeries, interrupted_series, structural_series
from riskmodels.effects.linear_differences import repeated_cross_sections
from riskmodels.effects.outcomes import Effect, Effects
from riskmodels.effects.pilots import Assurance, assurance
from riskmodels.effects.placebos import Placebos, placebos_of
from riskmodels.effects.shrinkage import (
    ShrunkenChange,
    expected_normal_regression,
    expected_regression,
    fit_units,
    shrunken_before_after,
)

__all__ = [
    "Assurance",
    "Differences",
    "Effect",
    "EffectEstimate",
    "Effects",
    "IncidentReview",
    "InterruptedSeries",
    "Placebos",
    "ShrunkenChange",
    "assurance",
    "difference_in_differences",
    "estimate_effect",
    "expected_normal_regression",
    "expected_regression",
    "fit_units",
    "interrupted_series",
    "judge_actions",
    "load_incident_scenarios",
    "placebos_of",
    "repeated_cross_sections",
    "review_incidents",
    "shrunken_before_after",
    "structural_series",
]
