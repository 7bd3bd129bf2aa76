"""Sources: every row is accepted, or rejected with the rule it broke; what no row can mend is an error."""

import csv
import functools
import io
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ContractError, ParameterError, ResultError
from riskmodels.sources import duplicates, ingest, ingestion, load_source
from riskmodels.tables import Table, Tables, open_table

pytestmark = pytest.mark.whole

TakeIn = Callable[..., Tables]

GOOD = {
    "complaint_id": "c1",
    "received_at": "2024-05-06 09:30:00",
    "unit_id": "u1",
    "product": "cards",
}
FULL = GOOD | {
    "resolved_at": "2024-05-07 10:00",
    "severity": "major",
    "satisfaction": "4",
    "redress": "12.50",
    "upheld": "true",
    "repeat_of": "c0",
    "narrative": "hello",
}
IDENTITY_CARD = "11010519491231002X"  # the example of GB 11643
OFFICIAL = [
    *("Date received", "Product", "Sub-product", "Issue", "Sub-issue", "Consumer complaint narrative"),
    *("Company public response", "Company", "State", "ZIP code", "Tags", "Consumer consent provided?"),
    *("Submitted via", "Date sent to company", "Company response to consumer", "Timely response?"),
    *("Consumer disputed?", "Complaint ID"),
]


def complaints(take_in: TakeIn, *rows: dict[str, str], **settings: object) -> Table:
    return take_in(complaints=rows, **settings).require("complaints")


def rules(table: Table) -> dict[int, str]:
    return dict(table.rejected[["row", "rule"]].itertuples(index=False))


def write_source(folder: Path, **changes: object) -> Path:
    """Write a source of one CSV file with the required columns, with changes to its table."""
    table = {"file": "c.csv", "format": "csv", "columns": {name: {"column": name} for name in GOOD}}
    source = {"id": "small", "title": "Small", "country": "CN", "as_of": "2024-12-31"}
    path = folder / "source.yaml"
    path.write_text(json.dumps(source | {"tables": {"complaints": table | changes}}), encoding="utf-8")
    return path


def write_rows(file: Path, *rows: dict[str, str]) -> Path:
    pd.DataFrame(rows).to_csv(file, index=False)
    return file


# ---- source files ----


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"complaint_id": {"column": "id"}}}, "needs a mapping of product, received_at, unit_id"),
        ({"columns": {"colour": {"column": "c"}}}, "complaints has no column colour"),
        ({"format": "xls"}, "tables.complaints.format"),
        ({"format": "excel", "sheet": "a", "sheet_pattern": "b"}, "either sheet or sheet_pattern"),
        ({"format": "sql"}, "needs database and query"),
        ({"encoding": "utf-99"}, "no known encoding"),
        ({"columns": {"product": {"column": "p", "value": "q"}}}, "either column or value"),
        ({"unknown": ["2024-13"]}, "tables.complaints.unknown.0"),
        ({"columns": {"received_at": {"column": "d", "format": "%Q"}}}, "received_at.format.*%Q"),
        ({"columns": {"received_at": {"column": ""}}}, "received_at.column"),
        ({"sheet": 1}, "tables.complaints.sheet"),
    ],
)
def test_a_source_that_does_not_fit_is_refused(changes: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=message):
        load_source(write_source(tmp_path, **changes))


def test_a_source_names_canonical_tables_and_has_complaints(tmp_path: Path) -> None:
    for tables, message in (({"grievances": {}}, "grievances"), ({}, "must give the table 'complaints'")):
        maps = {name: {"file": "x.csv", "format": "csv"} for name in tables}
        path = tmp_path / "source.yaml"
        path.write_text(json.dumps({"id": "s", "title": "S", "country": "CN", "tables": maps}))
        with pytest.raises(ParameterError, match=message):
            load_source(path)


@pytest.mark.parametrize("name", ["sample", "cfpb", "cfpb_2014", "cfpb_bank_of_america"])
def test_the_shipped_sources_fit(name: str, project: Path) -> None:
    assert load_source(project / "params" / "sources" / f"{name}.yaml").id == name


# ---- rows ----


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ({"product": ""}, "product required"),
        ({"product": "   "}, "product required"),
        ({"received_at": "yesterday"}, "received_at is no timestamp"),
        ({"received_at": "2024-02-30"}, "received_at is no timestamp"),
        ({"received_at": "-infinity"}, "received_at is no timestamp"),
        ({"received_at": "0014-05-06"}, "received_at is no timestamp"),
        ({"received_at": "2025-01-01 00:00"}, "received_at not after as-of"),
        ({"resolved_at": "2999-01-01"}, "resolved_at not after as-of"),
        ({"resolved_at": "2024-05-06 09:29"}, "resolved not before received"),
        ({"redress": "a lot"}, "redress is no number"),
        ({"redress": "NaN"}, "redress is no number"),
        ({"redress": "inf"}, "redress is no number"),
        ({"redress": "-0.01"}, "redress >= 0"),
        ({"satisfaction": "1.7"}, "satisfaction is no integer"),
        ({"satisfaction": "1e300"}, "satisfaction is no integer"),
        ({"satisfaction": "0"}, "satisfaction >= 1"),
        ({"satisfaction": "6"}, "satisfaction <= 5"),
        ({"severity": "awful"}, "severity in domain"),
        ({"upheld": "perhaps"}, "upheld is no boolean"),
        ({"repeat_of": "c2"}, "does not repeat itself"),
    ],
    ids=lambda value: "=".join(*value.items()) if isinstance(value, dict) else None,
)
def test_a_row_is_rejected_with_the_rule_it_broke(bad: dict[str, str], rule: str, take_in: TakeIn) -> None:
    table = complaints(take_in, FULL, FULL | {"complaint_id": "c2"} | bad)
    assert list(table.frame()["complaint_id"]) == ["c1"]
    assert rule in rules(table)[2].split("; ")
    assert list(json.loads(table.rejected["content"][0])) == list(FULL)
    assert (table.provenance.rows_read, table.provenance.rows_rejected) == (2, 1)


def test_a_row_names_every_rule_it_broke(take_in: TakeIn) -> None:
    table = complaints(
        take_in, FULL, FULL | {"complaint_id": "c2", "satisfaction": "9", "severity": "x", "unit_id": ""}
    )
    assert set(rules(table)[2].split("; ")) == {"unit_id required", "satisfaction <= 5", "severity in domain"}


def test_of_rows_with_one_key_the_first_valid_one_is_kept(take_in: TakeIn) -> None:
    first = GOOD | {"received_at": "2026-01-01", "product": "in the future"}
    table = complaints(take_in, first, GOOD, GOOD | {"product": "again"}, GOOD | {"complaint_id": "c2"})
    assert list(table.frame()["product"]) == ["cards", "cards"]
    assert rules(table) == {1: "received_at not after as-of", 3: "duplicate of an accepted row"}


def test_rows_of_unknown_units_are_rejected(take_in: TakeIn) -> None:
    units = [{"unit_id": "u1", "name_en": "One"}, {"unit_id": "u2", "name_en": ""}]
    tables = take_in(
        units=units,
        complaints=[GOOD | {"complaint_id": unit, "unit_id": unit} for unit in ("u1", "u2", "u3")],
    )
    assert rules(tables.units) == {2: "name_en required"}
    assert rules(tables.complaints) == {2: "unit_id in units", 3: "unit_id in units"}


def test_a_row_for_the_whole_bank_needs_no_unit(take_in: TakeIn) -> None:
    incident = {"incident_id": "i1", "kind": "fault", "started_at": "2024-05-01", "unit_id": ""}
    tables = take_in(units=[{"unit_id": "u1", "name_en": "One"}], complaints=[GOOD], incidents=[incident])
    assert tables.incidents.provenance.rows_accepted == 1


LINES = "complaint_id,received_at,unit_id,product"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("c2,2024-05-06", "line is malformed: missing columns"),
        ("c2,2024-05-06,u1,cards,extra", "line is malformed: too many columns"),
        ('c2,2024-05-06,"u1"x,cards', "line is malformed: unquoted value"),
    ],
)
def test_malformed_lines_are_rejected_where_they_stand(line: str, rule: str, take_in: TakeIn) -> None:
    good = [f"c{n},2024-05-0{n},u1,cards" for n in (1, 3, 5)]
    late = "c6,2025-06-01,u1,cards"
    text = "\n".join([LINES, good[0], line, good[1], line, good[2], late, ""])
    table = take_in(complaints=text).require("complaints")
    assert rules(table) == {2: rule, 4: rule, 6: "received_at not after as-of"}
    assert list(table.rejected["content"])[:2] == [line, line]
    assert list(table.frame()["complaint_id"]) == ["c1", "c3", "c5"]


def test_a_quoted_newline_is_part_of_its_cell_and_of_one_row(take_in: TakeIn) -> None:
    text = f'{LINES}\nc1,2024-05-06,u1,"cards\nand\n\nmore"\nc2,short\nc3,2024-05-06,u1,"say ""x"", y"\nc4,x,u1,p\n'
    table = take_in(complaints=text).require("complaints")
    assert list(table.frame()["product"]) == ["cards\nand\n\nmore", 'say "x", y']
    assert list(rules(table)) == [2, 4]


def test_a_quote_that_never_closes_is_rejected(take_in: TakeIn) -> None:
    table = take_in(complaints=f'{LINES}\nc1,2024-05-06,u1,cards\nc2,2024-05-06,u1,"ca').require("complaints")
    assert rules(table) == {2: "line is malformed: unquoted value"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["c4,2024-05-06,u1,cards", 'c4,2024-05-06,u1,"say "x"'])
def test_a_quote_that_takes_lines_in_is_refused_with_its_line(
    end: str, newline: str, encoding: str, take_in: TakeIn
) -> None:
    first = ['c1,2024-05-06,u1,"two', 'lines"', 'c2,2024-05-06,u1,"cards', "c3,2024-05-06,u1,cards"]
    text = newline.join([LINES, *first, end, ""])
    with pytest.raises(ContractError, match=r"complaints\.csv: a quote opened in line 4 is not closed"):
        take_in(complaints=text.encode(encoding))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_byte_order_mark_and_either_newline_are_read(newline: str, take_in: TakeIn) -> None:
    text = newline.join([LINES, "c1,2024-05-06,u1,信用卡", "c2,2024-05-06,u1,é", ""])
    table = take_in(complaints=text.encode("utf-8-sig")).require("complaints")
    assert list(table.frame()["product"]) == ["信用卡", "é"]


def test_bytes_that_are_not_utf_8_far_below_are_a_rejected_row(take_in: TakeIn) -> None:
    lines = [f"c{n},2024-05-06,u1,cards".encode() for n in range(1000)]
    text = b"\n".join([LINES.encode(), *lines, b"c2000,2024-05-06,u1,\xff", b""])
    table = take_in(complaints=text).require("complaints")
    assert rules(table) == {1001: "line is malformed: invalid encoding"}
    assert table.provenance.rows_accepted == 1000


def test_a_header_alone_is_a_table_without_rows(take_in: TakeIn) -> None:
    table = take_in(complaints=f"{LINES}\n").require("complaints")
    assert (table.provenance.rows_read, len(table.frame()), len(table.rejected)) == (0, 0, 0)
    assert list(table.frame().columns)[:2] == ["complaint_id", "received_at"]


def test_the_day_of_the_data_is_its_last_one_but_never_after_today(take_in: TakeIn) -> None:
    rows = [
        GOOD | {"complaint_id": f"c{n}", "received_at": day}
        for n, day in enumerate(("2024-06-03", "9999-12-31"))
    ]
    tables = take_in(complaints=rows, as_of=None)
    assert tables.as_of.isoformat() == "2024-06-03"
    assert rules(tables.complaints) == {2: "received_at not after as-of"}


def test_the_last_receipt_is_the_day_of_the_data_and_later_steps_are_accepted(take_in: TakeIn) -> None:
    rows = [GOOD | {"logged_at": "2024-05-09", "resolved_at": "2024-06-03"}]
    tables = take_in(complaints=rows, as_of=None)
    assert tables.as_of.isoformat() == "2024-05-06"
    assert tables.complaints.provenance.rows_accepted == 1
    declared = take_in(complaints=rows, as_of="2024-05-20").complaints
    assert rules(declared) == {1: "resolved_at not after as-of"}


NASTY = st.sampled_from(
    [
        *("", " ", "NaN", "-inf", "1e300", "1e400", "infinity", "2024-05-01", "0000-00-00", "9999-12-31"),
        *("true", "4", "1.7", "major", "u1", "'; DROP TABLE raw; --", "=1+1", "13812345678"),
        *('"', ",", "\n", "\r\n", "\ufeff", "\x00"),
    ]
)
CELL = NASTY | st.text(st.characters(codec="utf-8"), max_size=8)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=9), max_size=16)


@settings(max_examples=15)
@given(rows=ROWS, newline=st.sampled_from(["\n", "\r\n"]))
def test_every_row_of_any_file_is_accepted_or_rejected_once(
    rows: list[list[str]], newline: str, take_in: TakeIn
) -> None:
    header = ["complaint_id", "received_at", "unit_id", "product", "satisfaction", "redress", "narrative"]
    stream = io.StringIO(newline="")
    readable = ["c1", "2024-05-06", "u1", "cards", "4", "1.5", "so that no column is unreadable as a whole"]
    bare = any(
        "\r" in cell for row in rows for cell in row
    )  # the writer quotes only what its own line ends need
    quoting = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    csv.writer(stream, lineterminator=newline, quoting=quoting).writerows([header, readable, *rows])
    table = take_in(complaints=stream.getvalue()).require("complaints")
    assert table.provenance.rows_read == 1 + len(rows)
    assert len(table.frame()) + len(table.rejected) == 1 + len(rows)
    assert table.rejected["row"].is_unique
    assert table.rejected["row"].between(2, 1 + len(rows)).all()
    assert (table.rejected["rule"] != "").all()


@settings(max_examples=10)
@given(kinds=st.lists(st.sampled_from(["good", "late", "short", "long", "quote", "two lines"]), max_size=18))
def test_rejected_rows_carry_their_number_whatever_stands_between(kinds: list[str], take_in: TakeIn) -> None:
    form = {
        "good": "c{n},2024-05-06,u1,cards",
        "two lines": 'c{n},2024-05-06,u1,"cards\nand more"',
        "late": "c{n},2025-05-06,u1,cards",
        "short": "c{n},2024-05-06",
        "long": "c{n},2024-05-06,u1,cards,extra",
        "quote": 'c{n},2024-05-06,"u1" ,"x"y',
    }
    kinds = ["good", *kinds]  # of a file of which no line can be split none is taken
    lines = [form[kind].format(n=n) for n, kind in enumerate(kinds, start=1)]
    table = take_in(complaints="\n".join([LINES, *lines, ""])).require("complaints")
    wrong = [n for n, kind in enumerate(kinds, start=1) if kind not in ("good", "two lines")]
    assert list(rules(table)) == wrong
    shown = zip(wrong, table.rejected["content"], strict=True)
    assert all(f"c{n}" in content for n, content in shown)


# ---- files and mappings that no row can mend ----


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"there is no file .*c\.csv"):
        ingest(write_source(tmp_path), store=tmp_path / "store")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"there is no (csv )?file"):
        ingest(write_source(tmp_path, file="."), store=tmp_path / "store")


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    write_rows(tmp_path / "c.csv", {"complaint_id": "c1", "Received_at": "x", "unit_id": "u", "product": "p"})
    with pytest.raises(ContractError) as caught:
        ingest(write_source(tmp_path), store=tmp_path / "store")
    message = str(caught.value)
    for part in (
        "c.csv",
        "'received_at'",
        "complaints.received_at",
        "did you mean 'Received_at'?",
        "product",
    ):
        assert part in message


def test_a_date_format_that_fits_no_row_is_named(take_in: TakeIn) -> None:
    columns = {name: {"column": name} for name in GOOD}
    columns["received_at"] = {"column": "received_at", "format": "%d.%m.%Y"}
    with pytest.raises(
        ContractError, match=r"complaints.csv: no value of column 'received_at'.*%d.%m.%Y.*2024"
    ):
        complaints(take_in, GOOD, columns={"complaints": columns})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (f"{LINES},product\n".encode(), "names a column twice: product"),
        (f"{LINES},Product\n".encode(), "names a column twice: product, Product"),
        (
            f"{LINES}\nc1,2024-05-06,u1,caf\xe9\n".encode("latin-1"),
            "is not in the encoding utf-8: 1 of its 1",
        ),
        (f"{LINES}\n".encode("utf-16"), "is not CSV in UTF-8"),
        (f"{LINES}\n".replace(",", ";").encode(), "has no column 'complaint_id'"),
        (f"{LINES}\nc1,2024-05-06,u1\n".encode(), "none of its 1 row .* missing columns.*first is: c1,"),
        (f"{LINES}\nc1,2024-05-06,u1,ca\rrds\n".encode(), "carriage return .* inside a cell of row 1"),
    ],
    ids=[
        "empty",
        "blank",
        "twice",
        "twice but for case",
        "latin-1",
        "utf-16",
        "semicolons",
        "too short",
        "carriage return",
    ],
)
def test_a_file_that_is_no_csv_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(ContractError, match=message):
        ingest(write_source(tmp_path), store=tmp_path / "store")


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing more", b"a,b\n1,2\n"])
def test_a_broken_parquet_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.parquet").write_bytes(content)
    with pytest.raises(ContractError, match=r"c\.parquet cannot be read as parquet"):
        ingest(write_source(tmp_path, file="c.parquet", format="parquet"), store=tmp_path / "store")


def test_only_tables_of_the_source_are_read_from_other_files(tmp_path: Path) -> None:
    other = write_rows(tmp_path / "other.csv", GOOD)
    source = write_source(tmp_path)
    assert (
        ingest(source, store=tmp_path, files={"complaints": other}).complaints.provenance.rows_accepted == 1
    )
    with pytest.raises(ParameterError, match="has no table losses"):
        ingest(source, store=tmp_path, files={"losses": other})


# ---- personal data ----


@pytest.mark.parametrize(
    "words",
    [
        "call 13812345678",
        "ring １３８１２３４５６７８",
        f"my card:\n{IDENTITY_CARD}",
        f"my card:\t{IDENTITY_CARD}",
        "write to wang＠example.com",
        "write to wang@example.com; thanks",
        'said "139 1234 5678" twice',
    ],
)
def test_free_text_is_masked_where_it_is_stored(words: str, take_in: TakeIn) -> None:
    rows = (
        GOOD | {"complaint_id": "c1", "narrative": words},
        GOOD | {"complaint_id": "c2", "narrative": words},
    )
    table = complaints(take_in, rows[0], rows[1] | {"product": ""})
    for stored in (table.frame()["narrative"][0], json.loads(table.rejected["content"][0])["narrative"]):
        assert "[" in stored
        assert not set(words.split()[-1:]) & set(stored.split()) - {"thanks", "twice"}


def test_malformed_lines_are_masked(take_in: TakeIn) -> None:
    table = take_in(complaints=f"{LINES}\nc1,2024-05-06,u1,cards\n13812345678,wang@example.com\n").complaints
    assert table.rejected["content"][0] == "[phone],[e-mail]"


def test_error_messages_are_masked(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("13812345678,b\n")
    with pytest.raises(ContractError, match=r"columns are: \[phone\], b"):
        ingest(write_source(tmp_path), store=tmp_path / "store")
    write_rows(tmp_path / "c.csv", GOOD | {"received_at": "wang@example.com"})
    with pytest.raises(ContractError, match=r"e.g. '\[e-mail\]'"):
        ingest(write_source(tmp_path), store=tmp_path / "store")


def test_raw_data_that_is_not_masked_is_not_kept(tmp_path: Path) -> None:
    content = (
        "complaint_id,received_at,unit_id,product,narrative\nc1,2024-05-06,静安,信用卡,电话 13812345678\n"
    )
    (tmp_path / "c.csv").write_bytes(content.encode("gb18030"))
    names = ("complaint_id", "received_at", "unit_id", "product", "narrative")
    changes = {"encoding": "gb18030", "columns": {name: {"column": name} for name in names}}
    table = ingest(write_source(tmp_path, **changes), store=tmp_path / "store").require("complaints")
    kept = {path.name for path in table.folder.rglob("*")}
    assert kept == {"accepted.parquet", "rejected.parquet", "provenance.json"}
    assert table.frame()["narrative"][0] == "电话 [phone]"


# ---- branches that move ----

MOVED = {
    "units": "unit_id,name_en,region_id\nB1,One,north\nB2,Two,south\n",
    "complaints": "complaint_id,received_at,unit_id,product\n"
    "c1,2024-03-31,B1,cards\nc2,2024-04-01,B1,cards\nc3,2024-04-02,B2,cards\n",
}


def test_a_branch_counts_for_its_region_of_the_day(take_in: Callable[..., Tables]) -> None:
    own = {name: {"column": name} for name in ("complaint_id", "received_at", "unit_id", "product")}
    dated = {"B1": [{"value": "north"}, {"value": "south", "valid_from": "2024-04-01"}]}
    region = {"column": "unit_id", "recode": dated, "others": "missing"}
    tables = take_in(**MOVED, columns={"complaints": {**own, "region_id": region}})
    assert list(tables.complaints.frame()["region_id"]) == ["north", "south", "south"]
    assert list(tables.complaints.frame()["unit_id"]) == ["B1", "B1", "B2"]


def test_a_complaint_has_the_region_of_its_unit_where_the_source_says_nothing(
    take_in: Callable[..., Tables],
) -> None:
    assert list(take_in(**MOVED).complaints.frame()["region_id"]) == ["north", "north", "south"]


# ---- names and values are data, never SQL nor patterns ----

TRICK = "x'); DROP TABLE typed; --\""


def test_names_and_values_are_never_sql(tmp_path: Path) -> None:
    header = {"complaint_id": TRICK, "received_at": "raw", "unit_id": '"', "product": "it's; {}"}
    rows = [
        dict(zip(header.values(), row, strict=True))
        for row in (
            (TRICK, "2024-05-06", "'", "old'"),
            ("c2", "2024-05-06", "u1", "'; DROP TABLE raw"),
            ("c3", "never", "u1", "p"),
        )
    ]
    write_rows(tmp_path / "c.csv", *rows)
    columns = {key: {"column": column} for key, column in header.items()}
    columns["product"] |= {"recode": {"old'": TRICK}, "if_missing": TRICK}
    table = ingest(write_source(tmp_path, columns=columns), store=tmp_path / "store").complaints
    accepted = table.frame()
    assert list(accepted["complaint_id"]) == [TRICK, "c2"]
    assert list(accepted["unit_id"]) == ["'", "u1"]
    assert list(accepted["product"]) == [TRICK, "'; DROP TABLE raw"]
    assert json.loads(table.rejected["content"][0]) == rows[2]


def test_a_value_can_be_recoded_to_nothing_and_nothing_to_a_value(take_in: TakeIn) -> None:
    columns = {name: {"column": name} for name in GOOD}
    columns["unit_id"] |= {"recode": {"N/A": ""}, "if_missing": "unattributed"}
    table = complaints(
        take_in,
        *(GOOD | {"complaint_id": unit, "unit_id": unit} for unit in ("N/A", "u1")),
        columns={"complaints": columns},
    )
    assert list(table.frame()["unit_id"]) == ["unattributed", "u1"]


@pytest.mark.parametrize("name", ["c[1].csv", "c*.csv", "c?.csv", "it's; DROP.csv", "c 100%.csv", "信.csv"])
def test_a_file_name_is_no_pattern(name: str, tmp_path: Path) -> None:
    write_rows(tmp_path / "c1.csv", GOOD | {"product": "wrong file"})
    write_rows(tmp_path / name, GOOD)
    table = ingest(write_source(tmp_path, file=name), store=tmp_path / "store").complaints
    assert list(table.frame()["product"]) == ["cards"]
    assert list(table.provenance.files) == [name]


def test_a_store_may_be_called_anything(tmp_path: Path) -> None:
    write_rows(tmp_path / "c.csv", GOOD)
    (tmp_path / "s1").mkdir()
    table = ingest(write_source(tmp_path), store=tmp_path / "s[1]'*").complaints
    assert table.relation.fetchall()[0][0] == "c1"
    assert open_table(table.folder).digest == table.digest


# ---- interrupted ----


def test_an_ingest_killed_in_the_middle_leaves_nothing_that_opens(tmp_path: Path) -> None:
    write_rows(tmp_path / "c.csv", GOOD)
    write_source(tmp_path)
    code = (
        "import os, signal, riskmodels.sources.ingestion as ingestion\n"
        "write = ingestion.write_rejected\n"
        "def write_and_die(*arguments, **named):\n"
        "    write(*arguments, **named)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ingestion.write_rejected = write_and_die\n"
        "ingestion.ingest('source.yaml', store='store')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    left = list((tmp_path / "store" / "complaints").iterdir())
    assert [folder.name[:9] for folder in left] == [".staging-"]
    with pytest.raises(ResultError):
        open_table(left[0])
    assert ingest(tmp_path / "source.yaml", store=tmp_path / "store").complaints.provenance.rows_accepted == 1


# ---- real data ----


def test_the_consumer_bureaus_file_of_2014(
    shared_data: Callable[[str], Path], project: Path, tmp_path: Path
) -> None:
    """Data: US CFPB (a US government work)."""
    file = shared_data("cfpb/cfpb_all_rows_2014_12.csv")
    tables = ingest(project / "params/sources/cfpb_2014.yaml", store=tmp_path, files={"complaints": file})
    table = tables.require("complaints")
    assert table.provenance.rows_read == 11_543
    assert table.provenance.rows_accepted + table.provenance.rows_rejected == 11_543
    assert len(table.frame()) == table.provenance.rows_accepted > 11_000
    assert table.frame()["unit_id"].str.contains(",").any()  # quoted names of companies


def test_the_bank_of_america_file_has_its_dates_the_right_way_round(
    shared_data: Callable[[str], Path], project: Path, tmp_path: Path
) -> None:
    """Data: US CFPB (a US government work), republished with two columns under the wrong names."""
    file = shared_data("cfpb/bank_of_america_2017_2021.parquet")
    source = project / "params/sources/cfpb_bank_of_america.yaml"
    tables = ingest(source, store=tmp_path, files={"complaints": file})
    table = tables.require("complaints")
    assert tables.as_of.isoformat() == "2021-12-31"
    assert table.provenance.rows_read == table.provenance.rows_accepted == 40_432
    dates = table.frame(["received_at", "logged_at"])
    assert (dates["received_at"] <= dates["logged_at"]).all()
    assert (dates["received_at"] < dates["logged_at"]).any()


def test_todays_official_layout(project: Path, tmp_path: Path) -> None:
    def row(number: int, **changes: str) -> dict[str, str]:
        given = {
            "Date received": "2024-05-06",
            "Product": "Credit card",
            "Issue": "Fees",
            "Company": "FIRST BANK, N.A.",
            "Tags": "Older American",
            "Submitted via": "Web",
            "Date sent to company": "2024-05-08",
            "Timely response?": "Yes",
            "Complaint ID": str(number),
            "Consumer complaint narrative": 'They said "no",\nso I wrote to me@example.com',
        }
        return (
            dict.fromkeys(OFFICIAL, "") | given | {name.replace("_", " "): to for name, to in changes.items()}
        )

    rows = [
        row(1),
        row(2, Company="", **{"Timely response?": "No"}),
        row(3, Date_sent_to_company="2024-05-05"),
    ]
    file = write_rows(tmp_path / "complaints.csv", *rows)
    assert len(OFFICIAL) == 18
    tables = ingest(
        project / "params/sources/cfpb.yaml", store=tmp_path / "store", files={"complaints": file}
    )
    accepted = tables.complaints.frame()
    assert list(accepted["unit_id"]) == ["FIRST BANK, N.A.", "unattributed"]
    assert list(accepted["timely_response"]) == [True, False]
    assert list(accepted["customer_group"]) == ["Older American"] * 2
    assert accepted["narrative"][0] == 'They said "no",\nso I wrote to [e-mail]'
    assert rules(tables.complaints) == {3: "logged not before received"}
    assert tables.as_of.isoformat() == "2024-05-06"  # the last receipt, not the last sending
    assert not tables.complaints.gives("resolved_at")


# One database for small files


def test_small_files_give_the_same_in_a_database_that_they_share(take_in: TakeIn, monkeypatch) -> None:
    rows = [GOOD | {"complaint_id": f"c{number % 7}"} for number in range(9)]
    digests = []
    for most in (ingestion._SMALL, -1):
        monkeypatch.setattr(ingestion, "_SMALL", most)
        digests.append(take_in(complaints=rows).digest)
    assert digests[0] == digests[1]


def test_a_database_that_an_error_has_ended_is_opened_anew(take_in: TakeIn, monkeypatch) -> None:
    class Ended:
        def cursor(self) -> "Ended":
            return self

        def execute(self, query: str) -> None:
            raise duckdb.FatalException("the database has been invalidated")

    opened = [Ended(), duplicates._shared.__wrapped__()]
    monkeypatch.setattr(duplicates, "_shared", functools.cache(lambda: opened.pop(0)))
    assert len(take_in(complaints=[GOOD]).require("complaints").frame()) == 1
    assert opened == []


def test_threads_may_take_in_small_files_at_the_same_time(tmp_path: Path) -> None:
    def asked(number: int) -> int:
        with duplicates.limited_connection(tmp_path, small=True) as connection:
            connection.execute(f"CREATE TEMP TABLE mine AS SELECT {number} AS number")
            return int(connection.sql("FROM mine").fetchall()[0][0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, range(400))) == list(range(400))
