"""Drafts of source files: what is guessed, what is doubted, and the way from there to an accepted table."""

import csv
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from riskmodels.cli import app
from riskmodels.errors import ContractError, ParameterError
from riskmodels.parameters.files import parameters_text
from riskmodels.sources import ingest, load_source, unfilled
from riskmodels.sources.column_maps import ColumnMap
from riskmodels.sources.drafts import Draft, draft_source
from riskmodels.sources.mapping import Source, TableMap
from riskmodels.tables import Table

pytestmark = pytest.mark.whole

HOWTO = "docs/howto/take_a_source_in.md"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def drafted(file: Path, **settings: Any) -> tuple[Draft, Source, TableMap]:
    """Draft a source file beside a file, write it and read it."""
    target = file.parent / "drafted.yaml"
    draft = draft_source(file, target=target, **settings)
    target.write_text(draft.text, encoding="utf-8")
    source = load_source(target)
    return draft, source, source.tables[draft.table]


def taken(file: Path, **fill: str) -> Table:
    """Follow the how-to: draft, fill in, take in."""
    draft, *_ = drafted(file)
    target = file.parent / "drafted.yaml"
    text = draft.text
    for column, value in fill.items():
        text = text.replace(f"      {column}: {{value: TO-BE-FILLED}}", f"      {column}: {{{value}}}")
    target.write_text(text, encoding="utf-8")
    assert unfilled(target) == []
    return ingest(target, store=file.parent / "store").require(draft.table)


def made(table: TableMap) -> dict[str, dict]:
    return {name: column.model_dump(exclude_defaults=True) for name, column in table.columns.items()}


# ---- the how-to, as written ----


def test_the_how_to_runs_as_written(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (project / HOWTO).read_text("utf-8")
    (content,) = blocks(text, "csv")
    write(tmp_path / "data/incoming/投诉明细.csv", content.strip(), encoding="gb18030")
    for folder in ("policy", "runs", "scenarios"):
        (tmp_path / "params").mkdir(exist_ok=True)
        (tmp_path / "params" / folder).symlink_to(project / "params" / folder)
    (tmp_path / "params/risks.yaml").symlink_to(project / "params/risks.yaml")
    (tmp_path / "notebooks").symlink_to(project / "notebooks")
    monkeypatch.chdir(tmp_path)
    shown = []
    for command in "".join(blocks(text, "sh")).splitlines():
        done = CliRunner().invoke(app, shlex.split(command)[1:])
        assert done.exit_code == 0, (command, done.output, done.exception)
        shown.append(done.output)
    source = (tmp_path / "params/sources/work_orders.yaml").read_text("utf-8")
    (shown_yaml,) = blocks(text, "yaml")
    assert [line for line in shown_yaml.splitlines() if line not in source] == []
    assert "recode: {信用卡: credit_card" in source
    assert "guess: recoded to the products that the policy has limits for" in source
    assert "resolved not before received" in shown[1]
    table = ingest("params/sources/work_orders.yaml", store="store").require("complaints")
    assert list(table.rejected["row"]) == [4]
    assert list(table.frame()["redress"].dropna()) == [1200.0, 0.0, 0.0]
    assert set(table.frame()["product"]) <= {"credit_card", "personal_loan", "wealth_management"}


def test_products_are_recoded_to_the_policys_codes_where_they_mean_them(tmp_path: Path) -> None:
    names = ["信用卡", "信用卡业务", "payments", "保险"]
    rows = [f"{n},2024-05-{n + 1:02d},静安支行,{names[n % 4]}" for n in range(28)]
    file = write(tmp_path / "c.csv", HEAD, *rows)
    assert drafted(file)[2].columns["product"].recode == {}
    draft, _, table = drafted(file, products=("credit_card", "payments"))
    assert table.columns["product"].recode == {"信用卡": "credit_card", "信用卡业务": "credit_card"}
    assert any("is each of these the policy's product? 信用卡业务 = credit_card" in d for d in draft.doubts)
    assert any(doubt.endswith("the general limits are used for others: 保险") for doubt in draft.doubts)
    products = ingest(tmp_path / "drafted.yaml", store=tmp_path / "store").complaints.frame()["product"]
    assert set(products) == {"credit_card", "payments", "保险"}


def test_the_examples_of_the_reference_are_source_files(project: Path, tmp_path: Path) -> None:
    text = (project / "docs/sources.md").read_text("utf-8")
    examples = [load_source(write(tmp_path / "s.yaml", block)) for block in blocks(text, "yaml")]
    assert {source.id for source in examples} == {
        "retail_bank",
        "formats",
        "regulator",
        "ranking",
        "year_to_date",
    }
    for model in (TableMap, ColumnMap, Source):
        for key in model.model_fields:
            assert re.search(rf"`{key}`|^ *{key}:", text, re.MULTILINE), key


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows", "fill"),
    [
        ("losses/opvar_lossdat.csv", 7926, {"unit_id": "value: the bank", "event_type": "column: cell"}),
        ("losses/cas_danishuni.csv", 2167, {"unit_id": "value: the bank", "event_type": "value: fire"}),
        ("text/cfpb_narratives_2022_2025.csv", 1813, {}),
        ("cfpb/bank_of_america_2017_2021.parquet", 40_432, {}),
        ("cfpb/cfpb_all_rows_2014_12.csv", 11_543, {}),
        ("cfpb/monthly_by_product.csv", 1615, {}),
        ("cn_regulator/cbirc_2022Q4_joint_stock_banks.csv", 13, {}),
        ("cn_regulator/cbirc_bank_complaints_quarterly.csv", 12, {}),
        ("macro/fed_2025-Table_3A_Supervisory_Severely_Adverse_Domestic.csv", 208, {}),
    ],
)
def test_layouts_that_nobody_mapped_are_accepted(
    name: str, rows: int, fill: dict[str, str], shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """Data: OpVaR, CASdatasets (R packages), US CFPB, Federal Reserve, press quotes of the regulator."""
    file = tmp_path / Path(name).name
    file.symlink_to(shared_data(name))
    table = taken(file, **fill)
    assert (table.provenance.rows_accepted, table.provenance.rows_rejected) == (rows, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("cfpb/cfpb_daily_total_2011_2023.csv", "complaint_counts"),
        ("losses/cas_lossalae.csv", "losses"),
        ("losses/evir_danish.csv", "macro"),
        ("series/fpp3_bank_calls.parquet", "enquiries"),
        ("series/m3_monthly.parquet", "macro"),
        ("text/banking77_test.csv", "complaints"),
    ],
)
def test_what_fits_no_table_is_said_to(
    name: str, nearest: str, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """Data: as above; fpp3, Mcomp (R packages), PolyAI's banking77."""
    (tmp_path / Path(name).name).symlink_to(shared_data(name))
    draft, *_ = drafted(tmp_path / Path(name).name)
    assert (draft.table, draft.is_good) == (nearest, False)
    assert f"DOUBT: the file fits no canonical table; the nearest is {nearest}." in draft.text


def test_columns_that_share_a_name_are_not_used_and_named(shared_data: Callable[[str], Path]) -> None:
    """Data: expsmooth (R package)."""
    draft = draft_source(shared_data("series/hospital_wide.csv"), target="x.yaml")
    assert any("not used, for want of a name of their own: #column" in doubt for doubt in draft.doubts)
    assert " TH3" in draft.text


# ---- reading ----

ROWS = [f"{n},2024-05-{n:02d},静安支行,信用卡" for n in range(1, 29)]
HEAD = "投诉编号,受理时间,机构,产品"


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("gb18030", "\t"),
        ("gb18030", ","),
        ("utf-16", "|"),
        ("utf-16", ","),
    ],
)
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str, tmp_path: Path) -> None:
    lines = [line.replace(",", delimiter) for line in (HEAD, *ROWS)]
    file = write(tmp_path / "c.csv", *lines, encoding=encoding)
    draft, _, table = drafted(file)
    assert (draft.table, draft.is_good, draft.doubts) == ("complaints", True, [])
    assert table.encoding == encoding.removesuffix("-sig")
    assert table.delimiter == delimiter
    assert taken(file).provenance.rows_accepted == 28


def test_a_western_encoding_is_doubted(tmp_path: Path) -> None:
    rows = [f"T{n},2024-05-06,Café Müller {n},cards" for n in range(9)]
    draft, _, table = drafted(
        write(tmp_path / "c.csv", "Complaint ID,Date,Branch,Product", *rows, encoding="cp1252")
    )
    assert table.encoding == "cp1252"
    assert any("cp1252 is a guess" in doubt for doubt in draft.doubts)


def test_the_header_is_found_below_a_title(tmp_path: Path) -> None:
    file = write(tmp_path / "c.csv", "投诉明细表", "", "导出时间,2024-06-01", HEAD, *ROWS)
    assert drafted(file)[2].header_row == 4
    assert taken(file).provenance.rows_accepted == 28


def test_a_file_without_a_header_is_doubted(tmp_path: Path) -> None:
    draft, *_ = drafted(write(tmp_path / "c.csv", *(f"{n},{n + 30},2024-05-06" for n in range(9))))
    assert any("if the file has no header, add one" in doubt for doubt in draft.doubts)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x00\x01\x02\x03" * 9, "is no text"),
    ],
)
def test_a_file_that_cannot_be_described_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(ContractError, match=message):
        draft_source(tmp_path / "c.csv", target=tmp_path / "s.yaml")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    for name in ("c.parquet", "c.xlsx"):
        (tmp_path / name).write_bytes(b"PAR1 nothing")
        with pytest.raises(ContractError, match="cannot be read as"):
            draft_source(tmp_path / name, target=tmp_path / "s.yaml")
    with pytest.raises(ContractError, match="there is no file"):
        draft_source(tmp_path / "nowhere.csv", target=tmp_path / "s.yaml")


def test_a_workbook_gives_the_sheet_that_fits_best_and_names_the_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["about"])
    sheet = book.create_sheet("账户数")
    for row in (["各网点账户数"], [], ["机构号", "产品", "2024-01", "2024-02", "2024-03"]):
        sheet.append(row)
    for unit in range(4):
        sheet.append([f"B{unit}", "信用卡", 1000 + unit, 1100, 1200])
    sheet = book.create_sheet("投诉")
    for line in (HEAD, *ROWS):
        sheet.append(line.split(","))
    book.save(tmp_path / "bank.xlsx")
    draft, _, table = drafted(tmp_path / "bank.xlsx")
    assert (draft.table, table.sheet) == ("complaints", "投诉")
    assert "to be drafted with --sheet: 账户数" in draft.text
    draft, _, table = drafted(tmp_path / "bank.xlsx", sheet="账户数")
    assert (draft.table, table.header_row, table.unpivot.columns) == ("exposure", 3, r"\d{4}\-\d{2}")
    assert ingest(tmp_path / "drafted.yaml", store=tmp_path / "s").exposure.provenance.rows_accepted == 12
    with pytest.raises(ParameterError, match="no sheet '客户'"):
        drafted(tmp_path / "bank.xlsx", sheet="客户")


def test_a_partitioned_folder_is_drafted_as_a_whole(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [{"Complaint ID": n, "Received": "2024-05-06", "Product": "p", "branch": n % 2} for n in range(8)]
    )
    frame.to_parquet(tmp_path / "in", partition_cols=["branch"])
    _, _, table = drafted(tmp_path / "in")
    assert (table.file, table.columns["unit_id"].column) == ("in", "branch")
    assert taken(tmp_path / "in").provenance.rows_accepted == 8


def test_a_file_of_one_row_is_named_of_as_one(tmp_path: Path) -> None:
    draft, _, _ = drafted(
        write(tmp_path / "c.csv", "complaint_id,received_at,unit_id,product", "c1,2024-05-06,B1,card")
    )
    assert "of which the only row was looked at;" in draft.text


def test_only_a_part_of_a_long_file_is_looked_at(tmp_path: Path) -> None:
    words = '"' + "many words, " * 60 + '\nand more"'
    lines = (f"{n},0{1 + n % 9}/0{1 + n % 9}/2024,B1,cards,{words}" for n in range(13_000))
    late = (f"{n},05/31/2024,B1,cards,short" for n in range(13_000, 14_000))
    draft, _, table = drafted(
        write(tmp_path / "c.csv", "Complaint ID,Date received,Branch,Product,Details", *lines, *late)
    )
    assert "of its rows were looked at" in draft.text
    assert table.columns["received_at"].format == "%m/%d/%Y"
    assert not draft.doubts  # the end of the file shows which is the month


# ---- guessing ----


def complaints(tmp_path: Path, header: str, *rows: str) -> tuple[Draft, Source, TableMap]:
    return drafted(write(tmp_path / "c.csv", header, *rows))


def test_dates_that_fit_two_formats_are_doubted(tmp_path: Path) -> None:
    rows = [f"{n},0{n}/0{1 + n % 3}/2023,B1,cards" for n in range(1, 9)]
    draft, *_ = complaints(tmp_path, "Complaint ID,Date,Branch,Product", *rows)
    assert "received_at: read as %m/%d/%Y, but every value fits %d/%m/%Y as well" in draft.doubts


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["31/12/2023", "01/02/2023"], "%d/%m/%Y"),
        (["12/31/2023", "01/02/2023"], "%m/%d/%Y"),
        (["31.12.2023", "01.02.2023"], "%d.%m.%Y"),
        (["2023-12-31", "2023-01-02"], None),
        (["2023-12-31T10:00:00", "2023-01-02T10:00:00"], None),
        (["20231231", "20230102"], "%Y%m%d"),
        (["12/31/2023 10:05:00 PM", "01/02/2023 09:00:00 AM"], "%m/%d/%Y %I:%M:%S %p"),
        (["2023年12月31日", "2023年1月2日"], "%Y年%m月%d日"),
        (["31 Dec 2023", "02 Jan 2023"], "%d %b %Y"),
        (["45291", "45000"], "days since 1899-12-30"),
        (["17166.0", "17165.0"], "days since 1970-01-01"),
    ],
)
def test_formats_of_dates(texts: list[str], form: str | None, tmp_path: Path) -> None:
    rows = [f"{n},{texts[n % 2]},B1,cards" for n in range(10)]
    _, _, table = complaints(tmp_path, "Complaint ID,Date received,Branch,Product", *rows)
    assert table.columns["received_at"].format == form
    assert taken(tmp_path / "c.csv").provenance.rows_accepted == 10


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        (["1,234.50", "12.00"], {"thousands": ","}),
        (["1.234,50", "12,00"], {"thousands": ".", "decimal": ","}),
        (["1234,50", "12,00"], {"decimal": ","}),
        (["1234.50", "12"], {}),
        (["1 234 567", "12"], {"thousands": " "}),
    ],
)
def test_forms_of_numbers(texts: list[str], how: dict[str, str], tmp_path: Path) -> None:
    rows = [f'{n},2024-05-06,B1,fraud,"{texts[n % 2]}"' for n in range(10)]
    _, _, table = complaints(tmp_path, "Loss ID,Loss date,Branch,Event type,Gross loss", *rows)
    assert made(table)["gross_loss"] == {"column": "Gross loss"} | how


def test_units_and_signs_in_amounts_are_doubted(tmp_path: Path) -> None:
    rows = [f"L{n},2024-05-06,B1,欺诈,{n}.5,¥{n}" for n in range(1, 10)]
    draft, _, table = complaints(tmp_path, "损失编号,发生日期,机构,事件类型,损失金额（万元）,挽回金额", *rows)
    assert (draft.table, made(table)["gross_loss"]["scale"]) == ("losses", 10_000.0)
    assert any("multiplied by 10,000" in doubt for doubt in draft.doubts)
    assert any("currency or per cent sign" in doubt for doubt in draft.doubts)


def test_words_are_recoded_and_strange_ones_doubted(tmp_path: Path) -> None:
    words = [("一般", "是", "满意"), ("重大", "否", "非常不满意"), ("特别的", "是", "满意")]
    rows = [f"T{n},2024-05-{n:02d},B1,卡,{','.join(words[n % 3])}" for n in range(1, 28)]
    draft, _, table = complaints(tmp_path, f"{HEAD},投诉等级,是否属实,满意度", *rows)
    assert made(table)["severity"]["recode"] == {"一般": "ordinary", "重大": "major"}
    assert made(table)["upheld"]["recode"] == {"是": "true", "否": "false"}
    assert made(table)["satisfaction"]["recode"] == {"满意": "4", "非常不满意": "1"}
    assert any("特别的" in doubt for doubt in draft.doubts)


def test_what_is_not_there_is_numbered_or_to_be_filled_in(tmp_path: Path) -> None:
    draft, _, table = complaints(
        tmp_path, "Date received,Narrative", *(f"2024-05-{n:02d},w {n}" for n in range(1, 20))
    )
    assert made(table)["complaint_id"] == {"column": "#row"}
    assert draft.lacking == ["unit_id", "product"]
    assert unfilled(tmp_path / "drafted.yaml") == ["complaints.unit_id", "complaints.product"]


def test_an_identifier_that_repeats_and_cells_that_are_missing_are_doubted(tmp_path: Path) -> None:
    rows = [f"T{min(n, 25)},2024-05-{n:02d},{'B1' if n > 2 else ''},卡" for n in range(1, 29)]
    draft, *_ = complaints(tmp_path, HEAD, *rows)
    assert any(doubt.startswith("complaint_id: 3 rows repeat") for doubt in draft.doubts)
    assert any(doubt.startswith("unit_id: 2 of 28 rows have none") for doubt in draft.doubts)


def test_times_are_put_in_their_order_where_names_mislead(tmp_path: Path) -> None:
    rows = [f"{n},2024-05-{n + 2:02d},2024-05-{n:02d},B1,cards" for n in range(1, 20)]
    draft, _, table = complaints(tmp_path, "Complaint ID,Date received,Date submitted,Branch,Product", *rows)
    assert made(table)["received_at"]["column"] == "Date submitted"
    assert made(table)["logged_at"]["column"] == "Date received"
    assert any("is never later than" in doubt for doubt in draft.doubts)


def test_zoned_times_name_a_clock_with_a_doubt(tmp_path: Path) -> None:
    rows = [f"{n},2024-05-{n:02d}T10:00:00Z,静安,cards" for n in range(1, 20)]
    draft, source, _ = complaints(tmp_path, "Complaint ID,Date received,Branch,Product", *rows)
    assert source.timezone == "Asia/Shanghai"
    assert any(doubt.startswith("timezone:") for doubt in draft.doubts)
    assert taken(tmp_path / "c.csv").provenance.rows_accepted == 19


@pytest.mark.parametrize(
    "heads",
    [["2024Q1", "2024Q2", "2024Q3"], ["Jan 2024", "Feb 2024", "Mar 2024"], ["202401", "202402", "202403"]],
)
def test_months_or_quarters_in_columns_become_rows(heads: list[str], tmp_path: Path) -> None:
    file = write(
        tmp_path / "complaints.csv", ",".join(["Branch", *heads]), *(f"B{n},{n},2,3" for n in range(9))
    )
    table = taken(file)
    assert (table.name, table.provenance.rows_accepted) == ("complaint_counts", 27)
    period = "quarter" if "Q" in heads[0] else "month"
    assert set(table.frame()["period"]) == {period}


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("网点编号,网点名称,所属分行,开业日期", "units"),
        ("Complaint ID,Date received,Product,Company", "complaints"),
        ("month,product,complaints", "complaint_counts"),
        ("branch,product,month,accounts", "exposure"),
        ("indicator,branch,month,numerator,denominator", "observations"),
        ("Response ID,Survey date,Branch,Satisfaction score", "surveys"),
        ("检查编号,检查日期,网点,检查类型,检查项数,合格项数", "inspections"),
        ("Loss ID,Date of loss,Branch,Event type,Loss amount", "losses"),
        ("Incident No,Type,Start time,End time", "incidents"),
        ("整改编号,机构,整改措施,开始日期,截止日期", "actions"),
        ("series,month,value", "macro"),
        ("Queue,Interval start time,Calls offered,Answered within standard,Abandoned", "enquiries"),
        ("班组,时段开始时间,呼入量,时限内接听量,放弃量", "enquiries"),
    ],
)
def test_every_canonical_table_is_recognised(header: str, table: str, tmp_path: Path) -> None:
    figures = {
        "complaints",
        "accounts",
        "numerator",
        "denominator",
        "value",
        "检查项数",
        "合格项数",
        "Loss amount",
        "Calls offered",
        "Answered within standard",
        "Abandoned",
        "呼入量",
        "时限内接听量",
        "放弃量",
    }
    rows = []
    for n in range(1, 13):
        cells = []
        for name in header.split(","):
            if any(word in name.casefold() for word in ("date", "time", "日期", "时间", "month")):
                cells.append(f"2024-{n:02d}-01")
            elif name in figures:
                cells.append(str(n * 7))
            else:
                cells.append(str(1 + n % 5) if "score" in name else f"{name[:2]}{chr(96 + n)}")
        rows.append(",".join(cells))
    draft, *_ = drafted(write(tmp_path / "file.csv", header, *rows))
    assert (draft.table, draft.is_good) == (table, True)


def test_a_table_may_be_chosen(tmp_path: Path) -> None:
    file = write(tmp_path / "c.csv", HEAD, *ROWS)
    assert drafted(file, table="surveys")[0].table == "surveys"
    with pytest.raises(ParameterError, match="'gold' is no canonical table"):
        draft_source(file, target="x.yaml", table="gold")


# ---- whatever a file holds ----

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=12)
@given(
    names=st.lists(NAMES, min_size=1, max_size=6, unique_by=lambda name: name.strip().casefold()),
    cells=st.lists(st.lists(NAMES | st.just(""), min_size=6, max_size=6), max_size=6),
)
def test_any_file_gives_a_source_file_or_a_clear_error(
    names: list[str], cells: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("any") / "c.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([names, *(row[: len(names)] for row in cells)])
    try:
        drafted(file)
    except ContractError as refusal:
        message = str(refusal)
    else:
        message = "c.csv"
    assert "c.csv" in message


VALUES = st.recursive(
    NAMES
    | st.booleans()
    | st.integers()
    | st.sampled_from(["010", "NO", "~", "1e3", "2024-01-01", "#row", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=12,
)


@settings(max_examples=30)
@given(
    values=st.dictionaries(st.just("x") | NAMES, VALUES, min_size=1, max_size=4), comment=st.text(max_size=30)
)
def test_written_parameters_read_as_the_same(values: dict, comment: str) -> None:
    from riskmodels.parameters.files import YAML  # here, to read without a model

    first = next(iter(values))
    text = parameters_text(values, comments={(first,): [comment]}, heading=[comment])
    assert YAML(typ="safe", pure=True).load(text) == values


@pytest.mark.parametrize("day", ["202024-04-05", "-2024-04-05", "0001-01-01", "9999-12-31", "294246-12-31"])
@pytest.mark.parametrize("table", ["complaints", "exposure"])
def test_a_year_typed_wrongly_makes_no_hole(tmp_path: Path, table: str, day: str) -> None:
    header = {
        "complaints": "complaint_id,received_at,unit_id,product",
        "exposure": "accounts,month,unit_id,product",
    }
    rows = [f"{100 + row},2024-{row % 12 + 1:02}-01,B{row // 12},card" for row in range(240)]
    file = tmp_path / "typed.csv"
    file.write_text("\n".join([header[table], *rows, f"999,{day},B1,card"]) + "\n", encoding="utf-8")
    draft = draft_source(file, target=tmp_path / "drafted.yaml", table=table)
    assert not [doubt for doubt in draft.doubts if "no row" in doubt]
