"""Watch between assessments: read the data, follow the policy's rules, keep a book of alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from glob import escape
from itertools import islice
from pathlib import Path

from riskmodels.governance.joining import join_acknowledged
from riskmodels.labels import use_language
from riskmodels.parameters.policy import load_policy
from riskmodels.parameters.watches import load_acknowledged
from riskmodels.reporting.alarm_report import alarm_document, alarm_text
from riskmodels.results import load, save
from riskmodels.runner.keeping import kept_whole
from riskmodels.runner.ledgers import read_state
from riskmodels.runner.settings import RunSettings
from riskmodels.scratch import write_text
from riskmodels.sources import ingest
from riskmodels.surveillance import AlarmBook, keep_watch, last_day

_ALARMS = "alarms"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One run of watching: its book of alarms, what it says, and the folder that it is kept in."""

    book: AlarmBook
    text: str
    document: str
    folder: Path


def run_watch(
    settings: RunSettings,
    *,
    files: Mapping[str, Path],
    store: Path,
    reports: Path,
    last: str | None = None,
    policy_on: date | None = None,
    is_kept: bool = True,
) -> Watch:
    """Take the data in and follow the rules of the policy; keep the book beside the reports.

    Parameters
    ----------
    settings : RunSettings
        Of which source, policies, acknowledged alarms, name and language are used.
    files : mapping
        Canonical table -> file to read instead of the one the source names.
    store, reports : Path
        Folder of accepted tables; of reports, where books are kept as ``[<name>-]watch-<day>``.
    last : str, optional
        Last month, quarter or year that is looked at.
    policy_on : date, optional
        Day whose policy applies; default: the last day that the data know.
    is_kept : bool
        Whether the book is written; the one before is read in any case.

    Returns
    -------
    Watch
        The book; an alarm that the last book or quarterly report knew is not new in it.

    Raises
    ------
    RiskModelsError
        A file does not fit, or another run is writing the same book.
    """
    use_language(settings.language)
    acknowledged = join_acknowledged(load_acknowledged(settings.acknowledged or ""), read_state(settings))
    tables = ingest(settings.source, store=store, files=dict(files))
    policy = load_policy(settings.policies, on=policy_on or tables.as_of)
    earlier = _earlier(settings, reports, last_day(tables, last))
    book = keep_watch(tables, policy, last=last, earlier=earlier, acknowledged=acknowledged)
    made = Watch(
        book=book,
        text=alarm_text(book),
        document=alarm_document(book, policy=policy.valid_from.isoformat(), data_digest=tables.digest),
        folder=reports / f"{_prefix(settings)}watch-{book.as_of}",
    )
    if is_kept:
        _keep(made)
    return made


def _prefix(settings: RunSettings) -> str:
    return f"{settings.name}-" if settings.name else ""


def _earlier(settings: RunSettings, reports: Path, day: date) -> AlarmBook | None:
    """Return the last book up to a day, of watching or of a quarterly report; None where there is none.

    No more books are read than that takes: there may be one of each day of years.
    """
    prefix = escape(_prefix(settings))
    watched = sorted(reports.glob(f"{prefix}watch-????-??-??/{_ALARMS}"))
    until = [folder for folder in watched if folder.parent.name[-len("2026-01-01") :] <= day.isoformat()]
    quarters = sorted(reports.glob(f"{prefix}????Q[1-4]/results/{_ALARMS}"), reverse=True)
    assessed = (book for folder in quarters if (book := load(folder, AlarmBook)).as_of <= day)
    books = [*(load(folder, AlarmBook) for folder in until[-1:]), *islice(assessed, 1)]
    return max(books, key=lambda book: book.as_of, default=None)


def _keep(made: Watch) -> None:
    """Write the folder of a book as a whole: the result, ``alarms.json`` and ``alarms.txt``."""
    with kept_whole(made.folder) as folder:
        save(made.book, folder / _ALARMS)
        write_text(folder / "alarms.json", made.document)
        write_text(folder / "alarms.txt", made.text)
