"""Records of a small ledger, and one's database, for its tests."""

from datetime import date

import sqlalchemy as sa

from riskmodels.governance.ledger import Ledger
from riskmodels.governance.ledger.records import Acceptance, Action, Evaluation, Finding

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


def execute(ledger: Ledger, *statements: str) -> None:
    """Send SQL to a ledger's database as its owner, beside the ledger."""
    with ledger.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def unguard(ledger: Ledger) -> None:
    """Take the triggers off, as a database's owner could."""
    where = " ON ledger_events" if ledger.engine.dialect.name == "postgresql" else ""
    execute(ledger, *(f"DROP TRIGGER events_{one}{where}" for one in ("insert", "update", "delete")))
