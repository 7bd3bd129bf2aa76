"""The command line: a door to each stage, and to a whole assessment."""

import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from riskmodels import __version__
from riskmodels.cli.reports import leak_scan, show, verify
from riskmodels.errors import MissingPartError, ParameterError, RiskModelsError, file_error
from riskmodels.scratch import scratch_folder, sweep, write_whole
from riskmodels.terminal import (
    console,
    end_as_by_interrupt,
    end_with,
    masked_traceback,
    prepare_streams,
    print_plan,
    print_table,
    run_with_progress,
    show_result,
    shown,
    without_grammar_of_iris,
)

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.forecasting import Forecast, Method, Nowcast
    from riskmodels.parameters.policy import Policy
    from riskmodels.runner.plan import Plan
    from riskmodels.tables import Tables

EPILOG = (
    "Exit status: 0 done, 1 a check found something, 2 wrong usage, 3 a parameter file or argument does not"
    " fit, 4 a source breaks its contract, 5 a saved result is missing or damaged, 6 a notebook failed, 7 a"
    " part of the installation is missing, 8 a file, folder or the output cannot be read or written, 9"
    " another run writes the same report, 70 a bug, 130 Ctrl-C, 143 told to end (SIGTERM)."
)

app = typer.Typer(
    help="Customer-service risk assessment for banks.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
source_app = typer.Typer(help="Describe where data comes from.", no_args_is_help=True)
app.add_typer(source_app, name="source")
SourceFile = Annotated[Path, typer.Argument(help="Source file, e.g. params/sources/sample.yaml.")]
FileOptions = Annotated[
    list[str] | None,
    typer.Option("--file", help="TABLE=PATH: read a table from this file instead; may be repeated."),
]
Store = Annotated[Path, typer.Option(help="Folder of accepted tables.")]
KeptIn = Annotated[
    Path | None, typer.Option("--store", help="Keep the accepted tables in this folder; default: nowhere.")
]
Policies = Annotated[Path, typer.Option(help="Folder of policies.")]
PolicyOn = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day whose policy applies; default: today.")
]
Period = Annotated[str, typer.Option(help="Quarter, e.g. 2026Q3.")]

RUN, STORE, REPORTS = Path("params/runs/quarterly.yaml"), Path("store"), Path("reports")
POLICIES, SOURCES = Path("params/policy"), Path("params/sources")


@app.command()
def assess(
    run: Annotated[Path, typer.Argument(help="Run file.")] = RUN,
    *,
    source: Annotated[Path | None, typer.Option(help="Source file, instead of the run's.")] = None,
    file: FileOptions = None,
    period: Annotated[
        str | None, typer.Option(help="Quarter, e.g. 2026Q3, or last: the one that ended last.")
    ] = None,
    policy_on: PolicyOn = None,
    name: Annotated[str | None, typer.Option(help="Name of the report, instead of the run's.")] = None,
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

    day = None if policy_on is None else policy_on.date()
    changes = {"source": source and str(source.resolve()), "policy_on": day, "name": name}
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
    console.print(f"Report: {report}", soft_wrap=True)


@app.command()
def ingest(source: SourceFile, *, file: FileOptions = None, store: Store = STORE) -> None:
    """Take a source in: accept or reject every row, and keep the accepted ones in the store."""
    from riskmodels.reporting.listings import list_quality  # here, for start-up

    tables = _ingest(source, file, store)
    listing = list_quality(tables)
    print_table(listing.sentence, listing.frame)


@app.command("check-data")
def check_data(source: SourceFile, *, file: FileOptions = None, store: KeptIn = None) -> None:
    """Check a source: rows accepted and rejected, rules they broke, unused columns, how good the data is."""
    from riskmodels.reporting.listings import check_listings  # here, for start-up
    from riskmodels.sources import unfilled

    with scratch_folder("riskmodels-data-") if store is None else nullcontext(store) as folder:
        for listing in check_listings(_ingest(source, file, folder)):
            print_table(listing.sentence, listing.frame)
    if left := unfilled(source):
        console.print(shown(f"Still to be completed in {source}: {', '.join(left)}."), soft_wrap=True)


@source_app.command("new")
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
) -> None:
    """Draft a source file for a file that nobody described: guesses and doubts stand in it as comments.

    Some rows are looked at: which canonical table they fit, which column becomes which, how dates and numbers
    are written. A person looks at every line with DOUBT; check-data then says what is accepted.
    """
    from riskmodels.sources.drafts import draft_source  # here, for start-up

    draft = draft_source(file, target=output or SOURCES / "new.yaml", table=table, sheet=sheet)
    if dry_run:
        console.print(shown(draft.text), soft_wrap=True, end="")
        return
    target = output or SOURCES / f"{draft.id}.yaml"
    if target.exists() and not force:
        raise ParameterError(f"{target} is there already; --output names another file, --force replaces it")
    write_whole(target, draft.text.encode("utf-8"))
    for line in (f"Wrote {target}. {draft.sentence}", *draft.doubts, f"Next: riskmodels check-data {target}"):
        console.print(shown(line), soft_wrap=True)


@app.command()
def indicators(
    source: SourceFile,
    *,
    period: Period,
    unit: Annotated[str, typer.Option(help="One unit; default: the whole bank.")] = "",
    file: FileOptions = None,
    store: Store = STORE,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Compute and rate the indicators of a quarter."""
    from riskmodels.misfits import nearest  # here, for start-up
    from riskmodels.reporting.listings import list_ratings, list_unavailable  # here, for start-up
    from riskmodels.scorecard import score_quarter  # here, for start-up

    policy = _policy(policies, policy_on)
    card, _ = score_quarter(_ingest(source, file, store), policy, period=period)
    if unit and unit not in (units := set(card.table["unit_id"])):
        raise ParameterError(f"there is no unit '{unit}' in {period}; {nearest(unit, units)}")
    for listing in (list_ratings(card, policy, unit_id=unit), list_unavailable(card, policy)):
        print_table(listing.sentence, listing.frame)


@app.command()
def forecast(
    source: SourceFile,
    *,
    by: Annotated[
        str, typer.Option(help="Columns that name a series, with commas, e.g. product,unit_id.")
    ] = "product",
    horizon: Annotated[int, typer.Option(min=1, max=60, help="Months ahead.")] = 6,
    last: Annotated[str | None, typer.Option(help="Last month or quarter of the history.")] = None,
    method: Annotated[
        str, typer.Option(help="auto, counts, theta, seasonal_naive, empirical24 or ets.")
    ] = "auto",
    calendar: Annotated[
        str | None, typer.Option(help="Country of the holidays, e.g. CN, or none; default: the source's.")
    ] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest/--no-backtest", help="Say how good the forecasts have been.")
    ] = True,
    file: FileOptions = None,
    store: Store = STORE,
) -> None:
    """Forecast complaints, with intervals; say what the forecast is made of and what changed in three months.

    Months that are not complete yet are corrected, and it is said how. The backtest makes the forecasts of
    the last twelve months again, each from what was known then, and compares them with what happened; it is
    what takes most of the time.
    """
    from riskmodels.backtesting import outlook_before, track_record  # here, for start-up
    from riskmodels.forecasting import explain
    from riskmodels.reporting import listings

    tables = _ingest(source, file, store)
    complaints = tables.require("complaints")
    keys = [column.strip() for column in by.split(",") if column.strip()]
    country = None if calendar == "none" else calendar or tables.country
    chosen = cast("Method", method)
    outlook, known = _outlook(tables, keys, last, horizon, chosen, country)
    explained = explain(outlook, outlook_before(complaints, outlook))
    listed = [
        listings.list_outlook(outlook),
        listings.list_factors(explained),
        listings.list_explanation(explained),
        listings.list_nowcast(known),
    ]
    if backtest:
        record = track_record(
            complaints, by=keys, last=last, nowcast=known, method=chosen, calendar=country, progress=True
        )
        listed += [listings.list_scores(record), listings.list_totals(record)]
    for listing in listed:
        print_table(listing.sentence, listing.frame)


@app.command()
def stress(
    source: SourceFile,
    scenario: Annotated[Path, typer.Argument(help="Scenario file.")],
    *,
    severity: Annotated[str, typer.Option(help="moderate, severe or extreme.")] = "severe",
    last: Annotated[str | None, typer.Option(help="Last quarter of the history.")] = None,
    file: FileOptions = None,
    store: Store = STORE,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
) -> None:
    """Carry a scenario through to complaints and indicators."""
    from riskmodels.parameters.scenarios import load_scenario  # here, for start-up
    from riskmodels.reporting.listings import list_omitted, list_scenario, list_stress
    from riskmodels.stresstest import stress

    policy, assumed = _policy(policies, policy_on), load_scenario(scenario)
    tables = _ingest(source, file, store)
    outlook, _ = _outlook(tables, ["product"], last, assumed.start_month + 5, "auto", tables.country)
    result = stress(tables, assumed, policy, outlook=outlook, severity=severity)
    listings = (
        list_scenario(assumed, severity, policy),
        list_stress(result, policy),
        list_omitted(result, policy),
    )
    for listing in listings:
        print_table(listing.sentence, listing.frame)


@app.command("policy")
def show_policy(*, policies: Policies = POLICIES, policy_on: PolicyOn = None) -> None:
    """Show the policy in force: indicators, limits, and who set them."""
    from riskmodels.reporting.listings import list_policy  # here, for start-up

    listing = list_policy(_policy(policies, policy_on))
    print_table(listing.sentence, listing.frame)


app.command()(show)
app.command()(verify)
app.command()(leak_scan)


@app.command()
def lab(
    notebooks: Annotated[Path, typer.Argument(help="Folder to open.")] = Path("notebooks"),
) -> None:
    """Open the notebooks in JupyterLab."""
    program = Path(sys.executable).with_name("jupyter-lab")
    if not program.exists():
        raise MissingPartError("JupyterLab is not installed beside this Python: pip install jupyterlab")
    if not notebooks.is_dir():
        raise ParameterError(f"there is no folder {notebooks}; name one with notebooks, e.g. notebooks")
    done = subprocess.run([program, str(notebooks)], check=False)  # noqa: S603  our own program
    raise typer.Exit(done.returncode)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def _planned(
    run: Path, changes: dict[str, Any], reports: Path, file: list[str] | None, *, layout: bool = False
) -> "Plan":
    from riskmodels.runner.plan import plan_assessment  # here, for start-up
    from riskmodels.runner.settings import change_settings, load_run

    settings = change_settings(load_run(run), **changes)
    return plan_assessment(settings, reports=reports, files=_files(file), layout=layout)


def _last_quarter() -> str:
    """Name the last quarter that has ended."""
    import pandas as pd  # here, for start-up

    return str(pd.Period(datetime.now().astimezone().date(), freq="Q") - 1)


def _files(options: list[str] | None) -> dict[str, Path]:
    files = {}
    for option in options or []:
        table, equals, path = option.partition("=")
        if not equals or not table or not path:
            raise ParameterError(f"--file {option}: expected TABLE=PATH, e.g. complaints=data/complaints.csv")
        files[table] = Path(path)
    return files


def _ingest(source: Path, options: list[str] | None, store: Path) -> "Tables":
    from riskmodels.sources import ingest  # here, for start-up

    return ingest(source, store=store, files=dict(_files(options)))


def _outlook(
    tables: "Tables", by: list[str], last: str | None, horizon: int, method: "Method", calendar: str | None
) -> "tuple[Forecast, Nowcast | None]":
    """Forecast complaints as they will be once all are logged; and say how complete they are, where known."""
    from riskmodels.forecasting import forecast, nowcast_where_logged  # here, for start-up
    from riskmodels.panel import build_panel

    complaints = tables.require("complaints")
    panel, known = build_panel(complaints, by=by, last=last), nowcast_where_logged(complaints, last=last)
    share = None if known is None else known.for_periods(panel.periods)
    return forecast(panel, horizon=horizon, method=method, calendar=calendar, completeness=share), known


def _policy(policies: Path, day: datetime | None) -> "Policy":
    from riskmodels.parameters.policy import load_policy  # here, for start-up

    return load_policy(policies, on=(day or datetime.now().astimezone()).date())


def main() -> None:
    """Run the command line; an error of riskmodels or of the system is one message and its exit status."""
    end_as_by_interrupt()
    without_grammar_of_iris()
    sweep()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads only slow small matrices down
    try:
        prepare_streams(sys.argv)
        app()
    except RiskModelsError as error:
        end_with(error)
    except OSError as error:
        end_with(file_error(error))
    finally:
        sys.excepthook = masked_traceback  # afterwards, because typer puts its own in its place
