"""Corrective actions: which worked, what they changed, and when to look again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_text, without_blank
from riskmodels.effects import Effects
from riskmodels.effects.verdicts import NO_EFFECT, NOT_YET, UNKNOWN, VERDICTS, WORKED, WORSE
from riskmodels.labels import commas, counted, label, plain_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.indicators import indicator_names

_ORDER = (WORSE, WORKED, NO_EFFECT, NOT_YET)
_COLUMNS = [
    "Action",
    "Unit",
    "Indicator",
    "Closed",
    "Verdict",
    "Change of events (95% interval)",
    "Came / expected without it",
    "By its own past",
    "Nothing adjusted",
    "Units without it that fell as far",
    "Cost per event avoided",
]


def list_effects(effects: Effects, policy: Policy) -> Listing:
    """List the actions with a verdict, now or to come; changes are of events that should be fewer."""
    names = indicator_names(policy)
    judged = effects.table[~_too_small(effects.table) & (effects.table["verdict"] != UNKNOWN)]
    place = judged["verdict"].map({one: number for number, one in enumerate(_ORDER)})
    ordered = judged.assign(place=place).sort_values(["place", "p_value"], kind="stable")
    rows = [_listed(row, names) for row in ordered.to_dict("records")]
    frame = without_blank(pd.DataFrame(rows, columns=_COLUMNS), "Cost per event avoided")
    return Listing(sentence=effects.sentence, frame=frame)


def list_unjudged_actions(effects: Effects) -> Listing:
    """Count the actions without a verdict, now or within three years, by reason."""
    small = _too_small(effects.table)
    rows = effects.table[small | (effects.table["verdict"] == UNKNOWN)]
    reason = rows["reason"].mask(small, label("what is hoped for would not be seen within three years"))
    groups = rows.groupby(reason, sort=False)["action_id"]
    listed = [{"Reason": reason, "Actions": len(ids), "Which": commas(ids)} for reason, ids in groups]
    listed.sort(key=lambda row: -row["Actions"])
    figures = {
        "number": counted(len(rows) - small.sum(), "action", "actions"),
        "small": counted(small.sum(), "action", "actions"),
    }
    words = label("Cannot be judged: {number}; no evidence yet, nor within three years: {small}.", figures)
    return Listing(sentence=words, frame=pd.DataFrame(listed, columns=["Reason", "Actions", "Which"]))


def _too_small(actions: pd.DataFrame) -> pd.Series:
    """Mark the actions that wait for evidence which will not come within three years."""
    return (actions["verdict"] == NOT_YET) & (actions["look_again"] == "")


def _listed(row: Mapping[Any, Any], names: Mapping[str, str]) -> dict[str, str]:
    one = row["indicator_id"]
    verdict = label(VERDICTS[row["verdict"]])
    if row["verdict"] == NOT_YET:
        verdict += label(": ") + label(
            "look again in {month} ({power:.0%})", month=row["look_again"], power=row["power_then"]
        )
    if row["reason"]:
        verdict += label("; ") + row["reason"]
    changes = [_change(row[name]) for name in ("estimate", "lower", "upper")]
    return {
        "Action": f"{row['action_id']} {plain_label(row['measure'])}",
        "Unit": row["units"],
        "Indicator": names.get(one, one),
        "Closed": f"{row['closed_on']:%Y-%m-%d}",
        "Verdict": verdict,
        "Change of events (95% interval)": f"{changes[0]} ({changes[1]} – {changes[2]})",
        "Came / expected without it": f"{row['observed']:,.0f} / {row['expected']:,.1f}",
        "By its own past": _change(row["own_estimate"]),
        "Nothing adjusted": _change(row["naive_estimate"]),
        "Units without it that fell as far": "–"
        if np.isnan(row["placebo_space"])
        else f"{row['placebo_space']:.0%}",
        "Cost per event avoided": shown_text(row["cost_per_event"]),
    }


def _change(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{value:+z.0%}"
