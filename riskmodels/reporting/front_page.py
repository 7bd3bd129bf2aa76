"""The first page of a report: the figures and sentences that management reads."""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.assessment import Due, Findings
from riskmodels.assessment.figures import shown_probability
from riskmodels.catalogue import format_value
from riskmodels.causes import Causes, SatisfactionIndex
from riskmodels.causes.joining import causes_joined, clause_of
from riskmodels.display import shown_few
from riskmodels.forecasting import Forecast, Nowcast
from riskmodels.governance.proposals import Proposals
from riskmodels.labels import counted, label, local, marked, rating_label
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import severity_label
from riskmodels.reporting.document import FrontMatter, KeyFigure, SummaryItem, draft
from riskmodels.reporting.front_decided import decided_and_asked
from riskmodels.reporting.front_due import OVERDUE, overdue_together, what_is_due_now
from riskmodels.reporting.front_since import since_last_quarter
from riskmodels.results import load, load_all
from riskmodels.scorecard import Scorecard
from riskmodels.scorecard.grounds import RATED
from riskmodels.stresstest import StressTest
from riskmodels.surveillance.alarm_words import shown_period, shown_rise
from riskmodels.tables import DataQuality, Tables
from riskmodels.tables.coverage import lacking_sentence

_MOST_NAMED = 5  # units named in a sentence; a choice: the report has them all
_LIKELY_MISSED = (  # the sentence, and each objective in it
    marked("{count} objectives of {year} are very likely missed: {names}"),
    marked("{name} ({expected} expected, {target} wanted)"),
)
_MISSED = (
    marked("{count} objectives of {year} were missed: {names}"),
    marked("{name} ({expected} reached, {target} wanted)"),
)
_MOST_WATCHED = 8  # a choice: what fits on the first page


def summarise(results: Path, *, title: str, policy: Policy) -> FrontMatter:
    """Make the first page from the saved results of a run; nothing is computed anew but counts and sums."""
    tables, card = load(results / "tables", Tables), load(results / "scorecard", Scorecard)
    found, outlook = load(results / "findings", Findings), load(results / "outlook", Forecast)
    joined = causes_joined(found, load_all(results, "causes", Causes))
    tests, quality = load_all(results, "stress-*", StressTest), load(results / "quality", DataQuality)
    return FrontMatter(
        title=title,
        subtitle=label("What is red, what will happen, what to decide"),
        period=found.period,
        as_of=tables.as_of.isoformat(),
        facts=(
            (label("Source"), ", ".join(sorted({table.provenance.source for table in tables.present}))),
            (label("Data digest"), tables.digest),
            (label("Data quality"), quality.note().partition(": ")[2]),
            (label("Policy"), f"{policy.valid_from} – {local(policy, 'title')} ({policy.approval})"),
            (label("Forecast method"), outlook.method),
            (label("Checked besides the findings"), _checked(found)),
            *_logged(load_all(results, "nowcast", Nowcast)),
            *_lacking(card),
            _ledger(load_all(results, "due", Due)),
            (label("Software"), f"riskmodels {version('riskmodels')}"),
        ),
        key_figures=(
            *_findings(found),
            *_beyond_limits(card),
            *_expected(found),
            *_satisfaction(load_all(results, "satisfaction_index", SatisfactionIndex)),
            *_turned_red(tests),
        ),
        summary=tuple(_sentences(found, policy, joined)),
        watched=tuple(_watched(found)),
        standing=draft(),
        blocks=(
            *since_last_quarter(found),
            *what_is_due_now(load_all(results, "due", Due)),
            *map(decided_and_asked, load_all(results, "proposals", Proposals)),
        ),
    )


def _findings(found: Findings) -> list[KeyFigure]:
    red, amber = ((found.table["severity"] == severity).sum() for severity in ("red", "amber"))
    return [
        KeyFigure(label=label("Red findings"), value=str(red), rating="red" if red else ""),
        KeyFigure(label=label("Amber findings"), value=str(amber), rating="amber" if amber else ""),
    ]


def _logged(nowcasts: list[Nowcast]) -> list[tuple[str, str]]:
    """Say how complete the last month is, where the source shows it."""
    return [
        (
            label("Complaints logged so far"),
            label(
                "{share:.0%} of those of {month}; the outlook allows for the others",
                share=known.completeness[-1],
                month=known.periods[-1],
            ),
        )
        for known in nowcasts
    ]


def _ledger(found: list[Due]) -> tuple[str, str]:
    """Say which ledger stands behind the report, and how far it had come."""
    words = marked("{place}, head {head}")
    shown = [label(words, place=due.place, head=due.head) for due in found]
    none = label("none: actions, exceptions and decisions that stand in one are not shown")
    return label("Ledger"), shown[0] if shown else none


def _lacking(card: Scorecard) -> list[tuple[str, str]]:
    """Say which months of the quarter are not known; nothing where all are."""
    partly = lacking_sentence(card.incomplete, card.period)
    return [(label("The quarter"), partly)] if partly else []


def _beyond_limits(card: Scorecard) -> list[KeyFigure]:
    """Count the indicators of the bank, and the units, that are amber or red."""
    return [
        KeyFigure(
            label=label("Indicators of the bank beyond a limit"), value=_share_beyond(card.bank["rating"])
        ),
        KeyFigure(
            label=label("Units whose score is beyond a limit"), value=_share_beyond(card.table["rating"])
        ),
    ]


def _share_beyond(ratings: pd.Series) -> str:
    """Count those beyond a limit among those that have a colour, and those that have too little evidence."""
    rated, grey = ratings.isin(RATED).sum(), (ratings == "insufficient").sum()
    words = marked("{beyond} of {rated} rated; {grey} without enough evidence")
    return label(
        words if grey else "{beyond} of {rated}",
        beyond=ratings.isin(["red", "amber"]).sum(),
        rated=rated,
        grey=grey,
    )


def _expected(found: Findings) -> list[KeyFigure]:
    """Show the complaints ahead, as the criterion about them has them."""
    return [
        KeyFigure(
            label=label("Complaints expected, {first} to {until} (90% interval)", figures),
            value=label("the history is shorter than that")
            if figures["is_short"]
            else f"{row['value']:,.0f} ({figures['lower']:,.0f}\u00a0–\u00a0{figures['upper']:,.0f})",
        )
        for row in found.facts[found.facts["rule"] == "complaints_rise"].to_dict("records")
        for figures in [json.loads(row["figures"])]
    ]


def _satisfaction(indices: list[SatisfactionIndex]) -> list[KeyFigure]:
    """Show the bank's satisfaction index and its movement, where there are answers enough."""
    rows = [row for one in indices for row in one.bank]
    moved = marked(
        "Satisfaction index, 0 to 100 (90% interval); from the quarter before {change:+z.1f}"
        " ({change_lower:+z.1f} to {change_upper:+z.1f})"
    )
    return [
        KeyFigure(
            label=label(moved, row)
            if pd.notna(row["change"])
            else label("Satisfaction index, 0 to 100 (90% interval)"),
            value=f"{row['index']:.1f} ({row['lower']:.1f}\u00a0–\u00a0{row['upper']:.1f})",
        )
        for row in rows
    ]


def _turned_red(tests: list[StressTest]) -> list[KeyFigure]:
    """Name the scenario that turns most indicators red, and those that did not apply."""
    figures = []
    if moving := [test for test in tests if len(test.table)]:
        worst = max(moving, key=lambda test: test.turned)
        scenario = f"{local(worst.scenario, 'name')}, {severity_label(worst.severity)}"
        figures.append(
            KeyFigure(
                label=label("Indicators turning red: {scenario}", scenario=scenario),
                value=label("{turned} of {moved}", turned=worst.turned, moved=len(worst.table)),
            )
        )
    if idle := [test for test in tests if not test.applied or test.unapplied]:
        names = ", ".join(local(test.scenario, "name") for test in idle)
        figures.append(
            KeyFigure(
                label=label("Scenarios that did not apply, or only in part"),
                value=label("{count} of {all}: {names}", count=len(idle), all=len(tests), names=names),
            )
        )
    return figures


def _sentences(found: Findings, policy: Policy, joined: pd.DataFrame) -> Iterator[SummaryItem]:
    """Yield one sentence a finding; what many units or scenarios have in common is one sentence.

    Where the data were asked for causes (``joined``), it ends with what they say.
    """
    rows = found.table
    together = rows["subject_kind"].isin(["unit", "alarm", "incident"])
    together |= rows["rule"].isin(["objective", *OVERDUE])
    one_by_one = rows["finding_id"].where(~together, "")
    one_by_one = one_by_one.where(rows["rule"] != "contingency_plan", rows["condition"])
    indicator = rows["indicator_id"].where(rows["rule"] != "objective", "")
    for (severity, *_), part in rows.groupby(["severity", "rule", indicator, one_by_one], sort=False):
        text, cause = _sentence(part, policy), clause_of(part, joined)
        text = label("{text}; {cause}", text=text, cause=cause) if cause else text
        yield SummaryItem(severity="red" if severity == "red" else "amber", sentence=text)


def _sentence(rows: pd.DataFrame, policy: Policy) -> str:
    """Say one finding, or what several have in common."""
    first = rows.iloc[0]
    if len(rows) == 1:
        return f"{first['subject_name']}: {first['condition']}"
    if first["subject_kind"] == "alarm":
        return _of_alarms(rows)
    if first["rule"] in OVERDUE:
        return overdue_together(rows)
    if first["rule"] == "objective":
        return _of_objectives(rows, policy)
    if first["subject_kind"] == "incident":
        return _of_incidents(rows)
    return _of_scenarios(rows) if first["subject_kind"] == "scenario" else _of_units(rows, policy)


def _of_objectives(rows: pd.DataFrame, policy: Policy) -> str:
    """Say how many objectives of the year are very likely missed, or were, and which."""
    figures = [json.loads(one) for one in rows["figures"]]
    is_over = not any(one["months_left"] for one in figures)
    missed, named = _MISSED if is_over else _LIKELY_MISSED
    names = [
        label(
            named,
            name=local(policy.indicator(row["indicator_id"]), "name"),
            expected=format_value(row["indicator_id"], row["value"]),
            target=format_value(row["indicator_id"], row["limit"]),
        )
        for row in rows.to_dict("records")
    ]
    return label(missed, count=len(rows), year=figures[0]["year"], names=shown_few(names, _MOST_NAMED))


def _of_alarms(rows: pd.DataFrame) -> str:
    """Say which alarms there are: of what, how much and since when."""
    prefix = label("Alarm: {name}", name="")
    alarms = [
        label(
            "{name} (up by about {size} since {since})",
            name=row["subject_name"].removeprefix(prefix),
            size=shown_rise(row["value"]),
            since=shown_period(json.loads(row["figures"])["since"]),
        )
        for row in rows.to_dict("records")
    ]
    return label("{count} alarms: {alarms}", count=len(rows), alarms=shown_few(alarms, _MOST_NAMED))


def _of_incidents(rows: pd.DataFrame) -> str:
    """Say what the first of several incidents missed, and how many there are."""
    number = rows["subject"].str.partition(":")[0].nunique()
    return label(
        "{incidents}: {conditions}{more}",
        incidents=counted(number, "major incident", "major incidents"),
        conditions="; ".join(rows["condition"].head(_MOST_NAMED)),
        more=" …" if len(rows) > _MOST_NAMED else "",
    )


def _of_scenarios(rows: pd.DataFrame) -> str:
    scenarios = [one.removeprefix(label("Scenario: {name}", name="")) for one in rows["subject_name"]]
    return label(
        "{condition}: {count} scenarios: {scenarios}",
        condition=rows["condition"].iloc[0],
        count=len(rows),
        scenarios=shown_few(scenarios, _MOST_NAMED),
    )


def _of_units(rows: pd.DataFrame, policy: Policy) -> str:
    """Say what many units have in common, and how far each is."""
    first = rows.iloc[0]
    units = [f"{row['subject_name']} ({_value(row)})" for row in rows.to_dict("records")]
    name = (
        local(policy.indicator(first["indicator_id"]), "name")
        if first["indicator_id"]
        else label("Unit score")
    )
    return label(
        "{name}: {count} units beyond the {severity} limit: {units}",
        name=name,
        count=len(rows),
        severity=rating_label(first["severity"]).lower(),
        units=shown_few(units, _MOST_NAMED),
    )


def _value(row: Mapping[Any, Any]) -> str:
    """Write the figure of a unit that is beyond the limit: its value, or else its estimate."""
    figures = json.loads(row["figures"])
    if not row["indicator_id"]:
        return f"{row['value']:.0f}"
    is_beyond = (row["value"] - row["limit"]) * (figures["red"] - figures["amber"]) > 0
    figure = format_value(row["indicator_id"], float(row["value" if is_beyond else "estimate"]))
    return figure if is_beyond else label("estimated at {figure}", figure=figure)


def _watched(found: Findings) -> Iterator[str]:
    """Yield what is likely and not certain, the likeliest first, with the probability of each."""
    rows = found.watch_list
    for row in rows.head(_MOST_WATCHED).to_dict("records"):
        text = f"{row['subject_name']}: {row['condition']}"
        chance = shown_probability(float(row["probability"]))
        is_said = json.loads(row["figures"]).get("bank") is not None  # beside that of the bank
        yield text if is_said else label("{text}; probability {chance}", text=text, chance=chance)
    if len(rows) > _MOST_WATCHED:
        yield label("and {more} more on the watch list", more=len(rows) - _MOST_WATCHED)


def _checked(found: Findings) -> str:
    """Say how much was checked and found in order."""
    counts = found.facts["severity"].value_counts()
    return label(
        "{passed} in order, {unclear} without enough evidence",
        passed=counts.get("passed", 0),
        unclear=counts.get("unclear", 0),
    )
