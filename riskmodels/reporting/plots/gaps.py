"""Differences between customer groups, with their intervals."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.comparisons.gaps import CustomerGaps
from riskmodels.labels import label, local, marked
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.plots.canvas import COLOURS, LINE, NOTE, house_axes, short
from riskmodels.reporting.plots.dispatch import plot_of

_KINDS = (  # name, letter, colour, filled
    (marked("worse: a finding"), "W", COLOURS["red"], True),
    (marked("no finding"), "", LINE, False),
    (marked("not enough evidence"), "?", NOTE, False),
)


@plot_of.register
def plot_gaps(result: CustomerGaps, policy: Policy | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw how much worse off each customer group is, by group; a finding is filled and has a letter.

    With a policy, indicators have its names; a line marks the difference that is too small to matter.
    """
    rows = _in_points(result.table)
    with house_axes(ax, 7.2, 1.6 + 0.19 * max(len(rows), 4)) as axes:
        places = np.arange(len(rows)) + _group_number(rows)
        for number, (name, letter, colour, filled) in enumerate(_KINDS):
            chosen = (rows["kind"] == number).to_numpy()
            _draw_kind(axes, rows[chosen], places[chosen], colour=colour, filled=filled, name=name)
            for place, at in zip(places[chosen], rows["difference"][chosen], strict=True):
                axes.annotate(
                    letter, (at, place), (0, 4), textcoords="offset points", ha="center", fontsize=7
                )
        axes.axvline(0, color=NOTE, linewidth=0.8)
        tolerance = 100 * result.tolerance
        axes.axvline(tolerance, color=COLOURS["amber"], linestyle="--", label=label("tolerance"))
        axes.set_yticks(places, _names(rows, policy), fontsize=7)
        axes.set_ylim(len(rows) + _group_number(rows).max(initial=0), -1)
        axes.set_xlim(*_extent(rows, tolerance))
        reference = label(result.reference or "all others")
        axes.set_xlabel(
            label(
                "worse than {reference} by [percentage points]; bars are 90% intervals", reference=reference
            )
        )
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8)
        return axes


def _draw_kind(
    axes: Axes, rows: pd.DataFrame, places: np.ndarray, *, colour: str, filled: bool, name: str
) -> None:
    spread = np.array([rows["difference"] - rows["lower"], rows["upper"] - rows["difference"]])
    axes.errorbar(
        rows["difference"],
        places,
        xerr=np.maximum(spread, 0),
        fmt="o",
        color=colour,
        markerfacecolor=colour if filled else "white",
        markersize=5,
        elinewidth=1,
        label=label(name),
    )


def _in_points(table: pd.DataFrame) -> pd.DataFrame:
    """Turn every difference so that more is worse, in percentage points, ordered by group and difference."""
    flipped = table["direction"] == "higher_is_better"
    ends = {"lower": ("upper", "lower"), "upper": ("lower", "upper"), "difference": ("difference",) * 2}
    turned = {name: 100 * table[same].mask(flipped, -table[other]) for name, (other, same) in ends.items()}
    kind = np.select([table["finding"], table["enough"]], [0, 1], default=2)
    frame = table.assign(**turned, kind=kind).dropna(subset=["difference"])
    return frame.sort_values(["customer_group", "difference"], ascending=[True, False], ignore_index=True)


def _group_number(rows: pd.DataFrame) -> np.ndarray:
    return np.asarray(pd.factorize(rows["customer_group"])[0])


def _names(rows: pd.DataFrame, policy: Policy | None) -> list[str]:
    names = {} if policy is None else {one.id: local(one, "name") for one in policy.indicators}
    pairs = zip(rows["customer_group"], rows["indicator_id"], strict=True)
    return [short(f"{label(group.replace('_', ' '))} · {names.get(name, name)}", 54) for group, name in pairs]


def _extent(rows: pd.DataFrame, tolerance: float) -> tuple[float, float]:
    """Return the range of the bars that say something, and of every mark [percentage points]."""
    said = rows[rows["kind"] < 2]  # noqa: PLR2004  not the last kind
    ends = np.concatenate([said["lower"], said["upper"], rows["difference"], [-tolerance, 2 * tolerance]])
    return float(ends.min()) - 1, float(ends.max()) + 1
