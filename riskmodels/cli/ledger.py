"""Commands about the ledger: make it, check it, show it, keep it elsewhere, fill it in, decide."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.options import REPORTS
from riskmodels.cli.terminal import console, print_table, shown
from riskmodels.errors import ParameterError

if TYPE_CHECKING:  # pandas and SQLAlchemy are imported by the commands that need them, for start-up
    import pandas as pd

    from riskmodels.governance.ledger import Ledger

LEDGER = "ledger/ledger.db"
Place = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="RISKMODELS_LEDGER",
        help="File of SQLite, or URL of PostgreSQL; one with a password belongs into the variable.",
    ),
]
By = Annotated[str, typer.Option(help="Function of the bank that says so; recorded beside the account.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="As it was known at this day's end (UTC)."),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="What was open at this day's end (UTC), with what is new or changed marked.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and print, write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Table = Annotated[str, typer.Argument(help="Kind of record, e.g. actions.")]
_SECONDS = 19  # characters of a time up to its seconds
_COLUMNS = {  # of a listing that fits 80 columns; of others: the identifier and how it stands
    "findings": ["subject", "severity", "status"],
    "causes": ["finding_id", "cause", "support"],
    "actions": ["due_on", "owner", "measure"],
    "evaluations": ["action_id", "period", "verdict"],
    "exceptions": ["rule", "subject", "expires_on"],
    "acceptances": ["finding_id", "expires_on"],
    "overrides": ["subject", "rated", "becomes", "expires_on"],
    "acknowledgements": ["answer", "until"],
    "proposals": ["period", "rule", "path"],
    "decisions": ["about_id", "outcome", "stated_by"],
    "adoptions": ["period", "base", "proposal_ids"],
    "assessments": ["period", "red", "amber"],
    "releases": ["period", "version_of_period"],
}


def opened(place: str, as_of: datetime | None = None, *, is_made: bool = False) -> "Ledger":
    """Open a ledger, as it was known on a day."""
    from riskmodels.governance.ledger import open_ledger  # here, for start-up

    ledger = open_ledger(place, is_made=is_made)
    return ledger if as_of is None else ledger.as_of(as_of.date())


def init_ledger(
    *,
    ledger: Place = LEDGER,
    roles: Annotated[
        bool, typer.Option("--roles", help="Make the roles viewer, analyst and approver, too (PostgreSQL).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the grants of --roles, do nothing.")
    ] = False,
) -> None:
    """Make a ledger, or bring one to the schema of this version."""
    from riskmodels.governance.ledger.roles import grant_roles, grants  # here, for start-up

    if dry_run:
        console.print(shown(";\n".join(grants()) + ";" if roles else "Nothing is written."), soft_wrap=True)
        return
    with opened(ledger, is_made=True) as made:
        if roles:
            grant_roles(made)
        console.print(shown(f"The ledger is ready; head {made.head()}."), soft_wrap=True)


def verify_ledger(
    *,
    ledger: Place = LEDGER,
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="Head that a report or a policy prints, e.g. 120:0123456789abcdef; may be repeated."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every row of the ledger: exit status 0 it is whole, 1 a row does not fit, or is cut off."""
    from riskmodels.governance.ledger import Head  # here, for start-up

    with opened(ledger) as made:
        found = made.verify(*map(Head.read, head or ()))
    if as_json:
        print_json(found.table)
    else:
        console.print(shown(found.sentence), soft_wrap=True)
    raise typer.Exit(int(bool(found.problem)))


def show_ledger(
    table: Annotated[
        str | None, typer.Argument(help="Kind of record, e.g. actions; default: all, counted.")
    ] = None,
    record: Annotated[str | None, typer.Argument(help="Identifier: every version of that one.")] = None,
    *,
    ledger: Place = LEDGER,
    as_of: AsOf = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Show what the ledger holds, today or as it was known on a day; or what has changed since one."""
    if since is not None and record is not None:
        raise ParameterError("--since is of all records of a kind; every version of one is shown without it")
    with opened(ledger, as_of) as made:
        frame, words = _shown(made, table, record) if since is None else _rolled(made, table, since)
        sentence = f"{words}; head {made.head()}."
    if as_json:
        print_json(frame)
    else:
        print_narrow(sentence, frame[_narrow(frame, table, is_history=record is not None)])


def _rolled(ledger: "Ledger", table: str | None, since: datetime) -> "tuple[pd.DataFrame, str]":
    """Return what is carried over from a day, and what has come or changed since; of all kinds, counted."""
    import pandas as pd  # here, for start-up

    from riskmodels.governance.ledger import RECORDS  # here, for start-up
    from riskmodels.governance.rolling import CHANGES, roll_forward

    words = f"Since {since.date()}"
    if table is not None:
        return roll_forward(ledger, table, since=since.date()), words
    rows = []
    for one in RECORDS:
        counts = roll_forward(ledger, one, since=since.date())["change"].value_counts()
        rows.append({"table": one} | {change: int(counts.get(change, 0)) for change in CHANGES})
    return pd.DataFrame(rows), words


def _shown(ledger: "Ledger", table: str | None, record: str | None) -> "tuple[pd.DataFrame, str]":
    import pandas as pd  # here, for start-up

    from riskmodels.governance.ledger import RECORDS  # here, for start-up

    if table is None:
        counts = {one: len(ledger.frame(one)) for one in RECORDS}
        return pd.DataFrame({"table": counts.keys(), "records": counts.values()}), "The ledger's records"
    if record is None:
        return ledger.frame(table), f"The ledger's {table}"
    history = ledger.history(table, record)
    if history.empty:
        raise ParameterError(
            f"the ledger has no {record} in {table}; riskmodels ledger show {table} lists them"
        )
    return history, f"Versions of {record}"


def _narrow(frame: "pd.DataFrame", table: str | None, *, is_history: bool) -> list[str]:
    """Choose the columns of a listing."""
    if table is None:
        return list(frame.columns)
    if is_history:
        changed = [name for name in frame.columns[1:] if len(frame[name].drop_duplicates()) > 1]
        about = ["version", "at", "actor", "stated_by"]
        return [*about, *(name for name in changed if name not in {*about, "seq", "digest"})]
    standing = [name for name in ("standing", "change", "changed") if name in frame.columns]
    return [frame.columns[0], *standing, *_COLUMNS[table], "version"]


def decide(
    table: Table,
    record: Annotated[str, typer.Argument(help="Identifier of what is approved or rejected.")],
    *,
    by: By,
    seen: Annotated[str, typer.Option(help="Its digest as it was seen (ledger show TABLE ID --json).")],
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead of approving it.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    ledger: Place = LEDGER,
) -> None:
    """Approve, or reject, an exception, an acceptance, an override or a proposal; not who wrote it."""
    with opened(ledger) as made:
        head = made.decide(table, record, is_approved=not reject, seen=seen, by=by, reason=reason)
    console.print(shown(f"{record} is {'rejected' if reject else 'approved'}; head {head}."), soft_wrap=True)


def export(
    target: Annotated[Path, typer.Argument(help="Workbook (.xlsx), or folder for CSV files.")],
    *,
    ledger: Place = LEDGER,
    as_of: AsOf = None,
    since: Since = None,
) -> None:
    """Write the latest version of every record as tables, to be read or filled in."""
    from riskmodels.reporting.ledger_files import export_ledger  # here, for start-up

    with opened(ledger, as_of) as made:
        counts = export_ledger(made, target, since=None if since is None else since.date())
    console.print(shown(f"Wrote {sum(counts.values())} records to {target}."), soft_wrap=True)


def import_(
    path: Annotated[Path, typer.Argument(help="Workbook, folder of CSV files, or one of them.")],
    *,
    by: By,
    ledger: Place = LEDGER,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Take in tables as export writes them: rows that are new or differ become new versions, all or none."""
    from riskmodels.reporting.ledger_files import read_changes  # here, for start-up

    with opened(ledger) as made:
        changes = read_changes(made, path)
        head = made.write_all(changes, by=by, note=note, is_kept=not dry_run)
    new = sum(version == 0 for _, version in changes)
    words = "Nothing is written: this is a dry run. " if dry_run else ""
    console.print(
        shown(f"{words}New records: {new}; changed: {len(changes) - new}; head {head}."), soft_wrap=True
    )


def record(
    report: Annotated[str, typer.Argument(help="Folder of a finished report in --reports, e.g. 2026Q3.")],
    *,
    reports: Annotated[Path, typer.Option(help="Folder of reports.")] = REPORTS,
    by: Annotated[str, typer.Option(help="Function of the bank that records it.")] = "assessment",
    ledger: Place = LEDGER,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record what a finished report found, causes and effects of actions; twice is once."""
    from riskmodels.runner.recording import record_assessment  # here, for start-up

    with opened(ledger) as made:
        done = record_assessment(reports / report, made, by=by, is_kept=not dry_run)
    if as_json:
        print_json(done.table)
        return
    words = "Nothing is written: this is a dry run. " if dry_run else ""
    print_table(f"{words}{done.sentence}", done.table)


def backup(
    target: Annotated[Path, typer.Argument(help="File to write, e.g. backups/ledger.jsonl.gz.")],
    *,
    ledger: Place = LEDGER,
) -> None:
    """Write the ledger to one file, every row with its hash; the file is there as a whole or not at all."""
    from riskmodels.governance.ledger import back_up  # here, for start-up

    with opened(ledger) as made:
        head = back_up(made, target)
    console.print(shown(f"Wrote {target}; head {head}."), soft_wrap=True)


def restore(
    path: Annotated[Path, typer.Argument(help="File that backup wrote.")],
    *,
    ledger: Place = LEDGER,
) -> None:
    """Write a backup into an empty ledger, which is made where it is missing; also into another database."""
    from riskmodels.governance.ledger import restore as restored  # here, for start-up

    path.open("rb").close()  # before a ledger is made for it
    with opened(ledger, is_made=True) as made:
        head = restored(made, path)
    console.print(shown(f"Restored {head.seq} rows; head {head}."), soft_wrap=True)


def print_narrow(sentence: str, frame: "pd.DataFrame") -> None:
    """Print a listing: days without a time, times to the second."""
    shortened = {str(name): frame[name].dt.date for name in frame.select_dtypes("datetime")}
    if "at" in frame.columns:
        shortened["at"] = frame["at"].str[:_SECONDS].str.replace("T", " ")
    print_table(sentence, frame.assign(**shortened))


def print_json(frame: "pd.DataFrame") -> None:
    """Print a table as JSON."""
    text = frame.to_json(orient="records", force_ascii=False, date_format="iso", indent=1)
    console.print(shown(str(text)), soft_wrap=True)
