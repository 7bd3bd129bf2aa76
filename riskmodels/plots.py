"""Draw results. One function a result; nothing is computed here; colour is never the only carrier."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatch
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from riskmodels.assessment import Findings
from riskmodels.forecasting import Forecast
from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.panel import Panel
from riskmodels.policy import Policy
from riskmodels.scorecard import RATINGS, Scorecard
from riskmodels.stresstest import StressTest

COLOURS = {"red": "#b3261e", "amber": "#c77700", "green": "#2e7d4f", "insufficient": "#8a8f98", "": "#ffffff"}
_LINE, _BAND, _SHOCK = "#1f3b5c", "#7d9bbf", "#b3261e"
_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "DejaVu Sans")
_DPI = 110
_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.formatter.use_locale": False,
    "legend.frameon": False,
    "text.parse_math": False,
}
_MOST_UNITS = 40
_MOST_HISTORY = 36


@singledispatch
def plot(result: object, *, ax: Axes | None = None) -> Axes:
    """Draw a result by its kind; raises TypeError where there is no plot of it.

    ``ax`` is where to draw; without it, a new figure. Returns the axes drawn on.
    """
    raise TypeError(f"there is no plot of a {type(result).__name__} (axes: {ax})")


@contextmanager
def _axes(ax: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Yield axes in the house style: text is never read as mathematics, whatever the data holds."""
    if ax is None:  # outside the style: a notebook's backend is made interactive by the first figure
        figure = plt.figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    installed = font_manager.get_font_names()
    style: Any = _STYLE | {"font.family": [name for name in _FONTS if name in installed]}
    with mpl.rc_context(style):
        yield figure.subplots() if ax is None else ax


@plot.register
def plot_panel(result: Panel, *, ax: Axes | None = None) -> Axes:
    """Draw the total of all series by period; unknown periods are shaded, not drawn as zero."""
    total = result.aggregate().values[0]
    with _axes(ax, 7.2, 2.8) as axes:
        places = np.arange(len(total))
        axes.plot(places, total, color=_LINE, marker="o", markersize=3)
        for place in places[np.isnan(total)]:
            axes.axvspan(
                place - 0.5, place + 0.5, color=COLOURS["insufficient"], alpha=0.25, hatch="//", lw=0
            )
        if np.isnan(total).any():
            axes.plot([], [], color=COLOURS["insufficient"], lw=6, alpha=0.4, label=label("unknown"))
            axes.legend(loc="lower left")
        _period_axis(axes, result.periods.astype("str").tolist())
        axes.set_ylim(bottom=0)
        quarterly = result.periods.freqstr.startswith("Q")
        axes.set_ylabel(
            label("complaints received [per quarter]" if quarterly else "complaints received [per month]")
        )
        return axes


@plot.register
def plot_forecast(result: Forecast, *, ax: Axes | None = None) -> Axes:
    """Draw the total of a forecast as a fan: history, expectation, 50% and 95% intervals."""
    total = result.aggregate() if len(result.keys) > 1 else result
    history = total.panel.values[0, -_MOST_HISTORY:]
    past = total.panel.periods[-_MOST_HISTORY:]
    with _axes(ax, 7.2, 3.2) as axes:
        ahead = np.arange(len(history), len(history) + len(total.periods))
        axes.plot(
            np.arange(len(history)), history, color=_LINE, marker="o", markersize=3, label=label("received")
        )
        for low, high, alpha in ((0.025, 0.975, 0.25), (0.25, 0.75, 0.5)):
            band = [_level(total, low), _level(total, high)]
            axes.fill_between(ahead, *band, color=_BAND, alpha=alpha, lw=0, label=f"{high - low:.0%}")
        axes.plot(ahead, total.mean[0], color=_LINE, ls="--", label=label("expected"))
        _period_axis(axes, [*past.astype("str"), *total.periods.astype("str")])
        axes.set_ylim(bottom=0)
        quarterly = total.periods.freqstr.startswith("Q")
        axes.set_ylabel(label("complaints [per quarter]" if quarterly else "complaints [per month]"))
        axes.legend(loc="upper left", ncols=4)
        return axes


def _level(forecast: Forecast, level: float) -> Any:
    return forecast.quantiles[0, :, int(np.argmin(np.abs(np.asarray(forecast.levels) - level)))]


@plot.register
def plot_scorecard(result: Scorecard, *, ax: Axes | None = None) -> Axes:
    """Draw the riskiest units with the 90% interval of their score; the mark tells the rating."""
    table = result.table.head(_MOST_UNITS).iloc[::-1]
    with _axes(ax, 7.2, 1.2 + 0.17 * len(table)) as axes:
        places = np.arange(len(table))
        for rating, marker in zip(RATINGS, "s^oD", strict=True):
            rows = (table["rating"] == rating).to_numpy()
            scores = table["score"].to_numpy()[rows]
            spread = np.abs(table[["lower", "upper"]].to_numpy()[rows].T - scores)
            axes.errorbar(
                scores,
                places[rows],
                xerr=spread,
                fmt=marker,
                color=COLOURS[rating],
                markersize=5,
                elinewidth=1,
                label=rating_label(rating),
            )
        axes.set_yticks(places, [_short(f"{unit}") for unit in table["unit_id"]], fontsize=7)
        axes.set_ylim(-1, len(table))
        axes.set_xlabel(label("risk score [points, 0 best to 100]; bars are 90% intervals"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        return axes


def plot_heat_map(result: Scorecard, policy: Policy, *, ax: Axes | None = None) -> Axes:
    """Draw the ratings of the riskiest units by indicator; each cell carries the rating's mark too."""
    units = result.table["unit_id"].head(_MOST_UNITS).tolist()
    rows = result.indicators[result.indicators["unit_id"].isin(units) & (result.indicators["rating"] != "")]
    order = [indicator.id for indicator in policy.indicators if indicator.id in set(rows["indicator_id"])]
    wide = rows.pivot_table(index="unit_id", columns="indicator_id", values="rating", aggfunc="first")
    ratings = wide.reindex(index=units, columns=order).fillna("").to_numpy()
    codes = ["", "green", "insufficient", "amber", "red"]
    with _axes(ax, 2.0 + 0.27 * max(len(order), 8), 1.9 + 0.16 * len(units)) as axes:
        numbers = np.vectorize(codes.index, otypes=[int])(ratings) if ratings.size else np.zeros((1, 1))
        colours = ListedColormap([COLOURS[code] for code in codes])
        axes.imshow(numbers, cmap=colours, vmin=0, vmax=len(codes) - 1, aspect="auto", alpha=0.75)
        for (row, column), rating in np.ndenumerate(ratings):
            mark = RATING_MARKS.get(rating, "")
            axes.text(column, row, mark, ha="center", va="center", fontsize=5, color="white")
        names = [_short(local(policy.indicator(name), "name"), 34) for name in order]
        axes.set_xticks(
            np.arange(len(order)), names, rotation=60, ha="right", fontsize=7, rotation_mode="anchor"
        )
        axes.set_yticks(np.arange(len(units)), [_short(unit) for unit in units], fontsize=7)
        axes.set_xlabel("   ".join(f"{RATING_MARKS[rating]} {rating_label(rating)}" for rating in RATINGS))
        axes.spines[:].set_visible(False)
        return axes


@plot.register
def plot_stresstest(result: StressTest, *, ax: Axes | None = None) -> Axes:
    """Draw complaints by month with and without the scenario, with 90% intervals."""
    table = result.complaints
    with _axes(ax, 7.2, 3.0) as axes:
        places = np.arange(len(table))
        lines = (
            ("expected", _LINE, "--", label("expected")),
            ("stressed", _SHOCK, "-", label("under the scenario")),
        )
        for name, colour, style, words in lines:
            band = (table[f"{name}_lower"], table[f"{name}_upper"])
            axes.fill_between(places, *band, color=colour, alpha=0.15, lw=0)
            axes.plot(places, table[name], color=colour, ls=style, marker="o", markersize=3, label=words)
        _period_axis(axes, table["period"].tolist())
        axes.set_ylim(bottom=0)
        axes.set_ylabel(label("complaints [per month]"))
        axes.legend(loc="best")
        return axes


@plot.register
def plot_findings(result: Findings, *, ax: Axes | None = None) -> Axes:
    """Draw the number of findings by kind and severity."""
    counts = result.table.groupby(["kind", "severity"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["red", "amber"], fill_value=0)
    with _axes(ax, 7.2, 1.0 + 0.35 * max(len(counts), 1)) as axes:
        left = np.zeros(len(counts))
        for severity in ("red", "amber"):
            values = counts[severity].to_numpy()
            bars = axes.barh(
                [label(str(kind)) for kind in counts.index],
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


def _period_axis(axes: Axes, names: list[str]) -> None:
    step = max(1, len(names) // 12)
    places = np.arange(0, len(names), step)
    axes.set_xticks(places, [names[place] for place in places], rotation=45, ha="right", fontsize=7)
    axes.set_xlim(-0.6, len(names) - 0.4)


def _short(text: str, most: int = 24) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())  # one line
    return text if len(text) <= most else text[: most - 1] + "…"
