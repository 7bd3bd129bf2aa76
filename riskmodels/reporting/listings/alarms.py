"""Alarms as tables to be read, and what is watched."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment.alarm_figures import Names, event_words
from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.templates_alarms import PERIODS
from riskmodels.assessment.wording import LIKELY, in_language
from riskmodels.display import Listing
from riskmodels.labels import commas, label, marked, say, space
from riskmodels.surveillance import AlarmBook, Alarms
from riskmodels.surveillance.alarm_words import STATUS, alarm_name, said_dates, said_size, shown_period

_MOST = 30  # rows; a choice: tables/ has them all
_KEYS = {"unit_id": marked("unit"), "region_id": marked("region")}
STATUSES = {
    "new": marked("New"),
    "continuing": marked("Continuing"),
    "acknowledged": marked("Acknowledged"),
    "closed": marked("Closed"),
    "stayed": marked("Closed, the level has stayed"),
    "back": marked("Closed, the level is back"),
}


def list_alarm_book(book: AlarmBook) -> Listing:
    """List the alarms, one of each event, open ones first: what has risen since when and by how much.

    Of closed ones those that are less likely than not are left to the tables.
    """
    names, events = in_language(book.names), book.events
    shown = events[(events["status"] != "closed") | (events["probability"] >= LIKELY)]
    rows = [
        _listed(row, event_words({**row, "of": json.loads(row["subject"])}, names))
        for row in shown.to_dict("records")
    ]
    more = len(events) - len(shown)
    words = marked("{more} closed ones that are less likely than not are in the tables.")
    rest = space() + label(words, more=more) if more else ""
    return Listing(sentence=book.sentence + rest, frame=pd.DataFrame(rows))


def list_watch_rules(book: AlarmBook) -> Listing:
    """List what is watched, how often a false alarm is wanted, and what could not be watched and why."""
    names = in_language(book.names)
    alike = ["rule", "by", "every", "run_length", "last", "told", "said"]
    rows = []
    for keys, things in book.rules.groupby(alike, sort=False):
        row = dict(zip(alike, keys, strict=True)) | {"series": things["series"].sum()}
        what = [names.get(("indicator", one, "name"), label(str(one))) for one in things["what"]]
        rows.append(_listed_rule(row | {"what": commas(what)}, names))
    missed = int((book.rules["why"] != "").sum())
    sentence = label("Watched: {watched} of {all}.", watched=len(book.rules) - missed, all=len(book.rules))
    return Listing(sentence=sentence, frame=pd.DataFrame(rows))


def _listed_rule(row: Mapping[Any, Any], names: Names) -> dict[str, Any]:
    by = [label(_KEYS.get(key, key.replace("_", " "))) for key in row["by"].split(" × ") if key]
    return {
        "Rule": names.get(("rule", row["rule"], "name"), row["rule"]),
        "What": row["what"],
        "By": " × ".join(by) or label("whole bank"),
        "Series": row["series"],
        "Last period": shown_period(row["last"]) if row["last"] else "–",
        "False alarm of a series every": f"{row['run_length']:,.0f} {label(PERIODS[row['every']])}",
        "Told": commas(map(label, row["told"].split(", "))) if row["told"] else "–",
        "Not watched, because": say(json.loads(row["said"])) or "–",
    }


def _listed(row: Mapping[Any, Any], words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "No.": row["alarm_id"],
        "Status": label(STATUSES[row["ending"] or row["status"]]),
        "What has risen": words["name"],
        "Since": words["dates"],
        "By about (90% interval)": label("{size} ({lower} to {upper})", words),
        "Probability": shown_probability(row["probability"]),
        "Last alarm": words["last"],
        "Answered by": f"{row['answered_by']} ({row['until']}): {row['reason']}"
        if row["answered_by"]
        else "–",
    }


def list_alarms(alarms: Alarms, *, unit_names: Mapping[str, str] | None = None) -> Listing:
    """List the alarms, those that go on first, then the likeliest: the first thirty.

    Parameters
    ----------
    alarms : Alarms
    unit_names : mapping of str to str, optional
        What units are called, by ``unit_id``.
    """
    keys = list(map(str, alarms.keys.columns))
    rows = alarms.table.iloc[alarms.importance[:_MOST]].to_dict("records")
    listed = [
        {
            "What": alarm_name(row, keys, unit_names),
            "Status": label(STATUS[row["status"]]),
            "Above the level before (90% interval)": said_size(row),
            "Since (90% interval)": said_dates(row),
            "Likelihood": shown_probability(row["probability"]),
            "First alarm": shown_period(row["alarmed"]),
            "Last alarm": shown_period(row["last"]),
        }
        for row in rows
    ]
    more = len(alarms.table) - len(listed)
    rest = space() + label("{more} more are not listed.", more=more) if more else ""
    return Listing(sentence=alarms.sentence + rest, frame=pd.DataFrame(listed))
