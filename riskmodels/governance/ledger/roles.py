"""Who may do what in PostgreSQL: viewer, analyst and approver as roles of the server."""

from riskmodels.errors import ParameterError
from riskmodels.governance.ledger import database
from riskmodels.governance.ledger.records import RECORDS
from riskmodels.governance.ledger.store import Ledger

ROLES = ("riskmodels_viewer", "riskmodels_analyst", "riskmodels_approver")
_VIEWER, _ANALYST, _APPROVER = ROLES
_APPROVED = "('decisions', 'adoptions', 'releases')"  # what an approver writes, and nobody else


def grants() -> list[str]:
    """Return the statements that make the roles and give them their rights.

    A viewer reads. An analyst writes all but decisions, adopted policies and releases, an approver these
    only, and both read; nobody changes a row. What is not granted is refused by PostgreSQL itself, whatever
    program asks.
    """
    made = [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
        f" THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        for role in ROLES
    ]
    views = ", ".join(f"ledger_{table}" for table in RECORDS)
    policies = [
        ("ledger_read", f"FOR SELECT TO {_VIEWER} USING (true)"),
        ("ledger_write", f"FOR INSERT TO {_ANALYST} WITH CHECK (record NOT IN {_APPROVED})"),
        ("ledger_decide", f"FOR INSERT TO {_APPROVER} WITH CHECK (record IN {_APPROVED})"),
    ]
    return [
        *made,
        f"GRANT {_VIEWER} TO {_ANALYST}, {_APPROVER}",
        "REVOKE ALL ON ledger_events, ledger_schema FROM PUBLIC",
        f"GRANT SELECT ON ledger_events, ledger_schema, {views} TO {_VIEWER}",
        f"GRANT INSERT (seq, body, hash) ON ledger_events TO {_ANALYST}, {_APPROVER}",
        "ALTER TABLE ledger_events ENABLE ROW LEVEL SECURITY",
        *(
            statement
            for name, rule in policies
            for statement in (
                f"DROP POLICY IF EXISTS {name} ON ledger_events",
                f"CREATE POLICY {name} ON ledger_events {rule}",
            )
        ),
    ]


def grant_roles(ledger: Ledger) -> None:
    """Make the roles, or bring them to what this version grants; of a file of SQLite there are none."""
    if ledger.engine.dialect.name != "postgresql":
        raise ParameterError("a file of SQLite has no roles: who may write to the file may do all")
    with database.said_by_us(ledger.engine.url), database.writing(ledger.engine) as connection:
        for statement in grants():
            connection.exec_driver_sql(statement)
