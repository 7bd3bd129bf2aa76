"""The state as views, one per kind of record: its latest version, for whoever reads the database itself."""

from alembic import op

revision, down_revision, branch_labels, depends_on = "r0002", "r0001", None, None

_ACTION = "action_id finding_ids unit_id product indicator_id measure objective owner kind"
_DONE = "opened_on due_on closed_on status evidence effect_id no_effect_because"
_FINDING = "finding_id period rule subject_kind subject indicator_id severity figures"
VIEWS = {  # kind of record -> its texts, and its figures
    "findings": (
        f"{_FINDING} status source evidence due_on grade",
        "value estimate limit probability",
    ),
    "causes": ("cause_id finding_id cause support evidence", ""),
    "actions": (
        f"{_ACTION} {_DONE} pilot_units",
        "cost expected_change",
    ),
    "evaluations": ("effect_id action_id period verdict evidence", "estimate lower upper"),
    "exceptions": ("exception_id rule subject reason expires_on status", ""),
    "acceptances": ("acceptance_id finding_id reason expires_on status", ""),
    "overrides": ("override_id subject period rated becomes reason expires_on status", "effect_on_total"),
    "acknowledgements": ("alarm_id answer reason until", ""),
    "decisions": ("decision_id about_table about_id seen outcome reason", ""),
    "assessments": ("assessment_id period as_of policy data_digest results_digest", "red amber"),
    "releases": ("release_id period manifest_digest report_digest head reason", "version_of_period"),
}
_ABOUT = "e.version, e.seq, e.at, e.actor, e.stated_by"


def view(record: str, texts: str, figures: str, *, is_postgresql: bool) -> str:
    """Return the statement that makes the view of a kind of record."""
    if is_postgresql:
        columns = [f"e.body::jsonb #>> '{{content,{name}}}' AS \"{name}\"" for name in texts.split()]
        columns += [
            f"(e.body::jsonb #>> '{{content,{name}}}')::double precision AS \"{name}\""
            for name in figures.split()
        ]
    else:
        names = f"{texts} {figures}".split()
        columns = [f"json_extract(e.body, '$.content.{name}') AS \"{name}\"" for name in names]
    return (
        f"CREATE VIEW ledger_{record} AS SELECT {', '.join(columns)}, {_ABOUT} FROM ledger_events e"
        f" WHERE e.record = '{record}' AND e.version = (SELECT max(o.version) FROM ledger_events o"
        " WHERE o.record = e.record AND o.record_id = e.record_id)"
    )


def upgrade() -> None:
    """Make the views."""
    bind = op.get_bind()
    for record, (texts, figures) in VIEWS.items():
        bind.exec_driver_sql(view(record, texts, figures, is_postgresql=bind.dialect.name == "postgresql"))


def downgrade() -> None:
    """Take the views down."""
    for record in VIEWS:
        op.get_bind().exec_driver_sql(f"DROP VIEW ledger_{record}")
