"""Forecast reviews: what came on the fan of the earlier forecast, and where the surprise lies."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from riskmodels.backtesting import ForecastReview
from riskmodels.backtesting.review_words import part_name
from riskmodels.forecasting import FINAL, Forecast
from riskmodels.labels import label
from riskmodels.reporting.plots.canvas import (
    BAND,
    LINE,
    NOTE,
    SHOCK,
    draw_pair,
    house_axes,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of

_MOST_HISTORY = 18  # periods before the forecast, in half of a page's width
_MOST_PARTS = 12  # bars that are read at a glance
_HALF = 0.5  # event: what came is whole
_NAMED_PERIODS = 8  # labels that do not touch in half of a page's width


@plot_of.register
def plot_forecastreview(result: ForecastReview, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what came on the earlier forecast's interval, and beside it where the surprise lies.

    Given axes hold the first of the two. Where nothing is judged there is nothing but a sentence.
    """
    if result.forecast is None or result.total is None:
        with house_axes(ax, 5.0, 1.6) as axes:
            axes.text(0.5, 0.5, result.sentence, ha="center", va="center", wrap=True, fontsize=8)
            axes.set_axis_off()
            return noted(axes, note)
    course = partial(_draw_course, result=result, earlier=result.forecast)
    return draw_pair(course, partial(_draw_parts, result=result), ax=ax, height=3.3, note=note)


def _draw_course(axes: Axes, result: ForecastReview, earlier: Forecast) -> Axes:
    """Draw the history, the forecast of what is judged with its interval, and what came."""
    rows = result.table[(result.table["level"] == "total") & (result.table["reason"] == "")]
    rows = rows[rows["period"].isin(earlier.periods.astype("str"))]
    past = np.nansum(earlier.expected_history, axis=0)[-_MOST_HISTORY:]
    unknown = np.asarray(np.isnan(earlier.panel.values).any(axis=0))[-_MOST_HISTORY:]
    names = [*earlier.panel.periods[-_MOST_HISTORY:].astype("str"), *rows["period"]]
    places = np.arange(len(past), len(names))
    known = np.where(unknown, np.nan, past)
    axes.plot(np.arange(len(past)), known, color=LINE, marker="o", markersize=3, label=label("history"))
    axes.errorbar(
        places,
        rows["mean"],
        yerr=[(rows["mean"] - rows["lower"]).clip(0), (rows["upper"] - rows["mean"]).clip(0)],
        color=BAND,
        marker="_",
        markersize=9,
        lw=5,
        mec=LINE,
        ls="",
        label=label("forecast before, 95%"),
    )
    inside = (rows["outside"] == "").to_numpy()
    for some, colour, marker, name in ((inside, LINE, "o", "came"), (~inside, SHOCK, "X", "came, outside")):
        if some.any():
            final = rows["final"][some]
            axes.plot(
                places[some], final, color=colour, marker=marker, markersize=5, ls="", label=label(name)
            )
    late = (rows["completeness"] < FINAL).to_numpy()
    if late.any():
        so_far = rows["observed"][late]
        axes.plot(places[late], so_far, color=NOTE, marker="x", ls="", label=label("logged so far"))
    period_axis(axes, names, most=_NAMED_PERIODS)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(label("complaints [per period]"))
    axes.legend(fontsize=6, loc="lower left")
    axes.set_title(_message(result), fontsize=9)
    return axes


def _message(result: ForecastReview) -> str:
    """Say in a title by how much more or fewer came, and whether that is usual."""
    total = result.total
    if total is None:
        return ""
    surprise = total["surprise"] if abs(total["surprise"]) >= _HALF else 0.0  # as many as expected
    by = {"period": total["period"], "share": f"{surprise / max(total['mean'], _HALF):+z.0%}"}
    if total["outside"]:
        return label("{period}: {share} against the forecast, outside", by)
    return label("{period}: {share} against the forecast, as usual", by)


def _draw_parts(axes: Axes, result: ForecastReview) -> None:
    """Draw the parts of the surprise over what is usual by chance; what stands out is hatched and named."""
    parts = _biggest(result.parts).iloc[::-1]
    places = np.arange(len(parts))
    axes.barh(
        places,
        parts["usual_upper"] - parts["usual_lower"],
        left=parts["usual_lower"],
        height=0.85,
        color=BAND,
        alpha=0.35,
        label=label("usual by chance, 95%"),
    )
    for some, colour, hatch, name in (
        (~parts["stands_out"], NOTE, "", "surprise"),
        (parts["stands_out"], SHOCK, "//", "stands out"),
    ):
        if some.any():
            axes.barh(
                places[some.to_numpy()],
                parts["surprise"][some],
                height=0.45,
                color=colour,
                hatch=hatch,
                label=label(name),
            )
    axes.axvline(0, color=NOTE, lw=0.7)
    axes.set_yticks(places, [short(part_name(row), 26) for row in parts.to_dict("records")], fontsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter("{x:,.10g}")
    axes.set_xlabel(label("complaints more than expected"), fontsize=8)
    axes.set_title(label("Where the surprise lies"), fontsize=9)
    axes.legend(fontsize=6, loc="best")


def _biggest(parts: pd.DataFrame) -> pd.DataFrame:
    """The bank, what stands out and the largest of the others, products before units."""
    units = (parts["kind"] == "unit_id") & ~parts["stands_out"]
    order = parts.assign(units=units, usual=~parts["stands_out"], size=-parts["surprise"].abs())
    order["usual"] &= order["kind"] != "bank"
    return order.sort_values(["usual", "units", "size"], kind="stable").head(_MOST_PARTS)
