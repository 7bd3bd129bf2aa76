"""Watch a panel: each period judged from earlier ones alone, one alarm for each thing that has happened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.display import Displayed
from riskmodels.errors import ContractError, ParameterError
from riskmodels.panel import Panel
from riskmodels.parameters.watches import Chart
from riskmodels.surveillance.alarm_words import counted_alarms
from riskmodels.surveillance.courses import design_of, lengths_of, periods_a_year
from riskmodels.surveillance.events import COLUMNS, alarm_table
from riskmodels.surveillance.histories import HISTORY, by_importance, histories_of
from riskmodels.surveillance.laws import LAWS, LawName
from riskmodels.surveillance.levels import Level, level_of
from riskmodels.surveillance.many import groupings
from riskmodels.surveillance.scores import p_values, score_limit
from riskmodels.surveillance.settings import SETTINGS, Design, Limits

CHARTS: dict[Chart, tuple[float, float]] = {  # parts of the false alarms: of single periods, of the CUSUM
    "both": (0.5, 0.5),
    "period": (0.999, 0.001),  # the other still follows levels, and hardly ever alarms
    "cusum": (0.001, 0.999),
}
_KNOWN, _FEWEST = 0.5, (2, 26)  # [years] of a series before it is judged, and [periods] at least and at most
_SHORTEST, _LONGEST = 2.0, 1e6  # [periods] run lengths: shorter ones alarm always, longer ones never


@dataclass(frozen=True, kw_only=True, eq=False)
class Alarms(Displayed):
    """What is unusual in a panel.

    Attributes
    ----------
    panel : Panel
        The series watched.
    run_length : float
        [periods] Wanted between two false alarms of one series.
    false_share : float
        Of twenty series and more that stand out in a period, at most, on average; 1: all that do.
    first : str
        First period judged.
    table : DataFrame
        One row an alarm, newest first: the keys of its series (empty where it is of all), ``level`` (the keys
        that name it; ``total``), ``since``, ``since_earliest``, ``since_latest`` (first period of the new
        level, and its 90 % interval), ``size``, ``lower``, ``upper`` (relative to what was expected, and
        its 90 % interval), ``probability`` (that the level has changed), ``alarmed``, ``last`` (first and
        last period with an alarm), ``ending`` (three periods after the last alarm: ``stayed`` at the new
        level or near it, or ``back``), ``status`` (``new``, ``continuing``, ``closed``).
    expected, variance : ndarray, shape (n, T)
        [events, or as observed] Of each series, from earlier periods and what all share in this one.
    p_value : ndarray, shape (n, T)
        Of as much or more, in the period or in its CUSUM, in control.
    alarm : ndarray of bool, shape (n, T)
        Of the series by itself; alarms of groups are in the table alone.
    law : {"counts", "cases", "values", "minutes"}
        Of what is seen about what is expected.
    chart : {"both", "period", "cusum"}
        Which charts may alarm.
    histories : DataFrame
        How the series and groups of the most important alarms went, fifty at most: ``place`` (of the alarm in
        the table), ``period``, ``observed``, ``expected``, ``limit``, ``alarm``; no row in what earlier
        versions saved.
    """

    panel: Panel
    run_length: float
    false_share: float
    first: str
    table: pd.DataFrame
    expected: Floats
    variance: Floats
    p_value: Floats
    alarm: Flags
    law: LawName = "counts"
    chart: Chart = "both"
    histories: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(HISTORY)))

    @property
    def keys(self) -> pd.DataFrame:
        """Names of the series, those of the panel."""
        return self.panel.keys

    @cached_property
    def limit(self) -> Floats:
        """Largest figure of each series and period that is no alarm by itself, shape (n, T)."""
        found = np.full(self.expected.shape, np.nan)
        known = np.isfinite(self.expected)
        size = found if self.panel.exposure is None else self.panel.exposure
        law = LAWS[self.law](size[known])
        chance = CHARTS[self.chart][0] / self.run_length
        found[known] = law.limit(chance, self.expected[known], self.variance[known])
        return found

    def history(self, place: int) -> pd.DataFrame:
        """Return how what an alarm is of went: period, observed, expected, limit, alarm; the limit as above.

        Nothing is expected where it is not known what was seen. No row where it was not kept.
        """
        rows = self.histories[self.histories["place"] == place]
        return rows.drop(columns="place").reset_index(drop=True)

    @property
    def importance(self) -> list[int]:
        """Places of the alarms in the table: those that go on, then the likeliest, then the newest."""
        return [int(place) for place in by_importance(self.table)]

    @cached_property
    def periods(self) -> pd.DataFrame:
        """One row a series and period judged: keys, period, observed, expected, limit, p_value, alarm."""
        place = int((self.panel.periods < pd.Period(self.first, freq=self.panel.periods.freqstr)).sum())
        names = self.panel.periods[place:].astype("str").to_numpy()
        n, judged = len(self.keys), len(names)
        table = self.keys.iloc[np.repeat(np.arange(n), judged)].reset_index(drop=True)
        table["period"] = np.tile(names, n)
        parts = {"observed": self.panel.values, "expected": self.expected, "limit": self.limit}
        for name, part in {**parts, "p_value": self.p_value, "alarm": self.alarm}.items():
            table[name] = part[:, place:].ravel()
        return table

    @property
    def sentence(self) -> str:
        """Say how many alarms there are, and what rate of false ones was asked for."""
        return counted_alarms(
            self.table,
            len(self.keys),
            first=self.first,
            freq=self.panel.periods.freqstr,
            run_length=self.run_length,
        )

    def summary(self) -> pd.DataFrame:
        """Return the newest 20 alarms."""
        return self.table.head(20)


def watch(
    panel: Panel,
    *,
    run_length: float,
    since: str | pd.Period | None = None,
    exposure: Floats | None = None,
    calendar: str | None = None,
    false_share: float = 0.1,
    chart: Chart = "both",
) -> Alarms:
    """Find what is unusual in a panel of counts, period by period, as it would have been found at the time.

    Parameters
    ----------
    panel : Panel
        Counts by day, week, month, quarter or year. What lies before a break of a series is not used.
    run_length : float
        [periods] Mean time between two false alarms of one series.
    since : str or Period, optional
        First period judged; default: the one after the first year, or after half of a shorter panel. A series
        that begins later, or has a break, is judged once half a year of it is known.
    exposure : ndarray, shape (n, T), optional
        What counts are proportional to; default: that of the panel, if it has one.
    calendar : str, optional
        Country whose days without work are known, e.g. ``CN``.
    false_share : float
        Of the series, and of the groups of one level, that stand out in the same period, where they are
        twenty or more; one: all that do.
    chart : {"both", "period", "cusum"}
        Which charts may alarm: of single periods, which find large rises at once, of what they add up to,
        which find small ones that last, or both, each with half of the false alarms.

    Returns
    -------
    Alarms
        A period's judgement does not change when later periods are added.

    Raises
    ------
    ContractError
        The panel is one of amounts.
    ParameterError
        A run length, share, period or exposure that cannot be.

    Notes
    -----
    An alarm is a count beyond the quantile, or a CUSUM of standard scores beyond the limit, that each have
    twice the run length in control. The run length holds for known means; where they are estimated from a
    short history it is shorter: docs/methods/early_warning.md states by how much.
    """
    if panel.kind != "count":
        raise ContractError(
            "a panel of amounts cannot be watched by charts of counts: count its rows instead"
        )
    check_wanted(panel, run_length, false_share)
    used = panel.since_breaks().in_business()
    size = _offset(used, exposure)
    design = design_of(panel.periods, calendar=calendar, closed=panel.holidays)
    figures = Figures(values=np.where(np.isfinite(size), used.values, np.nan), size=size, law="counts")
    return alarms_of(
        panel,
        figures,
        design,
        Wanted(run_length=run_length, since=since, false_share=false_share, chart=chart),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """What is watched.

    Attributes
    ----------
    values, size : ndarray, shape (n, T)
        NaN is unknown; what the values are proportional to, or cases out of which they are.
    law : {"counts", "cases", "values", "minutes"}
        Of the values about their mean.
    unit : ndarray, shape (n, T), or float
        That values are given in.
    """

    values: Floats
    size: Floats
    law: LawName
    unit: Floats | float = 1.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How the figures are to be watched: as ``watch`` has it."""

    run_length: float
    since: str | pd.Period | None
    false_share: float
    chart: Chart


def alarms_of(panel: Panel, figures: Figures, design: Design, wanted: Wanted) -> Alarms:
    """Judge the figures of a panel at all levels, and make one alarm of each thing that has happened."""
    run_length, false_share = wanted.run_length, wanted.false_share
    place = _first_judged(panel, wanted.since)
    single, gathered = CHARTS[wanted.chart]
    limits = Limits(
        chance=single / run_length,
        cusum=score_limit(run_length / gathered, SETTINGS.reference),
        parts=CHARTS[wanted.chart],
    )
    *coarser, own = groupings(panel.keys)
    law, parts = LAWS[figures.law], (figures.values, figures.size, design, limits)
    series = level_of(own, *parts, law=law, series=None)
    levels = [level_of(one, *parts, law=law, series=series.watched) for one in coarser]
    fewest = int(np.clip(round(_KNOWN * design.year), *_FEWEST))
    judged = [one.judged(place, false_share, fewest, limits) for one in (*levels, series)]
    unit = np.where(np.isfinite(figures.size), figures.unit, np.nan)  # of no cases nothing is expected
    watched, scored = series.watched, np.arange(len(panel.periods)) >= place
    p_value = p_values(watched.above + watched.here, watched.evidence, limits)
    table = alarm_table(judged, panel, run_length=run_length)
    return Alarms(
        panel=panel,
        run_length=run_length,
        false_share=false_share,
        first=str(panel.periods[place]),
        table=table,
        expected=watched.mean * unit,
        variance=watched.variance * unit**2,
        p_value=np.where(scored, p_value, np.nan),
        alarm=judged[-1].alarm,
        law=figures.law,
        chart=wanted.chart,
        histories=histories_of(table, judged, panel, shown_in(figures), chance=limits.chance),
    )


def shown_in(figures: Figures) -> Callable[[Level], Floats]:
    """Return how to find the unit that the figures of a level's groups are shown in, shape (m, T).

    A mean is of the cases of a group, of which its size is made.
    """
    if figures.law == "values":
        return lambda level: 1.0 / level.size
    unit = np.broadcast_to(figures.unit, figures.values.shape)[0]  # the same of all series
    return lambda level: np.broadcast_to(unit, level.values.shape)


def check_wanted(panel: Panel, run_length: float, false_share: float) -> None:
    """Refuse with a ParameterError what cannot be watched, or not so."""
    if not _SHORTEST <= run_length <= _LONGEST:
        raise ParameterError(
            f"run_length is {run_length:g}; expected periods between two false alarms of a series, from"
            f" {_SHORTEST:g} to {_LONGEST:,.0f}, e.g. 200"
        )
    if not 0 < false_share <= 1:
        raise ParameterError(
            f"false_share is {false_share:g}; expected a share above 0, e.g. 0.1, or 1 for all"
        )
    if not (len(panel.periods[1:]) and len(panel.keys)):
        raise ParameterError(
            f"{len(panel.keys)} series of {len(panel.periods)} periods have nothing to compare: give more"
        )
    if taken := sorted({*COLUMNS, "level", "status"} & set(panel.keys.columns)):
        raise ParameterError(f"the key '{taken[0]}' is the name of a column of alarms: call it otherwise")


def _offset(panel: Panel, exposure: Floats | None) -> Floats:
    """Return what counts are proportional to, (n, T); NaN where the exposure is unknown or none."""
    given = panel.exposure if exposure is None else np.asarray(exposure, dtype=float)
    if given is None:
        return np.tile(lengths_of(panel.periods), (len(panel.keys), 1))
    if given.shape != panel.values.shape:
        raise ParameterError(
            f"exposure has the shape {given.shape}; expected that of the panel, {panel.values.shape}"
        )
    return np.asarray(np.where(given > 0, given, np.nan) * lengths_of(panel.periods))


def _first_judged(panel: Panel, since: str | pd.Period | None) -> int:
    """Return the place of the first period judged."""
    length = len(panel.periods)
    if since is None:
        return min(int(np.ceil(periods_a_year(panel.periods))), length // 2)
    asked = since if isinstance(since, pd.Period) else pd.Period(since)
    place = int((panel.periods.start_time < asked.start_time).sum())
    if place >= length:
        raise ParameterError(f"since is {since}, after the last period of the panel, {panel.periods[-1]}")
    return place
