"""What a scenario does to enquiries and calls, as a table to be read."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskmodels.display import Listing, shown_portion
from riskmodels.labels import label, marked, plain_label, space
from riskmodels.stresstest import StressTest
from riskmodels.stresstest.outcome import LIKELY

_NONE = marked(
    "What the scenario does to calls is not known: there is no table of enquiries and no profile of a day in"
    " the capacity file, or complaints are not forecast by month."
)
_MEANINGS = {
    "served_within": marked("of the calls that are answered, at least {limit} within {minutes} minutes"),
    "offered_within": marked("of all calls, at least {limit} answered within {minutes} minutes"),
    "not_abandoned": marked("of all calls, at least {limit} answered at last"),
}


def list_calls(test: StressTest) -> Listing:
    """List calls under a scenario, month by month: how many come, are answered in time and given up."""
    if test.calls.empty:
        return Listing(sentence=label(_NONE), frame=pd.DataFrame())
    teams = test.calls.groupby("team", sort=False)
    sentences = [_sentence(str(team), rows) for team, rows in teams]
    several = len(teams) > 1
    answered = bool(test.calls["meaning"].ne("").any())
    listed = [
        {
            **({"Team": plain_label(row["team"])} if several else {}),
            "Month": row["period"],
            "Calls": f"{row['calls_without']:,.0f} → {row['calls_with']:,.0f}",
            "90% interval": label("{calls_lower:,.0f} to {calls_upper:,.0f}", row),
            **(_shares(row) if answered else {}),
        }
        for row in test.calls.to_dict("records")
    ]
    return Listing(sentence=space().join(sentences), frame=pd.DataFrame(listed))


def _shares(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """Write the shares of a month; nothing where nobody says who answers."""
    known = row["meaning"] != ""
    interval = f"{row['level_lower']:.0%} to {row['level_upper']:.0%}"
    needed = "> × 4" if pd.isna(row["staff_needed"]) else f"× {row['staff_needed']:.3g}"
    return {
        "In time, of all calls": pair_of(row, "offered_within"),
        "In time, of those answered": pair_of(row, "served_within"),
        "Answered at last": pair_of(row, "not_abandoned"),
        "90% interval of the one that is meant": interval if known else "–",
        "Probability that the limit is missed": pair_of(row, "missed"),
        "People needed": needed if known else "–",
    }


def pair_of(row: Mapping[Hashable, Any], name: str) -> str:
    """Write a share without and with the scenario, where it is known."""
    without, with_ = row[f"{name}_without"], row[f"{name}_with"]
    return "–" if pd.isna(with_) else f"{shown_portion(without)} → {shown_portion(with_)}"


def _sentence(team: str, rows: pd.DataFrame) -> str:
    """Say what is meant, how often it is missed, and what was seen; or what is lacking to say so."""
    first = rows.iloc[0]
    seen = ""
    if pd.notna(first["seen_given_up"]):
        words = marked(" Last year {share} of the calls were given up.")
        seen = label(words, share=shown_portion(first["seen_given_up"], 1))
    if not first["meaning"]:
        words = marked(
            "{team}: calls are counted alone; who would wait is not known, as the capacity file does not give"
            " its people, handling and patience minutes.{seen}"
        )
        return label(words, team=plain_label(team), seen=seen)
    minutes = first["within_minutes"]
    meant = label(
        _MEANINGS[first["meaning"]],
        limit=shown_portion(first["limit"]),
        minutes="" if pd.isna(minutes) else f"{minutes:g}",
    )
    words = marked(
        "{team}: {meant} is meant; it is likelier missed than not in {with_} of {months} months, against"
        " {without} without the scenario. Shares are computed to {error} points.{seen}"
    )
    counts = {name: int((rows[f"missed_{name}"] >= LIKELY).sum()) for name in ("with", "without")}
    figures = {"with_": counts["with"], "without": counts["without"], "months": len(rows)}
    error = f"{max(100 * first['error'], 0.1):.1f}"
    return label(words, team=plain_label(team), meant=meant, error=error, seen=seen, **figures)
