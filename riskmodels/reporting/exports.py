"""What stands beside a report: the assessment as JSON, and its tables as Parquet and CSV."""

import json
import math
import re
import unicodedata
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from riskmodels.assessment import Findings
from riskmodels.causes import Causes
from riskmodels.causes.joining import causes_joined, with_causes
from riskmodels.display import Exported
from riskmodels.forecasting import Forecast
from riskmodels.governance.proposals import Proposals
from riskmodels.results import load, load_all
from riskmodels.scorecard import Scorecard
from riskmodels.scratch import write_text, written
from riskmodels.stresstest import StressTest
from riskmodels.surveillance import AlarmBook, Objectives
from riskmodels.tables import DataQuality

SCHEMA = Path(__file__).with_name("assessment.schema.json")
_FORMULA = {"=", "+", "-", "@"}  # what a spreadsheet takes for the beginning of one
_BREAKS = {"\t", "\r", "\n"}
_RETURN = re.compile(r"\r(?!\n)")
_UNSEEN = {"C", "Z", "M"}  # categories: control and format, spaces, marks on the sign before
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs without ink
Record = dict[str, str | float | int | bool | None]
FactT = TypeVar("FactT", bound="Fact")


class Months(BaseModel):
    """Complaints of the whole bank, month by month: expectation and 95% interval."""

    model_config = ConfigDict(extra="forbid")
    period: str
    mean: float
    lower: float
    upper: float


class Stress(BaseModel):
    """One scenario: complaints by month, and the indicators it moves."""

    model_config = ConfigDict(extra="forbid")
    scenario: str
    severity: str
    complaints: list[Record]
    indicators: list[Record]


class Fact(BaseModel):
    """One thing that was checked: its figures, and what they say in the language of the report."""

    model_config = ConfigDict(extra="forbid")
    finding_id: str = Field(description="the same for the same problem in every quarter")
    rule: str
    subject_kind: str
    subject: str
    indicator_id: str
    severity: Literal["red", "amber", "watch", "unclear", "passed"]
    value: float | None
    estimate: float | None
    limit: float | None
    probability: float | None = Field(description="of being beyond the limit")
    figures: dict[str, Any]
    subject_name: str
    criterion: str
    condition: str
    evidence: str
    cause: str
    cause_status: Literal["supported", "not_supported", "presumed", ""] | None = Field(
        default=None, description="what the data say of the cause; null where they were not asked"
    )
    cause_evidence: str | None = Field(default=None, description="the same in words, with its figures")
    consequence: str
    corrective_action: str
    owner: str
    status: Literal["new", "reopened", "worse", "continuing", "better", "closed", ""] | None = Field(
        default=None, description="beside the quarter before; empty where nothing is compared"
    )
    since: str | None = Field(default=None, description="first quarter of the time that it is, or was, open")
    quarters: int | None = Field(default=None, description="since then, the first and the last included")
    returns: int | None = Field(default=None, description="how often it came back")


class Closed(Fact):
    """A finding of the quarter before that is none now, as it was found, and what became of it."""

    ended: Literal["in_order", "watch", "unclear", "over", "not_checked"]


class Since(BaseModel):
    """Which findings those of the quarter are compared with, and what became of them, in numbers."""

    model_config = ConfigDict(extra="forbid")
    before: str = Field(description="quarter of the report before; empty where nothing is compared")
    begun: str = Field(description="first quarter followed")
    policy_before: str | None = Field(
        description="day of the policy in force then; null where it is the same"
    )
    sentence: str
    counts: dict[str, int]


class AssessmentDocument(BaseModel):
    """An assessment for other programs; the columns of records are those of the results of that name."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["riskmodels-assessment-6"] = "riskmodels-assessment-6"
    period: str
    as_of: str
    policy: str
    data_digest: str
    data_quality: list[Record]
    findings: list[Fact]
    watch_list: list[Fact]
    checked: list[Fact]
    closed: list[Closed]
    since_last_quarter: Since | None
    names: list[Record] = Field(
        description="what identifiers are called, and what the register says, by language"
    )
    false_share: float | None
    indicators: list[Record]
    units: list[Record]
    alarms: list[Record]
    objectives: list[Record]
    forecast_method: str
    forecast: list[Months]
    stress: list[Stress]
    proposals: list[Record]


def write_document(results: Path, path: Path) -> None:
    """Write ``assessment.json`` from the saved results of a run; its JSON Schema is ``SCHEMA``."""
    found, card = load(results / "findings", Findings), load(results / "scorecard", Scorecard)
    outlook = load(results / "outlook", Forecast)
    joined = causes_joined(found, load_all(results, "causes", Causes))
    document = AssessmentDocument(
        period=found.period,
        as_of=found.as_of.isoformat(),
        policy=found.policy.isoformat(),
        data_digest=found.data_digest,
        data_quality=records_of(load(results / "quality", DataQuality).scores),
        findings=_facts(with_causes(found.table, joined), Fact),
        watch_list=_facts(found.watch_list, Fact),
        checked=_facts(found.others, Fact),
        closed=_facts(found.closed, Closed),
        since_last_quarter=_since(found),
        names=records_of(found.names),
        false_share=found.false_share if math.isfinite(found.false_share) else None,
        indicators=records_of(card.indicators),
        units=records_of(card.table),
        alarms=records_of(load(results / "alarms", AlarmBook).table),
        objectives=records_of(load(results / "objectives", Objectives).table),
        forecast_method=outlook.method,
        forecast=_months(outlook),
        stress=[
            Stress(
                scenario=test.scenario.id,
                severity=test.severity,
                complaints=records_of(test.complaints),
                indicators=records_of(test.table),
            )
            for test in load_all(results, "stress-*", StressTest)
        ],
        proposals=records_of(load(results / "proposals", Proposals).table),
    )
    write_text(path, document.model_dump_json(indent=1) + "\n")


def schema() -> str:
    """Return the JSON Schema of ``assessment.json``."""
    return json.dumps(AssessmentDocument.model_json_schema(), indent=1) + "\n"


def write_tables(results: Path, folder: Path) -> None:
    """Write every table of a run as Parquet and CSV; what the data did not allow for is not there.

    In CSV a text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    folder.mkdir()
    for result in load_all(results, "*", object):
        if isinstance(result, Exported):
            frames = result.frames()
            if isinstance(result, Findings):
                joined = causes_joined(result, load_all(results, "causes", Causes))
                frames["findings"] = with_causes(frames["findings"], joined)
            for name, frame in frames.items():
                _write_table(frame, folder, name)


def _write_table(frame: pd.DataFrame, folder: Path, name: str) -> None:
    path = folder / f"{name}.parquet"
    with written(path):
        frame.to_parquet(path, index=False)
    write_csv(frame, folder / f"{name}.csv")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; no cell and no name of a column is a formula for a spreadsheet, or ends a row."""
    safe = frame.map(safe_cell).rename(columns=safe_cell)
    with written(path):
        safe.to_csv(path, index=False, lineterminator="\n")


def _months(outlook: Forecast) -> list[Months]:
    total = outlook.aggregate()
    return [
        Months(period=str(period), mean=mean, lower=quantiles[0], upper=quantiles[-1])
        for period, mean, quantiles in zip(total.periods, total.mean[0], total.quantiles[0], strict=True)
    ]


def _facts(rows: pd.DataFrame, kind: type[FactT]) -> list[FactT]:
    records = ((row, json.loads(str(row["figures"]))) for row in records_of(rows))
    return [kind.model_validate(row | {"figures": figures}) for row, figures in records]


def _since(found: Findings) -> Since | None:
    following = found.follow_up
    if following is None:
        return None
    day = following.policy_before
    return Since(
        before=following.before,
        begun=following.begun,
        policy_before=day.isoformat() if day else None,
        sentence=following.sentence,
        counts=following.counts,
    )


def records_of(frame: pd.DataFrame) -> list[Record]:
    """Rows as plain values; unknown is null."""
    rows: list[Record] = json.loads(frame.to_json(orient="records", double_precision=15))
    return rows


def safe_cell(value: Any) -> Any:
    """Make a value safe; a carriage return alone, which csv does not quote, is an end of line of its cell."""
    safe = _without_formula(value)
    return _RETURN.sub("\n", safe) if isinstance(safe, str) else safe


def _without_formula(value: Any) -> Any:
    r"""Put an apostrophe before a text, or a line of it, that a spreadsheet would take for a formula.

    Signs that nobody sees, a byte-order mark or a line break, do not hide one, and full width is none.

    >>> _without_formula("=1+1"), _without_formula("ok\n＝1+1"), _without_formula("a-b")
    ("'=1+1", "ok\n'＝1+1", 'a-b')
    """
    if not isinstance(value, str):
        return value
    lines = value.splitlines(keepends=True)
    text = "".join(f"'{line}" if _begins_formula(line) else line for line in lines)
    risky = value[:1] in _BREAKS or _begins_formula(value)
    return f"'{text}" if risky and not text.startswith("'") else text


def _begins_formula(text: str) -> bool:
    seen = next(
        (sign for sign in text if unicodedata.category(sign)[0] not in _UNSEEN and sign not in _BLANK), ""
    )
    return unicodedata.normalize("NFKC", seen)[:1] in _FORMULA
