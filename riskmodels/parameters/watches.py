"""What is watched, at which rate of false alarms, and which alarms somebody answers for."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

Every = Literal["day", "week", "month"]
Chart = Literal["both", "period", "cusum"]


class WatchRule(Parameters):
    """One thing that is watched: what, by which columns, how often, and who is told of an alarm.

    ``run_length`` is the mean time between two false alarms of one series: what people can bear to look at.
    """

    id: Identifier
    name_en: Name
    name_zh: Name
    what: Literal["complaints", "losses", "indicators"] = Field(
        description="complaints received, loss events recorded, or indicators of the policy"
    )
    indicators: tuple[Identifier, ...] = Field(
        default=(), description="which indicators, where these are watched"
    )
    by: tuple[Identifier, ...] = Field(default=(), description="columns that name a series; none: the bank")
    every: Every = "month"
    chart: Chart = Field(
        default="both", description="of single periods (large rises), of what they add up to (small ones)"
    )
    run_length: float = Field(
        default=100.0, ge=10, le=1e5, description="between two false alarms of a series, in periods"
    )
    false_share: float = Field(
        default=0.10,
        gt=0,
        le=1,
        description="most that may be false of the series that stand out in one period, where these are many",
    )
    told: tuple[Name, ...] = Field(default=(), description="functions of the bank that are told of an alarm")
    set_by: Name

    @model_validator(mode="after")
    def _says_which_indicators(self) -> "WatchRule":
        if (self.what == "indicators") != bool(self.indicators):
            raise ValueError("indicators names them where what is 'indicators', and is left out elsewhere")
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"by is {', '.join(self.by)}: name each column once")
        if self.what == "indicators" and self.every != "month":
            raise ValueError("indicators are watched every month: leave 'every' out")
        return self


class Acknowledgement(Parameters):
    """Somebody has seen an alarm and answers for it, until a day; then it is an alarm again."""

    alarm: str = Field(pattern=r"^A-[0-9a-f]{8}$", description="number of the alarm, e.g. A-1f2e3d4c")
    reason: Name
    by: Name = Field(description="function of the bank that answers for it; no person")
    until: date = Field(description="last day on which it counts")


class Acknowledgements(Parameters):
    """All alarms that are acknowledged."""

    called: ClassVar[str] = "a file of acknowledged alarms"
    acknowledged: tuple[Acknowledgement, ...] = ()

    @model_validator(mode="after")
    def _are_named_once(self) -> "Acknowledgements":
        alarms = [one.alarm for one in self.acknowledged]
        if twice := sorted({alarm for alarm in alarms if alarms.count(alarm) > 1}):
            raise ValueError(f"acknowledged twice: {', '.join(twice)}")
        return self

    def of(self, alarm_id: str, day: date) -> Acknowledgement | None:
        """Return what counts for an alarm on a day; None where nothing does."""
        for one in self.acknowledged:
            if one.alarm == alarm_id and day <= one.until:
                return one
        return None


def load_acknowledged(path: str) -> Acknowledgements:
    """Load the file of acknowledged alarms, none where the path is empty.

    Raises ParameterError where the file is not there or does not fit.
    """
    return load_parameters(path, Acknowledgements) if path else Acknowledgements()
