"""What is decided: proposals to change the policy."""

from riskmodels.governance.proposals import Proposals, propose

__all__ = ["Proposals", "propose"]
