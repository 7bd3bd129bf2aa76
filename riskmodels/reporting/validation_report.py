"""The pack of a validation as a page to be signed: Markdown, sections of HTML, and JSON."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from riskmodels.display import Listing
from riskmodels.labels import clauses, label, local, marked, space, titled
from riskmodels.reporting.document import FrontMatter, KeyFigure, SummaryItem
from riskmodels.reporting.document.front import Rating
from riskmodels.reporting.exports import Record, records_of
from riskmodels.reporting.listings import list_model_checks, list_models
from riskmodels.reporting.listings.validated import rows_of
from riskmodels.validation import VERDICTS, ValidationPack

_RATINGS: dict[str, Rating] = {
    "unfit": "red",
    "unvalidated": "insufficient",
    "limits": "amber",
    "fit": "green",
}
TITLE = marked("Validation of models")
_SIGN = (
    marked("Validator (function and name):"),
    marked("Day:"),
    marked("I agree with the verdict / I set another one, because:"),
    marked("Signature:"),
)
_HOW = marked(
    "A model is not fit for use where a check fails, fit with limits where one finds a limitation, where a"
    " backtest or rival that it has is not known, or where nothing is set against a model of tier 1;"
    " not validated where no check says anything. Limits are riskmodels' own where no source is named."
)


class ValidationDocument(BaseModel):
    """The pack of a validation for other programs; columns are those of ``ValidationPack``."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["riskmodels-validation-1"] = "riskmodels-validation-1"
    report: str
    day: str
    is_full: bool
    data_digest: str
    verdict: str = Field(description="over all models: unfit, unvalidated, limits or fit")
    sentence: str
    models: list[Record]
    checks: list[Record]
    inventory: list[Record]
    without_row: list[str]


class Part(NamedTuple):
    """A heading, what is said under it, and its tables with their captions."""

    heading: str
    text: str
    tables: tuple[tuple[str, Listing], ...] = ()


def validation_document(pack: ValidationPack) -> str:
    """Return the pack as JSON."""
    document = ValidationDocument(
        report=pack.report,
        day=pack.day.isoformat(),
        is_full=pack.is_full,
        data_digest=pack.data_digest,
        verdict=pack.verdict,
        sentence=pack.sentence,
        models=records_of(pack.table),
        checks=records_of(pack.checks),
        inventory=records_of(pack.inventory),
        without_row=list(pack.without_row),
    )
    return document.model_dump_json(indent=1) + "\n"


def validation_text(pack: ValidationPack) -> str:
    """Return the pack as Markdown, with lines to sign."""
    lines = [f"# {titled(label(TITLE), pack.report)}", ""]
    for part in validation_parts(pack):
        lines += [f"## {part.heading}", "", part.text, ""]
        for _, listing in part.tables:
            lines += [*_table(listing.frame), ""]
    return "\n".join(lines)


def validation_front(pack: ValidationPack) -> FrontMatter:
    """Return the first page: the verdict over all, and the models that are not fit or have limits."""
    count = pack.table["verdict"].value_counts()
    names = {row.model: local(row, "name") for row in rows_of(pack.table)}
    return FrontMatter(
        title=TITLE,
        subtitle=pack.sentence,
        period=pack.report,
        as_of=pack.day.isoformat(),
        facts=((marked("Inventory set by"), pack.set_by), (marked("Data"), pack.data_digest)),
        key_figures=tuple(
            KeyFigure(label=VERDICTS[one], value=str(int(count.get(one, 0))), rating=_RATINGS[one])
            for one in VERDICTS
        ),
        summary=tuple(
            SummaryItem(
                severity=_RATINGS[row.verdict],
                sentence=titled(names[row.model], label(VERDICTS[row.verdict])),
            )
            for row in rows_of(pack.table)
            if row.verdict != "fit"
        ),
    )


def validation_parts(pack: ValidationPack) -> Iterator[Part]:
    """Yield the parts of the page: the verdict, what was found, each model, and what is signed."""
    models = list_models(pack)
    overall = label("Verdict over all: {verdict}.", verdict=label(VERDICTS[pack.verdict]))
    yield Part(
        label("Verdicts"),
        space().join([f"**{overall}**", models.sentence, label(_HOW)]),
        ((label("Verdict of each model"), models),),
    )
    doubts = list_model_checks(pack, only_doubts=True)
    yield Part(label("What was found"), doubts.sentence, ((label("Checks that are not in order"), doubts),))
    inventory = pack.inventory.set_index("model")
    for row in rows_of(pack.table):
        about = inventory.loc[row.model]
        listing = list_model_checks(pack, model=str(row.model))
        yield Part(
            local(row, "name"),
            label(
                "**{verdict}**, tier {tier}. Purpose: {purpose}. Assumes: {assumptions}. Limits: {limits}."
                " Method: docs/methods/{page}.",
                verdict=label(VERDICTS[str(row.verdict)]),
                tier=row.tier,
                **{str(name): clauses(map(label, str(text).split("; "))) for name, text in about.items()},
            ),
            ((label("Checks of {model}", model=local(row, "name")), listing),),
        )
    yield Part(label("Signature"), "\n".join(f"- {label(line)} ______________________" for line in _SIGN))


def _table(frame: pd.DataFrame) -> list[str]:
    """Write a table as Markdown; a bar in a text is no column."""
    if frame.empty:
        return []
    rows = [[label(str(name)) for name in frame.columns], ["---"] * frame.shape[1]]
    rows += [[str(value) for value in row] for row in frame.itertuples(index=False)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
