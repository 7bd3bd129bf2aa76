"""Losses: how rare a year is, what contributes to it, and where the tail begins."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from riskmodels.labels import label, plain_label
from riskmodels.losses import LossAssessment, LossDistribution, TailDiagnostics
from riskmodels.reporting.plots.canvas import (
    BAND,
    LINE,
    NOTE,
    SHOCK,
    draw_pair,
    house_axes,
    log_ticks,
    noted,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of

_MOST_CELLS = 8  # bars that are read at a glance; a choice
_MILLION = 1e6  # of the currency, the unit of the axis


@plot_of.register
def plot_lossassessment(result: LossAssessment, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw how often a year of the bank costs more than an amount, and which cells contribute to bad years.

    The band carries the uncertainty of the parameters. Given axes hold the first of the two.
    """
    return draw_pair(
        partial(_draw_curve, result=result),
        partial(_draw_contributions, result=result),
        ax=ax,
        height=3.2,
        note=note,
    )


def _draw_curve(axes: Axes, result: LossAssessment) -> Axes:
    curve = result.curve
    years = 1.0 / (1.0 - curve["level"])
    axes.fill_between(
        years,
        curve["lower"] / _MILLION,
        curve["upper"] / _MILLION,
        color=BAND,
        alpha=0.4,
        lw=0,
        label=label("{confidence:.0%} interval", confidence=result.confidence),
    )
    axes.plot(
        years, curve["loss"] / _MILLION, color=LINE, marker="o", markersize=3, label=label("best estimate")
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    log_ticks(axes.xaxis, 1.0)
    log_ticks(axes.yaxis, 1.0, 2.0, 5.0)
    axes.set_xlabel(label("once in so many years [number]"), fontsize=8)
    axes.set_ylabel(label("loss of a year [million CNY, more than]"), fontsize=8)
    axes.set_title(label("How bad a year may be"), fontsize=9)
    axes.legend(loc="upper left", fontsize=7)
    return axes


def plot_contributions(result: LossAssessment, *, ax: Axes | None = None) -> Axes:
    """Draw what bad years are made of: the cells with the largest shares of the expected shortfall."""
    with house_axes(ax, 7.2, 2.8) as axes:
        _draw_contributions(axes, result)
        return axes


def _draw_contributions(axes: Axes, result: LossAssessment) -> None:
    most = result.contributions.fillna({"share": 0.0}).nlargest(_MOST_CELLS, "share").iloc[::-1]
    places = np.arange(len(most))
    axes.barh(places, most["share"], color=BAND, edgecolor=LINE)
    axes.set_yticks(places, [_in_lines(cell) for cell in most["cell"]], fontsize=6.5)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel(label("share of the expected shortfall"), fontsize=8)
    axes.set_title(label("What bad years are made of"), fontsize=9)


@plot_of.register
def plot_lossdistribution(result: LossDistribution, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw value-at-risk and expected shortfall of the largest cells and the total."""
    table = result.table
    most = table.iloc[:-1].nlargest(_MOST_CELLS, "expected_shortfall").iloc[::-1]
    rows = np.append(most.index.to_numpy(), table.index[-1])
    chosen = table.loc[rows]
    places = np.arange(len(chosen))
    with house_axes(ax, 6.0, 3.2) as axes:
        axes.barh(
            places,
            chosen["expected_shortfall"],
            color=BAND,
            edgecolor=LINE,
            label=label("expected shortfall"),
        )
        axes.plot(
            chosen["value_at_risk"],
            places,
            ls="",
            marker="D",
            markersize=4,
            color=SHOCK,
            label=label("value-at-risk"),
        )
        axes.set_yticks(places, [_in_lines(cell) for cell in chosen["cell"]], fontsize=7)
        axes.xaxis.set_major_formatter("{x:,.10g}")
        axes.set_xlabel(label("loss of a year, {level:.1%} [CNY]", level=result.level))
        axes.legend(loc="lower right", fontsize=7)
        return noted(axes, note)


def _in_lines(cell: object) -> str:
    """Return the name of a cell, its event type above its product."""
    return "\n".join(short(part, 34) for part in plain_label(str(cell)).split(" · "))


@plot_of.register
def plot_taildiagnostics(result: TailDiagnostics, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw the tail's shape from many thresholds, and beside it the mean excess; errors are 95 %.

    Given axes hold the first of the two.
    """
    return draw_pair(
        partial(_draw_shapes, result=result),
        partial(_draw_excesses, result=result),
        ax=ax,
        height=2.8,
        note=note,
    )


def _draw_excesses(axes: Axes, result: TailDiagnostics) -> None:
    _draw_errors(axes, result, "mean_excess")
    axes.set_ylabel(label("mean excess [CNY]"), fontsize=8)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_title(label("A line, where the tail is a generalised Pareto"), fontsize=8)


def _draw_shapes(axes: Axes, result: TailDiagnostics) -> Axes:
    _draw_errors(axes, result, "shape")
    axes.axhline(0, color=NOTE, lw=0.7)
    axes.set_ylabel(label("shape of the tail [no unit]"), fontsize=8)
    axes.set_title(label("Level, where the tail begins"), fontsize=8)
    return axes


def _draw_errors(axes: Axes, result: TailDiagnostics, column: str) -> None:
    table = result.table
    axes.errorbar(
        table["threshold"],
        table[column],
        yerr=1.96 * table[f"{column}_error"],
        color=LINE,
        ecolor=BAND,
        marker="o",
        markersize=3,
        lw=1,
    )
    axes.set_xscale("log")
    log_ticks(axes.xaxis, 1.0, 3.0)
    axes.set_xlabel(label("threshold [CNY]"), fontsize=8)
