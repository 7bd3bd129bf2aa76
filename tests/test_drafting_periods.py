"""Drafts for tables whose periods are years, half-years, quarters in words, or stand in two columns or in names."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.sources import ingest
from riskmodels.sources.drafts import draft_source, profiling
from riskmodels.sources.drafts.profiling import profile

pytestmark = pytest.mark.whole

Cell = tuple[str | None, str, str, int]  # unit, first day, what it covers, complaints


def taken(folder: Path, text: str) -> tuple[set[Cell], list[str]]:
    """Draft a source file for a table of counts, read the file with it, and list its cells and the doubts."""
    file, target = folder / "counts.csv", folder / "drafted.yaml"
    file.write_text(text, encoding="utf-8")
    draft = draft_source(file, target=target, table="complaint_counts")
    target.write_text(draft.text, encoding="utf-8")
    assert draft.lacking == []
    rows = ingest(target, store=folder / "store").require("complaint_counts").frame()
    days = rows["period_start"].astype(str).str[:10]
    units = rows["unit_id"].astype(object).where(rows["unit_id"].notna(), None)
    cells = zip(units, days, rows["period"].astype(str), rows["complaints"].astype(int), strict=True)
    return set(cells), draft.doubts


def covering(length: str, *rows: str) -> set[Cell]:
    """Write cells that cover one length of time, each as its unit, if any, first day and complaints."""
    parts = [row.rsplit(maxsplit=2) for row in rows]
    return {(unit[0] if unit else None, day, length, int(count)) for *unit, day, count in parts}


LAYOUTS = {
    "a year and its quarter in two columns": (
        "Ano;Trimestre;Instituicao;Total\n2021;1º;BANCO A;9\n2021;1º;BANCO B;271\n2021;2º;BANCO A;11\n2021;2º;BANCO B;264\n",
        covering(
            "quarter",
            "BANCO A 2021-01-01 9",
            "BANCO B 2021-01-01 271",
            "BANCO A 2021-04-01 11",
            "BANCO B 2021-04-01 264",
        ),
    ),
    "a year and the bare number of its quarter": (
        "quarter,year,bank,complaints\n1,2023,A,5\n4,2023,A,7\n2,2024,A,9\n",
        covering("quarter", "A 2023-01-01 5", "A 2023-10-01 7", "A 2024-04-01 9"),
    ),
    "a year and its month": (
        "year,month,bank,complaints\n2023,1,A,5\n2023,12,A,7\n2024,2,A,9\n",
        covering("month", "A 2023-01-01 5", "A 2023-12-01 7", "A 2024-02-01 9"),
    ),
    "a year and the name of its month": (
        "year,month,bank,complaints\n2023,Jan,A,5\n2023,Dec,A,7\n2024,Feb,A,9\n",
        covering("month", "A 2023-01-01 5", "A 2023-12-01 7", "A 2024-02-01 9"),
    ),
    "a year and its half": (
        "year,half,firm,complaints\n2023,H1,A,5\n2023,H2,A,7\n2024,H1,A,9\n",
        covering("half_year", "A 2023-01-01 5", "A 2023-07-01 7", "A 2024-01-01 9"),
    ),
    "fiscal years": (
        "fiscal_year,category,complaints\n2022-23,Loans,58990\n2023-24,Loans,85281\n2024-25,Loans,86670\n",
        covering("year", "2022-04-01 58990", "2023-04-01 85281", "2024-04-01 86670"),
    ),
    "calendar years as columns": (
        "bank,formal_cases_2023,formal_cases_2022\nA,1311,1385\nB,1320,1147\n",
        covering("year", "A 2023-01-01 1311", "A 2022-01-01 1385", "B 2023-01-01 1320", "B 2022-01-01 1147"),
    ),
    "fiscal years as columns": (
        "bank,2022-23,2023-24\nA,1311,1385\nB,1320,1147\n",
        covering("year", "A 2022-04-01 1311", "A 2023-04-01 1385", "B 2022-04-01 1320", "B 2023-04-01 1147"),
    ),
    "half-years and quarters in one column": (
        "Period,Firm,Complaints\n2024 H1,A,1200\n2024 H2,A,1310\nQ1 2025,A,650\n",
        covering("half_year", "A 2024-01-01 1200", "A 2024-07-01 1310")
        | covering("quarter", "A 2025-01-01 650"),
    ),
    "half-years": (
        "Period,Firm,Complaints\n2024 H1,A,1200\n2024 H2,A,1310\n2025 H1,A,650\n",
        covering("half_year", "A 2024-01-01 1200", "A 2024-07-01 1310", "A 2025-01-01 650"),
    ),
    "quarters, the quarter first": (
        "Quarter,Firm,Complaints\nQ1 2024,A,12\nQ2 2024,A,13\nQ1 2025,A,6\n",
        covering("quarter", "A 2024-01-01 12", "A 2024-04-01 13", "A 2025-01-01 6"),
    ),
    "years": (
        "Year,Firm,Complaints\n2023,A,12\n2024,A,13\n2025,A,6\n",
        covering("year", "A 2023-01-01 12", "A 2024-01-01 13", "A 2025-01-01 6"),
    ),
    "half-years in Chinese": (
        "报告期,机构,投诉量\n2024年上半年,甲行,12\n2024年下半年,甲行,13\n",
        covering("half_year", "甲行 2024-01-01 12", "甲行 2024-07-01 13"),
    ),
    "first days of years": (
        "date,firm,complaints\n2023-01-01,A,12\n2024-01-01,A,13\n2025-01-01,A,6\n",
        covering("year", "A 2023-01-01 12", "A 2024-01-01 13", "A 2025-01-01 6"),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_draft_reads_the_right_counts_of_the_right_periods(layout: str, tmp_path: Path) -> None:
    text, cells = LAYOUTS[layout]
    assert taken(tmp_path, text)[0] == cells


@pytest.mark.parametrize(
    ("layout", "doubt"),
    [
        ("fiscal years", "from which month does it count"),
        ("fiscal years as columns", "from which month does it count"),
        ("half-years and quarters in one column", "are counted twice"),
    ],
)
def test_what_a_person_must_decide_is_a_doubt(layout: str, doubt: str, tmp_path: Path) -> None:
    assert any(doubt in said for said in taken(tmp_path, LAYOUTS[layout][0])[1])


def test_a_year_called_fiscal_is_doubted(tmp_path: Path) -> None:
    cells, doubts = taken(tmp_path, "year,firm,complaints\nFY2023,A,12\nFY2024,A,13\n")
    assert cells == {("A", "2023-01-01", "year", 12), ("A", "2024-01-01", "year", 13)}
    assert any("called fiscal" in doubt for doubt in doubts)


def test_two_figures_by_year_are_not_mixed(tmp_path: Path) -> None:
    cells, _ = taken(
        tmp_path, "bank,complaints_2022,complaints_2023,upheld_2022,upheld_2023\nA,10,20,3,4\nB,30,40,5,6\n"
    )
    assert cells == {
        ("A", "2022-01-01", "year", 10),
        ("A", "2023-01-01", "year", 20),
        ("B", "2022-01-01", "year", 30),
        ("B", "2023-01-01", "year", 40),
    }


@pytest.mark.parametrize(
    "texts",
    [["Loan 2020", "Card 2021"], ["Jan 1st 2024", "Feb 2nd 2024"], ["Plan 2020"], ["B 2020", "B 2020", "Q"]],
)
def test_words_with_a_year_are_no_periods(texts: list[str]) -> None:
    assert profile("product", list(texts), "VARCHAR").dates is None


@settings(max_examples=25, deadline=None)
@given(
    year=st.integers(1990, 2060),
    form=st.sampled_from(["{y}-{z:02d}", "{y}/{z:02d}", "{y}-{n}", "FY {y}-{z:02d}"]),
)
def test_years_that_span_two_begin_in_the_first(year: int, form: str) -> None:
    texts: list[str | None] = [form.format(y=y, n=y + 1, z=(y + 1) % 100) for y in range(year, year + 3)]
    dates = profile("year", texts, "VARCHAR").dates
    assert dates is not None
    assert (dates.format, dates.period, dates.first.isoformat()) == ("year from 04", "year", f"{year}-04-01")


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y年%m月%d日 %H时%M分", "%b %d, %Y", "%Y%m%d", "%m/%d/%y"]
)
def test_formats_whose_signs_are_not_there_are_not_tried_and_would_read_nothing(form, monkeypatch) -> None:
    days = [
        dt.datetime(2024, 1 + n % 12, 1 + n % 28, n % 24, 5, tzinfo=dt.UTC).strftime(form) for n in range(12)
    ]
    texts = [*days, " 2024-02-03", "x", days[0].lower(), f"{days[1]} "]
    with duckdb.connect() as connection:
        tried = profiling._hopeful(connection, texts, profiling.FORMATS)
        monkeypatch.setattr(profiling, "_has_signs", lambda *_: True)
        assert tried == profiling._hopeful(connection, texts, profiling.FORMATS)
    assert form in tried or "" in tried
