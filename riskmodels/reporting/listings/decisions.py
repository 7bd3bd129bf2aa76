"""Findings, the policy, and what is proposed to change in it."""

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import format_value
from riskmodels.display import Listing
from riskmodels.governance.proposals import Proposals
from riskmodels.labels import local, rating_label
from riskmodels.parameters.policy import Policy


def list_findings(found: Findings, *, evidence: bool = False) -> Listing:
    """List the findings: what to do about each, or what each rests on."""
    columns = {"finding_id": "No.", "severity": "Severity", "subject": "Subject", "condition": "Condition"}
    if evidence:
        columns |= {"criterion": "Criterion", "evidence": "Evidence"}
    else:
        columns |= {"cause": "Cause", "corrective_action": "Corrective action", "owner": "Owner"}
    frame = found.table[list(columns)].rename(columns=columns)
    frame["Severity"] = [rating_label(severity) for severity in frame["Severity"]]
    return Listing(sentence=found.sentence, frame=frame)


def list_policy(policy: Policy) -> Listing:
    """List the indicators of a policy with their limits and who set them."""
    areas = {area.id: local(area, "name") for area in policy.areas}
    listed = [
        {
            "Area": areas[indicator.area],
            "Indicator": local(indicator, "name"),
            "Standard": indicator.standard,
            "Amber": format_value(indicator.id, indicator.limits.amber) if indicator.limits else "–",
            "Red": format_value(indicator.id, indicator.limits.red) if indicator.limits else "–",
            "Limits by": indicator.limits_set_by,
            "Source": indicator.source,
        }
        for indicator in policy.indicators
    ]
    return Listing(
        sentence=f"{local(policy, 'title')}, {policy.valid_from}: {policy.approval}",
        frame=pd.DataFrame(listed),
    )


def list_proposals(changes: Proposals) -> Listing:
    """List the proposals for a decision."""
    names = ["No.", "Line of the policy", "Now", "Proposed", "Reason", "Measured by", "Finding", "Decision"]
    frame = changes.summary()
    frame.columns = pd.Index(names)
    return Listing(sentence=changes.sentence, frame=frame)
