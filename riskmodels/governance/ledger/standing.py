"""How records stand on a day: open, overdue, accepted, in force, expired; nobody writes that down."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.governance.ledger.records import (
    RECORDS,
    Acceptance,
    Acknowledgement,
    Action,
    Adoption,
    Finding,
    Proposal,
    Record,
)

Frames = Callable[[str], pd.DataFrame]


def with_standing(table: str, frame: pd.DataFrame, day: date, frames: Frames) -> pd.DataFrame:
    """Add how each record stands on a day, behind its own columns.

    Of a finding: closed, accepted (an acceptance is in force), open. Of an action: closed, cancelled,
    overdue, open. Of what needs approval: waiting, in force, expired, rejected, withdrawn; an approval counts
    only for the version it was given for; of a proposal instead of in force: approved, or adopted once it is
    a line of a policy or an action. Of an answer to an alarm: in force, expired.
    """
    model, today = RECORDS[table], pd.Timestamp(day)
    if table == Finding.table:
        accepted = frames(Acceptance.table)
        covered = accepted.loc[accepted["standing"] == "in force", "finding_id"]
        values = np.select(
            [frame["status"] == "closed", frame["finding_id"].isin(covered)], ["closed", "accepted"], "open"
        )
    elif table == Action.table:
        done = frame["status"].isin(["closed", "cancelled"])
        values = np.select([done, frame["due_on"] < today], [frame["status"], "overdue"], "open")
    elif table == Acknowledgement.table:
        values = np.where(frame["until"] < today, "expired", "in force")
    elif model.decided:
        values = _decided(model, frame, today, frames("decisions"))
        if table == Proposal.table:
            values = _adopted(frame, values, frames)
    else:
        return frame
    frame.insert(len(model.model_fields), "standing", pd.Series(values, frame.index, dtype="str"))
    return frame


def _decided(model: type[Record], frame: pd.DataFrame, today: pd.Timestamp, decisions: pd.DataFrame) -> Any:
    """Say how what needs approval stands; a decision is that on its present version, of its digest."""
    bound = ["decision_id", "about_table", "about_id", "seen"]  # all: another program may write a part of it
    outcomes = decisions.set_index(bound)["outcome"].to_dict()
    ids = f"{model.table}/" + frame[model.key] + "/" + frame["version"].astype(str)
    seen = zip(ids, frame[model.key], frame["digest"], strict=True)
    outcome = np.array(
        [outcomes.get((one, model.table, id_, digest), "waiting") for one, id_, digest in seen], dtype=object
    )
    expires = frame["expires_on"] if "expires_on" in frame else pd.Series(pd.NaT, frame.index)
    return np.select(
        [frame["status"] == "withdrawn", outcome != "approved", expires < today],
        ["withdrawn", outcome, "expired"],
        "in force",
    )


def action_of(proposal_id: str) -> str:
    """Return the action that an adopted proposal of one is."""
    return f"ACT-{proposal_id}"


def _adopted(frame: pd.DataFrame, values: Any, frames: Frames) -> Any:
    ids, actions = frame[Proposal.key], frames(Action.table)[Action.key]
    in_files = set(" ".join(frames(Adoption.table)["proposal_ids"]).split())
    adopted = ids.isin(in_files) | ids.map(action_of).isin(actions)
    return np.select([adopted, values == "in force"], ["adopted", "approved"], values)
