"""Corrective actions and findings from elsewhere over time: opened, due, done, and what is overdue."""

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.assessment.due import OPEN, Due
from riskmodels.labels import label, plain_label
from riskmodels.reporting.plots.canvas import BAND, COLOURS, LINE, NOTE, house_axes, said, short
from riskmodels.reporting.plots.dispatch import plot_of

_MOST = 30  # lines of a page: what is not done comes first
_NAME = 40  # signs
_SHOWN = 12  # months for which what is done is shown


@plot_of.register
def plot_due(result: Due, *, ax: Axes | None = None) -> Axes:
    """Draw each thing from its opening to its end, its date, and in red how long it is overdue."""
    today = pd.Timestamp(result.day)
    rows = _shown(result.table, today)
    with house_axes(ax, 7.2, 1.3 + 0.2 * max(len(rows), 4)) as axes:
        if rows.empty:
            return said(axes, result.sentence)
        ends = rows["closed_on"].fillna(today)
        begins = rows["opened_on"].fillna(rows["due_on"])
        begins = begins.where(begins < ends, ends)  # of what comes from elsewhere only the date is known
        is_open = rows["standing"].isin(OPEN)
        due = rows["due_on"].fillna(ends)
        axes.hlines(rows.index[~is_open], begins[~is_open], ends[~is_open], color=BAND, linewidth=3)
        axes.hlines(rows.index[is_open], begins[is_open], ends[is_open], color=LINE, linewidth=3)
        late = ends > due
        axes.hlines(
            rows.index[late],
            due[late],
            ends[late],
            color=COLOURS["red"],
            linewidth=3,
            label=label("over its date"),
        )
        axes.plot(rows["due_on"], rows.index, "|", color=NOTE, markersize=11, label=label("due"))
        done = rows["closed_on"].notna()
        axes.plot(rows["closed_on"][done], rows.index[done], "o", color=COLOURS["green"], label=label("done"))
        day = mdates.date2num(today)  # type: ignore[no-untyped-call]  # no types there
        axes.axvline(day, color=NOTE, linewidth=0.8, linestyle=":", label=label("on {day}", day=result.day))
        names = [short(f"{row['id']} {plain_label(row['what'])}", _NAME) for row in rows.to_dict("records")]
        axes.set_yticks(rows.index, names, fontsize=7)
        axes.set_ylim(len(rows), -1)
        months = mdates.DateFormatter("%Y-%m")  # type: ignore[no-untyped-call]  # no types there
        axes.xaxis.set_major_formatter(months)
        axes.tick_params(axis="x", labelsize=7, rotation=45)
        axes.set_xlabel(label("time [months]"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8)
        return axes


def _shown(table: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Return what is not done, what is longest overdue first, then what was done last."""
    waiting = table[table["standing"].isin(OPEN)].sort_values("due_on", kind="stable")
    done = table[table["closed_on"] > today - pd.DateOffset(months=_SHOWN)]
    done = done.sort_values("closed_on", ascending=False, kind="stable")
    return pd.concat([waiting, done]).head(_MOST).reset_index(drop=True)
