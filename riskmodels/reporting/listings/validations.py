"""How well scorecards predicted the next quarter, in words."""

import pandas as pd

from riskmodels.display import Listing
from riskmodels.labels import label
from riskmodels.validation.scorecards import OUTCOMES, PREDICTORS, ScorecardValidation


def list_validation(found: ScorecardValidation) -> Listing:
    """List how well each predictor foresaw each outcome of the next quarter; 0.5 is no better than chance."""
    listed = [
        {
            "Outcome a quarter later": label(OUTCOMES.get(row["outcome"], row["outcome"])),
            "Predictor": label(PREDICTORS[row["predictor"]]),
            "Events of rows": f"{row['positives']:,d} / {row['rows']:,d}",
            "AUC (90% interval)": _with_interval(row["auc"], row["auc_lower"], row["auc_upper"]),
            "Distance (90% interval)": _with_interval(row["ks"], row["ks_lower"], row["ks_upper"]),
            "Brier score": "–" if pd.isna(row["brier"]) else f"{row['brier']:.3f}",
        }
        for row in found.table.to_dict("records")
    ]
    return Listing(sentence=found.sentence, frame=pd.DataFrame(listed))


def _with_interval(value: float, lower: float, upper: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f} ({lower:.2f} – {upper:.2f})"
