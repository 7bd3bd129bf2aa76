"""Forecasts: the history, what is still to come of its last months, and the fan of what follows."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from riskmodels.forecasting import Forecast, Nowcast
from riskmodels.labels import label, marked
from riskmodels.reporting.plots.canvas import (
    BAND,
    LINE,
    NOTE,
    house_axes,
    house_figure,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.reporting.plots.panels import mark_breaks, shade_unknown

_BANDS = ((0.025, 0.975, 0.3), (0.1, 0.9, 0.45), (0.25, 0.75, 0.7))  # lower, upper level, opacity
_MOST_HISTORY = 36  # periods before the outlook: three years of months, in which a season shows
_MOST_SERIES, _COLUMNS = 6, 2  # small plots that fit on a page; beside each other
_NAMED_PERIODS, _NAMED_IN_SMALL = 12, 6  # labels of an axis that do not touch: in a wide plot, in a small one
_SMALL = 7  # points of type on half a page's width
_LEGEND = ("received", "received so far", "expected in the end", "expected", "50%", "80%", "95%", "unknown")
_UNITS = {
    ("count", "D"): marked("complaints [per day]"),
    ("count", "W"): marked("complaints [per week]"),
    ("count", "M"): marked("complaints [per month]"),
    ("count", "Q"): marked("complaints [per quarter]"),
    ("count", "Y"): marked("complaints [per year]"),
    ("amount", "D"): marked("amount [per day]"),
    ("amount", "W"): marked("amount [per week]"),
    ("amount", "M"): marked("amount [per month]"),
    ("amount", "Q"): marked("amount [per quarter]"),
    ("amount", "Y"): marked("amount [per year]"),
}


@plot_of.register
def plot_forecast(
    result: Forecast,
    *,
    nowcast: Nowcast | None = None,
    small: bool = False,
    ax: Axes | None = None,
    note: str = "",
) -> Axes:
    """Draw the total of a forecast as a fan: history, expectation, 50%, 80% and 95% intervals.

    Months that are not complete yet are drawn twice: what was received so far, and hollow what is expected in
    the end; with its 95% interval where the ``nowcast`` is given. ``small`` is for half a page's width.
    """
    total = result.aggregate() if len(result.keys) > 1 else result
    with house_axes(ax, 7.2, 3.4) as axes:
        _draw_fan(axes, total, 0, nowcast, named=_NAMED_IN_SMALL if small else _NAMED_PERIODS)
        axes.set_ylabel(_unit(total), fontsize=_SMALL if small else None)
        style = {"ncols": 3, "fontsize": _SMALL} if small else {"ncols": 4}
        axes.legend(**_entries([axes]), loc="lower left", bbox_to_anchor=(0, 1), **style)
        return noted(axes, note)


def plot_series(result: Forecast, *, note: str = "") -> list[Axes]:
    """Draw the fan of each series, or of the six with most expected, each on its own scale, biggest first."""
    biggest = np.argsort(-result.mean.sum(axis=1), kind="stable")[:_MOST_SERIES]
    columns = min(_COLUMNS, len(biggest))
    rows = -(-len(biggest) // columns)
    with house_figure(7.2, 0.7 + 1.9 * rows) as figure:
        every = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for axes, series in zip(every, biggest, strict=False):
            _draw_fan(axes, result, int(series), named=_NAMED_IN_SMALL)
            names = [str(value) for value in result.keys.iloc[int(series)]]
            axes.set_title(short(label(" · ".join(names)), 40))
        for axes in every[len(biggest) :]:
            axes.set_axis_off()
        figure.legend(**_entries(every), loc="outside upper left", ncols=len(_LEGEND), fontsize=7)
        figure.supylabel(_unit(result), fontsize=9)
        noted(every[0], note)
        return list(every[: len(biggest)])


def _draw_fan(
    axes: Axes, made: Forecast, series: int, nowcast: Nowcast | None = None, *, named: int = _NAMED_PERIODS
) -> None:
    first = max(0, len(made.panel.periods) - _MOST_HISTORY)
    past = made.panel.since(first)
    places = np.arange(len(past.periods))
    ahead = len(places) + np.arange(len(made.periods))
    values, final = past.values[series], made.expected_history[series, first:]
    final = np.where(made.barely_known[series, first:], np.nan, final)
    known = np.isnan(values) | made.complete[series, first:]
    axes.plot(
        places, np.where(known, values, np.nan), color=LINE, marker="o", markersize=3, label=label("received")
    )
    if not known.all():
        late = ~known
        axes.plot(
            places[late],
            values[late],
            color=NOTE,
            ls="",
            marker="x",
            markersize=4,
            label=label("received so far"),
        )
        _draw_corrected(axes, places[late], final[late], _bounds(past.periods[late].astype("str"), nowcast))
    bands = [band for band in _BANDS if {*band[:2]} <= {*made.levels}]
    for low, high, opacity in bands:
        band = [_level(made, series, low), _level(made, series, high)]
        axes.fill_between(ahead, *band, color=BAND, alpha=opacity, lw=0, label=f"{high - low:.0%}")
    axes.plot(ahead, made.mean[series], color=LINE, ls="--", lw=1.3, label=label("expected"))
    period_axis(axes, [*past.periods.astype("str"), *made.periods.astype("str")], most=named)
    if not (values < 0).any() and not (made.mean[series] < 0).any():
        axes.set_ylim(bottom=0)
    shade_unknown(axes, past, series)
    mark_breaks(axes, past, series)


def _draw_corrected(axes: Axes, places: Any, final: Any, bounds: Any) -> None:
    """Draw what is expected of months that are not complete yet: hollow, with the interval where known."""
    spread = None if bounds is None else np.abs(bounds - final)
    axes.errorbar(
        places,
        final,
        yerr=spread,
        color=LINE,
        ls=":",
        marker="o",
        markersize=4,
        mfc="white",
        capsize=2,
        label=label("expected in the end"),
    )


def _bounds(periods: Any, nowcast: Nowcast | None) -> Any:
    """Return the nowcast's interval of some months, shape (2, months), or None where it lacks one of them."""
    if nowcast is None or not set(periods) <= set(nowcast.table["period"]):
        return None
    return nowcast.table.set_index("period").loc[periods, ["nowcast_lower", "nowcast_upper"]].to_numpy().T


def _entries(several: Iterable[Axes]) -> dict[str, Any]:
    """Return what the legend of some axes says, each once: from the past to the future."""
    named = {
        text: handle
        for axes in several
        for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    texts = [text for text in map(label, _LEGEND) if text in named]
    return {"handles": [named[text] for text in texts], "labels": texts}


def _level(made: Forecast, series: int, level: float) -> Any:
    return made.quantiles[series, :, made.levels.index(level)]


def _unit(made: Forecast) -> str:
    return label(_UNITS[made.panel.kind, made.periods.freqstr[0]])
