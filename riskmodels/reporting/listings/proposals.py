"""What is asked for, what it would have changed, what was decided, and by what each policy file is there."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Listing
from riskmodels.governance.proposals import Proposals, lines_of, rule_label
from riskmodels.labels import label, marked

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
            "Asked for": rule_label(row["rule"]),
            "Where": row["path"],
            "Now → proposed": _said_lines(row),
            "Reason": row["reason"],
            "Cost": label("unknown") if np.isnan(row["cost"]) else f"{row['cost']:,.0f} CNY",
            "Judged by": row["measured_by"],
            "Findings": row["finding_ids"].replace(" ", ", "),
        }
        for row in changes.table.to_dict("records")
    ]
    return Listing(sentence=changes.sentence, frame=pd.DataFrame(listed))


def _said_lines(row: Mapping[Any, Any]) -> str:
    """Write the lines of a proposal; of an action what is done."""
    if row["kind"] == "action":
        return str(json.loads(row["proposed"])["measure"])
    lines = [(path.removeprefix(f"{row['path']}."), now, then) for path, now, then in lines_of(row)]
    return "; ".join(f"{name}: {_value(now)} → {_value(then)}" for name, now, then in lines)


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
    rows = changes.quarters
    if rows.empty:
        return Listing(
            sentence=label("No proposal changes a rating, or what is watched."), frame=pd.DataFrame()
        )
    indicators = {
        row["proposal_id"]: json.loads(row["figures"]).get("indicator_id", "")
        for row in changes.table.to_dict("records")
    }
    rows = rows.assign(
        said=[_then(row, indicators[row["proposal_id"]]) for row in rows.to_dict("records")],
        measure=[label(_MEASURES[one]) for one in rows["measure"]],
    )
    keys = ["proposal_id", "measure"]
    frame = rows.pivot_table(index=keys, columns="period", values="said", aggfunc="first").reset_index()
    frame.columns = pd.Index(["No.", "Measure", *frame.columns[2:]])
    words = marked("The last four quarters as they were → as they would have been under each proposal alone.")
    return Listing(sentence=label(words), frame=frame)


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
    """List what became of the proposals of the quarters before."""
    rows = changes.decided
    listed = [
        {
            "No.": row["proposal_id"],
            "Quarter": row["period"],
            "Asked for": rule_label(row["rule"]),
            "Where": row["path"],
            "Decision": label(STANDINGS[row["standing"]]),
            "By": row["decided_by"],
            "Why": row["why"],
            "In force": row["adopted_from"],
        }
        for row in rows.sort_values(["period", "proposal_id"], ascending=[False, True]).to_dict("records")
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
            " {rejected}, waiting: {waiting}.",
            {name: counts.get(name, 0) for name in STANDINGS},
            all=len(rows),
        ),
        frame=pd.DataFrame(listed),
    )
