"""What would help: the mean response to a scenario, with all of its shocks and without each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.losses import LossDistribution
from riskmodels.stresstest.handling import DEADLINES, Carried, course_of, staff_of
from riskmodels.stresstest.losses import YEAR, keys_of
from riskmodels.stresstest.outcome import WITHOUT, none_of
from riskmodels.stresstest.shocked import Drawn, feels
from riskmodels.stresstest.teams import WORKING_DAYS

_MONEY = ("loss_frequency", "loss_severity")


@dataclass(frozen=True, kw_only=True, eq=False)
class Moved:
    """What shocks move: movements, complaints expected (n, h), and what multiplies them (size, n, h)."""

    drawn: Sequence[Drawn]
    year: Sequence[Drawn]
    expected: Floats
    factors: Sequence[tuple[Drawn, Floats]]


def response_without(moved: Moved, teams: Sequence[Carried], losses: LossDistribution | None) -> pd.DataFrame:
    """Say what the scenario does in the mean, and what it would do without each of its shocks.

    Returns
    -------
    DataFrame
        shock (empty: with all), complaints [of all months ahead], in_time [lowest share of a month that waits
        less than 7 working days], backlog [most at the end of a month, days of work], losses [of a year,
        money]. Unknown without handlers or losses.

    Notes
    -----
    The mean outlook, the mean of every assumption, and capacity at the middle of its range, read from the
    tables that the paths are read from. What varies on paths is not in it, so that backlogs are shorter than
    their mean over paths.
    """
    names = ["", *dict.fromkeys(one.shock.name for one in moved.drawn)]
    rows = [_row(name, moved, teams, losses) for name in names] if len(names) > 1 else []
    return pd.DataFrame(rows, columns=[*WITHOUT]) if rows else none_of(WITHOUT)


def _row(
    name: str, moved: Moved, teams: Sequence[Carried], losses: LossDistribution | None
) -> dict[str, float | str]:
    """Return the response without the shock of a name."""
    complaints = moved.expected.copy()
    for one, factor in moved.factors:
        if one.shock.name != name:
            complaints *= factor.mean(axis=0)
    kept = [one for one in moved.drawn if one.shock.name != name]
    found = [_course(team, complaints, kept) for team in teams]
    return {
        "shock": name,
        "complaints": float(complaints.sum()),
        "in_time": min((share for share, _ in found), default=np.nan),
        "backlog": max((left for _, left in found), default=np.nan),
        "losses": np.nan if losses is None else _losses(losses, moved.year, name),
    }


def _course(carried: Carried, complaints: Floats, drawn: Sequence[Drawn]) -> tuple[float, float]:
    """Return the lowest share in time and the most left of a team, of mean complaints (n, h)."""
    table, longest = carried.table, max(DEADLINES.values())
    load = (carried.team.share @ complaints)[None, :] / (table.arrivals[0] * WORKING_DAYS)
    staff = staff_of(carried.team, drawn, (1, complaints.shape[1]))
    start = np.full((1, 1), carried.start)
    done, left = course_of(table, _within(load, table.loads), _within(staff, table.staff), start)
    return float(done[..., [*DEADLINES.values()].index(longest)].min()), float(left.max())


def _within(values: Floats, points: Floats) -> Floats:
    return np.clip(values, points[0], points[-1])


def _losses(losses: LossDistribution, year: Sequence[Drawn], name: str) -> float:
    """Return the expected losses of a year without the shock of a name."""
    keys = keys_of(losses.cells)
    factor = np.ones((len(keys), YEAR))
    for one in year:
        if one.movement.what in _MONEY and one.is_carried and one.shock.name != name:
            felt = feels(one.movement, keys)[:, None]
            factor *= np.where(felt, one.times[:, :YEAR].mean(axis=0), 1.0)
    return float(factor.mean(axis=1) @ np.array([cell.mean for cell in losses.cells]))
