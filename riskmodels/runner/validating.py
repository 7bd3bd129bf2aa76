"""Validate the models behind a finished report: from its saved results, or with its backtests made again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from riskmodels.backtesting import track_record
from riskmodels.display import Listing
from riskmodels.labels import use_language
from riskmodels.parameters.models import Model, load_models
from riskmodels.parameters.policy import load_policy
from riskmodels.reporting.document import write_report
from riskmodels.reporting.validation_report import (
    Part,
    validation_document,
    validation_front,
    validation_parts,
    validation_text,
)
from riskmodels.results import load, save
from riskmodels.runner.keeping import kept_whole
from riskmodels.runner.settings import RunSettings, settings_of_report
from riskmodels.scratch import write_text
from riskmodels.stresstest import StressTest
from riskmodels.tables.frequencies import Frequency
from riskmodels.validation import ValidationPack, validate_models, validate_scorecard

_QUARTERS = 4  # scored again, each with the one after it: a year
_STRESS = "stress-"  # how folders of stress tests begin
Watched = Callable[[Sequence[Model]], Iterable[Model]]


@dataclass(frozen=True, kw_only=True)
class Validation:
    """One run of validating: what was found, how it reads, and the folder that it is kept in."""

    pack: ValidationPack
    text: str
    document: str
    folder: Path


def run_validation(
    report: Path,
    *,
    models: Path,
    day: date,
    is_full: bool = False,
    is_kept: bool = True,
    watched: Watched = iter,
) -> Validation:
    """Check every model of an inventory on a finished report, and keep the pack beside the report.

    Parameters
    ----------
    report : Path
        Folder of the report.
    models : Path
        The inventory.
    day : date
        On which validations are due or not.
    is_full : bool
        Whether backtests are made again, from the report's tables; they must still be in their store.
    is_kept : bool
        Whether the pack is written, as ``<report>-validation-<day>``.
    watched : callable
        Gives the models one after the other, e.g. with a progress bar.

    Returns
    -------
    Validation
        Nothing in the report is changed.

    Raises
    ------
    RiskModelsError
        The folder is no finished report, a result in it was changed, the inventory does not fit, or another
        run is writing the same pack.
    """
    settings = settings_of_report(report)
    use_language(settings.language)
    inventory = load_models(models)
    saved = _saved(report / "results")
    if is_full:
        saved |= _made_again(saved, settings)
    pack = validate_models(inventory, saved, day=day, report=report.name, is_full=is_full, watched=watched)
    made = Validation(
        pack=pack,
        text=validation_text(pack),
        document=validation_document(pack),
        folder=report.parent / f"{report.name}-validation-{day}",
    )
    if is_kept:
        _keep(made)
    return made


def _saved(results: Path) -> dict[str, Any]:
    """Load the results of a report by the names of their folders; stress tests are one tuple."""
    folders = sorted(path for path in results.glob("[!.]*") if path.is_dir())
    saved = {path.name: load(path, object) for path in folders}
    tests = tuple(one for one in saved.values() if isinstance(one, StressTest))
    return {name: one for name, one in saved.items() if not name.startswith(_STRESS)} | {"stress": tests}


def _made_again(saved: dict[str, Any], settings: RunSettings) -> dict[str, Any]:
    """Make the backtests again: of months, of weeks, and of the scorecard over a year; those that can be."""
    if "tables" not in saved:
        return {}
    tables, outlook, nowcast = saved["tables"], saved.get("outlook"), saved.get("nowcast")
    calendar = tables.country if outlook is None else outlook.calendar
    policy = load_policy(settings.policies, on=settings.policy_on or tables.as_of)
    last = pd.Period(settings.period, "Q")
    lengths: dict[str, Frequency | None] = {"backtest": None, "weekly_backtest": "W"}
    made: dict[str, Any] = {
        name: track_record(
            tables.counted,
            by=["product"],
            last=settings.period,
            nowcast=nowcast,
            method=settings.method,
            calendar=calendar,
            freq=freq,
        )
        for name, freq in lengths.items()
    }
    quarters = [str(last - before) for before in range(_QUARTERS, 0, -1)]
    made["foresight"] = validate_scorecard(tables, policy, quarters=quarters)
    return {name: one for name, one in made.items() if one is not None}


def _keep(made: Validation) -> None:
    """Write the folder of a pack as a whole: the result, HTML, Markdown and JSON."""
    with kept_whole(made.folder) as folder:
        save(made.pack, folder / "pack")
        write_text(folder / "validation.md", made.text)
        write_text(folder / "validation.json", made.document)
        _write_page(made.pack, folder / "validation.html", folder.parent)


def _write_page(pack: ValidationPack, path: Path, scratch: Path) -> None:
    """Write the page of HTML as a report is written: each part is a section."""
    pages = []
    for place, part in enumerate(validation_parts(pack)):
        pages.append(scratch / f"{place:03d}.ipynb")
        write_text(pages[-1], nbformat.writes(_section(part)))  # type: ignore[no-untyped-call]
    write_report(pages, path, front=validation_front(pack))


def _section(part: Part) -> Any:
    text = f"# {part.heading}\n\n{part.text}"
    cells = [nbformat.v4.new_markdown_cell(text)]  # type: ignore[no-untyped-call]
    cells += [_shown(listing, caption) for caption, listing in part.tables if not listing.frame.empty]
    return nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]


def _shown(listing: Listing, caption: str) -> Any:
    bare = Listing(sentence="", frame=listing.frame)._repr_html_()
    output = nbformat.v4.new_output("display_data", data={"text/html": bare})  # type: ignore[no-untyped-call]
    about = {"caption": caption}
    return nbformat.v4.new_code_cell(outputs=[output], metadata=about)  # type: ignore[no-untyped-call]
