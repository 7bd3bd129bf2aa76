"""Objectives of the year: how likely each is met, what would meet it, what has moved that."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment.figures import shown_change, shown_probability
from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.catalogue.computation import reasons_of
from riskmodels.display import Listing
from riskmodels.labels import commas, label, marked, say, space
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.indicators import indicator_names
from riskmodels.surveillance import Objectives
from riskmodels.surveillance.objectives import is_settled, reach_of, verdict_of

_POINTS = 100  # in a share of one
_LEAST = 0.5  # points that are written
_PARTS = (
    ("by_time", marked("less time {points:+.0f}")),
    ("by_news", marked("what came {points:+.0f}")),
    ("by_model", marked("estimated anew {points:+.0f}")),
    ("by_revision", marked("revised {points:+.0f}")),
)
_COLUMNS = [
    "Indicator",
    "Wanted",
    "Year before → objective",
    "So far",
    "Expected for the year (90% interval)",
    "Probability of meeting it (the quarter before)",
    "Needed in what is left",
    "Moved by [points]",
]


def list_objectives(objectives: Objectives, policy: Policy) -> Listing:
    """List the objectives of the year, the least likely first, in the units of their indicators."""
    names = indicator_names(policy)
    ordered = objectives.table.sort_values("probability", kind="stable").to_dict("records")
    listed = [_listed(row, names, policy) for row in ordered]
    lacking = [
        dict.fromkeys(_COLUMNS, "–")
        | {"Indicator": names.get(name, name), _COLUMNS[5]: label("unknown: {reason}", reason=say(reason))}
        for name, reason in reasons_of(objectives.unavailable).items()
    ]
    frame = pd.DataFrame([*listed, *lacking], columns=_COLUMNS)
    return Listing(sentence=f"{objectives.sentence}{_beyond_all(objectives, names, policy)}", frame=frame)


def _listed(row: Mapping[Any, Any], names: Mapping[str, str], policy: Policy) -> dict[str, str]:
    one = row["indicator_id"]
    shown = {name: format_value(one, value) for name, value in row.items() if isinstance(value, float)}
    unit = "" if INDICATORS[one].is_share else f" [{label(INDICATORS[one].unit)}]"
    chance, before = shown_chance(row), shown_probability(row["probability_before"])
    return {
        "Indicator": f"{names.get(one, one)}{unit}",
        "Wanted": shown_change(row["change"]),
        "Year before → objective": f"{shown['base']} → {shown['target']}",
        "So far": shown["so_far"],
        "Expected for the year (90% interval)": f"{shown['expected']} ({shown['lower']} – {shown['upper']})",
        "Probability of meeting it (the quarter before)": f"{chance} ({before}): {verdict_of(row)}",
        "Needed in what is left": _needed(row, shown["needed"], policy),
        "Moved by [points]": _moved(row),
    }


def shown_chance(row: Mapping[Any, Any]) -> str:
    """Write the probability of meeting an objective: where it is settled it is none or all."""
    return f"{row['probability']:.0%}" if is_settled(row) else shown_probability(row["probability"])


def _needed(row: Mapping[Any, Any], shown: str, policy: Policy) -> str:
    one = row["indicator_id"]
    upwards = policy.indicator(one).direction == "higher_is_better"
    words = {
        "open": shown,
        "out_of_reach": label("out of reach"),
        "met_anyway": label("met whatever comes"),
        "over": "–",
    }
    return words[reach_of(row["needed"], upwards=upwards, share=INDICATORS[one].is_share)]


def _moved(row: Mapping[Any, Any]) -> str:
    """Write what has moved the probability, in points; parts below half a point are left out."""
    points = [(words, _POINTS * row[name]) for name, words in _PARTS]
    return commas(label(words, points=part) for words, part in points if abs(part) >= _LEAST) or "–"


def _beyond_all(found: Objectives, names: Mapping[str, str], policy: Policy) -> str:
    """Name the objectives that ask for more than all; nothing where none does."""
    beyond = [
        names.get(row["indicator_id"], row["indicator_id"])
        for row in found.table.to_dict("records")
        if INDICATORS[row["indicator_id"]].is_share
        and policy.indicator(row["indicator_id"]).direction == "higher_is_better"
        and row["target"] > 1
    ]
    return space() + label("More than all is wanted of: {names}.", names=commas(beyond)) if beyond else ""
