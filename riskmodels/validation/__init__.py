"""Are the models sound: do their figures predict what happens next."""

from riskmodels.validation.model import models_without_row
from riskmodels.validation.pack import VERDICTS, ValidationPack, validate_models
from riskmodels.validation.scorecards import ScorecardValidation, validate_scorecard

__all__ = [
    "VERDICTS",
    "ScorecardValidation",
    "ValidationPack",
    "models_without_row",
    "validate_models",
    "validate_scorecard",
]
