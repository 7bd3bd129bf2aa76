"""Draw results. One function a result; nothing is computed here; colour is never the only carrier."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import singledispatch
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from riskmodels.assessment import Findings
from riskmodels.forecasting import Forecast
from riskmodels.labels import RATING_MARKS, label, local, rating_label
from riskmodels.panel import Panel
from riskmodels.policy import Policy
from riskmodels.scorecard import RATINGS, Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import Changes, DataQuality, shown_share

COLOURS = {"red": "#b3261e", "amber": "#c77700", "green": "#2e7d4f", "insufficient": "#8a8f98", "": "#ffffff"}
_LINE, _BAND, _SHOCK, _NOTE = "#1f3b5c", "#7d9bbf", "#b3261e", "#5f6570"
_GRADES = (("A", 0.995, "#2e7d4f"), ("B", 0.98, "#8bb174"), ("C", 0.95, "#c77700"), ("D", 0.0, "#b3261e"))
_CHANGES = {"vanished": ("#b3261e", "xx"), "revised": ("#c77700", "//"), "late": ("#1f3b5c", ""),
            "completed": ("#7d9bbf", "..")}  # fmt: skip
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


def plot(result: object, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw a result by its kind; raises TypeError where there is no plot of it.

    ``ax`` is where to draw; without it, a new figure. ``note`` is a line below it, such as the quality of the
    data. Returns the axes drawn on.
    """
    return _noted(plot_of(result, ax=ax), note)


@singledispatch
def plot_of(result: object, *, ax: Axes | None = None) -> Axes:
    """Draw a result by its kind, for which a plot is registered here."""
    raise TypeError(f"there is no plot of a {type(result).__name__} (axes: {ax})")


def _noted(axes: Axes, note: str) -> Axes:
    if note:
        axes.figure.supxlabel(note, x=0.005, ha="left", fontsize=7, color=_NOTE)
    return axes


@contextmanager
def _axes(ax: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Yield axes in the house style: text is never read as mathematics, whatever the data holds."""
    if ax is None:  # outside the style: a notebook's backend is made interactive by the first figure
        figure = plt.figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    installed = font_manager.get_font_names()
    style: Any = _STYLE | {"font.family": [name for name in _FONTS if name in installed]}
    with mpl.rc_context(style):
        yield figure.subplots() if ax is None else ax


@plot_of.register
def plot_panel(result: Panel, *, ax: Axes | None = None) -> Axes:
    """Draw the total of all series by period; what is unknown is shaded, and a break is marked."""
    total = result.aggregate()
    with _axes(ax, 7.2, 2.8) as axes:
        axes.plot(np.arange(len(total.periods)), total.values[0], color=_LINE, marker="o", markersize=3)
        _period_axis(axes, result.periods.astype("str").tolist())
        axes.set_ylim(bottom=0)
        _shade_unknown(axes, total)
        _mark_breaks(axes, total)
        if np.isnan(total.values).any():
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
        quarterly = result.periods.freqstr.startswith("Q")
        axes.set_ylabel(
            label("complaints received [per quarter]" if quarterly else "complaints received [per month]")
        )
        return axes


@plot_of.register
def plot_forecast(result: Forecast, *, ax: Axes | None = None) -> Axes:
    """Draw the total of a forecast as a fan: history, expectation, 50% and 95% intervals."""
    total = result.aggregate() if len(result.keys) > 1 else result
    past = total.panel.since(max(0, len(total.panel.periods) - _MOST_HISTORY))
    with _axes(ax, 7.2, 3.2) as axes:
        places = np.arange(len(past.periods))
        ahead = len(places) + np.arange(len(total.periods))
        axes.plot(places, past.values[0], color=_LINE, marker="o", markersize=3, label=label("received"))
        for low, high, alpha in ((0.025, 0.975, 0.25), (0.25, 0.75, 0.5)):
            band = [_level(total, low), _level(total, high)]
            axes.fill_between(ahead, *band, color=_BAND, alpha=alpha, lw=0, label=f"{high - low:.0%}")
        axes.plot(ahead, total.mean[0], color=_LINE, ls="--", label=label("expected"))
        _period_axis(axes, [*past.periods.astype("str"), *total.periods.astype("str")])
        axes.set_ylim(bottom=0)
        _shade_unknown(axes, past)
        _mark_breaks(axes, past)
        quarterly = total.periods.freqstr.startswith("Q")
        axes.set_ylabel(label("complaints [per quarter]" if quarterly else "complaints [per month]"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5)
        return axes


def _shade_unknown(axes: Axes, total: Panel) -> None:
    """Shade, as one band a run, the periods in which a total is not known; hatched, and named in the legend."""
    unknown = np.concatenate([[False], np.isnan(total.values[0]), [False]])
    edges = np.flatnonzero(unknown[1:] != unknown[:-1]) - 0.5
    for number, (start, end) in enumerate(edges.reshape(-1, 2)):
        named = label("unknown") if number == 0 else "_again"
        axes.axvspan(start, end, color=COLOURS["insufficient"], alpha=0.25, hatch="//", lw=0, label=named)


def _mark_breaks(axes: Axes, total: Panel) -> None:
    """Mark, by a dashed line with its words, the first period that counts by another definition."""
    for change in total.breaks:
        place = total.place_of(change)
        if not 0 < place < len(total.periods):
            continue
        words = " ".join([*change.where.values(), change.words])
        axes.axvline(place - 0.5, color=_SHOCK, ls="--", lw=1)
        axes.annotate(
            _short(f"{change.month}: {words}", 44),
            (place - 0.5, 0.02),
            xycoords=axes.get_xaxis_transform(),
            xytext=(2, 0),
            textcoords="offset points",
            rotation=90,
            fontsize=6,
            color=_SHOCK,
        )


def _level(forecast: Forecast, level: float) -> Any:
    return forecast.quantiles[0, :, int(np.argmin(np.abs(np.asarray(forecast.levels) - level)))]


@plot_of.register
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


def plot_heat_map(result: Scorecard, policy: Policy, *, ax: Axes | None = None, note: str = "") -> Axes:
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
        return _noted(axes, note)


@plot_of.register
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


@plot_of.register
def plot_findings(result: Findings, *, ax: Axes | None = None) -> Axes:
    """Draw the number of findings by kind and severity."""
    counts = pd.crosstab(result.table["kind"], result.table["severity"])
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


@plot_of.register
def plot_quality(result: DataQuality, *, ax: Axes | None = None) -> Axes:
    """Draw the lowest score of each table and dimension; each cell has its grade, A to D, and its share."""
    wide = result.scores
    dimensions = [column for column in wide.columns if column not in {"source", "table"}]
    with _axes(ax, 7.2, 1.0 + 0.3 * max(len(wide), 1)) as axes:
        for (row, column), score in np.ndenumerate(wide[dimensions].to_numpy(dtype="float64")):
            grade, colour = _grade(score)
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fc=colour + "4d", ec="white", lw=1))
            shown = f"{grade}  {shown_share(score)}".strip()
            axes.text(column, row, shown, ha="center", va="center", fontsize=7)
        axes.set_xticks(range(len(dimensions)), [label(name) for name in dimensions], fontsize=8)
        axes.set_yticks(range(len(wide)), [_short(name) for name in wide["table"]], fontsize=8)
        axes.set_xlim(-0.5, len(dimensions) - 0.5)
        axes.set_ylim(len(wide) - 0.5, -0.5)
        grades = "   ".join(f"{grade} ≥ {least:.1%}" for grade, least, _ in _GRADES[:-1])
        axes.set_xlabel(f"{grades}   {label('[lowest score, share]')}")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return axes


def _grade(score: float) -> tuple[str, str]:
    """Return the letter and the colour of a score; none where it is not known."""
    return next(((grade, colour) for grade, least, colour in _GRADES if score >= least), ("", COLOURS[""]))


def plot_coverage(result: DataQuality, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw which months each table covers: a hole is hatched, a changed definition is a dashed line."""
    coverage = result.coverage
    tables = coverage["table"].unique().tolist()
    months = (
        pd.period_range(coverage["month"].min(), coverage["month"].max(), freq="M").astype("str").tolist()
    )
    with _axes(ax, 7.2, 1.0 + 0.28 * max(len(tables), 1)) as axes:
        for place, table in enumerate(tables):
            rows = coverage[coverage["table"] == table]
            at = rows["month"].map(months.index).to_numpy() - 0.5
            known = rows["known"].to_numpy()
            hatched: dict[str, Any] = {
                "color": COLOURS["insufficient"],
                "alpha": 0.5,
                "hatch": "///",
                "lw": 0,
            }
            axes.broken_barh([(start, 1.0) for start in at[known]], (place - 0.35, 0.7), color=_BAND, lw=0)
            axes.broken_barh([(start, 1.0) for start in at[~known]], (place - 0.35, 0.7), **hatched)
            for start, words in zip(at, rows["broken"], strict=True):
                if words:
                    axes.vlines(start, place - 0.5, place + 0.5, color=_SHOCK, ls="--", lw=1.2)
                    axes.text(start + 0.2, place, _short(words, 30), fontsize=6, va="center", color=_SHOCK)
        axes.barh([0], [0], color=_BAND, label=label("known"))
        axes.barh([0], [0], color=COLOURS["insufficient"], alpha=0.5, hatch="///", label=label("unknown"))
        _period_axis(axes, months)
        axes.set_yticks(range(len(tables)), [_short(name) for name in tables], fontsize=8)
        axes.set_ylim(len(tables) - 0.4, -0.6)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
        return _noted(axes, note)


@plot_of.register
def plot_change(result: Changes, *, ax: Axes | None = None) -> Axes:
    """Draw what a new delivery changed in the months delivered before."""
    return plot_changes([result], ax=ax)


def plot_changes(results: Sequence[Changes], *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what new deliveries changed in earlier months, all tables together; in words where nothing did."""
    parts = [result.table.set_index("month")[list(_CHANGES)] for result in results]
    counts = pd.concat(parts).groupby(level=0).sum() if parts else pd.DataFrame(columns=list(_CHANGES))
    counts = counts[counts.any(axis=1) & (counts.index != "")]
    with _axes(ax, 7.2, 2.6 if len(counts) else 0.8) as axes:
        if counts.empty:
            axes.text(
                0,
                0.5,
                label("No row of an earlier delivery was changed"),
                transform=axes.transAxes,
                va="center",
                color=_NOTE,
            )
            axes.set_axis_off()
            return _noted(axes, note)
        months = pd.period_range(counts.index.min(), counts.index.max(), freq="M").astype("str")
        counts, base = counts.reindex(months, fill_value=0), np.zeros(len(months))
        for kind, (colour, hatch) in _CHANGES.items():
            values = counts[kind].to_numpy(dtype="float64")
            axes.bar(range(len(months)), values, bottom=base, color=colour, hatch=hatch, label=label(kind), width=0.8,
                     edgecolor="white", lw=0)  # fmt: skip
            base += values
        _period_axis(axes, months.tolist())
        axes.set_ylabel(label("rows changed [number]"))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
        return _noted(axes, note)


def _period_axis(axes: Axes, names: list[str]) -> None:
    step = max(1, len(names) // 12)
    places = np.arange(0, len(names), step)
    axes.set_xticks(places, [names[place] for place in places], rotation=45, ha="right", fontsize=7)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.yaxis.set_major_formatter("{x:,.10g}")


def _short(text: str, most: int = 24) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())  # one line
    return text if len(text) <= most else text[: most - 1] + "…"
