"""Which economic variables may move complaints, losses and customers, and in which direction."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters

_MOST = 4  # drivers: with more, the quarters of a bank cannot tell them apart


class MacroDriver(Parameters):
    """One variable of the economy: how it is measured, and which way it can only push."""

    id: Identifier
    name_en: Name
    name_zh: Name
    column: Name = Field(description="its column in the files of quarterly paths")
    measure: Literal["level", "change_in_a_year", "growth_in_a_year"] = Field(
        description="its own unit; difference to four quarters before; growth over four quarters, per cent"
    )
    pushes: Literal["up", "down", "either"] = Field(description="what a higher value does to what it drives")


class MacroDrivers(Parameters):
    """The drivers that are tried."""

    called: ClassVar[str] = "a file of macro drivers"
    drivers: tuple[MacroDriver, ...] = Field(min_length=1, max_length=_MOST)

    @model_validator(mode="after")
    def _are_distinct(self) -> "MacroDrivers":
        if len({one.id for one in self.drivers}) < len(self.drivers):
            raise ValueError("two drivers have the same id")
        return self


def load_macro_drivers(path: str | Path) -> MacroDrivers:
    """Load the file of drivers; raises ParameterError where it does not fit."""
    return load_parameters(path, MacroDrivers, shown=True)
