"""Write the figures and names of a fact for its words."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment import templates
from riskmodels.assessment.alarm_figures import words_of_alarm
from riskmodels.assessment.template import Template
from riskmodels.assessment.templates_actions import words_of_action
from riskmodels.assessment.templates_due import words_of_due, words_of_lapsed
from riskmodels.assessment.templates_incidents import words_of_incident
from riskmodels.backtesting.review_words import part_name
from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.display import shown_portion, shown_text, shown_thousands, shown_unit
from riskmodels.labels import (
    clauses,
    commas,
    counted,
    label,
    marked,
    plain_label,
    rating_label,
    say,
    space,
    titled,
)
from riskmodels.register.booked import made_of
from riskmodels.tables.coverage import lacking_sentence

Facts = Mapping[str, Any]
Names = Mapping[tuple[str, str, str], str]  # text by kind, identifier and field

_OF_UNIT = ("value", "estimate", "limit", "lower", "upper", "amber", "red", "bank")
_PROBABILITIES = ("probability", "p_before", "p_amber", "p_red", "p_chosen")
_MORE = 7  # significant digits, where four do not distinguish a figure from its limit
_SURE = 0.995  # probability; shown as more than 99 %
_POINTS = 100.0  # in a share of one
_LEAST_P = 0.0005  # p-value; shown as less than .001


def shown_figures(facts: Facts, template: Template, names: Names) -> dict[str, str]:
    """Write every figure and name of a fact."""
    shown = {name: value if isinstance(value, str) else shown_text(value) for name, value in facts.items()}
    shown |= {name: _figure(facts, template.unit, facts[name]) for name in _OF_UNIT if name in facts}
    shown |= {name: shown_text(float(facts[name])) for name in template.counts if name in facts}
    shown |= {name: f"{facts[name]:.1%}" for name in template.shares if name in facts}
    shown |= {name: shown_probability(facts[name]) for name in _PROBABILITIES if name in facts}
    shown |= _named(facts, names)
    shown |= _parts(facts, names)
    beyond = "red" if facts["severity"] == "red" else "amber"
    shown["p_limit"] = shown_probability(facts.get(f"p_{beyond}", math.nan))
    return _distinguished(facts, shown) | {"severity": rating_label(beyond).lower()}


def _distinguished(facts: Facts, shown: dict[str, str]) -> dict[str, str]:
    """Write a value, or an estimate, with more digits where it reads like the limit and is not it."""
    alike = [
        name
        for name in ("value", "estimate")
        if shown.get(name) == shown.get("limit")
        and facts.get(name) != facts.get("limit")
        and facts["indicator_id"]
    ]
    return shown | {name: format_value(facts["indicator_id"], facts[name], digits=_MORE) for name in alike}


def shown_change(change: float) -> str:
    """Write a change that is wanted, as exactly as it was set.

    >>> shown_change(0.2), shown_change(-0.125), shown_change(0.005)
    ('+20%', '-12.5%', '+0.5%')
    """
    return f"{_POINTS * change:+.4g}%"


def shown_probability(value: float) -> str:
    """Write a probability: a simulated one is never quite 0 or 1.

    >>> shown_probability(0.8123), shown_probability(1.0), shown_probability(0.001)
    ('81%', 'more than 99%', 'less than 1%')
    """
    if math.isnan(value):
        return "–"
    if value >= _SURE:
        return label("more than 99%")
    return label("less than 1%") if value < 1 - _SURE else f"{value:.0%}"


def _figure(facts: Facts, unit: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    if unit == "indicator" and facts["indicator_id"]:
        return format_value(facts["indicator_id"], value)
    if unit == "share":
        return f"{value:.2%}"
    return shown_thousands(value) if unit == "thousand" else f"{value:,.0f}"


def _named(facts: Facts, names: Names) -> dict[str, str]:
    """Name the subject and the indicator."""
    kind, subject, indicator = facts["subject_kind"], facts["subject"], facts["indicator_id"]
    shown = {
        "name": subject,
        "indicator": names.get(("indicator", indicator, "name"), indicator),
        "standard": label(names.get(("indicator", indicator, "standard"), "")),
        "unit": _unit(indicator),
        "source": label(str(facts.get("source", ""))),
        "set_by": label(str(facts.get("set_by", names.get(("indicator", indicator, "set_by"), "")))),
    }
    if kind == "unit":
        shown["name"] = shown_unit(subject, names.get(("unit", subject, "name"), subject))
    elif kind == "scenario":
        scenario, _, severity = subject.partition(":")
        name = names.get(("scenario", scenario, "name"), scenario)
        at = label("{name} ({severity})", name=name, severity=label(severity))
        shown["name"] = at if severity else name
    elif kind == "customer_group":
        shown["name"] = plain_label(subject)
        group = plain_label(facts["reference"] or "all other")
        shown["others"] = label(templates.CUSTOMERS, group=group)
    elif kind == "names":
        shown["name"] = label(subject)
    elif kind in ("loss_type", "theme"):
        shown["name"] = plain_label(subject)
    elif kind == "risk":
        shown["name"] = names.get(("risk", subject, "name"), subject)
    return shown


_BASES = {"elicited": marked("opinion"), "losses": marked("booked losses")}


def _basis(source: str, names: Names) -> str:
    """Name what a figure of a risk rests on: opinion, losses, or an indicator."""
    return label(_BASES[source]) if source in _BASES else names.get(("indicator", source, "name"), source)


def _unit(indicator_id: str) -> str:
    """Return the unit of an indicator as it stands behind a value; shares have theirs already."""
    if not indicator_id or INDICATORS[indicator_id].is_share:
        return ""
    return space() + label(INDICATORS[indicator_id].unit)


def _parts(facts: Facts, names: Names) -> dict[str, str]:
    """Write the figures that are lists, and numbers of things."""
    if facts["subject_kind"] == "units":
        return _of_units(facts, names)
    if named := _WITH_NAMES.get(facts["rule"]):
        return named(facts, names)
    if facts["subject_kind"] == "incident":
        return words_of_incident(facts)
    write = _LISTS.get(facts["rule"])
    return write(facts) if write else {}


def _of_scenario(facts: Facts, names: Names) -> dict[str, str]:
    turned = []
    for row in facts["turned"]:
        one = row["indicator_id"]
        figures = {name: format_value(one, row[name]) for name in ("before", "after")}
        turned.append(
            label(templates.TURNED, indicator=names.get(("indicator", one, "name"), one), **figures)
        )
    chances = sorted(row["p_red"] for row in facts["turned"])
    ends = dict.fromkeys(shown_probability(chance) for chance in (chances[:1] + chances[-1:]))
    products = commas(map(plain_label, facts["unapplied"]))
    return {
        "count": str(len(turned)),
        "turned": commas(turned),
        "chances": label(templates.CHANCES, chances=label(" to ").join(ends)) if ends else "",
        "unapplied": label(templates.UNAPPLIED, products=products) if products else "",
        "calls": "".join(_missed(row) for row in facts.get("calls", ())),
    }


def _missed(row: Mapping[str, Any]) -> str:
    """Say which team misses the service level of its calls."""
    shares = {name: shown_portion(row[name], 1) for name in ("level", "limit")}
    team = {"team": plain_label(row["team"])}
    return label(templates.MISSED, months=row["months"], of=row["of"], **shares, **team)


def _of_plan(facts: Facts, names: Names) -> dict[str, str]:
    """Say what a plan lacks, or that none are known."""
    if facts["subject_kind"] == "plans":
        scenarios = (names.get(("scenario", one, "name"), one) for one in facts["scenarios"])
        return {"rests": label(templates.SCENARIOS_RUN, scenarios=commas(scenarios))}
    held = facts["held_on"] or label("none")
    gaps = names.get(("plan", facts["subject"], "gaps"), "")
    problems = (label(templates.UNPREPARED[one], facts, gaps=gaps) for one in facts["problems"])
    owner = names.get(("plan", facts["subject"], "owner"), "") or label("nobody")
    rests = label(templates.PLAN, facts, held=held, owner=owner)
    return {"problems": clauses(problems), "rests": rests}


def _of_units(facts: Facts, names: Names) -> dict[str, str]:
    worst = [
        label(
            templates.ESTIMATED,
            name=shown_unit(row["unit_id"], names.get(("unit", row["unit_id"], "name"), row["unit_id"])),
            estimate=_figure(facts, "indicator", row["estimate"]),
        )
        for row in facts.get("worst", ())  # of earlier versions there is none
    ]
    return {
        "units": counted(facts["rated"], "unit", "units"),
        "worst": label(templates.WORST, units=commas(worst)) if worst else "",
    }


def _of_gap(facts: Facts) -> dict[str, str]:
    """Write differences of shares in points."""
    tolerance = {"tolerance": f"{_POINTS * facts['tolerance']:.1f}"}
    if not facts["indicator_id"]:
        return tolerance
    points = {name: f"{_POINTS * facts[name]:+.1f}" for name in ("difference", "lower", "upper")}
    p = facts["p_adjusted"]
    return points | tolerance | {"p_adjusted": label("less than 0.001") if p < _LEAST_P else f"{p:.3f}"}


def _of_risk(facts: Facts, names: Names) -> dict[str, str]:
    """Say what of the loss is booked, what is opinion and what is priced, and where its parts are from."""
    return {"parts": made_of(facts)} | {
        name: _basis(facts[name], names) for name in ("frequency_from", "impact_from") if name in facts
    }


def _of_outlook(facts: Facts) -> dict[str, str]:
    """Name the periods by their kind: 2026-10, 2026Q4 or 2026."""
    first = facts["first"]
    return {"periods": label("months" if "-" in first else "quarters" if "Q" in first else "years")}


def _of_objective(facts: Facts) -> dict[str, str]:
    """Write values of an objective, the change it wants with its sign, and what is left must come to."""
    if "reason" in facts:
        return {"reason": say(facts["reason"]), "change": shown_change(facts["change"])}
    values = {name: format_value(facts["indicator_id"], facts[name]) for name in ("base", "so_far", "needed")}
    rest = label(templates.REST[facts["reach"]], needed=values["needed"])
    return values | {"change": shown_change(facts["change"]), "rest": rest}


def _of_review(facts: Facts) -> dict[str, str]:
    """Name the parts of a surprise that stand out."""
    named = [f"{part_name(row)} {row['surprise']:+z,.0f}" for row in facts.get("parts", ())]
    rests = templates.LOGGED if "observed" in facts else templates.FORECAST_UNTIL
    if not facts["origin"]:
        rests = templates.NO_FORECAST
    return {
        "complaints": counted(facts["value"], "complaint", "complaints"),
        "parts": label(templates.BEYOND, parts=commas(named)) if named else "",
        "rests": label(rests, facts, observed=shown_text(facts.get("observed", math.nan))),
    }


def _of_changes(facts: Facts) -> dict[str, str]:
    months = [
        label(
            templates.MONTH,
            {name: shown_text(value) for name, value in row.items()}
            | {"month": row["month"] or label(templates.OF_ALL)},
        )
        for row in facts["rewritten"]
    ]
    if facts["more"]:
        months.append(label(templates.MORE_MONTHS, more=facts["more"]))
    return {"rewritten": clauses(months)}


def _of_checks(facts: Facts) -> dict[str, str]:
    failed = [space().join(filter(None, [row["column"], label(row["dimension"])])) for row in facts["failed"]]
    return {"failed": commas(failed)}


def _of_unused(facts: Facts) -> dict[str, str]:
    return {"unused": commas(f"{name} ({rows:,})" for name, rows in facts["unused"].items())}


def _of_unmatched(facts: Facts) -> dict[str, str]:
    """Write the names by what becomes of the figures, each once, and where all are."""
    names: dict[str, dict[str, None]] = {}
    for row in facts["unmatched"]:
        shown = label(templates.UNMATCHED, row) if row["likely_match"] else row["name"]
        names.setdefault(say(row["effect"]), {})[shown] = None
    where = dict.fromkeys(row["where"] for row in facts["unmatched"])
    groups = [titled(commas(shown), effect) for effect, shown in names.items()]
    return {"unmatched": clauses(groups), "where": clauses(where)}


def _of_lacking(facts: Facts) -> dict[str, str]:
    return {"lacking": clauses(titled(name, say(reason)) for name, reason in facts["lacking"].items())}


def _of_period(facts: Facts) -> dict[str, str]:
    """Say which months are not known; in facts of earlier versions it is said already."""
    partly = facts["partly"]
    if isinstance(partly, str):
        return {"partly": partly}
    return {"partly": lacking_sentence(pd.DataFrame(partly), facts["period"])}


_WITH_NAMES: dict[str, Callable[[Facts, Names], dict[str, str]]] = {
    "alarm": words_of_alarm,
    "contingency_plan": _of_plan,
    "risk_appetite": _of_risk,
    "scenario": _of_scenario,
    "watching": words_of_alarm,
}
_LISTS: dict[str, Callable[[Facts], dict[str, str]]] = {
    "customer_gap": _of_gap,
    "action_effect": words_of_action,
    "action_overdue": words_of_due,
    "finding_overdue": words_of_due,
    "lapsed": words_of_lapsed,
    "complaints_rise": _of_outlook,
    "objective": _of_objective,
    "forecast_missed": _of_review,
    "rewritten_rows": _of_changes,
    "failed_checks": _of_checks,
    "unused_observations": _of_unused,
    "unmatched_names": _of_unmatched,
    "lacking_indicators": _of_lacking,
    "unfinished_quarter": _of_period,
}
