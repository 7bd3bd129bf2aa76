"""Commands about the policy: show the one in force, draft a bank's first own limits."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.options import (
    POLICIES,
    STORE,
    FileOptions,
    Period,
    Policies,
    PolicyOn,
    SourceFile,
    Store,
    policy_in_force,
    take_in,
)
from riskmodels.cli.terminal import console, print_table, shown, with_progress
from riskmodels.errors import ParameterError
from riskmodels.labels import label
from riskmodels.scratch import write_whole

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.governance.limits import LimitDraft
    from riskmodels.parameters.policy import Policy

_DRAFTS = "drafts"  # a folder beside the policies: what is in it is not in force
_SHOWN = ("Indicator", "Amber", "Red", "Units red", "Units red in a quarter")  # on a terminal


def show_policy(context: typer.Context, *, policies: Policies = POLICIES, policy_on: PolicyOn = None) -> None:
    """Show the policy in force: indicators, limits, and who set them. Or draft limits of the bank's own."""
    if context.invoked_subcommand is not None:
        return
    from riskmodels.reporting.listings import list_policy  # here, for start-up

    listing = list_policy(policy_in_force(policies, policy_on))
    print_table(listing.sentence, listing.frame)


def draft_policy(
    source: SourceFile,
    *,
    period: Period,
    quarters: Annotated[int, typer.Option(min=4, max=40, help="Quarters to look at.")] = 8,
    valid_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the draft; default: a quarter after the last one."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; default: drafts/<day>.yaml beside the policies.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a draft that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, write nothing.")] = False,
    file: FileOptions = None,
    store: Store = STORE,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Draft a bank's first own limits from what its units have had, where riskmodels' defaults stand.

    A fifth of all quarters of units lie truly beyond amber, a twentieth beyond red; the scatter of small
    units is left out. What a regulator or a service standard has set stays. It is said how many units each
    limit makes red.

    The draft is a copy of the policy in force with these lines changed. It is in force when a person has
    read it, written who approved it, and moved it beside the other policies.
    """
    from riskmodels.governance.limits import draft_limits  # here, for start-up
    from riskmodels.reporting.listings import list_limit_draft

    policy = policy_in_force(policies, policy_on)
    day = valid_from.date() if valid_from else _quarter_after(period)
    target = output or policies / _DRAFTS / f"{day}.yaml"
    if target.exists() and not (force or dry_run):
        raise ParameterError(f"{target} is there already; --output names another file, --force replaces it")
    draft = draft_limits(
        take_in(source, file, store), policy, period=period, quarters=quarters, progress=_rating
    )
    text = _draft_text(draft, policy, policies, day)
    listing = list_limit_draft(draft, policy)
    kept = listing.frame["Why not"] != ""
    print_table(listing.sentence, listing.frame.loc[~kept, list(_SHOWN)])
    print_table(label("These stay as they are:"), listing.frame.loc[kept, ["Indicator", "Why not"]])
    if dry_run:
        console.print(shown("Nothing is written: this is a dry run."))
        return
    write_whole(target, text.encode("utf-8"))
    lines = (
        f"Wrote {target}: the policy of {policy.valid_from} with these limits.",
        f"Next: read it, write who approved it, and move it to {policies / f'{day}.yaml'}.",
    )
    for line in lines:
        console.print(shown(line), soft_wrap=True)


def _rating(quarters: Iterable[str]) -> Iterable[str]:
    return with_progress(list(quarters), "rating the quarters")


def _quarter_after(period: str) -> date:
    """Return the first day of the second quarter after one: it is assessed and decided in between."""
    import pandas as pd  # here, for start-up

    from riskmodels.periods.quarters import check_quarter  # here, for start-up

    check_quarter(period)
    day: date = (pd.Period(period, freq="Q") + 2).start_time.date()
    return day


def _draft_text(draft: "LimitDraft", policy: "Policy", policies: Path, day: date) -> str:
    """Return the policy file in force with the drafted limits, which fits a policy."""
    from riskmodels.parameters.editing import Edit, edit_text  # here, for start-up
    from riskmodels.parameters.files import parse_parameters, read_text
    from riskmodels.parameters.policy import Policy as Model  # the name is that of types

    path = policies / f"{policy.valid_from}.yaml"
    text = read_text(path)
    stands = parse_parameters(text, Model, where=str(path))  # as it is written: nothing in it is masked
    edits = [
        Edit(path="valid_from", expected=stands.valid_from, proposed=day),
        Edit(path="approval", expected=stands.approval, proposed="draft, not approved"),
        *draft.edits(stands),
    ]
    text = edit_text(text, edits)
    parse_parameters(text, Model, where="the draft")
    return text
