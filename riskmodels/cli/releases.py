"""Commands about what is final: release a report, replay one, let the store's old tables go."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskmodels.cli.ledger import LEDGER, AsJson, By, DryRun, Place, opened
from riskmodels.cli.options import POLICIES, REPORTS, STORE, Policies, Store, policy_in_force
from riskmodels.cli.terminal import console, print_table, run_with_progress, shown
from riskmodels.errors import RiskModelsError
from riskmodels.scratch import scratch_folder

Reports = Annotated[Path, typer.Option("--reports", help="Folder of reports.")]
_MOST_SHOWN = 40  # differences on the terminal: a page; --json prints all


def release(
    report: Annotated[str, typer.Argument(help="Name of the report's folder, e.g. 2026Q3.")],
    *,
    by: By,
    reason: Annotated[
        str, typer.Option(help="Why there is another version; needed from the second on.")
    ] = "",
    reports: Reports = REPORTS,
    ledger: Place = LEDGER,
    dry_run: DryRun = False,
) -> None:
    """Release a report: a copy in reports/releases, recorded in the ledger and never written again.

    A file that is not as the run wrote it is named, and nothing is released. An interrupted release is
    completed.
    """
    from riskmodels.runner.releasing import release_report  # here, for start-up

    with opened(ledger) as made:
        found = release_report(reports / report, made, by=by, reason=reason, is_kept=not dry_run)
    if dry_run:
        console.print("Nothing is written: this is a dry run.")
    print_table(found.sentence, found.table.head(_MOST_SHOWN))
    _say_more(len(found.table), "in assessment.json")


def replay(
    report: Annotated[str, typer.Argument(help="Name of a report, e.g. 2026Q2, or a folder of one.")],
    *,
    reports: Reports = REPORTS,
    store: Store = STORE,
    today: Annotated[
        bool, typer.Option("--today", help="Run with the parameter files as they stand today.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a past report again from what was kept of it: exit status 0 every figure is the same, 1 one is not.

    Its last release is taken, else its draft. What differs is printed figure by figure, with the change of
    data, policy or code that explains it.
    """
    from riskmodels.runner.kernels import open_kernels  # here, for start-up
    from riskmodels.runner.replaying import changes_said, compared, plan_replay, report_of
    from riskmodels.tables import in_use

    folder = report_of(report, reports)
    with ExitStack() as stack:
        kernels = stack.enter_context(open_kernels())
        scratch = stack.enter_context(scratch_folder("riskmodels-replay-"))
        if store.is_dir():
            stack.enter_context(in_use(store))
        planned = plan_replay(folder, reports=reports, store=store, scratch=scratch, today=today)
        try:
            run_with_progress(planned.plan, scratch / "store", kernels)
        except RiskModelsError:
            for line in changes_said(planned.changes):  # one of them may be why
                typer.echo(shown(line), err=True)
            raise
        found = compared(planned)
    if as_json:
        console.print(shown(found.document()), soft_wrap=True, end="")
    else:
        print_table(found.sentence, found.table.head(_MOST_SHOWN))
        _say_more(len(found.table), "with --json")
        for line in found.reasons:
            console.print(shown(line), soft_wrap=True)
    raise typer.Exit(int(not found.is_same))


def sweep_tables(
    *, store: Store = STORE, policies: Policies = POLICIES, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Delete stored tables that were last taken in longer ago than the policy's store_retention_days.

    Releases have what they need of them, without customers' texts and numbers of cases.
    """
    from riskmodels.cli.ledger import print_json  # here, for start-up
    from riskmodels.tables import sweep_old

    days = policy_in_force(policies, None).store_retention_days
    found = sweep_old(store, days=days, today=datetime.now(UTC).date(), is_done=not dry_run)
    if as_json:
        print_json(found.table)
    else:
        print_table(found.sentence, found.table)


def _say_more(count: int, where: str) -> None:
    if count > _MOST_SHOWN:
        console.print(f"{count - _MOST_SHOWN} more {where}.")
