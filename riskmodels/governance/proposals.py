"""Policy proposals: changes of the policy that a person accepts or rejects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import format_value
from riskmodels.display import Displayed
from riskmodels.labels import label, local, plural
from riskmodels.parameters.policy import Policy

_MOST_CHANGE = 10  # as the policy has it
_COLUMNS = ["proposal_id", "path", "current", "proposed", "reason", "measured_by", "evidence", "decision"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals(Displayed):
    """Changes of the policy for a person to decide; nothing is changed by proposing it.

    Attributes
    ----------
    table : DataFrame
        One row per proposal: proposal_id, path (dotted, in the policy file), current, proposed (as written
        there), reason, measured_by (what next quarter must show), evidence (finding), decision.
    period : str
        The quarter whose findings led to them.
    policy : date
        The policy that would be changed.
    """

    table: pd.DataFrame
    period: str
    policy: date

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"proposals": self.table}

    @property
    def sentence(self) -> str:
        """Say how many proposals wait for a decision."""
        return plural(
            len(self.table),
            "{count} proposal to change the policy of {policy} waits for a decision.",
            "{count} proposals to change the policy of {policy} wait for a decision.",
            count=len(self.table),
            policy=self.policy,
        )

    def summary(self) -> pd.DataFrame:
        """What would change, and why."""
        return self.table[_COLUMNS]


def propose(found: Findings, policy: Policy) -> Proposals:
    """Propose an objective for every indicator of the bank that is beyond its limit and has none.

    Parameters
    ----------
    found : Findings
        The assessment.
    policy : Policy
        The policy in force.

    Returns
    -------
    Proposals
        For each indicator at most one: the change in a year that brings it from its value to its amber
        limit. None where the value of the quarter is inside it, and where no objective that a policy can hold
        would do so: from zero, to zero, or by a factor of eleven and more.
    """
    rows = found.table[found.table["rule"] == "bank_limit"]
    proposed = [
        _objective(row, change, policy)
        for row in rows.to_dict("records")
        if policy.indicator(str(row["indicator_id"])).objective is None
        if (change := _change(row)) is not None
    ]
    table = pd.DataFrame(proposed, columns=_COLUMNS[1:], dtype="str")
    numbers = [f"P{number:03d}" for number in range(1, len(table) + 1)]
    table.insert(0, "proposal_id", pd.Series(numbers, dtype="str"))
    return Proposals(table=table, period=found.period, policy=policy.valid_from)


def _change(row: Mapping[Any, Any]) -> float | None:
    """Return the change of a year that brings the value to amber; None where no policy can hold it.

    Nor where the value is inside amber: nothing is asked for that is worse than what is reached.
    """
    figures = json.loads(row["figures"])
    value, amber, worse = float(row["value"]), figures["amber"], figures["red"] - figures["amber"]
    if not (value - amber) * worse > 0 or not value:
        return None
    change = round(amber / value - 1, 3)
    return change if change and -1 < change < _MOST_CHANGE else None


def _objective(row: Mapping[Any, Any], change: float, policy: Policy) -> dict[str, str]:
    indicator = policy.indicator(str(row["indicator_id"]))
    return {
        "path": f"indicators.{indicator.id}.objective.change_per_year",
        "current": label("none"),
        "proposed": f"{change:.3f}",
        "reason": label("{condition}, and the policy sets no objective that would bring it back", row),
        "measured_by": label(
            "{name} reaches {amber} within a year, a quarter of the way next quarter",
            name=local(indicator, "name"),
            amber=format_value(indicator.id, json.loads(row["figures"])["amber"]),
        ),
        "evidence": str(row["finding_id"]),
        "decision": label("to be decided"),
    }
