"""Stress tests and findings."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.assessment import Findings
from riskmodels.labels import RATING_MARKS, label, plain_label, rating_label
from riskmodels.reporting.plots.canvas import COLOURS, LINE, SHOCK, house_axes, period_axis
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.stresstest import StressTest


@plot_of.register
def plot_stresstest(result: StressTest, *, ax: Axes | None = None) -> Axes:
    """Draw complaints by month or quarter without and, if it applies, with the scenario; 90% intervals."""
    table = result.complaints
    with house_axes(ax, 7.2, 3.0) as axes:
        places = np.arange(len(table))
        lines = (
            ("expected", LINE, "--", label("expected")),
            ("stressed", SHOCK, "-", label("under the scenario")),
        )
        for name, colour, style, words in lines if table["stressed"].notna().all() else lines[:1]:
            band = (table[f"{name}_lower"], table[f"{name}_upper"])
            axes.fill_between(places, *band, color=colour, alpha=0.15, lw=0)
            axes.plot(places, table[name], color=colour, ls=style, marker="o", markersize=3, label=words)
        period_axis(axes, table["period"].tolist())
        axes.set_ylim(bottom=0)
        quarterly = table["period"].str.contains("Q").any()
        axes.set_ylabel(label("complaints [per quarter]" if quarterly else "complaints [per month]"))
        axes.legend(loc="best")
        return axes


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
