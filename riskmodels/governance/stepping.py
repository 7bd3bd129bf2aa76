"""Limits in bounded steps towards what units truly have, where nobody but riskmodels has set them."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import format_value
from riskmodels.errors import TooLittleError
from riskmodels.forecasting import Nowcast
from riskmodels.governance.drafting import Known, drafted_limits
from riskmodels.governance.proposing import ADOPTED, MOST, STEP, Asked
from riskmodels.labels import label, local, marked
from riskmodels.parameters.policy import DEFAULT, IndicatorPolicy, Limits, Policy
from riskmodels.tables import Tables

_NEAR = 0.1  # of what lies between amber and red: a rest that is not worth another step
_DIGITS = 4  # significant ones of a limit
_OWN = re.compile(rf"{ADOPTED} \d{{4}}Q[1-4]")
_GOAL = ["product", "amber", "red"]
_RULES = ["bank_limit", "unit_limit"]
_WORDS = {
    "tighter": marked(
        "{name}: nobody but riskmodels has set its limits, and units truly have better ones; a quarter of the"
        " way to {amber} (amber) and {red} (red)"
    ),
    "looser": marked(
        "{name}: nobody but riskmodels has set its limits, and {count} findings rest on them; a quarter of"
        " the way to {amber} (amber) and {red} (red), which is looser: what units have had is no proof that"
        " it is good enough"
    ),
}


def as_default(words: str) -> str:
    """Say who set limits as before any proposal was adopted: what is adopted in steps goes on in steps."""
    return _OWN.sub(DEFAULT, words)


def limits(
    found: Findings,
    policy: Policy,
    tables: Tables,
    known: Known,
    nowcast: Nowcast | None,
    aimed: Collection[str],
) -> Iterator[Asked]:
    """Ask for a step towards the drafted limits of the indicators that most findings rest on.

    ``known`` is the evidence of units in eight quarters, of these indicators (``in_question``) at least. Of
    those with an objective, also one that is only asked for (``aimed``), to tighter ones only. Nothing
    where units are too few, or the quarters; see ``draft_limits``.
    """
    rows, some = _rows(found), in_question(found, policy)
    if not some.indicators:
        return
    try:
        draft, _ = drafted_limits(tables, some, known, period=found.period, nowcast=nowcast)
    except TooLittleError:
        return
    asked = 0
    for one in some.indicators:
        drafted = draft[(draft["indicator_id"] == one.id) & (draft["moves"] != "kept")]
        of_one = rows[rows["indicator_id"] == one.id]
        is_aimed = one.objective is not None or one.id in aimed
        made = _stepped(policy.indicator(one.id), drafted, of_one, found.period, is_aimed=is_aimed)
        if made is not None and asked < MOST:
            asked += 1
            yield made


def in_question(found: Findings, policy: Policy) -> Policy:
    """Return the policy with those indicators alone whose limits findings rest on, most findings first."""
    counts = _rows(found)["indicator_id"].value_counts()
    wanted = [
        one.model_copy(update={"limits_set_by": as_default(one.limits_set_by)})
        for one in policy.indicators
        if one.id in counts.index and DEFAULT in as_default(one.limits_set_by)
    ]
    wanted.sort(key=lambda one: -counts[one.id])
    return policy.model_copy(update={"indicators": tuple(wanted)})


def _rows(found: Findings) -> pd.DataFrame:
    """Return the findings that limits of the bank and its units led to."""
    facts = found.facts
    return facts[facts["severity"].isin(["red", "amber"]) & facts["rule"].isin(_RULES)]


def _stepped(
    one: IndicatorPolicy, drafted: pd.DataFrame, findings: pd.DataFrame, period: str, *, is_aimed: bool
) -> Asked | None:
    """Ask for a step of an indicator's limits, and of those of its products; None where none is left."""
    current: dict[str, Any] = {}
    proposed: dict[str, Any] = {}
    for row in drafted.to_dict("records"):
        now = one.limits_by_product.get(row["product"], one.limits)
        where = f"limits_by_product.{row['product']}" if row["product"] else "limits"
        for name, value in step(now, row).items() if now else ():
            current[f"{where}.{name}"], proposed[f"{where}.{name}"] = getattr(now, name), value
    if not proposed:
        return None
    stands = one.limits_set_by if "limits_set_by" in one.model_fields_set else None
    current["limits_set_by"] = stands
    proposed["limits_set_by"] = as_default(stands or DEFAULT).replace(DEFAULT, f"{ADOPTED} {period}")
    goal = drafted.iloc[0]
    moves = "looser" if (drafted["moves"] == "looser").any() else "tighter"
    if (
        moves == "looser" and is_aimed
    ):  # an objective says where to; a looser limit would say that it is there
        return None
    ends = {name: format_value(one.id, goal[name]) for name in ("amber", "red")}
    return Asked(
        rule="set_limit",
        kind="policy",
        path=f"indicators.{one.id}",
        current=current,
        proposed=proposed,
        reason=label(_WORDS[moves], name=local(one, "name"), count=len(findings), **ends),
        measured_by=label(
            "Units that are red next quarter are those that can be acted on: about one in twenty"
        ),
        finding_ids=list(findings["finding_id"]),
        rests_on={row["product"]: [row["amber"], row["red"]] for row in drafted.to_dict("records")},
        figures={"indicator_id": one.id, "moves": moves, "goal": drafted[_GOAL].to_dict("records")},
    )


def step(now: Limits, goal: Mapping[Any, Any]) -> dict[str, float]:
    """Return amber and red a quarter of the way to a goal; those only that move.

    >>> step(Limits(amber=4.0, red=8.0), {"amber": 2.0, "red": 8.0})
    {'amber': 3.5}
    """
    near = _NEAR * abs(now.red - now.amber)
    moved = {}
    for name in ("amber", "red"):
        stands, wanted = getattr(now, name), float(goal[name])
        share = 1.0 if abs(wanted - stands) <= near else STEP
        value = float(f"{stands + share * (wanted - stands):.{_DIGITS}g}")
        if value != stands:
            moved[name] = value
    ends = {"amber": now.amber, "red": now.red} | moved
    is_in_order = (ends["red"] - ends["amber"]) * (now.red - now.amber) > 0
    return moved if is_in_order else {}
