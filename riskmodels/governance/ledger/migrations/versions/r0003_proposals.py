"""Proposals, and the policy files that they became: their views, and that a file is adopted once."""

from alembic import op
from sqlalchemy import Connection

from riskmodels.governance.ledger.migrations.versions import r0001_events as first
from riskmodels.governance.ledger.migrations.versions.r0002_views import view

revision, down_revision, branch_labels, depends_on = "r0003", "r0002", None, None

ONCE = (*first.ONCE, "adoptions")
_PROPOSAL = "proposal_id period kind rule path current proposed reason measured_by finding_ids evidence"
VIEWS = {  # kind of record -> its texts, and its figures
    "proposals": (f"{_PROPOSAL} figures policy policy_digest status", "cost"),
    "adoptions": (
        "adoption_id period proposal_ids decision_ids base base_digest file_digest head",
        "",
    ),
}


def _guarding(statements: list[str]) -> list[str]:
    """Return the statements with the longer list of what is written once."""
    listed = ", ".join(f"'{record}'" for record in ONCE)
    return [statement.replace(first.IS_ONCE, listed) for statement in statements]


SQLITE, POSTGRESQL = _guarding(first.SQLITE), _guarding(first.POSTGRESQL)


def _guard(bind: Connection, sqlite: list[str], postgresql: list[str]) -> None:
    """Put the guard of the next row in place of the one that is there."""
    if bind.dialect.name == "postgresql":
        first.stay_in_schema(bind)
        (statement,) = (one for one in postgresql if "CREATE FUNCTION ledger_next" in one)
        bind.exec_driver_sql(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        return
    bind.exec_driver_sql("DROP TRIGGER events_insert")
    bind.exec_driver_sql(next(one for one in sqlite if "TRIGGER events_insert" in one))


def upgrade() -> None:
    """Make the views, and guard adoptions."""
    bind = op.get_bind()
    _guard(bind, SQLITE, POSTGRESQL)
    for record, (texts, figures) in VIEWS.items():
        bind.exec_driver_sql(view(record, texts, figures, is_postgresql=bind.dialect.name == "postgresql"))


def downgrade() -> None:
    """Take the views down, and put the earlier guard back."""
    _guard(op.get_bind(), first.SQLITE, first.POSTGRESQL)
    for record in VIEWS:
        op.get_bind().exec_driver_sql(f"DROP VIEW ledger_{record}")
