"""Who handles complaints, and how many a day: as the bank says, or as its own complaints show."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.parameters.capacity import Capacity, Team
from riskmodels.stresstest.known import known_by, resolved_by
from riskmodels.stresstest.mix import Mix
from riskmodels.tables import Table
from riskmodels.tables.sql import literal

SEVERITIES = ("major", "serious", "ordinary")  # in the order in which they are done
WORKING_DAYS = 21  # of a month
_WEEK = 5  # working days
_WEEKS, _FEWEST = 104, 26  # looked at: two years; without half a year nothing is estimated
_SUSTAINED = 4  # weeks together: the most that was done in as many is what the team can keep up, or less


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamCapacity:
    """What one team can do.

    Attributes
    ----------
    id : str
        The team; ``bank`` where capacity is estimated.
    a_day, lower, upper : float
        Complaints that it can finish on a working day: of an estimate between the most that was finished in
        four weeks together and the most in one.
    share : ndarray, shape (n,)
        Share of the complaints about each product that are its own.
    dispersion : float
        By how much days differ beyond chance: variance = mean + dispersion · mean².
    is_estimated : bool
        From its busiest weeks: the team may be able to do more.
    classes : tuple of (str, ndarray of shape (n,))
        Severities, the first done first, and the share of the complaints about each product that are its own
        of each; they add up to ``share``. None where severities are not known.
    is_handed : bool
        It handles complaints of another team that are too severe for that.
    """

    id: str
    a_day: float
    lower: float
    upper: float
    share: Floats
    dispersion: float
    is_estimated: bool
    classes: tuple[tuple[str, Floats], ...] = ()
    is_handed: bool = False


def team_capacities(
    capacity: Capacity | None, complaints: Table | None, mix: Mix, keys: pd.DataFrame
) -> list[TeamCapacity]:
    """Return what the teams can do; of no team, what the bank's own complaints show; else none.

    Parameters
    ----------
    capacity : Capacity, optional
        The teams that the bank gives.
    complaints : Table, optional
        One by one, with the day of resolution.
    mix : Mix
        Whose complaints they are: a team may handle some units, channels or categories alone. What happened
        or was entered after its last period is not looked at.
    keys : DataFrame
        Of the series of the outlook, n: product, and other places where it is by them.
    """
    weeks = _weeks(complaints, mix.last)
    dispersion = _dispersion(weeks)
    given = [] if capacity is None else _given(capacity, mix, keys, dispersion)
    return given or _estimated(weeks, _seen(complaints, mix.last), len(keys), dispersion)


def _given(capacity: Capacity, mix: Mix, keys: pd.DataFrame, dispersion: float) -> list[TeamCapacity]:
    """Return the teams that the bank gives, but those that have no complaints."""
    classes = _classes(
        capacity,
        {team.id: _handled(team, mix, keys) for team in capacity.teams if not _asks_for_none(team, capacity)},
    )
    found = []
    for team in capacity.teams:
        if own := classes[team.id]:
            a_day = team.minutes_a_day / team.minutes_a_case.mean
            one = TeamCapacity(
                id=team.id,
                a_day=a_day,
                lower=a_day,
                upper=a_day,
                share=np.sum(list(own.values()), axis=0),
                dispersion=dispersion,
                is_estimated=False,
                classes=tuple(own.items()),
                is_handed="ordinary" not in own,
            )
            found.append(one)
    return found


def _estimated(
    weeks: pd.DataFrame, severities: dict[str, float], keys: int, dispersion: float
) -> list[TeamCapacity]:
    """Return the whole bank as one team, by the most that it finished; none where that is not known."""
    done = weeks["resolved"].to_numpy(dtype=np.float64)
    if len(done) < _FEWEST or not done.any():
        return []
    lower, upper = (float(weeks["resolved"].rolling(n).mean().max() / _WEEK) for n in (_SUSTAINED, 1))
    whole = np.ones(keys)
    return [
        TeamCapacity(
            id="bank",
            a_day=(lower + upper) / 2,
            lower=lower,
            upper=upper,
            share=whole,
            dispersion=dispersion,
            is_estimated=True,
            classes=tuple((name, whole * part) for name, part in severities.items()),
        )
    ]


def _seen(complaints: Table | None, last: pd.Period) -> dict[str, float]:
    """Return the share of each severity in the year's complaints up to a period; none where they lack it."""
    if complaints is None or not complaints.gives("severity"):
        return {}
    begin = f"TIMESTAMP {literal(str((last + 1).start_time))} - INTERVAL 1 YEAR"
    rows = complaints.relation.filter(
        f"severity IS NOT NULL AND received_at >= {begin} AND {known_by(complaints, last)}"
    )
    counts = dict(rows.aggregate("severity, count(*)").fetchall())
    total = sum(counts.values())
    return {name: counts[name] / total for name in SEVERITIES if name in counts}


def _asks_for_none(team: Team, capacity: Capacity) -> bool:
    """Tell whether a team that lists no complaints has only those that others hand it, or calls alone."""
    handed = {one.handled_by for other in capacity.teams for one in other.priorities if other.id != team.id}
    calls = {one.team for one in capacity.enquiries if one.people}
    return not _lists(team) and team.id in handed | calls


def _classes(capacity: Capacity, own: dict[str, Floats]) -> dict[str, dict[str, Floats]]:
    """Return the shares of complaints that each team handles of each severity, the most serious first.

    ``own`` are the shares of the teams that complaints come to, before they hand any to others.
    """
    found: dict[str, dict[str, Floats]] = {team.id: {} for team in capacity.teams}
    for team in capacity.teams:
        if team.id not in own:
            continue
        for one in team.priorities:
            handles, part = found[one.handled_by or team.id], own[team.id] * one.share
            if part.any():
                handles[one.severity] = handles.get(one.severity, 0.0) + part
        found[team.id]["ordinary"] = own[team.id] * (1.0 - sum(one.share for one in team.priorities))
    return {
        name: {one: handles[one] for one in SEVERITIES if one in handles} for name, handles in found.items()
    }


def places_of(capacity: Capacity | None) -> set[str]:
    """Return the places of complaints by which teams share their work."""
    return {place for team in capacity.teams for place in _lists(team)} if capacity else set()


def _lists(team: Team) -> dict[str, tuple[str, ...]]:
    """Return what a team handles, by place, where it is not all."""
    own = team.handles
    lists = {
        "product": own.products,
        "unit_id": own.units,
        "channel": own.channels,
        "category": own.categories,
    }
    return {place: names for place, names in lists.items() if names}


def _handled(team: Team, mix: Mix, keys: pd.DataFrame) -> Floats:
    """Return the share of the complaints of each series that a team handles.

    Raises
    ------
    ParameterError
        The complaints do not say one of the places by which the team is chosen.
    """
    lists = _lists(team)
    if unknown := sorted(set(lists) - set(mix.cells)):
        raise ParameterError(
            f"team {team.id} handles complaints by {unknown[0]}, which the complaints do not have:"
            " leave it out"
        )
    own = np.ones(len(mix.cells), dtype=np.bool_)
    for place, names in lists.items():
        own &= mix.cells[place].astype("str").isin(names).to_numpy()
    return mix.part(keys, own)


def _weeks(complaints: Table | None, last: pd.Period) -> pd.DataFrame:
    """Count complaints received and resolved by week, whole weeks of the two years up to a period's end."""
    if complaints is None or not complaints.gives("resolved_at"):
        return pd.DataFrame({"received": [], "resolved": []}, dtype="float64")
    columns = {}
    for name, known in (("received", known_by), ("resolved", resolved_by)):
        week = f"date_trunc('week', {name}_at)"
        found = (
            complaints.relation.filter(known(complaints, last))
            .aggregate(f"{week} AS week, count(*) AS number")
            .df()
            .dropna()
        )
        columns[name] = found.set_index("week")["number"].sort_index()
    frame = pd.DataFrame(columns).fillna(0.0)
    return frame.iloc[1:-1].tail(_WEEKS)  # the first and the last may be parts


def _dispersion(weeks: pd.DataFrame) -> float:
    """Return by how much days differ beyond chance, from neighbouring weeks."""
    received = weeks["received"].to_numpy(dtype=np.float64)
    if len(received) < _FEWEST or not received.any():
        return 0.0
    mean, variance = float(received.mean() / _WEEK), float((np.diff(received) ** 2).mean() / 2 / _WEEK)
    return max((variance - mean) / mean**2, 0.0)
