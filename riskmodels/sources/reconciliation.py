"""Control totals: what the sender says a delivery holds, beside what was read."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from riskmodels.errors import ContractError
from riskmodels.parameters.files import Name, Parameters
from riskmodels.sources.declarations import Month
from riskmodels.tables import Contract

_SHOWN = 6  # told one by one; a choice


class Expect(Parameters):
    """Control totals that the sender gives: a delivery that does not meet them is refused."""

    rows: int | None = Field(default=None, ge=0, description="rows of the file, rejected ones included")
    columns: int | None = Field(default=None, ge=1, description="columns of the file")
    latest: date | None = Field(default=None, description="latest day of the rows")
    sum_of: Name | None = Field(default=None, description="canonical column that is added up; none: rows")
    by_month: dict[Month, float] = Field(default_factory=dict, description="month -> rows, or their sum")

    @model_validator(mode="after")
    def _controls_something(self) -> "Expect":
        if self == Expect.model_construct():
            raise ValueError(
                "expect controls nothing; give rows, columns, latest or by_month, or leave it out"
            )
        return self


@dataclass(kw_only=True)
class ControlTotals:
    """Totals of the rows read so far, rejected ones included.

    Attributes
    ----------
    by_month : Counter
        Month, YYYY-MM -> rows, or the sum of a column.
    latest : date or None
        Latest day of a row.
    """

    by_month: Counter[str] = field(default_factory=Counter)
    latest: date | None = None

    def add(self, batch: pa.RecordBatch, contract: Contract, expect: Expect) -> None:
        """Count more rows, as ``conversion.converted`` gives them."""
        if not contract.at:
            return
        at = batch[contract.at]
        newest = pc.max(at).as_py()
        if newest is not None:
            day = newest.date() if isinstance(newest, datetime) else newest
            self.latest = max(self.latest or day, day)
        months = pa.table({"month": pc.strftime(at, format="%Y-%m"), "value": _values(batch, expect.sum_of)})
        sums = months.group_by("month").aggregate([("value", "sum")])
        for month, value in zip(sums["month"].to_pylist(), sums["value_sum"].to_pylist(), strict=True):
            self.by_month[month] += value or 0


def _values(batch: pa.RecordBatch, column: str | None) -> pa.Array:
    """Return what a row adds to its month: one, or a column's value; nothing where the file lacks it."""
    if column is None:
        return pa.repeat(1.0, batch.num_rows)
    known = column in batch.schema.names
    return batch[column].cast(pa.float64()) if known else pa.nulls(batch.num_rows, pa.float64())


def check_totals(where: Path, expect: Expect, totals: ControlTotals, *, rows: int, columns: int) -> int:
    """Compare what was read with the control totals; return how many were given and met.

    Raises ContractError naming the totals that are not met.
    """
    wanted: dict[str, tuple[object, object]] = {}
    if expect.rows is not None:
        wanted["rows"] = (expect.rows, rows)
    if expect.columns is not None:
        wanted["columns"] = (expect.columns, columns)
    if expect.latest is not None:
        wanted["latest day"] = (expect.latest, totals.latest)
    for month, value in expect.by_month.items():
        wanted[f"{expect.sum_of or 'rows'} of {month}"] = (value, totals.by_month[month])
    missed = [
        f"{what}: {asked} expected, {found} read"
        for what, (asked, found) in wanted.items()
        if not _met(asked, found)
    ]
    if missed:
        more = f"; and {len(missed) - _SHOWN} more" if len(missed) > _SHOWN else ""
        raise ContractError(
            f"{where} does not meet its control totals (expect:): {'; '.join(missed[:_SHOWN])}{more}."
            " Ask the sender for the whole delivery, or correct the totals"
        )
    return len(wanted)


def _met(asked: object, found: object) -> bool:
    if isinstance(asked, float) and isinstance(found, int | float):
        return math.isclose(asked, found, rel_tol=1e-9, abs_tol=1e-6)
    return asked == found
