"""What the data say of the causes of findings, and what a change is made of."""

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.causes import Causes, Decomposition
from riskmodels.causes.wording import CAUSE_STATUS, segment_name, shown_share
from riskmodels.display import Listing
from riskmodels.labels import label, plain_label


def list_causes(causes: Causes, found: Findings) -> Listing:
    """List the findings with the cause that the register presumes and what the data say of it."""
    said = causes.table.set_index("finding_id")
    order = {status: place for place, status in enumerate(CAUSE_STATUS)}
    rows = sorted(
        (row for row in found.table.to_dict("records") if row["finding_id"] in said.index),
        key=lambda row: order[str(said.loc[row["finding_id"], "status"])],
    )
    names = ["No.", "Subject", "Condition", "Cause", "Cause is", "What the data say"]
    listed = [
        (
            row["finding_id"],
            row["subject_name"],
            row["condition"],
            row["cause"],
            label(CAUSE_STATUS[str(said.loc[row["finding_id"], "status"])]),
            said.loc[row["finding_id"], "sentence"],
        )
        for row in rows
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
