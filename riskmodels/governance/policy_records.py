"""The files of policies: by which decision each policy file is there, and which is there without one."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.parameters.files import parse_parameters, read_text
from riskmodels.parameters.policy import Policy

Frames = Callable[[str], pd.DataFrame]  # of a ledger (Ledger.frame) or of its state, by the kind of record
FILE_COLUMNS = ["valid_from", "status", "proposal_ids", "lines", "approved_by", "head", "approval"]


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def latest_policy(policies: Path) -> Path:
    """Return the policy file with the latest day; raises ParameterError where there is none."""
    files = sorted(policies.glob("[0-9]*.yaml"))
    if not files:
        raise ParameterError(f"there is no policy in {policies}: put one there as <date>.yaml")
    return files[-1]


def policy_files(policies: Path, frames: Frames) -> pd.DataFrame:
    """Tell by which decision each policy file is there.

    Parameters
    ----------
    policies : Path
        Folder of policies.
    frames : callable
        Of a kind of record: its frame, e.g. ``Ledger.frame``.

    Returns
    -------
    DataFrame
        One row per file or adoption, in the order of their days: valid_from, status (adopted; altered: it is
        not what was adopted; ungoverned: there is no decision; missing: it was adopted, and is not there),
        proposal_ids, lines [number], approved_by, head, approval [as the file says it].
    """
    adoptions = {str(row["adoption_id"]): row for row in frames("adoptions").to_dict("records")}
    decisions = frames("decisions").set_index("decision_id")["stated_by"].to_dict()
    proposals = frames("proposals").set_index("proposal_id")["proposed"].to_dict()
    files = {path.stem: path for path in policies.glob("[0-9]*.yaml")}
    rows = []
    for day in sorted({*files, *map(str, adoptions)}):
        adoption = adoptions.get(day, {})
        named = str(adoption.get("proposal_ids", "")).split()
        approvers = (decisions.get(one, "") for one in str(adoption.get("decision_ids", "")).split())
        rows.append(
            {
                "valid_from": day,
                "status": _status(files.get(day), adoption),
                "proposal_ids": " ".join(named),
                "lines": sum(len(json.loads(proposals[one])) for one in named if one in proposals),
                "approved_by": ", ".join(dict.fromkeys(approvers)),
                "head": str(adoption.get("head", "")),
                "approval": _approval(files.get(day)),
            }
        )
    return pd.DataFrame(rows, columns=FILE_COLUMNS)


def _status(path: Path | None, adoption: Mapping[Any, Any]) -> str:
    if path is None:
        return "missing"
    if not adoption:
        return "ungoverned"
    return "adopted" if digest_of_file(path) == adoption["file_digest"] else "altered"


def _approval(path: Path | None) -> str:
    if path is None:
        return ""
    return parse_parameters(read_text(path), Policy, where=str(path)).approval
