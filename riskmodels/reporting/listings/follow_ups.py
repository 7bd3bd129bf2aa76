"""What became of the findings of the quarter before, as tables to be read."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.follow_up import ENDINGS, STATUSES, status_label
from riskmodels.display import Listing
from riskmodels.labels import counted, label, marked, plural, rating_label

_SHOWN = [status for status in STATUSES if status != "continuing"]  # which stand in the table of findings
_HEADINGS = ("No.", "Status", "Subject", "Condition", "Severity before", "Severity now", "Open")
_GROUNDS = {
    "figures": marked("{severity} (by its figures; probability {chance})"),
    "limits": marked("{severity} (by other limits)"),
    "severity": marked("{severity} (probability that it truly moved: {chance})"),
}
_THEN = marked("Then: {condition}")


def list_since(found: Findings) -> Listing:
    """List what is new, re-opened, worse, better or closed since the last report before, red ones first.

    What is closed has the condition that was found then.
    """
    following = found.follow_up
    if following is None or not following.before:
        words = marked("What became of earlier findings is not known.")
        text = following.sentence if following else label(words)
        return Listing(sentence=text, frame=pd.DataFrame(columns=list(_HEADINGS)))
    standing = following.standing.set_index("finding_id")
    rows = pd.concat([found.table, found.closed], ignore_index=True)
    told = (
        standing[["severity_before", "moved_by", "p_worse", "ended"]]
        .reindex(rows["finding_id"])
        .reset_index(drop=True)
    )
    told["now"] = standing["severity"].reindex(rows["finding_id"]).to_numpy()
    rows = pd.concat([rows.drop(columns="ended"), told], axis=1)
    rows = rows[rows["status"].isin(_SHOWN)]
    rows = rows.assign(order=rows["status"].map(_SHOWN.index), red=(rows["severity"] != "red"))
    rows = rows.sort_values(["order", "red", "since"], kind="stable")
    frame = pd.DataFrame([_listed(row) for row in rows.to_dict("records")], columns=list(_HEADINGS))
    return Listing(sentence=" ".join(filter(None, [following.sentence, following.remarks])), frame=frame)


def _listed(row: Mapping[Any, Any]) -> dict[str, str]:
    before = rating_label(row["severity_before"]) if row["severity_before"] else "–"
    condition = row["condition"]
    if row["status"] == "closed":
        condition = label(_THEN, condition=condition)
    shown = (row["finding_id"], status_label(row["status"]), row["subject_name"], condition, before)
    return dict(zip(_HEADINGS, (*shown, _now(row), _open(row)), strict=True))


def _now(row: Mapping[Any, Any]) -> str:
    """Say what it is now: its severity, and what says that it moved; of what is closed what became of it."""
    if row["status"] == "closed":
        return label(ENDINGS[row["ended"]])
    severity = rating_label(row["now"])
    chance = row["p_worse"] if row["status"] == "worse" else 1.0 - row["p_worse"]
    if not row["moved_by"] or (math.isnan(chance) and row["moved_by"] == "severity"):
        return severity
    return label(_GROUNDS[row["moved_by"]], severity=severity, chance=shown_probability(chance))


def _open(row: Mapping[Any, Any]) -> str:
    """Say since when it is open, or was."""
    number = counted(row["quarters"], "quarter", "quarters")
    words = (
        marked("{number}, from {since}") if row["status"] == "closed" else marked("{number}, since {since}")
    )
    return label(words, number=number, since=row["since"])


def shown_standing(row: Mapping[Any, Any]) -> str:
    """Write the status of a finding, since when it is open, and how often it came back."""
    status = status_label(row["status"])
    if row["status"] == "new":
        return status
    if row["status"] == "reopened":
        words = ("{status}: came back once", "{status}: came back {returns} times")
        return plural(row["returns"], *words, status=status, returns=row["returns"])
    return label("{status}, since {since}", status=status, since=row["since"])
