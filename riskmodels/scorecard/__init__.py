"""How risky each unit is: rated indicators and a weighted score."""

from riskmodels.scorecard.rating import RATINGS
from riskmodels.scorecard.scoring import Scorecard, check_quarter, risk_points, score

__all__ = ["RATINGS", "Scorecard", "check_quarter", "risk_points", "score"]
