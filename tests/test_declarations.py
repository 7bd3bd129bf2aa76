"""Declarations that would declare nothing are refused, with place and reason."""

import datetime as dt

import pandas as pd
import pytest
from one_table import take_source

import riskmodels as rm
from riskmodels.errors import ContractError, ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.periods.quarters import period_of
from riskmodels.periods.workdays import check_calendar, working_days
from riskmodels.sources import Source, check_layout

COLUMNS = {
    "complaint_id": {"column": "id"},
    "received_at": {"column": "day"},
    "unit_id": {"column": "unit"},
    "product": {"value": "card"},
}

NO_ENCODINGS = ("base64", "rot13", "hex", "zip", "bz2", "uu", "quopri", "undefined", "idna", "punycode")
NO_ENCODINGS += ("unicode_escape", "raw-unicode-escape", "aliases", "é", "x" * 5000)


def source(columns=None, country="GB", **table):
    complaints = {"file": "c.csv", "format": "csv", "columns": COLUMNS | (columns or {}), **table}
    return check_parameters(
        {"id": "t", "title": "t", "country": country, "tables": {"complaints": complaints}},
        Source,
        where="s.yaml",
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"unknown": ["2024-06/2024-03"]},
            "ends before it begins and would name no month; say '2024-03/2024-06'",
        ),
        ({"country": "ZZ"}, "no calendar of working days is known for the country 'ZZ'"),
        ({"country": "GB-ZZ"}, "known parts of GB: GB-ENG, GB-NIR, GB-SCT, GB-WLS"),
        ({"columns": {"redress": {"column": "x", "decimal": "5"}}}, "decimal: '5' is part of a number"),
        ({"columns": {"redress": {"column": "x", "decimal": "-"}}}, "decimal: '-' is part of a number"),
        ({"columns": {"redress": {"column": "x", "thousands": "."}}}, "thousands and decimal are both '.'"),
        ({"columns": {"redress": {"column": "x", "thousands": ",", "decimal": ","}}}, "are both ','"),
        ({"columns": {"channel": {"column": "x", "scale": 10.0}}}, "complaints.channel: scale does nothing"),
        (
            {"columns": {"redress": {"column": "x", "grouping": "indian"}}},
            "grouping does nothing without thousands",
        ),
        (
            {"columns": {"resolved_at": {"column": "x", "negative": "trailing"}}},
            "complaints.resolved_at: negative does nothing",
        ),
        (
            {"columns": {"redress": {"column": "x", "format": "%Y"}}},
            "complaints.redress: format does nothing",
        ),
        ({"columns": {"channel": {"value": "a", "recode": {"a": "b"}}}}, "recode does nothing beside value"),
        (
            {"columns": {"channel": {"column": "x", "others": "missing"}}},
            "others does nothing without recode",
        ),
        ({"columns": {"severity": {"column": "x", "recode": {"高": "high"}}}}, "'high' is none of ordinary"),
        (
            {"columns": {"upheld": {"column": "x", "recode": {"是": "maybe"}}}},
            "'maybe' is neither true nor false",
        ),
        ({"breaks": [{"month": "2024-01", "words": "w", "where": {"colour": "red"}}]}, "where names colour"),
        ({"format": "parquet", "encoding": "gb18030"}, "encoding does nothing for format parquet"),
        *(({"encoding": name}, "no known encoding of text") for name in NO_ENCODINGS),
        *(({"delimiter": sign}, "cannot part cells") for sign in ('"', "\n", "\r", "\0")),
        ({"format": "excel", "sheet_pattern": "a{1,5000}"}, "no regular expression"),
        ({"format": "excel", "sheet_pattern": "(" * 5000}, "no regular expression"),
        ({"unknown": ["0000-01"]}, "unknown"),
        ({"observed_from": "0000-01"}, "observed_from"),
        ({"header_row": 100_000_000_000}, "header_row"),
        ({"format": "excel", "delimiter": ";"}, "delimiter does nothing for format excel"),
        ({"format": "parquet", "header_row": 3}, "header_row does nothing for format parquet"),
        ({"expect": {}}, "expect controls nothing"),
        ({"expect": {"sum_of": "redress"}}, "sum_of does nothing without by_month"),
        ({"expect": {"sum_of": "channel", "by_month": {"2024-01": 1.0}}}, "channel is a code"),
        (
            {"unpivot": {"columns": "x", "names_to": "a", "values_to": "a"}},
            "names_to and values_to are both 'a'",
        ),
    ],
)
def test_what_declares_nothing_is_refused(table, said):
    with pytest.raises(ParameterError) as refused:
        source(**table)
    assert said in str(refused.value)


@pytest.mark.parametrize("last", ["garbage", "2026-13", "2026Q5", "20260", "2026-02-30", ""])
def test_a_last_period_that_is_none_is_refused(last):
    with pytest.raises(ParameterError, match="is no period"):
        period_of(last, "M")


def test_periods_are_read():
    found = [str(period_of(text, "M")) for text in ("2026-09", "2026Q3", "2026-Q3", "2026")]
    assert found == ["2026-09", "2026-09", "2026-09", "2026-12"]


@pytest.mark.parametrize(
    ("country", "free", "works"),
    [
        ("GB-ENG", "2024-04-01", "2024-08-05"),  # Easter Monday; Scotland's summer holiday
        ("GB-SCT", "2024-08-05", "2024-04-01"),
        ("DE-BY", "2024-11-01", "2024-10-31"),
        ("AU-NSW", "2024-06-10", "2024-03-11"),
        ("BR-SP", "2024-07-09", "2024-04-23"),
        ("IN-MH", "2024-05-01", "2024-11-25"),
        ("AT", "2024-12-24", "2024-11-04"),  # banks are closed on Christmas Eve
    ],
)
def test_parts_of_a_country_have_their_own_days(country, free, works):
    day = dict(zip(("free", "works"), (dt.date.fromisoformat(text) for text in (free, works)), strict=True))
    index = working_days(dt.date(2024, 1, 1), dt.date(2024, 12, 31), country=country).set_index("day")[
        "working_index"
    ]
    steps = index.diff()
    assert (steps[pd.Timestamp(day["free"])], steps[pd.Timestamp(day["works"])]) == (0, 1)


def test_own_days_are_no_working_days():
    closed = [dt.date(2024, 7, 2), dt.date(2024, 7, 6)]  # a Tuesday, a Saturday
    span = dt.date(2024, 7, 1), dt.date(2024, 7, 31)
    usual, own = (
        working_days(*span, country="CN", closed=days)["working_index"].iloc[-1] for days in ([], closed)
    )
    assert usual - own == 1


def test_a_calendar_that_is_known_is_not_refused():
    for country in ("CN", "US", "GB", "AU-NSW", "DE-BY"):
        check_calendar(country)


def test_a_file_that_does_not_fit_is_found_without_reading_its_rows(tmp_path):
    (tmp_path / "c.csv").write_text("id,day,branch\n1,2024-01-01,a\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text(
        "id: t\ntitle: t\ncountry: GB\ntables:\n  complaints:\n    file: c.csv\n    format: csv\n    columns:\n"
        "      {complaint_id: {column: id}, received_at: {column: day}, unit_id: {column: unit}, product: {value: a}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ContractError, match="has no column 'unit'"):
        check_layout(tmp_path / "s.yaml")


LARGE = """
id: t
title: t
country: GB
as_of: 2024-12-31
tables:
  losses:
    file: l.csv
    format: csv
    columns: {loss_id: {column: "#row"}, occurred_on: {value: 2024-05-01}, recorded_on: {value: 2024-05-02},
              unit_id: {value: u}, event_type: {value: fraud}, gross_loss: {column: x}}
  observations:
    file: o.csv
    format: csv
    columns: {indicator_id: {value: potential_loss_rate}, month: {column: m}, numerator: {column: n},
              denominator: {column: d}}
"""


def test_figures_have_bounds(tmp_path):
    amounts = ["1e308", "1e15", "NaN", "inf", "1e13", "0.01"]
    (tmp_path / "l.csv").write_text("x\n" + "\n".join(amounts) + "\n", encoding="utf-8")
    pairs = ["1,1e-300", "1e308,1", "nan,1", "1e14,0.001", "1e9,0.001", "0,0"]
    lines = [f"2024-{month:02}-01,{pair}" for month, pair in enumerate(pairs, start=1)]
    (tmp_path / "o.csv").write_text("m,n,d\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text(LARGE, encoding="utf-8")
    tables = rm.ingest(tmp_path / "s.yaml", store=tmp_path / "store")
    assert tables.losses.frame()["gross_loss"].tolist() == [1e13, 0.01]
    assert tables.observations.frame()["denominator"].tolist() == [0.001, 0.0]
    assert "gross_loss <= 1e+13" in tables.losses.rejected["rule"].tolist()
    assert "denominator of some size" in tables.observations.rejected["rule"].tolist()
    assert "ratio of some size" in tables.observations.rejected["rule"].tolist()


@pytest.mark.parametrize("as_of", ["2024-12-31", None])
def test_a_beginning_after_the_data_end_is_refused(take_in, tmp_path, as_of):
    day = "" if as_of is None else f"as_of: {as_of}\n"
    text = (
        f"id: t\ntitle: t\ncountry: GB\n{day}tables:\n  complaints:\n    file: c.csv\n    format: csv\n"
        "    observed_from: 2030-01\n"
    )
    rows = "complaint_id,received_at,unit_id,product\nc1,2024-12-05,u,card\n"
    with pytest.raises(ParameterError, match=r"complaints: observed_from is 2030-01, after 2024-12-"):
        take_source(tmp_path, rows, text)


def test_a_header_below_the_end_of_the_file_is_refused(tmp_path):
    text = (
        "id: t\ntitle: t\ncountry: GB\ntables:\n  complaints: {file: c.csv, format: csv, header_row: 500}\n"
    )
    with pytest.raises(ContractError, match="fewer than 500 lines"):
        take_source(tmp_path, "complaint_id,received_at,unit_id,product\nc1,2024-12-05,u,card\n", text)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_a_scale_has_bounds(scale):
    with pytest.raises(ParameterError, match=r"redress\.scale"):
        source({"redress": {"column": "x", "scale": scale}})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": ["colour"]}, "it has no column 'colour'; there are complaint_id"),
        ({"by": ["produkt"]}, "did you mean 'product'"),
        ({"by": ["product", "product"]}, "name each column once"),
        ({"by": [], "last": "2099Q1"}, "last is 2099Q1, which begins after 2024-12-31"),
        ({"by": [], "last": "2025"}, "last is 2025, which begins after 2024-12-31"),
    ],
)
def test_a_panel_of_no_column_or_period_is_refused(take_in, asked, said):
    rows = [{"complaint_id": "c1", "received_at": "2024-12-05", "unit_id": "u", "product": "card"}]
    tables = take_in(complaints=rows)
    with pytest.raises((ContractError, ParameterError), match=said):
        rm.build_panel(tables.complaints, **asked)
    whole = rm.build_panel(tables.complaints, by=[], last="2024")
    assert str(whole.periods[-1]) == "2024-12"


def test_a_change_of_a_value_that_no_row_has_is_told(take_in):
    rows = [{"complaint_id": "c1", "received_at": "2024-05-05", "unit_id": "u", "product": "cards"}]
    changes = {
        value: take_in(
            complaints=rows,
            breaks={"complaints": [{"month": "2024-03", "words": "w", "where": {"product": value}}]},
        ).complaints.provenance.doubts
        for value in ("crads", "cards", "Cards")
    }
    assert changes == {
        "crads": (
            "breaks: no row has product 'crads', which changed in 2024-03; did you mean 'cards'? There are cards",
        ),
        "cards": (),
        "Cards": (),
    }


def test_a_column_that_is_recoded_in_no_row_is_told(take_in):
    rows = [{"complaint_id": "c1", "received_at": "2024-05-05", "unit_id": "u", "product": "cards"}]
    plain = {column: {"column": column} for column in rows[0]}
    told = {
        old: take_in(
            complaints=rows,
            columns={
                "complaints": plain
                | {"product": {"column": "product", "recode": {old: "credit_card", "loans": "loan"}}}
            },
        ).complaints.provenance.doubts
        for old in ("Cards ", "cards")
    }
    assert told["cards"] == ()
    assert "recode: no row of product is one of those recoded, e.g. 'Cards '" in told["Cards "][0]
