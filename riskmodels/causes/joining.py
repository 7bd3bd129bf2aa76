"""What the data say of the cause of a finding, joined to the findings when they are read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.causes.explaining import Causes
from riskmodels.causes.wording import CAUSE_STATUS, segment_name
from riskmodels.labels import commas, label, marked

_SUPPORTED: Final = marked(
    "cause supported by data: {name} ({excess:+,.0f} complaints, 90% {lower:+,.0f} to {upper:+,.0f})"
)
_UNIT: Final = marked(
    "cause supported by data: {excess:+,.0f} complaints against the rates of all others (90% {lower:+,.0f} to"
    " {upper:+,.0f})"
)
_NOT_SUPPORTED: Final = marked("cause not supported by data")
_PRESUMED: Final = marked("cause presumed")


def causes_joined(found: Findings, saved: Sequence[Causes]) -> pd.DataFrame:
    """Return what is said of the cause of each finding: none where no causes of these findings were saved.

    Parameters
    ----------
    found : Findings
        Which do not change.
    saved : sequence of Causes
        Those of a run, if any; of another period or of other data they are none of these findings.

    Returns
    -------
    DataFrame
        By finding_id: cause_status (supported, not_supported, presumed), cause_evidence (what the data say),
        clause (the same in a few words).
    """
    rows = [
        {
            "finding_id": row["finding_id"],
            "cause_status": row["status"],
            "cause_evidence": row["sentence"],
            "clause": _clause(row),
        }
        for causes in saved
        if (causes.period, causes.data_digest) == (found.period, found.data_digest)
        for row in causes.table.to_dict("records")
    ]
    names = ["finding_id", "cause_status", "cause_evidence", "clause"]
    return pd.DataFrame(rows, columns=names, dtype="str").set_index("finding_id")


def with_causes(rows: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    """Put status and evidence of their causes beside findings; as they were where there are none."""
    if joined.empty:
        return rows
    said = joined.reindex(rows["finding_id"]).fillna("")
    return rows.assign(
        cause_status=said["cause_status"].to_numpy(), cause_evidence=said["cause_evidence"].to_numpy()
    )


def clause_of(rows: pd.DataFrame, joined: pd.DataFrame) -> str:
    """Say in a clause how the causes of some findings are supported; nothing where it is not known."""
    known = joined.reindex(rows["finding_id"]).dropna()
    if len(rows) == 1 or known.empty:
        return "".join(known["clause"])
    counts = known["cause_status"].value_counts()
    parts = [
        label("{number} {status}", number=counts[one], status=label(words))
        for one, words in CAUSE_STATUS.items()
        if one in counts
    ]
    return label("causes: {parts}", parts=commas(parts))


def _clause(row: Mapping[Any, Any]) -> str:
    if row["status"] != "supported":
        return label(_NOT_SUPPORTED if row["status"] == "not_supported" else _PRESUMED)
    words = _SUPPORTED if row["segment"] else _UNIT
    return label(words, row, name=segment_name(str(row["segment"])))
