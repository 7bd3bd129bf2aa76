"""Corrective actions: what each changed, with its interval and verdict."""

import numpy as np
from matplotlib.axes import Axes

from riskmodels.effects import Effects
from riskmodels.effects.verdicts import NO_EFFECT, NOT_YET, UNKNOWN, VERDICTS, WORKED, WORSE
from riskmodels.labels import label, plain_label
from riskmodels.reporting.plots.canvas import COLOURS, LINE, NOTE, house_axes, short
from riskmodels.reporting.plots.dispatch import plot_of

_MOST = 30  # actions drawn: those best known
_EDGE = 150.0  # [%] to the right: an interval that reaches further is cut
_NAME = 34  # signs
_MARKS = (  # verdict, marker, colour, filled
    (WORKED, "v", COLOURS["green"], True),
    (WORSE, "^", COLOURS["red"], True),
    (NO_EFFECT, "s", COLOURS["amber"], True),
    (NOT_YET, "o", LINE, False),
)


@plot_of.register
def plot_effects(result: Effects, *, ax: Axes | None = None) -> Axes:
    """Draw the relative change of events by each action, the best known ones; without any, a sentence."""
    judged = result.table[result.table["verdict"] != UNKNOWN]
    width = np.log1p(judged["upper"]) - np.log1p(judged["lower"])
    rows = (
        judged.assign(width=width).sort_values("width").head(_MOST).sort_values("estimate", ignore_index=True)
    )
    with house_axes(ax, 7.2, 1.4 + 0.19 * max(len(rows), 4)) as axes:
        if rows.empty:
            axes.text(0.5, 0.5, result.sentence, ha="center", va="center", wrap=True, fontsize=8)
            axes.set_axis_off()
            return axes
        percent = rows[["estimate", "lower", "upper"]].mul(100.0).clip(upper=_EDGE)
        axes.hlines(rows.index, percent["lower"], percent["upper"], color=NOTE, linewidth=1)
        for verdict, marker, colour, filled in _MARKS:
            chosen = (rows["verdict"] == verdict).to_numpy()
            axes.scatter(
                percent["estimate"][chosen],
                rows.index[chosen],
                marker=marker,
                edgecolors=colour,
                facecolors=colour if filled else "white",
                zorder=3,
                s=26,
                label=label(VERDICTS[verdict]),
            )
        axes.axvline(0, color=NOTE, linewidth=0.8)
        names = [
            short(f"{row['action_id']} {row['unit_id']} {plain_label(row['indicator_id'])}", _NAME)
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(rows.index, names, fontsize=7)
        axes.set_ylim(len(rows), -1)
        axes.set_xlim(-105.0, _EDGE)
        axes.set_xlabel(label("change of events that should be fewer [%]; bars are 95% intervals"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8)
        return axes
