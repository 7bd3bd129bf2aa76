"""From approved proposals to a policy file, whole or not at all whenever it is killed, and to actions."""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from riskmodels.errors import LedgerError, ParameterError
from riskmodels.governance.changes import (
    Change,
    changed_text,
    proposal_of,
    proposals_in,
)
from riskmodels.governance.ledger import Ledger
from riskmodels.governance.ledger.records import Action, Adoption, Proposal
from riskmodels.governance.ledger.standing import action_of
from riskmodels.governance.policy_records import digest_of_file, latest_policy
from riskmodels.parameters.editing import Edit
from riskmodels.parameters.files import parse_parameters, read_text
from riskmodels.parameters.policy import Policy
from riskmodels.scratch import staged, write_whole

_DAYS = 90  # until an adopted action is due: the quarter after shows whether it is done


def approved(ledger: Ledger, kind: str) -> list[str]:
    """Return the proposals of a kind that are approved and not adopted yet."""
    frame = ledger.frame("proposals")
    return list(frame.loc[(frame["standing"] == "approved") & (frame["kind"] == kind), "proposal_id"])


def adopt(
    ledger: Ledger, ids: Sequence[str], policies: Path, *, day: date, by: str, is_kept: bool = True
) -> Change:
    """Make approved proposals a policy file, in force from a day on.

    The file is written beside its place, the adoption is committed in the ledger, then the file takes its
    place. What was killed in between is completed by ``complete``, from the ledger.

    Parameters
    ----------
    ledger : Ledger
        It holds the approvals; the adoption is written to it.
    ids : sequence of str
        Approved proposals of lines of the policy.
    policies : Path
        Folder of policies.
    day : date
        From which the file is in force: after every other file there.
    by : str
        Function of the bank that adopts; none that wrote one of them.
    is_kept : bool
        Else all is checked, and nothing is written.

    Returns
    -------
    Change
        What the file changes.

    Raises
    ------
    ParameterError
        A line is stale, relaxes a standard, or the day has a file or lies before one.
    LedgerError
        A proposal is not approved as it stands, is adopted already, or was written by who adopts.
    """
    complete(ledger, policies)
    base, target = latest_policy(policies), policies / f"{day}.yaml"
    if target.exists():
        raise ParameterError(f"{target} is there already: no policy file is replaced; take another day")
    if target.name < base.name:
        raise ParameterError(f"{day} is before the policy of {base.stem}, which would stay in force after it")
    if not ids:
        raise ParameterError("no proposal is approved and waits to be adopted: riskmodels policy approve ID")
    known = {one.record.id: one for one in proposals_in(ledger, ids)}
    for one in known.values():
        if proposal_of(one).kind != "policy":
            raise ParameterError(f"{one.record.id} is no line of the policy, but an action: open_actions")
    adoption = Adoption.made(
        {
            "adoption_id": str(day),
            "period": max(proposal_of(one).period for one in known.values()),
            "proposal_ids": " ".join(known),
            "decision_ids": " ".join(f"proposals/{name}/{one.version}" for name, one in known.items()),
            "base": base.stem,
            "base_digest": digest_of_file(base),
            "file_digest": "0" * 64,
            "head": str(ledger.head()),
        }
    )
    change = _change_by(ledger, adoption, base)
    content = change.after.encode("utf-8")
    adoption = adoption.model_copy(update={"file_digest": hashlib.sha256(content).hexdigest()})
    if not is_kept:
        ledger.write(adoption, by=by, is_kept=False)
        return change
    with staged(target) as file:
        with file.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        ledger.write(adoption, by=by)
    return change


def _change_by(ledger: Ledger, adoption: Adoption, base: Path) -> Change:
    """Make the file of an adoption, from nothing but the ledger and the file it is made of."""
    text = read_text(base)
    stands = parse_parameters(text, Policy, where=str(base))
    records = [_version(ledger, one) for one in adoption.decision_ids.split()]
    about = {
        "period": adoption.period,
        "base": adoption.base.isoformat(),
        "proposals": adoption.proposal_ids,
        "decisions": adoption.decision_ids,
        "ledger_head": adoption.head,
    }
    before = stands.adopted
    now = None if before is None else before.model_dump(mode="json")
    words = f"adopted from proposals of {adoption.period}, see adopted; ledger {adoption.head}"
    edits = [
        Edit(path="valid_from", expected=stands.valid_from, proposed=date.fromisoformat(adoption.id)),
        Edit(path="approval", expected=stands.approval, proposed=words),
        Edit(path="adopted", expected=now, proposed=about),
    ]
    after, lines = changed_text(text, records, where=str(base), about=edits)
    return Change(base=base, before=text, after=after, lines=tuple(lines))


def _version(ledger: Ledger, decision_id: str) -> Proposal:
    """Return a proposal in the version that a decision is about."""
    _, name, version = decision_id.split("/")
    history = ledger.history("proposals", name)
    row = history[history["version"] == int(version)].iloc[0]
    values = {field: row[field] for field in Proposal.model_fields}
    return Proposal.made(values | {"policy": str(pd.Timestamp(values["policy"]).date())})


def complete(ledger: Ledger, policies: Path) -> list[str]:
    """Write the policy files that were adopted and are not there, as after a crash; return their days.

    Raises LedgerError where one cannot be made again as it was adopted: its base has changed, or is gone.
    """
    made = []
    for row in ledger.frame("adoptions").to_dict("records"):
        target = policies / f"{row['adoption_id']}.yaml"
        if target.exists():
            continue
        stands = ledger.get("adoptions", row["adoption_id"])
        if stands is None or not isinstance(stands.record, Adoption):
            continue
        base = policies / f"{stands.record.base}.yaml"
        if not base.exists() or digest_of_file(base) != stands.record.base_digest:
            raise LedgerError(
                f"the policy {target} was adopted and is not there, and {base}, of which it was made, is not"
                " what it was: put it back"
            )
        content = _change_by(ledger, stands.record, base).after.encode("utf-8")
        if hashlib.sha256(content).hexdigest() != stands.record.file_digest:
            raise LedgerError(
                f"the policy {target} was adopted and cannot be made again as it was: put it back"
            )
        write_whole(target, content)
        made.append(target.stem)
    return made


def open_actions(
    ledger: Ledger, ids: Sequence[str], *, day: date, by: str, is_kept: bool = True
) -> list[str]:
    """Open the actions that approved proposals ask for, due a quarter later; return their ids.

    Raises ParameterError where one is of the policy, LedgerError where it is not approved, or opened already.
    """
    standing = ledger.frame("proposals").set_index("proposal_id")["standing"].to_dict()
    changes = []
    for one in proposals_in(ledger, ids):
        record = proposal_of(one)
        if record.kind != "action":
            raise ParameterError(f"{record.id} is no action, but lines of the policy: adopt")
        if standing[record.id] != "approved":
            raise LedgerError(
                f"proposals {record.id} is {standing[record.id]}: only an approved one is adopted"
            )
        values = json.loads(record.proposed) | {
            "action_id": action_of(record.id),
            "finding_ids": "",
            "objective": record.measured_by,
            "opened_on": day,
            "due_on": day + timedelta(days=_DAYS),
            "cost": record.cost,
        }
        changes.append((Action.made(values), 0))
    ledger.write_all(changes, by=by, note="adopted proposal", is_kept=is_kept)
    return [action.id for action, _ in changes]
