"""Every format a bank may deliver: encodings, dates, numbers, folders, Excel, wide tables, control totals."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from riskmodels.errors import ContractError
from riskmodels.sources import ingest
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

ROW = {"complaint_id": "c1", "received_at": "2024-05-06", "unit_id": "u1", "product": "cards"}
PLAIN = {name: {"column": name} for name in ROW}
LINES = ",".join(ROW)
MOMENT = dt.datetime.fromisoformat("2024-05-06 09:30")


@pytest.fixture
def bank(tmp_path: Path) -> Callable[..., Tables]:
    """Return a function from tables (mappings) to what is accepted of them; files lie in the test's folder."""

    def take(**tables: dict) -> Tables:
        settings = {"as_of": "2024-12-31"}
        settings |= {key: tables.pop(key) for key in ("timezone", "as_of") if key in tables}
        source = {"id": "bank", "title": "Bank", "country": "CN", "tables": tables} | settings
        path = tmp_path / "source.yaml"
        path.write_text(json.dumps(source), encoding="utf-8")
        return ingest(path, store=tmp_path / "store")

    return take


def csv_of(
    content: str | bytes, folder: Path, name: str = "c.csv", encoding: str = "utf-8", **mapping: object
) -> dict:
    """Write a file and return the mapping of complaints that reads it, with changes."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return {"file": name, "format": "csv", "columns": PLAIN} | mapping


def workbook(path: Path, **sheets: Iterable[Iterable[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def rules(table) -> dict[int, str]:
    return dict(table.rejected[["row", "rule"]].itertuples(index=False))


# ---- CSV: encodings, delimiters, header ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "big5"])
def test_encodings(encoding: str, bank, tmp_path) -> None:
    product = "信用卡" if encoding != "big5" else "信用卡貸款"
    table = csv_of(
        f"{LINES}\nc1,2024-05-06,第一支行,{product}\nc2,2024-05-06,u,\n", tmp_path, encoding=encoding
    )
    taken = bank(complaints=table | {"encoding": "utf-8" if encoding == "utf-8-sig" else encoding}).complaints
    assert list(taken.frame()["product"]) == [product]
    assert rules(taken) == {2: "product required"}


def test_gb18030_beyond_gbk(bank, tmp_path) -> None:
    text = f"{LINES}\nc1,2024-05-06,㐀𠀀€,cards\n"
    taken = bank(complaints=csv_of(text, tmp_path, encoding="gb18030") | {"encoding": "gb18030"}).complaints
    assert list(taken.frame()["unit_id"]) == ["㐀𠀀€"]


def test_another_encoding_than_said_is_refused(bank, tmp_path) -> None:
    with pytest.raises(ContractError, match=r"c\.csv is not in the encoding gb18030"):
        bank(
            complaints=csv_of(f"{LINES}\n".encode() + b"c1,\xff\xff,u,p\n", tmp_path, encoding="x")
            | {"encoding": "gb18030"}
        )


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^"])
def test_delimiters(delimiter: str, bank, tmp_path) -> None:
    text = f"{LINES}\nc1,2024-05-06,u1,cards\n".replace(",", delimiter).replace("cards", '"a,b"')
    taken = bank(complaints=csv_of(text, tmp_path, delimiter=delimiter)).complaints
    assert list(taken.frame()["product"]) == ["a,b"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_header_below_a_title(newline: str, bank, tmp_path) -> None:
    title = ["投诉明细,,,", "2024年", LINES, "c1,2024-05-06,u1,cards", "c2,2024-05-06,u1,", "c3,2024", ""]
    taken = bank(complaints=csv_of(newline.join(title), tmp_path, header_row=3)).complaints
    assert list(taken.frame()["complaint_id"]) == ["c1"]
    assert rules(taken) == {2: "product required", 3: "line is malformed: missing columns"}


def test_a_header_below_a_blank_line(bank, tmp_path) -> None:
    taken = bank(
        complaints=csv_of(f"title\n\n{LINES}\nc1,2024-05-06,u1,cards\n", tmp_path, header_row=3)
    ).complaints
    assert taken.provenance.rows_accepted == 1


def test_quoted_newlines_and_a_quoted_header(bank, tmp_path) -> None:
    header = '"complaint_id","received_at","unit\nid","product"'
    columns = PLAIN | {"unit_id": {"column": "unit\nid"}}
    text = f'{header}\nc1,2024-05-06,"u\n1","a ""b""\n\nc"\nc2,2024-05-06,,p\n'
    taken = bank(complaints=csv_of(text, tmp_path, columns=columns)).complaints
    assert list(taken.frame()["product"]) == ['a "b"\n\nc']
    assert rules(taken) == {2: "unit_id required"}


# ---- dates ----


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("05/06/2024", "%m/%d/%Y", dt.date(2024, 5, 6)),
        ("5/6/2024", "%m/%d/%Y", dt.date(2024, 5, 6)),
        ("05/06/2024", "%d/%m/%Y", dt.date(2024, 6, 5)),
        ("2024-05-06", None, dt.date(2024, 5, 6)),
        ("2024-05-06T10:00:00", None, dt.date(2024, 5, 6)),
        ("6.5.2024", "%d.%m.%Y", dt.date(2024, 5, 6)),
        ("2024年5月6日", "%Y年%m月%d日", dt.date(2024, 5, 6)),
        ("20240506", "%Y%m%d", dt.date(2024, 5, 6)),
        ("06 May 2024", "%d %b %Y", dt.date(2024, 5, 6)),
        ("2024Q2", "quarter", dt.date(2024, 4, 1)),
        ("2024年2季度", "quarter", dt.date(2024, 4, 1)),
        ("2024-Q4", "quarter", dt.date(2024, 10, 1)),
        ("19849", "days since 1970-01-01", dt.date(2024, 5, 6)),
        ("19849.0", "days since 1970-01-01", dt.date(2024, 5, 6)),
        ("45418", "days since 1899-12-30", dt.date(2024, 5, 6)),
    ],
)
def test_dates(text: str, form: str | None, day: dt.date, bank, tmp_path) -> None:
    columns = PLAIN | {"received_at": {"column": "received_at"} | ({"format": form} if form else {})}
    bad = "c2,13/13/2024,u,p\nc3,2024Q5,u,p\nc4,,u,p\nc5,1e99,u,p\n"
    taken = bank(
        complaints=csv_of(f"{LINES}\nc1,{text},u1,cards\n{bad}", tmp_path, columns=columns)
    ).complaints
    assert [at.date() for at in taken.frame()["received_at"]] == [day]
    assert list(rules(taken)) == [2, 3, 4, 5]


def test_times_with_a_zone_are_put_on_the_banks_clock(bank, tmp_path) -> None:
    rows = ["c1,2024-05-05T20:30:00Z,u,p", "c2,2024-05-06 04:30:00+08:00,u,p", "c3,2024-05-06 04:30,u,p"]
    table = csv_of("\n".join([LINES, *rows, ""]), tmp_path)
    taken = bank(complaints=table, timezone="Asia/Shanghai").complaints
    assert {str(at) for at in taken.frame()["received_at"]} == {"2024-05-06 04:30:00"}
    unknown = bank(complaints=table).complaints
    assert [rule.split("; ")[0] for rule in rules(unknown).values()] == [
        "received_at has a time zone, and the source file names none for the bank"
    ] * 2
    assert list(unknown.frame()["complaint_id"]) == ["c3"]


def test_a_parquet_time_with_a_zone(bank, tmp_path) -> None:
    times = pd.to_datetime(["2024-05-05T20:30:00Z"])
    pd.DataFrame([ROW]).assign(received_at=times).to_parquet(tmp_path / "c.parquet")
    table = {"file": "c.parquet", "format": "parquet"}
    taken = bank(complaints=table, timezone="Asia/Shanghai").complaints
    assert str(taken.frame()["received_at"][0]) == "2024-05-06 04:30:00"
    with pytest.raises(ContractError, match="name the bank's in the source file"):
        bank(complaints=table)


# ---- numbers ----


@pytest.mark.parametrize(
    ("text", "how", "number"),
    [
        ("1,234.50", {"thousands": ","}, 1234.5),
        ("1,234,567", {"thousands": ","}, 1234567.0),
        ("1234.5", {"thousands": ","}, 1234.5),
        ("1,2,3", {"thousands": ","}, None),
        ("12,34", {"thousands": ","}, None),
        (",123", {"thousands": ","}, None),
        ("1,234.50", {}, None),
        ("1.234,50", {"thousands": ".", "decimal": ","}, 1234.5),
        ("1.234,50", {"decimal": ","}, None),
        ("1234,50", {"decimal": ","}, 1234.5),
        ("1 234,5", {"thousands": " ", "decimal": ","}, 1234.5),
        ("1'234.5", {"thousands": "'"}, 1234.5),
        ("1.2.3", {"thousands": ".", "decimal": ","}, None),
        ("1.5", {"decimal": ","}, None),
        ("1.5", {"scale": 10000.0}, 15000.0),
        ("1,5", {"decimal": ",", "scale": 1000.0}, 1500.0),
        ("¥5", {}, None),
        ("5%", {}, None),
        ("nan", {"thousands": ","}, None),
    ],
)
def test_numbers(text: str, how: dict, number: float | None, bank, tmp_path) -> None:
    columns = PLAIN | {"redress": {"column": "redress"} | how}
    content = f'{LINES},redress\nc1,2024-05-06,u,p,1\nc2,2024-05-06,u,p,"{text}"\n'
    taken = bank(complaints=csv_of(content, tmp_path, columns=columns)).complaints
    if number is None:
        assert rules(taken) == {2: "redress is no number"}
    else:
        assert list(taken.frame()["redress"])[1] == pytest.approx(number)


def test_fixed_values_row_numbers_and_recoding(bank, tmp_path) -> None:
    columns = {
        "complaint_id": {"column": "#row"},
        "received_at": {"column": "day"},
        "unit_id": {"value": "head office"},
        "product": {"column": "kind", "recode": {"卡": "card"}, "if_missing": "none"},
        "upheld": {"column": "ok", "recode": {"是": "true", "否": "false"}},
    }
    text = "day,kind,ok\n2024-05-06,卡,是\n2024-05-06\n2024-05-06,,否\n2024-05-06,x,maybe\n"
    taken = bank(complaints=csv_of(text, tmp_path, columns=columns)).complaints
    frame = taken.frame()
    assert list(frame["unit_id"]) == ["head office"] * 2
    assert list(frame["product"]) == ["card", "none"]
    assert list(frame["upheld"]) == [True, False]
    assert frame["complaint_id"].is_unique
    assert rules(taken) == {2: "line is malformed: missing columns", 4: "upheld is no boolean"}


# ---- several files ----


def test_a_folder_of_csv_files_gives_file_and_row(bank, tmp_path) -> None:
    malformed = {3, 7, 8}
    for part in ("2024/a.csv", "2024/b.csv", "c.csv"):
        rows = [
            "short" if n in malformed else f"{part}-{n},2024-05-06,u1,{'' if n == 5 else 'p'}"
            for n in range(1, 11)
        ]
        csv_of("\n".join([LINES, *rows, ""]), tmp_path, f"in/{part}")
    for where in ("in", "in/2024/*.csv"):
        taken = bank(complaints=csv_of("", tmp_path, "x") | {"file": where}).complaints
        files = ["2024/a.csv", "2024/b.csv", "c.csv"] if where == "in" else ["a.csv", "b.csv"]
        assert list(taken.provenance.files) == files
        found = list(taken.rejected[["file", "row"]].itertuples(index=False, name=None))
        assert found == [(file, row) for file in files for row in (3, 5, 7, 8)]
        assert taken.provenance.rows_read == 10 * len(files)


def test_a_key_in_two_files_is_taken_once(bank, tmp_path) -> None:
    for part in ("a", "b"):
        csv_of(f"{LINES}\nshort\nc1,2024-05-06,u1,{part}\n", tmp_path, f"in/{part}.csv")
    taken = bank(complaints=csv_of("", tmp_path, "x") | {"file": "in"}).complaints
    assert list(taken.frame()["product"]) == ["a"]
    assert taken.rejected[["file", "row"]].to_numpy().tolist() == [["a.csv", 1], ["b.csv", 1], ["b.csv", 2]]


def test_a_partitioned_parquet_folder(bank, tmp_path) -> None:
    frame = pd.DataFrame([ROW | {"complaint_id": f"c{n}", "unit_id": f"u{n % 2}"} for n in range(6)])
    frame.loc[4, "product"] = None
    frame.to_parquet(tmp_path / "in", partition_cols=["unit_id"])
    table = {"file": "in", "format": "parquet", "columns": PLAIN}
    taken = bank(complaints=table).complaints
    assert sorted(taken.frame()["unit_id"]) == ["u0", "u0", "u1", "u1", "u1"]
    (bad,) = taken.rejected.to_dict("records")
    assert bad["file"].startswith("unit_id=u0/")
    assert bad["row"] == 3


def test_a_file_of_another_layout_in_a_folder_is_refused(bank, tmp_path) -> None:
    csv_of(f"{LINES}\nc1,2024-05-06,u,p\n", tmp_path, "in/a.csv")
    csv_of("other,columns\n1,2\n", tmp_path, "in/b.csv")
    with pytest.raises(ContractError, match=r"b\.csv has no column"):
        bank(complaints=csv_of("", tmp_path, "x") | {"file": "in"})


def test_a_folder_without_such_files_is_refused(bank, tmp_path) -> None:
    (tmp_path / "in").mkdir()
    for where in ("in", "in/*.csv"):
        with pytest.raises(ContractError, match="there is no csv file"):
            bank(complaints=csv_of("", tmp_path, "x") | {"file": where})


# ---- Excel ----


def test_typed_cells(bank, tmp_path) -> None:
    header = ["id", "day", "unit", "product", "stars", "paid", "upheld", "note"]
    rows = [
        [1001, MOMENT, "u1", "信用卡", 4, 12.5, True, None],
        [1002, dt.date(2024, 5, 7), "u1", 7, 4.0, 3, False, "text"],
        [1003, "2024-05-08", "u1", "p", "5", "1234.50", "true", "=1+"],
        [1004, dt.date(2024, 5, 9), "u1", "#N/A", 6, None, None, None],
        [None, None, None, None, None, None, None, None],
        [1006, "soon", "u1", "p", None, None, None, None],
        [None, None, None, None, None, None, None, None],
    ]
    workbook(tmp_path / "b.xlsx", 投诉=[["投诉明细"], [], header, *rows])
    names = [
        "complaint_id",
        "received_at",
        "unit_id",
        "product",
        "satisfaction",
        "redress",
        "upheld",
        "narrative",
    ]
    columns = {name: {"column": column} for name, column in zip(names, header, strict=True)}
    table = {"file": "b.xlsx", "format": "excel", "sheet": "投诉", "header_row": 3, "columns": columns}
    taken = bank(complaints=table).complaints
    frame = taken.frame()
    assert list(frame["complaint_id"]) == ["1001", "1002", "1003"]
    assert [str(at) for at in frame["received_at"]][:2] == ["2024-05-06 09:30:00", "2024-05-07 00:00:00"]
    assert list(frame["product"]) == ["信用卡", "7", "p"]
    assert list(frame["satisfaction"]) == [4, 4, 5]
    assert list(frame["redress"]) == [12.5, 3.0, 1234.5]
    assert list(frame["upheld"]) == [True, False, True]
    assert list(rules(taken)) == [4, 5, 6]


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!"])
def test_error_cells_are_no_values(error: str, bank, tmp_path) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(ROW))
    book.active.append(list(ROW.values()))
    book.active.append(["c2", "2024-05-06", "u1", "x"])
    book.active["D3"] = error
    book.active["D3"].data_type = "e"
    book.save(tmp_path / "b.xlsx")
    taken = bank(complaints={"file": "b.xlsx", "format": "excel", "columns": PLAIN}).complaints
    assert list(taken.frame()["product"]) == ["cards"]
    assert list(rules(taken)) == [2]


def test_sheets_are_named_or_matched(bank, tmp_path) -> None:
    sheets = {
        "说明": [["about"]],
        "2024-05 投诉": [list(ROW), list(ROW.values())],
        "2024-05 账户": [["x"], ["1"]],
    }
    workbook(tmp_path / "b.xlsx", **sheets)
    table = {"file": "b.xlsx", "format": "excel", "columns": PLAIN}
    assert (
        bank(complaints=table | {"sheet_pattern": r"\d{4}-\d{2} 投诉"}).complaints.provenance.rows_accepted
        == 1
    )
    for how, message in (
        ({}, "has several sheets; name one"),
        ({"sheet": "投诉"}, "has no sheet that matches '投诉'"),
        ({"sheet_pattern": "2024.*"}, "has several sheets that match"),
        ({"sheet": "2024-05 投诉", "header_row": 9}, "is empty"),
    ):
        with pytest.raises(ContractError, match=message):
            bank(complaints=table | how)


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 nothing more"])
def test_a_broken_workbook_is_refused(content: bytes, bank, tmp_path) -> None:
    (tmp_path / "b.xlsx").write_bytes(content)
    with pytest.raises(ContractError, match=r"b\.xlsx cannot be read as Excel"):
        bank(complaints={"file": "b.xlsx", "format": "excel", "columns": PLAIN})


# ---- wide tables, mergers, regions ----


@pytest.mark.parametrize("columns", [r"\d{4}-\d{2}", ["2024-01", "2024-02"]])
def test_months_in_columns_become_rows(columns, bank, tmp_path) -> None:
    text = "branch,product,2024-01,2024-02\nu1,cards,10,\nu2,cards,30,x\n"
    table = {
        "file": "wide.csv",
        "format": "csv",
        "unpivot": {"columns": columns, "names_to": "month", "values_to": "accounts"},
        "columns": {
            "unit_id": {"column": "branch"},
            "product": {"column": "product"},
            "month": {"column": "month", "format": "%Y-%m"},
            "accounts": {"column": "accounts"},
        },
    }
    (tmp_path / "wide.csv").write_text(text)
    taken = bank(exposure=table).exposure
    cells = taken.frame()[["unit_id", "month", "accounts"]].astype(str).to_numpy().tolist()
    assert [cell[:2] for cell in cells] == [["u1", "2024-01-01"], ["u1", "2024-02-01"], ["u2", "2024-01-01"]]
    assert taken.frame()["accounts"].isna().tolist() == [False, True, False]
    assert rules(taken) == {4: "accounts is no integer"}


MERGER = {"u2": [{"value": "u2"}, {"value": "u1", "valid_from": "2024-02-01"}]}


def test_after_a_merger_the_parts_are_added_and_are_no_duplicates(bank, tmp_path) -> None:
    header = "unit_id,product,month,accounts"
    rows = [
        "u1,p,2024-01-01,1",
        "u2,p,2024-01-01,2",
        "u1,p,2024-02-01,3",
        "u2,p,2024-02-01,4",
        "u2,p,2024-02-01,5",
    ]
    columns = {name: {"column": name} for name in header.split(",")}
    columns["unit_id"]["recode"] = MERGER
    (tmp_path / "e.csv").write_text("\n".join([header, *rows, ""]))
    taken = bank(exposure={"file": "e.csv", "format": "csv", "columns": columns}).exposure
    sums = taken.frame().astype({"month": str}).groupby(["unit_id", "month"])["accounts"].sum().to_dict()
    assert sums == {("u1", "2024-01-01"): 1, ("u2", "2024-01-01"): 2, ("u1", "2024-02-01"): 7}
    assert rules(taken) == {5: "duplicate of an accepted row"}


def test_a_region_is_that_of_the_day_or_the_units(bank, tmp_path) -> None:
    (tmp_path / "u.csv").write_text("unit_id,name_en,region_id\nu1,One,north\nu2,Two,south\n")
    units = {
        "file": "u.csv",
        "format": "csv",
        "columns": {n: {"column": n} for n in ("unit_id", "name_en", "region_id")},
    }
    text = f"{LINES},area\n" + "".join(
        f"{n},{day},{unit},p,{area}\n"
        for n, (day, unit, area) in enumerate(
            [
                ("2024-01-31", "u1", "A"),
                ("2024-02-01", "u1", "A"),
                ("2024-02-01", "u2", ""),
                ("2024-02-01", "u3", "A"),
            ]
        )
    )
    recode = {"A": [{"value": "old"}, {"value": "new", "valid_from": "2024-02-01"}]}
    complaints = csv_of(text, tmp_path, columns=PLAIN | {"region_id": {"column": "area", "recode": recode}})
    taken = bank(units=units, complaints=complaints).complaints
    assert list(taken.frame()["region_id"]) == ["old", "new", "south"]
    assert rules(taken) == {4: "unit_id in units"}


def test_a_code_of_a_column_of_floating_numbers_is_recoded_by_day(bank, tmp_path) -> None:
    rows = [(1, "2024-01-31", 10.0), (2, "2024-02-01", 10.0), (3, "2024-02-01", 11.0)]
    frame = pd.DataFrame(rows, columns=["complaint_id", "received_at", "unit_id"]).assign(product="p")
    frame.to_parquet(tmp_path / "c.parquet")
    recode = {"10.0": [{"value": "old"}, {"value": "new", "valid_from": "2024-02-01"}]}
    columns = {name: {"column": name} for name in frame} | {
        "unit_id": {"column": "unit_id", "recode": recode}
    }
    complaints = {"file": "c.parquet", "format": "parquet", "columns": columns}
    assert list(bank(complaints=complaints).complaints.frame()["unit_id"]) == ["old", "new", "11"]


# ---- control totals ----


def delivery(folder: Path, expect: dict) -> dict:
    rows = [f"c{n},2024-0{1 + n % 2}-15,u,p,{n}" for n in range(1, 6)]
    columns = PLAIN | {"redress": {"column": "paid"}}
    return csv_of("\n".join([f"{LINES},paid", *rows, "short", ""]), folder, columns=columns, expect=expect)


def test_control_totals_that_are_met(bank, tmp_path) -> None:
    expect = {"rows": 6, "columns": 5, "latest": "2024-02-15", "by_month": {"2024-01": 2.0, "2024-02": 3.0}}
    assert bank(complaints=delivery(tmp_path, expect)).complaints.provenance.reconciled == 5
    sums = {"sum_of": "redress", "by_month": {"2024-01": 6.0, "2024-02": 9.0, "2024-03": 0.0}}
    assert bank(complaints=delivery(tmp_path, sums)).complaints.provenance.reconciled == 3


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"rows": 7}, "rows: 7 expected, 6 read"),
        ({"columns": 4}, "columns: 4 expected, 5 read"),
        ({"latest": "2024-02-16"}, "latest day: 2024-02-16 expected, 2024-02-15 read"),
        ({"by_month": {"2024-01": 3.0}}, "rows of 2024-01: 3.0 expected, 2.0 read"),
        ({"sum_of": "redress", "by_month": {"2024-02": 8.5}}, "redress of 2024-02: 8.5 expected, 9.0 read"),
    ],
)
def test_control_totals_that_are_not_met(expect: dict, message: str, bank, tmp_path) -> None:
    with pytest.raises(ContractError, match=message):
        bank(complaints=delivery(tmp_path, expect))
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


# ---- hostile deliveries ----


def test_a_duplicate_identifier_is_rejected(bank, tmp_path) -> None:
    text = f"{LINES}\nc1,2024-05-06,u,first\nc2,2024-05-06,u,p\nc1,2024-05-07,u,again\nc1,bad,u,p\n"
    taken = bank(complaints=csv_of(text, tmp_path)).complaints
    assert list(taken.frame()["product"]) == ["first", "p"]
    assert rules(taken)[3] == "duplicate of an accepted row"


def test_an_empty_file_is_refused(bank, tmp_path) -> None:
    with pytest.raises(ContractError, match=r"c\.csv is empty"):
        bank(complaints=csv_of("", tmp_path))


def test_a_file_cut_inside_a_quote_is_refused_or_its_last_row_rejected(bank, tmp_path) -> None:
    text = f'{LINES}\nc1,2024-05-06,u,"one\ntwo"\nc2,2024-05-06,u,"cut he'
    assert list(rules(bank(complaints=csv_of(text, tmp_path)).complaints)) == [2]
    with pytest.raises(ContractError, match="a quote opened in line 4 is not closed"):
        bank(complaints=csv_of(f"{text}\nre and", tmp_path))


def test_a_cut_parquet_file_is_refused(bank, tmp_path) -> None:
    pd.DataFrame([ROW] * 100).to_parquet(tmp_path / "c.parquet")
    content = (tmp_path / "c.parquet").read_bytes()
    for length in (3, len(content) // 2, len(content) - 1):
        (tmp_path / "c.parquet").write_bytes(content[:length])
        with pytest.raises(ContractError, match=r"c\.parquet cannot be read as parquet"):
            bank(complaints={"file": "c.parquet", "format": "parquet"})


def test_a_damaged_parquet_page_is_refused(bank, tmp_path) -> None:
    frame = pd.DataFrame([ROW | {"complaint_id": f"c{n}"} for n in range(5000)])
    frame.to_parquet(tmp_path / "c.parquet", compression="snappy")
    content = bytearray((tmp_path / "c.parquet").read_bytes())
    content[200:4000] = b"\xff" * 3800
    (tmp_path / "c.parquet").write_bytes(bytes(content))
    with pytest.raises(ContractError, match=r"c\.parquet cannot be read"):
        bank(complaints={"file": "c.parquet", "format": "parquet"})


def test_more_columns_than_expected_are_listed_and_ignored(bank, tmp_path) -> None:
    more = [f"new {n}" for n in range(16)]
    text = "\n".join(
        [",".join([LINES, *more]), "c1,2024-05-06,u,p" + ",x" * 16, "c2,2024-05-06,u,p" + ",x" * 17, ""]
    )
    taken = bank(complaints=csv_of(text, tmp_path)).complaints
    assert set(taken.provenance.ignored_columns) == set(more)
    assert rules(taken) == {2: "line is malformed: too many columns"}


def test_a_rate_above_one_is_rejected(bank, tmp_path) -> None:
    header = "indicator_id,unit_id,month,numerator,denominator"
    rows = ["retention,u,2024-01-01,90,100", "retention,u,2024-02-01,101,100", "retention,u,2024-03-01,1,0"]
    (tmp_path / "o.csv").write_text("\n".join([header, *rows, ""]))
    columns = {name: {"column": name} for name in header.split(",")}
    taken = bank(observations={"file": "o.csv", "format": "csv", "columns": columns}).observations
    assert rules(taken) == {2: "a share is at most one", 3: "a share is at most one"}


def test_thousands_of_malformed_lines_keep_their_numbers(bank, tmp_path) -> None:
    wrong = {n for n in range(1, 3001) if n % 7 == 0}
    late = {n for n in range(1, 3001) if n % 11 == 0} - wrong
    for part in ("a", "b", "c"):
        rows = [
            f"{part}{n},too,short"
            if n in wrong
            else f"{part}{n},{'2025-02-01' if n in late else '2024-05-06'},u,p"
            for n in range(1, 3001)
        ]
        csv_of("\n".join([LINES, *rows, ""]), tmp_path, f"in/{part}.csv")
    taken = bank(complaints=csv_of("", tmp_path, "x") | {"file": "in"}).complaints
    expected = [(f"{part}.csv", n) for part in "abc" for n in sorted(wrong | late)]
    assert list(taken.rejected[["file", "row"]].itertuples(index=False, name=None)) == expected
    shown = zip(expected, taken.rejected["content"], strict=True)
    assert all(f"{file[0]}{n}" in content for (file, n), content in shown)
