"""A database as a source, on a real PostgreSQL: values arrive as they are, and the password nowhere."""

import datetime as dt
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from postgres import PASSWORD, Server, postgres

from riskmodels.errors import ContractError, ParameterError
from riskmodels.sources import ingest
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

VARIABLE = "RISKMODELS_TEST_DATABASE"
SECRETS = {PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), quote_plus(PASSWORD)}
QUERY = "SELECT id, received, logged, branch, product, paid, stars, upheld, words FROM grievances ORDER BY id"
COLUMNS = {
    "complaint_id": "id",
    "received_at": "received",
    "logged_at": "logged",
    "unit_id": "branch",
    "product": "product",
    "redress": "paid",
    "satisfaction": "stars",
    "upheld": "upheld",
    "narrative": "words",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a table of complaints of every type."""
    with postgres() as running:
        running.run(
            "CREATE TABLE grievances (id bigint, received timestamptz, logged date, branch text, product text,"
            " paid numeric(12, 2), stars smallint, upheld boolean, words text);"
            "INSERT INTO grievances VALUES"
            " (1, '2024-05-05 20:30:00+00', '2024-05-07', '静安支行', '信用卡', 1234.50, 4, true, '排队太久，“等”了两小时'),"
            " (2, '2024-12-31 23:59:59.5+08', NULL, '浦东支行', '理财', NULL, NULL, NULL, NULL),"
            " (3, '2024-06-01 00:00:00+08', '2024-05-01', 'u', 'p', 0.01, 9, false, 'call 13812345678')"
        )
        yield running


@pytest.fixture
def source(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source file that reads the table; its URL is in the environment."""
    monkeypatch.setenv(VARIABLE, server.url())
    return write_source(tmp_path)


def write_source(folder: Path, **changes: object) -> Path:
    table = {"format": "sql", "database": VARIABLE, "query": QUERY}
    table["columns"] = {name: {"column": column} for name, column in COLUMNS.items()}
    source = {
        "id": "core",
        "title": "Core",
        "country": "CN",
        "as_of": "2024-12-31",
        "timezone": "Asia/Shanghai",
    }
    path = folder / "core.yaml"
    path.write_text(json.dumps(source | {"tables": {"complaints": table | changes}}), encoding="utf-8")
    return path


def take_in(source: Path) -> Tables:
    return ingest(source, store=source.parent / "store")


def refused(source: Path) -> str:
    """Return the message of a refusal, after a look for the password in all that an exception holds."""
    with pytest.raises(ContractError) as caught:
        take_in(source)
    shown = "".join(traceback.format_exception(caught.value)) + repr(chain(caught.value))
    assert not [secret for secret in SECRETS if secret in shown]
    return str(caught.value)


def chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *chain(error.__cause__), *chain(error.__context__)]


def test_rows_arrive_as_they_are(source: Path) -> None:
    table = take_in(source).require("complaints")
    first, second = table.frame().to_dict("records")
    assert first["complaint_id"] == "1"
    assert first["received_at"] == dt.datetime(2024, 5, 6, 4, 30)  # noqa: DTZ001  the bank's clock
    assert first["logged_at"] == dt.datetime(2024, 5, 7)  # noqa: DTZ001  as above
    assert (first["unit_id"], first["product"], first["redress"]) == ("静安支行", "信用卡", 1234.5)
    assert (first["satisfaction"], first["upheld"], first["narrative"]) == (4, True, "排队太久，“等”了两小时")
    assert second["received_at"] == dt.datetime(2024, 12, 31, 23, 59, 59, 500_000)  # noqa: DTZ001  as above
    assert second["redress"] != second["redress"]  # NULL stays unknown
    assert second["narrative"] is None or second["narrative"] != second["narrative"]
    (rejected,) = table.rejected.to_dict("records")
    assert rejected["row"] == 3
    assert set(rejected["rule"].split("; ")) == {"logged not before received", "satisfaction <= 5"}
    assert "13812345678" not in rejected["content"]


def test_times_with_a_zone_need_the_banks(source: Path) -> None:
    content = json.loads(source.read_text("utf-8"))
    del content["timezone"]
    source.write_text(json.dumps(content), encoding="utf-8")
    table = take_in(source).require("complaints")
    assert table.provenance.rows_accepted == 0
    assert table.rejected["rule"].str.contains("received_at has a time zone").all()


def test_the_password_is_nowhere(source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tables = take_in(source)
    assert next(iter(tables.complaints.provenance.files)).startswith("postgresql://127.0.0.1/postgres")
    program = Path(sys.executable).with_name("riskmodels")
    command = [program, "check-data", source, "--store", tmp_path / "kept"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(stored) > 6
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr + caplog.text + repr(tables)
        assert not [path for path in stored if secret.encode() in path.read_bytes()]


MANY = (
    "SELECT 'g' || n AS id, timestamp '2022-01-01' + n * interval '1 day' AS received,"
    " date '2022-01-02' + n AS logged, '静安支行' AS branch, '信用卡' AS product, NULL AS paid, 4 AS stars,"
    " true AS upheld, NULL AS words FROM generate_series(0, 910) AS n ORDER BY n"
)


@pytest.mark.slow
def test_a_whole_run_from_a_database_keeps_the_password_to_itself(
    server: Server, project: Path, tmp_path: Path
) -> None:
    source = write_source(tmp_path, query=MANY)
    program = Path(sys.executable).with_name("riskmodels")
    folders = ["--out", tmp_path / "reports", "--store", tmp_path / "store"]
    done = subprocess.run(
        [program, "assess", "--source", source, "--period", "2024Q2", *folders],
        cwd=project,
        env=os.environ | {VARIABLE: server.url()},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "静安支行" in (tmp_path / "reports/2024Q2/tables/units.csv").read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS if secret.encode() in done.stdout + done.stderr]
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert not [secret for secret in SECRETS if secret.encode() in path.read_bytes()], path


@pytest.mark.parametrize("wrong", ["wr@ng/p%ss:w?rd", "p@ss/w%rd:ü?", ""])
def test_a_wrong_password(wrong: str, source: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, server.url(password=wrong))
    message = refused(source)
    assert f"(from {VARIABLE}) gave no rows" in message
    assert "password" in message
    assert not wrong or (wrong not in message and quote(wrong, safe="") not in message)


def test_a_host_that_is_not_there(source: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, server.url(port=1))
    assert f"postgresql://127.0.0.1/postgres (from {VARIABLE}) gave no rows: connection failed" in refused(
        source
    )


def test_a_database_that_is_not_there(source: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, server.url(database="nowhere"))
    assert 'database "nowhere" does not exist' in refused(source)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nonsense FROM grievances", 'column "nonsense" does not exist'),
        ("SELEC 1", "syntax error"),
        ("SELECT id, id FROM grievances", "names a column twice: id"),
        ("SELECT id AS number FROM grievances", "has no column 'id'"),
        ("SELECT 1/0 AS id", "division by zero"),
        ("SELECT id FROM generate_series(1, 100000) AS id WHERE 1 / (id - 90000) >= 0", "division by zero"),
    ],
)
def test_a_query_that_the_database_refuses(query: str, message: str, source: Path, tmp_path: Path) -> None:
    assert message in refused(write_source(tmp_path, query=query))


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO grievances (id) VALUES (99) RETURNING *",
        "WITH gone AS (DELETE FROM grievances RETURNING *) SELECT * FROM gone",
        "CREATE TABLE mine (id int)",
        "COMMIT; DELETE FROM grievances",
        "SET TRANSACTION READ WRITE",
        "SELECT 1 AS id; DELETE FROM grievances",
        "SELECT 1 AS id; COMMIT; DELETE FROM grievances",
    ],
)
def test_a_query_reads_and_never_writes(query: str, source: Path, server: Server, tmp_path: Path) -> None:
    refused(write_source(tmp_path, query=query))
    assert server.run("SELECT count(*) FROM grievances") == "3"


def test_signs_that_mean_something_to_a_driver_are_part_of_the_query(source: Path, tmp_path: Path) -> None:
    query = QUERY.replace("ORDER BY", "WHERE product LIKE '%卡' AND words <> ':name %s' ORDER BY")
    assert take_in(write_source(tmp_path, query=query)).complaints.provenance.rows_read == 1


def test_a_query_without_rows_is_a_table_without_rows(source: Path, tmp_path: Path) -> None:
    empty = write_source(tmp_path, query=QUERY.replace("ORDER BY", "WHERE false ORDER BY"))
    assert take_in(empty).complaints.provenance.rows_read == 0


def test_the_same_rows_give_the_same_digest(source: Path) -> None:
    assert take_in(source).digest == take_in(source).digest


def test_many_rows_keep_their_order_and_number(source: Path, tmp_path: Path) -> None:
    query = (
        "SELECT n AS id, timestamptz '2024-01-01 00:00+08' AS received, NULL::date AS logged, 'u' AS branch, CASE"
        " WHEN n = 44444 THEN '' ELSE 'p' END AS product, n / 10.0 AS paid, 3 AS stars, true AS upheld, 'w' AS words"
        " FROM generate_series(1, 50000) AS n ORDER BY n"
    )
    table = take_in(write_source(tmp_path, query=query)).require("complaints")
    assert table.provenance.rows_accepted == 49_999
    assert list(table.rejected["row"]) == [44_444]


# ---- without a server ----


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (None, f"the environment variable {VARIABLE} is not set"),
        ("", f"the environment variable {VARIABLE} is not set"),
        (f"nonsense {PASSWORD}", "holds no URL of a database"),
        (f"postgresql+psycopg://bank:{PASSWORD}@127.0.0.1:1/x", "holds an @ too many"),
        (f"nosuchkind://bank:{quote(PASSWORD, safe='')}@host/x", "nosuchkind"),
        (f"mysql+pymysql://bank:{quote(PASSWORD, safe='')}@host/x", "the driver 'pymysql' is not installed"),
        (f"oracle://bank:{quote(PASSWORD, safe='')}@host/x", "is not installed"),
    ],
)
def test_a_variable_that_leads_nowhere(
    url: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if url is not None:
        monkeypatch.setenv(VARIABLE, url)
    assert message in refused(write_source(tmp_path))


def test_a_missing_driver_of_postgresql_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql+psycopg://bank:secret@127.0.0.1:1/x")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'riskmodels[postgresql]'" in refused(write_source(tmp_path))


def test_a_database_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="reads complaints from a database"):
        ingest(write_source(tmp_path), store=tmp_path / "store", files={"complaints": "c.csv"})
