"""Backtests: whether outcomes fell where they should, and how far off the methods were."""

from functools import partial

import scipy
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from riskmodels.backtesting import Backtest
from riskmodels.errors import ParameterError
from riskmodels.labels import label, marked
from riskmodels.reporting.plots.canvas import BAND, LINE, NOTE, SHOCK, draw_pair
from riskmodels.reporting.plots.dispatch import plot_of

_TOGETHER = 2  # bins of the histogram that make one bar
_AHEAD = {
    "D": marked("days ahead [number]"),
    "W": marked("weeks ahead [number]"),
    "M": marked("months ahead [number]"),
    "Q": marked("quarters ahead [number]"),
    "Y": marked("years ahead [number]"),
}
_FAR = {
    "D": marked("How far off, by days ahead"),
    "W": marked("How far off, by weeks ahead"),
    "M": marked("How far off, by months ahead"),
    "Q": marked("How far off, by quarters ahead"),
    "Y": marked("How far off, by years ahead"),
}
_MARKERS = (
    ("o", LINE, "-"),
    ("s", NOTE, "--"),
    ("^", SHOCK, ":"),
    ("D", BAND, "-."),
    ("v", "k", "--"),
    ("P", NOTE, ":"),
)


@plot_of.register
def plot_backtest(result: Backtest, *, method: str = "", ax: Axes | None = None, note: str = "") -> Axes:
    """Draw where outcomes fell in the forecasts of a method, and beside it how far off all methods were.

    The method is the best one unless another is named. Within the band lie nine bars in ten where the
    forecasts are right and outcomes do not depend on each other. Given axes hold the first of the two.
    """
    chosen = method or str(result.table["method"].iloc[0])
    if chosen not in {*result.table["method"]}:
        tested = ", ".join(result.table["method"])
        raise ParameterError(f"the method '{chosen}' was not tested; expected {tested}")
    histogram = partial(_draw_histogram, result=result, method=chosen)
    return draw_pair(histogram, partial(_draw_losses, result=result), ax=ax, height=3.0, note=note)


def _draw_histogram(axes: Axes, result: Backtest, method: str) -> Axes:
    rows = result.pit_histogram[result.pit_histogram["method"] == method]
    outcomes = rows["outcomes"].to_numpy().reshape(-1, _TOGETHER).sum(axis=1)
    edges = rows["lower"].to_numpy()[::_TOGETHER]
    number, share = outcomes.sum(), 1 / len(outcomes)
    low, high = scipy.stats.binom.ppf([0.05, 0.95], number, share) / max(number, 1)
    axes.axhspan(low, high, color=NOTE, alpha=0.2, lw=0, label=label("where nine bars in ten should end"))
    axes.bar(edges, outcomes / max(number, 1), width=0.9 * share, align="edge", color=BAND, edgecolor=LINE)
    axes.axhline(share, color=LINE, ls="--", lw=1, label=label("a perfect forecast"))
    axes.set_xlim(0, 1)
    axes.set_title(label("Where outcomes fell: {method}", method=method), pad=24, fontsize=9)
    axes.set_xlabel(label("place in the forecast [0 lowest to 1 highest]"), fontsize=8)
    axes.set_ylabel(label("outcomes [share]"), fontsize=8)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.99),
        ncols=2,
        fontsize=6.5,
        handlelength=1.5,
        columnspacing=1,
    )
    return axes


def _draw_losses(axes: Axes, result: Backtest) -> None:
    for place, method in enumerate(result.table["method"]):
        rows = result.by_horizon[result.by_horizon["method"] == method]
        marker, colour, style = _MARKERS[place % len(_MARKERS)]
        axes.plot(
            rows["horizon"], rows["wql"], marker=marker, color=colour, ls=style, markersize=4, label=method
        )
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(label(_FAR[result.origins.freqstr[0]]), pad=24, fontsize=9)
    axes.set_xlabel(label(_AHEAD[result.origins.freqstr[0]]), fontsize=8)
    axes.set_ylabel(label("weighted quantile loss [lower is better]"), fontsize=8)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=3, fontsize=6.5, handlelength=2, columnspacing=1
    )
