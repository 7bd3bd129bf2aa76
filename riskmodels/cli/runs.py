"""Commands of whole runs: assess a quarter, open the notebooks."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskmodels.cli.options import (
    REPORTS,
    RUN,
    STORE,
    FileOptions,
    PolicyOn,
    Store,
    files_given,
)
from riskmodels.cli.terminal import console, print_plan, run_with_progress, show_result, shown
from riskmodels.errors import MissingPartError, ParameterError
from riskmodels.shipped import PARTS, start_folder

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.runner.plan import Plan

RunLedger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar="RISKMODELS_LEDGER",
        help="Ledger, instead of the run's; a URL's password only in the variable.",
    ),
]
_START = "make a folder with the shipped ones: riskmodels start FOLDER"


def assess(
    run: Annotated[Path, typer.Argument(help="Run file.")] = RUN,
    *,
    source: Annotated[Path | None, typer.Option(help="Source file, instead of the run's.")] = None,
    file: FileOptions = None,
    period: Annotated[
        str | None, typer.Option(help="Quarter, e.g. 2026Q3, or last: the one that ended last.")
    ] = None,
    policy_on: PolicyOn = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="Id of a scenario, or all, instead of the run's; may be repeated."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the report, instead of the run's.")] = None,
    ledger: RunLedger = None,
    reports: Annotated[Path, typer.Option("--out", help="Folder of reports.")] = REPORTS,
    store: Store = STORE,
    cold_kernels: Annotated[
        bool,
        typer.Option("--cold-kernels", help="Let each notebook's kernel import the libraries anew: slower."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and say what would be done.")
    ] = False,
) -> None:
    """Run a whole assessment: data to report. The report's folder appears when all is done, or not at all."""
    from riskmodels.runner.kernels import open_kernels  # here, for start-up
    from riskmodels.runner.ledgers import given_ledger

    day = None if policy_on is None else policy_on.date()
    changes: dict[str, Any] = {
        "scenarios": scenario or (),
        "source": source and str(source.resolve()),
        "policy_on": day,
        "name": name,
        "ledger": ledger and given_ledger(ledger),
    }
    changes["period"] = _last_quarter() if period == "last" else period
    if dry_run:
        print_plan(_planned(run, changes, reports, file, layout=True))
        return
    with open_kernels(warm=not cold_kernels) as kernels:  # they import the libraries while the run is planned
        plan = _planned(run, changes, reports, file)
        report = run_with_progress(plan, store, kernels)
    if kernels.note and not cold_kernels:
        console.print(kernels.note, soft_wrap=True)
    show_result(plan.folder / "results" / "findings")
    console.print(shown(f"Report: {report}"), soft_wrap=True)


def watch(
    run: Annotated[Path, typer.Argument(help="Run file.")] = RUN,
    *,
    source: Annotated[Path | None, typer.Option(help="Source file, instead of the run's.")] = None,
    file: FileOptions = None,
    last: Annotated[
        str | None,
        typer.Option(help="Last month or quarter looked at, e.g. 2026-10; default: all that are complete."),
    ] = None,
    policy_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day whose policy applies; default: that of the data."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the reports, instead of the run's.")] = None,
    ledger: RunLedger = None,
    reports: Annotated[
        Path, typer.Option("--out", help="Folder of reports; the book is kept there.")
    ] = REPORTS,
    store: Store = STORE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the alarms, and keep no book.")] = False,
) -> None:
    """Watch what the policy names, without the quarter: exit status 0 nothing new, 1 new alarms.

    The text is made to be mailed: open alarms, since when, how much, and who is told. An alarm that an
    earlier book or report in the same folder knows is not new.
    """
    from riskmodels.runner.ledgers import given_ledger  # here, for start-up
    from riskmodels.runner.settings import change_settings, load_run
    from riskmodels.runner.watching import run_watch

    settings = load_run(_run_file(run))
    changes: dict[str, Any] = {"source": source and str(source.resolve()), "name": name}
    changes["ledger"] = ledger and given_ledger(ledger)
    made = run_watch(
        change_settings(settings, **changes),
        files=files_given(file),
        store=store,
        reports=reports,
        last=last,
        policy_on=None if policy_on is None else policy_on.date(),
        is_kept=not dry_run,
    )
    console.print(shown(made.document if as_json else made.text), soft_wrap=True, end="")
    raise typer.Exit(int(not made.book.new.empty))


def lab(
    notebooks: Annotated[Path, typer.Argument(help="Folder to open.")] = Path("notebooks"),
) -> None:
    """Open the notebooks in JupyterLab."""
    program = Path(sys.executable).with_name("jupyter-lab")
    if not program.exists():
        raise MissingPartError("JupyterLab is not installed beside this Python: pip install jupyterlab")
    if not notebooks.is_dir():
        raise ParameterError(f"there is no folder {notebooks}; name one with notebooks, or {_START}")
    done = subprocess.run([program, str(notebooks)], check=False)  # noqa: S603  our own program
    raise typer.Exit(done.returncode)


def start(
    folder: Annotated[Path, typer.Argument(help="Folder to copy into; made where it is missing.")],
) -> None:
    """Copy the notebooks, the parameters and the sample bank into a folder, as a start for your own.

    The notebooks are for the lab; assess runs those of the installation.
    """
    start_folder(folder)
    copied = f"Copied {', '.join(PARTS)} into {folder}. Next: riskmodels assess, in that folder"
    console.print(shown(copied), soft_wrap=True)


def _planned(
    run: Path, changes: dict[str, Any], reports: Path, file: list[str] | None, *, layout: bool = False
) -> "Plan":
    from riskmodels.runner.plan import plan_assessment  # here, for start-up
    from riskmodels.runner.settings import change_settings, load_run

    settings = change_settings(load_run(_run_file(run)), **changes)
    return plan_assessment(settings, reports=reports, files=files_given(file), layout=layout)


def _run_file(run: Path) -> Path:
    """Refuse the usual run file where it is not there: nobody named it."""
    if run == RUN and not run.exists():
        raise ParameterError(f"there is no {run} here; name a run file, or {_START}")
    return run


def _last_quarter() -> str:
    """Name the last quarter that has ended."""
    import pandas as pd  # here, for start-up

    return str(pd.Period(datetime.now().astimezone().date(), freq="Q") - 1)
