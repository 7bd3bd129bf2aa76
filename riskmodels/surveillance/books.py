"""The book of alarms: what the policy's rules watch, and every alarm over its life."""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.labels import label, plural, space
from riskmodels.surveillance.events import COLUMNS
from riskmodels.surveillance.watching import Alarms

OPEN = ("new", "continuing", "acknowledged")
RULES = (
    *("rule", "what", "by", "left_out", "every", "chart", "run_length"),
    *("series", "first", "last", "alarms", "told", "set_by", "why", "said"),
)
NUMBERS = ("size", "lower", "upper", "probability")
EVENTS = (
    *("alarm_id", "rule", "what", "measure", "level", "subject", "status"),
    *(*COLUMNS, "reported", "reason", "answered_by", "until", "part_of"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class AlarmBook(Displayed):
    """All alarms of the policy's rules, with what earlier books knew of them.

    Attributes
    ----------
    table : DataFrame
        One row per alarm, open ones first: alarm_id (the same over its life), rule, what (complaints, losses
        or an indicator), measure (of it that has risen: rows, failing cases, cases, events, mean, minutes),
        level and subject (JSON: the keys that name its series; none: all; of an empty value it is not known),
        status (``new``: in no earlier book; ``continuing``; ``acknowledged``; ``closed``), since,
        since_earliest, since_latest, size, lower, upper, probability, alarmed, last, ending (as in
        ``Alarms.table``), reported (day of the first book that has it), reason, answered_by, until (of the
        acknowledgement), part_of (the alarm that names the same event; ``revised`` where the data no longer
        show one that a book has).
    rules : DataFrame
        One row per thing watched: rule, what, by (columns, with ×), left_out (columns that the source
        does not give), every, chart, run_length [periods], series, first, last (periods judged), alarms
        (open), told, set_by, why (it could not be watched; empty where it was), said
        (what that is made of, JSON, as ``labels.say`` takes it).
    names : DataFrame
        kind (rule, indicator, unit), id, field, language, text: what the identifiers are called.
    watched : tuple of (str, str, Alarms)
        Rule, what, and what the charts of these say, where there are alarms.
    as_of : date
        Last day that is looked at.
    """

    table: pd.DataFrame
    rules: pd.DataFrame
    names: pd.DataFrame = field(repr=False)
    watched: tuple[tuple[str, str, Alarms], ...] = field(repr=False)
    as_of: date

    @property
    def events(self) -> pd.DataFrame:
        """The alarms that are no part of another: one of each event."""
        return self.table[self.table["part_of"] == ""].reset_index(drop=True)

    @property
    def new(self) -> pd.DataFrame:
        """The events that no earlier book has."""
        return self.events[self.events["status"] == "new"]

    def alarms_of(self, rule: str, what: str) -> Alarms | None:
        """Return what the charts of a rule say of one thing; None where they have no alarm."""
        return next((alarms for one, of, alarms in self.watched if (one, of) == (rule, what)), None)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"alarms": self.table, "watch_rules": self.rules}

    @property
    def sentence(self) -> str:
        """Say how many alarms there are, and how much is watched."""
        if self.rules.empty:
            return label("Nothing is watched: the policy has no rules for it (watch:).")
        counts = self.events["status"].value_counts()
        told = {one: int(counts.get(one, 0)) for one in (*OPEN, "closed")}
        series = int(self.rules["series"].sum())
        words = label("Alarms up to {as_of}: {new} new, {continuing} continuing", told, as_of=self.as_of)
        if told["acknowledged"]:
            words += label(", {acknowledged} acknowledged", told)
        words += label(", {closed} closed in the last year.", told)
        watched = plural(series, "{n:,d} series is watched.", "{n:,d} series are watched.", n=series)
        return words + space() + watched

    def summary(self) -> pd.DataFrame:
        """Return the alarms that are not closed, one of each event."""
        return self.events[self.events["status"] != "closed"]
