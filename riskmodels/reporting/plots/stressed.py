"""Stress tests: complaints, backlog, standards, who turns red, losses; scenarios compared; replays."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.labels import label, marked, plain_label
from riskmodels.reporting.plots.canvas import (
    BAND,
    LINE,
    NAME,
    NOTE,
    SHOCK,
    draw_pair,
    house_axes,
    house_figure,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import Replay, ScenarioComparison, StressTest

_MOST = 14  # units and products that fit on half a page; a choice
_MILLION, _SMALL = 1e6, 7  # of the currency; points of type
_LOSSES = {
    "mean": marked("mean"),
    "value_at_risk": marked("value-at-risk"),
    "expected_shortfall": marked("expected shortfall"),
}
_SHADES = ("0.15", "0.45")  # greys that are told apart in print


@plot_of.register
def plot_stresstest(result: StressTest, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw a scenario on one page: complaints, backlog, standards by month, and a year's losses; 90 % bands.

    What is not known has no panel. Given axes hold the complaints.
    """
    panels: list[Callable[[Axes], object]] = [partial(_draw_complaints, result=result)]
    panels += [] if result.handling.empty else [partial(_draw_backlog, result=result)]
    panels += [] if result.standards.empty else [partial(_draw_shares, result=result)]
    panels += [] if result.losses.empty else [partial(_draw_losses, result=result)]
    if ax is not None or len(panels) == 1:
        with house_axes(ax, 7.2, 3.0) as axes:
            panels[0](axes)
            return noted(axes, note)
    rows = -(-len(panels) // 2)
    with house_figure(7.2, 0.3 + 2.4 * rows) as figure:
        every = np.ravel(figure.subplots(rows, 2, squeeze=False))
        for draw, axes in zip(panels, every, strict=False):
            draw(axes)
        for axes in every[len(panels) :]:
            axes.set_axis_off()
        return noted(every[0], note)


def _draw_complaints(axes: Axes, *, result: StressTest) -> None:
    table = result.complaints
    lines = (
        ("expected", LINE, "--", label("expected")),
        ("stressed", SHOCK, "-", label("under the scenario")),
    )
    for name, colour, style, words in lines if table["stressed"].notna().all() else lines[:1]:
        band = (table[f"{name}_lower"], table[f"{name}_upper"])
        _draw_band(axes, table[name], band, colour, style, words)
    _finish_months(axes, table["period"])
    quarterly = table["period"].str.contains("Q").any()
    axes.set_ylabel(label("complaints [per quarter]" if quarterly else "complaints [per month]"))


def plot_handling(result: StressTest, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what the handlers leave, and what they do in time with the red limits, by month; 90 % bands.

    Given axes hold the first of the two. Of several teams the one with most left is drawn.
    """
    return draw_pair(
        partial(_draw_backlog, result=result),
        partial(_draw_shares, result=result),
        ax=ax,
        height=2.8,
        note=note,
    )


def _draw_backlog(axes: Axes, *, result: StressTest) -> Axes:
    rows = _worst_team(result, result.handling)
    axes.plot(rows["backlog_without"], color=LINE, ls="--", marker="o", ms=3, label=label("expected"))
    band = rows["backlog_lower"], rows["backlog_upper"]
    _draw_band(axes, rows["backlog_with"], band, SHOCK, "-", label("under the scenario"))
    _finish_months(axes, rows["period"])
    axes.set_ylabel(label("backlog [days of work]"))
    return axes


def _draw_shares(axes: Axes, *, result: StressTest) -> None:
    rows = _worst_team(result, result.standards)
    styles = (("-", "o", LINE), ("--", "s", SHOCK))
    names = {"resolved_3wd": marked("in 3 working days"), "resolved_7wd": marked("in 7 working days")}
    for name, (style, marker, colour) in zip(rows["indicator_id"].unique(), styles, strict=False):
        words = label(names[str(name)])
        part = rows[rows["indicator_id"] == name].reset_index(drop=True)
        axes.fill_between(part.index, part["lower"], part["upper"], color=colour, alpha=0.15, lw=0)
        axes.plot(part["share"], color=colour, ls=style, marker=marker, ms=3, label=words)
        axes.axhline(part["red"].iloc[0], color=colour, ls=":", lw=1.2)
        axes.annotate(
            label("red below"),
            (0, part["red"].iloc[0]),
            xytext=(0, -8),
            textcoords="offset points",
            fontsize=6,
        )
    period_axis(axes, rows["period"].unique().tolist())
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.set_ylabel(label("done in time [share]"))
    _legend(axes)


def _worst_team(result: StressTest, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the team that has most left in some month."""
    if result.handling.empty or rows.empty:
        return rows.reset_index(drop=True)
    most = int(np.argmax(result.handling["backlog_with"].to_numpy(float)))
    own = (rows["team"] == result.handling["team"].iloc[most]).to_numpy()
    return rows.iloc[np.flatnonzero(own)].reset_index(drop=True)


def plot_stressed_losses(result: StressTest, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw a year's losses without and with the scenario: mean, value-at-risk and expected shortfall."""
    with house_axes(ax, 4.2, 2.6) as axes:
        _draw_losses(axes, result=result)
        return noted(axes, note)


def _draw_losses(axes: Axes, *, result: StressTest) -> None:
    places = np.arange(len(_LOSSES))
    named = (
        ("before", -0.2, "white", "", label("without the scenario")),
        ("after", 0.2, BAND, "//", label("under the scenario")),
    )
    for when, aside, colour, hatch, called in named:
        row = result.losses[result.losses["when"] == when]
        values = [float(row[name].iloc[0]) / _MILLION for name in _LOSSES]
        axes.bar(places + aside, values, 0.38, color=colour, edgecolor=LINE, hatch=hatch, label=called)
    at = [f"\n{result.losses['level'].iloc[0]:.1%}" if name != "mean" else "" for name in _LOSSES]
    words = [label(one) + level for one, level in zip(_LOSSES.values(), at, strict=True)]
    axes.set_xticks(places, words, fontsize=_SMALL)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel(label("losses of a year [million CNY]"))
    _legend(axes)


def plot_turning(
    result: StressTest, *, card: Scorecard | None = None, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw the units and products that become likeliest to be red: before, after with 90 %, and the limit."""
    rows = result.turning.head(_MOST).iloc[::-1]
    names = {} if card is None else card.unit_names
    with house_axes(ax, 7.2, 1.0 + 0.22 * max(len(rows), 1)) as axes:
        places = np.arange(len(rows))
        spread = [rows["after"] - rows["lower"], rows["upper"] - rows["after"]]
        axes.errorbar(
            rows["after"],
            places,
            xerr=np.maximum(spread, 0.0),
            color=SHOCK,
            ls="",
            marker="s",
            ms=4,
            capsize=2,
            label=label("under the scenario"),
        )
        axes.plot(
            rows["before"], places, ls="", marker="o", ms=4, mfc="white", color=LINE, label=label("before")
        )
        axes.plot(
            rows["red"], places, ls="", marker="|", ms=11, mew=2, color="black", label=label("red from")
        )
        axes.set_yticks(places, [_place(row, names) for row in rows.to_dict("records")], fontsize=_SMALL)
        axes.set_xlim(left=0)
        axes.set_xlabel(label("complaints [per 1,000 accounts and year]"))
        _legend(axes)
        return noted(axes, note)


def _place(row: dict[object, object], names: dict[str, str]) -> str:
    name = str(row["id"])
    return short(plain_label(name) if row["of"] == "product" else str(names.get(name, name)), NAME)


@plot_of.register
def plot_replay(result: Replay, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what was observed beside the 90 % bands without the incident and with it as a scenario."""
    table = result.table
    places = np.arange(len(table))
    with house_axes(ax, 7.2, 2.8) as axes:
        for name, colour, hatch, words in (
            ("", LINE, "", label("without the scenario")),
            ("stressed_", SHOCK, "///", label("under the scenario")),
        ):
            low, high = table[f"{name}lower"], table[f"{name}upper"]
            axes.fill_between(
                places, low, high, facecolor=colour, alpha=0.2, hatch=hatch, edgecolor=colour, label=words
            )
        axes.plot(places, table["observed"], color="black", marker="D", ms=4, label=label("observed"))
        period_axis(axes, table["period"].tolist())
        is_share = result.what != "complaints"
        axes.set_ylabel(label("share of cases [per month]") if is_share else label("complaints [per month]"))
        _legend(axes)
        return noted(axes, note)


@plot_of.register
def plot_scenariocomparison(result: ScenarioComparison, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw what each scenario adds, complaints and money, with 90 % intervals; worst on top.

    Given axes hold the complaints.
    """
    return draw_pair(
        partial(_draw_scenarios, result=result, what="complaints", unit=1.0),
        partial(_draw_scenarios, result=result, what="money", unit=_MILLION),
        ax=ax,
        height=0.9 + 0.2 * max(len(result.table), 2),
        note=note,
        sharey=True,
    )


def _draw_scenarios(axes: Axes, *, result: ScenarioComparison, what: str, unit: float) -> Axes:
    rows = result.table.iloc[::-1]
    places = np.arange(len(rows))
    middle, low, high = (rows[f"{what}{end}"].to_numpy(float) / unit for end in ("", "_lower", "_upper"))
    axes.hlines(places, low, high, color=_SHADES[1], lw=3)
    axes.plot(middle, places, ls="", marker="D", ms=4, color=_SHADES[0])
    axes.axvline(0, color=NOTE, lw=0.7)
    axes.set_yticks(places, [short(name, 40) for name in reversed(result.names)], fontsize=6.5)
    axes.xaxis.set_major_formatter("{x:,.10g}")
    axes.grid(axis="x", color="0.9")
    words = {
        "complaints": marked("complaints more [number, all months]"),
        "money": marked("costs more [million CNY]"),
    }
    axes.set_xlabel(label(words[what]), fontsize=8)
    return axes


def _draw_band(
    axes: Axes, middle: pd.Series, band: tuple[pd.Series, pd.Series], colour: str, style: str, words: str
) -> None:
    places = np.arange(len(middle))
    axes.fill_between(places, *band, color=colour, alpha=0.15, lw=0)
    axes.plot(places, middle, color=colour, ls=style, marker="o", markersize=3, label=words)


def _finish_months(axes: Axes, periods: pd.Series) -> None:
    period_axis(axes, periods.tolist())
    axes.set_ylim(bottom=0)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Put the legend above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=_SMALL)
