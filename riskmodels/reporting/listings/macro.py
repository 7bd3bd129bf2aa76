"""What follows a path of the economy under a scenario, and whether the bank's own history bears it out."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskmodels.display import Listing
from riskmodels.labels import label, marked, plain_label
from riskmodels.parameters.moved import WORDS
from riskmodels.stresstest import StressTest

_NONE = marked("No shock of the scenario follows a path of the economy.")
_SAID = marked(
    "{estimated} of {all} figures that follow the economy move as the bank's own history shows; the others as"
    " the scenario's ranges say, because the history shows no sensitivity that foretells better than none, or"
    " says nothing of them."
)
_USED = {"estimated": marked("the bank's history"), "elicited": marked("the scenario's range")}


def list_macro(test: StressTest) -> Listing:
    """List what follows a path of the economy, by what, and how well that foretold quarters not seen."""
    rows = test.macro
    if rows.empty:
        return Listing(sentence=label(_NONE), frame=pd.DataFrame())
    estimated = int((rows["used"] == "estimated").sum())
    return Listing(
        sentence=label(_SAID, estimated=estimated, all=len(rows)),
        frame=pd.DataFrame([_row(row) for row in rows.to_dict("records")]),
    )


def _row(row: Mapping[Hashable, Any]) -> dict[str, str]:
    tested = "–" if math.isnan(row["tested"]) else f"{row['tested']:.0f} of {row['quarters']:.0f}"
    gain = "–" if math.isnan(row["gain"]) else f"{row['gain']:+.2g}"
    error = "" if math.isnan(row["gain_error"]) else f" ± {row['gain_error']:.1g}"
    return {
        "What follows": label(WORDS[row["what"]]) if row["what"] in WORDS else str(row["what"]),
        "Of": plain_label(row["of"]),
        "As is shown by": label(_USED[row["used"]]),
        "Driven by": row["series"] or "–",
        "A unit more makes, in the end": _effect(row),
        "Quarters foretold": tested,
        "Log score gained a quarter": gain + error,
    }


def _effect(row: Mapping[Hashable, Any]) -> str:
    """Write the effect of one unit of the series as a change in per cent, with its 90 % interval."""
    if not row["series"]:
        return "–"
    effect, lower, upper = (f"{math.expm1(row[name]):+.1%}" for name in ("effect", "lower", "upper"))
    return f"{effect} ({lower} – {upper})"
