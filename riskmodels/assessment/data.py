"""Criteria for the data: rejected and rewritten rows, holes, a quarter not over, what the source lacks."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment.findings import Finding, Severity
from riskmodels.assessment.inputs import Inputs
from riskmodels.catalogue import reasons_of, unused_observations
from riskmodels.tables import CONTRACTS, Changes, Table, data_quality
from riskmodels.tables.coverage import silent_months

_MOST_MONTHS = 6  # named one by one
_REWRITTEN = ("late", "revised", "vanished")


def check_rejected(inputs: Inputs) -> Iterator[Finding]:
    """Yield what share of the rows of each table was rejected."""
    limits = inputs.policy.data_quality
    for row in inputs.data.quality.to_dict("records"):
        share = float(row["rejected_share"])
        yield _about_table(
            "rejected_rows",
            str(row["table"]),
            _beyond(share, limits.rejected_amber, limits.rejected_red),
            share,
            limits.rejected_red if share > limits.rejected_red else limits.rejected_amber,
            {name: row[name] for name in ("rows_read", "rows_rejected", "digest")},
        )


def check_holes(inputs: Inputs) -> Iterator[Finding]:
    """Yield which tables have months that the source does not know, or without a row where many are due."""
    for table in inputs.data.present:
        unknown, silent = table.provenance.unknown_months, _silent(table)
        figures = {
            "unknown_months": ", ".join(unknown),
            "silent_months": ", ".join(silent),
            "digest": table.digest,
        }
        yield _about_table(
            "unknown_months", table.name, "amber" if unknown or silent else "passed", figures=figures
        )


def _silent(table: Table) -> tuple[str, ...]:
    return silent_months(table) if CONTRACTS[table.name].at else ()


def check_changes(inputs: Inputs) -> Iterator[Finding]:
    """Yield for each table how much of what was delivered before a new delivery rewrites.

    Rows that only got values that were empty, and new ones of days not delivered yet, are as they should be.
    """
    limits = inputs.policy.data_quality
    for changes in inputs.data.changes:
        counts = {kind: int(changes.table[kind].sum()) for kind in _REWRITTEN}
        yield _about_table(
            "rewritten_rows",
            changes.name,
            _beyond(changes.share, limits.rewritten_amber, limits.rewritten_red),
            changes.share,
            limits.rewritten_red if changes.share > limits.rewritten_red else limits.rewritten_amber,
            {**counts, "before": changes.before, **_rewritten_months(changes)},
        )


def check_quality(inputs: Inputs) -> Iterator[Finding]:
    """Yield which tables have a score of zero: everything that was checked fails."""
    table = data_quality(inputs.data).table
    for name, rows in table.groupby("table", sort=False):
        failed = [
            {"column": str(row["column"] or ""), "dimension": str(row["dimension"])}
            for row in rows[rows["score"] == 0].to_dict("records")
        ]
        figures = {"failed": failed, "digest": inputs.data.require(str(name)).digest}
        yield _about_table("failed_checks", str(name), "amber" if failed else "passed", figures=figures)


def check_unused(inputs: Inputs) -> Iterator[Finding]:
    """Yield a finding where observations carry indicators that the catalogue does not have."""
    unused = unused_observations(inputs.data)
    if not unused.empty:
        counts = dict(
            zip(unused["indicator_id"].astype(str), unused["rows"].astype(int).tolist(), strict=True)
        )
        figures = {"unused": counts, "digest": inputs.data.require("observations").digest}
        rows = float(unused["rows"].sum())
        yield _about_table("unused_observations", "observations", "amber", rows, 0.0, figures)


def check_period(inputs: Inputs) -> Iterator[Finding]:
    """Yield whether the quarter assessed is over by the as-of day, and known in all its months."""
    end = pd.Period(inputs.scorecard.period).end_time.date()
    partly = inputs.scorecard.incomplete.to_dict("records")
    yield Finding(
        rule="unfinished_quarter",
        subject_kind="period",
        subject="",
        indicator_id="",
        severity="amber" if end > inputs.data.as_of or partly else "passed",
        figures={
            "end": end.isoformat(),
            "as_of": inputs.data.as_of.isoformat(),
            "is_over": end <= inputs.data.as_of,
            "partly": partly,
            "period": inputs.scorecard.period,
        },
    )


def check_lacking(inputs: Inputs) -> Iterator[Finding]:
    """Yield how many indicators of the policy the source cannot give."""
    lacking = inputs.scorecard.unavailable
    reasons = reasons_of(lacking)
    yield Finding(
        rule="lacking_indicators",
        subject_kind="policy",
        subject="",
        indicator_id="",
        severity="amber" if reasons else "passed",
        value=float(len(reasons)),
        limit=0.0,
        figures={"lacking": reasons},
    )


def _beyond(share: float, amber: float, red: float) -> Severity:
    if share > red:
        return "red"
    return "amber" if share > amber else "passed"


def _about_table(
    rule: str,
    table: str,
    severity: Severity,
    value: float = float("nan"),
    limit: float = float("nan"),
    figures: Mapping[str, Any] | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        subject_kind="table",
        subject=table,
        indicator_id="",
        severity=severity,
        value=value,
        limit=limit,
        figures=figures or {},
    )


def _rewritten_months(changes: Changes) -> dict[str, Any]:
    """Return what was rewritten month by month, the last ones first, and how many more months there are."""
    rows = changes.table[changes.table[list(_REWRITTEN)].any(axis=1)].iloc[::-1]
    shown = rows[["month", *_REWRITTEN, "rows"]].head(_MOST_MONTHS)
    return {"rewritten": shown.to_dict("records"), "more": max(0, len(rows) - _MOST_MONTHS)}
