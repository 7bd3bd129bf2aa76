"""Records of a small ledger, and one's database, for its tests."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.governance.ledger.records import Acceptance, Action, Evaluation, Finding, Release

DAY = date(2026, 10, 12)


def finding(number: int = 1, **values) -> Finding:
    given = {"rule": "unit_limit", "subject_kind": "unit", "subject": f"B{number:03d}", "severity": "red"}
    return Finding(finding_id=f"F-{number}", **given | values)


def action(number: int = 1, **values) -> Action:
    given = {
        "measure": "train the staff",
        "owner": "operations",
        "opened_on": DAY,
        "due_on": date(2026, 11, 30),
    }
    return Action(action_id=f"ACT-{number}", **given | values)


def acceptance(number: int = 1, finding_id: str = "F-1", **values) -> Acceptance:
    given = {"reason": "small", "expires_on": date(2027, 6, 30)}
    return Acceptance(acceptance_id=f"X-{number}", finding_id=finding_id, **given | values)


def evaluation(number: int = 1, action_id: str = "ACT-1") -> Evaluation:
    return Evaluation(
        effect_id=f"E-{number}", action_id=action_id, period="2026Q4", verdict="worked", estimate=-0.2
    )


def release(version: int = 1) -> Release:
    return Release(
        release_id=f"2026Q3/v{version}", period="2026Q3", version_of_period=version, manifest_digest="0" * 64,
        report_digest="1" * 64, head="3:0123456789abcdef",
    )  # fmt: skip


def execute(ledger: Ledger, *statements: str) -> None:
    """Send SQL to a ledger's database as its owner, beside the ledger."""
    with ledger.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def unguard(ledger: Ledger) -> None:
    """Take the triggers off, as a database's owner could."""
    where = " ON ledger_events" if ledger.engine.dialect.name == "postgresql" else ""
    execute(ledger, *(f"DROP TRIGGER events_{one}{where}" for one in ("insert", "update", "delete")))


def killed_writers(place: str, folder: Path, *, times: int) -> None:
    """Kill a writer again and again in what it does; what it said was written is there, and every row fits."""
    script, acknowledged = folder / "writer.py", 0
    script.write_text(WRITER)
    with subprocess.Popen(
        [sys.executable, script, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        for number in range(times):
            print(number, file=parent.stdin, flush=True)
            while (said := parent.stdout.readline().split())[0] != "ended":
                acknowledged += 1
                if int(said[1]) == 3 + number % 5:
                    time.sleep(number % 7 / 2_000)  # seconds: into the middle of the next one
                    os.kill(int(said[0]), signal.SIGKILL)
            with open_ledger(place) as ledger:
                assert ledger.verify().problem == ""
                assert len(ledger.frame("findings")) >= acknowledged >= 4 * (number + 1)
        parent.stdin.close()


WRITER = """
import os, sys
from riskmodels.governance.ledger import open_ledger
from riskmodels.governance.ledger.records import Finding

given = {"rule": "r", "subject_kind": "unit", "subject": "B1", "severity": "red"}
for line in sys.stdin:
    if child := os.fork():
        os.waitpid(child, 0)
        print("ended", flush=True)
        continue
    with open_ledger(sys.argv[1]) as ledger:
        for number in range(1000):
            ledger.write(Finding(finding_id=f"F-{line.strip()}-{number}", **given), by="analyst")
            print(os.getpid(), number, flush=True)
    os._exit(0)
"""
