"""Excel files that ask for more than there is: refused in one line before they are read."""

import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from riskmodels.errors import ContractError
from riskmodels.sources import spreadsheets, workbooks
from riskmodels.sources.drafts.sampling import take_sample
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.spreadsheets import extract_sheet

pytestmark = pytest.mark.whole

SHEET, BOOK, LINKS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
ROWS = [["complaint_id", "received_at"], ["c1", "2024-05-06"], ["c2", "2024-05-07"]]
MAPPING = TableMap.model_validate_json(json.dumps({"file": "b.xlsx", "format": "excel"}))
MOST = 1 << 20  # kilobytes

Edit = Callable[[bytes], bytes]


def crafted(folder: Path, edit: Edit, part: str = SHEET) -> Path:
    """Write a workbook of one sheet, a part of which is edited."""
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(folder / "plain.xlsx")
    with zipfile.ZipFile(folder / "plain.xlsx") as plain:
        parts = {name: plain.read(name) for name in plain.namelist()}
    with zipfile.ZipFile(folder / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, edit(content) if name == part else content)
    return folder / "b.xlsx"


def more(rows: str) -> Edit:
    return lambda content: content.replace(b"</sheetData>", rows.encode() + b"</sheetData>")


def cell(place: str, row: object = 9) -> Edit:
    return more(f'<row r="{row}"><c r="{place}"><v>1</v></c></row>')


FAR = {
    "the last place": (cell("XFD1048576", 1048576), "and only 7 of its cells are filled; delete what lies far"),
    "the last place, of another row": (cell("XFD1048576"), "row 1,048,576 and column 16,384"),
    "the last row": (cell("T1048576", 1048576), "row 1,048,576 and column 20"),
    "many columns": (more("".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(4, 2000))), "16,384"),
    "overflowing": (cell("ZZZZZZZZZZZ99999999999999"), "a cell is called 'ZZZZZZZZZZZ' and its row"),
    "beyond 32 bits": (cell("A4294967297"), "row 4,294,967,297"),
    "beyond the last column": (cell("XFE9"), "column 16,385"),
    "a row beyond all": (more('<row r="99999999999"><c><v>1</v></c></row>'), "row 99,999,999,999"),
    "a row after the last": (
        more('<row r="4294967295"><c><v>1</v></c></row><row><c><v>1</v></c></row>'),
        "4,294,967,296",
    ),
    "no number": (more('<row r="-1"><c r="A-1"><v>1</v></c></row>'), "a row has the number '-1'"),
    "a place without a row": (cell("A"), "Excel"),
    "a place without a name": (cell(""), "Excel"),
    "signs in a place": (cell("A$9"), "'A\\$' and its row"),
    "another prefix": (
        lambda content: content.replace(b"<worksheet ", b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/'
        b'spreadsheetml/2006/main" ').replace(b"</worksheet>", b"</x:worksheet>").replace(
            b"</sheetData>", b'<x:row><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></sheetData>'),
        "column 16,384",
    ),
    "more cells than columns": (more(f"<row>{'<c><v>1</v></c>' * 20_000}</row>"), "more cells than a sheet"),
    "a string that is not there": (more('<row r="9"><c r="A9" t="s"><v>9999999999</v></c></row>'), "string index"),
    "declarations": (
        lambda content: b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + content,
        "declares XML of its own",
    ),
    "cut": (lambda content: content[:-30], "no element found|unclosed token"),
    "another encoding": (lambda content: content.decode().encode("utf-16"), "its XML is not in UTF-8"),
    "a bomb": (more("<row/>" * 3_000_000), "unpacked it would have 18,0..,... bytes; at most 16,777,216"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
@pytest.mark.parametrize(
    "read", [lambda path: extract_sheet(path, MAPPING, path.with_suffix(".parquet")), take_sample]
)
def test_what_cannot_be_read_is_one_line(name: str, read: Callable[[Path], object], tmp_path: Path) -> None:
    edit, message = FAR[name]
    path = crafted(tmp_path, edit)
    with pytest.raises(ContractError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_many_sheets_are_refused(tmp_path: Path) -> None:
    sheet = b'<sheet name="x" sheetId="2" r:id="rId1" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
    path = crafted(tmp_path, lambda content: content.replace(b"</sheets>", sheet * 2000 + b"</sheets>"), BOOK)
    with pytest.raises(ContractError, match="it has 2,001 sheets; at most 1,000"):
        take_sample(path)


def test_a_sheet_of_another_name_is_looked_at_too(tmp_path: Path) -> None:
    path = crafted(tmp_path, cell("XFD1048576"))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "n.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            content = content.replace(b"sheet1.xml", b"..\\SHEET.dat") if name == LINKS else content
            new.writestr("xl/worksheets/Sheet.dat" if name == SHEET else name, content)
    with pytest.raises(ContractError, match=r"column 16,384|Excel"):
        take_sample(tmp_path / "n.xlsx")


def test_a_zip_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        target.writestr("document.xml", "<x/>")
    with pytest.raises(ContractError, match="it holds no workbook"):
        take_sample(tmp_path / "b.xlsx")


def test_a_panic_of_the_library_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(_: str) -> None:
        raise PanicException("capacity overflow")

    monkeypatch.setattr(workbooks, "CalamineWorkbook", type("Panics", (), {"from_path": staticmethod(panic)}))
    with pytest.raises(
        ContractError, match=r"b\.xlsx cannot be read as Excel: it is damaged \(capacity overflow\)"
    ):
        take_sample(crafted(tmp_path, bytes))


@pytest.mark.parametrize(
    "edit",
    [
        more('<row r="1048576"><c r="XFD1048576" s="0"/></row>'),  # styled, and empty
        more('<row r="1048576" ht="30"/>'),
        more('<row r="900000"><c r="A900000" t="inlineStr"><is><t></t></is></c></row>'),
        lambda content: content.replace(b'ref="A1:B3"', b'ref="A1:XFD1048576"'),
    ],
)
def test_what_is_empty_far_away_does_no_harm(edit: Edit, tmp_path: Path) -> None:
    rows = pq.read_table(extract_sheet(crafted(tmp_path, edit), MAPPING, tmp_path / "b.parquet"))
    assert rows.to_pylist() == [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]


def test_rows_far_below_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmodels.sources.spreadsheets._ROWS_AT_ONCE", 7)
    edit = more("".join(f'<row r="{n}"><c r="B{n}"><v>{n}</v></c></row>' for n in range(20, 50)))
    rows = pq.read_table(extract_sheet(crafted(tmp_path, edit), MAPPING, tmp_path / "b.parquet"))
    assert rows.num_rows == 48
    assert rows["received_at"].to_pylist()[2:] == [None] * 16 + [str(n) for n in range(20, 50)]


@given(number=st.integers(1, 16_384), row=st.integers(1, 1_048_576))
def test_places_are_numbered_as_excel_does(number: int, row: int) -> None:
    extent = workbooks._Extent()
    extent.start("row", {"r": "1"})
    extent.start("c", {"r": f"{get_column_letter(number)}{row}"})
    extent.start("v", {})
    extent.end_row()
    assert (extent.rows, extent.columns, extent.filled) == (row, number, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAR)
def test_the_command_line_needs_little_memory_for_a_refusal(name: str, tmp_path: Path) -> None:
    path = crafted(tmp_path, FAR[name][0])
    program = Path(sys.executable).with_name("riskmodels")
    done = subprocess.run(
        [program, "source", "new", path, "--dry-run"], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 4, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MOST


# ---- cells as texts ----

CELLS = (
    st.floats()
    | st.integers(-(10**17), 10**17).map(float)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12).map(
        float
    )
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.datetimes()
KINDS = (
    *(TEXTS, CELLS, MOMENTS, MOMENTS.map(lambda at: at.replace(microsecond=0))),
    *(MOMENTS.map(lambda at: datetime.combine(at.date(), time())), st.booleans(), st.dates(), st.times()),
    st.timedeltas(),
)


@given(st.one_of(*(st.lists(kind | st.just("")) for kind in KINDS), st.lists(st.one_of(*KINDS))))
def test_a_column_is_written_as_its_cells_are_one_by_one(cells: list[object]) -> None:
    assert spreadsheets.texts_of(cells).to_pylist() == [spreadsheets._text(cell) for cell in cells]


# ---- what is looked at by the library alone, and what by its plain form ----

PLAIN = "".join(
    f'<row r="{row}"><c r="A{row}" s="1"><v>{row}</v></c><c r="B{row}" t="inlineStr"><is><t>x{row}</t></is></c></row>'
    for row in range(4, 400)
)
BESIDE = {
    "after plain cells": '<row r="400"><c r="XFC400"><v>1</v></c><c t="n"><v>1</v></c><c><v>1</v></c></row>',
    "in a comment": '<!-- <row r="400"> --><row r="401"><c r="XFD401"><v>1</v></c></row>',
    "in another order": '<row r="400"><c s="1" r="XFE400"><v>1</v></c></row>',
    "in a row before": '<row r="400"><c r="XFE2"><v>1</v></c></row>',
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("size", [100, 1 << 20])
def test_a_cell_beside_plain_ones_is_as_far_as_it_is(
    name: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "_CHUNK", size)
    monkeypatch.setattr(workbooks, "_PLACES", 1000)
    path = crafted(tmp_path, more(PLAIN + BESIDE[name]))
    with pytest.raises(ContractError, match=r"column 16,38[3-7]"):
        extract_sheet(path, MAPPING, tmp_path / "s.parquet")


@given(
    st.lists(st.sampled_from(["plain", "text", "formula", "empty", "nameless"]), min_size=1),
    st.integers(1, 300),
)
def test_a_sheet_is_measured_alike_in_chunks_of_any_size(kinds: list[str], size: int) -> None:
    forms = {
        "plain": '<c r="{at}"><v>1</v></c>',
        "text": '<c r="{at}" s="3" t="inlineStr"><is><t xml:space="preserve"> 客 </t></is></c>',
        "formula": '<c r="{at}"><f>A1&amp;B1</f><v>1</v></c>',
        "empty": '<c r="{at}" s="1"/>',
        "nameless": "<c><v>1</v></c>",
    }
    cells = [forms[kind].format(at="BAC"[row % 3] + str(row)) for row, kind in enumerate(kinds, 1)]
    rows = [f'<row r="{row}">{cell}</row>' for row, cell in enumerate(cells, 1)]
    content = f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>".encode()
    parts = [content[place : place + size] for place in range(0, len(content), size)]
    by_library, by_form = workbooks._Extent(), workbooks._Extent()
    workbooks._parse(parts, by_library.start)
    workbooks._parse(by_form.skeleton(parts), by_form.start)
    for extent in (by_library, by_form):
        extent.check("sheet")
    assert {**vars(by_form), "_place": ""} == {**vars(by_library), "_place": ""}


def test_a_sheet_that_is_cut_or_damaged_among_plain_cells_is_one_line(tmp_path: Path) -> None:
    for number, bad in enumerate(
        ('<c r="A400"><v>1</c>', '<c r="A400"><v>\x01</v></c>', '<c r="A400" r="B1"><v>1</v></c>')
    ):
        (tmp_path / str(number)).mkdir()
        path = crafted(tmp_path / str(number), more(f'{PLAIN}<row r="400">{bad}</row>'))
        with pytest.raises(ContractError, match="cannot be read as Excel"):
            extract_sheet(path, MAPPING, tmp_path / "s.parquet")
