"""The words of findings about corrective actions."""

from collections.abc import Mapping
from typing import Any

from riskmodels.assessment.template import Template
from riskmodels.labels import label, marked, plain_label

_SEEN = marked("{change} ({lower} to {upper}) of its events, {unit_id}, {measure}")
ACTIONS = {
    "action_effect": Template(
        criterion=marked("An action that is done makes what it is for better"),
        conditions={
            "worse": marked("Made it worse: {seen}"),
            "no_effect": marked("No effect: {seen}; the change hoped for, {hoped}, is ruled out"),
            "passed": marked("Worked: {seen}"),
            "unclear": marked(
                "No evidence yet: {waiting}; no effect, where nobody had said what was hoped for: {nothing};"
                " cannot be judged: {unknown}"
            ),
        },
        evidence=marked(
            "{observed} events in {months_after} months, where {expected} were expected without it"
        ),
        remedy={
            "cause": marked("Not known: the action is judged, not its reason"),
            "consequence": marked("The indicator stays where it was, and the cost of the action is spent"),
            "corrective_action": marked("Stop or change the action {subject}, and look for another"),
            "owner": marked("owner of the action"),
        },
    ),
}


def words_of_action(facts: Mapping[str, Any]) -> dict[str, str]:
    """Write the relative changes of an action with their signs; of those not judged how many there are."""
    if not facts["subject"]:
        return {
            "name": label("not judged"),
            "waiting": str(facts["waiting"]),
            "nothing": str(facts["nothing"]),
            "unknown": str(facts["unknown"]),
        }
    shown = {name: f"{facts[name]:+.0%}" for name in ("lower", "upper", "hoped")}
    shown |= {name: f"{facts[name]:,.0f}" for name in ("observed", "expected", "months_after")}
    shown["measure"] = plain_label(facts["measure"])
    seen = label(_SEEN, shown, change=f"{facts['estimate']:+.0%}", unit_id=facts["unit_id"])
    return shown | {"seen": seen}
