"""What moved first, by lag, and which words are typical."""

import numpy as np
from matplotlib.axes import Axes

from riskmodels.causes import Leads, TypicalWords
from riskmodels.labels import label, plain_label
from riskmodels.reporting.plots.canvas import BAND, NOTE, SHOCK, draw_forest, house_axes, said, short
from riskmodels.reporting.plots.dispatch import plot_of

_WIDTH, _ROW = 7.2, 0.19  # inches of a page, and of a line of it
_PAIRS, _WORDS = 4, 15  # that are read at a glance; a choice
_NAMED = 60  # signs of a row's name


@plot_of.register
def plot_leads(result: Leads, *, ax: Axes | None = None) -> Axes:
    """Draw the correlations of the clearest pairs at all lags; what is beyond chance has an L."""
    pairs = result.table.head(_PAIRS)[["moved", "indicator_id", "leads_by", "found"]]
    rows = result.lags.merge(pairs, on=["moved", "indicator_id"], suffixes=("", "_best"))
    with house_axes(ax, _WIDTH, 1.2 + _ROW * max(len(rows), 4)) as axes:
        if rows.empty:
            return said(axes, result.sentence)
        rows = rows.merge(pairs.reset_index(names="pair")[["moved", "indicator_id", "pair"]]).sort_values(
            ["pair", "leads_by"], ignore_index=True
        )
        rows["found"] &= rows["leads_by"] == rows["leads_by_best"]
        places = np.arange(len(rows)) + rows["pair"].to_numpy()
        draw_forest(axes, rows, "correlation", places, letter="L", names=("", ""))
        names = [
            label(
                "{first} · {months} before {then}",
                first=plain_label(row["indicator_id"]),
                then=plain_label(row["moved"]),
                months=row["leads_by"],
            )
            for row in rows.to_dict("records")
        ]
        axes.set_yticks(places, [short(one, _NAMED) for one in names], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel(label("correlation of what was new in a month [-1 to 1]; 90% intervals"))
        return axes


@plot_of.register
def plot_typicalwords(result: TypicalWords, *, ax: Axes | None = None) -> Axes:
    """Draw the z of the clearest words; those beyond chance are hatched."""
    rows = result.table.head(_WORDS)
    with house_axes(ax, _WIDTH, 1.2 + _ROW * max(len(rows), 4)) as axes:
        if rows.empty:
            return said(axes, result.sentence)
        for found, colour, hatch, name in (
            (True, SHOCK, "//", label("typical of the excess")),
            (False, BAND, "", label("within chance")),
        ):
            part = rows[rows["found"] == found]
            if len(part):
                axes.barh(part.index, part["z"], color=colour, hatch=hatch, alpha=0.8, label=name)
        axes.set_yticks(rows.index, [short(one, _NAMED) for one in rows["word"]], fontsize=8)
        axes.invert_yaxis()
        axes.axvline(0, color=NOTE, linewidth=0.8)
        axes.set_xlabel(label("log-odds that a narrative has it [standard errors]"))
        axes.legend(loc="lower right", fontsize=8)
        return axes
