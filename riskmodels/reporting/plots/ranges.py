"""Estimates with their intervals and limits: units by an indicator, actions by what they changed."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from riskmodels.labels import label, marked, rating_label
from riskmodels.reporting.plots.canvas import COLOURS, MARKERS, NAME, NOTE, house_axes, short

_LIMITS = (  # column, colour, line, what it is
    ("peers", NOTE, ":", marked("peers")),
    ("amber", COLOURS["amber"], "--", marked("amber from")),
    ("red", COLOURS["red"], "-", marked("red from")),
)
_HALF = 0.42  # of the height of a line: a limit's mark, which does not touch the next one


def plot_ranges(
    rows: pd.DataFrame,
    *,
    words: Mapping[str, str] | None = None,
    unit: str = "",
    write: Callable[[float], str] = "{:,.10g}".format,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates with their intervals, the first row on top; the mark shows the rating.

    Parameters
    ----------
    rows : DataFrame
        name, value, lower, upper, rating; peers, amber, red: marks on the line, where there are any.
    words : mapping, optional
        What the ratings mean; without it their names.
    unit : str
        Of the axis.
    write : callable
        Writes a value of the axis.
    """
    with house_axes(ax, 7.2, 1.0 + 0.2 * len(rows)) as axes:
        places = np.arange(len(rows))
        for rating, marker in MARKERS.items():
            chosen = (rows["rating"] == rating).to_numpy()
            if not chosen.any():
                continue
            part = rows[chosen]
            spread = [part["value"] - part["lower"], part["upper"] - part["value"]]
            axes.errorbar(
                part["value"],
                places[chosen],
                xerr=np.maximum(np.array(spread, dtype=float), 0.0),
                linestyle="none",
                marker=marker,
                color=COLOURS[rating],
                markersize=5,
                elinewidth=1,
                label=rating_label(rating) if words is None else words[rating],
            )
        _draw_limits(axes, rows, places)
        axes.set_yticks(places, [short(name, NAME) for name in rows["name"]], fontsize=7.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
        axes.set_xlabel(unit, fontsize=8)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, fontsize=7)
        return axes


def _draw_limits(axes: Axes, rows: pd.DataFrame, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    """Draw the limits that each line has, and a line at zero where there are none."""
    named = [limit for limit in _LIMITS if limit[0] in rows and rows[limit[0]].notna().any()]
    for column, colour, style, words in named:
        at = rows[column].to_numpy(float)
        axes.vlines(at, places - _HALF, places + _HALF, color=colour, ls=style, lw=1.3, label=label(words))
    if not named and (rows["lower"] < 0).any():
        axes.axvline(0, color=NOTE, linewidth=0.8)
