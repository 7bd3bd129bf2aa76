"""What the handlers can do under a scenario: complaints in time, backlog, recovery, and the people needed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.labels import label
from riskmodels.parameters.moved import moved_words
from riskmodels.parameters.shocks import What
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.capacity import CapacityTable, capacity_table
from riskmodels.stresstest.classes import class_rows
from riskmodels.stresstest.outcome import CLASSES, HANDLING, STANDARDS, none_of
from riskmodels.stresstest.shocked import Drawn, times_of_team
from riskmodels.stresstest.teams import WORKING_DAYS, TeamCapacity

DEADLINES = {"resolved_3wd": 3, "resolved_7wd": 7}  # standards that follow from the queue [working days]
Standards = Mapping[str, tuple[Floats, float]]  # in time without the scenario (size,), and red limit
_LOADS, _STAFF, _BACKLOGS, _LEVELS = 24, 5, 10, 41  # points of the axes of the table, and of staff looked for
_MOVED: tuple[What, What] = ("staff", "handling_time")
_EVERY = 4  # path of which staff is looked for: some hundreds are enough
_MOST_STAFF = 4.0  # times as many people: more than can be found
_LEAST = 0.02  # of the usual load or staff: as good as nothing
_RECOVERED = 0.5  # of a day of work more than without the scenario: as usual
_SEED = 42  # any fixed one: the same paths in every scenario
_TINY = 1e-300  # what nothing is divided by
_SHARE = 0.01  # of complaints in time, by which less is as usual


@dataclass(frozen=True, kw_only=True, eq=False)
class Handled:
    """What comes of complaints on every path.

    Attributes
    ----------
    table : DataFrame
        One row a team and month: see ``StressTest.handling``.
    standards : DataFrame
        One row a team, month and standard: see ``StressTest.standards``.
    classes : DataFrame
        One row a team, severity and month: see ``StressTest.classes``.
    in_time : dict of str to ndarray, shape (size,)
        By indicator: the share in time over the quarter looked at, against the share without the scenario.
    worst : ndarray, shape (size,), optional
        The most that is left at the end of a month, of the team that has most [days of work].
    teams : tuple of Carried
        Who did it, and the tables that their months were read from.
    """

    table: pd.DataFrame
    standards: pd.DataFrame
    classes: pd.DataFrame
    in_time: dict[str, Floats]
    worst: Floats | None = None
    teams: tuple["Carried", ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Carried:
    """A team, the table that its months are read from, and the backlog that a usual month leaves."""

    team: TeamCapacity
    table: CapacityTable
    start: float


def handle(
    teams: Sequence[TeamCapacity],
    drawn: Sequence[Drawn],
    complaints: tuple[Floats, Floats],
    periods: pd.PeriodIndex,
    months: slice,
    standards: Standards,
) -> Handled:
    """Carry complaints through the teams, month by month.

    Parameters
    ----------
    teams : sequence of TeamCapacity
        Who handles what.
    drawn : sequence of Drawn
        Movements of staff and of handling time count; without a team of their own they are of all.
    complaints : pair of ndarray, shape (size, n, h)
        By product and month, without and with the scenario.
    periods : PeriodIndex
        The months ahead, h.
    months : slice
        The quarter that indicators are about.
    standards : Standards
        By indicator of ``DEADLINES``: its value without the scenario, and its red limit, where it has one.

    Notes
    -----
    A team is a batch queue on working days: it finishes complaints in the order received, and what is left
    waits (``capacity_table``, which is computed once and read between its points). A month begins with what
    the one before left, on the mean of the paths' own loads and staff. More handling time is as less staff.
    Misses for other reasons than waiting stay: an indicator changes by the ratio of the shares in time.
    """
    if not teams:
        return Handled(
            table=none_of(HANDLING), standards=none_of(STANDARDS), classes=none_of(CLASSES), in_time={}
        )
    found = [_team(team, drawn, complaints, periods, standards) for team in teams]
    shares = []
    for which in (0, 1):
        counts = sum(one.counts[which][:, months].sum(axis=1) for one in found)
        done = sum(
            (one.done[which][:, months] * one.counts[which][:, months, None]).sum(axis=1) for one in found
        )
        shares.append(done / np.maximum(counts, _TINY)[:, None])
    ratio = np.minimum(shares[1] / np.maximum(shares[0], _TINY), 1.0)
    return Handled(
        table=pd.concat([one.table for one in found], ignore_index=True),
        standards=pd.concat([one.standards for one in found], ignore_index=True),
        classes=pd.concat([one.classes for one in found], ignore_index=True),
        in_time={name: ratio[:, place] for place, name in enumerate(DEADLINES)},
        worst=np.max([one.backlog.max(axis=1) for one in found], axis=0),
        teams=tuple(one.carried for one in found),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Course:
    """Months without and with the scenario: complaints (size, h), shares in time (size, h, deadlines).

    ``backlog`` is that with it, (size, h).
    """

    table: pd.DataFrame
    standards: pd.DataFrame
    backlog: Floats
    carried: Carried
    classes: pd.DataFrame
    counts: tuple[Floats, Floats]
    done: tuple[Floats, Floats]


def _team(
    team: TeamCapacity,
    drawn: Sequence[Drawn],
    complaints: tuple[Floats, Floats],
    periods: pd.PeriodIndex,
    standards: Standards,
) -> _Course:
    """Carry the complaints of one team."""
    without, with_ = (np.einsum("pnh,n->ph", one, team.share) for one in complaints)
    usual = max(float(without.mean()), _LEAST)
    whole = _able(team, len(without)) * np.ones_like(without)
    staff = np.clip(whole * staff_of(team, drawn, without.shape), _LEAST, _MOST_STAFF)
    loads = [np.maximum(one / usual, _LEAST) for one in (without, with_)]
    table = _table(team, usual, loads, (whole, staff))
    usual_load = loads[0][:, :1]
    _, start = table.look_up(
        usual_load, whole[:, :1], np.zeros_like(usual_load)
    )  # as a usual month leaves it
    runs = [course_of(table, load, at, start) for load, at in zip(loads, (whole, staff), strict=True)]
    frame = pd.DataFrame({"team": team.id, "period": periods.astype("str")})
    frame["a_day"], frame["a_day_lower"], frame["a_day_upper"] = team.a_day, team.lower, team.upper
    frame["is_estimated"] = team.is_estimated
    for name, load, (done, backlog) in zip(("without", "with"), loads, runs, strict=True):
        frame[f"load_{name}"] = (load * usual / WORKING_DAYS / team.a_day).mean(axis=0)
        for place, days in enumerate(DEADLINES.values()):
            frame[f"within_{days}_{name}"] = done[..., place].mean(axis=0)
        frame[f"backlog_{name}"] = backlog.mean(axis=0)
    frame["backlog_lower"], frame["backlog_upper"] = np.quantile(runs[1][1], INTERVAL, axis=0)
    frame["staff"] = staff.mean(axis=0)
    frame["staff_needed"] = _needed(team, usual, loads[1] / whole, runs[0])
    judged = _judged(frame, runs[1][0] / np.maximum(runs[0][0], _TINY), standards)
    for name, days in DEADLINES.items():
        missed = judged.loc[judged["indicator_id"] == name, "missed"]
        frame[f"missed_{days}"] = missed.to_numpy() if len(missed) else np.nan
    frame = frame.assign(**_recovered(runs[0][1], runs[1][1]))
    return _Course(
        classes=class_rows(team, complaints, (whole, staff), periods, tuple(DEADLINES.values())),
        table=frame[[*HANDLING]].astype({"team": "str", "period": "str"}),
        standards=judged,
        backlog=runs[1][1],
        carried=Carried(team=team, table=table, start=float(start.mean())),
        counts=(without, with_),
        done=(runs[0][0], runs[1][0]),
    )


def _recovered(without: Floats, with_: Floats) -> dict[str, Any]:
    """Return the columns that say when backlogs, (size, h), are as without the scenario."""
    usual_again = with_ <= without + _RECOVERED
    ends = np.quantile(_recovery(usual_again), (0.5, *INTERVAL), method="higher")
    known = np.where(ends > with_.shape[1], np.nan, ends)
    names = ("recovery", "recovery_lower", "recovery_upper")
    return {"recovered": usual_again.mean(axis=0), **dict(zip(names, known, strict=True))}


def _able(team: TeamCapacity, size: int) -> Floats:
    """Return what the team can do on each path, against the middle of its range, shape (size, 1)."""
    at = np.random.default_rng(_SEED).permutation(size)[:, None] / max(size - 1, 1)  # evenly over the range
    return np.asarray((team.lower + (team.upper - team.lower) * at) / team.a_day)


def without_team(drawn: Sequence[Drawn], teams: Collection[str]) -> Iterator[tuple[str, str]]:
    """Say which movements are of a team that there is not."""
    for one in drawn:
        if one.movement.what in (*_MOVED, "enquiries") and teams and one.movement.team not in {None, *teams}:
            yield moved_words(one.movement, ""), label("there is no team of this name")


def staff_of(team: TeamCapacity, drawn: Sequence[Drawn], shape: tuple[int, int]) -> Floats:
    """Return how many times as much the team can do, by path and month; of one path, the mean of all."""
    people, work = (times_of_team(drawn, what, team.id, shape) for what in _MOVED)
    return np.asarray(people / np.maximum(work, _LEAST))


def _table(
    team: TeamCapacity, usual: float, loads: Sequence[Floats], able: tuple[Floats, Floats]
) -> CapacityTable:
    """Make the table that all months of a team are read from, without the scenario and with it."""
    whole, staff = able
    both = np.concatenate([load.ravel() for load in loads])
    most = np.maximum(loads[1] * usual / team.a_day - staff * WORKING_DAYS, 0.0).cumsum(axis=1).max()
    levels = np.union1d(_points(np.append(staff, 1.0), _STAFF), [whole.min(), whole.max()])
    backlogs = np.concatenate([[0.0], np.geomspace(0.25, max(2.0 * most, 8.0), _BACKLOGS)])
    return table_of(team, usual, loads=_points(both, _LOADS), staff=levels, backlogs=backlogs)


def table_of(
    team: TeamCapacity, usual: float, *, loads: Floats, staff: Floats, backlogs: Floats
) -> CapacityTable:
    """Make the table of a team over multiples of its usual complaints of a month."""
    return capacity_table(
        [usual / WORKING_DAYS],
        team.dispersion,
        [team.a_day],
        loads=loads,
        staff=staff,
        backlogs=backlogs,
        deadlines=tuple(DEADLINES.values()),
        days=WORKING_DAYS,
        when_read=True,
    )


def _points(values: Floats, number: int) -> Floats:
    """Return points that lie as values do, from the least to the largest; one where all are alike."""
    return np.asarray(np.unique(np.quantile(values, np.linspace(0, 1, number))), dtype=np.float64)


def course_of(table: CapacityTable, loads: Floats, staff: Floats, backlog: Floats) -> tuple[Floats, Floats]:
    """Read month after month: shares in time (size, h, deadlines), and the backlog left [days of work].

    A backlog beyond the table stays: with more than a month's work and the longest deadline's nobody is idle.
    """
    done, left = [], []
    for month in range(loads.shape[1]):
        start = np.clip(backlog, 0.0, table.backlogs[-1])
        beyond = np.maximum(backlog - start, 0.0)
        shares, after = table.look_up(loads[:, [month]], staff[:, [month]], start)
        backlog = after + beyond
        done.append(shares[:, 0])
        left.append(backlog[:, 0])
    return np.stack(done, axis=1), np.stack(left, axis=1)


def _judged(months: pd.DataFrame, times: Floats, standards: Standards) -> pd.DataFrame:
    """Judge each month by the standards that have a limit; ``times`` is the change (size, h, deadlines)."""
    found = [none_of(STANDARDS)]
    for place, name in enumerate(DEADLINES):
        if name not in standards:
            continue
        value, limit = standards[name]
        share = value[:, None] * np.minimum(times[..., place], 1.0)
        frame = months[["team", "period"]].assign(indicator_id=name, before=value.mean(), red=limit)
        frame["share"], frame["missed"] = share.mean(axis=0), (share < limit).mean(axis=0)
        frame["lower"], frame["upper"] = np.quantile(share, INTERVAL, axis=0)
        found.append(frame[[*STANDARDS]])
    return pd.concat(found[1:] or found, ignore_index=True)


def _recovery(usual: Flags) -> Floats:
    """Return the months until the backlog is as usual for good, (size,); h + 1 where it never is."""
    late = np.flip(np.logical_and.accumulate(np.flip(usual, axis=1), axis=1), axis=1)  # from here on
    ends = np.where(late.any(axis=1), late.argmax(axis=1), usual.shape[1] + 1)
    return np.asarray(ends, dtype=np.float64)


def _needed(team: TeamCapacity, usual: float, loads: Floats, without: tuple[Floats, Floats]) -> Floats:
    """Return how many times as many people keep complaints in time as without the scenario, month by month.

    From the backlog that there is without the scenario; unknown where four times as many are too few.
    """
    few, h = loads[::_EVERY], loads.shape[1]
    levels, points = np.linspace(1.0, _MOST_STAFF, _LEVELS), _points(few, _LOADS)
    start = np.array([max(float(without[1].mean()), 0.0)])  # rounding may be below
    wanted = without[0][..., -1].mean(axis=0) - _SHARE
    least, enough = np.zeros(h, dtype=np.int64), np.full(h, _LEVELS)  # between which the level lies, halved
    while len(open_ := np.flatnonzero(least < enough)):
        middle = (least[open_] + enough[open_]) // 2
        staff = levels[middle]
        table = table_of(team, usual, loads=points, staff=np.unique(staff), backlogs=start)
        done, _ = table.look_up(few[:, open_, None], staff[:, None], start[0])
        is_enough = done[..., 0, -1].mean(axis=0) >= wanted[open_]
        enough[open_[is_enough]] = middle[is_enough]
        least[open_[~is_enough]] = middle[~is_enough] + 1
    return np.where(enough < _LEVELS, levels[np.minimum(enough, _LEVELS - 1)], np.nan)
