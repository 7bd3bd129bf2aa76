"""Arguments and options that several commands have, and what they stand for."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.errors import ParameterError

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    from riskmodels.parameters.policy import Policy
    from riskmodels.tables import Tables

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


def files_given(options: list[str] | None) -> dict[str, Path]:
    """Return the files of ``--file TABLE=PATH``; raises ParameterError for anything else."""
    files = {}
    for option in options or []:
        table, equals, path = option.partition("=")
        if not equals or not table or not path:
            raise ParameterError(f"--file {option}: expected TABLE=PATH, e.g. complaints=data/complaints.csv")
        files[table] = Path(path)
    return files


def take_in(source: Path, options: list[str] | None, store: Path) -> "Tables":
    """Take a source in."""
    from riskmodels.sources import ingest  # here, for start-up

    return ingest(source, store=store, files=dict(files_given(options)))


def policy_in_force(policies: Path, day: datetime | None) -> "Policy":
    """Load the policy of a day; without one, of today."""
    from riskmodels.parameters.policy import load_policy  # here, for start-up

    return load_policy(policies, on=(day or datetime.now().astimezone()).date())


def policy_if_there(policies: Path, day: datetime | None) -> "Policy | None":
    """Load the policy of a day; none where the usual folder is not there."""
    return policy_in_force(policies, day) if policies.is_dir() or policies != POLICIES else None
