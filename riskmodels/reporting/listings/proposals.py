"""What is asked for, what it would have changed, what was decided, and by what each policy file is there."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Listing
from riskmodels.governance.proposals import Proposals, lines_of, rule_label
from riskmodels.labels import clauses, label, marked, plural, space, titled

_MOST_LINES = 4  # of a proposal, in a table; a choice: the command shows them all
STANDINGS = {
    "waiting": marked("waiting"),
    "approved": marked("approved, not adopted yet"),
    "adopted": marked("adopted"),
    "rejected": marked("rejected"),
    "withdrawn": marked("withdrawn"),
}


def list_proposals(changes: Proposals) -> Listing:
    """List what is asked for, for a decision."""
    listed = [
        {
            "No.": row["proposal_id"],
            "Asked for": titled(rule_label(row["rule"]), row["about"]),
            "Now → proposed": _said_lines(row),
            "Reason": row["reason"],
            "Cost": label("unknown") if np.isnan(row["cost"]) else f"{row['cost']:,.0f} CNY",
            "Judged by": row["measured_by"],
        }
        for row in changes.table.to_dict("records")
    ]
    frame = pd.DataFrame(listed)
    if changes.table["cost"].isna().all():  # else a column of nothing
        return Listing(
            sentence=space().join([changes.sentence, label("What they cost is not known.")]),
            frame=frame.drop(columns="Cost", errors="ignore"),
        )
    return Listing(sentence=changes.sentence, frame=frame)


def _said_lines(row: Mapping[Any, Any]) -> str:
    """Write the first lines of a proposal, below its path; of an action what is done."""
    if row["kind"] == "action":
        return str(json.loads(row["proposed"])["measure"])
    lines = [(path.removeprefix(f"{row['path']}."), now, then) for path, now, then in lines_of(row)]
    shown = [f"{name} {_value(now)} → {_value(then)}" for name, now, then in lines[:_MOST_LINES]]
    if more := len(lines) - len(shown):
        shown.append(label("and {more} more lines", more=more))
    return titled(row["path"], clauses(shown))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return label("none") if value is None else f"{value:g}" if isinstance(value, float) else str(value)


_MEASURES = {
    "units_red": marked("units red"),
    "units_amber": marked("units amber"),
    "value": marked("value of the bank"),
}


def list_looked_back(changes: Proposals) -> Listing:
    """List what the last four quarters would have looked like under each proposal."""
    rows, found = changes.quarters, changes.quarters["proposal_id"]
    rows = rows[found.isin(found[(rows["measure"] == "value") | (rows["now"] != rows["proposed"])])]
    if rows.empty:
        return Listing(
            sentence=label("No proposal changes a rating, or what is watched."), frame=pd.DataFrame()
        )
    asked = changes.table.to_dict("records")
    indicators = {row["proposal_id"]: json.loads(row["figures"]).get("indicator_id", "") for row in asked}
    names = {row["proposal_id"]: titled(rule_label(row["rule"]), row["about"]) for row in asked}
    rows = rows.assign(
        said=[_then(row, indicators[row["proposal_id"]]) for row in rows.to_dict("records")],
        asked_for=rows["proposal_id"].map(names),
        measure=[label(_MEASURES[one]) for one in rows["measure"]],
    )
    keys = ["proposal_id", "asked_for", "measure"]
    frame = rows.pivot_table(index=keys, columns="period", values="said", aggfunc="first").reset_index()
    frame.columns = pd.Index(["No.", "Asked for", "Measure", *frame.columns[3:]])
    words = label("The last four quarters as they were → as they would have been under each proposal alone.")
    if silent := len(changes.quarters["proposal_id"].unique()) - len(rows["proposal_id"].unique()):
        more = plural(
            silent,
            "{count} proposal would have changed no rating.",
            "{count} proposals would have changed no rating.",
            count=silent,
        )
        words = space().join([words, more])
    return Listing(sentence=words, frame=frame)


def _then(row: Mapping[Any, Any], indicator_id: str) -> str:
    if row["measure"] != "value":
        return f"{row['now']:.0f} → {row['proposed']:.0f}"
    shown = [
        "–" if np.isnan(row[one]) else format_value(indicator_id, row[one]) for one in ("now", "proposed")
    ]
    return shown[0] if np.isnan(row["proposed"]) else " → ".join(shown)


_STATUSES = {
    "adopted": marked("adopted"),
    "altered": marked("altered: not what was adopted"),
    "ungoverned": marked("ungoverned: no decision"),
    "missing": marked("missing: adopted, and not there"),
}


def list_policy_files(files: pd.DataFrame) -> Listing:
    """List by which decision each policy file is there (``governance.policy_files``)."""
    counts = files["status"].value_counts()
    listed = [
        {
            "In force from": row["valid_from"],
            "Decision": label(_STATUSES[row["status"]]),
            "Proposals": row["proposal_ids"].replace(" ", ", "),
            "Lines changed": row["lines"],
            "Approved by": row["approved_by"],
            "Head before": row["head"],
            "Approval": row["approval"],
        }
        for row in files.to_dict("records")
    ]
    return Listing(
        sentence=label(
            "Policy files: {files}; adopted by a decision: {adopted}; ungoverned: {ungoverned}; altered or"
            " missing: {broken}.",
            files=len(files),
            adopted=counts.get("adopted", 0),
            ungoverned=counts.get("ungoverned", 0),
            broken=counts.get("altered", 0) + counts.get("missing", 0),
        ),
        frame=pd.DataFrame(listed),
    )


def list_decided(changes: Proposals) -> Listing:
    """List what became of the proposals of the quarters before; those that nobody decided are counted."""
    rows = changes.decided
    listed = [
        {
            "No.": row["proposal_id"],
            "Quarter": row["period"],
            "Asked for": titled(rule_label(row["rule"]), row["about"]),
            "Decision": label(STANDINGS[row["standing"]]),
            "By": row["decided_by"],
            "Why": row["why"],
            "In force": row["adopted_from"],
        }
        for row in rows.sort_values(["period", "proposal_id"], ascending=[False, True]).to_dict("records")
        if row["standing"] not in ("waiting", "withdrawn")
    ]
    counts = rows["standing"].value_counts()
    if changes.files.empty and rows.empty:
        words = label(
            "This run has no ledger: what was decided, and by what the policy is in force, is not known."
        )
        return Listing(sentence=words, frame=pd.DataFrame(listed))
    return Listing(
        sentence=label(
            "Proposals of the quarters before: {all}; adopted: {adopted}, approved: {approved}, rejected:"
            " {rejected}, waiting: {waiting}, not asked for any more: {withdrawn}.",
            {name: counts.get(name, 0) for name in STANDINGS},
            all=len(rows),
        ),
        frame=pd.DataFrame(listed),
    )
