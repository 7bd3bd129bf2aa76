"""One alarm over its life, and one of each event: what is found joined to earlier books and other rules."""

import hashlib
import json
from datetime import date
from typing import Any

import pandas as pd

from riskmodels.parameters.watches import Acknowledgement, Acknowledgements
from riskmodels.surveillance.books import EVENTS, NUMBERS, OPEN, AlarmBook

_KEPT = pd.DateOffset(years=1)  # a choice: closed alarms are of interest while their year is compared with
_SERIES = ("rule", "what", "level", "subject")
_NO_ANSWER = {"reason": "", "answered_by": "", "until": ""}
REVISED = "revised"  # of an alarm that the data no longer show
Row = dict[Any, Any]


def remembered(
    found: list[Row], earlier: AlarmBook | None, acknowledged: Acknowledgements, as_of: date
) -> pd.DataFrame:
    """Make the rows of a book: each alarm keeps its number and the day on which it was first reported.

    Parameters
    ----------
    found : list of dict
        Alarms of today's charts, with rule, what, level and subject; ``status`` is that of the charts.
    earlier : AlarmBook, optional
        The book before.
    acknowledged : Acknowledgements
        What somebody answers for.
    as_of : date
        Last day that is looked at.

    Returns
    -------
    DataFrame
        See ``AlarmBook.table``.
    """
    known = [] if earlier is None else earlier.table.to_dict("records")
    rows: list[Row] = []
    own = {_number(one) for one in found}
    for one in found:
        others = {row["alarm_id"] for row in rows} | own - {_number(one)}
        before = _first_of([row for row in known if _is_same(one, row) and row["alarm_id"] not in others])
        number = {"alarm_id": before["alarm_id"] if before else _number(one)}
        day = {"reported": before["reported"] if before else as_of.isoformat()}
        rows.append(one | number | day)
    rows = _known_by(_joined(rows), acknowledged, as_of)
    taken = {row["alarm_id"] for row in rows}
    lost = [row for row in known if row["alarm_id"] not in taken]  # it is not new, should it come back
    rows += [row | _NO_ANSWER | {"status": "closed", "part_of": _explained(row, rows)} for row in lost]
    kept = [row for row in rows if row["status"] != "closed" or ended(row["last"]) + _KEPT > _end_of(as_of)]
    order = (*OPEN, "closed")
    kept.sort(key=lambda row: (order.index(row["status"]), -row["probability"], row["alarmed"]))
    return pd.DataFrame(kept, columns=list(EVENTS)).astype(
        {name: "float64" if name in NUMBERS else "str" for name in EVENTS}
    )


def ended(period: str) -> pd.Timestamp:
    """Return the last moment of a period by its name; a week is named by its first and last day."""
    return pd.Period(period.rpartition("/")[2]).end_time


def _end_of(day: date) -> pd.Timestamp:
    return pd.Period(day, freq="D").end_time


def _number(row: Row) -> str:
    text = "\n".join(str(row[name]) for name in (*_SERIES, "alarmed"))
    return "A-" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _is_same(one: Row, other: Row) -> bool:
    """Tell whether two rows are of the same series and of times that touch."""
    return all(one[name] == other[name] for name in _SERIES) and _touch(one, other)


def _touch(one: Row, other: Row) -> bool:
    (first, last), (begun, until) = (_span(row) for row in (one, other))
    return first <= until and begun <= last


def _span(row: Row) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Period(row["since_earliest"].partition("/")[0]).start_time, ended(row["last"])


def _first_of(rows: list[Row]) -> Row | None:
    return min(rows, key=lambda row: (row["reported"], row["alarmed"])) if rows else None


def _known_by(rows: list[Row], acknowledged: Acknowledgements, as_of: date) -> list[Row]:
    """Give alarms their status: an event is as old, and as much answered for, as any alarm of it.

    Another rule may name it by now.
    """
    parts = {row["alarm_id"]: [row] for row in rows if not row["part_of"]}
    for row in rows:
        if row["part_of"]:
            parts[row["part_of"]].append(row)
    found = []
    for row in rows:
        alarms = parts.get(row["alarm_id"], [row])
        answers = (acknowledged.of(one["alarm_id"], as_of) for one in alarms)
        reported = min(one["reported"] for one in alarms)
        answer = next((one for one in answers if one is not None), None)
        found.append(_answered(row | {"reported": reported}, answer, as_of))
    return found


def _answered(row: Row, answer: Acknowledgement | None, as_of: date) -> Row:
    """Give an open alarm the status that memory has of it, and say who answers for it.

    For a level that has stayed somebody may answer, too, though its alarm is closed.
    """
    if row["status"] == "closed" and (answer is None or row["ending"] != "stayed"):
        return row | _NO_ANSWER
    if answer is None:
        return row | _NO_ANSWER | {"status": "new" if row["reported"] == as_of.isoformat() else "continuing"}
    by = {"reason": answer.reason, "answered_by": answer.by, "until": answer.until.isoformat()}
    return row | by | {"status": "closed" if row["status"] == "closed" else "acknowledged"}


def _joined(rows: list[Row]) -> list[Row]:
    """Say of which other an alarm is a part: several rules see the same event, the likeliest names it.

    An open one comes first; of two that are as likely to a tenth the narrower one does, so that the name
    stays. Alarms of one rule are told apart by its charts.
    """
    events: list[Row] = []
    joined = []
    for row in sorted(rows, key=_naming):
        others = (one for one in events if one["rule"] != row["rule"])
        whole = next((one for one in others if _is_part(row, one)), None)
        if whole is None:
            events.append(row)
        joined.append(row | {"part_of": whole["alarm_id"] if whole else ""})
    return joined


def _naming(row: Row) -> tuple[bool, float, int, float]:
    """Order alarms by how fit they are to name an event."""
    narrow = len(json.loads(row["subject"]))
    return row["status"] == "closed", -round(row["probability"], 1), -narrow, -row["probability"]


def _is_part(row: Row, other: Row) -> bool:
    """Tell whether two alarms are of the same thing, at the same time, one within the other."""
    mine, its = (json.loads(one["subject"]).items() for one in (row, other))
    return row["what"] == other["what"] and (mine <= its or its <= mine) and _touch(row, other)


def _explained(row: Row, now: list[Row]) -> str:
    """Return the event of today that explains an alarm which is no longer there, or that none does."""
    events = (one for one in now if not one["part_of"])
    return next((str(one["alarm_id"]) for one in events if _is_part(row, one)), REVISED)
