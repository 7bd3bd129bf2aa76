"""What stands in a ledger on a day, taken once by a run: its report reads this, never the database."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import LedgerError
from riskmodels.governance.ledger import RECORDS, Ledger, Record
from riskmodels.governance.ledger.database import place_of
from riskmodels.governance.ledger.records import Action
from riskmodels.governance.ledger.standing import with_standing
from riskmodels.labels import counted, label

_DAMAGES = (LedgerError, LookupError, TypeError, ValueError)  # of rows that do not fit, read as if they did
_TYPES = {date: "datetime64[ms]", float: "float64", int: "int64"}  # in a file, by what a record has
_ABOUT = {"version": "int64", "seq": "int64"} | dict.fromkeys(["at", "stated_by", "digest"], "str")


@dataclass(frozen=True, kw_only=True, eq=False)
class LedgerState(Displayed):
    """What stands in a ledger on a day.

    Attributes
    ----------
    place : str
        File, or server and database; no user, no password.
    period : str
        The quarter whose assessment it was taken for; what is of a later one is left out.
    day : date
        The day whose deadlines and expiries count. An action opened later is left out, and one closed later
        is still open.
    head : str
        Of the ledger when it was taken.
    problem : str
        What does not fit in the chain, as ``Ledger.verify`` says it; empty where every row fits.
    tables : tuple of str
        Kinds of records, e.g. ``actions``.
    records : tuple of DataFrame
        The records of each: the columns of ``Ledger.frame`` but the actor, who is a person; standing on
        ``day``.
    """

    place: str
    period: str
    day: date
    head: str
    problem: str
    tables: tuple[str, ...]
    records: tuple[pd.DataFrame, ...] = field(repr=False)

    def frame(self, table: str) -> pd.DataFrame:
        """Return the records of a kind; none of one that the ledger did not know yet."""
        known = dict(zip(self.tables, self.records, strict=True))
        empty = _typed(pd.DataFrame(), RECORDS[table]).assign(standing="").astype({"standing": "str"})
        return known.get(table, empty)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {f"ledger_{table}": frame for table, frame in zip(self.tables, self.records, strict=True)}

    @property
    def table(self) -> pd.DataFrame:
        """One row per kind of record and standing (empty where it has none): table, standing, records."""
        rows = [
            {"table": table, "standing": standing, "records": int(number)}
            for table, frame in zip(self.tables, self.records, strict=True)
            for standing, number in _standings(frame)
        ]
        return pd.DataFrame(rows, columns=["table", "standing", "records"])

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table

    @property
    def sentence(self) -> str:
        """Say what was taken, of which day, and whether every row fits."""
        number = counted(sum(map(len, self.records)), "record", "records")
        text = label(
            "Ledger {place} on {day}: {number}; head {head}.",
            place=self.place,
            day=self.day,
            number=number,
            head=self.head,
        )
        return f"{text} {self.problem}".rstrip()


def take_state(ledger: Ledger, *, period: str, day: date) -> LedgerState:
    """Take what stands in a ledger on a day, for the assessment of a quarter.

    Parameters
    ----------
    ledger : Ledger
        All that is known in it counts, whenever it was recorded (``Ledger.as_of`` gives an earlier one).
    period : str
        The quarter assessed.
    day : date
        The day whose deadlines and expiries count, usually the first one after the quarter.

    Returns
    -------
    LedgerState
        Also of a ledger whose chain is broken, as far as its rows can be read: ``problem`` says so.

    Notes
    -----
    What was found or done in a quarter is often recorded later. So a record is taken by the dates that stand
    in it, not by when it was written: the same ledger gives the same state for a past quarter on any day, and
    a correction that was recorded since counts.
    """
    found, raw = ledger.verify(), dict[str, pd.DataFrame]()
    for table, model in RECORDS.items():
        try:
            raw[table] = _as_of(ledger.history(table), model, period, day)
        except _DAMAGES:
            if not found.problem:
                raise
            raw[table] = _typed(pd.DataFrame(), model)

    def standing(table: str) -> pd.DataFrame:
        return with_standing(table, raw[table].copy(), day, standing)

    return LedgerState(
        place=place_of(ledger.engine.url),
        period=period,
        day=day,
        head=str(ledger.head()),
        problem=found.problem,
        tables=tuple(RECORDS),
        records=tuple(standing(table) for table in RECORDS),
    )


def _as_of(versions: pd.DataFrame, model: type[Record], period: str, day: date) -> pd.DataFrame:
    """Return the last version that a quarter and a day know; what is closed later is still open."""
    if "period" in versions:
        versions = versions[versions["period"] <= period]
    frame = _typed(versions.drop_duplicates(model.key, keep="last").sort_values(model.key), model)
    if model is not Action:
        return frame
    frame = frame[frame["opened_on"] <= pd.Timestamp(day)].reset_index(drop=True)
    later = frame["closed_on"] > pd.Timestamp(day)
    return frame.assign(
        closed_on=frame["closed_on"].mask(later), status=frame["status"].mask(later, "in_progress")
    )


def _typed(frame: pd.DataFrame, model: type[Record]) -> pd.DataFrame:
    """Give the columns of records their types, also where there is no row: files keep them."""
    types = {name: _type(one.annotation) for name, one in model.model_fields.items()} | _ABOUT
    return frame.reindex(columns=list(types)).astype(types).reset_index(drop=True)


def _type(annotation: Any) -> str:
    kinds = {annotation, *get_args(annotation)}
    return next((name for kind, name in _TYPES.items() if kind in kinds), "str")


def _standings(frame: pd.DataFrame) -> list[tuple[str, int]]:
    if "standing" not in frame.columns:
        return [("", len(frame))]
    return [(str(name), int(one)) for name, one in frame["standing"].value_counts().sort_index().items()]
