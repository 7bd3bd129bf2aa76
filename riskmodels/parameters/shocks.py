"""A shock in its own unit: how large it is in each month, and what it moves."""

from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, model_validator

from riskmodels.arrays import Floats
from riskmodels.parameters.elicited import Elicited
from riskmodels.parameters.files import Identifier, Name, Parameters

What = Literal[
    "complaints",
    "enquiries",
    "staff",
    "handling_time",
    "indicator",
    "limit",
    "loss_frequency",
    "loss_severity",
    "upheld",
    "redress",
    "fine",
    "retention",
]
PLACES = ("product", "unit_id", "channel", "category", "team", "event_type")
"""Where a movement may be felt; what is left out is all of it."""
RELATIVE = ("complaints", "enquiries", "staff", "handling_time", "loss_frequency", "loss_severity", "redress")
"""What is multiplied by ``max(0, 1 + change × shock)``; of all else the change is in its own unit."""
_FELT: dict[str, tuple[str, ...]] = {
    "complaints": ("product", "unit_id", "channel", "category"),
    "enquiries": ("unit_id", "channel", "team"),
    "staff": ("unit_id", "team"),
    "handling_time": ("product", "unit_id", "channel", "category", "team"),
    "indicator": ("product", "unit_id", "channel"),
    "limit": ("product",),
    "loss_frequency": ("product", "unit_id", "event_type"),
    "loss_severity": ("product", "unit_id", "event_type"),
    "upheld": ("product", "unit_id", "channel", "category"),
    "redress": ("product", "unit_id", "channel", "category"),
    "fine": ("event_type",),
    "retention": ("product", "unit_id"),
}
ALL = "all"
_OF_INDICATOR = ("indicator", "limit")
_SHARES = ("upheld", "retention")
_MOST_TIMES = 1000.0  # as many as before: more is a slip of the pen
MONTHS = 3  # of a quarter, by which paths of the economy go
_WHERE = "where it is felt; left out: everywhere"
Place = Annotated[Name | None, Field(default=None, description=_WHERE)]


class Movement(Parameters):
    """What a shock moves, where, and by how much for each unit of it in the same month.

    ``change`` is relative (0.5 = half as many more) for what is in ``RELATIVE``, money [CNY] for a fine
    (once, for the most that the shock reaches), and else in the unit of what is moved (shares as fractions).
    ``per: doubling_of_complaints`` makes it a change of an indicator for every doubling of all complaints,
    whatever the size of the shock while it lasts.
    """

    what: What
    product: Place
    unit_id: Place
    channel: Place
    category: Place
    team: Identifier | None = Field(default=None, description="a team of the capacity file")
    event_type: Place
    indicator: Identifier | None = Field(default=None, description="which, of indicator and limit")
    per: Literal["unit_of_shock", "doubling_of_complaints"] = "unit_of_shock"
    change: Elicited
    delay_months: int = Field(default=0, ge=0, le=120, description="until a fine is paid, months")

    @property
    def felt(self) -> dict[str, str]:
        """Where it is felt: the places that are given."""
        given = {place: getattr(self, place) for place in PLACES}
        return {place: name for place, name in given.items() if name is not None}

    @property
    def where(self) -> str:
        """The places where it is felt, by name; ``all`` where it is felt everywhere."""
        return ", ".join(self.felt.values()) or ALL

    @property
    def indicator_id(self) -> str:
        """The indicator that it changes or whose limits it moves; empty where it changes none itself."""
        own = {"upheld": "upheld_rate", "retention": "retention"}
        return own.get(self.what, self.indicator or "")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Movement":
        if strange := [place for place in self.felt if place not in _FELT[self.what]]:
            known = ", ".join(_FELT[self.what])
            raise ValueError(f"{self.what} is not felt by {strange[0]}; it may be by {known}")
        if alls := [place for place, name in self.felt.items() if name == ALL]:
            raise ValueError(f"leave {alls[0]} out where all are meant")
        if (self.indicator is not None) != (self.what in _OF_INDICATOR):
            raise ValueError("name an indicator of what: indicator and what: limit, and of nothing else")
        if self.per == "doubling_of_complaints" and self.what != "indicator":
            raise ValueError("only an indicator changes per doubling_of_complaints")
        if self.delay_months and self.what != "fine":
            raise ValueError(
                "only a fine has delay_months; what else comes late is a shock that starts later"
            )
        if self.what == "fine" and self.change.low < 0:
            raise ValueError("a fine cannot be negative: low is money for one unit of the shock")
        if self.what in _SHARES and self.change.largest > 1:
            raise ValueError(f"the change of {self.what} is more than 1, and a share cannot change by more")
        return self


class Course(Parameters):
    """A variable of the economy that a shock follows, quarter by quarter, from its first month on.

    Files are CSV files in the layout of the Federal Reserve's scenarios, named from the scenario's folder.
    Their quarters are read with it: ``past``, ``ahead`` and ``without`` are not written in it.
    """

    file: Name = Field(description="of the path")
    scenario: Name = Field(description="its Scenario Name in that file")
    series: Name = Field(description="its column")
    history: Name = Field(description="file of the quarters up to the path's first")
    baseline: Name | None = Field(
        default=None, description="file of the path without the scenario; left out: as the last quarter was"
    )
    measure: Literal["points", "per_cent"] = Field(
        default="points", description="against the baseline: difference in its own unit, or per cent of it"
    )
    pushes: Literal["up", "down"] = Field(
        default="up", description="the shock is how far it lies above the baseline, or below it"
    )
    first: str = ""
    past: tuple[float, ...] = ()
    ahead: tuple[float, ...] = ()
    without: tuple[float, ...] = ()

    @property
    def side(self) -> float:
        """1 where the shock is how far it lies above the baseline, -1 where below."""
        return 1.0 if self.pushes == "up" else -1.0

    @property
    def sizes(self) -> tuple[float, ...]:
        """By quarter, how far it lies beyond the baseline, to the side that counts."""
        pairs = zip(self.ahead, self.without, strict=True)
        if self.measure == "per_cent":
            return tuple(max(self.side * 100 * (value / usual - 1), 0.0) for value, usual in pairs)
        return tuple(max(self.side * (value - usual), 0.0) for value, usual in pairs)


class Shock(Parameters):
    """One thing that happens: its size in its own unit, when, how it comes and goes, and what it moves.

    ``part`` is the scenario that a combined one took it from; a file does not give it.
    """

    model_config = ConfigDict(json_schema_extra={"renamed": {"unit": "unit_en and unit_zh"}})
    id: Identifier
    name_en: Name
    name_zh: Name
    unit_en: Name = Field(description="in words, e.g. hours down")
    unit_zh: Name = Field(description="in words, e.g. 小时中断")
    size: float = Field(
        ge=0, le=1e6, description="the most it reaches, in its unit; of follows: so many times the path"
    )
    start_month: int = Field(default=1, ge=1, le=180, description="month of the scenario in which it begins")
    months: int = Field(ge=0, le=60, description="how long, months; 0 does nothing")
    shape: Literal["step", "ramp_up", "ramp_down"] = "step"
    half_life_months: float = Field(
        default=0.0, ge=0, le=120, description="months after its last in which it halves; 0: ends at once"
    )
    follows: Course | None = Field(default=None, description="a path of the economy gives its shape")
    moves: tuple[Movement, ...] = Field(min_length=1)
    part: Identifier | None = None

    @property
    def name(self) -> str:
        """Its id, behind the scenario that a combined one took it from."""
        return f"{self.part}.{self.id}" if self.part else self.id

    def profile(self, months: int) -> Floats:
        """Return how large the shock is in each month of the scenario.

        Parameters
        ----------
        months : int
            How many months of the scenario.

        Returns
        -------
        ndarray, shape (months,) [unit of the shock]
            Never negative and never more than ``size``; a later start shifts it and does nothing else.
        """
        month = np.arange(2.0 - self.start_month, months + 2.0 - self.start_month)  # of the shock, from 1
        if not self.months:
            return np.zeros(months)
        ends = {
            "step": (1.0, np.ones(months)),
            "ramp_up": (1.0, month / self.months),
            "ramp_down": (1 / self.months, (self.months + 1 - month) / self.months),
        }
        last, during = ends[self.shape] if self.follows is None else self._followed(month)
        found: Floats = self.size * np.where(month >= 1, during, 0.0)
        past = month > self.months
        with np.errstate(over="ignore", divide="ignore"):  # of half-lives beyond counting nothing is left
            found[past] = self.size * last * 0.5 ** ((month[past] - self.months) / self.half_life_months)
        return found

    def _followed(self, month: Floats) -> tuple[float, Floats]:
        """Return the path at its last month and in each, against its most: months from 1."""
        sizes = np.repeat(self.follows.sizes if self.follows else (), MONTHS)[: self.months]
        most = max(sizes, default=0.0)
        if most == 0:
            return 0.0, np.zeros(len(month))
        at = np.clip(month - 1, 0, len(sizes) - 1).astype(int)
        return float(sizes[-1] / most), sizes[at] / most

    @model_validator(mode="after")
    def _stays_possible(self) -> "Shock":
        if self.follows is not None and self.shape != "step":
            raise ValueError("leave shape out: the path that it follows is its shape")
        moved = [(one.what, one.indicator, one.per, tuple(one.felt.items())) for one in self.moves]
        if len(set(moved)) < len(moved):
            raise ValueError("moves: the same is moved twice in the same place")
        for place, one in enumerate(self.moves):
            if problem := impossible(one, self.size):
                raise ValueError(f"moves.{place}: {one.what} {problem}")
        return self


def impossible(movement: Movement, size: float) -> str:
    """Say why a shock of a size cannot move something by so much; empty where it can."""
    low, high = movement.change.low * size, movement.change.high * size
    if movement.what in RELATIVE and low < -1:
        return f"falls by more than all of it: {movement.change.low:g} × {size:g}"
    if movement.what in RELATIVE and high > _MOST_TIMES:
        return f"becomes more than {_MOST_TIMES:g} times as much: {movement.change.high:g} × {size:g}"
    if movement.what in _SHARES and (most := max(-low, high)) > 1:
        return f"changes by {most:g} at the shock's size of {size:g}; a share cannot change by more than 1"
    return ""
