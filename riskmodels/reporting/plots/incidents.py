"""Incidents: complaints day by day about one, beside what was due without it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.effects.incident_moments import MOMENTS
from riskmodels.effects.incident_words import KINDS
from riskmodels.effects.incidents import IncidentReview
from riskmodels.labels import label, marked
from riskmodels.reporting.plots.canvas import BAND, LINE, SHOCK, house_axes, noted
from riskmodels.reporting.plots.dispatch import plot_of

_MARKS = {
    "started_at": (marked("Start"), "-"),
    "detected_at": (MOMENTS["detected"], ":"),
    "responded_at": (MOMENTS["responded"], "--"),
    "ended_at": (MOMENTS["ended"], "-."),
}  # lines differ in kind, not in colour


@plot_of.register
def plot_incidentreview(
    result: IncidentReview, *, ax: Axes | None = None, note: str = "", incident: str = ""
) -> Axes:
    """Draw the days about one incident: complaints, what was due with its interval, and when what happened.

    ``incident`` is which; without it the one with the largest excess, or the first. Without a day to draw
    there is nothing but a sentence.
    """
    table = result.table
    chosen = table[table["incident_id"] == incident] if incident else table
    order = chosen["excess"].fillna(-np.inf).argsort().to_numpy()
    row = chosen.iloc[order[-1]] if len(chosen) else None
    days = result.course.head(0) if row is None else result.course[result.course["episode"] == row["episode"]]
    if row is None or days["observed"].isna().all():
        with house_axes(ax, 5.0, 1.6) as axes:
            axes.text(0.5, 0.5, result.sentence, ha="center", va="center", wrap=True, fontsize=8)
            axes.set_axis_off()
            return noted(axes, note)
    with house_axes(ax, 7.2, 3.6) as axes:
        _draw(axes, row, days, result.level)
        return noted(axes, note)


def _draw(axes: Axes, row: pd.Series, days: pd.DataFrame, level: float) -> None:
    interval = label("due, {level:.0%} of days", level=level)
    axes.fill_between(days["day"], days["lower"], days["upper"], color=BAND, lw=0, step="mid", label=interval)
    axes.step(days["day"], days["expected"], where="mid", color=LINE, lw=1, ls="--", label=label("due"))
    axes.plot(
        days["day"], days["observed"], color=LINE, marker="o", markersize=3, lw=0.8, label=label("came")
    )
    window = days.loc[days["inside"], "day"]
    half = pd.Timedelta(hours=12)
    axes.axvspan(
        window.min() - half, window.max() + half, color=SHOCK, alpha=0.12, lw=0, label=label("window")
    )
    for column, (name, style) in _MARKS.items():
        if pd.notna(row[column]):
            axes.axvline(row[column], color=SHOCK, lw=1, ls=style, label=label(name))
    axes.tick_params(axis="x", labelrotation=20)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(label("complaints [per day]"))
    axes.set_title(
        label(
            "{kind} {id}, {day}",
            kind=label(KINDS[row["kind"]]),
            id=row["incident_id"],
            day=f"{row['started_at']:%Y-%m-%d}",
        )
    )
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.18), fontsize=7, ncols=4)  # below the days
