"""Complaints by severity in a stress test: the more serious are done first, or by another team."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.losses.frequency import frequency_of
from riskmodels.stresstest.grids import points_of, read_grid
from riskmodels.stresstest.outcome import CLASSES, none_of
from riskmodels.stresstest.priorities import class_month
from riskmodels.stresstest.teams import WORKING_DAYS, TeamCapacity

_LOADS, _STAFF, _BACKLOGS = 7, 4, 7  # points of the axes of a table
_LEAST = 0.02  # complaints a month: as good as none
_DIGITS = 6  # of complaints left: beyond is rounding
_WHOLE = 1.0 - 1e-9  # part of a class in itself and those before it, from which on there is none before
_NAMES = ("without", "with")  # the scenario
Pair = tuple[Floats, Floats]  # without and with the scenario


def class_rows(
    team: TeamCapacity, complaints: Pair, able: Pair, periods: pd.PeriodIndex, deadlines: Sequence[int]
) -> pd.DataFrame:
    """Carry the complaints of a team by severity, month by month.

    Parameters
    ----------
    team : TeamCapacity
        Whose classes they are; of less than two nothing is said.
    complaints : pair of ndarray, shape (size, n, h)
        By product and month.
    able : pair of ndarray, shape (size, h)
        What the team can do, against its usual capacity.
    periods : PeriodIndex
        The months ahead, h.
    deadlines : sequence of two int
        Standards [working days].

    Returns
    -------
    DataFrame
        One row a class and month: see ``StressTest.classes``.

    Notes
    -----
    A class and those before it are a queue that later ones do not touch (``priority_queue``): its backlog is
    what that queue has more than the one of those before it.
    """
    if len(team.classes) <= 1 and not team.is_handed:
        return none_of(CLASSES)
    rows, share_before, left_before = [], np.zeros_like(team.share), [np.zeros(len(periods))] * 2
    for severity, share in team.classes:
        own = [np.einsum("pnh,n->ph", one, share) for one in complaints]
        if not own[0].any():  # none of this severity is its own
            continue
        together = [np.einsum("pnh,n->ph", one, share_before + share) for one in complaints]
        part = float(own[0].sum() / max(together[0].sum(), _LEAST))
        frame = pd.DataFrame({"team": team.id, "severity": severity, "period": periods.astype("str")})
        courses, left = _courses(team, together, able, part, deadlines), []
        for name, came, (done, backlog), before in zip(_NAMES, own, courses, left_before, strict=True):
            left.append(backlog.mean(axis=0))
            frame[f"complaints_{name}"] = came.mean(axis=0)
            frame[[f"within_{days}_{name}" for days in deadlines]] = done.mean(axis=0)
            frame[f"backlog_{name}"] = np.maximum(left[-1] - before, 0.0).round(_DIGITS)
        rows.append(frame)
        share_before, left_before = share_before + share, left
    if not rows:
        return none_of(CLASSES)
    return pd.concat(rows, ignore_index=True)[[*CLASSES]].astype(dict.fromkeys(CLASSES[:3], "str"))


def _courses(
    team: TeamCapacity, counts: Sequence[Floats], able: Pair, part: float, deadlines: Sequence[int]
) -> list[tuple[Floats, Floats]]:
    """Read month after month, without and with: shares done (size, h, deadlines), and complaints left."""
    usual = max(float(counts[0].mean()), _LEAST)
    loads = [np.maximum(one / usual, _LEAST) for one in counts]
    most = max(
        float(np.maximum(count - people * team.a_day * WORKING_DAYS, 0.0).cumsum(axis=1).max())
        for count, people in zip(counts, able, strict=True)
    )
    longest = WORKING_DAYS + max(deadlines) + 1  # days; with work for as many nothing new is done in time
    full = np.ceil(longest * team.a_day * max(float(people.max()) for people in able))
    axes = {
        "load": points_of(np.concatenate(loads), _LOADS),
        "staff level": points_of(np.concatenate(able), _STAFF),
        "backlog": np.unique(
            np.append(0.0, np.geomspace(2.0, min(max(2.0 * most, 8.0), full), _BACKLOGS)).round()
        ),
    }
    values = _table(team, usual / WORKING_DAYS, part, axes, deadlines)
    usually = read_grid(axes, values, (loads[0][:, 0], able[0][:, 0], 0.0))[:, -1]  # left by a usual month
    found = []
    for load, people in zip(loads, able, strict=True):
        backlog, months = usually, []
        for month in range(load.shape[1]):
            start = np.clip(backlog, 0.0, axes["backlog"][-1])
            read = read_grid(axes, values, (load[:, month], people[:, month], start))
            read[:, -1] += backlog - start  # what is beyond it stays
            months.append(read)
            backlog = read[:, -1]
        course = np.stack(months, axis=1)
        found.append((course[..., :-1], course[..., -1]))
    return found


def _table(
    team: TeamCapacity, a_day: float, part: float, axes: Mapping[str, Floats], deadlines: Sequence[int]
) -> Floats:
    """Compute months over loads, staff and backlogs: shares of the class done, and complaints left."""
    loads, able, backlogs = (one.tolist() for one in axes.values())
    values = [
        class_month(
            frequency_of(load * a_day * (1 - part), team.dispersion) if part < _WHOLE else None,
            frequency_of(load * a_day * part, team.dispersion),
            team.a_day * staff,
            backlogs=[int(one) for one in backlogs],
            days=WORKING_DAYS,
            deadlines=deadlines,
        )
        for load, staff in product(loads, able)
    ]
    return np.array(values).reshape(*(len(one) for one in axes.values()), len(deadlines) + 1)
