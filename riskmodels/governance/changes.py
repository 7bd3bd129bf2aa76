"""Proposals in a ledger, and what they would change in a policy file: recorded, shown, decided."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskmodels.errors import ParameterError
from riskmodels.governance.drafting import open_limits
from riskmodels.governance.ledger import Ledger
from riskmodels.governance.ledger.laws import Versioned
from riskmodels.governance.ledger.records import Proposal
from riskmodels.governance.policy_records import digest_of_file, latest_policy
from riskmodels.governance.proposals import Proposals, lines_of, settled_in
from riskmodels.governance.stepping import as_default
from riskmodels.parameters.editing import Edit, edit_text
from riskmodels.parameters.files import parse_parameters, read_text
from riskmodels.parameters.policy import IndicatorPolicy, Policy

_LINES = re.compile(  # that a proposal may change; what else a policy says is changed by hand
    r"indicators\.[a-z0-9_]+\.(limits\.(amber|red)|limits_by_product\..+\.(amber|red)|limits_set_by|objective"
    r"|weight)|watch\.[a-z0-9_]+\.indicators"
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A policy file as proposals would make it.

    Attributes
    ----------
    base : Path
        The file that is changed; ``before`` is its text, ``after`` that of the new one.
    lines : tuple
        Path, value now, value proposed of every line.
    """

    base: Path
    before: str
    after: str
    lines: tuple[tuple[str, Any, Any], ...]

    @property
    def difference(self) -> str:
        """What changes, as a unified difference."""
        pieces = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), str(self.base), "adopted", lineterm="", n=1
        )
        return "\n".join(pieces)


def record_proposals(
    ledger: Ledger, asked: Proposals, policies: Path, *, by: str, is_kept: bool = True
) -> dict[str, str]:
    """Write the proposals of an assessment into a ledger, all or none.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    asked : Proposals
        Saved result of a finished run.
    policies : Path
        Folder of policies: they are about its latest file.
    by : str
        Function of the bank that proposes.
    is_kept : bool
        Else all is checked, and nothing is written.

    Returns
    -------
    dict
        By proposal: new, changed (it is about another file now, and any approval falls), unchanged, or
        settled: it was rejected, adopted or withdrawn, and comes back with new evidence only; and of earlier
        quarters, withdrawn: nobody decided it, and the assessment does not ask for it any more.

    Raises
    ------
    ParameterError
        A line has changed since the assessment, or would relax what a regulator or a standard has set.
    """
    path = latest_policy(policies)
    text, about = read_text(path), {"policy": path.stem, "policy_digest": digest_of_file(path)}
    known = ledger.frame("proposals")
    settled, outcome, changes = settled_in(known), {}, list[tuple[Proposal, int]]()
    for row in asked.table.to_dict("records"):
        named = {name: row[name] for name in Proposal.model_fields if name in row}
        named["figures"] = _with_quarters(row, asked)
        made = Proposal.made(named | about | {"period": asked.period})
        stands = ledger.get("proposals", made.id)
        if made.id in settled:
            outcome[made.id] = "settled"
        elif stands is not None and stands.digest == made.digest:
            outcome[made.id] = "unchanged"
        else:
            outcome[made.id] = "new" if stands is None else "changed"
            changes.append((made, stands.version if stands else 0))
    _check([made for made, _ in changes], text, where=str(path))
    late = known[(known["standing"] == "waiting") & (known["period"] < asked.period)]
    for id_ in late.loc[~late["proposal_id"].isin(outcome), "proposal_id"]:
        (stands,) = proposals_in(ledger, [id_])
        outcome[id_] = "withdrawn"
        changes.append((proposal_of(stands).model_copy(update={"status": "withdrawn"}), stands.version))
    if changes:
        ledger.write_all(changes, by=by, is_kept=is_kept)
    return outcome


def _check(proposals: Iterable[Proposal], text: str, *, where: str) -> None:
    """Refuse proposals that do not fit the file, those of other lines together: to read it takes a second."""
    batches: list[tuple[set[str], list[Proposal]]] = []
    for one in (proposal for proposal in proposals if proposal.kind == "policy"):
        paths = {path for path, *_ in lines_of(one.content)}
        free = next((batch for batch in batches if not paths & batch[0]), None)
        if free is None:
            batches.append((paths, [one]))
        else:
            free[0].update(paths)
            free[1].append(one)
    for _, batch in batches:
        try:
            changed_text(text, batch, where=where)
        except ParameterError:
            for one in batch:  # which of them it is; together they may not fit though each does
                changed_text(text, [one], where=where)


def _with_quarters(row: Mapping[Any, Any], asked: Proposals) -> str:
    """Return the figures of a proposal, and what the last four quarters would have looked like."""
    quarters = asked.quarters[asked.quarters["proposal_id"] == row["proposal_id"]]
    listed = json.loads(quarters.drop(columns="proposal_id").to_json(orient="records"))
    return json.dumps(json.loads(row["figures"]) | {"quarters": listed})


def changed_text(
    text: str, proposals: Iterable[Proposal], *, where: str, about: Iterable[Edit] = ()
) -> tuple[str, list[tuple[str, Any, Any]]]:
    """Return a policy's text with the lines of proposals changed, and these lines; nothing else changes.

    Raises ParameterError where a line has changed since, is none that a proposal may change, or relaxes what
    nobody but a regulator or a standard may.
    """
    lines: dict[str, tuple[Any, Any]] = {}
    for one in proposals:
        if one.kind != "policy":
            continue
        for path, now, proposed in lines_of(one.content):
            if not _LINES.fullmatch(path):
                raise ParameterError(
                    f"{one.id}: {path} is no line that a proposal changes: change it by hand"
                )
            if path in lines and lines[path] != (now, proposed):
                raise ParameterError(f"{one.id}: another proposal changes {path}, too: adopt one of them")
            lines[path] = (now, proposed)
    before = parse_parameters(text, Policy, where=where)
    edits = [Edit(path=path, expected=now, proposed=then) for path, (now, then) in lines.items()]
    changed = edit_text(text, [*about, *edits])
    after = parse_parameters(changed, Policy, where=f"{where}, changed")
    for now in before.indicators:
        _refuse_relaxed(now, after.indicator(now.id))
    return changed, [(path, now, then) for path, (now, then) in lines.items()]


def _refuse_relaxed(now: IndicatorPolicy, then: IndicatorPolicy) -> None:
    """Refuse that a limit which a regulator, a standard or the bank itself has set gets looser."""
    if as_default(now.limits_set_by) != as_default(then.limits_set_by):
        raise ParameterError(f"{now.id}: a proposal does not change who has set a limit: change it by hand")
    ours = open_limits(now.model_copy(update={"limits_set_by": as_default(now.limits_set_by)}))
    worse = 1 if now.direction == "lower_is_better" else -1
    pairs = [(now.limits, then.limits)]
    pairs += [(one, then.limits_by_product.get(name)) for name, one in now.limits_by_product.items()]
    for before, after in pairs:
        for name in {"amber", "red"} - set(ours):
            if before and after and worse * (getattr(after, name) - getattr(before, name)) > 0:
                raise ParameterError(
                    f"{now.id}: {name} is set by {now.limits_set_by}: a proposal never relaxes it"
                )


def proposals_in(ledger: Ledger, ids: Sequence[str]) -> list[Versioned]:
    """Return proposals as they stand; raises ParameterError where one is not there."""
    found = []
    for one in ids:
        stands = ledger.get("proposals", one)
        if stands is None:
            raise ParameterError(
                f"the ledger has no proposal {one}; riskmodels ledger show proposals lists them"
            )
        found.append(stands)
    return found


def change_of(ledger: Ledger, ids: Sequence[str], policies: Path) -> Change:
    """Return what proposals would change in the latest policy; raises as ``changed_text``."""
    path = latest_policy(policies)
    text = read_text(path)
    after, lines = changed_text(
        text, [proposal_of(one) for one in proposals_in(ledger, ids)], where=str(path)
    )
    return Change(base=path, before=text, after=after, lines=tuple(lines))


def proposal_of(stands: Versioned) -> Proposal:
    """Return the proposal that stands in a ledger."""
    if not isinstance(stands.record, Proposal):
        raise ParameterError(f"{stands.record.id} is no proposal")
    return stands.record


def decide_proposal(
    ledger: Ledger, id_: str, policies: Path, *, is_approved: bool, seen: str, by: str, reason: str = ""
) -> str:
    """Approve or reject a proposal as it was seen, and return the ledger's head; a stale one is refused.

    Raises
    ------
    LedgerError
        It is not what was seen any more, it is decided already, or who decides wrote it.
    ParameterError
        It is not there, it is stale, or it is rejected without a reason.
    """
    if not is_approved and not reason.strip():
        raise ParameterError("why it is rejected is not said: --reason")
    if is_approved:
        change_of(ledger, [id_], policies)
    proposals_in(ledger, [id_])
    return str(ledger.decide("proposals", id_, is_approved=is_approved, seen=seen, by=by, reason=reason))


def described(ledger: Ledger, id_: str, policies: Path) -> str:
    """Say what a proposal is decided by: why, what changes, the last four quarters, and its digest."""
    (stands,) = proposals_in(ledger, [id_])
    one = proposal_of(stands)
    if one.kind == "policy":
        shown = change_of(ledger, [id_], policies).difference
    else:
        shown = "\n".join(f"+ {name}: {value}" for name, value in json.loads(one.proposed).items() if value)
    quarters = json.loads(one.figures).get("quarters", [])
    cost = "unknown" if one.cost is None else f"{one.cost:,.0f} CNY"
    return "\n".join(
        [
            f"{id_} ({one.period}, {one.rule}): {one.reason}.",
            shown,
            *(f"  {row['period']} {row['measure']}: {row['now']} -> {row['proposed']}" for row in quarters),
            f"Findings: {one.finding_ids}. Cost: {cost}.",
            f"Judged by: {one.measured_by}.",
            f"--seen {stands.digest}",
        ]
    )
