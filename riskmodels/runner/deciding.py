"""Carry out what a loop's file decides after a quarter; each decision once, also if it is asked for again."""

from dataclasses import dataclass
from pathlib import Path

from riskmodels.errors import ParameterError
from riskmodels.governance.adopting import adopt, approved, complete
from riskmodels.governance.changes import decide_proposal
from riskmodels.governance.ledger import RECORDS, Ledger
from riskmodels.labels import counted, label
from riskmodels.manifests import versions_of
from riskmodels.misfits import nearest
from riskmodels.runner.loop_file import Adopt, Decide, Publish, Write
from riskmodels.runner.releasing import release_report


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What decisions are about: the ledger, the policies, the report of the quarter."""

    ledger: Ledger
    policies: Path
    report: Path


def carry_out(decision: Write | Decide | Adopt | Publish, desk: Desk) -> str:
    """Carry out one decision, and say what was done; what was done before is left as it is.

    Raises
    ------
    RiskModelsError
        The ledger or the policy refuses it, or there is nothing to decide about.
    """
    if isinstance(decision, Write):
        return _write(decision, desk.ledger)
    if isinstance(decision, Decide):
        return _decide(decision, desk)
    if isinstance(decision, Adopt):
        return _adopt(decision, desk)
    if versions := versions_of(desk.report.parent, desk.report.name):
        return label("{report} is released already", report=versions[-1])
    return release_report(desk.report, desk.ledger, by=decision.by).sentence


def _write(decision: Write, ledger: Ledger) -> str:
    model, (table, id_) = RECORDS[decision.table], decision.key
    stands = ledger.get(table, id_)
    given = {} if stands is None else stands.record.content
    values = {**given, **decision.values}
    record = model.made({name: value for name, value in values.items() if value is not None})
    version = 0 if stands is None else stands.version
    if stands is None or record.digest != stands.digest:
        ledger.write(record, by=decision.by, version=version, note=decision.note)
        version += 1
    return label(
        "{table} {id}, version {version}, by {by}", table=table, id=id_, version=version, by=decision.by
    )


def _decide(decision: Decide, desk: Desk) -> str:
    ledger, is_approved = desk.ledger, decision.do == "approve"
    id_ = decision.record or _on_line(decision, ledger)
    stands = ledger.get(decision.table, id_)
    if stands is None:
        known = list(ledger.frame(decision.table)[RECORDS[decision.table].key])
        raise ParameterError(f"the ledger has no {decision.table} {id_}; {nearest(id_, known)}")
    if ledger.get("decisions", f"{decision.table}/{id_}/{stands.version}") is None:
        seen, by, reason = stands.digest, decision.by, decision.reason
        if decision.table == "proposals":
            decide_proposal(
                ledger, id_, desk.policies, is_approved=is_approved, seen=seen, by=by, reason=reason
            )
        else:
            ledger.decide(decision.table, id_, is_approved=is_approved, seen=seen, by=by, reason=reason)
    what = f"{decision.table} {decision.line or id_}"
    if is_approved:
        return label("{what} approved by {by}", what=what, by=decision.by)
    return label("{what} rejected by {by}: {reason}", what=what, by=decision.by, reason=decision.reason)


def _on_line(decision: Decide, ledger: Ledger) -> str:
    """Return the last proposal about a line of the policy."""
    frame = ledger.frame("proposals")
    about = frame["path"] == decision.line
    if decision.rule:
        about &= frame["rule"] == decision.rule
    if not about.any():
        raise ParameterError(
            f"nothing is proposed for '{decision.line}'; {nearest(decision.line, sorted(set(frame['path'])))}"
        )
    return str(frame[about].sort_values("seq")["proposal_id"].iloc[-1])


def _adopt(decision: Adopt, desk: Desk) -> str:
    """Adopt what is approved; an adoption that was killed is completed."""
    complete(desk.ledger, desk.policies)
    known = desk.ledger.get("adoptions", str(decision.valid_from))
    if known is not None:
        return label("The policy of {day} is adopted already", day=decision.valid_from)
    ids = approved(desk.ledger, "policy")
    change = adopt(desk.ledger, ids, desk.policies, day=decision.valid_from, by=decision.by)
    lines = counted(len(change.lines), "line", "lines")
    return label(
        "{lines} of the policy adopted from {day} on, by {by}",
        lines=lines,
        day=decision.valid_from,
        by=decision.by,
    )
