"""Did an action work, and what did an incident cost."""

from riskmodels.effects.incidents import IncidentReview, review_incidents

__all__ = ["IncidentReview", "review_incidents"]
