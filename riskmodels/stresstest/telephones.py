"""What people at telephones can do: a table, made once, of calls answered in time and given up.

Every cell is a week, or a day, that repeats itself, carried through its half-hours by the forward equations
of ``varying_queue``, abandonment included; all cells are carried together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.stresstest.answering import CallTeam
from riskmodels.stresstest.call_profiles import SLOT
from riskmodels.stresstest.contours import carried_together
from riskmodels.stresstest.grids import middles, read_grid
from riskmodels.stresstest.queueing import span_of_states
from riskmodels.stresstest.waits import served_by

_SAME = 1e-10  # of a probability: what a week that is repeated may change
_WEEKS = 200  # until a law that repeats itself is found
_EMPTY = 1e-12  # probability that anybody is there, below which a half-hour without calls is left out
_THERE = (0.25 + 1e-9, 0.75 + 1e-9)  # by which a part of a person becomes a whole one; beyond rounding
_CHECKED = 30  # middles between points that are computed once more
_KEPT = 4_096  # probabilities of people and lengths of calls: those of one table, and some
_AT_ONCE = 1 << 18  # probabilities carried together: four megabytes of complex numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class CallTable:
    """Shares of calls, over how many come, how many people are there, and how long calls last.

    Attributes
    ----------
    team : CallTeam
        Whose they are.
    loads, staff, lengths : ndarray, shapes (l,), (s,) and (k,)
        Multiples of the usual calls, people and handling time, rising.
    in_time, given_up : ndarray, shape (l, s, k)
        Shares of all calls that are answered within the time of the service level, and that are given up;
        without a time no call is in time.
    """

    team: CallTeam
    loads: Floats
    staff: Floats
    lengths: Floats
    in_time: Floats
    given_up: Floats

    def look_up(
        self, load: npt.ArrayLike, staff: npt.ArrayLike, length: npt.ArrayLike
    ) -> tuple[Floats, Floats]:
        """Return the shares in time and given up, linear between the points of the table.

        At its points they are exact, so that more people, or fewer calls, are never worse there or between.
        """
        values = np.stack([self.in_time, self.given_up], axis=-1)
        found = read_grid(self._axes, values, (load, staff, length))
        return found[..., 0], found[..., 1]

    @property
    def _axes(self) -> dict[str, Floats]:
        return {"load": self.loads, "staff level": self.staff, "length of calls": self.lengths}

    @cached_property
    def error(self) -> float:
        """Largest error of a share that is found in the middle between points, which are computed anew."""
        halfway = _middles(self._axes.values())
        pairs = zip(self.look_up(*halfway), _shares(self.team, halfway), strict=True)
        return float(max(np.abs(read - exact).max() for read, exact in pairs))


def call_table(team: CallTeam, *, loads: Floats, staff: Floats, lengths: Floats) -> CallTable:
    """Compute what a team's people answer, over multiples of calls, people and handling time.

    Parameters
    ----------
    team : CallTeam
        Its week, or day, and its people.
    loads, staff, lengths : ndarray
        Rising, positive.

    Returns
    -------
    CallTable
        Of a part of a person the whole is there in as many of two weeks: a half in one of them.

    Raises
    ------
    ParameterError
        Calls or patience last so long that the week does not repeat itself.
    """
    in_time, given_up = _shares(team, np.meshgrid(loads, staff, lengths, indexing="ij"))
    return CallTable(team=team, loads=loads, staff=staff, lengths=lengths, in_time=in_time, given_up=given_up)


def _middles(axes: Iterable[Floats]) -> list[Floats]:
    """Return some middles between points, spread over the table: loads, staff and lengths, each (m,)."""
    every = np.stack([one.ravel() for one in np.meshgrid(*middles(axes), indexing="ij")])
    chosen = np.linspace(0, every.shape[1] - 1, min(_CHECKED, every.shape[1])).round().astype(np.int64)
    return list(every[:, chosen])


def _shares(team: CallTeam, cells: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Compute cells of loads, staff and lengths of any shape: shares in time and given up, of that shape."""
    load, staff, length = (np.asarray(one).ravel() for one in cells)
    week = _week(team, load, staff, length)
    size = week.size
    number = max(_AT_ONCE // size, 1)
    found = np.concatenate(
        [week[start : start + number].counts(size) for start in range(0, len(week.service), number)]
    )
    calls = np.maximum(week.rates.sum(axis=1) * SLOT, np.finfo(float).tiny)
    shares = (found / calls[:, None]).reshape(-1, *np.shape(cells[0]), 2).mean(axis=0)
    shares = np.clip(shares, 0.0, 1.0)
    return shares[..., 0], shares[..., 1]


def _week(team: CallTeam, load: Floats, staff: Floats, length: Floats) -> "_Week":
    """Put weeks together; of a part of a person the whole is there in a part of the weeks."""
    few, many = (np.floor(staff[:, None] * team.people + there) for there in _THERE)
    weeks = [few] if (few == many).all() else [few, many]
    return _Week(
        team=team,
        rates=np.tile(load[:, None] * team.profile.rates, (len(weeks), 1)),
        people=np.concatenate(weeks).astype(np.int64),
        service=np.tile(team.service_rate / length, len(weeks)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Week:
    """Cells to be carried together: calls an hour and people (m, n), calls that one answers an hour (m,)."""

    team: CallTeam
    rates: Floats
    people: Integers
    service: Floats

    def __getitem__(self, chosen: slice) -> "_Week":
        return replace(
            self, rates=self.rates[chosen], people=self.people[chosen], service=self.service[chosen]
        )

    @property
    def size(self) -> int:
        """Number of states, of which the last is as good as never reached in any cell and half-hour."""
        patience, most = self.team.patience_rate, 1
        slots = {
            (rate, answers, people)
            for rates, answers, staff in zip(self.rates, self.service, self.people, strict=True)
            for rate, people in zip(rates.tolist(), staff.tolist(), strict=True)
        }
        for rate, answers, people in slots:
            _, last = span_of_states(rate, float(answers), patience, people)
            most = max(most, last, people)
        return most + 1

    def counts(self, size: int) -> Floats:
        """Count the calls of a week that are answered in time and given up, (m, 2)."""
        laws = np.zeros((len(self.service), size))
        laws[:, 0] = 1.0
        for _ in range(_WEEKS):
            before = laws
            laws, counted = self._carried(laws)
            if np.abs(laws - before).max() <= _SAME:
                return counted
        raise ParameterError(
            f"enquiries: team {self.team.id}: calls or patience last so long that no week is like the one"
            " before; check handling_minutes and patience_minutes"
        )

    def _carried(self, laws: Floats) -> tuple[Floats, Floats]:
        """Carry laws through the half-hours of a week."""
        counted, patience = np.zeros((len(laws), 2)), self.team.patience_rate
        states = np.arange(float(laws.shape[1]))
        for place in range(self.rates.shape[1]):
            rate, people = self.rates[:, [place]], self.people[:, [place]]
            if not rate.any() and (laws[:, 0] > 1.0 - _EMPTY).all():
                continue
            ahead = np.maximum(states - people, 0.0)
            deaths = (states - ahead) * self.service[:, None] + patience * ahead
            births = np.repeat(rate, len(states), axis=1)
            births[:, -1] = 0.0
            laws, spent = carried_together(laws, births, deaths, SLOT)
            counted[:, 1] += patience * (spent * ahead).sum(axis=1)
            if self.team.within is not None:
                counted[:, 0] += rate[:, 0] * (spent * self._answered(people[:, 0], len(states))).sum(axis=1)
        return laws, counted

    def _answered(self, people: Integers, size: int) -> Floats:
        """Return the probabilities that a caller is answered in time, by how many are there, (m, size)."""
        given = self.team.patience_rate, self.team.within or 0.0
        pairs = zip(people.tolist(), self.service.tolist(), strict=True)
        return np.stack([_answered_among(size, number, rate, *given) for number, rate in pairs])


@lru_cache(maxsize=_KEPT)
def _answered_among(size: int, people: int, service: float, patience: float, within: float) -> Floats:
    """Return the probability of being answered within a time, where 0, 1, … are there, (size,)."""
    found = np.ones(size)
    ahead = np.arange(float(size - people))
    if people:
        found[people:] = served_by(ahead, people * service / patience, float(np.exp(-patience * within)))
    else:
        found[:] = 0.0
    return found
