"""What a rating rests on, in words: the quarter's own cases, earlier quarters, or too little of either."""

from collections.abc import Mapping
from typing import Any

from riskmodels.catalogue import format_value
from riskmodels.labels import label, rating_label

_WORDS = {
    "quarter": "the quarter; probability {chance}",
    "earlier": "earlier quarters, with which it is {figure}; probability {chance}",
    "held": "held from the quarter before; probability {chance}",
    "few": "fewer than five cases",
    "against": "{figure} speaks against it; probability beyond amber {amber}, red {red}",
    "open": "probability beyond amber {amber}",
}
_AGAINST_QUARTER = "earlier quarters; the quarter alone is {figure}; probability {chance}"
_SCORED = {
    "few": "no indicator has enough evidence for a colour",
    "against": "its own cases speak against it; probability beyond amber {amber}, red {red}",
}


def basis_of(row: Mapping[Any, Any]) -> str:
    """Say what the rating of an indicator rests on; a dash where there is no limit."""
    if not row["basis"]:
        return "–"
    words = _WORDS[row["basis"]]
    if row["basis"] == "earlier" and row["rating"] == "green" and _beyond(row):
        words = _AGAINST_QUARTER
    return label(words).format(figure=format_value(row["indicator_id"], row["figure"]), **_chances(row))


def basis_of_score(row: Mapping[Any, Any]) -> str:
    """Say what the rating of a score rests on."""
    words = _SCORED.get(row["basis"], _WORDS[row["basis"]])
    return label(words).format(**_chances(row))


def rating_cell(row: Mapping[Any, Any]) -> str:
    """Name the rating of an indicator, or say that it has no limit."""
    return rating_label(row["rating"]) if row["rating"] else label("no limit")


def _beyond(row: Mapping[Any, Any]) -> bool:
    """Tell whether the figure of a row is beyond amber."""
    worse = 1 if row["red"] > row["amber"] else -1
    return bool((row["figure"] - row["amber"]) * worse > 0)


def _chances(row: Mapping[Any, Any]) -> dict[str, str]:
    amber, red = row["p_amber"], row["p_red"]
    chance = {"red": red, "green": 1 - amber}.get(row["rating"], amber)
    return {"chance": f"{chance:.0%}", "amber": f"{amber:.0%}", "red": f"{red:.0%}"}
