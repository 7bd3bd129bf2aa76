"""Policy proposals: changes of the policy that a person accepts or rejects."""

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

    @property
    def sentence(self) -> str:
        """Say how many proposals wait for a decision."""
        return plural(
            len(self.table),
            "{count} proposal to change the policy of {policy} waits for a decision.",
            "{count} proposals to change the policy of {policy} wait for a decision.",
        ).format(count=len(self.table), policy=self.policy)

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
        limit. None where no objective that a policy can hold would do so: from zero, to zero, or by a
        factor of eleven and more.
    """
    rows = found.table[found.table["kind"] == "indicator"]
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
    """Return the change of a year that reaches amber; None where it is none that a policy can hold."""
    value, amber = float(str(row["value"])), float(str(row["amber"]))
    change = round(amber / value - 1, 3) if value else float("nan")
    return change if -1 < change < _MOST_CHANGE else None


def _objective(row: Mapping[Any, Any], change: float, policy: Policy) -> dict[str, str]:
    indicator = policy.indicator(str(row["indicator_id"]))
    return {
        "path": f"indicators.{indicator.id}.objective.change_per_year",
        "current": label("none"),
        "proposed": f"{change:.3f}",
        "reason": label("{condition}, and the policy sets no objective that would bring it back").format_map(
            row
        ),
        "measured_by": label(
            "{name} reaches {amber} within a year, a quarter of the way next quarter"
        ).format(name=local(indicator, "name"), amber=format_value(indicator.id, float(str(row["amber"])))),
        "evidence": str(row["finding_id"]),
        "decision": label("to be decided"),
    }
