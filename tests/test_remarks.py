"""Periods with a remark, days that stand for none, zones by name, sums of a year that nobody declared."""

from collections import Counter

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodels as rm
from riskmodels.sources import ingest
from riskmodels.sources.drafts import draft_source
from riskmodels.sources.drafts.profiling import profile
from riskmodels.sources.drafts.synonyms import name_score
from riskmodels.sources.numerals import currency_in
from riskmodels.sources.periods import period_length, period_start
from riskmodels.sources.placeholders import placeholder_days
from riskmodels.sources.written import local_time
from riskmodels.tables.yearly_sums import year_of_sums

pytestmark = pytest.mark.whole


def read(text, form):
    query = f"SELECT {period_start('t', form)}, {period_length('t')} FROM (SELECT ? AS t)"
    return duckdb.execute(query, [text]).fetchall()[0]


@pytest.mark.parametrize(
    ("text", "form", "start", "length"),
    [
        ("Q1 2024 (provisional)", "quarter", "2024-01-01", "quarter"),
        ("2024 H2 (p)", "half-year", "2024-07-01", "half_year"),
        ("Q1 2025*", "quarter", "2025-01-01", "quarter"),
        ("2024年3季度（初步）", "quarter", "2024-07-01", "quarter"),
        ("Q1 2024 (1)", "quarter", "2024-01-01", "quarter"),
        ("2024 [revised]", "year", "2024-01-01", "year"),
        ("2024 H1 (est.)", "period", "2024-01-01", "half_year"),
        ("1. Quartal 2024", "quarter", "2024-01-01", "quarter"),
    ],
)
def test_a_remark_behind_a_period_is_no_part_of_it(text, form, start, length):
    assert (str(read(text, form)[0]), read(text, form)[1]) == (start, length)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Q2 2024 (YTD)", "quarter"),
        ("2024Q3 (Jan-Sep)", "quarter"),
        ("Q1 2024 (3 months)", "quarter"),
        ("2024年3季度（累计）", "quarter"),
        ("Q1 2025 (forecast)", "quarter"),
        ("Q1 2024 (prior year)", "quarter"),
        ("Q1 2024 (budgeted)", "quarter"),
        ("Q1 2024 (change, %)", "quarter"),
        ("Q1 2024 (monthly average)", "quarter"),
        ("2024Q1（预算）", "quarter"),
        ("2024Q1（同比）", "quarter"),
        ("2024Q1（去年同期）", "quarter"),
        ("2023 (Apr-Dec)", "year"),
        ("2024 (target)", "year"),
        ("(provisional)", "quarter"),
    ],
)
def test_a_remark_that_says_another_time_leaves_no_period(text, form):
    assert read(text, form) == (None, None)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Jan-Dez 2024", "12"),
        ("Ene-Dic 2024", "12"),
        ("janv.-juin 2024", "06"),
        ("Janeiro a Junho 2024", "06"),
        ("Complaints Jan-Sep 2024 (p)", "09"),
    ],
)
def test_parts_of_a_year_end_in_the_months_of_five_languages(text, end):
    assert str(read(text, "year to month")[0]) == f"2024-{end}-01"


def test_a_month_beside_a_word_that_nobody_knows_ends_no_part_of_a_year():
    assert read("Jan-Gru 2024", "year to month")[0] is None  # grudzień is December


def drafted(tmp_path, text, name="complaints.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    target = tmp_path / "drafted.yaml"
    draft = draft_source(file, target=target)
    target.write_text(draft.text, encoding="utf-8")
    return draft, ingest(target, store=tmp_path / "store") if not draft.lacking else None


def doubts(tables):
    return " | ".join(rm.listings.list_doubts(tables).frame.get("Doubt", []))


def test_rows_with_a_remark_are_counted_as_a_doubt(tmp_path):
    periods = (("Q1 2024", 100), ("Q2 2024", 110), ("Q3 2024 (provisional)", 120), ("Q4 2024 (p)", 125))
    rows = "".join(f"{bank},{period},{n}\n" for bank in "AB" for period, n in periods)
    draft, tables = drafted(tmp_path, f"bank,quarter,complaints\n{rows}")
    assert (
        rm.build_panel(tables.complaint_counts, by=["unit_id"]).values.tolist() == [[100, 110, 120, 125]] * 2
    )
    assert any("4 rows have a remark behind their period" in doubt for doubt in draft.doubts)
    assert "4 rows of complaints.csv have a remark behind their period" in doubts(tables)
    assert "added_over" not in draft.text


def test_a_year_with_a_figure_that_is_not_published_is_not_left_out(tmp_path):
    text = "bank,2022-23,2023-24,2024-25 (provisional)\nA,1204,1310,1398\nB,30,34,41\nC,877,902,n.p.\n"
    _, tables = drafted(tmp_path, text)
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"])
    assert panel.values[:2].tolist() == [[1204, 1310, 1398], [30, 34, 41]]
    assert str(panel.values[2].tolist()) == "[877.0, 902.0, nan]"


def test_a_total_beside_the_periods_is_no_count_of_one_and_a_note_is_no_unit(tmp_path):
    rows = (("North", "Cards", 12, 13, 11), ("South", "Cards", 22, 21, 24))
    text = "Branch,Product,Q1 2024,Q2 2024,Q3 2024,Total\n"
    text += "".join(f"{b},{p},{x},{y},{z},{x + y + z}\n" for b, p, x, y, z in rows)
    draft, tables = drafted(tmp_path, text + "Source: complaints desk,,,,,\n")
    assert "complaints: {column: value}" in draft.text
    panel = rm.build_panel(tables.complaint_counts, by=["unit_id"])
    assert panel.values[[0, 2]].tolist() == [[12, 13, 11], [22, 21, 24]]
    assert "'Source: complaints desk' (3 rows) has no figure in any period" in doubts(tables)


def test_counts_by_half_year_are_no_cases(tmp_path):
    rows = "".join(
        f"{firm},{period},{n + place},55%\n"
        for firm, n in (("Alpha", 1200), ("Beta", 90), ("Gamma", 600))
        for place, period in enumerate(("2023 H1", "2023 H2", "2024 H1"))
    )
    head = "Firm Name,Reporting period,Number of complaints opened,% upheld by firm\n"
    draft, tables = drafted(tmp_path, head + rows, "data.csv")
    assert (draft.table, draft.lacking) == ("complaint_counts", [])
    assert (
        rm.build_panel(tables.complaint_counts, by=["unit_id"]).values.sum() == 2 * 1890 + 3
    )  # 2024: half a year


def test_days_that_stand_for_none_are_no_days(tmp_path):
    rows = "".join(
        f"C{i},{'01/01/1900' if i == 7 else f'{1 + i % 28:02}/03/2024'},{'31/12/9999' if i % 3 else '30/04/2024'},b,card\n"
        for i in range(60)
    )
    draft, tables = drafted(tmp_path, f"case number,date opened,date closed,branch,product\n{rows}")
    said = " | ".join(draft.doubts)
    assert "66.7% of the rows hold 31/12/9999, far from all others: read as missing" in said
    assert "1.7% of the rows hold 01/01/1900" in said
    assert "no row in" not in said + doubts(tables)
    assert tables.complaints.frame()["resolved_at"].notna().sum() == 20


def test_old_days_among_others_are_days():
    days = [f"{year}-01-01" for year in range(1950, 1990)]
    assert not profile("date", days, "VARCHAR").placeholders
    assert not placeholder_days(Counter({"1900-01-01": 3}))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-01-01 00:00:00 UTC", "2024-01-01 08:00:00"),
        ("2024-01-01 00:00:00 +0000", "2024-01-01 08:00:00"),
        ("2024-01-01 00:00:00 -05:00", "2024-01-01 13:00:00"),
        ("2024-01-01 00:00:00 Europe/Berlin", "2024-01-01 07:00:00"),
        ("2024-01-01 00:00:00 CST", "None"),  # China's or Chicago's
        ("2024-01-01 00:00:00", "2024-01-01 00:00:00"),
    ],
)
def test_a_zone_by_name_is_not_dropped(text, time):
    query = f"SELECT {local_time('t', 'Asia/Shanghai')} FROM (SELECT ? AS t)"
    assert str(duckdb.execute(query, [text]).fetchall()[0][0]) == time


def test_the_state_of_a_case_is_no_unit(tmp_path):
    rows = "".join(
        f"C{i},0{1 + i % 9}/03/2024 08:00,{('New', 'Active', 'Closed')[i % 3]},loan\n" for i in range(60)
    )
    draft, _ = drafted(tmp_path, f"complaint id,opened at,state,product\n{rows}")
    assert draft.lacking == ["unit_id"]


@pytest.mark.parametrize(
    ("name", "currency"),
    [("Gross Loss (Rs. in lakh)", "INR"), ("Amount [TEUR]", "EUR"), ("金额（万元）", "CNY"), ("Loss", None)],
)
def test_the_currency_of_a_name(name, currency):
    assert currency_in(name) == currency


def test_another_currency_is_a_doubt_and_only_a_unit_in_brackets_is_left_out(tmp_path):
    rows = "".join(f"E{i},{1 + i % 28}-01-2024,Pune,fraud,{i}.5\n" for i in range(30))
    draft, _ = drafted(
        tmp_path, f"event id,date of loss,branch,event type,Gross loss (Rs. in lakh)\n{rows}", "losses.csv"
    )
    assert any("given in INR, and limits are in CNY" in doubt for doubt in draft.doubts)
    assert name_score("losses", "gross_loss", "Gross loss (Rs. in lakh)") == 1
    assert name_score("complaint_counts", "complaints", "Complaints (closed)") < 0.9


# ---- sums since the beginning of the year that nobody declared ----

CUMULATIVE = [
    f"{bank},{year}Q{q},{n}\n"
    for bank in "AB"
    for year in (2022, 2023, 2024)
    for q, n in enumerate((100, 230, 300, 470), 1)
]


def test_sums_of_a_year_are_a_doubt_with_the_line_to_write(tmp_path):
    draft, tables = drafted(tmp_path, "bank,quarter,complaints\n" + "".join(CUMULATIVE))
    assert any("Then add cumulative: year" in doubt for doubt in draft.doubts)
    assert "complaints only rises within each year and falls at its start" in doubts(tables)
    text = (tmp_path / "drafted.yaml").read_text(encoding="utf-8")
    declared = text.replace("{column: complaints}", "{column: complaints, cumulative: year}")
    (tmp_path / "drafted.yaml").write_text(declared, encoding="utf-8")
    said = ingest(tmp_path / "drafted.yaml", store=tmp_path / "store")
    assert "only rises" not in doubts(said)
    assert rm.build_panel(said.complaint_counts, by=["unit_id"]).values[0].tolist()[:4] == [100, 130, 70, 170]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 500), min_size=4, max_size=4), min_size=3, max_size=6),
    st.sampled_from([1, 4]),
)
def test_sums_are_known_by_the_month_in_which_their_year_begins(counts, begins):
    sums = [total for year in counts for total in pd.Series(year).cumsum()]
    months = [begins - 1 + 3 * place for place in range(len(sums))]
    rows = pd.DataFrame({"key": "a", "month": months, "value": sums})
    falls = all(sums[i] < sums[i - 1] for i in range(4, len(sums), 4))
    grows = sum(sums[3::4]) >= 1.5 * sum(sums[::4])
    assert (year_of_sums(rows) == begins) == (falls and grows)
