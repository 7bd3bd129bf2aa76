"""Findings, the policy, and what is proposed to change in it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import format_value
from riskmodels.display import Listing
from riskmodels.governance.limits import LimitDraft
from riskmodels.governance.proposals import Proposals, lines_of, rule_label
from riskmodels.labels import RATING_LABELS, label, local, marked, say
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.follow_ups import shown_standing

_HEADINGS = {
    "finding_id": "No.",
    "severity": "Severity",
    "standing": "Status",
    "subject_name": "Subject",
    "condition": "Condition",
    "criterion": "Criterion",
    "evidence": "Evidence",
    "cause": "Cause",
    "corrective_action": "Corrective action",
    "owner": "Owner",
}
_SEVERITIES = RATING_LABELS | {"watch": "Watch", "passed": "In order", "unclear": "Not enough evidence"}


def list_findings(found: Findings, *, evidence: bool = False) -> Listing:
    """List the findings: what to do about each, or what each rests on."""
    names = ["cause", "corrective_action", "owner"]
    return Listing(
        sentence=found.sentence,
        frame=_listed(found.table, ["criterion", "evidence"] if evidence else names),
    )


def list_watched(found: Findings) -> Listing:
    """List what is likely beyond a limit and not certain: to be looked at first, no findings."""
    rows = found.watch_list
    words = marked("On the watch list: {count}; likely beyond a limit, but not certainly.")
    return Listing(sentence=label(words, count=len(rows)), frame=_listed(rows, ["evidence"]))


def list_others(found: Findings) -> Listing:
    """List what was checked and is in order, or could not be judged."""
    rows = found.others
    passed = int((rows["severity"] == "passed").sum())
    words = marked("Checked besides: {passed} in order, {unclear} without enough evidence.")
    return Listing(
        sentence=label(words, passed=passed, unclear=len(rows) - passed),
        frame=_listed(rows, ["criterion", "evidence"]),
    )


def _listed(rows: pd.DataFrame, more: list[str]) -> pd.DataFrame:
    """Choose and name the columns that people read."""
    standing = ["standing"] if "status" in rows and rows["status"].any() else []
    if standing:
        rows = rows.assign(standing=[shown_standing(row) for row in rows.to_dict("records")])
    names = ["finding_id", "severity", *standing, "subject_name", "condition", *more]
    frame = rows[names].rename(columns=_HEADINGS)
    frame["Severity"] = [label(_SEVERITIES[one]) for one in frame["Severity"]]
    return frame


def list_policy(policy: Policy) -> Listing:
    """List the indicators of a policy with their limits and who set them."""
    areas = {area.id: local(area, "name") for area in policy.areas}
    listed = [
        {
            "Area": areas[indicator.area],
            "Indicator": local(indicator, "name"),
            "Standard": indicator.standard,
            "Amber": format_value(indicator.id, indicator.limits.amber) if indicator.limits else "–",
            "Red": format_value(indicator.id, indicator.limits.red) if indicator.limits else "–",
            "Limits by": indicator.limits_set_by,
            "Source": indicator.source,
        }
        for indicator in policy.indicators
    ]
    return Listing(
        sentence=f"{local(policy, 'title')}, {policy.valid_from}: {policy.approval}",
        frame=pd.DataFrame(listed),
    )


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


_MOVES = {"looser": marked("looser"), "tighter": marked("tighter"), "kept": marked("as now")}


def list_limit_draft(draft: LimitDraft, policy: Policy) -> Listing:
    """List drafted limits beside those now, and how many units each makes red."""
    listed = [
        {
            "Indicator": _named(row, policy),
            "Amber": _beside(row, "amber"),
            "Red": _beside(row, "red"),
            "Limits": label(_MOVES[row["moves"]]),
            "Units": row["units"],
            "Units red": f"{row['red_units_now']} → {row['red_units']}",
            "Units red in a quarter": f"{row['red_each_now']:.1f} → {row['red_each']:.1f}",
            "Limits now by": row["set_by"],
            "Why not": say(json.loads(row["why_not"])) if row["why_not"] else "",
        }
        for row in draft.table.to_dict("records")
    ]
    return Listing(sentence=draft.sentence, frame=pd.DataFrame(listed))


def _named(row: Mapping[Any, Any], policy: Policy) -> str:
    name = local(policy.indicator(row["indicator_id"]), "name")
    if not row["product"]:
        return name
    return label("{name}: {product}", name=name, product=row["product"].replace("_", " "))


def _beside(row: Mapping[Any, Any], name: str) -> str:
    """Write a limit, and what it would become where it would change."""
    now, drafted = (format_value(row["indicator_id"], row[key]) for key in (f"{name}_now", name))
    return now if row[f"{name}_now"] == row[name] else f"{now} → {drafted}"
