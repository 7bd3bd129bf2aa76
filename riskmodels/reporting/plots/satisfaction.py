"""What satisfaction goes with, as a forest; the satisfaction index by quarter."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.causes.index import SatisfactionIndex
from riskmodels.causes.satisfaction import SatisfactionDrivers, driver_words
from riskmodels.labels import label, plain_label
from riskmodels.reporting.plots.canvas import (
    BAND,
    LINE,
    NOTE,
    draw_forest,
    house_axes,
    period_axis,
    said,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of

_WIDTH, _NAMED = 7.2, 64  # inches of a page; signs of a row's name
_MARKS = "so^vD"  # of regions, so that colour is not the only carrier; taken anew after five


@plot_of.register
def plot_satisfactiondrivers(result: SatisfactionDrivers, *, ax: Axes | None = None) -> Axes:
    """Draw by how many points of satisfied customers each level differs; beyond chance has an A."""
    rows = result.table.sort_values(["source", "driver", "points"], ignore_index=True)
    with house_axes(ax, _WIDTH, 1.6 + 0.19 * max(len(rows), 4)) as axes:
        if rows.empty:
            return said(axes, result.sentence)
        places = np.arange(len(rows)) + rows.groupby(["source", "driver"], sort=False).ngroup().to_numpy()
        names = (label("A: association"), label("within chance"))
        draw_forest(axes, rows, "points", places, letter="A", names=names)
        ticks = [
            short(f"{plain_label(row['source'])} · {driver_words(row)}", _NAMED)
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(places, ticks, fontsize=7)
        axes.set_ylim(places[-1] + 1, -1)
        axes.set_xlabel(label("satisfied, all else alike [percentage points]; 90% intervals"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8)
        return axes


@plot_of.register
def plot_satisfactionindex(result: SatisfactionIndex, *, ax: Axes | None = None) -> Axes:
    """Draw the index of the bank by quarter with its interval, and that of each region beside it."""
    rows = result.table[result.table["scope"].isin(["bank", "region"])]
    with house_axes(ax, _WIDTH, 3.0) as axes:
        if not rows["index"].notna().any():
            return said(axes, result.sentence)
        bank = rows[rows["scope"] == "bank"].sort_values("period")
        place = {period: number for number, period in enumerate(bank["period"])}
        band = label("90% interval")
        axes.fill_between(
            list(place.values()), bank["lower"], bank["upper"], color=BAND, alpha=0.5, lw=0, label=band
        )
        _draw_line(axes, place, bank, label("whole bank"), color=LINE, marker="o", ms=4)
        regions = rows[rows["scope"] == "region"].groupby("subject")
        for mark, (region, part) in zip(cycle(_MARKS), regions, strict=False):
            _draw_line(
                axes, place, part, plain_label(str(region)), color=NOTE, ls=":", lw=1, marker=mark, ms=3
            )
        period_axis(axes, list(place))
        axes.set_ylabel(label("satisfaction index [0 to 100]"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=8)
        return axes


def _draw_line(axes: Axes, place: dict[str, int], rows: pd.DataFrame, name: str, **style: Any) -> None:
    axes.plot(rows["period"].map(place), rows["index"], label=short(name), **style)
