"""What the command line prints: sentences and tables that fit the terminal and cannot control it."""

import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase, TextIOWrapper
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, NoReturn, TypeVar

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable

from riskmodels.errors import FileError, ParameterError, RiskModelsError
from riskmodels.labels import label
from riskmodels.privacy import mask_personal_data

if TYPE_CHECKING:  # pandas is imported by the commands that need it, for start-up
    import pandas as pd

    from riskmodels.runner.kernels import Kernels
    from riskmodels.runner.plan import Plan

Item = TypeVar("Item")
_BY_SIGNAL = 128  # what shells add to the number of a signal that ended a program
_BUG = 70  # as in sysexits.h: an error inside the software
_ending_signals: list[int] = []  # signals that came
_IS_TERMINAL = sys.stdout is not None and sys.stdout.isatty()
_WIDTH = None if _IS_TERMINAL or "COLUMNS" in os.environ else 160  # into a file or a pipe
_DIRECTIONS = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # signs that set it, and ends of lines
_CONTROLS = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_DIRECTIONS}]"


class _Console(Console):
    """Says, as of any other output, that a pipe was closed before all was written."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise FileError("the output was closed before all of it was written")


console = _Console(width=_WIDTH, markup=False, emoji=False, highlight=False)  # data is shown as it is


def prepare_streams(arguments: list[str]) -> None:
    """Let the output take every text, a sign that its encoding lacks as "?".

    Raises FileError where there is no output, and ParameterError where an argument is no text.
    """
    if sys.stdout is None:
        raise FileError("the output is closed, and nothing was done: send it to a file or to /dev/null")
    if isinstance(sys.stdout, TextIOWrapper):
        if isinstance(sys.stdout.buffer, RawIOBase):  # PYTHONUNBUFFERED loses what a full disk does not take
            sys.stdout = open(  # noqa: SIM115  as long as the program
                sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, closefd=False, buffering=1
            )
        sys.stdout.reconfigure(errors="replace")
    for argument in arguments:
        if not argument.isascii() and any("\ud800" <= sign <= "\udfff" for sign in argument):
            raise ParameterError(f"'{argument}' is not in UTF-8: rename the file, or give another one")


def end_with(error: RiskModelsError) -> NoReturn:
    """Say what went wrong, and end with the error's exit status; where a signal caused it, as it says."""
    _end_where_signalled()
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError:  # else Python would say so at its end, with a status of its own
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with suppress(OSError):  # nobody may read it
        errors.print(f"Error: {shown(str(error))}", soft_wrap=True)
    sys.exit(error.exit_status)


def end_as_by_interrupt() -> None:
    """Let a scheduler's signal, or a closed terminal's, end the program as Ctrl-C does: all is undone."""

    def note(number: int) -> None:
        _ending_signals.append(number)
        logging.disable()  # a library that is interrupted as it closes something logs a traceback

    def interrupt(number: int, _: object) -> None:
        note(number)
        raise KeyboardInterrupt

    def end(number: int, _: object) -> None:
        note(number)
        for other in endings:
            signal.signal(other, signal.SIG_IGN)  # what is undone now is not to be interrupted
        sys.exit(_BY_SIGNAL + number)

    endings = (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
    for number in endings:
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup has one ignored
            signal.signal(number, end)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def _end_where_signalled() -> None:
    """End as the signal says that came before an error: libraries make others of what it raises in them."""
    if _ending_signals:
        sys.exit(_BY_SIGNAL + _ending_signals[0])


def without_grammar_of_iris() -> None:
    """Spare two seconds: jsonschema compiles a grammar of IRIs where it can, and no notebook has any."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    modules["rfc3987_syntax"] = None


def masked_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a bug without personal data, and end with the status of one."""
    _end_where_signalled()
    sys.stderr.write(shown("".join(traceback.format_exception(kind, error, trace))))
    traceback.clear_frames(trace)  # else libraries complain of what is still held
    sys.exit(_BUG)


def print_table(sentence: str, frame: "pd.DataFrame") -> None:
    """Print a sentence and a table; nothing in the data is read as markup, and personal data is masked."""
    from riskmodels.display import shown_text  # here, for start-up

    console.print(shown(sentence))
    if frame.empty:
        return
    headings = [shown(label(str(column)).replace("_", " ")) for column in frame.columns]
    rows = [[shown(shown_text(value)) for value in row] for row in frame.itertuples(index=False)]
    columns = list(zip(headings, *rows, strict=True))
    table = RichTable(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0), show_edge=False)
    widths = column_widths(columns, console.width - 2 * len(columns))
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, width=width, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def column_widths(columns: list[tuple[str, ...]], room: int) -> list[int]:
    """Share the width of the console: its longest word to every column, what is left to the longest texts.

    Where even the words are too many, the longest of them are folded.
    """
    wanted = [
        max([1, *(cell_len(line) for text in texts for line in text.splitlines())]) for texts in columns
    ]
    words = [max([1, *(cell_len(word) for text in texts for word in text.split())]) for texts in columns]
    widths = [1] * len(columns)
    for least in (words, wanted):
        for most in range(1, room + 1):
            wider = [max(few, min(full, most)) for few, full in zip(widths, least, strict=True)]
            if sum(wider) > room:
                break
            widths = wider
    return widths


def shown(text: str) -> str:
    """Mask personal data, and take out what would control the terminal."""
    return re.sub(_CONTROLS, "?", mask_personal_data(text))


def with_progress(items: list[Item], words: str) -> Iterator[Item]:
    """Give items one after the other, with a progress bar."""
    from rich.progress import track  # here, for start-up

    yield from track(items, description=words, console=Console(stderr=True), transient=True)


def print_plan(plan: "Plan") -> None:
    """Say what a planned run would do, and which names would meet nothing."""
    from riskmodels.reporting.listings import list_unmatched  # here, for start-up

    replaces = " (replaces the one there)" if plan.folder.exists() else ""
    compared = "" if plan.previous.exists() else " is not there: nothing is compared with it"
    lines = [
        "Nothing is written: this is a dry run.",
        f"Report: {plan.folder}/report.html{replaces}",
        f"The quarter before: {plan.previous}{compared}",
        f"Policy: the one valid from {plan.policy_valid_from}",
        *([f"Ledger: {plan.settings.ledger}"] if plan.settings.ledger else []),
        *(f"Reads {table}: {path}" for table, path in plan.files.items()),
        f"Notebooks: {', '.join(plan.steps)}",
    ]
    for line in lines:
        console.print(shown(line), soft_wrap=True)
    listing = list_unmatched(plan.unmatched)
    print_table(listing.sentence, listing.frame)


@contextmanager
def progress_of_runs(steps: int | None = None) -> Iterator[Callable[[int, str], None]]:
    """Show a progress bar; what it gives takes the number of steps done and the names of those under way."""
    from rich.progress import (  # here, for start-up
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=steps)
        yield lambda done, running: bar.update(task, description=running, completed=done)


def run_with_progress(plan: "Plan", store: Path, kernels: "Kernels") -> Path:
    """Execute a plan with a progress bar."""
    from riskmodels.runner.assessment_run import run_assessment  # here, for start-up

    steps = len(plan.steps) + 1
    with progress_of_runs(steps) as progress:
        report = run_assessment(plan, store=store, progress=progress, kernels=kernels)
        progress(steps, "done")
    return report


def show_result(folder: Path, *, title: str = "") -> None:
    """Print the sentence and the summary of a saved result."""
    from riskmodels.display import Summarised  # here, for start-up
    from riskmodels.reporting.listings import list_quality
    from riskmodels.results import load
    from riskmodels.tables import Tables

    loaded = load(folder, object)
    result = list_quality(loaded) if isinstance(loaded, Tables) else loaded
    if title:
        console.rule(shown(title))
    if isinstance(result, Summarised):
        print_table(result.sentence, result.summary())
    else:
        console.print(f"a {type(result).__name__}")
