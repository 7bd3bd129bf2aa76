"""Sums since the beginning of the year become counts of each period, or unknown; never zero, never twelve times too much."""

import datetime as dt
import math

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from one_table import take_counts, take_source

import riskmodels as rm
from riskmodels.errors import ParameterError
from riskmodels.sources.drafts.drafting import draft_source
from riskmodels.sources.periods import period_start

pytestmark = pytest.mark.whole

COUNTS = (
    "{unit_id: {column: u}, period_start: {column: p, format: %s}, period: {value: %s},"
    " complaints: {column: n, cumulative: %s}}"
)


OTHER = (
    "id: t\ntitle: t\ncountry: CN\nas_of: 2025-12-31\ntables:\n  {table}:\n    file: c.csv\n    format: csv\n"
    "    columns: {columns}\n"
)


def counts(folder, rows, form='"%Y-%m"', period="month", year="year", freq="M", **fields):
    text = "u,p,n\n" + "".join(f"{row}\n" for row in rows)
    tables = take_counts(folder, text, COUNTS % (form, period, year), "CN", **fields)
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"], freq=freq)
    values = [[None if math.isnan(v) else v for v in row] for row in panel.values.tolist()]
    return values, tables.complaint_counts


def months(sums, unit="A", year=2025):
    return [f"{unit},{year}-{month:02d},{n}" for month, n in enumerate(sums, 1) if n is not None]


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ([10, 25, 45, 70], [10, 15, 20, 25]),
        ([10, 25, 25, 70], [10, 15, 0, 45]),
        ([10, None, 45, 70], [10, None, None, 25]),  # a month without a row: nor is the next one's known
        ([10, None, 10, 30], [10, 0, 0, 20]),  # nothing was added in both
        ([None, None, 45, 70], [None, None, None, 25]),
        ([10, 250, 30, 40, 300], [10, None, None, None, None]),  # 250, or 30 and 40: which is wrong?
        ([10, 25, 20, 40], [10, None, None, None]),
        ([10, "*", 45, 70], [10, None, None, 25]),
    ],
)
def test_sums_of_months(tmp_path, sums, expected):
    other = range(1, len(sums) + 1)  # a unit whose sums are all there
    values, table = counts(tmp_path, [*months(sums), *months(other, "Z")])
    assert values == [expected, [1] * len(sums)]
    assert table.provenance.rows_read == len(sums) + sum(n is not None for n in sums)


def test_a_year_begins_anew(tmp_path):
    values, _ = counts(tmp_path, [*months([5] * 11 + [60]), *months([7, 9], year=2026)])
    assert values == [[5, *[0] * 10, 55, 7, 2]]


def test_quarters_and_half_years(tmp_path):
    rows = ["A,2025Q1,100", "A,2025Q2,250", "A,2025Q3,450", "A,2025Q4,700"]
    assert counts(tmp_path, rows, "quarter", "quarter", freq="Q")[0] == [[100, 150, 200, 250]]
    rows = ["A,2024 H1,100", "A,2024 H2,250", "A,2025 H1,90"]
    _, table = counts(tmp_path, rows, "half-year", "half_year", freq="Y")
    assert table.frame()["complaints"].tolist() == [100, 150, 90]


def test_a_fiscal_year(tmp_path):
    rows = ["A,2025-03,600", "A,2025-04,40", "A,2025-05,90", "A,2025-06,150"]
    values, table = counts(tmp_path, rows, year="year from 04")
    assert values[0][-3:] == [40, 50, 60]  # of March nothing is known: the year before has no other month
    assert table.rejected["rule"].tolist() == ["complaints: the sum of the period before is not known"]


def test_each_unit_product_and_part_has_its_own_sums(tmp_path):
    rows = "u,p,issue,n\nA,2025-01,x,1\nA,2025-01,y,10\nB,2025-01,x,5\nA,2025-02,x,3\nA,2025-02,y,30\nB,2025-02,x,5\n"
    tables = take_counts(tmp_path, rows, COUNTS % ('"%Y-%m"', "month", "year"), added_over="[issue]")
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"])
    assert panel.values.tolist() == [[11, 22], [5, 0]]


def test_totals_are_found_and_contradictions_are_unknown(tmp_path):
    rows = [
        *months([1, 3, 8], "A"),
        *months([4, 5, 7], "B"),
        *months([5, 8, 15], "Total"),
    ]
    assert counts(tmp_path, rows)[0] == [[1, 2, 5], [4, 1, 2]]
    values, table = counts(tmp_path, [*months([1, 3, 8, 9]), "A,2025-02,4"])
    assert values == [[1, None, None, 1]]
    assert table.provenance.rows_accepted + table.provenance.rows_rejected == 5


def test_a_series_that_ends_early_is_named(tmp_path):
    _, table = counts(tmp_path, [*months([1, 3, 8], "A"), *months([4, 5], "B")])
    assert "end before others of their year in 1 series" in " ".join(table.provenance.doubts)


def test_both_figures_of_an_observation(tmp_path):
    rows = "i,u,p,n,d\nreply_2wd,A,2025-01,9,10\nreply_2wd,A,2025-02,17,20\nreply_2wd,A,2025-03,29,31\n"
    columns = (
        '{indicator_id: {column: i}, unit_id: {column: u}, month: {column: p, format: "%Y-%m"},'
        " numerator: {column: n, cumulative: year}, denominator: {column: d, cumulative: year}}"
    )
    table = take_source(tmp_path, rows, OTHER.format(table="observations", columns=columns)).observations
    assert table.frame()[["numerator", "denominator"]].to_numpy().tolist() == [[9, 10], [8, 10]]
    assert table.rejected["rule"].tolist() == ["a share is at most one"]  # 12 of 11


def test_accounts_do_not_add_up_over_time(tmp_path):
    columns = (
        '{unit_id: {column: u}, product: {value: p}, month: {column: p, format: "%Y-%m"},'
        " accounts: {column: n, cumulative: year}}"
    )
    with pytest.raises(ParameterError, match="cumulative is for what adds up over time"):
        take_source(tmp_path, "u,p,n\nA,2025-01,1\n", OTHER.format(table="exposure", columns=columns))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_what_is_known_is_right(tmp_path, data, seed):
    """Rows go missing at random: every count that is given is the true one, and none is zero for want of a row."""
    rng = np.random.default_rng(seed)
    truth = rng.poisson(3, (3, 24))
    sums = truth.reshape(3, 2, 12).cumsum(axis=2).reshape(3, 24)
    gone = data.draw(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 22)), max_size=12))
    assume(any((unit, 22) not in gone for unit in range(3)))  # else the last month is not known at all
    rows = [
        f"{'ABC'[unit]},{2024 + month // 12}-{month % 12 + 1:02d},{sums[unit, month]}"
        for unit in range(3)
        for month in range(24)
        if (unit, month) not in gone and not (month == 11 and (unit, 11) in gone)
    ]
    values, table = counts(tmp_path, rows)
    ended = {(unit, month) for unit, month in gone if month == 11 or (month < 11 and all((unit, m) in gone for m in range(month, 12)))}  # fmt: skip
    start = 24 - len(values[0])
    for unit, row in enumerate(values):
        for place, value in enumerate(row):
            at = (unit, start + place)
            assert value is None or value == truth[at] or at in ended
    assert table.provenance.rows_read == len(rows)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Jan-Jun 2025", 6),
        ("January to March 2025", 3),
        ("YTD Sep 2025", 9),
        ("2025年1-6月", 6),
        ("2025年1月至9月", 9),
        ("2025年1－12月", 12),
        ("2025-01 to 2025-06", 6),
        ("2025-09", 9),
        ("9M 2025", 9),
        ("2025年前三季度", 9),
        ("2025年一季度", 3),
        ("2025年1-3季度", 9),
        ("Q1-Q3 2025", 9),
        ("2025Q2", 6),
        ("2025年上半年", 6),
        ("H1 2025", 6),
        ("2025年全年", 12),
        ("FY 2025", 12),
        ("2025", 12),
        ("Jan 2025-Jun 2025", 6),
        ("Apr 2024-Mar 2025", 3),
    ],
)
def test_parts_of_a_year_are_known_by_their_end(text, end):
    query = ", ".join(period_start("t", f"year to {part}") for part in ("month", "quarter"))
    found = duckdb.execute(f"SELECT {query} FROM (SELECT '{text}' AS t)").fetchall()[0]
    assert found == (dt.date(2025, end, 1), dt.date(2025, end - 2, 1))


@pytest.mark.parametrize("text", ["", "Total", "Jan-May", "Jan-May 2025", "2025年1-13月", "99"])
def test_what_ends_within_a_quarter_is_none(text):
    query = period_start("t", "year to quarter")
    assert duckdb.execute(f"SELECT {query} FROM (SELECT '{text}' AS t)").fetchall() == [(None,)]


def test_a_table_of_parts_of_a_year(tmp_path):
    rows = ["A,2025年一季度,100", "A,2025年上半年,250", "A,2025年前三季度,450", "A,2025年全年,700"]
    assert counts(tmp_path, rows, "year to quarter", "quarter", freq="Q")[0] == [[100, 150, 200, 250]]


@pytest.mark.parametrize(
    "name", ["本年累计", "complaints_ytd", "Complaints year to date", "Cumulative complaints"]
)
def test_a_draft_proposes_and_doubts(tmp_path, name):
    rows = "".join(f"A,2025-{month:02d},{month * (month + 5)}\n" for month in range(1, 13))
    (tmp_path / "c.csv").write_text(f"unit,month,{name}\n{rows}", encoding="utf-8")
    draft = draft_source(tmp_path / "c.csv", target=tmp_path / "s.yaml", table="complaint_counts")
    assert "cumulative: year" in draft.text
    assert any("sums since the beginning of the year" in doubt for doubt in draft.doubts)
    (tmp_path / "s.yaml").write_text(draft.text, encoding="utf-8")
    table = rm.ingest(tmp_path / "s.yaml", store=tmp_path / "store").complaint_counts
    assert table.frame()["complaints"].tolist() == [6, *range(8, 30, 2)]


def test_a_unit_that_is_spelt_otherwise_goes_on_with_its_sums(tmp_path):
    sums = months([10, 25, 45, 70])
    spelt = [row.replace("A", name) for row, name in zip(sums, ("A", "Ａ", "a", "a"), strict=True)]
    assert counts(tmp_path, [*spelt, *months([1, 2, 3, 4], "Z")])[0] == [[10, 15, 20, 25], [1] * 4]
