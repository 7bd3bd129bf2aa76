"""The command that plays a bank's loop of quarters."""

from pathlib import Path
from typing import Annotated

import typer

from riskmodels.cli.ledger import print_narrow
from riskmodels.cli.terminal import console, progress_of_runs, shown

LOOP = Path("params/runs/loop.yaml")
_SHOWN = ("period", "policy", "red", "amber", "new", "closed", "oldest", "actions_open", "seconds")


def loop(
    file: Annotated[Path, typer.Argument(help="Loop file: quarters, and what is decided after each.")] = LOOP,
    *,
    to: Annotated[
        Path,
        typer.Option("--to", help="Folder for its reports, policies and ledger; nothing else is written."),
    ],
    until: Annotated[str | None, typer.Option(help="Last quarter that is played; default: all.")] = None,
) -> None:
    """Play consecutive quarters: assess, record in a ledger, decide, go on under what was decided.

    One that was stopped goes on where it was. Exit status 1 where the ledger is not whole at the end.
    """
    from riskmodels.runner.kernels import open_kernels  # here, for start-up
    from riskmodels.runner.loop import play_loop
    from riskmodels.runner.loop_file import load_loop

    with open_kernels() as kernels, progress_of_runs() as progress:
        played = play_loop(
            load_loop(file),
            folder=to,
            kernels=kernels,
            until=until,
            said=lambda line: console.print(shown(line), soft_wrap=True),
            progress=progress,
        )
    print_narrow(played.sentence, played.table[list(_SHOWN)])
    console.print(shown(f"Reports, policies and the ledger: {played.folder}"), soft_wrap=True)
    raise typer.Exit(int(bool(played.verification.problem)))
