"""What the data say of the causes of findings, and what a change is made of."""

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.assessment.templates import PRESUMED
from riskmodels.causes import Causes, Decomposition
from riskmodels.causes.wording import CAUSE_STATUS, segment_name, shown_share
from riskmodels.display import Listing, shown_few
from riskmodels.labels import counted, label, plain_label

_MOST_IDS = 3  # of findings in a row; those of assessment.json are all


def list_causes(causes: Causes, found: Findings) -> Listing:
    """List the findings whose cause the data speak of, and why they do not speak of the others'."""
    said = causes.table.set_index("finding_id")[["status", "sentence"]]
    rows = found.table.join(said, on="finding_id", how="inner")
    told = rows[rows["status"] != "presumed"].sort_values("status", ascending=False, kind="stable")
    presumed = label(PRESUMED, cause="")
    names = ["No.", "Subject", "Condition", "Cause", "Cause is", "What the data say"]
    listed = [
        (
            row["finding_id"],
            row["subject_name"],
            row["condition"],
            row["cause"].removeprefix(presumed),
            label(CAUSE_STATUS[row["status"]]),
            row["sentence"],
        )
        for row in told.to_dict("records")
    ]
    others = rows[rows["status"] == "presumed"].groupby("sentence", sort=False)["finding_id"]
    status = label(CAUSE_STATUS["presumed"])
    listed += [
        (shown_few([*ids], _MOST_IDS), counted(len(ids), "finding", "findings"), "–", "–", status, sentence)
        for sentence, ids in others
    ]
    return Listing(sentence=causes.sentence, frame=pd.DataFrame(listed, columns=names))


def list_segments(causes: Causes) -> Listing:
    """List where the complaints of the last three quarters exceed those expected by the year before."""
    names = ["Segment", "From", "Until", "Complaints", "Expected", "Excess", "Share of all rises", "p-value"]
    listed = [
        (
            segment_name(str(row["segment"])),
            row["first"],
            row["last"],
            f"{row['now']:,.0f}",
            f"{row['expected']:,.0f}",
            f"{row['excess']:+,.0f} ({row['lower']:+,.0f} – {row['upper']:+,.0f})",
            shown_share(row["share"]),
            f"{row['p_value']:.2g}",
        )
        for row in causes.segments.to_dict("records")
        if row["named"]
    ]
    return Listing(sentence=causes.searched_sentence, frame=pd.DataFrame(listed, columns=names))


def list_change(change: Decomposition | None) -> Listing:
    """List what a change is made of, by cell: the parts of a row add up to its change; None: no change."""
    parts = {"volume": "Volume", "mix": "Mix", "rate": "Rate", "unexplained": "Exposure unknown"}
    interval = "90% interval of rate"
    if change is not None and not change.has_exposure:
        parts, interval = {}, "90% interval of the change"
    elif change is None or (change.table["unexplained"] == 0).all():
        parts.pop("unexplained")
    keys = () if change is None else change.keys
    listed = [
        {
            "Name": " × ".join(plain_label(str(row[key] or "unknown")) for key in keys),
            "Before": f"{row['before']:,.0f}",
            "Now": f"{row['now']:,.0f}",
            "Change": f"{row['change']:+,.0f}",
            **{heading: f"{row[part]:+z,.1f}" for part, heading in parts.items()},
            interval: f"{row['rate_lower']:+,.0f} – {row['rate_upper']:+,.0f}",
        }
        for row in ([] if change is None else change.table.to_dict("records"))
    ]
    words = label("There is no year before to compare with.") if change is None else change.sentence
    columns = ["Name", "Before", "Now", "Change", *parts.values(), interval]
    return Listing(sentence=words, frame=pd.DataFrame(listed, columns=columns))
