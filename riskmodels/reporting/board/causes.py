"""Causes: which the data support, and what the change of complaints is made of."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from riskmodels.causes import Causes, Decomposition
from riskmodels.causes.wording import segment_name
from riskmodels.labels import dated, label, marked, plain_label, plural
from riskmodels.reporting.board.digits import shown_count
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable
from riskmodels.reporting.plots import picture, plot_decomposition

_MOST = 8  # causes; a choice: the full report has them all
_CHANGED = marked("{now} complaints, and {before} in the same months of the year before: {cell} rose most")
_LESS = marked("{now} complaints, and {before} in the same months of the year before")
_PARTS = marked(
    "In the chart, volume is what more business explains, mix its shift between products, and rate what is"
    " left: more or fewer complaints from the same business."
)


def causes_page(saved: Saved) -> PaperPage | None:
    """Say how many causes the data support, and where; None where the data speak of none and of no change."""
    causes = saved.one("causes", Causes)
    if causes is None:
        return None
    rows = causes.facts[causes.facts["status"] == "supported"]
    drawn = tuple(_drawn(causes.decomposition))
    if rows.empty and not drawn:
        return None
    presumed = int((causes.facts["status"] == "presumed").sum())
    return PaperPage(
        subject=label("Causes"),
        message=plural(
            len(rows),
            "The data support the cause of {supported} of {findings} findings",
            "The data support the causes of {supported} of {findings} findings",
            supported=len(rows),
            findings=len(causes.facts),
        ),
        sentences=tuple(_explained(causes, presumed)),
        charts=drawn,
        tables=tuple(_supported(saved, rows.head(_MOST).to_dict("records"))),
    )


_PRESUMED = marked(
    "The causes of {presumed} findings are presumed from the risk register: counts of complaints say nothing"
    " of them."
)


def _explained(causes: Causes, presumed: int) -> Iterator[str]:
    if presumed:
        yield label(_PRESUMED, presumed=presumed)
    if causes.decomposition is not None and causes.decomposition.has_exposure:
        yield label(_PARTS)


def _drawn(change: Decomposition | None) -> Iterator[Chart]:
    if change is None or change.table.empty:
        return
    table = change.table
    first = table.nlargest(1, "change").iloc[0]
    words = _CHANGED if first["change"] > 0 else _LESS
    yield Chart(
        title=label(
            words,
            before=shown_count(table["before"].sum()),
            now=shown_count(table["now"].sum()),
            cell=" × ".join(plain_label(str(first[key] or "unknown")) for key in change.keys),
        ),
        shows=label("The change of complaints on the year before, part by part"),
        image=picture(partial(_plotted, change), width=7.2, height=3.0),
    )


def _plotted(change: Decomposition, axes: Any) -> None:
    plot_decomposition(change, ax=axes)


def _supported(saved: Saved, rows: list[dict[Any, Any]]) -> Iterator[PaperTable]:
    """List the causes that the data support: where, how many complaints, since when."""
    if not rows:
        return
    names = dict(zip(saved.findings["finding_id"], saved.findings["subject_name"], strict=True))
    yield PaperTable(
        title=label("Causes that the data support"),
        headings=(
            *(label("Finding about"), label("Where the complaints come from"), label("Builds up from")),
            *(label("Complaints"), label("Expected"), label("More"), label("90% interval")),
        ),
        rows=tuple(
            (
                names.get(row["finding_id"], "–"),
                segment_name(str(row["segment"])) if row["segment"] else label("the unit itself"),
                dated(str(row["since"])),
                *(shown_count(row[name]) for name in ("now", "expected", "excess")),
                label("{lower} to {upper}", lower=shown_count(row["lower"]), upper=shown_count(row["upper"])),
            )
            for row in rows
        ),
        texts=3,
    )
