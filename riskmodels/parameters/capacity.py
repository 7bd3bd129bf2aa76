"""How many cases and calls the bank's teams can handle: people, shifts, absence, handling times."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

_HALF_HOURS, _DAYS = 48, 7  # of a day, and of a week
_MOST_MINUTES = 1e5  # of one case: two months of nothing else
_MINUTES = "minutes"
Minutes = Annotated[float, Field(gt=0, le=_MOST_MINUTES, description=_MINUTES)]
Share = Annotated[float, Field(ge=0, le=1)]


class Handles(Parameters):
    """Which complaints a team handles; a list left out or empty means all."""

    products: tuple[Name, ...] = ()
    units: tuple[Name, ...] = ()
    channels: tuple[Name, ...] = ()
    categories: tuple[Name, ...] = ()


class HandlingTime(Parameters):
    """Work on one case: its mean, and how much it varies."""

    mean: Minutes
    cv: float = Field(gt=0, le=10, description="standard deviation as a share of the mean")


class Priority(Parameters):
    """Cases of a severity that go before ordinary ones, and who handles them (source 002)."""

    severity: Literal["serious", "major"]
    share: Share = Field(description="of the team's cases")
    handled_by: Identifier | None = Field(
        default=None, description="a team of this file, e.g. supervisors; left out: the team itself, first"
    )


class Team(Parameters):
    """People who handle complaints, and calls where ``enquiries`` name them."""

    id: Identifier
    name_en: Name
    name_zh: Name
    handles: Handles = Handles()
    handlers: float = Field(gt=0, le=1e5, description="people, full-time equivalents")
    hours_a_day: float = Field(gt=0, le=24, description="worked by one of them on a working day, hours")
    absence: float = Field(ge=0, lt=1, description="share of handlers away on a usual day")
    minutes_a_case: HandlingTime
    priorities: tuple[Priority, ...] = ()
    basis: Name = Field(description="where the figures come from, in words")
    set_by: Name

    @property
    def minutes_a_day(self) -> float:
        """Minutes of work that the team has on a usual working day."""
        return self.handlers * (1 - self.absence) * self.hours_a_day * 60

    @model_validator(mode="after")
    def _priorities_fit(self) -> "Team":
        severities = [one.severity for one in self.priorities]
        if len(set(severities)) < len(severities):
            raise ValueError("priorities: a severity is given twice")
        if sum(one.share for one in self.priorities) > 1:
            raise ValueError("priorities: their shares are more than 1 together")
        return self


class ServiceLevel(Parameters):
    """Which of three meanings of a service level is meant, and its limit.

    ``served_within``: of calls that are served; ``offered_within``: of all calls, those given up too;
    ``not_abandoned``: calls that are not given up, however long they wait.
    """

    meaning: Literal["served_within", "offered_within", "not_abandoned"]
    within_minutes: Minutes | None = None
    limit: Share = Field(description="share of calls that must reach it")

    @model_validator(mode="after")
    def _has_its_time(self) -> "ServiceLevel":
        if (self.within_minutes is None) != (self.meaning == "not_abandoned"):
            raise ValueError("give within_minutes for served_within and offered_within, and for them alone")
        return self


class Enquiries(Parameters):
    """Enquiries and calls of one team on a usual day."""

    team: Identifier
    calls_a_day: float = Field(gt=0, le=1e7, description="calls")
    profile: tuple[Annotated[float, Field(ge=0, le=1e7)], ...] = Field(
        default=(), description="weights of the 48 half-hours from midnight; left out: evenly over the shift"
    )
    people: tuple[Annotated[float, Field(ge=0, le=1e5)], ...] = Field(
        default=(),
        description="at the telephones in the 48 half-hours of a day, or in the 336 of a week from Monday;"
        " left out: the whole team, when calls come",
    )
    handling_minutes: Minutes
    patience_minutes: Minutes
    service_level: ServiceLevel
    basis: Name
    set_by: Name

    @model_validator(mode="after")
    def _profile_is_a_day(self) -> "Enquiries":
        if self.profile and (len(self.profile) != _HALF_HOURS or not sum(self.profile)):
            raise ValueError(f"profile: expected {_HALF_HOURS} half-hours, not all of them 0")
        whole = (_HALF_HOURS, _DAYS * _HALF_HOURS)
        if self.people and (len(self.people) not in whole or not sum(self.people)):
            raise ValueError(f"people: expected {whole[0]} or {whole[1]} half-hours, not all of them 0")
        return self


class Capacity(Parameters):
    """Teams and calls; where there is no team, capacity is estimated from the bank's own complaints."""

    called: ClassVar[str] = "a capacity file"
    teams: tuple[Team, ...]
    enquiries: tuple[Enquiries, ...] = ()

    @model_validator(mode="after")
    def _teams_are_there(self) -> "Capacity":
        known = [team.id for team in self.teams]
        if twice := sorted({name for name in known if known.count(name) > 1}):
            raise ValueError(f"teams: given twice: {', '.join(twice)}")
        named = {
            f"teams.{place}.priorities.{number}.handled_by": one.handled_by
            for place, team in enumerate(self.teams)
            for number, one in enumerate(team.priorities)
            if one.handled_by is not None
        }
        named |= {f"enquiries.{place}.team": one.team for place, one in enumerate(self.enquiries)}
        if strange := [f"{at}: there is no team '{name}'" for at, name in named.items() if name not in known]:
            raise ValueError("; ".join(strange))
        if len({one.team for one in self.enquiries}) < len(self.enquiries):
            raise ValueError("enquiries: a team is given twice")
        return self


def load_capacity(path: str | Path) -> Capacity:
    """Load the capacity file; raises ParameterError where it does not fit."""
    return load_parameters(path, Capacity, shown=True)
