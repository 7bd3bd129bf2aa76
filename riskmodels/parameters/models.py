"""The inventory of models: what each is for, on what it rests, where it ends, who owns it."""

from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

Function = Annotated[
    str,
    Field(
        pattern=r"^[a-z_]+\.[a-z_]+$",
        json_schema_extra={"shape": "a room and a function of it, e.g. losses.fit_severity"},
    ),
]
Tier = Literal[1, 2, 3]


class TierRule(Parameters):
    """How often the models of a tier are validated; tier 1 matters most."""

    tier: Tier
    months: int = Field(ge=1, le=120, description="longest time between two validations, in months")
    meaning: Name


class Model(Parameters):
    """One model, as its owner describes it and its validator finds it.

    ``purpose``, ``assumptions`` and ``limits`` are shown as they are written, in whatever language.
    """

    id: Identifier
    name_en: Name
    name_zh: Name
    owner_en: Name = Field(description="function of the bank that answers for it; no person")
    owner_zh: Name
    tier: Tier
    purpose: Name
    assumptions: tuple[Name, ...] = Field(min_length=1)
    limits: tuple[Name, ...] = Field(min_length=1)
    page: str = Field(pattern=r"^[a-z0-9_]+\.md$", description="its page in docs/methods")
    functions: tuple[Function, ...] = Field(min_length=1, description="public functions that it is")
    last_validation: date | None = Field(
        default=None, description="day on which a validator last signed; none: never"
    )


class Models(Parameters):
    """All models, and how often each tier is validated."""

    called: ClassVar[str] = "an inventory of models"

    set_by: Name
    tiers: tuple[TierRule, ...]
    models: tuple[Model, ...]

    @model_validator(mode="after")
    def _are_named_once(self) -> "Models":
        ids = [one.id for one in self.models]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"given twice: {', '.join(twice)}")
        tiers = [one.tier for one in self.tiers]
        if sorted(tiers) != [1, 2, 3]:
            raise ValueError(f"tiers are {tiers}: expected each of 1, 2 and 3 once")
        return self

    def interval(self, tier: int) -> int:
        """Return the longest time between two validations of a tier [months]."""
        return next(one.months for one in self.tiers if one.tier == tier)


def load_models(path: str | Path) -> Models:
    """Load the inventory of models; raises ParameterError where it does not fit."""
    return load_parameters(path, Models, shown=True)
