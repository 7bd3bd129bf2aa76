"""The mean response to a scenario: what larger and smaller shocks do, without paths."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.forecasting import Forecast
from riskmodels.losses import LossAssessment
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.scenarios import Scenario
from riskmodels.parameters.shocks import Movement
from riskmodels.stresstest.capacity import CapacityTable
from riskmodels.stresstest.handling import DEADLINES, course_of, table_of
from riskmodels.stresstest.losses import YEAR, keys_of
from riskmodels.stresstest.mix import Mix, complaint_mix
from riskmodels.stresstest.shocked import draw_movements, feels
from riskmodels.stresstest.teams import WORKING_DAYS, TeamCapacity, places_of, team_capacities
from riskmodels.tables import Tables

_LOADS, _STAFF, _BACKLOGS = 48, 8, 16  # points of the axes of the table
_PLACES = 0.5 + np.array([-1.0, 0.0, 1.0]) * np.sqrt(0.15)  # of a range: of Gauss and Legendre's rule
_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18  # of those places
_LEAST, _MOST = 0.02, 4.0  # of usual staff: as good as none, more than can be found


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """What d vectors of shocks do, in the mean.

    Attributes
    ----------
    complaints : ndarray, shape (d, h)
        Of all products, by month.
    in_time : dict of int to ndarray, shape (d, h)
        By deadline [working days]: share of a month's complaints that waiting does not make late.
    backlog : ndarray, shape (d, h)
        Left at the end of a month [days of work], of the team that has most.
    losses : ndarray, shape (d,)
        Expected losses of a year [money]; unknown without losses.
    """

    complaints: Floats
    in_time: dict[int, Floats]
    backlog: Floats
    losses: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanResponse:
    """A scenario whose shocks can be made larger and smaller.

    Attributes
    ----------
    shocks : tuple of str
        Their names, in the order of the columns of ``respond``; s of them.
    most : float
        Largest multiple of a shock's size.
    expected : ndarray, shape (n, h)
        Complaints by product and month without the scenario.
    parts : tuple of Part
        What each shock moves.
    teams : tuple of (TeamCapacity, CapacityTable)
        Who handles complaints.
    cells : ndarray, shape (c,)
        Expected losses of a year by event type and product [money].
    """

    shocks: tuple[str, ...]
    most: float
    expected: Floats
    parts: tuple["Part", ...]
    teams: tuple[tuple[TeamCapacity, CapacityTable], ...]
    cells: Floats

    @property
    def in_time_error(self) -> float:
        """Largest error of a share in time, of reading the teams' tables between their points."""
        return max((table.done_error for _, table in self.teams), default=0.0)

    def respond(self, sizes: npt.ArrayLike) -> Response:
        """Return what multiples of the shocks' sizes do.

        Parameters
        ----------
        sizes : array of shape (d, s)
            From 0, no shock, to ``most``; 1 is the scenario as it stands.

        Returns
        -------
        Response
            A larger shock never gives fewer complaints where it multiplies them.

        Raises
        ------
        ParameterError
            The sizes are of other shocks, or beyond the range.

        Notes
        -----
        The mean outlook, the mean of every assumption, and the mean over the range of what the teams can do
        (three points: Gauss and Legendre): what else varies on paths is not in it, so backlogs are shorter
        than their mean over paths.
        """
        at = np.asarray(sizes, dtype=np.float64)
        if at.shape[1:] != (len(self.shocks),) or not ((at >= 0) & (at <= self.most)).all():
            wanted = f"(d, {len(self.shocks)}), from 0 to {self.most:g}"
            raise ParameterError(f"sizes of shocks have the shape {at.shape}; expected {wanted}")
        complaints = (
            self.expected * self._factor("complaints", at, len(self.expected))[..., : self.expected.shape[1]]
        )
        courses = [self._course(team, table, complaints, at) for team, table in self.teams]
        counts = sum((count for count, _, _ in courses), np.zeros(complaints[:, 0].shape))
        in_time = {
            days: sum((count * done[..., place] for count, done, _ in courses), np.zeros_like(counts))
            / np.where(counts > 0, counts, np.nan)
            for place, days in enumerate(DEADLINES.values())
        }
        backlogs = [backlog for _, _, backlog in courses] or [np.full_like(counts, np.nan)]
        return Response(
            complaints=complaints.sum(axis=1),
            in_time=in_time,
            backlog=np.max(backlogs, axis=0),
            losses=self._losses(at),
        )

    def _factor(self, what: str, at: Floats, rows: int) -> Floats:
        """Return what rows are multiplied by, shape (d, rows, months)."""
        months = len(self.parts[0].profile) if self.parts else YEAR
        found = np.ones((len(at), rows, months))
        for part in self.parts:
            if part.movement.what == what:
                change = part.change * at[:, part.shock, None] * part.profile
                found *= 1 + part.share[None, :rows, None] * (np.maximum(1 + change, 0.0) - 1)[:, None]
        return found

    def _course(
        self, team: TeamCapacity, table: CapacityTable, complaints: Floats, at: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Carry complaints (d, n, h) through a team: counts, shares in time and backlogs by month."""
        counts = np.einsum("dnh,n->dh", complaints, team.share)
        load = np.clip(counts / (table.arrivals[0] * WORKING_DAYS), table.loads[0], table.loads[-1])
        able = self._factor("staff", at, 1) / np.maximum(self._factor("handling_time", at, 1), _LEAST)
        found = [
            course_of(
                table,
                load,
                np.clip(able[:, 0] * level, table.staff[0], table.staff[-1]),
                np.zeros((len(at), 1)),
            )
            for level in _levels(team)
        ]
        done, left = (np.tensordot(_WEIGHTS, np.stack(one), 1) for one in zip(*found, strict=True))
        return counts, done, left

    def _losses(self, at: Floats) -> Floats:
        if not len(self.cells):
            return np.full(len(at), np.nan)
        both = self._factor("loss_frequency", at, len(self.cells)) * self._factor(
            "loss_severity", at, len(self.cells)
        )
        return np.asarray(both[..., :YEAR].mean(axis=2) @ self.cells)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One movement: its shock's column, mean change, the shock by month, and the share of each row felt."""

    movement: Movement
    shock: int
    change: float
    profile: Floats
    share: Floats


def mean_response(
    tables: Tables,
    scenario: Scenario,
    *,
    outlook: Forecast,
    losses: LossAssessment | None = None,
    capacity: Capacity | None = None,
    severity: str = "severe",
    most: float = 3.0,
) -> MeanResponse:
    """Prepare a scenario so that its shocks can be made larger and smaller ten thousand times.

    Parameters
    ----------
    tables, scenario, outlook, losses, capacity, severity
        As of ``stress``; the outlook by month.
    most : float
        Largest multiple of a shock's size, from 1.

    Raises
    ------
    ParameterError
        The outlook is not by product and month.
    """
    if "product" not in outlook.keys or outlook.periods.freqstr[0] != "M":
        raise ParameterError("a mean response needs a forecast by product and month")
    months = max(len(outlook.periods), YEAR)
    drawn = draw_movements(scenario, scenario.level(severity), months=months, size=1, seed=0)
    mix = complaint_mix(tables, drawn, last=outlook.panel.periods[-1], places=places_of(capacity))
    names = list(dict.fromkeys(one.shock.name for one in drawn))
    cells = losses.distribution.cells if losses is not None else ()
    keys = keys_of(cells)
    parts = [
        Part(
            movement=one.movement,
            shock=names.index(one.shock.name),
            change=one.movement.change.mean,
            profile=one.profile,
            share=_share(one.movement, mix, outlook.keys, keys),
        )
        for one in drawn
        if one.is_carried
    ]
    teams = team_capacities(capacity, tables.complaints, mix, outlook.keys)
    return MeanResponse(
        shocks=tuple(names),
        most=most,
        expected=outlook.mean,
        parts=tuple(parts),
        teams=tuple((team, _table(team, outlook.mean, parts, most)) for team in teams),
        cells=np.array([cell.mean for cell in cells]),
    )


def _share(movement: Movement, mix: Mix, series: pd.DataFrame, cells: pd.DataFrame) -> Floats:
    """Return the share of each row of what is moved that feels a movement."""
    if movement.what in {"loss_frequency", "loss_severity"}:
        return feels(movement, cells).astype(np.float64)
    return mix.share_of(series, movement) if movement.what == "complaints" else np.ones(1)


def _table(team: TeamCapacity, expected: Floats, parts: list[Part], most: float) -> CapacityTable:
    """Make the table that reaches as far as the largest shocks do."""
    counts = team.share @ expected
    usual = float(counts.mean())
    highest = _reach(parts, "complaints", most)[1]
    slower, lazy = _reach(parts, "handling_time", most), _reach(parts, "staff", most)
    able = _levels(team)
    staff = lazy[0] / slower[1] * able[0], lazy[1] / max(slower[0], _LEAST) * able[-1]
    levels = np.unique(
        np.clip(np.geomspace(max(staff[0], _LEAST), max(staff[1], 1.0), _STAFF), _LEAST, _MOST)
    )
    loads = np.geomspace(max(counts.min() / usual / 2, _LEAST), counts.max() / usual * highest, _LOADS)
    waiting = np.maximum(counts * highest / team.a_day - staff[0] * WORKING_DAYS, 0.0).sum()
    levels = np.union1d(levels, able)
    enough = (WORKING_DAYS + max(DEADLINES.values()) + 2) * levels[-1]  # what else waits stays: course_of
    backlogs = np.concatenate([[0.0], np.geomspace(0.25, min(max(waiting, 8.0), enough), _BACKLOGS)])
    return table_of(team, usual, loads=loads, staff=levels, backlogs=backlogs)


def _levels(team: TeamCapacity) -> Floats:
    """Return points of the range of what a team can do, against its middle, (3,)."""
    return np.asarray((team.lower + (team.upper - team.lower) * _PLACES) / team.a_day)


def _reach(parts: list[Part], what: str, most: float) -> tuple[float, float]:
    """Return the least and the largest factor that shocks make of something."""
    least = largest = 1.0
    for part in parts:
        if part.movement.what == what:
            change = part.change * most * float(part.profile.max(initial=0.0))
            least *= max(1 + min(change, 0.0), 0.0)
            largest *= 1 + max(change, 0.0)
    return least, largest
