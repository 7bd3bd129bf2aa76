"""Commands from a proposal to a policy in force: propose, diff, approve, reject, adopt, history."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.ledger import LEDGER, AsJson, By, DryRun, Place, opened, print_json
from riskmodels.cli.options import POLICIES, REPORTS, Policies
from riskmodels.cli.terminal import console, print_table, shown
from riskmodels.errors import ParameterError, ResultError

if TYPE_CHECKING:  # pandas and SQLAlchemy are imported by the commands that need them, for start-up
    from riskmodels.governance.ledger import Ledger

Id = Annotated[str, typer.Argument(help="Identifier of the proposal, e.g. PR-1f2e3d4c.")]
Seen = Annotated[str, typer.Option(help="Its digest as diff printed it.")]
_DRY = "Nothing is written: this is a dry run."


def propose(
    report: Annotated[str, typer.Argument(help="Folder of a finished report, or its quarter, e.g. 2026Q3.")],
    *,
    by: By,
    ledger: Place = LEDGER,
    policies: Policies = POLICIES,
    reports: Annotated[Path, typer.Option(help="Folder of reports, where a quarter is named.")] = REPORTS,
    dry_run: DryRun = False,
) -> None:
    """Write what a report asks for into the ledger; what was rejected comes back with new evidence only."""
    from riskmodels.governance.adopting import complete  # here, for start-up
    from riskmodels.governance.changes import record_proposals
    from riskmodels.governance.proposals import Proposals, rule_label
    from riskmodels.results import load

    folder = Path(report) if Path(report).is_dir() else reports / report
    if not (folder / "results" / "proposals").is_dir():
        raise ResultError(f"{folder} is no finished report: results/proposals is not there")
    asked = load(folder / "results" / "proposals", Proposals)
    with opened(ledger, is_made=not dry_run) as made:
        if not dry_run:
            complete(made, policies)
        outcome = record_proposals(made, asked, policies, by=by, is_kept=not dry_run)
        head = made.head()
    frame = asked.table[["proposal_id", "rule", "path"]].assign(
        rule=asked.table["rule"].map(rule_label), ledger=asked.table["proposal_id"].map(outcome)
    )
    print_table(f"{asked.sentence} Head {head}.", frame)
    if gone := sum(one == "withdrawn" for one in outcome.values()):
        console.print(
            shown(f"{gone} of earlier quarters that nobody decided are not asked for any more: withdrawn.")
        )
    console.print(shown(_DRY if dry_run else "Next: riskmodels policy diff ID"), soft_wrap=True)


def diff(
    proposal: Annotated[str, typer.Argument(help="Identifier, or all: what waits or is approved.")],
    *,
    ledger: Place = LEDGER,
    policies: Policies = POLICIES,
    as_json: AsJson = False,
) -> None:
    """Show what a proposal would change in the latest policy file, why, and the digest to approve."""
    with opened(ledger) as made:
        frame = made.frame("proposals")
        wanted = frame["standing"].isin(["waiting", "approved"])
        chosen = frame[wanted if proposal == "all" else frame["proposal_id"] == proposal]
        if chosen.empty and proposal != "all":
            raise ParameterError(
                f"the ledger has no proposal {proposal}; riskmodels ledger show proposals lists them"
            )
        if as_json:
            print_json(chosen)
            return
        for name in chosen["proposal_id"]:
            console.print(shown(_described(made, name, policies)), soft_wrap=True)


def _described(ledger: "Ledger", name: str, policies: Path) -> str:
    """Say all that a proposal is decided by."""
    from riskmodels.governance.changes import described  # here, for start-up

    return described(ledger, name, policies)


def approve(
    proposal: Id, *, seen: Seen, by: By, ledger: Place = LEDGER, policies: Policies = POLICIES
) -> None:
    """Approve a proposal as it was seen; not who wrote it, and not one that is stale."""
    from riskmodels.governance.changes import decide_proposal  # here, for start-up

    with opened(ledger) as made:
        head = decide_proposal(made, proposal, policies, is_approved=True, seen=seen, by=by)
    console.print(
        shown(f"{proposal} is approved; head {head}. Next: riskmodels policy adopt"), soft_wrap=True
    )


def reject(
    proposal: Id,
    *,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: By,
    seen: Annotated[str, typer.Option(help="Its digest as diff printed it; default: as it stands.")] = "",
    ledger: Place = LEDGER,
    policies: Policies = POLICIES,
) -> None:
    """Reject a proposal: it returns with new evidence only."""
    from riskmodels.governance.changes import decide_proposal, proposals_in  # here, for start-up

    with opened(ledger) as made:
        (stands,) = proposals_in(made, [proposal])
        head = decide_proposal(
            made, proposal, policies, is_approved=False, seen=seen or stands.digest, by=by, reason=reason
        )
    console.print(shown(f"{proposal} is rejected; head {head}."), soft_wrap=True)


def adopt(
    proposals: Annotated[
        list[str] | None,
        typer.Argument(help="Approved proposals; default: all that are approved and lines of the policy."),
    ] = None,
    *,
    from_: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Day from which it is in force.")
    ],
    by: By,
    ledger: Place = LEDGER,
    policies: Policies = POLICIES,
    dry_run: DryRun = False,
) -> None:
    """Write the policy file that approved proposals make, or open the actions that they ask for.

    The file is a copy of the latest one: nothing but the named lines, its day, its approval and the record of
    its decisions is changed. It is there as a whole or not at all; after a crash the next command of these
    completes it.
    """
    from riskmodels.governance import adopting  # here, for start-up
    from riskmodels.governance.changes import proposal_of, proposals_in

    day = from_.date()
    with opened(ledger) as made:
        kinds = {one.record.id: proposal_of(one).kind for one in proposals_in(made, proposals or [])}
        actions = [name for name, kind in kinds.items() if kind == "action"]
        lines = (
            [name for name in kinds if name not in actions] if kinds else adopting.approved(made, "policy")
        )
        if lines or not actions:
            change = adopting.adopt(made, lines, policies, day=day, by=by, is_kept=not dry_run)
            console.print(shown(change.difference), soft_wrap=True)
            console.print(shown(f"Lines: {len(change.lines)}; {policies / f'{day}.yaml'}."), soft_wrap=True)
        if actions:
            names = adopting.open_actions(made, actions, day=day, by=by, is_kept=not dry_run)
            console.print(shown(f"Actions opened: {', '.join(names)}."), soft_wrap=True)
        waiting = adopting.approved(made, "action")
        head = made.head()
    if waiting:
        console.print(shown(f"Approved actions that wait to be adopted by name: {', '.join(waiting)}."))
    console.print(shown(f"{_DRY} " * dry_run + f"Head {head}."), soft_wrap=True)


def history(*, ledger: Place = LEDGER, policies: Policies = POLICIES, as_json: AsJson = False) -> None:
    """Show by which decisions each policy file is there; exit status 1 where one is there without any."""
    from riskmodels.governance.adopting import complete  # here, for start-up
    from riskmodels.governance.policy_records import policy_files
    from riskmodels.reporting.listings import list_policy_files

    with opened(ledger) as made:
        complete(made, policies)
        files = policy_files(policies, made.frame)
    if as_json:
        print_json(files)
    else:
        listing = list_policy_files(files)
        print_table(listing.sentence, listing.frame)
    raise typer.Exit(int((files["status"] != "adopted").any()))
