"""What moved the scores, which units stand out of their funnel, what one unit's score is made of."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.catalogue import INDICATORS
from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.plots.canvas import BAND, COLOURS, LINE, NOTE, SHOCK, house_axes, log_ticks, noted, short
from riskmodels.plots.dispatch import plot_of
from riskmodels.policy import Policy
from riskmodels.rates import Funnel
from riskmodels.scorecard import PARTS, Movements, UnitExplanation

_KINDS = (
    ("o", LINE, "within the limits"),
    ("^", COLOURS["amber"], "beyond the inner limits (95%)"),
    ("s", COLOURS["red"], "beyond the outer limits (99.8%)"),
)
_MOST_UNITS, _MOST_INDICATORS, _NAMED = 15, 12, 8
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
            label("change of the risk score from {before} to {after} [points]").format(
                before=result.before, after=result.after
            )
        )
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, fontsize=7)
        return noted(axes, note)


@plot_of.register
def plot_funnel(result: Funnel, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw units by size against their funnel limits; those outside are named, and marked otherwise."""
    titles = (
        ("trials", "share")
        if result.proportion
        else ("expected events, as peers have them", "observed ÷ expected")
    )
    with house_axes(ax, 7.2, 3.4) as axes:
        for side in ("lower", "upper"):
            for name, style in (("95", "--"), ("998", "-")):
                axes.plot(
                    result.limits["expected"], result.limits[f"{side}_{name}"], style, color=BAND, linewidth=1
                )
        axes.axhline(result.target, color=NOTE, linewidth=0.8)
        _draw_units(axes, result.table)
        if len(result.table):
            axes.set_xscale("log")
            log_ticks(axes.xaxis, 1.0, 2.0, 5.0)
        axes.set_xlabel(label(titles[0]))
        axes.set_ylabel(label(titles[1]))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=7)
        return noted(axes, note)


def _draw_units(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the units, each kind with its mark, and name those that are farthest out."""
    outside = table["outside"].abs()
    for level, (marker, colour, words) in enumerate(_KINDS):
        rows = table[outside == level]
        named = f"{label(words)}: {len(rows)}"
        axes.plot(rows["expected"], rows["value"], marker, color=colour, markersize=4, label=named)
    far = table[outside > 0].sort_values("z", key=np.abs, ascending=False).head(_NAMED)
    for row in far.to_dict("records"):
        place, name = (row["expected"], row["value"]), short(str(row["name"]), 18)
        axes.annotate(name, place, xytext=(4, 3), textcoords="offset points", fontsize=7)


@plot_of.register
def plot_unit(
    result: UnitExplanation, *, policy: Policy | None = None, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw what a unit's score is made of: bars add up to the score; the mark tells the rating."""
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
            label("points of the {score:.1f} of {unit}").format(
                score=result.table["contribution"].sum(), unit=result.unit_id
            )
            + "   "
            + "   ".join(f"{RATING_MARKS[one]} {rating_label(one)}" for one in RATING_MARKS)
        )
        return noted(axes, note)


def _unit_names(table: pd.DataFrame) -> list[str]:
    pairs = zip(table["name"], table["unit_id"], strict=True)
    return [short(unit if name == unit else f"{name} ({unit})", 34) for name, unit in pairs]


def _indicator_name(indicator_id: str, policy: Policy | None) -> str:
    if policy is None or indicator_id not in INDICATORS:
        return short(indicator_id, 40)
    return short(local(policy.indicator(indicator_id), "name"), 40)
