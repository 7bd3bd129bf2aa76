"""Are the models sound: do their figures tell what happens next."""

from riskmodels.validation.scorecards import Foresight, score_foresight

__all__ = ["Foresight", "score_foresight"]
