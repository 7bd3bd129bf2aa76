"""What satisfaction goes with, who answered, and the satisfaction index, in words and points."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.causes.index import SatisfactionIndex
from riskmodels.causes.satisfaction import SOURCES, SatisfactionDrivers, driver_words
from riskmodels.display import Listing, shown_portion
from riskmodels.labels import label, local, plain_label, say

_LEAST_P = 0.001  # smaller p-values rest on tails that no approximation tells


def list_drivers(drivers: SatisfactionDrivers) -> Listing:
    """List what satisfaction goes with, the clearest first, and then what cannot be told and why."""
    told = [
        {
            "Answers of": label(SOURCES[row["source"]]),
            "Goes with": driver_words(row),
            "Answers": f"{row['answers']:,d}",
            "Satisfied": "–" if pd.isna(row["satisfied_share"]) else f"{row['satisfied_share']:.1%}",
            "Points of satisfied": f"{row['points']:+z.1f}",
            "90% interval": f"{row['lower']:+z.1f} – {row['upper']:+z.1f}",
            "Adjusted p-value": "< 0.001" if row["p_adjusted"] < _LEAST_P else f"{row['p_adjusted']:.3f}",
            "Odds ratio of more points": f"{row['odds_ratio']:.2f}",
            "Verdict": label("association") if row["found"] else label("within chance"),
        }
        for row in drivers.table.to_dict("records")
    ]
    lacking = [
        {
            "Answers of": label(SOURCES[row["source"]]),
            "Goes with": plain_label(row["driver"].removesuffix("_id")) or label("all"),
            "Verdict": label("cannot be told: {reason}", reason=say(json.loads(row["said"]))),
        }
        for row in drivers.unavailable.to_dict("records")
    ]
    return Listing(sentence=drivers.sentence, frame=pd.DataFrame([*told, *lacking]).fillna("–"))


def list_answering(drivers: SatisfactionDrivers) -> Listing:
    """List which share of customers rated the handling of their complaint."""
    listed = [
        {
            "Driver": plain_label(row["driver"].removesuffix("_id")),
            "Level": plain_label(row["level"]),
            "Closed complaints": f"{row['asked']:,d}",
            "Rated": shown_portion(row["share"], 1),
            "90% interval": f"{row['lower']:.1%} – {row['upper']:.1%}",
        }
        for row in drivers.answering.to_dict("records")
    ]
    return Listing(sentence=drivers.who_answered, frame=pd.DataFrame(listed))


def list_index(index: SatisfactionIndex, names: Mapping[str, str]) -> Listing:
    """List the index of the last quarter: the bank, regions and channels, then units from the lowest on.

    ``names`` are the units' by code; a unit that it lacks is named by its code.
    """
    order = ("bank", "region", "channel", "unit")
    rows = index.latest.assign(place=index.latest["scope"].map(order.index))
    rows = rows.sort_values(["place", "index", "subject"], kind="stable")
    listed = [
        {
            "Level": plain_label(row["scope"]),
            "Name": _name(row, names),
            "Answers": f"{row['answers']:,d}",
            "Index [0 to 100]": _figure(row["index"]),
            "90% interval": _interval(row["lower"], row["upper"], ".1f"),
            "Against the quarter before": _figure(row["change"], "+z.1f"),
            "90% interval of that": _interval(row["change_lower"], row["change_upper"], "+z.1f"),
        }
        for row in rows.to_dict("records")
    ]
    return Listing(sentence=index.sentence, frame=pd.DataFrame(listed))


def list_index_parts(index: SatisfactionIndex) -> Listing:
    """List what the index is made of, and who set the weights."""
    listed = [
        {
            "Part": local(part, "name"),
            "Weight": f"{row['weight']:g}",
            "Share of the index": f"{row['used']:.0%}",
            "Answers": f"{row['answers']:,d}",
            "Mean [0 to 100]": _figure(row["mean"]),
        }
        for part, row in zip(index.parts.itertuples(), index.parts.to_dict("records"), strict=True)
    ]
    sentence = label("{period}; weights set by: {who}.", period=index.period, who=label(index.set_by))
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def _name(row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    if row["scope"] == "bank":
        return label("whole bank")
    return (
        names.get(row["subject"], row["subject"]) if row["scope"] == "unit" else plain_label(row["subject"])
    )


def _figure(value: float, form: str = ".1f") -> str:
    return "–" if pd.isna(value) else format(value, form)


def _interval(lower: float, upper: float, form: str) -> str:
    return "–" if pd.isna(lower) else f"{lower:{form}} – {upper:{form}}"
