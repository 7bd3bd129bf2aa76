"""An action plan opened in a ledger: one action for each measure."""

from datetime import date

import pandas as pd

from riskmodels.governance.ledger.records import Action
from riskmodels.governance.ledger.store import Ledger
from riskmodels.labels import local
from riskmodels.parameters.measures import ActionPlan, Within
from riskmodels.periods.workdays import after_working_days


def planned_actions(plan: ActionPlan, *, start: date, country: str = "CN") -> list[Action]:
    """Return the actions of a plan that begins on a day, in the language in use.

    Their identifiers are those of plan and measure, so that a plan is opened once. Working days are those of
    ``country``.
    """
    return [
        Action.made(
            {
                "action_id": f"{plan.id}-{one.id}",
                "unit_id": one.unit,
                "indicator_id": one.indicator or "",
                "measure": local(one, "name"),
                "objective": local(one, "objective"),
                "owner": local(one, "owner"),
                "kind": one.kind,
                "opened_on": start,
                "due_on": _due(start, one.within, country),
            },
            where=f"measure {one.id}",
        )
        for one in plan.measures
    ]


def _due(start: date, within: Within, country: str) -> date:
    """Return the day on which a measure is due."""
    if within.working_days is not None:
        return after_working_days(start, within.working_days, country=country)
    day: date = (pd.Timestamp(start) + pd.DateOffset(months=within.months or 0)).date()
    return day


def open_plan(
    ledger: Ledger, actions: list[Action], *, by: str, note: str, is_kept: bool = True
) -> list[Action]:
    """Write the actions of a plan that are not in the ledger yet, all or none, and return them.

    An action that is there stays as it is, whatever has become of it.
    """
    known = set(ledger.frame("actions")["action_id"])
    new = [action for action in actions if action.id not in known]
    if new:
        ledger.write_all([(action, 0) for action in new], by=by, note=note, is_kept=is_kept)
    return new
