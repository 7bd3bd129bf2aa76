"""Excel's old and binary formats, and OpenDocument: read within limits, or refused in one line."""

import json
import struct
import zipfile
from importlib.util import find_spec
from pathlib import Path

import openpyxl
import pytest

from riskmodels.errors import ContractError
from riskmodels.sources import trials
from riskmodels.sources.drafts import draft_source
from riskmodels.sources.drafts.sampling import take_sample
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.spreadsheets import extract_sheet

MACRO = Path(find_spec("statsmodels").origin).parent / "datasets" / "macrodata" / "src" / "macrodata.xls"
NUMBER = struct.pack("<HH", 0x0203, 14)  # a record of BIFF8 that holds a number: row, column, format, value
MAPPING = TableMap.model_validate_json(json.dumps({"file": "b", "format": "excel", "sheet": "Quarterly"}))


@pytest.fixture(scope="module")
def old() -> bytes:
    """A file of Excel 97 as statsmodels ships it."""
    path = MACRO / MACRO.name if MACRO.is_dir() else MACRO
    return path.read_bytes()


def far(content: bytes) -> bytes:
    """Put the last number of a file of Excel 97 in the last row and column that its format can name."""
    place = content.rindex(NUMBER) + len(NUMBER)
    return content[:place] + struct.pack("<HH", 0xFFFF, 0xFFFF) + content[place + 4 :]


def read(path: Path) -> None:
    extract_sheet(path, MAPPING, path.with_name("out.parquet"))


def test_a_file_of_excel_97_is_read(old, tmp_path):
    (tmp_path / "a.xls").write_bytes(old)
    read(tmp_path / "a.xls")
    assert {sample.sheet: len(sample.rows) for sample in take_sample(tmp_path / "a.xls")}["Quarterly"] > 100


def test_a_cell_far_away_does_not_end_the_process(old, tmp_path):
    (tmp_path / "far.xls").write_bytes(far(old))
    for reading in (read, take_sample):
        with pytest.raises(
            ContractError, match=r"far\.xls cannot be read as Excel: reading it takes more than"
        ) as error:
            reading(tmp_path / "far.xls")
        assert str(error.value).endswith("save it as .xlsx or CSV")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("left", [0, 7, 600, 20_000])
def test_a_file_that_is_cut_short_or_none_is_one_line(old, tmp_path, left):
    (tmp_path / "cut.xls").write_bytes(old[:left])
    with pytest.raises(ContractError, match=r"cut\.xls (cannot be read as Excel|is empty)") as error:
        read(tmp_path / "cut.xls")
    assert "\n" not in str(error.value)


def test_a_page_that_is_called_like_excel_is_one_line(tmp_path):
    (tmp_path / "page.xls").write_text("<html><table><tr><td>1</td></tr></table></html>")
    with pytest.raises(ContractError, match=r"page\.xls cannot be read as Excel: [^\n]*$"):
        read(tmp_path / "page.xls")


def test_what_takes_too_long_is_refused(old, tmp_path, monkeypatch):
    (tmp_path / "a.xls").write_bytes(old)
    monkeypatch.setattr(trials, "_SECONDS", 1)
    monkeypatch.setattr(trials, "_READ", trials._READ + "\nwhile True: pass")
    with pytest.raises(ContractError, match="or 1 seconds"):
        read(tmp_path / "a.xls")


def packed(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for member in members:
            file.writestr(member, b"<x/>")
    return path


def test_what_cannot_be_tried_is_refused(old, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "riskmodels.sources.trials._READ", trials._READ.replace("python_calamine", "not_there")
    )
    (tmp_path / "a.xls").write_bytes(old)
    with pytest.raises(ContractError, match="cannot be tried out within limits"):
        read(tmp_path / "a.xls")


def test_a_binary_workbook_is_tried_before_it_is_read(tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr("riskmodels.sources.workbooks.try_to_read", tried.append)
    path = packed(tmp_path / "a.xlsb", "xl/workbook.bin", "[Content_Types].xml", "xl/worksheets/sheet1.bin")
    with pytest.raises(ContractError, match=r"a\.xlsb cannot be read as Excel: [^\n]*$"):
        read(path)
    assert tried == [path]


def test_a_workbook_in_xml_is_measured_and_not_tried(tmp_path, monkeypatch):
    monkeypatch.setattr("riskmodels.sources.workbooks.try_to_read", pytest.fail)
    book = openpyxl.Workbook()
    book.active.title = "Quarterly"
    book.active.append(["a"])
    book.active.append([1])
    book.save(tmp_path / "a.xlsx")
    read(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.ods", "a.xlsx"])
def test_an_open_document_is_refused_with_the_cure(tmp_path, name):
    path = packed(tmp_path / name, "mimetype", "content.xml", "META-INF/manifest.xml")
    cure = "cannot be read as Excel: it is an OpenDocument file; save it as .xlsx or CSV"
    for reading in (read, take_sample, lambda file: draft_source(file, target=tmp_path / "new.yaml")):
        with pytest.raises(ContractError, match=cure):
            reading(path)
