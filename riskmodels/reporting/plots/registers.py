"""Risks of the register: their expected losses, and the matrix that follows from them."""

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from riskmodels.labels import RATING_MARKS, commas, label, local, rating_label
from riskmodels.parameters.policy import DEFAULT
from riskmodels.register.assessing import RiskAssessment
from riskmodels.reporting.plots.canvas import COLOURS, LINE, NOTE, house_axes, log_ticks, noted, short
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.scorecard import RATINGS

_MOST = 15  # risks that fit beside the matrix
_IN_A_LINE = 4  # names in the legend
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


def plot_risks(result: RiskAssessment, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw the costliest risks: expected loss a year with its 90% interval, after and before controls.

    Small bars stand at the part that is booked, stars at the part for customers at the appetite's prices.
    """
    table = result.table.head(_MOST).iloc[::-1].reset_index(drop=True)
    with house_axes(ax, 8.2, 1.4 + 0.25 * len(table)) as axes:
        for name in ("amber", "red"):
            limit = getattr(result.appetite, name) / _THOUSAND
            axes.axvline(limit, color=COLOURS[name], lw=1, ls="--" if name == "amber" else "-", zorder=0)
        handles = [*_draw_losses(axes, table), *_draw_parts(axes, table)]
        axes.set_xscale("log")
        log_ticks(axes.xaxis, 1.0)
        axes.set_yticks(
            table.index, [f"{row['rank']}  {_name(row)}" for _, row in table.iterrows()], fontsize=7.5
        )
        axes.set_ylim(-0.7, len(table) - 0.3)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(
            label(
                "expected loss [thousand CNY a year]; bars are 90% intervals,"
                " lines the appetite's amber and red"
            ),
            fontsize=8,
        )
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=_IN_A_LINE, fontsize=7.5)
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


def _draw_losses(axes: Axes, table: pd.DataFrame) -> list[Line2D]:
    """Draw the losses by rating; return what the legend names."""
    before = axes.plot(
        table["inherent_loss"] / _THOUSAND,
        table.index,
        ls="",
        marker="o",
        markersize=5,
        mfc="none",
        mec=NOTE,
        label=label("before controls"),
    )
    handles = list(before)
    for rating, marker in zip(RATINGS, "s^oD", strict=True):
        rows = table[table["rating"] == rating]
        if len(rows):
            loss = rows["residual_loss"] / _THOUSAND
            axes.hlines(
                rows.index,
                rows["residual_lower"] / _THOUSAND,
                rows["residual_upper"] / _THOUSAND,
                color=COLOURS[rating],
                lw=1.2,
            )
            handles += axes.plot(
                loss,
                rows.index,
                ls="",
                marker=marker,
                markersize=5,
                color=COLOURS[rating],
                label=rating_label(rating),
            )
    return handles


def _draw_parts(axes: Axes, table: pd.DataFrame) -> list[Line2D]:
    """Mark what of the losses after controls is booked and what is priced; return what the legend names."""
    assumed = (table["priced_by"] == DEFAULT).any()
    priced = label("of it assumed: customers × price" if assumed else "of it customers × the policy's price")
    booked = label("of it from booked losses")
    handles: list[Line2D] = []
    for part, marker, words in (("booked", "|", booked), ("priced", "*", priced)):
        loss = table[f"{part}_loss"]
        rows = loss.index[loss > 0]
        if len(rows):
            handles += axes.plot(
                loss[rows] / _THOUSAND,
                rows,
                ls="",
                marker=marker,
                markersize=6,
                color=LINE,
                label=words,
            )
    return handles


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
        marks=commas(marks.values()),
    )


def _name(row: "pd.Series[Any]", most: int = 54) -> str:
    return short(local(row, "name"), most)
