"""What an assessment asks for: changes of the policy, and actions, that a person accepts or rejects."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.display import Displayed
from riskmodels.forecasting import Nowcast, nowcast_where_logged
from riskmodels.governance.drafting import QUARTERS as DRAFTED_FROM
from riskmodels.governance.drafting import Known, quarters_to
from riskmodels.governance.ledger.standing import action_of
from riskmodels.governance.looking_back import COLUMNS, look_back
from riskmodels.governance.looking_back import QUARTERS as LOOKED_BACK
from riskmodels.governance.policy_records import FILE_COLUMNS, policy_files
from riskmodels.governance.proposing import Asked, asked_of, facts_of
from riskmodels.governance.state import LedgerState
from riskmodels.governance.stepping import in_question, limits
from riskmodels.labels import label, local, marked, plural
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard.evidence import gather_quarters
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
    *("proposal_id", "kind", "rule", "path", "about", "current", "proposed"),
    *("reason", "measured_by", "finding_ids", "evidence", "figures"),
)
_DECIDED = (
    *("proposal_id", "period", "rule", "path", "about", "standing"),
    *("decided_by", "why", "adopted_from"),
)
_TYPES = dict.fromkeys(_TEXTS, "str") | {"cost": "float64"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals(Displayed):
    """What is asked for this quarter; nothing is changed by proposing it.

    Attributes
    ----------
    table : DataFrame
        One row per proposal: proposal_id (made of the line and the evidence: the same ones have the same),
        kind (policy: lines of its file; action), rule, path (what the lines begin with), about (what people
        call that: the name of an indicator), current, proposed
        [JSON, a value by line below the path; of an action by column of ``actions``], reason, measured_by,
        finding_ids, evidence [digest of what they rest on], figures [JSON], cost [CNY; unknown is NaN].
    quarters : DataFrame
        What the last four quarters would have looked like; see ``look_back``.
    decided : DataFrame
        What became of the proposals of the quarters before, as the ledger has it: proposal_id, period, rule,
        path, about, standing, decided_by, why, adopted_from [day; of an action its number].
    files : DataFrame
        By which decision each policy file is there; see ``policy_files``. Without a ledger both are empty.
    period : str
        The quarter whose findings led to them.
    policy : date
        The policy that would be changed.
    """

    table: pd.DataFrame
    quarters: pd.DataFrame = field(repr=False)
    decided: pd.DataFrame = field(repr=False)
    files: pd.DataFrame = field(repr=False)
    period: str
    policy: date

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "proposals": self.table,
            "proposals_quarters": self.quarters,
            "proposals_decided": self.decided,
            "policy_files": self.files,
        }

    @property
    def moving(self) -> pd.DataFrame:
        """The rows of ``quarters`` of proposals that would have changed ratings of units."""
        rows = self.quarters[self.quarters["measure"] != "value"]
        moved = rows.loc[rows["now"] != rows["proposed"], "proposal_id"]
        return rows[rows["proposal_id"].isin(moved)]

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
    found: Findings,
    policy: Policy,
    *,
    tables: Tables | None = None,
    stands: LedgerState | None = None,
    policies: str | Path | None = None,
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
    stands : LedgerState, optional
        What stands in the ledger: what was rejected or adopted is not asked for again.
    policies : str or Path, optional
        Folder of policies, to tell by which decision of the ledger each of its files is there.

    Returns
    -------
    Proposals
        Each with its findings; without a finding there is none. What a line of the policy was adopted for
        (``policy.adopted``) is not asked for again: the same evidence changes a line once.
    """
    done = set(policy.adopted.proposals.split() if policy.adopted else ())
    if stands is not None:
        done |= settled_in(stands.frame("proposals"))
    asked = list(asked_of(facts_of(found), policy, found.period))
    aimed = {one.figures["indicator_id"] for one in asked if one.rule == "set_objective"}
    asked = [one for one in asked if one.id not in done]
    quarters = pd.DataFrame(columns=COLUMNS).astype({"now": float, "proposed": float})
    if tables is not None:
        nowcast = nowcast_where_logged(tables.complaints)
        known = _gathered(found, policy, tables, nowcast, {one.rule for one in asked})
        stepped = limits(found, policy, tables, known, nowcast, aimed)
        asked += [one for one in stepped if one.id not in done]
        quarters = look_back(asked, policy, tables, found.period, known=known, nowcast=nowcast)
    rows = [_row(one) | {"about": _named(one.path, policy)} for one in asked]
    table = pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)
    return Proposals(
        table=table,
        quarters=quarters,
        decided=_decided(stands, found.period, policy),
        files=_files(stands, policies, policy),
        period=found.period,
        policy=policy.valid_from,
    )


def _gathered(
    found: Findings, policy: Policy, tables: Tables, nowcast: Nowcast | None, rules: Collection[str]
) -> Known:
    """Gather once what limits are drafted from, and what is looked back at; of a weight all indicators."""
    drafted, quarters = in_question(found, policy), quarters_to(found.period, DRAFTED_FROM)
    older, recent = quarters[:-LOOKED_BACK], quarters[-LOOKED_BACK:]
    parts = [(drafted, older), (policy if "change_weight" in rules else drafted, recent)]
    return {
        name: evidence
        for chosen, periods in parts
        if chosen.indicators
        for name, evidence in gather_quarters(tables, chosen, periods, by="unit_id", nowcast=nowcast).items()
    }


def _named(path: str, policy: Policy) -> str:
    """Return what people call that which a path begins with: an indicator by its name, others by their id."""
    id_ = path.partition(".")[2]
    names = {one.id: local(one, "name") for one in policy.indicators}
    return names.get(id_, id_.replace("_", " "))


def _decided(stands: LedgerState | None, period: str, policy: Policy) -> pd.DataFrame:
    """Return what became of the proposals of earlier quarters."""
    if stands is None:
        return pd.DataFrame(columns=_DECIDED, dtype="str")
    frame, decisions = stands.frame("proposals"), stands.frame("decisions")
    frame = frame[frame["period"] < period]
    last = decisions[decisions["about_table"] == "proposals"].sort_values("seq")
    last = last.drop_duplicates("about_id", keep="last").set_index("about_id")
    days = {
        name: row["adoption_id"]
        for row in stands.frame("adoptions").to_dict("records")
        for name in row["proposal_ids"].split()
    }
    opened = frame["proposal_id"].map(action_of)
    ids = frame["proposal_id"]
    return frame.assign(
        about=[_named(path, policy) for path in frame["path"]],
        decided_by=ids.map(last["stated_by"]).fillna(""),
        why=ids.map(last["reason"]).fillna(""),
        adopted_from=ids.map(days).fillna(
            opened.where(opened.isin(stands.frame("actions")["action_id"]), "")
        ),
    )[list(_DECIDED)].astype("str")


def _files(stands: LedgerState | None, policies: str | Path | None, policy: Policy) -> pd.DataFrame:
    """Return by which decision the policy in force, and those before it, are there."""
    if stands is None or policies is None:
        return pd.DataFrame(columns=FILE_COLUMNS)
    files = policy_files(Path(policies), stands.frame)
    return files[files["valid_from"] <= policy.valid_from.isoformat()].reset_index(drop=True)


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
