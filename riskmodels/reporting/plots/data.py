"""The data: its quality, the months it covers, and what a delivery changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from riskmodels.labels import label
from riskmodels.reporting.plots.canvas import (
    BAND,
    COLOURS,
    NOTE,
    SHOCK,
    house_axes,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.tables import Changes, DataQuality, shown_share

_GRADES = (("A", 0.995, "#2e7d4f"), ("B", 0.98, "#8bb174"), ("C", 0.95, "#c77700"), ("D", 0.0, "#b3261e"))
_CHANGES = {
    "vanished": ("#b3261e", "xx"),
    "revised": ("#c77700", "//"),
    "late": ("#1f3b5c", ""),
    "completed": ("#7d9bbf", ".."),
}


@plot_of.register
def plot_quality(result: DataQuality, *, ax: Axes | None = None) -> Axes:
    """Draw the lowest score of each table and dimension; each cell has its grade, A to D, and its share."""
    wide = result.scores
    dimensions = [column for column in wide.columns if column not in {"source", "table"}]
    with house_axes(ax, 7.2, 1.0 + 0.3 * max(len(wide), 1)) as axes:
        for (row, column), score in np.ndenumerate(wide[dimensions].to_numpy(dtype="float64")):
            grade, colour = _grade(score)
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fc=colour + "4d", ec="white", lw=1))
            shown = f"{grade}  {shown_share(score)}".strip()
            axes.text(column, row, shown, ha="center", va="center", fontsize=7)
        axes.set_xticks(range(len(dimensions)), [label(name) for name in dimensions], fontsize=8)
        axes.set_yticks(range(len(wide)), [short(name) for name in wide["table"]], fontsize=8)
        axes.set_xlim(-0.5, len(dimensions) - 0.5)
        axes.set_ylim(len(wide) - 0.5, -0.5)
        grades = "   ".join(f"{grade} ≥ {least:.1%}" for grade, least, _ in _GRADES[:-1])
        axes.set_xlabel(f"{grades}   {label('[lowest score, share]')}")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return axes


def _grade(score: float) -> tuple[str, str]:
    """Return the letter and the colour of a score; none where it is not known."""
    return next(((grade, colour) for grade, least, colour in _GRADES if score >= least), ("", COLOURS[""]))


def plot_coverage(result: DataQuality, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw which months each table covers: a hole is hatched, a changed definition is a dashed line."""
    coverage = result.coverage
    tables = coverage["table"].unique().tolist()
    months = (
        pd.period_range(coverage["month"].min(), coverage["month"].max(), freq="M").astype("str").tolist()
    )
    with house_axes(ax, 7.2, 1.0 + 0.28 * max(len(tables), 1)) as axes:
        for place, table in enumerate(tables):
            rows = coverage[coverage["table"] == table]
            at = rows["month"].map(months.index).to_numpy() - 0.5
            known = rows["known"].to_numpy()
            hatched: dict[str, Any] = {
                "color": COLOURS["insufficient"],
                "alpha": 0.5,
                "hatch": "///",
                "lw": 0,
            }
            axes.broken_barh([(start, 1.0) for start in at[known]], (place - 0.35, 0.7), color=BAND, lw=0)
            axes.broken_barh([(start, 1.0) for start in at[~known]], (place - 0.35, 0.7), **hatched)
            for start, words in zip(at, rows["broken"], strict=True):
                if words:
                    axes.vlines(start, place - 0.5, place + 0.5, color=SHOCK, ls="--", lw=1.2)
                    axes.text(start + 0.2, place, short(words, 30), fontsize=6, va="center", color=SHOCK)
        axes.barh([0], [0], color=BAND, label=label("known"))
        axes.barh([0], [0], color=COLOURS["insufficient"], alpha=0.5, hatch="///", label=label("unknown"))
        period_axis(axes, months)
        axes.set_yticks(range(len(tables)), [short(name) for name in tables], fontsize=8)
        axes.set_ylim(len(tables) - 0.4, -0.6)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        return noted(axes, note)


@plot_of.register
def plot_change(result: Changes, *, ax: Axes | None = None) -> Axes:
    """Draw what a new delivery changed in the months delivered before."""
    return plot_changes([result], ax=ax)


def plot_changes(results: Sequence[Changes], *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what new deliveries changed in earlier months, all tables together; in words where nothing did."""
    parts = [result.table.set_index("month")[list(_CHANGES)] for result in results]
    counts = pd.concat(parts).groupby(level=0).sum() if parts else pd.DataFrame(columns=list(_CHANGES))
    counts = counts[counts.any(axis=1) & (counts.index != "")]
    with house_axes(ax, 7.2, 2.6 if len(counts) else 0.8) as axes:
        if counts.empty:
            axes.text(
                0,
                0.5,
                label("No row of an earlier delivery was changed"),
                transform=axes.transAxes,
                va="center",
                color=NOTE,
            )
            axes.set_axis_off()
            return noted(axes, note)
        months = pd.period_range(counts.index.min(), counts.index.max(), freq="M").astype("str")
        counts, base = counts.reindex(months, fill_value=0), np.zeros(len(months))
        for kind, (colour, hatch) in _CHANGES.items():
            values = counts[kind].to_numpy(dtype="float64")
            axes.bar(
                range(len(months)),
                values,
                bottom=base,
                color=colour,
                hatch=hatch,
                label=label(kind),
                width=0.8,
                edgecolor="white",
                lw=0,
            )
            base += values
        period_axis(axes, months.tolist())
        axes.set_ylabel(label("rows changed [number]"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        return noted(axes, note)
