"""The words of findings about what the ledger tracks."""

from collections.abc import Mapping
from typing import Any

from riskmodels.assessment.template import Template
from riskmodels.labels import counted, label, marked, plain_label

_REMEDY_LATE = {
    "cause": marked("Not known: the date is over, not its reason"),
    "consequence": marked("What was found goes on until it is done"),
    "corrective_action": marked("Do it and record the evidence, or record a later date with its reason"),
    "owner": marked("{told}"),
}
_OVERDUE = marked("Overdue since {due_on}, by {days}{where}{escalated}: {what}")
_LATE = {"value": _OVERDUE, "passed": marked("Nothing is overdue; open: {waiting}")}
DUE = {
    "action_overdue": Template(
        criterion=marked("Corrective actions are done by their date (escalation set by {set_by})"),
        conditions=_LATE,
        evidence=marked("the ledger on {day}"),
        remedy=_REMEDY_LATE,
    ),
    "finding_overdue": Template(
        criterion=marked(
            "What audits, inspections and others found is settled by its date (escalation set by {set_by})"
        ),
        conditions=_LATE,
        evidence=marked("the ledger on {day}; found by: {source}"),
        remedy=_REMEDY_LATE,
    ),
    "lapsed": Template(
        criterion=marked("Exceptions, accepted risks and overrides end on their day"),
        conditions={"value": marked("{lapsed} ended on {until}: {covered} is open again ({reason})")},
        evidence=marked("the ledger; stated by: {stated_by}"),
        remedy={
            "cause": marked("Nobody has renewed it"),
            "consequence": marked("What it covered counts again"),
            "corrective_action": marked("Correct what it covered; or record it anew, to be approved anew"),
            "owner": marked("{stated_by}"),
        },
    ),
    "ledger_whole": Template(
        criterion=marked("Every row of the ledger fits the one before it"),
        conditions={
            "value": marked("{problem}"),
            "passed": marked("Every row fits"),
        },
        evidence=marked("ledger {place}, head {head}"),
        remedy={
            "cause": marked("Not known: a row was changed, removed or inserted"),
            "consequence": marked("What the ledger says from that row on cannot be relied on"),
            "corrective_action": marked(
                "Compare with a backup and with the heads of earlier reports (riskmodels ledger verify)"
            ),
            "owner": marked("Owner of the ledger"),
        },
    ),
}
_WHERE, _ESCALATED = marked(" in {unit_id}"), marked(", escalated to {escalated_to}")
_LAPSED = {
    "exceptions": marked("The exception from {of} for {about}"),
    "acceptances": marked("The acceptance of {finding_id}"),
    "overrides": marked("The override of {about}"),
}
_COVERED = {
    "exceptions": marked("{about}"),
    "acceptances": marked("{finding_id}"),
    "overrides": marked("the computed rating of {about}"),
}


def words_of_due(facts: Mapping[str, Any]) -> dict[str, str]:
    """Write for how long something is overdue, where, and who is told."""
    if not facts["subject"]:
        return {"name": label("all"), "waiting": str(facts["waiting"])}
    told = facts["escalated_to"] or facts["owner"] or label("owner of the action")
    return {
        "days": counted(facts["value"], "working day", "working days"),
        "where": label(_WHERE, facts) if facts["unit_id"] else "",
        "escalated": label(_ESCALATED, facts) if facts["escalated_to"] else "",
        "what": plain_label(facts["what"]),
        "told": told,
    }


def words_of_lapsed(facts: Mapping[str, Any]) -> dict[str, str]:
    """Say what lapsed, and what it covered."""
    kind = facts["kind"]
    return {"lapsed": label(_LAPSED[kind], facts), "covered": label(_COVERED[kind], facts)}
