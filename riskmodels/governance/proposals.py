"""What an assessment asks for: changes of the policy, and actions, that a person accepts or rejects."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.display import Displayed
from riskmodels.governance.looking_back import COLUMNS, look_back
from riskmodels.governance.proposing import Asked, asked_of, facts_of
from riskmodels.governance.stepping import limits
from riskmodels.labels import label, marked, plural
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

RULE_LABELS = {
    "set_objective": marked("Set an objective"),
    "set_limit": marked("Set a limit"),
    "change_weight": marked("Change a weight"),
    "add_watch": marked("Watch an indicator"),
    "inspect": marked("Inspect"),
    "look_into_alarm": marked("Look into an alarm"),
    "staff_for_peak": marked("Staff for the peak"),
    "staff_for_scenario": marked("Staff for a scenario"),
    "retire_control": marked("Retire a control"),
    "make_general": marked("Make a pilot general"),
}
_TEXTS = (
    *("proposal_id", "kind", "rule", "path", "current", "proposed"),
    *("reason", "measured_by", "finding_ids", "evidence", "figures"),
)
_TYPES = dict.fromkeys(_TEXTS, "str") | {"cost": "float64"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals(Displayed):
    """What is asked for this quarter; nothing is changed by proposing it.

    Attributes
    ----------
    table : DataFrame
        One row per proposal: proposal_id (made of the line and the evidence: the same ones have the same),
        kind (policy: lines of its file; action), rule, path (what the lines begin with), current, proposed
        [JSON, a value by line below the path; of an action by column of ``actions``], reason, measured_by,
        finding_ids, evidence [digest of what they rest on], figures [JSON], cost [CNY; unknown is NaN].
    quarters : DataFrame
        What the last four quarters would have looked like; see ``look_back``.
    period : str
        The quarter whose findings led to them.
    policy : date
        The policy that would be changed.
    """

    table: pd.DataFrame
    quarters: pd.DataFrame = field(repr=False)
    period: str
    policy: date

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"proposals": self.table, "proposals_quarters": self.quarters}

    @property
    def sentence(self) -> str:
        """Say how much is asked for."""
        of_policy = int((self.table["kind"] == "policy").sum())
        return plural(
            len(self.table),
            "{count} proposal waits for a decision: {lines} of the policy of {policy}, {actions} of actions.",
            "{count} proposals wait for a decision: {lines} of the policy of {policy}, {actions} of actions.",
            count=len(self.table),
            lines=of_policy,
            actions=len(self.table) - of_policy,
            policy=self.policy,
        )

    def summary(self) -> pd.DataFrame:
        """What is asked for, and why."""
        return self.table[["proposal_id", "rule", "path", "current", "proposed", "reason", "measured_by"]]


def propose(
    found: Findings, policy: Policy, *, tables: Tables | None = None, settled: Collection[str] = ()
) -> Proposals:
    """Ask for changes of the policy and for actions, by the rules of ``proposing`` and ``stepping``.

    Parameters
    ----------
    found : Findings
        The assessment.
    policy : Policy
        The policy in force.
    tables : Tables, optional
        Accepted rows: without them no limit is drafted, and no earlier quarter is looked at.
    settled : collection of str
        Proposals that were rejected, or adopted (``settled_in`` of a ledger): they are not asked for again.

    Returns
    -------
    Proposals
        Each with its findings; without a finding there is none. What a line of the policy was adopted for
        (``policy.adopted``) is not asked for again: the same evidence changes a line once.
    """
    facts = facts_of(found)
    asked = list(asked_of(facts, policy, found.period))
    if tables is not None:
        aimed = {one.figures["indicator_id"] for one in asked if one.rule == "set_objective"}
        asked += limits(found, policy, tables, aimed)
    done = {*settled, *(policy.adopted.proposals.split() if policy.adopted else ())}
    asked = [one for one in asked if one.id not in done]
    table = pd.DataFrame([_row(one) for one in asked], columns=list(_TYPES)).astype(_TYPES)
    return Proposals(
        table=table,
        quarters=pd.DataFrame(columns=COLUMNS)
        if tables is None
        else look_back(asked, policy, tables, found.period),
        period=found.period,
        policy=policy.valid_from,
    )


def settled_in(proposals: pd.DataFrame) -> set[str]:
    """Return the proposals of a ledger (``Ledger.frame("proposals")``) that are not asked for again."""
    done = proposals["standing"].isin(["rejected", "adopted", "withdrawn"])
    return set(proposals.loc[done, "proposal_id"])


def _row(one: Asked) -> dict[str, Any]:
    return {
        "proposal_id": one.id,
        "kind": one.kind,
        "rule": one.rule,
        "path": one.path,
        "current": _json(one.current),
        "proposed": _json(one.proposed),
        "reason": one.reason,
        "measured_by": one.measured_by,
        "finding_ids": " ".join(one.finding_ids),
        "evidence": one.evidence,
        "figures": _json(one.figures),
        "cost": one.cost,
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(_known(dict(values)), ensure_ascii=False)


def _known(value: Any) -> Any:
    """Return values as JSON has them: unknown is null."""
    if isinstance(value, dict):
        return {str(name): _known(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def lines_of(row: Mapping[Any, Any]) -> list[tuple[str, Any, Any]]:
    """Return the lines of a proposal of the policy: path, what must stand there, what is proposed."""
    current, proposed = json.loads(row["current"]), json.loads(row["proposed"])
    return [(f"{row['path']}.{name}", current.get(name), value) for name, value in proposed.items()]


def rule_label(rule: str) -> str:
    """Return what a rule is called; one of another program as it is."""
    return label(RULE_LABELS.get(rule, rule))
