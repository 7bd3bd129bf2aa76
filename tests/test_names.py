"""One thing has one name, whatever signs it is written with."""

import json
import re
import unicodedata

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.catalogue import indicators
from riskmodels.sources import heads, ingest, ingestion, signs
from riskmodels.sources.heads import know_plain_names as known
from riskmodels.sources.signs import cleaned, cleaned_sql, edged, edged_sql, folded, know_signs

pytestmark = pytest.mark.whole

PLAIN = signs._python(f"[{signs._PLAIN}]")  # a sign that stays as it is wherever it stands
SIGNS = [" ", "\u00a0", "\u3000", "\t", "\0", "\u200b", "\ufeff", "\u202f", "\u00ad", "\u2060", "\n"]


def complaint(number, **changes):
    row = {"complaint_id": f"c{number}", "received_at": "2024-05-06", "unit_id": "B1", "product": "card"}
    return row | changes


def one_file(folder, rows):
    """Write rows as CSV, and a source file of them."""
    pd.DataFrame(rows).to_csv(folder / "c.csv", index=False)
    columns = {name: {"column": name} for name in rows[0]}
    table = {"file": "c.csv", "format": "csv", "columns": columns}
    source = {
        "id": "s",
        "title": "S",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"complaints": table},
    }
    (folder / "s.yaml").write_text(json.dumps(source), encoding="utf-8")
    return folder / "s.yaml"


def named(tables, column="unit_id") -> set[str]:
    return {name for table in tables.present for name in table.frame()[column]}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("unit", ["静安支行", "B1"])
def test_signs_that_nobody_sees_do_not_make_a_second_unit(take_in, sign, unit) -> None:
    written = [unit, unit + sign, sign + unit, unit]
    tables = take_in(complaints=[complaint(n, unit_id=text) for n, text in enumerate(written)])
    assert named(tables) == {unit}
    again = take_in(complaints=[complaint(1), complaint(f"1{sign}")]).complaints
    assert again.provenance.rows_accepted == 1


def test_a_large_file_whose_sample_has_its_names_is_cleaned_alike(tmp_path, monkeypatch) -> None:
    units = ["静安支行", "静安支行\u3000", "", "Ｂ１", " B1", "B1"]
    rows = [complaint(n, unit_id=units[n % 6], product=f"card {n // 40}") for n in range(120)]
    source = one_file(tmp_path, rows)
    before = ingest(source, store=tmp_path / "store").complaints
    for setting, value in {"LARGE": 1, "_PLACES": 3, "_BYTES": 800, "_RARE": 1.0}.items():
        monkeypatch.setattr(heads, setting, value)  # the sample lacks some names
    looked_up = []
    monkeypatch.setattr(
        ingestion, "know_plain_names", lambda *given: looked_up.append(given) or known(*given)
    )
    large = ingest(source, store=tmp_path / "store").complaints
    assert looked_up[0][1].keys() == {"unit_id", "product", "complaint_id"}
    assert large.frame().equals(before.frame())
    assert large.rejected.equals(before.rejected)
    assert set(large.frame()["unit_id"]) == {"静安支行", "B1"}
    assert large.provenance.rows_rejected == 20


def test_names_are_looked_up_where_a_sample_holds_nearly_all(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(heads, "LARGE", 1)
    monkeypatch.setattr(heads, "_BYTES", 2_000)
    rows = [complaint(n, unit_id=f"支行{n // 20}", product=f"卡{n % 9}") for n in range(6_000)]
    one_file(tmp_path, rows)
    asked = []
    monkeypatch.setattr(
        ingestion, "know_plain_names", lambda _, names: asked.append(names) or known(_, names)
    )
    ingest(tmp_path / "s.yaml", store=tmp_path / "store")
    assert asked == [{"product": {f"卡{n}" for n in range(9)}}]  # units come one after the other


def test_no_way_of_cleaning_loses_the_order_of_the_rows() -> None:
    with duckdb.connect() as connection:
        know_signs(connection)
        known(connection, {"x": {"B1", "静安支行"}})
        query = f"SELECT {cleaned_sql('x', looked_up=True)}, {cleaned_sql('x')}, {edged_sql('x')} FROM t"
        connection.execute("CREATE TABLE t AS SELECT range::VARCHAR AS x FROM range(5000)")
        plan = connection.execute(f"EXPLAIN {query}").fetchall()[0][1].lower()
    assert "projection" in plan
    assert not {"join", "aggregate", "window"} & set(re.findall(r"[a-z]+", plan))


@pytest.mark.parametrize(
    "spellings",
    [
        ("Credit Card", "Credit card", "CREDIT  CARD"),
        ("Ｂ１０", "B10", "b10"),
        ("10", "10.0", "010"),
        ("网点（静安）", "网点(静安)"),
        ("Cafe\u0301", "Caf\u00e9", "CAFÉ"),
        ("Self-service", "self\u2011service", "Self\u2013service"),
    ],
)
def test_spellings_of_one_name_are_joined_and_named(take_in, spellings) -> None:
    rows = [complaint(n, unit_id=text, product=text) for n, text in enumerate([spellings[0], *spellings])]
    tables = take_in(complaints=rows)
    assert named(tables) == named(tables, "product") == {cleaned(spellings[0])}
    if any(cleaned(text) != spellings[0] for text in spellings):
        assert "joined" in tables.complaints.provenance.doubts[0] or len(spellings) == 2


def accounts(product, accounts=1000, unit="B1"):
    return {"unit_id": unit, "product": product, "month": "2024-10-01", "accounts": accounts}


RECODED = {name: {"column": name} for name in accounts("")} | {
    "unit_id": {"column": "unit_id", "recode": {"Old": "B1"}},
    "product": {"column": "product", "recode": {"credit": "Cards"}},
}


@pytest.mark.parametrize("columns", [None, {"exposure": RECODED}])
@pytest.mark.parametrize("again", [accounts("Cards"), accounts("ＣＡＲＤＳ"), accounts("cards", unit="b1")])
def test_rows_of_one_key_in_two_spellings_are_repeats(take_in, columns, again) -> None:
    alike = take_in(exposure=[accounts("cards"), again], columns=columns).exposure
    assert alike.frame()["accounts"].tolist() == [1000]
    assert list(alike.rejected["rule"]) == ["duplicate of an accepted row"]
    other = take_in(exposure=[accounts("cards"), again | {"accounts": 9}], columns=columns).exposure
    assert other.relation.aggregate("count(*)").fetchall() == [(1,)]
    assert other.with_unknown.filter("accounts IS NULL").select("unit_id, product").fetchall() == [
        tuple(other.frame().loc[0, ["unit_id", "product"]])
    ]


def test_rows_of_two_names_that_were_made_one_are_still_parts(take_in) -> None:
    rows = [accounts("cards"), accounts("credit"), accounts("cards", unit="Old")]
    assert take_in(exposure=rows, columns={"exposure": RECODED}).exposure.frame()["accounts"].sum() == 3000


def test_rows_of_units_that_are_two_are_no_repeats(take_in) -> None:
    units = [{"unit_id": unit, "name_en": unit} for unit in ("10", "010", "B1")]
    rows = [accounts("cards", unit=unit) for unit in ("10", "010", "b1", "B1")]
    exposure = take_in(units=units, exposure=rows).exposure
    assert sorted(exposure.frame()["unit_id"]) == ["010", "10", "B1"]


def test_spelling_exact_makes_no_repeats(take_in) -> None:
    columns = {name: {"column": name} for name in accounts("")}
    columns["product"] = {"column": "product", "spelling": "exact"}
    rows = [accounts("cards"), accounts("Cards")]
    assert len(take_in(exposure=rows, columns={"exposure": columns}).exposure.frame()) == 2


def test_units_that_the_table_of_units_has_twice_stay_two(take_in) -> None:
    units = [{"unit_id": unit, "name_en": unit} for unit in ("10", "010", "B1")]
    rows = [complaint(n, unit_id=unit) for n, unit in enumerate(("10", "010", "b1", "10"))]
    tables = take_in(complaints=rows, units=units)
    assert sorted(tables.complaints.frame()["unit_id"]) == ["010", "10", "10", "B1"]


def test_spelling_exact_keeps_names_apart(take_in) -> None:
    columns = {name: {"column": name} for name in complaint(0)} | {
        "product": {"column": "product", "spelling": "exact"}
    }
    rows = [complaint(1, product="a"), complaint(2, product="A")]
    assert named(take_in(complaints=rows, columns={"complaints": columns}), "product") == {"a", "A"}


def test_a_code_in_a_column_of_floating_numbers_is_a_whole_number(tmp_path) -> None:
    table = pa.table(
        {"id": ["a", "b"], "at": ["2024-05-06"] * 2, "unit": [10.0, 11.0], "product": ["x", "y"]}
    )
    pq.write_table(table, tmp_path / "c.parquet")
    columns = {"complaint_id": "id", "received_at": "at", "unit_id": "unit", "product": "product"}
    made = {key: {"column": column} for key, column in columns.items()}
    made["unit_id"]["recode"] = {"11.0": "eleven"}
    source = {"id": "t", "title": "t", "country": "CN", "as_of": "2024-12-31"}
    source["tables"] = {"complaints": {"file": "c.parquet", "format": "parquet", "columns": made}}
    (tmp_path / "s.yaml").write_text(json.dumps(source))
    assert named(ingest(tmp_path / "s.yaml", store=tmp_path / "store")) == {"10", "eleven"}


def test_a_rate_takes_a_product_for_the_same_in_both_tables(take_in, default_policy) -> None:
    rows = [complaint(n, received_at=f"2024-05-{1 + n:02d}", product="Credit Card") for n in range(30)]
    exposure = [
        {"unit_id": "b1", "product": "Credit card", "month": f"2024-0{month}-01", "accounts": 1000}
        for month in (5, 6)
    ]
    table = indicators(
        take_in(complaints=rows, exposure=exposure, as_of="2024-06-30"), default_policy, periods=["2024Q2"]
    ).table
    assert table.set_index("indicator_id").loc["complaint_rate", "numerator"] == 30


@given(st.lists(st.text(st.sampled_from([*"aB1 é中１Ａ（", *SIGNS, "\u0301"]), max_size=12), min_size=1))
@settings(max_examples=50)
def test_sql_and_python_clean_a_name_and_a_figure_alike(texts) -> None:
    with duckdb.connect() as connection:
        know_signs(connection)
        known(connection, {"x": {"aB1"}})
        found = connection.execute(
            f"SELECT {cleaned_sql('x', looked_up=True)}, {cleaned_sql('x')}, {edged_sql('x')} FROM (SELECT unnest(?::VARCHAR[]) AS x)",
            [texts],
        ).fetchall()
    assert found == [(cleaned(text), cleaned(text), edged(text)) for text in texts]


def test_signs_that_are_taken_as_plain_are_left_alone_even_side_by_side() -> None:
    plain = "".join(chr(code) for code in range(0xA1, 0x10000) if _is_plain(chr(code)))
    assert len(plain) > 30_000
    assert cleaned(plain) == plain
    assert cleaned(plain[::-1]) == plain[::-1]
    assert all(not unicodedata.combining(sign) for sign in plain)


def _is_plain(sign: str) -> bool:
    return PLAIN.match(sign) is not None


@given(st.text(max_size=12))
def test_folding_twice_is_folding_once_and_forgets_case_and_signs(text) -> None:
    assert folded(cleaned(text)) == folded(text)
    assert folded(f"\u3000{text}\u200b") == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)
