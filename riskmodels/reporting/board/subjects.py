"""Which results make which page: the first one, then one per subject, in the order of the paper."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from riskmodels.labels import clauses, label, plural, titled
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.board.actions import actions_page
from riskmodels.reporting.board.causes import causes_page
from riskmodels.reporting.board.changes import changed_block, changed_tile
from riskmodels.reporting.board.complaints import coming_chart, coming_tile, complaints_page
from riskmodels.reporting.board.decisions import decide_block, decide_tile, decisions_page
from riskmodels.reporting.board.losses import cost_chart, cost_tile, losses_page
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.board.service import service_page, worst_unit
from riskmodels.reporting.board.stress import stress_page
from riskmodels.reporting.document import Paper, PaperPage, Tile, draft, write_paper


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A page: the folders of the results that it is made of, and what makes it."""

    reads: tuple[str, ...]
    page: Callable[[Saved], PaperPage | None]


SUBJECTS = {
    "service": Subject(
        reads=("scorecard", "findings", "objectives", "satisfaction_index"), page=service_page
    ),
    "complaints": Subject(reads=("findings", "outlook", "alarms", "nowcast", "review"), page=complaints_page),
    "losses": Subject(reads=("losses", "risks", "findings"), page=losses_page),
    "stress": Subject(reads=("stress-*", "comparison", "findings"), page=stress_page),
    "causes": Subject(reads=("causes", "findings"), page=causes_page),
    "actions": Subject(reads=("effects", "due", "scorecard"), page=actions_page),
    "decisions": Subject(reads=("proposals", "effects"), page=decisions_page),
}
_CHECKS = "checks the figures; the findings say where one fails"
_DETAIL = "detail behind a page: in the full report"
WITHOUT_PAGE = {  # results that no page shows, and why
    **dict.fromkeys(("tables", "quality", "panel", "unmatched", "ledger"), "data and records: no result"),
    **dict.fromkeys(("weightings", "sensitivity", "funnel", "orders", "backtest"), _CHECKS),
    **dict.fromkeys(("detail", "gaps", "incidents"), "what matters of it is a finding"),
    **dict.fromkeys(("explanation", "leads", "typical_words", "satisfaction_drivers"), _DETAIL),
    "movements": "on the first page, where the quarter before has no findings",
}


def write_board(results: Path, path: Path, *, title: str, policy: Policy) -> Path:
    """Write the board paper from the saved results of a run.

    Parameters
    ----------
    results : Path
        Folder of saved results.
    path : Path
        The paper.
    title : str
        Of the report.
    policy : Policy
        That the results were made with.

    Returns
    -------
    Path
        ``path``. Nothing is computed anew but counts, sums and quotients; what a bank has no results for has
        no page.
    """
    saved = Saved(results=results, policy=policy)
    pages = (subject.page(saved) for subject in SUBJECTS.values())
    paper = Paper(
        title=title,
        period=saved.found.period,
        as_of=saved.found.as_of.isoformat(),
        standing=draft(),
        tiles=(
            *_red(saved),
            *changed_tile(saved),
            *coming_tile(saved),
            *cost_tile(saved),
            *decide_tile(saved),
        ),
        charts=(*worst_unit(saved), *coming_chart(saved), *cost_chart(saved)),
        blocks=(*changed_block(saved), *decide_block(saved)),
        pages=tuple(page for page in pages if page),
    )
    return write_paper(paper, path)


def _red(saved: Saved) -> Iterator[Tile]:
    """Count the findings, and name the first."""
    counts = saved.found.facts["severity"].value_counts()
    red, amber, watch = (int(counts.get(one, 0)) for one in ("red", "amber", "watch"))
    words = plural(
        watch,
        "findings; {watch} more is likely, and on the watch list",
        "findings; {watch} more are likely, and on the watch list",
        watch=watch,
    )
    yield Tile(
        question=label("What is red?"),
        answer=label("{red} red, {amber} amber", red=red, amber=amber),
        words=clauses([words, *_first(saved)]),
        rating="red" if red else "amber" if amber else "green",
    )


def _first(saved: Saved) -> Iterator[str]:
    """Name the first finding where no unit is drawn that has one."""
    rows = [] if saved.rows_of("unit_limit") else saved.findings.head(1).to_dict("records")
    for row in rows:
        name = saved.name_of(row["indicator_id"]) if row["indicator_id"] else row["condition"]
        yield label("first: {what}", what=titled(row["subject_name"], name))
