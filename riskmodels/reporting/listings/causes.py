"""What the data say of the causes of findings, and what a change is made of."""

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.assessment.templates import PRESUMED
from riskmodels.causes import Causes, Decomposition, Leads, TypicalWords
from riskmodels.causes.wording import CAUSE_STATUS, segment_name, shown_share
from riskmodels.display import Listing, shown_few
from riskmodels.labels import counted, label, local, plain_label
from riskmodels.parameters.policy import Policy

_MOST_IDS = 3  # of findings in a row; those of assessment.json are all
_MOST_LEADS, _FEW_LEADS = 10, 3  # rows of a table, and of one where nothing is beyond chance; a choice


def list_causes(causes: Causes, found: Findings) -> Listing:
    """List the findings whose cause the data speak of, and why they do not speak of the others'."""
    said = causes.table.set_index("finding_id")[["status", "sentence"]]
    rows = found.table.drop(columns="status").join(said, on="finding_id", how="inner")
    spoken_of = rows[rows["status"] != "presumed"].sort_values("status", ascending=False, kind="stable")
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
        for row in spoken_of.to_dict("records")
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
    names += ["Builds up from", "Month with most"]
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
            row["since"],
            label("{peak}: {share}", peak=row["peak"], share=shown_share(row["peak_share"])),
        )
        for row in causes.segments.to_dict("records")
        if row["named"]
    ]
    return Listing(sentence=causes.searched_sentence, frame=pd.DataFrame(listed, columns=names))


def list_leads(leads: Leads, policy: Policy) -> Listing:
    """List which indicators moved first, or might have: the clearest correlations of all looked at."""
    names = {one.id: local(one, "name") for one in policy.indicators}
    most = _MOST_LEADS if leads.table["found"].any() else _FEW_LEADS
    listed = [
        {
            "Moved": names.get(row["moved"], row["moved"]),
            "Moved first": names.get(row["indicator_id"], row["indicator_id"]),
            "Months before": row["leads_by"],
            "Correlation": f"{row['correlation']:+.2f} ({row['lower']:+.2f} – {row['upper']:+.2f})",
            "p-value of all": f"{row['p_value']:.2g}",
            "Months known": row["n"],
            "Beyond chance": label("yes") if row["found"] else label("no"),
        }
        for row in leads.table.head(most).to_dict("records")
    ]
    columns = ["Moved", "Moved first", "Months before", "Correlation", "p-value of all", "Months known"]
    frame = pd.DataFrame(listed, columns=[*columns, "Beyond chance"])
    return Listing(sentence=leads.said(lambda one: names.get(one, plain_label(one))), frame=frame)


def list_narratives(words: TypicalWords) -> Listing:
    """Say which words are typical, and show the narratives that have most of them, masked and shortened."""
    return Listing(sentence=words.sentence, frame=words.narratives.rename(columns={"text": "Narrative"}))


def list_change(change: Decomposition | None) -> Listing:
    """List what a change is made of, by cell: the parts of a row add up to its change; None: no change."""
    parts = {"volume": "Volume", "mix": "Mix", "rate": "Rate", "unexplained": "Exposure unknown"}
    interval = label("90% interval of rate")
    if change is not None and not change.has_exposure:
        parts, interval = {}, label("90% interval of the change")
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
