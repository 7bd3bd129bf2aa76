"""What became of a finding that is none any more: in order, not enough evidence, over, or not checked."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from riskmodels.assessment.inputs import Inputs

_BY_SEVERITY = {"passed": "in_order", "watch": "watch", "unclear": "unclear"}
_BY_RATING = {"green": "in_order", "red": "unclear", "amber": "unclear", "insufficient": "unclear"}
_NOT_CHECKED = "not_checked"
_OF_ONE_QUARTER = ("incident_answer", "incident_told", "incident_step", "incident_cost")
_SEVERAL = 3  # indicators that a score sums up; as of ``check_units``


def endings_of(gone: pd.DataFrame, facts: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Say what became of each finding that is none any more.

    Parameters
    ----------
    gone : DataFrame
        Facts of the quarter before, findings then and not now, shape (n, …).
    facts : DataFrame
        All facts of this quarter.
    inputs : Inputs
        For what was checked and is no fact of its own: units, customer groups, alarms, tables.

    Returns
    -------
    Series of str, shape (n,)
        in_order, watch, unclear, over, not_checked; of the index of ``gone``.
    """
    now = facts.drop_duplicates("finding_id").set_index("finding_id")["severity"]
    found = gone["finding_id"].map(now).map(_BY_SEVERITY)
    for rule, look in _LOOKED_UP.items():
        rows = gone[(gone["rule"] == rule) & found.isna()]
        if len(rows):
            found = found.fillna(look(rows, inputs))
    return found.fillna(_NOT_CHECKED).astype("str")


def _of_units(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Units that are no facts of their own, by their rating; what is bad, and not chosen, is unclear."""
    units = inputs.scorecard.units
    rated = units[units["amber"].notna()].set_index(["unit_id", "indicator_id"])["rating"]
    return _rated(gone, rated, ["subject", "indicator_id"])


def _of_scores(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    table = inputs.scorecard.table
    return _rated(gone, table[table["indicators"] >= _SEVERAL].set_index("unit_id")["rating"], ["subject"])


def _rated(gone: pd.DataFrame, rated: pd.Series, keys: list[str]) -> pd.Series:
    wanted = pd.MultiIndex.from_frame(gone[keys]) if len(keys) > 1 else pd.Index(gone[keys[0]])
    return pd.Series(rated.reindex(wanted).to_numpy(), gone.index, dtype=object).map(_BY_RATING)


def _of_groups(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    if inputs.gaps is None or inputs.gaps.table.empty:
        return _all(gone, _NOT_CHECKED)
    enough = inputs.gaps.table.set_index(["customer_group", "indicator_id"])["enough"]
    wanted = pd.MultiIndex.from_frame(gone[["subject", "indicator_id"]])
    found = enough.reindex(wanted).map({True: "in_order", False: "unclear"})
    return pd.Series(found.to_numpy(), gone.index, dtype=object)


def _of_alarms(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    known = [] if inputs.alarms is None else inputs.alarms.events["alarm_id"].astype(str).tolist()
    return pd.Series(np.where(gone["subject"].isin(known), "over", _NOT_CHECKED), gone.index, dtype=object)


def _of_incidents(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """An incident is looked at in the quarter in which it was; what it missed stays missed."""
    return _all(gone, _NOT_CHECKED if inputs.incidents is None else "over")


def _of_actions(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Actions without a verdict any more, or with none that counts, are no facts of their own."""
    known = [] if inputs.effects is None else inputs.effects.table["action_id"].astype(str).tolist()
    return pd.Series(np.where(gone["subject"].isin(known), "unclear", _NOT_CHECKED), gone.index, dtype=object)


def _of_observations(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    return _all(gone, "in_order" if inputs.data.observations is not None else _NOT_CHECKED)


def _of_names(gone: pd.DataFrame, _: Inputs) -> pd.Series:
    return _all(gone, "in_order")  # names are always compared, and only those that meet nothing are facts


def _of_losses(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """A type of loss that is none any more has hardly a loss now, or has a risk."""
    return _all(gone, _NOT_CHECKED if inputs.risks is None or inputs.risks.booked.empty else "in_order")


def _of_themes(gone: pd.DataFrame, inputs: Inputs) -> pd.Series:
    return _all(gone, _NOT_CHECKED if inputs.data.complaints is None else "in_order")


def _all(gone: pd.DataFrame, ending: str) -> pd.Series:
    return pd.Series(ending, gone.index, dtype=object)


_LOOKED_UP: Mapping[str, Callable[[pd.DataFrame, Inputs], pd.Series]] = {
    "unit_limit": _of_units,
    "unit_score": _of_scores,
    "customer_gap": _of_groups,
    "alarm": _of_alarms,
    **dict.fromkeys(_OF_ONE_QUARTER, _of_incidents),
    "action_effect": _of_actions,
    "unused_observations": _of_observations,
    "unmatched_names": _of_names,
    "unregistered_losses": _of_losses,
    "unregistered_theme": _of_themes,
}
