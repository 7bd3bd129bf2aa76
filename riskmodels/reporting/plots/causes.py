"""Causes: what the change of complaints on the year before is made of."""

import numpy as np
from matplotlib.axes import Axes

from riskmodels.causes import Causes, Decomposition
from riskmodels.labels import label, plain_label
from riskmodels.reporting.plots.canvas import BAND, LINE, SHOCK, house_axes, said
from riskmodels.reporting.plots.dispatch import plot_of

_MOST = 8  # cells that are read at a glance; a choice
_MARGIN = 0.2  # share of the axis kept for the figures beside the bars


@plot_of.register
def plot_causes(result: Causes, *, ax: Axes | None = None) -> Axes:
    """Draw the change of complaints on the year before; a note where there is no year before."""
    if result.decomposition is not None:
        return plot_decomposition(result.decomposition, ax=ax)
    with house_axes(ax, 7.2, 1.2) as axes:
        return said(axes, label("There is no year before to compare with."))


@plot_of.register
def plot_decomposition(result: Decomposition, *, ax: Axes | None = None) -> Axes:
    """Draw a waterfall: volume and mix in all, then the rate of each cell, the largest change first."""
    steps = _steps(result)
    before, now = result.table["before"].sum(), result.table["now"].sum()
    with house_axes(ax, 7.2, 1.3 + 0.28 * (len(steps) + 2)) as axes:
        reached = before + np.cumsum([0.0, *(size for _, size in steps)])
        for place, (_, size) in enumerate(steps, start=1):
            colour, hatch = (SHOCK, "//") if size > 0 else (BAND, "")
            axes.barh(place, size, left=reached[place - 1], color=colour, hatch=hatch, alpha=0.8)
            _annotate(axes, max(reached[place - 1], reached[place]), place, f"{size:+z,.0f}")
        for place, total in ((0, before), (len(steps) + 1, now)):
            axes.plot(total, place, marker="o", color=LINE)
            _annotate(axes, total, place, f"{total:,.0f}")
        names = [label("year before"), *(name for name, _ in steps), label("now")]
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.invert_yaxis()
        axes.margins(x=_MARGIN)
        axes.use_sticky_edges = False
        axes.xaxis.set_major_formatter("{x:,.10g}")
        axes.set_xlabel(label("complaints in the same months [number]; the axis does not begin at 0"))
        return axes


def _steps(result: Decomposition) -> list[tuple[str, float]]:
    parts = result.totals.set_index("part")["estimate"]
    steps = [(label("volume"), parts["volume"]), (label("mix"), parts["mix"])]
    steps = steps if result.has_exposure else []
    shown, rest = result.table.head(_MOST), result.table.iloc[_MOST:]
    for row in shown.to_dict("records"):
        name = " × ".join(plain_label(str(row[key] or "unknown")) for key in result.keys)
        words = label("rate: {name}", name=name) if result.has_exposure else name
        steps.append((words, row["rate"]))
    if len(rest):
        words = label("rate: all others") if result.has_exposure else label("all others")
        steps.append((words, rest["rate"].sum()))
    if parts["unexplained"]:
        steps.append((label("exposure unknown"), parts["unexplained"]))
    return steps


def _annotate(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)
