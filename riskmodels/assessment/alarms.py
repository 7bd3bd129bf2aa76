"""Criterion: nothing that is watched has risen by more than chance explains."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.catalogue import INDICATORS
from riskmodels.parameters.policy import Policy
from riskmodels.surveillance import AlarmBook
from riskmodels.surveillance.memory import REVISED, ended


def check_alarms(inputs: Inputs) -> Iterator[Finding]:
    """Yield the events that were alarms in the quarter, or whose level has stayed, and rules that had none.

    A finding is one that is as likely as the policy asks, and that nobody answers for. A rule that could not
    be followed, wholly or in part, is without enough evidence.
    """
    book = inputs.alarms
    if book is None:
        return
    begin = pd.Period(inputs.scorecard.period, freq="Q").start_time
    events = [
        row
        for row in book.events.to_dict("records")
        if row["ending"] == "stayed" or ended(str(row["last"])) >= begin
    ]
    for row in events:
        yield _finding(row, book, inputs)
    shown = book.table[book.table["part_of"] != REVISED].to_dict("records")
    alarmed = {str(row["rule"]) for row in shown if ended(str(row["last"])) >= begin}
    for rule, things in book.rules.groupby("rule", sort=False):
        yield from _of_rule(str(rule), things, is_quiet=rule not in alarmed)


def _finding(row: dict[Any, Any], book: AlarmBook, inputs: Inputs) -> Finding:
    rule = book.rules[(book.rules["rule"] == row["rule"]) & (book.rules["what"] == row["what"])].iloc[0]
    what = str(row["what"])
    figures = {name: row[name] for name in ("what", "measure", "since", "since_earliest", "since_latest")}
    figures |= {name: row[name] for name in ("size", "lower", "upper", "alarmed", "last", "status", "ending")}
    figures |= {name: row[name] for name in ("reason", "answered_by", "until")}
    figures |= {
        "watch_rule": row["rule"],
        "of": json.loads(row["subject"]),
        "told": rule["told"],
        "set_by": rule["set_by"],
    }
    figures |= {"run_length": float(rule["run_length"]), "every": rule["every"]}
    return Finding(
        rule="alarm",
        subject_kind="alarm",
        subject=str(row["alarm_id"]),
        indicator_id=what if what in INDICATORS else "",
        severity=_severity(row, inputs.policy),
        value=float(row["size"]),
        estimate=float(row["size"]),
        limit=0.0,
        probability=float(row["probability"]),
        figures=figures,
    )


def _severity(row: dict[Any, Any], policy: Policy) -> Severity:
    if row["answered_by"]:
        return "watch"
    if row["probability"] >= policy.rating.certainty:
        return "amber"
    return "watch" if row["probability"] >= policy.findings.watch else "unclear"


def _of_rule(rule: str, things: pd.DataFrame, *, is_quiet: bool) -> Iterator[Finding]:
    """Yield that a rule had no alarm, and which of its things could not be watched."""
    first, missed = things.iloc[0], things[things["why"] != ""]
    figures = {"series": int(things["series"].sum()), "set_by": first["set_by"]}
    figures |= {"run_length": float(first["run_length"]), "every": first["every"]}
    if is_quiet and len(missed) < len(things):
        yield Finding("watching", "watch", rule, "", "passed", figures=figures)
    if len(missed):
        why = dict(zip(missed["what"], missed["said"].map(json.loads), strict=True))
        yield Finding(
            "watching", "watch", f"{rule}:unwatched", "", "unclear", figures=figures | {"lacking": why}
        )
