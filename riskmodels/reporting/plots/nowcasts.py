"""Nowcasts: what was received so far, and what is still to come."""

import numpy as np
from matplotlib.axes import Axes

from riskmodels.forecasting import FINAL, Nowcast
from riskmodels.labels import label
from riskmodels.reporting.plots.canvas import BAND, LINE, house_axes, period_axis
from riskmodels.reporting.plots.dispatch import plot_of

_MOST_MONTHS = 12  # a year


@plot_of.register
def plot_nowcast(result: Nowcast, *, ax: Axes | None = None) -> Axes:
    """Draw the last twelve months: what was received so far, and hatched what is expected to be logged later.

    Bars are 95% intervals of the count in the end; above a month that is not complete stands the share known.
    """
    table = result.table.tail(_MOST_MONTHS)
    with house_axes(ax, 7.2, 2.9) as axes:
        places, reported, final = np.arange(len(table)), table["reported"], table["nowcast"]
        upper, late = table["nowcast_upper"], (table["completeness"] < FINAL).to_numpy()
        axes.bar(places, reported, color=BAND, width=0.7, label=label("received so far"))
        axes.bar(
            places[late],
            (final - reported)[late],
            bottom=reported[late],
            color="white",
            edgecolor=LINE,
            lw=0.8,
            hatch="////",
            width=0.7,
            label=label("expected to be logged later"),
        )
        spread = np.abs(table[["nowcast_lower", "nowcast_upper"]].to_numpy().T - final.to_numpy())
        axes.errorbar(
            places[late],
            final[late],
            yerr=spread[:, late],
            color=LINE,
            ls="",
            capsize=3,
            label=label("95% interval"),
        )
        for place in places[late & upper.notna().to_numpy()]:
            axes.annotate(
                f"{table['completeness'].iloc[place]:.0%}",
                (place, upper.iloc[place]),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        period_axis(axes, table["period"].tolist())
        axes.set_ylim(bottom=0)
        axes.set_ylabel(label("complaints [per month]"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
        return axes
