"""What a canonical table promises: its columns, their types and units, its key and its rules."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

ColumnType = Literal["code", "text", "timestamp", "date", "integer", "number", "boolean"]

SQL_TYPES: dict[ColumnType, str] = {
    "code": "VARCHAR",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}

_DIMENSIONS = ("unit_id", "product", "channel", "customer_group", "kind")

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "code": pa.string(),
    "text": pa.string(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a canonical table.

    ``code`` is an identifier or a category; ``text`` is free text, masked for personal data before it
    is stored. ``minimum`` and ``maximum`` are inclusive, in ``unit``; ``domain`` lists all values allowed.
    ``expected`` is the condition, in SQL, under which a value should be there although it is not required:
    where it is not, the row is accepted and counts as incomplete. Empty: nobody expects one. ``references``
    names the table whose key it must be, where the source has that table.
    """

    name: str
    type: ColumnType
    words: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    domain: tuple[str, ...] = ()
    expected: str = ""
    references: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A condition on one row, in SQL over the table's columns; unknown (NULL) does not break it.

    ``column`` is the one it is about; a rule about several has none.
    """

    name: str
    holds: str
    words: str
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What every accepted row of a table keeps.

    ``at`` is the column whose period a row belongs to; ``recorded`` the one that says when the bank knew of
    it; ``counted`` the one that holds how many a row stands for (none: one).
    """

    table: str
    words: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    at: str = ""
    recorded: str = ""
    counted: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order in the stored table."""
        return [column.name for column in self.columns]

    @property
    def cell(self) -> tuple[str, ...]:
        """Columns that say which cell a row of counts is; none for a table of single cases."""
        return self.key if len(self.key) > 1 else ()

    @property
    def summed(self) -> tuple[str, ...]:
        """Columns of a cell over which its rows may be added up: names of parts, not when and what."""
        return tuple(key for key in self.cell if self.column(key).type == "code" and key != "indicator_id")

    @property
    def distinguishing(self) -> tuple[str, ...]:
        """Columns by which one row is not another: the key, and what a row covers, a month or longer."""
        return (*self.key, *({"period"} & set(self.names)))

    @property
    def placed(self) -> tuple[str, ...]:
        """Columns that say where a rejected row belongs: its cell, or a case's day and what it is cut by."""
        return self.cell or tuple(key for key in (self.at, *_DIMENSIONS) if key in self.names)

    @property
    def figures(self) -> tuple[str, ...]:
        """Figures of a cell: of a rejected row they are unknown, not zero."""
        kinds = ("integer", "number")
        return tuple(column.name for column in self.columns if self.cell and column.type in kinds)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raises KeyError where the contract has none."""
        return {column.name: column for column in self.columns}[name]

    def row_rules(self) -> list[Rule]:
        """List every condition on a row: required columns, ranges and domains first, then the rules."""
        generated: list[Rule] = []
        for column in self.columns:
            generated += _column_rules(column)
        return [*generated, *self.rules]


def _column_rules(column: Column) -> list[Rule]:
    rules = []
    if column.required:
        rules.append(
            Rule(
                name=f"{column.name} required",
                holds=f'"{column.name}" IS NOT NULL',
                words=f"{column.name} is given",
                column=column.name,
            )
        )
    for bound, sign in ((column.minimum, ">="), (column.maximum, "<=")):
        if bound is not None:
            condition = f"{column.name} {sign} {bound:g}"
            holds = f'"{column.name}" {sign} {bound!r}'
            rules.append(Rule(name=condition, holds=holds, words=condition, column=column.name))
    if column.domain:
        values = ", ".join(f"'{value}'" for value in column.domain)
        rules.append(
            Rule(
                name=f"{column.name} in domain",
                holds=f'"{column.name}" IN ({values})',
                words=f"{column.name} is one of {', '.join(column.domain)}",
                column=column.name,
            )
        )
    return rules
