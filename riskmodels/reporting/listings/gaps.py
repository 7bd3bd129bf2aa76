"""Differences between customer groups, in words and percentage points."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.comparisons.gaps import CustomerGaps
from riskmodels.display import Listing
from riskmodels.labels import label, marked, plain_label
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.indicators import indicator_names

_LEAST_P = 0.001  # smaller p-values rest on tails that no approximation tells


def list_gaps(gaps: CustomerGaps, policy: Policy) -> Listing:
    """List the comparisons of customer groups, the clearest gap first; differences like with like."""
    names = indicator_names(policy)
    reference = label(gaps.reference or "all others")
    listed = [
        {
            "Indicator": names.get(row["indicator_id"], row["indicator_id"]),
            "Customer group": plain_label(row["customer_group"]),
            "Cases": f"{row['cases']:,d}",
            "Share": _share(row["value"]),
            label("Share of {reference}", reference=reference): _share(row["reference_value"]),
            "Unadjusted [points]": _points(row["crude"]),
            "Adjusted for product and channel [points]": _points(row["difference"]),
            "90% interval": "–"
            if pd.isna(row["lower"])
            else f"{_points(row['lower'])} – {_points(row['upper'])}",
            "Adjusted p-value": _p(row["p_adjusted"]),
            "Verdict": label(_verdict(row)),
        }
        for row in gaps.table.to_dict("records")
    ]
    return Listing(sentence=gaps.sentence, frame=pd.DataFrame(listed))


def _verdict(row: Mapping[Any, Any]) -> str:
    if row["finding"]:
        return marked("worse: a finding")
    return marked("no finding") if row["enough"] else marked("not enough evidence")


def _share(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"


def _points(value: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:+z.1f}"


def _p(value: float) -> str:
    if pd.isna(value):
        return "–"
    return f"< {_LEAST_P}" if value < _LEAST_P else f"{value:.3f}"
