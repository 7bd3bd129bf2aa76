"""Follow findings from the report before to this quarter."""

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Integers
from riskmodels.assessment.closing import endings_of
from riskmodels.assessment.findings import Findings
from riskmodels.assessment.follow_up import HISTORY, STANDING, FollowUp, quarters_between, why_not_compared
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.moving import chance_of_worse, figures_frame, has_moved
from riskmodels.assessment.templates import TEMPLATES

RULES = 1  # version of the criteria: rises where a rule comes to mean something else
_FOUND = ("red", "amber")
_NAMED = ("rule", "subject_kind", "subject", "indicator_id")
_LETTERS = {"red": "R", "amber": "A"}
_NONE, _UNSEEN = ".", "?"
_NUMBERS = {"quarters": "int64", "returns": "int64", "p_worse": "float64"}


def follow(facts: pd.DataFrame, inputs: Inputs, earlier: Findings | None) -> FollowUp:
    """Compare the findings of a quarter with those of the last report before it.

    Parameters
    ----------
    facts : DataFrame
        Of this quarter, as ``Findings.facts``.
    inputs : Inputs
        What was checked.
    earlier : Findings, optional
        Of the last report before, which remembers what was found in those before it.

    Returns
    -------
    FollowUp
        Every finding of either quarter once; where nothing can be compared those of this quarter, with no
        status. The order of rows changes nothing.

    Notes
    -----
    A finding is worse or better where its severity is; else where the figures of both quarters say that the
    true value moved (``chance_of_worse``), so that of those said to have moved at most the policy's
    ``findings.false_share`` are expected not to have; else it continues.
    """
    period, source = inputs.scorecard.period, _source(inputs)
    before = None if earlier is None else earlier.follow_up
    reason = why_not_compared(
        "" if earlier is None else earlier.period,
        period,
        (before.source if before else "", source),
        same_rules=before is None or before.rules == RULES,
    )
    now = _findings(facts)
    if earlier is None or reason is not None:
        return FollowUp(
            standing=_first_standing(now, period),
            closed=facts.iloc[:0],
            names=pd.DataFrame(columns=["kind", "id", "field", "language", "text"], dtype="str"),
            history=_first_history(now, period),
            period=period,
            before="",
            begun=period,
            source=source,
            rules=RULES,
            why_not=json.dumps(reason.facts if reason else "", ensure_ascii=False),
        )
    return _followed(facts, inputs, earlier, source)


def _followed(facts: pd.DataFrame, inputs: Inputs, earlier: Findings, source: str) -> FollowUp:
    period, now = inputs.scorecard.period, _findings(facts)
    then = _findings(earlier.facts[earlier.facts["rule"].isin(list(TEMPLATES))])  # others have no words now
    history = _history_of(earlier, then)
    rows = _compared(then, now, history, inputs.policy.findings.false_share)
    gone = then.loc[rows.index[rows["status"] == "closed"]].reset_index()
    rows["ended"] = pd.Series(endings_of(gone, facts, inputs).to_numpy(), gone["finding_id"], dtype=object)
    if inputs.policy.valid_from == earlier.policy:
        rows["moved_by"] = rows["moved_by"].replace("limits", "severity")
    standing = _standing(rows, history, period, earlier.period)
    skipped = quarters_between(earlier.period, period)
    return FollowUp(
        standing=standing,
        closed=gone[list(facts.columns)],
        names=earlier.names if len(gone) else earlier.names.iloc[:0],
        history=_remembered(
            standing, pd.concat([now, then.loc[gone["finding_id"]]]), history, period, skipped
        ),
        period=period,
        before=earlier.period,
        begun=earlier.follow_up.begun if earlier.follow_up else earlier.period,
        source=source,
        rules=RULES,
        policy_before=_other(earlier.policy, inputs.policy.valid_from),
    )


def _other(then: date, now: date) -> date | None:
    return None if then == now else then


def _source(inputs: Inputs) -> str:
    return ", ".join(sorted({table.provenance.source for table in inputs.data.present}))


def _findings(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the findings among facts, by their identifier."""
    found = facts[facts["severity"].isin(_FOUND)].drop_duplicates("finding_id")
    return found.set_index("finding_id").sort_index()


def _first_standing(now: pd.DataFrame, period: str) -> pd.DataFrame:
    """Put to each finding that it is open since this quarter, of which nothing is compared."""
    given = {"finding_id": now.index, "severity": now["severity"], "first": period, "since": period}
    return _frame_of(STANDING, len(now), given | {"quarters": 1, "returns": 0, "p_worse": math.nan})


def _first_history(now: pd.DataFrame, period: str) -> pd.DataFrame:
    """Remember what is found for the first time, or the first time that it is remembered."""
    given: dict[str, Any] = {"finding_id": now.index} | {column: now[column] for column in _NAMED}
    given |= dict.fromkeys(("first", "since", "last"), period)
    course = [_LETTERS[severity] for severity in now["severity"]]
    return _frame_of(
        HISTORY, len(now), given | {"quarters": 1, "returns": 0, "state": "open", "course": course}
    )


def _frame_of(columns: tuple[str, ...], rows: int, given: Mapping[str, Any]) -> pd.DataFrame:
    """Make a frame of words and numbers, empty where nothing is given."""
    kinds = {column: _NUMBERS.get(column, "str") for column in columns}
    values = {column: given.get(column, "") for column in columns}
    arrays = {
        column: np.asarray(one) if np.ndim(one) else np.full(rows, one, dtype=object)
        for column, one in values.items()
    }
    return pd.DataFrame({column: pd.Series(one, dtype=kinds[column]) for column, one in arrays.items()})


def _history_of(earlier: Findings, then: pd.DataFrame) -> pd.DataFrame:
    """Return what the report before remembers; of one that remembers nothing, what it found itself."""
    return earlier.follow_up.history if earlier.follow_up else _first_history(then, earlier.period)


def _compared(
    then: pd.DataFrame, now: pd.DataFrame, history: pd.DataFrame, false_share: float
) -> pd.DataFrame:
    """Give every finding of either quarter its status, and what says so."""
    rows = pd.DataFrame(index=then.index.union(now.index).rename("finding_id"))
    rows["severity"] = now["severity"].reindex(rows.index).fillna("").astype("str")
    rows["severity_before"] = then["severity"].reindex(rows.index).fillna("").astype("str")
    was, is_ = rows["severity_before"] != "", rows["severity"] != ""
    known_before = rows.index.isin(history["finding_id"])
    both = rows.index[was & is_]
    figures = figures_frame(then.loc[both]), figures_frame(now.loc[both])
    rows["p_worse"] = pd.Series(chance_of_worse(*figures), both)
    same = rows["severity"] == rows["severity_before"]
    moved = pd.Series(data=False, index=rows.index)
    alike = both[same.loc[both]]
    moved.loc[alike] = has_moved(rows.loc[alike, "p_worse"].to_numpy(), false_share=false_share)
    up = (rows["severity"] == "red").where(~same, rows["p_worse"] > 0.5)  # noqa: PLR2004  likelier than not
    continuing = same & ~moved
    cases = [~is_, ~was & known_before, ~was, continuing, up]
    rows["status"] = np.select(cases, ["closed", "reopened", "new", "continuing", "worse"], default="better")
    limits = (figures[0][["amber", "red"]].fillna(0) != figures[1][["amber", "red"]].fillna(0)).any(axis=1)
    changed = rows["status"].isin(["worse", "better"])
    grounds = pd.Series(
        np.where(limits.reindex(rows.index, fill_value=False), "limits", "severity"), rows.index
    )
    rows["moved_by"] = grounds.where(~same, "figures").where(changed, "")
    return rows


def _standing(rows: pd.DataFrame, history: pd.DataFrame, period: str, before: str) -> pd.DataFrame:
    """Put to each finding since when it is open, for how long, and how often it came back."""
    known = history.set_index("finding_id").reindex(rows.index)
    begins = rows["status"].isin(["new", "reopened", ""])
    found = rows.assign(
        first=known["first"].fillna(period),
        since=known["since"].where(~begins, period).fillna(before),
        returns=known["returns"].fillna(0).astype("int64") + (rows["status"] == "reopened"),
    )
    last = np.where(found["status"] == "closed", _ordinals([before])[0], _ordinals([period])[0])
    found["quarters"] = last - _ordinals(found["since"]) + 1
    lacking = {name: math.nan if name in _NUMBERS else "" for name in STANDING[1:] if name not in found}
    frame = found.assign(**lacking).rename_axis("finding_id").reset_index()[list(STANDING)]
    words = [name for name in STANDING if name not in _NUMBERS]
    return frame.fillna(dict.fromkeys(words, "")).astype(dict.fromkeys(words, "str") | _NUMBERS)


def _remembered(
    standing: pd.DataFrame, facts: pd.DataFrame, history: pd.DataFrame, period: str, skipped: list[str]
) -> pd.DataFrame:
    """Carry on what is known of all findings ever: those of either quarter anew, the others as they were."""
    now, old = standing.set_index("finding_id"), history.set_index("finding_id")
    before, gap = old.reindex(now.index), _UNSEEN * len(skipped)
    is_open = now["severity"] != ""
    letters = now["severity"].map(_LETTERS).fillna(_NONE)
    rows = facts.loc[now.index, list(_NAMED)].assign(
        first=now["first"],
        since=now["since"],
        last=before["last"].where(~is_open, period),
        quarters=before["quarters"].fillna(0).astype("int64") + is_open,
        returns=now["returns"],
        state=np.where(is_open, "open", "closed"),
        ended=now["ended"],
        course=(before["course"] + gap + letters).where(before["course"].notna(), letters),
    )
    others = old.drop(index=now.index, errors="ignore")
    others = others.assign(course=others["course"] + gap + _NONE)
    frame = pd.concat([rows, others]) if len(others) else rows
    frame = frame.sort_index().reset_index()[list(HISTORY)]
    return frame.astype(dict.fromkeys(HISTORY, "str") | {"quarters": "int64", "returns": "int64"})


def _ordinals(quarters: "pd.Series | list[str]") -> Integers:
    return np.asarray(pd.PeriodIndex(quarters, freq="Q").asi8)
