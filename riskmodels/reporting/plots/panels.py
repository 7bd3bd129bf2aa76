"""Panels: what happened, what is unknown, and where a definition changed."""

import numpy as np
from matplotlib.axes import Axes

from riskmodels.labels import label, marked
from riskmodels.panel import Panel
from riskmodels.reporting.plots.canvas import COLOURS, LINE, SHOCK, house_axes, period_axis, short
from riskmodels.reporting.plots.dispatch import plot_of

_RECEIVED = {
    "D": marked("complaints received [per day]"),
    "W": marked("complaints received [per week]"),
    "M": marked("complaints received [per month]"),
    "Q": marked("complaints received [per quarter]"),
    "Y": marked("complaints received [per year]"),
}


@plot_of.register
def plot_panel(result: Panel, *, ax: Axes | None = None) -> Axes:
    """Draw the total of all series by period; what is unknown is shaded, and a break is marked."""
    total = result.aggregate()
    with house_axes(ax, 7.2, 2.8) as axes:
        axes.plot(np.arange(len(total.periods)), total.values[0], color=LINE, marker="o", markersize=3)
        period_axis(axes, result.periods.astype("str").tolist())
        axes.set_ylim(bottom=0)
        shade_unknown(axes, total)
        mark_breaks(axes, total)
        if np.isnan(total.values).any():
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
        axes.set_ylabel(label(_RECEIVED[result.periods.freqstr[0]]))
        return axes


def shade_unknown(axes: Axes, panel: Panel, series: int = 0) -> None:
    """Shade the periods in which a series is not known, one hatched band a run, named in the legend."""
    unknown = np.concatenate([[False], np.isnan(panel.values[series]), [False]])
    edges = np.flatnonzero(unknown[1:] != unknown[:-1]) - 0.5
    for number, (start, end) in enumerate(edges.reshape(-1, 2)):
        named = label("unknown") if number == 0 else "_again"
        axes.axvspan(start, end, color=COLOURS["insufficient"], alpha=0.25, hatch="//", lw=0, label=named)


def mark_breaks(axes: Axes, panel: Panel, series: int = 0) -> None:
    """Mark the first period in which a series counts by another definition: a dashed line, and words."""
    for change in panel.breaks:
        place = panel.place_of(change)
        if not 0 < place < len(panel.periods) or not panel.concerns(change)[series]:
            continue
        words = " ".join([*change.where.values(), change.words])
        axes.axvline(place - 0.5, color=SHOCK, ls="--", lw=1)
        axes.annotate(
            short(f"{change.month}: {words}", 44),
            (place - 0.5, 0.02),
            xycoords=axes.get_xaxis_transform(),
            xytext=(2, 0),
            textcoords="offset points",
            rotation=90,
            fontsize=6,
            color=SHOCK,
        )
