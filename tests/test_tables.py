"""Tables: contracts are valid SQL, and the store gives back exactly what it was given."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from riskmodels.errors import ContractError, ResultError
from riskmodels.sources import ingest
from riskmodels.tables import CONTRACTS, SQL_TYPES, Column, Contract, Rule, Table, Tables, open_table
from riskmodels.tables.sql import name

TakeIn = Callable[..., Tables]

COMPLAINT = {"complaint_id": "c1", "received_at": "2024-05-06", "unit_id": "u1", "product": "cards"}
WRONG = COMPLAINT | {"complaint_id": "c2", "product": ""}
each_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.table)


@pytest.fixture
def table(take_in: TakeIn) -> Table:
    return take_in(complaints=[COMPLAINT, WRONG]).require("complaints")


# ---- contracts ----


@each_contract
def test_every_rule_is_sql_over_the_columns_of_its_table(contract: Contract) -> None:
    columns = ", ".join(f"{name(column.name)} {SQL_TYPES[column.type]}" for column in contract.columns)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE empty ({columns})")
        for rule in contract.row_rules():
            described = connection.execute(f"DESCRIBE SELECT {rule.holds} AS holds FROM empty").fetchall()
            assert described[0][1] == "BOOLEAN", rule.name


@each_contract
def test_a_rule_that_concerns_unknown_values_alone_is_not_broken(contract: Contract) -> None:
    nulls = ", ".join(f"NULL::{SQL_TYPES[c.type]} AS {name(c.name)}" for c in contract.columns)
    for rule in contract.row_rules():
        held = duckdb.sql(f"SELECT {rule.holds} FROM (SELECT {nulls})").fetchall()[0][0]
        assert held is (False if rule.name.endswith(" required") else None), rule.name


@each_contract
def test_contracts_are_consistent(contract: Contract) -> None:
    names = [rule.name for rule in contract.row_rules()]
    assert len(set(names)) == len(names)
    assert len(set(contract.names)) == len(contract.columns)
    assert set(contract.key) <= set(contract.names)
    assert contract.key
    assert all(contract.column(key).words for key in contract.names)


def test_a_column_makes_its_rules() -> None:
    stars = Column(name="stars", type="integer", words="stars", required=True, minimum=1, maximum=5)
    kind = Column(name="kind", type="code", words="kind", domain=("a", "b"))
    own = Rule(name="own", holds="stars > 2 OR kind = 'a'", words="own")
    contract = Contract(table="t", words="t", columns=(stars, kind), key=("stars",), rules=(own,))
    holds = {rule.name: rule.holds for rule in contract.row_rules()}
    assert list(holds) == ["stars required", "stars >= 1", "stars <= 5", "kind in domain", "own"]

    def broken(stars: object, kind: object) -> list[str]:
        row = duckdb.execute(
            f"SELECT {', '.join(holds.values())} FROM (SELECT $stars::BIGINT AS stars, $kind::VARCHAR AS kind)",
            {"stars": stars, "kind": kind},
        ).fetchall()[0]
        return [rule for rule, held in zip(holds, row, strict=True) if held is False]

    assert broken(1, "a") == broken(5, "b") == broken(5, None) == []
    assert broken(None, "a") == ["stars required"]
    assert broken(0, "a") == ["stars >= 1"]
    assert broken(6, "c") == ["stars <= 5", "kind in domain"]
    assert broken(2, "b") == ["own"]


# ---- store ----


def test_a_stored_table_opens_as_it_was_kept(table: Table) -> None:
    again = open_table(table.folder)
    assert again.name == "complaints"
    assert again.provenance == table.provenance
    assert again.digest == table.digest == table.folder.name
    assert list(again.frame(["complaint_id"])["complaint_id"]) == ["c1"]
    assert list(again.rejected["row"]) == [2]
    assert again.relation.aggregate("count(*)").fetchall() == [(1,)]


def test_provenance_says_where_rows_came_from(table: Table) -> None:
    origin = table.provenance
    assert (origin.rows_read, origin.rows_accepted, origin.rows_rejected) == (2, 1, 1)
    assert origin.source == "small"
    assert origin.as_of.isoformat() == "2024-12-31"
    assert [len(sha256) for sha256 in origin.files.values()] == [64]
    assert set(origin.given_columns) == set(COMPLAINT)
    assert table.gives("product")
    assert not table.gives("resolved_at")


def test_the_same_content_is_kept_once(take_in: TakeIn, table: Table, tmp_path: Path) -> None:
    assert take_in(complaints=[COMPLAINT, WRONG]).complaints.digest == table.digest
    for _ in range(2):
        kept = ingest(table.folder.parents[2] / "source.yaml", store=tmp_path).complaints
    assert [folder.name for folder in (tmp_path / "complaints").iterdir()] == [kept.digest]


@pytest.mark.parametrize(
    "change",
    [
        {"complaints": [COMPLAINT | {"product": "loans"}, WRONG]},
        {"complaints": [COMPLAINT, WRONG | {"unit_id": "u2"}]},
        {"complaints": [COMPLAINT, WRONG], "as_of": "2024-12-30"},
    ],
    ids=["accepted", "rejected", "as of"],
)
def test_other_content_has_another_digest(change: dict, take_in: TakeIn, table: Table) -> None:
    assert take_in(**change).complaints.digest != table.digest


@pytest.mark.parametrize("file", ["accepted.parquet", "rejected.parquet", "provenance.json"])
def test_a_changed_or_missing_file_is_refused(file: str, table: Table, tmp_path: Path) -> None:
    copy = tmp_path / "complaints" / table.digest
    shutil.copytree(table.folder, copy)
    changed = (copy / file).read_bytes().replace(b"small", b"large") + b"\n"
    (copy / file).write_bytes(changed)
    with pytest.raises(ResultError, match="was changed after it was stored"):
        open_table(copy)
    (copy / file).unlink()
    with pytest.raises(ResultError, match="is not a stored table"):
        open_table(copy)


def test_a_table_under_another_digest_is_refused(table: Table, tmp_path: Path) -> None:
    copy = tmp_path / "complaints" / ("0" * 16)
    shutil.copytree(table.folder, copy)
    with pytest.raises(ResultError, match=f"its digest is now {table.digest}"):
        open_table(copy)


# ---- all tables of a source ----


def test_tables_know_what_they_lack(take_in: TakeIn) -> None:
    tables = take_in(complaints=[COMPLAINT, WRONG])
    assert [table.name for table in tables.present] == ["complaints"]
    assert tables.get("losses") is tables.losses is None
    with pytest.raises(ContractError, match="'losses', which the source does not have"):
        tables.require("losses")


def test_quality_counts_the_rows_of_every_table(take_in: TakeIn) -> None:
    units = [{"unit_id": "u1", "name_en": "One"}]
    tables = take_in(units=units, complaints=[COMPLAINT, WRONG], unknown_months={"complaints": ["2024-01"]})
    quality = tables.quality.set_index("table")
    assert list(quality.index) == ["units", "complaints"]
    assert list(quality["rows_read"]) == [1, 2]
    assert list(quality["rejected_share"]) == [0.0, 0.5]
    assert list(quality["unknown_months"]) == ["", "2024-01"]


def test_the_digest_of_a_source_changes_with_any_table(take_in: TakeIn) -> None:
    def digest(unit: str) -> str:
        return take_in(units=[{"unit_id": "u1", "name_en": unit}], complaints=[COMPLAINT]).digest

    assert digest("One") == digest("One") != digest("Two")
    assert len(digest("One")) == 16
