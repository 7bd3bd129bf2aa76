"""Write the figures and names of facts about alarms for their words."""

from collections.abc import Mapping
from typing import Any

from riskmodels.assessment import templates_alarms as texts
from riskmodels.catalogue import INDICATORS
from riskmodels.labels import clauses, commas, counted, label, say, titled
from riskmodels.surveillance.alarm_words import part_name, said_dates, shown_period, shown_rise

Facts = Mapping[Any, Any]
Names = Mapping[tuple[str, str, str], str]


def words_of_alarm(facts: Facts, names: Names) -> dict[str, str]:
    """Write what an alarm is of, its size and dates; of a rule what it watches, and what it cannot."""
    periods = label(texts.PERIODS[facts["every"]])
    told = commas(map(label, facts["told"].split(", "))) if facts.get("told") else ""
    shown = {"run_length": f"{facts['run_length']:,.0f}", "periods": periods, "told": told}
    return shown | (event_words if facts["subject_kind"] == "alarm" else _rule_words)(facts, names)


def event_words(facts: Facts, names: Names) -> dict[str, str]:
    """Write an alarm: ``what`` has risen, ``of`` which part of the bank, by how much and since when."""
    dates = {name: shown_period(facts[name]) for name in ("since", "alarmed", "last")}
    state = facts["ending"] or facts["status"]
    states = [texts.STATES.get(state, ""), texts.ANSWERED if facts["answered_by"] else ""]
    return dates | {
        **{name: shown_rise(facts[name]) for name in ("size", "lower", "upper")},
        "name": subject_words(facts, names),
        "dates": said_dates(facts),
        "state": "".join(label(state, {**facts, **dates}) for state in states if state),
    }


def _rule_words(facts: Facts, names: Names) -> dict[str, str]:
    rule = facts["subject"].partition(":")[0]
    lacking = {_what(one, names): say(why) for one, why in facts.get("lacking", {}).items()}
    return {
        "name": names.get(("rule", rule, "name"), rule),
        "watched": counted(facts["series"], "series is watched", "series are watched"),
        "lacking": clauses(titled(name, why) for name, why in lacking.items()),
    }


def subject_words(facts: Facts, names: Names) -> str:
    """Name what has risen, and of which part of the bank: complaints, credit card × south."""
    units = {id_: text for (kind, id_, field), text in names.items() if (kind, field) == ("unit", "name")}
    where = part_name(facts["of"], units) or label("whole bank")
    return label(texts.MEASURES[facts["measure"]], what=_what(facts["what"], names), where=where)


def _what(what: str, names: Names) -> str:
    if what not in INDICATORS:
        return label(texts.WATCHED_ROWS[what])
    return names.get(("indicator", what, "name"), what)
