"""Findings, of a quarter and from quarter to quarter."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.assessment import Findings
from riskmodels.assessment.follow_up import status_label
from riskmodels.labels import RATING_MARKS, label, marked, plain_label, rating_label
from riskmodels.reporting.plots.canvas import COLOURS, MARKERS, house_axes, noted, period_axis, short
from riskmodels.reporting.plots.dispatch import plot_of

_MOST_ROWS = 30  # findings that fit on a page
_TITLE = 56  # signs of a title
_LETTERS = {
    "R": ("red", marked("red")),
    "A": ("amber", marked("amber")),
    "?": ("insufficient", marked("not assessed")),
}


@plot_of.register
def plot_findings(result: Findings, *, ax: Axes | None = None) -> Axes:
    """Draw the number of findings by what they are about and severity."""
    rows = result.facts[result.facts["severity"].isin(["red", "amber"])]
    counts = pd.crosstab(rows["subject_kind"].map(plain_label), rows["severity"])
    counts = counts.reindex(columns=["red", "amber"], fill_value=0)
    with house_axes(ax, 7.2, 1.0 + 0.35 * max(len(counts), 1)) as axes:
        left = np.zeros(len(counts))
        for severity in ("red", "amber"):
            values = counts[severity].to_numpy()
            bars = axes.barh(
                counts.index.tolist(),
                values,
                left=left,
                color=COLOURS[severity],
                label=f"{RATING_MARKS[severity]} {rating_label(severity)}",
            )
            axes.bar_label(
                bars, [str(value) if value else "" for value in values], label_type="center", color="w"
            )
            left += values
        axes.set_xlabel(label("findings [number]"))
        axes.legend(loc="best")
        return axes


def plot_courses(result: Findings, *, ax: Axes | None = None) -> Axes:
    """Draw the findings quarter by quarter, the oldest first, those just closed last.

    Of those closed the row ends without a mark. More than fit on a page are counted below.
    """
    rows = result.courses
    shown = rows.head(_MOST_ROWS).iloc[::-1].reset_index(drop=True)
    with house_axes(ax, 7.2, 1.2 + 0.24 * max(len(shown), 1)) as axes:
        quarters = pd.period_range(min(shown["first"], default=result.period), result.period, freq="Q")
        cells = _cells(shown, quarters)
        for letter, (severity, name) in _LETTERS.items():
            part = cells[cells["letter"] == letter]
            axes.plot(
                part["quarter"],
                part["row"],
                linestyle="",
                marker=MARKERS[severity],
                markersize=9,
                color=COLOURS[severity],
                label=label(name),
            )
        period_axis(axes, quarters.astype(str).tolist())
        axes.set_yticks(shown.index, [short(title, _TITLE) for title in shown["title"]], fontsize=7)
        axes.set_ylim(-0.7, max(len(shown), 1) - 0.3)
        right = axes.secondary_yaxis("right")
        right.set_yticks(shown.index, [status_label(status) for status in shown["status"]], fontsize=7)
        right.spines["right"].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(_LETTERS), fontsize=7)
        more = len(rows) - len(shown)
        return noted(axes, label("and {more} more", more=more) if more else "")


def _cells(shown: pd.DataFrame, quarters: pd.PeriodIndex) -> pd.DataFrame:
    """Return a row a finding and quarter from its first on: its place, and its letter."""
    firsts = pd.PeriodIndex(shown["first"], freq="Q").asi8 - quarters.asi8[0]
    letters = shown["course"].map(list).explode()
    letters = letters.where(~letters.isin(["."]))
    step = letters.groupby(level=0).cumcount()
    starts = pd.Series(firsts, shown.index).reindex(letters.index)
    frame = pd.DataFrame(
        {"row": letters.index, "quarter": (starts + step).to_numpy(), "letter": letters.to_numpy()}
    )
    return frame.dropna()
