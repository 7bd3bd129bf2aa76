"""What is decided: proposals to change the policy, first limits, and the ledger of what was done."""

from importlib import import_module
from typing import Any

_HOMES = {
    "adopt": "adopting",
    "change_of": "changes",
    "complete": "adopting",
    "decide_proposal": "changes",
    "draft_limits": "limits",
    "join_acknowledged": "joining",
    "join_actions": "joining",
    "Ledger": "ledger",
    "LedgerState": "state",
    "LimitDraft": "limits",
    "open_actions": "adopting",
    "open_ledger": "ledger",
    "open_plan": "opening",
    "plan_inspection": "inspections",
    "planned_actions": "opening",
    "policy_files": "policy_records",
    "Proposals": "proposals",
    "propose": "proposals",
    "record_proposals": "changes",
    "roll_forward": "rolling",
    "settled_in": "proposals",
    "take_state": "state",
}

__all__ = [*_HOMES]  # noqa: PLE0604  the names are the keys


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: an action is recorded without an assessment's rooms."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodels.governance' has no attribute '{name}'")
    return getattr(import_module(f"riskmodels.governance.{_HOMES[name]}"), name)
