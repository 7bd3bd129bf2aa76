"""Findings, the policy, and what is proposed to change in it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment import Due, Findings
from riskmodels.catalogue import format_value
from riskmodels.display import Listing, shown_few
from riskmodels.governance.limits import LimitDraft
from riskmodels.labels import RATING_LABELS, label, local, marked, say
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.due import covered_by
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
    "covered": "Accepted",
}
_MOST_NAMED = 4  # a choice: the table beside the report has them all
_CHECKED = "tables/checked.csv"  # of a report
_SEVERITIES = RATING_LABELS | {"watch": "Watch", "passed": "In order", "unclear": "Not enough evidence"}


def list_findings(found: Findings, *, evidence: bool = False, due: Due | None = None) -> Listing:
    """List the findings: what to do about each, or what each rests on; ``due`` says which are accepted."""
    names = ["criterion", "evidence"] if evidence else ["cause", "corrective_action", "owner"]
    rows = found.table
    if due is not None and any(covered := covered_by(due, rows)):
        rows, names = rows.assign(covered=covered), [*names, "covered"]
    return Listing(sentence=found.sentence, frame=_listed(rows, names))


def list_watched(found: Findings) -> Listing:
    """List what is likely beyond a limit and not certain: to be looked at first, no findings."""
    rows = found.watch_list
    words = marked("On the watch list: {count}; likely beyond a limit, but not certainly.")
    return Listing(sentence=label(words, count=len(rows)), frame=_listed(rows, ["evidence"]))


def list_others(found: Findings) -> Listing:
    """List what was checked and is in order, or could not be judged: how many by criterion.

    Each by itself, with its evidence, is in the table ``checked`` beside the report.
    """
    rows = found.others
    is_passed = rows["severity"] == "passed"
    unclear = rows["subject_name"].where(~is_passed).groupby(rows["criterion"], sort=False)
    words = marked(
        "Checked besides: {passed} in order, {unclear} without enough evidence; each with its evidence:"
        " {file}"
    )
    counted_by = is_passed.groupby(rows["criterion"], sort=False)
    frame = pd.DataFrame({"In order": counted_by.sum(), "Not enough evidence": unclear.apply(_names)})
    return Listing(
        sentence=label(words, passed=int(is_passed.sum()), unclear=int((~is_passed).sum()), file=_CHECKED),
        frame=frame.rename_axis("Criterion").reset_index(),
    )


def _names(subjects: Iterable[str]) -> str:
    return shown_few(list(dict.fromkeys(filter(pd.notna, subjects))), _MOST_NAMED)


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
            "Standard": label(indicator.standard),
            "Amber": format_value(indicator.id, indicator.limits.amber) if indicator.limits else "–",
            "Red": format_value(indicator.id, indicator.limits.red) if indicator.limits else "–",
            "Limits by": label(indicator.limits_set_by),
            "Source": label(indicator.source),
        }
        for indicator in policy.indicators
    ]
    return Listing(
        sentence=f"{local(policy, 'title')}, {policy.valid_from}: {policy.approval}",
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
            "Limits now by": label(row["set_by"]),
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
