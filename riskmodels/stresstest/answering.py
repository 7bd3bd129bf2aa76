"""Teams that answer calls: when calls come, who is at the telephones, and what service level is meant."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.parameters.capacity import Capacity, Enquiries, Team
from riskmodels.stresstest.call_profiles import (
    DAY,
    SLOT,
    WEEK,
    CallProfile,
    given_profile,
    seen_profiles,
    shift_of,
)
from riskmodels.stresstest.staffing import offered_load
from riskmodels.tables import Table

_WEEK_DAYS = 5  # that one of a team works in a week
_HOUR = 60.0  # minutes


@dataclass(frozen=True, kw_only=True, eq=False)
class CallTeam:
    """One team that answers calls.

    Attributes
    ----------
    id : str
        The team.
    profile : CallProfile
        When its calls come.
    given : Enquiries, optional
        How long calls and patience last, and the service level; None where the capacity file does not say.
    people : ndarray, shape of the profile's rates
        At the telephones in each half-hour, not rounded; none where the capacity file does not say.
    """

    id: str
    profile: CallProfile
    given: Enquiries | None
    people: Floats

    @property
    def service_rate(self) -> float:
        """Calls an hour that one of its people answers."""
        return _HOUR / self.given.handling_minutes if self.given else 0.0

    @property
    def patience_rate(self) -> float:
        """One over the mean patience [1/hour]."""
        return _HOUR / self.given.patience_minutes if self.given else 0.0

    @property
    def within(self) -> float | None:
        """Time within which calls are to be answered [hours], where the service level has one."""
        minutes = self.given.service_level.within_minutes if self.given else None
        return None if minutes is None else minutes / _HOUR


def call_teams(capacity: Capacity | None, enquiries: Table | None, last: pd.Period) -> list[CallTeam]:
    """Return the teams that answer calls, of the capacity file first; none where nothing says of calls.

    Calls are those of the table up to the last period known, where it has the team, else those of the file.
    """
    seen = seen_profiles(enquiries, last)
    given = {} if capacity is None else {one.team: one for one in capacity.enquiries}
    teams = {} if capacity is None else {one.id: one for one in capacity.teams}
    found = []
    for name, calls in given.items():
        profile = seen.get(name) or given_profile(calls, teams[name].hours_a_day)
        people = people_of(calls, teams[name], profile)
        found.append(CallTeam(id=name, profile=profile, given=calls, people=people))
    found += [
        CallTeam(id=name, profile=profile, given=None, people=np.zeros(0))
        for name, profile in seen.items()
        if name not in given
    ]
    return found


def people_of(calls: Enquiries, team: Team, profile: CallProfile) -> Floats:
    """Return who is at the telephones in each half-hour, as given, or the whole team where calls are."""
    if calls.people:
        people = np.array(calls.people)
        return np.resize(people, len(profile.rates))
    if not calls.profile and len(profile.rates) == DAY:
        return np.where(shift_of(team.hours_a_day) > 0, team.handlers * (1 - team.absence), 0.0)
    hours = team.minutes_a_day / _HOUR * (_WEEK_DAYS if len(profile.rates) == WEEK else 1)
    return _placed(profile.rates, _HOUR / calls.handling_minutes, hours)


def _placed(rates: Floats, service_rate: float, hours: float) -> Floats:
    """Put people where calls are: the load that calls make, and as many square roots of it as hours allow."""
    load = offered_load(rates, service_rate, SLOT * np.arange(len(rates) + 1), periodic=True)
    load = np.where(rates > 0, (load[1:] + load[:-1]) / 2, 0.0)
    root = np.sqrt(load)

    def spent(grade: float) -> float:
        return float(SLOT * np.maximum(load + grade * root, 0.0).sum()) - hours

    most = hours / (SLOT * root.sum())
    grade = scipy.optimize.brentq(spent, -float(root.max()), most)
    return np.asarray(np.maximum(load + grade * root, 0.0))
