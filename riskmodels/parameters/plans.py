"""Contingency plans: what is done in a scenario, by whom, until when, with what; and the last drill."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.errors import ParameterError
from riskmodels.labels import marked, plural
from riskmodels.misfits import nearest
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters
from riskmodels.parameters.policy import Policy

_YEAR = 12  # months
_WORDS = {
    "minutes": (marked("{count:g} minute"), marked("{count:g} minutes")),
    "hours": (marked("{count:g} hour"), marked("{count:g} hours")),
    "working_days": (marked("{count:g} working day"), marked("{count:g} working days")),
}


class TimeLimit(Parameters):
    """How long after the start of the event."""

    value: float = Field(gt=0, le=1000)  # of its unit: more is no time limit
    unit: Literal["minutes", "hours", "working_days"]

    @property
    def words(self) -> str:
        """In the language in use, e.g. 30 minutes."""
        return plural(self.value, *_WORDS[self.unit], count=self.value)


class Measure(Parameters):
    """One step of a plan: what is done, by whom, until when."""

    name_en: Name
    name_zh: Name
    owner_en: Name
    owner_zh: Name
    within: TimeLimit
    shown_by: Literal["detected", "responded", "ended"] | None = Field(
        default=None, description="moment of the table incidents by which it is done; left out: none shows it"
    )


class Reserve(Parameters):
    """Staff or equipment kept for the event."""

    kind: Literal["staff", "equipment"]
    name_en: Name
    name_zh: Name
    quantity: float = Field(gt=0, le=1e5, description="people or pieces")
    ready_within: TimeLimit


class Notice(Parameters):
    """Who is told what, by whom, until when."""

    who: Literal["customers", "supervisor", "partners"]
    name_en: Name
    name_zh: Name
    owner_en: Name
    owner_zh: Name
    within: TimeLimit


class Gap(Parameters):
    """What a drill found wanting; open until the day on which it was closed."""

    name_en: Name
    name_zh: Name
    closed_on: date | None = None


class Drill(Parameters):
    """A drill that was held."""

    held_on: date
    gaps: tuple[Gap, ...] = ()

    @model_validator(mode="after")
    def _gaps_close_later(self) -> "Drill":
        for place, gap in enumerate(self.gaps):
            if gap.closed_on is not None and gap.closed_on < self.held_on:
                raise ValueError(f"gaps.{place}: closed_on is before the drill was held")
        return self


class Plan(Parameters):
    """The contingency plan of one scenario."""

    scenario: Identifier
    owner_en: Name
    owner_zh: Name
    steps: tuple[Measure, ...] = Field(min_length=1)
    reserves: tuple[Reserve, ...] = ()
    notices: tuple[Notice, ...] = ()
    last_drill: Drill | None = None
    set_by: Name

    def open_gaps(self, as_of: date) -> tuple[Gap, ...]:
        """Return the gaps of the last drill that were not closed by a day."""
        gaps = self.last_drill.gaps if self.last_drill and self.last_drill.held_on <= as_of else ()
        return tuple(gap for gap in gaps if gap.closed_on is None or gap.closed_on > as_of)

    def is_overdue(self, interval_months: int, as_of: date) -> bool:
        """Tell whether no drill was held in so many months up to a day.

        >>> by = {"scenario": "s", "owner_en": "o", "owner_zh": "o", "set_by": "x"}
        >>> within = TimeLimit(value=1, unit="hours")
        >>> step = Measure(name_en="a", name_zh="a", owner_en="o", owner_zh="o", within=within)
        >>> plan = Plan(steps=(step,), last_drill=Drill(held_on=date(2025, 9, 30)), **by)
        >>> plan.is_overdue(12, date(2026, 9, 30)), plan.is_overdue(12, date(2026, 10, 1))
        (False, True)
        """
        if self.last_drill is None or self.last_drill.held_on > as_of:
            return True
        held = self.last_drill.held_on
        months = (as_of.year - held.year) * _YEAR + as_of.month - held.month
        return (months, as_of.day) > (interval_months, held.day)


class Plans(Parameters):
    """The plans of a bank, at most one for a scenario."""

    called: ClassVar[str] = "a file of contingency plans"
    plans: tuple[Plan, ...]

    @model_validator(mode="after")
    def _are_one_each(self) -> "Plans":
        known = [plan.scenario for plan in self.plans]
        if twice := sorted({name for name in known if known.count(name) > 1}):
            raise ValueError(f"plans: given twice: {', '.join(twice)}")
        return self

    def of(self, scenario_id: str) -> Plan | None:
        """Return the plan of a scenario, if there is one."""
        return next((plan for plan in self.plans if plan.scenario == scenario_id), None)


def load_plans(path: str | Path) -> Plans:
    """Load the contingency plans; raises ParameterError where the file does not fit."""
    return load_parameters(path, Plans, shown=True)


def overdue_drills(plans: Plans, policy: Policy, as_of: date) -> tuple[Plan, ...]:
    """Return the plans without a drill in the policy's ``drills.interval_months`` up to a day."""
    interval = policy.drills.interval_months
    return tuple(plan for plan in plans.plans if plan.is_overdue(interval, as_of))


def refuse_unknown_scenarios(plans: Plans, known: Collection[str], *, where: str | Path) -> None:
    """Raise ParameterError, naming file and dotted path, where a plan is for no scenario that there is."""
    for place, plan in enumerate(plans.plans):
        if plan.scenario not in known:
            raise ParameterError(
                f"{where} does not fit {Plans.called}: plans.{place}.scenario: no scenario is called"
                f" '{plan.scenario}'; {nearest(plan.scenario, known)}"
            )
