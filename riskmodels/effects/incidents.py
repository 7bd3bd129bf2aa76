"""Review major incidents: how fast they were dealt with, and what they cost beyond what was due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.effects.incident_costs import losses_of, satisfaction_of
from riskmodels.effects.incident_days import daily_complaints
from riskmodels.effects.incident_moments import AT, moments_of
from riskmodels.effects.incident_scenarios import against_scenarios
from riskmodels.effects.incident_windows import course_of, of_episodes, part_excess, total_excess, windows_of
from riskmodels.effects.incident_words import incident_sentence, review_sentence
from riskmodels.errors import ParameterError
from riskmodels.parameters.plans import Plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario
from riskmodels.periods.quarters import period_of
from riskmodels.tables import Tables

LEVEL, DRAWS = 0.9, 4000  # probability of intervals; draws: bounds of an interval to about 1 % of its width
SURE = 0.05  # one-sided chance of as many complaints by chance, below which they are said to be more than due
_MINUTE = 60.0  # seconds
_REQUIRED = ["incident_id", "kind", "started_at"]
_OPTIONAL = ["severity", *AT.values(), "channel", "unit_id"]
_FIGURES = ["days", "known_days", "observed", "expected", "excess", "lower", "upper", "p_value"]
_TIMES = ["minutes", "earlier", "earlier_minutes", "earlier_excess", "longer_than"]
_SHOWN = [
    *("incident_id", "kind", "scope", "channel", "started_at", *AT.values(), "episode", "together"),
    *(*_FIGURES, "judged", "late", *_TIMES, "reason", "sentence"),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class IncidentReview(Displayed):
    """Major incidents of a period, looked back on with what was known at its end.

    Attributes
    ----------
    period : str
        What is reviewed.
    known_until : date
        The last day that is looked at.
    counted : DataFrame
        Incidents of the period by ``kind``: ``major`` (reviewed) and ``other`` (counted only).
    table : DataFrame
        One row per major incident: incident_id, kind, scope (a unit; empty: the bank), channel, started_at,
        detected_at, responded_at, ended_at; ``episode`` (first incident of those whose days run into each
        other: their complaints and losses are of all together), ``together`` [incidents]; ``days``,
        ``known_days``, ``observed``, ``expected``, ``excess``, ``lower``, ``upper`` [complaints in the
        window], ``p_value``; ``judged``, ``late`` [standards and steps that
        can be checked, and were missed]; ``minutes`` until it was over, ``earlier``
        [incidents of its kind before], ``earlier_minutes``, ``earlier_excess`` (their medians),
        ``longer_than`` (share of them that it outlasted); ``reason`` (why complaints cannot be estimated:
        ``hole``, ``early``, ``short``, ``no_days``; else empty) and ``sentence``.
    moments : DataFrame
        One row per incident and moment or step of the plan: see ``incident_moments.moments_of``.
    parts : DataFrame
        The excess of each episode by ``kind`` (channel, customer_group, product) and ``name``; parts of one
        kind add up.
    losses, satisfaction : DataFrame
        By episode: see ``incident_costs``.
    scenarios : DataFrame
        Against the scenario of the kind: incident_id, scenario, severity, what (``complaints`` as a share of
        a month's, ``hours`` until over), assumed, assumed_low, assumed_high, seen, lower, upper.
    course : DataFrame
        Days about each episode: episode, day, observed, expected, lower, upper [complaints], inside.
    """

    period: str
    known_until: date
    counted: pd.DataFrame
    table: pd.DataFrame
    moments: pd.DataFrame
    parts: pd.DataFrame
    losses: pd.DataFrame
    satisfaction: pd.DataFrame
    scenarios: pd.DataFrame
    course: pd.DataFrame
    level: float = LEVEL
    seed: int = 0

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "incidents": self.table,
            "incident_moments": self.moments,
            "incident_parts": self.parts,
            "incident_losses": self.losses,
            "incident_satisfaction": self.satisfaction,
            "incident_scenarios": self.scenarios,
        }

    @property
    def sentence(self) -> str:
        """Say how many there were, how many led to more complaints, and what was late."""
        return review_sentence(self.period, self.counted, self.table, SURE)

    def summary(self) -> pd.DataFrame:
        """Return when each was dealt with, and its complaints beyond what was due."""
        shown = ["incident_id", "kind", "started_at", "minutes", "late", "excess", "lower", "upper"]
        return self.table[[*shown, "reason"]]


def review_incidents(
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    plans: Plans | None = None,
    scenarios: Sequence[Scenario] = (),
    seed: int = 0,
) -> IncidentReview:
    """Look back on the major incidents of a period.

    Parameters
    ----------
    tables : Tables
        Incidents, complaints one by one, and, where there are, losses and surveys.
    policy : Policy
        Whose time limit of a first answer holds.
    period : str
        Month, quarter or year; nothing that happened or was recorded after its end is looked at.
    plans : Plans, optional
        Whose steps and notices have time limits.
    scenarios : sequence of Scenario
        Those of the incidents' kinds are compared with what came.
    seed : int
        For the intervals.

    Returns
    -------
    IncidentReview
        What cannot be estimated is unknown, with the reason. Parts of an excess add up to it.

    Raises
    ------
    ParameterError
        The period is none, or the data end before it begins.

    Notes
    -----
    Major is what is graded so; where the source grades none, what hit the whole bank. What would have come
    without an incident is the level of the days before it, by weekday, holidays and season. A rise of that
    level which is not the incident's is taken for it, as is all else that happened in those days.
    """
    end = _end(tables, period)
    incidents = incidents_until(tables, end)
    begin = pd.Period(period).start_time
    major = incidents[incidents["is_major"]]
    figures = _figures(major, tables, end, begin, np.random.default_rng(seed))
    table = _compared(_with_complaints(major, figures), begin)
    moments = moments_of(table, tables, policy, plans, end + pd.Timedelta(days=1))
    table = _said(table, moments, figures.losses)
    return IncidentReview(
        period=period,
        known_until=end.date(),
        counted=_counted(incidents[incidents["started_at"] >= begin]),
        table=table[_SHOWN],
        moments=moments,
        parts=figures.parts,
        losses=figures.losses,
        satisfaction=figures.satisfaction,
        scenarios=against_scenarios(table, scenarios),
        course=figures.course,
        seed=seed,
    )


@dataclass(frozen=True, kw_only=True)
class _Figures:
    """What windows say: the total of every episode known, all else of those that are reviewed."""

    incidents: pd.DataFrame
    totals: pd.DataFrame
    parts: pd.DataFrame
    losses: pd.DataFrame
    satisfaction: pd.DataFrame
    course: pd.DataFrame


def _end(tables: Tables, period: str) -> pd.Timestamp:
    """Return the last day that is looked at."""
    last = period_of(period, "D").start_time
    end = min(last, pd.Timestamp(tables.as_of))
    if end < pd.Period(period).start_time:
        raise ParameterError(
            f"{period} begins after the data end, on {tables.as_of}; expected a period that they reach into"
        )
    return end


def incidents_until(tables: Tables, end: pd.Timestamp) -> pd.DataFrame:
    """Return the incidents as known at the end of a day; what happened later is unknown."""
    table = tables.require("incidents")
    given = [name for name in _OPTIONAL if table.gives(name)]
    frame = table.frame([*_REQUIRED, *given]).reindex(columns=[*_REQUIRED, *_OPTIONAL])
    after = end + pd.Timedelta(days=1)
    frame = frame[frame["started_at"] < after].sort_values(["started_at", "incident_id"], kind="stable")
    for column in AT.values():
        moment = pd.to_datetime(frame[column]).astype("datetime64[us]")
        frame[column] = moment.where(moment < after)
    scope = frame["unit_id"].astype(object).fillna("").astype("str")
    major = frame["severity"] == "major" if table.gives("severity") else scope == ""
    chosen = frame.assign(
        scope=scope, channel=frame["channel"].astype(object).fillna("").astype("str"), is_major=major
    )
    return chosen.reset_index(drop=True)


def _counted(incidents: pd.DataFrame) -> pd.DataFrame:
    counts = incidents.groupby("kind")["is_major"].agg(["sum", "size"]).reset_index()
    other = counts["size"] - counts["sum"]
    return pd.DataFrame(
        {"kind": counts["kind"], "major": counts["sum"].astype(int), "other": other.astype(int)}
    )


def _figures(
    major: pd.DataFrame, tables: Tables, end: pd.Timestamp, begin: pd.Timestamp, rng: np.random.Generator
) -> _Figures:
    scopes = sorted({"", *major["scope"]})
    seen = daily_complaints(tables, end, scopes, since=min([begin, *major["started_at"]]))
    windows = windows_of(major, seen, scopes, begin)
    totals = total_excess(windows, probability=LEVEL, draws=DRAWS, rng=rng)
    placed = windows.incidents
    chosen = of_episodes(windows, placed["episode"][placed["started_at"] >= begin])
    known = (chosen.episodes, seen, windows.quiet, scopes)
    return _Figures(
        incidents=placed[["incident_id", "episode", "together"]],
        totals=totals,
        parts=part_excess(chosen, probability=LEVEL, draws=DRAWS, rng=rng),
        losses=losses_of(tables.losses, *known, LEVEL),
        satisfaction=satisfaction_of(tables.surveys, *known, probability=LEVEL, draws=DRAWS, rng=rng),
        course=course_of(chosen, probability=LEVEL),
    )


def _with_complaints(major: pd.DataFrame, figures: _Figures) -> pd.DataFrame:
    """Put the figures of its episode beside each incident; one before the days begin has none."""
    placed = figures.incidents.merge(figures.totals, on="episode")
    table = major.merge(placed, on="incident_id", how="left")
    minutes = (table["ended_at"] - table["started_at"]).dt.total_seconds() / _MINUTE
    return table.assign(
        minutes=minutes,
        reason=table["reason"].astype(object).fillna("short").astype("str"),
        episode=table["episode"].astype(object).fillna(table["incident_id"]).astype("str"),
        together=table["together"].fillna(1).astype(int),
    )


def _compared(table: pd.DataFrame, begin: pd.Timestamp) -> pd.DataFrame:
    """Return the incidents of the period, compared with earlier ones of their kind."""
    before, now = table[table["started_at"] < begin], table[table["started_at"] >= begin]
    groups = before.groupby("kind")
    medians = groups[["minutes", "excess"]].median().add_prefix("earlier_")
    now = now.merge(medians, left_on="kind", right_index=True, how="left")
    now = now.assign(earlier=now["kind"].map(groups.size()).fillna(0).astype(int))
    pairs = now[["incident_id", "kind", "minutes"]].merge(
        before[["kind", "minutes"]].dropna(), on="kind", suffixes=("", "_before")
    )
    longer = (pairs["minutes"] > pairs["minutes_before"]).where(pairs["minutes"].notna())
    share = longer.astype(float).groupby(pairs["incident_id"]).mean()
    return now.assign(longer_than=now["incident_id"].map(share).astype(float)).reset_index(drop=True)


def _said(table: pd.DataFrame, moments: pd.DataFrame, losses: pd.DataFrame) -> pd.DataFrame:
    """Count what was late, and say a sentence of each incident."""
    states = moments.assign(
        late=moments["state"] == "late", judged=moments["state"].isin(["late", "in_time"])
    )
    sums = states.groupby("incident_id")[["judged", "late"]].sum()
    counts = {name: table["incident_id"].map(sums[name]).fillna(0).astype(int) for name in ("judged", "late")}
    table = table.assign(**counts)
    cost = losses.set_index("episode").rename(
        columns={name: f"loss_{name}" for name in ("excess", "lower", "upper")}
    )
    shown = ["linked_events", "linked_loss", "loss_excess", "loss_lower", "loss_upper"]
    rows = table.merge(cost[shown], left_on="episode", right_index=True, how="left").to_dict("records")
    sentences = [incident_sentence(row, LEVEL, SURE) for row in rows]
    return table.assign(sentence=pd.Series(sentences, index=table.index, dtype="str"))
