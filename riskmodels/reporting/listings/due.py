"""What is to be done, and what counts beside the findings, as tables to be read."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment.due import OPEN, Due
from riskmodels.display import Listing, without_blank
from riskmodels.labels import commas, counted, label, marked, plain_label, plural, rating_label, space, titled

_MOST = 60  # rows: what is due; tables/due has them all
_STANDINGS = {
    "overdue": marked("overdue"),
    "due": marked("in the next quarter"),
    "later": marked("later"),
    "waiting": marked("waits for a decision"),
    "in force": marked("in force"),
    "expired": marked("ended: open again"),
    "rejected": marked("rejected"),
}
_SOURCES = {
    "audit": marked("audit"),
    "inspection": marked("inspection"),
    "mystery_shopper": marked("mystery shopper"),
    "regulator": marked("regulator"),
    "violation": marked("confirmed violation"),
    "other": marked("elsewhere"),
}
_COVERS = {"exceptions": marked("exception"), "acceptances": marked("accepted risk")}


def list_due(due: Due) -> Listing:
    """List what is not done yet, what is longest overdue first: what, whose, until when, who is told."""
    rows = due.table[due.table["standing"].isin(OPEN)]
    rows = rows.sort_values("days", ascending=False, na_position="last", kind="stable")
    listed = [
        {
            "No.": row["id"],
            "Due": _day(row["due_on"]),
            "State": _state(row),
            "What": plain_label(row["what"]),
            "Found by": label(_SOURCES[row["source"]]) if row["source"] else "–",
            "Where": row["unit_id"] or label("Whole bank"),
            "Owner": row["owner"] or "–",
            "Escalated to": row["escalated_to"] or "–",
        }
        for row in rows.head(_MOST).to_dict("records")
    ]
    sentence = f"{due.sentence}{_more(len(rows))}"
    return Listing(sentence=sentence, frame=without_blank(pd.DataFrame(listed), "Found by", "Escalated to"))


def _more(number: int) -> str:
    return space() + label("Shown are the first {most}.", most=_MOST) if number > _MOST else ""


def _day(day: Any) -> str:
    return label("no date") if pd.isna(day) else f"{day:%Y-%m-%d}"


def _state(row: Mapping[Any, Any]) -> str:
    if row["standing"] != "overdue":
        return label(_STANDINGS[row["standing"]])
    return label("overdue by {days}", days=counted(row["days"], "working day", "working days"))


def list_covers(due: Due) -> Listing:
    """List exceptions and accepted risks that wait, count or have ended, with what they cover."""
    rows = _standing(due, "exceptions", "acceptances")
    listed = [
        {
            "No.": row["id"],
            "Kind": label(_COVERS[row["kind"]]),
            "Covers": _covered(row),
            **_until(row),
        }
        for row in rows.to_dict("records")
    ]
    return Listing(
        sentence=_counted(rows, marked("Exceptions and accepted risks")), frame=pd.DataFrame(listed)
    )


def _until(row: Mapping[Any, Any]) -> dict[str, str]:
    """Say of what needs approval why, who says so, until when, and how it stands."""
    return {
        "Reason": row["reason"],
        "Stated by": row["stated_by"],
        "Until": _day(row["expires_on"]),
        "State": label(_STANDINGS[row["standing"]]),
    }


def covered_by(due: Due, findings: pd.DataFrame) -> list[str]:
    """Say of each finding which accepted risk or exception covers it, and until when; empty where none."""
    covers = due.covers[due.covers["standing"] == "in force"]
    words = marked("{kind} {id} until {day}: {reason}")
    shown = {
        (row["finding_id"] or row["rule"], "" if row["finding_id"] else row["subject"]): label(
            words, row, kind=label(_COVERS[row["kind"]]), day=_day(row["expires_on"])
        )
        for row in covers[covers["kind"].isin(_COVERS)].to_dict("records")
    }
    keys = findings[["finding_id", "rule", "subject"]].itertuples(index=False)
    return [shown.get((one, ""), shown.get((rule, subject), "")) for one, rule, subject in keys]


def _covered(row: Mapping[Any, Any]) -> str:
    rule = plain_label(row["rule"])
    what = label("{rule}, {subject}", rule=rule, subject=row["subject"]) if row["subject"] else rule
    return f"{row['finding_id']}: {what}" if row["finding_id"] else what


def list_overrides(due: Due) -> Listing:
    """List the overrides of ratings beside the rating as computed, which stands everywhere else."""
    rows = _standing(due, "overrides")
    listed = [
        {
            "No.": row["id"],
            "Subject": row["subject"],
            "Computed": rating_label(row["computed"]) if row["computed"] else label("not known"),
            "Override": f"{_rated(row['rated'])} → {_rated(row['becomes'])}",
            "Effect on the total [points]": row["effect_on_total"],
            **_until(row),
        }
        for row in rows.to_dict("records")
    ]
    return Listing(
        sentence=_counted(rows, marked("Overrides; ratings elsewhere are as computed")),
        frame=pd.DataFrame(listed),
    )


def _rated(rating: str) -> str:
    return rating_label(rating) if rating in ("red", "amber", "green") else rating


def _standing(due: Due, *kinds: str) -> pd.DataFrame:
    rows = due.covers[due.covers["kind"].isin(kinds) & due.covers["standing"].isin(_STANDINGS)]
    rows = rows[(rows["standing"] != "expired") | rows["is_open"]]
    return rows.sort_values(["standing", "expires_on"], kind="stable")


def _counted(rows: pd.DataFrame, words: str) -> str:
    counts = rows["standing"].value_counts()
    numbers = [
        titled(label(text), str(counts[name])) for name, text in _STANDINGS.items() if name in counts.index
    ]
    return label("{words}: {numbers}.", words=label(words), numbers=commas(numbers) or label("none"))


def list_violations(due: Due) -> Listing:
    """List confirmed violations by unit, type and grade; roles and units, never persons."""
    listed = [
        {
            "Unit": row["unit_id"] or label("Whole bank"),
            "Type": plain_label(row["type"]),
            "Grade": row["grade"] or "–",
            "Violations": row["number"],
            "Not settled": row["open"],
            "Overdue": row["overdue"],
        }
        for row in due.violations.to_dict("records")
    ]
    number = int(due.violations["number"].sum())
    sentence = plural(
        number, "{count} violation was confirmed.", "{count} violations were confirmed.", count=number
    )
    return Listing(
        sentence=sentence if number else label("No violation was confirmed."), frame=pd.DataFrame(listed)
    )
