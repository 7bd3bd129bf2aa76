"""Objectives of the year: what came by month, what is expected, and the course that meets the objective."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.labels import label, local, plain_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.objectives import shown_chance
from riskmodels.reporting.plots.canvas import (
    BAND,
    COLOURS,
    LINE,
    house_axes,
    house_figure,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.surveillance import Objectives
from riskmodels.surveillance.objectives import verdict_of

_COLUMNS = 2  # panels beside each other
_WIDTH, _HEIGHT = 7.2, 2.2  # inches: of the page, and of a row of panels
_NAMED, _UNIT, _NAME = 6, 42, 24  # periods along an axis, and signs of a unit and of a name


@plot_of.register
def plot_objectives(
    result: Objectives, policy: Policy | None = None, *, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw each objective on its own scale, the least likely first, or that one alone on given axes.

    Months as they came, what is expected of the others with its 90% interval, the course that meets the
    objective, and the values of the year before and of the objective. With a policy, indicators have its
    names. Where none is followed there is nothing but a sentence.
    """
    rows = result.table.sort_values("probability", kind="stable").to_dict("records")
    if ax is not None or not rows:
        with house_axes(ax, _WIDTH, _HEIGHT) as axes:
            if rows:
                _draw(axes, rows[0], result, policy)
            else:
                axes.text(0.5, 0.5, result.sentence, ha="center", va="center", wrap=True, fontsize=8)
                axes.set_axis_off()
            return noted(axes, note)
    lines = -(-len(rows) // _COLUMNS)
    with house_figure(_WIDTH, 0.5 + _HEIGHT * lines) as figure:
        every = np.ravel(figure.subplots(lines, _COLUMNS, squeeze=False))
        for axes, row in zip(every, rows, strict=False):
            _draw(axes, row, result, policy)
        for axes in every[len(rows) :]:
            axes.set_axis_off()
        named: dict[str, Any] = {}
        for axes in every:
            handles, names = axes.get_legend_handles_labels()
            named |= dict(zip(names, handles, strict=True))
        figure.legend(named.values(), named, loc="outside upper left", ncols=len(named), fontsize=7)
        return noted(every[0], note)


def _draw(axes: Axes, row: dict[Any, Any], found: Objectives, policy: Policy | None) -> None:
    one = row["indicator_id"]
    course = found.course[found.course["indicator_id"] == one].reset_index(drop=True)
    places = np.arange(len(course))
    axes.plot(
        places, course["observed"], color=LINE, marker="o", markersize=2.5, lw=1, label=label("observed")
    )
    axes.fill_between(
        places, course["lower"], course["upper"], color=BAND, alpha=0.5, lw=0, label=label("90% interval")
    )
    axes.plot(places, course["expected"], color=LINE, ls="--", lw=1.2, label=label("expected"))
    axes.plot(
        places,
        course["course"],
        color=COLOURS["green"],
        marker="^",
        markersize=3,
        lw=1,
        label=label("course that meets the objective"),
    )
    _draw_years(axes, row, course)
    period_axis(axes, course["period"].tolist(), most=_NAMED)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_value(one, value)))
    axes.set_title(_title(row, policy), fontsize=8)
    axes.set_ylabel(f"[{short(label(INDICATORS[one].unit), _UNIT)}]", fontsize=6)
    axes.tick_params(labelsize=7)


def _draw_years(axes: Axes, row: dict[Any, Any], course: pd.DataFrame) -> None:
    """Draw the value of the year before over its months, and the objective over those of the year."""
    half = len(course) // 2
    axes.hlines(row["base"], -0.5, half - 0.5, color=LINE, ls=":", lw=1, label=label("year before"))
    axes.hlines(
        row["target"],
        half - 0.5,
        len(course) - 0.5,
        color=COLOURS["red"],
        ls="-.",
        lw=1.2,
        label=label("objective"),
    )


def _title(row: dict[Any, Any], policy: Policy | None) -> str:
    one = row["indicator_id"]
    name = plain_label(one) if policy is None else local(policy.indicator(one), "name")
    return f"{short(name, _NAME)}: {verdict_of(row)} ({shown_chance(row)})"
