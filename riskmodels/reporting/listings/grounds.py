"""What a rating rests on, in words: the quarter's own cases, earlier quarters, or too little of either."""

from collections.abc import Mapping
from typing import Any

from riskmodels.catalogue import format_value
from riskmodels.display import shown_few
from riskmodels.labels import label, rating_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.indicators import indicator_names
from riskmodels.scorecard import Scorecard

_NOISY = 2.0  # times as much as chance alone: from here on it is said
_WIDER = 1.25  # times as wide as a unit's interval
_MOST_NAMED = 3  # indicators named in a sentence; a choice

_WORDS = {
    "quarter": "the quarter; probability {chance}",
    "earlier": "earlier quarters, with which it is {figure}; probability {chance}",
    "despite": "earlier quarters; the quarter alone is {figure}; probability {chance}",
    "held": "held from the quarter before; probability {chance}",
    "few": "fewer than five cases",
    "against": "{figure} speaks against it; probability beyond amber {amber}, red {red}",
    "open": "probability beyond amber {amber}",
}
_SCORED = {
    "quarter": "its indicators; probability {chance}",
    "few": "no indicator has enough evidence for a colour",
    "against": "its own cases speak against it; probability beyond amber {amber}, red {red}",
}


def basis_of(row: Mapping[Any, Any]) -> str:
    """Say what the rating of an indicator rests on; a dash where there is no limit."""
    if not row["rating"]:
        return "–"
    return label(
        _WORDS[row["basis"]], figure=format_value(row["indicator_id"], row["figure"]), **_chances(row)
    )


def basis_of_score(row: Mapping[Any, Any]) -> str:
    """Say what the rating of a score rests on."""
    words = _SCORED.get(row["basis"], _WORDS[row["basis"]])
    return label(words, **_chances(row))


def rating_cell(row: Mapping[Any, Any]) -> str:
    """Name the rating of an indicator, or say that it has no limit."""
    return rating_label(row["rating"]) if row["rating"] else label("no limit")


def interval_reasons(card: Scorecard, policy: Policy) -> list[str]:
    """Say why intervals of the whole bank are wide, and why some are wider than those of units."""
    bank, names = card.bank, indicator_names(policy)
    noisy = bank[bank["dispersion"] >= _NOISY].sort_values("dispersion", ascending=False, kind="stable")
    width = card.units["upper"] - card.units["lower"]
    least = width.groupby(card.units["indicator_id"]).min().reindex(bank["indicator_id"]).to_numpy(float)
    wider = bank[(bank["upper"] - bank["lower"]).to_numpy(float) > _WIDER * least]
    varied = [
        label("{name} ({times:.0f} times)", name=names[row["indicator_id"]], times=row["dispersion"])
        for row in noisy.to_dict("records")
    ]
    said = {
        "Intervals allow for months that vary more than chance alone, most in: {names}.": varied,
        "Units rest on earlier quarters and peers too, the bank on this quarter alone, so that its interval"
        " is wider than some of theirs in: {names}.": [names[one] for one in wider["indicator_id"]],
    }
    return [label(text, names=shown_few(listed, _MOST_NAMED)) for text, listed in said.items() if listed]


def _chances(row: Mapping[Any, Any]) -> dict[str, str]:
    amber, red = row["p_amber"], row["p_red"]
    chance = {"red": red, "green": 1 - amber}.get(row["rating"], amber)
    return {"chance": f"{chance:.0%}", "amber": f"{amber:.0%}", "red": f"{red:.0%}"}
