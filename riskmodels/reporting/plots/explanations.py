"""Explanations: what moved a forecast since an earlier one, in all and in the series that moved most."""

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from riskmodels.forecasting import REASONS, Explanation
from riskmodels.labels import label
from riskmodels.reporting.plots.canvas import BAND, LINE, NOTE, SHOCK, draw_pair, house_axes, noted, short
from riskmodels.reporting.plots.dispatch import plot_of

_MOST_SERIES = 8  # bars that are read at a glance; a choice
_MARGIN = 0.25  # share of the axis kept for the figures beside the bars
_GREEN = "#8fae8b"
_COLOURS = dict(zip(REASONS, (NOTE, BAND, _GREEN, LINE, SHOCK), strict=True))
_HATCHES = dict(zip(REASONS, ("..", "", "--", "//", "xx"), strict=True))


@plot_of.register
def plot_explanation(result: Explanation, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw the change of a forecast's total, step by step, and beside it the series that changed most.

    Given axes hold the first of the two. Without an earlier forecast there is nothing but a note.
    """
    steps, series = partial(_draw_steps, result=result), partial(_draw_series, result=result)
    if len(result.changes) > 1:
        return draw_pair(steps, series, ax=ax, height=2.9, note=note)
    with house_axes(ax, 5.0, 3.0) as axes:  # one series is its total
        return noted(steps(axes), note)


def _draw_steps(axes: Axes, result: Explanation) -> Axes:
    """Draw a waterfall from the earlier total to this one; the axis begins where the steps can be seen."""
    if result.changes.empty:
        axes.text(0.5, 0.5, result.sentence, ha="center", va="center", wrap=True, fontsize=8)
        axes.set_axis_off()
        return axes
    sums = result.sums
    start = sums["before"]
    axes.plot(start, 0, marker="o", color="k")
    _tell(axes, start, 0, f"{start:,.0f}")
    for place, reason in enumerate(result.reasons, start=1):
        axes.barh(place, sums[reason], left=start, color=_COLOURS[reason], hatch=_HATCHES[reason], alpha=0.8)
        _tell(axes, max(start, start + sums[reason]), place, f"{sums[reason]:+z,.0f}")
        start += sums[reason]
    axes.plot(start, len(result.reasons) + 1, marker="o", color="k")
    _tell(axes, start, len(result.reasons) + 1, f"{start:,.0f}")
    names = [
        label(name)
        for name in ("forecast before", *(REASONS[reason] for reason in result.reasons), "forecast now")
    ]
    axes.set_yticks(np.arange(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.use_sticky_edges = False
    axes.margins(x=_MARGIN)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,.10g}")
    span = {"first": result.compared[0], "last": result.compared[-1]}
    axes.set_xlabel(label("sum [{first} to {last}]", **span), fontsize=8)
    axes.set_title(label("All series"), fontsize=9)
    return axes


def _tell(axes: Axes, value: float, place: int, text: str) -> None:
    axes.annotate(text, (value, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7)


def _draw_series(axes: Axes, result: Explanation) -> None:
    """Draw the reasons of the biggest changes as bars: to the right what adds, to the left what takes."""
    most = result.summary().head(_MOST_SERIES).iloc[::-1]
    keys = most.drop(columns=["before", *REASONS, "now"])
    places = np.arange(len(most))
    ends: Any = {1: np.zeros(len(most)), -1: np.zeros(len(most))}
    for reason in result.reasons:
        step = most[reason].to_numpy()
        start = np.where(step > 0, ends[1], ends[-1])
        axes.barh(places, step, left=start, color=_COLOURS[reason], hatch=_HATCHES[reason], alpha=0.8)
        ends = {1: ends[1] + np.maximum(step, 0), -1: ends[-1] + np.minimum(step, 0)}
    axes.plot(most[[*REASONS]].sum(axis=1), places, ls="", marker="D", markersize=4, color="k", mfc="white")
    axes.axvline(0, color=NOTE, lw=0.7)
    names = [short(label(" · ".join(map(str, key))), 28) for key in keys.itertuples(index=False)]
    axes.set_yticks(places, names, fontsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(label("change of the sum"), fontsize=8)
    axes.set_title(label("By series (diamond: in all)"), fontsize=9)
