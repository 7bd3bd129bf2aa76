"""A small folder of policies, what is asked to change in it, and adopting that is killed, for the tests of it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from riskmodels.governance.adopting import adopt, complete
from riskmodels.governance.changes import decide_proposal, record_proposals
from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.governance.looking_back import COLUMNS
from riskmodels.governance.policy_records import digest_of_file, policy_files
from riskmodels.governance.proposals import Proposals

POLICY = """# a small bank's policy, with a comment that stays
valid_from: 2026-01-01
title_en: Small policy
title_zh: 小政策
approval: the board, minutes 1
rating: {certainty: 0.8, score_amber: 40.0, score_red: 60.0}
data_quality: {rejected_amber: 0.001, rejected_red: 0.02}
store_retention_days: 730
areas:
  - {id: timeliness, name_en: Timeliness, name_zh: 时效, weight: 100.0}
indicators:
  - id: resolved_7wd
    name_en: Resolved
    name_zh: 办结
    area: timeliness
    direction: higher_is_better
    standard: all
    source: source 002
    limits: {amber: 0.99, red: 0.95}
    limits_set_by: source 002 (amber), riskmodels default (red)
    weight: 2.0  # a comment beside
  - id: handling_days
    name_en: Days
    name_zh: 天数
    area: timeliness
    direction: lower_is_better
    standard: 15 days
    source: source 002
    limits: {amber: 15.0, red: 20.0}
    limits_set_by: the board
    weight: 4.0
"""
BY = {"proposes": "analyst", "decides": "head of risk"}


def policy_folder(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "2026-01-01.yaml").write_text(POLICY)
    return folder


def asked(
    *changes: tuple[str, str, object, object], kind: str = "policy", period: str = "2026Q3"
) -> Proposals:
    """Proposals of lines: id, path below indicators, value now, value proposed."""
    rows = []
    for id_, path, now, then in changes:
        start, _, line = path.partition(".")
        rows.append(
            {
                "proposal_id": id_,
                "kind": kind,
                "rule": "change_weight",
                "path": f"indicators.{start}",
                "about": start,
                "current": json.dumps({line: now}),
                "proposed": json.dumps({line: then} if kind == "policy" else then),
                "reason": "a finding",
                "measured_by": "a figure",
                "finding_ids": "F-1",
                "evidence": "0123456789abcdef",
                "figures": "{}",
                "cost": float("nan"),
            }
        )
    return Proposals(
        table=pd.DataFrame(rows),
        quarters=pd.DataFrame(columns=COLUMNS),
        decided=pd.DataFrame(),
        files=pd.DataFrame(),
        period=period,
        policy=date(2026, 1, 1),
    )


def proposals_looked_back() -> Proposals:
    """One proposal of a weight, under which two units fewer would have been amber in each quarter."""
    rows = [
        {
            "proposal_id": "PR-1",
            "period": f"2026Q{quarter}",
            "measure": f"units_{colour}",
            "now": now,
            "proposed": then,
        }
        for quarter in (1, 2, 3)
        for colour, now, then in (("red", 3.0, 4.0), ("amber", 9.0, 7.0))
    ]
    return replace(asked(WEIGHT), quarters=pd.DataFrame(rows, columns=COLUMNS))


WEIGHT = ("PR-1", "resolved_7wd.weight", 2.0, 2.5)
DAYS = ("PR-2", "handling_days.limits.amber", 15.0, 14.0)


def approve(ledger: Ledger, policies: Path, *ids: str) -> None:
    for one in ids:
        seen = ledger.get("proposals", one).digest
        decide_proposal(ledger, one, policies, is_approved=True, seen=seen, by=BY["decides"])


def put_approved(ledger: Ledger, policies: Path, *changes: tuple[str, str, object, object]) -> None:
    record_proposals(ledger, asked(*changes), policies, by=BY["proposes"])
    approve(ledger, policies, *(change[0] for change in changes))


def killed_adoptions(places: tuple[str, str], folder: Path, *, times: int) -> dict[str, int]:
    """Kill adopting at each of its points in turn; each time the file is there as adopted, or nothing is.

    ``places`` are the ledger as its analyst and as its approver open it. Returns how often what was found.
    """
    script = folder / "adopter.py"
    script.write_text(ADOPTER)
    found = {"nothing": 0, "completed": 0, "whole": 0}
    policies, weight = policy_folder(folder / "policies"), 2.0
    for number in range(times):
        day, id_, then = date(2027 + number, 1, 1), f"PR-{number}", round(weight + 0.01, 2)
        with open_ledger(places[0]) as analyst:
            put = asked((id_, "resolved_7wd.weight", weight, then))
            record_proposals(analyst, put, policies, by=BY["proposes"])
        with open_ledger(places[1]) as approver:
            approve(approver, policies, id_)
        point = POINTS[number % len(POINTS)]
        words = [sys.executable, script, places[1], str(policies), id_, str(day), point, BY["decides"]]
        ended = subprocess.run(words, env=os.environ, capture_output=True, check=False)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        found[_state(places[1], policies, id_, day, point)] += 1
        assert f"weight: {then}" in (policies / f"{day}.yaml").read_text()
        weight = then
    return found


def _state(place: str, policies: Path, id_: str, day: date, point: str) -> str:
    """Check what a kill has left, and that adopting, or completing, then ends as without it."""
    target = policies / f"{day}.yaml"
    with open_ledger(place) as ledger:
        assert ledger.verify().problem == ""
        stands, was_there = ledger.get("adoptions", str(day)), target.exists()
        assert (stands is not None) == (POINTS.index(point) >= POINTS.index("committed"))
        assert was_there <= (stands is not None)  # never a file without its decision
        if stands is None:
            adopt(ledger, [id_], policies, day=day, by=BY["decides"])
        else:
            assert complete(ledger, policies) == ([] if was_there else [str(day)])
        assert digest_of_file(target) == ledger.get("adoptions", str(day)).record.file_digest
        _, *statuses = policy_files(policies, ledger.frame)["status"]
        assert set(statuses) == {"adopted"}
        return "nothing" if stands is None else "whole" if was_there else "completed"


POINTS = ("begun", "staged", "writing", "committed", "renamed")
ADOPTER = """
import os, signal, sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from riskmodels.governance import adopting
from riskmodels.governance.ledger import Ledger, database, open_ledger

place, policies, id_, day, point, by = sys.argv[1:]
def end(here):
    if here == point:
        os.kill(os.getpid(), signal.SIGKILL)

staged, write, writing, replace = adopting.staged, Ledger.write, database.writing, Path.replace

@contextmanager
def staging(path):
    end("begun")
    with staged(path) as file:
        yield file

def write_killed(*args, **values):
    end("staged")
    head = write(*args, **values)
    end("committed")
    return head

@contextmanager
def writing_killed(engine):
    with writing(engine) as connection:
        yield connection
        end("writing")

def replace_killed(self, target):
    made = replace(self, target)
    end("renamed")
    return made

adopting.staged, Ledger.write, database.writing, Path.replace = staging, write_killed, writing_killed, replace_killed
with open_ledger(place) as ledger:
    adopting.adopt(ledger, [id_], Path(policies), day=date.fromisoformat(day), by=by)
"""
