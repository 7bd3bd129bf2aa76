"""Units against their funnel limits."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.labels import label, marked, titled
from riskmodels.rates import Funnel
from riskmodels.reporting.plots.canvas import (
    BAND,
    COLOURS,
    LINE,
    NAME,
    NOTE,
    house_axes,
    log_ticks,
    noted,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of

_NAMED = 8  # units named: more names overlap
_KINDS = (
    ("o", LINE, marked("within the limits")),
    ("^", COLOURS["amber"], marked("beyond the inner limits (95%)")),
    ("s", COLOURS["red"], marked("beyond the outer limits (99.8%)")),
)


@plot_of.register
def plot_funnel(result: Funnel, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw units by size against their funnel limits; those outside are named, and marked otherwise."""
    titles = (
        (marked("trials"), marked("share"))
        if result.proportion
        else (marked("expected events, as peers have them"), marked("observed ÷ expected"))
    )
    with house_axes(ax, 7.2, 3.4) as axes:
        for side in ("lower", "upper"):
            for name, style in (("95", "--"), ("998", "-")):
                axes.plot(
                    result.limits["expected"], result.limits[f"{side}_{name}"], style, color=BAND, linewidth=1
                )
        axes.axhline(result.target, color=NOTE, linewidth=0.8)
        _draw_units(axes, result.table)
        if len(result.table):
            axes.set_xscale("log")
            log_ticks(axes.xaxis, 1.0, 2.0, 5.0)
        axes.set_xlabel(label(titles[0]))
        axes.set_ylabel(label(titles[1]))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=7)
        return noted(axes, note)


def _draw_units(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the units, each kind with its mark, and name those that are farthest out."""
    outside = table["outside"].abs()
    for level, (marker, colour, words) in enumerate(_KINDS):
        rows = table[outside == level]
        named = titled(label(words), str(len(rows)))
        axes.plot(rows["expected"], rows["value"], marker, color=colour, markersize=4, label=named)
    far = table[outside > 0].sort_values("z", key=np.abs, ascending=False).head(_NAMED)
    for row in far.to_dict("records"):
        place, name = (row["expected"], row["value"]), short(str(row["name"]), NAME)
        axes.annotate(name, place, xytext=(4, 3), textcoords="offset points", fontsize=7)
