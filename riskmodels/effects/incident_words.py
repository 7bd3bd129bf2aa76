"""What is said of incidents."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import shown_money
from riskmodels.labels import counted, label, marked, plural, space

KINDS = {"outage": marked("Outage"), "fault": marked("Fault"), "security": marked("Security incident")}
REASONS = {
    "early": marked("most of its days were not logged yet at the end of what is reviewed"),
    "hole": marked("the complaints of most of its days are not known"),
    "short": marked("too few days without an incident are known before it"),
    "no_days": marked("the source has no single complaints with their days"),
}
LOSS_REASONS = {
    "early": marked("losses of those days were not all recorded yet at the end of what is reviewed"),
    "no_losses": marked("the source has no losses"),
    "short": marked("too few days without an incident are known before it"),
}
_MINUTES_A_DAY, _MINUTES_AN_HOUR = 1440, 60  # by the clock
_LONG = 2  # hours or days from which they are the unit


def shown_span(minutes: float) -> str:
    """Write a length of time in the unit that fits.

    >>> shown_span(22.0), shown_span(300.0), shown_span(4320.0)
    ('22 minutes', '5 hours', '3 days')
    """
    if minutes >= _LONG * _MINUTES_A_DAY:
        return counted(round(minutes / _MINUTES_A_DAY), "day", "days")
    if minutes >= _LONG * _MINUTES_AN_HOUR:
        return counted(round(minutes / _MINUTES_AN_HOUR), "hour", "hours")
    return counted(round(minutes), "minute", "minutes")


def incident_sentence(row: Mapping[Any, Any], level: float, sure: float) -> str:
    """Say how long an incident took, what was late, and what it led to."""
    parts = [_course(row), _late(row), _complaints(row, level, sure), _losses(row, level)]
    return space().join(part for part in parts if part)


def _course(row: Mapping[Any, Any]) -> str:
    names = {
        "kind": label(KINDS[row["kind"]]),
        "id": row["incident_id"],
        "day": f"{row['started_at']:%Y-%m-%d}",
    }
    if np.isnan(row["minutes"]):
        return label("{kind} {id} of {day} was not over at the end of what is reviewed.", names)
    answer = (row["responded_at"] - row["started_at"]).total_seconds() / _MINUTES_AN_HOUR
    known = {"answer": shown_span(answer), "length": shown_span(row["minutes"])} if answer >= 0 else {}
    if not known:
        length = shown_span(row["minutes"])
        return label("{kind} {id} of {day} was over after {length}.", names, length=length)
    return label(
        "{kind} {id} of {day} was first answered after {answer} and over after {length}.", names, **known
    )


def _late(row: Mapping[Any, Any]) -> str:
    if not row["judged"]:
        return label("No time limit can be checked.")
    if not row["late"]:
        return plural(
            row["judged"],
            "The {judged} time limit that can be checked was met.",
            "All {judged} time limits that can be checked were met.",
            row,
        )
    return label("Of {judged} time limits that can be checked, {late} were missed.", row)


def _complaints(row: Mapping[Any, Any], level: float, sure: float) -> str:
    if row["reason"]:
        return label(
            "What it led to in complaints cannot be estimated: {why}.", why=label(REASONS[row["reason"]])
        )
    figures = {name: f"{row[name]:,.0f}" for name in ("observed", "expected", "excess", "lower", "upper")}
    figures |= {"level": f"{level:.0%}", "days": f"{row['days']:.0f}"}
    alone = row["together"] == 1
    if row["p_value"] < sure:
        text = (
            marked(
                "{observed} complaints came in {days} days where {expected} were due: {excess} more"
                " ({level} interval {lower} to {upper})."
            )
            if alone
            else marked(
                "With the other incidents of those days, from which it cannot be separated, {observed}"
                " complaints came in {days} days where {expected} were due: {excess} more"
                " ({level} interval {lower} to {upper})."
            )
        )
        return label(text, figures)
    text = marked(
        "{observed} complaints came in {days} days where {expected} were due, which is no more than chance"
        " ({level} interval of the excess {lower} to {upper})."
    )
    return label(text, figures)


def _losses(row: Mapping[Any, Any], level: float) -> str:
    if row["linked_events"] > 0:
        return label("Losses booked as its own: {amount}.", amount=shown_money(row["linked_loss"]))
    if not row["loss_lower"] > 0:
        return ""
    low, high = shown_money(row["loss_lower"]), shown_money(row["loss_upper"])
    return label(
        "Losses of those days were {amount} above the usual ({level} interval {low} to {high}).",
        amount=shown_money(row["loss_excess"]),
        level=f"{level:.0%}",
        low=low,
        high=high,
    )


def review_sentence(period: str, incidents: pd.DataFrame, table: pd.DataFrame, sure: float) -> str:
    """Say how many major incidents there were, how many led to more complaints, how many missed limits."""
    others = int(incidents["other"].sum())
    major = counted(len(table), "major incident", "major incidents")
    figures = {"period": period, "major": major, "others": others}
    if table.empty:
        return label("{period} had no major incident; others, which are only counted: {others}.", figures)
    figures |= {
        "more": int((table["p_value"] < sure).sum()),
        "late": int((table["late"] > 0).sum()),
        "unknown": int((table["reason"] != "").sum()),
    }
    said = label(
        "{period} had {major}; others, which are only counted: {others}. With more complaints than due:"
        " {more}; with missed time limits: {late}.",
        figures,
    )
    if not figures["unknown"]:
        return said
    return said + space() + label("Whose complaints cannot be estimated: {unknown}.", figures)
