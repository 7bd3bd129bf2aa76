"""Findings: what is wrong by the policy, why, what follows, and what to do about it."""

from riskmodels.assessment.assessing import assess
from riskmodels.assessment.due import Due, what_is_due
from riskmodels.assessment.findings import Finding, Findings
from riskmodels.assessment.follow_up import FollowUp

__all__ = ["Due", "Finding", "Findings", "FollowUp", "assess", "what_is_due"]
