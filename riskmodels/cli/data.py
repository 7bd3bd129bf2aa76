"""Commands that look at data: take it in, check it, draft its source file."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.options import (
    POLICIES,
    SOURCES,
    STORE,
    FileOptions,
    KeptIn,
    Policies,
    PolicyOn,
    SourceFile,
    Store,
    policy_if_there,
    take_in,
)
from riskmodels.cli.terminal import console, print_table, shown
from riskmodels.errors import ParameterError
from riskmodels.scratch import scratch_folder, write_whole

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.parameters.risks import RiskRegister
    from riskmodels.parameters.scenarios import Scenario


def ingest(source: SourceFile, *, file: FileOptions = None, store: Store = STORE) -> None:
    """Take a source in: accept or reject every row, and keep the accepted ones in the store."""
    from riskmodels.reporting.listings import list_quality  # here, for start-up

    tables = take_in(source, file, store)
    listing = list_quality(tables)
    print_table(listing.sentence, listing.frame)


def check_data(
    source: SourceFile,
    *,
    file: FileOptions = None,
    store: KeptIn = None,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Check a source: rows accepted and rejected, rules they broke, unused columns, how good the data is.

    Where there is a policy, names that it, the risk register or a scenario beside it does not know, and that
    no data have, are said, too.
    """
    from riskmodels.catalogue import unmatched_names  # here, for start-up
    from riskmodels.reporting.listings import check_listings, list_unmatched
    from riskmodels.sources import unfilled

    policy = policy_if_there(policies, policy_on)
    with scratch_folder("riskmodels-data-") if store is None else nullcontext(store) as folder:
        tables = take_in(source, file, folder)
        listings = check_listings(tables)
        if policy is not None:
            register, scenarios = _files_beside(policies)
            found = unmatched_names(tables, policy, register=register, scenarios=scenarios)
            listings.append(list_unmatched(found))
        for listing in listings:
            print_table(listing.sentence, listing.frame)
    if left := unfilled(source):
        console.print(shown(f"Still to be completed in {source}: {', '.join(left)}."), soft_wrap=True)


def new_source(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Excel file, or a folder of such files.")],
    *,
    table: Annotated[
        str | None, typer.Option(help="Canonical table, e.g. complaints; default: the one that fits best.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of Excel; default: the one that fits best.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; default: params/sources/<name of the file>.yaml.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a source file that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it, write nothing.")] = False,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Draft a source file for a file that nobody described: guesses and doubts stand in it as comments.

    Some rows are looked at: which canonical table they fit, which column becomes which, how dates and numbers
    are written, which products are those of the policy. A person looks at every line with DOUBT; check-data
    then says what is accepted.
    """
    from riskmodels.sources.drafts import draft_source  # here, for start-up

    policy = policy_if_there(policies, policy_on)
    products = () if policy is None else policy.products
    target = output or SOURCES / "new.yaml"
    draft = draft_source(file, target=target, table=table, sheet=sheet, products=products)
    if dry_run:
        console.print(shown(draft.text), soft_wrap=True, end="")
        return
    target = output or SOURCES / f"{draft.id}.yaml"
    if target.exists() and not force:
        raise ParameterError(f"{target} is there already; --output names another file, --force replaces it")
    write_whole(target, draft.text.encode("utf-8"))
    for line in (f"Wrote {target}. {draft.sentence}", *draft.doubts, f"Next: riskmodels check-data {target}"):
        console.print(shown(line), soft_wrap=True)


def _files_beside(policies: Path) -> "tuple[RiskRegister | None, list[Scenario]]":
    """Load the risk register and the scenarios beside the folder of policies, where they are."""
    from riskmodels.parameters.risks import load_risks  # here, for start-up
    from riskmodels.parameters.scenarios import load_scenario

    risks, scenarios = policies.parent / "risks.yaml", (policies.parent / "scenarios").glob("*.yaml")
    return load_risks(risks) if risks.is_file() else None, [load_scenario(file) for file in sorted(scenarios)]
