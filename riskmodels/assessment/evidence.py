"""Findings about the data: rejected rows, holes, a quarter not over, indicators the source cannot give."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from riskmodels.assessment.findings import Finding
from riskmodels.labels import label
from riskmodels.policy import Policy
from riskmodels.scorecard import Scorecard
from riskmodels.tables import Tables


def data_findings(data: Tables, policy: Policy) -> Iterator[Finding]:
    """Yield one finding a table with too many rejected rows, and one a table with a hole."""
    limits = policy.data_quality
    for row in data.quality.to_dict("records"):
        share = float(row["rejected_share"])
        if share > limits.rejected_amber:
            red = share > limits.rejected_red
            limit = limits.rejected_red if red else limits.rejected_amber
            yield _about_data(
                row,
                "red" if red else "amber",
                label("At most {limit:.2%} of the rows are rejected").format(limit=limit),
                label("{rows_rejected:,} of {rows_read:,} rows were rejected").format_map(row),
                (share, limit),
            )
        if row["unknown_months"]:
            yield _about_data(
                row,
                "amber",
                label("Every month of the history is known"),
                label("Months that the source does not know: {unknown_months}").format_map(row),
                (float("nan"), float("nan")),
            )


def _about_data(
    row: Mapping[Any, Any],
    severity: Literal["red", "amber"],
    criterion: str,
    condition: str,
    measured: tuple[float, float],
) -> Finding:
    return Finding(
        kind="data",
        severity=severity,
        subject=label("Data: {table}").format(table=row["table"]),
        indicator_id="",
        criterion=criterion,
        condition=condition,
        cause=label("To be found out with the owner of the source"),
        consequence=label("Figures that rest on these rows may be biased; unknown is not counted as zero"),
        corrective_action=label("Correct the source or its mapping and run again"),
        owner=label("Owner of the source"),
        evidence=label("table {table}, digest {digest}").format_map(row),
        value=measured[0],
        limit=measured[1],
    )


def unfinished_findings(data: Tables, scorecard: Scorecard) -> Iterator[Finding]:
    """Yield one finding where the quarter assessed is not over by the as-of day of the data."""
    end = pd.Period(scorecard.period).end_time.date()
    if end <= data.as_of:
        return
    yield Finding(
        kind="data",
        severity="amber",
        subject=label("Data: {table}").format(table=scorecard.period),
        indicator_id="",
        criterion=label("The quarter assessed is over"),
        condition=label("The quarter is known only up to {as_of}").format(as_of=data.as_of.isoformat()),
        cause=label("The data ends before the quarter does"),
        consequence=label("Figures of the quarter rest on a part of it and will change"),
        corrective_action=label("Assess the last quarter that is over, or run again when this one is"),
        owner=label("Owner of the source"),
        evidence=label("quarter ends on {end}, data on {as_of}").format(
            end=end.isoformat(), as_of=data.as_of.isoformat()
        ),
        value=float("nan"),
        limit=float("nan"),
    )


def lacking_findings(scorecard: Scorecard) -> Iterator[Finding]:
    """Yield one finding for all indicators of the policy that the source cannot give."""
    lacking = scorecard.unavailable
    if lacking.empty:
        return
    yield Finding(
        kind="data",
        severity="amber",
        subject=label("Data: indicators"),
        indicator_id="",
        criterion=label("Every indicator of the policy is measured"),
        condition=label("Indicators of the policy that cannot be computed: {count}").format(
            count=len(lacking)
        ),
        cause=label("The source lacks what they need"),
        consequence=label("These risks are not assessed; nothing is assumed in their place"),
        corrective_action=label("Supply the tables and columns, or take the indicators out of the policy"),
        owner=label("Owner of the source"),
        evidence="; ".join(f"{row['indicator_id']}: {row['reason']}" for row in lacking.to_dict("records")),
        value=float(len(lacking)),
        limit=0.0,
    )
