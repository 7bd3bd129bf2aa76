"""A loop, as typed in a file: which quarters are assessed in a row, and what is decided after each."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from riskmodels.errors import ParameterError
from riskmodels.governance.ledger import RECORDS
from riskmodels.misfits import nearest
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters
from riskmodels.runner.settings import Period, Severity

Said = Annotated[str, Field(min_length=1, description="function of the bank; no person")]


class Write(Parameters):
    """A record of the ledger is new, or changes: what is not given stays as it stands."""

    do: Literal["write"]
    by: Said
    table: Name = Field(description="kind of record, e.g. actions")
    values: dict[str, Any] = Field(description="its columns, the identifier among them")
    note: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it writes: kind and identifier."""
        return self.table, str(self.values[RECORDS[self.table].key])


class Decide(Parameters):
    """What needs approval is approved or rejected: by its identifier, or a proposal by its line."""

    do: Literal["approve", "reject"]
    by: Said
    table: Literal["proposals", "acceptances", "exceptions", "overrides"] = "proposals"
    record: str = Field(default="", description="identifier")
    line: str = Field(default="", description="of the policy that a proposal changes, e.g. indicators.x")
    rule: str = Field(default="", description="of the proposal, where several are about the line")
    reason: str = ""

    @model_validator(mode="after")
    def _names_one(self) -> "Decide":
        if bool(self.record) == bool(self.line):
            raise ValueError("name what is decided about once: by 'record', or a proposal by its 'line'")
        if self.line and self.table != "proposals":
            raise ValueError(f"'line' names a proposal; of {self.table} give 'record'")
        return self


class Adopt(Parameters):
    """Approved proposals become the policy from a day on."""

    do: Literal["adopt"]
    by: Said
    valid_from: date


class Publish(Parameters):
    """The report of the quarter is released."""

    do: Literal["release"]
    by: Said


Step = Annotated[Write | Decide | Adopt | Publish, Field(discriminator="do")]


class Quarter(Parameters):
    """One quarter: it is assessed and recorded, then the decisions are carried out in their order."""

    period: Period
    decisions: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _writes_a_record_once(self) -> "Quarter":
        seen: set[tuple[str, str]] = set()
        for one in self.writes():
            model = RECORDS.get(one.table)
            if model is None or one.table in ("assessments", "decisions", "releases"):
                raise ValueError(f"{self.period}: '{one.table}' is nothing that is written by hand")
            if model.key not in one.values:
                raise ValueError(f"{self.period}: {one.table}: {model.key} is missing")
            if one.key in seen:
                raise ValueError(f"{self.period}: {' '.join(one.key)} is written twice: put it together")
            seen.add(one.key)
        return self

    def writes(self) -> Iterator[Write]:
        """Yield the decisions that write a record."""
        yield from (one for one in self.decisions if isinstance(one, Write))


class Loop(Parameters):
    """Consecutive quarters of one bank; paths are relative to the file."""

    called: ClassVar[str] = "a loop file"
    run: Name = Field(description="run file whose settings hold, but for those given here")
    scenarios: tuple[Identifier, ...] = Field(default=(), description="ids of scenarios")
    severity: Severity = Field(default="severe", description="of all of them")
    recorded_by: Said
    proposed_by: Said = Field(description="who puts proposals forward; another approves them")
    quarters: Annotated[tuple[Quarter, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_in_order(self) -> "Loop":
        periods = [pd.Period(one.period, freq="Q") for one in self.quarters]
        for before, after in pairwise(periods):
            if after != before + 1:
                raise ValueError(f"{after} follows {before}: quarters are played one after the other")
        return self

    def up_to(self, period: str | None) -> tuple[Quarter, ...]:
        """Return the quarters up to one; all of them where none is named."""
        periods = [one.period for one in self.quarters]
        if period is not None and period not in periods:
            raise ParameterError(f"the loop has no quarter {period}; {nearest(period, periods)}")
        return self.quarters if period is None else self.quarters[: periods.index(period) + 1]


def load_loop(path: Path) -> Loop:
    """Load a loop file, its run file's path made absolute, and check every record that it writes.

    Raises ParameterError where the file, or a record as it would stand then, does not fit.
    """
    loop = load_parameters(path, Loop)
    stands: dict[tuple[str, str], dict[str, Any]] = {}
    for quarter in loop.quarters:
        for number, one in enumerate(quarter.decisions, start=1):
            if isinstance(one, Write):
                stands[one.key] = {**stands.get(one.key, {}), **one.values}
                where = f"{path}, {quarter.period}, decision {number}: {' '.join(one.key)}"
                RECORDS[one.table].made(stands[one.key], where=where)
    return loop.model_copy(update={"run": str((path.resolve().parent / loop.run).resolve())})
