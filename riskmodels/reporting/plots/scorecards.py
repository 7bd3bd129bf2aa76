"""Scorecards: units by score, and indicators by unit."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.plots.canvas import COLOURS, MARKERS, NAME, house_axes, noted, short
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.scorecard import RATINGS, Scorecard

_MOST_UNITS = 40  # rows that fit on a page


@plot_of.register
def plot_scorecard(result: Scorecard, *, ax: Axes | None = None) -> Axes:
    """Draw the riskiest units with the 90% interval of their score; the mark shows the rating."""
    table = result.table.head(_MOST_UNITS).iloc[::-1]
    with house_axes(ax, 7.2, 1.2 + 0.17 * len(table)) as axes:
        places = np.arange(len(table))
        for rating, marker in MARKERS.items():
            rows = (table["rating"] == rating).to_numpy()
            scores = table["score"].to_numpy()[rows]
            spread = np.abs(table[["lower", "upper"]].to_numpy()[rows].T - scores)
            axes.errorbar(
                scores,
                places[rows],
                xerr=spread,
                linestyle="none",
                marker=marker,
                color=COLOURS[rating],
                markersize=5,
                elinewidth=1,
                label=rating_label(rating),
            )
        names = result.unit_names
        axes.set_yticks(places, [short(names[unit], NAME) for unit in table["unit_id"]], fontsize=7)
        axes.set_ylim(-1, len(table))
        axes.set_xlabel(label("risk score [points, 0 best to 100]; bars are 90% intervals"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        return axes


def plot_heat_map(result: Scorecard, policy: Policy, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw the ratings of the riskiest units by indicator; each cell carries the rating's mark too."""
    units = result.table["unit_id"].head(_MOST_UNITS).tolist()
    rows = result.indicators[result.indicators["unit_id"].isin(units) & (result.indicators["rating"] != "")]
    order = [indicator.id for indicator in policy.indicators if indicator.id in set(rows["indicator_id"])]
    wide = rows.pivot_table(index="unit_id", columns="indicator_id", values="rating", aggfunc="first")
    ratings = wide.reindex(index=units, columns=order).fillna("").to_numpy()
    codes = ["", "green", "insufficient", "amber", "red"]
    with house_axes(ax, 2.0 + 0.27 * max(len(order), 8), 2.4 + 0.16 * len(units)) as axes:
        numbers = np.vectorize(codes.index, otypes=[int])(ratings) if ratings.size else np.zeros((1, 1))
        colours = ListedColormap([COLOURS[code] for code in codes])
        axes.imshow(numbers, cmap=colours, vmin=0, vmax=len(codes) - 1, aspect="auto", alpha=0.75)
        for rating, marker in MARKERS.items():
            down, along = np.nonzero(ratings == rating)
            axes.scatter(along, down, s=9, c="white", marker=marker, linewidths=0.8, label=rating)
        names = [short(local(policy.indicator(name), "name"), 34) for name in order]
        axes.set_xticks(
            np.arange(len(order)), names, rotation=60, ha="right", fontsize=7, rotation_mode="anchor"
        )
        named = result.unit_names
        axes.set_yticks(np.arange(len(units)), [short(named[unit], NAME) for unit in units], fontsize=7)
        axes.set_xlabel("   ".join(f"{RATING_MARKS[rating]} {rating_label(rating)}" for rating in RATINGS))
        axes.spines[:].set_visible(False)
        return noted(axes, note)
