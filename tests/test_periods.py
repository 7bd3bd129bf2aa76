"""Time as tables have it: half-years, years, fiscal years, a year and its quarter in two columns."""

import datetime as dt

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_table import take_counts, take_source

import riskmodels as rm
from riskmodels.errors import ContractError, ParameterError
from riskmodels.sources.periods import period_length, period_start

pytestmark = pytest.mark.whole


def read(text, form):
    return read_all([text], form)[0]


def read_all(texts, form):
    query = f"SELECT {period_start('t', form)}, {period_length('t')} FROM (SELECT unnest(?) AS t)"
    return duckdb.execute(query, [texts]).fetchall()


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("2021 1º", "2021-01-01", "quarter"),
        ("2021 4º", "2021-10-01", "quarter"),
        ("Q1 2025", "2025-01-01", "quarter"),
        ("2025Q3", "2025-07-01", "quarter"),
        ("2025-Q2", "2025-04-01", "quarter"),
        ("3Q 2024", "2024-07-01", "quarter"),
        ("4T2023", "2023-10-01", "quarter"),
        ("2nd quarter 2024", "2024-04-01", "quarter"),
        ("2025年第三季度", "2025-07-01", "quarter"),
        ("2024 H2", "2024-07-01", "half_year"),
        ("H1 2024", "2024-01-01", "half_year"),
        ("2024H1", "2024-01-01", "half_year"),
        ("1S 2024", "2024-01-01", "half_year"),
        ("2025年上半年", "2025-01-01", "half_year"),
        ("2025年下半年", "2025-07-01", "half_year"),
        ("2024", "2024-01-01", "year"),
        ("2024年", "2024-01-01", "year"),
        ("formal_cases_2023", "2023-01-01", "year"),
        ("2024-11", "2024-11-01", "month"),
        ("2024年3月", "2024-03-01", "month"),
    ],
)
def test_periods_are_read(text, start, length):
    assert read(text, "period") == (dt.date.fromisoformat(start), length)


@pytest.mark.parametrize(
    "text", ["", "Total", "2024 Q5", "2024 H3", "12345", "99", "2024-13", "2022-23", "2022/2023"]
)
def test_what_is_no_period_is_not_read(text):
    assert read(text, "period")[0] is None


@pytest.mark.parametrize("form", ["quarter", "half-year", "year", "year from 04", "period"])
@pytest.mark.parametrize(
    "text",
    [
        "Jan 1st 2024",
        "January 1st, 2024",
        "1st of March 2024",
        "2nd May 2024",
        "2024 Mar 1st",
        "4th July 2024",
        "1 Q 12 2024",
        "Q1-Q3 2024",
        "Q1 2024 - Q2 2024",
        "2024 Q1/Q2",
        "Q2 2024 YTD",
        "2024-05-01",
        "2024-05-1st",
        "01/2nd/2024",
        "Mar 2024",
        "2024 Dec",
        "mai 2024",
        "janv. 2024",
        "2024 déc.",
        "Fev 2024",
        "since 2020",
        "before 2020",
        "2020 and earlier",
        "2020+",
        "<2020",
        "2023-2025",
        "2022-22",
        "Total 2024",
        "Q 2024",
        "week 1 2024",
        "T1 ticket 2024",
        "截至2024年",
        "2024年三月",
        "2024年1季度至3季度",
        "2024 Q11",
        "H1/H2 2024",
    ],
)
def test_a_period_is_the_whole_text(text, form):
    assert read(text, form)[0] is None


@pytest.mark.parametrize(
    "text", ["1st half 2024", "Semester 1 2024", "2024 1. Halbjahr", "half-year 1, 2024"]
)
def test_half_years_in_words_are_no_quarters(text):
    assert read(text, "period") == (dt.date(2024, 1, 1), "half_year")
    assert read(text, "quarter")[0] is None


@pytest.mark.parametrize(
    "text",
    ["Quarter 2 2024", "complaints_2024_Q2", "2024年第2季度", "2nd Quarter of 2024", "2º trimestre 2024"],
)
def test_quarters_in_words_are_read(text):
    assert read(text, "period") == read(text, "quarter") == (dt.date(2024, 4, 1), "quarter")


@pytest.mark.parametrize(
    "text", ["Complaints 2023", "2023 complaints", "投诉件数2023", "FY2023", "2023年度", "data_set_2023"]
)
def test_a_year_may_be_named(text):
    assert read(text, "year") == (dt.date(2023, 1, 1), "year")


SIGNS = st.lists(st.sampled_from([*"1234QTHS-/年第季度上半º ", "2024", "st ", "Jan"]), max_size=8).map(
    "".join
)


@settings(max_examples=5)  # each is a query
@given(st.lists(SIGNS, min_size=20, max_size=40))
def test_a_period_with_another_number_in_it_is_none(texts):
    assert {start for start, _ in read_all([f"{text} 17" for text in texts], "period")} == {None}


def test_a_fiscal_year_begins_in_its_month():
    for text in ("2022-23", "2022/2023", "FY2022-23", "2022"):
        assert read(text, "year from 04")[0] == dt.date(2022, 4, 1)


def test_a_year_and_its_quarter_in_two_columns(tmp_path):
    tables = take_counts(
        tmp_path,
        "Ano;Trimestre;Instituicao;Total\n2021;1º;BANCO A;9\n2021;1º;BANCO B;271\n2021;2º;BANCO A;11\n2021;2º;BANCO B;264\n",
        "{unit_id: {column: Instituicao}, period_start: {column: Ano, joined_with: [Trimestre], format: quarter},"
        " period: {value: quarter}, complaints: {column: Total}}",
        delimiter='";"',
    )
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"], freq="Q")
    assert (panel.values.tolist(), str(tables.as_of)) == ([[9, 11], [271, 264]], "2021-06-30")
    assert not tables.complaint_counts.provenance.ignored_columns


def test_fiscal_years(tmp_path):
    tables = take_counts(
        tmp_path,
        "fiscal_year,category,complaints\n2022-23,Loans,58990\n2023-24,Loans,85281\n2024-25,Loans,86670\n",
        '{product: {column: category}, period_start: {column: fiscal_year, format: "year from 04"},'
        " period: {value: year}, complaints: {column: complaints}}",
        country="IN",
    )
    panel = rm.build_panel(tables.complaint_counts, by=["product"], freq="Y")
    assert (panel.values.tolist(), str(tables.as_of)) == ([[58990, 85281, 86670]], "2025-03-31")
    assert rm.forecast(panel, horizon=1).mean.shape == (1, 1)
    assert rm.build_panel(tables.complaint_counts, by=["product"]).periods.equals(panel.periods)
    with pytest.raises(ContractError, match="counts by year: take freq='Y'"):
        rm.build_panel(tables.complaint_counts, by=["product"], freq="M")


def test_years_as_columns(tmp_path):
    tables = take_counts(
        tmp_path,
        "bank,formal_cases_2023,formal_cases_2022\nA,1311,1385\nB,1320,1147\n",
        "{unit_id: {column: bank}, period_start: {column: y, format: year}, period: {value: year},"
        " complaints: {column: n}}",
        country="GB",
        unpivot="{columns: 'formal_cases_\\d{4}', names_to: y, values_to: n}",
    )
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"], freq="Y")
    assert panel.values.tolist() == [[1385, 1311], [1147, 1320]]


def test_half_years_and_a_quarter(tmp_path):
    tables = take_counts(
        tmp_path,
        "Period,Firm,Complaints\n2024 H1,A,1200\n2024 H2,A,1310\nQ1 2025,A,650\n",
        "{unit_id: {column: Firm}, period_start: {column: Period, format: period},"
        " period: {column: Period, format: period}, complaints: {column: Complaints}}",
        country="GB",
    )
    rows = tables.complaint_counts.frame()
    assert rows["period"].tolist() == ["half_year", "half_year", "quarter"]
    assert [str(day)[:10] for day in rows["period_start"]] == ["2024-01-01", "2024-07-01", "2025-01-01"]
    assert str(tables.as_of) == "2025-03-31"
    panel = rm.build_panel(tables.complaint_counts, by=[], freq="Y")
    assert panel.values.tolist() == [[2510]]
    with pytest.raises(ContractError, match="counts by half-year: take freq='Y', not 'Q'"):
        rm.build_panel(tables.complaint_counts, by=[], freq="Q")


@pytest.mark.parametrize("month", ["2200-01", "9999-12"])
def test_a_period_that_is_still_to_come_is_no_as_of_day(tmp_path, month):
    columns = (
        '{period_start: {column: month, format: "%Y-%m"}, period: {value: month}, complaints: {column: n}}'
    )
    with pytest.raises(ContractError, match=f"begins on {month}-01, which is still to come"):
        take_counts(tmp_path, f"month,n\n2024-01,5\n{month},6\n", columns)


COMPLAINTS = """
id: t
title: t
country: GB
tables:
  complaints:
    file: c.csv
    format: csv
    columns:
      complaint_id: {{column: id}}
      received_at: {{column: day, format: "%d/%m/%Y", or_format: "%Y-%m-%d"}}
      resolved_at: {{column: took, {resolved}}}
      unit_id: {{value: u}}
      product: {{value: card}}
"""


def test_two_formats_of_one_column_and_days_after(tmp_path):
    content = "id,day,took\n1,05/02/2024,3\n2,2024-02-06,0\n3,2024/02/07,1\n"
    rows = take_source(
        tmp_path, content, COMPLAINTS.format(resolved="days_after: received_at")
    ).complaints.frame()
    assert [str(day)[:10] for day in rows["received_at"]] == ["2024-02-05", "2024-02-06"]
    assert [str(day)[:10] for day in rows["resolved_at"]] == ["2024-02-08", "2024-02-06"]


@pytest.mark.parametrize("start", ["resolved_at", "product", "logged_at"])
def test_days_after_need_a_day(tmp_path, start):
    with pytest.raises(ParameterError, match=f"days_after names '{start}'; expected one of received_at"):
        take_source(tmp_path, "", COMPLAINTS.format(resolved=f"days_after: {start}"))
