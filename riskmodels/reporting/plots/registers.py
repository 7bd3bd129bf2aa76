"""Risks of the register: their expected losses, and the matrix that follows from them."""

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.register.assessing import RiskAssessment
from riskmodels.reporting.plots.canvas import COLOURS, NOTE, house_axes, noted, short
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.scorecard import RATINGS

_MOST = 15  # risks that fit beside the matrix
_SIGNS = 14  # in a line of a cell
_THOUSAND = 1000.0  # CNY, the unit of the axis
_RATED, _BEYOND = RATINGS[:3], RATINGS[:2]  # red, amber and green; red and amber


@plot_of.register
def plot_risk_matrix(result: RiskAssessment, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw each risk by its rank in its most probable cell; a cell's colour and mark are those of its middle.

    A mark behind a rank is the rating of the risk itself, which the cell may hide.
    """
    matrix = result.matrix.to_numpy()
    with house_axes(ax, 9.4, 4.8) as axes:
        for (row, column), rating in np.ndenumerate(matrix):
            _draw_cell(axes, row, column, str(rating))
        for place in _places(result).to_dict("records"):
            axes.text(
                place["column"] - 1,
                place["row"] - 1.06,
                "\n".join(wrap(place["text"], _SIGNS)),
                ha="center",
                va="center",
                fontsize=7.5,
                linespacing=1.25,
            )
        axes.set_xlim(-0.5, matrix.shape[1] - 0.5)
        axes.set_ylim(-0.5, matrix.shape[0] - 0.5)
        axes.set_xticks(range(matrix.shape[1]), result.matrix.columns, fontsize=7)
        axes.set_yticks(range(matrix.shape[0]), result.matrix.index, fontsize=7)
        axes.set_xlabel(label("cost of an event after controls [CNY an event]"))
        axes.set_ylabel(label("events after controls [number a year]"))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(_marks(), fontsize=8, color=NOTE)
        _draw_key(axes, result)
        return noted(axes, note)


def _draw_cell(axes: Axes, row: int, column: int, rating: str) -> None:
    axes.add_patch(
        Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, facecolor=COLOURS[rating], alpha=0.22, lw=0)
    )
    axes.text(
        column - 0.43,
        row + 0.42,
        RATING_MARKS[rating],
        ha="left",
        va="top",
        fontsize=7,
        color=COLOURS[rating],
    )


def _draw_key(axes: Axes, result: RiskAssessment) -> None:
    """Name the costliest risks beside the matrix."""
    lines = [f"{row['rank']:>2d}  {_name(row, 44)}" for _, row in result.table.head(_MOST).iterrows()]
    axes.text(
        1.02,
        1.0,
        "\n".join(lines),
        transform=axes.transAxes,
        ha="left",
        va="top",
        fontsize=7.5,
        linespacing=1.55,
    )


def _places(result: RiskAssessment) -> pd.DataFrame:
    """Gather the ranks in each cell: row, column, text."""
    marks = result.table["rating"].map({rating: RATING_MARKS[rating] for rating in _BEYOND}).fillna("")
    cells = result.cells.assign(text=result.table["rank"].astype("str") + marks)
    return cells.groupby(["row", "column"])["text"].agg("  ".join).reset_index()


def _marks() -> str:
    marks = {rating: f"{RATING_MARKS[rating]} {rating_label(rating)}" for rating in _RATED}
    return label(
        "Number: rank by expected loss. Colour of a cell: expected loss in its middle, {marks}."
        "\nMark behind a number: the risk itself is beyond the limit, whatever its cell.",
        marks=", ".join(marks.values()),
    )


def _name(row: "pd.Series[Any]", most: int = 54) -> str:
    return short(local(row, "name"), most)
