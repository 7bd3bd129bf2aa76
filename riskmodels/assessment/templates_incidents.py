"""The words of findings about major incidents."""

from collections.abc import Mapping
from typing import Any

from riskmodels.assessment.template import Template
from riskmodels.effects.incident_moments import MOMENTS
from riskmodels.effects.incident_words import KINDS, shown_span
from riskmodels.labels import clauses, commas, counted, label, language, marked
from riskmodels.parameters.plans import TimeLimit
from riskmodels.parameters.scenarios import severity_label

_LATE = marked("{what} after {taken} (limit {limit})")
_NOT_YET = marked("{what} not by the end of what is reviewed (limit {limit})")
_STEP = marked("“{step}”")
_SOURCES = {"policy": marked("the policy"), "plan": marked("the contingency plan")}
_BEYOND = {
    "complaints": marked(
        "{seen} of a month's complaints more ({lower} to {upper}), where {scenario}, {level}, assumes"
        " {assumed} at most"
    ),
    "hours": marked("over after {seen}, where {scenario}, {level}, assumes {assumed}"),
}
_CONDITIONS = {
    "value": marked("{incident}: {late}"),
    "passed": marked("{of}: time limits kept: {kept}, missed: {missed}"),
    "unclear": marked("{of}: time limits kept: {kept}, missed: {missed}, not recorded: {unknown}"),
    "unset": marked("{of}: no time limit is set"),
    "none": marked("There was no major incident in {period}"),
}
_EVIDENCE = marked("{judged} can be checked, {unknown} not recorded; set by {sources}")
_CAUSE = marked("Not known: when it was is recorded, and not why")


def _late_template(criterion: str, consequence: str, corrective_action: str) -> Template:
    """Return the words of a rule about limits of time."""
    remedy = {"cause": _CAUSE, "consequence": consequence, "corrective_action": corrective_action}
    return Template(
        criterion=criterion,
        conditions=_CONDITIONS,
        evidence=_EVIDENCE,
        remedy=remedy | {"owner": marked("{owners}")},
    )


INCIDENTS = {
    "incident_answer": _late_template(
        marked("A major incident is detected, answered and over within the limits of the policy"),
        marked("Customers are without the service, and without an answer, for longer"),
        marked("Find with those on duty what held the answer up, and drill it"),
    ),
    "incident_told": _late_template(
        marked("Customers, supervisor and partners are told of a major incident as planned"),
        marked("Who is not told cannot protect themselves, and complains"),
        marked("Name who tells them, and a deputy, and drill it"),
    ),
    "incident_step": _late_template(
        marked("The steps of the contingency plan are done in time"),
        marked("What was promised for the event is not what is done in it"),
        marked("Mend the step or its time limit, and drill the plan"),
    ),
    "incident_cost": Template(
        criterion=marked("No major incident is worse than the scenario of its kind assumes"),
        conditions=_CONDITIONS
        | {
            "value": marked("{incident}: {beyond}"),
            "passed": marked("{of}: figures within the scenario: {kept}, beyond it: {missed}"),
            "unclear": marked(
                "{of}: figures within the scenario: {kept}, beyond it: {missed}, not known: {unknown}"
            ),
            "unset": marked("{of}: no scenario of such a kind was given"),
        },
        evidence=marked("probability of being beyond what is assumed {probability}"),
        remedy={
            "cause": marked("Not known: the scenario may assume too little, or more went wrong than it has"),
            "consequence": marked("Plans and staff that rest on the scenario are made for less"),
            "corrective_action": marked("Hold the scenario against what was seen, and run it again"),
            "owner": marked("Owner of the plan"),
        },
    ),
}


def case_of_incident(facts: Mapping[str, Any]) -> str:
    """Choose the condition: of one incident, of all others, or of none."""
    if facts["subject"]:
        return "value"
    if not facts["incidents"]:
        return "none"
    return str(facts["severity"]) if facts["checked"] else "unset"


def words_of_incident(facts: Mapping[str, Any]) -> dict[str, str]:
    """Write what an incident missed, or how many others there are."""
    if not facts["subject"]:
        incidents = counted(facts["incidents"], "major incident", "major incidents")
        return {"name": "", "of": incidents}
    incident = label("{kind} of {started}", kind=label(KINDS[facts["kind"]]), started=facts["started"])
    shown = {"name": str(facts["incident_id"]), "incident": incident}
    if "beyond" in facts:
        return shown | {"beyond": _beyond(facts["beyond"])}
    rows = facts["late"]
    owners = dict.fromkeys(_own(row, "owner") or label("Owner of the plan") for row in rows)
    sources = dict.fromkeys(label(_SOURCES[row["source"]]) for row in rows)
    late = clauses(_late(row) for row in rows)
    return shown | {"late": late, "owners": commas(owners), "sources": commas(sources)}


def _late(row: Mapping[str, Any]) -> str:
    step = _own(row, "name") if row["item"] == "step" else ""
    what = label(_STEP, step=step) if step else label(MOMENTS[row["item"]])
    limit = TimeLimit(value=row["limit"], unit=row["unit"]).words
    if row["taken"] is None or not row["taken"] >= 0:
        return label(_NOT_YET, what=what, limit=limit)
    return label(_LATE, what=what, taken=shown_span(row["taken"]), limit=limit)


def _beyond(row: Mapping[str, Any]) -> str:
    names = {"scenario": _own(row, "name"), "level": severity_label(row["severity"])}
    seen, most = row["seen"], row["assumed_high"]
    if row["what"] == "hours":
        spans = {"seen": shown_span(60 * seen), "assumed": shown_span(60 * most)}  # minutes of an hour
        return label(_BEYOND["hours"], names, **spans)
    shares = {name: f"{row[name]:+.0%}" for name in ("seen", "lower", "upper")}
    return label(_BEYOND["complaints"], names, assumed=f"{most:+.0%}", **shares)


def _own(row: Mapping[str, Any], field: str) -> str:
    return str(row.get(f"{field}_{language()}") or row[f"{field}_en"])
