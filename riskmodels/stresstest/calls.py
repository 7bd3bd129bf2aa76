"""What a scenario does to enquiries and calls: how many come, who is answered in time, who gives up."""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.parameters.capacity import ServiceLevel
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.answering import CallTeam
from riskmodels.stresstest.grids import points_of
from riskmodels.stresstest.outcome import CALLS, none_of
from riskmodels.stresstest.shocked import Drawn, times_of_team
from riskmodels.stresstest.telephones import CallTable, call_table

MEANINGS = ("served_within", "offered_within", "not_abandoned")
_LOADS, _STAFF, _LENGTHS = 7, 4, 2  # points of the axes of the table, beside 1: as usual
_FEW_LOADS, _FINE = 3, 61  # points of loads where staff is looked for, and of staff that are read
_LEVELS = (1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)  # times as many people, computed
_MOST_STAFF, _MOST_TIMES = 4.0, 10.0  # times as many people, and calls or minutes: more counts as so many
_LEAST = 0.02  # of the usual calls, people or minutes: as good as nothing
_EVERY = 4  # path of which staff is looked for: some hundreds are enough
_SEED = 43  # any fixed one: the same paths in every scenario


def stress_calls(
    teams: Sequence[CallTeam], drawn: Sequence[Drawn], periods: pd.PeriodIndex, size: int
) -> pd.DataFrame:
    """Carry calls through the teams that answer them, month by month.

    Parameters
    ----------
    teams : sequence of CallTeam
        When calls come and who answers them.
    drawn : sequence of Drawn
        Movements of enquiries, staff and handling time count; without a team of their own they are of all.
    periods : PeriodIndex
        The months ahead, h.
    size : int
        Number of paths.

    Returns
    -------
    DataFrame
        One row a team and month: see ``StressTest.calls``. Without a movement, with and without are the same.

    Notes
    -----
    Without the scenario a month has the calls of its days; months differ as those of the table did, by a
    gamma factor that is the same on a path in every scenario. Waits last minutes, so that a month leaves
    nothing to the next.
    """
    if not teams:
        return none_of(CALLS)
    return pd.concat([_team(team, drawn, periods, size) for team in teams], ignore_index=True)


def _team(team: CallTeam, drawn: Sequence[Drawn], periods: pd.PeriodIndex, size: int) -> pd.DataFrame:
    """Carry the calls of one team."""
    shape = (size, len(periods))
    usual = _months(team, shape)
    times, staff, length = (
        times_of_team(drawn, what, team.id, shape) for what in ("enquiries", "staff", "handling_time")
    )
    calls = team.profile.calls(periods)
    frame = pd.DataFrame({"team": team.id, "period": periods.astype("str"), "meaning": ""})
    frame["calls_without"] = (calls * usual).mean(axis=0)
    frame["calls_with"] = (calls * usual * times).mean(axis=0)
    frame["calls_lower"], frame["calls_upper"] = np.quantile(calls * usual * times, INTERVAL, axis=0)
    frame["seen_in_standard"] = team.profile.seen_in_standard
    frame["seen_given_up"] = team.profile.seen_given_up
    frame["spread"], frame["staff"] = team.profile.spread, staff.mean(axis=0)
    if team.given is not None:
        loads = [np.clip(one, _LEAST, _MOST_TIMES) for one in (usual, usual * times)]
        people, minutes = np.clip(staff, _LEAST, _MOST_STAFF), np.clip(length, _LEAST, _MOST_TIMES)
        level = team.given.service_level
        frame = frame.assign(**_answered(team, loads, people, minutes, level), meaning=level.meaning)
        frame["staff_needed"] = _needed(team, loads[1][::_EVERY], minutes[::_EVERY], level)
        frame["limit"], frame["within_minutes"] = level.limit, level.within_minutes
    kinds = dict.fromkeys(CALLS, "float64") | dict.fromkeys(("team", "period", "meaning"), "str")
    return frame.reindex(columns=[*CALLS]).astype(kinds)


def _months(team: CallTeam, shape: tuple[int, int]) -> Floats:
    """Return how many times the usual calls months have without the scenario: 1 where that is not known."""
    spread = team.profile.spread
    if not spread:
        return np.ones(shape)
    rng = np.random.default_rng([_SEED, zlib.crc32(team.id.encode())])
    return rng.gamma(1 / spread**2, spread**2, shape)


def _answered(
    team: CallTeam, loads: Sequence[Floats], staff: Floats, length: Floats, level: ServiceLevel
) -> dict[str, Floats | float]:
    """Return what is answered in time without and with the scenario, by column."""
    table = call_table(
        team,
        loads=points_of(np.concatenate(loads), _LOADS, besides=1.0),
        staff=points_of(staff, _STAFF, besides=1.0),
        lengths=points_of(length, _LENGTHS, besides=1.0),
    )
    usual = np.ones_like(staff)
    found: dict[str, Floats | float] = {"error": table.error}
    for which, *at in (("without", loads[0], usual, usual), ("with", loads[1], staff, length)):
        shares = shares_of(table, at, level)
        found |= {f"{meaning}_{which}": share.mean(axis=0) for meaning, share in shares.items()}
        judged = shares[level.meaning]
        found[f"level_{which}"] = judged.mean(axis=0)
        found[f"missed_{which}"] = (judged < level.limit).mean(axis=0)
    found["level_lower"], found["level_upper"] = np.quantile(judged, INTERVAL, axis=0)
    return found


def shares_of(table: CallTable, at: Sequence[Floats], level: ServiceLevel) -> dict[str, Floats]:
    """Return three meanings of a service level at loads, staff and lengths; two need a time."""
    in_time, given_up = table.look_up(*at)
    if level.within_minutes is None:
        in_time = np.full_like(in_time, np.nan)
    at_last = 1.0 - given_up
    of_answered = np.divide(in_time, at_last, out=np.zeros_like(in_time), where=at_last > 0)
    shares = (np.minimum(of_answered, 1.0), in_time, at_last)
    return dict(zip(MEANINGS, shares, strict=True))


def _needed(team: CallTeam, load: Floats, length: Floats, level: ServiceLevel) -> Floats:
    """Return how many times as many people reach the limit, month by month, on the mean of the paths."""
    table = call_table(
        team,
        loads=points_of(load, _FEW_LOADS, besides=1.0),
        staff=np.array(_LEVELS),
        lengths=points_of(length, _LENGTHS, besides=1.0),
    )
    people = np.linspace(1.0, _MOST_STAFF, _FINE)
    shares = shares_of(table, (load[..., None], people, length[..., None]), level)
    enough = shares[level.meaning].mean(axis=0) >= level.limit
    return np.where(enough.any(axis=1), people[enough.argmax(axis=1)], np.nan)
