"""Source files: where the canonical tables come from, and how their columns are made."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal
from zoneinfo import available_timezones

import pandas as pd
from pydantic import Field, field_validator, model_validator

from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters
from riskmodels.periods.workdays import check_calendar
from riskmodels.sources.column_maps import Character, ColumnMap
from riskmodels.sources.declarations import (
    Month,
    Months,
    check_breaks,
    check_column,
    check_covered,
    check_cumulative,
    check_delimiter,
    check_expected,
    check_months,
    check_place,
    check_start,
    text_encoding,
)
from riskmodels.sources.headers import is_label
from riskmodels.sources.patterns import check_pattern, matching
from riskmodels.sources.reconciliation import Expect
from riskmodels.tables import CONTRACTS, Break, Contract

TO_BE_FILLED = "TO-BE-FILLED"  # as a value: a draft does not know it

FileFormat = Literal["csv", "parquet", "excel", "sql"]
_OF_FORMATS = {"encoding": ("csv",), "delimiter": ("csv",), "header_row": ("csv", "excel")}


class Unpivot(Parameters):
    """Turn columns into rows: one for each of them, with its name in one column and its value in another."""

    columns: Name | tuple[Name, ...] = Field(description="names, or a regular expression that they match")
    names_to: Name = Field(description="column that gets the names")
    values_to: Name = Field(description="column that gets the values")

    @field_validator("columns")
    @classmethod
    def _pattern_is_one(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, str):
            check_pattern(value)
        return value

    @model_validator(mode="after")
    def _names_differ(self) -> "Unpivot":
        if self.names_to == self.values_to:
            raise ValueError(
                f"names_to and values_to are both '{self.values_to}'; names and values need two columns"
            )
        return self

    def chosen(self, found: list[str]) -> list[str]:
        """List the columns of a file that become rows."""
        if isinstance(self.columns, str):
            return [column for column in matching(self.columns, found) if not is_label(column)]
        return [column for column in found if column in self.columns]


class TableMap(Parameters):
    """Where one canonical table comes from."""

    file: Name | None = Field(
        default=None,
        description="path relative to the source file; with * or ? or of a folder: all files there",
    )
    format: FileFormat
    encoding: Name = Field(default="utf-8", description="of CSV, e.g. gb18030; a byte-order mark is dropped")
    delimiter: Character = Field(default=",", description="of CSV")
    header_row: int = Field(
        default=1, ge=1, le=10_000, description="of CSV and Excel: row with the columns' names"
    )
    sheet: Name | None = Field(default=None, description="of Excel: name of the sheet; none: the only one")
    sheet_pattern: Name | None = Field(default=None, description="of Excel: regular expression of its name")
    database: Name | None = Field(
        default=None, description="of SQL: environment variable that holds the database's URL"
    )
    query: Name | None = Field(default=None, description="of SQL: a SELECT; end it with ORDER BY")
    unpivot: Unpivot | None = None
    columns: dict[str, ColumnMap] = Field(
        default_factory=dict, description="none: the file's columns carry the canonical names"
    )
    fold: Literal["first", "last"] | None = Field(
        default=None,
        description="of several valid rows with one key, the one that stands for all; none: doubles",
    )
    fold_by: ColumnMap | None = Field(
        default=None, description="time of a row; none: when it was recorded, then the file's order"
    )
    unknown: tuple[Months, ...] = Field(default=(), description="holes: unknown, not zero; 2023-03/2023-11")
    observed_from: Month | None = Field(
        default=None,
        description="first month that the source observes; none: where its data begin, lone dates left out",
    )
    breaks: tuple[Break, ...] = Field(default=(), description="changed definitions")
    expect: Expect | None = None
    totals: dict[Name, tuple[str, ...]] = Field(
        default_factory=dict,
        description="of counts: column -> values whose rows are totals of others ('': empty); []: none is",
    )
    added_over: tuple[Name, ...] = Field(
        default=(), description="of counts: columns of the file; rows that differ in them alone are added up"
    )

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, value: str) -> str:
        return text_encoding(value)

    @field_validator("delimiter")
    @classmethod
    def _delimiter_parts(cls, value: str) -> str:
        check_delimiter(value)
        return value

    @field_validator("sheet_pattern")
    @classmethod
    def _pattern_is_one(cls, value: str | None) -> str | None:
        check_pattern(value or "")
        return value

    @model_validator(mode="after")
    def _fits_its_format(self) -> "TableMap":
        if self.format == "sql" and (self.database is None or self.query is None or self.file):
            raise ValueError("format sql needs database and query, and has no file")
        if self.format != "sql" and (self.file is None or self.database or self.query):
            raise ValueError(f"format {self.format} needs file, and has neither database nor query")
        if self.format != "excel" and (self.sheet or self.sheet_pattern):
            raise ValueError(f"format {self.format} has no sheets")
        if self.sheet and self.sheet_pattern:
            raise ValueError("give either sheet or sheet_pattern")
        check_place(
            self.format, {field: formats for field, formats in _OF_FORMATS.items() if field in _given(self)}
        )
        check_months(self.unknown)
        if self.fold_by and not (self.fold and self.fold_by.column and self.columns):
            raise ValueError("fold_by needs fold, a column of the file, and columns that are mapped")
        return self

    def times(self, columns: Iterable[str]) -> int:
        """Return how many rows each row of a file with these columns becomes."""
        return len(self.unpivot.chosen(list(columns))) if self.unpivot else 1

    @property
    def unknown_months(self) -> tuple[str, ...]:
        """Every month of ``unknown``, YYYY-MM, in order."""
        ranges = (pd.period_range(*_ends(months), freq="M") for months in self.unknown)
        return tuple(sorted({str(month) for months in ranges for month in months}))


def _ends(months: str) -> tuple[str, str]:
    first, _, last = months.partition("/")
    return first, last or first


class Source(Parameters):
    """One source of data and its tables."""

    called: ClassVar[str] = "a source file"
    id: Identifier
    title: Name
    country: str = Field(
        pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        json_schema_extra={"shape": "a country's code in two capitals, e.g. CN"},
        description="whose working days count, ISO 3166: of a country, e.g. CN, or of a part of one,"
        " e.g. GB-ENG",
    )
    holidays: tuple[date, ...] = Field(
        default=(),
        description="own days without work, beside weekends and the public holidays of the country",
    )
    timezone: Name | None = Field(
        default=None, description="whose clock the bank goes by, e.g. Asia/Shanghai; for times with a zone"
    )
    as_of: date | None = Field(
        default=None, description="day up to which it knows; none: of the last receipt"
    )
    missing: tuple[Name, ...] = Field(
        default=(), description="words that stand for no value in every column, e.g. NULL"
    )
    tables: dict[str, TableMap]

    @property
    def exact(self) -> frozenset[str]:
        """Columns whose names are kept as they are written, in every table."""
        made = (pair for table in self.tables.values() for pair in table.columns.items())
        return frozenset(column for column, how in made if how.spelling == "exact")

    @field_validator("country")
    @classmethod
    def _calendar_is_known(cls, value: str) -> str:
        try:
            check_calendar(value)
        except ParameterError as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(f"'{value}' is no known time zone; e.g. Asia/Shanghai")
        return value

    @model_validator(mode="after")
    def _names_are_canonical(self) -> "Source":
        for name, table in self.tables.items():
            if name not in CONTRACTS:
                raise ValueError(f"'{name}' is no canonical table; {nearest(name, CONTRACTS)}")
            _check_columns(CONTRACTS[name], table)
        if self.as_of is None and not {"complaints", "complaint_counts"} & set(self.tables):
            raise ValueError(
                "a source must give the table 'complaints', or 'complaint_counts', or the day as_of"
            )
        return self


def _check_columns(contract: Contract, table: TableMap) -> None:
    unknown = sorted(set(table.columns) - set(contract.names))
    if unknown:
        raise ValueError(
            f"{contract.table} has no column {', '.join(unknown)}; {nearest(unknown[0], contract.names)}"
        )
    required = {column.name for column in contract.columns if column.required}
    lacking = sorted(required - set(table.columns)) if table.columns else []
    if lacking:
        raise ValueError(f"{contract.table} needs a mapping of {', '.join(lacking)}")
    dated = [name for name, column in table.columns.items() if _is_dated(column)]
    if dated and not contract.at:
        raise ValueError(f"{contract.table}.{dated[0]}: rows of {contract.table} have no day to recode by")
    if contract.at in dated:
        raise ValueError(f"{contract.table}.{contract.at} cannot be recoded by itself")
    if (table.totals or table.added_over) and not contract.cell:
        raise ValueError(f"{contract.table} has a case a row: totals and added_over are for tables of counts")
    strange = sorted(set(table.totals) - {*contract.summed, *table.added_over})
    if strange:
        raise ValueError(
            f"totals: {', '.join(strange)} is neither a column over which rows of {contract.table} are"
            f" added up ({', '.join(contract.summed)}) nor one of added_over"
        )
    _check_each(contract, table)
    check_breaks(contract, [change.where for change in table.breaks])
    for words in ("unknown", "observed_from"):
        if getattr(table, words) and not contract.at:
            raise ValueError(f"{contract.table}.{words}: rows of {contract.table} have no day")
    if table.expect:
        by_month, latest = bool(table.expect.by_month), table.expect.latest is not None
        check_expected(contract, table.expect.sum_of, by_month=by_month, latest=latest)


def _check_each(contract: Contract, table: TableMap) -> None:
    """Refuse mappings of single columns that do nothing, or something else than is meant."""
    for name, column in table.columns.items():
        constants = [text for text in column.made if text != TO_BE_FILLED]
        try:
            if column.days_after:
                days = [key for key, made in table.columns.items() if not made.days_after]
                check_start(contract, column.days_after, days)
            check_column(contract.column(name), _given(column), column.value, constants)
        except ValueError as error:
            raise ValueError(f"{contract.table}.{name}: {error}") from None
    if contract.at in table.columns:
        check_covered(contract, table.columns[contract.at].format, table.columns)
    check_cumulative(contract, [key for key, column in table.columns.items() if column.cumulative])


def _given(model: Parameters) -> set[str]:
    """Name the fields that differ from their default."""
    fields = type(model).model_fields
    return {
        name for name in fields if getattr(model, name) != fields[name].get_default(call_default_factory=True)
    }


def _is_dated(column: ColumnMap) -> bool:
    return any(not isinstance(entry, str) for entry in column.recode.values())


def load_source(path: str | Path) -> Source:
    """Load one source file; raises ParameterError where it does not fit."""
    return load_parameters(path, Source)


def unfilled(path: str | Path) -> list[str]:
    """List the columns, as table.column, that a drafted source file leaves to be filled in."""
    return [
        f"{table}.{column}"
        for table, mapping in load_source(path).tables.items()
        for column, made in mapping.columns.items()
        if made.value == TO_BE_FILLED
    ]
