"""The block of the first page that says what is due, and what counts beside the findings."""

from collections.abc import Sequence

import pandas as pd

from riskmodels.assessment import Due
from riskmodels.display import shown_few
from riskmodels.labels import clauses, commas, counted, label, marked, plain_label
from riskmodels.reporting.document import FrontBlock

_MOST_NAMED = 3  # of each kind; a choice: the chapter has them all
_NAMED = marked("{what} ({days} over, {owner})")
OVERDUE = {  # rules of findings that are one sentence, as the block names the longest
    "action_overdue": marked("{count} corrective actions are overdue, the longest by {days}"),
    "finding_overdue": marked("{count} findings from elsewhere are overdue, the longest by {days}"),
}
_COVERS = {
    "exceptions": (marked("exception"), marked("exceptions")),
    "acceptances": (marked("accepted risk"), marked("accepted risks")),
    "overrides": (marked("override"), marked("overrides")),
}


def what_is_due_now(found: Sequence[Due]) -> tuple[FrontBlock, ...]:
    """Say how much is due, what is longest overdue, what counts or has ended; nothing without a ledger."""
    return tuple(
        FrontBlock(
            title=label("What is due"),
            sentences=tuple(
                filter(None, [due.problem, due.sentence, _longest(due), _beside(due), _violations(due)])
            ),
        )
        for due in found
    )


def overdue_together(rows: pd.DataFrame) -> str:
    """Say of several overdue things of a kind how many there are, and for how long."""
    days = counted(rows["value"].max(), "working day", "working days")
    return label(OVERDUE[rows["rule"].iloc[0]], count=len(rows), days=days)


def _longest(due: Due) -> str:
    late = due.table[due.table["standing"] == "overdue"].sort_values("days", ascending=False)
    names = [
        label(
            _NAMED,
            what=plain_label(row["what"]),
            days=counted(row["days"], "working day", "working days"),
            owner=row["escalated_to"] or row["owner"] or row["unit_id"],
        )
        for row in late.to_dict("records")
    ]
    return label("Longest overdue: {names}", names=shown_few(names, _MOST_NAMED)) if names else ""


def _beside(due: Due) -> str:
    """Say how many exceptions, accepted risks and overrides are in force, and how many have ended."""
    covers = due.covers[due.covers["is_open"]]
    parts = [
        label(words, names=_names(covers[covers["standing"] == standing]))
        for standing, words in (
            ("in force", marked("in force: {names}")),
            ("expired", marked("ended: {names}")),
        )
        if (covers["standing"] == standing).any()
    ]
    return label("Beside the findings: {parts}", parts=clauses(parts)) if parts else ""


def _names(rows: pd.DataFrame) -> str:
    counts = rows["kind"].value_counts()
    return commas(counted(counts[kind], *words) for kind, words in _COVERS.items() if kind in counts.index)


def _violations(due: Due) -> str:
    table = due.violations
    if table.empty:
        return ""
    return label(
        "Confirmed violations: {number} in {units}, not settled: {open}",
        number=int(table["number"].sum()),
        units=counted(table["unit_id"].nunique(), "unit", "units"),
        open=int(table["open"].sum()),
    )
