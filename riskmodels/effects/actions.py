"""Did an action work: each action of the table against what its units would have had without it."""

import numpy as np
import pandas as pd

from riskmodels.effects.group import EVERYWHERE, judge_group
from riskmodels.effects.outcomes import Effect, Effects, actions_frame, estimates_frame
from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.tables import Tables

SHOWN_MONTHS = 24  # after closing: what is older was judged in earlier reports
_TEXTS = ("unit_id", "product", "indicator_id", "kind", "pilot_units")
_NUMBERS = ("cost", "expected_change")


def estimate_effect(tables: Tables, *, action_id: str, policy: Policy | None = None) -> Effect:
    """Estimate what one action did to the indicator it should improve.

    Parameters
    ----------
    tables : Tables
        With ``actions``, and what the indicator is made of.
    action_id : str
    policy : Policy, optional
        Says which way an indicator is good; complaints need none.

    Returns
    -------
    Effect
        Of an action that cannot be judged the figures are NaN, and ``reason`` says why.

    Raises
    ------
    ContractError
        There is no table of actions.
    ParameterError
        It has no such action.
    """
    actions = actions_of(tables)
    if action_id not in set(actions["action_id"]):
        raise ParameterError(f"there is no action '{action_id}' in the table 'actions'")
    indicator = actions.loc[actions["action_id"] == action_id, "indicator_id"].iloc[0]
    same = actions[actions["indicator_id"] == indicator]
    table, estimators = judge_group(tables, policy, same, str(indicator), last=None, closer=action_id)
    return Effects(table=table, estimators=estimators, period="", as_of=tables.as_of).effect(action_id)


def judge_actions(tables: Tables, policy: Policy, *, period: str) -> Effects:
    """Judge every action that was closed in the two years before the end of a quarter.

    Parameters
    ----------
    tables : Tables
    policy : Policy
        Says which way an indicator is good.
    period : str
        Quarter, e.g. ``2026Q3``; nothing after it is used.

    Returns
    -------
    Effects
        One row per action; none where there is no table of actions.

    Notes
    -----
    Each verdict has its own chance of error (2.5 % one-sided that an action without effect "worked"): of
    forty of them one is expected. docs/methods/actions.md.
    """
    end = check_quarter(period).end_time
    table, estimators = actions_frame(), estimates_frame()
    if tables.actions is not None:
        actions = actions_of(tables)
        known = actions[pd.to_datetime(actions["opened_on"]) <= end]
        closed = pd.to_datetime(known["closed_on"])
        wanted = set(
            known.loc[(closed <= end) & (closed > end - pd.DateOffset(months=SHOWN_MONTHS)), "action_id"]
        )
        parts = [
            judge_group(tables, policy, of, str(indicator), last=str(end.to_period("M")))
            for indicator, of in known.groupby("indicator_id")
            if wanted & set(of["action_id"])
        ]
        if parts:
            table, estimators = (pd.concat(some, ignore_index=True) for some in zip(*parts, strict=True))
        table, estimators = (part[part["action_id"].isin(wanted)] for part in (table, estimators))
    return Effects(
        table=table.sort_values(["closed_on", "action_id"], ignore_index=True),
        estimators=estimators.reset_index(drop=True),
        period=period,
        as_of=tables.as_of,
    )


def actions_of(tables: Tables) -> pd.DataFrame:
    """Return the actions with the optional columns, and the units of each as a text; of none, all."""
    frame = tables.require("actions").frame().reset_index(drop=True)
    for name in _TEXTS:
        column = frame[name] if name in frame else pd.Series("", index=frame.index)
        frame[name] = column.astype("object").where(column.notna(), "").astype(str)
    for name in _NUMBERS:
        frame[name] = frame[name].astype("float64") if name in frame else np.nan
    units = (frame["unit_id"] + " " + frame["pilot_units"]).str.strip()
    return frame.assign(units=units.where(units != "", EVERYWHERE))
