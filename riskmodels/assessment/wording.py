"""Make words of facts, in the language in use, and of nothing else."""

import json
import math
from collections.abc import Mapping

import pandas as pd

from riskmodels.assessment import templates
from riskmodels.assessment.figures import Facts, Names, shown_figures
from riskmodels.assessment.template import Template
from riskmodels.assessment.templates import TEMPLATES
from riskmodels.assessment.templates_incidents import case_of_incident
from riskmodels.effects.verdicts import NO_EFFECT, WORSE
from riskmodels.labels import label, language, marked, plain_label

LIKELY = 0.5  # likelier than not
_OF_LIMIT, _OF_INDICATOR = marked("{subject}: {what}"), marked("{subject}: {what} ({rule})")
_REMEDY = ("cause", "consequence", "corrective_action", "owner")
WORDS = ("subject_name", "criterion", "condition", "evidence", *_REMEDY)


def words_of(facts: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Say in words what each fact says.

    Parameters
    ----------
    facts, names : DataFrame
        As in ``Findings``.

    Returns
    -------
    DataFrame
        One row per fact, its columns ``WORDS``.
    """
    known = in_language(names)
    rows = [_worded(row | json.loads(row["figures"]), known) for row in facts.to_dict("records")]
    return pd.DataFrame(rows, columns=list(WORDS), index=facts.index, dtype="str")


def titles_of(facts: pd.DataFrame, names: pd.DataFrame) -> list[str]:
    """Name each fact in a few words: what it is about, and the indicator or else the rule."""
    known = in_language(names)
    return [_title(row | json.loads(row["figures"]), known) for row in facts.to_dict("records")]


def case_of(facts: Facts) -> str:
    """Choose the condition that the figures themselves bear out."""
    rule, severity = facts["rule"], facts["severity"]
    if facts["subject_kind"] == "units" or (rule == "customer_gap" and not facts["indicator_id"]):
        return "summary"
    if rule in ("bank_limit", "unit_limit"):
        return _case_of_limit(facts)
    if facts["subject_kind"] == "incident":
        return case_of_incident(facts)
    special = {
        "short": facts.get("is_short", False),
        "unknown": rule == "objective" and "reason" in facts,
        "worse": rule == "action_effect" and facts.get("verdict") == WORSE,
        "no_effect": rule == "action_effect" and facts.get("verdict") == NO_EFFECT,
        "over": rule == "objective" and facts.get("months_left") == 0,
        "impossible": facts.get("is_beyond_all", False),
        "no_forecast": rule == "forecast_missed" and not facts["origin"],
        "value": rule == "complaints_rise" and math.isfinite(facts["limit"]),
        "both": bool(facts.get("silent_months") and facts["unknown_months"]),
        "silent": bool(facts.get("silent_months")),
        "unapplied": not facts.get("is_applied", True),
        "partly": facts.get("is_over", False) and bool(facts["partly"]),
        "passed": rule == "scenario" and _turns_nothing(facts),
        "probable": rule == "unit_score" and facts["value"] < facts["limit"],
    }
    usual = severity if severity in TEMPLATES[rule].conditions else "value"
    return next((case for case, holds in special.items() if holds), usual)


def _turns_nothing(facts: Facts) -> bool:
    """Tell whether a scenario applies, in part alone or to calls alone, and turns no indicator red."""
    in_part = facts["severity"] == "unclear" and facts["moved"] > 0
    return bool(in_part or (facts.get("calls") and not facts["turned"]))


def _case_of_limit(facts: Facts) -> str:
    worse = math.copysign(1, facts["red"] - facts["amber"])
    value, estimate = ((facts[name] - facts["limit"]) * worse > 0 for name in ("value", "estimate"))
    if facts["severity"] == "unclear":
        return "unclear"
    if facts["severity"] == "passed":
        return "estimated_inside" if value else "inside"
    if value:
        return "value"
    if math.isnan(facts["value"]):
        return "remembered" if estimate else "unseen"
    return "estimate" if estimate else "probable"


def in_language(names: pd.DataFrame) -> Names:
    """Return the text of each name in the language in use; where there is none, in English."""
    preferred = names["language"].map({"en": 1, "": 1} | {language(): 2}).fillna(0)
    ordered = names.assign(preferred=preferred).sort_values("preferred", kind="stable")
    keys = zip(ordered["kind"], ordered["id"], ordered["field"], strict=True)
    return dict(zip(keys, ordered["text"], strict=True))


def _worded(facts: Facts, names: Names) -> dict[str, str]:
    facts = {name: math.nan if value is None else value for name, value in facts.items()}
    template, case = TEMPLATES[facts["rule"]], case_of(facts)
    shown = shown_figures(facts, template, names)
    alone = (
        case in ("summary", "unknown") or _is_not_judged(facts) or _has_no_entry(facts)
    )  # without figures of its own
    asked = template.criterion_of_all if facts["subject_kind"] == "units" else template.criterion
    return {
        "subject_name": label(templates.SUBJECTS[facts["subject_kind"]], shown).rstrip(": "),
        "criterion": label(asked, shown),
        "condition": label(template.conditions[case], shown) + ("" if alone else _more(facts, shown)),
        "evidence": "" if alone else label(template.evidence, shown) + _left_out(facts, shown),
        **_remedy(facts, shown, template, names),
    }


def _title(facts: Facts, names: Names) -> str:
    facts = {name: math.nan if value is None else value for name, value in facts.items()}
    shown = shown_figures(facts, TEMPLATES[facts["rule"]], names)
    subject = label(templates.SUBJECTS[facts["subject_kind"]], shown).rstrip(": ")
    if facts["subject_kind"] in ("alarm", "risk", facts["rule"]):  # which say what it is
        return subject
    rule = plain_label(facts["rule"])
    if not facts["indicator_id"]:
        return label(_OF_LIMIT, subject=subject, what=rule)
    words = _OF_LIMIT if facts["rule"].endswith("_limit") else _OF_INDICATOR
    return label(words, subject=subject, what=shown["indicator"], rule=rule)


def _is_not_judged(facts: Facts) -> bool:
    return facts["subject_kind"] in ("action", "incident", "elsewhere") and not facts["subject"]


def _has_no_entry(facts: Facts) -> bool:
    return str(facts["rule"]).startswith("unregistered") and not facts["subject"]


def _more(facts: Facts, shown: Mapping[str, str]) -> str:
    """Say besides that red is likely, that a rating is held, and where the whole bank is."""
    likely_red = facts["severity"] != "red" and facts.get("p_red", 0) >= LIKELY
    parts = [
        label(templates.LIKELY_RED, shown) if facts["rule"] == "unit_limit" and likely_red else "",
        label(templates.HELD) if facts.get("basis") == "held" else "",
        label(templates.BANK, shown) if math.isfinite(facts.get("bank", math.nan)) else "",
    ]
    return "".join(parts)


def _left_out(facts: Facts, shown: Mapping[str, str]) -> str:
    """Say how many cases a rate leaves out; nothing where it is complete."""
    many = facts.get("left_out", 0)
    return label(templates.ONE_LEFT_OUT if many == 1 else templates.LEFT_OUT, shown) if many else ""


def _remedy(facts: Facts, shown: Mapping[str, str], template: Template, names: Names) -> dict[str, str]:
    """Cause, consequence, corrective action and owner: the rule's own, or the register's."""
    if facts["severity"] in ("passed", "unclear"):
        return dict.fromkeys(_REMEDY, "")
    if template.remedy:
        return {name: label(template.remedy[name], shown) for name in _REMEDY}
    risk, mends = str(facts.get("risk", "")), str(facts.get("mends", ""))
    found = {name: names.get(("risk", risk, name), "") for name in _REMEDY}
    found["corrective_action"] = names.get(("remedy", f"{risk}/{mends}", "corrective_action"), "")
    if not found["cause"]:
        return dict.fromkeys(_REMEDY, label(templates.FROM_REGISTER))
    return found | {"cause": label(templates.PRESUMED, cause=found["cause"])}
