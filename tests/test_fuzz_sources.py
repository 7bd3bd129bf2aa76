"""Corrupted CSV files: a clear refusal, or every row accepted or rejected once, and none lost."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodels.errors import ContractError
from riskmodels.sources import ingest
from riskmodels.tables import Table

pytestmark = pytest.mark.slow

HEADER = b"complaint_id,received_at,unit_id,product,narrative"
COLUMNS = {name: {"column": name} for name in HEADER.decode().split(",")}
ROW = st.integers(1, 10**6)

# What may happen to a row, whose cells are given; the first cell is its marker.
ROW_FAULTS = {
    "none": b",".join,
    "a cell less": lambda cells: b",".join(cells[:-1]),
    "a cell more": lambda cells: b",".join([*cells, b"more"]),
    "many cells more": lambda cells: b",".join([*cells, *[b"more"] * 40]),
    "marker alone": lambda cells: cells[0],
    "stray quote inside": lambda cells: b",".join([*cells[:3], b'ca"rds', cells[4]]),
    "quoted and more": lambda cells: b",".join([*cells[:3], b'"cards"x', cells[4]]),
    "quote after space": lambda cells: b",".join([*cells[:3], b' "cards"', cells[4]]),
    "doubled quotes": lambda cells: b",".join([*cells[:3], b'"ca""rds"', cells[4]]),
    "bad date": lambda cells: b",".join([cells[0], b"2024-02-30", *cells[2:]]),
    "NUL": lambda cells: b",".join([*cells[:3], b"ca\0rds", cells[4]]),
    "NUL in the date": lambda cells: b",".join([cells[0], b"2024-05-06\0", *cells[2:]]),
    "invalid UTF-8": lambda cells: b",".join([*cells[:3], b"ca\xff\xfe", cells[4]]),
    "invalid UTF-8 and a cell less": lambda cells: b",".join([*cells[:3], b"\xe4\xb8"]),
    "huge cell": lambda cells: b",".join([*cells[:4], b"x" * 300_000]),
    "CR inside quotes": lambda cells: b",".join([*cells[:4], b'"a\rb"']),
    "LF inside quotes": lambda cells: b",".join([*cells[:4], b'"a\nb\n"']),
    "CR LF inside quotes": lambda cells: b",".join([*cells[:4], b'"a\r\nb"']),
    "other delimiter": b";".join,
    "spaces around": lambda cells: b"  " + b" , ".join(cells) + b"  ",
    "backslash": lambda cells: b",".join([*cells[:4], b"a\\"]),
    "quoted backslash": lambda cells: b",".join([*cells[:4], b'"a\\"']),
    "comma at the end": lambda cells: b",".join(cells) + b",",
    "quoted marker": lambda cells: b",".join([b'"' + cells[0] + b'"', *cells[1:]]),
    "empty cells": lambda cells: b",".join([cells[0], b"", b"", b"", b""]),
    "open quote": lambda cells: b",".join([*cells[:4], b'"never closed']),
    "open quote in the middle": lambda cells: b",".join([*cells[:2], b'"u1', *cells[3:]]),
    "CR inside": lambda cells: b",".join([*cells[:4], b"a\rb"]),
}
REFUSED = {
    "open quote",
    "open quote in the middle",
    "CR inside",
    "invalid UTF-8",
    "invalid UTF-8 and a cell less",
}
FILE_FAULTS = (
    "none",
    "cut",
    "BOM",
    "doubled block",
    "flipped byte",
    "mixed line ends",
    "blank lines",
    "no last newline",
)


@st.composite
def corrupted_files(draw: st.DrawFn) -> tuple[bytes, list[bytes], str]:
    """Draw a file, the markers of its rows, and what was done to it as a whole."""
    faults = draw(st.lists(st.sampled_from(["none", *ROW_FAULTS]), min_size=1, max_size=12))
    markers = [b"mark%04dx" % number for number in range(len(faults))]
    rows = [
        ROW_FAULTS[fault]([marker, b"2024-05-06", b"u1", b"cards", b"words"])
        for fault, marker in zip(faults, markers, strict=True)
    ]
    newline = draw(st.sampled_from([b"\n", b"\r\n"]))
    whole = draw(st.sampled_from(FILE_FAULTS))
    return _as_whole(draw, [HEADER, *rows], newline, whole), markers, whole


def _as_whole(draw: st.DrawFn, lines: list[bytes], newline: bytes, fault: str) -> bytes:
    if fault == "mixed line ends":
        ends = draw(
            st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"]), min_size=len(lines), max_size=len(lines))
        )
        return b"".join(line + end for line, end in zip(lines, ends, strict=True))
    if fault == "blank lines":
        place = draw(st.integers(1, len(lines)))
        lines = [*lines[:place], b"", b"   ", *lines[place:]]
    if fault == "doubled block":
        start = draw(st.integers(1, len(lines) - 1))
        lines = [*lines, *lines[start : start + 5]]
    content = newline.join(lines) + (b"" if fault == "no last newline" else newline)
    if fault == "BOM":
        return b"\xef\xbb\xbf" + content
    if fault == "cut":
        return content[: draw(st.integers(0, len(content)))]
    if fault == "flipped byte":
        place = draw(st.integers(0, len(content) - 1))
        return content[:place] + bytes([draw(st.integers(0, 255))]) + content[place + 1 :]
    return content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source file; c.csv is written anew for each example."""
    folder = tmp_path_factory.mktemp("fuzz")
    table = {"file": "c.csv", "format": "csv", "columns": COLUMNS}
    source = {
        "id": "fuzz",
        "title": "Fuzz",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"complaints": table},
    }
    (folder / "source.yaml").write_text(json.dumps(source), encoding="utf-8")
    return folder


def take_in(folder: Path, content: bytes) -> Table | ContractError:
    (folder / "c.csv").write_bytes(content)
    try:
        return ingest(folder / "source.yaml", store=folder / "store").require("complaints")
    except ContractError as refusal:
        return refusal


def found_in(table: Table) -> str:
    """Return every identifier that was accepted, and the content of every rejected row."""
    identifiers = [str(value) for value in table.frame(["complaint_id"])["complaint_id"]]
    return "\n".join([*identifiers, *table.rejected["content"]])


def check(table: Table | ContractError, content: bytes, markers: list[bytes]) -> None:
    if isinstance(table, ContractError):
        assert re.search(r"c\.csv", str(table)), table
        assert len(str(table)) < 2_000
        return
    counts = table.provenance
    assert counts.rows_accepted + counts.rows_rejected == counts.rows_read
    assert len(table.frame()) == counts.rows_accepted
    assert len(table.rejected) == counts.rows_rejected
    assert table.rejected["row"].is_unique
    assert (table.rejected["row"] >= 1).all()
    assert (table.rejected["rule"] != "").all()
    found = found_in(table)
    body = content.split(b"\n", 1)[-1]
    # What cannot be decoded is shown as question marks, with up to three bytes that follow it.
    lost = [marker for marker in markers if marker in body and marker.decode()[3:] not in found]
    assert not lost, f"lost {lost}"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=corrupted_files())
def test_no_row_of_a_corrupted_file_is_lost(drawn: tuple[bytes, list[bytes], str], folder: Path) -> None:
    content, markers, _ = drawn
    check(take_in(folder, content), content, markers)


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_one_corrupted_row_costs_no_other(fault: str, folder: Path) -> None:
    cells = [[b"mark%04dx" % n, b"2024-05-06", b"u1", b"cards", b"words"] for n in range(5)]
    rows = [ROW_FAULTS[fault](row) if n == 2 else b",".join(row) for n, row in enumerate(cells)]
    content = b"\r\n".join([HEADER, *rows, b""])
    table = take_in(folder, content)
    check(table, content, [row[0] for row in cells])
    if isinstance(table, ContractError):
        assert fault in REFUSED, table
    else:
        assert table.provenance.rows_accepted >= 4
        assert set(table.rejected["row"]) <= {3}
