"""Nothing is written through a source: SQLite here, PostgreSQL (a real one) below."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from one_table import take_complaints
from postgres import Server, postgres

from riskmodels.errors import ContractError
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
]


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


def test_other_databases_are_asked_for_a_select_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "mysql+pymysql://reader:secret@127.0.0.1:1/bank")
    with pytest.raises(
        ContractError, match=r"^mysql://127\.0\.0\.1/bank is not asked; .* must be one SELECT$"
    ):
        take_in(tmp_path, "CALL tidy_up()")


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
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a table, a sequence, and functions and a view that write."""
    with postgres() as running:
        running.run(
            "CREATE TABLE grievances (complaint_id text, received_at date, unit_id text, product text, narrative text);"
            "INSERT INTO grievances VALUES ('c1', '2024-05-06', 'u', 'p', NULL);"
            "CREATE SEQUENCE numbers;"
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
        " (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_prepared_statements)"
    )


@pytest.mark.whole
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql", "postgresql+psycopg2"])
@pytest.mark.parametrize("query", POSTGRES_WRITES)
def test_no_query_writes_to_postgresql(
    query: str, driver: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.url().replace("postgresql+psycopg", driver))
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    before = written_to(server)
    with pytest.raises(ContractError):
        take_in(tmp_path, query.format(home=tmp_path / "open"))
    assert written_to(server) == before
    assert not list((tmp_path / "open").iterdir())


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
