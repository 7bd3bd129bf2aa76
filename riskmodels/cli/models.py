"""The command that validates the models behind a report."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.terminal import console, print_table, shown, with_progress
from riskmodels.shipped import shipped_folder

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.runner.validating import Validation

MODELS = Path("params/models.yaml")


def validate(
    report: Annotated[Path, typer.Argument(help="Folder of a finished report, e.g. reports/2026Q3.")],
    *,
    models: Annotated[
        Path, typer.Option(help="Inventory of models; where the usual one is not there, the shipped one.")
    ] = MODELS,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day on which validations are due; default: today."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Make the backtests again: minutes instead of seconds.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what is found, and keep nothing.")
    ] = False,
) -> None:
    """Validate every model behind a report: exit status 0 none is unfit, 1 a model is not fit for use.

    Each model of the inventory is checked on the report's saved results: backtest, rival, stability,
    sensitivity, consistency, published figures. The pack with its verdicts is kept beside the report, to be
    read and signed: validation.html, validation.md, validation.json.
    """
    from riskmodels.runner.validating import run_validation  # here, for start-up

    made = run_validation(
        report,
        models=_inventory(models),
        day=(on or datetime.now().astimezone()).date(),
        is_full=full,
        is_kept=not dry_run,
        watched=lambda rows: with_progress(list(rows), "validating"),
    )
    if as_json:
        console.print(shown(made.document), soft_wrap=True, end="")
    else:
        _print(made, is_kept=not dry_run)
    raise typer.Exit(int(made.pack.verdict == "unfit"))


def _print(made: "Validation", *, is_kept: bool) -> None:
    from riskmodels.reporting.listings import list_model_checks, list_models  # here, for start-up

    models, doubts = list_models(made.pack), list_model_checks(made.pack, only_doubts=True)
    columns = ["Model", "Tier", "Verdict", "Checks in order", "Next validation"]
    print_table(models.sentence, models.frame[columns])
    print_table(doubts.sentence, doubts.frame[["Model", "Check", "Found", "Limit", "Result"]])
    if is_kept:
        console.print(shown(f"Pack: {made.folder}/validation.html"), soft_wrap=True)


def _inventory(models: Path) -> Path:
    """Take the shipped inventory where the usual one is not there: nobody named it."""
    return shipped_folder("params") / MODELS.name if models == MODELS and not models.exists() else models
