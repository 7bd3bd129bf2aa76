"""The log of events: a row is its canonical JSON and the hash chain; triggers refuse all but the next row."""

from alembic import op
from sqlalchemy import Connection

from riskmodels.errors import LedgerError

revision, down_revision, branch_labels, depends_on = "r0001", None, None, None

_APPEND_ONLY = "the ledger is append-only: no row is changed or removed"
_NEXT = "the ledger takes only the next row, made of the one before it"
_VERSION = "somebody else wrote the next version of this record"
_ONCE = "what is written once has no second version"
ONCE = ("evaluations", "decisions", "assessments", "releases")
IS_ONCE = ", ".join(f"'{record}'" for record in ONCE)
_TIME = "an event is not earlier than the one before it"
_TEXTS = ("at", "actor", "stated_by", "note", "record", "record_id")

SQLITE = [
    f"""CREATE TABLE ledger_events (
        seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL,
        {", ".join(f"{c} TEXT AS (json_extract(body, '$.{c}')) VIRTUAL NOT NULL" for c in _TEXTS)},
        version INTEGER AS (json_extract(body, '$.version')) VIRTUAL NOT NULL)""",
    "CREATE INDEX ledger_events_by_record ON ledger_events (record, record_id, version)",
    f"""CREATE TRIGGER events_insert BEFORE INSERT ON ledger_events BEGIN
        SELECT RAISE(ABORT, '{_NEXT}') WHERE NEW.seq IS NOT json_extract(NEW.body, '$.seq')
            OR NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger_events);
        SELECT RAISE(ABORT, '{_TIME}') WHERE json_extract(NEW.body, '$.at')
            < (SELECT at FROM ledger_events ORDER BY seq DESC LIMIT 1);
        SELECT RAISE(ABORT, '{_VERSION}') WHERE json_extract(NEW.body, '$.version') IS NOT
            (SELECT coalesce(max(version), 0) + 1 FROM ledger_events
             WHERE record = json_extract(NEW.body, '$.record')
               AND record_id = json_extract(NEW.body, '$.record_id'));
        SELECT RAISE(ABORT, '{_ONCE}') WHERE json_extract(NEW.body, '$.version') > 1
            AND json_extract(NEW.body, '$.record') IN ({IS_ONCE});
        END""",
    *(
        f"CREATE TRIGGER events_{verb} BEFORE {verb.upper()} ON ledger_events"
        f" BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
        for verb in ("update", "delete")
    ),
]
# Names are looked up in the ledger's own schema: a temporary table of the same name would deceive it.
POSTGRESQL = [
    f"""CREATE TABLE ledger_events (
        seq bigint PRIMARY KEY, body text NOT NULL, hash text NOT NULL,
        {", ".join(f"{c} text GENERATED ALWAYS AS (body::jsonb ->> '{c}') STORED NOT NULL" for c in _TEXTS)},
        version bigint GENERATED ALWAYS AS ((body::jsonb ->> 'version')::bigint) STORED NOT NULL)""",
    "CREATE INDEX ledger_events_by_record ON ledger_events (record, record_id, version)",
    f"""CREATE FUNCTION ledger_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
        b jsonb := NEW.body::jsonb;
        last record;
        now_ text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    BEGIN
        PERFORM pg_advisory_xact_lock(7261822043);
        SELECT seq, hash, at INTO last FROM ledger_events ORDER BY seq DESC LIMIT 1;
        IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1
            OR NEW.seq IS DISTINCT FROM (b ->> 'seq')::bigint
            OR NEW.hash IS DISTINCT FROM encode(sha256(convert_to(
                coalesce(last.hash, repeat('0', 64)) || NEW.body, 'UTF8')), 'hex') THEN
            RAISE EXCEPTION '{_NEXT}';
        END IF;
        IF b ->> 'at' < last.at OR (b ->> 'at' > now_ AND b ->> 'at' IS DISTINCT FROM last.at) THEN
            RAISE EXCEPTION '{_TIME}, and not in the future';
        END IF;
        IF b ->> 'actor' IS DISTINCT FROM session_user::text THEN
            RAISE EXCEPTION 'the actor of an event is the user of the database who writes it';
        END IF;
        IF (b ->> 'version')::bigint IS DISTINCT FROM (SELECT coalesce(max(version), 0) + 1 FROM ledger_events
            WHERE record = b ->> 'record' AND record_id = b ->> 'record_id') THEN
            RAISE EXCEPTION '{_VERSION}';
        END IF;
        IF (b ->> 'version')::bigint > 1 AND b ->> 'record' IN ({IS_ONCE}) THEN
            RAISE EXCEPTION '{_ONCE}';
        END IF;
        IF b ->> 'record' = 'decisions' AND EXISTS (SELECT FROM ledger_events
            WHERE record = b #>> '{{content,about_table}}' AND record_id = b #>> '{{content,about_id}}'
              AND actor = session_user::text) THEN
            RAISE EXCEPTION 'who approves is not who wrote it';
        END IF;
        RETURN NEW;
    END $$""",
    f"""CREATE FUNCTION ledger_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$""",
    "CREATE TRIGGER events_insert BEFORE INSERT ON ledger_events FOR EACH ROW EXECUTE FUNCTION ledger_next()",
    *(
        f"CREATE TRIGGER events_{name} BEFORE {verb} ON ledger_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_unchanged()"
        for name, verb in (("update", "UPDATE"), ("delete", "DELETE OR TRUNCATE"))
    ),
]


def stay_in_schema(bind: Connection) -> None:
    """Look names up in the schema that tables are made in, and in a temporary one last (PostgreSQL)."""
    bind.exec_driver_sql(
        "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)"
    )


def upgrade() -> None:
    """Make the log."""
    bind = op.get_bind()
    is_postgresql = bind.dialect.name == "postgresql"
    if is_postgresql:
        stay_in_schema(bind)
    for statement in POSTGRESQL if is_postgresql else SQLITE:
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: the log would be gone."""
    raise LedgerError("the first schema of a ledger has none before it: its log is not taken down")
