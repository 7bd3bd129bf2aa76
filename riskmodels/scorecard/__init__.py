"""How risky each unit is: rated indicators and a weighted score."""

from riskmodels.scorecard.rating import RATINGS, rate_draws, rate_period
from riskmodels.scorecard.scoring import Scorecard, check_quarter, risk_points, score

__all__ = ["RATINGS", "Scorecard", "check_quarter", "rate_draws", "rate_period", "risk_points", "score"]
