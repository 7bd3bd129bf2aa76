"""The service-risk policy: which indicators count, their limits, and who set them. Dated and governed."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.errors import ParameterError
from riskmodels.labels import marked
from riskmodels.misfits import nearest
from riskmodels.parameters.action_rules import ActionRules
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters
from riskmodels.parameters.satisfaction import IndexRules
from riskmodels.parameters.watches import WatchRule

Direction = Literal["higher_is_better", "lower_is_better"]
Share = Annotated[float, Field(ge=0, le=1)]  # from none to all
DEFAULT = marked("riskmodels default")
"""Who set what no bank has decided: what rests on it is assumed."""
_PRICES = {"money_per_customer_affected", "money_per_customer_lost"}


class Limits(Parameters):
    """Amber and red limits of an indicator, in its unit; at or inside amber is green.

    ``green`` is where risk points are zero; without it, as far inside amber as red is beyond it.
    """

    amber: float
    red: float
    green: float | None = None

    @property
    def best(self) -> float:
        """Where risk points are zero."""
        return 2 * self.amber - self.red if self.green is None else self.green

    @model_validator(mode="after")
    def _are_in_order(self) -> "Limits":
        if (self.amber - self.best) * (self.red - self.amber) <= 0:
            raise ValueError("red must lie beyond amber, and green on its other side")
        return self


class Objective(Parameters):
    """A change the bank wants against the year before, as a share of it (0.05 = +5 % a year)."""

    change_per_year: float = Field(gt=-1, lt=10)  # more than all gone, less than elevenfold
    source: Name


class IndicatorPolicy(Parameters):
    """One indicator: what it is called, its limits, and who set them."""

    id: Identifier
    name_en: Name
    name_zh: Name
    area: Identifier
    direction: Direction
    standard: Name = Field(description="the promise or figure in words, e.g. 'all' or '>= 70 %'")
    source: Name = Field(description="document that gives the standard")
    limits: Limits | None = Field(default=None, description="none: watched, not rated")
    limits_set_by: Name = Field(default="default", description="who set amber and red")
    limits_by_product: dict[str, Limits] = Field(default_factory=dict)
    weight: float = Field(default=1.0, ge=0, le=100, description="within its area, no unit")
    objective: Objective | None = None

    @model_validator(mode="after")
    def _red_is_beyond_amber(self) -> "IndicatorPolicy":
        for limits in (self.limits, *self.limits_by_product.values()):
            if limits is None:
                continue
            if (limits.red < limits.amber) != (self.direction == "higher_is_better"):
                raise ValueError(f"red must lie beyond amber where {self.direction}")
        if self.limits_by_product and self.limits is None:
            raise ValueError("limits_by_product needs limits for the other products")
        return self


class Area(Parameters):
    """A group of indicators with a weight in the unit score."""

    id: Identifier
    name_en: Name
    name_zh: Name
    weight: float = Field(ge=0, le=100, description="share of the score, no unit")


class Comparison(Parameters):
    """How many times more an area matters than another, on Saaty's scale from 1 to 9."""

    area: Identifier
    than: Identifier
    times: float = Field(ge=1, le=9)  # beyond nine nobody compares


class RatingRules(Parameters):
    """How evidence becomes a rating.

    ``peers`` are the units that a unit with little evidence of its own is taken to be like.
    """

    certainty: float = Field(gt=0.5, lt=1, description="probability needed for red, amber or green")
    hold: float = Field(
        default=0.6, gt=0.5, lt=1, description="probability at which the rating of the quarter before is kept"
    )
    peers: Literal["bank", "kind", "region_id"] = "kind"
    memory_quarters: int = Field(default=8, ge=1, le=40, description="quarters that count as evidence")
    score_amber: float = Field(ge=0, le=100, description="unit score from which amber, points")
    score_red: float = Field(ge=0, le=100, description="unit score from which red, points")


class DataQuality(Parameters):
    """Shares of rows in a table from which it is a finding.

    ``rewritten`` are rows that a new delivery vanishes, revises or adds late, out of those delivered before
    in the months concerned.
    """

    rejected_amber: Share
    rejected_red: Share
    rewritten_amber: Share = 0.01  # a choice: corrections of a few rows are usual
    rewritten_red: Share = 0.05  # a choice: no figure of those months stands


class GapRules(Parameters):
    """When customer groups that are worse off than all others are a finding."""

    certainty: float = Field(
        default=0.95, gt=0.5, lt=1, description="1 - the family-wise error rate of all gaps"
    )
    tolerance: Share = Field(default=0.01, description="difference of shares that is too small to matter")


class FindingRules(Parameters):
    """Which of many likely things are findings."""

    false_share: Share = Field(
        default=0.10, description="most that may be expected to be false among the findings about units"
    )
    watch: float = Field(
        default=0.67,
        gt=0.5,
        lt=1,
        description="probability from which what is no finding is on the watch list",
    )
    scenario_red: Share = Field(
        default=0.25,
        description="share of the policy's weight that turns red from which a scenario is a red finding",
    )


class DrillRules(Parameters):
    """How often the plan of a scenario is drilled."""

    interval_months: int = Field(
        default=12, ge=1, le=60, description="longest time between two drills of a plan, months"
    )


class IncidentRules(Parameters):
    """When what was late in a major incident is a red finding; what is late at all is an amber one."""

    late_red: float = Field(default=2.0, gt=1, le=100, description="multiple of its time limit")


class Appetite(Parameters):
    """How the quantities of the risk register become money, bands of the matrix and colours.

    Bands are limits between the five rows (frequency) and columns (impact) of the matrix. The defaults are
    riskmodels' own, for the bank to decide.
    """

    money_per_customer_affected: float = Field(default=30.0, ge=0, description="CNY")
    money_per_customer_lost: float = Field(default=600.0, ge=0, description="income of a year, CNY")
    frequency_bands: tuple[float, float, float, float] = Field(
        default=(0.1, 1.0, 10.0, 100.0), description="events a year"
    )
    impact_bands: tuple[float, float, float, float] = Field(
        default=(1e4, 1e5, 1e6, 1e7), description="CNY an event"
    )
    amber: float = Field(default=1e6, gt=0, description="expected loss of one risk, CNY a year")
    red: float = Field(default=1e7, gt=0, description="expected loss of one risk, CNY a year")
    set_by: Name = DEFAULT

    @property
    def prices_set_by(self) -> str:
        """Who set what a customer affected or lost counts for; riskmodels where one is left out."""
        return self.set_by if self.model_fields_set >= _PRICES else DEFAULT

    @model_validator(mode="after")
    def _rise(self) -> "Appetite":
        for name in ("frequency_bands", "impact_bands"):
            bands = getattr(self, name)
            if bands[0] <= 0 or any(late <= early for early, late in pairwise(bands)):
                raise ValueError(f"{name} must be positive and rise")
        if self.red <= self.amber:
            raise ValueError("red must be more than amber")
        return self


class Adopted(Parameters):
    """Which decisions made a policy file of an earlier one; written by ``riskmodels policy adopt``."""

    period: Name = Field(description="last quarter whose evidence it rests on")
    base: date = Field(description="the policy that was changed")
    proposals: Name = Field(description="of the ledger, blanks between")
    decisions: Name = Field(description="of the ledger, blanks between")
    ledger_head: Name = Field(description="before it was adopted")


class Policy(Parameters):
    """The whole policy in force from a day on."""

    called: ClassVar[str] = "a policy"
    valid_from: date
    title_en: Name
    title_zh: Name
    approval: Name = Field(description="the decision that put it in force, in words")
    adopted: Adopted | None = Field(default=None, description="by which decisions; none: of none in a ledger")
    rating: RatingRules
    data_quality: DataQuality
    gaps: GapRules = GapRules()
    findings: FindingRules = FindingRules()
    appetite: Appetite = Appetite()
    drills: DrillRules = DrillRules()
    incidents: IncidentRules = IncidentRules()
    actions: ActionRules = ActionRules()
    satisfaction_index: IndexRules = IndexRules()
    watch: tuple[WatchRule, ...] = Field(
        default=(), description="what is watched between assessments; none: nothing"
    )
    store_retention_days: int = Field(ge=1, description="how long accepted tables are kept, days")
    areas: tuple[Area, ...]
    comparisons: tuple[Comparison, ...] = Field(
        default=(), description="of every two areas: weights by AHP are shown beside the policy's"
    )
    indicators: tuple[IndicatorPolicy, ...]

    @model_validator(mode="after")
    def _names_are_consistent(self) -> "Policy":
        areas = [area.id for area in self.areas]
        indicators = [indicator.id for indicator in self.indicators]
        for names in (areas, indicators, [rule.id for rule in self.watch]):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"given twice: {', '.join(twice)}")
        unknown = sorted({i.area for i in self.indicators} - set(areas))
        if unknown:
            raise ValueError(f"indicators name areas that are not there: {', '.join(unknown)}")
        watched = {name for rule in self.watch for name in rule.indicators}
        if strange := sorted(watched - set(indicators)):
            raise ValueError(f"watch names indicators that are not there: {', '.join(strange)}")
        return self

    @property
    def products(self) -> tuple[str, ...]:
        """Products with limits of their own, in the order of the indicators that have them."""
        return tuple(dict.fromkeys(name for one in self.indicators for name in one.limits_by_product))

    def indicator(self, indicator_id: str) -> IndicatorPolicy:
        """Return one indicator's policy; raises ParameterError where the policy has none of that name."""
        for indicator in self.indicators:
            if indicator.id == indicator_id:
                return indicator
        known = nearest(indicator_id, [indicator.id for indicator in self.indicators])
        raise ParameterError(f"the policy of {self.valid_from} has no indicator '{indicator_id}'; {known}")


def load_policy(folder: str | Path, *, on: str | date) -> Policy:
    """Load the policy in force on a day.

    Parameters
    ----------
    folder : str or Path
        Folder of policy files called ``<valid_from>.yaml``.
    on : str or date
        The day, ISO format.

    Returns
    -------
    Policy
        The one with the latest ``valid_from`` that is not after ``on``.

    Raises
    ------
    ParameterError
        No policy is in force on that day, or the file does not fit, or its name is not its date.
    """
    day = _as_day(on)
    dates = {_as_day(path.stem): path for path in sorted(Path(folder).glob("*.yaml"))}
    in_force = [start for start in dates if start <= day]
    if not in_force:
        raise ParameterError(f"no policy in {folder} is in force on {day}: put one there as <date>.yaml")
    path = dates[max(in_force)]
    policy = load_parameters(path, Policy, shown=True)
    if policy.valid_from.isoformat() != path.stem:
        raise ParameterError(f"{path}: valid_from is {policy.valid_from}, the file name says {path.stem}")
    return policy


def _as_day(value: str | date) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        raise ParameterError(f"'{value}' is not a day; expected YYYY-MM-DD, e.g. 2026-10-01") from None
