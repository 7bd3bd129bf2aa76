"""Are the models sound: do their figures predict what happens next."""

from riskmodels.validation.scorecards import ScorecardValidation, validate_scorecard

__all__ = ["ScorecardValidation", "validate_scorecard"]
