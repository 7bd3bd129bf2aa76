"""Alarms: what was seen against what was expected, and since when a level is another; when which alarmed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from riskmodels.assessment.alarm_figures import subject_words
from riskmodels.assessment.wording import in_language
from riskmodels.labels import label, marked
from riskmodels.reporting.plots.canvas import (
    BAND,
    COLOURS,
    LINE,
    NOTE,
    SHOCK,
    house_axes,
    house_figure,
    noted,
    period_axis,
    short,
)
from riskmodels.reporting.plots.dispatch import plot_of
from riskmodels.surveillance import AlarmBook, Alarms
from riskmodels.surveillance.alarm_words import STATUS, alarm_name, said_since, said_size

_MOST_EVENTS, _COLUMNS = 6, 2  # small plots that fit on a page; beside each other
_BEFORE, _SHOWN = 18, 60  # periods shown before a change, and at least
_NAMED, _NAMED_IN_SMALL = 12, 6  # labels of an axis that do not touch: in a wide plot, in a small one
_DOTTED = 90  # periods from which on dots touch
_MOST_TIMES = 25  # lines of the overview that are read at a glance
_NAME = 56  # signs of a title that fit above a small plot
_PER = {
    "D": marked("events [per day]"),
    "W": marked("events [per week]"),
    "M": marked("events [per month]"),
    "Q": marked("events [per quarter]"),
    "Y": marked("events [per year]"),
}
_OF_INDICATORS = {"cases": marked("cases"), "values": marked("mean"), "minutes": marked("minutes lost")}
_TIME = {
    "D": marked("time [days]"),
    "W": marked("time [weeks, by their first day]"),
    "M": marked("time [months]"),
    "Q": marked("time [quarters]"),
    "Y": marked("time [years]"),
}


@plot_of.register
def plot_alarms(
    result: Alarms, *, unit_names: Mapping[str, str] | None = None, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw the most important alarms, six at most: seen, expected, limit, and the new level since its date.

    Given axes hold the first of them. Where there is no alarm it is all series together.
    """
    events = [(result, place, _name_of(result, place, unit_names)) for place in result.importance]
    return _draw_events(events or [(result, -1, label("All series"))], ax=ax, note=note)


@plot_of.register
def plot_alarm_book(result: AlarmBook, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw the alarms of a book, six events at most, those first that are open; as ``plot_alarms``.

    Given axes hold the first of them. Where there is no alarm nothing is drawn but that there is none.
    """
    names = in_language(result.names)
    events = []
    for row in result.events.to_dict("records"):
        alarms = result.alarms_of(row["rule"], row["what"])
        place = -1 if alarms is None else _place_of(alarms, row)
        if alarms is not None and place >= 0:
            events.append((alarms, place, subject_words({**row, "of": json.loads(row["subject"])}, names)))
    if events:
        return _draw_events(events, ax=ax, note=note)
    with house_axes(ax, 7.2, 1.0) as axes:
        axes.set_axis_off()
        axes.set_title(label("No alarm in the last year"))
        return noted(axes, note)


Event = tuple[Alarms, int, str]  # the alarm at a place of a table, and what it is of; -1: all series


def _draw_events(events: Sequence[Event], *, ax: Axes | None, note: str) -> Axes:
    """Draw the first six events, each on axes of its own; on given axes the first alone."""
    shown = events[:_MOST_EVENTS]
    if ax is not None or len(shown) == 1:
        with house_axes(ax, 7.2, 3.2) as axes:
            _draw_event(axes, *shown[0], named=_NAMED)
            axes.set_ylabel(_unit(shown[0][0]))
            axes.legend(fontsize=7, loc="upper left")
            return noted(axes, note)
    rows = -(-len(shown) // _COLUMNS)
    with house_figure(7.2, 0.7 + 2.0 * rows) as figure:
        every = np.ravel(figure.subplots(rows, _COLUMNS, squeeze=False))
        units = {_unit(alarms) for alarms, _, _ in shown}
        for axes, (alarms, place, name) in zip(every, shown, strict=False):
            _draw_event(axes, alarms, place, name, named=_NAMED_IN_SMALL)
            if len(units) > 1:
                axes.set_ylabel(_unit(alarms), fontsize=7)
        for axes in every[len(shown) :]:
            axes.set_axis_off()
        handles = {
            text: handle
            for axes in every
            for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=4, fontsize=7)
        if len(units) == 1:
            figure.supylabel(*units, fontsize=9)
        return noted(every[0], note)


def _name_of(result: Alarms, place: int, unit_names: Mapping[str, str] | None) -> str:
    return alarm_name(result.table.iloc[place].to_dict(), map(str, result.keys.columns), unit_names)


def _place_of(alarms: Alarms, row: Mapping[Any, Any]) -> int:
    """Return the place of a book's alarm in the table of its charts; -1 where the book alone knows it."""
    table = alarms.table
    same = (table["level"] == row["level"]) & (table["alarmed"] == row["alarmed"])
    for key, value in json.loads(row["subject"]).items():
        same &= table[key].astype(str) == value
    places = np.flatnonzero(same)
    return int(places[0]) if len(places) else -1


def plot_alarm_times(
    result: Alarms, *, unit_names: Mapping[str, str] | None = None, ax: Axes | None = None, note: str = ""
) -> Axes:
    """Draw when which alarmed: from the change of the level, with its interval, to the last alarm."""
    keys = list(map(str, result.keys.columns))
    table = result.table.iloc[result.importance[:_MOST_TIMES]].iloc[::-1]
    names = result.panel.periods.astype("str")
    places: dict[str, Any] = {
        name: names.get_indexer(pd.Index(table[name]))
        for name in ("since", "since_earliest", "since_latest", "alarmed", "last")
    }
    lines = np.arange(len(table))
    with house_axes(ax, 7.2, 1.2 + 0.24 * len(table)) as axes:
        span = places["since_latest"] - places["since_earliest"] + 1
        begins = places["since_earliest"] - 0.5
        axes.barh(lines, span, left=begins, color=BAND, alpha=0.5, label=label("date of the change, 90%"))
        axes.hlines(lines, places["since"], places["last"] + 0.5, color=LINE, lw=2)
        axes.plot(places["alarmed"], lines, color=SHOCK, marker="X", ls="", label=label("first alarm"))
        period_axis(axes, [*map(_day, names)])
        axes.set_yticks(
            lines, [short(_named(row, keys, unit_names), _NAME) for row in table.to_dict("records")]
        )
        axes.tick_params(axis="y", labelsize=7)
        axes.set_xlabel(label(_TIME[result.panel.periods.freqstr[0]]))
        axes.set_title(_overview(result))
        if len(table):
            axes.legend(fontsize=7, loc="upper left")
        return noted(axes, note)


def _overview(result: Alarms) -> str:
    going = int((result.table["status"] != "closed").sum())
    if result.table.empty:
        return label("Nothing unusual")
    return label("Alarms: {alarms}; still going on: {going}", alarms=len(result.table), going=going)


def _named(row: Mapping[Any, Any], keys: list[str], unit_names: Mapping[str, str] | None) -> str:
    return f"{alarm_name(row, keys, unit_names)} · {label(STATUS[row['status']])}"


def _draw_event(axes: Axes, result: Alarms, place: int, name: str, *, named: int) -> None:
    """Draw the course of what an alarm is of; of all series where the place is -1."""
    history = result.history(place)
    if history.empty:  # not kept: of all series there is what was seen
        seen = result.panel.values.sum(axis=0)
        names = result.panel.periods.astype("str")
        history = pd.DataFrame({"period": names, "observed": seen, "expected": np.nan, "limit": np.nan})
        history["alarm"] = False
    row = None if place < 0 else result.table.iloc[place].to_dict()
    begins = max(0, len(history) - _SHOWN)
    if row is not None:
        earliest = history.index[history["period"] == row["since_earliest"]][0]
        begins = max(0, min(int(earliest) - _BEFORE, begins))
    history = history.iloc[begins:].reset_index(drop=True)
    _draw_course(axes, history)
    if row is None:
        axes.set_title(label("{name}: nothing unusual", name=name))
    else:
        _draw_change(axes, history, row)
        name = short(name, _NAME)
        since, size = said_since(row), said_size(row)
        between = ", " if len(since + size) < _NAME else ",\n"
        axes.set_title(f"{name}:\n{since}{between}{size}", fontsize=8)
    period_axis(axes, [*map(_day, history["period"])], most=named)
    axes.set_ylim(bottom=0)


def _draw_course(axes: Axes, history: pd.DataFrame) -> None:
    """Draw what was seen, what was expected, up to which count it is no alarm, and the alarms."""
    places, seen = np.arange(len(history)), history["observed"].to_numpy()
    expected, limit = history["expected"].to_numpy(), history["limit"].to_numpy()
    axes.fill_between(places, expected, limit, color=BAND, alpha=0.35, lw=0, label=label("up to the limit"))
    axes.plot(places, expected, color=NOTE, ls="--", lw=1, label=label("expected"))
    dots = "o" if len(history) < _DOTTED else ""
    axes.plot(places, seen, color=LINE, marker=dots, markersize=2, lw=1, label=label("seen"))
    edges = np.flatnonzero(np.diff(np.isnan(seen), prepend=False, append=False)).reshape(-1, 2) - 0.5
    for number, (start, end) in enumerate(edges):
        named = label("unknown") if number == 0 else "_again"
        axes.axvspan(start, end, color=COLOURS["insufficient"], alpha=0.25, hatch="//", lw=0, label=named)
    alarm = history["alarm"].to_numpy(dtype=bool)
    if alarm.any():
        axes.plot(places[alarm], seen[alarm], color=SHOCK, marker="X", ls="", ms=5, label=label("alarm"))


def _draw_change(axes: Axes, history: pd.DataFrame, row: Mapping[Any, Any]) -> None:
    """Draw the new level from its date to the last alarm, and shade the interval of the date."""
    at = {name: int(history.index[history["period"] == row[name]][0]) for name in _DATES}
    axes.axvspan(
        at["since_earliest"] - 0.5,
        at["since_latest"] + 0.5,
        color=COLOURS["amber"],
        alpha=0.25,
        hatch="..",
        lw=0,
        label=label("date of the change, 90%"),
    )
    level = history["expected"][at["since"]] * (1 + row["size"])
    ends = at["since"] - 0.5, at["last"] + 0.5
    axes.hlines(level, *ends, color="k", lw=2, ls=":", zorder=4, label=label("new level"))


_DATES = ("since", "since_earliest", "since_latest", "last")


def _day(period: str) -> str:
    return period.partition("/")[0]


def _unit(result: Alarms) -> str:
    return label(_OF_INDICATORS.get(result.law) or _PER[result.panel.periods.freqstr[0]])
