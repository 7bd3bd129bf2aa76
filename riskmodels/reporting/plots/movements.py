"""What moved the scores, and what one unit's score is made of."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.catalogue import INDICATORS
from riskmodels.display import shown_unit
from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.plots.canvas import BAND, COLOURS, LINE, NAME, NOTE, SHOCK, house_axes, noted, short
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.scorecard import PARTS, Movements, UnitExplanation

_MOST_UNITS, _MOST_INDICATORS = 15, 12  # bars that fit on half a page, each; a choice
_PART_COLOURS = dict(zip(PARTS, (NOTE, BAND, "#8fae8b", LINE, SHOCK), strict=True))
_HATCHES = dict(zip(PARTS, ("..", "--", "", "//", "xx"), strict=True))


@plot_of.register
def plot_movements(result: Movements, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what moved the scores of the units that moved most: bars add up to the mark."""
    table = result.table.head(_MOST_UNITS).iloc[::-1]
    with house_axes(ax, 7.2, 1.3 + 0.24 * len(table)) as axes:
        places = np.arange(len(table))
        ends = {1: np.zeros(len(table)), -1: np.zeros(len(table))}
        for part in PARTS:
            values = table[part].to_numpy(float)
            starts = np.where(values >= 0, ends[1], ends[-1])
            axes.barh(
                places,
                values,
                left=starts,
                color=_PART_COLOURS[part],
                hatch=_HATCHES[part],
                alpha=0.8,
                label=label(part),
            )
            ends[1], ends[-1] = ends[1] + np.maximum(values, 0), ends[-1] + np.minimum(values, 0)
        axes.plot(table["change"], places, "D", color="black", markersize=4, label=label("change"))
        axes.set_yticks(places, _unit_names(table), fontsize=7)
        axes.axvline(0, color=NOTE, linewidth=0.8)
        axes.set_xlabel(
            label(
                "change of the risk score from {before} to {after} [points]",
                before=result.before,
                after=result.after,
            )
        )
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, fontsize=7)
        return noted(axes, note)


@plot_of.register
def plot_unit(
    result: UnitExplanation, *, policy: Policy | None = None, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw what a unit's score is made of: bars add up to the score; the mark shows the rating."""
    table = result.table.head(_MOST_INDICATORS).iloc[::-1]
    with house_axes(ax, 7.2, 0.9 + 0.22 * len(table)) as axes:
        places = np.arange(len(table))
        colours = [COLOURS[rating] for rating in table["rating"]]
        axes.barh(places, table["contribution"], color=colours, alpha=0.8)
        for place, (points, rating) in enumerate(zip(table["contribution"], table["rating"], strict=True)):
            axes.text(points, place, f" {RATING_MARKS[rating]} {points:.1f}", va="center", fontsize=7)
        names = [_indicator_name(name, policy) for name in table["indicator_id"]]
        axes.set_yticks(places, names, fontsize=7)
        axes.margins(x=0.12)
        axes.set_xlabel(
            label(
                "points of the {score:.1f} of {unit}",
                score=result.table["contribution"].sum(),
                unit=shown_unit(result.unit_id, result.name),
            )
            + "   "
            + "   ".join(f"{RATING_MARKS[one]} {rating_label(one)}" for one in RATING_MARKS)
        )
        return noted(axes, note)


def _unit_names(table: pd.DataFrame) -> list[str]:
    pairs = zip(table["name"], table["unit_id"], strict=True)
    return [short(shown_unit(unit, name), NAME) for name, unit in pairs]


def _indicator_name(indicator_id: str, policy: Policy | None) -> str:
    if policy is None or indicator_id not in INDICATORS:
        return short(indicator_id, 40)
    return short(local(policy.indicator(indicator_id), "name"), 40)
