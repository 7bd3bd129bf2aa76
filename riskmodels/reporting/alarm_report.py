"""What a run of watching says: a page of plain text to be mailed, and JSON for other programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodels.assessment.alarm_figures import Names, event_words
from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.wording import LIKELY, in_language
from riskmodels.labels import commas, label, marked, say, titled
from riskmodels.reporting.exports import Record, records_of
from riskmodels.reporting.listings.alarms import STATUSES
from riskmodels.surveillance import AlarmBook
from riskmodels.surveillance.memory import ended

Row = Mapping[Any, Any]
_MOST_CLOSED = 10  # a choice: what is over is looked up in the book
_WIDTH = 78  # characters: what a mail or a terminal shows without breaking it


class AlarmDocument(BaseModel):
    """A book of alarms for other programs; columns are those of ``AlarmBook``."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["riskmodels-alarms-1"] = "riskmodels-alarms-1"
    as_of: str
    policy: str = Field(description="day from which the policy is valid")
    data_digest: str
    sentence: str
    alarms: list[Record]
    rules: list[Record]
    names: list[Record]


def alarm_document(book: AlarmBook, *, policy: str, data_digest: str) -> str:
    """Return a book of alarms as JSON."""
    document = AlarmDocument(
        as_of=book.as_of.isoformat(),
        policy=policy,
        data_digest=data_digest,
        sentence=book.sentence,
        alarms=records_of(book.table),
        rules=records_of(book.rules),
        names=records_of(book.names),
    )
    return document.model_dump_json(indent=1) + "\n"


def alarm_text(book: AlarmBook) -> str:
    """Return a book of alarms as a page of text: open and closed alarms, and what is not watched."""
    rows = book.events.to_dict("records")
    names = in_language(book.names)
    lines = [*wrap(book.sentence, _WIDTH)]
    for row in (row for row in rows if row["status"] != "closed"):
        lines += ["", *_alarm(row, book, names)]
    closed = [row for row in rows if row["status"] == "closed" and row["probability"] >= LIKELY]
    lines += _closed(closed, names)
    if any(row["status"] in ("new", "continuing") for row in rows):
        lines += ["", *wrap(label(_HOW), _WIDTH), "", *_EXAMPLE]
    return "\n".join([*lines, *_unwatched(book, names)]) + "\n"


_HOW = marked("To answer for an alarm until a day, write it in the run's file of acknowledged alarms:")
_EXAMPLE = (
    "  acknowledged:",
    "    - alarm: A-00000000",
    "      reason: the new fee was announced, more questions are expected",
    "      by: head of card services",
    "      until: 2026-12-31",
)


def _alarm(row: Row, book: AlarmBook, names: Names) -> Iterator[str]:
    """Yield the lines of an open alarm."""
    words = event_words({**row, "of": json.loads(row["subject"])}, names)
    rule = book.rules[(book.rules["rule"] == row["rule"]) & (book.rules["what"] == row["what"])].iloc[0]
    texts = [
        label("Up by about {size} ({lower} to {upper}) since {dates}.", words),
        label(
            "Probability that the level has changed: {probability}; last alarm: {last}.",
            words,
            probability=shown_probability(row["probability"]),
        ),
    ]
    if row["status"] == "acknowledged":
        texts.append(label("{answered_by} answers for it until {until}: {reason}.", row))
    elif rule["told"]:
        texts.append(label("Told: {told}.", told=commas(map(label, rule["told"].split(", ")))))
    yield from wrap(
        titled(f"{label(STATUSES[row['status']]).upper()} {row['alarm_id']}", words["name"]), _WIDTH
    )
    for text in texts:
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _closed(rows: Sequence[Row], names: Names) -> Iterator[str]:
    """Yield a line for each of the closed alarms, those with the latest alarm first."""
    if not rows:
        return
    yield from ("", label("Closed:"))
    latest = sorted(rows, key=lambda row: ended(row["last"]), reverse=True)
    for row in latest[:_MOST_CLOSED]:
        words = event_words({**row, "of": json.loads(row["subject"])}, names)
        text = label("{name}: up by about {size} since {since}{state}", words)
        yield from wrap(f"{row['alarm_id']} {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if len(rows) > _MOST_CLOSED:
        yield "  " + label("and {more} more", more=len(rows) - _MOST_CLOSED)


def _unwatched(book: AlarmBook, names: Names) -> Iterator[str]:
    """Yield the lines that say what is not watched, by the reason why."""
    missed = book.rules[book.rules["why"] != ""]
    if missed.empty:
        return
    yield from ("", label("Not watched:"))
    for said, rows in missed.groupby("said", sort=False):
        what = [_thing(row, names) for row in rows.to_dict("records")]
        text = titled(commas(what), say(json.loads(str(said))))
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _thing(row: Row, names: Names) -> str:
    """Name what a rule watches: the indicator, or the rule."""
    return names.get(
        ("indicator", row["what"], "name"), names.get(("rule", row["rule"], "name"), row["rule"])
    )
