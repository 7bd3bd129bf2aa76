"""When an incident was detected, answered and over, and who was notified when: against policy and plan."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.labels import marked
from riskmodels.parameters.plans import Plan, Plans, TimeLimit
from riskmodels.parameters.policy import Policy
from riskmodels.periods.workdays import working_days
from riskmodels.tables import Tables

SCENARIO_OF = {"outage": "system_outage", "fault": "system_outage", "security": "data_leak"}
"""The scenario, and so the plan, of each kind of incident."""
AT = {
    "detected": "detected_at",
    "responded": "responded_at",
    "ended": "ended_at",
    "customers": "customers_told_at",
    "supervisor": "supervisor_told_at",
}
MOMENTS = {
    "detected": marked("Detected"),
    "responded": marked("First answer"),
    "ended": marked("Over"),
    "customers": marked("Customers told"),
    "supervisor": marked("Supervisor told"),
    "step": marked("Step of the plan"),
    "partners": marked("Partners told"),
}
STATES = {
    "in_time": marked("in time"),
    "late": marked("late"),
    "running": marked("not due yet"),
    "unknown": marked("not recorded"),
    "no_limit": marked("no time limit set"),
}
_ANSWER = "fault_response_30min"
_ANSWERED_KINDS = ("outage", "fault")  # those that the indicator counts
_ANSWER_MINUTES = 30.0  # minutes from the start, as the indicator is defined
_MINUTES = {"minutes": 1.0, "hours": 60.0}
_DUE = ["item", "moment", "name_en", "name_zh", "owner_en", "owner_zh", "limit", "unit", "source"]


def moments_of(
    incidents: pd.DataFrame, tables: Tables, policy: Policy, plans: Plans | None, end: pd.Timestamp
) -> pd.DataFrame:
    """Return one row per incident and moment or step that is asked of it.

    Columns: incident_id; item (``detected`` … ``supervisor``, ``step``, ``partners``); name_en, name_zh,
    owner_en, owner_zh (of a step or notice of the plan); at; taken [minutes since it was known; since the
    start where that is not recorded, and for the policy's limit]; limit and unit; source (``policy``,
    ``plan`` or empty); times (what was used of the limit, up to the end where it is not over; 2.0 is twice
    the limit); state (``in_time``, ``late``, ``running``, ``unknown``, ``no_limit``).
    """
    due = pd.DataFrame(_due(sorted(set(incidents["kind"])), policy, plans), columns=["kind", *_DUE])
    rows = incidents.merge(due, on="kind")
    at = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    for moment, column in AT.items():
        at = at.mask(rows["moment"] == moment, rows[column])
    known = rows["detected_at"].where(rows["source"] == "plan").fillna(rows["started_at"])
    taken = (at - known).dt.total_seconds() / 60
    frame = rows[["incident_id", *_DUE]].assign(at=at, taken=taken)
    used = _used(frame["unit"], known, at.fillna(end), tables, end) / frame["limit"]
    lasting = (frame["moment"] == "ended") & at.isna()
    state, times = _states(frame, used, lasting), used.where(at.notna() | lasting)
    return frame.assign(times=times, state=state).drop(columns="moment")


def _due(kinds: list[str], policy: Policy, plans: Plans | None) -> Iterator[tuple[object, ...]]:
    has_answer = any(one.id == _ANSWER for one in policy.indicators)
    for kind in kinds:
        plan = plans.of(SCENARIO_OF.get(kind, "")) if plans else None
        answer = has_answer and kind in _ANSWERED_KINDS
        limits = {"responded": (_ANSWER_MINUTES, "minutes", "policy")} if answer else {}
        notices = {notice.who: notice for notice in plan.notices} if plan else {}
        for item in AT:
            if item not in notices:
                limit = limits.get(item, (np.nan, "", ""))
                yield (kind, item, item, "", "", "", "", *limit)
        yield from _of_plan(kind, plan) if plan else ()


def _of_plan(kind: str, plan: Plan) -> Iterator[tuple[object, ...]]:
    for step in plan.steps:
        owner = (step.name_en, step.name_zh, step.owner_en, step.owner_zh)
        yield kind, "step", step.shown_by or "", *owner, *_limit(step.within)
    for notice in plan.notices:
        owner = (notice.name_en, notice.name_zh, notice.owner_en, notice.owner_zh)
        yield kind, notice.who, notice.who, *owner, *_limit(notice.within)


def _limit(within: TimeLimit) -> tuple[float, str, str]:
    return within.value, within.unit, "plan"


def _states(frame: pd.DataFrame, used: pd.Series, lasting: pd.Series) -> pd.Series:
    """Judge each moment; one that is not recorded is late only where the incident still lasts by the end."""
    late = used > 1.0
    open_ = np.where(late & lasting, "late", np.where(late, "unknown", "running"))
    state = np.where(frame["at"].notna(), np.where(late, "late", "in_time"), open_)
    state = np.where(frame["at"].isna() & ~frame["moment"].isin(AT), "unknown", state)
    without = np.where(frame["at"].isna() & ~lasting, "unknown", "no_limit")
    return pd.Series(np.where(frame["limit"].isna(), without, state), index=frame.index, dtype="str")


def _used(unit: pd.Series, known: pd.Series, until: pd.Series, tables: Tables, end: pd.Timestamp) -> Floats:
    """Return how much of the unit of a limit has passed: minutes, hours, or working days after the first."""
    minutes = (until - known).dt.total_seconds() / 60
    if known.empty:
        return np.empty(0)
    first = min(known.min(), end).date() - timedelta(days=1)
    index = working_days(first, end.date(), country=tables.country, closed=tables.holidays)["working_index"]
    places = [_place(moment, first) for moment in (known, until)]
    days = index.to_numpy()[places[1]] - index.to_numpy()[places[0]]
    short = (minutes / unit.map(_MINUTES).fillna(1.0)).to_numpy(np.float64)
    return np.asarray(np.where(unit == "working_days", days, short), dtype=np.float64)


def _place(moment: pd.Series, first: object) -> Integers:
    return np.asarray((moment.dt.normalize() - pd.Timestamp(str(first))).dt.days, dtype=np.int64)
