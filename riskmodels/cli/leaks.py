"""The command ``leak-scan``, which looks for personal data in what is to be given away."""

from pathlib import Path
from typing import Annotated

import typer

from riskmodels.terminal import print_table, with_progress


def leak_scan(
    folder: Annotated[Path, typer.Argument(help="Folder of a report, a store or drafts; or one file.")],
    *,
    country: Annotated[str, typer.Option(help="Whose phones are looked for, too, e.g. GB.")] = "",
) -> None:
    """Look for what looks like personal data in a report, a store or a draft; exit status 0 none, 1 some.

    Texts, tables, and the names of files, sheets and columns are looked at; what is found is shown masked. Names and
    addresses are found only where a word says that one follows: clean means that nothing was recognised.
    """
    from riskmodels.leaks import files_in, scan  # here, for start-up

    found = scan(with_progress(files_in(folder), "looking"), within=folder, country=country.upper())
    print_table(found.sentence, found.table)
    raise typer.Exit(int(not found.table.empty))
