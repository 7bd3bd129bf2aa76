"""Nothing is written through a source: SQLite here, PostgreSQL (a real one) below."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from one_table import take_complaints
from postgres import Server, postgres

from riskmodels.errors import ContractError
from riskmodels.sources.databases import _more_than_a_select, undisturbed
from riskmodels.tables import Table

pytestmark = pytest.mark.whole

VARIABLE = "RISKMODELS_TEST_BANK"
COLUMNS = {
    name: {"column": name} for name in ("complaint_id", "received_at", "unit_id", "product", "narrative")
}
QUERY = "SELECT complaint_id, received_at, unit_id, product, narrative FROM grievances ORDER BY complaint_id"
ROW = "'c1' AS complaint_id, '2024-05-06' AS received_at, 'u' AS unit_id, 'p' AS product, 'w' AS narrative"


def take_in(folder: Path, query: str) -> Table:
    tables = take_complaints(folder, format="sql", database=VARIABLE, query=query, columns=COLUMNS)
    return tables.require("complaints")


def ids(table: Table) -> list[str]:
    return list(table.frame()["complaint_id"])


# ---- SQLite ----


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of SQLite; what is attached or written by a relative name lands beside it."""
    home = tmp_path / "bank #1 %41"  # signs that mean something in a URI
    home.mkdir()
    with sqlite3.connect(home / "bank.db") as connection:
        connection.executescript(
            "CREATE TABLE grievances (complaint_id, received_at, unit_id, product, narrative);"
            "INSERT INTO grievances VALUES ('c1', '2024-05-06', 'u', 'p', 'queue'), ('c2', '2024-05-07', 'u', 'p', NULL);"
            "CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('queue');"
        )
    connection.close()
    monkeypatch.chdir(home)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{quote(str(home / 'bank.db'))}")
    return home / "bank.db"


def state(path: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.parent.iterdir()}


SQLITE_WRITES = [
    "DROP TABLE grievances",
    "DELETE FROM grievances",
    "INSERT INTO grievances (complaint_id) VALUES ('x') RETURNING complaint_id",
    "WITH x AS (SELECT 1) UPDATE grievances SET unit_id = 'x' RETURNING *",
    "REPLACE INTO grievances (complaint_id) VALUES ('x') RETURNING *",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "ALTER TABLE grievances RENAME TO mine",
    "ANALYZE",
    "REINDEX",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "ATTACH 'other.db' AS other",
    "ATTACH 'file:other.db?mode=rwc' AS other",
    "DETACH main",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = WAL",
    "PRAGMA user_version = 7",
    "PRAGMA writable_schema = 1",
    "BEGIN IMMEDIATE",
    "SAVEPOINT x",
    f"SELECT {ROW}; DROP TABLE grievances",
    "SELECT load_extension('/tmp/x')",
    "INSERT INTO words (words) VALUES ('optimize')",
    "INSERT INTO words (words) VALUES ('rebuild')",
    "INSERT INTO words (words, rank) VALUES ('merge', 16)",
    "CREATE VIRTUAL TABLE temp.mine USING fts5(word)",
    "CREATE TEMP VIEW mine AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON grievances BEGIN SELECT 1; END",
    "CREATE INDEX i ON grievances (unit_id)",
    "DROP TABLE words",
    "UPDATE sqlite_master SET sql = 'x'",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA incremental_vacuum",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA optimize",
    "PRAGMA data_version = 3",
    "COMMIT",
    "ROLLBACK",
    "BEGIN; DELETE FROM grievances; COMMIT",
    "SELECT * FROM pragma_optimize",
    "SELECT * FROM pragma_journal_mode('wal')",
    "SELECT * FROM pragma_user_version(7)",
    "SELECT writefile('x.txt', 'x') AS complaint_id",
    f"SELECT {ROW}; VACUUM INTO 'copy.db'",
    f"SELECT {ROW}; ATTACH 'other.db' AS other",
]


def write_anew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as program:
        program.execute("INSERT INTO grievances (complaint_id) VALUES ('c4')")
        program.commit()


@pytest.fixture
def logged(bank: Path) -> Iterator[sqlite3.Connection]:
    """A program that has the file open, and keeps its changes in a log beside it."""
    with closing(sqlite3.connect(bank)) as program:
        program.execute("PRAGMA journal_mode = WAL").fetchall()
        program.execute("INSERT INTO grievances VALUES ('c3', '2024-05-08', 'u', 'p', NULL)")
        program.commit()
        yield program


def test_a_file_with_a_log_is_read_and_no_other_is_left_beside_it(
    logged: sqlite3.Connection, bank: Path, tmp_path: Path
) -> None:
    logged.close()
    before = state(bank)
    assert ids(take_in(tmp_path, QUERY)) == ["c1", "c2", "c3"]
    with pytest.raises(ContractError, match="gave no rows"):
        take_in(tmp_path, "DELETE FROM grievances")
    assert state(bank) == before


def test_a_file_that_a_program_has_open_is_read_with_its_log(
    logged: sqlite3.Connection, bank: Path, tmp_path: Path
) -> None:
    def content() -> dict[str, str]:
        return {name: digest for name, digest in state(bank).items() if name != "bank.db-shm"}  # its locks

    before, there = content(), set(state(bank))
    assert ids(take_in(tmp_path, QUERY)) == ["c1", "c2", "c3"]
    assert (content(), set(state(bank))) == (before, there)


def test_a_log_that_a_killed_program_left_is_named_and_not_touched(
    logged: sqlite3.Connection, bank: Path, tmp_path: Path
) -> None:
    log = Path(f"{bank}-wal")
    content = (bank.read_bytes(), log.read_bytes())
    logged.close()
    bank.write_bytes(content[0])
    log.write_bytes(content[1])
    before = state(bank)
    with pytest.raises(ContractError, match=r"changes beside it, in bank\.db-wal, .* open it once"):
        take_in(tmp_path, QUERY)
    assert state(bank) == before


def test_a_file_that_was_written_to_while_it_was_read_is_refused(
    logged: sqlite3.Connection, bank: Path
) -> None:
    logged.close()
    url = sa.make_url(f"sqlite:///{quote(str(bank))}")
    with undisturbed(url):
        pass
    with pytest.raises(ContractError, match="was written to while it was read"), undisturbed(url):
        write_anew(bank)


@pytest.mark.parametrize("query", SQLITE_WRITES)
def test_no_query_writes_to_a_file_of_sqlite(query: str, bank: Path, tmp_path: Path) -> None:
    before = state(bank)
    with pytest.raises(ContractError, match=r"^sqlite:///.*bank\.db \(from \w+\) gave no rows: ") as caught:
        take_in(tmp_path, query)
    assert state(bank) == before
    assert "\n" not in str(caught.value)
    assert query.startswith(("SELECT", "WITH")) or str(caught.value).endswith("query: must be one SELECT")


@pytest.mark.parametrize(
    "query",
    [
        QUERY,
        f"{QUERY};",
        f"-- all of them\n/* in order */ {QUERY}",
        f"WITH c AS ({QUERY}) SELECT * FROM c",
        f"SELECT * FROM ({QUERY}) JOIN words ON narrative = word OR word = 'queue'",
        QUERY.replace("ORDER BY", 'JOIN json_each(\'["c1", "c2"]\') ON value = complaint_id ORDER BY'),
    ],
)
def test_queries_of_sqlite_read(query: str, bank: Path, tmp_path: Path) -> None:
    before = state(bank)
    assert ids(take_in(tmp_path, query)) == ["c1", "c2"]
    assert state(bank) == before


@pytest.mark.parametrize(
    "url", ["sqlite:///file:{}?mode=rwc&uri=true", "sqlite:///{}?mode=rwc", "sqlite+aiosqlite:///{}"]
)
def test_a_url_cannot_ask_for_more(
    url: str, bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bank.parent)
    monkeypatch.setenv(VARIABLE, url.format(bank.name))
    assert ids(take_in(tmp_path, QUERY)) == ["c1", "c2"]
    with pytest.raises(ContractError, match="gave no rows"):
        take_in(tmp_path, "DROP TABLE grievances")
    assert ids(take_in(tmp_path, QUERY)) == ["c1", "c2"]


def test_a_file_that_is_not_there_is_not_made(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite:///nowhere.db")
    with pytest.raises(ContractError, match="unable to open database file"):
        take_in(tmp_path, QUERY)
    assert not (bank.parent / "nowhere.db").exists()


def test_a_database_without_a_file_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite://")
    assert ids(take_in(tmp_path, f"SELECT {ROW}")) == ["c1"]


def test_one_value_does_not_fill_the_memory(bank: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="too big"):
        take_in(tmp_path, "SELECT hex(zeroblob(400000000)) AS complaint_id")


# ---- others ----


@pytest.mark.parametrize(
    "query",
    [
        "CALL tidy_up()",
        "SELECT 1; DROP TABLE t",
        "SELECT * INTO OUTFILE '/tmp/x' FROM t",
        "SELECT * INTO mine FROM t",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT 1 /* ; */; COMMIT",
        "EXEC tidy_up",
        "SELECT '\\'', a INTO OUTFILE '/tmp/x' FROM t",
        "SELECT 1 # '\n INTO OUTFILE '/tmp/x'",
        "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
        "COPY t TO 'x'",
    ],
)
def test_other_databases_are_asked_for_a_select_alone(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "mysql+pymysql://reader:secret@127.0.0.1:1/bank")
    with pytest.raises(
        ContractError, match=r"^mysql://127\.0\.0\.1/bank is not asked; .* must be one SELECT$"
    ):
        take_in(tmp_path, query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM t;",
        "SELECT last_update, \"delete\", `lock`, [into] FROM t WHERE x = 'drop; it''s' -- create",
        "WITH x AS (SELECT replace(a, 'b', 'c') AS a, insert(a, 1, 1, 'x') FROM t) SELECT a FROM x",
    ],
)
def test_other_databases_are_asked_for_what_only_looks_like_more(query: str) -> None:
    assert not _more_than_a_select(query)


# ---- PostgreSQL ----

POSTGRES_WRITES = [
    "INSERT INTO grievances (complaint_id) VALUES ('x') RETURNING *",
    "WITH gone AS (DELETE FROM grievances RETURNING *) SELECT * FROM gone",
    "SELECT * INTO mine FROM grievances",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "COMMIT; DELETE FROM grievances",
    f"SELECT {ROW}; COMMIT; DELETE FROM grievances",
    f"SELECT {ROW}; DELETE FROM grievances; COMMIT",
    "SET TRANSACTION READ WRITE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "COPY grievances TO PROGRAM 'cat > {home}/copied'",
    "COPY grievances TO '{home}/copied'",
    "COPY grievances TO STDOUT",
    "COPY grievances FROM PROGRAM 'echo x'",
    "DO $$ BEGIN DELETE FROM grievances; END $$",
    "CALL tidy_up()",
    "EXPLAIN ANALYZE DELETE FROM grievances",
    "PREPARE x AS DELETE FROM grievances",
    "TRUNCATE grievances",
    "LOCK TABLE grievances",
    "VACUUM",
    "NOTIFY channel",
    "SELECT written('x') AS complaint_id",
    "SELECT set_config('transaction_read_only', 'off', false), written('x') AS complaint_id",
    "SELECT set_config('transaction_read_only', 'off', true) AS complaint_id",
    "SELECT made_writable() AS complaint_id",
    "SELECT copied('{home}/copied') AS complaint_id",
    "SELECT nextval('numbers') AS complaint_id",
    "SELECT setval('numbers', 99) AS complaint_id",
    "SELECT lo_from_bytea(0, 'x') AS complaint_id",
    "SELECT pg_advisory_lock(1) AS complaint_id",
    "SELECT complaint_id FROM grievances FOR UPDATE",
    "SELECT complaint_id FROM noted",
    "LISTEN channel",
    "UNLISTEN *",
    "EXECUTE x",
    "EXPLAIN ANALYZE INSERT INTO grievances (complaint_id) VALUES ('x')",
    "WITH x AS (INSERT INTO grievances (complaint_id) VALUES ('x') RETURNING *) SELECT * FROM x",
    "REFRESH MATERIALIZED VIEW kept",
    "SET ROLE postgres",
    "RESET ROLE",
    "CREATE EXTENSION dblink",
    "ALTER SYSTEM SET work_mem = '8MB'",
    "CHECKPOINT",
    "MERGE INTO grievances USING grievances AS g ON false WHEN NOT MATCHED THEN DO NOTHING",
    "SELECT lo_import('/etc/hostname')::text AS complaint_id",
    "SELECT lo_export(7, '{home}/copied')::text AS complaint_id",
    "SELECT lo_put(7, 0, 'x')::text AS complaint_id",
    "SELECT lo_unlink(7)::text AS complaint_id",
    "SELECT pg_read_file('/etc/hostname') AS complaint_id",
    "SELECT pg_switch_wal()::text AS complaint_id",
    "SELECT pg_create_physical_replication_slot('mine')::text AS complaint_id",
    "SELECT pg_create_restore_point('mine')::text AS complaint_id",
    "SELECT pg_reload_conf()::text AS complaint_id",
    "SELECT pg_rotate_logfile()::text AS complaint_id",
    "SELECT pg_stat_reset()::text AS complaint_id",
    "SELECT pg_file_write('{home}/copied', 'x', false)::text AS complaint_id",
    "SELECT query_to_xml('DELETE FROM grievances', true, true, '')::text AS complaint_id",
    "SELECT set_config('role', 'bank', true), lo_export(7, '{home}/copied') AS complaint_id",
    "SELECT U&\"set\\005fconfig\"('role', 'bank', true), lo_export(7, '{home}/copied') AS complaint_id",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a table, a sequence, and functions and a view that write."""
    with postgres() as running:
        running.run(
            "CREATE TABLE grievances (complaint_id text, received_at date, unit_id text, product text, narrative text);"
            "INSERT INTO grievances VALUES ('c1', '2024-05-06', 'u', 'p', NULL);"
            "CREATE SEQUENCE numbers; SELECT lo_from_bytea(7, 'kept');"
            "CREATE MATERIALIZED VIEW kept AS SELECT now();"
            "CREATE FUNCTION written(t text) RETURNS text LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO grievances (complaint_id) VALUES (t); RETURN t; END $$;"
            "CREATE FUNCTION made_writable() RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
            " EXECUTE 'SET TRANSACTION READ WRITE'; DELETE FROM grievances; RETURN 'x'; END $$;"
            "CREATE FUNCTION copied(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
            " EXECUTE format('CREATE TABLE mine AS SELECT %L', t); RETURN t; END $$;"
            "CREATE PROCEDURE tidy_up() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM grievances; COMMIT; END $$;"
            "CREATE VIEW noted AS SELECT written(complaint_id) AS complaint_id FROM grievances"
        )
        yield running


def written_to(server: Server) -> str:
    """Return what a write would have changed."""
    return server.run(
        "SELECT (SELECT string_agg(complaint_id, ',') FROM grievances),"
        " (SELECT count(*) FROM pg_class WHERE relname IN ('mine')), (SELECT last_value FROM numbers),"
        " (SELECT string_agg(loid || encode(data, 'hex'), ',') FROM pg_largeobject), (SELECT now FROM kept),"
        " (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_replication_slots),"
        " (SELECT count(*) FROM pg_extension), (SELECT count(*) FROM pg_file_settings), pg_conf_load_time(),"
        " (SELECT stats_reset FROM pg_stat_database WHERE datname = 'postgres')"
    )


@pytest.mark.whole
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql", "postgresql+psycopg2"])
@pytest.mark.parametrize("query", POSTGRES_WRITES)
def test_no_query_writes_to_postgresql(
    query: str, driver: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.url().replace("postgresql+psycopg", driver))
    before = written_to(server)
    with pytest.raises(ContractError):
        take_in(tmp_path, query.format(home=server.home))
    assert written_to(server) == before
    assert not (server.home / "copied").exists()


@pytest.mark.whole
def test_the_role_of_the_documents_can_read_and_nothing_else(
    server: Server, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (project / "docs/howto/take_a_source_in.md").read_text("utf-8")
    server.run(re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[0])
    monkeypatch.setenv(VARIABLE, server.url(password="change-me").replace("//bank:", "//risk_reader:"))
    assert ids(take_in(tmp_path, QUERY)) == ["c1"]
    for query in ("SELECT last_value AS complaint_id FROM numbers", "SELECT written('x') AS complaint_id"):
        with pytest.raises(ContractError, match=r"permission denied|read-only"):
            take_in(tmp_path, query)
    granted = "has_table_privilege('risk_reader', 'grievances', 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')"
    assert server.run(f"SELECT {granted}, has_schema_privilege('risk_reader', 'public', 'CREATE')") == "f|f"
