"""Declarations that would declare nothing, or something else than is meant: refused with place and reason."""

import codecs
import io
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from riskmodels.sources.periods import is_period
from riskmodels.tables import Column, Contract
from riskmodels.tables.yearly_sums import FLOWS

_MONTH = r"[12][0-9]{3}-(0[1-9]|1[0-2])"
Month = Annotated[str, Field(pattern=f"^{_MONTH}$", json_schema_extra={"shape": "a month, e.g. 2026-03"})]
Months = Annotated[
    str,
    Field(
        pattern=f"^{_MONTH}(/{_MONTH})?$",
        json_schema_extra={"shape": "a month or a range of months, e.g. 2026-03 or 2026-03/2026-11"},
    ),
]

_SHOWN = 40  # characters
# Encodings of names and programs, and of no file.
_OF_NO_FILE = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"}
_NO_MARK = re.compile(r"[\w+\-]", re.ASCII)
_FITS = {  # field of a column's mapping -> types of columns that it can do something for
    "format": {"timestamp", "date"},
    "or_format": {"timestamp", "date"},
    "days_after": {"timestamp", "date"},
    "thousands": {"integer", "number"},
    "decimal": {"integer", "number"},
    "grouping": {"integer", "number"},
    "negative": {"integer", "number"},
    "scale": {"integer", "number"},
    "cumulative": {"integer", "number"},
}
_NOT_BESIDE_VALUE = ("recode", "others", "if_missing")
_TRUTHS = {"true", "false", "1", "0", "yes", "no", "t", "f", "y", "n"}  # that DuckDB casts


def check_marks(thousands: str | None, decimal: str) -> None:
    """Refuse marks of numbers that numbers are written with, or that are one mark for two things."""
    for words, mark in (("thousands", thousands), ("decimal", decimal)):
        if mark is not None and _NO_MARK.fullmatch(mark):
            raise ValueError(f"{words}: '{mark}' is part of a number, not a mark in it; e.g. ',' or '.'")
    if thousands == decimal:
        hint = "decimal is '.' where it is not given; " if decimal == "." else ""
        raise ValueError(
            f"thousands and decimal are both '{decimal}': 10{decimal}500 could be either; {hint}say e.g."
            f" decimal: '{',' if decimal == '.' else '.'}'"
        )


def check_delimiter(delimiter: str) -> None:
    """Refuse what ends a line or a text, and can part no cells."""
    if delimiter in {'"', "\n", "\r", "\0", "\ufeff"}:
        raise ValueError(f"delimiter: {delimiter!r} cannot part cells; e.g. ',' or ';' or a tab")


def text_encoding(name: str) -> str:
    """Return Python's name of an encoding; raises ValueError where files of text have none such."""
    try:
        known = codecs.lookup(name).name
        io.TextIOWrapper(io.BytesIO(), encoding=known)  # refuses base64, zip and their like
    except (LookupError, UnicodeError):
        known = ""
    if not known or known.replace("-", "_") in _OF_NO_FILE:
        raise ValueError(f"'{name[:_SHOWN]}' is no known encoding of text; e.g. utf-8, gb18030")
    return known


def check_months(months: Iterable[str]) -> None:
    """Refuse a range of months that ends before it begins, and holds none."""
    for entry in months:
        first, _, last = entry.partition("/")
        if last and last < first:
            raise ValueError(
                f"unknown: '{entry}' ends before it begins and would name no month; say '{last}/{first}'"
            )


def check_observed(observed_from: str | None, as_of: date) -> None:
    """Refuse a beginning after the last day that the source knows: every row would lie before it."""
    if observed_from and observed_from > f"{as_of:%Y-%m}":
        raise ValueError(f"observed_from is {observed_from}, after {as_of}, up to which the source knows")


def check_column(column: Column, given: Collection[str], constant: str | None, made: Iterable[str]) -> None:
    """Refuse fields of a column's mapping that do nothing, and values that every row would be rejected for.

    Parameters
    ----------
    column : Column
        The canonical column.
    given : collection of str
        Fields that differ from their default.
    constant : str or None
        The value of every row, where no column is named.
    made : iterable of str
        Values that the mapping itself makes: the constant, what is recoded to, what stands for missing.
    """
    is_read = column.name == "period"  # what a row covers, by the format of its period
    for field, types in _FITS.items():
        if field in given and column.type not in types and not (is_read and field == "format"):
            raise ValueError(f"{field} does nothing for a {column.type}; leave it out")
    for field in _NOT_BESIDE_VALUE:
        if field in given and constant is not None:
            raise ValueError(f"{field} does nothing beside value, which is the same in every row")
    if "others" in given and "recode" not in given:
        raise ValueError("others does nothing without recode")
    for value in made:
        if column.domain and value not in column.domain:
            raise ValueError(f"'{value}' is none of {', '.join(column.domain)}")
        if column.type == "boolean" and value.lower() not in _TRUTHS:
            raise ValueError(f"'{value}' is neither true nor false")


def check_cumulative(contract: Contract, columns: Collection[str]) -> None:
    """Refuse sums since the year's beginning of what does not add up over time."""
    if columns and contract.table not in FLOWS:
        raise ValueError(
            f"{contract.table}.{min(columns)}: cumulative is for what adds up over time,"
            f" in {' and '.join(FLOWS)}"
        )


def check_covered(contract: Contract, form: str | None, mapped: Collection[str]) -> None:
    """Refuse periods that are longer than a month where nothing says what a row covers."""
    if "period" not in contract.names or "period" in mapped or form is None:
        return
    if is_period(form) and form != "year to month":
        value = "quarter" if "quarter" in form else "half_year" if "half" in form else "year"
        said = "{column: …, format: period}" if form == "period" else f"{{value: {value}}}"
        raise ValueError(
            f"{contract.table}.{contract.at}: the format {form} reads more than months;"
            f" say what a row covers, period: {said}"
        )


def check_start(contract: Contract, start: str, mapped: Collection[str]) -> None:
    """Refuse days after a column that is not mapped, has no days, or is itself some days after another."""
    moments = [
        column.name
        for column in contract.columns
        if column.type in ("timestamp", "date") and column.name in mapped
    ]
    if start not in moments:
        raise ValueError(
            f"days_after names '{start}'; expected one of {', '.join(moments) or 'the mapped days'}"
        )


def check_breaks(contract: Contract, wheres: Iterable[Collection[str]]) -> None:
    """Refuse breaks of a table without a day, and those of columns that it does not have."""
    codes = [column.name for column in contract.columns if column.type == "code"]
    for where in wheres:
        if not contract.at:
            raise ValueError(f"{contract.table}.breaks: rows of {contract.table} have no day")
        if strange := sorted(set(where) - set(codes)):
            raise ValueError(
                f"{contract.table}.breaks: where names {', '.join(strange)};"
                f" expected one of {', '.join(codes)}"
            )


def check_expected(contract: Contract, sum_of: str | None, *, by_month: bool, latest: bool) -> None:
    """Refuse control totals that control nothing."""
    where = f"{contract.table}.expect"
    if sum_of is not None:
        if sum_of not in contract.names:
            raise ValueError(f"{contract.table} has no column {sum_of} to add up")
        if contract.column(sum_of).type not in _FITS["scale"]:
            raise ValueError(f"{where}: {sum_of} is a {contract.column(sum_of).type}; only numbers add up")
        if not by_month:
            raise ValueError(f"{where}: sum_of does nothing without by_month, the sums")
    if (by_month or latest) and not contract.at:
        raise ValueError(f"{where}: rows of {contract.table} have no day; give rows or columns")


def check_place(file_format: str, given: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse fields that do nothing for a format; ``given`` names the formats that each one is for."""
    for field, formats in given.items():
        if file_format not in formats:
            raise ValueError(f"{field} does nothing for format {file_format}; it is of {', '.join(formats)}")
