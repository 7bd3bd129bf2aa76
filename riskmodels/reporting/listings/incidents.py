"""Incidents as tables to be read: what came of each, and which limits of time were met."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.display import Listing, shown_money, shown_portion, without_blank
from riskmodels.effects.incident_moments import MOMENTS, STATES
from riskmodels.effects.incident_words import KINDS, LOSS_REASONS, REASONS, shown_span
from riskmodels.effects.incidents import SURE, IncidentReview
from riskmodels.labels import clauses, commas, label, language, marked, plain_label, plural
from riskmodels.parameters.plans import TimeLimit
from riskmodels.parameters.scenarios import severity_label

_MOST_PARTS = 12  # rows; tables/incident_parts has them all
_PHASES = {"during": marked("During"), "after": marked("Four weeks after")}
_WHAT = {
    "complaints": marked("More complaints, as a share of a month's"),
    "hours": marked("Hours until over"),
}


def list_incidents(incidents: IncidentReview | None) -> Listing:
    """List the major incidents: how long they took, what was late, complaints beyond what was due."""
    if incidents is None:
        return _none()
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
            "Told of together with": _others(row, incidents.table) if row["together"] > 1 else "–",
        }
        for row in incidents.table.to_dict("records")
    ]
    frame = without_blank(pd.DataFrame(listed), "Told of together with", "Median of earlier ones")
    return Listing(sentence=incidents.sentence, frame=frame)


def list_incident_steps(incidents: IncidentReview | None) -> Listing:
    """List the time limits that were missed or not due yet, and say of how many nothing is recorded."""
    if incidents is None:
        return _none()
    rows = incidents.moments
    unknown = int(((rows["state"] == "unknown") & rows["limit"].notna()).sum())
    shown = rows[rows["state"].isin(["late", "running"])] if len(incidents.table) else rows.head(0)
    shown = shown if len(shown) or rows.empty else rows[rows["limit"].notna()]
    listed = [
        {
            "Incident": row["incident_id"],
            "Moment": label(MOMENTS[row["item"]]),
            "What": _in_language(row, "name") or label("limit of the policy"),
            "Who": _in_language(row, "owner") or "–",
            "Limit": TimeLimit(value=row["limit"], unit=row["unit"]).words,
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


def list_incident_parts(incidents: IncidentReview | None) -> Listing:
    """List where an excess beyond chance lies: the largest parts by channel, customer group and product."""
    if incidents is None:
        return _none()
    beyond = incidents.table.loc[incidents.table["p_value"] < SURE, "episode"]
    known = incidents.parts[incidents.parts["episode"].isin(beyond)].dropna(subset="excess")
    ordered = known[known["excess"] > 0].sort_values("excess", ascending=False, kind="stable")
    if ordered.empty:
        words = label("Nothing beyond chance came after an incident, so that there is nothing to divide.")
        return Listing(sentence=words, frame=pd.DataFrame())
    listed = [
        {
            "Incident": row["episode"],
            "By": plain_label(row["kind"]),
            "Part": plain_label(row["name"]) if row["name"] else label("not given"),
            "Complaints": f"{row['observed']:,.0f}",
            "Due": f"{row['expected']:,.0f}",
            "Excess (90%)": _range(row, "excess"),
        }
        for row in ordered.head(_MOST_PARTS).to_dict("records")
    ]
    words = label(
        "The largest of {parts} parts; some lie outside their interval by chance, one in ten.",
        parts=len(known),
    )
    return Listing(sentence=words, frame=pd.DataFrame(listed))


def list_incident_costs(incidents: IncidentReview | None) -> Listing:
    """List losses and satisfaction of each episode beside those before it."""
    if incidents is None:
        return _none()
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
            "Change (90%)": label(
                "{change:+z.1f} points ({lower:+z.1f} – {upper:+z.1f})",
                {name: 100 * row[name] for name in ("change", "lower", "upper")},  # of a share
            ),
        }
        for row in incidents.satisfaction.dropna(subset=["lower"]).to_dict("records")
    ]
    words = label("Losses are gross, as booked by the end of {day}.", day=incidents.known_until.isoformat())
    return Listing(sentence=words, frame=pd.DataFrame([*losses, *answers]))


def list_incident_scenarios(incidents: IncidentReview | None) -> Listing:
    """List what the scenario of each incident's kind assumes beside what was seen."""
    if incidents is None:
        return _none()
    groups = incidents.scenarios.groupby(["incident_id", "scenario", "what"], sort=False)
    listed = [
        {
            "Incident": incident_id,
            "Scenario": _in_language(levels[0], "name"),
            "What": label(_WHAT[str(what)]),
            "Assumed": clauses(map(_assumed, levels)),
            "Seen (90%)": _of_scenario(levels[0], "seen", "lower", "upper"),
        }
        for (incident_id, _, what), rows in groups
        for levels in [rows.to_dict("records")]
    ]
    words = label("What the scenario of its kind assumes, by severity, beside what was seen.")
    return Listing(sentence=words, frame=pd.DataFrame(listed))


def _others(row: Mapping[Any, Any], table: pd.DataFrame) -> str:
    """Name the others whose days run into those of an incident; of one before the period the first."""
    others = table.loc[table["episode"] == row["episode"], "incident_id"]
    named = {row["episode"], *others} - {row["incident_id"]}
    return commas(sorted(named))


def _none() -> Listing:
    return Listing(sentence=label("The source has no table of incidents."), frame=pd.DataFrame())


def _range(row: Mapping[Any, Any], name: str) -> str:
    return f"{row[name]:+,.0f} ({row['lower']:+,.0f} – {row['upper']:+,.0f})"


def _in_language(row: Mapping[Any, Any], field: str) -> str:
    return str(row.get(f"{field}_{language()}") or row[f"{field}_en"])


def _assumed(level: Mapping[Any, Any]) -> str:
    figure = _of_scenario(level, "assumed", "assumed_low", "assumed_high")
    return f"{severity_label(level['severity'])} {figure}"


def _of_scenario(row: Mapping[Any, Any], name: str, low: str, high: str) -> str:
    """Write a figure with its range, where there is one: hours, or a share of a month's complaints."""
    if pd.isna(row[name]):
        return label("not known")
    if row["what"] == "hours":
        return f"{row[name]:.2g}"
    return f"{row[name]:+.0%} ({row[low]:+.0%} – {row[high]:+.0%})"
