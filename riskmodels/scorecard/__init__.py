"""How risky each unit is: rated indicators, a weighted score, why, and how sure that is."""

from riskmodels.scorecard.explaining import UnitExplanation, explain_unit
from riskmodels.scorecard.grounds import RATINGS
from riskmodels.scorecard.movement import PARTS, Movements, explain_movement
from riskmodels.scorecard.quarter import score_quarter
from riskmodels.scorecard.rating import draw_values, rate_draws, rate_period
from riskmodels.scorecard.scores import DRAWS
from riskmodels.scorecard.scoring import Scorecard, score
from riskmodels.scorecard.sensitivity import Robustness, Sensitivity, compare_weights, score_sensitivity
from riskmodels.scorecard.weights import ahp_weights, entropy_weights

__all__ = [
    "DRAWS",
    "PARTS",
    "RATINGS",
    "Movements",
    "Robustness",
    "Scorecard",
    "Sensitivity",
    "UnitExplanation",
    "ahp_weights",
    "compare_weights",
    "draw_values",
    "entropy_weights",
    "explain_movement",
    "explain_unit",
    "rate_draws",
    "rate_period",
    "score",
    "score_quarter",
    "score_sensitivity",
]
