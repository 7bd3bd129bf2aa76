"""The command line: a door to each stage, and to a whole assessment."""

import os
import sys

import typer

from riskmodels import __version__
from riskmodels.cli.actions import add_action, close_action, list_actions, update_action
from riskmodels.cli.data import check_data, ingest, new_source
from riskmodels.cli.ledger import (
    backup,
    decide,
    export,
    import_,
    init_ledger,
    record,
    restore,
    show_ledger,
    verify_ledger,
)
from riskmodels.cli.loops import loop
from riskmodels.cli.models import validate
from riskmodels.cli.policies import draft_policy, show_policy
from riskmodels.cli.proposals import adopt, approve, diff, history, propose, reject
from riskmodels.cli.releases import release, replay, sweep_tables
from riskmodels.cli.reports import leak_scan, show, verify
from riskmodels.cli.runs import assess, lab, start, watch
from riskmodels.cli.scenarios import lint_scenarios, list_scenarios, new_scenario, show_scenario
from riskmodels.cli.stages import forecast, indicators, stress
from riskmodels.cli.terminal import (
    console,
    end_as_by_interrupt,
    end_with,
    masked_traceback,
    prepare_streams,
    without_grammar_of_iris,
)
from riskmodels.errors import RiskModelsError, file_error
from riskmodels.scratch import sweep

EPILOG = (
    "Exit status: 0 done, 1 a check found something, 2 wrong usage, 3 a parameter file or argument does not"
    " fit, 4 a source breaks its contract, 5 a saved result is missing or damaged, 6 a notebook failed, 7 a"
    " part of the installation is missing, 8 a file, folder or the output cannot be read or written, 9"
    " another run writes the same report, 10 the ledger refuses, 70 a bug, 130 Ctrl-C, 143 asked to end"
    " (SIGTERM)."
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
scenario_app = typer.Typer(
    help="Begin, check, list and show scenarios and their plans.", no_args_is_help=True
)
app.add_typer(scenario_app, name="scenario")
policy_app = typer.Typer(invoke_without_command=True)
policy_app.callback()(show_policy)
app.add_typer(policy_app, name="policy")

ledger_app = typer.Typer(help="Keep, check and show what was found, done and decided.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")
action_app = typer.Typer(help="Follow corrective actions in the ledger.", no_args_is_help=True)
app.add_typer(action_app, name="action")

store_app = typer.Typer(help="Keep the folder of accepted tables.", no_args_is_help=True)
app.add_typer(store_app, name="store")

app.command()(assess)
app.command()(release)
app.command()(replay)
store_app.command("sweep")(sweep_tables)
app.command()(watch)
app.command()(loop)
app.command()(ingest)
app.command()(check_data)
source_app.command("new")(new_source)
app.command()(indicators)
app.command()(forecast)
app.command()(stress)
scenario_app.command("new")(new_scenario)
scenario_app.command("lint")(lint_scenarios)
scenario_app.command("list")(list_scenarios)
scenario_app.command("show")(show_scenario)
policy_app.command("draft")(draft_policy)
policy_app.command("propose")(propose)
policy_app.command("diff")(diff)
policy_app.command("approve")(approve)
policy_app.command("reject")(reject)
policy_app.command("adopt")(adopt)
policy_app.command("history")(history)
app.command()(show)
app.command()(verify)
app.command()(validate)
ledger_app.command("init")(init_ledger)
ledger_app.command("verify")(verify_ledger)
ledger_app.command("show")(show_ledger)
ledger_app.command("decide")(decide)
ledger_app.command("record")(record)
ledger_app.command("export")(export)
ledger_app.command("import")(import_)
ledger_app.command("backup")(backup)
ledger_app.command("restore")(restore)
action_app.command("add")(add_action)
action_app.command("list")(list_actions)
action_app.command("update")(update_action)
action_app.command("close")(close_action)
app.command()(leak_scan)
app.command()(lab)
app.command()(start)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def main() -> None:
    """Run the command line; an error of riskmodels or of the system is one message and its exit status."""
    end_as_by_interrupt()
    without_grammar_of_iris()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads only slow small matrices down
    try:
        sweep()
        prepare_streams(sys.argv)
        app()
    except RiskModelsError as error:
        end_with(error)
    except OSError as error:
        end_with(file_error(error))
    finally:
        sys.excepthook = masked_traceback  # afterwards, because typer puts its own in its place
