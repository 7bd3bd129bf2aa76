"""Commands that look at what a run wrote: show it, verify it, look for personal data in it."""

from pathlib import Path
from typing import Annotated

import typer

from riskmodels.cli.terminal import print_table, show_result, with_progress


def show(result: Annotated[Path, typer.Argument(help="Folder of a saved result, or of a report.")]) -> None:
    """Show a saved result: one sentence and its summary; of a report, all its results."""
    folders = sorted((result / "results").glob("[!.]*")) if (result / "results").is_dir() else [result]
    for folder in folders:
        show_result(folder, title=folder.name)


def verify(report: Annotated[Path, typer.Argument(help="Folder of a report.")]) -> None:
    """Check that a report is as it was written: every file against its digest. Exit status 1 if it is not."""
    from riskmodels.manifests import verify_report  # here, for start-up

    found = verify_report(report)
    print_table(found.sentence, found.summary())
    raise typer.Exit(0 if found.is_whole else 1)


def leak_scan(
    folder: Annotated[Path, typer.Argument(help="Folder of a report, a store or drafts; or one file.")],
    *,
    country: Annotated[str, typer.Option(help="Whose phones are looked for, too, e.g. GB.")] = "",
) -> None:
    """Look for what looks like personal data in a report, a store or a draft; exit status 0 none, 1 some.

    Texts, tables, and the names of files, sheets and columns are looked at; what is found is shown masked.
    Names and addresses are found only where a word says that one follows: clean means that nothing was
    recognised.
    """
    from riskmodels.leaks import files_in, scan  # here, for start-up

    found = scan(with_progress(files_in(folder), "looking"), within=folder, country=country.upper())
    print_table(found.sentence, found.table)
    raise typer.Exit(int(not found.table.empty))
