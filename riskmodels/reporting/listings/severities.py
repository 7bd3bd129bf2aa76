"""What a scenario does to complaints by severity, as a table to be read."""

import pandas as pd

from riskmodels.display import Listing, shown_figure
from riskmodels.labels import label, marked, plain_label
from riskmodels.reporting.listings.calls import pair_of
from riskmodels.stresstest import StressTest

_NONE = marked(
    "How severe complaints are is not known here: neither the capacity file nor the complaints say it."
)


def list_classes(test: StressTest) -> Listing:
    """List complaints by severity in the month in which fewest are done in time, team by team."""
    if test.classes.empty:
        return Listing(sentence=label(_NONE), frame=pd.DataFrame())
    groups = test.classes.groupby(["team", "severity"], sort=False)
    worst = test.classes.loc[groups["within_7_with"].idxmin()]
    listed = [
        {
            "Team": plain_label(row["team"]),
            "Severity": plain_label(row["severity"]),
            "Month": row["period"],
            "Complaints": f"{row['complaints_without']:,.0f} → {row['complaints_with']:,.0f}",
            "Waiting less than 3 working days": pair_of(row, "within_3"),
            "Waiting less than 7 working days": pair_of(row, "within_7"),
            "Left at the end [complaints]": " → ".join(
                shown_figure(row[f"backlog_{name}"]) for name in ("without", "with")
            ),
        }
        for row in worst.to_dict("records")
    ]
    words = marked(
        "Of each severity the month in which fewest are done within 7 working days; the more severe are done"
        " first, or by the team that they are handed to."
    )
    return Listing(sentence=label(words), frame=pd.DataFrame(listed))
