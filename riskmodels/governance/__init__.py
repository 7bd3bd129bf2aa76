"""What is decided: proposals to change the policy, and first limits of a bank's own."""

from riskmodels.governance.limits import LimitDraft, draft_limits
from riskmodels.governance.proposals import Proposals, propose

__all__ = ["LimitDraft", "Proposals", "draft_limits", "propose"]
