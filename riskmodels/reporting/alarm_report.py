"""What a run of watching says: a page of plain text to be mailed, and JSON for other programs."""

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.watch_figures import event_words
from riskmodels.assessment.wording import in_language
from riskmodels.labels import label, say
from riskmodels.reporting.exports import Record, records_of
from riskmodels.reporting.listings.alarms import STATUSES
from riskmodels.surveillance import AlarmBook

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
    """Return a book of alarms as a page of text: the alarms and who is told of each; what was not watched."""
    lines = [*wrap(book.sentence, _WIDTH)]
    rows = book.events.to_dict("records")
    for row in rows:
        lines += ["", *_alarm(row, book)]
    if any(row["status"] in ("new", "continuing") for row in rows):
        lines += ["", *wrap(label(_HOW), _WIDTH), *_EXAMPLE]
    lines += _unwatched(book)
    return "\n".join(lines) + "\n"


_HOW = "To answer for an alarm until a day, write it in the run's file of acknowledged alarms:"
_EXAMPLE = (
    "acknowledged:",
    "  - alarm: A-00000000",
    "    reason: the new fee was announced, more questions are expected",
    "    by: head of card services",
    "    until: 2026-12-31",
)


def _alarm(row: Mapping[Any, Any], book: AlarmBook) -> Iterator[str]:
    """Yield the lines of one alarm."""
    names = in_language(book.names)
    words = event_words({**row, "of": json.loads(row["subject"])}, names)
    head = f"{label(STATUSES[row['status']]).upper()} {row['alarm_id']}: {words['name']}"
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
    elif rule["told"] and row["status"] != "closed":
        texts.append(label("Told: {told}.", told=rule["told"]))
    yield from wrap(head, _WIDTH)
    for text in texts:
        yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _unwatched(book: AlarmBook) -> list[str]:
    """Return the lines that say what was not watched, and why."""
    missed = book.rules[book.rules["why"] != ""]
    if missed.empty:
        return []
    names = in_language(book.names)
    lines = ["", label("Not watched:")]
    for row in missed.to_dict("records"):
        what = names.get(("indicator", row["what"], "name"), label(row["what"]))
        rule = names.get(("rule", row["rule"], "name"), row["rule"])
        lines += wrap(
            f"{rule}, {what}: {say(json.loads(row['said']))}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    return lines
