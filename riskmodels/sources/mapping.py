"""Source files: which file holds which canonical table, and how its columns become canonical ones."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import duckdb
from pydantic import Field, field_validator, model_validator

from riskmodels.params import Identifier, Name, Parameters, load_parameters
from riskmodels.tables import CONTRACTS

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class ColumnMap(Parameters):
    """How one canonical column is made from a column of the file."""

    column: Name = Field(description="name of the column in the file")
    format: Name | None = Field(default=None, description="strptime format of a date given as text")
    recode: dict[str, str] = Field(default_factory=dict, description="value in the file -> our value")
    if_missing: Name | None = Field(default=None, description="value where the file has none")

    @field_validator("format")
    @classmethod
    def _format_is_known(cls, value: str | None) -> str | None:
        try:
            with duckdb.connect() as connection:
                connection.execute("SELECT try_strptime('', ?)", [value])
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0]) from None
        return value


class TableMap(Parameters):
    """Where one canonical table comes from."""

    file: Name = Field(description="path, relative to the source file")
    format: Literal["csv", "parquet"]
    columns: dict[str, ColumnMap] = Field(
        default_factory=dict, description="none: the file's columns carry the canonical names"
    )
    unknown_months: tuple[Month, ...] = Field(default=(), description="holes: unknown, not zero")


class Source(Parameters):
    """One source of data and its tables."""

    id: Identifier
    title: Name
    country: str = Field(pattern=r"^[A-Z]{2}$", description="whose working days count, ISO 3166")
    as_of: date | None = Field(
        default=None, description="day up to which it knows; none: of the last receipt"
    )
    tables: dict[str, TableMap]

    @model_validator(mode="after")
    def _names_are_canonical(self) -> "Source":
        for name, table in self.tables.items():
            if name not in CONTRACTS:
                raise ValueError(f"'{name}' is no canonical table; expected one of {', '.join(CONTRACTS)}")
            contract = CONTRACTS[name]
            unknown = sorted(set(table.columns) - set(contract.names))
            if unknown:
                raise ValueError(f"{name} has no column {', '.join(unknown)}")
            required = {column.name for column in contract.columns if column.required}
            lacking = sorted(required - set(table.columns)) if table.columns else []
            if lacking:
                raise ValueError(f"{name} needs a mapping of {', '.join(lacking)}")
        if "complaints" not in self.tables:
            raise ValueError("a source must give the table 'complaints'")
        return self


def load_source(path: str | Path) -> Source:
    """Load one source file; raises ParameterError where it does not fit."""
    return load_parameters(path, Source)
