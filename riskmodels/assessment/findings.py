"""What a finding says, and all findings of one assessment."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.labels import label


class Finding(NamedTuple):
    """One finding; value, limit and amber are in the indicator's unit, NaN where there is none."""

    kind: Literal["indicator", "unit", "gap", "risk", "forecast", "stress", "data"]
    severity: Literal["red", "amber"]
    subject: str
    indicator_id: str
    criterion: str
    condition: str
    cause: str
    consequence: str
    corrective_action: str
    owner: str
    evidence: str
    value: float
    limit: float
    amber: float = float("nan")


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings(Displayed):
    """All findings of one assessment, red ones first.

    Attributes
    ----------
    table : DataFrame
        One row per finding: finding_id, kind, severity, subject, indicator_id, criterion (what the policy
        asks), condition (what was found), cause, consequence, corrective_action, owner, evidence (which
        figures), value, limit, amber [unit of the indicator; the limit broken, and the amber one].
    period : str
        The quarter assessed.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    period: str
    as_of: date
    policy: date
    data_digest: str

    @property
    def sentence(self) -> str:
        """Say how many findings there are."""
        counts = self.table["severity"].value_counts()
        return label(
            "{period}: {red} red and {amber} amber findings.",
            period=self.period,
            red=counts.get("red", 0),
            amber=counts.get("amber", 0),
        )

    def summary(self) -> pd.DataFrame:
        """What was found, and what to do."""
        return self.table[["finding_id", "severity", "subject", "condition", "corrective_action", "owner"]]
