"""The loop of the shipped sample bank, its first four quarters: what the tutorial tells is what it plays.

Each quarter is a test, and goes on where the one before stopped; the other quarters are in benchmarks/loop.py.
"""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from banks import PARAMS, ROOT, SAMPLE

from riskmodels.governance.ledger import Head, open_ledger
from riskmodels.parameters.policy import load_policy
from riskmodels.results import load
from riskmodels.runner.loop import PlayedLoop, play_loop
from riskmodels.runner.loop_file import load_loop
from riskmodels.surveillance import Objectives

pytestmark = pytest.mark.slow

LOOP = PARAMS / "runs" / "loop.yaml"
QUARTERS = ("2024Q4", "2025Q1", "2025Q2", "2025Q3")
TOLD = ("period", "policy", "red", "amber", "new", "closed", "oldest", "actions_open")


def digests(*folders: Path) -> dict[str, str]:
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("loop") / "to"


def told() -> dict[str, list[str]]:
    """Rows of the tutorial's table of quarters, by quarter."""
    text = (ROOT / "docs" / "tutorial" / "loop.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d{4}Q[1-4]) \|(.*)\|$", text, flags=re.MULTILINE)
    return {period: [period, *(cell.strip() for cell in cells.split("|"))] for period, cells in rows}


def played(folder: Path, kernels, until: str) -> PlayedLoop:
    return play_loop(load_loop(LOOP), folder=folder, kernels=kernels, until=until)


@pytest.mark.parametrize("period", QUARTERS)
def test_a_quarter_is_as_the_tutorial_tells_it(folder, kernels, period, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = digests(PARAMS, SAMPLE)
    loop = played(folder, kernels, period)
    row = loop.table.iloc[-1]
    shown = ["" if pd.isna(value) else str(value).removesuffix(".0") for value in row[list(TOLD)]]
    assert shown == told()[period]
    assert loop.verification.problem == ""
    assert digests(PARAMS, SAMPLE) == before
    assert list(tmp_path.iterdir()) == []
    assert list(folder.parent.iterdir()) == [folder]


def test_findings_age_and_an_action_is_closed_with_its_verdict(folder, kernels):
    loop = played(folder, kernels, QUARTERS[-1])
    assert loop.table["oldest"].iloc[-1] == len(QUARTERS)
    with open_ledger(folder / "ledger" / "ledger.db") as ledger:
        assert ledger.verify(*map(Head.read, loop.table["head"])).problem == ""
        action = ledger.get("actions", "A001").record
        verdict = ledger.get("evaluations", action.effect_id).record
        assert (action.status, verdict.verdict) == ("closed", "worked")
        course = ledger.history("findings", "F-3aa14bf5")  # in the third quarter two months are lost
        assert list(course["status"]) == ["new", "continuing", "closed", "reopened"]
        assert list(course["severity"]) == ["red", "red", "unclear", "red"]
        assert list(ledger.frame("releases")["period"]) == list(QUARTERS)
        assert list(ledger.frame("acceptances")["standing"]) == ["in force"]


def test_what_was_adopted_is_what_the_next_report_uses(folder, kernels):
    played(folder, kernels, QUARTERS[1])
    reports = [folder / "reports" / period for period in QUARTERS[:2]]
    days = [json.loads((one / "manifest.json").read_text("utf-8"))["policy_valid_from"] for one in reports]
    assert days == ["2000-01-01", "2025-04-01"]
    policy = load_policy(folder / "policy", on=days[1])
    assert policy.indicator("resolved_7wd").objective is not None
    judged = [set(load(one / "results" / "objectives", Objectives).table["indicator_id"]) for one in reports]
    assert judged[1] - judged[0] == {"resolved_7wd"}
