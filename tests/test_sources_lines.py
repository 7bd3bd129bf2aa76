"""Lines of CSV files: found in one way by drafts, checks and reading, and none is lost."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodels.errors import ContractError
from riskmodels.parameters.files import load_parameters
from riskmodels.sources import ingest, lines
from riskmodels.sources.drafts import draft_source
from riskmodels.sources.lines import find_lines, with_one_end
from riskmodels.sources.mapping import Source
from riskmodels.tables import Table

pytestmark = pytest.mark.whole

NAMES = ["complaint_id", "received_at", "unit_id", "product"]
HEADER = ",".join(NAMES)
ROWS = [f"C{n},2024-0{n % 6 + 1}-1{n % 9},B{n % 3},card" for n in range(300)]


def take(folder: Path, content: bytes | str, **changes: object) -> Table:
    """Take a file of complaints in, with changes to its table."""
    (folder / "c.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    table = {"file": "c.csv", "format": "csv", "columns": {name: {"column": name} for name in NAMES}}
    source = {"id": "t", "title": "t", "country": "CN", "as_of": "2024-12-31"}
    path = folder / "source.yaml"
    path.write_text(json.dumps(source | {"tables": {"complaints": table | changes}}), encoding="utf-8")
    return ingest(path, store=folder / "store").require("complaints")


def counts(table: Table) -> tuple[int, int]:
    return table.provenance.rows_accepted, table.provenance.rows_rejected


@pytest.mark.parametrize("title_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("row_end", ["\n", "\r\n", "\r"])
def test_any_line_ends_below_a_title(title_end: str, header_end: str, row_end: str, tmp_path: Path) -> None:
    content = f"Complaints register{title_end}{HEADER}{header_end}{row_end.join(ROWS)}{row_end}"
    assert counts(take(tmp_path, content, header_row=2)) == (300, 0)


@pytest.mark.parametrize("breaks", range(4))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_breaks_in_a_quoted_title_are_lines(breaks: int, end: str, tmp_path: Path) -> None:
    title = '"' + "\n".join("abcde"[: breaks + 1]) + '",,,'
    content = end.join([title, HEADER, *ROWS, ""])
    assert counts(take(tmp_path, content, header_row=breaks + 2)) == (300, 0)
    draft = draft_source(tmp_path / "c.csv", target=tmp_path / "d.yaml")
    (tmp_path / "d.yaml").write_text(draft.text, encoding="utf-8")
    drafted = load_parameters(tmp_path / "d.yaml", Source).tables["complaints"]
    assert drafted.header_row == breaks + 2
    assert counts(ingest(tmp_path / "d.yaml", store=tmp_path / "store").require("complaints")) == (300, 0)


@pytest.mark.parametrize("bad", [0, 7, 150, 299])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "cp1252"])
def test_one_bad_byte_is_one_rejected_row(bad: int, encoding: str, tmp_path: Path) -> None:
    word = "cafe" if encoding == "cp1252" else "静安"
    rows = [row.replace("card", word).encode(encoding) for row in ROWS]
    rows[bad] = ROWS[bad].encode().replace(b"card", b"ca\x81")  # none of all three
    content = b"\n".join([HEADER.encode(), *rows, b""])
    table = take(tmp_path, content, encoding=encoding)
    assert counts(table) == (299, 1)
    assert table.rejected["row"].tolist() == [bad + 1]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (f"{HEADER},", "{},"),
        (f",{HEADER}", "7,{}"),
        (f"{HEADER},Total,total", "{},1,2"),
        (f"{HEADER},x,,,x", "{},1,2,3,4"),
    ],
)
def test_columns_without_a_name_of_their_own_are_ignored_and_named(
    header: str, form: str, tmp_path: Path
) -> None:
    table = take(tmp_path, "\n".join([header, *map(form.format, ROWS), ""]))
    assert counts(table) == (300, 0)
    assert all(column.startswith("#column ") for column in table.provenance.ignored_columns)
    assert len(table.provenance.ignored_columns) == header.count(",") - 3
    draft = draft_source(tmp_path / "c.csv", target=tmp_path / "d.yaml")
    assert any("not used, for want of a name of their own" in doubt for doubt in draft.doubts)


def test_a_doubled_column_that_would_become_rows_is_refused(tmp_path: Path) -> None:
    unpivot = {"columns": r"2024-\d\d", "names_to": "month", "values_to": "many"}
    columns = {name: {"column": name} for name in NAMES[1:]} | {"complaint_id": {"column": "many"}}
    with pytest.raises(ContractError, match="names a column twice: 2024-01"):
        take(
            tmp_path,
            f"{HEADER},2024-01,2024-01\n{ROWS[0]},1,2\n",
            unpivot=unpivot,
            columns=columns,
        )


CELLS = st.text(st.sampled_from("ab,\"\n\r 'é静"), max_size=6)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    mark=st.booleans(),
    at=st.integers(1, 4),
)
def test_rows_are_counted_as_they_were_written(
    cells: list[list[str]], end: str, quoting: int, mark: bool, at: int, tmp_path: Path
) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows([["x", "y", "z"], *cells])
    text = "title\n" * (at - 1) + stream.getvalue()
    path = tmp_path / "c.csv"
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    lines = find_lines(path, path, header_row=at, delimiter=",")
    assert (lines.header, lines.rows) == (["x", "y", "z"], len(cells))
    assert lines.ends == {end}
    copy = with_one_end(path, path, lines, ",", tmp_path / "copy.csv")
    with copy.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == cells


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.sampled_from(['"a""b"', '"\n"', '"\r\n"', "ab", "", "\n", "\r\n", "\r", '5"', '""']), max_size=60
    ),
    size=st.sampled_from([1, 7, 64, 100]),
)
def test_rows_are_counted_part_by_part_as_cell_by_cell(cells: list[str], size: int, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(",".join(cells).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", size)
        assert lines._counted(path, 0, ",") == lines._counted_by_cells(path, 0, ",")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a,b", 'a "b",c', '"a\nb",c', '"a\r\nb",c', ""]), st.sampled_from(["\n", "\r\n"])
        ),
        max_size=8,
    )
)
def test_mixed_line_ends_become_one(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    """Stray quotes, blank lines and line ends inside quotes are there, too."""
    path = tmp_path / "c.csv"
    path.write_bytes(("x,y\n" + "".join(row + end for row, end in rows)).encode())
    lines = find_lines(path, path, header_row=1, delimiter=",")
    assert lines.rows == sum(bool(row) for row, _ in rows)
    copy = with_one_end(path, path, lines, ",", tmp_path / "copy.csv")
    if len(lines.ends) > 1:
        assert copy.read_bytes().decode() == "x,y\n" + "".join(row + "\n" for row, _ in rows)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 40_000_000, "its header is longer than 16,777,216 characters"),
        (b"\0" * 1000, "its header holds NUL bytes"),
        (b"," * 20_000, "has 20,001 columns; at most 16,384"),
        (b'"' * 2_000_001, "has no column"),
    ],
)
def test_a_header_without_end_is_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    source = {"id": "s", "title": "S", "country": "CN", "as_of": "2024-12-31"}
    columns = {name: {"column": name} for name in ("complaint_id", "received_at", "unit_id", "product")}
    source["tables"] = {"complaints": {"file": "c.csv", "format": "csv", "columns": columns}}
    (tmp_path / "s.yaml").write_text(json.dumps(source), encoding="utf-8")
    with pytest.raises(ContractError, match=message) as caught:
        ingest(tmp_path / "s.yaml", store=tmp_path / "store")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 11_000
