"""Incidents as tables to be read: what came of each, and which limits of time were met."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.display import Listing, shown_money, shown_portion
from riskmodels.effects.incident_moments import MOMENTS, STATES
from riskmodels.effects.incident_words import KINDS, LOSS_REASONS, REASONS, shown_span
from riskmodels.effects.incidents import IncidentReview
from riskmodels.labels import label, language, marked, plain_label, plural
from riskmodels.parameters.scenarios import severity_label

_MOST_PARTS = 12  # rows; tables/incident_parts has them all
_PHASES = {"during": marked("During"), "after": marked("Four weeks after")}
_UNITS = {"minutes": marked("minutes"), "hours": marked("hours"), "working_days": marked("working days")}
_WHAT = {"complaints": marked("Complaints of a month"), "hours": marked("Hours until over")}


def list_incidents(incidents: IncidentReview) -> Listing:
    """List the major incidents: how long they took, what was late, complaints beyond what was due."""
    listed = [
        {
            "Incident": row["incident_id"],
            "Kind": label(KINDS[row["kind"]]),
            "Where": row["scope"] or label("Whole bank"),
            "Start": f"{row['started_at']:%Y-%m-%d %H:%M}",
            "Until over": shown_span(row["minutes"]) if row["minutes"] >= 0 else label("not over"),
            "Median of earlier ones": shown_span(row["earlier_minutes"])
            if row["earlier_minutes"] >= 0
            else "–",
            "Limits missed": f"{row['late']} / {row['judged']}",
            "Complaints": "–" if row["reason"] else f"{row['observed']:,.0f}",
            "Due": "–" if row["reason"] else f"{row['expected']:,.0f}",
            "Excess (90%)": label(REASONS[row["reason"]]) if row["reason"] else _range(row, "excess"),
            "Told of together with": "–" if row["together"] == 1 else row["episode"],
        }
        for row in incidents.table.to_dict("records")
    ]
    return Listing(sentence=incidents.sentence, frame=pd.DataFrame(listed))


def list_incident_steps(incidents: IncidentReview) -> Listing:
    """List the time limits that were missed or not due yet, and say of how many nothing is recorded."""
    rows = incidents.moments
    unknown = int(((rows["state"] == "unknown") & rows["limit"].notna()).sum())
    shown = rows[rows["state"].isin(["late", "running"])] if len(incidents.table) else rows.head(0)
    shown = shown if len(shown) or rows.empty else rows[rows["limit"].notna()]
    listed = [
        {
            "Incident": row["incident_id"],
            "Moment": label(MOMENTS[row["item"]]),
            "What": _in_language(row, "name") or "–",
            "Who": _in_language(row, "owner") or "–",
            "Limit": f"{row['limit']:g} {label(_UNITS[row['unit']])}",
            "Taken": shown_span(row["taken"]) if row["taken"] >= 0 else "–",
            "State": label(STATES[row["state"]]),
        }
        for row in shown.to_dict("records")
    ]
    sentence = plural(
        unknown,
        "Of {unknown} time limit nothing is recorded, so that nobody can say whether it was met.",
        "Of {unknown} time limits nothing is recorded, so that nobody can say whether they were met.",
        unknown=unknown,
    )
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_incident_parts(incidents: IncidentReview) -> Listing:
    """List where the excess of complaints lies: the largest parts by channel, customer group and product."""
    known = incidents.parts.dropna(subset="excess")
    largest = known.sort_values("excess", ascending=False, kind="stable").head(_MOST_PARTS)
    listed = [
        {
            "Incident": row["episode"],
            "By": plain_label(row["kind"]),
            "Part": plain_label(row["name"]) if row["name"] else label("not given"),
            "Complaints": f"{row['observed']:,.0f}",
            "Due": f"{row['expected']:,.0f}",
            "Excess (90%)": _range(row, "excess"),
        }
        for row in largest.to_dict("records")
    ]
    words = label(
        "The largest of {parts} parts; some lie outside their interval by chance, one in ten.",
        parts=len(known),
    )
    return Listing(sentence=words, frame=pd.DataFrame(listed))


def list_incident_costs(incidents: IncidentReview) -> Listing:
    """List losses and satisfaction of each episode beside those before it."""
    losses = [
        {
            "Incident": row["episode"],
            "What": label("Losses"),
            "Then": shown_money(row["booked"]),
            "Usual": shown_money(row["expected"]),
            "Change (90%)": label(LOSS_REASONS[row["reason"]])
            if row["reason"]
            else f"{shown_money(row['excess'])} ({shown_money(row['lower'])} – {shown_money(row['upper'])})",
        }
        for row in incidents.losses.to_dict("records")
    ]
    answers = [
        {
            "Incident": row["episode"],
            "What": label("Satisfied: {phase}", phase=label(_PHASES[row["phase"]])),
            "Then": shown_portion(row["share"], 1),
            "Usual": shown_portion(row["before_share"], 1),
            "Change (90%)": f"{row['change']:+.1%} ({row['lower']:+.1%} – {row['upper']:+.1%})",
        }
        for row in incidents.satisfaction.dropna(subset=["lower"]).to_dict("records")
    ]
    words = label("Losses are gross, as booked by the end of {day}.", day=incidents.known_until.isoformat())
    return Listing(sentence=words, frame=pd.DataFrame([*losses, *answers]))


def list_incident_scenarios(incidents: IncidentReview) -> Listing:
    """List what the scenario of each incident's kind assumes beside what was seen."""
    listed = [
        {
            "Incident": row["incident_id"],
            "Scenario": f"{_in_language(row, 'name')}, {severity_label(row['severity'])}",
            "What": label(_WHAT[row["what"]]),
            "Assumed": _of_scenario(row, "assumed", "assumed_low", "assumed_high"),
            "Seen (90%)": _of_scenario(row, "seen", "lower", "upper"),
        }
        for row in incidents.scenarios.to_dict("records")
    ]
    words = label("What a scenario assumes can be held against every incident of its kind.")
    return Listing(sentence=words, frame=pd.DataFrame(listed))


def _range(row: Mapping[Any, Any], name: str) -> str:
    return f"{row[name]:+,.0f} ({row['lower']:+,.0f} – {row['upper']:+,.0f})"


def _in_language(row: Mapping[Any, Any], field: str) -> str:
    return str(row.get(f"{field}_{language()}") or row[f"{field}_en"])


def _of_scenario(row: Mapping[Any, Any], name: str, low: str, high: str) -> str:
    """Write a figure with its range, where there is one: hours, or a share of a month's complaints."""
    if pd.isna(row[name]):
        return label("cannot be told")
    if row["what"] == "hours":
        return f"{row[name]:.2g}"
    return f"{row[name]:+.0%} ({row[low]:+.0%} – {row[high]:+.0%})"
