"""Findings."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.assessment import Findings
from riskmodels.labels import RATING_MARKS, label, plain_label, rating_label
from riskmodels.reporting.plots.canvas import COLOURS, house_axes
from riskmodels.reporting.plots.dispatch import plot_of


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
