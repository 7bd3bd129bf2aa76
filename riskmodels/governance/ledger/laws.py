"""The laws of the ledger that concern more than one record: references, approvals, what is written once."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from riskmodels.errors import LedgerError
from riskmodels.governance.ledger.records import Action, Adoption, Decision, Evaluation, Proposal, Record

_ZONES = timedelta(days=1)  # somewhere it is the next day already


@dataclass(frozen=True, kw_only=True, eq=False)
class Versioned:
    """A record as it stands: its digest and version, the row that wrote it, when (UTC) and by whom."""

    record: Record
    digest: str
    version: int
    seq: int
    at: str
    actor: str
    stated_by: str


Find = Callable[[str, str], Versioned | None]
Authors = Callable[[str, str], set[tuple[str, str]]]
Listed = Callable[[str], list[Record]]


def refuse_unlawful(
    record: Record,
    now: Versioned | None,
    *,
    version: int,
    find: Find,
    authors: Authors,
    listed: Listed,
    writer: tuple[str, str],
    day: date,
    knows_users: bool,
) -> None:
    """Raise LedgerError where a record may not be written.

    Parameters
    ----------
    record : Record
        What is to be written.
    now : Versioned or None
        What stands under its id.
    version : int
        Which version the writer saw; 0 for a new record.
    find, authors : callable
        Of a table and an id: what stands there; who (actor, stated name) wrote any version of it.
    listed : callable
        Of a table: every record of it.
    writer : (str, str)
        Actor, stated name.
    day : date
        On which it is written (UTC).
    knows_users : bool
        The database knows its users apart.
    """
    if now is not None and record.once:
        raise LedgerError(
            f"{record.table} {record.id} is recorded already, and is written once: take another id"
        )
    _refuse_unseen(record, now, version)
    for column, table in record.refers.items():
        for named in str(getattr(record, column)).split():
            if find(table, named) is None:
                raise LedgerError(
                    f"{record.table} {record.id}: {column} names {named}, which is not in {table}"
                )
    if isinstance(record, Action) and record.closed_on and record.closed_on > day + _ZONES:
        raise LedgerError(f"{record.id} cannot be closed on {record.closed_on}, which is still to come")
    if isinstance(record, Action) and record.effect_id:
        judged = find(Evaluation.table, record.effect_id)
        if judged and isinstance(judged.record, Evaluation) and judged.record.action_id != record.action_id:
            raise LedgerError(
                f"{record.effect_id} is the effect of {judged.record.action_id}, not of {record.id}"
            )
    if isinstance(record, Decision):
        _refuse_decision(
            record, find(record.about_table, record.about_id), authors, writer, knows_users=knows_users
        )
    if isinstance(record, Proposal) and now is not None:
        _refuse_settled(now, find, listed)
    if isinstance(record, Adoption):
        _refuse_adoption(record, find, listed)
        for named in record.proposal_ids.split():
            _refuse_author(
                f"proposals {named}", authors("proposals", named), writer, "adopts", knows_users=knows_users
            )


def _refuse_unseen(record: Record, now: Versioned | None, version: int) -> None:
    """Refuse to overwrite what the writer has not seen."""
    current = 0 if now is None else now.version
    if current == version:
        return
    if now is None:
        raise LedgerError(
            f"{record.table} {record.id} is not in the ledger: version {version} cannot be changed"
        )
    seen = f"version {version}" if version else "none"
    raise LedgerError(
        f"{record.table} {record.id} is at version {now.version}, written by {now.stated_by} ({now.actor}) at"
        f" {now.at}, and you saw {seen}: read it again, and change that"
    )


def _name(text: str) -> str:
    """Return a name without what the eye does not tell apart: case, width, blanks, signs that nobody sees."""
    signs = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in signs if sign.isalnum() or sign in "[]")


def _refuse_decision(
    record: Decision,
    about: Versioned | None,
    authors: Authors,
    writer: tuple[str, str],
    *,
    knows_users: bool,
) -> None:
    name = f"{record.about_table} {record.about_id}"
    if about is None:
        raise LedgerError(f"{name} is not in the ledger: nothing can be decided about it")
    if not about.record.decided:
        raise LedgerError(
            f"{name} needs no decision; what does: exceptions, acceptances, overrides, proposals"
        )
    if about.digest != record.seen:
        raise LedgerError(f"{name} is not what was seen any more: it is version {about.version}; look again")
    if record.id != f"{record.about_table}/{record.about_id}/{about.version}":
        raise LedgerError(
            f"the decision {record.id} is called {record.about_table}/{record.about_id}/{about.version}"
        )
    _refuse_author(
        name, authors(record.about_table, record.about_id), writer, "decides", knows_users=knows_users
    )


def _refuse_author(
    name: str, authors: set[tuple[str, str]], writer: tuple[str, str], does: str, *, knows_users: bool
) -> None:
    actor, by = writer
    for wrote, stated in authors:
        if _name(stated) == _name(by) or (knows_users and wrote == actor):
            raise LedgerError(f"{name} was written by {stated} ({wrote}): another than its author {does}")


def _refuse_settled(now: Versioned, find: Find, listed: Listed) -> None:
    """Refuse another version of a proposal that was rejected or adopted: it returns with new evidence."""
    decision = find(Decision.table, f"{Proposal.table}/{now.record.id}/{now.version}")
    if decision and isinstance(decision.record, Decision) and decision.record.outcome == "rejected":
        raise LedgerError(f"proposals {now.record.id} was rejected: it returns with new evidence only")
    for one in listed(Adoption.table):
        if isinstance(one, Adoption) and now.record.id in one.proposal_ids.split():
            raise LedgerError(f"proposals {now.record.id} is adopted, from {one.id} on, and stays as it is")


def _refuse_adoption(record: Adoption, find: Find, listed: Listed) -> None:
    """Refuse what is not approved as it stands, or adopted already, and a file of an earlier one."""
    earlier = [one for one in listed(record.table) if isinstance(one, Adoption)]
    approvals = set(record.decision_ids.split())
    for named in record.proposal_ids.split():
        for one in earlier:
            if named in one.proposal_ids.split():
                raise LedgerError(f"proposals {named} is adopted already, from {one.adoption_id} on")
        about = find(Proposal.table, named)
        if about is None or not isinstance(about.record, Proposal) or about.record.status == "withdrawn":
            raise LedgerError(f"proposals {named} is withdrawn")
        decision = find(Decision.table, f"{Proposal.table}/{named}/{about.version}")
        if decision is None or decision.record.id not in approvals or not _approves(decision.record, about):
            raise LedgerError(f"proposals {named} is not approved as it stands: it is adopted by nobody")
    if not record.base.isoformat() < record.adoption_id:
        raise LedgerError(f"a policy from {record.adoption_id} on cannot change that of {record.base}")
    if late := [one.adoption_id for one in earlier if one.adoption_id > record.base.isoformat()]:
        raise LedgerError(
            f"the policy of {record.base} is not the last one adopted, which is {max(late)}: change that"
        )


def _approves(decision: Record, about: Versioned) -> bool:
    return isinstance(decision, Decision) and decision.outcome == "approved" and decision.seen == about.digest
