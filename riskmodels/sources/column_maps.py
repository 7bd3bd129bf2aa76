"""How one canonical column is made: from a column of the file, or the same value in every row."""

import re
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal

import duckdb
from pydantic import Field, field_validator, model_validator

from riskmodels.parameters.files import Name, Parameters
from riskmodels.sources.declarations import check_marks
from riskmodels.sources.periods import CUMULATIVE, is_period
from riskmodels.tables.sql import small_connection

ROW_NUMBER = "#row"  # as a column's name: the number of the row in its file
_DAYS_SINCE = re.compile(r"days since (\d{4}-\d{2}-\d{2})")
Character = Annotated[str, Field(min_length=1, max_length=1)]  # one sign


class DatedValue(Parameters):
    """A value that counts from a day on."""

    value: Name
    valid_from: date | None = Field(default=None, description="none: from the beginning")


Recode = str | tuple[DatedValue, ...]


class ColumnMap(Parameters):
    """How one canonical column is made: from a column of the file, or the same value in every row."""

    column: Name | None = Field(default=None, description=f"in the file; '{ROW_NUMBER}': number of the row")
    value: Name | None = Field(default=None, description="instead of a column: the same in every row")
    joined_with: tuple[Name, ...] = Field(
        default=(), description="further columns, whose values follow after a space: a year and its quarter"
    )
    format: Name | None = Field(
        default=None,
        description="strptime format of a date, 'quarter' (2026Q3), 'half-year', 'year', 'year from 04',"
        " 'period' (any of these), 'year to quarter' (Jan-Sep 2026), or 'days since 1970-01-01'",
    )
    or_format: Name | None = Field(default=None, description="second format, where the first does not fit")
    days_after: Name | None = Field(
        default=None, description="column of the table's own: the value is a number of days after it"
    )
    thousands: Character | None = Field(default=None, description="separator in numbers, dropped")
    decimal: Character = Field(default=".", description="decimal mark of numbers")
    grouping: Literal["threes", "indian"] = Field(
        default="threes", description="of thousands: 1,234,567 or, indian, 12,34,567"
    )
    negative: Literal["sign", "parentheses", "trailing"] = Field(
        default="sign", description="how negative numbers are written: -5, (5) or 5-; a sign is always read"
    )
    missing: tuple[Name, ...] = Field(
        default=(), description="words that stand for no value, beside those of the source"
    )
    scale: float = Field(default=1.0, ge=1e-12, le=1e12, description="numbers are multiplied by it")
    cumulative: str | None = Field(
        default=None,
        pattern=CUMULATIVE,
        description="of counts: sums since 'year' began, or 'year from 04'",
    )
    recode: dict[str, Recode] = Field(default_factory=dict, description="value in the file -> our value")
    others: Literal["keep", "missing"] = Field(default="keep", description="values not in recode")
    if_missing: Name | None = Field(default=None, description="value where the file has none")
    spelling: Literal["joined", "exact"] = Field(
        default="joined",
        description="of names: whether spellings that differ in case, width or zeros are one",
    )

    @field_validator("format", "or_format")
    @classmethod
    def _format_is_known(cls, value: str | None) -> str | None:
        if value is None or is_period(value):
            return value
        if origin := days_since(value):
            date.fromisoformat(origin)
            return value
        if refusal := _refusal(value):
            raise ValueError(refusal)
        return value

    @field_validator("recode")
    @classmethod
    def _days_ascend(cls, value: dict[str, Recode]) -> dict[str, Recode]:
        for old, entries in value.items():
            if isinstance(entries, str):
                continue
            days = [entry.valid_from or date.min for entry in entries]
            if not days or any(late <= early for early, late in pairwise(days)):
                raise ValueError(f"the values of '{old}' need days valid_from in ascending order")
        return value

    @model_validator(mode="after")
    def _is_from_one_place(self) -> "ColumnMap":
        if (self.column is None) == (self.value is None):
            raise ValueError("give either column or value")
        if self.value is not None and self.joined_with:
            raise ValueError("joined_with does nothing beside value")
        if self.or_format and not self.format:
            raise ValueError("or_format does nothing without format")
        if self.days_after and self.format:
            raise ValueError("give either format or days_after")
        if self.grouping == "indian" and not self.thousands:
            raise ValueError("grouping does nothing without thousands, the mark of the groups, e.g. ','")
        check_marks(self.thousands, self.decimal)
        return self

    @property
    def made(self) -> list[str]:
        """Values that are not the file's own: the constant, those recoded to, the one for missing."""
        recoded = [
            text
            for new in self.recode.values()
            for text in ([new] if isinstance(new, str) else [entry.value for entry in new])
        ]
        return [text for text in (self.value, *recoded, self.if_missing) if text]

    @property
    def is_plain(self) -> bool:
        """Whether a value of the file is taken as it is."""
        changed = (
            self.recode or self.if_missing or self.format or self.days_after or self.thousands or self.value
        )
        return not changed and self.decimal == "." and self.negative == "sign"


@cache
def _refusal(form: str) -> str:
    """Say why a strptime format is none; empty where it is one."""
    try:
        with small_connection() as connection:
            connection.execute("SELECT try_strptime('', ?)", [form])
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return ""


def days_since(form: str) -> str | None:
    """Return the first day of a format like ``days since 1970-01-01``; None for other formats."""
    found = _DAYS_SINCE.fullmatch(form)
    return found.group(1) if found else None
