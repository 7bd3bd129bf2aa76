"""Criteria of the ledger: nothing is overdue, nothing that lapsed still counts, and every row of it fits."""

from collections.abc import Iterator, Mapping
from typing import Any

from riskmodels.assessment.due import Due
from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs


def check_due(inputs: Inputs) -> Iterator[Finding]:
    """Yield each action, and finding from elsewhere, that is overdue: red once it is escalated.

    Where nothing is, one line says of how many.
    """
    if inputs.due is None:
        return
    table = inputs.due.table
    is_finding = table["kind"] == "finding"
    for rule, rows in (("action_overdue", table[~is_finding]), ("finding_overdue", table[is_finding])):
        late = rows[rows["standing"] == "overdue"]
        for row in late.to_dict("records"):
            yield _overdue(rule, row, inputs.due)
        waiting = int(rows["standing"].isin(["due", "later"]).sum())
        if late.empty and waiting:
            yield Finding(rule, _kind(rule), "", "", "passed", figures={"waiting": waiting})


def _kind(rule: str) -> Any:
    return "action" if rule == "action_overdue" else "elsewhere"


def _overdue(rule: str, row: Mapping[Any, Any], due: Due) -> Finding:
    figures = {name: row[name] for name in ("unit_id", "what", "owner", "source", "grade", "escalated_to")}
    figures |= {"due_on": f"{row['due_on']:%Y-%m-%d}", "day": due.day.isoformat(), "set_by": due.set_by}
    severity: Severity = "red" if row["escalated_to"] else "amber"
    return Finding(
        rule, _kind(rule), str(row["id"]), "", severity, value=float(row["days"]), limit=0.0, figures=figures
    )


def check_lapsed(inputs: Inputs) -> Iterator[Finding]:
    """Yield what covered a finding, a rule or a rating until a day that is over: that is open again.

    An acceptance of what is closed, and an override of another quarter, cover nothing any more.
    """
    if inputs.due is None:
        return
    covers = inputs.due.covers
    for row in covers[(covers["standing"] == "expired") & covers["is_open"]].to_dict("records"):
        figures = {name: row[name] for name in ("reason", "stated_by", "finding_id")}
        figures |= {
            "of": row["rule"],
            "about": row["subject"],
            "kind": row["kind"],
            "until": f"{row['expires_on']:%Y-%m-%d}",
        }
        yield Finding("lapsed", "cover", str(row["id"]), "", "amber", figures=figures)


def check_ledger(inputs: Inputs) -> Iterator[Finding]:
    """Yield whether every row of the ledger fits."""
    if inputs.due is not None:
        due = inputs.due
        figures = {"place": due.place, "head": due.head, "problem": due.problem}
        severity: Severity = "red" if due.problem else "passed"
        yield Finding("ledger_whole", "ledger", "", "", severity, figures=figures)
