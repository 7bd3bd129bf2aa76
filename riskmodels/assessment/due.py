"""What is due, overdue and escalated on a day, and what counts beside the findings: overrides, exceptions."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd

from riskmodels.arrays import Integers
from riskmodels.display import Displayed
from riskmodels.labels import label
from riskmodels.parameters.action_rules import ActionRules
from riskmodels.parameters.policy import Policy
from riskmodels.periods.workdays import working_days
from riskmodels.scorecard import Scorecard
from riskmodels.tables import Tables

OPEN = ("overdue", "due", "later")
"""How what is not done yet stands: over its date, due by the end of the next quarter, or later."""
_TYPES = {
    **dict.fromkeys(["kind", "id", "unit_id", "what", "owner", "source", "grade", "severity"], "str"),
    **dict.fromkeys(["opened_on", "due_on", "closed_on"], "datetime64[ms]"),
    "standing": "str",
    "days": "float64",
    "escalated_to": "str",
}
_COVERS = {
    **dict.fromkeys(["kind", "id", "subject", "rule", "finding_id", "rated", "becomes", "computed"], "str"),
    **dict.fromkeys(["reason", "stated_by"], "str"),
    "expires_on": "datetime64[ms]",
    "effect_on_total": "float64",
    "standing": "str",
    "is_open": "bool",
}
_KINDS = {"exceptions": "exception_id", "acceptances": "acceptance_id", "overrides": "override_id"}
_SEVERITIES = ("red", "amber")  # the worse one first


class Stands(Protocol):
    """What stands in a ledger on a day, as a run took it."""

    @property
    def place(self) -> str:
        """Where it is kept."""

    @property
    def period(self) -> str:
        """The quarter."""

    @property
    def day(self) -> date:
        """The day."""

    @property
    def head(self) -> str:
        """Of the ledger then."""

    @property
    def problem(self) -> str:
        """What does not fit."""

    def frame(self, table: str) -> pd.DataFrame:
        """Return the records of a kind, each with its standing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Due(Displayed):
    """What is to be done, and what counts beside the findings.

    Attributes
    ----------
    table : DataFrame
        One row per corrective action and finding from elsewhere: kind (preventive, corrective, compensating;
        finding), id, unit_id, what, owner, source (of a finding), grade, severity (of an action the worst of
        the findings that it answers; else empty), opened_on, due_on, closed_on, standing (overdue, due: by
        the end of the next quarter, later, closed, cancelled, accepted), days (working days over the date,
        negative: until it; NaN where it is done or has none), escalated_to (function; empty: to nobody).
    covers : DataFrame
        One row per exception, acceptance and override: kind, id, subject, rule, finding_id, rated, becomes,
        computed (rating of the subject in this assessment), reason, stated_by, expires_on, effect_on_total
        [points], standing (waiting, in force, expired, rejected, withdrawn), is_open (whether what it covers
        still is: an acceptance's finding is not closed, an override is of this quarter).
    violations : DataFrame
        One row per unit, type and grade of confirmed violations: unit_id, type, grade, number, open, overdue.
    place, head, problem : str
        Of the ledger; what does not fit in it.
    period : str
        The quarter assessed.
    day : date
        On which all this is so.
    set_by : str
        Who set the rules of escalation.
    """

    table: pd.DataFrame
    covers: pd.DataFrame
    violations: pd.DataFrame
    place: str
    head: str
    problem: str = field(repr=False)
    period: str
    day: date
    set_by: str

    def counted(self, standing: str) -> int:
        """Return how many things stand so."""
        return int((self.table["standing"] == standing).sum())

    @property
    def escalated(self) -> int:
        """How many things are escalated."""
        return int((self.table["escalated_to"] != "").sum())

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"due": self.table, "covers": self.covers, "violations": self.violations}

    @property
    def sentence(self) -> str:
        """Say how much is due, overdue and escalated."""
        if not sum(map(self.counted, OPEN)):
            return label("Nothing is to be done on {day}.", day=self.day)
        return label(
            "To be done on {day}: {due} by the end of the next quarter, {later} later; overdue: {overdue},"
            " of which escalated: {escalated}.",
            day=self.day,
            due=self.counted("due"),
            later=self.counted("later"),
            overdue=self.counted("overdue"),
            escalated=self.escalated,
        )

    def summary(self) -> pd.DataFrame:
        """Return what is not done yet, what is longest overdue first."""
        names = ["id", "what", "owner", "due_on", "standing", "days", "escalated_to"]
        rows = self.table[self.table["standing"].isin(OPEN)]
        return rows.sort_values("days", ascending=False, na_position="last")[names]


def what_is_due(
    state: Stands, policy: Policy, *, tables: Tables | None = None, card: Scorecard | None = None
) -> Due:
    """Say what is due, overdue and escalated, and what counts beside the findings.

    Parameters
    ----------
    state : LedgerState
        What stands in the ledger.
    policy : Policy
        Its rules of escalation (``actions``).
    tables : Tables, optional
        Whose working days count, and the bank's own holidays; none: China's.
    card : Scorecard, optional
        The ratings as computed, beside which overrides are shown.

    Returns
    -------
    Due
        Overdue is what was due before the day. Working days over the date are those after it, up to the day.
    """
    calendar = ("CN", ()) if tables is None else (tables.country, tables.holidays)
    findings = state.frame("findings")
    rows = pd.concat([_of_actions(state.frame("actions"), findings), _of_findings(findings)])
    rows = _typed(rows, _TYPES).sort_values(["due_on", "id"], ignore_index=True)
    days = _days_over(rows["due_on"], state.day, *calendar)
    table = _standing(rows, days, state, policy.actions)
    return Due(
        table=table,
        covers=_covers(state, {} if card is None else _ratings(card)),
        violations=_violations(table),
        place=state.place,
        head=state.head,
        problem=state.problem,
        period=state.period,
        day=state.day,
        set_by=policy.actions.set_by,
    )


def _typed(rows: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
    texts = [name for name, kind in types.items() if kind == "str"]
    rows = rows.reindex(columns=list(types)).astype(dict.fromkeys(texts, "object"))
    return rows.fillna(dict.fromkeys(texts, "")).astype(types).reset_index(drop=True)


def _of_actions(actions: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    severities = findings.set_index("finding_id")["severity"]
    answered = actions.set_index("action_id")["finding_ids"].str.split().explode().map(severities)
    worst = {name: answered.eq(name).groupby(level=0).any() for name in _SEVERITIES}
    found = pd.Series("", actions["action_id"])
    for name in reversed(_SEVERITIES):
        found = found.mask(worst[name].reindex(found.index, fill_value=False), name)
    return actions.assign(severity=found.to_numpy(), id=actions["action_id"], what=actions["measure"])


def _of_findings(findings: pd.DataFrame) -> pd.DataFrame:
    rows = findings[findings["source"] != "assessment"]
    is_unit = rows["subject_kind"] == "unit"
    return rows.assign(
        kind="finding",
        id=rows["finding_id"],
        unit_id=rows["subject"].where(is_unit, ""),
        what=rows["rule"],
        opened_on=None,
        owner=rows["subject"].where(~is_unit, ""),
    )


def _days_over(due: pd.Series, day: date, country: str, holidays: tuple[date, ...]) -> Integers:
    """Count the working days from each date, exclusive, to a day, inclusive; negative for dates to come."""
    known = due.dropna()
    if known.empty:
        return np.zeros(len(due), dtype=np.int64)
    first, last = (min(known.min().date(), day), max(known.max().date(), day))
    index = working_days(first, last, country=country, closed=holidays).set_index("day")["working_index"]
    then = index.reindex(due.astype(index.index.dtype)).fillna(0).to_numpy(np.int64)
    return np.asarray(index.loc[pd.Timestamp(day)] - then, dtype=np.int64)


def _standing(rows: pd.DataFrame, days: Integers, state: Stands, rules: ActionRules) -> pd.DataFrame:
    """Say how each thing stands, how long it is overdue, and to whom it is escalated."""
    today = pd.Timestamp(state.day)
    soon = (pd.Period(state.period, freq="Q") + 1).end_time
    done = ~rows["standing"].isin(["open", "overdue"])
    late = (~done & (rows["due_on"] < today)).to_numpy()
    standing = np.select([done, late, rows["due_on"] <= soon], [rows["standing"], "overdue", "due"], "later")
    cells = zip(days, rows["severity"], rows["kind"], late, strict=True)
    told = [
        rules.escalated_to(days=int(over), severity=severity, kind=kind) if is_late else ""
        for over, severity, kind, is_late in cells
    ]
    known = ~done & rows["due_on"].notna()
    changed = rows.assign(standing=standing, days=np.where(known, days, np.nan), escalated_to=told)
    return changed.astype(_TYPES)


def _ratings(card: Scorecard) -> dict[str, str]:
    """Return the computed rating of each unit and, of the bank, of each indicator."""
    units = dict(zip(card.table["unit_id"].astype(str), card.table["rating"], strict=True))
    return units | dict(zip(card.bank["indicator_id"].astype(str), card.bank["rating"], strict=True))


def _covers(state: Stands, ratings: dict[str, str]) -> pd.DataFrame:
    parts = [
        state.frame(table).rename(columns={key: "id"}).assign(kind=table) for table, key in _KINDS.items()
    ]
    findings = state.frame("findings")
    known = findings.set_index("finding_id")[["rule", "subject"]]
    parts[1] = parts[1].join(known, on="finding_id")
    parts[-1] = parts[-1].assign(is_open=parts[-1]["period"] == state.period)
    closed = set(findings.loc[findings["standing"] == "closed", "finding_id"])
    rows = pd.concat(parts)
    rows = _typed(rows.assign(is_open=rows["is_open"].fillna(value=True).astype(bool)), _COVERS)
    is_override = rows["kind"] == "overrides"
    return rows.assign(
        computed=rows["subject"].map(ratings).where(is_override).fillna("").astype("str"),
        is_open=rows["is_open"] & ~rows["finding_id"].isin(closed),
    )


def _violations(table: pd.DataFrame) -> pd.DataFrame:
    """Count confirmed violations by unit, type and grade."""
    rows = table[table["source"] == "violation"].rename(columns={"what": "type"})
    rows = rows.assign(open=rows["standing"].isin(OPEN), overdue=rows["standing"] == "overdue")
    found = rows.groupby(["unit_id", "type", "grade"], as_index=False).agg(
        number=("id", "size"), open=("open", "sum"), overdue=("overdue", "sum")
    )
    types = dict.fromkeys(["unit_id", "type", "grade"], "str") | dict.fromkeys(
        ["number", "open", "overdue"], "int64"
    )
    return found.reindex(columns=list(types)).astype(types)
