"""Verdicts of models and the checks behind them, to be read."""

import json
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Listing, shown_text
from riskmodels.labels import label, local, say, titled
from riskmodels.validation import VERDICTS, ValidationPack
from riskmodels.validation.evidence import KINDS, NO_FIGURE, STATES


def list_models(pack: ValidationPack) -> Listing:
    """List each model with its verdict, and when it is to be validated again."""
    listed = [
        {
            "Model": local(row, "name"),
            "Owner": local(row, "owner"),
            "Tier": row.tier,
            "Verdict": label(VERDICTS[row.verdict]),
            "Checks in order": f"{row.passed} / {row.passed + row.limit + row.failed + row.unknown}",
            "Set against outcomes": label("yes") if row.is_tested else label("no"),
            "Validated": row.last_validation or label("never"),
            "Next validation": _due(row),
        }
        for row in rows_of(pack.table)
    ]
    columns = ["Model", "Owner", "Tier", "Verdict", "Checks in order", "Set against outcomes"]
    return Listing(
        sentence=pack.sentence, frame=pd.DataFrame(listed, columns=[*columns, "Validated", "Next validation"])
    )


def list_model_checks(pack: ValidationPack, *, model: str = "", only_doubts: bool = False) -> Listing:
    """List the checks, of all models or of one; ``only_doubts`` leaves out what is in order."""
    names = {row.model: local(row, "name") for row in rows_of(pack.table)}
    rows = pack.checks[pack.checks["model"] == model] if model else pack.checks
    shown = rows[rows["state"] != "passed"] if only_doubts else rows
    listed = [
        {
            "Model": names[row.model],
            "Check": titled(label(KINDS[row.kind]), label(row.check)),
            "Found": _figure(row.value, row),
            "Limit": _figure(row.limit, row),
            "Not fit from": _figure(row.worst, row),
            "Result": say(json.loads(row.said)) if row.said else label(STATES[row.state]),
        }
        for row in rows_of(shown)
    ]
    columns = ["Model", "Check", "Found", "Limit", "Not fit from", "Result"]
    frame = pd.DataFrame(listed, columns=columns)
    return Listing(
        sentence=label(
            "{doubts} of {checks} checks find a limit, fail or are not known.",
            doubts=int((rows["state"] != "passed").sum()),
            checks=len(rows),
        ),
        frame=frame.drop(columns=["Model"]) if model else frame,
    )


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Return rows whose columns are attributes, as texts in several languages are looked up."""
    return list(frame.itertuples())


def _due(row: Any) -> str:
    if not row.due:
        return label("now")
    return label("overdue since {day}", day=row.due) if row.overdue else str(row.due)


def _figure(value: float, row: Any) -> str:
    """Write a figure or a limit; a limit that no figure reaches is none."""
    if not np.isfinite(value) or value == NO_FIGURE:
        return "–"
    return f"{100 * value:.3g}%" if row.is_share else shown_text(float(value))
