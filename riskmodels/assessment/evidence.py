"""Findings about the data: rejected and rewritten rows, holes, a quarter not over, what the source lacks."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from riskmodels.assessment.findings import Finding
from riskmodels.catalogue import unused_observations
from riskmodels.labels import label
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard import Scorecard
from riskmodels.tables import Changes, Tables, data_quality

_MOST_MONTHS = 6  # months named in one finding; a choice: more would bury the others
_UNKNOWN = float("nan")


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
                label("At most {limit:.2%} of the rows are rejected", limit=limit),
                label("{rows_rejected:,} of {rows_read:,} rows were rejected", row),
                (share, limit),
            )
        if row["unknown_months"]:
            yield _about_data(
                row,
                "amber",
                label("Every month of the history is known"),
                label("Months that the source does not know: {unknown_months}", row),
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
        subject=label("Data: {table}", table=row["table"]),
        indicator_id="",
        criterion=criterion,
        condition=condition,
        cause=label("To be found out with the owner of the source"),
        consequence=label("Figures that rest on these rows may be biased; unknown is not counted as zero"),
        corrective_action=label("Correct the source or its mapping and run again"),
        owner=label("Owner of the source"),
        evidence=label("table {table}, digest {digest}", row),
        value=measured[0],
        limit=measured[1],
    )


def change_findings(data: Tables, policy: Policy) -> Iterator[Finding]:
    """Yield one finding a table of which a new delivery rewrites what was delivered before.

    Rows that only got values that were empty, and new ones of days not delivered yet, are as they should be.
    """
    limits = policy.data_quality
    for changes in data.changes:
        if changes.share <= limits.rewritten_amber:
            continue
        red = changes.share > limits.rewritten_red
        limit = limits.rewritten_red if red else limits.rewritten_amber
        row = {"table": changes.name, "digest": changes.after, "limit": limit, "share": changes.share}
        row |= {kind: int(changes.table[kind].sum()) for kind in ("late", "revised", "vanished", "completed")}
        yield _about_data(
            row,
            "red" if red else "amber",
            label("A new delivery rewrites at most {limit:.2%} of the rows of a month", row),
            label(
                "{late:,} rows were added late, {revised:,} revised and {vanished:,} vanished since the last"
                " delivery: {share:.2%} of the rows of the months concerned",
                row,
            ),
            (changes.share, limit),
        )._replace(
            consequence=label(
                "Figures reported earlier do not hold any more; trends may be those of the source"
            ),
            corrective_action=label("Ask the owner why, and correct what was reported for these months"),
            evidence=_rewritten_months(changes),
        )


def _rewritten_months(changes: Changes) -> str:
    """Say what was rewritten month by month, the last ones first."""
    rows = changes.table[changes.table[["late", "revised", "vanished"]].any(axis=1)].iloc[::-1]
    told = [
        label("{month}: {late:,} late, {revised:,} revised, {vanished:,} vanished of {rows:,}", row)
        for row in rows.head(_MOST_MONTHS).to_dict("records")
    ]
    if len(rows) > _MOST_MONTHS:
        told.append(label("and {more} more months", more=len(rows) - _MOST_MONTHS))
    return "; ".join([label("against digest {before}", before=changes.before), *told])


def failed_check_findings(data: Tables) -> Iterator[Finding]:
    """Yield one finding a table with a score of zero: everything that was checked fails."""
    table = data_quality(data).table
    for name, rows in table[table["score"] == 0].groupby("table", sort=False):
        told = [
            " ".join(filter(None, [row["column"], label(row["dimension"])]))
            for row in rows.to_dict("records")
        ]
        yield _about_data(
            {"table": name, "digest": data.require(str(name)).digest},
            "amber",
            label("What the contract expects is there in some rows at least"),
            label("Every value checked fails: {what}", what=", ".join(told)),
            (0.0, _UNKNOWN),
        )


def unused_findings(data: Tables) -> Iterator[Finding]:
    """Yield one finding where observations carry indicators that the catalogue does not have."""
    unused = unused_observations(data)
    if unused.empty:
        return
    told = [f"{row['indicator_id']} ({row['rows']:,})" for row in unused.to_dict("records")]
    yield _about_data(
        {"table": "observations", "digest": data.require("observations").digest},
        "amber",
        label("Every observation belongs to an indicator of the catalogue"),
        label("Rows of unknown indicators, which nothing uses: {what}", what=", ".join(told)),
        (float(unused["rows"].sum()), 0.0),
    )


def unfinished_findings(data: Tables, scorecard: Scorecard) -> Iterator[Finding]:
    """Yield one finding where the quarter assessed is not over by the as-of day of the data."""
    end = pd.Period(scorecard.period).end_time.date()
    if end <= data.as_of:
        return
    yield Finding(
        kind="data",
        severity="amber",
        subject=label("Data: {table}", table=scorecard.period),
        indicator_id="",
        criterion=label("The quarter assessed is over"),
        condition=label("The quarter is known only up to {as_of}", as_of=data.as_of.isoformat()),
        cause=label("The data ends before the quarter does"),
        consequence=label("Figures of the quarter rest on a part of it and will change"),
        corrective_action=label("Assess the last quarter that is over, or run again when this one is"),
        owner=label("Owner of the source"),
        evidence=label(
            "quarter ends on {end}, data on {as_of}", end=end.isoformat(), as_of=data.as_of.isoformat()
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
        condition=label("Indicators of the policy that cannot be computed: {count}", count=len(lacking)),
        cause=label("The source lacks what they need"),
        consequence=label("These risks are not assessed; nothing is assumed in their place"),
        corrective_action=label("Supply the tables and columns, or take the indicators out of the policy"),
        owner=label("Owner of the source"),
        evidence="; ".join(f"{row['indicator_id']}: {row['reason']}" for row in lacking.to_dict("records")),
        value=float(len(lacking)),
        limit=0.0,
    )
